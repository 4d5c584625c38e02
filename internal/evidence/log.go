package evidence

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"

	"candor"
)

const (
	treeDir  = "tlog"
	lockFile = "lock"

	// tesseraAge is how long Tessera waits for more entries. It is given
	// whole batches, so there is nothing to wait for.
	tesseraAge = time.Millisecond

	collectEvery = 10 * time.Second // partial tiles take room until they are collected
	republish    = 10 * time.Minute // a checkpoint of an idle log shows that it lives, and gathers cosignatures
)

// Options say how a log is kept. The zero value of every field but Origin
// means a sensible default.
type Options struct {
	// Origin is the log's name for good: a host name and path, without scheme,
	// such as "candor.example.org/evidence". A log that exists knows its own.
	Origin string

	// BatchSize and BatchAge bound how many entries are written together
	// (default 1024), and how long the first one waits for others (5 ms).
	BatchSize int
	BatchAge  time.Duration

	// CheckpointInterval is how often a checkpoint is published while the log
	// grows: at least 100 ms, by default a second.
	CheckpointInterval time.Duration

	// Witnesses are asked to cosign each checkpoint. One that does not answer
	// within WitnessTimeout (3 s) is left out: it never stops the log.
	Witnesses      []Cosigner
	WitnessTimeout time.Duration

	Transport http.RoundTripper // to the witnesses; by default a new one of net/http
	Clock     candor.Clock      // by default the system's
	Random    io.Reader         // for the signing key; by default the system's
}

// ErrHeld says that another program appends to the log. It comes with
// candor.ErrUnavailable.
var ErrHeld = errors.New("another program appends to it")

// Log is an append-only verifiable log that this program appends to. It is
// safe for concurrent use. What only reads is a Reader's.
type Log struct {
	*Reader
	appender  *tessera.Appender
	shutdown  func(context.Context) error
	cancel    context.CancelFunc
	lock      *os.File
	courier   *courier
	batchSize int
	batchAge  time.Duration

	requests chan *request
	stopped  chan struct{} // closed when run has returned
	closing  sync.RWMutex  // held for reading while an Append may still send to requests
	closed   bool
}

func (o *Options) setDefaults() {
	set(&o.BatchSize, 1024)
	set(&o.BatchAge, 5*time.Millisecond)
	set(&o.CheckpointInterval, time.Second)
	set(&o.WitnessTimeout, 3*time.Second)
	if o.Transport == nil {
		o.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
}

func set[T comparable](field *T, otherwise T) {
	if *field == *new(T) {
		*field = otherwise
	}
}

// Open opens the log in dir, or makes one. It must be closed. The context
// bounds the opening only.
//
// A log that another program appends to gives candor.ErrUnavailable, one of
// another name candor.ErrInvalid, one without its key candor.ErrNotFound.
func Open(ctx context.Context, dir string, o Options) (*Log, error) {
	o.setDefaults()
	if err := makeDir(dir); err != nil {
		return nil, unavailable("evidence log", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	l, err := open(ctx, dir, o)
	if err != nil {
		lock.Close()
		return nil, err
	}
	l.lock = lock
	go l.run()
	return l, nil
}

func open(ctx context.Context, dir string, o Options) (*Log, error) {
	k, err := signer(dir, o.Origin, o.Random)
	if err != nil {
		return nil, err
	}
	courier, err := newCourier(o)
	if err != nil {
		return nil, err
	}
	tree := filepath.Join(dir, treeDir)
	driver, err := posix.New(ctx, posix.Config{Path: tree, HTTPClient: &http.Client{Transport: courier}})
	if err != nil {
		return nil, fmt.Errorf("evidence log: %w: %w", candor.ErrUnavailable, err)
	}
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	appender, shutdown, reader, err := tessera.NewAppender(background, driver, tesseraOptions(o, k.Signer, courier))
	if err != nil {
		cancel()
		return nil, fmt.Errorf("evidence log: %w: %w", candor.ErrUnavailable, err)
	}
	l := &Log{
		Reader:   &Reader{files: files{tree}, verifier: k.verifier, public: k.public, size: reader.IntegratedSize},
		appender: appender, shutdown: shutdown, cancel: cancel, courier: courier,
		batchSize: o.BatchSize, batchAge: o.BatchAge,
		requests: make(chan *request), stopped: make(chan struct{}),
	}
	if note, err := l.Checkpoint(); err == nil {
		courier.remember(note)
	}
	return l, nil
}

func tesseraOptions(o Options, s note.Signer, c *courier) *tessera.AppendOptions {
	t := tessera.NewAppendOptions().
		WithCheckpointSigner(s).
		WithBatching(uint(o.BatchSize), tesseraAge).
		WithCheckpointInterval(o.CheckpointInterval).
		WithCheckpointRepublishInterval(max(republish, o.CheckpointInterval)).
		WithGarbageCollectionInterval(collectEvery)
	if len(c.witnesses) > 0 {
		t.WithWitnesses(c.group(), &tessera.WitnessOptions{Timeout: o.WitnessTimeout, FailOpen: true})
	}
	return t
}

// lockDir makes this the one program that appends. The lock goes with the
// process, however that ends.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, unavailable("evidence log", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, candor.WithHint(
			fmt.Errorf("evidence log %s: %w: %w: %w", dir, ErrHeld, candor.ErrUnavailable, err),
			"Stop that program first, or use another folder.")
	}
	return f, nil
}

// Close waits until every Append has returned and a checkpoint covers all
// entries, as long as ctx allows; then it ends everything that Open began.
// Nothing is lost by closing early: the next Open publishes the checkpoint.
func (l *Log) Close(ctx context.Context) error {
	l.closing.Lock()
	if l.closed {
		l.closing.Unlock()
		return nil
	}
	l.closed = true
	close(l.requests)
	l.closing.Unlock()
	<-l.stopped
	err := l.settle(ctx)
	l.cancel()
	l.courier.close()
	l.lock.Close()
	if err != nil {
		return fmt.Errorf("close the evidence log: %w", err)
	}
	return nil
}

// settle waits for the checkpoint that covers all.
func (l *Log) settle(ctx context.Context) error {
	size, err := l.Size(ctx)
	if err != nil {
		return err
	}
	if err := l.Await(ctx, size); err != nil {
		return err
	}
	return l.shutdown(ctx)
}
