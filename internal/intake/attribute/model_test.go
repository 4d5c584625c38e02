package attribute_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/lease"
	"candor/internal/intake"
	"candor/internal/intake/attribute"
)

// The model is a network in which it is known who held what: holders come and
// go, sources tell of it late, out of order, not of all, with clocks that are
// off. Reports are of what really happened, by reporters whose clocks are off.

// hold is that a line truly held ports of an address.
type hold struct {
	address     netip.Addr
	ports       lease.Ports
	line        flow.Line
	from, until time.Time
	lossy       bool // not all of it was told
}

type world struct {
	r      *rand.Rand
	now    time.Time
	holds  []hold
	told   []arrival
	table  *lease.Table
	memory memory
}

// arrival is an event with when it comes.
type arrival struct {
	at    time.Time
	event lease.Event
}

const (
	someLines = 12
	margin    = 2 * time.Minute
	settle    = 5 * time.Minute
	silent    = 30 * time.Minute
)

// begin is on the night on which clocks go back in Europe.
var begin = time.Date(2026, 10, 24, 22, 0, 0, 0, time.UTC)

type numbered struct{}

func (numbered) Line(_, key string) (flow.Line, bool) {
	n, err := strconv.Atoi(key)
	return flow.Line(n), err == nil && n <= someLines
}

func assetOf(l flow.Line) candor.ID { return candor.ID(fmt.Sprintf("line%02d", l)) }

