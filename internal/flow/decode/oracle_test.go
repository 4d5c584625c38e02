package decode_test

import (
	stdbytes "bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/netsampler/goflow2/v2/decoders/netflow"
	"github.com/netsampler/goflow2/v2/decoders/netflowlegacy"
	"github.com/netsampler/goflow2/v2/decoders/sflow"

	"candor/internal/flow"
	"candor/internal/flow/decode"
	"candor/internal/flow/export"
)

// values are the fields of a record as goflow2 reads them, by enterprise and
// element; of fields that are there twice the first.
type values map[uint64][]byte

func valuesOf(fields []netflow.DataField) values {
	v := values{}
	for _, f := range fields {
		key := uint64(f.Pen)<<16 | uint64(f.Type)
		b, _ := f.Value.([]byte)
		if _, ok := v[key]; !ok && b != nil {
			v[key] = b
		}
	}
	return v
}

func (v values) has(ids ...uint64) bool {
	for _, id := range ids {
		if _, ok := v[id]; ok {
			return true
		}
	}
	return false
}

// first is the number of the first of the elements that is there.
func (v values) first(ids ...uint64) uint64 {
	for _, id := range ids {
		if b, ok := v[id]; ok {
			n := uint64(0)
			for _, x := range b {
				n = n<<8 | uint64(x)
			}
			return n
		}
	}
	return 0
}

func (v values) addr(four, six uint64) (a flow.Addr) {
	if b, ok := v[six]; ok && len(b) == 16 {
		a = flow.Addr(b)
	}
	if b, ok := v[four]; ok && len(b) == 4 {
		if n := binary.BigEndian.Uint32(b); n != 0 || !v.has(six) {
			a = flow.V4(n)
		}
	}
	return a
}

// moment is a time by the best of elements; ids are those of uptime, seconds,
// milliseconds, of NTP (two), of microseconds before the export.
func (v values) moment(exported int64, uptime uint32, ids [6]uint64) (int64, bool) {
	up, seconds, millis, micro, nano, delta := ids[0], ids[1], ids[2], ids[3], ids[4], ids[5]
	for _, id := range []uint64{nano, micro} {
		if b, ok := v[id]; ok {
			return (int64(binary.BigEndian.Uint32(b))-2208988800)*1e6 + int64(float64(binary.BigEndian.Uint32(b[4:]))*1e6/(1<<32)), true
		}
	}
	switch {
	case v.has(millis):
		return int64(v.first(millis)) * 1000, true
	case v.has(delta):
		return exported - int64(v.first(delta)), true
	case v.has(seconds):
		return int64(v.first(seconds)) * 1e6, true
	case v.has(up) && uptime != 0:
		return exported + int64(int32(uint32(v.first(up))-uptime))*1000, true
	}
	return 0, false
}

const reverse = uint64(29305) << 16

// recordsOf makes records of fields, straightforwardly.
func recordsOf(v values, exported int64, uptime uint32) []flow.Record {
	if !v.has(1, 2, 85, 86, 23, 24, 231, 298, 232, 299, reverse|1, reverse|2, reverse|85, reverse|86) {
		return nil
	}
	r := flow.Record{
		Src: v.addr(8, 27), Dst: v.addr(12, 28),
		SrcPort: uint16(v.first(7)), DstPort: uint16(v.first(11)),
		Protocol: uint8(v.first(4)), Flags: uint8(v.first(6)),
		In: uint32(v.first(10, 252)), Out: uint32(v.first(14, 253)),
		Bytes: v.first(231, 1, 85, 23), Packets: v.first(298, 2, 86, 24),
		NatPort: uint16(v.first(227)), Sampling: uint32(v.first(34)),
	}
	if v.has(225) && v.first(225) != 0 {
		r.NatAddr = v.addr(225, 0)
	}
	icmp := r.Protocol == flow.ICMP || r.Protocol == flow.ICMPv6
	if n := uint16(v.first(32)); icmp && n != 0 {
		r.DstPort = n
	}
	start, ok := v.moment(exported, uptime, [6]uint64{22, 150, 152, 154, 156, 158})
	end, ended := v.moment(exported, uptime, [6]uint64{21, 151, 153, 155, 157, 159})
	duration := int64(v.first(161)) * 1000
	switch {
	case ok && !ended:
		end = start + duration
	case ended && !ok:
		start = end - duration
	case !ok && !ended:
		start, end = exported, exported
	}
	r.Start, r.End = start, max(end, start)
	out := []flow.Record{r}
	back := r
	back.Bytes = v.first(reverse|1, 232, reverse|85)
	back.Packets = v.first(reverse|2, 299, reverse|86)
	if back.Bytes == 0 && back.Packets == 0 {
		return out
	}
	back.Src, back.Dst, back.In, back.Out = r.Dst, r.Src, r.Out, r.In
	if !icmp {
		back.SrcPort, back.DstPort = r.DstPort, r.SrcPort
	}
	back.Flags, back.NatAddr, back.NatPort = uint8(v.first(reverse|6)), flow.Addr{}, 0
	return append(out, back)
}

