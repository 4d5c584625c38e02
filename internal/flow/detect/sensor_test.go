package detect

import (
	"math/rand/v2"
	"testing"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/normal"
)

// lab is a network of lines, of which line n has the address 10.0.n/256.n%256.
type lab struct {
	*Sensor
	t     testing.TB
	now   int64
	rnd   *rand.Rand
	found []Finding
}

type byAddress struct{}

func (byAddress) Holder(a flow.Addr, _ uint16, _ int64) flow.Line {
	if !a.Is4() || a[12] != 10 {
		return 0
	}
	return flow.Line(a[13])<<16 | flow.Line(a[14])<<8 | flow.Line(a[15])
}

func addr(line int) flow.Addr { return flow.V4(10<<24 | uint32(line)) }

// remote is an address outside.
func remote(n int) flow.Addr { return flow.V4(0xc6330000 | uint32(n)&0xffff) }

var resolver = flow.V4(0xc0000235)

func newLab(t testing.TB, lines int) *lab {
	l := &lab{t: t, now: flow.Time(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)), rnd: rand.New(rand.NewPCG(1, 2))}
	l.Sensor = New(Config{
		Who: byAddress{}, Calendar: normal.Calendar{Zone: time.UTC}, Normal: normal.NewTable(1), Policy: DefaultPolicy(), Seed: 7,
		Own:   func(a flow.Addr) bool { return a == resolver },
		Found: func(f Finding) { l.found = append(l.found, f) },
	})
	for n := 1; n <= lines; n++ {
		l.SetLine(flow.Line(n), Plan{Up: 40e6, Down: 100e6, Group: 1})
	}
	return l
}

// tick lets time go by, and the sensor look.
func (l *lab) tick(d time.Duration) {
	for ; d > 0; d -= 500 * time.Millisecond {
		l.now += 500_000
		l.Sweep(l.now)
	}
}

// session is a connection that was answered, of both directions.
func (l *lab) session(line int, to flow.Addr, port uint16, up, down int) {
	src := uint16(20000 + l.rnd.IntN(40000))
	out := flow.Record{
		Start: l.now - 200_000, End: l.now, Src: addr(line), Dst: to, SrcPort: src, DstPort: port, Protocol: flow.TCP,
		Flags: flow.SYN | flow.ACK | flow.PSH | flow.FIN, Bytes: uint64(up), Packets: uint64(up/1000 + 5 + down/3000),
	}
	in := out
	in.Src, in.Dst, in.SrcPort, in.DstPort = out.Dst, out.Src, port, src
	in.Bytes, in.Packets = uint64(down), uint64(down/1300+5+up/3000)
	l.Take([]flow.Record{out, in})
}

// refused is a connection that was not answered.
func (l *lab) refused(line int, to flow.Addr, port uint16) {
	l.Take([]flow.Record{{
		Start: l.now, End: l.now, Src: addr(line), Dst: to, SrcPort: uint16(20000 + l.rnd.IntN(40000)), DstPort: port,
		Protocol: flow.TCP, Flags: flow.SYN, Bytes: 60, Packets: 1,
	}})
}

// datagrams are packets to an address, with or without answers.
func (l *lab) datagrams(line int, to flow.Addr, src, port uint16, packets, size int, answers int) {
	out := flow.Record{
		Start: l.now - 500_000, End: l.now, Src: addr(line), Dst: to, SrcPort: src, DstPort: port, Protocol: flow.UDP,
		Bytes: uint64(packets * size), Packets: uint64(packets),
	}
	all := []flow.Record{out}
	if answers > 0 {
		in := out
		in.Src, in.Dst, in.SrcPort, in.DstPort = to, addr(line), port, src
		in.Packets, in.Bytes = uint64(answers), uint64(answers*80)
		all = append(all, in)
	}
	l.Take(all)
}

// browse is what people do: names asked, pages fetched.
func (l *lab) browse(line int, seconds int) {
	for range seconds {
		l.datagrams(line, resolver, uint16(20000+l.rnd.IntN(40000)), 53, 1, 60+l.rnd.IntN(30), 1)
		for range 1 + l.rnd.IntN(4) {
			l.session(line, remote(l.rnd.IntN(3000)), 443, 2000, 40000)
		}
		if l.rnd.IntN(20) == 0 {
			l.refused(line, remote(l.rnd.IntN(3000)), 443)
		}
		l.tick(time.Second)
	}
}

