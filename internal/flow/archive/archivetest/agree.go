package archivetest

import (
	gocmp "cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/archive"
)

// Archive is what must agree with Memory.
type Archive interface {
	archive.Writer
	archive.Reader
}

// Agree keeps random flows in a and in a Memory, and fails where answers to
// random questions are not the same. After each part of the flows settle has a
// do what it otherwise does with time; it is called once with the rest.
func Agree(t *testing.T, seed uint64, a Archive, settle func()) {
	t.Helper()
	d := NewDice(seed)
	m := &Memory{}
	tiers := map[archive.Tier]int{}
	for range 3 {
		for range 5 {
			flows := d.Flows(300)
			m.Keep(flows)
			a.Keep(flows)
		}
		settle()
		for range 60 {
			tiers[Same(t, a, m, d.Question())]++
			list(t, d, a, m)
		}
	}
	for _, tier := range archive.Tiers {
		if tiers[tier] == 0 {
			t.Errorf("nothing was answered from the tier %s", tier)
		}
	}
}

var equate = cmp.Options{cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{}), cmpopts.EquateEmpty()}

// Same asks both, and fails where a does not answer as the model does of the times
// that a answers of. It gives the tier.
func Same(t *testing.T, a, m archive.Reader, q archive.Question) archive.Tier {
	t.Helper()
	got, err := a.Ask(context.Background(), q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	if got.Tier == archive.Raw && (!got.Since.Equal(q.Since) || !got.Until.Equal(q.Until)) || got.Since.After(q.Since) || got.Until.Before(q.Until) {
		t.Fatalf("%+v is answered from %s for %s until %s", q, got.Tier, got.Since, got.Until)
	}
	wide := q
	wide.Since, wide.Until = got.Since, got.Until
	want, err := m.Ask(context.Background(), wide)
	if err != nil {
		t.Fatal(err)
	}
	want.Tier = got.Tier
	if diff := cmp.Diff(want, got, equate); diff != "" {
		t.Fatalf("%+v, from %s (-model +archive):\n%s", q, got.Tier, diff)
	}
	return got.Tier
}

// list compares flows. Those that ended at the same time stand in an order of the
// archive's own, of which a limit shows the beginning.
func list(t *testing.T, d *Dice, a, m archive.Reader) {
	t.Helper()
	q := d.Question()
	all := q
	all.Limit = archive.MaxLimit
	flows := func(r archive.Reader, q archive.Question) []archive.Flow {
		t.Helper()
		found, err := r.Flows(context.Background(), q)
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		return found
	}
	got, long, want := flows(a, q), flows(a, all), flows(m, all)
	if diff := cmp.Diff(long[:min(len(long), len(flows(m, q)))], got, equate); diff != "" {
		t.Fatalf("flows of %+v are not the first of more (-more +fewer):\n%s", q, diff)
	}
	skip, most := d.IntN(30), 1+d.IntN(30)
	part, err := a.Part(context.Background(), q, skip, most)
	if diff := cmp.Diff(long[min(len(long), skip):min(len(long), skip+most)], part, equate); err != nil || len(long) < archive.MaxLimit && diff != "" {
		t.Fatalf("%d flows of %+v behind %d, %v (-all +part):\n%s", most, q, skip, err, diff)
	}
	if !slices.IsSortedFunc(long, func(a, b archive.Flow) int { return gocmp.Compare(b.End, a.End) }) {
		t.Fatalf("flows of %+v are not in order", all)
	}
	if len(want) == archive.MaxLimit { // of the last moment each may show others
		last := func(f archive.Flow) bool { return f.End == want[len(want)-1].End }
		if len(long) != len(want) {
			t.Fatalf("%d flows of %+v", len(long), all)
		}
		long, want = slices.DeleteFunc(long, last), slices.DeleteFunc(slices.Clone(want), last)
	}
	slices.SortFunc(long, newest)
	if diff := cmp.Diff(want, long, equate); diff != "" {
		t.Fatalf("flows of %+v (-model +archive):\n%s", all, diff)
	}
}

// Dice throw flows and questions. Two of the same seed throw the same.
type Dice struct {
	*rand.Rand
	lines []candor.ID
}

// Begin is when what Dice throw began.
var Begin = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)

// span is how long it takes.
const span = 3 * time.Hour

// NewDice makes Dice of a seed.
func NewDice(seed uint64) *Dice {
	d := &Dice{Rand: rand.New(rand.NewPCG(seed, 7))}
	for i := range 6 {
		d.lines = append(d.lines, candor.ID(fmt.Sprintf("%08x-0000-7000-8000-%012x", d.Uint32(), i)))
	}
	return d
}

