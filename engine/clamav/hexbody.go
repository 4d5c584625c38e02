package clamav

import (
	"errors"
	"fmt"
	"strings"

	"candor/engine/pattern"
)

// bodyOptions say how a body is to be understood.
type bodyOptions struct {
	offset   Offset
	least    int // the shortest run of plain bytes that each part must have
	nocase   bool
	wide     bool // the text has been widened: words are wide
	modified bool // there are modifiers, of whatever kind
}

const (
	maxAnchor  = 32  // the longest anchored gap, "[n-m]"
	maxNesting = 15  // of alternatives
	maxFill    = 128 // "{n}" below this is n times "??"
)

// gap is what stands between two parts of a body.
type gap struct{ min, max int }

// parseBody reads the hexadecimal notation of bodies.
//
// A body is cut into parts by "*" and "{n-m}". The parts must follow each
// other at those distances. As in libclamav, a greatest distance of zero
// stands for none: "{0}", "{-0}" and "{5-0}" have no upper bound.
//
// Markers at the two ends of the body become Before and After. libclamav also
// knows them at the ends of inner parts, where they look beyond the part; that
// cannot be said with a Node and is an error.
func parseBody(s string, o bodyOptions) (Pattern, error) {
	if plain(s) && !o.nocase && len(s) >= 2*o.least {
		lit, ok := hexBytes(s)
		if !ok {
			return Pattern{}, errDigits
		}
		return Pattern{Node: &pattern.Node{Op: pattern.Bytes, Lit: lit}, Parts: 1}, nil
	}
	parts, gaps, err := cutParts(fill(s))
	if err != nil {
		return Pattern{}, err
	}
	p := Pattern{Parts: len(parts)}
	var seq []*pattern.Node
	for i, text := range parts {
		b := partBuilder{o: o, first: i == 0, last: i == len(parts)-1}
		if err := b.parse(text); err != nil {
			return Pattern{}, err
		}
		if i > 0 {
			seq = append(seq, anyBytes(gaps[i-1].min, gaps[i-1].max))
		} else {
			p.Before, p.Lead = b.before, b.lead
		}
		if b.last {
			p.After = b.after
		}
		seq = append(seq, b.seq...)
	}
	p.Node = concat(seq)
	return p, nil
}

// fill writes "{n}" as n times "??" as long as the first brace is of that
// kind, which is where libclamav stops, too. From the first other brace on
// they all become gaps, which is the same thing but for "{0}".
func fill(s string) string {
	if !strings.Contains(s, "{") {
		return s
	}
	var b strings.Builder
	for {
		open := strings.IndexByte(s, '{')
		if open < 0 {
			break
		}
		n, rest, ok := leading(s[open+1:])
		if !ok || n == 0 || n >= maxFill || !strings.HasPrefix(rest, "}") {
			break
		}
		b.WriteString(s[:open])
		for range n {
			b.WriteString("??")
		}
		s = rest[1:]
	}
	b.WriteString(s)
	return b.String()
}

// cutParts cuts at "*" and "{…}".
func cutParts(s string) (parts []string, gaps []gap, err error) {
	nest := 0
	start := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(':
			nest++
		case ')':
			nest--
		case '*', '{':
			if nest != 0 {
				return nil, nil, errors.New("gap inside alternatives")
			}
			g, end := gap{0, pattern.Unbounded}, i
			if s[i] == '{' {
				if end = strings.IndexByte(s[i:], '}'); end < 0 {
					return nil, nil, errors.New("missing closing brace")
				}
				end += i
				if g, err = parseGap(s[i+1 : end]); err != nil {
					return nil, nil, err
				}
			}
			parts, gaps = append(parts, s[start:i]), append(gaps, g)
			start, i = end+1, end
		}
	}
	return append(parts, s[start:]), gaps, nil
}

// maxGap bounds the numbers of a gap: libclamav reads them into 32 bits, and
// no file it scans is larger.
const maxGap = 1<<31 - 1

// parseGap reads the inside of "{…}": "n", "n-m", "n-" or "-m".
func parseGap(s string) (gap, error) {
	low, high, ranged := strings.Cut(s, "-")
	a, ok := number(low)
	b := a
	if ranged && ok {
		b, ok = number(high)
	}
	if !ok || s == "" || a > maxGap || b > maxGap {
		return gap{}, fmt.Errorf("invalid gap {%s}", s)
	}
	if b == 0 {
		return gap{int(a), pattern.Unbounded}, nil
	}
	if b < a {
		return gap{}, fmt.Errorf("gap {%s} that nothing can fill", s)
	}
	return gap{int(a), int(b)}, nil
}

// partBuilder reads one part.
type partBuilder struct {
	o             bodyOptions
	first, last   bool
	before, after Check
	lead          *pattern.Node
	seq           []*pattern.Node
	run, longest  int // of plain bytes
}

func (b *partBuilder) parse(s string) error {
	s, left, right, err := b.anchors(s)
	if err != nil {
		return err
	}
	if len(s) < 4 {
		return errors.New("part shorter than two bytes")
	}
	if s, err = b.edges(s); err != nil {
		return err
	}
	if err := b.items(s); err != nil {
		return err
	}
	if b.longest < b.o.least {
		return fmt.Errorf("no run of %d plain bytes", b.o.least)
	}
	if left != nil {
		if b.first && b.o.offset.Kind != Anywhere {
			b.lead = concat(left)
		} else {
			b.seq = append(left, b.seq...)
		}
		if b.before != (Check{}) {
			// The marker stands between the gap and the bytes.
			return errors.New("marker next to an anchored gap")
		}
	}
	if right != nil {
		if b.after != (Check{}) {
			return errors.New("marker next to an anchored gap")
		}
		b.seq = append(b.seq, right...)
	}
	return nil
}

