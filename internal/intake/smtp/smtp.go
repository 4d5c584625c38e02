// Package smtp takes mails in from mail servers (RFC 5321), and says 250 only
// when they are kept.
package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"candor"
	"candor/internal/intake"
)

// Options say how to listen.
type Options struct {
	Name   string // of the listener, as the configuration has it
	Addr   string // "127.0.0.1:2525"
	Domain string // what the server calls itself
	// Accept are whom mails are taken for: "abuse@example.org", or
	// "example.org" for all of a domain. What follows a "+" before the "@" does not
	// matter.
	Accept []string
	TLS    *tls.Config // for STARTTLS; nil for none
	// Loop is what mails of ours bear in X-Loop or Delivered-To, and what is refused
	// when it comes back. Empty for none.
	Loop   string
	Limits Limits
	Keeper intake.Keeper
	Log    *slog.Logger
	Now    func() time.Time
}

// Limits bound what a client may use. Zero stands for the default of that field.
type Limits struct {
	Bytes       int64 // of a mail; 100 MiB
	Line        int   // bytes of a line, in all mails that come by DATA; 64 KiB
	Recipients  int   // of a mail; 100
	Hops        int   // Received fields of a mail; 50
	Connections int   // at once; 500
	PerAddress  int   // connections at once of one address; 50
	// Idle is how long nothing may come; 5 minutes (RFC 5321, 4.5.3.2).
	Idle time.Duration
	// Mail is how long a mail may take to come; an hour.
	Mail time.Duration
	// Grace is how long mails that are coming may take when the listener stops; 20
	// seconds.
	Grace time.Duration
}

func (l Limits) filled() Limits {
	fill(&l.Bytes, 100<<20)
	fill(&l.Line, 64<<10)
	fill(&l.Recipients, 100)
	fill(&l.Hops, 50)
	fill(&l.Connections, 500)
	fill(&l.PerAddress, 50)
	fill(&l.Idle, 5*time.Minute)
	fill(&l.Mail, time.Hour)
	fill(&l.Grace, 20*time.Second)
	return l
}

func fill[T int | int64 | time.Duration](field *T, standard T) {
	if *field <= 0 {
		*field = standard
	}
}

// Counts say what became of mails since the listener began.
type Counts struct {
	Kept        int64
	Deferred    int64 // 4xx: they come again
	Refused     int64 // 5xx: not to be kept, too large, looping
	Broken      int64 // the client went away before the end
	Recipients  int64 // recipients refused
	Connections int64 // connections refused, since there were too many
}

// Listener takes mails in.
type Listener struct {
	o        Options
	accept   addressees
	listener net.Listener
	server   *gosmtp.Server
	doors    doors
	counts   struct{ kept, deferred, refused, broken, recipients, connections atomic.Int64 }

	keeping  context.Context // of all mails; ends when the grace has
	stopKeep context.CancelFunc
	stopping atomic.Bool
}

// Listen opens the port. Nothing is accepted before Run. The error is
// candor.ErrInvalid for options that make no sense.
func Listen(o Options) (*Listener, error) {
	o.Limits = o.Limits.filled()
	accept, err := newAddressees(o.Accept)
	switch {
	case err != nil:
		return nil, fmt.Errorf("listen for mails as %s: %w", o.Name, err)
	case o.Domain == "" || clean(o.Domain, 255) != o.Domain:
		return nil, fmt.Errorf("listen for mails as %s: the domain %q: %w", o.Name, o.Domain, candor.ErrInvalid)
	}
	inner, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen for mails as %s: %w", o.Name, err)
	}
	l := &Listener{o: o, accept: accept, listener: inner}
	l.doors.open = map[*conn]struct{}{}
	l.doors.from = map[string]int{}
	l.keeping, l.stopKeep = context.WithCancel(context.Background())
	l.server = gosmtp.NewServer(gosmtp.BackendFunc(l.session))
	l.server.Domain = o.Domain
	l.server.TLSConfig = o.TLS
	l.server.MaxRecipients = o.Limits.Recipients
	l.server.MaxMessageBytes = o.Limits.Bytes + 1 // the library refuses what has just as many
	l.server.MaxLineLength = o.Limits.Line
	l.server.WriteTimeout = o.Limits.Idle // reading is timed by conn
	l.server.EnableSMTPUTF8 = true
	l.server.ErrorLog = logger{o.Log}
	return l, nil
}

// Addr is where it listens.
func (l *Listener) Addr() net.Addr { return l.listener.Addr() }

// Counts may be asked for at any time.
func (l *Listener) Counts() Counts {
	c := &l.counts
	return Counts{
		Kept: c.kept.Load(), Deferred: c.deferred.Load(), Refused: c.refused.Load(), Broken: c.broken.Load(),
		Recipients: c.recipients.Load(), Connections: c.connections.Load(),
	}
}

// Run accepts mails until ctx ends; then it lets those end that are coming, as
// long as the grace allows, and closes the port. It gives nil if it was stopped.
// It is called once.
func (l *Listener) Run(ctx context.Context) error {
	defer l.stopKeep()
	served := make(chan error, 1)
	go func() { served <- l.server.Serve(&gate{Listener: l.listener, l: l}) }()
	select {
	case err := <-served:
		if err := l.server.Close(); err != nil {
			l.o.Log.Warn("mails: a listener did not close well", "listener", l.o.Name, "error", err)
		}
		return fmt.Errorf("take mails in as %s: %w", l.o.Name, err)
	case <-ctx.Done():
	}
	l.stopping.Store(true)
	l.doors.wake()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.o.Limits.Grace)
	defer cancel()
	if err := l.server.Shutdown(grace); errors.Is(err, context.DeadlineExceeded) {
		l.stopKeep()
		l.doors.shut()
	}
	<-served
	return nil
}

// logger gives the library's words to ours.
type logger struct{ log *slog.Logger }

func (l logger) Printf(format string, v ...any) {
	l.log.Info("mails: " + fmt.Sprintf(format, v...))
}
func (l logger) Println(v ...any) { l.log.Info("mails: " + fmt.Sprint(v...)) }

// doors are the connections that are open.
type doors struct {
	mu   sync.Mutex
	open map[*conn]struct{}
	from map[string]int
}

// wake has idle connections look whether they shall end.
func (d *doors) wake() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for c := range d.open {
		c.wake()
	}
}

func (d *doors) shut() {
	d.mu.Lock()
	all := make([]*conn, 0, len(d.open))
	for c := range d.open {
		all = append(all, c)
	}
	d.mu.Unlock()
	for _, c := range all {
		c.Close()
	}
}
