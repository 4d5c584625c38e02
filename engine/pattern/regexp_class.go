package pattern

import "strings"

// posixSets are the named classes of POSIX in the C locale.
var posixSets = map[string]Set{
	"alnum":  setOf('0', '9', 'A', 'Z', 'a', 'z'),
	"alpha":  setOf('A', 'Z', 'a', 'z'),
	"ascii":  setOf(0, 127),
	"blank":  setOf('\t', '\t', ' ', ' '),
	"cntrl":  setOf(0, 31, 127, 127),
	"digit":  digitSet,
	"graph":  setOf('!', '~'),
	"lower":  setOf('a', 'z'),
	"print":  setOf(' ', '~'),
	"punct":  setOf('!', '/', ':', '@', '[', '`', '{', '~'),
	"space":  spaceSet,
	"upper":  setOf('A', 'Z'),
	"word":   wordSet,
	"xdigit": setOf('0', '9', 'A', 'F', 'a', 'f'),
}

// pcreClassItem reads a byte, a shorthand, a POSIX class or a range.
func (p *regexpParser) pcreClassItem(s *Set) error {
	start := p.pos
	if p.classMark() {
		return nil
	}
	if done, err := p.posixClass(s); done || err != nil {
		return err
	}
	t, lo, isSet, err := p.pcreClassByte()
	if err != nil {
		return err
	}
	if isSet {
		s.union(t)
		return nil
	}
	if p.quoted || p.peek(0) != '-' || p.pos+1 >= len(p.src) || p.peek(1) == ']' {
		s.Add(lo)
		return nil
	}
	if strings.HasPrefix(p.src[p.pos+1:], "[:") {
		s.Add(lo)
		return nil
	}
	p.pos++
	t, hi, isSet, err := p.pcreClassByte()
	switch {
	case err != nil:
		return err
	case isSet: // the - stands for itself
		s.union(t)
		s.Add(lo)
		s.Add('-')
		return nil
	case hi < lo:
		return p.fail(start, "bad character range")
	}
	s.AddRange(lo, hi)
	return nil
}

// classMark passes \Q and \E inside a class.
func (p *regexpParser) classMark() (done bool) {
	rest := p.src[p.pos:]
	switch {
	case strings.HasPrefix(rest, `\E`):
		p.quoted = false
	case !p.quoted && strings.HasPrefix(rest, `\Q`):
		p.quoted = true
	default:
		return false
	}
	p.pos += 2
	return true
}

// pcreClassByte reads what stands for one byte or a set in a class.
func (p *regexpParser) pcreClassByte() (s Set, v byte, isSet bool, err error) {
	c := p.src[p.pos]
	if c != '\\' || p.quoted {
		p.pos++
		return s, c, false, nil
	}
	switch d := p.peek(1); {
	case d == 'b':
		p.pos += 2
		return s, '\b', false, nil
	case d == 'p', d == 'P':
		return s, 0, false, p.fail(p.pos, "Unicode property is not supported")
	case d == 'N', d == 'R', d == 'X', d == 'B':
		return s, 0, false, p.fail(p.pos, `\%c in a class`, d)
	}
	return p.pcreEscapedItem()
}

// posixClass reads [:name:] or [:^name:] when one stands at pos.
func (p *regexpParser) posixClass(s *Set) (done bool, err error) {
	rest := p.src[p.pos:]
	if p.quoted || len(rest) < 2 || rest[0] != '[' || strings.IndexByte(":.=", rest[1]) < 0 {
		return false, nil
	}
	name, _, found := strings.Cut(rest[2:min(len(rest), 16)], rest[1:2]+"]") // no name is longer
	bare, negated := strings.CutPrefix(name, "^")
	if !found || strings.Trim(bare, lowerLetters) != "" {
		return false, nil
	}
	t, known := posixSets[bare]
	if !known || rest[1] != ':' {
		return false, p.fail(p.pos, "unknown POSIX class")
	}
	if p.flags.Nocase {
		t.Fold() // [:upper:] and [:lower:] mean letters, before the negation
	}
	if negated {
		t.Negate()
	}
	s.union(t)
	p.pos += len("[:") + len(name) + len(":]")
	return true, nil
}

const lowerLetters = "abcdefghijklmnopqrstuvwxyz"
