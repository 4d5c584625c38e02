package yara

import "fmt"

// The productions below follow YARA's grammar, which tells two sorts of
// expressions apart: primary ones, which have a value (numbers, texts,
// arithmetic), and the others, which are true or false. Comparisons take
// primary operands only, so they cannot be chained.

// enter counts one level of nesting. After false the caller gives up.
func (p *parser) enter() bool {
	if p.depth >= maxExprDepth {
		p.fail(fmt.Sprintf("expression nested over %d levels", maxExprDepth))
		return false
	}
	p.depth++
	return true
}

// boolean reads an expression of any sort: operands of or.
func (p *parser) boolean() Expr {
	x := p.conjunction()
	for p.tok.kind == tokOr {
		pos := p.here()
		p.next()
		x = &Binary{Pos: pos, Op: "or", X: x, Y: p.conjunction()}
	}
	return x
}

// conjunction reads the operands of and.
func (p *parser) conjunction() Expr {
	x := p.negation()
	for p.tok.kind == tokAnd {
		pos := p.here()
		p.next()
		x = &Binary{Pos: pos, Op: "and", X: x, Y: p.negation()}
	}
	return x
}

// negation reads not and defined, which bind looser than comparisons.
func (p *parser) negation() Expr {
	op := ""
	switch p.tok.kind {
	case tokNot:
		op = "not"
	case tokDefined:
		op = "defined"
	default:
		return p.comparison()
	}
	u := &Unary{Pos: p.here(), Op: op}
	if p.enter() {
		p.next()
		u.X = p.negation()
		p.depth--
	}
	return u
}

// comparison reads one comparison, an of-expression, or a single operand.
func (p *parser) comparison() Expr {
	x := p.arithmetic(precLowest)
	switch k := p.tok.kind; {
	case k == tokOf:
		if !p.wantPrimary(x) {
			return x
		}
		return p.of(x.Position(), p.countQuantifier(x))
	case k == tokPercent: // arithmetic leaves one only before of
		pos := x.Position()
		if !p.wantPrimary(x) {
			return x
		}
		p.next()
		return p.of(pos, p.percentQuantifier(x))
	case tokEq <= k && k <= tokMatches:
		if !p.wantPrimary(x) {
			return x
		}
		b := &Binary{Pos: p.here(), Op: operators[k].text, X: x}
		p.next()
		if k == tokMatches && p.tok.kind != tokRegexp {
			p.unexpected("a regular expression")
			return b
		}
		if k == tokMatches {
			b.Y = p.regexpLiteral()
			return b
		}
		b.Y = p.primary(precLowest)
		return b
	}
	return x
}

