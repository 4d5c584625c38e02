package unpack

import (
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// decoders are those that are used again. Each is done with before the part
// that it decoded is shown, so that one of each is enough.
type decoders struct {
	flate io.ReadCloser
	gzip  gzip.Reader
	lz4   *lz4.Reader
}

// inflate gives a reader of raw deflate (RFC 1951), valid until the next one
// is asked for.
func (w *walk) inflate(src io.Reader) io.Reader {
	if w.decoders.flate == nil {
		w.decoders.flate = flate.NewReader(src)
		return w.decoders.flate
	}
	w.decoders.flate.(flate.Resetter).Reset(src, nil) //nolint:errcheck // without a dictionary there is no error
	return w.decoders.flate
}

// bare is the name of what a compressed file holds.
func bare(name string) string {
	base := path.Base(name)
	ext := path.Ext(base)
	switch strings.ToLower(ext) {
	case "":
		return base + ".out"
	case ".tgz", ".tbz", ".tbz2", ".txz", ".tzst":
		return strings.TrimSuffix(base, ext) + ".tar"
	}
	return strings.TrimSuffix(base, ext)
}

// openGzip reads all members (RFC 1952, 2.2) as one part, as gzip does.
func openGzip(w *walk, at place, content []byte) error {
	src := bytes.NewReader(content)
	m := &members{w: w, at: at, src: src}
	name := bare(at.name)
	if err := m.next(); err != nil {
		return damaged(err.Error())
	}
	if m.z.Name != "" {
		name = m.z.Name
	}
	if err := w.decode(at, "gzip", name, m); err != nil {
		return err
	}
	if !m.end {
		return nil // where the stream ends is not known
	}
	return w.trailing(at, "gzip", content[len(content)-src.Len():])
}

// members reads gzip members one after another.
type members struct {
	w   *walk
	at  place
	src *bytes.Reader
	z   *gzip.Reader
	end bool // all were read
}

func (m *members) next() error {
	m.z = &m.w.decoders.gzip
	if err := m.z.Reset(m.src); err != nil {
		return err
	}
	m.z.Multistream(false)
	return nil
}

func (m *members) Read(p []byte) (int, error) {
	for {
		n, err := m.z.Read(p)
		if n > 0 || !errors.Is(err, io.EOF) {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return n, err
		}
		if err := m.w.check(m.at); err != nil {
			return 0, err
		}
		var magic [2]byte
		if n, _ := m.src.ReadAt(magic[:], m.src.Size()-int64(m.src.Len())); n < 2 || magic != [2]byte{0x1f, 0x8b} {
			m.end = true
			return 0, io.EOF
		}
		if err := m.next(); err != nil {
			return 0, err
		}
	}
}

// trailing hands over what follows the end of a compressed stream, if it is
// more than padding.
func (w *walk) trailing(at place, kind string, rest []byte) error {
	rest = bytes.TrimLeft(rest, "\x00")
	if len(rest) < 8 {
		return nil
	}
	return w.slice(at, kind, "trailing", rest)
}

func openBzip2(w *walk, at place, content []byte) error {
	if len(content) < 10 || content[3] < '1' || content[3] > '9' {
		return nil
	}
	return w.decode(at, "bzip2", bare(at.name), bzip2.NewReader(bytes.NewReader(content)))
}

// openZlib reads a stream of RFC 1950. Its magic is weak: what does not decode
// is none.
func openZlib(w *walk, at place, content []byte) error {
	var some [32]byte
	if n, err := io.ReadFull(w.inflate(bytes.NewReader(content[2:])), some[:]); n < len(some) && !errors.Is(err, io.EOF) && !(errors.Is(err, io.ErrUnexpectedEOF) && n > 0) {
		return nil
	}
	return w.decode(at, "zlib", bare(at.name), &forgiving{w.inflate(bytes.NewReader(content[2:]))})
}

func openZstd(w *walk, at place, content []byte) error {
	size := uint64(w.window)
	if size < 1<<10 {
		return w.reserve(1 << 10)
	}
	z, err := zstd.NewReader(bytes.NewReader(content), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(min(size, 1<<29)), zstd.WithDecoderLowmem(true))
	if err != nil {
		return damaged(err.Error())
	}
	defer z.Close()
	return w.decode(at, "zstd", bare(at.name), &zstdErrors{r: z})
}

// zstdErrors tells a window that is too large from damage.
type zstdErrors struct{ r io.Reader }

func (z *zstdErrors) Read(p []byte) (int, error) {
	n, err := z.r.Read(p)
	if errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		err = &fault{Window, err.Error()}
	}
	return n, err
}

func openLZ4(w *walk, at place, content []byte) error {
	if w.decoders.lz4 == nil {
		w.decoders.lz4 = lz4.NewReader(nil)
	}
	w.decoders.lz4.Reset(bytes.NewReader(content))
	if content[0] == 2 { // the legacy format has no end
		return w.decode(at, "lz4", bare(at.name), &forgiving{w.decoders.lz4})
	}
	return w.decode(at, "lz4", bare(at.name), w.decoders.lz4)
}

func openBrotli(w *walk, at place, content []byte) error {
	if err := w.reserve(16 << 20); err != nil { // the largest window of RFC 7932
		return err
	}
	return w.decode(at, "brotli", bare(at.name), brotli.NewReader(bytes.NewReader(content)))
}

func isLZMA(content []byte) bool {
	if len(content) < 14 || content[13] != 0 {
		return false
	}
	size := binary.LittleEndian.Uint64(content[5:])
	return size == 1<<64-1 || size < 1<<40
}
