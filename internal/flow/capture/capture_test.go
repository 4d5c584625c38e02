package capture_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor/internal/flow"
	"candor/internal/flow/capture"
	"candor/internal/flow/decode"
	"candor/internal/flow/export"
)

const now = 1_800_000_000_000_000

// frame is a packet of Ethernet with a datagram of UDP, from 192.0.2.<host>.
func frame(host byte, port uint16, payload []byte) []byte {
	be := binary.BigEndian
	b := make([]byte, 42, 42+len(payload))
	b[12] = 0x08
	b[14] = 0x45
	be.PutUint16(b[16:], uint16(28+len(payload)))
	b[22], b[23] = 64, flow.UDP
	copy(b[26:], []byte{192, 0, 2, host, 10, 0, 0, 1})
	be.PutUint16(b[34:], 5000)
	be.PutUint16(b[36:], port)
	be.PutUint16(b[38:], uint16(8+len(payload)))
	return append(b, payload...)
}

// stamped is a packet and its time.
type stamped struct {
	at   int64
	data []byte
}

// pcapOf writes a pcap, of microseconds or nanoseconds.
func pcapOf(order binary.AppendByteOrder, nano bool, link uint32, packets []stamped) (b []byte) {
	magic, unit := uint32(0xa1b2c3d4), int64(1)
	if nano {
		magic, unit = 0xa1b23c4d, 1000
	}
	b = order.AppendUint32(b, magic)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint16(b, 4)
	b = append(b, make([]byte, 8)...)
	b = order.AppendUint32(b, 65535)
	b = order.AppendUint32(b, link)
	for _, p := range packets {
		for _, v := range []int64{p.at / 1e6, p.at % 1e6 * unit, int64(len(p.data)), int64(len(p.data))} {
			b = order.AppendUint32(b, uint32(v))
		}
		b = append(b, p.data...)
	}
	return b
}

// ngOf writes a pcapng, of nanoseconds.
func ngOf(order binary.AppendByteOrder, link uint16, packets []stamped) (b []byte) {
	block := func(kind uint32, body []byte) {
		for len(body)%4 != 0 {
			body = append(body, 0)
		}
		b = order.AppendUint32(b, kind)
		b = order.AppendUint32(b, uint32(len(body)+12))
		b = append(b, body...)
		b = order.AppendUint32(b, uint32(len(body)+12))
	}
	head := order.AppendUint32(nil, 0x1a2b3c4d)
	block(0x0a0d0d0a, append(head, 1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255))
	i := order.AppendUint16(nil, link)
	i = append(i, 0, 0, 0, 0, 0, 0)
	i = order.AppendUint16(i, 9)
	i = order.AppendUint16(i, 1)
	block(1, append(i, 9, 0, 0, 0))
	block(0x0bad, []byte("what nobody knows"))
	for _, p := range packets {
		t := uint64(p.at) * 1000
		e := order.AppendUint32(nil, 0)
		e = order.AppendUint32(e, uint32(t>>32))
		e = order.AppendUint32(e, uint32(t))
		e = order.AppendUint32(e, uint32(len(p.data)))
		e = order.AppendUint32(e, uint32(len(p.data)))
		block(6, append(e, p.data...))
	}
	return b
}

func write(t testing.TB, b []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "capture")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// play gives all batches of a file.
func play(t testing.TB, name string, o capture.Options) (*capture.File, []capture.Batch, error) {
	t.Helper()
	f, err := capture.Open(t.Context(), name, o)
	if err != nil {
		return nil, nil, err
	}
	t.Cleanup(func() { f.Close() })
	var all []capture.Batch
	for b, err := range f.Batches() {
		if err != nil {
			return f, all, err
		}
		b.Records = append([]flow.Record(nil), b.Records...)
		all = append(all, b)
	}
	return f, all, nil
}

// exported are packets of two exporters, with other traffic between.
func exported(t testing.TB) (packets []stamped, want int) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 1))
	for host, v := range []decode.Version{decode.NetFlow9, decode.IPFIX} {
		e, err := export.New(export.Options{Version: v, Booted: now - 1e9})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			at := now + int64(i)*1e6
			records := make([]flow.Record, 20)
			for k := range records {
				records[k] = flow.Record{Src: flow.V4(r.Uint32()), Dst: flow.V4(r.Uint32()), Bytes: 100, Packets: 1, Protocol: flow.TCP, Start: at - 1e6, End: at}
			}
			if err := e.Append(records, at, func(d []byte) error {
				packets = append(packets, stamped{at, frame(byte(host+1), 2055, d)}, stamped{at, frame(9, 53, []byte("a question"))})
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			want += len(records)
		}
	}
	return packets, want
}

