package pattern

import "strings"

// skip passes what stands between items in the dialect PCRE: the marks \Q and
// \E, comments, and with Extended blanks.
func (p *regexpParser) skip() error {
	if p.flags.Dialect == YARA {
		return nil
	}
	for p.pos < len(p.src) {
		rest := p.src[p.pos:]
		switch {
		case p.quoted && strings.HasPrefix(rest, `\E`):
			p.quoted = false
			p.pos += 2
		case p.quoted:
			return nil
		case strings.HasPrefix(rest, `\Q`):
			p.quoted = true
			p.pos += 2
		case strings.HasPrefix(rest, `\E`):
			p.pos += 2
		case strings.HasPrefix(rest, "(?#"):
			i := strings.IndexByte(rest, ')')
			if i < 0 {
				return p.fail(p.pos, "missing ) after comment")
			}
			p.pos += i + 1
		case p.flags.Extended && strings.IndexByte(" \t\n\v\f\r", rest[0]) >= 0:
			p.pos++
		case p.flags.Extended && rest[0] == '#':
			i := strings.IndexByte(rest, '\n')
			if i < 0 {
				i = len(rest) - 1
			}
			p.pos += i + 1
		default:
			return nil
		}
	}
	return nil
}

// groupHead reads what follows the ( of a group. Without opened it was a
// setting of flags such as (?i), read to its end.
func (p *regexpParser) groupHead() (opened bool, err error) {
	open := p.pos - 1
	if p.peek(0) == '*' {
		return false, p.fail(open, "verb (* is not supported")
	}
	if p.peek(0) != '?' {
		p.groups++
		return true, nil
	}
	p.pos++
	if what := unsupportedGroup(p.src[p.pos:]); what != "" {
		return false, p.fail(open, "%s is not supported", what)
	}
	if close := namedGroup(p.src[p.pos:]); close != 0 {
		i := strings.IndexByte(p.src[p.pos:], close)
		if p.peek(0) == close { // the quote that opens 'name'
			if i = strings.IndexByte(p.src[p.pos+1:], close); i >= 0 {
				i++
			}
		}
		if i < 0 {
			return false, p.fail(open, "missing end of the group name")
		}
		p.pos += i + 1
		p.groups++
		return true, nil
	}
	if c := p.peek(0); c == ':' || c == '|' {
		p.pos++
		return true, nil
	}
	return p.inlineFlags(open)
}

// unsupportedGroup names the construct that begins a group, when it is one
// that needs backtracking.
func unsupportedGroup(s string) string {
	for _, g := range []struct{ prefix, what string }{
		{"=", "lookahead"}, {"!", "negative lookahead"}, {"*", "lookaround"},
		{"<=", "lookbehind"}, {"<!", "negative lookbehind"}, {"<*", "lookaround"},
		{">", "atomic group"}, {"(", "conditional group"}, {"C", "callout"},
		{"R", "recursion"}, {"&", "recursion"}, {"P>", "recursion"}, {"+", "recursion"},
		{"P=", "backreference"},
	} {
		if strings.HasPrefix(s, g.prefix) {
			return g.what
		}
	}
	if d := strings.TrimPrefix(s, "-"); d != "" && '0' <= d[0] && d[0] <= '9' {
		return "recursion"
	}
	return ""
}

// namedGroup gives the byte that ends the name of a named group, 0 for another group.
func namedGroup(s string) byte {
	switch {
	case strings.HasPrefix(s, "<"), strings.HasPrefix(s, "P<"):
		return '>'
	case strings.HasPrefix(s, "'"):
		return '\''
	}
	return 0
}

// inlineFlags reads the flags of (?i) or (?i: up to its end.
func (p *regexpParser) inlineFlags(open int) (opened bool, err error) {
	f, on := p.flags, true
	for ; p.pos < len(p.src); p.pos++ {
		switch p.src[p.pos] {
		case 'i':
			f.Nocase = on
		case 's':
			f.DotAll = on
		case 'm':
			f.Multiline = on
		case 'x':
			f.Extended = on
		case 'U':
			f.Ungreedy = on
		case 'J':
		case '^':
			f.Nocase, f.DotAll, f.Multiline, f.Extended = false, false, false, false
		case '-':
			on = false
		case ')':
			p.pos++
			p.flags = f
			return false, nil
		case ':':
			p.pos++
			p.flags = f
			return true, nil
		default:
			return false, p.fail(p.pos, "unknown group (?%c", p.src[p.pos])
		}
	}
	return false, p.fail(open, "missing )")
}