// one wants findings of one kind, of line 1, and gives the first.
func (l *lab) one(kind Kind, isolate bool) Finding {
	l.t.Helper()
	if len(l.found) == 0 {
		l.t.Fatalf("no %s was found", kind)
	}
	for _, f := range l.found {
		if f.Kind != kind || f.Line != 1 {
			l.t.Fatalf("found %s of line %d: %+v", f.Kind, f.Line, f)
		}
	}
	f := l.found[0]
	if f.Isolate != isolate {
		l.t.Errorf("isolate = %v: %+v", f.Isolate, f)
	}
	if f.Since == 0 || f.Since > f.At || f.At > l.now+1e6 {
		l.t.Errorf("since %d, at %d, now %d", f.Since, f.At, l.now)
	}
	if len(f.Flows) == 0 || f.Unit == "" || f.Why == "" {
		l.t.Errorf("nothing proves it: %+v", f)
	}
	return f
}

func (l *lab) nothing() {
	l.t.Helper()
	for _, f := range l.found {
		l.t.Errorf("found %s of line %d: %+v", f.Kind, f.Line, f)
	}
}

func TestHonestTrafficGivesNothing(t *testing.T) {
	for name, live := range map[string]func(*lab){
		"browsing": func(l *lab) { l.browse(1, 600) },
		"a call": func(l *lab) {
			for range 600 {
				l.datagrams(1, remote(5), 40000, 50000, 25, 1100, 25)
				l.tick(500 * time.Millisecond)
			}
		},
		"a server that is down": func(l *lab) {
			for range 300 {
				l.refused(1, remote(9), 443)
				l.tick(time.Second)
			}
		},
		"torrents": func(l *lab) {
			for range 300 {
				for range 8 {
					peer, port := remote(l.rnd.IntN(60000)), uint16(6881)
					if l.rnd.IntN(5) > 0 {
						port = uint16(1024 + l.rnd.IntN(60000))
					}
					if l.rnd.IntN(10) < 7 {
						l.refused(1, peer, port)
					} else {
						l.session(1, peer, port, 30000, 60000)
					}
				}
				l.tick(time.Second)
			}
		},
		"a mail client": func(l *lab) {
			for range 200 {
				for range 4 {
					l.session(1, remote(1), 993, 1500, 3000)
				}
				if l.rnd.IntN(4) == 0 {
					l.session(1, remote(2), 587, 20000, 1000)
				}
				l.tick(2 * time.Minute)
			}
		},
		"a line that is cut off": func(l *lab) { // of a program that watches its servers
			for n := range 12 {
				l.session(1, remote(n), 443, 4000, 9000)
				l.refused(1, remote(100+n), 443)
				l.tick(40 * time.Second)
			}
			l.tick(2 * time.Minute)
			for n := range 20 {
				l.refused(1, remote(n), 443)
				l.refused(1, remote(n), 22)
				l.tick(2 * time.Second)
			}
		},
		"strangers that are refused": func(l *lab) {
			for n := range 600 {
				l.Take([]flow.Record{{
					Start: l.now, End: l.now, Src: addr(1), Dst: remote(n % 3), SrcPort: uint16(10000 + n), DstPort: 41000,
					Protocol: flow.TCP, Flags: flow.RST | flow.ACK, Bytes: 40, Packets: 1,
				}})
				l.tick(5 * time.Second)
			}
		},
		"an administrator": func(l *lab) {
			for range 30 {
				l.session(1, remote(1), 22, 20000, 90000)
				l.tick(time.Duration(2+l.rnd.IntN(40)) * time.Second)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, 3)
			live(l)
			l.nothing()
		})
	}
}

func TestFindsScan(t *testing.T) {
	l := newLab(t, 3)
	l.browse(1, 60)
	for n := range 60 {
		l.refused(1, remote(4000+n), 23)
		l.tick(500 * time.Millisecond)
	}
	f := l.one(HorizontalScan, true)
	if f.Port != 23 || f.Seen < 12 || f.Seen > 40 {
		t.Errorf("found %+v", f)
	}
}

// A bot tries several ports at once, so that it fails on all of them: what it
// does on the others must not excuse what it does on one.
func TestFindsScanOfSeveralDoors(t *testing.T) {
	l := newLab(t, 3)
	l.browse(1, 10)
	for n := range 160 {
		l.refused(1, remote(4000+n), []uint16{23, 8080, 2323, uint16(30000 + n)}[n%4])
		if n%10 == 0 {
			l.session(1, remote(1), 443, 500, 900) // somebody at home goes on
		}
		l.tick(time.Second)
	}
	for _, f := range l.found {
		if f.Kind == HorizontalScan && f.Isolate && (f.Port == 23 || f.Port == 2323) {
			return
		}
	}
	t.Errorf("found %+v", l.found)
}

