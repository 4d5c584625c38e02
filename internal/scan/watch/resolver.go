package watch

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	// gone is what the kernel puts behind the path of a directory that was
	// removed. It may as well be the end of a name.
	gone = " (deleted)"
	// nameless begins what the kernel calls files that were made without a
	// name (O_TMPFILE).
	nameless = "#"
	// climb is how many levels are gone up to where a path is short enough.
	climb = 4096
	// tries is how often a file's name is asked for that is renamed meanwhile.
	tries = 5
)

// resolver finds the paths of handles, for one batch of events: all of them
// happened before it was made, so it may remember what it found.
type resolver struct {
	chart *chart
	fd    int // on the mount
	real  string
	dirs  map[handle]found
}

// found is a directory as the kernel names it.
type found struct {
	path  string // "" if it cannot be seen
	above bool   // it is not itself, but above it: it has no path of less than 4,096 bytes
	spots []spot
}

// resolver makes a resolver by the first place that is what it was; those
// before are lost.
func (c *chart) resolver() (r *resolver, lost []*place) {
	for _, p := range c.places {
		fd, err := p.open()
		if err != nil {
			lost = append(lost, p)
			continue
		}
		r = &resolver{chart: c, fd: fd, real: p.real, dirs: map[handle]found{}}
		if r.holds() {
			return r, lost
		}
		r.close()
		lost = append(lost, p)
	}
	return nil, lost
}

// holds tells whether the mount is still where it was.
func (r *resolver) holds() bool {
	real, err := pathOf(r.fd)
	return err == nil && real == r.real
}

func (r *resolver) close() { unix.Close(r.fd) }

// open gives a descriptor of what a handle names, -1 if it is gone.
func (r *resolver) open(h handle) (int, error) {
	fd, err := retry(func() (int, error) {
		return unix.OpenByHandleAt(r.fd, unix.NewFileHandle(h.kind, []byte(h.bytes)), unix.O_PATH|unix.O_CLOEXEC)
	})
	if err == unix.ESTALE || err == unix.ENOENT {
		return -1, nil
	}
	return fd, err
}

// dir finds a directory.
func (r *resolver) dir(h handle) (found, error) {
	if f, known := r.dirs[h]; known {
		return f, nil
	}
	f, err := r.lookup(h)
	if err != nil {
		return found{}, err
	}
	if f.path != "" {
		f.spots = r.chart.at(f.path)
	}
	r.dirs[h] = f
	return f, nil
}

func (r *resolver) lookup(h handle) (found, error) {
	fd, err := r.open(h)
	if fd < 0 || err != nil {
		return found{}, err
	}
	defer func() { unix.Close(fd) }()
	path, err := pathOf(fd)
	above := errors.Is(err, unix.ENAMETOOLONG)
	for level := 0; errors.Is(err, unix.ENAMETOOLONG); level++ {
		up, bad := unix.Openat(fd, "..", unix.O_PATH|unix.O_CLOEXEC, 0)
		if bad != nil || level == climb {
			return found{}, fmt.Errorf("find a path that is short enough: %w", errors.Join(err, bad))
		}
		unix.Close(fd)
		fd = up
		path, err = pathOf(fd)
	}
	if err != nil {
		return found{}, err
	}
	if !strings.HasPrefix(path, "/") || strings.HasSuffix(path, gone) && unlinked(fd) {
		return found{}, nil
	}
	return found{path: path, above: above}, nil
}

func unlinked(fd int) bool {
	var st unix.Stat_t
	return unix.Fstat(fd, &st) == nil && st.Nlink == 0
}

// has tells whether there is anything by a path, and whether it is what a
// handle names. A path that is too long to be asked about is taken for it.
func has(path string, h handle) (there, same bool) {
	is, _, err := unix.NameToHandleAt(unix.AT_FDCWD, path, 0)
	switch err {
	case nil:
		return true, handle{kind: is.Type(), bytes: string(is.Bytes())} == h
	case unix.ENOENT, unix.ENOTDIR:
		return false, false
	default:
		return true, err == unix.ENAMETOOLONG
	}
}

// name finds a name of a file, "" if the kernel knows of none. A file without
// any name, or that is gone, is not alive.
func (r *resolver) name(h handle) (path string, alive bool) {
	fd, err := r.open(h)
	if err != nil {
		return "", true
	}
	if fd < 0 {
		return "", false
	}
	defer unix.Close(fd)
	var is, at unix.Stat_t
	if unix.Fstat(fd, &is) != nil || is.Nlink == 0 {
		return "", false
	}
	for range tries {
		path, err = pathOf(fd)
		if err == nil && unix.Lstat(path, &at) == nil && at.Dev == is.Dev && at.Ino == is.Ino {
			return path, true
		}
	}
	return "", true
}
