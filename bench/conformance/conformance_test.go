package conformance

import (
	"strings"
	"testing"

	"candor/bench/judge"
)

func TestCompare(t *testing.T) {
	pair := func(rule string) judge.Pair { return judge.Pair{Rule: rule, File: "f"} }
	at := func(offset int64) []judge.Occurrence {
		return []judge.Occurrence{{String: "$a", Offset: offset, Length: 2}}
	}
	ours := judge.Verdicts{pair("same"): at(1), pair("ours"): at(1), pair("moved"): at(1)}
	theirs := judge.Verdicts{pair("same"): at(1), pair("theirs"): at(1), pair("moved"): at(2)}
	c := compare("set", 1, ours, theirs, true)
	if c.Agreed != 2 || len(c.Differences) != 3 {
		t.Fatalf("%d agreed, %d differences; want 2 and 3", c.Agreed, len(c.Differences))
	}
	e, err := ReadExplanations(strings.NewReader("# note\n\nonly ours\tour*\tbecause\nstrings\tmoved\tquirk\n"))
	if err != nil {
		t.Fatal(err)
	}
	e.explain(&c)
	for kind, want := range map[Kind]int{OnlyOurs: 0, OnlyTheirs: 1, Strings: 0} {
		if all, unexplained := c.Count(kind); all != 1 || unexplained != want {
			t.Errorf("%s: %d, %d unexplained; want 1, %d", kind, all, unexplained, want)
		}
	}
	if got := compare("set", 1, ours, theirs, false); len(got.Differences) != 2 {
		t.Errorf("without occurrences %d differences, want 2", len(got.Differences))
	}
}

func TestReadExplanationsRefuses(t *testing.T) {
	for _, line := range []string{"only ours\trule", "never\trule\treason", "strings\t[\treason"} {
		if _, err := ReadExplanations(strings.NewReader(line)); err == nil {
			t.Errorf("%q was accepted", line)
		}
	}
}
