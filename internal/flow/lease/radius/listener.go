// Package radius hears RADIUS accounting (RFC 2866), and tells of leases what
// access servers say: who began a session, goes on with it, ended it, with
// which addresses and prefixes (RFC 2865, 3162, 4818, 6911).
package radius

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"layeh.com/radius"

	"candor/internal/flow/lease"
)

// Sink takes events; what it returns without an error is kept.
type Sink interface {
	Apply(ctx context.Context, events ...lease.Event) error
}

// Client is who may tell: an access server, or what forwards for it.
type Client struct {
	Prefix netip.Prefix
	Secret []byte
}

// Options say how a Listener works. Zero values are defaults, but Clients and
// Sink.
type Options struct {
	Addr    string // where to listen; default :1813
	Source  string // its name; default radius
	Clients []Client
	Sink    Sink
	// Keys are the kinds of keys that tell lines; default lease.KeyUser alone.
	// Also station, circuit, remote, port, class.
	Keys []string
	// Silent is after what time without a word a session no longer counts: three
	// times the interim interval of the access servers. Without it a session
	// whose Stop was lost counts until they restart.
	Silent time.Duration
	// Exclusive says that an access server never has two sessions with one
	// address: the next one ends the one before.
	Exclusive bool
	// Ahead is how far a timestamp may lie in the future. Default 5 s.
	Ahead time.Duration
	// Most is how many requests are worked on at a time; those beyond are
	// dropped, and come again. Default 512.
	Most int
	Now  func() time.Time
	Log  *slog.Logger
}

// Stats are counts since the start.
type Stats struct {
	Requests  uint64 // datagrams
	Answered  uint64
	Strangers uint64 // from who is no client
	Forged    uint64 // not made with the secret
	Malformed uint64 // tell nothing that can be kept
	Repeated  uint64 // answered again
	Busy      uint64 // dropped, since too many were worked on
	Failed    uint64 // could not be kept, and were not answered
}

// Listener hears accounting requests. An answer says that what was told is
// kept.
type Listener struct {
	options Options
	reader  reader
	conn    *net.UDPConn
	slots   chan struct{}
	seen    *answers
	workers sync.WaitGroup
	stats   struct {
		requests, answered, strangers, forged, malformed, repeated, busy, failed atomic.Uint64
	}
}

// Listen opens the socket; Run answers.
func Listen(o Options) (*Listener, error) {
	if o.Addr == "" {
		o.Addr = ":1813"
	}
	if o.Source == "" {
		o.Source = "radius"
	}
	if len(o.Keys) == 0 {
		o.Keys = []string{lease.KeyUser}
	}
	if o.Most == 0 {
		o.Most = 512
	}
	if o.Ahead == 0 {
		o.Ahead = 5 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	for _, c := range o.Clients {
		if len(c.Secret) == 0 {
			return nil, fmt.Errorf("radius: client %s has no secret", c.Prefix)
		}
	}
	addr, err := net.ResolveUDPAddr("udp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("radius: %w", err)
	}
	conn, err := net.ListenUDP("udp", addr)
	if err != nil {
		return nil, fmt.Errorf("radius: %w", err)
	}
	_ = conn.SetReadBuffer(4 << 20) // the kernel's limit may be less
	return &Listener{
		options: o, conn: conn, slots: make(chan struct{}, o.Most), seen: newAnswers(o.Now),
		reader: reader{source: o.Source, kinds: o.Keys, silent: o.Silent, exclusive: o.Exclusive, ahead: o.Ahead},
	}, nil
}

// Addr is where it listens.
func (l *Listener) Addr() netip.AddrPort { return l.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// Stats gives the counts.
func (l *Listener) Stats() Stats {
	s := &l.stats
	return Stats{
		Requests: s.requests.Load(), Answered: s.answered.Load(), Strangers: s.strangers.Load(), Forged: s.forged.Load(),
		Malformed: s.malformed.Load(), Repeated: s.repeated.Load(), Busy: s.busy.Load(), Failed: s.failed.Load(),
	}
}

// Run answers requests until the context is done; then the socket is closed.
func (l *Listener) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = l.conn.Close() })
	defer stop()
	defer l.workers.Wait()
	b := make([]byte, radius.MaxPacketLength+1)
	for {
		n, from, err := l.conn.ReadFromUDPAddrPort(b)
		if errors.Is(err, net.ErrClosed) || ctx.Err() != nil {
			return nil
		}
		if err != nil {
			l.options.Log.Warn("radius: a datagram could not be read", "error", err)
			continue
		}
		l.stats.requests.Add(1)
		select {
		case l.slots <- struct{}{}:
		default:
			l.stats.busy.Add(1)
			continue
		}
		request := append([]byte(nil), b[:n]...)
		l.workers.Go(func() {
			defer func() { <-l.slots }()
			l.handle(ctx, request, from)
		})
	}
}

// secret gives the secret of a client: of the longest prefix that has it.
func (l *Listener) secret(from netip.Addr) (secret []byte) {
	bits := -1
	for _, c := range l.options.Clients {
		if c.Prefix.Contains(from) && c.Prefix.Bits() > bits {
			secret, bits = c.Secret, c.Prefix.Bits()
		}
	}
	return secret
}

// handle works on one datagram.
func (l *Listener) handle(ctx context.Context, b []byte, from netip.AddrPort) {
	addr := from.Addr().Unmap()
	secret := l.secret(addr)
	if secret == nil {
		l.stats.strangers.Add(1)
		return
	}
	if b = trim(b); b == nil {
		l.stats.malformed.Add(1)
		return
	}
	if !authentic(b, secret) {
		l.stats.forged.Add(1)
		return
	}
	name := repetition{from: from, id: b[1], authenticator: [16]byte(b[4:20])}
	response, begun := l.seen.begin(name)
	switch {
	case response != nil:
		l.stats.repeated.Add(1)
		l.send(response, from)
		return
	case !begun:
		return // it is being worked on
	}
	response = l.response(ctx, b, secret, addr)
	l.seen.end(name, response)
	if response != nil {
		l.send(response, from)
	}
}

// response keeps what a request tells; nil if it cannot.
func (l *Listener) response(ctx context.Context, b, secret []byte, from netip.Addr) []byte {
	if radius.Code(b[0]) == radius.CodeStatusServer {
		return answer(b, secret)
	}
	p, err := radius.Parse(b, secret)
	if err != nil {
		l.stats.malformed.Add(1)
		return nil
	}
	events, err := l.reader.event(p, from, l.options.Now())
	if err == nil {
		err = l.options.Sink.Apply(ctx, events...)
	}
	switch {
	case err == nil:
		return answer(b, secret)
	case errors.Is(err, errPacket) || errors.Is(err, lease.ErrEvent):
		l.stats.malformed.Add(1)
		l.options.Log.Debug("radius: a request tells nothing that can be kept", "client", from, "error", err)
	default:
		l.stats.failed.Add(1)
		l.options.Log.Error("radius: a request could not be kept", "client", from, "error", err)
	}
	return nil
}

func (l *Listener) send(response []byte, to netip.AddrPort) {
	if _, err := l.conn.WriteToUDPAddrPort(response, to); err == nil {
		l.stats.answered.Add(1)
	}
}
