package lease

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"candor/internal/flow"
)

// lines knows line N as user lineN, and as circuit N.
type lines map[Key]flow.Line

func (l lines) Line(kind, key string) (flow.Line, bool) {
	line, ok := l[Key{kind, key}]
	return line, ok
}

func someLines(n int) lines {
	l := lines{}
	for i := 1; i <= n; i++ {
		l[Key{KeyUser, fmt.Sprintf("line%d", i)}] = flow.Line(i)
		l[Key{KeyCircuit, fmt.Sprint(i)}] = flow.Line(i)
	}
	return l
}

// second is a moment, in seconds after one in 2023.
func second(n float64) time.Time {
	return time.Unix(1_700_000_000, 0).Add(time.Duration(n * float64(time.Second)))
}

// model answers by looking at all events, without regard to time and room.
type model struct {
	events        []Event
	statics       []Static
	lines         Lines
	clock, bridge time.Duration
	known         map[string][]modelLease // what covering gave, until events come
}

// modelLease is one lease of the model. The one unknown holder is line -1.
type modelLease struct {
	from, until time.Time
	line        int
	inner       netip.Addr
}

var never = time.Unix(1<<40, 0)

// sessions groups events.
func (m *model) sessions() map[string][]Event {
	all := map[string][]Event{}
	for _, e := range m.events {
		if e.Kind != Restart {
			name := fmt.Sprintf("%s/%s/%s", e.Source, e.Group, e.Session)
			all[name] = append(all[name], e)
		}
	}
	return all
}

// line tells who a session is of.
func (m *model) line(events []Event) int {
	found := map[flow.Line]bool{}
	for _, e := range events {
		for _, k := range e.Keys {
			if l, ok := m.lines.Line(k.Kind, k.Text); ok {
				found[l] = true
			}
		}
	}
	if len(found) != 1 {
		return -1
	}
	for l := range found {
		return int(l)
	}
	return -1
}

// leases lists the leases of exactly one prefix and ports.
func (m *model) leases(p netip.Prefix, ports Ports) (all []modelLease) {
	type one struct {
		modelLease
		source    string
		exclusive bool
		told      bool
		seen      time.Time
	}
	var list []one
	for _, events := range m.sessions() {
		var o one
		var start, begun, first, since, last, end, until time.Time
		var lastUntil time.Time
		named := false
		earlier := func(t *time.Time, at time.Time) {
			if t.IsZero() || at.Before(*t) {
				*t = at
			}
		}
		later := func(t *time.Time, at time.Time) {
			if at.After(*t) {
				*t = at
			}
		}
		for _, e := range events {
			o.source, o.exclusive = e.Source, o.exclusive || e.Exclusive
			if e.Inner.IsValid() {
				o.inner = e.Inner
			}
			switch e.Kind {
			case Begin:
				earlier(&start, e.At)
				later(&o.seen, e.At)
			case Renew:
				later(&o.seen, e.At)
			case End:
				later(&end, e.At)
			}
			if e.Kind != End && !e.At.Before(lastUntil) {
				if e.At.After(lastUntil) || e.Until.IsZero() || !until.IsZero() && e.Until.After(until) {
					until = e.Until
				}
				lastUntil = e.At
			}
			if e.Ports == ports && slices.Contains(e.Prefixes, p) {
				named = true
				earlier(&first, e.At)
				later(&last, e.At)
				if e.Kind == Begin {
					earlier(&begun, e.At)
				} else if !e.Since.IsZero() {
					earlier(&since, e.Since)
				}
			}
		}
		if !named {
			continue
		}
		o.line = m.line(events)
		switch {
		case !begun.IsZero():
			o.from = begun
		case !start.IsZero() || since.IsZero():
			o.from = first
		default:
			o.from = first
			earlier(&o.from, since)
		}
		o.until = never
		var restart time.Time
		for _, e := range m.events {
			if e.Kind == Restart && e.Source == events[0].Source && e.Group == events[0].Group && e.At.After(o.seen) && !o.seen.IsZero() {
				earlier(&restart, e.At)
			}
		}
		switch {
		case !end.IsZero():
			o.until, o.told = end, true
			later(&o.until, o.seen)
		case !restart.IsZero():
			o.until = restart
		case !until.IsZero():
			o.until = until
			later(&o.until, o.seen)
		}
		// Another address of the kind that was first named after this one last was.
		others := map[netip.Prefix]time.Time{}
		for _, e := range events {
			for _, q := range e.Prefixes {
				if q != p && q.Bits() == p.Bits() && q.Addr().Is4() == p.Addr().Is4() {
					t := others[q]
					earlier(&t, e.At)
					others[q] = t
				}
			}
		}
		for _, at := range others {
			if at.After(last) {
				earlier(&o.until, last)
			}
		}
		list = append(list, o)
	}
	for i := range list {
		o := &list[i]
		if !o.exclusive || o.told {
			continue
		}
		next := never
		for _, n := range list {
			if n.exclusive && n.source == o.source && n.from.After(o.from) && n.from.Before(next) {
				next = n.from
			}
		}
		if next != never {
			if o.seen.After(next) {
				next = o.seen
			}
			if next.Before(o.until) {
				o.until = next
			}
		}
	}
	for _, o := range list {
		if o.from.Before(o.until) {
			all = append(all, o.modelLease)
		}
	}
	return all
}

