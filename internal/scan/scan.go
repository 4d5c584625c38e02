// Package scan looks through files for content that definitions know.
//
// One walker reads directories and hands runs of names to a few workers; each
// worker opens a file, makes sure that it is still the file that was seen,
// reads it once and has it matched. What is found goes to a Sink as it is
// found; what could not be read is reported there too, and counted: a file
// that was not looked at is never a clean one.
//
// The package needs Linux: it speaks to the kernel in openat, getdents and
// fstat, because names looked up twice are names that can be swapped.
package scan

import (
	"context"
	"errors"
	"runtime"
	"time"

	"candor"
	"candor/engine"
	"candor/internal/scan/known"
	"candor/internal/scan/unpack"
)

// Matcher matches one content after another. *engine.Scanner is one.
type Matcher interface {
	Scan(data []byte, f engine.File) ([]engine.Match, error)
}

// Sink receives what a scan sees. Its methods are called one at a time; an
// error ends the scan, because a result that nobody received is lost.
type Sink interface {
	Finding(candor.Finding) error
	Failure(Failure) error
}

// Failure is a file or directory that could not be scanned, or not as a whole.
type Failure struct {
	Path string
	Err  error
}

// Options say what is looked at and how. Only NewMatcher is needed.
type Options struct {
	// NewMatcher makes the matcher of one worker. It is called again if a
	// matcher panicked.
	NewMatcher func() Matcher
	// Exclude passes over files and directories; nil excludes nothing.
	Exclude Exclude
	// MaxSize passes over files of more bytes; 0 stands for no limit.
	MaxSize int64
	// OneFileSystem keeps out of other file systems than that of each path.
	OneFileSystem bool
	// Threads is the number of workers; 0 stands for one a processor.
	Threads int
	// Fixed names the built-in external variables that are not to be set
	// from the file, because somebody chose their values.
	Fixed map[string]bool
	// Inside says how far what lies inside of contents is looked at; nil does
	// not look there. What is not looked at is a finding of its own kind.
	Inside *unpack.Options
	// Clock tells the time; nil stands for time.Now.
	Clock candor.Clock
	// Progress is kept up to date while the scan runs; may be nil.
	Progress *Progress
	// Known remembers what was looked at: files that are as they were are not
	// read, and contents that are known to be clean are not matched again. Its rules are
	// those of NewMatcher, whose matchers tell what they consulted, and it looks
	// inside as Inside says; see Opening. Nil remembers nothing.
	Known *known.Session
	// Crew keeps what workers have prepared from one scan to the next; nil keeps
	// nothing.
	Crew *Crew
	// Pace is called before each file, and may wait; may be nil.
	Pace func()
	// Audit reads one in so many files that are as they were, chosen at random;
	// 0 stands for none.
	Audit int
}

// Scan scans targets. Cancelling ctx is not an error: files in hand are
// finished and the Summary says that it is partial. The error is that of the
// Sink, or of targets.
//
// Targets that cannot be opened are Failures, not errors.
func Scan(ctx context.Context, targets Targets, sink Sink, o Options) (Summary, error) {
	if o.Threads <= 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Progress == nil {
		o.Progress = new(Progress)
	}
	started := o.Clock()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	p := newPool(ctx, sink, o, cancel)
	w := &walker{
		exclude: o.Exclude, oneFileSystem: o.OneFileSystem, progress: o.Progress, known: o.Known,
		emit: p.submit, fail: p.fail,
	}
	err := w.walk(ctx, targets)
	p.wait()

	s := o.Progress.summary()
	s.Started, s.Seconds = started, o.Clock().Sub(started).Seconds()
	s.Interrupted = ctx.Err() != nil || err != nil
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
		return s, cause
	}
	return s, err
}

// Opening is how what is known looks into contents as Options.Inside says.
func Opening(inside *unpack.Options) known.Opening {
	if inside == nil {
		return known.Opening{}
	}
	return known.Opening{Name: inside.Name(), Open: func() known.Opener {
		u := unpack.New(*inside)
		return func(ctx context.Context, name string, content []byte, visit func(part []byte) error) error {
			_, err := u.Unpack(ctx, name, content, func(p unpack.Part) error { return visit(p.Data) })
			return err
		}
	}}
}

// Count counts the regular files that Scan would be offered under targets,
// without opening any, and keeps total up to date as it goes.
func Count(ctx context.Context, targets Targets, o Options, total func(files int64)) error {
	var files int64
	w := &walker{
		exclude: o.Exclude, oneFileSystem: o.OneFileSystem, progress: new(Progress),
		emit: func(b *batch) bool {
			files += int64(len(b.entries))
			total(files)
			b.free()
			return ctx.Err() == nil
		},
		fail: func(string, error) {},
	}
	return w.walk(ctx, targets)
}
