package evidence

import (
	"fmt"
	"strings"
)

// Result is how a check ended.
type Result string

// The ways in which a check ends.
const (
	Passed  Result = "passed"
	Failed  Result = "failed"
	Skipped Result = "skipped" // it could not be made; that is no pass
)

// Check is one thing that was looked at.
type Check struct {
	Name    string   `json:"name"` // one word, for programs
	Result  Result   `json:"result"`
	Text    string   `json:"text"`              // what was checked and how it ended, in a sentence
	Details []string `json:"details,omitempty"` // the first places where it failed
}

// Report tells what Verify found.
type Report struct {
	What   string  `json:"what"` // log or bundle
	Path   string  `json:"path"`
	Title  string  `json:"title,omitempty"` // of a bundle
	Origin string  `json:"origin"`
	Size   uint64  `json:"size"` // entries that the checkpoint covers
	Checks []Check `json:"checks"`
}

// OK tells whether nothing failed and something passed.
func (r Report) OK() bool { return r.count(Failed) == 0 && r.count(Passed) > 0 }

// Complete tells whether every check could be made.
func (r Report) Complete() bool { return r.count(Skipped) == 0 }

// Failed tells whether the check of that name failed.
func (r Report) Failed(name string) bool {
	for _, c := range r.Checks {
		if c.Name == name && c.Result == Failed {
			return true
		}
	}
	return false
}

func (r Report) count(result Result) int {
	n := 0
	for _, c := range r.Checks {
		if c.Result == result {
			n++
		}
	}
	return n
}

// String gives the report as text, a line for each check.
func (r Report) String() string {
	var b strings.Builder
	for _, c := range r.Checks {
		fmt.Fprintf(&b, "%-8s%s\n", c.Result, c.Text)
		for _, d := range c.Details {
			fmt.Fprintf(&b, "        - %s\n", d)
		}
	}
	return b.String()
}

func (r *Report) add(name string, result Result, format string, args ...any) {
	r.Checks = append(r.Checks, Check{Name: name, Result: result, Text: fmt.Sprintf(format, args...)})
}

func (r *Report) pass(name, format string, args ...any) { r.add(name, Passed, format, args...) }
func (r *Report) fail(name, format string, args ...any) { r.add(name, Failed, format, args...) }
func (r *Report) skip(name, format string, args ...any) { r.add(name, Skipped, format, args...) }

// conclude adds a check that failed if there are troubles.
func (r *Report) conclude(name string, t troubles, passed, failed string) {
	if t.count == 0 {
		r.pass(name, "%s", passed)
		return
	}
	r.fail(name, "%s", failed)
	last := &r.Checks[len(r.Checks)-1]
	if last.Details = t.first; t.count > len(t.first) {
		last.Details = append(last.Details, fmt.Sprintf("and %d more", t.count-len(t.first)))
	}
}

// troubles counts what went wrong and keeps the first.
type troubles struct {
	count int
	first []string
}

const troublesKept = 20

func (t *troubles) add(format string, args ...any) {
	if t.count++; len(t.first) < troublesKept {
		t.first = append(t.first, fmt.Sprintf(format, args...))
	}
}

func (t *troubles) join(other troubles) {
	t.first = append(t.first, other.first...)
	t.first = t.first[:min(len(t.first), troublesKept)]
	t.count += other.count
}