// covering lists all leases of an address and port.
func (m *model) covering(ip netip.Addr, port uint16) (all []modelLease) {
	name := fmt.Sprint(ip, port)
	if all, ok := m.known[name]; ok {
		return all
	}
	defer func() { m.known[name] = all }()
	type thing struct {
		p     netip.Prefix
		ports Ports
	}
	done := map[thing]bool{}
	for _, e := range m.events {
		for _, p := range e.Prefixes {
			th := thing{p, e.Ports}
			if done[th] || !p.Contains(ip) || !e.Ports.All() && (port < e.Ports.Low || port > e.Ports.High) {
				continue
			}
			done[th] = true
			all = append(all, m.leases(p, e.Ports)...)
		}
	}
	for _, s := range m.statics {
		if s.Prefix.Contains(ip) {
			all = append(all, modelLease{from: time.Unix(0, 0), until: never, line: int(s.Line)})
		}
	}
	return all
}

// holder is what Holder must give.
func (m *model) holder(ip netip.Addr, port uint16, at time.Time) flow.Line {
	who, inner := m.who(ip, port, at)
	if inner.IsValid() {
		if who, inner = m.who(inner, 0, at); inner.IsValid() {
			return 0
		}
	}
	return flow.Line(max(who, 0))
}

func (m *model) who(ip netip.Addr, port uint16, at time.Time) (int, netip.Addr) {
	all := m.covering(ip, port)
	type id struct {
		line  int
		inner netip.Addr
	}
	of := func(l modelLease) id {
		if l.inner.IsValid() {
			return id{inner: l.inner}
		}
		return id{line: l.line}
	}
	near := map[id]bool{}
	for _, l := range all {
		if !l.from.After(at.Add(m.clock)) && l.until.After(at.Add(-m.clock)) {
			near[of(l)] = true
		}
	}
	if len(near) > 1 {
		return 0, netip.Addr{}
	}
	for _, l := range all {
		alone := len(near) == 0 || near[of(l)]
		if !l.from.After(at) && l.until.After(at) && alone {
			return of(l).line, of(l).inner
		}
	}
	// In a gap: the last lease of a holder that ended, and its next.
	var between []id
	for _, l := range all {
		var end, next time.Time
		next = never
		for _, o := range all {
			if of(o) != of(l) {
				continue
			}
			if !o.until.After(at) && o.until.After(end) {
				end = o.until
			}
			if o.from.After(at) && o.from.Before(next) {
				next = o.from
			}
		}
		if !end.IsZero() && next != never && next.Sub(end) <= m.bridge && !slices.Contains(between, of(l)) {
			between = append(between, of(l))
		}
	}
	if len(between) == 1 && (len(near) == 0 || near[between[0]]) {
		return between[0].line, between[0].inner
	}
	return 0, netip.Addr{}
}

