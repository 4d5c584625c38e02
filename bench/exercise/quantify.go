package exercise

import (
	"maps"
	"math"
	"slices"
	"strings"

	"candor/engine/yara"
)

// tries is the number of random subsets that a quantifier is tried with.
const tries = 6

// quantified solves a quantifier over n things. one solves a single thing.
func (s *solver) quantified(q yara.Quantifier, n int, sc scope, want bool, d draft,
	one func(i int, d draft, k then) bool, k then) bool {
	need, ok := s.number(q, n, sc, d)
	if !ok || need > n {
		return !want && k(d)
	}
	if q.None || need == 0 && q.Count != nil {
		if want {
			return k(d)
		}
		need = 1
	} else if !want {
		return k(d) // nothing is placed, so too few are there
	}
	for range tries {
		picked := s.rng.Perm(n)[:need]
		if need == n {
			for i := range picked {
				picked[i] = i
			}
		}
		if s.each(picked, d, one, k) {
			return true
		}
		if need == n {
			break
		}
	}
	return false
}

func (s *solver) each(picked []int, d draft, one func(int, draft, then) bool, k then) bool {
	if len(picked) == 0 {
		return k(d)
	}
	return one(picked[0], d, func(d draft) bool { return s.each(picked[1:], d, one, k) })
}

func (s *solver) number(q yara.Quantifier, n int, sc scope, d draft) (int, bool) {
	switch {
	case q.All:
		return n, true
	case q.Any:
		return 1, true
	case q.None:
		return 0, true
	}
	v, _, ok := s.integer(q.Count, sc, d)
	if !ok || v < 0 || v > math.MaxInt32 {
		return 0, false
	}
	if q.Percent {
		v = int64(math.Ceil(float64(v) * float64(n) / 100))
	}
	return int(v), true
}

// members are the strings of a set, in the order of the rule.
func (sc scope) members(set yara.StringSet) []*yara.String {
	var out []*yara.String
	for _, str := range sc.rule.Strings {
		if set.Them {
			out = append(out, str)
			continue
		}
		for _, name := range set.Names {
			name = strings.TrimPrefix(name, "$")
			prefix, star := strings.CutSuffix(name, "*")
			if star && strings.HasPrefix(str.Name, prefix) || !star && str.Name == name {
				out = append(out, str)
				break
			}
		}
	}
	return out
}

func (sc scope) lookup(name string) *yara.String {
	if name == "" {
		return sc.current
	}
	for _, str := range sc.rule.Strings {
		if str.Name == name {
			return str
		}
	}
	return nil
}

func (s *solver) ofStrings(e *yara.OfStrings, sc scope, want bool, d draft, k then) bool {
	strs := sc.members(e.Set)
	return s.quantified(e.Q, len(strs), sc, want, d, func(i int, d draft, k then) bool {
		return s.place(strs[i], 1, e.At, e.Lo, e.Hi, sc, d, k)
	}, k)
}

func (s *solver) forStrings(e *yara.ForStrings, sc scope, want bool, d draft, k then) bool {
	strs := sc.members(e.Set)
	return s.quantified(e.Q, len(strs), sc, want, d, func(i int, d draft, k then) bool {
		inner := sc
		inner.current = strs[i]
		return s.solve(e.Body, inner, true, d, k)
	}, k)
}

func (s *solver) ofRules(e *yara.OfRules, want bool, d draft, k then) bool {
	var rules []*yara.Rule
	for _, name := range e.Names {
		if prefix, star := strings.CutSuffix(name, "*"); star {
			for _, other := range slices.Sorted(maps.Keys(s.rules)) {
				if strings.HasPrefix(other, prefix) {
					rules = append(rules, s.rules[other])
				}
			}
		} else if r := s.rules[name]; r != nil {
			rules = append(rules, r)
		}
	}
	return s.quantified(e.Q, len(rules), scope{}, want, d, func(i int, d draft, k then) bool {
		return s.solve(rules[i].Condition, scope{rule: rules[i]}, true, d, k)
	}, k)
}

// maxTurns bounds the turns of a loop that are looked at.
const maxTurns = 64

func (s *solver) forIn(e *yara.ForIn, sc scope, want bool, d draft, k then) bool {
	items, d, ok := s.items(e.Iter, sc, d)
	if !ok || len(e.Vars) != 1 {
		return !want && k(d)
	}
	return s.quantified(e.Q, len(items), sc, want, d, func(i int, d draft, k then) bool {
		inner := sc
		inner.vars = map[string]yara.Expr{}
		for name, x := range sc.vars {
			inner.vars[name] = x
		}
		inner.vars[e.Vars[0]] = items[i]
		return s.solve(e.Body, inner, true, d, k)
	}, k)
}

// items are the values that a loop variable takes, the first maxTurns of them.
func (s *solver) items(iter yara.Expr, sc scope, d draft) ([]yara.Expr, draft, bool) {
	switch it := iter.(type) {
	case *yara.List:
		return it.Items, d, true
	case *yara.Range:
		lo, d, ok := s.integer(it.Lo, sc, d)
		if !ok {
			return nil, d, false
		}
		hi, d, ok := s.integer(it.Hi, sc, d)
		if !ok {
			return nil, d, false
		}
		var out []yara.Expr
		for i := lo; i <= hi && i-lo < maxTurns; i++ {
			out = append(out, &yara.Int{Value: i})
		}
		return out, d, true
	case *yara.Member: // pe.sections and its like: the first element
		return []yara.Expr{&yara.Index{X: it, I: &yara.Int{}}}, d, true
	}
	return nil, d, false
}
