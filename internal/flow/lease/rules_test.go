package lease

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor/internal/flow"
)

// openTable opens a table of three lines in a folder, at an hour after second 0.
func openTable(t *testing.T, dir string, o Options) *Table {
	t.Helper()
	o.Dir = dir
	if o.Lines == nil {
		o.Lines = someLines(3)
	}
	if o.Now == nil {
		o.Now = func() time.Time { return second(3600) }
	}
	table, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = table.Close() })
	return table
}

// session makes an event of a line's session that has 10.0.0.1.
func event(kind Kind, id string, line int, at float64) Event {
	return Event{
		Kind: kind, Source: "radius", Group: "nas", Session: id, At: second(at),
		Keys: []Key{{KeyUser, fmt.Sprintf("line%d", line)}}, Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")},
	}
}

func apply(t *testing.T, table *Table, events ...Event) {
	t.Helper()
	if err := table.Apply(t.Context(), events...); err != nil {
		t.Fatal(err)
	}
}

// TestReasons tells people why a line is named, or none is.
func TestReasons(t *testing.T) {
	table := openTable(t, t.TempDir(), Options{})
	quiet := event(Renew, "quiet", 1, 1000)
	quiet.Until, quiet.Silent = second(1100), true
	stranger := event(Begin, "stranger", 9, 1400)
	torn := event(Begin, "torn", 1, 1500)
	torn.Keys = append(torn.Keys, Key{KeyCircuit, "2"})
	twice := event(Begin, "twice", 3, 1690)
	twice.Prefixes = append(twice.Prefixes, netip.MustParsePrefix("10.0.0.0/29"))
	apply(t, table,
		event(Begin, "a", 1, 100), event(End, "a", 1, 200),
		event(Begin, "b", 1, 230), event(End, "b", 1, 300),
		event(Begin, "c", 2, 301), event(End, "c", 2, 400),
		quiet,
		event(Begin, "d", 2, 1300), event(End, "d", 2, 1390), stranger, event(End, "stranger", 9, 1490),
		torn, event(End, "torn", 1, 1590),
		event(Begin, "e", 1, 1600), event(End, "e", 1, 1700), twice, event(End, "twice", 3, 1800),
	)
	for _, tt := range []struct {
		at     float64
		line   flow.Line
		reason Reason
		leases string
	}{
		{50, 0, Later, "a"},
		{150, 1, Held, "a"},
		{215, 1, Bridged, "a b"},
		{299, 0, Change, "b c"},
		{301.5, 0, Change, "b c"},
		{350, 2, Held, "c"},
		{700, 0, Gap, "c quiet"},
		{1050, 1, Held, "quiet"},
		{1200, 0, Silence, "quiet d"},
		{1450, 0, Unmapped, "stranger"},
		{1550, 0, Disputed, "torn"},
		{1695, 0, Twice, "e twice twice"},
		{1900, 0, Ended, "twice"},
	} {
		got := table.Explain(netip.MustParseAddr("10.0.0.1"), 80, second(tt.at))
		var names []string
		for _, l := range got.Leases {
			names = append(names, l.Session)
		}
		if got.Line != tt.line || got.Reason != tt.reason || strings.Join(names, " ") != tt.leases {
			t.Errorf("at %v: line %d, %s, by %v; not %d, %s, by %s", tt.at, got.Line, got.Reason, names, tt.line, tt.reason, tt.leases)
		}
		if h := table.Holder(flow.V4(0x0a000001), 80, second(tt.at).UnixMicro()); h != tt.line {
			t.Errorf("at %v: Holder says line %d", tt.at, h)
		}
	}
	if e := table.Explain(netip.MustParseAddr("192.0.2.1"), 80, second(5)); e.Reason != Nobody {
		t.Errorf("an address that nobody ever had: %+v", e)
	}
	list, _ := table.Unknown()
	if len(list) != 2 {
		t.Errorf("unknown holders: %+v", list)
	}
}