// oracle decodes datagrams of v9 or IPFIX by goflow2.
func oracle(t testing.TB, datagrams [][]byte) (records []flow.Record) {
	t.Helper()
	templates := netflow.CreateTemplateSystem()
	for _, d := range datagrams {
		var nine netflow.NFv9Packet
		var ten netflow.IPFIXPacket
		if err := netflow.DecodeMessageVersion(stdbytes.NewBuffer(append([]byte(nil), d...)), templates, &nine, &ten); err != nil {
			t.Fatalf("goflow2: %v\n%x", err, d)
		}
		sets, exported, uptime := nine.FlowSets, int64(nine.UnixSeconds)*1e6, nine.SystemUptime
		if nine.Version != 9 {
			sets, exported, uptime = ten.FlowSets, int64(ten.ExportTime)*1e6, 0
		}
		for _, set := range sets {
			if data, ok := set.(netflow.DataFlowSet); ok {
				for _, r := range data.Records {
					records = append(records, recordsOf(valuesOf(r.Values), exported, uptime)...)
				}
			}
		}
	}
	return records
}

// pool are fields that templates of this test are made of: enterprise, element,
// lengths.
var pool = []struct {
	enterprise uint32
	id         uint16
	lengths    []uint16
}{
	{0, 8, []uint16{4}}, {0, 12, []uint16{4}}, {0, 27, []uint16{16}}, {0, 28, []uint16{16}}, {0, 7, []uint16{2}}, {0, 11, []uint16{2}},
	{0, 4, []uint16{1}}, {0, 4, []uint16{1}}, {0, 6, []uint16{1, 2}}, {0, 10, []uint16{2, 4}}, {0, 14, []uint16{2, 4}}, {0, 252, []uint16{4}}, {0, 253, []uint16{4}},
	{0, 1, []uint16{4, 8, 3, 5}}, {0, 2, []uint16{4, 8, 1, 6, 7}}, {0, 85, []uint16{8}}, {0, 86, []uint16{8}}, {0, 23, []uint16{4}}, {0, 24, []uint16{4}},
	{0, 231, []uint16{4, 8}}, {0, 232, []uint16{8}}, {0, 298, []uint16{8}}, {0, 299, []uint16{4}},
	{29305, 1, []uint16{8}}, {29305, 2, []uint16{8}}, {29305, 85, []uint16{4}}, {29305, 6, []uint16{1}},
	{0, 22, []uint16{4}}, {0, 21, []uint16{4}}, {0, 150, []uint16{4}}, {0, 151, []uint16{4}}, {0, 152, []uint16{8}}, {0, 153, []uint16{8}},
	{0, 154, []uint16{8}}, {0, 155, []uint16{8}}, {0, 157, []uint16{8}}, {0, 158, []uint16{4}}, {0, 159, []uint16{4}}, {0, 161, []uint16{4}},
	{0, 225, []uint16{4}}, {0, 227, []uint16{2}}, {0, 34, []uint16{4, 2}}, {0, 32, []uint16{2}},
	{0, 82, []uint16{16, 0xffff}}, {0, 16, []uint16{4}}, {0, 5, []uint16{1}}, {9, 12235, []uint16{0xffff, 4}}, {35632, 57, []uint16{0xffff, 20}}, {0, 371, []uint16{0xffff}},
}

