package backup

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"

	"candor"
)

// Skippable frames (RFC 8878, 3.1.2) say what the stream is, and seal it.
const (
	firstFrame = 0x184D2A5C
	lastFrame  = 0x184D2A5D
	greeting   = "candor backup 1\n"
	tailSize   = 8 + sha256.Size
)

func frame(magic uint32, content []byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, magic)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(content)))
	return append(b, content...)
}

// sealer writes the frames around what is written.
type sealer struct {
	w io.Writer
	h hash.Hash
}

func newSealer(w io.Writer) (*sealer, error) {
	s := &sealer{w: w, h: sha256.New()}
	_, err := s.Write(frame(firstFrame, []byte(greeting)))
	return s, err
}

func (s *sealer) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.h.Write(p[:n])
	return n, err
}

func (s *sealer) seal() error {
	_, err := s.w.Write(frame(lastFrame, s.h.Sum(nil)))
	return err
}

// unsealer gives what is between the frames, and compares the seal at the end.
type unsealer struct {
	r    *bufio.Reader
	h    hash.Hash
	done bool
}

func newUnsealer(r io.Reader) (*unsealer, error) {
	u := &unsealer{r: bufio.NewReaderSize(r, 64<<10), h: sha256.New()}
	first := frame(firstFrame, []byte(greeting))
	got, err := u.r.Peek(len(first))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if !bytes.Equal(got, first) {
		return nil, candor.WithHint(fmt.Errorf("it is no backup: %w", candor.ErrInvalid), "Name a file that candor backup wrote, and give the identity if it is encrypted.")
	}
	return u, nil
}

// Read holds back the last bytes, which are the seal.
func (u *unsealer) Read(p []byte) (int, error) {
	if u.done {
		return 0, io.EOF
	}
	ahead, err := u.r.Peek(min(u.r.Size(), len(p)+tailSize))
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return 0, err
	}
	n := copy(p, ahead[:max(len(ahead)-tailSize, 0)])
	if n == 0 && len(p) > 0 {
		return 0, u.check(ahead)
	}
	u.h.Write(p[:n])
	_, err = u.r.Discard(n)
	return n, err
}

func (u *unsealer) check(tail []byte) error {
	u.done = true
	if !bytes.Equal(tail, frame(lastFrame, u.h.Sum(nil))) {
		return damaged("the seal at its end does not fit")
	}
	return io.EOF
}

// damaged says that an archive is not what was written.
func damaged(how string, args ...any) error {
	return candor.WithHint(fmt.Errorf("the backup is damaged: %s: %w", fmt.Sprintf(how, args...), candor.ErrChanged),
		"Nothing was restored. Use another copy of it, or an older backup.")
}
