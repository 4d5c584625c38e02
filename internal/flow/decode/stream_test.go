package decode_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"candor/internal/flow"
	"candor/internal/flow/decode"
	"candor/internal/flow/export"
)

// message makes a datagram of IPFIX of sets, each an ID and what it holds.
func message(sets ...any) []byte {
	b := make([]byte, 16)
	for i := 0; i < len(sets); i += 2 {
		body := sets[i+1].([]byte)
		b = binary.BigEndian.AppendUint16(b, uint16(sets[i].(int)))
		b = binary.BigEndian.AppendUint16(b, uint16(len(body)+4))
		b = append(b, body...)
	}
	binary.BigEndian.PutUint32(b, 10<<16|uint32(len(b)))
	binary.BigEndian.PutUint32(b[4:], now/1_000_000)
	return b
}

// definition writes numbers of 16 bits.
func definition(numbers ...uint16) (b []byte) {
	for _, n := range numbers {
		b = binary.BigEndian.AppendUint16(b, n)
	}
	return b
}

func numbers(all ...uint32) (b []byte) {
	for _, n := range all {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return b
}

// play decodes a datagram.
func play(t *testing.T, s *decode.Stream, d []byte, at int64) ([]flow.Record, decode.Result) {
	t.Helper()
	h, err := decode.Peek(d)
	if err != nil {
		t.Fatal(err)
	}
	return s.Decode(nil, d, h, at)
}

func TestLateTemplate(t *testing.T) {
	share := decode.NewShare(1 << 16)
	s := decode.NewStream(share, 1)
	early := message(256, numbers(10, 20, 30, 40))
	if got, res := play(t, s, early, now); len(got) != 0 || res.Unknown != 1 || res.NoRoom != 0 || s.Waiting() != 1 {
		t.Fatalf("before its template: %v %+v", got, res)
	}
	got, res := play(t, s, message(2, definition(256, 2, 1, 4, 2, 4), 256, numbers(50, 60)), now+1e6)
	if len(got) != 3 || res.Data != 1 || res.Late != 2 || s.Waiting() != 0 {
		t.Fatalf("with its template: %v %+v", got, res)
	}
	if got[0].Bytes != 10 || got[1].Packets != 40 || got[2].Bytes != 50 {
		t.Errorf("records %+v", got)
	}
	// Another template, under the same ID: what waits no longer is not lost.
	if _, res := play(t, s, message(2, definition(256, 2, 2, 4, 1, 4)), now+1e6); res.Changed != 1 || res.Late != 0 {
		t.Errorf("changed: %+v", res)
	}
	if got, _ := play(t, s, message(256, numbers(7, 8)), now); got[0].Packets != 7 {
		t.Errorf("after the change: %+v", got)
	}
	if _, res := play(t, s, message(2, definition(256, 0)), now); res.Withdrawn != 1 || s.Templates() != 0 {
		t.Errorf("withdrawn: %+v", res)
	}
	play(t, s, message(256, numbers(7, 8)), now)
	if _, res := play(t, s, message(300, numbers(7, 8)), now+decode.Patience.Microseconds()+1); res.Expired != 1 || s.Waiting() != 1 {
		t.Errorf("expired: %+v", res)
	}
	if lost := s.Reset(); lost != 1 || share.Used() != 0 || share.Held() != 0 {
		t.Errorf("reset lost %d, and leaves %d bytes", lost, share.Used())
	}
}

// TestBiflow gives a record for each way (RFC 5103).
func TestBiflow(t *testing.T) {
	s := decode.NewStream(decode.NewShare(1<<16), 1)
	d := message(2, definition(256, 7, 8, 4, 12, 4, 7, 2, 11, 2, 1, 4, 0x8001, 4, 0, 29305, 0x8002, 4, 0, 29305),
		256, append(numbers(1, 2), append(definition(1000, 443), numbers(500, 7000, 6)...)...))
	got, res := play(t, s, d, now)
	if len(got) != 2 || res.Data != 1 || res.Reverse != 1 {
		t.Fatalf("%+v %+v", got, res)
	}
	there, back := got[0], got[1]
	if there.Bytes != 500 || there.SrcPort != 1000 || back.Bytes != 7000 || back.Packets != 6 || back.Src != flow.V4(2) || back.SrcPort != 443 || back.DstPort != 1000 {
		t.Errorf("there %+v, back %+v", there, back)
	}
}

// TestSamplingByOptions takes rates from options, by sampler, by interface, for
// all, by PSAMP's interval and space.
func TestSamplingByOptions(t *testing.T) {
	s := decode.NewStream(decode.NewShare(1<<18), 1)
	sampler := definition(260, 2, 1, 302, 4, 34, 4)
	iface := definition(261, 2, 1, 10, 4, 34, 4)
	all := definition(262, 3, 1, 149, 4, 305, 4, 306, 4)
	records := definition(256, 3, 302, 4, 10, 4, 1, 4)
	play(t, s, message(3, sampler, 3, iface, 3, all, 2, records, 260, numbers(5, 100), 261, numbers(9, 200), 262, numbers(0, 1, 299)), now)
	got, res := play(t, s, message(256, numbers(5, 0, 1, 6, 9, 1, 6, 8, 1)), now)
	if len(got) != 3 || got[0].Sampling != 100 || got[1].Sampling != 200 || got[2].Sampling != 300 {
		t.Errorf("%+v %+v", got, res)
	}
	s.Override = 7
	if got, _ := play(t, s, message(256, numbers(5, 0, 1)), now); got[0].Sampling != 7 {
		t.Errorf("sampling %d against the override", got[0].Sampling)
	}
}

// TestBooted takes times since boot from when the exporter says that it booted.
func TestBooted(t *testing.T) {
	s := decode.NewStream(decode.NewShare(1<<18), 1)
	records := message(2, definition(256, 3, 22, 4, 21, 4, 1, 4), 256, numbers(1000, 2000, 1))
	if got, res := play(t, s, records, now); got[0].Start/1e6 != now/1_000_000 || res.Timeless != 1 {
		t.Errorf("with no clock: %+v %+v", got, res)
	}
	boot := uint64(now/1000 - 100_000)
	play(t, s, message(3, definition(260, 2, 1, 149, 4, 160, 8), 260, append(numbers(0), numbers(uint32(boot>>32), uint32(boot))...)), now)
	got, res := play(t, s, records, now)
	if want := int64(boot)*1000 + 1e6; got[0].Start != want || got[0].End != want+1e6 || res.Timeless != 0 || res.Skewed != 0 {
		t.Errorf("with a clock: %+v %+v", got, res)
	}
}

// TestPacketSection takes a section of a packet (RFC 7133) as a record of it.
func TestPacketSection(t *testing.T) {
	s := decode.NewStream(decode.NewShare(1<<18), 1)
	packet := append(numbers(0x45000100, 0, 64<<24|17<<16, 1, 2), definition(53, 99, 236, 0)...)
	d := message(2, definition(256, 1, 313, 0xffff), 256, append([]byte{byte(len(packet))}, packet...))
	got, res := play(t, s, d, now)
	if len(got) != 1 || got[0].Bytes != 256 || got[0].Packets != 1 || got[0].SrcPort != 53 || got[0].Dst != flow.V4(2) {
		t.Errorf("%+v %+v", got, res)
	}
}

// TestFloods keeps a stream within its share whatever it is sent.
func TestFloods(t *testing.T) {
	const most = 1 << 18
	share := decode.NewShare(most)
	s, other := decode.NewStream(share, 1), decode.NewStream(share, 2)
	play(t, other, message(2, definition(256, 2, 1, 4, 2, 4)), now)
	r := rand.New(rand.NewPCG(1, 1))
	var sum decode.Result
	flood := func(sets ...any) {
		_, res := play(t, s, message(sets...), now)
		sum.Evicted, sum.Refused, sum.NoRoom = sum.Evicted+res.Evicted, sum.Refused+res.Refused, sum.NoRoom+res.NoRoom
		if share.Used() > most || share.Held() > most/2 {
			t.Fatalf("%d bytes in use, %d wait", share.Used(), share.Held())
		}
	}
	for range 2000 { // templates of many IDs and lengths
		n := uint16(r.IntN(200) + 1)
		d := definition(uint16(256+r.IntN(65000)), n)
		for range n {
			d = append(d, definition(uint16(r.IntN(400)), uint16(r.IntN(9)+1))...)
		}
		flood(2, d)
	}
	for range 2000 { // data whose template never comes
		flood(65500, make([]byte, r.IntN(1400)))
	}
	flood(3, definition(300, 2, 1, 10, 4, 34, 4))
	for i := range uint32(20_000) { // rates for a million interfaces
		sets := []byte{}
		for k := range uint32(50) {
			sets = append(sets, numbers(i*50+k+1, 10)...)
		}
		flood(300, sets)
	}
	if sum.Evicted == 0 || sum.Refused == 0 || sum.NoRoom == 0 {
		t.Errorf("nothing was kept out: %+v", sum)
	}
	if got, res := play(t, other, message(256, numbers(1, 2)), now); len(got) != 1 {
		t.Errorf("the other stream of the exporter lost its template: %+v", res)
	}
	s.Reset()
	other.Reset()
	if share.Used() != 0 {
		t.Errorf("%d bytes are never given back", share.Used())
	}
}

// TestBad makes sure that what is wrong is told, and that what was right before
// and after it is decoded.
func TestBad(t *testing.T) {
	good := definition(256, 2, 1, 4, 2, 4)
	for name, d := range map[string][]byte{
		"records of no length":    message(2, definition(256, 1, 1, 0)),
		"a template that ends":    message(2, definition(256, 3, 1, 4)),
		"a template's ID":         message(2, definition(255, 1, 1, 4)),
		"options without a scope": message(3, definition(256, 1, 0, 1, 4)),
		"a set too long":          append(message(2, good)[:16], 1, 0, 0, 99),
		"a value that overruns":   message(2, definition(257, 1, 1, 0xffff), 257, []byte{9, 1, 1}),
	} {
		s := decode.NewStream(decode.NewShare(1<<16), 1)
		if _, res := play(t, s, d, now); res.Err == nil {
			t.Errorf("%s: %+v", name, res)
		}
	}
	s := decode.NewStream(decode.NewShare(1<<16), 1)
	got, res := play(t, s, message(2, good, 2, definition(257, 9), 256, numbers(1, 2)), now)
	if len(got) != 1 || res.Err == nil {
		t.Errorf("after what is wrong: %v %+v", got, res)
	}
	for _, d := range [][]byte{nil, {0, 9}, make([]byte, 100), {0, 5, 0, 0}, {0, 10, 0, 0}, {0, 0, 0, 5, 0, 0, 0, 1}, {0, 8, 0, 0}} {
		if h, err := decode.Peek(d); err == nil {
			t.Errorf("%x has a head: %+v", d, h)
		}
	}
}

// FuzzDecode keeps a stream from anything but records and errors.
func FuzzDecode(f *testing.F) {
	for _, v := range []decode.Version{decode.NetFlow5, decode.NetFlow9, decode.IPFIX, decode.SFlow5} {
		e, err := export.New(export.Options{Version: v, Agent: flow.V4(1), Sampling: 10, Booted: now - 1e9, NAT: true})
		if err != nil {
			f.Fatal(err)
		}
		records := traffic(rand.New(rand.NewPCG(1, 2)), 4, v == decode.NetFlow5)
		for i := range records {
			records[i].Packets = 1
		}
		d := send(f, e, records, now)
		f.Add(d[0], d[0])
	}
	f.Add(message(2, definition(256, 3, 1, 0xffff, 8, 4, 0x8001, 4, 0, 9), 256, []byte{2, 1, 1, 1, 2, 3, 4, 5, 5, 5, 5}), message(256, []byte{1, 2, 3, 4}))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		share := decode.NewShare(1 << 16)
		s := decode.NewStream(share, 1)
		for _, d := range [][]byte{a, b, a} {
			h, err := decode.Peek(d)
			if err != nil {
				continue
			}
			decode.Looks(d)
			records, res := s.Decode(nil, d, h, now)
			if len(records) > 2*len(d)*2+2*1<<16 {
				t.Errorf("%d records of %d bytes", len(records), len(d))
			}
			for i := range records {
				if r := &records[i]; r.End < r.Start || r.Exporter != 1 {
					t.Errorf("record %+v", r)
				}
			}
			if res.Data < 0 || share.Used() > 1<<16 {
				t.Errorf("%+v, %d bytes", res, share.Used())
			}
		}
		s.Reset()
		if share.Used() != 0 || share.Held() != 0 {
			t.Errorf("%d bytes are left", share.Used())
		}
	})
}
