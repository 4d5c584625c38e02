package automaton

import (
	"errors"
	"math/bits"

	"candor/engine/pattern"
)

// Limits of Compile.
const (
	MaxPositions = 20000 // bytes that the pattern consumes, repeats written out
	maxNodes     = 4 * MaxPositions
	maxEdges     = 8 * MaxPositions
	maxVisits    = 64 * MaxPositions // parts of the tree, repeats written out
	maxDepth     = 1000              // of the tree
)

// Errors of Compile.
var (
	ErrTooLarge = errors.New("pattern is too large for an automaton")
	ErrInvalid  = errors.New("pattern tree is not valid")
)

// Program is a compiled pattern. It is immutable and safe for concurrent use.
type Program struct {
	graph
	sets     []pattern.Set // what a consuming node takes, as sets of classes
	class    [256]uint8    // class of each byte
	classes  int           // how many there are; also the class that stands for "no byte"
	ctx      contexts
	width    uint32 // symbols in one context: classes + 1
	stride   uint32 // symbols in all
	maxLen   int    // of a match, or pattern.Unbounded
	greedy   bool
	anchorOf []int32   // by leaf: index into anchors
	anchors  [][]int32 // nodes that take the first byte of a leaf
}

// Compile builds the automaton of n. Each of leaves is a Bytes or Class node
// of the tree n, by identity; its index is what Matcher.StartsAt takes. A leaf
// that occurs several times, because nodes are shared or a repeat around it is
// written out, stands for all its occurrences.
//
// The error wraps ErrTooLarge if the pattern exceeds the limits once repeats
// are written out, ErrInvalid if the tree is malformed.
func Compile(n *pattern.Node, leaves ...*pattern.Node) (*Program, error) {
	p := &Program{}
	b := builder{p: p}
	b.addLeaves(leaves)
	b.addNode(terminal, 0) // origin
	b.addNode(terminal, 0) // goal
	exit, most, err := b.build(n, origin, 0)
	if err != nil {
		return nil, err
	}
	b.edge(exit, goal)
	p.maxLen = most
	p.link(b.edges)
	p.classify(b.sets)
	p.ctx.finish()
	p.width = uint32(p.classes) + 1
	p.stride = p.width << len(p.ctx.kinds)
	return p, nil
}

// Greedy tells whether the pattern has a quantifier and all of its quantifiers
// prefer many. YARA keeps the last length that it sees at an offset if so,
// otherwise the first.
func (p *Program) Greedy() bool { return p.greedy }

// MaxLen is the length of the longest match in bytes, or pattern.Unbounded.
func (p *Program) MaxLen() int { return p.maxLen }

// classify finds the classes of bytes that no set tells apart and writes the
// sets over classes.
func (p *Program) classify(sets []pattern.Set) {
	p.classes = 1
	var size [256]int
	size[0] = 256
	for i := range sets {
		p.split(&sets[i], &size)
	}
	p.sets = make([]pattern.Set, len(sets))
	for i := range sets {
		for b := range members(&sets[i]) {
			p.sets[i].Add(p.class[b])
		}
	}
}

// split refines the classes, of the given sizes, by one set.
func (p *Program) split(s *pattern.Set, size *[256]int) {
	var in [256]int
	var to [256]uint8
	for b := range members(s) {
		in[p.class[b]]++
	}
	for k := range p.classes {
		to[k] = uint8(k)
		if in[k] > 0 && in[k] < size[k] {
			to[k] = uint8(p.classes)
			size[p.classes] = in[k]
			size[k] -= in[k]
			p.classes++
		}
	}
	for b := range members(s) {
		p.class[b] = to[p.class[b]]
	}
}

// members iterates over the bytes of a set.
func members(s *pattern.Set) func(func(byte) bool) {
	return func(yield func(byte) bool) {
		for i, w := range s {
			for ; w != 0; w &= w - 1 {
				if !yield(byte(i<<6 + bits.TrailingZeros64(w))) {
					return
				}
			}
		}
	}
}

// takes tells whether a consuming node takes the bytes of a class.
func (p *Program) takes(node int32, class int) bool {
	return p.sets[p.arg[node]].Has(uint8(class))
}
