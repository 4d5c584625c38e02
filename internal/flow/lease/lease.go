// Package lease knows who held an address, and a range of its ports, when.
//
// Sources (RADIUS accounting, DHCP servers, translators) tell of leases by
// events. A Table gathers them, in whatever order they come, keeps them across
// crashes, and answers flow.Who: the one line that held an address at a moment,
// or none where that cannot be told. It never guesses: what it goes by is
// written at Table and in docs/leases.md.
package lease

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"candor/internal/flow"
)

// Kind says what an event tells.
type Kind uint8

// The kinds of events.
const (
	Begin   Kind = iota + 1 // a session began At, with all that it names
	Renew                   // a session was alive At, with all that it names
	End                     // a session ended At
	Restart                 // all sessions of a Group that were last seen before At are over
)

func (k Kind) String() string {
	switch k {
	case Begin:
		return "begin"
	case Renew:
		return "renew"
	case End:
		return "end"
	case Restart:
		return "restart"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// The kinds of keys by which sources name a line.
const (
	KeyUser     = "user"     // User-Name
	KeyStation  = "station"  // Calling-Station-Id
	KeyCircuit  = "circuit"  // circuit-id of a relay (RFC 3046, 3.1; RFC 4679)
	KeyRemote   = "remote"   // remote-id of a relay (RFC 3046, 3.2)
	KeyDUID     = "duid"     // of a client of DHCPv6 (RFC 8415, 11)
	KeyClient   = "client"   // client identifier of DHCPv4 (RFC 2132, 9.14)
	KeyHardware = "hardware" // MAC address
	KeyClass    = "class"    // Class, as the RADIUS server gave it
	KeyPort     = "port"     // NAS-Port-Id, after the access server's name and a slash
)

// Key is how a source names a line. Text is as Normal gives it.
type Key struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
}

func (k Key) String() string { return k.Kind + ":" + k.Text }

// NewKey gives a key as the table compares it: hardware addresses in lower case
// with colons, all else without spaces around it.
func NewKey(kind, text string) Key {
	text = strings.TrimSpace(text)
	if kind == KeyHardware || kind == KeyStation {
		if mac := hardware(text); mac != "" {
			text = mac
		}
	}
	return Key{kind, text}
}

// hardware gives a MAC address in the one form, or "" for what is none.
func hardware(text string) string {
	digits := strings.Map(func(r rune) rune {
		if r == ':' || r == '-' || r == '.' {
			return -1
		}
		return r
	}, strings.ToLower(text))
	if len(digits) != 12 || strings.Trim(digits, "0123456789abcdef") != "" {
		return ""
	}
	var b strings.Builder
	for i := 0; i < 12; i += 2 {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(digits[i : i+2])
	}
	return b.String()
}

// Lines finds lines by the keys that sources name them with. It is safe for
// concurrent use, and does not ask the table for anything: that waits for it.
type Lines interface {
	Line(kind, key string) (flow.Line, bool)
}

// Ports is a range of ports, both ends within. The zero Ports are all ports.
type Ports struct {
	Low  uint16 `json:"low"`
	High uint16 `json:"high"`
}

// All tells whether it is every port.
func (p Ports) All() bool { return p == Ports{} || p == Ports{0, 65535} }

func (p Ports) String() string {
	if p.All() {
		return "all ports"
	}
	return fmt.Sprintf("ports %d-%d", p.Low, p.High)
}

// Event is what a source tells of a session. A session is what has one
// identifier of its source, and may hold several addresses and prefixes. Events
// may come in any order and more than once: what the table knows afterwards is
// the same.
type Event struct {
	Kind    Kind
	Source  string // names the source, as the configuration does
	Group   string // what restarts as one, such as an access server; may be empty
	Session string // unlike any other of Source and Group; not for Restart

	Keys     []Key          // who, by all names that the source has; those that are known must agree
	Inner    netip.Addr     // instead of Keys: who holds this address; for translators
	Prefixes []netip.Prefix // what is held; nothing where the source does not say
	Ports    Ports          // of the one address that a translator gives out
	Server   netip.Addr     // the access server, for sessions that can be ended there

	At    time.Time // when it happened, on the source's clock
	Since time.Time // of Renew and End: when the session began, if the source says
	Until time.Time // it ends then unless renewed; zero for open
	// Silent says that Until is when the source will have been silent for too
	// long, not a promise that the lease ends.
	Silent bool
	// Exclusive says that the source gives what it gives to one at a time: a
	// lease ends, if its end was not told, when the next begins.
	Exclusive bool
}

// Bounds of events: those beyond are errors.
const (
	mostKeys     = 8
	mostPrefixes = 16
	longest      = 512 // bytes of one name
)

// ErrEvent is of events that cannot be true: they are not kept.
var ErrEvent = errors.New("no event of a lease")

// check tells what is wrong with an event.
func (e *Event) check() error {
	switch {
	case e.Kind < Begin || e.Kind > Restart:
		return fmt.Errorf("%w: %s", ErrEvent, e.Kind)
	case e.Source == "":
		return fmt.Errorf("%w: it names no source", ErrEvent)
	case e.Kind != Restart && e.Session == "":
		return fmt.Errorf("%w: it names no session", ErrEvent)
	case e.At.Unix() <= 0 || e.At.Year() > 2200:
		return fmt.Errorf("%w: its time is %s", ErrEvent, e.At)
	case len(e.Keys) > mostKeys || len(e.Prefixes) > mostPrefixes:
		return fmt.Errorf("%w: %d keys, %d prefixes", ErrEvent, len(e.Keys), len(e.Prefixes))
	case max(len(e.Source), len(e.Group), len(e.Session)) > longest:
		return fmt.Errorf("%w: a name is longer than %d bytes", ErrEvent, longest)
	case e.Ports.Low > e.Ports.High:
		return fmt.Errorf("%w: ports %d-%d", ErrEvent, e.Ports.Low, e.Ports.High)
	}
	for _, k := range e.Keys {
		if len(k.Kind) > longest || len(k.Text) > longest || strings.ContainsRune(k.Kind, 0) || strings.ContainsRune(k.Text, 0) {
			return fmt.Errorf("%w: a key is longer than %d bytes, or has a zero byte", ErrEvent, longest)
		}
	}
	for _, p := range e.Prefixes {
		if !p.IsValid() || p.Masked().Addr().IsUnspecified() {
			return fmt.Errorf("%w: prefix %s", ErrEvent, p)
		}
	}
	return nil
}
