package scan

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"

	"candor"
	"candor/internal/scan/index"
	"candor/internal/scan/known"
	"candor/internal/scan/unpack"
)

// worker scans the files of one batch after another, reusing its memory.
type worker struct {
	pool     *pool
	reader   reader
	looker   *Looker
	sketcher *index.Sketcher
	digester *known.Digester
	audit    func(inode uint64) bool
}

// Crew keeps workers between scans that have the same NewMatcher, Fixed and
// Inside: with many definitions it takes a while to prepare one. It is safe for
// concurrent use.
type Crew struct {
	lock sync.Mutex
	free []*worker
}

// take gives a worker to a pool.
func (c *Crew) take(p *pool) *worker {
	if c == nil {
		return newWorker(p)
	}
	c.lock.Lock()
	defer c.lock.Unlock()
	n := len(c.free)
	if n == 0 {
		return newWorker(p)
	}
	w := c.free[n-1]
	c.free = c.free[:n-1]
	w.pool = p
	w.remember()
	return w
}

// give takes a worker back.
func (c *Crew) give(w *worker) {
	if c == nil {
		return
	}
	w.pool = nil
	c.lock.Lock()
	defer c.lock.Unlock()
	c.free = append(c.free, w)
}

func newWorker(p *pool) *worker {
	w := &worker{
		pool:   p,
		reader: reader{maxSize: p.o.MaxSize},
		looker: NewLooker(p.o.NewMatcher, p.o.Fixed, p.o.Inside),
	}
	w.remember()
	return w
}

// remember makes ready for a scan that remembers.
func (w *worker) remember() {
	if w.pool.o.Known == nil {
		if w.looker.observe != nil {
			w.looker.show(nil, false)
		}
		return
	}
	if w.sketcher == nil {
		w.sketcher, w.digester = new(index.Sketcher), known.NewDigester()
		w.looker.inside = w.sketcher.Inside
	}
	w.audit = known.Audits(w.pool.o.Audit)
}

func (w *worker) run() {
	// Content that another process truncates while it is mapped must become
	// an error of that file, not the end of the program.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	for b := range w.pool.queue {
		for _, e := range b.entries {
			if w.pool.ctx.Err() != nil {
				break
			}
			if w.pool.o.Pace != nil {
				w.pool.o.Pace()
			}
			w.file(b.dir, e)
		}
		b.free()
	}
}

// file scans one file and reports what there is to report.
func (w *worker) file(d *directory, e entry) {
	if d.memo == nil {
		w.read(d, e, known.Entry{}, false)
		return
	}
	was, have, stands := w.stands(d, e)
	if stands && !w.audit(was.Inode) {
		d.memo.note(&known.Seen{Entry: was})
		w.pool.o.Progress.known.Add(1)
		w.pool.o.Progress.files.Add(1)
		w.pool.o.Progress.bytes.Add(was.Size)
		return
	}
	d.memo.note(w.read(d, e, was, have))
}

// read reads a file and reports what is in it. It gives what the file is, if
// that was found out and is to be remembered. same says that it looks like was.
func (w *worker) read(d *directory, e entry, was known.Entry, same bool) *known.Seen {
	path := join(d.path, e.name)
	if err := w.reader.open(d, e); err != nil {
		if err == errLarge {
			w.pool.o.Progress.large.Add(1)
			return nil
		}
		w.pool.fail(path, err)
		return nil
	}
	defer w.reader.close()

	data, readErr := w.reader.read()
	if readErr != nil && !errors.Is(readErr, candor.ErrChanged) {
		w.pool.fail(path, readErr)
		return nil
	}
	sum, findings, clean, err := w.look(path, d, e.name, data)
	if len(findings) > 0 {
		w.pool.found(findings)
	}
	if err = errors.Join(readErr, err); err == nil {
		err = w.reader.settled()
	}
	if err != nil {
		w.pool.fail(path, err)
		return nil
	}
	w.pool.o.Progress.files.Add(1)
	w.pool.o.Progress.bytes.Add(int64(len(data)))
	if d.memo == nil {
		return nil
	}
	if same && !d.memo.session.Is(was, sum) {
		w.pool.o.Progress.forged.Add(1)
	}
	return w.reader.seen(e.name, sum, clean, w.pool.o.Clock())
}

// look judges a content: it is matched, unless it is known.
func (w *worker) look(path string, d *directory, name string, data []byte) (sum known.Sum, findings []candor.Finding, clean bool, err error) {
	if d.memo == nil {
		findings, err = w.looker.look(path, d.path, name, data, w.reader.stat.Uid)
		return sum, findings, false, err
	}
	defer func() {
		if r := recover(); r != nil { // a fault from a file that shrank while its digest was taken
			err = panicError(r)
		}
	}()
	if w.reader.mapped != nil {
		sum = known.SumOf(data).Of(w.reader.stat.Dev, w.reader.stat.Ino)
	} else {
		sum = w.digester.Sum(data)
	}
	if unpack.ByName(name) {
		sum = sum.Named()
	}
	findings, clean, err = w.judge(path, d, name, data, sum)
	return sum, findings, clean, err
}

func panicError(r any) error {
	if fault, ok := r.(interface {
		runtime.Error
		Addr() uintptr
	}); ok {
		return fmt.Errorf("shrank or became unreadable while it was scanned: %w (%w)", candor.ErrChanged, fault)
	}
	return fmt.Errorf("the matcher failed on this content, which is a defect: %v", r)
}
