package icap

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"candor/internal/scan/front"
)

const (
	mostCodings = 3       // of a body, one within the other
	mostWindow  = 8 << 20 // of zstd, in bytes (RFC 9659, 3)
)

// encodingError says why a body was not decoded. Its text is ours.
type encodingError struct{ text string }

func (e *encodingError) Error() string { return e.text }

// codings gives the encodings of a body, the one that was applied last first.
func codings(h *head) (all []string) {
	for _, value := range h.all("Content-Encoding") {
		for one := range strings.SplitSeq(value, ",") {
			if one = strings.ToLower(strings.Trim(one, " \t")); one != "" && one != "identity" {
				all = append(all, one)
			}
		}
	}
	slices.Reverse(all)
	return all
}

// decode decodes a content into h. What could be decoded is held also if it
// fails, since browsers show that much.
func decode(h *front.Hold, content []byte, codings []string, most int64) error {
	if len(codings) > mostCodings {
		return &encodingError{"too many encodings"}
	}
	var in io.Reader = bytes.NewReader(content)
	for _, coding := range codings {
		reader, err := decoder(coding, in)
		if err != nil {
			return err
		}
		if c, ok := reader.(io.Closer); ok {
			defer c.Close()
		}
		in = reader
	}
	err := h.Fill(in, most)
	switch {
	case errors.Is(err, front.ErrTooLarge):
		return &encodingError{"decoded it is larger than can be looked at"}
	case err != nil:
		return &encodingError{"it does not decode as its Content-Encoding says"}
	}
	return nil
}

// decoder decodes one encoding (RFC 9110, 8.4.1; RFC 7932; RFC 8878).
func decoder(coding string, in io.Reader) (io.Reader, error) {
	var out io.Reader
	var err error
	switch coding {
	case "gzip", "x-gzip":
		out, err = newMembers(in)
	case "deflate":
		out, err = inflate(in)
	case "br":
		out = brotli.NewReader(in)
	case "zstd":
		var d *zstd.Decoder
		if d, err = zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(mostWindow), zstd.WithDecoderLowmem(true)); err == nil {
			out = d.IOReadCloser()
		}
	default:
		return nil, &encodingError{"its Content-Encoding is not known here"}
	}
	if err != nil {
		return nil, &encodingError{"it does not decode as its Content-Encoding says"}
	}
	return out, nil
}

// inflate reads deflate in zlib's wrapping, or bare, as some servers send it
// and browsers take it.
func inflate(in io.Reader) (io.Reader, error) {
	start := make([]byte, 2)
	n, err := io.ReadFull(in, start)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	in = io.MultiReader(bytes.NewReader(start[:n]), in)
	if n == 2 && start[0]&0x0f == 8 && (uint(start[0])<<8|uint(start[1]))%31 == 0 {
		return zlib.NewReader(in)
	}
	return flate.NewReader(in), nil
}

// members reads gzip (RFC 1952) of one or more members. What follows them that
// is none is left out, as browsers do.
type members struct {
	in   *bufio.Reader
	gzip *gzip.Reader
}

func newMembers(in io.Reader) (*members, error) {
	m := &members{in: bufio.NewReader(in)}
	var err error
	if m.gzip, err = gzip.NewReader(m.in); err == nil {
		m.gzip.Multistream(false)
	}
	return m, err
}

func (m *members) Read(b []byte) (int, error) {
	for {
		n, err := m.gzip.Read(b)
		switch {
		case err != io.EOF:
			return n, err
		case n > 0: // the next read sees the end again
			return n, nil
		}
		if magic, err := m.in.Peek(2); err != nil || magic[0] != 0x1f || magic[1] != 0x8b || m.gzip.Reset(m.in) != nil {
			return 0, io.EOF
		}
		m.gzip.Multistream(false)
	}
}
