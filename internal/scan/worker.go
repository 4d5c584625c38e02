package scan

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"candor"
)

// worker scans the files of one batch after another, reusing its memory.
type worker struct {
	pool   *pool
	reader reader
	looker *Looker
}

func newWorker(p *pool) *worker {
	return &worker{
		pool:   p,
		reader: reader{maxSize: p.o.MaxSize},
		looker: NewLooker(p.o.NewMatcher, p.o.Fixed),
	}
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
			w.file(b.dir, e)
		}
		b.free()
	}
}

// file scans one file and reports what there is to report.
func (w *worker) file(d *directory, e entry) {
	path := join(d.path, e.name)
	if err := w.reader.open(d, e); err != nil {
		if err == errLarge {
			w.pool.o.Progress.large.Add(1)
			return
		}
		w.pool.fail(path, err)
		return
	}
	defer w.reader.close()

	data, readErr := w.reader.read()
	if readErr != nil && !errors.Is(readErr, candor.ErrChanged) {
		w.pool.fail(path, readErr)
		return
	}
	findings, err := w.looker.look(path, d.path, e.name, data, w.reader.stat.Uid)
	if len(findings) > 0 {
		w.pool.found(findings)
	}
	if err = errors.Join(readErr, err); err == nil {
		err = w.reader.settled()
	}
	if err != nil {
		w.pool.fail(path, err)
		return
	}
	w.pool.o.Progress.files.Add(1)
	w.pool.o.Progress.bytes.Add(int64(len(data)))
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
