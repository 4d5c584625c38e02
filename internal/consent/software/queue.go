package software

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"candor"
)

// Queue keeps what a user said on a device until the provider has answered. It
// is a folder of the device:
//
//	device.key        the device's key (Ed25519, PKCS #8), made once
//	waiting/SERIAL    statements that were not answered, signed
//	answered/SERIAL   answers; the last one of each product, and the last of all
//
// What Add has returned is durable, also if the program is killed at any moment,
// or two programs use the folder at once; serials are never used twice.
type Queue struct {
	dir   string
	clock candor.Clock
	key   crypto.Signer
	most  int
}

// mostWaiting is how many statements wait at most.
const mostWaiting = 1000

// staleTemp is when a file that was not finished is taken for left behind.
const staleTemp = time.Hour

// ErrFull says that so many statements wait that none is taken any more.
var ErrFull = fmt.Errorf("too many statements wait to be sent: %w", candor.ErrUnavailable)

// Answered is a statement with what the provider answered.
type Answered struct {
	Statement string `json:"statement"`
	Answer    Answer `json:"answer"`
}

// OpenQueue opens the queue in a folder, and makes it and the device's key the
// first time.
func OpenQueue(dir string, clock candor.Clock) (*Queue, error) {
	q := &Queue{dir: dir, clock: clock, most: mostWaiting}
	for _, d := range []string{dir, q.path("waiting"), q.path("answered")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, fmt.Errorf("queue of statements: %w", err)
		}
	}
	var err error
	if q.key, err = q.readKey(); errors.Is(err, fs.ErrNotExist) {
		if err = q.makeKey(); err == nil {
			q.key, err = q.readKey()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the device's key: %w", err)
	}
	q.sweep()
	return q, nil
}

func (q *Queue) path(parts ...string) string {
	return filepath.Join(append([]string{q.dir}, parts...)...)
}

func (q *Queue) readKey() (crypto.Signer, error) {
	data, err := os.ReadFile(q.path("device.key"))
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(data)
	signer, ok := key.(crypto.Signer)
	if err != nil || !ok {
		return nil, candor.WithHint(fmt.Errorf("it cannot be read: %w", candor.ErrInvalid), "Move the folder away; the device is a new one then.")
	}
	return signer, nil
}

func (q *Queue) makeKey() error {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	data, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	if err = keep(q.path("device.key"), data); errors.Is(err, fs.ErrExist) {
		return nil // another program was first: its key holds
	}
	return err
}

// Key signs for the device.
func (q *Queue) Key() crypto.Signer { return q.key }

// Add signs what a user said and keeps it. Serial, device and time are filled
// in. It gives the serial; ErrFull if too many wait.
func (q *Queue) Add(s Statement) (int64, error) {
	s.At = q.clock().UTC()
	for {
		waiting, last, err := q.serials()
		if err != nil {
			return 0, err
		}
		if len(waiting) >= q.most {
			return 0, candor.WithHint(ErrFull, "Send them first.")
		}
		s.Serial = last + 1
		text, err := s.sign(q.key)
		if err != nil {
			return 0, err
		}
		ours, err := q.put(s.Serial, text)
		if err != nil {
			return 0, fmt.Errorf("keep statement %d: %w", s.Serial, err)
		}
		if ours {
			return s.Serial, nil
		}
	}
}

// put keeps a statement, unless another program used its serial: it waits, or
// was answered since the serial was chosen.
func (q *Queue) put(serial int64, text string) (ours bool, err error) {
	place := q.path("waiting", name(serial))
	if err := keep(place, []byte(text)); err != nil {
		if errors.Is(err, fs.ErrExist) {
			err = nil
		}
		return false, err
	}
	answered, err := numbers(q.path("answered"))
	if err != nil {
		return false, err
	}
	if n := len(answered); n > 0 && answered[n-1] >= serial {
		if err := os.Remove(place); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
		return false, nil
	}
	return true, nil
}

// serials gives the serials that wait, in order, and the last one that was used.
func (q *Queue) serials() (waiting []int64, last int64, err error) {
	answered, err := numbers(q.path("answered"))
	if err != nil {
		return nil, 0, err
	}
	// In this order: what is answered meanwhile is seen at least once.
	if waiting, err = numbers(q.path("waiting")); err != nil {
		return nil, 0, err
	}
	again, err := numbers(q.path("answered"))
	for _, n := range slices.Concat(answered, waiting, again) {
		last = max(last, n)
	}
	return waiting, last, err
}

