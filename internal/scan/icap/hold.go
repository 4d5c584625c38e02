package icap

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

// errTooLarge says that a content is longer than it may be.
var errTooLarge = errors.New("content is too large")

// hold takes in a content of any length: into a buffer that is used again, or
// what is too long for that through the buffer into a file that has no name.
// It is for one goroutine.
type hold struct {
	buffer *[]byte
	bytes  []byte // what is in the buffer
	file   *os.File
	mapped []byte
	size   int64
}

// buffers hold what is read, up to inMemory each.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

func newHold() *hold {
	buffer := buffers.Get().(*[]byte)
	return &hold{buffer: buffer, bytes: (*buffer)[:0]}
}

// fill reads to the end. If more than most bytes are held then, which may be
// some from earlier, it holds one byte more than most and gives errTooLarge.
func (h *hold) fill(r io.Reader, most int64) error {
	for {
		if err := h.makeRoom(); err != nil {
			return err
		}
		room := h.bytes[len(h.bytes):min(cap(h.bytes), inMemory)]
		room = room[:min(int64(len(room)), most+1-h.size)]
		if len(room) == 0 {
			return errTooLarge
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
func (h *hold) makeRoom() error {
	switch n := len(h.bytes); {
	case n >= inMemory:
		return h.spill()
	case n == cap(h.bytes):
		h.bytes = slices.Grow(h.bytes, max(n, 16<<10))
	}
	return nil
}

func (h *hold) spill() (err error) {
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
	f, err := os.CreateTemp("", "candor-icap-")
	if err != nil {
		return nil, err
	}
	return f, os.Remove(f.Name())
}

// content gives what is held, until free. Nothing can be added then.
func (h *hold) content() ([]byte, error) {
	if h.file == nil {
		return h.bytes, nil
	}
	err := h.spill()
	if err == nil {
		h.mapped, err = unix.Mmap(int(h.file.Fd()), 0, int(h.size), unix.PROT_READ, unix.MAP_PRIVATE)
	}
	h.file.Close()
	h.keepBuffer()
	return h.mapped, err
}

func (h *hold) free() {
	if h.mapped != nil {
		_ = unix.Munmap(h.mapped) // it was mapped
	}
	if h.file != nil {
		h.file.Close()
	}
	h.keepBuffer()
}

func (h *hold) keepBuffer() {
	if h.buffer != nil {
		*h.buffer = h.bytes[:0]
		buffers.Put(h.buffer)
		h.buffer, h.bytes = nil, nil
	}
}
