package decode_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"candor/internal/flow"
	"candor/internal/flow/decode"
	"candor/internal/flow/export"
)

// now is when things are sent in these tests, microseconds.
const now = 1_800_000_000_250_000

// traffic makes n records, of both families unless four.
func traffic(r *rand.Rand, n int, four bool) []flow.Record {
	records := make([]flow.Record, n)
	for i := range records {
		start := now - int64(r.IntN(60_000_000))
		f := flow.Record{
			Src: flow.V4(r.Uint32()), Dst: flow.V4(r.Uint32()), SrcPort: uint16(r.Uint32()), DstPort: uint16(r.Uint32()),
			Bytes: uint64(r.Uint32N(1 << 20)), Packets: uint64(r.Uint32N(1000)), In: r.Uint32N(1 << 16), Out: r.Uint32N(1 << 16),
			Protocol: []uint8{flow.TCP, flow.UDP, flow.ICMP, 47}[r.IntN(4)], Flags: uint8(r.Uint32()),
			Start: start / 1000 * 1000, End: (start + int64(r.IntN(20_000_000))) / 1000 * 1000,
		}
		if !four && r.IntN(3) == 0 {
			f.Src, f.Dst = six(r), six(r)
		}
		records[i] = f
	}
	return records
}

func six(r *rand.Rand) (a flow.Addr) {
	a = flow.Addr{0x20, 0x01, 0x0d, 0xb8}
	for i := 4; i < 16; i++ {
		a[i] = byte(r.Uint32())
	}
	return a
}