// invent makes datagrams of random templates and records of them.
func invent(r *rand.Rand, v decode.Version) (datagrams [][]byte) {
	type made struct {
		lengths  []uint16
		variable bool
	}
	known := map[uint16]made{}
	sequence := uint32(0)
	for range r.IntN(4) + 1 {
		var b []byte
		u16, u32 := func(v uint16) { b = binary.BigEndian.AppendUint16(b, v) }, func(v uint32) { b = binary.BigEndian.AppendUint32(b, v) }
		sets := 0
		if v == decode.IPFIX {
			u32(10 << 16)
			u32(now / 1_000_000)
			u32(sequence)
		} else {
			u32(9 << 16)
			u32(3_600_000)
			u32(now / 1_000_000)
			u32(sequence)
			sequence++
		}
		u32(r.Uint32N(3))
		domain := len(b) - 4
		binary.BigEndian.PutUint32(b[domain:], 1)
		begin := func(id uint16) int { u16(id); u16(0); return len(b) - 4 }
		end := func(at int, pad bool) {
			for pad && (len(b)-at)%4 != 0 {
				b = append(b, 0)
			}
			binary.BigEndian.PutUint16(b[at+2:], uint16(len(b)-at))
			sets++
		}
		for range r.IntN(3) + 1 {
			id := uint16(256 + r.IntN(4))
			at := begin(map[bool]uint16{true: 2, false: 0}[v == decode.IPFIX])
			m := made{}
			u16(id)
			count := r.IntN(24) + 1
			where := len(b)
			u16(0)
			for range count {
				f := pool[r.IntN(len(pool))]
				length := f.lengths[r.IntN(len(f.lengths))]
				if v != decode.IPFIX && (f.enterprise != 0 || length == 0xffff) {
					continue
				}
				if f.enterprise != 0 {
					u16(f.id | 0x8000)
				} else {
					u16(f.id)
				}
				u16(length)
				if f.enterprise != 0 {
					u32(f.enterprise)
				}
				m.lengths, m.variable = append(m.lengths, length), m.variable || length == 0xffff
			}
			fixed := 0
			for _, l := range m.lengths {
				if l != 0xffff {
					fixed += int(l)
				}
			}
			if fixed < 8 {
				u16(5)
				u16(8)
				m.lengths = append(m.lengths, 8)
			}
			binary.BigEndian.PutUint16(b[where:], uint16(len(m.lengths)))
			end(at, false)
			known[id] = m
		}
		for id := uint16(256); id < 260; id++ {
			m, ok := known[id]
			if !ok {
				continue
			}
			at := begin(id)
			for range r.IntN(4) {
				for _, l := range m.lengths {
					if l == 0xffff {
						if l = uint16(r.IntN(20)); r.IntN(3) == 0 {
							b = append(b, 255)
							u16(l)
						} else {
							b = append(b, byte(l))
						}
					}
					zero := r.IntN(6) == 0
					for range l {
						x := byte(r.Uint32())
						if zero {
							x = 0
						} else if l == 1 {
							x = []byte{1, 6, 17, 58, x}[r.IntN(5)]
						}
						b = append(b, x)
					}
				}
			}
			end(at, false)
		}
		if v == decode.IPFIX {
			binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
		} else {
			binary.BigEndian.PutUint16(b[2:], uint16(sets))
		}
		datagrams = append(datagrams, b)
	}
	return datagrams
}

// same holds what is decoded here against what goflow2 reads.
func same(t testing.TB, v decode.Version, datagrams [][]byte) int {
	t.Helper()
	want := oracle(t, datagrams)
	got, _ := receive(t, decode.NewStream(decode.NewShare(1<<20), 0), datagrams)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%v: %s", v, diff)
	}
	return len(got)
}