func TestExports(t *testing.T) {
	packets, want := exported(t)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(pcapOf(binary.LittleEndian, false, 1, packets)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	var first []capture.Batch
	for name, b := range map[string][]byte{
		"little": pcapOf(binary.LittleEndian, false, 1, packets), "big": pcapOf(binary.BigEndian, false, 1, packets), "nano": pcapOf(binary.BigEndian, true, 1, packets),
		"ng little": ngOf(binary.LittleEndian, 1, packets), "ng big": ngOf(binary.BigEndian, 1, packets), "gzip": zipped.Bytes(),
	} {
		f, all, err := play(t, write(t, b), capture.Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		n := 0
		for _, b := range all {
			n += len(b.Records)
		}
		c := f.Counts
		if n != want || f.Mode != capture.Exports || c.Packets != len(packets) || c.Exports != len(all) || c.Skipped != len(packets)/2 || c.First != now || c.Last != now+9e6 {
			t.Errorf("%s: %d records of %d, %s, %+v", name, n, want, f.Mode, c)
		}
		if all[0].At != now || all[0].Exporter != netip.MustParseAddr("192.0.2.1") {
			t.Errorf("%s: the first batch is of %s at %d", name, all[0].Exporter, all[0].At)
		}
		if first == nil {
			first = all
		} else if diff := cmp.Diff(first, all, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		for _, x := range f.Intake.Stats().Exporters {
			if x.Streams[0].Lost != 0 || x.Records != uint64(want/2) {
				t.Errorf("%s: %+v", name, x)
			}
		}
	}
}

func TestTraffic(t *testing.T) {
	packets := []stamped{}
	for i := range int64(100) { // a flow of 99 s, every second a packet
		packets = append(packets, stamped{now + i*1e6, frame(1, 53, make([]byte, 72))})
	}
	packets = append(packets, stamped{now + 99e6, frame(2, 53, nil)}, stamped{now + 130e6, frame(2, 53, nil)}, stamped{now + 131e6, frame(3, 53, nil)[:20]})
	f, all, err := play(t, write(t, pcapOf(binary.LittleEndian, false, 1, packets)), capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	src, dst := flow.V4(0xc0000201), flow.V4(0x0a000001)
	one := flow.Record{Src: src, Dst: dst, SrcPort: 5000, DstPort: 53, Protocol: flow.UDP}
	a, b, c := one, one, one
	a.Start, a.End, a.Packets, a.Bytes = now, now+59e6, 60, 6000
	b.Start, b.End, b.Packets, b.Bytes = now+60e6, now+99e6, 40, 4000
	c.Src, c.Start, c.End, c.Packets, c.Bytes = flow.V4(0xc0000202), now+99e6, now+99e6, 1, 28
	d := c
	d.Start, d.End = now+130e6, now+130e6
	want := []capture.Batch{{At: now + 60e6, Records: []flow.Record{a}}, {At: now + 130e6, Records: []flow.Record{b, c}}, {At: now + 130e6, Records: []flow.Record{d}}}
	if diff := cmp.Diff(want, all, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	if f.Mode != capture.Traffic || f.Counts.Skipped != 1 || f.Counts.Packets != len(packets) {
		t.Errorf("%s %+v", f.Mode, f.Counts)
	}
}

// TestMeter makes of random packets flows that hold each packet once, and keeps
// to its bound.
func TestMeter(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	m := capture.NewMeter(capture.MeterOptions{Active: 10 * time.Second, Idle: time.Second, Most: 50})
	var flows []flow.Record
	var packets, size uint64
	at := int64(now)
	for range 20_000 {
		at += int64(r.IntN(20_000)) - 2000
		p := decode.Packet{Src: flow.V4(r.Uint32N(10)), Dst: flow.V4(r.Uint32N(10)), Protocol: flow.TCP, Flags: 1 << r.IntN(6), Bytes: r.IntN(1500)}
		packets, size = packets+1, size+uint64(p.Bytes)
		flows = m.Add(flows, &p, at)
	}
	flows = m.Flush(flows)
	for _, f := range flows {
		packets, size = packets-f.Packets, size-f.Bytes
		if f.End < f.Start || f.End-f.Start > 11e6 || f.Packets == 0 {
			t.Errorf("%+v", f)
		}
	}
	if packets != 0 || size != 0 {
		t.Errorf("%d packets, %d bytes are in no flow", packets, size)
	}
}

func TestDamaged(t *testing.T) {
	packets, _ := exported(t)
	for name, whole := range map[string][]byte{"pcap": pcapOf(binary.LittleEndian, false, 1, packets), "pcapng": ngOf(binary.LittleEndian, 1, packets)} {
		f, all, err := play(t, write(t, whole[:len(whole)-3]), capture.Options{})
		if !errors.Is(err, io.ErrUnexpectedEOF) || f == nil || len(all) != 20 && len(all) != 19 {
			t.Errorf("%s: %d batches, then %v", name, len(all), err)
		}
	}
	for _, b := range []string{"", "abc", "not a capture at all"} {
		if _, _, err := play(t, write(t, []byte(b)), capture.Options{}); !errors.Is(err, capture.ErrKind) {
			t.Errorf("%q: %v", b, err)
		}
	}
}

// FuzzCapture reads anything.
func FuzzCapture(f *testing.F) {
	packets, _ := exported(f)
	f.Add(pcapOf(binary.LittleEndian, false, 1, packets[:4]))
	f.Add(pcapOf(binary.BigEndian, true, 113, packets[:2]))
	f.Add(pcapOf(binary.BigEndian, true, 276, packets[:2]))
	f.Add(ngOf(binary.LittleEndian, 1, packets[:4]))
	f.Add(ngOf(binary.BigEndian, 101, packets[:2]))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 4 || b[0] == 0x0c || b[0] == 0xa5 || b[0] == 0x1f {
			return // nfdump and gzip have parsers of their own
		}
		name := filepath.Join(dir, "capture")
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, mode := range []capture.Mode{capture.Auto, capture.Traffic} {
			c, err := capture.Open(t.Context(), name, capture.Options{Mode: mode})
			if err != nil {
				return
			}
			for b, err := range c.Batches() {
				if err == nil && mode == capture.Traffic && len(b.Records) == 0 {
					t.Error("an empty batch")
				}
			}
			c.Close()
		}
	})
}
