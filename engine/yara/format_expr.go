package yara

import (
	"bytes"
	"math"
	"strconv"
	"strings"
)

// FormatExpr prints an expression on one line.
func FormatExpr(x Expr) string {
	var b bytes.Buffer
	w := exprWriter{b: &b}
	w.expr(x)
	return b.String()
}

// How tightly expressions bind where they are printed; arithmetic lies between
// levelValue and levelUnary.
const (
	levelAny     = iota
	levelOr      // or
	levelAnd     // and
	levelNot     // not, defined
	levelCompare // comparisons, of, for, $a at x
	levelValue
	levelUnary   = levelCompare + precProduct + 1
	levelOperand = levelUnary + 1
)

// levelOf are the levels of the operators with two operands.
var levelOf = func() map[string]int {
	m := map[string]int{"or": levelOr, "and": levelAnd}
	for _, op := range operators {
		m[op.text] = levelCompare + op.prec
	}
	return m
}()

// precOf is how tightly an expression binds.
func precOf(x Expr) int {
	switch x := x.(type) {
	case *Binary:
		return levelOf[x.Op]
	case *Unary:
		if x.Op == "not" || x.Op == "defined" {
			return levelNot
		}
		return levelUnary
	case *Int:
		if x.Value < 0 {
			return levelUnary
		}
	case *StringRef:
		if x.At != nil || x.Lo != nil {
			return levelCompare
		}
	case *OfStrings, *OfRules, *OfExprs, *ForStrings, *ForIn:
		return levelCompare
	}
	return levelOperand
}

// exprWriter prints expressions.
type exprWriter struct{ b *bytes.Buffer }

func (w *exprWriter) text(s string) { w.b.WriteString(s) }

// operand prints x, in parentheses when it binds less tightly than level.
func (w *exprWriter) operand(x Expr, level int) {
	if precOf(x) < level {
		w.text("(")
		w.expr(x)
		w.text(")")
		return
	}
	w.expr(x)
}

func (w *exprWriter) expr(x Expr) {
	switch x := x.(type) {
	case *Ident:
		w.text(x.Name)
	case *Member:
		w.operand(x.X, levelOperand)
		w.text("." + x.Name)
	case *Index:
		w.operand(x.X, levelOperand)
		w.subscript(x.I)
	case *Call:
		w.operand(x.X, levelOperand)
		w.list(x.Args, levelAny)
	case *Int:
		w.text(strconv.FormatInt(x.Value, 10))
	case *Float:
		w.text(floatText(x.Value))
	case *Str:
		w.text(quote(x.Value))
	case *RegexpLit:
		w.text("/" + x.Src + "/" + x.Flags)
	case *Bool:
		w.text(strconv.FormatBool(x.Value))
	case *Filesize:
		w.text("filesize")
	case *Entrypoint:
		w.text("entrypoint")
	case *Unary:
		w.unary(x)
	case *Binary:
		w.binary(x)
	default:
		w.strings(x)
	}
}

// strings prints the expressions about strings, and those with quantifiers.
func (w *exprWriter) strings(x Expr) {
	switch x := x.(type) {
	case *StringRef:
		w.text("$" + x.Name)
		w.place(x.At, x.Lo, x.Hi)
	case *Count:
		w.text("#" + x.Name)
		w.place(nil, x.Lo, x.Hi)
	case *Offset:
		w.text("@" + x.Name)
		w.subscript(x.Index)
	case *Length:
		w.text("!" + x.Name)
		w.subscript(x.Index)
	case *OfStrings:
		w.quantifier(x.Q)
		w.text(" of ")
		w.set(x.Set)
		w.place(x.At, x.Lo, x.Hi)
	case *OfRules:
		w.quantifier(x.Q)
		w.text(" of (" + strings.Join(x.Names, ", ") + ")")
	case *OfExprs:
		w.quantifier(x.Q)
		w.text(" of ")
		w.list(x.Exprs, levelOfSet(x.Exprs))
	case *ForStrings:
		w.text("for ")
		w.quantifier(x.Q)
		w.text(" of ")
		w.set(x.Set)
		w.body(x.Body)
	case *ForIn:
		w.text("for ")
		w.quantifier(x.Q)
		w.text(" " + strings.Join(x.Vars, ", ") + " in ")
		w.expr(x.Iter)
		w.body(x.Body)
	case *Range:
		w.bounds(x.Lo, x.Hi)
	case *List:
		w.list(x.Items, levelValue)
	}
}

func (w *exprWriter) unary(x *Unary) {
	w.text(x.Op)
	if x.Op == "not" || x.Op == "defined" {
		w.text(" ")
		w.operand(x.X, levelNot)
		return
	}
	w.operand(x.X, levelUnary)
}

func (w *exprWriter) binary(x *Binary) {
	left, right := precOf(x), precOf(x)+1
	if left == levelCompare {
		left = levelValue // comparisons cannot be chained
	}
	w.operand(x.X, left)
	w.text(" " + x.Op + " ")
	w.operand(x.Y, right)
}

func (w *exprWriter) quantifier(q Quantifier) {
	switch {
	case q.All:
		w.text("all")
	case q.Any:
		w.text("any")
	case q.None:
		w.text("none")
	case q.Percent:
		w.operand(q.Count, levelUnary-1)
		w.text("%")
	default:
		w.operand(q.Count, levelValue)
	}
}

func (w *exprWriter) set(s StringSet) {
	if s.Them {
		w.text("them")
		return
	}
	w.text("($" + strings.Join(s.Names, ", $") + ")")
}

// place prints at x or in (lo..hi), when given.
func (w *exprWriter) place(at, lo, hi Expr) {
	if at != nil {
		w.text(" at ")
		w.operand(at, levelValue)
	}
	if lo != nil {
		w.text(" in ")
		w.bounds(lo, hi)
	}
}

func (w *exprWriter) bounds(lo, hi Expr) {
	w.text("(")
	w.operand(lo, levelValue)
	w.text("..")
	w.operand(hi, levelValue)
	w.text(")")
}

func (w *exprWriter) subscript(i Expr) {
	if i == nil {
		return
	}
	w.text("[")
	w.operand(i, levelValue)
	w.text("]")
}

// levelOfSet keeps a list of nothing but names, which would read as a set of
// strings or rules, apart from one by parentheses around its items.
func levelOfSet(items []Expr) int {
	for _, x := range items {
		switch x := x.(type) {
		case *Ident:
		case *StringRef:
			if x.At != nil || x.Lo != nil {
				return levelAny
			}
		default:
			return levelAny
		}
	}
	return levelOperand + 1
}

// list prints items in parentheses.
func (w *exprWriter) list(items []Expr, level int) {
	w.text("(")
	for i, x := range items {
		if i > 0 {
			w.text(", ")
		}
		w.operand(x, level)
	}
	w.text(")")
}

func (w *exprWriter) body(x Expr) {
	w.text(" : (")
	w.expr(x)
	w.text(")")
}

// floatText prints a number with digits on both sides of its point, the only
// notation that the language has.
func floatText(v float64) string {
	if math.IsInf(v, 0) {
		return "1" + strings.Repeat("0", 309) + ".0"
	}
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}
