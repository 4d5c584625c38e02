package pattern

// A plain matcher that follows the meaning of each node, to judge trees by.

// matchFrom gives the set of offsets at which n can end when it begins at one
// of the offsets in from. With back it reads from right to left.
func matchFrom(n *Node, data []byte, from map[int]bool, back bool) map[int]bool {
	out := make(map[int]bool)
	switch n.Op {
	case Empty:
		return from
	case Bytes, Class:
		return matchBytes(n, data, from, back)
	case Concat:
		for _, m := range n.Sub {
			from = matchFrom(m, data, from, back)
		}
		return from
	case Alternate:
		for _, m := range n.Sub {
			for e := range matchFrom(m, data, from, back) {
				out[e] = true
			}
		}
		return out
	case Repeat:
		return matchRepeat(n, data, from, back)
	}
	for p := range from {
		if holds(n, data, p) {
			out[p] = true
		}
	}
	return out
}

func matchBytes(n *Node, data []byte, from map[int]bool, back bool) map[int]bool {
	step := func(p int) (byte, int, bool) {
		if back {
			p--
		}
		if p < 0 || p >= len(data) {
			return 0, 0, false
		}
		if back {
			return data[p], p, true
		}
		return data[p], p + 1, true
	}
	out := make(map[int]bool)
	for p := range from {
		ok := true
		var c byte
		if n.Op == Class {
			c, p, ok = step(p)
			ok = ok && n.Set.Has(c)
		}
		for _, want := range n.Lit {
			if c, p, ok = step(p); !ok || c != want {
				ok = false
				break
			}
		}
		if ok {
			out[p] = true
		}
	}
	return out
}

func matchRepeat(n *Node, data []byte, from map[int]bool, back bool) map[int]bool {
	out := make(map[int]bool)
	for i := 0; n.Max == Unbounded || i <= n.Max; i++ {
		grown := false
		if i >= n.Min {
			for p := range from {
				if !out[p] {
					out[p] = true
					grown = true
				}
			}
			if !grown {
				break
			}
		}
		if from = matchFrom(n.Sub[0], data, from, back); len(from) == 0 {
			break
		}
	}
	return out
}

// holds tells whether the assertion n holds at p.
func holds(n *Node, data []byte, p int) bool {
	word := func(i int) bool {
		if n.Wide {
			return i >= 0 && i+1 < len(data) && wordSet.Has(data[i]) && data[i+1] == 0
		}
		return i >= 0 && i < len(data) && wordSet.Has(data[i])
	}
	width := 1
	if n.Wide {
		width = 2
	}
	switch n.Op {
	case Begin:
		return p == 0
	case End:
		return p == len(data)
	case LineBegin:
		return p == 0 || data[p-1] == '\n'
	case LineEnd:
		return p == len(data) || data[p] == '\n'
	case WordBoundary:
		return word(p-width) != word(p)
	case NoWordBoundary:
		return word(p-width) == word(p)
	}
	panic("not an assertion")
}

// found tells whether n matches anywhere in data.
func found(n *Node, data string) bool {
	from := make(map[int]bool)
	for i := 0; i <= len(data); i++ {
		from[i] = true
	}
	return len(matchFrom(n, []byte(data), from, false)) > 0
}

// foundBack is found with the reversed tree, reading from right to left.
func foundBack(n *Node, data string) bool {
	from := make(map[int]bool)
	for i := 0; i <= len(data); i++ {
		from[i] = true
	}
	return len(matchFrom(Reverse(n), []byte(data), from, true)) > 0
}
