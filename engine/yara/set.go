package yara

import "fmt"

// wordQuantifier reads all, any or none.
func (p *parser) wordQuantifier() Quantifier {
	k := p.tok.kind
	p.next()
	return Quantifier{All: k == tokAll, Any: k == tokAny, None: k == tokNone}
}

// countQuantifier makes a quantifier of a number.
func (p *parser) countQuantifier(x Expr) Quantifier {
	switch x.(type) {
	case *Float, *Str, *RegexpLit:
		p.problem(x.Position(), "quantifier is not an integer")
	}
	if n, ok := literalInt(x); ok && n < 0 {
		p.problem(x.Position(), "quantifier is negative")
	}
	return Quantifier{Count: x}
}

// percentQuantifier makes a quantifier of a percentage.
func (p *parser) percentQuantifier(x Expr) Quantifier {
	if n, ok := literalInt(x); ok && (n < 1 || n > 100) {
		p.problem(x.Position(), "percentage must be between 1 and 100 (inclusive)")
	}
	return Quantifier{Count: x, Percent: true}
}

// of reads an of-expression from the of on.
func (p *parser) of(pos Pos, q Quantifier) Expr {
	p.next()
	if set, ok := p.stringSet(); ok {
		x := &OfStrings{Pos: pos, Q: q, Set: set}
		if q.Percent {
			return x
		}
		if p.accept(tokAt) {
			x.At = p.primary(precLowest)
		} else if p.accept(tokIn) {
			x.Lo, x.Hi = p.bounds()
		}
		return x
	}
	if names, ok := p.ruleSet(); ok {
		return &OfRules{Pos: pos, Q: q, Names: names}
	}
	x := &OfExprs{Pos: pos, Q: q}
	if !p.enter() {
		return x
	}
	if p.expect(tokLParen, "a set of strings or rules") {
		x.Exprs = append(x.Exprs, p.boolean())
		for p.accept(tokComma) {
			x.Exprs = append(x.Exprs, p.boolean())
		}
		p.expect(tokRParen, ")")
	}
	p.depth--
	return x
}

// stringSet reads them or ($a, $b*) and enters it among the uses of strings.
// Without ok nothing was read.
func (p *parser) stringSet() (set StringSet, ok bool) {
	if p.tok.kind == tokThem {
		p.sets = append(p.sets, setUse{pos: p.here(), wildcard: true})
		p.next()
		return StringSet{Them: true}, true
	}
	tok, lex, uses := p.tok, p.lexer, len(p.sets)
	for k := p.tok.kind; k == tokLParen || k == tokComma; k = p.tok.kind {
		if k == tokLParen && set.Names != nil {
			break
		}
		p.scan(&p.tok)
		u := setUse{pos: p.here(), name: p.tok.text}
		switch p.tok.kind {
		case tokStringWild:
			u.name, u.wildcard = u.name[:len(u.name)-1], true
		case tokString:
		default:
			p.tok, p.lexer, p.sets = tok, lex, p.sets[:uses]
			return set, false
		}
		set.Names = append(set.Names, p.tok.text)
		p.sets = append(p.sets, u)
		p.scan(&p.tok)
	}
	if p.tok.kind != tokRParen || set.Names == nil {
		p.tok, p.lexer, p.sets = tok, lex, p.sets[:uses]
		return set, false
	}
	p.next()
	return set, true
}

// ruleSet reads (rule_a, rule_b*). Without ok nothing was read.
func (p *parser) ruleSet() (names []string, ok bool) {
	tok, lex := p.tok, p.lexer
	for k := p.tok.kind; k == tokLParen || k == tokComma; k = p.tok.kind {
		if k == tokLParen && names != nil {
			break
		}
		p.scan(&p.tok)
		if p.tok.kind != tokIdent {
			break
		}
		name := p.tok.text
		if p.scan(&p.tok); p.tok.kind == tokStar {
			name += "*"
			p.scan(&p.tok)
		}
		names = append(names, name)
	}
	if p.tok.kind != tokRParen || names == nil {
		p.tok, p.lexer = tok, lex
		return nil, false
	}
	p.next()
	return names, true
}

