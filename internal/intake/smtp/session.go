package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"candor"
	"candor/internal/intake"
)

// The answers that are ours. What is not told more closely comes again.
var (
	stopped  = answer(421, 4, 3, 2, "The server is stopping, try again later")
	nobody   = answer(550, 5, 1, 1, "No such recipient here")
	later    = answer(451, 4, 3, 0, "The mail cannot be kept now, try again later")
	never    = answer(554, 5, 6, 0, "The mail cannot be kept")
	tooLarge = answer(552, 5, 3, 4, "The mail is too large")
	tooLong  = answer(554, 5, 6, 0, "A line of the mail is too long")
	loops    = answer(554, 5, 4, 6, "The mail goes in circles")
	cut      = answer(451, 4, 4, 2, "The mail did not come whole, try again")
)

func answer(code, class, subject, detail int, text string) *gosmtp.SMTPError {
	return &gosmtp.SMTPError{Code: code, EnhancedCode: gosmtp.EnhancedCode{class, subject, detail}, Message: text}
}

// session is a client's. The library may reset it while Data still ends.
type session struct {
	l    *Listener
	c    *gosmtp.Conn
	conn *conn

	mu   sync.Mutex
	from string
	to   []string
	utf8 bool
}

func (l *Listener) session(c *gosmtp.Conn) (gosmtp.Session, error) {
	return &session{l: l, c: c, conn: inner(c.Conn())}, nil
}

// inner is ours below TLS.
func inner(c net.Conn) *conn {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	ours, _ := c.(*conn)
	return ours
}

func (s *session) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.from, s.to, s.utf8 = "", nil, false
}

func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, o *gosmtp.MailOptions) error {
	if s.l.stopping.Load() {
		return stopped
	}
	if o != nil && o.Size > s.l.o.Limits.Bytes {
		return tooLarge
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.from, s.utf8 = clean(from, 1000), o != nil && o.UTF8
	return nil
}

func (s *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	if !s.l.accept.has(to) {
		s.l.counts.recipients.Add(1)
		return nobody
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = append(s.to, clean(to, 1000))
	return nil
}

// Data keeps a mail. Nil, which says 250, is only given when Keep gave it and the
// whole mail was read.
func (s *session) Data(r io.Reader) error {
	s.conn.begin()
	defer s.conn.end()
	s.mu.Lock()
	m := mail{from: s.from, to: append([]string(nil), s.to...), utf8: s.utf8, helo: s.c.Hostname(), remote: s.conn.from, received: s.l.o.Now()}
	s.mu.Unlock()
	if state, ok := s.c.TLSConnectionState(); ok {
		m.tls = tls.VersionName(state.Version) + " " + tls.CipherSuiteName(state.CipherSuite)
	}
	err := s.keep(m, r)
	if errors.Is(err, tooLong) {
		s.conn.leave()
	}
	s.l.count(err)
	return err
}

func (s *session) keep(m mail, r io.Reader) error {
	b := &body{r: r, conn: s.conn}
	head, err := readHead(b)
	if err != nil {
		return verdict(err, b)
	}
	if head.received > s.l.o.Limits.Hops || s.l.o.Loop != "" && head.bears(s.l.o.Loop) {
		s.l.o.Log.Warn("mails: one goes in circles", "listener", s.l.o.Name, "from", m.from, "received", head.received)
		return loops
	}
	err = s.l.o.Keeper.Keep(s.l.keeping, intake.Arrival{
		Way: intake.SMTP, Source: s.l.o.Name, From: m.from, To: m.to, Received: m.received,
		Body: io.MultiReader(m.trace(s.l.o.Domain), head.reader(), b),
	})
	if err != nil && !errors.Is(err, context.Canceled) && b.err == nil {
		s.l.o.Log.Error("mails: one could not be kept", "listener", s.l.o.Name, "from", m.from, "error", err)
	}
	return verdict(err, b)
}

// verdict makes an answer of what Keep and reading gave.
func verdict(err error, b *body) error {
	switch {
	case errors.Is(b.err, gosmtp.ErrDataTooLarge):
		return tooLarge
	case errors.Is(b.err, gosmtp.ErrTooLongLine):
		return tooLong
	case b.err != nil && b.err != io.EOF:
		return cut
	case errors.Is(err, candor.ErrUnavailable):
		return later
	case errors.Is(err, candor.ErrInvalid):
		return never
	case err != nil || b.err == nil: // or Keep said nil without reading all
		return later
	}
	return nil
}

// body reads what follows, and remembers how it ended.
type body struct {
	r    io.Reader
	conn *conn
	err  error
}

func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.r.Read(p)
	if err == io.EOF && b.conn.broken() {
		err = io.ErrUnexpectedEOF
	}
	b.err = err
	return n, err
}

func (l *Listener) count(err error) {
	var e *gosmtp.SMTPError
	switch {
	case err == nil:
		l.counts.kept.Add(1)
	case err == cut:
		l.counts.broken.Add(1)
	case errors.As(err, &e) && e.Temporary():
		l.counts.deferred.Add(1)
	default:
		l.counts.refused.Add(1)
	}
}

// mail is what is known of one before its content.
type mail struct {
	from         string
	to           []string
	utf8         bool
	helo, remote string
	tls          string // version and cipher; empty without
	received     time.Time
}
