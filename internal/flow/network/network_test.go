package network

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/detect"
	"candor/internal/flow/normal"
)

var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func edge(n uint32) (netip.Addr, bool) {
	return netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}), n != 0 && n < 200
}

// lines are the addresses of 10.0.0.0/8.
type lines struct{}

func (lines) Holder(a flow.Addr, _ uint16, _ int64) flow.Line {
	if a.Is4() && a[12] == 10 {
		return flow.Line(a[14])<<8 | flow.Line(a[15])
	}
	return 0
}

// lab is a network of which the traffic is made by the minute.
type lab struct {
	*Watch
	now   time.Time
	rnd   *rand.Rand
	found []detect.Finding
	// Factor is what traffic is multiplied by, dead what tells nothing.
	factor float64
	dead   bool
}

func newLab() *lab {
	l := &lab{now: monday, rnd: rand.New(rand.NewPCG(3, 4)), factor: 1}
	l.Watch = New(Config{Source: edge, Inside: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Who: lines{}, Calendar: normal.Calendar{Zone: time.UTC}, Seed: 1,
		Found: func(f detect.Finding) { l.found = append(l.found, f) }})
	return l
}

// pass lets minutes go by, of which each has what is usual at its hour.
func (l *lab) pass(d time.Duration) {
	for end := l.now.Add(d); l.now.Before(end); {
		l.Sweep(l.now)
		evening := 1 + 0.8*math.Sin(float64(l.now.Hour()*60+l.now.Minute()-14*60)/1440*2*math.Pi)
		if w := l.now.Weekday(); w == time.Saturday || w == time.Sunday {
			evening *= 1.5
		}
		for exporter := uint32(1); exporter <= 2; exporter++ {
			if exporter == 2 && l.dead {
				continue
			}
			scale := evening
			if exporter == 1 {
				scale *= l.factor
			}
			var all []flow.Record
			for i := range 40 {
				noise := math.Exp(l.rnd.NormFloat64() * 0.4)
				bytes := uint64(4e6 * scale * noise)
				r := flow.Record{Start: flow.Time(l.now), End: flow.Time(l.now.Add(30 * time.Second)), Src: flow.V4(0x08080808 + uint32(i)), Dst: flow.V4(10<<24 | exporter<<16 | uint32(i+1)), SrcPort: 443, DstPort: 50000,
					Protocol: flow.TCP, Bytes: bytes, Packets: bytes / 1000, Exporter: exporter, In: 1, Out: 2}
				all = append(all, r)
			}
			l.Take(all)
		}
		l.now = l.now.Add(time.Minute)
	}
	l.Sweep(l.now)
}

func TestPeak(t *testing.T) {
	l := newLab()
	l.pass(21 * 24 * time.Hour)
	for _, f := range l.found {
		t.Errorf("all is as usual, and there is %+v", f)
	}
	l.now = l.now.Add(0)
	l.pass(20 * time.Hour)
	flood := flow.Record{Start: flow.Time(l.now), End: flow.Time(l.now), Src: flow.V4(0x01020304), Dst: flow.V4(10<<24 | 1<<16 | 7), SrcPort: 53, DstPort: 4444, Protocol: flow.UDP, Bytes: 3e9, Packets: 3e6, Exporter: 1, In: 1, Out: 2}
	for range 5 {
		l.Take([]flow.Record{flood})
		l.pass(time.Minute)
	}
	parts := map[string]detect.Finding{}
	for _, f := range l.found {
		parts[f.Part] = f
	}
	for _, want := range []string{"exporter 192.0.2.1", "exporter 192.0.2.1, interface 1", "exporter 192.0.2.1, interface 2", "prefix 10.1.0.0/24"} {
		f, ok := parts[want]
		if !ok {
			t.Fatalf("nothing is told of %s: %v", want, parts)
		}
		if f.Kind != detect.Peak || f.Line != 0 || f.Seen < 3*f.Expected/2 || len(f.Flows) == 0 || f.Flows[0].Src != flood.Src || len(f.Lines) == 0 || f.Lines[0].Line != 7 || f.Lines[0].Share < 0.5 {
			t.Errorf("%+v", f)
		}
		if f.At-f.Since != 120e6 {
			t.Errorf("it took %d s to tell", (f.At-f.Since)/1e6)
		}
	}
	for name := range parts {
		if strings.Contains(name, "192.0.2.2") || strings.Contains(name, "10.2.") {
			t.Errorf("%s is as usual", name)
		}
	}
	many := len(l.found)
	l.pass(2 * time.Hour)
	if len(l.found) != many {
		t.Errorf("more is told when it is over: %+v", l.found[many:])
	}
	all, events, watched := l.View(l.now, 10)
	if len(events) != many || watched[Interface] != 4 || watched[Exporter] != 2 || watched[Prefix] != 2 {
		t.Errorf("%d events, %v", len(events), watched)
	}
	first := all[0]
	if first.Kind != Exporter || !first.Learned() || first.In.Usual.Low > first.In.Now || first.In.Usual.High < first.In.Now || first.Now != nil {
		t.Errorf("%+v", first)
	}
	// 40 flows of 4.3 MB a minute are 23 Mbit/s, at the middle of the evening some 40.
	if u := first.In.Usual; u.Median < 20e6 || u.Median > 60e6 {
		t.Errorf("usual is %+v", u)
	}
}

