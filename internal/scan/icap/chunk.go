package icap

import (
	"bufio"
	"io"
	"strconv"
	"strings"
)

const (
	mostChunk  = 1 << 31  // in bytes
	mostExcess = 16 << 10 // of lines beyond what chunks of some size need, in bytes
)

// chunks reads a chunked body (RFC 9112, 7.1; RFC 3507, 4.5). Extensions and
// trailers are read and left out.
type chunks struct {
	in     *bufio.Reader
	left   int64 // of the chunk
	inside bool  // a chunk, whose CRLF has not come
	excess int64
	seen   int64 // bytes of content
	most   int64 // of a preview; negative: no bound
	done   bool
	whole  bool // the end is that of the body, not of the preview
	err    error
}

// newChunks reads a body; preview is how many bytes of it may come before the
// client waits, or negative.
func newChunks(in *bufio.Reader, preview int64) *chunks { return &chunks{in: in, most: preview} }

// again reads what comes after a preview.
func (c *chunks) again() { c.done, c.most = false, -1 }

// Read gives io.EOF at the end of the preview as well as of the body.
func (c *chunks) Read(b []byte) (int, error) {
	for c.err == nil && !c.done && c.left == 0 {
		c.err = c.next()
	}
	switch {
	case c.err != nil:
		return 0, c.err
	case c.done:
		return 0, io.EOF
	}
	n, err := c.in.Read(b[:min(int64(len(b)), c.left)])
	c.left -= int64(n)
	if err != nil {
		c.err = unexpected(err)
	}
	return n, c.err
}

// next goes to the content of the next chunk, or to the end.
func (c *chunks) next() error {
	if c.inside {
		line, err := readLine(c.in)
		if err != nil {
			return unexpected(err)
		}
		if len(line) > 0 {
			return refuse(400, "a chunk is longer than it says")
		}
		c.inside = false
	}
	line, err := readLine(c.in)
	if err != nil {
		return unexpected(err)
	}
	// Chunks of a byte each with long extensions are work for nothing.
	c.excess += int64(len(line)) + 4
	size, last, err := parseChunk(string(line))
	if err != nil {
		return err
	}
	if c.excess = max(0, c.excess-16-2*size); c.excess > mostExcess {
		return refuse(400, "chunks are too small for their number")
	}
	if size == 0 {
		return c.end(last)
	}
	if c.seen += size; c.most >= 0 && c.seen > c.most {
		return refuse(400, "a preview is longer than it says")
	}
	c.left, c.inside = size, true
	return nil
}

// end reads trailers.
func (c *chunks) end(last bool) error {
	text, err := readHead(c.in)
	if err != nil {
		return unexpected(err)
	}
	if lines, some := strings.CutSuffix(text, "\r\n\r\n"); some {
		if _, err := parseFields(lines); err != nil {
			return err
		}
	}
	c.done, c.whole = true, last || c.most < 0
	return nil
}

// parseChunk gives the size of a chunk, and whether it ends a body in its
// preview.
func parseChunk(line string) (size int64, last bool, err error) {
	digits, extensions, _ := strings.Cut(line, ";")
	digits = strings.TrimRight(digits, " \t")
	if digits == "" || len(digits) > 8 || !isText(extensions) || strings.Trim(digits, "0123456789abcdefABCDEF") != "" {
		return 0, false, refuse(400, "a chunk has no proper size")
	}
	if size, err = strconv.ParseInt(digits, 16, 64); err != nil || size > mostChunk {
		return 0, false, refuse(413, "a chunk is too large")
	}
	for one := range strings.SplitSeq(extensions, ";") {
		last = last || strings.EqualFold(strings.Trim(one, " \t"), "ieof")
	}
	return size, last, nil
}

// unexpected makes the end of a connection amid a message an error.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
