package peers

import (
	"context"
	"strings"
	"testing"
)

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		rate, peer float64
		want       Verdict
	}{
		{250, 10, Aimed},
		{249, 10, Held},
		{100, 10, Held},
		{99, 10, Below},
		{99, 0, Below},
	} {
		if got := (Ratio{Rate: c.rate, PeerRate: c.peer, Floor: 10, Aim: 25}).Verdict(); got != c.want {
			t.Errorf("%g against %g: %s, want %s", c.rate, c.peer, got, c.want)
		}
	}
	for value, want := range map[float64]Verdict{100: Aimed, 101: Held, 150: Held, 151: Below} {
		if got := (Limit{Value: value, Floor: 150, Aim: 100}).Verdict(); got != want {
			t.Errorf("limit at %g: %s, want %s", value, got, want)
		}
	}
}

func TestRuns(t *testing.T) {
	r := runs{{Seconds: 3, Memory: 5}, {Seconds: 1, Memory: 9}, {Seconds: 2, Memory: 7}}
	if r.median() != 2 || r.spread() != 1 || r.memory() != 9 {
		t.Errorf("median %g, spread %g, memory %d; want 2, 1, 9", r.median(), r.spread(), r.memory())
	}
}

func TestMeasure(t *testing.T) {
	f, err := measure(context.Background(), command{name: "sh", args: []string{"-c", "echo said; exit 1"}, ok: []int{1}})
	if err != nil || string(f.Output) != "said\n" || f.Seconds <= 0 || f.Memory <= 0 {
		t.Errorf("measure: %+v, %v", f, err)
	}
	if _, err := measure(context.Background(), command{name: "sh", args: []string{"-c", "echo why >&2; exit 3"}}); err == nil || !strings.Contains(err.Error(), "why") {
		t.Errorf("a failing program gave %v", err)
	}
}

func TestWriteNamesWhatIsBelow(t *testing.T) {
	var b strings.Builder
	r := Report{Ratios: []Ratio{{What: "a", Peer: "p", PeerRate: 10, Rate: 20, Floor: 10, Aim: 25}}}
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	if !r.Below() || !strings.Contains(b.String(), "2.00x") || !strings.Contains(b.String(), "BELOW") {
		t.Errorf("report does not say that it is below:\n%s", b.String())
	}
}
