package match

import (
	"slices"
	"strings"

	"candor/engine/internal/ir"
	"candor/engine/module"
)

// question is what a condition asks of external variables alone.
type question struct {
	text string // what it is known by
	rule uint32
	expr *ir.Expr
}

// questions gives those of all rules, each once, sorted.
func (s *Set) questions() []question {
	s.asked.Do(func() {
		seen := map[string]question{}
		for r, flags := range s.Flags {
			if flags&Situated == 0 {
				continue
			}
			u := s.unit(uint32(r))
			asks(u.rule.Cond, func(e *ir.Expr) {
				text := string((&ir.Rule{Cond: e}).Append(nil))
				seen[text] = question{text, uint32(r), e}
			})
		}
		for _, q := range seen {
			s.question = append(s.question, q)
		}
		slices.SortFunc(s.question, func(a, b question) int { return strings.Compare(a.text, b.text) })
	})
	return s.question
}

// asks calls yield with the largest parts of a condition that depend on
// external variables and on nothing else.
func asks(e *ir.Expr, yield func(*ir.Expr)) {
	if e.Op == ir.Extern || closed(e) {
		yield(e)
		return
	}
	for _, k := range e.Kids {
		asks(k, yield)
	}
}

// closed tells whether e compares an external variable with constants.
func closed(e *ir.Expr) bool {
	if (e.Op < ir.Eq || e.Op > ir.Matches) && e.Op != ir.ToBool {
		return false
	}
	some := false
	for _, k := range e.Kids {
		switch k.Op {
		case ir.Extern:
			some = true
		case ir.Str, ir.Int, ir.Float, ir.Bool:
		default:
			return false
		}
	}
	return some
}

// Situation calls yield with each question that rules ask of external variables
// alone, and with the answer.
func (s *Scanner) Situation(extern []module.Value, yield func(question string, answer module.Value)) {
	s.prepare(extern, func() int64 { return 0 }, nil)
	for _, q := range s.set.questions() {
		f := frame{s: s, u: s.set.unit(q.rule), loop: -1}
		if q.expr.Op == ir.Extern {
			yield(q.text, f.value(q.expr))
			continue
		}
		answer := module.Value{}
		if v, defined := f.truth(q.expr); defined {
			answer = module.BoolValue(v)
		}
		yield(q.text, answer)
	}
}