// TestRemap has lines imported after their sessions began.
func TestRemap(t *testing.T) {
	lines := lines{}
	dir := t.TempDir()
	table := openTable(t, dir, Options{Lines: lines})
	apply(t, table, event(Begin, "a", 1, 100))
	holder := func() flow.Line { return table.Holder(flow.V4(0x0a000001), 80, second(200).UnixMicro()) }
	if holder() != 0 {
		t.Error("nobody is known yet")
	}
	lines[Key{KeyUser, "line1"}] = 41
	table.Remap()
	if got := holder(); got != 41 {
		t.Errorf("line %d", got)
	}
	if list, total := table.Unknown(); len(list) != 0 || total != 1 {
		t.Errorf("%+v %d", list, total)
	}
	lines[Key{KeyUser, "line1"}] = 42
	table.Remap()
	if got := holder(); got != 42 {
		t.Errorf("line %d", got)
	}
	if s := table.Session(42); len(s) != 1 || s[0].ID != "a" || len(table.Session(41)) != 0 {
		t.Errorf("%+v", s)
	}
}

// TestStatic changes whose static prefixes are.
func TestStatic(t *testing.T) {
	table := openTable(t, t.TempDir(), Options{})
	net := netip.MustParsePrefix("198.51.100.8/29")
	holds := func(ip string, want flow.Line) {
		t.Helper()
		if got := table.Holder(flow.FromIP(netip.MustParseAddr(ip)), 80, second(200).UnixMicro()); got != want {
			t.Errorf("%s: line %d, not %d", ip, got, want)
		}
	}
	all := []Static{{Prefix: net, Line: 1}, {Prefix: netip.MustParsePrefix("2001:db8:7::/48"), Line: 2}, {Prefix: netip.MustParsePrefix("192.0.2.7/32"), Line: 3, Since: second(300)}}
	table.SetStatic(all)
	table.SetStatic(all)
	holds("198.51.100.15", 1)
	holds("198.51.100.16", 0)
	holds("2001:db8:7:9::1", 2)
	holds("192.0.2.7", 0) // only later on
	all[0].Line = 3
	table.SetStatic(all[:2])
	holds("198.51.100.15", 3)
	holds("192.0.2.7", 0)
	table.SetStatic(append(all[:1:1], Static{Prefix: net, Line: 2}, Static{Prefix: netip.Prefix{}, Line: 2}))
	holds("198.51.100.15", 0) // of two
	holds("2001:db8:7:9::1", 0)
}

