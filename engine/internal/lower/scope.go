// Package lower turns parsed definitions into the compiled model: names are
// resolved, types checked, modifiers spelt out as variants.
package lower

import (
	"fmt"

	"candor/engine/internal/ir"
	"candor/engine/module"
	"candor/engine/yara"
)

// Env is what the conditions of a namespace can refer to.
type Env struct {
	Modules   map[string]module.Module // all that can be imported
	Imported  map[string]bool
	Externals map[string]External
	Rules     map[string]uint32 // by name: the rules defined so far
	Order     []string          // their names in order of definition
}

// External is a declared external variable.
type External struct {
	Index int
	Kind  module.Kind // Int, Float, Bool or String
}

// Error is a fault in a rule with its place.
type Error struct {
	Pos    yara.Pos
	Reason string
}

func (e *Error) Error() string { return e.Reason }

// scope lowers one rule.
type scope struct {
	env      *Env
	names    []string // of the rule's strings
	vars     []variable
	inForOf  bool
	nesting  int
	nextSlot int
}

type variable struct {
	name string
	slot int
	typ  *module.Type
}

// typed is a lowered expression with the static type that its members need.
type typed struct {
	*ir.Expr
	t *module.Type
}

const maxNesting = 16

// YARA lowers one rule.
func YARA(r *yara.Rule, env *Env) (rule *ir.Rule, err error) {
	defer func() {
		if p := recover(); p != nil {
			e, ok := p.(*Error)
			if !ok {
				panic(p)
			}
			rule, err = nil, e
		}
	}()
	s := &scope{env: env}
	out := &ir.Rule{Patterns: make([]ir.Pattern, 0, len(r.Strings))}
	for _, str := range r.Strings {
		s.names = append(s.names, str.Name)
		out.Patterns = append(out.Patterns, patternOf(str))
	}
	out.Cond = s.truth(r.Condition)
	return out, nil
}

// fail ends the lowering of a rule; YARA recovers it.
func fail(pos yara.Pos, format string, args ...any) {
	panic(&Error{Pos: pos, Reason: fmt.Sprintf(format, args...)})
}

func (s *scope) pattern(pos yara.Pos, name string) uint32 {
	for i, n := range s.names {
		if n == name {
			return uint32(i)
		}
	}
	fail(pos, "undefined string $%s", name)
	return 0
}

// ref gives the Refs of a node about one string: none for the string of the loop.
func (s *scope) ref(pos yara.Pos, name string) []uint32 {
	if name != "" {
		return []uint32{s.pattern(pos, name)}
	}
	if !s.inForOf {
		fail(pos, "$ without a name outside of a for … of")
	}
	return nil
}

func (s *scope) set(pos yara.Pos, set yara.StringSet) []uint32 {
	var out []uint32
	if set.Them {
		for i := range s.names {
			out = append(out, uint32(i))
		}
		return out
	}
	for _, pat := range set.Names {
		n := len(out)
		for i, name := range s.names {
			if wildcard(pat, name) {
				out = append(out, uint32(i))
			}
		}
		if len(out) == n {
			fail(pos, "undefined string $%s", pat)
		}
	}
	return out
}

func (s *scope) ruleSet(pos yara.Pos, names []string) []uint32 {
	var out []uint32
	for _, pat := range names {
		n := len(out)
		for _, name := range s.env.Order {
			if wildcard(pat, name) {
				out = append(out, s.env.Rules[name])
			}
		}
		if len(out) == n {
			fail(pos, "undefined rule %s", pat)
		}
	}
	return out
}

func wildcard(pat, name string) bool {
	if n := len(pat); n > 0 && pat[n-1] == '*' {
		return len(name) >= n-1 && name[:n-1] == pat[:n-1]
	}
	return pat == name
}

// bind makes loop variables visible until the returned function is called.
func (s *scope) bind(pos yara.Pos, names []string, types []*module.Type) (first int, unbind func()) {
	if s.nesting++; s.nesting > maxNesting {
		fail(pos, "loops nested deeper than %d", maxNesting)
	}
	first, n := s.nextSlot, len(s.vars)
	for i, name := range names {
		s.vars = append(s.vars, variable{name, s.nextSlot, types[i]})
		s.nextSlot++
	}
	return first, func() {
		s.vars = s.vars[:n]
		s.nextSlot = first
		s.nesting--
	}
}
