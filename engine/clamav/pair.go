package clamav

import (
	"errors"

	"candor/engine/pattern"
)

var errDigits = errors.New("not pairs of hexadecimal digits")

// pair reads two characters: a plain byte, or a set if there are wildcards or
// case does not matter.
func (b *partBuilder) pair(s string) (lit byte, set *pattern.Set, err error) {
	if s == "??" {
		return 0, allBytes, nil
	}
	high, low := hexDigit(s[0]), hexDigit(s[1])
	switch {
	case s[1] == '?' && high >= 0:
		set = new(pattern.Set)
		set.AddRange(byte(high<<4), byte(high<<4|15))
		return 0, set, nil
	case s[0] == '?' && low >= 0:
		set = new(pattern.Set)
		for i := range 16 {
			set.Add(byte(i<<4 | low))
		}
		return 0, set, nil
	case high < 0 || low < 0:
		return 0, nil, errDigits
	}
	lit = byte(high<<4 | low)
	if b.o.nocase && letter(lit) {
		set = new(pattern.Set)
		set.Add(lit | 0x20)
		set.Add(lit &^ 0x20)
		return 0, set, nil
	}
	return lit, nil, nil
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// letterPair tells whether set is one letter in both cases.
func letterPair(set *pattern.Set) bool {
	for c := byte('a'); c <= 'z'; c++ {
		var both pattern.Set
		both.Add(c)
		both.Add(c &^ 0x20)
		if *set == both {
			return true
		}
	}
	return false
}

// allBytes is the set of all bytes. It is never changed.
var allBytes = &pattern.Set{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}

// appendByte appends one byte to a sequence and joins it with what precedes.
func appendByte(seq []*pattern.Node, lit byte, set *pattern.Set) []*pattern.Node {
	var last *pattern.Node
	if len(seq) > 0 {
		last = seq[len(seq)-1]
	}
	switch {
	case set == nil && last != nil && last.Op == pattern.Bytes:
		last.Lit = append(last.Lit, lit)
	case set == nil:
		seq = append(seq, &pattern.Node{Op: pattern.Bytes, Lit: []byte{lit}})
	case set == allBytes && last != nil && last.Op == pattern.Repeat && last.Sub[0].Set == allBytes:
		last.Min++
		last.Max++
	case set == allBytes:
		seq = append(seq, anyBytes(1, 1))
	default:
		seq = append(seq, &pattern.Node{Op: pattern.Class, Set: set})
	}
	return seq
}

// anyBytes matches from low to high bytes of any value.
func anyBytes(low, high int) *pattern.Node {
	return &pattern.Node{Op: pattern.Repeat, Min: low, Max: high,
		Sub: []*pattern.Node{{Op: pattern.Class, Set: allBytes}}}
}

func concat(seq []*pattern.Node) *pattern.Node {
	if len(seq) == 1 {
		return seq[0]
	}
	return &pattern.Node{Op: pattern.Concat, Sub: seq}
}

// single drops an Alternate of one.
func single(alt *pattern.Node) *pattern.Node {
	if len(alt.Sub) == 1 {
		return alt.Sub[0]
	}
	return alt
}