// TestOracle decodes random templates as goflow2 does.
func TestOracle(t *testing.T) {
	for _, v := range []decode.Version{decode.NetFlow9, decode.IPFIX} {
		n := 0
		for seed := range uint64(400) {
			n += same(t, v, invent(rand.New(rand.NewPCG(seed, 1)), v))
		}
		if n < 200 {
			t.Errorf("only %d records were compared", n)
		}
	}
}

func FuzzOracle(f *testing.F) {
	f.Add(uint64(1), uint64(1), true)
	f.Fuzz(func(t *testing.T, a, b uint64, nine bool) {
		v := decode.IPFIX
		if nine {
			v = decode.NetFlow9
		}
		same(t, v, invent(rand.New(rand.NewPCG(a, b)), v))
	})
}

// TestOracle5 decodes NetFlow v5 as goflow2 does.
func TestOracle5(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	e, err := export.New(export.Options{Version: decode.NetFlow5, Booted: now - 1e9, Sampling: 10})
	if err != nil {
		t.Fatal(err)
	}
	datagrams := send(t, e, traffic(r, 200, true), now)
	var want []flow.Record
	for _, d := range datagrams {
		var p netflowlegacy.PacketNetFlowV5
		if err := netflowlegacy.DecodeMessageVersion(stdbytes.NewBuffer(d), &p); err != nil {
			t.Fatal(err)
		}
		at := int64(p.UnixSecs)*1e6 + int64(p.UnixNSecs)/1000
		for _, x := range p.Records {
			want = append(want, flow.Record{Src: flow.V4(uint32(x.SrcAddr)), Dst: flow.V4(uint32(x.DstAddr)), SrcPort: x.SrcPort, DstPort: x.DstPort,
				In: uint32(x.Input), Out: uint32(x.Output), Packets: uint64(x.DPkts), Bytes: uint64(x.DOctets), Protocol: x.Proto, Flags: x.TCPFlags,
				Sampling: uint32(p.SamplingInterval & 0x3fff), Start: at - (int64(p.SysUptime)-int64(x.First))*1000, End: at - (int64(p.SysUptime)-int64(x.Last))*1000})
		}
	}
	got, _ := receive(t, decode.NewStream(decode.NewShare(1<<20), 0), datagrams)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// FuzzSFlow holds what is decoded of samples against goflow2: as many samples of
// packets, of the same rates and interfaces.
func FuzzSFlow(f *testing.F) {
	e, err := export.New(export.Options{Version: decode.SFlow5, Agent: flow.V4(9), Sampling: 7, Booted: now - 1e9})
	if err != nil {
		f.Fatal(err)
	}
	records := traffic(rand.New(rand.NewPCG(8, 8)), 12, false)
	for i := range records {
		records[i].Packets = 1
	}
	for _, d := range send(f, e, records, now) {
		f.Add(d)
	}
	f.Fuzz(func(t *testing.T, d []byte) {
		h, err := decode.Peek(d)
		if err != nil || h.Version != decode.SFlow5 || len(d) > 1<<16 {
			return
		}
		got, res := decode.NewStream(decode.NewShare(1<<20), 0).Decode(nil, d, h, now)
		if !decode.Looks(d) || res.Err != nil {
			return
		}
		var p sflow.Packet
		if err := sflow.DecodeMessageVersion(stdbytes.NewBuffer(append([]byte(nil), d...)), &p); err != nil {
			return
		}
		samples, next := 0, 0
		for _, s := range p.Samples {
			var rate, in, out uint32
			switch s := s.(type) {
			case sflow.FlowSample:
				samples, rate, in, out = samples+1, s.SamplingRate, s.Input, s.Output
			case sflow.ExpandedFlowSample:
				samples, rate, in, out = samples+1, s.SamplingRate, s.InputIfValue, s.OutputIfValue
			default:
				continue
			}
			if next < len(got) && got[next].Sampling == rate && (got[next].In == in || got[next].In == 0) && (got[next].Out == out || got[next].Out == 0) {
				next++
			}
		}
		if samples != res.Samples || next != len(got) {
			t.Errorf("%d samples, %d records; goflow2 has %d samples, of which %d fit: %+v", res.Samples, len(got), samples, next, res)
		}
	})
}