func TestFindsQuickBeacon(t *testing.T) {
	for _, gap := range []time.Duration{500 * time.Millisecond, 2 * time.Second, 4 * time.Second} {
		t.Run(gap.String(), func(t *testing.T) {
			l := newLab(t, 3)
			for range 200 {
				l.refused(1, remote(4), 5888)
				l.tick(gap)
			}
			if f := l.one(Beacon, false); f.Peer != remote(4) || f.Port != 5888 || f.Seen < gap.Seconds()-0.1 || f.Seen > gap.Seconds()+0.1 {
				t.Errorf("found %+v", f)
			}
		})
	}
}

func TestFindsScanByUDP(t *testing.T) {
	l := newLab(t, 3)
	for n := range 60 {
		for k := range 4 {
			l.datagrams(1, remote(4*n+k), 40000, 5060, 1, 400, 0)
		}
		l.tick(time.Second)
	}
	l.one(HorizontalScan, true)
}

func TestFindsScanOfPorts(t *testing.T) {
	l := newLab(t, 3)
	for n := range 200 {
		l.refused(1, remote(4), uint16(n+1))
		l.tick(500 * time.Millisecond)
	}
	if f := l.one(VerticalScan, true); f.Peer != remote(4) {
		t.Errorf("found %+v", f)
	}
}

func TestFindsSpread(t *testing.T) {
	l := newLab(t, 5)
	for n := range 60 {
		for line := 2; line <= 4; line++ {
			l.refused(line, remote(4000*line+n), 445)
		}
		l.tick(500 * time.Millisecond)
	}
	spread := 0
	for _, f := range l.found {
		if f.Kind == Spread && f.Isolate {
			spread++
		}
	}
	if spread != 3 {
		t.Errorf("%d lines are told as such: %+v", spread, l.found)
	}
}

func TestFindsFloods(t *testing.T) {
	t.Run("of datagrams", func(t *testing.T) {
		l := newLab(t, 3)
		l.browse(1, 30)
		began := l.now
		for range 20 {
			l.datagrams(1, remote(8), 40000, 80, 500, 1000, 0)
			l.tick(500 * time.Millisecond)
		}
		if f := l.one(Flood, true); f.Peer != remote(8) || f.At-began > 3e6 {
			t.Errorf("after %d ms: %+v", (f.At-began)/1000, f)
		}
	})
	t.Run("over many addresses", func(t *testing.T) {
		l := newLab(t, 3)
		for range 20 {
			for k := range 50 {
				l.datagrams(1, remote(8+k), 40000, uint16(80+k*7), 10, 1000, 0)
			}
			l.tick(500 * time.Millisecond)
		}
		l.one(Flood, true)
	})
	t.Run("of connections", func(t *testing.T) {
		l := newLab(t, 3)
		for range 20 {
			for range 100 {
				l.refused(1, remote(8), 443)
			}
			l.tick(500 * time.Millisecond)
		}
		l.one(SynFlood, true)
	})
}

func TestFindsSpam(t *testing.T) {
	l := newLab(t, 3)
	for n := range 60 {
		l.session(1, remote(n), 25, 8000, 500)
		l.tick(4 * time.Second)
	}
	l.one(SpamRun, true)
}

func TestMailServerMaySend(t *testing.T) {
	l := newLab(t, 3)
	l.SetLine(1, Plan{Up: 40e6, Down: 100e6, Group: 2, Mail: true})
	for n := range 60 {
		l.session(1, remote(n), 25, 8000, 500)
		l.tick(30 * time.Second)
	}
	l.nothing()
}

func TestFindsBruteForce(t *testing.T) {
	l := newLab(t, 3)
	for range 200 {
		l.session(1, remote(1), 22, 2000, 2500)
		l.tick(2 * time.Second)
	}
	l.one(BruteForce, true)
}

func TestFindsReflector(t *testing.T) {
	l := newLab(t, 3)
	for range 60 {
		in := flow.Record{Start: l.now - 400_000, End: l.now, Src: remote(1), Dst: addr(1), SrcPort: 40001, DstPort: 1900, Protocol: flow.UDP, Bytes: 9000, Packets: 100}
		out := in
		out.Src, out.Dst, out.SrcPort, out.DstPort, out.Bytes, out.Packets = in.Dst, in.Src, 1900, 40001, 300000, 800
		l.Take([]flow.Record{in, out})
		l.tick(500 * time.Millisecond)
	}
	found := map[Kind]bool{}
	for _, f := range l.found {
		found[f.Kind] = true
	}
	if !found[Reflector] {
		t.Errorf("found %v", found)
	}
}

