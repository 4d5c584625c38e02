package notice

import (
	"slices"
	"strings"

	"candor/internal/phrase"
)

// Severity says how bad a problem is.
type Severity string

const (
	Fault  Severity = "error"  // it is no notice, or not a true one
	Advice Severity = "advice" // it would be better otherwise
)

// Problem is one thing that is wrong with a notice. Its words are in the
// catalogue of texts: "notice.problem." and "notice.do." with the code.
type Problem struct {
	Pointer  string      `json:"pointer"` // RFC 6901; empty is the whole
	Code     string      `json:"code"`
	Severity Severity    `json:"severity"`
	Args     phrase.Args `json:"args,omitempty"`
}

// In says what is wrong, and what to do about it.
func (p Problem) In(t phrase.Printer) (what, do string) {
	args := phrase.Args{}
	for name, v := range p.Args {
		switch w := v.(type) {
		case float64:
			v = t.Decimal(w, 1)
		case string:
			v = t.Word("notice."+name+".", w) // "measure" and "unit" are words of the catalogue
		}
		args[name] = v
	}
	key, hint := "notice.problem."+p.Code, "notice.do."+p.Code
	return t.T(key, args), t.T(hint, args)
}

// Faulty tells whether one of the problems is more than advice.
func Faulty(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return p.Severity == Fault })
}

// Codes gives all codes that problems have.
func Codes() []string {
	return strings.Fields(`
		json size depth duplicate unknown missing type short long few many form word
		language reference twice controller contact early withdrawal law removal retention date broad unsafe sensitive unused whose tag
		hard wordy unread unnamed`)
}

// report gathers problems, up to a bound: a thousand tell no more than a hundred.
type report struct{ problems []Problem }

const mostProblems = 200

func (r *report) add(s Severity, at, code string, args phrase.Args) {
	if len(r.problems) < mostProblems {
		r.problems = append(r.problems, Problem{Pointer: at, Code: code, Severity: s, Args: args})
	}
}

func (r *report) fault(at, code string, args phrase.Args)  { r.add(Fault, at, code, args) }
func (r *report) advise(at, code string, args phrase.Args) { r.add(Advice, at, code, args) }

var escapePointer = strings.NewReplacer("~", "~0", "/", "~1")

// under gives the pointer of a member.
func under(at, name string) string { return at + "/" + escapePointer.Replace(name) }
