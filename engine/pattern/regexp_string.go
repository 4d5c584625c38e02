package pattern

import (
	"fmt"
	"strconv"
	"strings"
)

// String prints the tree as a regular expression in a normal form: equal trees
// print equally, and ParseRegexp reads it back in the dialect PCRE with DotAll
// (word boundaries of two-byte characters, printed \b{wide}, excepted).
func (n *Node) String() string {
	var b strings.Builder
	n.write(&b, false)
	return b.String()
}

// write prints n, in a group when n is to be repeated and is not one unit.
func (n *Node) write(b *strings.Builder, unit bool) {
	if unit && n.needsGroup() {
		b.WriteString("(?:")
		n.write(b, false)
		b.WriteByte(')')
		return
	}
	switch n.Op {
	case Empty:
		b.WriteString("(?:)")
	case Bytes:
		for _, c := range n.Lit {
			writeByte(b, c, `\^$.|?*+()[]{}/#`)
		}
	case Class:
		n.Set.write(b)
	case Concat:
		for _, m := range n.Sub {
			m.write(b, m.Op == Alternate || m.Op == Empty)
		}
	case Alternate:
		for i, m := range n.Sub {
			if i > 0 {
				b.WriteByte('|')
			}
			if m.Op != Empty {
				m.write(b, false)
			}
		}
	case Repeat:
		n.Sub[0].write(b, true)
		b.WriteString(n.quantifier())
	default:
		b.WriteString(assertionText[n.Op])
		if n.Wide {
			b.WriteString("{wide}")
		}
	}
}

var assertionText = map[Op]string{
	Begin: `\A`, End: `\z`, WordBoundary: `\b`, NoWordBoundary: `\B`,
	LineBegin: `(?m:^)`, LineEnd: `(?m:$)`,
}

func (n *Node) needsGroup() bool {
	switch n.Op {
	case Bytes:
		return len(n.Lit) != 1
	case Concat, Alternate, Repeat:
		return true
	}
	return false
}

// quantifier prints the bounds of a Repeat.
func (n *Node) quantifier() string {
	var q string
	switch {
	case n.Min == 0 && n.Max == Unbounded:
		q = "*"
	case n.Min == 1 && n.Max == Unbounded:
		q = "+"
	case n.Min == 0 && n.Max == 1:
		q = "?"
	case n.Max == Unbounded:
		q = "{" + strconv.Itoa(n.Min) + ",}"
	case n.Min == n.Max:
		q = "{" + strconv.Itoa(n.Min) + "}"
	default:
		q = "{" + strconv.Itoa(n.Min) + "," + strconv.Itoa(n.Max) + "}"
	}
	if n.Lazy {
		q += "?"
	}
	return q
}

// write prints the set as a class, negated when that is shorter.
func (s *Set) write(b *strings.Builder) {
	c := *s
	switch {
	case c.Len() == 256:
		b.WriteByte('.')
		return
	case c.Len() > 128:
		c.Negate()
		b.WriteString("[^")
	default:
		b.WriteByte('[')
	}
	for lo := 0; lo < 256; lo++ {
		if !c.Has(byte(lo)) {
			continue
		}
		hi := lo
		for hi < 255 && c.Has(byte(hi+1)) {
			hi++
		}
		writeByte(b, byte(lo), `\[]^-`)
		if hi > lo+1 {
			b.WriteByte('-')
		}
		if hi > lo {
			writeByte(b, byte(hi), `\[]^-`)
		}
		lo = hi
	}
	b.WriteByte(']')
}

// writeByte prints one byte, with a backslash when it is among special.
func writeByte(b *strings.Builder, c byte, special string) {
	switch {
	case c < ' ' || c > '~':
		fmt.Fprintf(b, `\x%02x`, c)
	case strings.IndexByte(special, c) >= 0:
		b.WriteByte('\\')
		b.WriteByte(c)
	default:
		b.WriteByte(c)
	}
}
