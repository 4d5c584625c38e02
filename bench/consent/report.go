package consent

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Times are those of one part.
type Times struct {
	Name                    string
	Count                   int
	P50, P99, Longest, Goal time.Duration
	Asks, Writes            float64 // a second, meanwhile; 0 where that does not matter
	Work                    string  // of processors meanwhile
	all                     bool    // whether the goal holds for the longest
}

// Missed tells whether it took longer than it may, if there is a goal.
func (t Times) Missed() bool {
	if t.Goal == 0 {
		return false
	}
	if t.all {
		return t.Longest > t.Goal
	}
	return t.P99 > t.Goal
}

func measured(name string, goal time.Duration, all []time.Duration, longest bool) Times {
	t := Times{Name: name, Count: len(all), Goal: goal, all: longest}
	if len(all) == 0 {
		return t
	}
	slices.SortFunc(all, cmp.Compare)
	t.P50, t.P99, t.Longest = all[len(all)/2], all[len(all)*99/100], all[len(all)-1]
	return t
}

// Report is the outcome of one run.
type Report struct {
	Database    string
	Acceptances int
	Times       []Times
	Rate        float64 // acceptances a second
	Work        string  // of processors for one of those
}

// postgres tells whether the goal of writing holds.
func (r *Report) postgres() bool { return r.Database == "PostgreSQL" }

// Missed tells whether a goal was missed.
func (r *Report) Missed() bool {
	return slices.ContainsFunc(r.Times, Times.Missed) || r.postgres() && r.Rate < WriteGoal
}

// Write prints the report as a table.
func (r *Report) Write(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "%s, %d acceptances\ttimes\tp50\tp99\tlongest\tgoal\t\tprocessors\t\n", r.Database, r.Acceptances)
	for _, x := range r.Times {
		name := x.Name
		if x.Asks > 0 {
			name += fmt.Sprintf(" (%.0f asks/s beside %.0f acceptances/s)", x.Asks, x.Writes)
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t\n", name, x.Count, short(x.P50), short(x.P99), short(x.Longest), goalOf(x), said(x), x.Work)
	}
	goal, outcome := "", ""
	if r.postgres() {
		goal, outcome = fmt.Sprint(WriteGoal), verdict(r.Rate < WriteGoal)
	}
	fmt.Fprintf(t, "acceptances kept a second\t%.0f\t\t\t\t%s\t%s\t%s\t\n", r.Rate, goal, outcome, r.Work)
	fmt.Fprintf(t, "load average\t%s\t\t\t\t\t\t\t\n", load())
	return t.Flush()
}

func goalOf(t Times) string {
	if t.Goal == 0 {
		return ""
	}
	return t.Goal.String()
}

func said(t Times) string {
	if t.Goal == 0 {
		return ""
	}
	return verdict(t.Missed())
}

func short(d time.Duration) string { return d.Round(max(100, d/1000)).String() }

func verdict(missed bool) string {
	if missed {
		return "MISSED"
	}
	return "reached"
}

func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	word, _, _ := strings.Cut(string(text), " ")
	return word
}