func TestSilence(t *testing.T) {
	l := newLab()
	l.pass(10 * 24 * time.Hour)
	l.found = nil
	l.dead = true
	l.pass(30 * time.Minute)
	if len(l.found) != 1 || l.found[0].Kind != detect.Silence || l.found[0].Part != "exporter 192.0.2.2" || l.found[0].Expected < 1e6 || l.found[0].At-l.found[0].Since > 15*60e6 {
		t.Fatalf("found %+v", l.found)
	}
	if _, events, _ := l.View(l.now, 1); len(events) != 1 || events[0].Usual.Median == 0 {
		t.Errorf("%+v", events)
	}
	l.dead = false
	l.pass(2 * time.Hour)
	if len(l.found) != 1 {
		t.Errorf("found %+v when it is back", l.found[1:])
	}
}

// TestShift: what goes on for a day is what is usual from then on.
func TestShift(t *testing.T) {
	l := newLab()
	l.pass(14 * 24 * time.Hour)
	l.found = nil
	if testing.Verbose() {
		p := l.parts[0]
		t.Log(p.Part, p.tails, l.rare(), p.tails[in].Bound(l.rare(), leastExcess))
	}
	l.factor = 3
	l.pass(24 * time.Hour)
	if len(l.found) == 0 {
		t.Fatal("three times as much is no peak")
	}
	l.pass(24 * time.Hour)
	many := len(l.found)
	l.pass(5 * 24 * time.Hour)
	if len(l.found) > many {
		t.Errorf("it is told again: %+v", l.found[many:])
	}
}

func TestKept(t *testing.T) {
	l := newLab()
	l.pass(9 * 24 * time.Hour)
	var b bytes.Buffer
	if err := l.Save(&b); err != nil {
		t.Fatal(err)
	}
	again := newLab()
	if err := again.Load(bytes.NewReader(b.Bytes())); err != nil {
		t.Fatal(err)
	}
	was, _, _ := l.View(l.now, 100)
	is, _, _ := again.View(l.now, 100)
	if len(was) == 0 || len(was) != len(is) {
		t.Fatalf("%d parts were %d", len(is), len(was))
	}
	for i := range is {
		if is[i].Part != was[i].Part || is[i].Hours != was[i].Hours || is[i].In.Usual != was[i].In.Usual {
			t.Errorf("%+v was %+v", is[i], was[i])
		}
	}
	again.now = l.now
	again.pass(time.Hour)
	if len(again.found) != 0 {
		t.Errorf("found %+v", again.found)
	}
	again.factor = 40
	again.pass(5 * time.Minute)
	if len(again.found) == 0 {
		t.Error("no peak is found by what was kept")
	}
	data := b.Bytes()
	data[len(data)/2] ^= 1
	if err := newLab().Load(bytes.NewReader(data)); !errors.Is(err, ErrForeign) {
		t.Errorf("damaged: %v", err)
	}
}

