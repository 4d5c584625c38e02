package exercise

import (
	"math/rand/v2"
	"slices"

	"candor/engine/yara"
)

// solver looks for a draft that makes a condition true. It goes through the
// alternatives that a condition offers, in an order that the random source
// decides, and takes back what did not fit. It knows the common shapes of
// conditions, not all of them.
type solver struct {
	rng   *rand.Rand
	rules map[string]*yara.Rule
	steps int // left
}

// scope is where an expression stands.
type scope struct {
	rule    *yara.Rule
	current *yara.String         // "$" in the body of a for…of
	vars    map[string]yara.Expr // loop variables
}

// then is what is to be solved next; it tells whether that came out well.
type then func(draft) bool

func (s *solver) solve(e yara.Expr, sc scope, want bool, d draft, k then) bool {
	if s.steps--; s.steps < 0 {
		return false
	}
	switch e := e.(type) {
	case *yara.Bool:
		return e.Value == want && k(d)
	case *yara.Int:
		return (e.Value != 0) == want && k(d)
	case *yara.Unary:
		if e.Op == "not" {
			return s.solve(e.X, sc, !want, d, k)
		}
		if e.Op == "defined" {
			return want && k(d)
		}
	case *yara.Binary:
		return s.binary(e, sc, want, d, k)
	case *yara.StringRef:
		return s.stringRef(e, sc, want, d, k)
	case *yara.OfStrings:
		return s.ofStrings(e, sc, want, d, k)
	case *yara.ForStrings:
		return s.forStrings(e, sc, want, d, k)
	case *yara.OfRules:
		return s.ofRules(e, want, d, k)
	case *yara.OfExprs:
		return s.quantified(e.Q, len(e.Exprs), sc, want, d, func(i int, d draft, k then) bool {
			return s.solve(e.Exprs[i], sc, true, d, k)
		}, k)
	case *yara.ForIn:
		return s.forIn(e, sc, want, d, k)
	case *yara.Ident:
		return s.ident(e, sc, want, d, k)
	case *yara.Count:
		return s.compare(e, ">", 0, sc, want, d, k)
	case *yara.Call, *yara.Member:
		return s.term(e, sc, want, d, k)
	}
	return false
}

// ident is a rule or a loop variable. External variables are empty.
func (s *solver) ident(e *yara.Ident, sc scope, want bool, d draft, k then) bool {
	if r := s.rules[e.Name]; r != nil && r != sc.rule {
		if !want {
			return k(d) // most content does not satisfy a rule
		}
		return s.solve(r.Condition, scope{rule: r}, true, d, k)
	}
	if x, ok := sc.vars[e.Name]; ok {
		return s.solve(x, sc, want, d, k)
	}
	return !want && k(d)
}

func (s *solver) binary(e *yara.Binary, sc scope, want bool, d draft, k then) bool {
	switch e.Op {
	case "and", "or":
		terms := flatten(e, e.Op, nil)
		if (e.Op == "and") == want {
			slices.SortStableFunc(terms, func(a, b yara.Expr) int { return weight(a) - weight(b) })
			return s.every(terms, sc, want, d, k)
		}
		s.rng.Shuffle(len(terms), func(i, j int) { terms[i], terms[j] = terms[j], terms[i] })
		for _, t := range terms {
			if s.solve(t, sc, want, d, k) {
				return true
			}
		}
		return false
	case "==", "!=", "<", "<=", ">", ">=":
		return s.comparison(e, sc, want, d, k)
	}
	return s.textual(e, sc, want, d, k)
}

func (s *solver) every(terms []yara.Expr, sc scope, want bool, d draft, k then) bool {
	if len(terms) == 0 {
		return k(d)
	}
	return s.solve(terms[0], sc, want, d, func(d draft) bool { return s.every(terms[1:], sc, want, d, k) })
}

func flatten(e yara.Expr, op string, to []yara.Expr) []yara.Expr {
	if b, ok := e.(*yara.Binary); ok && b.Op == op {
		return flatten(b.Y, op, flatten(b.X, op, to))
	}
	return append(to, e)
}

// weight orders the terms of a conjunction: what limits the file first, what
// must be absent next, and what looks at places last.
func weight(e yara.Expr) int {
	switch e := e.(type) {
	case *yara.Binary:
		if e.Op == "and" || e.Op == "or" {
			return max(weight(e.X), weight(e.Y))
		}
		if mentionsPlace(e) {
			return 4
		}
		return 0
	case *yara.Unary:
		return 1
	case *yara.StringRef:
		if e.At != nil || e.Lo != nil {
			if mentionsPlace(e.At) || mentionsPlace(e.Lo) {
				return 4
			}
			return 2
		}
	case *yara.Call, *yara.Member:
		return 1
	case *yara.ForIn:
		return 4
	}
	return 3
}

func mentionsPlace(e yara.Expr) bool {
	switch e := e.(type) {
	case *yara.Offset, *yara.Length:
		return true
	case *yara.Binary:
		return mentionsPlace(e.X) || mentionsPlace(e.Y)
	case *yara.Call:
		return slices.ContainsFunc(e.Args, mentionsPlace)
	}
	return false
}

// term is a boolean of a module.
func (s *solver) term(e yara.Expr, sc scope, want bool, d draft, k then) bool {
	if !want {
		return k(d)
	}
	if d, ok := s.module(e, sc, d); ok {
		return k(d)
	}
	return false
}