func newWorld(t *testing.T, r *rand.Rand) *world {
	w := &world{r: r, memory: memory{assets: map[candor.ID]candor.Asset{}, owners: map[candor.ID][]candor.Holding{}}}
	for l := flow.Line(1); l <= someLines; l++ {
		id := assetOf(l)
		w.memory.assets[id] = candor.Asset{ID: id, Kind: candor.Line, Owner: "party of " + id}
	}
	// One line is sold to another party in the night.
	sold := begin.Add(w.between(time.Hour, 9*time.Hour))
	w.memory.owners[assetOf(1)] = []candor.Holding{{Asset: assetOf(1), Party: "before", Until: sold}, {Asset: assetOf(1), Party: "after", Since: sold}}
	for i := range 5 {
		w.lived(netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), lease.Ports{}, 0)
	}
	for i := range 4 {
		w.lived(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), lease.Ports{}, 0)
	}
	for i := range 8 {
		low := uint16(1024 + 1000*(i%4))
		w.lived(netip.AddrFrom4([4]byte{192, 0, 2, byte(100 + i/4)}), lease.Ports{Low: low, High: low + 999}, 4)
	}
	w.now = begin.Add(w.between(8*time.Hour, 14*time.Hour))
	table, err := lease.Open(lease.Options{Dir: t.TempDir(), Lines: numbered{}, Now: func() time.Time { return w.now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { table.Close() })
	r.Shuffle(len(w.told), func(i, j int) { w.told[i], w.told[j] = w.told[j], w.told[i] })
	var events []lease.Event
	for _, a := range w.told {
		if !a.at.After(w.now) {
			events = append(events, a.event)
		}
	}
	if err := table.Apply(t.Context(), events...); err != nil {
		t.Fatal(err)
	}
	w.table = table
	return w
}

func (w *world) between(low, high time.Duration) time.Duration {
	return low + time.Duration(w.r.Int64N(int64(high-low)))
}

// lived makes up who held an address over the night, and what sources tell of
// it. Behind a translator there are so many inner addresses.
func (w *world) lived(address netip.Addr, ports lease.Ports, inners int) {
	lossySource := w.r.IntN(3) == 0
	exclusive := inners > 0 || w.r.IntN(2) == 0
	told := true // the end of the one before: that and the next begin are not both lost
	for at, n := begin.Add(w.between(0, time.Hour)), 0; at.Before(begin.Add(14 * time.Hour)); n++ {
		h := hold{address: address, ports: ports, line: flow.Line(1 + w.r.IntN(someLines+2)), from: at, until: at.Add(w.between(30*time.Second, 4*time.Hour))}
		e := lease.Event{Kind: lease.Begin, Source: fmt.Sprint("source", exclusive, inners > 0), Group: "g", Session: fmt.Sprint(address, ports, n), Exclusive: exclusive,
			Prefixes: []netip.Prefix{netip.PrefixFrom(address, 32)}, Ports: ports}
		if inners > 0 {
			e.Inner = netip.AddrFrom4([4]byte{10, 0, 0, byte(w.r.IntN(inners))})
			h.line = 0
			for _, in := range w.holds { // the block lasts as long as the inner lease
				if in.address == e.Inner && !in.from.After(at) && in.until.After(at) {
					h.line, h.lossy = in.line, in.lossy
					h.until = earlier(h.until, in.until)
				}
			}
			if h.line == 0 {
				at = at.Add(time.Minute)
				continue
			}
		} else {
			e.Keys = []lease.Key{{Kind: lease.KeyUser, Text: fmt.Sprint(h.line)}} // two of them are of no line
		}
		told = w.tell(&h, e, lossySource && inners == 0, told)
		w.holds = append(w.holds, h)
		at = h.until
		if w.r.IntN(3) == 0 {
			at = at.Add(w.between(0, 40*time.Minute))
		} else {
			at = at.Add(w.between(time.Second, 10*time.Second))
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// tell has a source tell of a session: begin (perhaps not), now and then that it
// goes on, end. It gives whether it told of the end.
func (w *world) tell(h *hold, e lease.Event, lossy, mayMiss bool) bool {
	skew := func() time.Duration { return w.between(-900*time.Millisecond, 900*time.Millisecond) }
	send := func(kind lease.Kind, at time.Time, lost bool) {
		if lost {
			h.lossy = true
			return
		}
		one := e
		one.Kind, one.At = kind, at.Add(skew())
		if lossy && kind != lease.End {
			one.Until, one.Silent = one.At.Add(silent), true
		}
		if kind == lease.Renew && w.r.IntN(2) == 0 {
			one.Since = h.from.Add(skew())
		}
		w.told = append(w.told, arrival{at.Add(w.between(0, settle-time.Second)), one})
	}
	send(lease.Begin, h.from, lossy && mayMiss && h.until.Sub(h.from) > 20*time.Minute && w.r.IntN(4) == 0)
	for at := h.from.Add(10 * time.Minute); at.Before(h.until); at = at.Add(10 * time.Minute) {
		send(lease.Renew, at, lossy && at.Add(10*time.Minute).Before(h.until) && w.r.IntN(2) == 0)
	}
	lost := lossy && w.r.IntN(3) == 0
	send(lease.End, h.until, lost)
	return !lost
}

// party is whose a line was.
func (w *world) party(l flow.Line, at time.Time) candor.ID {
	owners, _ := w.memory.Owners(nil, assetOf(l), at, at) //nolint:staticcheck // it asks nobody
	if len(owners) == 0 {
		return ""
	}
	return owners[0].Party
}

// clear tells whether by what was told nothing but one answer is left.
func (w *world) clear(h hold, first, last time.Time) bool {
	const off = margin + 5*time.Second
	if h.lossy || h.line > someLines || last.Add(off+2*settle).After(w.now) || first.Add(-off).Before(h.from) || last.Add(off).After(h.until) {
		return false
	}
	if w.party(h.line, first.Add(-off)) != w.party(h.line, last.Add(off)) {
		return false
	}
	for _, o := range w.holds { // of what was not told of it may have had it on
		if o.address == h.address && o.lossy && !o.from.After(h.from) {
			return false
		}
		if h.ports != (lease.Ports{}) && o.lossy && o.address.As4()[0] == 10 {
			return false
		}
	}
	return true
}

func TestModel(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	seed := cmp.Or(func() uint64 { n, _ := strconv.ParseUint(os.Getenv("SEED"), 10, 64); return n }(), rand.Uint64())
	t.Logf("SEED=%d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	count := map[string]int{}
	for range 60 {
		w := newWorld(t, r)
		a := attribute.New(&w.memory, attribute.Table{Table: w.table, Lines: func(l flow.Line) (candor.ID, bool) { return assetOf(l), l <= someLines }}, nil, nil,
			attribute.Options{Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, Margin: margin, Settle: settle, Back: 6 * time.Hour, Now: func() time.Time { return w.now }})
		outer := slices.DeleteFunc(slices.Clone(w.holds), func(h hold) bool { return h.address.As4()[0] == 10 || !h.from.Before(w.now) })
		for range 400 {
			h := outer[r.IntN(len(outer))]
			until := earlier(h.until, w.now)
			first := h.from.Add(w.between(0, until.Sub(h.from)))
			last := first
			if r.IntN(3) == 0 {
				last = first.Add(w.between(0, until.Sub(first)+1))
			}
			off := w.between(-margin+time.Second, margin-time.Second)
			tell := func(at time.Time) *intake.When { // as a report has it, in the reporter's zone
				text := at.Add(off).In(berlin).Format(time.RFC3339Nano)
				read, err := time.Parse(time.RFC3339Nano, text)
				if err != nil {
					t.Fatal(err)
				}
				return &intake.When{Text: text, Time: read.UTC()}
			}
			from, to, how := tell(first), tell(last), "timed"
			switch r.IntN(8) {
			case 0:
				from, to, how = nil, nil, "untimed"
			case 1:
				from, how = &intake.When{Text: first.In(berlin).Format("2006-01-02 15:04:05")}, "without zone"
			case 2:
				to = nil
				last = first
			}
			resource := intake.Resource{Kind: intake.Address, Value: h.address.String(), Role: intake.Source}
			if h.ports != (lease.Ports{}) && r.IntN(5) > 0 {
				resource.Port = h.ports.Low + uint16(r.IntN(1000))
			}
			received := w.now
			if how != "timed" {
				received = w.now.Add(-2 * settle)
			}
			got, err := a.Attribute(t.Context(), resource, from, to, received)
			if err != nil {
				t.Fatal(err)
			}
			count[how+" "+string(got.Verdict)]++
			if how != "timed" && (first.Before(received.Add(-6*time.Hour)) || last.After(received)) {
				continue // a report without a time is not of before, nor of after it came
			}
			want := assetOf(h.line)
			if got.Verdict == attribute.Ours && (got.Asset != want || got.Party != w.party(h.line, first)) {
				t.Fatalf("%s of %s, port %d, from %s to %s (%s, off by %s): %+v; it was %s of %s, %+v", how, h.address, resource.Port, first, last, from, off, got, want, w.party(h.line, first), h)
			}
			ported := h.ports == (lease.Ports{}) || resource.Port != 0
			if how == "timed" && ported && got.Verdict != attribute.Ours && got.Again.IsZero() && w.clear(h, first.Add(min(off, 0)), last.Add(max(off, 0))) &&
				!h.from.After(first.Add(off-margin)) && h.until.After(last.Add(off+margin)) {
				t.Fatalf("%s of %s, port %d, from %s to %s (off by %s), now %s: %+v; it was %+v", how, h.address, resource.Port, first, last, off, w.now, got, h)
			}
		}
	}
	t.Log(count)
	for _, kind := range []string{"timed ours", "timed several", "timed unknown", "untimed untimed", "without zone untimed"} {
		if count[kind] < 20 {
			t.Errorf("only %d reports are %s: the model shows little", count[kind], kind)
		}
	}
}
