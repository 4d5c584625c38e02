package synthetic

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"candor/internal/flow/lease"
)

// source is who tells of leases, and how.
type source struct {
	name, group string
	exclusive   bool
	renews      time.Duration // how often it tells that a lease goes on
	lasts       time.Duration // that it gives a lease for, from each renewal
	silent      bool          // lasts is only when it counts as silent
	lossy       bool          // not all that it tells arrives
}

func (w *world) dhcp(group string) source {
	return source{name: "dhcp", group: group, exclusive: true, renews: 12 * time.Hour, lasts: 24 * time.Hour}
}

func (w *world) radius(n int) source {
	return source{name: fmt.Sprint("radius", n%2), group: fmt.Sprint("nas", n), exclusive: n%2 == 0, renews: time.Hour, lasts: 150 * time.Minute, silent: true, lossy: n%4 == 1}
}

// leased makes up who had an address.
func (w *world) leased(t thing, lines []int, s source) {
	w.things[t.kind] = append(w.things[t.kind], w.live(t, lines, s))
}

func (w *world) live(t thing, lines []int, s source) thing {
	told := true // the end of the one before: that and the next beginning are not both lost
	at := begin.Add(-between(w.r, 0, 24*time.Hour))
	for n := 0; at.Before(end); n++ {
		h := tenancy{from: at, until: at.Add(between(w.r, 20*time.Minute, 5*24*time.Hour)), asset: pick(w.r, lines)}
		e := lease.Event{Source: s.name, Group: s.group, Session: fmt.Sprint(t.prefix, n), Exclusive: s.exclusive,
			Keys: []lease.Key{{Kind: lease.KeyCircuit, Text: w.assets[h.asset].Reference}}, Prefixes: []netip.Prefix{t.prefix}}
		told = w.session(&h, e, s, told)
		t.had = append(t.had, h)
		if n%40 == 7 { // another server gives it to a second one meanwhile
			w.doubled(&t, h, lines)
		}
		at = h.until.Add(between(w.r, time.Second, 10*time.Second))
		if w.r.IntN(3) > 0 {
			at = at.Add(between(w.r, 0, 6*time.Hour))
		}
	}
	slices.SortStableFunc(t.had, func(a, b tenancy) int { return a.from.Compare(b.from) })
	return t
}

// doubled has two have one address at once.
func (w *world) doubled(t *thing, h tenancy, lines []int) {
	middle := anyTime(w.r, h.from, h.until)
	two := tenancy{from: anyTime(w.r, h.from, middle), until: middle, asset: pick(w.r, lines)}
	e := lease.Event{Source: "rogue", Group: "rogue", Session: fmt.Sprint("rogue", t.prefix, h.from.Unix()), Prefixes: []netip.Prefix{t.prefix},
		Keys: []lease.Key{{Kind: lease.KeyCircuit, Text: w.assets[two.asset].Reference}}}
	w.say(e, lease.Begin, two.from, time.Time{})
	w.say(e, lease.End, two.until, time.Time{})
	t.had = append(t.had, two)
	w.double++
}

// session tells of a lease: that it began, goes on, and ended; and whether that last.
func (w *world) session(h *tenancy, e lease.Event, s source, mayMiss bool) bool {
	lost := func(oneIn int) bool { return s.lossy && w.r.IntN(oneIn) == 0 }
	since := h.from
	if !lost(30) || !mayMiss {
		w.say(e, lease.Begin, h.from, h.from.Add(s.lasts), silence(s))
	}
	last := h.from
	if s.renews > 0 {
		for at := h.from.Add(s.renews); at.Before(h.until); at = at.Add(s.renews) {
			last = at
			if lost(20) {
				continue
			}
			one := e
			if w.r.IntN(2) == 0 {
				one.Since = since.Add(w.skew())
			}
			w.say(one, lease.Renew, at, at.Add(s.lasts), silence(s))
		}
	}
	if !s.silent && s.lasts > 0 && w.r.IntN(2) == 0 {
		h.until = last.Add(s.lasts) // it leaves without a word: its lease runs out
		return true
	}
	if lost(30) {
		return false
	}
	w.say(e, lease.End, h.until, time.Time{})
	return true
}

