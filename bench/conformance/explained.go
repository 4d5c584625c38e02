package conformance

import (
	"bufio"
	"fmt"
	"io"
	"path"
	"strings"
)

// Explanations are the differences that docs/conformance.md explains.
type Explanations []Explanation

// Explanation is the reason for the differences of a kind that rules have. Rule is a
// pattern as path.Match takes it.
type Explanation struct {
	Kind   Kind
	Rule   string
	Reason string
}

// ReadExplanations reads lines of kind, rule and reason, separated by tabs.
// Empty lines and those that begin with "#" are left out.
func ReadExplanations(r io.Reader) (Explanations, error) {
	var out Explanations
	s := bufio.NewScanner(r)
	for n := 1; s.Scan(); n++ {
		line := strings.TrimSpace(s.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		parts := strings.SplitN(line, "\t", 3)
		if len(parts) < 3 {
			return nil, fmt.Errorf("line %d: want kind, rule and reason, separated by tabs", n)
		}
		e := Explanation{Kind(parts[0]), parts[1], parts[2]}
		if e.Kind != OnlyOurs && e.Kind != OnlyTheirs && e.Kind != Strings {
			return nil, fmt.Errorf("line %d: no kind %q", n, e.Kind)
		}
		if _, err := path.Match(e.Rule, ""); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		out = append(out, e)
	}
	return out, s.Err()
}

// explain gives the differences their reasons.
func (e Explanations) explain(c *Comparison) {
	for i := range c.Differences {
		d := &c.Differences[i]
		for _, x := range e {
			if ok, _ := path.Match(x.Rule, d.Pair.Rule); ok && x.Kind == d.Kind {
				d.Reason = x.Reason
				break
			}
		}
	}
}
