package backup

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
)

// manifestSize is how much of a manifest is gathered before it is written, so
// that a million blobs need no more memory than one.
const manifestSize = 1 << 20

// writer writes entries.
type writer struct {
	tar      *tar.Writer
	manifest bytes.Buffer
	parts    int
	report   *Report
	closers  []func() error // from the inside out
}

func newWriter(w io.Writer, to []age.Recipient, report *Report) (*writer, error) {
	out := &writer{report: report}
	if len(to) > 0 {
		sealed, err := age.Encrypt(w, to...)
		if err != nil {
			return nil, fmt.Errorf("encrypt: %w", err)
		}
		out.closers = append(out.closers, sealed.Close)
		w = sealed
	}
	s, err := newSealer(w)
	if err != nil {
		return nil, err
	}
	z, err := zstd.NewWriter(s, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(4<<20))
	if err != nil {
		return nil, err
	}
	out.tar = tar.NewWriter(z)
	out.closers = append(out.closers, s.seal, z.Close, out.tar.Close)
	return out, nil
}

// close ends the archive. One that was not closed is not whole.
func (w *writer) close() error {
	if err := w.flush(); err != nil {
		return err
	}
	end, err := json.Marshal(w.report)
	if err != nil {
		return err
	}
	if err := w.raw(endName, int64(len(end)), bytes.NewReader(end), nil); err != nil {
		return err
	}
	for i := len(w.closers) - 1; i >= 0; i-- {
		if err := w.closers[i](); err != nil {
			return err
		}
	}
	return nil
}

// add writes an entry of a known size, which r must have.
func (w *writer) add(name string, size int64, r io.Reader) error {
	h := sha256.New()
	if err := w.raw(name, size, r, h); err != nil {
		return err
	}
	w.report.Entries++
	w.report.Bytes += size
	fmt.Fprintf(&w.manifest, "%x  %s\n", h.Sum(nil), name)
	if w.manifest.Len() >= manifestSize {
		return w.flush()
	}
	return nil
}

func (w *writer) bytes(name string, content []byte) error {
	return w.add(name, int64(len(content)), bytes.NewReader(content))
}

func (w *writer) flush() error {
	if w.manifest.Len() == 0 {
		return nil
	}
	w.parts++
	err := w.raw(fmt.Sprintf("%s%06d", manifestPrefix, w.parts), int64(w.manifest.Len()), bytes.NewReader(w.manifest.Bytes()), nil)
	w.manifest.Reset()
	return err
}

func (w *writer) raw(name string, size int64, r io.Reader, h hash.Hash) error {
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: w.report.Head.Made, Format: tar.FormatPAX}
	if err := w.tar.WriteHeader(header); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var to io.Writer = w.tar
	if h != nil {
		to = io.MultiWriter(w.tar, h)
	}
	if _, err := io.CopyN(to, r, size); errors.Is(err, io.EOF) {
		return fmt.Errorf("%s shrank while it was read: %w", name, io.ErrUnexpectedEOF)
	} else if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
