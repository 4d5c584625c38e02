package freetext

import (
	"syscall"
	"testing"
	"time"

	"candor/internal/intake/freetext"
)

// TestHeld: reports of styles that nothing was learned from, most of which were
// made to mislead, are not read worse than they were.
func TestHeld(t *testing.T) {
	cases, err := Load("../../internal/intake/freetext/testdata/set/held")
	if err != nil {
		t.Fatal(err)
	}
	s := Judge(freetext.New(), cases, nil)
	if 100*s.Exact < 55*s.Reports || s.Alone == 0 || 100*s.Right < 90*s.Alone {
		t.Errorf("%d of %d reports are read exactly right; %d of %d that no person looks at", s.Exact, s.Reports, s.Right, s.Alone)
	}
}

// TestCross: plain reports are read right by what other styles teach, and what
// is acted upon alone is.
func TestCross(t *testing.T) {
	var cases []Case
	for _, f := range []string{"tune", "plain"} {
		all, err := Load("../../internal/intake/freetext/testdata/set/" + f)
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, all...)
	}
	s := Cross(cases, 4, nil).Sets["plain"]
	if 100*s.Exact < 88*s.Reports || 3*s.Alone < s.Reports || 100*s.Right < 98*s.Alone {
		t.Errorf("%d of %d plain reports are read exactly right; %d of %d that no person looks at", s.Exact, s.Reports, s.Right, s.Alone)
	}
}

// BenchmarkRead reads plain reports, one after the other, and tells how many in
// a second that it had a core for itself.
func BenchmarkRead(b *testing.B) {
	cases, err := Load("../../internal/intake/freetext/testdata/set/plain")
	if err != nil {
		b.Fatal(err)
	}
	r, n, began := freetext.New(), 0, spent(b)
	for b.Loop() {
		r.Read(cases[n%len(cases)].Message)
		n++
	}
	b.ReportMetric(float64(n)/(spent(b)-began).Seconds(), "mails/core-s")
}

// spent is how long the process had cores.
func spent(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
