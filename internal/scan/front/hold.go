package front

import (
	"errors"
	"io"
	"os"
	"slices"
	"sync"

	"golang.org/x/sys/unix"
)

// inMemory is how much of a content is held in memory; of more, a file is
// mapped.
const inMemory = 1 << 20

// ErrTooLarge says that a content is longer than it may be.
var ErrTooLarge = errors.New("content is too large")

// Hold takes in a content of any length: into a buffer that is used again, or
// what is too long for that through the buffer into a file that has no name.
// It is for one goroutine.
type Hold struct {
	buffer *[]byte
	bytes  []byte // what is in the buffer
	file   *os.File
	mapped []byte
	size   int64
}

// buffers hold what is read, up to inMemory each.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// NewHold makes an empty Hold, which is to be freed.
func NewHold() *Hold {
	buffer := buffers.Get().(*[]byte)
	return &Hold{buffer: buffer, bytes: (*buffer)[:0]}
}

// HoldFile holds what is in a regular file, as much as size. The file may be
// closed then. What others write to it while it is mapped may be seen, and what
// they cut off is a fault.
func HoldFile(f *os.File, size int64) (*Hold, error) {
	if size >= inMemory {
		mapped, err := mapFile(f, size)
		if err != nil {
			return nil, err
		}
		return &Hold{mapped: mapped, size: size}, nil
	}
	h := NewHold()
	if err := h.Fill(io.NewSectionReader(f, 0, size), size); err != nil {
		h.Free()
		return nil, err
	}
	return h, nil
}

// Fill reads to the end. If more than most bytes are held then, which may be
// some from earlier, it holds one byte more than most and gives ErrTooLarge.
func (h *Hold) Fill(r io.Reader, most int64) error {
	for {
		if err := h.makeRoom(); err != nil {
			return err
		}
		room := h.bytes[len(h.bytes):min(cap(h.bytes), inMemory)]
		room = room[:min(int64(len(room)), most+1-h.size)]
		if len(room) == 0 {
			return ErrTooLarge
		}
		n, err := r.Read(room)
		h.bytes = h.bytes[:len(h.bytes)+n]
		h.size += int64(n)
		if err == io.EOF && h.size <= most {
			return nil
		}
		if err != nil && err != io.EOF {
			return err
		}
	}
}

// makeRoom has the buffer grow, or empties it into the file.
func (h *Hold) makeRoom() error {
	switch n := len(h.bytes); {
	case n >= inMemory:
		return h.spill()
	case n == cap(h.bytes):
		h.bytes = slices.Grow(h.bytes, max(n, 16<<10))
	}
	return nil
}

func (h *Hold) spill() (err error) {
	if h.file == nil {
		if h.file, err = nameless(); err != nil {
			return err
		}
	}
	_, err = h.file.Write(h.bytes)
	h.bytes = h.bytes[:0]
	return err
}

func nameless() (*os.File, error) {
	f, err := os.CreateTemp("", "candor-held-")
	if err != nil {
		return nil, err
	}
	return f, os.Remove(f.Name())
}

func mapFile(f *os.File, size int64) ([]byte, error) {
	return unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_PRIVATE)
}

// Content gives what is held, until Free. Nothing can be added then.
func (h *Hold) Content() ([]byte, error) {
	switch {
	case h.mapped != nil:
		return h.mapped, nil
	case h.file == nil:
		return h.bytes, nil
	}
	err := h.spill()
	if err == nil {
		h.mapped, err = mapFile(h.file, h.size)
	}
	h.file.Close()
	h.keepBuffer()
	return h.mapped, err
}

// Free gives back what held the content, which is gone then.
func (h *Hold) Free() {
	if h.mapped != nil {
		_ = unix.Munmap(h.mapped) // it was mapped
	}
	if h.file != nil {
		h.file.Close()
	}
	h.keepBuffer()
}

func (h *Hold) keepBuffer() {
	if h.buffer != nil {
		*h.buffer = h.bytes[:0]
		buffers.Put(h.buffer)
		h.buffer, h.bytes = nil, nil
	}
}
