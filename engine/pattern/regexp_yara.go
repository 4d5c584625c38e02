package pattern

import "strings"

// The classes that escapes name, as in the C locale.
var (
	wordSet  = setOf('0', '9', 'A', 'Z', 'a', 'z', '_', '_')
	spaceSet = setOf('\t', '\r', ' ', ' ')
	digitSet = setOf('0', '9')
)

// setOf builds a set of ranges.
func setOf(bounds ...byte) (s Set) {
	for i := 0; i < len(bounds); i += 2 {
		s.AddRange(bounds[i], bounds[i+1])
	}
	return s
}

// union adds the bytes of t to the set.
func (s *Set) union(t Set) {
	for i := range s {
		s[i] |= t[i]
	}
}

// shorthand gives the set of \w, \s, \d and their complements.
func shorthand(c byte) (s Set, ok bool) {
	switch c {
	case 'w', 'W':
		s = wordSet
	case 's', 'S':
		s = spaceSet
	case 'd', 'D':
		s = digitSet
	default:
		return s, false
	}
	if c < 'a' {
		s.Negate()
	}
	return s, true
}

// yaraEscape reads an escape outside a class.
func (p *regexpParser) yaraEscape() (atom, error) {
	c := p.peek(1)
	if s, ok := shorthand(c); ok {
		p.pos += 2
		return atom{node: OneByte(s)}, nil
	}
	switch {
	case c == 'b':
		p.pos += 2
		return atom{node: &Node{Op: WordBoundary}, fixed: true}, nil
	case c == 'B':
		p.pos += 2
		return atom{node: &Node{Op: NoWordBoundary}, fixed: true}, nil
	case '0' <= c && c <= '9':
		return atom{}, p.fail(p.pos, "backreference is not supported")
	}
	v, err := p.yaraEscapedByte()
	return p.literalAtom(v), err
}

// yaraEscapedByte reads the escape of a single byte: \xHH, \n \t \r \f \a, or
// any other character standing for itself.
func (p *regexpParser) yaraEscapedByte() (byte, error) {
	c := p.peek(1)
	if c == 0 {
		return 0, p.fail(p.pos, "illegal escape sequence")
	}
	p.pos += 2
	if c != 'x' {
		if i := strings.IndexByte("ntrfa", c); i >= 0 {
			return "\n\t\r\f\a"[i], nil
		}
		return c, nil
	}
	hi, lo := hexValue(p.peek(0)), hexValue(p.peek(1))
	if hi < 0 || lo < 0 {
		return 0, p.fail(p.pos-2, "illegal escape sequence")
	}
	p.pos += 2
	return byte(hi<<4 | lo), nil
}

// hexValue is the value of a hexadecimal digit, -1 for another byte.
func hexValue(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// class reads a bracketed class of either dialect.
func (p *regexpParser) class() (atom, error) {
	start := p.pos
	var s Set
	p.pos++
	negated := p.peek(0) == '^'
	if negated {
		p.pos++
	}
	if p.peek(0) == ']' && (p.flags.Dialect == YARA || p.peek(1) != '-') {
		s.Add(']')
		p.pos++
	} else if p.peek(0) == ']' {
		// PCRE lets the leading ] begin a range.
		if err := p.pcreClassItem(&s); err != nil {
			return atom{}, err
		}
	}
	for {
		if p.pos >= len(p.src) {
			return atom{}, p.fail(start, "missing ] for the class")
		}
		if p.src[p.pos] == ']' && !p.quoted {
			break
		}
		item := p.pcreClassItem
		if p.flags.Dialect == YARA {
			item = p.yaraClassItem
		}
		if err := item(&s); err != nil {
			return atom{}, err
		}
	}
	p.pos++
	if p.flags.Nocase {
		s.Fold()
	}
	if negated {
		s.Negate()
	}
	return atom{node: OneByte(s)}, nil
}

// yaraClassItem reads a byte, a shorthand or a range. A range is recognised
// before a shorthand, as libyara's lexer does: [\w-z] is the range from w.
func (p *regexpParser) yaraClassItem(s *Set) error {
	width := p.yaraClassByteWidth()
	if p.pos+width+1 < len(p.src) && p.src[p.pos+width] == '-' && p.src[p.pos+width+1] != ']' {
		return p.yaraRange(s)
	}
	c := p.src[p.pos]
	if c == '\\' {
		if t, ok := shorthand(p.peek(1)); ok {
			s.union(t)
			p.pos += 2
			return nil
		}
		v, err := p.yaraEscapedByte()
		s.Add(v)
		return err
	}
	if c < ' ' || c > '~' {
		return p.fail(p.pos, "byte 0x%02x in a class needs an escape", c)
	}
	s.Add(c)
	p.pos++
	return nil
}

// yaraClassByteWidth is how long what may begin a range at pos is.
func (p *regexpParser) yaraClassByteWidth() int {
	switch {
	case p.src[p.pos] != '\\':
		return 1
	case p.peek(1) == 'x' && hexValue(p.peek(2)) >= 0 && hexValue(p.peek(3)) >= 0:
		return 4
	}
	return 2
}

func (p *regexpParser) yaraRange(s *Set) error {
	start := p.pos
	lo, err := p.yaraRangeEnd()
	if err != nil {
		return err
	}
	p.pos++ // the -
	hi, err := p.yaraRangeEnd()
	if err != nil {
		return err
	}
	if hi < lo {
		return p.fail(start, "bad character range")
	}
	s.AddRange(lo, hi)
	return nil
}

func (p *regexpParser) yaraRangeEnd() (byte, error) {
	if p.src[p.pos] == '\\' {
		return p.yaraEscapedByte()
	}
	p.pos++
	return p.src[p.pos-1], nil
}
