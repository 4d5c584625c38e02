// Package cgnat tells of leases what carrier-grade translators say of ports that
// they give out, by syslog (RFC 5424, RFC 3164).
package cgnat

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"candor/internal/flow/lease"
)

// Sink takes events, and knows which lease of a source goes on.
type Sink interface {
	Apply(ctx context.Context, events ...lease.Event) error
	Current(source string, p netip.Prefix, ports lease.Ports) (session string, inner netip.Addr, ok bool)
}

// Options say how a Listener works. Zero values are defaults, but Senders and
// Sink.
type Options struct {
	UDP      string // where to listen; none if empty
	TCP      string // where to listen; none if empty
	Source   string // its name; default cgnat
	Senders  []netip.Prefix
	Patterns []Pattern // default Builtin
	Sink     Sink
	// Silent is after what time without a word a block no longer counts, where a
	// translator repeats what goes on; zero for never.
	Silent time.Duration
	Zone   *time.Location // of times without one; default UTC
	Now    func() time.Time
	Log    *slog.Logger
}

// Stats are counts since the start.
type Stats struct {
	Messages  uint64
	Events    uint64
	Strangers uint64 // datagrams and connections from who is no sender
	Other     uint64 // messages of something else
	Malformed uint64 // that match a pattern, but cannot be
	Unmatched uint64 // ends of blocks that are not known
	Dropped   uint64 // datagrams for which there was no time
	Failed    uint64 // events that could not be kept
}

// Listener hears messages.
type Listener struct {
	options Options
	udp     *net.UDPConn
	tcp     net.Listener
	queue   chan message
	stats   struct {
		messages, events, strangers, other, malformed, unmatched, dropped, failed atomic.Uint64
	}
}

type message struct {
	text string
	from netip.Addr
	at   time.Time
}

const (
	queued          = 8192
	mostConnections = 64
	mostEvents      = 512 // kept at once
)

// Listen opens the sockets; Run hears.
func Listen(o Options) (*Listener, error) {
	o.Source = cmp.Or(o.Source, "cgnat")
	if len(o.Patterns) == 0 {
		o.Patterns = Builtin()
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	l := &Listener{options: o, queue: make(chan message, queued)}
	if o.UDP != "" {
		addr, err := net.ResolveUDPAddr("udp", o.UDP)
		if err != nil {
			return nil, fmt.Errorf("cgnat: %w", err)
		}
		if l.udp, err = net.ListenUDP("udp", addr); err != nil {
			return nil, fmt.Errorf("cgnat: %w", err)
		}
		_ = l.udp.SetReadBuffer(8 << 20) // the kernel's limit may be less
	}
	if o.TCP != "" {
		var err error
		if l.tcp, err = net.Listen("tcp", o.TCP); err != nil {
			l.close()
			return nil, fmt.Errorf("cgnat: %w", err)
		}
	}
	return l, nil
}

func (l *Listener) close() {
	if l.udp != nil {
		_ = l.udp.Close()
	}
	if l.tcp != nil {
		_ = l.tcp.Close()
	}
}

// UDPAddr and TCPAddr are where it listens; nil where it does not.
func (l *Listener) UDPAddr() net.Addr {
	if l.udp == nil {
		return nil
	}
	return l.udp.LocalAddr()
}

// TCPAddr is where it listens; nil if it does not.
func (l *Listener) TCPAddr() net.Addr {
	if l.tcp == nil {
		return nil
	}
	return l.tcp.Addr()
}

// Stats gives the counts.
func (l *Listener) Stats() Stats {
	s := &l.stats
	return Stats{
		Messages: s.messages.Load(), Events: s.events.Load(), Strangers: s.strangers.Load(), Other: s.other.Load(),
		Malformed: s.malformed.Load(), Unmatched: s.unmatched.Load(), Dropped: s.dropped.Load(), Failed: s.failed.Load(),
	}
}

// Run hears until the context is done; then the sockets are closed.
func (l *Listener) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, l.close)
	defer stop()
	var all sync.WaitGroup
	if l.udp != nil {
		all.Go(func() { l.hear(ctx) })
	}
	if l.tcp != nil {
		all.Go(func() { l.accept(ctx) })
	}
	all.Go(func() { l.work(ctx) })
	all.Wait()
	return nil
}

func (l *Listener) isSender(a netip.Addr) bool {
	for _, p := range l.options.Senders {
		if p.Contains(a) {
			return true
		}
	}
	l.stats.strangers.Add(1)
	return false
}

// hear takes datagrams.
func (l *Listener) hear(ctx context.Context) {
	b := make([]byte, longestMessage)
	for {
		n, from, err := l.udp.ReadFromUDPAddrPort(b)
		if errors.Is(err, net.ErrClosed) || ctx.Err() != nil {
			return
		}
		if addr := from.Addr().Unmap(); err == nil && l.isSender(addr) {
			select {
			case l.queue <- message{string(b[:n]), addr, l.options.Now()}:
			default:
				l.stats.dropped.Add(1)
			}
		}
	}
}