func silence(s source) func(*lease.Event) {
	return func(e *lease.Event) {
		e.Silent = s.silent
		if s.lasts == 0 {
			e.Until = time.Time{}
		}
	}
}

// skew is how far clocks of sources are off.
func (w *world) skew() time.Duration {
	return between(w.r, -900*time.Millisecond, 900*time.Millisecond)
}

func (w *world) say(e lease.Event, k lease.Kind, at, until time.Time, more ...func(*lease.Event)) {
	e.Kind, e.At, e.Until = k, at.Add(w.skew()), until
	for _, f := range more {
		f(&e)
	}
	if at.Before(end) {
		w.events = append(w.events, arrival{at: at, Event: e})
	}
}

// behind makes up who had an inner address.
func (w *world) behind(n int, lines []int) {
	s := source{name: "inner", group: fmt.Sprint("inner", n%2), exclusive: true, renews: 12 * time.Hour, lasts: 24 * time.Hour}
	w.inner = append(w.inner, w.live(thing{kind: translated, prefix: four(100<<24 + 64<<16 + n)}, lines, s))
}

const perAddress = 20 // blocks of an outer address

// blocks makes up which inner address had a block of ports.
func (w *world) blocks(n int) {
	low := uint16(1024 + n%perAddress*3000)
	t := thing{kind: translated, prefix: four(81<<24 + 128<<16 + n/perAddress), ports: lease.Ports{Low: low, High: low + 2999}}
	for at, i := begin, 0; at.Before(end); i++ {
		of := &w.inner[w.r.IntN(len(w.inner))]
		on := slices.IndexFunc(of.had, func(h tenancy) bool { return !h.from.After(at) && h.until.After(at.Add(time.Second)) })
		if on < 0 {
			at = at.Add(time.Minute)
			continue
		}
		h := tenancy{from: at, until: earlier(at.Add(between(w.r, 5*time.Minute, 30*time.Hour)), of.had[on].until), asset: of.had[on].asset}
		e := lease.Event{Source: "nat", Group: fmt.Sprint("nat", n%2), Session: fmt.Sprint(t.prefix, low, i), Exclusive: true, Inner: of.prefix.Addr(), Prefixes: []netip.Prefix{t.prefix}, Ports: t.ports}
		w.say(e, lease.Begin, h.from, time.Time{})
		w.say(e, lease.End, h.until, time.Time{})
		t.had = append(t.had, h)
		for _, two := range of.had { // whoever else had the inner address, or said so
			if from, until := later(h.from, two.from), earlier(h.until, two.until); two != of.had[on] && from.Before(until) {
				t.had = append(t.had, tenancy{from, until, two.asset})
			}
		}
		at = h.until.Add(between(w.r, time.Second, 3*time.Hour))
	}
	w.things[translated] = append(w.things[translated], t)
}

// outage is a time in which what a group told did not arrive.
type outage struct{ from, until time.Time }

// arrange says when each event arrives: soon, or once its group is heard again, in
// the order in which things happened.
func (w *world) arrange() {
	slices.SortStableFunc(w.events, func(a, b arrival) int { return a.at.Compare(b.at) })
	for i := range w.events {
		e := &w.events[i]
		g := e.Source + e.Group
		if _, known := w.outages[g]; !known {
			w.outages[g] = outages(w.r)
		}
		happened := e.at
		e.at = happened.Add(between(w.r, 0, settle-20*time.Second))
		if e.Source == "rogue" {
			continue
		}
		for _, o := range w.outages[g] {
			if happened.Before(o.until) && e.at.After(o.from) {
				e.at = o.until.Add(time.Second)
			}
		}
	}
	slices.SortStableFunc(w.events, func(a, b arrival) int { return a.at.Compare(b.at) })
}

func outages(r *rand.Rand) (all []outage) {
	for at := begin; at.Before(end); {
		at = at.Add(between(r, 6*time.Hour, 5*24*time.Hour))
		until := at.Add(between(r, 5*time.Minute, 5*time.Hour))
		all = append(all, outage{at, until})
		at = until
	}
	return all
}
