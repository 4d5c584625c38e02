package icap

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"

	"candor/internal/scan/front"
)

// errBegun says that something failed after an answer had begun.
var errBegun = errors.New("the answer has begun")

// modify answers REQMOD and RESPMOD. Read errors of the client's body are
// given, as long as nothing was answered.
func (c *session) modify(r *request) (last bool, err error) {
	if !r.body {
		return r.last, c.pass(r, nil, nil, verdict{tag: c.server.tag()})
	}
	b, h := newChunks(c.in, r.preview), front.NewHold()
	defer h.Free()
	err = c.receive(r, b, h)
	tooLarge := errors.Is(err, front.ErrTooLarge)
	if err != nil && !tooLarge {
		return true, err
	}
	content, err := h.Content()
	if err != nil {
		return true, fmt.Errorf("hold a body: %w", err)
	}
	v := c.server.judge(c.source(r), r, content, tooLarge)
	if len(v.findings) > 0 || v.unseen != "" && !c.server.o.FailOpen {
		r.last = r.last || !b.done
		return r.last, c.block(r, v)
	}
	return r.last, c.pass(r, b, content, v)
}

// receive reads a body. It gives front.ErrTooLarge with as much in h as is looked at,
// and leaves the rest unread; nothing is in h if it can be known before.
func (c *session) receive(r *request, b *chunks, h *front.Hold) error {
	most := max(c.server.o.MaxStream, r.preview)
	hopeless := !c.server.o.FailOpen && r.declared() > most
	if r.preview < 0 {
		if hopeless {
			return front.ErrTooLarge
		}
		return h.Fill(b, most)
	}
	if err := h.Fill(b, most); err != nil || b.whole {
		return err
	}
	if hopeless {
		return front.ErrTooLarge
	}
	r.preview = -1 // from here on 204 is for those who allow it (RFC 3507, 4.6)
	b.again()
	c.out.WriteString("ICAP/1.0 100 Continue\r\n\r\n")
	return h.Fill(b, most)
}

// declared is the length that the encapsulated head gives the body, or 0.
func (r *request) declared() int64 {
	if h := r.entity(); h != nil {
		if n, err := strconv.ParseInt(h.first("Content-Length"), 10, 64); err == nil {
			return n
		}
	}
	return 0
}

// source tells where a message comes from.
func (c *session) source(r *request) Source {
	from := Source{Method: r.method, URL: r.address(), Client: r.head.first("X-Client-IP")}
	if net.ParseIP(from.Client) == nil {
		from.Client = c.wire.conn.RemoteAddr().String()
		if host, _, err := net.SplitHostPort(from.Client); err == nil {
			from.Client = host
		}
	}
	return from
}

// pass lets a message go on as it came: by 204 if the client can take it, or
// echoed: what is held, then what has not been read yet.
func (c *session) pass(r *request, b *chunks, content []byte, v verdict) error {
	if r.allows || r.preview >= 0 {
		if b != nil {
			if _, err := io.Copy(io.Discard, b); err != nil {
				return err
			}
		}
		c.begin(204, "", v.tag, r.last)
		c.unseen(v)
		c.out.WriteString("Encapsulated: null-body=0\r\n\r\n")
		return nil
	}
	c.begin(200, "", v.tag, r.last)
	c.unseen(v)
	part, h := "req", r.http
	if r.method == "RESPMOD" {
		part, h = "res", r.response
	}
	c.encapsulate(part, h, b != nil)
	if b == nil {
		return nil
	}
	if err := c.echo(content, b); err != nil {
		return errors.Join(errBegun, err)
	}
	return nil
}

// unseen tells that a message passes that was not looked at as a whole.
func (c *session) unseen(v verdict) {
	if v.unseen != "" {
		c.field("X-Candor-Not-Scanned", v.unseen)
	}
}

// encapsulate ends the head of an answer, and writes the encapsulated one.
func (c *session) encapsulate(part string, h *head, body bool) {
	text, list := "", ""
	if h != nil {
		text, list = h.text, part+"-hdr=0, "
	}
	kind := bodyless
	if body {
		kind = part + "-body"
	}
	c.field("Encapsulated", list+kind+"="+strconv.Itoa(len(text)))
	c.out.WriteString("\r\n")
	c.out.WriteString(text)
}

// echo writes a body in chunks: what is held, and what is still to come.
func (c *session) echo(content []byte, rest *chunks) error {
	for len(content) > 0 {
		n := min(len(content), blockSize)
		if err := c.chunk(content[:n]); err != nil {
			return err
		}
		content = content[n:]
	}
	if !rest.done {
		if _, err := io.CopyBuffer(chunked{c}, rest, make([]byte, blockSize)); err != nil {
			return err
		}
	}
	_, err := c.out.WriteString("0\r\n\r\n")
	return err
}

// chunked writes each block as a chunk.
type chunked struct{ *session }

func (c chunked) Write(b []byte) (int, error) { return len(b), c.chunk(b) }

// chunk writes one chunk, which is not empty.
func (c *session) chunk(b []byte) error {
	c.out.WriteString(strconv.FormatInt(int64(len(b)), 16))
	c.out.WriteString("\r\n")
	if _, err := c.out.Write(b); err != nil {
		return err
	}
	_, err := c.out.WriteString("\r\n")
	return err
}
