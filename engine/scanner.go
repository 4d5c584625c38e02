package engine

import (
	"cmp"
	"slices"
	"time"

	"candor/engine/internal/match"
	"candor/engine/module"
)

// Rules is a compiled set of definitions. It is immutable and safe for
// concurrent use.
type Rules struct {
	set     *match.Set
	infos   infos
	externs []external
	prints  []Fingerprint // by rule
}

// All lists every rule and signature, in the order of the sources. Neither
// the slice nor what it points to may be changed.
func (r *Rules) All() []*Rule { return r.infos.all() }

// Scanner matches one piece of content after another. It is not safe for
// concurrent use: each goroutine has its own.
type Scanner struct {
	rules   *Rules
	o       ScanOptions
	inner   *match.Scanner
	extern  []module.Value
	texts   [][]byte // of external variables, used again
	out     []Match
	found   func(rule uint32)
	answers []byte // of the last Situation
}

// NewScanner gives a Scanner over r.
func (r *Rules) NewScanner(o ScanOptions) *Scanner {
	s := &Scanner{rules: r, o: o, inner: match.NewScanner(r.set, o.Log), extern: make([]module.Value, len(r.externs)), texts: make([][]byte, len(r.externs))}
	s.found = s.add
	if o.Costs {
		s.inner.Profile()
	}
	return s
}

// Scan matches data. The matches are in the order of the definitions and stay
// valid until the next Scan. The error is about f: a value that an external
// variable cannot take.
func (s *Scanner) Scan(data []byte, f File) ([]Match, error) {
	extern, err := s.externalValues(f.Externals)
	if err != nil {
		return nil, err
	}
	s.out = s.out[:0]
	s.inner.Scan(data, extern, now, s.found)
	return s.out, nil
}

// add adds a rule that matches, unless it is private.
func (s *Scanner) add(rule uint32) {
	if s.rules.set.Flags[rule]&match.Private != 0 {
		return
	}
	m := Match{Rule: s.rules.infos.of(rule)}
	if s.o.Strings {
		m.Strings = s.strings(rule)
	}
	s.out = append(s.out, m)
}

// Consulted tells what besides the content had a say in the last Scan: the
// external variables that a condition asked for, and whether the time was. The
// same content has the same matches wherever these have the same values.
func (s *Scanner) Consulted() (externals []string, clock bool) {
	bits, clock := s.inner.Consulted()
	for i, x := range s.rules.externs {
		if bits>>min(i, 63)&1 != 0 {
			externals = append(externals, x.name)
		}
	}
	return externals, clock
}

// RuleCost is what the evaluation of a rule has cost a Scanner.
type RuleCost struct {
	Rule      *Rule
	Candidate int           // pieces of content that its grams did not rule out
	Time      time.Duration // spent on them
}

// Costs gives the costs of the rules that were candidates, the dearest first.
// They are kept with ScanOptions.Costs.
func (s *Scanner) Costs() []RuleCost {
	var out []RuleCost
	for r, c := range s.inner.Profile() {
		if c.Candidate > 0 {
			out = append(out, RuleCost{s.rules.infos.of(uint32(r)), c.Candidate, c.Time})
		}
	}
	slices.SortStableFunc(out, func(a, b RuleCost) int { return cmp.Compare(b.Time, a.Time) })
	return out
}

func now() int64 { return time.Now().Unix() }

// maxData bounds the bytes that a StringMatch carries.
const maxData = 256

func (s *Scanner) strings(r uint32) []StringMatch {
	var out []StringMatch
	s.inner.Strings(r, func(name string, start, length int, data []byte) {
		out = append(out, StringMatch{Name: name, Offset: int64(start), Length: length, Data: append([]byte(nil), data[:min(len(data), maxData)]...)})
	})
	return out
}
