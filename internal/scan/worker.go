package scan

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"candor"
	"candor/engine"
)

// worker scans the files of one batch after another, reusing its memory.
type worker struct {
	pool      *pool
	reader    reader
	matcher   Matcher
	externals externals
}

func newWorker(p *pool) *worker {
	return &worker{
		pool:      p,
		reader:    reader{maxSize: p.o.MaxSize},
		externals: newExternals(p.o.Fixed),
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
	findings, err := w.match(path, d.path, e.name, data)
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

// match has the content matched. Whatever goes wrong in there, a panic
// included, is an error of this file alone.
func (w *worker) match(path, dir, name string, data []byte) (findings []candor.Finding, err error) {
	defer func() {
		if r := recover(); r != nil {
			w.matcher = nil // its state is anybody's guess
			err = panicError(r)
		}
	}()
	if w.matcher == nil {
		w.matcher = w.pool.o.NewMatcher()
	}
	matches, err := w.matcher.Scan(data, engine.File{
		Name:      path,
		Externals: w.externals.of(dir, name, data, w.reader.stat.Uid),
	})
	if len(matches) == 0 {
		return nil, err
	}
	digest := sha256.Sum256(data)
	findings = make([]candor.Finding, len(matches))
	for i, m := range matches {
		findings[i] = verdict(m)
		findings[i].Path = path
		findings[i].SHA256 = hex.EncodeToString(digest[:])
		findings[i].Bytes = int64(len(data))
	}
	return findings, err
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
