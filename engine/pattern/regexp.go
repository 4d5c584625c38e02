package pattern

import (
	"fmt"
	"strings"
)

// Dialect is a notation of regular expressions.
type Dialect uint8

const (
	// YARA is what the strings and conditions of YARA 4.5 accept.
	YARA Dialect = iota
	// PCRE is the part of Perl's notation, as PCRE2 10 reads it, that can be
	// matched without backtracking.
	PCRE
)

// RegexpFlags says how ParseRegexp reads an expression. In the dialect PCRE an
// inline setting such as (?i) overrides the first five.
type RegexpFlags struct {
	Nocase    bool // i: letters match both cases
	DotAll    bool // s: a dot matches "\n" too
	Multiline bool // m: ^ and $ match at lines (PCRE)
	Extended  bool // x: blanks and #comments are ignored (PCRE)
	Ungreedy  bool // U: the sense of a ? after a quantifier is swapped (PCRE)
	Anchored  bool // A: only at offset 0 (PCRE)
	DollarEnd bool // E: $ matches at the very end only (PCRE)
	Uniform   bool // mixing greedy and lazy quantifiers is an error, as it is in a YARA string
	Dialect   Dialect
}

// RegexpError says why and where an expression is not accepted.
type RegexpError struct {
	Offset int // bytes from the start of the expression
	Reason string
}

func (e *RegexpError) Error() string {
	return fmt.Sprintf("regular expression, offset %d: %s", e.Offset, e.Reason)
}

// ParseRegexp turns a regular expression into a canonical tree. Its errors are
// *RegexpError. Nesting is bounded to 500 groups, the length of src to 128 KiB
// and repetitions to what the dialect allows (32767 or 65535), so the tree
// never has more than a few nodes for each byte of src.
//
// Nocase is applied to classes before their negation, in both dialects: with
// it [^a] matches neither "a" nor "A". An upper bound that is left out is
// Unbounded, where libyara stops at 32767.
//
// In the dialect PCRE, $ outside Multiline and DollarEnd is lowered to an
// optional "\n" and the end of the data, so that such a match may be one byte
// longer than PCRE's. With Multiline, ^ also matches behind a "\n" that ends the
// data. \R and (?| are lowered to plain groups.
//
// What needs backtracking (lookaround, backreferences, recursion, conditions,
// atomic groups, possessive quantifiers) is an error that names it.
func ParseRegexp(src string, f RegexpFlags) (*Node, error) {
	p := regexpParser{src: src, flags: f}
	if len(src) > maxSource {
		return nil, p.fail(maxSource, "expression too long")
	}
	n, err := p.alternation()
	if err != nil {
		return nil, err
	}
	if p.pos < len(src) {
		return nil, p.fail(p.pos, "unmatched )")
	}
	if f.Anchored && f.Dialect == PCRE {
		n = Sequence(&Node{Op: Begin}, n)
	}
	return n, nil
}

// regexpParser reads one expression from left to right.
type regexpParser struct {
	src     string
	pos     int
	flags   RegexpFlags // those in force at pos
	depth   int
	groups  int  // capturing groups begun
	stacked int  // quantifiers behind quantifiers
	quoted  bool // between \Q and \E
	greedy  bool // a greedy quantifier was seen
	lazy    bool // a lazy one was seen
}

func (p *regexpParser) fail(offset int, format string, args ...any) error {
	return &RegexpError{Offset: offset, Reason: fmt.Sprintf(format, args...)}
}

// peek gives the byte at pos plus ahead, 0 past the end.
func (p *regexpParser) peek(ahead int) byte {
	if p.pos+ahead < len(p.src) {
		return p.src[p.pos+ahead]
	}
	return 0
}

// alternation reads branches up to the end of the group or expression.
func (p *regexpParser) alternation() (*Node, error) {
	start := p.pos
	first, err := p.concatenation()
	if err != nil {
		return nil, err
	}
	if p.flags.Dialect == YARA && p.pos == start {
		return nil, p.fail(start, "empty expression or first branch")
	}
	if p.peek(0) != '|' {
		return first, nil
	}
	branches := []*Node{first}
	for p.pos < len(p.src) && p.src[p.pos] == '|' {
		p.pos++
		n, err := p.concatenation()
		if err != nil {
			return nil, err
		}
		branches = append(branches, n)
	}
	return Either(branches...), nil
}

