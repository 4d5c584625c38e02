package match

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"candor/engine/automaton"
	"candor/engine/gram"
	"candor/engine/internal/ir"
	"candor/engine/module"
)

// question is what a condition asks of external variables alone.
type question struct {
	text string // what it is known by
	rule uint32
	expr *ir.Expr
	// need are the pairs of a yes: the answer for a text that has all of none of
	// them is no. Nil says nothing.
	need []pairs
}

// questions gives those of all rules, each once, sorted. Of the rules nothing is
// kept: most are never asked for more.
func (s *Set) questions() []question {
	s.asked.Do(func() {
		seen := map[string]question{}
		for r, flags := range s.Flags {
			if flags&Situated == 0 {
				continue
			}
			rule, err := s.Rule(uint32(r))
			if err != nil || !valid(s, uint32(r), rule) {
				continue // it has no condition (unit)
			}
			asks(rule.Cond, func(e *ir.Expr) {
				text := string((&ir.Rule{Cond: e}).Append(nil))
				if _, known := seen[text]; known {
					return
				}
				if alone, err := ir.Decode([]byte(text)); err == nil {
					seen[text] = question{text, uint32(r), alone.Cond, needs(alone.Cond)}
				}
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

// closed tells whether e compares one external variable with constants.
func closed(e *ir.Expr) bool {
	if (e.Op < ir.Eq || e.Op > ir.Matches) && e.Op != ir.ToBool {
		return false
	}
	externs := 0
	for _, k := range e.Kids {
		switch k.Op {
		case ir.Extern:
			externs++
		case ir.Str, ir.Int, ir.Float, ir.Bool:
		default:
			return false
		}
	}
	return externs == 1
}

// variable gives the external variable of a question.
func (q question) variable() int64 {
	e := q.expr
	for e.Op != ir.Extern {
		e = e.Kids[slices.IndexFunc(e.Kids, func(k *ir.Expr) bool { return k.Op == ir.Extern })]
	}
	return e.Int
}

// pairs is a set of pairs of neighbouring folded bytes, by a hash of eight bits.
type pairs [4]uint64

// pairsOf gives the pairs in a text.
func pairsOf[T string | []byte](text T) (p pairs) {
	for i := 1; i < len(text); i++ {
		h := (uint32(gram.Fold(text[i-1]))<<8 | uint32(gram.Fold(text[i]))) * 0x9e3779b1 >> 24
		p[h>>6] |= 1 << (h & 63)
	}
	return p
}

// in tells whether a text with the pairs of t may hold one with those of p.
func (p *pairs) in(t *pairs) bool {
	return p[0]&^t[0]|p[1]&^t[1]|p[2]&^t[2]|p[3]&^t[3] == 0
}

// needs gives the pairs of a question.
func needs(e *ir.Expr) (out []pairs) {
	switch e.Op {
	case ir.Matches:
		for _, a := range gram.FromPattern(e.Tree).Atoms {
			out = append(out, pairsOf(a.Bytes))
		}
	case ir.Eq, ir.Contains, ir.IContains, ir.StartsWith, ir.IStartsWith, ir.EndsWith, ir.IEndsWith, ir.IEquals:
		if e.Kids[0].Op == ir.Extern && e.Kids[1].Op == ir.Str {
			out = append(out, pairsOf(e.Kids[1].Str))
		}
	}
	return out
}

// no tells whether the answer for a text with the pairs of t must be no.
func (q *question) no(t *pairs) bool {
	for i := range q.need {
		if q.need[i].in(t) {
			return false
		}
	}
	return q.need != nil
}

// situations is what a Scanner keeps for Situation.
type situations struct {
	by       [][]question // by external variable
	matchers map[*automaton.Program]*automaton.Matcher
	texts    []map[string]string // answers by external variable and text
	others   map[value]string    // for what is no text
	kept     int                 // answers
	last     []given             // by external variable: most files of a folder have the same
}

// given is a value, and what is heard when it is asked for. The zero one is of
// no value.
type given struct {
	value
	answers string
	is      bool
}

// of tells whether v has the value.
func (g *given) of(v *module.Value) bool {
	return g.is && g.kind == v.Kind && g.number == v.Int && g.float == v.Float && g.text == string(v.Str)
}

// value is a value of an external variable.
type value struct {
	variable int
	kind     module.Kind
	number   int64
	float    float64
	text     string
}

// mostAnswers bounds the values whose answers are kept.
const mostAnswers = 1 << 14

// Situation appends what conditions hear when they ask for external variables:
// each question whose answer is not just no, with the answer.
func (s *Scanner) Situation(dst []byte, extern []module.Value) []byte {
	k := s.situations
	if k == nil {
		k = &situations{by: make([][]question, len(s.set.Externals)), matchers: map[*automaton.Program]*automaton.Matcher{}, last: make([]given, len(s.set.Externals))}
		k.forget()
		for _, q := range s.set.questions() {
			v := q.variable()
			k.by[v] = append(k.by[v], q)
		}
		s.situations = k
	}
	s.prepare(extern, func() int64 { return 0 }, nil)
	s.matchers, k.matchers, s.asking = k.matchers, s.matchers, true
	defer func() { s.matchers, k.matchers, s.asking = k.matchers, s.matchers, false }()
	for i, questions := range k.by {
		if len(questions) == 0 {
			continue
		}
		if last := &k.last[i]; last.of(&extern[i]) {
			dst = append(dst, last.answers...)
			continue
		}
		v := value{i, extern[i].Kind, extern[i].Int, extern[i].Float, string(extern[i].Str)}
		answers, ok := k.heard(v)
		if !ok {
			var b []byte
			text := pairsOf(v.text)
			for j := range questions {
				if v.kind != module.String || !questions[j].no(&text) {
					b = s.answer(b, questions[j])
				}
			}
			answers = string(b)
			k.keep(v, answers)
		}
		k.last[i] = given{v, answers, true}
		dst = append(dst, answers...)
	}
	return dst
}

// heard gives the answers for a value, if they are kept.
func (k *situations) heard(v value) (answers string, ok bool) {
	if v.kind == module.String { // nearly all are, and a text is looked up sooner
		answers, ok = k.texts[v.variable][v.text]
	} else {
		answers, ok = k.others[v]
	}
	return answers, ok
}

func (k *situations) keep(v value, answers string) {
	if k.kept++; k.kept > mostAnswers {
		k.forget()
	}
	if v.kind == module.String {
		k.texts[v.variable][v.text] = answers
	} else {
		k.others[v] = answers
	}
}

func (k *situations) forget() {
	k.texts, k.others, k.kept = make([]map[string]string, len(k.by)), map[value]string{}, 0
	for i := range k.texts {
		k.texts[i] = map[string]string{}
	}
}

func (s *Scanner) answer(dst []byte, q question) []byte {
	f := frame{s: s, u: s.set.unit(q.rule), loop: -1}
	if q.expr.Op != ir.Extern {
		if yes, _ := f.truth(q.expr); yes {
			dst = append(append(dst, 1), q.text...)
		}
		return dst
	}
	v := f.value(q.expr)
	dst = binary.AppendVarint(append(append(dst, 2, byte(v.Kind)), q.text...), v.Int)
	dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.Float))
	return append(binary.AppendUvarint(dst, uint64(len(v.Str))), v.Str...)
}
