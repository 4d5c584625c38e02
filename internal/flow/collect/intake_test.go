package collect_test

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"testing"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/collect"
	"candor/internal/flow/decode"
	"candor/internal/flow/export"
)

const now = 1_800_000_000_250_000

var (
	one     = netip.MustParseAddrPort("192.0.2.1:1000")
	two     = netip.MustParseAddrPort("192.0.2.2:1000")
	unknown = netip.MustParseAddrPort("198.51.100.9:1000")
)

func intake(t testing.TB, o collect.Options) *collect.Intake {
	t.Helper()
	in, err := collect.NewIntake(o)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

var both = collect.Options{Exporters: []collect.Registered{{Address: one.Addr(), Name: "one"}, {Address: two.Addr(), Name: "two", Sampling: 50}}}

// datagrams are those of n records.
func datagrams(t testing.TB, e *export.Encoder, n int, at int64) (all [][]byte) {
	t.Helper()
	if err := e.Append(records(n), at, func(d []byte) error { all = append(all, slices.Clone(d)); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

func encoder(t testing.TB, o export.Options) *export.Encoder {
	t.Helper()
	o.Booted = now - 1e9
	e, err := export.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// feed gives datagrams to an intake.
func feed(in *collect.Intake, from netip.AddrPort, all [][]byte, at int64) (got []flow.Record) {
	for _, d := range all {
		got = in.Take(got, from, d, at)
	}
	return got
}

// of is what is known of an exporter.
func of(t testing.TB, in *collect.Intake, a netip.AddrPort) collect.Exporter {
	t.Helper()
	for _, x := range in.Stats().Exporters {
		if x.Address == a.Addr() {
			return x
		}
	}
	t.Fatalf("%s is not known", a)
	return collect.Exporter{}
}

// TestLossAndOrder loses, swaps and doubles datagrams of each protocol.
func TestLossAndOrder(t *testing.T) {
	for _, v := range []decode.Version{decode.NetFlow5, decode.NetFlow9, decode.IPFIX, decode.SFlow5} {
		in := intake(t, both)
		all := datagrams(t, encoder(t, export.Options{Version: v, Agent: flow.V4(1)}), 600, now)
		lost := len(feed(intake(t, both), one, [][]byte{all[0], all[7]}, now)) - len(feed(intake(t, both), one, all[:1], now))
		all[3], all[4] = all[4], all[3]
		sent := append(slices.Clone(all[:7]), all[8:]...)
		sent = append(sent, all[10])
		got := feed(in, one, sent, now)
		x := of(t, in, one)
		s := x.Streams[0]
		want := collect.Stream{Sent: 600, Lost: uint64(lost)}
		if v.Counts() == "datagrams" {
			want = collect.Stream{Sent: uint64(len(all)), Lost: 1}
		}
		if len(got) != 600-lost || x.Overtaken != 1 || x.Duplicates != 1 || x.Restarts != 0 || s.Sent != want.Sent || s.Lost != want.Lost {
			t.Errorf("%v: %d records, %+v", v, len(got), x)
		}
	}
}

// TestRestart tells an exporter that starts anew from loss.
func TestRestart(t *testing.T) {
	for _, v := range []decode.Version{decode.NetFlow5, decode.NetFlow9, decode.IPFIX, decode.SFlow5} {
		in := intake(t, both)
		e := encoder(t, export.Options{Version: v, Agent: flow.V4(1)})
		feed(in, one, datagrams(t, e, 600, now), now)
		e.Restart(now + 30e6)
		got := feed(in, one, datagrams(t, e, 600, now+60e6), now+60e6)
		x := of(t, in, one)
		if len(got) != 600 || x.Restarts != 1 || x.Streams[0].Lost != 0 || x.Duplicates != 0 {
			t.Errorf("%v: %+v", v, x)
		}
	}
}

// TestOthersTemplates lets no exporter, and no domain, decode by the templates of
// another.
func TestOthersTemplates(t *testing.T) {
	for _, v := range []decode.Version{decode.NetFlow9, decode.IPFIX} {
		in := intake(t, both)
		e := encoder(t, export.Options{Version: v, Domain: 1, Every: 1 << 20})
		feed(in, one, datagrams(t, e, 10, now), now)
		data := datagrams(t, e, 10, now)
		if got := feed(in, one, data, now); len(got) != 10 {
			t.Fatalf("%v: %d records with its own template", v, len(got))
		}
		if got := feed(in, two, data, now); len(got) != 0 {
			t.Errorf("%v: %d records by another's template", v, len(got))
		}
		other := slices.Clone(data[0])
		binary.BigEndian.PutUint32(other[map[decode.Version]int{decode.NetFlow9: 16, decode.IPFIX: 12}[v]:], 2)
		if got := feed(in, one, [][]byte{other}, now); len(got) != 0 {
			t.Errorf("%v: %d records by the template of another domain", v, len(got))
		}
		port := netip.AddrPortFrom(one.Addr(), 2000)
		if got, want := len(feed(in, port, datagrams(t, e, 10, now), now)), map[decode.Version]int{decode.NetFlow9: 10, decode.IPFIX: 0}[v]; got != want {
			t.Errorf("%v: %d records from another port, want %d", v, got, want)
		}
		x := of(t, in, two)
		if x.Unknown != 1 || x.Streams[0].Waiting != 1 {
			t.Errorf("%v: %+v", v, x)
		}
		in.Tick(now + 2*decode.Patience.Microseconds())
		if x := of(t, in, two); x.Expired != 1 || x.Streams[0].Waiting != 0 {
			t.Errorf("%v: after a while %+v", v, x)
		}
	}
}

func TestStrangers(t *testing.T) {
	in := intake(t, both)
	all := datagrams(t, encoder(t, export.Options{Version: decode.NetFlow5}), 20, now)
	for range 3 {
		if got := feed(in, unknown, all, now); len(got) != 0 {
			t.Errorf("%d records of a stranger", len(got))
		}
	}
	if s := in.Stats(); s.Refused != 3 || len(s.Strangers) != 1 || s.Strangers[0].Address != unknown.Addr() || s.Strangers[0].Datagrams != 3 {
		t.Errorf("%+v", s)
	}
	if got := feed(in, two, all, now); got[0].Sampling != 50 {
		t.Errorf("sampling %d, registered is 50", got[0].Sampling)
	}
	mapped := netip.AddrPortFrom(netip.AddrFrom16(two.Addr().As16()), 5)
	if in.Take(nil, mapped, all[0], now); of(t, in, two).Datagrams != 2 {
		t.Error("an address mapped into IPv6 is not the same")
	}
	o := both
	o.Accept = true
	if err := in.Configure(o); err != nil {
		t.Fatal(err)
	}
	if got := feed(in, unknown, all, now); len(got) != 20 || of(t, in, unknown).Registered {
		t.Errorf("%d records when strangers are taken from", len(got))
	}
	o = collect.Options{Exporters: []collect.Registered{{Address: unknown.Addr(), Sampling: 9}}}
	if err := in.Configure(o); err != nil {
		t.Fatal(err)
	}
	if got := feed(in, unknown, datagrams(t, encoder(t, export.Options{Version: decode.NetFlow9}), 30, now), now); len(got) != 30 || got[0].Sampling != 9 || !of(t, in, unknown).Registered {
		t.Errorf("registered: %v", got)
	}
	if s := in.Stats(); len(s.Exporters) != 1 {
		t.Errorf("those that left are still there: %+v", s.Exporters)
	}
	for _, bad := range [][]collect.Registered{{{Name: "none"}}, {{Address: one.Addr()}, {Address: netip.AddrFrom16(one.Addr().As16())}}} {
		if _, err := collect.NewIntake(collect.Options{Exporters: bad}); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}

// TestClock tells how far an exporter's clock is off, and leaves its times alone.
func TestClock(t *testing.T) {
	in := intake(t, both)
	const off = -7200e6
	got := feed(in, one, datagrams(t, encoder(t, export.Options{Version: decode.IPFIX}), 30, now+off), now)
	if ahead := of(t, in, one).Streams[0].Clock; ahead > -7199*time.Second || ahead < -7202*time.Second {
		t.Errorf("the clock is %s ahead", ahead)
	}
	if len(got) != 30 {
		t.Errorf("%d records", len(got))
	}
}

// TestHostile floods an intake with spoofed addresses, domains, templates, data
// without templates and interfaces: memory stays bounded, and an exporter that
// behaves loses nothing.
func TestHostile(t *testing.T) {
	const memory = 64 << 20
	o := collect.Options{Exporters: []collect.Registered{{Address: one.Addr()}, {Address: two.Addr()}}, Accept: true, Memory: memory}
	in := intake(t, o)
	good := encoder(t, export.Options{Version: decode.NetFlow9, Every: 1 << 20})
	feed(in, one, datagrams(t, good, 10, now), now)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)

	r := rand.New(rand.NewPCG(1, 2))
	d := make([]byte, 1400)
	buffer := make([]flow.Record, 0, 1<<14)
	hit := func(from netip.AddrPort, domain uint32, n int) {
		for i := range d {
			d[i] = byte(r.Uint32())
		}
		binary.BigEndian.PutUint32(d, 10<<16|uint32(len(d)))
		binary.BigEndian.PutUint32(d[4:], now/1_000_000)
		binary.BigEndian.PutUint32(d[8:], 0)
		binary.BigEndian.PutUint32(d[12:], domain)
		binary.BigEndian.PutUint32(d[16:], uint32(n)<<16|uint32(len(d)-16))
		switch n {
		case 2: // one template of many fields
			binary.BigEndian.PutUint32(d[20:], (256+r.Uint32N(65000))<<16|340)
			for at := 24; at < 1384; at += 4 {
				binary.BigEndian.PutUint32(d[at:], r.Uint32N(400)<<16|(r.Uint32N(8)+1))
			}
			binary.BigEndian.PutUint16(d[18:], 1368)
			binary.BigEndian.PutUint16(d[2:], 1384)
		}
		in.Take(buffer[:0], from, d, now)
	}
	for i := range 8_000 {
		a := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), uint16(i))
		hit(a, uint32(i), 2+i%2*300)
		a = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), 1)
		hit(a, uint32(i>>8)%3, 2+(i>>8)%2*300)
		hit(two, uint32(i), 2)
		hit(two, uint32(i%7), 2+i%3*300)
	}
	// Options for a million interfaces, of one exporter.
	for i := range uint32(1_000_000 / 150) {
		m := make([]byte, 16, 1400)
		set := func(id uint16, n int) {
			m = binary.BigEndian.AppendUint32(m, uint32(id)<<16|uint32(n+4))
		}
		set(3, 14)
		m = append(m, 1, 44, 0, 2, 0, 1, 0, 10, 0, 4, 0, 34, 0, 4)
		set(300, 150*8)
		for k := range uint32(150) {
			m = binary.BigEndian.AppendUint32(m, i*150+k)
			m = binary.BigEndian.AppendUint32(m, 1000)
		}
		binary.BigEndian.PutUint32(m, 10<<16|uint32(len(m)))
		in.Take(buffer[:0], two, m, now)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	grown := int(after.HeapAlloc) - int(before.HeapAlloc)
	used := 0
	for _, x := range in.Stats().Exporters {
		used += x.Memory
	}
	t.Logf("grown by %d KiB; %d KiB by their own account, of %d", grown>>10, used>>10, memory>>10)
	if grown > 2*memory {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if got := feed(in, one, datagrams(t, good, 600, now), now); len(got) != 600 {
		t.Errorf("the exporter that behaves has %d records of 600", len(got))
	}
	x := of(t, in, two)
	if x.Refused == 0 || x.NoRoom == 0 || x.Evicted == 0 || of(t, in, one).Evicted != 0 {
		t.Errorf("%+v", x)
	}
	if s := in.Stats(); len(s.Exporters) > 258 || len(s.Strangers) > 256 || s.Refused == 0 {
		t.Errorf("%d exporters, %d strangers are kept", len(s.Exporters), len(s.Strangers))
	}
	runtime.KeepAlive(in)
}
