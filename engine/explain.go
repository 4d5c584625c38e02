package engine

import (
	"bytes"
	"fmt"

	"candor/engine/gram"
	"candor/engine/internal/ir"
	"candor/engine/internal/match"
	"candor/engine/internal/plan"
	"candor/engine/module"
)

// Explanation is one part of a rule's condition and what it amounted to.
type Explanation struct {
	Depth  int    // how deep it is nested, 0 for the whole condition
	Text   string // the part, as YARA would write it
	Result string // "true", "false" or "undefined"
}

// Explain evaluates the condition of rule over data part by part. The rule
// is one of Rules.All; only YARA rules are explained.
func (s *Scanner) Explain(data []byte, f File, rule *Rule) ([]Explanation, error) {
	id, ok := s.rules.index(rule)
	if !ok {
		return nil, fmt.Errorf("rule %s is not one of this set", rule.Name)
	}
	extern, err := s.externalValues(f.Externals)
	if err != nil {
		return nil, err
	}
	decoded, err := s.rules.set.Rule(id)
	if err != nil {
		return nil, err
	}
	var out []Explanation
	s.inner.Explain(id, data, extern, now, func(p match.Part) {
		e := Explanation{Depth: p.Depth, Text: s.rules.text(decoded, p.Expr), Result: "undefined"}
		if p.Value.Kind == module.Bool {
			e.Result = fmt.Sprint(p.Value.Int != 0)
		}
		out = append(out, e)
	})
	return out, nil
}

func (r *Rules) text(rule *ir.Rule, e *ir.Expr) string {
	return rule.Text(e,
		func(id uint32) string {
			if int(id) < r.infos.len() {
				return r.infos.of(id).Name
			}
			return "?"
		},
		func(id uint32) string {
			if int(id) < len(r.externs) {
				return r.externs[id].name
			}
			return "?"
		})
}

func (r *Rules) index(rule *Rule) (uint32, bool) {
	for i := range r.infos.known {
		if rule != nil && r.infos.known[i].Load() == rule {
			return uint32(i), true
		}
	}
	return 0, false
}

// Formulas gives the necessary formula of each rule, in the order of All, with all
// that its patterns need (gram.Needs): content of which no form (see Forms) meets it
// cannot match. With wanted those
// of other rules are nil. Decoding rules for it takes a moment and some memory.
func (r *Rules) Formulas(wanted func(Fingerprint) bool) ([]*gram.Formula, error) {
	is := func(rule uint32) bool { return wanted == nil || wanted(r.prints[rule]) }
	rules, err := r.decode(is)
	if err != nil {
		return nil, err
	}
	f := plan.NewWholeFormulas(rules, &r.set.Numbers, r.set.Patterns)
	out := make([]*gram.Formula, len(rules))
	for i := range out {
		if is(uint32(i)) {
			out[i] = f.Of(uint32(i))
		}
	}
	for i := range r.set.Digests {
		r.set.Digests[i].Each(func(d match.Digest) {
			if is(d.Rule) {
				out[d.Rule] = ofDigest(d)
			}
		})
	}
	for i := range r.set.SectionDigests {
		r.set.SectionDigests[i].Each(func(d match.Digest) {
			if is(d.Rule) {
				out[d.Rule] = &gram.Formula{Op: gram.Header, Bytes: []byte("MZ")}
			}
		})
	}
	if len(r.set.Types) > 0 { // what is matched against what is not what Forms takes for granted
		for i := range out {
			if out[i] != nil && r.set.Groups[r.set.GroupOf[i]].Target > 0 {
				out[i] = gram.Any()
			}
		}
	}
	return out, nil
}

// ofDigest is what content must be like to have a digest.
func ofDigest(d match.Digest) *gram.Formula {
	if d.Size == 0 {
		return gram.Any()
	}
	return &gram.Formula{Op: gram.FormSize, Min: int64(d.Size), Max: int64(d.Size)}
}

// LintNote names a rule that is costly to look for, and why.
type LintNote struct {
	Rule   *Rule
	Reason string
	Cost   string
}

// costly is the expected number of hits a byte above which a rule is named.
const costly = 1e-4

// Lint names the rules that have no grams, or only frequent ones, so that
// they are evaluated for content that does not match.
func (r *Rules) Lint() ([]LintNote, error) {
	formulas, err := r.Formulas(nil)
	if err != nil {
		return nil, err
	}
	hashes := r.digestRules()
	var out []LintNote
	for i, f := range formulas {
		if hashes[uint32(i)] || r.infos.of(uint32(i)).Private {
			continue
		}
		cover, cost := f.Cover()
		switch {
		case f.Op == gram.Nothing:
			out = append(out, LintNote{r.infos.of(uint32(i)), "the condition can never be true", "none"})
		case cost >= gram.Impossible:
			out = append(out, LintNote{r.infos.of(uint32(i)), r.reason(uint32(i)), "evaluated for " + audience(f)})
		case cost > costly:
			out = append(out, LintNote{r.infos.of(uint32(i)),
				fmt.Sprintf("it is recognised by frequent sequences only, such as %q", mostFrequentAtom(cover)),
				fmt.Sprintf("about %.0f hits in a megabyte of web content", cost*1e6)})
		}
	}
	return out, nil
}

func (r *Rules) digestRules() map[uint32]bool {
	out := map[uint32]bool{}
	for _, sets := range [][]match.Digests{r.set.Digests, r.set.SectionDigests} {
		for _, d := range sets {
			for _, id := range d.Rules {
				out[id] = true
			}
		}
	}
	return out
}

// reason says why nothing covers a rule.
func (r *Rules) reason(id uint32) string {
	rule, err := r.set.Rule(id)
	if err != nil || len(rule.Patterns) == 0 {
		return "its condition needs no string"
	}
	for i := range rule.Patterns {
		if plan.Unfindable(&rule.Patterns[i]) {
			return fmt.Sprintf("string %s holds no sequence of two bytes or more that must be there", rule.Patterns[i].Name)
		}
	}
	return "its condition can be true without any of its strings"
}

func audience(f *gram.Formula) string {
	for _, s := range append([]*gram.Formula{f}, f.Sub...) {
		switch s.Op {
		case gram.Header:
			return fmt.Sprintf("every file with %q at offset %d", s.Bytes, s.Offset)
		case gram.Size:
			return fmt.Sprintf("every file of %d to %d bytes", s.Min, s.Max)
		}
	}
	return "every file"
}

func mostFrequentAtom(cover []*gram.Formula) []byte {
	var worst gram.Atom
	cost := -1.0
	for _, c := range cover {
		for _, a := range c.Set.Atoms {
			if k := gram.Cost(a.Bytes); k > cost {
				worst, cost = a, k
			}
		}
	}
	return bytes.ReplaceAll(worst.Bytes, []byte{gram.Fold('_')}, []byte{'_'}) // the one fold that is hard to read
}
