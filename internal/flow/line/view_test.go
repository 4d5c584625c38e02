package line

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/collect"
	"candor/internal/flow/normal"
)

func TestView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &books{}
		one, two := aLine(1, "1", noon), aLine(2, "2", noon)
		b.put(one)
		b.put(two)
		w, _ := open(t, b, &desk{}, "")
		leased := netip.MustParsePrefix("198.51.100.7/32")
		w.Holds = func(n flow.Line) []netip.Prefix {
			if n == w.Number(one.ID) {
				return []netip.Prefix{leased}
			}
			return nil
		}
		at := w.Detect.Calendar.Slot(time.Now())
		for i := range 12 * normal.Slots {
			hour := normal.Hour{}
			if normal.Slot(i%normal.Slots) == at {
				hour = normal.Hour{normal.Down: normal.LevelOf(normal.Down, 500), normal.Peers: 3}
			} else if normal.Slot(i%normal.Slots) == at+1 {
				hour[normal.Fails] = 31
			}
			w.Detect.Normal.Learn(int(w.Number(one.ID)), normal.Slot(i%normal.Slots), hour)
		}
		time.Sleep(10 * time.Minute)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var work sync.WaitGroup
		work.Go(func() { w.Run(ctx) })
		scan(w, "192.0.2.1", time.Now().Add(-7*time.Second))
		time.Sleep(time.Second)

		v, ok := w.View(one.ID)
		if !ok || v.Line != one.ID || !v.Close || !slices.Equal(v.Found, []string{"horizontal-scan"}) || v.Since.IsZero() || v.Flows != 60 || v.Peers < 50 || v.Peers > 70 || v.Up <= 0 || v.Down != 0 {
			v.Usual = nil
			t.Fatalf("of a line that scans: %+v", v)
		}
		if diff := cmp.Diff([]netip.Prefix{leased}, v.Addresses, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
			t.Error(diff)
		}
		if !v.Learned || v.Weeks != 12 || v.Hour != int(at) || len(v.Usual) != normal.Slots {
			t.Errorf("it knows %d weeks of %d hours, and it is %d", v.Weeks, len(v.Usual), v.Hour)
		}
		// 500 KiB/s are 4.1 Mbit/s, as well as a level can say.
		if d := v.Usual[v.Hour].Down; d.Median < 3e6 || d.Median > 6e6 || d.Low >= d.Median || d.High <= d.Median {
			t.Errorf("usual down is %+v", d)
		}
		if f := v.Usual[v.Hour+1].Fails; f.Median < 0.9 || f.High > 1 {
			t.Errorf("usual failures are %+v", f)
		}
		if quiet := v.Usual[(v.Hour+1)%normal.Slots]; quiet.Down.Median != 0 {
			t.Errorf("another hour is %+v", quiet)
		}
		if v, ok := w.View(two.ID); !ok || v.Close || v.Since != (time.Time{}) || v.Learned || v.Addresses == nil {
			v.Usual = nil
			t.Errorf("of a line without traffic: %+v", v)
		}
		if _, ok := w.View(candor.NewID(noon)); ok {
			t.Error("an asset that is no line has a view")
		}

		heard := collect.Stats{Queue: collect.Queue{Dropped: 3}, Exporters: []collect.Exporter{
			{Address: netip.MustParseAddr("192.0.2.200"), Last: time.Now(), Counts: collect.Counts{Records: 60}, Streams: []collect.Stream{
				{Protocol: "IPFIX", Sent: 70, Lost: 10, Clock: time.Second}, {Protocol: "IPFIX", Sent: 5, Lost: 1, Clock: -time.Minute}}},
			{Address: netip.MustParseAddr("192.0.2.201")},
		}}
		n := w.Network(heard, map[netip.Addr]uint32{netip.MustParseAddr("192.0.2.200"): 100})
		if n.Lines != 2 || n.Records != 60 || n.Unattributed != 0 || n.Dropped != 3 || n.Suspects != 1 || n.Findings != 1 || n.Lost != 11 || n.Silent != 1 || n.Rate <= 0 || n.Rate > 1 {
			t.Errorf("the network is %+v", n)
		}
		if len(n.Looked) != 1 || n.Looked[0].Line != one.ID || !slices.Equal(n.Looked[0].Found, []string{"horizontal-scan"}) {
			t.Errorf("looked at closely: %+v", n.Looked)
		}
		want := Told{Address: netip.MustParseAddr("192.0.2.200"), Protocol: "IPFIX", Records: 60, Sent: 75, Lost: 11, Clock: -60, Sampling: 100, Last: time.Now()}
		if n.Exporters[0] != want || !n.Exporters[1].Silent {
			t.Errorf("exporters: %+v", n.Exporters)
		}
		stop()
		work.Wait()
	})
}
