package scan

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
)

// Target is a file or directory to scan.
type Target struct {
	Path string
	// Follow tells to follow Path if it is a symbolic link. Links inside a
	// directory are never followed.
	Follow bool
	// Root is a directory that Path lies in, or is: no link from there on is
	// followed, so that whoever may write in it cannot lead the scan astray. Empty
	// for none.
	Root string
}

// Targets are read one by one; an error ends them.
type Targets iter.Seq2[Target, error]

// Paths are targets that somebody named: a link among them is followed.
func Paths(paths ...string) Targets {
	return func(yield func(Target, error) bool) {
		for _, p := range paths {
			if !yield(Target{Path: p, Follow: true}, nil) {
				return
			}
		}
	}
}

// Some are these targets.
func Some(targets ...Target) Targets {
	return func(yield func(Target, error) bool) {
		for _, t := range targets {
			if !yield(t, nil) {
				return
			}
		}
	}
}

// List reads targets from a list of paths: one a line, or separated by NUL if
// a NUL is among the first bytes that r gives, as find -print0 writes them.
// Lists are made by programs, so links in them are not followed. The list may
// be endless; it can be read once.
//
// Whoever writes the list may keep it open and write nothing: cancelling ctx
// ends the targets all the same, and leaves one read of r waiting.
func List(ctx context.Context, r io.Reader) Targets {
	return func(yield func(Target, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		type item struct {
			path string
			err  error
		}
		items := make(chan item, 64)
		go func() {
			defer close(items)
			readList(r, func(path string, err error) bool {
				select {
				case items <- item{path, err}:
					return true
				case <-ctx.Done():
					return false
				}
			})
		}()
		for {
			select {
			case <-ctx.Done():
				return
			case i, ok := <-items:
				if !ok || !yield(Target{Path: i.path}, i.err) {
					return
				}
			}
		}
	}
}

func readList(r io.Reader, each func(path string, err error) bool) {
	in := bufio.NewReaderSize(r, 64<<10)
	separator := byte('\n')
	if _, err := in.Peek(1); err == nil {
		if head, _ := in.Peek(in.Buffered()); bytes.IndexByte(head, 0) >= 0 {
			separator = 0
		}
	}
	for {
		path, err := in.ReadString(separator)
		if n := len(path); n > 0 && path[n-1] == separator {
			path = path[:n-1]
		}
		if path != "" && !each(path, nil) {
			return
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			each("", fmt.Errorf("list of files: %w", err))
			return
		}
	}
}

// Join gives all targets of each, one after another.
func Join(each ...Targets) Targets {
	return func(yield func(Target, error) bool) {
		for _, targets := range each {
			for t, err := range targets {
				if !yield(t, err) {
					return
				}
			}
		}
	}
}