// loop reads a for expression.
func (p *parser) loop() Expr {
	pos := p.here()
	if !p.enter() {
		return &Bool{Pos: pos}
	}
	p.next()
	var q Quantifier
	switch p.tok.kind {
	case tokAll, tokAny, tokNone:
		q = p.wordQuantifier()
	default:
		x := p.primary(precLowest)
		if !p.failed {
			q = p.countQuantifier(x)
		}
	}
	if len(p.loops) == maxLoops {
		p.fail(fmt.Sprintf("loops nested over %d levels", maxLoops))
	}
	var x Expr
	if p.tok.kind == tokOf {
		x = p.loopOf(pos, q)
	} else {
		x = p.loopIn(pos, q)
	}
	p.depth--
	return x
}

// body reads : ( condition ) of a loop over vars.
func (p *parser) body(vars []string) (x Expr) {
	p.expect(tokColon, ":")
	if p.expect(tokLParen, "(") {
		p.loops = append(p.loops, vars)
		x = p.boolean()
		p.loops = p.loops[:len(p.loops)-1]
		p.expect(tokRParen, ")")
	}
	return x
}

// loopOf reads a loop over strings from the of on.
func (p *parser) loopOf(pos Pos, q Quantifier) Expr {
	if p.forOf {
		p.problem(pos, "'for <quantifier> of <string set>' loops can't be nested")
	}
	x := &ForStrings{Pos: pos, Q: q}
	p.next()
	set, ok := p.stringSet()
	if !ok {
		p.unexpected("a set of strings")
		return x
	}
	x.Set = set
	outer := p.forOf
	p.forOf = true
	x.Body = p.body(nil)
	p.forOf = outer
	return x
}

// loopIn reads a loop over an iterator from its variables on.
func (p *parser) loopIn(pos Pos, q Quantifier) Expr {
	x := &ForIn{Pos: pos, Q: q}
	for {
		if p.tok.kind != tokIdent {
			p.unexpected("a loop variable")
			return x
		}
		if len(x.Vars) == maxLoopVars {
			p.fail("too many loop variables")
			return x
		}
		if p.loopVariable(x.Vars, p.tok.text) {
			p.problem(p.here(), "duplicated loop identifier "+p.tok.text)
		}
		x.Vars = append(x.Vars, p.tok.text)
		p.next()
		if !p.accept(tokComma) {
			break
		}
	}
	p.expect(tokIn, "in")
	x.Iter = p.iterator(len(x.Vars))
	x.Body = p.body(x.Vars)
	return x
}

// loopVariable tells whether a name is a variable of this loop or one around it.
func (p *parser) loopVariable(vars []string, name string) bool {
	for _, v := range vars {
		if v == name {
			return true
		}
	}
	for _, vars := range p.loops {
		for _, v := range vars {
			if v == name {
				return true
			}
		}
	}
	return false
}

// iterator reads what a loop goes through: a name, (lo..hi), or a list.
func (p *parser) iterator(vars int) Expr {
	pos := p.here()
	if p.tok.kind == tokIdent {
		return p.postfix()
	}
	if !p.expect(tokLParen, "an iterator") {
		return nil
	}
	if vars != 1 {
		p.problem(pos, fmt.Sprintf("iterator yields one value on each iteration, but the loop expects %d", vars))
	}
	first := p.primary(precLowest)
	if p.accept(tokDotDot) {
		r := &Range{Pos: pos, Lo: first, Hi: p.primary(precLowest)}
		p.expect(tokRParen, ")")
		p.checkRange(pos, r.Lo, r.Hi)
		return r
	}
	l := &List{Pos: pos, Items: []Expr{first}}
	for p.accept(tokComma) {
		l.Items = append(l.Items, p.primary(precLowest))
	}
	p.expect(tokRParen, ")")
	return l
}