// TestBounded: a million interfaces, prefixes and ports take no more than what is
// said, and those that were known stay.
func TestBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	w := New(Config{Source: edge, Inside: []netip.Prefix{netip.MustParsePrefix("2001::/16"), netip.MustParsePrefix("10.0.0.0/8")}, Calendar: normal.Calendar{Zone: time.UTC}})
	honest := flow.Record{Src: flow.V4(0x08080808), Dst: flow.V4(10<<24 | 1), SrcPort: 443, DstPort: 50000, Protocol: flow.TCP, Bytes: 1e9, Packets: 1e6, Exporter: 9, In: 5, Out: 6}
	now, rnd := monday, rand.New(rand.NewPCG(1, 1))
	for minute := range 130 {
		w.Sweep(now)
		w.Take([]flow.Record{honest})
		all := make([]flow.Record, 0, 20_000)
		for i := range cap(all) {
			n := uint32(minute*cap(all) + i)
			all = append(all, flow.Record{Src: flow.Addr{0x20, 1, byte(n >> 16), byte(n >> 8), byte(n), 1}, Dst: flow.V4(rnd.Uint32()), SrcPort: uint16(n), DstPort: uint16(rnd.Uint32()) | 0x8000,
				Protocol: uint8(n), Bytes: rnd.Uint64() >> 30, Packets: 1, Exporter: 1 + n%150/149, In: n, Out: n + 1<<24})
		}
		w.Take(all)
		now = now.Add(time.Minute)
	}
	took := heap() - before
	if bound := uint64(Memory(mostParts)); took > bound {
		t.Errorf("it took %d MiB, more than %d", took>>20, bound>>20)
	}
	t.Logf("%d parts, %d MiB of at most %d", len(w.parts), took>>20, Memory(mostParts)>>20)
	if len(w.parts) > mostParts {
		t.Errorf("%d parts", len(w.parts))
	}
	if n := w.faces[flow.V4(0xc0000201)]; n > mostOfOne {
		t.Errorf("%d interfaces of one exporter", n)
	}
	if _, ok := w.number[Part{Kind: Interface, Addr: flow.V4(0xc0000209), Index: 5}]; !ok {
		t.Error("an honest interface was pushed out")
	}
	runtime.KeepAlive(w)
}

func FuzzLoad(f *testing.F) {
	l := newLab()
	l.pass(3 * time.Hour)
	var b bytes.Buffer
	if err := l.Save(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(magic + "\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		w := New(Config{Calendar: normal.Calendar{Zone: time.UTC}})
		if err := w.Load(bytes.NewReader(data)); err != nil {
			if !errors.Is(err, ErrForeign) {
				t.Fatal(err)
			}
			return
		}
		var again bytes.Buffer
		if err := w.Save(&again); err != nil || w.Load(&again) != nil {
			t.Fatal("what was read cannot be written and read again")
		}
	})
}

func BenchmarkTake(b *testing.B) {
	w := New(Config{Source: edge, Inside: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Calendar: normal.Calendar{Zone: time.UTC}})
	rnd := rand.New(rand.NewPCG(1, 1))
	all := make([]flow.Record, 30)
	w.Sweep(monday)
	fill := func() {
		for i := range all {
			all[i] = flow.Record{Src: flow.V4(rnd.Uint32() | 1<<31), Dst: flow.V4(10<<24 | rnd.Uint32()&0xfffff), SrcPort: 443, DstPort: uint16(rnd.Uint32()) | 0x8000, Protocol: flow.TCP, Bytes: 1000, Packets: 2, Exporter: 1, In: 1, Out: 1000 + rnd.Uint32()%500}
		}
	}
	for range 3000 {
		fill()
		w.Take(all)
	}
	w.Sweep(monday.Add(time.Minute))
	fill()
	for b.Loop() {
		w.Take(all)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(all)), "ns/record")
}