// send gives the datagrams of records.
func send(t testing.TB, e *export.Encoder, records []flow.Record, at int64) (datagrams [][]byte) {
	t.Helper()
	if err := e.Append(records, at, func(d []byte) error {
		datagrams = append(datagrams, append([]byte(nil), d...))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return datagrams
}

// receive decodes datagrams by one stream.
func receive(t testing.TB, s *decode.Stream, datagrams [][]byte) (records []flow.Record, data int) {
	t.Helper()
	for _, d := range datagrams {
		h, err := decode.Peek(d)
		if err != nil {
			t.Fatal(err)
		}
		if !decode.Looks(d) {
			t.Errorf("a datagram of %v does not look like one", h.Version)
		}
		var res decode.Result
		records, res = s.Decode(records, d, h, now)
		if res.Err != nil {
			t.Fatal(res.Err)
		}
		data += res.Data
	}
	return records, data
}

func TestRoundTrip(t *testing.T) {
	for _, o := range []export.Options{
		{Version: decode.NetFlow5, Domain: 0x102},
		{Version: decode.NetFlow5, Sampling: 100},
		{Version: decode.NetFlow9, Domain: 7},
		{Version: decode.NetFlow9, Sampling: 1000, NAT: true},
		{Version: decode.NetFlow9, Sampling: 1000, Size: 9000},
		{Version: decode.IPFIX, Domain: 7},
		{Version: decode.IPFIX, Sampling: 1000, NAT: true},
	} {
		t.Run(fmt.Sprintf("%v-%d-%v", o.Version, o.Sampling, o.NAT), func(t *testing.T) {
			o.Booted = now - 4_000_000_000_000 // 46 days: clocks of 32 bits have nearly wrapped
			e, err := export.New(o)
			if err != nil {
				t.Fatal(err)
			}
			want := traffic(rand.New(rand.NewPCG(1, 2)), 500, o.Version == decode.NetFlow5)
			if o.NAT {
				for i := range want {
					want[i].NatPort, want[i].NatAddr = uint16(i+1), want[i].Dst
				}
			}
			datagrams := send(t, e, want, now)
			if h, _ := decode.Peek(datagrams[0]); h.Domain != o.Domain || h.Sequence != 0 || now-h.Time >= 1e6 || h.Time > now {
				t.Errorf("head %+v", h)
			}
			s := decode.NewStream(decode.NewShare(1<<20), 3)
			got, _ := receive(t, s, datagrams)
			for i := range want {
				want[i].Exporter, want[i].Sampling = 3, o.Sampling
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if s.Override = 50; o.Version != decode.SFlow5 {
				if got, _ := receive(t, s, datagrams); got[0].Sampling != 50 {
					t.Errorf("sampling %d against the override", got[0].Sampling)
				}
			}
		})
	}
}

// TestSamples sends packets by sFlow.
func TestSamples(t *testing.T) {
	e, err := export.New(export.Options{Version: decode.SFlow5, Agent: flow.V4(0x0a000001), Domain: 5, Sampling: 512, Booted: now - 1e9})
	if err != nil {
		t.Fatal(err)
	}
	var want []flow.Record
	sent := traffic(rand.New(rand.NewPCG(3, 4)), 100, false)
	for i := range sent {
		r := &sent[i]
		r.Packets = uint64(i%3 + 1)
		r.Bytes = r.Packets * 100
		if r.Protocol == flow.ICMP && !r.Src.Is4() {
			r.Protocol = flow.ICMPv6
		}
		if r.Protocol != flow.TCP {
			r.Flags = 0
		}
		if r.Protocol != flow.TCP && r.Protocol != flow.UDP {
			r.SrcPort = 0
		}
		if r.Protocol == 47 {
			r.DstPort = 0
		}
		for range r.Packets {
			p := *r
			p.Packets, p.Bytes, p.Start, p.End, p.Sampling, p.Exporter = 1, 100, now, now, 512, 9
			want = append(want, p)
		}
	}
	datagrams := send(t, e, sent, now)
	if h, _ := decode.Peek(datagrams[1]); h.Agent != flow.V4(0x0a000001) || h.Domain != 5 || h.Sequence != 1 || h.Uptime != 1_000_000 {
		t.Errorf("head %+v", h)
	}
	got, _ := receive(t, decode.NewStream(decode.NewShare(1<<20), 9), datagrams)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestNoAllocation decodes without allocating.
func TestNoAllocation(t *testing.T) {
	for _, v := range []decode.Version{decode.NetFlow5, decode.NetFlow9, decode.IPFIX, decode.SFlow5} {
		s, datagrams := ready(t, v)
		dst := make([]flow.Record, 0, 4096)
		if n := testing.AllocsPerRun(100, func() { drain(t, s, datagrams, dst) }); n != 0 {
			t.Errorf("%v: %v allocations", v, n)
		}
	}
}

func ready(t testing.TB, v decode.Version) (*decode.Stream, [][]byte) {
	e, err := export.New(export.Options{Version: v, Agent: flow.V4(1), Booted: now - 1e9, Sampling: 100, Every: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	records := traffic(rand.New(rand.NewPCG(1, 2)), 3000, true)
	for i := range records {
		if v == decode.SFlow5 {
			records[i].Packets = 1
		}
	}
	datagrams := send(t, e, records, now)
	s := decode.NewStream(decode.NewShare(1<<20), 1)
	receive(t, s, datagrams[:1])
	return s, datagrams[1:]
}

func drain(t testing.TB, s *decode.Stream, datagrams [][]byte, dst []flow.Record) (n int) {
	for _, d := range datagrams {
		h, err := decode.Peek(d)
		if err != nil {
			t.Fatal(err)
		}
		_, res := s.Decode(dst[:0], d, h, now)
		if res.Err != nil || res.Unknown > 0 {
			t.Fatal(res)
		}
		n += res.Data
	}
	return n
}

func BenchmarkDecode(b *testing.B) {
	for _, v := range []decode.Version{decode.NetFlow5, decode.NetFlow9, decode.IPFIX, decode.SFlow5} {
		b.Run(v.String(), func(b *testing.B) {
			s, datagrams := ready(b, v)
			dst := make([]flow.Record, 0, 4096)
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				n += drain(b, s, datagrams, dst)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