// Flows throws flows, many of which ended at the same time, in whole minutes. The
// numbers of their exporters are 0.
func (d *Dice) Flows(n int) []archive.Flow {
	all := make([]archive.Flow, n)
	for i := range all {
		f := &all[i]
		f.Record = flow.Record{
			End: flow.Time(Begin) + d.Int64N(span.Microseconds()), Bytes: d.Uint64N(1 << 20), Packets: 1 + d.Uint64N(50), Src: d.address(), Dst: d.address(), Sampling: pick[uint32](d, 0, 1, 100),
			In: d.Uint32N(3), Out: d.Uint32N(3), SrcPort: d.port(), DstPort: d.port(), NatPort: d.port(), Protocol: pick[uint8](d, flow.TCP, flow.TCP, flow.UDP, flow.ICMP, 47, 132), Flags: uint8(d.IntN(256)),
		}
		if d.IntN(3) == 0 {
			f.End -= f.End % time.Minute.Microseconds()
		}
		f.Start = f.End - d.Int64N(90_000_000)
		if d.IntN(8) == 0 {
			f.NatAddr = d.address()
		}
		f.Exporter = pick(d, netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::7"), netip.Addr{})
		f.From, f.To = d.line(), d.line()
	}
	return all
}

func pick[T any](d *Dice, of ...T) T { return of[d.IntN(len(of))] }

func (d *Dice) line() candor.ID {
	if d.IntN(3) == 0 {
		return ""
	}
	return pick(d, d.lines...)
}

func (d *Dice) port() uint16 {
	return pick(d, 0, 53, 80, 443, 443, 8080, uint16(40000+d.IntN(8)), 65535)
}

// address throws some that are near each other, and the odd ones.
func (d *Dice) address() flow.Addr {
	switch d.IntN(12) {
	case 0:
		return flow.Addr{}
	case 1:
		return flow.FromIP(netip.MustParseAddr(pick(d, "::1", "::2:1", "0:0:0:1::5", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe80::1", "0:1::")))
	case 2, 3, 4:
		a := flow.FromIP(netip.MustParseAddr("2001:db8::"))
		a[5], a[7], a[15] = byte(d.IntN(2)), byte(d.IntN(2)), byte(d.IntN(3))
		return a
	case 5:
		return flow.V4(pick[uint32](d, 0, 1, 1<<32-1, 1<<31))
	default:
		return flow.V4(0x0a000000 | d.Uint32N(2)<<8 | d.Uint32N(4))
	}
}

// Question throws a question.
func (d *Dice) Question() archive.Question {
	q := archive.Question{Order: pick(d, archive.Bytes, archive.Packets, archive.Flows, ""), Limit: pick(d, 0, 1, 3, 1000)}
	grain := pick(d, time.Microsecond, time.Minute, time.Hour)
	q.Since = Begin.Add(time.Duration(d.Int64N(int64(span))) - 10*time.Minute).Truncate(grain)
	q.Until = q.Since.Add(grain + time.Duration(d.Int64N(int64(span)))).Truncate(grain)
	q.Step = pick(d, 0, 0, time.Minute, time.Hour, 7*time.Minute+time.Microsecond, 90*time.Second)
	fields := slices.Clone(archive.Fields)
	if d.IntN(2) == 0 {
		fields = slices.DeleteFunc(fields, func(f archive.Field) bool { return !f.Summed() })
	}
	d.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	q.By = fields[:d.IntN(4)]
	for range d.IntN(3) {
		c := archive.Condition{Field: pick(d, fields...), Not: d.IntN(3) == 0}
		for range 1 + d.IntN(3) {
			c.Values = append(c.Values, d.value(c.Field))
		}
		q.Where = append(q.Where, c)
	}
	return q
}

func (d *Dice) value(f archive.Field) archive.Value {
	switch f {
	case archive.FieldLine:
		if d.IntN(8) == 0 {
			return archive.Value{Line: "00000000-0000-7000-8000-00000000dead"}
		}
		return archive.Value{Line: d.line()}
	case archive.FieldDirection:
		return archive.Value{Way: pick(d, archive.In, archive.Out, archive.Through, "aside")}
	case archive.FieldLocal, archive.FieldPeer, archive.FieldPeerNet, archive.FieldExporter:
		ip := d.address().IP()
		if f == archive.FieldExporter && d.IntN(2) == 0 {
			ip = netip.MustParseAddr("192.0.2.1")
		}
		if !ip.IsValid() {
			return archive.Value{}
		}
		return archive.Value{Network: netip.PrefixFrom(ip, pick(d, ip.BitLen(), ip.BitLen()-1, ip.BitLen()/2, d.IntN(ip.BitLen()+1), 24, 0))}
	case archive.FieldProtocol:
		return archive.Value{From: 6, To: pick[uint32](d, 6, 17)}
	case archive.FieldIn, archive.FieldOut:
		return archive.Value{From: d.Uint32N(3), To: pick[uint32](d, 1, 1<<32-1)}
	default:
		p := uint32(d.port())
		return archive.Value{From: p, To: p + pick[uint32](d, 0, 0, 400)}
	}
}
