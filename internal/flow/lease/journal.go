package lease

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// journal keeps records: a snapshot, and logs of what came after it. Each
// record has its length and a checksum (CRC-32C) before it. A log is never
// written again once the program that wrote it has ended: what a crash left
// half written at its end was not acknowledged, and stays there unread.
type journal struct {
	dir     string
	lock    *os.File
	loaded  int // records
	damaged int // files that end in what cannot be read

	mu       sync.Mutex
	file     *os.File
	sequence uint64 // of the log
	bytes    int64  // in the log, with what is pending
	pending  []byte
	asked    uint64 // the number of the last record
	done     uint64 // the last that is on the disk
	failed   error  // after which nothing can be trusted to be on the disk
	changed  chan struct{}
	writing  bool
}

const (
	logName      = "log-"
	snapshotName = "snapshot-"
	header       = 8       // bytes before a record
	largest      = 1 << 16 // bytes of a record
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrInUse says that another process has the table.
var ErrInUse = errors.New("the table of leases is in use by another process")

// openJournal reads what a folder holds, one record after another, and begins a
// new log.
func openJournal(dir string, load func([]byte) error) (*journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open leases: %w", err)
	}
	j := &journal{dir: dir, changed: make(chan struct{})}
	if err := j.claim(); err != nil {
		return nil, err
	}
	j.clean()
	if err := j.read(load); err != nil {
		return nil, errors.Join(err, j.lock.Close())
	}
	if err := j.begin(j.sequence + 1); err != nil {
		return nil, errors.Join(err, j.lock.Close())
	}
	return j, nil
}

// claim keeps other processes out.
func (j *journal) claim() error {
	lock, err := os.OpenFile(filepath.Join(j.dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open leases: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", j.dir, ErrInUse), lock.Close())
	}
	j.lock = lock
	return nil
}

// clean removes snapshots that were not finished.
func (j *journal) clean() {
	left, _ := filepath.Glob(filepath.Join(j.dir, snapshotName+"*.new")) // the pattern is good
	for _, name := range left {
		_ = os.Remove(name) // the next one says so if it is in the way
	}
}

// numbered lists the numbers of files of a name, least first.
func (j *journal) numbered(name string) ([]uint64, error) {
	entries, err := os.ReadDir(j.dir)
	if err != nil {
		return nil, fmt.Errorf("open leases: %w", err)
	}
	var all []uint64
	for _, e := range entries {
		if rest, ok := strings.CutPrefix(e.Name(), name); ok {
			if n, err := strconv.ParseUint(rest, 10, 64); err == nil {
				all = append(all, n)
			}
		}
	}
	slices.Sort(all)
	return all, nil
}

func (j *journal) path(name string, n uint64) string {
	return filepath.Join(j.dir, fmt.Sprintf("%s%d", name, n))
}

// read reads the latest snapshot, and the logs from it on.
func (j *journal) read(load func([]byte) error) error {
	snapshots, err := j.numbered(snapshotName)
	if err != nil {
		return err
	}
	logs, err := j.numbered(logName)
	if err != nil {
		return err
	}
	var from uint64
	if n := len(snapshots); n > 0 {
		from = snapshots[n-1]
		if err := j.readFile(j.path(snapshotName, from), load); err != nil {
			return err
		}
		j.sequence = from
	}
	for _, n := range logs {
		if n < from {
			continue
		}
		if err := j.readFile(j.path(logName, n), load); err != nil {
			return err
		}
		j.sequence = max(j.sequence, n)
	}
	return nil
}

// readFile reads the records of a file up to what cannot be read.
func (j *journal) readFile(name string, load func([]byte) error) error {
	file, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("read leases: %w", err)
	}
	defer file.Close()
	r := bufio.NewReaderSize(file, 1<<20)
	var record []byte
	for {
		record, err = next(r, record)
		if err == nil {
			err = load(record)
		}
		switch {
		case err == nil:
			j.loaded++
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errRecord):
			j.damaged++
			return nil
		default:
			return fmt.Errorf("read leases: %s: %w", name, err)
		}
	}
}

// next reads one record; io.EOF at the end, errRecord for what is none.
func next(r io.Reader, into []byte) ([]byte, error) {
	var head [header]byte
	if _, err := io.ReadFull(r, head[:]); errors.Is(err, io.ErrUnexpectedEOF) {
		return into, errRecord
	} else if err != nil {
		return into, err
	}
	size := binary.LittleEndian.Uint32(head[:4])
	if size == 0 || size > largest {
		return into, errRecord
	}
	into = slices.Grow(into[:0], int(size))[:size]
	if _, err := io.ReadFull(r, into); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return into, errRecord
	} else if err != nil {
		return into, err
	}
	if crc32.Checksum(into, castagnoli) != binary.LittleEndian.Uint32(head[4:]) {
		return into, errRecord
	}
	return into, nil
}

