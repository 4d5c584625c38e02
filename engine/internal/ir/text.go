package ir

import (
	"fmt"
	"strconv"
	"strings"
)

var operators = map[Op]string{
	And: "and", Or: "or", Add: "+", Sub: "-", Mul: "*", Div: "\\", Mod: "%", BitAnd: "&", BitOr: "|", BitXor: "^", Shl: "<<", Shr: ">>",
	Eq: "==", Ne: "!=", Lt: "<", Le: "<=", Gt: ">", Ge: ">=", Contains: "contains", IContains: "icontains",
	StartsWith: "startswith", IStartsWith: "istartswith", EndsWith: "endswith", IEndsWith: "iendswith", IEquals: "iequals",
}

// Text writes an expression of rule r the way YARA would, for people. Names
// gives the names of rules and of external variables by their numbers.
func (r *Rule) Text(e *Expr, rule, extern func(uint32) string) string {
	t := texter{r, rule, extern}
	return t.expr(e)
}

type texter struct {
	r            *Rule
	rule, extern func(uint32) string
}

func (t texter) expr(e *Expr) string {
	if op, ok := operators[e.Op]; ok {
		return t.infix(e, op)
	}
	switch e.Op {
	case Int:
		return strconv.FormatInt(e.Int, 10)
	case Float:
		return strconv.FormatFloat(e.Float, 'g', -1, 64)
	case Str:
		return strconv.Quote(string(e.Str))
	case Bool:
		return strconv.FormatBool(e.Int != 0)
	case Filesize:
		return "filesize"
	case Entrypoint:
		return "entrypoint"
	case Found, FoundAt, FoundIn, Count, Offset, Length:
		return t.occurrence(e)
	case ReadInt:
		return reader(e.Int) + "(" + t.expr(e.Kids[0]) + ")"
	case Not, Defined:
		return map[Op]string{Not: "not ", Defined: "defined "}[e.Op] + t.group(e.Kids[0])
	case Neg, BitNot:
		return map[Op]string{Neg: "-", BitNot: "~"}[e.Op] + t.group(e.Kids[0])
	case OfPatterns, OfRules, OfExprs, ForOf, ForRange, ForList, ForArray, ForDict:
		return t.quantified(e)
	case Rule_:
		return t.rule(e.Refs[0])
	case Extern:
		return t.extern(uint32(e.Int))
	case ToFloat, ToBool:
		return t.expr(e.Kids[0])
	case Matches:
		return t.expr(e.Kids[0]) + " matches /" + e.Tree.String() + "/"
	case Regexp:
		return "/" + e.Tree.String() + "/"
	case Var:
		return "v" + strconv.FormatInt(e.Int, 10)
	case Module, Field, Index, Call:
		return t.member(e)
	case SigLogic:
		return t.signature(e.Kids[0])
	case SigSize:
		return fmt.Sprintf("number of sections in (%s..%s)", t.expr(e.Kids[0]), t.expr(e.Kids[1]))
	}
	return "undefined"
}

func (t texter) infix(e *Expr, op string) string {
	parts := make([]string, len(e.Kids))
	for i, k := range e.Kids {
		parts[i] = t.group(k)
	}
	return strings.Join(parts, " "+op+" ")
}

// group puts operators into parentheses.
func (t texter) group(e *Expr) string {
	if _, ok := operators[e.Op]; ok {
		return "(" + t.expr(e) + ")"
	}
	return t.expr(e)
}

func (t texter) pattern(refs []uint32) string {
	if len(refs) == 0 || int(refs[0]) >= len(t.r.Patterns) {
		return ""
	}
	return strings.TrimPrefix(t.r.Patterns[refs[0]].Name, "$")
}

func (t texter) occurrence(e *Expr) string {
	name := t.pattern(e.Refs)
	switch e.Op {
	case FoundAt:
		return "$" + name + " at " + t.expr(e.Kids[0])
	case FoundIn:
		return "$" + name + " in (" + t.expr(e.Kids[0]) + ".." + t.expr(e.Kids[1]) + ")"
	case Count:
		if len(e.Kids) == 2 {
			return "#" + name + " in (" + t.expr(e.Kids[0]) + ".." + t.expr(e.Kids[1]) + ")"
		}
		return "#" + name
	case Offset:
		return "@" + name + "[" + t.expr(e.Kids[0]) + "]"
	case Length:
		return "!" + name + "[" + t.expr(e.Kids[0]) + "]"
	}
	return "$" + name
}

func reader(kind int64) string {
	s := fmt.Sprintf("int%d", kind&0xFF*8)
	if kind&Signed == 0 {
		s = "u" + s
	}
	if kind&BigEndian != 0 {
		s += "be"
	}
	return s
}

func (t texter) quantifier(e *Expr) string {
	switch {
	case e.Int == All:
		return "all"
	case e.Int == Percent:
		return t.expr(e.Kids[0]) + "%"
	}
	return t.expr(e.Kids[0])
}

func (t texter) quantified(e *Expr) string {
	q := t.quantifier(e)
	names := make([]string, len(e.Refs))
	for i, r := range e.Refs {
		if e.Op == OfRules {
			names[i] = t.rule(r)
		} else {
			names[i] = "$" + t.pattern([]uint32{r})
		}
	}
	set := "(" + strings.Join(names, ", ") + ")"
	last := e.Kids[len(e.Kids)-1]
	switch e.Op {
	case OfExprs:
		parts := make([]string, 0, len(e.Kids))
		for _, k := range e.Kids[1:] {
			parts = append(parts, t.expr(k))
		}
		return q + " of (" + strings.Join(parts, ", ") + ")"
	case ForOf:
		return "for " + q + " of " + set + " : (" + t.expr(last) + ")"
	case ForRange:
		return fmt.Sprintf("for %s v%d in (%s..%s) : (%s)", q, e.Int2, t.expr(e.Kids[1]), t.expr(e.Kids[2]), t.expr(last))
	case ForList, ForArray, ForDict:
		return fmt.Sprintf("for %s v%d in (%s) : (%s)", q, e.Int2, t.expr(e.Kids[1]), t.expr(last))
	}
	switch len(e.Kids) {
	case 2:
		return q + " of " + set + " at " + t.expr(e.Kids[1])
	case 3:
		return q + " of " + set + " in (" + t.expr(e.Kids[1]) + ".." + t.expr(e.Kids[2]) + ")"
	}
	return q + " of " + set
}

func (t texter) member(e *Expr) string {
	switch e.Op {
	case Module:
		return string(e.Str)
	case Field:
		return t.expr(e.Kids[0]) + "." + string(e.Str)
	case Index:
		return t.expr(e.Kids[0]) + "[" + t.expr(e.Kids[1]) + "]"
	}
	args := make([]string, 0, len(e.Kids))
	for _, k := range e.Kids[1:] {
		args = append(args, t.expr(k))
	}
	return t.expr(e.Kids[0]) + "(" + strings.Join(args, ", ") + ")"
}

func (t texter) signature(e *Expr) string {
	var s string
	switch e.Op {
	case SigAnd, SigOr:
		op := map[Op]string{SigAnd: "&", SigOr: "|"}[e.Op]
		s = "(" + t.signature(e.Kids[0]) + op + t.signature(e.Kids[1]) + ")"
	case SigSub:
		s = strconv.FormatInt(e.Int, 10)
	}
	if len(e.Str) >= 9 {
		n := uint32(e.Str[1]) | uint32(e.Str[2])<<8 | uint32(e.Str[3])<<16 | uint32(e.Str[4])<<24
		s += string(e.Str[0]) + strconv.FormatUint(uint64(n), 10)
	}
	return s
}
