package detect

import (
	"math/rand/v2"
	"testing"
	"time"

	"candor/internal/flow"
)

// TestCustomary: what lines of a plan do is the measure of what is too much, in
// as many cases as the policy allows.
func TestCustomary(t *testing.T) {
	var c customary
	rnd := rand.New(rand.NewPCG(1, 2))
	if got := c.limit(1, unanswered, 1e-5); got != 80 {
		t.Errorf("of nothing known the limit is %v", got)
	}
	for range 20_000 {
		c.learn(1, &[customs]float32{unanswered: float32(30 * rnd.ExpFloat64())})
		c.learn(2, &[customs]float32{})
	}
	// Of an exponential law with a mean of 30: exceeded once in 5e9 periods.
	if got := c.limit(1, unanswered, 1e-5); got < 450 || got > 1000 {
		t.Errorf("of lines that send much for nothing the limit is %v", got)
	}
	if strict, lax := c.limit(1, unanswered, 1e-5), c.limit(1, unanswered, 1); lax >= strict {
		t.Errorf("with more false alarms allowed it is %v, with fewer %v", lax, strict)
	}
	if got := c.limit(2, unanswered, 1e-5); got != 40 {
		t.Errorf("of lines that send nothing for nothing the limit is %v", got)
	}
}

// TestCustomsAreLearned: lines whose services answer much teach the sensor what
// lines like them do, but not lines that were found.
func TestCustomsAreLearned(t *testing.T) {
	l := newLab(t, 300)
	for round := range 40 {
		for n := 2; n <= 200; n++ { // each answers a little
			l.answers(n, 40_000+l.rnd.IntN(90_000))
		}
		l.tick(time.Second)
		l.now += 11 * microMinute
		l.Sweep(l.now)
		if round > 10 && len(l.found) > 0 {
			t.Fatalf("found %+v", l.found[0])
		}
	}
	if got := l.customary.limit(1, amplified, 1e-5); got <= 16 {
		t.Errorf("lines answer some KiB a second, and the limit is %v", got)
	}
	for range 30 {
		l.answers(1, 4<<20)
		l.tick(time.Second)
	}
	l.one(Reflector, true)
}

// answers has a line's service answer so many bytes within a second.
func (l *lab) answers(line, bytes int) {
	out := flow.Record{
		Start: l.now - 1e6, End: l.now, Src: addr(line), Dst: remote(line), SrcPort: 123, DstPort: 40000, Protocol: flow.UDP,
		Bytes: uint64(bytes), Packets: uint64(1 + bytes/1000),
	}
	asked := out
	asked.Src, asked.Dst, asked.SrcPort, asked.DstPort = out.Dst, out.Src, 40000, 123
	asked.Packets = 1 + out.Packets/4
	asked.Bytes = 60 * asked.Packets
	l.Take([]flow.Record{out, asked})
}
