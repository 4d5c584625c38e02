package automaton

import "candor/engine/pattern"

// contexts are the zero-width assertions of a program. The context of an
// offset is a number: bit i tells whether assertion kinds[i] holds there.
// The arg of an assert node is i<<1, plus one to negate it.
type contexts struct {
	kinds []assertion
	wide  bool
	// For an offset inside the data the context is left[byte before] xor
	// right[byte after], unless wide.
	left, right *[256]uint8
}

type assertion uint8

const (
	atBegin assertion = iota
	atEnd
	atWord
	atWideWord
	atLineBegin
	atLineEnd
)

// require notes the assertion n and gives the arg of its node.
func (c *contexts) require(n *pattern.Node) (arg uint32, ok bool) {
	var k assertion
	switch n.Op {
	case pattern.Begin:
		k = atBegin
	case pattern.End:
		k = atEnd
	case pattern.LineBegin:
		k = atLineBegin
	case pattern.LineEnd:
		k = atLineEnd
	case pattern.WordBoundary, pattern.NoWordBoundary:
		k = atWord
		if n.Wide {
			k = atWideWord
		}
	default:
		return 0, false
	}
	if n.Op == pattern.NoWordBoundary {
		arg = 1
	}
	for i, have := range c.kinds {
		if have == k {
			return arg | uint32(i)<<1, true
		}
	}
	c.kinds = append(c.kinds, k)
	return arg | uint32(len(c.kinds)-1)<<1, true
}

// finish builds the tables for offsets inside the data.
func (c *contexts) finish() {
	if len(c.kinds) == 0 {
		return
	}
	c.left, c.right = new([256]uint8), new([256]uint8)
	for i, k := range c.kinds {
		bit := uint8(1) << i
		switch k {
		case atWideWord:
			c.wide = true
		case atLineBegin:
			c.left['\n'] |= bit
		case atLineEnd:
			c.right['\n'] |= bit
		case atWord:
			for b := range 256 {
				if isWord(byte(b)) {
					c.left[b] |= bit
					c.right[b] |= bit
				}
			}
		}
	}
}

// at gives the context of offset i, 0 to len(data).
func (c *contexts) at(data []byte, i int) uint32 {
	if !c.wide && i > 0 && i < len(data) {
		return uint32(c.left[data[i-1]] ^ c.right[data[i]])
	}
	x := uint32(0)
	for bit, k := range c.kinds {
		if k.holds(data, i) {
			x |= 1 << bit
		}
	}
	return x
}

// holds tells whether the assertion holds at offset i. A boundary of a word is
// what libyara takes for one: both ends of the data are, whatever is beside
// them.
func (k assertion) holds(data []byte, i int) bool {
	n := len(data)
	switch k {
	case atBegin:
		return i == 0
	case atEnd:
		return i == n
	case atLineBegin:
		return i == 0 || data[i-1] == '\n'
	case atLineEnd:
		return i == n || data[i] == '\n'
	case atWord:
		return i == 0 || i == n || isWord(data[i-1]) != isWord(data[i])
	case atWideWord:
		return i < 2 || n-i < 2 || isWideWord(data[i-2:]) != isWideWord(data[i:])
	}
	return false
}

func isWord(b byte) bool {
	return 'a' <= b|0x20 && b|0x20 <= 'z' || '0' <= b && b <= '9' || b == '_'
}

func isWideWord(b []byte) bool { return isWord(b[0]) && b[1] == 0 }

// passes tells whether an assert node with this arg passes in a context.
func passes(arg, context uint32) bool { return context>>(arg>>1)&1 != arg&1 }