// concatenation reads items up to a | or ) or the end.
func (p *regexpParser) concatenation() (*Node, error) {
	var sub []*Node
	var lit []byte
	flush := func() {
		if len(lit) > 0 {
			sub = append(sub, Literal(lit))
			lit = nil
		}
	}
	for {
		if err := p.skip(); err != nil {
			return nil, err
		}
		if p.pos >= len(p.src) || !p.quoted && (p.src[p.pos] == '|' || p.src[p.pos] == ')') {
			break
		}
		a, err := p.atom()
		if err != nil {
			return nil, err
		}
		if err := p.skip(); err != nil {
			return nil, err
		}
		if a.node == nil && !p.atQuantifier() {
			lit = append(lit, a.lit)
			continue
		}
		flush()
		n := a.node
		if n == nil {
			n = Literal([]byte{a.lit})
		}
		if n, err = p.quantified(n, a.fixed); err != nil {
			return nil, err
		}
		sub = append(sub, n)
	}
	flush()
	return Sequence(sub...), nil
}

// atom is one item of a concatenation: a node, or the literal byte lit.
type atom struct {
	node  *Node
	lit   byte
	fixed bool // no quantifier may follow
}

// literalAtom is the atom of the byte c under the flags in force.
func (p *regexpParser) literalAtom(c byte) atom {
	if p.flags.Nocase && isLetter(c) {
		return atom{node: letterClasses[c|0x20-'a']}
	}
	return atom{lit: c}
}

// letterClasses holds for each letter the class of its two cases.
var letterClasses = func() (classes [26]*Node) {
	for i := range classes {
		var s Set
		s.Add('a' + byte(i))
		s.Add('A' + byte(i))
		classes[i] = OneByte(s)
	}
	return classes
}()

// atom reads one item.
func (p *regexpParser) atom() (atom, error) {
	c := p.src[p.pos]
	if p.quoted {
		p.pos++
		return p.literalAtom(c), nil
	}
	switch c {
	case '(':
		return p.group()
	case '[':
		return p.class()
	case '.':
		p.pos++
		if p.flags.DotAll {
			return atom{node: anyByte}, nil
		}
		return atom{node: notNewline}, nil
	case '^', '$':
		p.pos++
		return atom{node: p.anchor(c), fixed: p.flags.Dialect == YARA}, nil
	case '\\':
		if p.flags.Dialect == YARA {
			return p.yaraEscape()
		}
		return p.pcreEscape()
	case '*', '+', '?':
		return atom{}, p.fail(p.pos, "nothing to repeat before %c", c)
	case '{':
		if p.atQuantifier() {
			return atom{}, p.fail(p.pos, "nothing to repeat before {")
		}
	case 0:
		if p.flags.Dialect == YARA {
			return atom{}, p.fail(p.pos, "zero byte")
		}
	}
	p.pos++
	return p.literalAtom(c), nil
}

// anchor lowers ^ and $.
func (p *regexpParser) anchor(c byte) *Node {
	lines := p.flags.Multiline && p.flags.Dialect == PCRE
	switch {
	case c == '^' && lines:
		return &Node{Op: LineBegin}
	case c == '^':
		return &Node{Op: Begin}
	case lines:
		return &Node{Op: LineEnd}
	case p.flags.Dialect == YARA || p.flags.DollarEnd:
		return &Node{Op: End}
	}
	return endOrLastLine()
}

// endOrLastLine lowers PCRE's plain $ and \Z.
func endOrLastLine() *Node {
	return Sequence(Repeated(Literal([]byte{'\n'}), 0, 1, false), &Node{Op: End})
}

