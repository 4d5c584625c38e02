package unpack

import (
	"errors"
	"io"
)

// read decodes into the buffer of a place, which stays its own until the next
// part of the same depth is read. With an error it gives what came before.
func (w *walk) read(at place, r io.Reader) ([]byte, error) {
	b := w.buffers[at.depth][:0]
	defer func() { w.buffers[at.depth] = b }()
	limit := w.limits.Part
	for idle := 0; idle < 100; idle++ {
		if int64(len(b)) >= limit || w.bytes <= 0 {
			return b, w.atLimit(at, r, limit)
		}
		b = grown(b, limit)
		n, err := r.Read(b[len(b):min(int64(cap(b)), int64(len(b)+block), limit, int64(len(b))+w.bytes)])
		b = b[:len(b)+n]
		w.bytes -= int64(n)
		switch {
		case errors.Is(err, io.EOF):
			return b, nil
		case err != nil:
			return b, err
		}
		if err := w.check(at); err != nil {
			return b, err
		}
		if n > 0 {
			idle = 0
		}
	}
	return b, io.ErrNoProgress
}

// atLimit tells whether anything is missing once a limit is reached.
func (w *walk) atLimit(at place, r io.Reader, limit int64) error {
	var more [1]byte
	if n, err := io.ReadFull(r, more[:]); n == 0 {
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
	if w.bytes <= 0 {
		return w.halt(at, Bytes)
	}
	return tooLarge(limit)
}

// grown makes room for at least one more byte and at most up to a limit.
func grown(b []byte, limit int64) []byte {
	if len(b) < cap(b) {
		return b
	}
	n := min(max(2*int64(cap(b)), block), max(limit, int64(len(b))+1))
	return append(make([]byte, 0, n), b...)
}

// meter counts what passes through it, for what is decoded on the way to a
// part, or past it.
type meter struct {
	w  *walk
	at place
	r  io.Reader
}

func (m meter) Read(p []byte) (int, error) {
	if m.w.bytes <= 0 {
		return 0, m.w.halt(m.at, Bytes)
	}
	if err := m.w.check(m.at); err != nil {
		return 0, err
	}
	n, err := m.r.Read(p[:min(int64(len(p)), block, m.w.bytes)])
	m.w.bytes -= int64(n)
	return n, err
}

// drain decodes what is left of a member, so that the next one can be reached.
func (w *walk) drain(at place, r io.Reader) error {
	_, err := io.Copy(io.Discard, meter{w, at, r})
	return err
}
