package lease

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"testing"
	"time"

	"candor/internal/flow"
)

// lineReasons writes what is known of an address as line and reason.
func lineReasons(t Tenures) (all []string) {
	for _, h := range t.List {
		all = append(all, string(h.Reason)+"-"+string(rune('0'+h.Line)))
	}
	slices.Sort(all)
	return all
}

func TestTenures(t *testing.T) {
	table := openTable(t, t.TempDir(), Options{Lines: someLines(9)})
	user := func(name string) []Key { return []Key{{KeyUser, name}} }
	p := func(s string) []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix(s)} }
	err := table.Apply(t.Context(),
		Event{Kind: Begin, Source: "s", Session: "1", Keys: user("line1"), Prefixes: p("192.0.2.1/32"), At: second(0)},
		Event{Kind: End, Source: "s", Session: "1", At: second(100)},
		Event{Kind: Begin, Source: "s", Session: "1b", Keys: user("line1"), Prefixes: p("192.0.2.1/32"), At: second(130)},
		Event{Kind: End, Source: "s", Session: "1b", At: second(200)},
		Event{Kind: Begin, Source: "s", Session: "2", Keys: user("line2"), Prefixes: p("192.0.2.1/32"), At: second(300), Until: second(400), Silent: true},
		Event{Kind: Begin, Source: "s", Session: "3", Keys: user("line3"), Prefixes: p("192.0.2.1/32"), At: second(500)},
		Event{Kind: Begin, Source: "s", Session: "4", Keys: user("nobody"), Prefixes: p("192.0.2.2/32"), At: second(0)},
		Event{Kind: Begin, Source: "s", Session: "5", Keys: user("line5"), Prefixes: p("10.0.0.1/32"), At: second(0)},
		Event{Kind: End, Source: "s", Session: "5", At: second(500)},
		Event{Kind: Begin, Source: "n", Session: "6", Inner: netip.MustParseAddr("10.0.0.1"), Prefixes: p("192.0.2.9/32"), Ports: Ports{1000, 1999}, At: second(100)},
		Event{Kind: Begin, Source: "n", Session: "7", Inner: netip.MustParseAddr("10.0.0.2"), Prefixes: p("192.0.2.9/32"), Ports: Ports{2000, 2999}, At: second(100)},
	)
	if err != nil {
		t.Fatal(err)
	}
	table.SetStatic([]Static{{Prefix: p("198.51.100.0/24")[0], Line: 8}})
	if err := table.SetFormulas([]Formula{{Inner: p("10.1.0.0/30")[0], Outer: p("203.0.113.1/32")[0], Ports: Ports{1024, 65535}, Block: 16128}}); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		ip          string
		port        uint16
		from, until float64
		ports       bool
		want        []string
	}{
		{"192.0.2.1", 0, 50, 50, false, []string{"held-1"}},
		{"192.0.2.1", 0, 110, 120, false, []string{"held-1"}}, // bridged
		{"192.0.2.1", 0, 210, 290, false, nil},
		{"192.0.2.1", 0, 150, 350, false, []string{"held-1", "silent-2"}}, // it was not heard of again
		{"192.0.2.1", 0, 450, 450, false, []string{"silent-2"}},
		{"192.0.2.1", 0, 450, 600, false, []string{"held-3", "silent-2"}},
		{"192.0.2.1", 0, 700, 800, false, []string{"held-3"}},
		{"192.0.2.2", 0, 50, 50, false, []string{"unknown-0"}},
		{"192.0.2.9", 1500, 200, 300, false, []string{"held-5"}},
		{"192.0.2.9", 1500, 50, 50, false, nil},
		{"192.0.2.9", 1500, 400, 600, false, []string{"held-5", "inner-0"}},
		{"192.0.2.9", 2500, 200, 300, false, []string{"inner-0"}},
		{"192.0.2.9", 0, 200, 300, true, []string{"held-5", "inner-0"}},
		{"198.51.100.77", 0, 50, 50, false, []string{"held-8"}},
		{"203.0.113.1", 1024, 50, 50, false, []string{"inner-0"}},
		{"203.0.113.1", 0, 50, 50, true, []string{"inner-0"}},
	} {
		got := table.Tenures(netip.MustParseAddr(x.ip), x.port, second(x.from), second(x.until), 20)
		if !slices.Equal(lineReasons(got), x.want) || got.Ports != x.ports || got.More {
			t.Errorf("%s %d from %g to %g: %+v", x.ip, x.port, x.from, x.until, got)
		}
	}
	if got := table.Tenures(netip.MustParseAddr("192.0.2.1"), 0, second(0), second(900), 2); len(got.List) != 2 || !got.More {
		t.Errorf("of four two: %+v", got)
	}
	for network, want := range map[string][]string{"192.0.2.0/30": {"held-1", "held-3", "silent-2", "unknown-0"}, "198.51.100.128/25": {"held-8"}, "192.0.2.64/26": nil} {
		if got := lineReasons(table.TenuresWithin(netip.MustParsePrefix(network), second(0), second(900), 20)); !slices.Equal(got, want) {
			t.Errorf("%s: %v", network, got)
		}
	}
}

