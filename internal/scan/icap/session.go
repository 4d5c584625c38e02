package icap

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"time"
)

const (
	patience  = 20                 // times Idle that a body may come slower than slowest
	slowest   = time.Second / 1024 // for a byte of a body
	blockSize = 64 << 10           // that is written at a time, in bytes
)

// session is one connection. Its requests are answered one after another.
type session struct {
	server *Server
	wire   *wire
	in     *bufio.Reader
	out    *bufio.Writer
}

func newSession(s *Server, conn net.Conn) *session {
	w := &wire{conn: conn, idle: s.o.Idle}
	w.out = bufio.NewWriterSize(w, 2*mostLine)
	return &session{server: s, wire: w, in: bufio.NewReaderSize(w, 2*mostLine), out: w.out}
}

func (c *session) serve() {
	for {
		c.wire.until = time.Time{}
		if _, err := c.in.Peek(1); err != nil {
			return // nobody is owed an answer
		}
		last, err := c.exchange()
		if err != nil {
			c.fail(err)
			return
		}
		if last {
			c.end()
			return
		}
	}
}

// exchange reads one request and answers it. It tells whether it was the last
// of the connection.
func (c *session) exchange() (last bool, err error) {
	c.wire.within(c.server.o.Idle, 0)
	r, err := readRequest(c.in)
	if err != nil {
		return true, err
	}
	methods := methodsAt(r.path)
	switch {
	case methods == nil:
		return true, refuse(404, "services are /scan, /reqmod and /respmod")
	case r.method != "OPTIONS" && !slices.Contains(methods, r.method):
		return true, refuse(405, "this service has another method")
	}
	c.wire.within(patience*c.server.o.Idle, slowest)
	if r.method == "OPTIONS" {
		return r.last, c.options(r, methods)
	}
	return c.modify(r)
}

// fail answers what cannot be answered otherwise. An answer that has begun
// stays broken off, since nothing can be put right in it.
func (c *session) fail(err error) {
	var r *refusal
	switch {
	case errors.Is(err, errBegun), errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		return
	case errors.As(err, &r):
	case errors.Is(err, os.ErrDeadlineExceeded):
		r = &refusal{408, "the request took too long to come"}
	case errors.Is(err, io.ErrUnexpectedEOF):
		r = &refusal{400, "the request broke off"}
	case errors.As(err, new(*net.OpError)):
		return
	default:
		c.server.o.Log.Error("icap: a request could not be answered", "error", err)
		r = &refusal{500, "the server has a problem of its own"}
	}
	c.server.o.Log.Debug("icap: a request was refused", "from", c.wire.conn.RemoteAddr(), "status", r.status, "why", r.text)
	c.begin(r.status, r.text, c.server.tag(), true)
	c.out.WriteString("Encapsulated: null-body=0\r\n\r\n")
	c.end()
}

// end has the client read the last answer.
func (c *session) end() {
	if c.out.Flush() == nil {
		c.wire.linger()
	}
}