// someEvents makes a history in which all goes wrong that may.
func someEvents(r *rand.Rand) []Event {
	v4 := []string{"10.0.0.1/32", "10.0.0.2/32", "10.0.0.0/30"}
	v6 := []string{"2001:db8:0:1::/64", "2001:db8::/56", "2001:db8:0:1::9/128"}
	at := func() time.Time { return second(float64(r.IntN(200))) }
	pick := func(from []string) netip.Prefix { return netip.MustParsePrefix(from[r.IntN(len(from))]) }
	var events []Event
	for n := range 3 + r.IntN(8) {
		e := Event{Source: []string{"radius", "dhcp"}[r.IntN(2)], Group: []string{"", "nas"}[r.IntN(2)], Session: fmt.Sprint(n)}
		e.Exclusive = e.Source == "dhcp"
		switch r.IntN(8) {
		case 0:
			e.Keys = []Key{{KeyUser, "stranger"}}
		case 1:
			e.Keys = []Key{{KeyUser, "line1"}, {KeyCircuit, fmt.Sprint(1 + r.IntN(2))}}
		default:
			e.Keys = []Key{{KeyUser, fmt.Sprintf("line%d", 1+r.IntN(3))}}
		}
		switch r.IntN(4) {
		case 0:
			e.Prefixes = []netip.Prefix{pick(v6)}
		case 1:
			e.Keys, e.Inner = nil, netip.MustParseAddr([]string{"10.0.0.1", "10.0.0.2", "10.9.9.9", "192.0.2.1"}[r.IntN(4)])
			e.Prefixes = []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}
			e.Ports = []Ports{{1024, 2047}, {2048, 3071}, {2000, 2100}}[r.IntN(3)]
			if r.IntN(4) > 0 && e.Ports.Low == 2000 {
				e.Ports = Ports{2048, 3071}
			}
		default:
			e.Prefixes = []netip.Prefix{pick(v4)}
		}
		begin := e
		begin.Kind, begin.At = Begin, at()
		life := func(e *Event) {
			if r.IntN(3) == 0 {
				e.Until, e.Silent = e.At.Add(time.Duration(r.IntN(60))*time.Second), r.IntN(2) == 0
			}
		}
		life(&begin)
		if r.IntN(5) > 0 {
			events = append(events, begin)
		}
		for range r.IntN(4) {
			renew := e
			renew.Kind, renew.At = Renew, begin.At.Add(time.Duration(r.IntN(60))*time.Second)
			if r.IntN(2) == 0 {
				renew.Since = begin.At.Add(time.Duration(r.IntN(3)-1) * time.Second)
			}
			if r.IntN(4) == 0 && e.Inner == (netip.Addr{}) {
				renew.Prefixes = append(slices.Clone(renew.Prefixes), pick(v4))
			}
			if r.IntN(4) == 0 && e.Inner == (netip.Addr{}) {
				renew.Prefixes = []netip.Prefix{pick(v4)}
			}
			life(&renew)
			if len(e.Keys) > 0 && r.IntN(4) == 0 { // keys of its own
				renew.Keys = [][]Key{nil, e.Keys[:1], {{KeyCircuit, fmt.Sprint(1 + r.IntN(3))}}, {{KeyUser, "stranger"}}}[r.IntN(4)]
			}
			events = append(events, renew)
		}
		if r.IntN(2) == 0 {
			end := e
			end.Kind, end.At = End, begin.At.Add(time.Duration(r.IntN(80))*time.Second)
			if r.IntN(2) == 0 {
				end.Prefixes = nil
				end.Ports = Ports{}
			}
			if e.Inner.IsValid() {
				end.Prefixes, end.Ports = e.Prefixes, e.Ports
			}
			events = append(events, end)
		}
	}
	for range r.IntN(2) {
		events = append(events, Event{Kind: Restart, Source: "radius", Group: "nas", At: at()})
	}
	r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	if len(events) > 2 && r.IntN(2) == 0 { // told twice
		events = append(events, events[r.IntN(len(events))])
	}
	return events
}

