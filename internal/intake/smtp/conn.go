package smtp

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// gate lets in as many connections as there may be.
type gate struct {
	net.Listener
	l *Listener
}

func (g *gate) Accept() (net.Conn, error) {
	for {
		raw, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if c := g.l.admit(raw); c != nil {
			return c, nil
		}
		g.l.counts.connections.Add(1)
		// A fresh connection takes a line without waiting.
		if err := raw.SetWriteDeadline(time.Now().Add(time.Second)); err == nil {
			_, _ = io.WriteString(raw, "421 4.7.0 Too many connections, try again later\r\n") // it is closed in any case
		}
		raw.Close()
	}
}

// admit gives nil if there are too many.
func (l *Listener) admit(raw net.Conn) *conn {
	from, _, err := net.SplitHostPort(raw.RemoteAddr().String())
	if err != nil {
		from = raw.RemoteAddr().String()
	}
	d := &l.doors
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.open) >= l.o.Limits.Connections || d.from[from] >= l.o.Limits.PerAddress || l.stopping.Load() {
		return nil
	}
	c := &conn{Conn: raw, l: l, from: from}
	d.open[c] = struct{}{}
	d.from[from]++
	return c
}

// conn times reading: each read by what may be idle, and a whole mail by what it
// may take. The library knows one time for both.
type conn struct {
	net.Conn
	l    *Listener
	from string

	mu    sync.Mutex
	due   time.Time // when the mail must have come; zero outside of one
	ended error     // what reading gave, which it gives from then on
	rest  bool      // the client may be sending what nobody reads
	once  sync.Once
}

// SetReadDeadline does nothing: Read sets its own.
func (c *conn) SetReadDeadline(time.Time) error { return nil }

// SetDeadline sets that of writing.
func (c *conn) SetDeadline(t time.Time) error { return c.SetWriteDeadline(t) }

func (c *conn) Read(b []byte) (int, error) {
	if err := c.ready(); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(b)
	if err != nil {
		c.mu.Lock()
		c.ended = err
		c.mu.Unlock()
	}
	return n, err
}

func (c *conn) ready() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended != nil {
		return c.ended
	}
	if c.due.IsZero() && c.l.stopping.Load() {
		return os.ErrDeadlineExceeded
	}
	by := time.Now().Add(c.l.o.Limits.Idle) // the system's clock is what deadlines go by
	if !c.due.IsZero() && c.due.Before(by) {
		by = c.due
	}
	return c.Conn.SetReadDeadline(by)
}

// begin and end stand around a mail.
func (c *conn) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.due = time.Now().Add(c.l.o.Limits.Mail)
}

func (c *conn) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.due = time.Time{}
}

// broken tells whether the client is gone. A chunk (BDAT) that ends early looks
// to the library as if it were whole.
func (c *conn) broken() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended != nil
}

// wake ends a read that waits outside of a mail.
func (c *conn) wake() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.due.IsZero() {
		_ = c.Conn.SetReadDeadline(time.Unix(1, 0)) // fails only if it is closed
	}
}

func (c *conn) Close() error {
	c.once.Do(func() {
		d := &c.l.doors
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.open, c)
		if d.from[c.from]--; d.from[c.from] <= 0 {
			delete(d.from, c.from)
		}
	})
	c.mu.Lock()
	rest := c.rest
	c.mu.Unlock()
	if rest {
		c.drain()
	}
	return c.Conn.Close()
}

// leave says that the connection ends amid what the client sends.
func (c *conn) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rest = true
}

// drain lets the client send a little more. If a connection is closed with
// something unread it is reset, and the client may never hear the answer (RFC 1122,
// 4.2.2.13).
func (c *conn) drain() {
	w, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok || w.CloseWrite() != nil || c.Conn.SetReadDeadline(time.Now().Add(time.Second)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, c.Conn, 1<<20) // it is closed in any case
}