// anchors takes off "aa[n-m]" at the begin and "[n-m]aa" at the end.
func (b *partBuilder) anchors(s string) (rest string, left, right []*pattern.Node, err error) {
	for range 2 {
		open := strings.IndexByte(s, '[')
		if open < 0 {
			break
		}
		end := strings.IndexByte(s, ']')
		if end < open {
			return "", nil, nil, errors.New("missing closing square bracket")
		}
		g, err := parseAnchor(s[open+1 : end])
		if err != nil {
			return "", nil, nil, err
		}
		head, tail := s[:open], s[end+1:]
		switch {
		case len(head) == 2 && left == nil && right == nil:
			n, err := b.anchor(head)
			if err != nil {
				return "", nil, nil, err
			}
			left, s = []*pattern.Node{n, anyBytes(g.min, g.max)}, tail
		case len(tail) == 2:
			n, err := b.anchor(tail)
			if err != nil {
				return "", nil, nil, err
			}
			right, s = []*pattern.Node{anyBytes(g.min, g.max), n}, head
		default:
			return "", nil, nil, errors.New("anchored gap that is not next to a single byte at an end")
		}
	}
	if strings.ContainsAny(s, "[]") {
		return "", nil, nil, errors.New("too many square brackets")
	}
	return s, left, right, nil
}

func (b *partBuilder) anchor(pair string) (*pattern.Node, error) {
	lit, set, err := b.pair(pair)
	if err != nil {
		return nil, err
	}
	if set != nil {
		return &pattern.Node{Op: pattern.Class, Set: set}, nil
	}
	return &pattern.Node{Op: pattern.Bytes, Lit: []byte{lit}}, nil
}

func parseAnchor(s string) (gap, error) {
	a, rest, ok := leading(s)
	c := a
	if ok && strings.HasPrefix(rest, "-") {
		c, _, ok = leading(rest[1:])
	}
	if !ok || a > c || c > maxAnchor {
		return gap{}, fmt.Errorf("invalid anchored gap [%s]", s)
	}
	return gap{int(a), int(c)}, nil
}

// edges takes off the markers at both ends of the part. "!(W)" at the begin
// is no such marker for libclamav, it takes a byte.
func (b *partBuilder) edges(s string) (string, error) {
	if k := marker(s); k != NoCheck && len(s) > 3 {
		if !b.first {
			return "", errors.New("marker inside a body with gaps")
		}
		b.before = Check{Kind: k, Wide: b.o.wide}
		s = s[3:]
	}
	if len(s) > 3 {
		if k := marker(s[len(s)-3:]); k != NoCheck {
			if !b.last {
				return "", errors.New("marker inside a body with gaps")
			}
			b.after = Check{Kind: k, Wide: b.o.wide}
			s = s[:len(s)-3]
			if strings.HasSuffix(s, "!") {
				b.after.Negate = true
				s = s[:len(s)-1]
			}
		}
	}
	return s, nil
}

// marker recognises "(B)", "(L)" and "(W)" at the begin of s.
func marker(s string) CheckKind {
	if len(s) >= 3 && s[0] == '(' && s[2] == ')' {
		switch s[1] {
		case 'B':
			return Boundary
		case 'L':
			return LineEdge
		case 'W':
			return WordEdge
		}
	}
	return NoCheck
}

// items reads bytes, wildcards, alternatives and inner markers.
func (b *partBuilder) items(s string) error {
	for len(s) > 0 {
		if s[0] == '(' || s[0] == '!' {
			rest, err := b.group(s)
			if err != nil {
				return err
			}
			s = rest
			continue
		}
		if len(s) < 2 {
			return errors.New("odd number of digits")
		}
		lit, set, err := b.pair(s[:2])
		if err != nil {
			return err
		}
		b.add(lit, set)
		s = s[2:]
	}
	return nil
}

// add appends one byte, or a set if there is one.
func (b *partBuilder) add(lit byte, set *pattern.Set) {
	plain := set == nil
	if !plain && b.o.nocase {
		plain = letterPair(set)
	}
	if plain {
		b.run++
		b.longest = max(b.longest, b.run)
	} else {
		b.run = 0
	}
	b.seq = appendByte(b.seq, lit, set)
}

// group reads "(…)" or "!(…)" inside a part.
func (b *partBuilder) group(s string) (rest string, err error) {
	negate := s[0] == '!'
	if negate {
		s = s[1:]
	}
	if !strings.HasPrefix(s, "(") {
		return "", errors.New("! without alternatives")
	}
	b.run = 0
	if k := marker(s); k != NoCheck {
		n, err := innerMarker(k, negate, s[3:])
		if err != nil {
			return "", err
		}
		b.seq = append(b.seq, n)
		return s[3:], nil
	}
	inner, rest, err := closing(s)
	if err != nil {
		return "", err
	}
	n, err := b.alternatives(inner, negate)
	if err != nil {
		return "", err
	}
	b.seq = append(b.seq, n)
	return rest, nil
}