// TestTenuresAgree compares moments with what Holder says of them, in tables of
// random leases: whom Holder gives is among them.
func TestTenuresAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(rand.Uint64(), 2))
	sole, held := 0, 0
	for range 30 {
		table := openTable(t, t.TempDir(), Options{Lines: someLines(4)})
		var events []Event
		for n := range 60 {
			e := Event{Kind: Kind(1 + r.IntN(3)), Source: "s", Session: string(rune('a' + n%25)), Keys: []Key{{KeyUser, "line" + string(rune('1'+n%25%4))}},
				Prefixes: []netip.Prefix{netip.MustParsePrefix([]string{"192.0.2.1/32", "192.0.2.0/30", "192.0.2.2/32"}[n%3])}, At: second(float64(r.IntN(1000)))}
			if r.IntN(2) == 0 {
				e.Until, e.Silent = e.At.Add(time.Duration(r.IntN(200))*time.Second), r.IntN(2) == 0
			}
			events = append(events, e)
		}
		if err := table.Apply(t.Context(), events...); err != nil {
			t.Fatal(err)
		}
		for range 300 {
			ip, at := netip.AddrFrom4([4]byte{192, 0, 2, byte(r.IntN(4))}), second(float64(r.IntN(1100)))
			who := table.Holder(flow.FromIP(ip), 0, at.UnixMicro())
			got := table.Tenures(ip, 0, at, at, 20)
			lines := map[flow.Line]bool{}
			for _, h := range got.List {
				lines[h.Line] = true
			}
			if len(lines) == 1 {
				sole++
			}
			if who != 0 {
				held++
			}
			if who != 0 && !lines[who] {
				t.Fatalf("%s at %s: Holder says %d, Tenures %+v", ip, at, who, got.List)
			}
		}
	}
	if sole < 100 || held < 100 {
		t.Errorf("%d of one line, %d held", sole, held)
	}
}

// TestKnown: a source that told of something each minute, and then of nothing, has
// more to tell. Of one that seldom tells, nothing is awaited.
func TestKnown(t *testing.T) {
	table := openTable(t, t.TempDir(), Options{Lines: someLines(9)})
	p := []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}
	apply := func(events ...Event) {
		t.Helper()
		if err := table.Apply(t.Context(), events...); err != nil {
			t.Fatal(err)
		}
	}
	known := func() time.Time {
		t.Helper()
		got := table.Tenures(p[0].Addr(), 0, second(7000), second(7000), 5)
		if len(got.List) != 1 || got.List[0].Line != 1 {
			t.Fatalf("%+v", got)
		}
		return got.List[0].Known
	}
	apply(Event{Kind: Begin, Source: "s", Group: "nas", Session: "1", Keys: []Key{{KeyUser, "line1"}}, Prefixes: p, At: second(0)})
	if at := known(); !at.IsZero() {
		t.Errorf("a quiet source is awaited from %s on", at)
	}
	for n := range 40 {
		apply(Event{Kind: Begin, Source: "s", Group: "nas", Session: "other" + strconv.Itoa(n), Keys: []Key{{KeyUser, "line2"}}, Prefixes: []netip.Prefix{netip.MustParsePrefix("192.0.2.2/32")}, At: second(float64(60 * ((n * 7) % 40)))})
	}
	if at := known(); !at.Equal(second(60 * 39)) {
		t.Errorf("it is known up to %s", at)
	}
	apply(Event{Kind: Renew, Source: "s", Group: "nas", Session: "1", At: second(3600)})
	if at := known(); !at.Equal(second(3600)) {
		t.Errorf("it is known up to %s once it is heard of again", at)
	}
	apply(Event{Kind: End, Source: "s", Group: "nas", Session: "1", At: second(9000)})
	if at := known(); !at.IsZero() {
		t.Errorf("when it ended is known, and yet it is awaited from %s on", at)
	}
}