// accept takes connections.
func (l *Listener) accept(ctx context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	slots := make(chan struct{}, mostConnections)
	for {
		conn, err := l.tcp.Accept()
		if errors.Is(err, net.ErrClosed) || ctx.Err() != nil {
			return
		}
		if err != nil {
			l.options.Log.Warn("cgnat: a connection could not be taken", "error", err)
			continue
		}
		from := conn.RemoteAddr().(*net.TCPAddr).AddrPort().Addr().Unmap()
		select {
		case slots <- struct{}{}:
		default:
			l.stats.dropped.Add(1)
			_ = conn.Close()
			continue
		}
		all.Go(func() {
			defer func() { <-slots }()
			defer conn.Close()
			stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
			defer stop()
			if l.isSender(from) {
				l.stream(ctx, conn, from)
			}
		})
	}
}

// stream takes the messages of a connection; it waits for those before.
func (l *Listener) stream(ctx context.Context, conn io.Reader, from netip.Addr) {
	err := messages(bufio.NewReaderSize(conn, longestMessage), func(text string) {
		select {
		case l.queue <- message{text, from, l.options.Now()}:
		case <-ctx.Done():
		}
	})
	if !errors.Is(err, io.EOF) && ctx.Err() == nil {
		l.options.Log.Warn("cgnat: a connection broke", "sender", from, "error", err)
	}
}

// work keeps what messages tell, all that wait at once.
func (l *Listener) work(ctx context.Context) {
	fresh := map[block]string{}
	for {
		var m message
		select {
		case <-ctx.Done():
			return
		case m = <-l.queue:
		}
		events := l.take(nil, m, fresh)
	more:
		for len(events) < mostEvents {
			select {
			case m = <-l.queue:
				events = l.take(events, m, fresh)
			default:
				break more
			}
		}
		if len(events) == 0 {
			continue
		}
		if err := l.options.Sink.Apply(ctx, events...); err != nil && ctx.Err() == nil {
			l.stats.failed.Add(uint64(len(events)))
			l.options.Log.Error("cgnat: what was told could not be kept", "events", len(events), "error", err)
		} else {
			l.stats.events.Add(uint64(len(events)))
		}
		clear(fresh) // the sink knows them now
	}
}

// block tells blocks apart.
type block struct {
	outer    netip.Addr
	ports    lease.Ports
	protocol string
}

// take appends what a message tells. Fresh are sessions that the sink does not
// know yet: "" for those that have ended.
func (l *Listener) take(events []lease.Event, m message, fresh map[block]string) []lease.Event {
	l.stats.messages.Add(1)
	t, ok, err := match(l.options.Patterns, m.text)
	if err != nil {
		l.stats.malformed.Add(1)
		return events
	}
	if !ok {
		l.stats.other.Add(1)
		return events
	}
	e := lease.Event{Kind: t.kind, Source: l.options.Source, At: l.at(m), Exclusive: true}
	// Each protocol of each translator is a source of its own, as its blocks are.
	if t.protocol != "" {
		e.Source += "/" + t.protocol
	}
	if t.kind == lease.Restart {
		e.Group = m.from.String()
		for _, protocol := range []string{"", "/tcp", "/udp", "/icmp"} {
			e.Source = l.options.Source + protocol
			events = append(events, e)
		}
		return events
	}
	e.Group, e.Ports, e.Inner = m.from.String(), t.ports, t.inner
	e.Prefixes = []netip.Prefix{netip.PrefixFrom(t.outer, t.outer.BitLen())}
	b := block{t.outer, t.ports, t.protocol}
	session, inner := l.current(e, b, fresh)
	switch {
	case t.kind == lease.Begin:
		e.Session = fmt.Sprintf("%s:%d-%d@%d>%s", t.outer, t.ports.Low, t.ports.High, e.At.Unix(), t.inner)
	case session == "" || t.inner.IsValid() && inner.IsValid() && inner != t.inner:
		l.stats.unmatched.Add(1)
		if t.kind == lease.End {
			return events
		}
		e.Session = fmt.Sprintf("%s:%d-%d@%d>%s", t.outer, t.ports.Low, t.ports.High, e.At.Unix(), t.inner)
	default:
		e.Session = session
	}
	if fresh[b] = e.Session; t.kind == lease.End {
		fresh[b] = ""
	}
	if l.options.Silent > 0 && t.kind != lease.End {
		e.Until, e.Silent = e.At.Add(l.options.Silent), true
	}
	return append(events, e)
}

// current gives the session of a block that goes on.
func (l *Listener) current(e lease.Event, b block, fresh map[block]string) (session string, inner netip.Addr) {
	if session, ok := fresh[b]; ok {
		return session, netip.Addr{}
	}
	session, inner, _ = l.options.Sink.Current(e.Source, e.Prefixes[0], b.ports)
	return session, inner
}

// at gives when a message was written: as it says, if that is within a day of
// now.
func (l *Listener) at(m message) time.Time {
	at := stamp(m.text, m.at, l.options.Zone)
	if d := at.Sub(m.at); at.IsZero() || d > 24*time.Hour || d < -24*time.Hour {
		return m.at
	}
	return at
}
