package detect

import (
	"testing"
	"time"

	"candor/internal/flow"
)

// TestSynFloodAtOnce: a flood of connections that are begun is told with the
// record that shows it.
func TestSynFloodAtOnce(t *testing.T) {
	l := newLab(t, 2)
	l.tick(time.Second)
	r := flow.Record{Start: l.now - 500_000, End: l.now, Src: addr(1), Dst: remote(1), SrcPort: 40000, DstPort: 80, Protocol: flow.TCP, Flags: flow.SYN, Bytes: 4000, Packets: 100}
	l.Take([]flow.Record{r}) // 20 a second, over five
	if len(l.found) > 0 {
		t.Fatalf("too early: %+v", l.found)
	}
	r.Packets, r.Bytes = 2000, 80_000
	l.Take([]flow.Record{r})
	f := l.one(SynFlood, true)
	if len(f.Flows) == 0 || f.Peer != remote(1) {
		t.Errorf("it proves nothing: %+v", f)
	}
}

// TestGlance: a flood that nobody answers is told between two sweeps, as soon as
// answers would be late; not before, and not if they come.
func TestGlance(t *testing.T) {
	for _, answers := range []int{0, 40} {
		l := newLab(t, 2)
		l.tick(time.Second)
		took := 0
		for ; took < 20 && len(l.found) == 0; took++ { // a tenth of a second each, without a sweep
			l.now += 100_000
			l.datagrams(1, remote(5), 40000, 9999, 800, 1000, answers)
			l.Glance(l.now)
		}
		switch {
		case answers > 0 && len(l.found) > 0:
			t.Errorf("it is answered: %+v", l.found)
		case answers == 0 && (took < 15 || took > 16):
			t.Errorf("told after %d00 ms; answers may be %d ms late", took, late/1000)
		case answers == 0:
			l.one(Flood, true)
		}
	}
}
