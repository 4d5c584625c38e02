package good

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"candor"
	"candor/internal/scan/unpack"
)

// Bounds of an archive. A release is far below; whoever made the file may want
// the machine's time and memory.
const (
	mostMembers    = 2_000_000
	leastUnpacked  = 256 << 20 // bytes of all members that any archive may have,
	mostRatio      = 200       // and more for each byte of its own
	mostCompressed = 2 << 30   // bytes of what is compressed by xz, which is looked through first
	mostDictionary = 256 << 20 // bytes that a decoder may take
)

// members digests the members of one archive: zip, ar (Debian packages), and
// tar, which may be compressed by gzip, bzip2, xz or zstd.
type members struct {
	ctx    context.Context
	add    func(path string, d Digest) error
	failed error // of add
	least  int64 // bytes that all members may have, of an archive of any size
	count  int
	left   int64 // bytes that further members may have
}

func tooMuch(what string) error {
	return candor.WithHint(fmt.Errorf("the archive has %s: %w", what, candor.ErrInvalid), "Unpack it, and add the folder.")
}

// open adds the members of an archive. What is none has none.
func (m *members) open(f io.ReaderAt, size int64) error {
	m.left = m.least + mostRatio*size
	begin := make([]byte, 512)
	n, err := f.ReadAt(begin, 0)
	if err != nil && err != io.EOF {
		return err
	}
	begin = begin[:n]
	whole := io.NewSectionReader(f, 0, size)
	switch {
	case bytes.HasPrefix(begin, []byte("PK\x03\x04")):
		return m.zip(f, size)
	case bytes.HasPrefix(begin, []byte("!<arch>\n")):
		return m.ar(f, size)
	}
	return m.tarball(whole)
}

// tarball reads a tar that may be compressed. A file that is compressed and no
// tar has one member, its content.
func (m *members) tarball(f *io.SectionReader) error {
	begin := make([]byte, 6)
	n, _ := f.ReadAt(begin, 0)
	var r io.Reader
	var err error
	switch begin = begin[:n]; {
	case bytes.HasPrefix(begin, []byte("\x1f\x8b")):
		r, err = gzip.NewReader(f)
	case bytes.HasPrefix(begin, []byte("BZh")):
		r = bzip2.NewReader(f)
	case bytes.HasPrefix(begin, []byte("\x28\xb5\x2f\xfd")):
		var z *zstd.Decoder
		if z, err = zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(mostDictionary), zstd.WithDecoderLowmem(true)); err == nil {
			defer z.Close()
			r = z
		}
	case bytes.HasPrefix(begin, []byte("\xfd7zXZ\x00")):
		r, err = openXZ(f)
	default:
		if !isTar(f) {
			return nil
		}
		return m.tar(f)
	}
	if err != nil {
		return err
	}
	in := bufio.NewReaderSize(r, 1024)
	if head, _ := in.Peek(512); !bytes.HasPrefix(head[min(len(head), 257):], []byte("ustar")) {
		return m.member("", in)
	}
	return m.tar(in)
}

func isTar(f io.ReaderAt) bool {
	name := make([]byte, 5)
	n, _ := f.ReadAt(name, 257)
	return n == len(name) && string(name) == "ustar"
}

// openXZ looks through the content first: the library takes as much memory as
// any block says.
func openXZ(f *io.SectionReader) (io.Reader, error) {
	if f.Size() > mostCompressed {
		return nil, tooMuch("too much that is compressed by xz")
	}
	content := make([]byte, f.Size())
	if _, err := io.ReadFull(f, content); err != nil {
		return nil, err
	}
	if unpack.XZDictionary(content) > mostDictionary {
		return nil, tooMuch("a dictionary that is too large")
	}
	return xz.NewReader(bytes.NewReader(content))
}

func (m *members) zip(f io.ReaderAt, size int64) error {
	z, err := zip.NewReader(f, size)
	if err != nil {
		return err
	}
	for _, x := range z.File {
		if !x.Mode().IsRegular() {
			continue
		}
		r, err := x.Open()
		if err != nil {
			return fmt.Errorf("%q: %w", x.Name, err)
		}
		err = errors.Join(m.member(x.Name, r), r.Close())
		if err != nil {
			return fmt.Errorf("%q: %w", x.Name, err)
		}
	}
	return nil
}

func (m *members) tar(r io.Reader) error {
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if err := m.member(h.Name, t); err != nil {
			return fmt.Errorf("%q: %w", h.Name, err)
		}
	}
}

// ar reads a Debian package (deb(5)): the files are in the member data.tar.
func (m *members) ar(f io.ReaderAt, size int64) error {
	for at := int64(8); at+60 <= size; {
		var h [60]byte
		if _, err := f.ReadAt(h[:], at); err != nil {
			return err
		}
		length, err := arSize(h[:])
		if err != nil || length > size-at-60 {
			return fmt.Errorf("the archive is damaged: %w", candor.ErrInvalid)
		}
		name := strings.TrimRight(strings.TrimSpace(string(h[:16])), "/")
		data := io.NewSectionReader(f, at+60, length)
		if strings.HasPrefix(name, "data.tar") {
			err = m.tarball(data)
		} else {
			err = m.member(name, data)
		}
		if err != nil {
			return err
		}
		at += 60 + length + length&1
	}
	return nil
}

// arSize reads how long a member is.
func arSize(h []byte) (n int64, err error) {
	digits := strings.TrimSpace(string(h[48:58]))
	if h[58] != '`' || h[59] != '\n' || digits == "" {
		return 0, candor.ErrInvalid
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, candor.ErrInvalid
		}
		n = n*10 + int64(c-'0')
	}
	return n, nil
}

// member digests one member.
func (m *members) member(name string, r io.Reader) error {
	if m.count++; m.count > mostMembers {
		return tooMuch("too many members")
	}
	counted := &counter{r: io.LimitReader(bounded{m.ctx, r}, m.left+1)}
	s, err := sumContent(counted)
	if m.left -= counted.n; err != nil {
		return err
	}
	if m.left < 0 {
		return tooMuch("far more in it than its size tells")
	}
	if name != "" {
		name = strings.TrimPrefix(path.Clean("/"+name), "/")
	}
	if m.failed = m.add(name, s.SHA256); m.failed != nil {
		return m.failed
	}
	return nil
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
