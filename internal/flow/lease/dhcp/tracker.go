// Package dhcp tells of leases what DHCP servers keep of them: Kea by its lease
// files and its API, ISC dhcpd by its lease file.
package dhcp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"candor/internal/flow/lease"
)

// Sink takes events.
type Sink interface {
	Apply(ctx context.Context, events ...lease.Event) error
}

// state is what a server says of an address.
type state uint8

const (
	assigned state = iota
	declined       // somebody else uses it; the server does not know who
	ended
	expired
)

// entry is what a server says of one address or prefix.
type entry struct {
	prefix netip.Prefix
	client string // tells clients apart
	keys   []lease.Key
	at     time.Time // the last the client did; of ended, when it ended, zero if that is not told
	until  time.Time // zero for no end
	state  state
}

// current is the lease that an address has.
type current struct {
	session string
	client  string
	seen    time.Time
	until   time.Time
	round   uint64 // of the API, when it was last listed
}

// tracker makes events of what a server says, one entry after another. A server
// gives an address to one client at a time.
type tracker struct {
	source string
	kinds  map[string]bool // that count; all if empty
	leases map[netip.Prefix]current
	batch  []lease.Event
	now    func() time.Time
	// told counts what was made of entries.
	entries, malformed uint64
}

// mostTracked bounds the addresses that are followed; leases that ran out make
// room first.
const mostTracked = 4_000_000

func newTracker(source string, kinds []string, now func() time.Time) *tracker {
	t := &tracker{source: source, kinds: map[string]bool{}, leases: map[netip.Prefix]current{}, now: now}
	for _, k := range kinds {
		t.kinds[k] = true
	}
	return t
}

// take takes in an entry. Live says that it was written just now.
func (t *tracker) take(e *entry, live bool) {
	t.entries++
	was, known := t.leases[e.prefix]
	switch e.state {
	case expired:
		return // as its end said
	case ended:
		if known {
			t.end(e, was, live)
		}
		return
	}
	event := lease.Event{
		Kind: lease.Begin, Source: t.source, Keys: t.counting(e.keys), Prefixes: []netip.Prefix{e.prefix},
		At: e.at, Until: e.until, Exclusive: true,
	}
	name := e.client
	if e.state == declined {
		event.Keys, name = nil, "declined"
	}
	// The same client goes on with its lease, if that has not run out.
	if known && was.client == name && (was.until.IsZero() || !e.at.After(was.until)) {
		event.Kind, event.Session = lease.Renew, was.session
	} else {
		event.Session = fmt.Sprintf("%s@%d", e.prefix, e.at.Unix())
		if known && was.session == event.Session { // two in one second
			event.Session += "+" + name
		}
	}
	if len(t.leases) >= mostTracked {
		t.prune()
	}
	t.leases[e.prefix] = current{session: event.Session, client: name, seen: e.at, until: e.until, round: was.round}
	t.batch = append(t.batch, event)
}

// end ends the lease of an address. When it ended is not always told: then it
// was just now, or, of what was written before we looked, after the last that
// is known of it.
func (t *tracker) end(e *entry, was current, live bool) {
	at := e.at
	if at.IsZero() {
		at = was.seen
		if live {
			at = t.now()
		}
	}
	if was.until.IsZero() || at.Before(was.until) {
		t.batch = append(t.batch, lease.Event{Kind: lease.End, Source: t.source, Session: was.session, At: at})
	}
	delete(t.leases, e.prefix)
}

func (t *tracker) counting(keys []lease.Key) (list []lease.Key) {
	for _, k := range keys {
		if k.Text != "" && (len(t.kinds) == 0 || t.kinds[k.Kind]) && len(k.Text) <= 255 {
			list = append(list, k)
		}
	}
	return list
}

// prune forgets leases that ran out a day ago, or else any that ran out.
func (t *tracker) prune() {
	for _, by := range []time.Duration{24 * time.Hour, 0} {
		for p, c := range t.leases {
			if !c.until.IsZero() && c.until.Add(by).Before(t.now()) {
				delete(t.leases, p)
			}
		}
		if len(t.leases) < mostTracked {
			return
		}
	}
}

// give has the sink take what was made so far.
func (t *tracker) give(ctx context.Context, sink Sink) error {
	if len(t.batch) == 0 {
		return nil
	}
	err := sink.Apply(ctx, t.batch...)
	if err != nil && !errors.Is(err, lease.ErrEvent) {
		return err // it is given again
	}
	t.batch = t.batch[:0]
	return nil
}

// octets gives octets: as text if it is, else in hexadecimal digits.
func octets(b []byte) string {
	for _, c := range b {
		if c < ' ' || c > '~' {
			return fmt.Sprintf("%x", b)
		}
	}
	return string(b)
}

// every calls poll at once and then at intervals, until the context is done.
func every(ctx context.Context, interval time.Duration, log *slog.Logger, name string, poll func(context.Context) error) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for failed := ""; ; {
		text := ""
		if err := poll(ctx); err != nil && ctx.Err() == nil {
			text = err.Error()
		}
		if text != failed && text != "" { // not the same again and again
			log.Warn("dhcp: leases cannot be read", "source", name, "error", text)
		}
		failed = text
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
