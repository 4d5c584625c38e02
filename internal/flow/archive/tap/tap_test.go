package tap

import (
	"context"
	"net/netip"
	"testing"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/archive"
	"candor/internal/flow/archive/archivetest"
)

// slow is an archive that keeps when it may.
type slow struct {
	archivetest.Memory
	may chan struct{}
}

func (s *slow) Keep(flows []archive.Flow) {
	<-s.may
	s.Memory.Keep(flows)
}

type holder map[flow.Addr]flow.Line

func (h holder) Holder(a flow.Addr, _ uint16, _ int64) flow.Line { return h[a] }

func TestRecordsAreTheirLines(t *testing.T) {
	s := &slow{may: make(chan struct{})}
	here, there := flow.V4(1), flow.V4(2)
	exporter := netip.MustParseAddr("192.0.2.1")
	f := New(Config{
		Archive: s, Room: 2, Who: holder{here: 1, there: 2}, ID: func(n flow.Line) candor.ID { return map[flow.Line]candor.ID{1: "one"}[n] },
		Exporter: func(n uint32) (netip.Addr, bool) { return exporter, n == 5 },
	})
	records := []flow.Record{{End: 1, Src: here, Dst: there, Exporter: 5}, {End: 2, Src: there, Dst: here, Exporter: 6}}
	for range 5 { // the archive takes none: one is in its hands at most, two wait
		f.Take(records)
	}
	h, err := f.Held(context.Background())
	if err != nil || h.Dropped != 4 && h.Dropped != 6 || h.Dropped+uint64(h.Waiting) != 10 {
		t.Errorf("while the archive stands still: %+v, %v", h, err)
	}
	records[0] = flow.Record{} // they are the caller's again
	close(s.may)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	f.Take(records)
	if after, _ := f.Held(context.Background()); after.Dropped != h.Dropped+2 || after.Waiting != 0 || after.Tiers[0].Rows != 10-h.Dropped {
		t.Errorf("after it was closed: %+v, before %+v", after, h)
	}
	flows, err := s.Memory.Flows(context.Background(), archive.Question{Since: flow.At(0), Until: flow.At(10)})
	if err != nil || len(flows) != int(10-h.Dropped) {
		t.Fatalf("%d flows, %v", len(flows), err)
	}
	if newest, oldest := flows[0], flows[len(flows)-1]; newest.From != "" || newest.To != "one" || newest.Exporter.IsValid() || oldest.From != "one" || oldest.To != "" || oldest.Exporter != exporter {
		t.Errorf("flows are %+v and %+v", newest, oldest)
	}
}