// operators are the operators with two primary operands; those without a
// precedence are comparisons.
var operators = [...]struct {
	text string
	prec int
}{
	tokPipe: {"|", 1}, tokCaret: {"^", 2}, tokAmp: {"&", 3},
	tokShl: {"<<", 4}, tokShr: {">>", 4},
	tokPlus: {"+", 5}, tokMinus: {"-", 5},
	tokStar: {"*", precProduct}, tokBackslash: {`\`, precProduct}, tokPercent: {"%", precProduct},

	tokEq: {"==", 0}, tokNeq: {"!=", 0}, tokLt: {"<", 0}, tokLe: {"<=", 0}, tokGt: {">", 0}, tokGe: {">=", 0},
	tokContains: {"contains", 0}, tokIContains: {"icontains", 0},
	tokStartsWith: {"startswith", 0}, tokIStartsWith: {"istartswith", 0},
	tokEndsWith: {"endswith", 0}, tokIEndsWith: {"iendswith", 0},
	tokIEquals: {"iequals", 0}, tokMatches: {"matches", 0},
}

const (
	precLowest  = 1
	precProduct = 6
)

// primary reads a primary expression of operators that bind at least as
// tightly as prec.
func (p *parser) primary(prec int) Expr {
	x := p.arithmetic(prec)
	p.wantPrimary(x)
	return x
}

// wantPrimary reports x when it is not primary.
func (p *parser) wantPrimary(x Expr) bool {
	if p.failed || isPrimary(x) {
		return !p.failed
	}
	p.unexpected("a condition to end there: its left side has no value")
	return false
}

// isPrimary tells whether an expression has a value in YARA's grammar.
func isPrimary(x Expr) bool {
	switch x := x.(type) {
	case *Bool, *StringRef, *OfStrings, *OfRules, *OfExprs, *ForStrings, *ForIn:
		return false
	case *Unary:
		return x.Op == "-" || x.Op == "~"
	case *Binary:
		switch x.Op {
		case "|", "^", "&", "<<", ">>", "+", "-", "*", `\`, "%":
			return true
		}
		return false
	}
	return x != nil
}

// arithmetic reads operands and operators that bind at least as tightly as
// prec. A single operand may be of any sort.
func (p *parser) arithmetic(prec int) Expr {
	x := p.unary()
	for tokPlus <= p.tok.kind && p.tok.kind <= tokShr {
		op := operators[p.tok.kind]
		if op.prec < prec {
			break
		}
		if p.tok.kind == tokPercent && p.percentAhead() {
			if prec != precLowest {
				// As in YARA's grammar a % binds here to the operand before
				// it, which cannot be the head of an of.
				p.unexpected("a number behind %")
			}
			break
		}
		if op.text == "" || !p.wantPrimary(x) {
			break
		}
		pos := p.here()
		p.next()
		x = &Binary{Pos: pos, Op: op.text, X: x, Y: p.primary(op.prec + 1)}
	}
	return x
}

// percentAhead tells whether the % at hand is that of a percentage.
func (p *parser) percentAhead() bool {
	before := p.lexer
	var t token
	p.scan(&t)
	p.lexer = before
	return t.kind == tokOf
}

// unary reads - and ~, which bind tightest.
func (p *parser) unary() Expr {
	op := ""
	switch p.tok.kind {
	case tokMinus:
		op = "-"
	case tokTilde:
		op = "~"
	default:
		return p.operand()
	}
	u := &Unary{Pos: p.here(), Op: op}
	if p.enter() {
		p.next()
		u.X = p.unary()
		p.wantPrimary(u.X)
		p.depth--
	}
	return u
}

// operand reads an expression without operators.
func (p *parser) operand() Expr {
	pos, t := p.here(), &p.tok
	switch t.kind {
	case tokInt:
		x := &Int{Pos: pos, Value: t.num}
		p.next()
		return x
	case tokFloat:
		x := &Float{Pos: pos, Value: t.num2}
		p.next()
		return x
	case tokText:
		x := &Str{Pos: pos, Value: p.textValue()}
		p.next()
		return x
	case tokRegexp:
		return p.regexpLiteral()
	case tokTrue, tokFalse:
		x := &Bool{Pos: pos, Value: t.kind == tokTrue}
		p.next()
		return x
	case tokFilesize:
		p.next()
		return &Filesize{Pos: pos}
	case tokEntrypoint:
		p.next()
		return &Entrypoint{Pos: pos}
	case tokString, tokCount, tokOffset, tokLength:
		return p.stringOperand(pos)
	case tokIdent:
		return p.postfix()
	case tokIntFunc:
		return p.integerReader(pos)
	case tokLParen:
		return p.parenthesised()
	case tokAll, tokAny, tokNone:
		q := p.wordQuantifier()
		if p.tok.kind != tokOf {
			p.unexpected("of")
		}
		return p.of(pos, q)
	case tokFor:
		return p.loop()
	}
	p.unexpected("an expression")
	return &Bool{Pos: pos}
}

func (p *parser) regexpLiteral() Expr {
	t := p.tok
	x := &RegexpLit{Pos: p.here(), Src: t.text, Flags: t.flags, Node: p.regexpNode(&t, false, false)}
	p.next()
	return x
}

func (p *parser) parenthesised() Expr {
	pos := p.here()
	if !p.enter() {
		return &Bool{Pos: pos}
	}
	p.next()
	x := p.boolean()
	p.expect(tokRParen, ")")
	p.depth--
	return x
}

// integerReader reads uint16be(x) and its like.
func (p *parser) integerReader(pos Pos) Expr {
	c := &Call{Pos: pos, X: &Ident{Pos: pos, Name: p.tok.text}}
	if !p.enter() {
		return c
	}
	p.next()
	if p.expect(tokLParen, "(") {
		c.Args = []Expr{p.primary(precLowest)}
		p.expect(tokRParen, ")")
	}
	p.depth--
	return c
}

// postfix reads a name with what is selected of it.
func (p *parser) postfix() Expr {
	var x Expr = &Ident{Pos: p.here(), Name: p.tok.text}
	p.next()
	for {
		pos := p.here()
		switch p.tok.kind {
		case tokDot:
			p.next()
			m := &Member{Pos: pos, X: x, Name: p.tok.text}
			p.expect(tokIdent, "an identifier")
			x = m
		case tokLBracket:
			if !p.enter() {
				return x
			}
			p.next()
			x = &Index{Pos: pos, X: x, I: p.primary(precLowest)}
			p.expect(tokRBracket, "]")
			p.depth--
		case tokLParen:
			if !p.enter() {
				return x
			}
			p.next()
			x = &Call{Pos: pos, X: x, Args: p.arguments()}
			p.depth--
		default:
			return x
		}
	}
}

// arguments reads the arguments of a call and the closing parenthesis.
func (p *parser) arguments() []Expr {
	if p.accept(tokRParen) {
		return nil
	}
	args := []Expr{p.boolean()}
	for p.tok.kind == tokComma {
		if len(args) == maxArguments {
			p.fail(fmt.Sprintf("more than %d arguments", maxArguments))
			break
		}
		p.next()
		args = append(args, p.boolean())
	}
	p.expect(tokRParen, ")")
	return args
}

// stringOperand reads $a, #a, @a or !a with what follows it.
func (p *parser) stringOperand(pos Pos) Expr {
	k, name := p.tok.kind, p.tok.text
	p.useString(pos, p.src[p.tok.start:p.tok.start+1], name)
	p.next()
	switch k {
	case tokString:
		x := &StringRef{Pos: pos, Name: name}
		if p.accept(tokAt) {
			x.At = p.primary(precLowest)
		} else if p.accept(tokIn) {
			x.Lo, x.Hi = p.bounds()
		}
		return x
	case tokCount:
		x := &Count{Pos: pos, Name: name}
		if p.accept(tokIn) {
			x.Lo, x.Hi = p.bounds()
		}
		return x
	case tokOffset:
		return &Offset{Pos: pos, Name: name, Index: p.subscript()}
	}
	return &Length{Pos: pos, Name: name, Index: p.subscript()}
}

// subscript reads the optional [i] of @a and !a.
func (p *parser) subscript() Expr {
	if p.tok.kind != tokLBracket || !p.enter() {
		return nil
	}
	p.next()
	x := p.primary(precLowest)
	p.expect(tokRBracket, "]")
	p.depth--
	return x
}

// bounds reads (lo..hi).
func (p *parser) bounds() (lo, hi Expr) {
	pos := p.here()
	if !p.enter() {
		return nil, nil
	}
	p.expect(tokLParen, "(")
	lo = p.primary(precLowest)
	p.expect(tokDotDot, "..")
	hi = p.primary(precLowest)
	p.expect(tokRParen, ")")
	p.depth--
	p.checkRange(pos, lo, hi)
	return lo, hi
}

// checkRange reports literal bounds that are out of order.
func (p *parser) checkRange(pos Pos, lo, hi Expr) {
	a, known := literalInt(lo)
	b, known2 := literalInt(hi)
	switch {
	case p.failed || !known || !known2:
	case a > b:
		p.problem(pos, "range lower bound must be less than upper bound")
	case a < 0:
		p.problem(pos, "range lower bound can not be negative")
	}
}

// literalInt gives the value of an integer literal, negated or not.
func literalInt(x Expr) (int64, bool) {
	switch x := x.(type) {
	case *Int:
		return x.Value, true
	case *Unary:
		if n, ok := x.X.(*Int); ok && x.Op == "-" {
			return -n.Value, true
		}
	}
	return 0, false
}
