package batch

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/archive"
)

func sample(from, to candor.ID) archive.Flow {
	return archive.Flow{From: from, To: to, Exporter: netip.MustParseAddr("192.0.2.1"), Record: flow.Record{
		Start: 1, End: 5, Bytes: 3000, Packets: 2, Src: flow.V4(0x0a000001), Dst: flow.FromIP(netip.MustParseAddr("2001:db8::1")), Sampling: 100, In: 3, Out: 4,
		SrcPort: 50000, DstPort: 443, NatPort: 7, Protocol: flow.TCP, Flags: flow.SYN, NatAddr: flow.V4(9),
	}}
}

func TestRowsGiveTheirFlow(t *testing.T) {
	for _, ends := range [][2]candor.ID{{"", ""}, {"a", ""}, {"", "b"}, {"a", "b"}} {
		want := sample(ends[0], ends[1])
		rows := Append(nil, &want)
		for _, r := range rows {
			if got := r.Flow(); !cmp.Equal(got, want, cmpopts.EquateComparable(netip.Addr{})) {
				t.Errorf("of %q: %s", ends, cmp.Diff(got, want, cmpopts.EquateComparable(netip.Addr{})))
			}
		}
		if want := max(1, len(ends[0])+len(ends[1])); len(rows) != want {
			t.Errorf("%d rows of %q", len(rows), ends)
		}
	}
}

func TestWhatHasNoRoomIsCounted(t *testing.T) {
	q := NewQueue(10)
	one := []archive.Flow{sample("a", ""), sample("a", "")}
	for range 7 {
		q.Keep(one)
	}
	waiting, dropped := q.Count()
	if waiting != 9 || dropped != 5 {
		t.Fatalf("%d wait, %d are dropped", waiting, dropped)
	}
	select {
	case <-q.Ready():
	default:
		t.Error("a full queue is not ready")
	}
	rows := q.Take(nil)
	q.Keep(one)
	if waiting, dropped := q.Count(); waiting != 9 || dropped != 7 {
		t.Errorf("while rows are written %d wait, %d are dropped", waiting, dropped)
	}
	q.Done(len(rows), 4)
	q.Keep(one)
	if waiting, dropped := q.Count(); waiting != 2 || dropped != 11 {
		t.Errorf("after they were written %d wait, %d are dropped", waiting, dropped)
	}
}
