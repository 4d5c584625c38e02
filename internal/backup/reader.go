package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"candor"
)

const (
	windowSize = 8 << 20   // of memory that a stream may ask for
	mostSmall  = 64 << 20  // of an entry that is read at once
	mostRows   = 512 << 20 // of an entry of rows: one chunk, or one great row
)

// visitor receives what an archive holds, in its order. An error ends it. What
// it was given counts only when read has given no error.
type visitor interface {
	head(Head) error
	rows(r io.Reader) error
	jobs(r io.Reader) error
	file(name string, r io.Reader) error // log/…, vault/…, keys/…
}

// read reads an archive to its end and compares every digest in it.
func read(r io.Reader, identities []age.Identity, v visitor) (Report, error) {
	in := &source{r: r}
	report, err := readWhole(in, identities, v)
	if in.err != nil {
		return Report{}, fmt.Errorf("read the backup: %w", in.err)
	}
	return report, err
}

func readWhole(r io.Reader, identities []age.Identity, v visitor) (Report, error) {
	plain, err := decrypt(r, identities)
	if err != nil {
		return Report{}, err
	}
	u, err := newUnsealer(plain)
	if err != nil {
		return Report{}, readError(err)
	}
	z, err := zstd.NewReader(u, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(windowSize))
	if err != nil {
		return Report{}, fmt.Errorf("backup: %w", err)
	}
	defer z.Close()
	a := &reading{tar: tar.NewReader(z), v: v}
	if err := a.entries(); err != nil {
		return Report{}, readError(err)
	}
	const padding = 64 << 10 // of zeros, after the last entry
	if n, err := io.Copy(io.Discard, io.LimitReader(z, padding+1)); err != nil {
		return Report{}, readError(err)
	} else if n > padding {
		return Report{}, damaged("it goes on after its end")
	}
	return a.report, nil
}

// decrypt opens an encrypted archive.
func decrypt(r io.Reader, identities []age.Identity) (io.Reader, error) {
	b := bufio.NewReader(r)
	const mark = "age-encryption.org/"
	if start, err := b.Peek(len(mark)); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("backup: %w", err)
	} else if string(start) != mark {
		return b, nil
	}
	const hint = "Give the identity (age) that it was encrypted to."
	if len(identities) == 0 {
		return nil, candor.WithHint(fmt.Errorf("the backup is encrypted: %w", candor.ErrDenied), hint)
	}
	plain, err := age.Decrypt(b, identities...)
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return nil, candor.WithHint(fmt.Errorf("the backup is encrypted to somebody else: %w", candor.ErrDenied), hint)
	}
	if err != nil {
		return nil, damaged("%v", err)
	}
	return plain, nil
}

// readError makes of what readers say that the archive is damaged. Errors of
// the visitor stay what they are.
func readError(err error) error {
	var v visitorError
	if errors.As(err, &v) {
		return v.error
	}
	if errors.Is(err, candor.ErrChanged) || errors.Is(err, candor.ErrInvalid) {
		return err
	}
	return damaged("%v", err)
}

type visitorError struct{ error }

// Unwrap gives the error of the visitor.
func (v visitorError) Unwrap() error { return v.error }

func visited(err error) error {
	if err == nil || errors.Is(err, candor.ErrChanged) {
		return err
	}
	return visitorError{err}
}

// reading is an archive that is being read.
type reading struct {
	tar     *tar.Reader
	v       visitor
	pending bytes.Buffer // digests that the next manifest must confirm
	parts   int
	report  Report
}

func (a *reading) entries() error {
	for {
		h, err := a.tar.Next()
		if err == io.EOF {
			return damaged("it has no end")
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg || !fs.ValidPath(h.Name) || strings.ContainsAny(h.Name, "\n\\") || len(h.Name) > 1024 {
			return damaged("%.100q is no entry of a backup", h.Name)
		}
		if (a.report.Entries == 0) != (h.Name == headName) {
			return damaged("it does not begin as it should")
		}
		switch {
		case h.Name == endName:
			return a.end()
		case strings.HasPrefix(h.Name, manifestPrefix):
			err = a.confirm(h.Name)
		default:
			err = a.entry(h)
		}
		if err != nil {
			return err
		}
	}
}

// small reads the entry as a whole.
func (a *reading) small() ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(a.tar, mostSmall+1))
	if err == nil && len(b) > mostSmall {
		err = damaged("an entry is too large")
	}
	return b, err
}

// confirm compares a manifest with what was read.
func (a *reading) confirm(name string) error {
	a.parts++
	want, err := a.small()
	if err != nil {
		return err
	}
	if name != fmt.Sprintf("%s%06d", manifestPrefix, a.parts) || !bytes.Equal(want, a.pending.Bytes()) {
		return damaged("%s does not fit what was before it", name)
	}
	a.pending.Reset()
	return nil
}

func (a *reading) entry(h *tar.Header) error {
	if a.pending.Len() > 2*manifestSize {
		return damaged("a manifest is missing")
	}
	digest := sha256.New()
	in := &source{r: a.tar}
	r := io.TeeReader(in, digest)
	if err := a.dispatch(h, r); err != nil {
		if in.err != nil {
			return in.err // which is why
		}
		return err
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	a.report.Entries++
	a.report.Bytes += h.Size
	fmt.Fprintf(&a.pending, "%x  %s\n", digest.Sum(nil), h.Name)
	return nil
}

// source remembers its own error, since a visitor's may hide it.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

func (a *reading) dispatch(h *tar.Header, r io.Reader) error {
	under := func(prefix string) bool { return strings.HasPrefix(h.Name, prefix) }
	switch {
	case h.Name == headName:
		return a.readHead(r)
	case under(tablesPrefix) && h.Size <= mostRows:
		return visited(a.v.rows(r))
	case under(jobsPrefix) && h.Size <= mostRows:
		return visited(a.v.jobs(r))
	case under(logPrefix), under(vaultPrefix), under(keysPrefix) && h.Size <= mostKey:
		return visited(a.v.file(h.Name, r))
	}
	return damaged("%.100q is no entry of a backup", h.Name)
}

func (a *reading) readHead(r io.Reader) error {
	if err := json.NewDecoder(io.LimitReader(r, 1<<20)).Decode(&a.report.Head); err != nil {
		return damaged("%s: %v", headName, err)
	}
	if f := a.report.Head.Format; f != Format {
		return candor.WithHint(fmt.Errorf("the backup has format %d, and this program reads %d: %w", f, Format, candor.ErrInvalid),
			"Restore it with the version of candor that wrote it, or a later one.")
	}
	return visited(a.v.head(a.report.Head))
}

// end compares what the archive says of itself with what was in it.
func (a *reading) end() error {
	text, err := a.small()
	if err != nil {
		return err
	}
	var said Report
	if err := json.Unmarshal(text, &said); err != nil {
		return damaged("%s: %v", endName, err)
	}
	if a.pending.Len() > 0 || said.Entries != a.report.Entries || said.Bytes != a.report.Bytes {
		return damaged("entries are missing")
	}
	said.Head = a.report.Head
	a.report = said
	if _, err := a.tar.Next(); err != io.EOF {
		return damaged("there are entries after its end")
	}
	return nil
}
