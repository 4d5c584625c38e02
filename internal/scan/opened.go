package scan

import (
	"errors"
	"path/filepath"
	"runtime/debug"

	"golang.org/x/sys/unix"

	"candor"
)

// Opened judges files that somebody else has open, one after another, reusing
// its memory. One goroutine at a time may use it.
type Opened struct {
	reader  reader
	looker  *Looker
	exclude Exclude
}

// NewOpened makes an Opened. Of the options those count that say what is looked
// at: NewMatcher, Fixed, Exclude, MaxSize and Inside.
func NewOpened(o Options) *Opened {
	return &Opened{reader: reader{maxSize: o.MaxSize}, looker: NewLooker(o.NewMatcher, o.Fixed, o.Inside), exclude: o.Exclude}
}

// Look judges the file of a descriptor that is for reading, by its path. What is
// excluded or beyond the size limit has no findings. What was found before an
// error is given beside it; content that does not hold still is
// candor.ErrChanged.
func (o *Opened) Look(fd int, path string) ([]candor.Finding, error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // of a file that is truncated while it is mapped
	dir, name := filepath.Split(path)
	if len(o.exclude) > 0 && o.exclude.Match(dir, name) {
		return nil, nil
	}
	if err := o.reader.adopt(fd); err != nil {
		if errors.Is(err, errLarge) {
			return nil, nil
		}
		return nil, err
	}
	defer o.reader.unmap()
	data, readErr := o.reader.read()
	if readErr != nil && !errors.Is(readErr, candor.ErrChanged) {
		return nil, readErr
	}
	findings, err := o.looker.look(path, dir, name, data, o.reader.stat.Uid)
	if err = errors.Join(readErr, err); err == nil {
		err = o.reader.settled()
	}
	return findings, err
}

// adopt reads from a descriptor that is open, and stays so.
func (r *reader) adopt(fd int) error {
	if err := unix.Fstat(fd, &r.stat); err != nil {
		return describe("look at", err)
	}
	if r.maxSize > 0 && r.stat.Size > r.maxSize {
		return errLarge
	}
	r.fd = fd
	return nil
}