// TestModel holds the table against the model, in histories that overlap, end
// late, arrive late and out of order, at every half second, before and after it
// is read from the disk.
func TestModel(t *testing.T) {
	histories := 150
	if testing.Short() {
		histories = 60
	}
	named, none := 0, 0
	seed := uint64(time.Now().UnixNano())
	for n := range histories {
		r := rand.New(rand.NewPCG(seed, uint64(n)))
		events := someEvents(r)
		o := Options{Dir: t.TempDir(), Lines: someLines(3), Clock: 2 * time.Second, Bridge: 5 * time.Second, Now: func() time.Time { return second(300) }}
		table, err := Open(o)
		if err != nil {
			t.Fatal(err)
		}
		m := &model{lines: o.Lines, clock: o.Clock, bridge: o.Bridge, known: map[string][]modelLease{}}
		if r.IntN(4) == 0 {
			m.statics = []Static{{Prefix: netip.MustParsePrefix("10.0.0.0/31"), Line: 2}}
			table.SetStatic(m.statics)
		}
		for i, e := range events {
			if err := table.Apply(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			m.events = append(m.events, e)
			if i == len(events)/2 && r.IntN(2) == 0 {
				if err := table.Snapshot(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		a, b := compareModel(t, table, m, cmp.Or(seed, 1), n)
		named, none = named+a, none+b
		if err := table.Close(); err != nil {
			t.Fatal(err)
		}
		again, err := Open(o)
		if err != nil {
			t.Fatal(err)
		}
		again.SetStatic(m.statics)
		compareModel(t, again, m, seed, n)
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("seed %d: %d moments have a line, %d none", seed, named, none)
	if named < histories || none < histories {
		t.Error("too few moments of one kind to tell anything")
	}
}

func compareModel(t *testing.T, table *Table, m *model, seed uint64, n int) (named, none int) {
	t.Helper()
	type place struct {
		ip   string
		port uint16
	}
	for _, p := range []place{
		{"10.0.0.1", 80}, {"10.0.0.2", 0}, {"10.0.0.3", 1}, {"192.0.2.1", 1024}, {"192.0.2.1", 2047}, {"192.0.2.1", 2050}, {"192.0.2.1", 3000}, {"192.0.2.1", 0},
		{"2001:db8:0:1::1", 1}, {"2001:db8:0:1::9", 1}, {"2001:db8:0:2::1", 1},
	} {
		ip := netip.MustParseAddr(p.ip)
		for half := -20; half < 600; half++ {
			at := second(float64(half) / 2)
			want := m.holder(ip, p.port, at)
			if want == 0 {
				none++
			} else {
				named++
			}
			got := table.Holder(flow.FromIP(ip), p.port, at.UnixMicro())
			if got == want {
				if e := table.Explain(ip, p.port, at); e.Line != got {
					t.Errorf("seed %d history %d: %s port %d at %v: Holder says %d, Explain %d (%s)", seed, n, ip, p.port, float64(half)/2, got, e.Line, e.Reason)
					return named, none
				}
				continue
			}
			t.Errorf("seed %d history %d: %s port %d at %v: line %d, not %d", seed, n, ip, p.port, float64(half)/2, got, want)
			for _, l := range m.covering(ip, p.port) {
				t.Logf("model: %v to %v line %d inner %s", l.from.Sub(second(0)).Seconds(), l.until.Sub(second(0)).Seconds(), l.line, l.inner)
			}
			for _, l := range table.Explain(ip, p.port, at).Leases {
				t.Logf("table: %s %v to %v line %d %s %s", l.Session, l.From.Sub(second(0)).Seconds(), l.Until.Sub(second(0)).Seconds(), l.Line, l.Inner, l.Why)
			}
			for _, e := range m.events {
				t.Logf("%s %s/%s/%s %v %s %v at %v until %v silent %v since %v", e.Kind, e.Source, e.Group, e.Session, e.Keys, e.Inner, e.Prefixes, e.At.Sub(second(0)).Seconds(), e.Until.Sub(second(0)).Seconds(), e.Silent, e.Since.Sub(second(0)).Seconds())
			}
			return named, none
		}
	}
	return named, none
}