// pcreEscape reads an escape outside a class.
func (p *regexpParser) pcreEscape() (atom, error) {
	start, c := p.pos, p.peek(1)
	if node := pcreAssertion(c); node != nil {
		p.pos += 2
		return atom{node: node}, nil
	}
	if what := p.unsupportedEscape(); what != "" {
		return atom{}, p.fail(start, "%s is not supported", what)
	}
	switch c {
	case 'R':
		p.pos += 2
		return atom{node: Either(Literal([]byte("\r\n")), OneByte(verticalSet))}, nil
	case 'N':
		p.pos += 2
		return atom{node: notNewline}, nil
	case 'C':
		p.pos += 2
		return atom{node: anyByte}, nil
	}
	s, v, isSet, err := p.pcreEscapedItem()
	if err != nil {
		return atom{}, err
	}
	if isSet {
		return atom{node: OneByte(s)}, nil
	}
	return p.literalAtom(v), nil
}

// pcreAssertion gives the node of a zero-width escape, nil for another one.
func pcreAssertion(c byte) *Node {
	switch c {
	case 'b':
		return &Node{Op: WordBoundary}
	case 'B':
		return &Node{Op: NoWordBoundary}
	case 'A':
		return &Node{Op: Begin}
	case 'z':
		return &Node{Op: End}
	case 'Z':
		return endOrLastLine()
	}
	return nil
}

// unsupportedEscape names the construct at pos when it cannot be matched
// without backtracking or Unicode tables.
func (p *regexpParser) unsupportedEscape() string {
	switch c := p.peek(1); {
	case c == 'k', c == 'g':
		return "backreference"
	case c == 'G':
		return `\G`
	case c == 'K':
		return `\K`
	case c == 'X', c == 'p', c == 'P':
		return "Unicode property"
	case '1' <= c && c <= '9':
		n, _, _ := p.number(p.pos + 1)
		if n < 10 || n <= p.groups {
			return "backreference"
		}
	}
	return ""
}

// The horizontal and vertical blanks of \h and \v.
var (
	horizontalSet = setOf('\t', '\t', ' ', ' ', 0xa0, 0xa0)
	verticalSet   = setOf('\n', '\r', 0x85, 0x85)
)

// pcreEscapedItem reads an escape that means a set or one byte, inside or
// outside a class.
func (p *regexpParser) pcreEscapedItem() (s Set, v byte, isSet bool, err error) {
	start, c := p.pos, p.peek(1)
	if p.pos+1 >= len(p.src) {
		return s, 0, false, p.fail(start, `\ at the end`)
	}
	p.pos += 2
	if s, ok := shorthand(c); ok {
		return s, 0, true, nil
	}
	switch c {
	case 'h':
		return horizontalSet, 0, true, nil
	case 'v':
		return verticalSet, 0, true, nil
	case 'H', 'V':
		if s = horizontalSet; c == 'V' {
			s = verticalSet
		}
		s.Negate()
		return s, 0, true, nil
	}
	v, err = p.pcreEscapedByte(start, c)
	return s, v, false, err
}

// pcreEscapedByte reads the rest of the escape of one byte, behind c.
func (p *regexpParser) pcreEscapedByte(start int, c byte) (byte, error) {
	if i := strings.IndexByte("ntrfae", c); i >= 0 {
		return "\n\t\r\f\a\x1b"[i], nil
	}
	switch {
	case c == 'c':
		d := p.peek(0)
		if d < ' ' || d > '~' {
			return 0, p.fail(start, `\c without a printable character`)
		}
		p.pos++
		if isLetter(d) {
			d &^= 0x20
		}
		return d ^ 0x40, nil
	case c == 'x' && p.peek(0) == '{', c == 'o' && p.peek(0) == '{':
		return p.bracedNumber(start, c)
	case c == 'x':
		v := 0
		for i := 0; i < 2 && hexValue(p.peek(0)) >= 0; i++ {
			v = v<<4 | hexValue(p.peek(0))
			p.pos++
		}
		return byte(v), nil
	case '0' <= c && c <= '7':
		v := int(c - '0')
		for i := 0; i < 2 && '0' <= p.peek(0) && p.peek(0) <= '7'; i++ {
			v = v<<3 | int(p.peek(0)-'0')
			p.pos++
		}
		if v > 255 {
			return 0, p.fail(start, "octal value over 0377")
		}
		return byte(v), nil
	case isLetter(c):
		return 0, p.fail(start, `unknown escape \%c`, c)
	}
	return c, nil
}

// bracedNumber reads the {…} of \x{…} and \o{…}.
func (p *regexpParser) bracedNumber(start int, kind byte) (byte, error) {
	base := 16
	if kind == 'o' {
		base = 8
	}
	v, digits := 0, 0
	for p.pos++; p.pos < len(p.src); p.pos++ {
		d := hexValue(p.src[p.pos])
		if d < 0 || d >= base {
			break
		}
		if v = v*base + d; v > 255 {
			return 0, p.fail(start, "value over 255")
		}
		digits++
	}
	if p.peek(0) != '}' || digits == 0 {
		return 0, p.fail(start, `bad \%c{}`, kind)
	}
	p.pos++
	return byte(v), nil
}