// group reads a parenthesised group, whose inline flags end with it.
func (p *regexpParser) group() (atom, error) {
	open, outer := p.pos, p.flags
	p.pos++
	if p.flags.Dialect == PCRE {
		opened, err := p.groupHead()
		if err != nil || !opened {
			return atom{node: empty, fixed: true}, err
		}
	}
	if p.depth++; p.depth > maxDepth {
		return atom{}, p.fail(open, "more than %d nested groups", maxDepth)
	}
	n, err := p.alternation()
	if err != nil {
		return atom{}, err
	}
	if p.pos >= len(p.src) {
		return atom{}, p.fail(open, "missing )")
	}
	p.pos++
	p.depth--
	p.flags = outer
	return atom{node: n}, nil
}

// atQuantifier tells whether a quantifier stands at pos.
func (p *regexpParser) atQuantifier() bool {
	if p.quoted {
		return false
	}
	switch p.peek(0) {
	case '*', '+', '?':
		return true
	case '{':
		_, _, _, ok := p.bounds()
		return ok
	}
	return false
}

// quantified applies the quantifiers at pos to n. PCRE allows several.
func (p *regexpParser) quantified(n *Node, fixed bool) (*Node, error) {
	for i := 0; !fixed && p.atQuantifier(); i++ {
		start := p.pos
		if i > 0 {
			p.stacked++
		}
		if p.stacked > maxStacked {
			return nil, p.fail(start, "more than %d quantifiers behind quantifiers", maxStacked)
		}
		min, max, err := p.quantifier()
		if err != nil {
			return nil, err
		}
		lazy := p.flags.Ungreedy
		switch p.peek(0) {
		case '?':
			lazy = !lazy
			p.pos++
		case '+':
			if p.flags.Dialect == PCRE {
				return nil, p.fail(p.pos, "possessive quantifier is not supported")
			}
		}
		p.greedy, p.lazy = p.greedy || !lazy, p.lazy || lazy
		if p.flags.Uniform && p.greedy && p.lazy {
			return nil, p.fail(start, "greedy and lazy quantifiers are mixed")
		}
		n = Repeated(n, min, max, lazy)
		fixed = p.flags.Dialect == YARA
		if err := p.skip(); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// quantifier reads a quantifier without the mark that follows it.
func (p *regexpParser) quantifier() (min, max int, err error) {
	start := p.pos
	switch p.src[p.pos] {
	case '*':
		p.pos++
		return 0, Unbounded, nil
	case '+':
		p.pos++
		return 1, Unbounded, nil
	case '?':
		p.pos++
		return 0, 1, nil
	}
	min, max, end, _ := p.bounds()
	p.pos = end
	most := 32767 // RE_MAX_RANGE
	if p.flags.Dialect == PCRE {
		most = 65535
	}
	switch {
	case max > most || max != Unbounded && min > most:
		return 0, 0, p.fail(start, "repeat interval over %d", most)
	case max == Unbounded && min > most || max != Unbounded && min > max:
		return 0, 0, p.fail(start, "bad repeat interval")
	}
	return min, max, nil
}

// bounds reads {n}, {n,} or {n,m} at pos, and in the dialect YARA {,m}, {,}
// and blanks around the comma too. Without ok the { is a literal.
func (p *regexpParser) bounds() (min, max, end int, ok bool) {
	yara := p.flags.Dialect == YARA
	min, i, digits := p.number(p.pos + 1)
	if i < len(p.src) && p.src[i] == '}' {
		return min, min, i + 1, digits
	}
	if yara {
		i = p.blanks(i)
	}
	if i >= len(p.src) || p.src[i] != ',' || !yara && !digits {
		return 0, 0, 0, false
	}
	i++
	if yara {
		i = p.blanks(i)
	}
	max, i, digits = p.number(i)
	if !digits {
		max = Unbounded
	}
	if i >= len(p.src) || p.src[i] != '}' {
		return 0, 0, 0, false
	}
	return min, max, i + 1, true
}

// number reads decimal digits at i, stopping to count at one million.
func (p *regexpParser) number(i int) (n, end int, ok bool) {
	start := i
	for ; i < len(p.src) && '0' <= p.src[i] && p.src[i] <= '9'; i++ {
		if n < 1000000 {
			n = n*10 + int(p.src[i]-'0')
		}
	}
	return n, i, i > start
}

func (p *regexpParser) blanks(i int) int {
	return len(p.src) - len(strings.TrimLeft(p.src[i:], " "))
}
