package generation

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"candor"
)

// What is in one archive is bounded, whatever it claims.
const (
	archiveBytes = 2 << 30
	archiveFiles = 50_000
)

// emit takes a file out of an archive. The reader ends with errMuch where the
// archive is more than its budget.
type emit func(name string, r io.Reader) error

// unpack takes every regular file out of an archive, to the end of it, so
// that a truncated one is noticed. Links, devices and folders are passed
// over. A name that leads out of the archive makes all of it candor.ErrInvalid:
// nobody makes such by mistake.
func unpack(r io.ReaderAt, size int64, format string, b budget, out emit) error {
	var err error
	if format == ".zip" {
		err = unzip(r, size, &b, out)
	} else {
		err = untar(io.NewSectionReader(r, 0, size), &b, out)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("it ends too early: %w: %w", candor.ErrInvalid, err)
	}
	if err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	return nil
}

func unzip(r io.ReaderAt, size int64, b *budget, out emit) error {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return fmt.Errorf("%w: %w", candor.ErrInvalid, err)
	}
	for _, f := range z.File {
		if !f.Mode().IsRegular() || strings.HasSuffix(f.Name, "/") {
			continue
		}
		content, err := f.Open()
		if err != nil {
			return fmt.Errorf("%.200q: %w: %w", f.Name, candor.ErrInvalid, err)
		}
		err = member(f.Name, content, b, out)
		content.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func untar(r io.Reader, b *budget, out emit) error {
	z, err := gzip.NewReader(r)
	if err != nil {
		return fmt.Errorf("%w: %w", candor.ErrInvalid, err)
	}
	// Headers and links take of the budget too: what is decompressed, counts.
	all := &spender{r: z, left: &b.bytes}
	t := tar.NewReader(all)
	for {
		h, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("%w: %w", candor.ErrInvalid, err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		free := budget{bytes: archiveBytes, files: b.files} // the bytes are counted below
		if err := member(h.Name, t, &free, out); err != nil {
			return err
		}
		b.files = free.files
	}
	if _, err := io.Copy(io.Discard, all); err != nil { // the checksum comes last
		return fmt.Errorf("%w: %w", candor.ErrInvalid, err)
	}
	return nil
}

// member hands out one file, and reads what out left.
func member(name string, r io.Reader, b *budget, out emit) error {
	name = strings.TrimPrefix(name, "./")
	if !validName(name) {
		return candor.WithHint(fmt.Errorf("%.200q is not a name inside of an archive: %w", name, candor.ErrInvalid),
			"Nothing of it was used. Ask whoever makes it.")
	}
	if b.files--; b.files < 0 {
		return errMuch
	}
	s := &spender{r: r, left: &b.bytes}
	if err := out(name, s); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, s); err != nil {
		return fmt.Errorf("%.200q: %w: %w", name, candor.ErrInvalid, err)
	}
	return nil
}

// spender reads no more than is left.
type spender struct {
	r    io.Reader
	left *int64
}

func (s *spender) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if *s.left -= int64(n); *s.left < 0 {
		return 0, errMuch
	}
	return n, err
}

// open unpacks a kept archive into the folder dir.
func open(f *os.File, format, dir string) error {
	info, err := f.Stat()
	if err != nil {
		return unavailable("definitions", err)
	}
	free := &budget{bytes: archiveBytes, files: archiveFiles}
	return unpack(f, info.Size(), format, *free, func(name string, r io.Reader) error {
		_, err := write(filepath.Join(dir, filepath.FromSlash(name)), r, free)
		return err
	})
}
