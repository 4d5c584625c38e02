package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"candor"
)

// GuardOptions are those of a Guard.
type GuardOptions struct {
	Roots []string // as of Options
	// Verdict says whether a file may be opened. The descriptor is for reading,
	// at the beginning, and valid until Verdict returns; the path is the
	// kernel's, "" if it is too long. ctx ends when an answer is due: Verdict
	// must return soon then. Without a verdict, for an error or for lack of
	// time, Closed decides. It is called by several goroutines; it may open
	// files itself, but what other processes open for it may wait too.
	Verdict func(ctx context.Context, fd int, path string) (allow bool, err error)
	// Deadline is how long an open waits at most. 2 s if 0.
	Deadline time.Duration
	// Closed denies what there is no verdict on, instead of allowing it.
	Closed bool
	// Exempt are users whose processes may open what others may not: all four
	// user ids of a process must be among them.
	Exempt []int
	// Begun is called once opens wait for verdicts; may be nil.
	Begun func()
	// Denied is told of opens that were denied, but for those of which too many
	// waited, by several goroutines; may be nil.
	Denied func(path string, pid int)
	// Executed has only programs asked about that are to be executed.
	Executed bool
	// Workers is how many verdicts are sought at a time. Twice the processors if 0.
	Workers int
	// Capacity is how many verdicts are remembered. 65,536 if 0.
	Capacity int
	Clock    candor.Clock
	Log      *slog.Logger

	check time.Duration // how often roots and mounts are looked at
}

const (
	// slots is how many opens wait for a verdict at most.
	slots = 256
	// asks is how many events are read at once, each with a descriptor.
	asks = 64
)

// Guard has opens of files below roots wait for a verdict (permission events
// of fanotify(7)). Opens by its own process never wait, nor do those of
// directories, of empty files, and of files outside of the roots.
//
// It sees opens through the mounts that the roots lie on as this process sees
// them: not those through other mounts of the same file system, such as a
// container's own. A file that is open already, or changed through a shared
// mapping, is not asked about again. When the process ends, whatever the
// reason, the kernel lets all opens pass.
//
// A process that guards must execute no program of a guarded mount: between
// fork and exec a Go program holds a thread that its garbage collector may be
// waiting for, with all else stopped, the Guard included, which the exec waits
// for. So a Guard belongs into a process that starts no others.
type Guard struct {
	o        GuardOptions
	file     *os.File
	pid      int32
	atlas    atomic.Pointer[[]*chart]
	verdicts *verdicts
	slots    chan struct{}
	workers  chan struct{}
	all      sync.WaitGroup

	asked, known, denied, exempt, late, failed atomic.Uint64
}

// GuardStatus says what a Guard did.
type GuardStatus struct {
	Asked  uint64 // verdicts sought
	Known  uint64 // opens answered by a verdict that was remembered
	Denied uint64 // opens
	Exempt uint64 // opens that were to be denied, but for who asked
	Late   uint64 // opens answered without a verdict since there was no time, or too many waited
	Failed uint64 // opens answered without a verdict since there was an error
}

// NewGuard makes a Guard, which does nothing until Run.
func NewGuard(o GuardOptions) (*Guard, error) {
	if err := plain(o.Roots); err != nil {
		return nil, fmt.Errorf("guard: %w", err)
	}
	if o.Verdict == nil {
		return nil, fmt.Errorf("guard: nobody gives verdicts: %w", candor.ErrInvalid)
	}
	o.Roots = slices.Compact(slices.Sorted(slices.Values(o.Roots)))
	o.Deadline = standard(o.Deadline, 2*time.Second)
	o.Workers = standard(o.Workers, 2*runtime.GOMAXPROCS(0))
	o.check = standard(o.check, time.Second)
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Denied == nil {
		o.Denied = func(string, int) {}
	}
	g := &Guard{o: o, pid: int32(os.Getpid()), verdicts: newVerdicts(standard(o.Capacity, 1<<16)),
		slots: make(chan struct{}, slots), workers: make(chan struct{}, o.Workers)}
	g.atlas.Store(&[]*chart{})
	return g, nil
}