func TestFindsTunnel(t *testing.T) {
	l := newLab(t, 3)
	for range 200 {
		l.datagrams(1, resolver, uint16(20000+l.rnd.IntN(40000)), 53, 1, 180+l.rnd.IntN(60), 1)
		l.tick(time.Second)
	}
	l.one(Tunnel, false)
}

func TestFindsBeacon(t *testing.T) {
	l := newLab(t, 30)
	for range 60 {
		l.session(1, remote(77), 8443, 600, 300)
		for line := range 30 { // everybody does this
			l.session(line+1, remote(78), 8883, 300, 300)
		}
		l.now += 60_000_000 + int64(l.rnd.IntN(10_000_000))
		l.Sweep(l.now)
	}
	if f := l.one(Beacon, false); f.Peer != remote(77) || f.Seen < 55 || f.Seen > 75 {
		t.Errorf("found %+v", f)
	}
}

func TestFindsFullRate(t *testing.T) {
	l := newLab(t, 3)
	upload := func() { // 38 of 40 Mbit/s, answered
		l.Take([]flow.Record{
			{Start: l.now - 500_000, End: l.now, Src: addr(1), Dst: remote(3), SrcPort: 50000, DstPort: 443, Protocol: flow.TCP, Flags: flow.ACK, Bytes: 2_375_000, Packets: 1600},
			{Start: l.now - 500_000, End: l.now, Dst: addr(1), Src: remote(3), DstPort: 50000, SrcPort: 443, Protocol: flow.TCP, Flags: flow.ACK, Bytes: 40_000, Packets: 800},
		})
		l.tick(500 * time.Millisecond)
	}
	began := l.now
	for range 110 {
		upload()
	}
	if f := l.one(FullRate, false); f.At-began > 60e6 || f.Seen < 30e6 {
		t.Errorf("after %d ms: %+v", (f.At-began)/1000, f)
	}
}

func TestUnattributedIsNobodys(t *testing.T) {
	l := newLab(t, 3)
	for n := range 60 {
		l.refused(9, remote(4000+n), 23) // a line that no plan was told of
		l.tick(time.Second)
	}
	l.nothing()
	if st := l.Stats(); st.Unattributed != 60 || st.Records != 60 {
		t.Errorf("stats %+v", st)
	}
}

// TestClocksAstray has an exporter whose clock is a day ahead.
func TestClocksAstray(t *testing.T) {
	l := newLab(t, 3)
	l.tick(time.Second)
	right := l.now
	l.now += 24 * microHour
	for n := range 60 {
		l.refused(1, remote(4000+n), 23)
	}
	l.now = right
	l.nothing()
	if st := l.Stats(); st.Skewed != 60 || st.Records != 60 {
		t.Errorf("stats %+v", st)
	}
	for n := range 60 {
		l.refused(1, remote(4000+n), 23)
		l.tick(500 * time.Millisecond)
	}
	l.one(HorizontalScan, true)
}

// TestSuspectsAreBounded has more lines misbehave than may be looked at.
func TestSuspectsAreBounded(t *testing.T) {
	l := newLab(t, 1000)
	l.Policy.Suspects = 128
	for n := range 6 {
		for line := range 1000 {
			l.refused(line+1, remote(n), 23)
		}
	}
	if st := l.Stats(); st.Suspects > 128 || st.Crowded == 0 {
		t.Errorf("stats %+v", st)
	}
	l.tick(20 * time.Minute)
	if st := l.Stats(); st.Suspects != 0 {
		t.Errorf("they are still looked at: %+v", st)
	}
}

func BenchmarkTake(b *testing.B) {
	l := newLab(b, 100_000)
	rnd := rand.New(rand.NewPCG(1, 1))
	batch := make([]flow.Record, 0, 1024)
	for b.Loop() {
		b.StopTimer()
		batch = batch[:0]
		for len(batch) < 1024 {
			line := 1 + rnd.IntN(100_000)
			out := flow.Record{Start: l.now - 3e6, End: l.now, Src: addr(line), Dst: remote(rnd.IntN(5000)), SrcPort: 40000, DstPort: 443, Protocol: flow.TCP, Flags: 0x1b, Bytes: 3000, Packets: 12}
			in := out
			in.Src, in.Dst, in.SrcPort, in.DstPort = out.Dst, out.Src, 443, 40000
			batch = append(batch, out, in)
		}
		l.now += 10_000
		b.StartTimer()
		l.Take(batch)
	}
	b.ReportMetric(float64(b.N)*1024/b.Elapsed().Seconds(), "records/s")
}