// frame appends a record with its length and checksum.
func frame(b, record []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(record)))
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(record, castagnoli))
	return append(b, record...)
}

// begin starts a log.
func (j *journal) begin(sequence uint64) error {
	file, err := os.OpenFile(j.path(logName, sequence), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("begin a log of leases: %w", err)
	}
	if err := syncDir(j.dir); err != nil {
		return errors.Join(err, file.Close())
	}
	j.file, j.sequence, j.bytes = file, sequence, 0
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return nil
}

// append takes a record to be written, and gives its number.
func (j *journal) append(record []byte) uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.asked++
	if j.failed != nil {
		return j.asked
	}
	before := len(j.pending)
	j.pending = frame(j.pending, record)
	j.bytes += int64(len(j.pending) - before)
	return j.asked
}

// wait returns when a record is on the disk. Whoever finds nobody writing
// writes for all that wait.
func (j *journal) wait(ctx context.Context, number uint64) error {
	j.mu.Lock()
	for {
		if j.failed != nil || j.done >= number {
			err := j.failed
			if j.done >= number {
				err = nil
			}
			j.mu.Unlock()
			return err
		}
		if !j.writing {
			j.flush()
			continue
		}
		changed := j.changed
		j.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("keep leases: %w", ctx.Err())
		}
		j.mu.Lock()
	}
}

// flush writes all that is pending. The lock is held at its begin and its end,
// not while it writes.
func (j *journal) flush() {
	j.writing = true
	batch, number, file := j.pending, j.asked, j.file
	j.pending = nil
	j.mu.Unlock()
	_, err := file.Write(batch)
	if err == nil {
		err = file.Sync()
	}
	j.mu.Lock()
	j.writing = false
	if err != nil {
		// What a failed sync left on the disk nobody knows.
		j.failed = errors.Join(j.failed, fmt.Errorf("keep leases: %w", err))
	} else {
		j.done = number
	}
	close(j.changed)
	j.changed = make(chan struct{})
}

// size is how long the log is.
func (j *journal) size() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.bytes
}

// rotate ends the log and begins the next; it gives the number of that.
func (j *journal) rotate(ctx context.Context) (uint64, error) {
	j.mu.Lock()
	asked := j.asked
	j.mu.Unlock()
	for {
		if err := j.wait(ctx, asked); err != nil {
			return 0, err
		}
		j.mu.Lock()
		if !j.writing && len(j.pending) == 0 {
			break
		}
		asked = j.asked
		j.mu.Unlock()
	}
	defer j.mu.Unlock()
	old := j.file
	if err := j.begin(j.sequence + 1); err != nil {
		return 0, err
	}
	if err := old.Close(); err != nil {
		return 0, fmt.Errorf("end a log of leases: %w", err)
	}
	return j.sequence, nil
}

// snapshot writes a snapshot of a number by a function that is given what takes
// records, and removes what it replaces.
func (j *journal) snapshot(number uint64, write func(put func([]byte)) error) error {
	name := j.path(snapshotName, number)
	file, err := os.OpenFile(name+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write leases: %w", err)
	}
	w := bufio.NewWriterSize(file, 1<<20)
	var b []byte
	err = write(func(record []byte) {
		b = frame(b[:0], record)
		_, _ = w.Write(b) // Flush gives the error
	})
	err = errors.Join(err, w.Flush(), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(name+".new", name)
	}
	if err == nil {
		err = syncDir(j.dir)
	}
	if err != nil {
		return fmt.Errorf("write leases: %w", errors.Join(err, os.Remove(name+".new")))
	}
	return j.remove(number)
}

// remove removes snapshots and logs before a number.
func (j *journal) remove(before uint64) error {
	var errs []error
	for _, name := range []string{snapshotName, logName} {
		all, err := j.numbered(name)
		errs = append(errs, err)
		for _, n := range all {
			if n < before {
				errs = append(errs, os.Remove(j.path(name, n)))
			}
		}
	}
	return errors.Join(errs...)
}

// close writes what is pending and lets others in.
func (j *journal) close() error {
	j.mu.Lock()
	asked := j.asked
	j.mu.Unlock()
	err := j.wait(context.Background(), asked)
	return errors.Join(err, j.file.Close(), j.lock.Close())
}
