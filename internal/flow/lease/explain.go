package lease

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"candor/internal/flow"
)

// Reason is why a line is named, or why none is.
type Reason string

// The reasons.
const (
	Held      Reason = "held"      // by the line, alone
	Bridged   Reason = "bridged"   // by the line just before and just after
	Nobody    Reason = "nobody"    // no lease is known
	Later     Reason = "later"     // leases are known only from a later moment on
	Ended     Reason = "ended"     // the lease before that moment had ended
	Gap       Reason = "gap"       // between two leases
	Silence   Reason = "silent"    // the source of the lease had been silent for too long
	Twice     Reason = "twice"     // two had it at once
	Change    Reason = "change"    // too near to a change-over for what clocks are
	Unmapped  Reason = "unknown"   // its holder is known by keys of no line
	Disputed  Reason = "disputed"  // the keys of its holder name different lines
	Inner     Reason = "inner"     // the address behind the translator tells no line
	Forgotten Reason = "forgotten" // longer ago than leases are kept
)

// Answer is who held an address, and why.
type Answer struct {
	Line   flow.Line `json:"line,omitempty"` // as Holder gives it
	Reason Reason    `json:"reason"`
	// Leases are those that count: which hold at the moment or too near to it;
	// else the last before and the first after.
	Leases []Lease `json:"leases,omitempty"`
	Behind *Answer `json:"behind,omitempty"` // of the inner address, where a translator had it
}

// Lease is one lease as people are told of it.
type Lease struct {
	Source   string       `json:"source"`
	Group    string       `json:"group,omitempty"`
	Session  string       `json:"session"`
	Keys     []Key        `json:"keys,omitempty"`
	Line     flow.Line    `json:"line,omitempty"` // 0 if the keys tell none
	Disputed bool         `json:"disputed,omitempty"`
	Inner    netip.Addr   `json:"inner,omitzero"`
	Prefix   netip.Prefix `json:"prefix"`
	Ports    Ports        `json:"ports,omitzero"`
	From     time.Time    `json:"from"`
	Until    time.Time    `json:"until,omitzero"` // zero for open
	Seen     time.Time    `json:"seen,omitzero"`  // when the source last told of it
	// Why it ends: open, ended, expired, silent, restarted, replaced, taken,
	// crowded.
	Why string `json:"why"`
}

// Explain tells who held an address and a port at a moment, and why. It waits
// for writers.
func (t *Table) Explain(ip netip.Addr, port uint16, at time.Time) Answer {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.explain(flow.FromIP(ip), port, at.UnixMicro(), true)
}

func (t *Table) explain(a flow.Addr, port uint16, at int64, follow bool) Answer {
	if at < t.floor.Load() {
		return Answer{Reason: Forgotten}
	}
	all := t.covering(a, port)
	if formulas := t.formulas.Load(); formulas != nil && follow {
		if inner, ok := byFormula(*formulas, a, port); ok {
			return t.explainFormula(inner, all, at)
		}
	}
	who := t.rules.at(spans(all), at)
	near := slices.DeleteFunc(slices.Clone(all), func(e extent) bool {
		return e.from >= e.until || at < before(e.from, t.rules.clock) || at >= after(e.until, t.rules.clock)
	})
	switch {
	case who == nobody && len(near) == 0:
		return t.absent(all, at)
	case who == nobody:
		return t.doubtful(near, at)
	}
	answer := Answer{Line: flow.Line(who), Reason: Held, Leases: t.leases(near)}
	if !slices.ContainsFunc(near, func(e extent) bool { return e.from <= at && at < e.until }) {
		answer.Reason = Bridged
		answer.Leases = t.absent(all, at).Leases
	}
	if who >= via {
		answer.Line, answer.Reason = 0, Inner
		if follow {
			behind := t.explain((*t.inners.Load())[who&^via], 0, at, false)
			answer.Behind = &behind
			if answer.Line = behind.Line; answer.Line != 0 {
				answer.Reason = Held
			}
		}
	}
	return answer
}

// explainFormula tells of an address whose holder a formula gives; leases of it
// besides put that in doubt.
func (t *Table) explainFormula(inner flow.Addr, all []extent, at int64) Answer {
	if t.rules.at(spans(all), at) != nobody {
		return Answer{Reason: Twice, Leases: t.leases(all)}
	}
	behind := t.explain(inner, 0, at, false)
	answer := Answer{Line: behind.Line, Reason: Inner, Behind: &behind}
	if answer.Line != 0 {
		answer.Reason = Held
	}
	return answer
}