// TestKeep forgets what is over for long, and names nobody for then.
func TestKeep(t *testing.T) {
	now := second(3600)
	dir := t.TempDir()
	o := Options{Keep: time.Hour, Now: func() time.Time { return now }}
	table := openTable(t, dir, o)
	given := func(id string, line int, at float64) Event {
		e := event(Begin, id, line, at)
		e.Source, e.Exclusive = "dhcp", true
		return e
	}
	apply(t, table,
		event(Begin, "old", 1, 0), event(End, "old", 1, 3000), // beside "long", until 3000
		event(Begin, "long", 2, 100),
		given("x", 1, 100), given("y", 2, 200), event(Begin, "z", 3, 100_000),
	)
	apply(t, table, Event{Kind: End, Source: "dhcp", Group: "nas", Session: "y", At: second(300)})
	now = second(3600 + 3600)
	table.Sweep()
	if s := table.Stats(); s.Sessions != 2 {
		t.Errorf("%d sessions are left", s.Sessions)
	}
	for at, want := range map[float64]flow.Line{50: 0, 150: 0, 2000: 0, 3599: 0, 3601: 2, 7000: 2} {
		if got := table.Holder(flow.V4(0x0a000001), 80, second(at).UnixMicro()); got != want {
			t.Errorf("at %v: line %d, not %d", at, got, want)
		}
	}
	if e := table.Explain(netip.MustParseAddr("10.0.0.1"), 0, second(150)); e.Reason != Forgotten {
		t.Errorf("%+v", e)
	}
	if err := table.Snapshot(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	again := openTable(t, dir, o)
	if s := again.Stats(); s.Sessions != 2 {
		t.Errorf("%d sessions are there again", s.Sessions)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 4 { // lock, snapshot, the log of then and the one of now
		t.Errorf("files: %v, %v", files, err)
	}
}

// TestFull has no room for a new holder: then the old one is not named either.
func TestFull(t *testing.T) {
	table := openTable(t, t.TempDir(), Options{Most: 1})
	apply(t, table, event(Begin, "a", 1, 100))
	if err := table.Apply(t.Context(), event(Begin, "b", 2, 200)); !errors.Is(err, ErrFull) {
		t.Errorf("error %v", err)
	}
	apply(t, table, event(Renew, "a", 1, 150))
	for at, want := range map[float64]flow.Line{150: 1, 199: 1, 201: 0} {
		if got := table.Holder(flow.V4(0x0a000001), 80, second(at).UnixMicro()); got != want {
			t.Errorf("at %v: line %d, not %d", at, got, want)
		}
	}
	if s := table.Stats(); s.Full != 1 {
		t.Errorf("%+v", s)
	}
}

// TestImpossible has events that cannot be true.
func TestImpossible(t *testing.T) {
	table := openTable(t, t.TempDir(), Options{})
	for name, change := range map[string]func(*Event){
		"kind":    func(e *Event) { e.Kind = 9 },
		"source":  func(e *Event) { e.Source = "" },
		"session": func(e *Event) { e.Session = "" },
		"time":    func(e *Event) { e.At = time.Time{} },
		"all":     func(e *Event) { e.Prefixes = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")} },
		"prefix":  func(e *Event) { e.Prefixes = []netip.Prefix{{}} },
		"ports":   func(e *Event) { e.Ports = Ports{5, 4} },
		"long":    func(e *Event) { e.Session = strings.Repeat("x", 1000) },
		"key":     func(e *Event) { e.Keys = []Key{{KeyUser, strings.Repeat("x", 1000)}} },
	} {
		e := event(Begin, "a", 1, 100)
		change(&e)
		good := event(Begin, name, 2, 100)
		if err := table.Apply(t.Context(), e, good); !errors.Is(err, ErrEvent) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s := table.Stats(); s.Sessions != 9 || s.Refused != 9 {
		t.Errorf("%+v", s)
	}
}

// TestOne keeps a second process out.
func TestOne(t *testing.T) {
	dir := t.TempDir()
	openTable(t, dir, Options{})
	if _, err := Open(Options{Dir: dir, Lines: someLines(1)}); !errors.Is(err, ErrInUse) {
		t.Errorf("error %v", err)
	}
}

// TestDamage cuts and spoils the log at every place: what lies before is there,
// and nothing is made up.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	table := openTable(t, dir, Options{})
	const n = 5
	for i := range n {
		apply(t, table, event(Begin, fmt.Sprint(i), 1, float64(i+1)))
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, "log-1"))
	if err != nil {
		t.Fatal(err)
	}
	size := len(whole) / n
	for cut := 0; cut < len(whole); cut += 3 {
		for _, spoil := range []bool{false, true} {
			b := append([]byte(nil), whole...)
			if spoil {
				b[cut] ^= 0x40
			} else {
				b = b[:cut]
			}
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "log-1"), b, 0o600); err != nil {
				t.Fatal(err)
			}
			again, err := Open(Options{Dir: dir, Lines: someLines(1), Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			if s := again.Stats(); s.Sessions != cut/size || s.Damaged != 1 && (spoil || cut%size != 0) {
				t.Errorf("cut at %d of %d (spoilt %v): %+v", cut, len(whole), spoil, s)
			}
			if err := again.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestKilled has a process of its own keep sessions and tell of each when it is
// kept; it is killed in the middle, several times over one folder. All that it
// told of is there.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("LEASE_TEST_DIR"); dir != "" {
		keepOn(t, dir)
		return
	}
	dir := t.TempDir()
	told := 0
	for round := range 4 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestKilled$", "-test.v")
		cmd.Env = append(os.Environ(), "LEASE_TEST_DIR="+dir, fmt.Sprintf("LEASE_TEST_ROUND=%d", round))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		here := 0
		var text strings.Builder
		for b := make([]byte, 4096); here < 50+40*round; {
			n, err := out.Read(b)
			if err != nil {
				t.Fatalf("it ended by itself: %v\n%s", err, text.String())
			}
			text.Write(b[:n])
			here = strings.Count(text.String(), "kept\n")
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		told += here
		table, err := Open(Options{Dir: dir, Lines: someLines(3)})
		if err != nil {
			t.Fatal(err)
		}
		if got := table.Stats().Sessions; got < told {
			t.Errorf("round %d: %d sessions are there, %d were kept", round, got, told)
		}
		if err := table.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d sessions over 4 kills", told)
}

// keepOn keeps sessions until it is killed, and writes snapshots meanwhile.
func keepOn(t *testing.T, dir string) {
	table, err := Open(Options{Dir: dir, Lines: someLines(3)})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for table.Snapshot(t.Context()) == nil {
		}
	}()
	for i := 0; ; i++ {
		if err := table.Apply(t.Context(), event(Begin, fmt.Sprintf("%s-%d", os.Getenv("LEASE_TEST_ROUND"), i), 1+i%3, float64(i+1))); err != nil {
			t.Fatal(err)
		}
		fmt.Print("kept\n")
	}
}

// TestFormula holds the formula against a table of blocks given out in order.
func TestFormula(t *testing.T) {
	f := Formula{Inner: netip.MustParsePrefix("100.64.0.0/28"), Outer: netip.MustParsePrefix("203.0.113.0/30"), Ports: Ports{1024, 65535}, Block: 21000}
	table := openTable(t, t.TempDir(), Options{})
	if err := table.SetFormulas([]Formula{f}); err == nil {
		t.Fatal("12 blocks were given to 16 addresses")
	}
	f.Block = 15000 // four for each outer address, and 4512 ports left over
	if err := table.SetFormulas([]Formula{f}); err != nil {
		t.Fatal(err)
	}
	e := event(Begin, "a", 1, 100)
	e.Prefixes = []netip.Prefix{netip.MustParsePrefix("100.64.0.6/32")} // the seventh: second address, third block
	apply(t, table, e)
	for _, tt := range []struct {
		ip   string
		port uint16
		want flow.Line
	}{
		{"203.0.113.1", 1024 + 30000, 1}, {"203.0.113.1", 1024 + 44999, 1}, {"203.0.113.1", 1024 + 45000, 0}, {"203.0.113.1", 1024 + 29999, 0},
		{"203.0.113.1", 80, 0}, {"203.0.113.1", 65535, 0}, {"203.0.113.2", 1024 + 30000, 0}, {"203.0.113.4", 1024 + 30000, 0},
	} {
		ip := netip.MustParseAddr(tt.ip)
		if got := table.Holder(flow.FromIP(ip), tt.port, second(200).UnixMicro()); got != tt.want {
			t.Errorf("%s port %d: line %d, not %d", tt.ip, tt.port, got, tt.want)
		}
		if got := table.Explain(ip, tt.port, second(200)); got.Line != tt.want {
			t.Errorf("%s port %d: Explain %+v", tt.ip, tt.port, got)
		}
	}
}

func TestNewKey(t *testing.T) {
	for text, want := range map[string]string{
		"02-00-00-AA-bb-0c": "02:00:00:aa:bb:0c", "0200.00aa.bb0c": "02:00:00:aa:bb:0c", " +4912345 ": "+4912345",
	} {
		if got := NewKey(KeyStation, text); got.Text != want {
			t.Errorf("%q is %q, not %q", text, got.Text, want)
		}
	}
}

func FuzzRecord(f *testing.F) {
	e := event(Begin, "a", 1, 100)
	e.Inner, e.Server, e.Ports = netip.MustParseAddr("10.0.0.9"), netip.MustParseAddr("192.0.2.1"), Ports{1, 2}
	f.Add(newRecord(&e).encode(nil))
	table := newTable(Options{Lines: someLines(3)}.withDefaults())
	table.apply(newRecord(&e), true)
	f.Add(table.all[0].encode(nil))
	f.Add(encodeRestarts(nil, groupKey{"a", "b"}, []int64{1, 2}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := decode(b); err == nil {
			again, err := decode(r.encode(nil))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(r, again, cmp.AllowUnexported(record{}, prefix{}), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" {
				t.Error(d)
			}
		}
		table := newTable(Options{Lines: someLines(3)}.withDefaults())
		if table.load(b) == nil {
			table.indexAll()
			table.Holder(flow.V4(0x0a000001), 80, second(200).UnixMicro())
		}
	})
}
