package conformance

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"candor/bench/judge"
)

// Kind tells on which side something is missing.
type Kind string

const (
	OnlyOurs   Kind = "only ours"
	OnlyTheirs Kind = "only theirs"
	Strings    Kind = "strings" // both match, with different occurrences
)

// Difference is one disagreement.
type Difference struct {
	Set    string
	Kind   Kind
	Pair   judge.Pair
	Detail string
	Reason string // why it is so, when it is explained
}

func (d Difference) String() string {
	s := fmt.Sprintf("%s\t%s\t%s\t%s", d.Set, d.Kind, d.Pair.Rule, d.Pair.File)
	if d.Detail != "" {
		s += "\t" + d.Detail
	}
	if d.Reason != "" {
		s += "\t(" + d.Reason + ")"
	}
	return s
}

// Comparison is the outcome for one set over a number of files.
type Comparison struct {
	Set         string
	Files       int
	Agreed      int // pairs
	Differences []Difference
}

// compare sets ours against theirs. Occurrences are compared where asked.
func compare(set string, files int, ours, theirs judge.Verdicts, occurrences bool) Comparison {
	c := Comparison{Set: set, Files: files}
	for pair, found := range theirs {
		own, ok := ours[pair]
		if !ok {
			c.Differences = append(c.Differences, Difference{Set: set, Kind: OnlyTheirs, Pair: pair})
			continue
		}
		c.Agreed++
		if !occurrences {
			continue
		}
		if detail := occurrencesDiffer(own, found); detail != "" {
			c.Differences = append(c.Differences, Difference{Set: set, Kind: Strings, Pair: pair, Detail: detail})
		}
	}
	for pair := range ours {
		if _, ok := theirs[pair]; !ok {
			c.Differences = append(c.Differences, Difference{Set: set, Kind: OnlyOurs, Pair: pair})
		}
	}
	slices.SortFunc(c.Differences, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Pair.Rule, b.Pair.Rule), cmp.Compare(a.Pair.File, b.Pair.File))
	})
	return c
}

// occurrencesDiffer names the first occurrence that only one side has.
func occurrencesDiffer(ours, theirs []judge.Occurrence) string {
	a, b := sorted(ours), sorted(theirs)
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	switch {
	case len(a) == 0 && len(b) == 0:
		return ""
	case len(b) == 0 || len(a) > 0 && order(a[0], b[0]) < 0:
		return fmt.Sprintf("ours has %s (%d, theirs %d)", show(a[0]), len(ours), len(theirs))
	}
	return fmt.Sprintf("theirs has %s (%d, ours %d)", show(b[0]), len(theirs), len(ours))
}

func show(o judge.Occurrence) string { return fmt.Sprintf("%s at %d+%d", o.String, o.Offset, o.Length) }

func sorted(o []judge.Occurrence) []judge.Occurrence {
	o = slices.Clone(o)
	slices.SortFunc(o, order)
	return o
}

func order(a, b judge.Occurrence) int {
	return cmp.Or(strings.Compare(a.String, b.String), cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Length, b.Length))
}

// Count is the number of differences of a kind, all and without explanation.
func (c Comparison) Count(k Kind) (all, unexplained int) {
	for _, d := range c.Differences {
		if d.Kind != k {
			continue
		}
		all++
		if d.Reason == "" {
			unexplained++
		}
	}
	return all, unexplained
}
