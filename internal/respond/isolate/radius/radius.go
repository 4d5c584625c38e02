// Package radius isolates sessions by Dynamic Authorization of RADIUS: a
// network access server is told to change what a session may do (CoA-Request),
// or to end it (Disconnect-Request; RFC 5176).
//
// A server says nothing of what it keeps, and often acknowledges what it does
// not do: whether an isolation holds is seen by probes only.
package radius

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"layeh.com/radius"

	"candor"
	"candor/internal/respond/isolate"
)

// Options say how sessions are isolated at a server.
type Options struct {
	Server string // host:port; empty for the session's server, port 3799
	Secret []byte // that the server shares with us
	// Levels are the attributes of CoA-Requests by level, as "Name=value" (see
	// parse). Disconnect as the only one sends a Disconnect-Request.
	Levels map[isolate.Level][]string
	// Restore are the attributes by which a session is free again. Without any, a
	// session is free only when it begins anew.
	Restore []string
	Now     candor.Clock
	// Patience is how long a server may take to answer the last of the packets
	// that are sent until it does; 0 means 4 s. The first is given an eighth.
	Patience time.Duration
}

// port is that of Dynamic Authorization (RFC 5176, 2.4).
const port = "3799"

// disconnect is the attribute that stands for a Disconnect-Request.
const disconnect = "Disconnect"

// Enforcer is an isolate.Enforcer. It is safe for concurrent use.
type Enforcer struct {
	Options
	levels  map[isolate.Level][]attribute // nil for a Disconnect-Request
	restore []attribute
}

// New makes an Enforcer. The error is candor.ErrInvalid, with a hint.
func New(o Options) (*Enforcer, error) {
	if len(o.Secret) == 0 {
		return nil, invalid("there is no secret", "Set the secret that the server shares with this program.")
	}
	if o.Patience <= 0 {
		o.Patience = 4 * time.Second
	}
	e := &Enforcer{Options: o, levels: map[isolate.Level][]attribute{}}
	for level, texts := range o.Levels {
		if len(texts) == 1 && texts[0] == disconnect {
			e.levels[level] = nil
			continue
		}
		all, err := parseAll(texts)
		if err != nil {
			return nil, err
		}
		e.levels[level] = all
	}
	var err error
	if len(o.Restore) > 0 {
		e.restore, err = parseAll(o.Restore)
	}
	return e, err
}

// Levels implements isolate.Enforcer.
func (e *Enforcer) Levels() (all []isolate.Level) {
	for _, l := range isolate.Levels() {
		if _, can := e.levels[l]; can {
			all = append(all, l)
		}
	}
	return all
}

// List implements isolate.Enforcer: a server cannot be asked.
func (*Enforcer) List(context.Context) ([]isolate.Held, error) { return nil, errors.ErrUnsupported }

// Set implements isolate.Enforcer.
func (e *Enforcer) Set(ctx context.Context, s isolate.Session, l isolate.Level) error {
	attributes, can := e.levels[l]
	if !can {
		return invalid(fmt.Sprintf("no attributes are set up for %s", l), "Set them under levels.")
	}
	code := radius.CodeCoARequest
	if attributes == nil {
		code = radius.CodeDisconnectRequest
	}
	err := e.ask(ctx, code, s, attributes)
	var refused *Refused
	if errors.As(err, &refused) && refused.Cause == noSession && attributes == nil {
		return nil // it has ended by itself
	}
	return err
}

// Clear implements isolate.Enforcer. A session that the server does not know is
// free.
func (e *Enforcer) Clear(ctx context.Context, s isolate.Session) error {
	if len(e.restore) == 0 || s.ID == "" && s.User == "" {
		return nil
	}
	err := e.ask(ctx, radius.CodeCoARequest, s, e.restore)
	var refused *Refused
	if errors.As(err, &refused) && refused.Cause == noSession {
		return nil
	}
	return err
}

// ask sends a request about a session, and gives why it was not done.
func (e *Enforcer) ask(ctx context.Context, code radius.Code, s isolate.Session, attributes []attribute) error {
	to := e.Server
	if to == "" {
		if !s.NASAddress.IsValid() {
			return unavailable(fmt.Errorf("the server of session %q is not known", s.ID), "Set server at the point, or see to the source of sessions.")
		}
		to = net.JoinHostPort(s.NASAddress.String(), port)
	}
	request, err := e.request(code, s, attributes)
	if err != nil {
		return err
	}
	answer, err := e.exchange(ctx, to, request)
	if err != nil {
		return unavailable(fmt.Errorf("%s: %w", to, err), "See whether the server takes requests from here, and with this secret: most drop in silence what they do not take.")
	}
	return verdict(code, answer)
}

// request writes a request, signed (RFC 5176, 2.3, 3).
func (e *Enforcer) request(code radius.Code, s isolate.Session, attributes []attribute) ([]byte, error) {
	if s.ID == "" && (s.User == "" || len(s.Addresses) == 0) {
		return nil, invalid(fmt.Sprintf("the session of line %s has neither an Acct-Session-Id, nor a User-Name and an address", s.Line), "A request that could mean several sessions is not sent. See to the source of sessions.")
	}
	p := radius.New(code, e.Secret)
	text := func(t radius.Type, value string) {
		if value != "" {
			p.Add(t, radius.Attribute(value))
		}
	}
	text(userName, s.User)
	text(acctSessionID, s.ID)
	text(nasIdentifier, s.NAS)
	address(p, s.NASAddress)
	for _, a := range s.Addresses {
		network(p, a)
	}
	for _, a := range attributes {
		p.Add(a.kind, a.value)
	}
	p.Add(eventTimestamp, stamp(e.Now()))
	return sign(p)
}

func address(p *radius.Packet, a netip.Addr) {
	if a.Is4() {
		p.Add(nasIPAddress, a.AsSlice())
	} else if a.IsValid() {
		p.Add(nasIPv6Address, a.AsSlice())
	}
}

// network says what the session holds: one address of IPv4, one network of
// IPv6, of each kind the first.
func network(p *radius.Packet, n netip.Prefix) {
	if n.Addr().Is4() {
		if p.Get(framedIPAddress) == nil {
			p.Add(framedIPAddress, n.Addr().AsSlice())
		}
		return
	}
	if p.Get(framedIPv6Prefix) == nil { // RFC 3162, 2.3
		p.Add(framedIPv6Prefix, append(radius.Attribute{0, byte(n.Bits())}, n.Addr().AsSlice()...))
	}
}

func invalid(what, hint string) error {
	return candor.WithHint(fmt.Errorf("RADIUS: %s: %w", what, candor.ErrInvalid), hint)
}

func unavailable(err error, hint string) error {
	return candor.WithHint(fmt.Errorf("RADIUS: %w: %w", err, candor.ErrUnavailable), hint)
}

var _ isolate.Enforcer = (*Enforcer)(nil)
