package detect

import (
	"testing"
	"time"

	"candor/internal/flow"
)

// TestSampledPacketsIsolateNobody: of sampled packets one stands for hundreds,
// and its answers are mostly among those that nobody looked at.
func TestSampledPacketsIsolateNobody(t *testing.T) {
	play := func(sampling uint32) *lab {
		l := newLab(t, 2)
		for n := range 600 {
			r := flow.Record{Start: l.now, End: l.now, Src: addr(1), Dst: remote(n), SrcPort: uint16(20000 + n), DstPort: 22, Protocol: flow.TCP, Flags: flow.SYN,
				Bytes: 60, Packets: 1, Sampling: sampling, Exporter: 1, In: 10}
			if sampling == 0 { // as many packets, each of them counted
				r.Bytes, r.Packets = 60*512, 512
			}
			l.Take([]flow.Record{r})
			l.tick(time.Second)
		}
		return l
	}
	all := play(0)
	if len(all.found) == 0 || !all.found[0].Isolate {
		t.Errorf("when every packet was counted it is %+v", all.found)
	}
	for _, f := range play(512).found {
		if f.Isolate || f.Confidence >= 95 {
			t.Errorf("by sampled packets the line would be isolated: %+v", f)
		}
	}
}

// TestHearsBehindTranslators: what comes from behind a translator is an answer to
// the line that it goes to.
func TestHearsBehindTranslators(t *testing.T) {
	l := newLab(t, 3)
	shared := flow.V4(0xc6336464)
	l.Shared = func(a flow.Addr) bool { return a == shared }
	l.lived(3, 30*time.Hour)
	l.found = nil
	for range 240 { // line 2 talks with line 1, which is seen by its shared address
		l.datagrams(2, shared, 3074, 3074, 200, 1200, 0)
		l.Take([]flow.Record{{Start: l.now - 500_000, End: l.now, Src: shared, Dst: addr(2), SrcPort: 3074, DstPort: 3074, Protocol: flow.UDP, Bytes: 200 * 1200, Packets: 200, Exporter: 1, In: 10, Out: 11}})
		l.tick(500 * time.Millisecond)
	}
	for _, f := range l.found {
		if f.Line == 2 && f.Kind == Flood {
			t.Errorf("answers are not heard: %+v", f)
		}
	}
}