// covering gives all leases of an address and a port, from first to last.
func (t *Table) covering(a flow.Addr, port uint16) (all []extent) {
	for _, x := range *t.lengths[isFour(&a)].Load() {
		n := x.find(&a)
		if n == nil {
			continue
		}
		all = append(all, t.extents(n.refs)...)
		if n.more == nil {
			continue
		}
		for _, b := range n.more.blocks {
			if b.ports.Low <= port && port <= b.ports.High {
				all = append(all, t.extents(b.refs)...)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b extent) int { return cmp.Compare(a.from, b.from) })
	return all
}

// absent tells why nobody had it, when no lease is near.
func (t *Table) absent(all []extent, at int64) Answer {
	var last, next *extent
	for i := range all {
		e := &all[i]
		if e.from >= e.until {
			continue
		}
		if e.until <= at && (last == nil || e.until >= last.until) {
			last = e
		}
		if e.from > at && next == nil {
			next = e
		}
	}
	var answer Answer
	switch {
	case last == nil && next == nil:
		return Answer{Reason: Nobody}
	case last == nil:
		answer.Reason = Later
	case last.why == silence:
		answer.Reason = Silence
	case next == nil:
		answer.Reason = Ended
	default:
		answer.Reason = Gap
	}
	for _, e := range []*extent{last, next} {
		if e != nil {
			answer.Leases = append(answer.Leases, t.lease(e))
		}
	}
	return answer
}

// doubtful tells why no line is named though leases are near.
func (t *Table) doubtful(near []extent, at int64) Answer {
	answer := Answer{Leases: t.leases(near)}
	var now, others []holder
	for i := range near {
		who := near[i].who
		if near[i].from <= at && at < near[i].until && !slices.Contains(now, who) {
			now = append(now, who)
		}
		if !slices.Contains(others, who) {
			others = append(others, who)
		}
	}
	switch {
	case len(now) > 1:
		answer.Reason = Twice
	case len(others) > 1:
		answer.Reason = Change
	case others[0] == unknown && slices.ContainsFunc(answer.Leases, func(l Lease) bool { return l.Disputed }):
		answer.Reason = Disputed
	case others[0] == unknown:
		answer.Reason = Unmapped
	default:
		edges := t.absent(near, at)
		answer.Reason = edges.Reason
	}
	return answer
}

func (t *Table) leases(all []extent) []Lease {
	const most = 20
	list := make([]Lease, 0, min(len(all), most))
	for i := range all[:min(len(all), most)] {
		list = append(list, t.lease(&all[i]))
	}
	return list
}

func (t *Table) lease(e *extent) Lease {
	s := e.of
	l := Lease{
		Source: s.group.source, Group: s.group.group, Session: s.id, Line: s.line(), Inner: s.inner.IP(),
		Disputed: s.disputed, Prefix: s.claims[e.n].IP(), Ports: s.ports, From: flow.At(e.from), Why: e.why.String(),
	}
	if s.subject != nil {
		l.Keys = slices.Clone(s.subject.keys)
		l.Disputed = l.Disputed || s.subject.disputed
	}
	if e.until != forever {
		l.Until = flow.At(e.until)
	}
	if s.seen != 0 {
		l.Seen = flow.At(s.seen)
	}
	return l
}

// Session is a session that goes on, with what its access server knows it by
// (RFC 5176, 3).
type Session struct {
	Source   string
	Group    string     // the access server, by its name or address
	Server   netip.Addr // its address; invalid if it told none
	ID       string     // Acct-Session-Id
	Keys     []Key
	Prefixes []netip.Prefix
	From     time.Time
	Seen     time.Time
}

// Session gives the sessions of a line that go on, the latest first; those of
// translators and static addresses are not among them.
func (t *Table) Session(line flow.Line) (list []Session) {
	now := micro(t.options.Now())
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, subject := range t.byLine[line] {
		for _, s := range subject.sessions {
			if !s.disputed && t.goesOn(s, now) {
				list = append(list, t.session(s))
			}
		}
	}
	slices.SortFunc(list, func(a, b Session) int {
		return cmp.Or(b.Seen.Compare(a.Seen), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// goesOn tells whether a session has not ended at a moment. One without an
// address may be going on too.
func (t *Table) goesOn(s *session, now int64) bool {
	end, _ := s.over()
	return end > now
}

func (t *Table) session(s *session) Session {
	one := Session{
		Source: s.group.source, Group: s.group.group, ID: s.id,
		Keys: slices.Clone(s.subject.keys), From: flow.At(cmp.Or(s.start, s.seen)), Seen: flow.At(s.seen),
	}
	if s.server != nil {
		one.Server = *s.server
	}
	for i := range s.claims {
		one.Prefixes = append(one.Prefixes, s.claims[i].IP())
	}
	return one
}