// Run guards until ctx ends; a Guard runs once. Errors other than that of ctx
// say that the kernel does not permit it.
func (g *Guard) Run(ctx context.Context) error {
	fd, err := unix.FanotifyInit(unix.FAN_CLASS_CONTENT|unix.FAN_UNLIMITED_QUEUE|unix.FAN_CLOEXEC|unix.FAN_NONBLOCK,
		unix.O_RDONLY|unix.O_LARGEFILE|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOATIME)
	if err != nil {
		return fmt.Errorf("guard: fanotify_init: %w", err)
	}
	g.file = os.NewFile(uintptr(fd), "fanotify")
	ctx, stop := context.WithCancel(ctx)
	read := make(chan error, 1)
	g.all.Go(func() { read <- g.read(ctx) })
	defer g.all.Wait()
	defer stop()
	defer g.file.Close() // lets all pass that wait
	check := time.NewTicker(g.o.check)
	defer check.Stop()
	for last, begun := "", false; ; {
		err := g.mark(fd)
		if err != nil && len(*g.atlas.Load()) == 0 {
			return fmt.Errorf("guard: %w", err)
		}
		if !begun && g.o.Begun != nil && len(*g.atlas.Load()) > 0 {
			begun = true
			g.o.Begun()
		}
		if now := fmt.Sprint(err); now != last && err != nil {
			g.o.Log.Warn("watch: not all is guarded", "error", err)
			last = now
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-read:
			return fmt.Errorf("guard: read events: %w", err)
		case <-check.C:
		}
	}
}

// mark has the mounts of all roots asked about; those that are marked stay so.
// The error tells of those that could not be.
func (g *Guard) mark(fd int) error {
	found, _, err := look(g.o.Roots)
	if err != nil {
		return err
	}
	mask := uint64(unix.FAN_OPEN_PERM)
	if g.o.Executed {
		mask = unix.FAN_OPEN_EXEC_PERM
	}
	var places []*place
	var bad error
	for _, path := range slices.Sorted(maps.Keys(found)) {
		switch err := unix.FanotifyMark(fd, unix.FAN_MARK_ADD|unix.FAN_MARK_MOUNT, mask, unix.AT_FDCWD, path); err {
		case nil:
			places = append(places, found[path])
		case unix.ENOENT, unix.ENOTDIR: // gone by now
		default:
			bad = errors.Join(bad, fmt.Errorf("fanotify_mark %.200q: %w", path, err))
		}
	}
	mounts := newAtlas(places).mounts
	g.atlas.Store(&mounts)
	return bad
}

// read answers opens until the group is closed. It opens nothing itself, not
// even a log: an open of its own process would wait for it.
func (g *Guard) read(ctx context.Context) error {
	buf := make([]byte, asks*unix.FAN_EVENT_METADATA_LEN)
	for {
		n, err := g.file.Read(buf)
		if errors.Is(err, os.ErrClosed) {
			return nil
		}
		events, bad := decodeEvents(buf[:max(n, 0)])
		for _, e := range events {
			if e.fd >= 0 && e.mask&(unix.FAN_OPEN_PERM|unix.FAN_OPEN_EXEC_PERM) != 0 {
				g.opened(ctx, int(e.fd), e.pid)
			}
		}
		if err != nil && !passing(err) {
			return err
		}
		if err != nil { // the kernel could not open the file for us, and has denied the open
			g.failed.Add(1)
		}
		if bad != nil {
			return bad
		}
	}
}

// passing tells whether an error is one of an event rather than of the group.
func passing(err error) bool {
	return !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.EBADF) && !errors.Is(err, unix.EFAULT)
}

// Forget forgets all verdicts, for there are new definitions.
func (g *Guard) Forget() { g.verdicts.forget() }

// Status tells how things are. It may be called at any time.
func (g *Guard) Status() GuardStatus {
	return GuardStatus{Asked: g.asked.Load(), Known: g.known.Load(), Denied: g.denied.Load(), Exempt: g.exempt.Load(), Late: g.late.Load(), Failed: g.failed.Load()}
}