// numbers gives the serials that files of a folder are named by, in order.
func numbers(dir string) (all []int64, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("queue of statements: %w", err)
	}
	for _, e := range entries {
		if n, err := strconv.ParseInt(e.Name(), 10, 64); err == nil && e.Name() == name(n) {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	return all, nil
}

func name(serial int64) string { return fmt.Sprintf("%016d", serial) }

// Waiting gives the statements that were not answered, in order of serial.
func (q *Queue) Waiting() ([]string, error) {
	serials, _, err := q.serials()
	if err != nil {
		return nil, err
	}
	var all []string
	for _, n := range serials {
		text, err := os.ReadFile(q.path("waiting", name(n)))
		if errors.Is(err, fs.ErrNotExist) {
			continue // answered meanwhile
		}
		if err != nil {
			return nil, err
		}
		all = append(all, string(text))
	}
	return all, nil
}

// Send hands each waiting statement to post, in order, and keeps the answers.
// Errors that are about one statement (candor.ErrNotFound, ErrExists, ErrInvalid
// and ErrDenied) leave that one waiting; others end it. It gives all errors.
func (q *Queue) Send(ctx context.Context, post func(ctx context.Context, text string) (Answer, error)) ([]Answer, error) {
	waiting, err := q.Waiting()
	if err != nil {
		return nil, err
	}
	var all []Answer
	var failed []error
	for _, text := range waiting {
		s, _, err := OpenStatement(text)
		if err != nil {
			return all, candor.WithHint(fmt.Errorf("the queue in %s was altered: %w", q.dir, err), "Move the folder away, and ask the user again.")
		}
		a, err := post(ctx, text)
		if err != nil {
			failed = append(failed, fmt.Errorf("send statement %d: %w", s.Serial, err))
			if !ofOne(err) {
				break
			}
			continue
		}
		if err := q.answer(s, text, a); err != nil {
			return all, err
		}
		all = append(all, a)
	}
	return all, errors.Join(errors.Join(failed...), q.prune())
}

// ofOne tells whether an error is about one statement.
func ofOne(err error) bool {
	for _, kind := range []error{candor.ErrNotFound, candor.ErrExists, candor.ErrInvalid, candor.ErrDenied} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// answer keeps an answer before the statement is forgotten.
func (q *Queue) answer(s Statement, text string, a Answer) error {
	data, err := json.Marshal(Answered{text, a})
	if err != nil {
		return err
	}
	if err := keep(q.path("answered", name(s.Serial)), data); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("keep the answer to statement %d: %w", s.Serial, err)
	}
	if err := os.Remove(q.path("waiting", name(s.Serial))); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncDir(q.path("waiting"))
}

// Last gives the last statement about a product, and its answer if there is one.
// Without any it gives candor.ErrNotFound.
func (q *Queue) Last(product string) (Statement, *Answer, error) {
	waiting, err := q.Waiting()
	if err != nil {
		return Statement{}, nil, err
	}
	for _, text := range slices.Backward(waiting) {
		if s, _, err := OpenStatement(text); err == nil && s.Product == product {
			return s, nil, nil
		}
	}
	all, err := q.answered()
	if err != nil {
		return Statement{}, nil, err
	}
	for _, a := range slices.Backward(all) {
		if s, _, err := OpenStatement(a.Statement); err == nil && s.Product == product {
			return s, &a.Answer, nil
		}
	}
	return Statement{}, nil, fmt.Errorf("nothing was said of %s on this device: %w", product, candor.ErrNotFound)
}

func (q *Queue) answered() (all []Answered, err error) {
	serials, err := numbers(q.path("answered"))
	if err != nil {
		return nil, err
	}
	for _, n := range serials {
		data, err := os.ReadFile(q.path("answered", name(n)))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var a Answered
		if err == nil {
			err = json.Unmarshal(data, &a)
		}
		if err != nil {
			return nil, fmt.Errorf("answer %d: %w", n, err)
		}
		all = append(all, a)
	}
	return all, nil
}

// prune forgets answers that later ones replace: all but the last of each
// product. The last of all is among them.
func (q *Queue) prune() error {
	all, err := q.answered()
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, a := range slices.Backward(all) {
		s, _, err := OpenStatement(a.Statement)
		if err != nil {
			return err
		}
		if seen[s.Product] {
			if err := os.Remove(q.path("answered", name(s.Serial))); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		seen[s.Product] = true
	}
	return nil
}

// keep puts a new file in place, whole and durable or not at all. One that is
// there already is fs.ErrExist.
func keep(path string, data []byte) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".new-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil { // unlike a rename it never replaces
		return err
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// sweep removes what programs left behind that were killed while they wrote.
func (q *Queue) sweep() {
	for _, d := range []string{"", "waiting", "answered"} {
		entries, err := os.ReadDir(q.path(d))
		if err != nil {
			continue
		}
		for _, e := range entries {
			info, err := e.Info()
			if err == nil && strings.HasPrefix(e.Name(), ".new-") && q.clock().Sub(info.ModTime()) > staleTemp {
				_ = os.Remove(q.path(d, e.Name())) // the next one will
			}
		}
	}
}
