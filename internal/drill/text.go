package drill

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Write writes the report for people to read.
func (r Report) Write(to io.Writer) error {
	w := &strings.Builder{}
	line := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	line("Drill of %s by %s, %d rounds, seed %d", r.Begun.Format(time.RFC3339), r.Method, len(r.Rounds), r.Seed)
	line("")
	line("Since the first abnormal record, in milliseconds:")
	line("  %-10s %6s %8s %8s %8s", "stage", "rounds", "median", "99 %", "most")
	for _, n := range Stages() {
		all := r.Times(n)
		if n == StageFree {
			line("Since the holder asked for it:")
		}
		if len(all) == 0 {
			line("  %-10s %6d", n, 0)
			continue
		}
		f := figure(all)
		line("  %-10s %6d %8d %8d %8d", n, len(all), f.P50, f.P99, all[len(all)-1])
	}
	line("")
	line("First dropped probe: median %d ms (goal %d), 99 of 100 within %d ms (goal %d)", r.Response.P50, r.Goal.P50, r.Response.P99, r.Goal.P99)
	if b := r.Before; b != nil {
		line("The drill before, %s: median %d ms, 99 of 100 within %d ms, %d missed", b.Begun.Format(time.RFC3339), b.Response.P50, b.Response.P99, b.Missed)
	}
	for _, a := range Abuses() {
		if f, n := r.of(a); n > 0 {
			line("  %-10s %d rounds, median %d ms, 99 of 100 within %d ms", a, n, f.P50, f.P99)
		}
	}
	line("")
	for _, c := range r.Checks {
		line("  %-8s %-14s %s", word(c.OK), c.Name, c.Text)
	}
	for _, f := range r.Faults {
		if f.Noticed {
			line("  %-8s %-14s noticed after %d ms: %s", word(true), f.Kind, f.Took, f.By)
		} else {
			line("  %-8s %-14s not noticed: %s", word(false), f.Kind, f.Error)
		}
	}
	line("")
	if r.OK() {
		line("All is as it should be.")
	} else {
		line("Not as it should be:")
		for _, m := range r.Missed {
			line("  - %s", m)
		}
	}
	_, err := io.WriteString(to, w.String())
	return err
}

func word(ok bool) string {
	if ok {
		return "good"
	}
	return "MISSED"
}

// of gives the figure of one kind of abuse, and of how many rounds it is.
func (r Report) of(a Abuse) (Figure, int) {
	some := Report{}
	for _, x := range r.Rounds {
		if x.Abuse == a {
			some.Rounds = append(some.Rounds, x)
		}
	}
	all := some.Times(StageDropped)
	return figure(all), len(all)
}

// Stages are all stages, in their usual order.
func Stages() []StageName {
	return []StageName{StageFound, StageCase, StageProposed, StageApproved, StageDropped, StageApplied, StageVerified, StagePortal, StageFree}
}
