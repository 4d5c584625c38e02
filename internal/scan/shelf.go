package scan

import (
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// shelf reads many small files, one beside the other in memory.
type shelf struct{ room []byte }

const (
	shelfSize = 1 << 20
	ownRoom   = 256 << 10 // what is larger has memory of its own
)

// read gives the content of a file, as os.ReadFile does, with fewer calls.
func (s *shelf) read(name string) ([]byte, error) {
	fd, err := again(func() (int, error) { return unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0) })
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG || st.Size == 0 || int64(int(st.Size)) != st.Size {
		return os.ReadFile(name)
	}
	size := int(st.Size)
	b := s.take(size + 1) // one more, so that the end shows in the same call
	n := 0
	for n < size {
		m, err := again(func() (int, error) { return unix.Read(fd, b[n:]) })
		switch {
		case err == unix.EAGAIN: // somebody has a lease on it
			return os.ReadFile(name)
		case err != nil:
			return nil, &fs.PathError{Op: "read", Path: name, Err: err}
		case m == 0:
			return b[:n:n], nil // it became shorter meanwhile
		}
		n += m
	}
	if n > size { // it grew meanwhile
		return os.ReadFile(name)
	}
	return b[:size:size], nil
}

// take gives room for so many bytes.
func (s *shelf) take(size int) []byte {
	if size >= ownRoom {
		return roomFor(size)
	}
	if size > len(s.room) {
		s.room = roomFor(shelfSize)
	}
	b := s.room[:size:size]
	s.room = s.room[size:]
	return b
}

// roomFor is memory for so many bytes that are there at once, rather than by a fault for each page.
func roomFor(size int) []byte {
	b := make([]byte, size)
	_ = unix.Madvise(b, unix.MADV_POPULATE_WRITE) // only advice
	return b
}

// again calls f until no signal interrupts it.
func again(f func() (int, error)) (int, error) {
	for {
		if n, err := f(); err != unix.EINTR {
			return n, err
		}
	}
}
