package automaton

import (
	"fmt"
	"math"

	"candor/engine/pattern"
)

// builder writes a tree out as a graph.
type builder struct {
	p         *Program
	edges     []edge
	sets      []pattern.Set
	setOf     map[pattern.Set]uint32
	literal   [256]uint32 // set of one byte, plus one
	anchor    map[*pattern.Node]int32
	positions int
	visits    int
	lazy      bool
}

func (b *builder) addLeaves(leaves []*pattern.Node) {
	if len(leaves) == 0 {
		return
	}
	b.anchor = make(map[*pattern.Node]int32, len(leaves))
	b.p.anchorOf = make([]int32, len(leaves))
	for i, l := range leaves {
		a, ok := b.anchor[l]
		if !ok {
			a = int32(len(b.anchor))
			b.anchor[l] = a
		}
		b.p.anchorOf[i] = a
	}
	b.p.anchors = make([][]int32, len(b.anchor))
}

func (b *builder) addNode(k kind, arg uint32) int32 {
	b.p.kind = append(b.p.kind, k)
	b.p.arg = append(b.p.arg, arg)
	return int32(len(b.p.kind) - 1)
}

func (b *builder) edge(from, to int32) { b.edges = append(b.edges, edge{from, to}) }

// build adds n after the node entry and gives the node at which n is over, and
// the length of the longest match of n. Nothing it adds leads back to entry.
func (b *builder) build(n *pattern.Node, entry int32, depth int) (exit int32, most int, err error) {
	b.visits++
	switch {
	case n == nil:
		return 0, 0, fmt.Errorf("%w: a node is missing", ErrInvalid)
	case depth > maxDepth || b.visits > maxVisits || len(b.p.kind) > maxNodes || len(b.edges) > maxEdges:
		return 0, 0, ErrTooLarge
	}
	switch n.Op {
	case pattern.Empty:
		return entry, 0, nil
	case pattern.Bytes:
		return b.bytes(n, entry)
	case pattern.Class:
		return b.class(n, entry)
	case pattern.Concat:
		return b.concat(n, entry, depth)
	case pattern.Alternate:
		return b.alternate(n, entry, depth)
	case pattern.Repeat:
		return b.repeat(n, entry, depth)
	}
	arg, ok := b.p.ctx.require(n)
	if !ok {
		return 0, 0, fmt.Errorf("%w: operation %d", ErrInvalid, n.Op)
	}
	return b.after(entry, assert, arg), 0, nil
}

// after adds a node and the edge to it.
func (b *builder) after(entry int32, k kind, arg uint32) int32 {
	x := b.addNode(k, arg)
	b.edge(entry, x)
	return x
}

// position adds a consuming node.
func (b *builder) position(entry int32, set uint32) (int32, error) {
	b.positions++
	if b.positions > MaxPositions {
		return 0, fmt.Errorf("%w: more than %d positions", ErrTooLarge, MaxPositions)
	}
	return b.after(entry, consume, set), nil
}

func (b *builder) bytes(n *pattern.Node, entry int32) (int32, int, error) {
	if len(n.Lit) == 0 {
		return 0, 0, fmt.Errorf("%w: empty literal", ErrInvalid)
	}
	x := entry
	for i, c := range n.Lit {
		if b.literal[c] == 0 {
			var s pattern.Set
			s.Add(c)
			b.sets = append(b.sets, s)
			b.literal[c] = uint32(len(b.sets))
		}
		var err error
		if x, err = b.position(x, b.literal[c]-1); err != nil {
			return 0, 0, err
		}
		if i == 0 {
			b.mark(n, x)
		}
	}
	return x, len(n.Lit), nil
}

func (b *builder) class(n *pattern.Node, entry int32) (int32, int, error) {
	if n.Set == nil {
		return 0, 0, fmt.Errorf("%w: class without a set", ErrInvalid)
	}
	id, ok := b.setOf[*n.Set]
	if !ok {
		if b.setOf == nil {
			b.setOf = map[pattern.Set]uint32{}
		}
		id = uint32(len(b.sets))
		b.sets = append(b.sets, *n.Set)
		b.setOf[*n.Set] = id
	}
	x, err := b.position(entry, id)
	if err != nil {
		return 0, 0, err
	}
	b.mark(n, x)
	return x, 1, nil
}

// mark notes x as an occurrence of the leaf n.
func (b *builder) mark(n *pattern.Node, x int32) {
	if a, ok := b.anchor[n]; ok {
		b.p.anchors[a] = append(b.p.anchors[a], x)
	}
}

func (b *builder) concat(n *pattern.Node, entry int32, depth int) (int32, int, error) {
	x, total := entry, 0
	for _, s := range n.Sub {
		y, most, err := b.build(s, x, depth+1)
		if err != nil {
			return 0, 0, err
		}
		x, total = y, sum(total, most)
	}
	return x, total, nil
}

func (b *builder) alternate(n *pattern.Node, entry int32, depth int) (int32, int, error) {
	join, longest := b.addNode(junction, 0), 0
	for _, s := range n.Sub {
		x, most, err := b.build(s, entry, depth+1)
		if err != nil {
			return 0, 0, err
		}
		b.edge(x, join)
		longest = longer(longest, most)
	}
	return join, longest, nil
}

func (b *builder) repeat(n *pattern.Node, entry int32, depth int) (int32, int, error) {
	unbounded := n.Max == pattern.Unbounded
	if len(n.Sub) != 1 || n.Min < 0 || n.Max < n.Min && !unbounded {
		return 0, 0, fmt.Errorf("%w: repeat of %d parts, %d to %d times", ErrInvalid, len(n.Sub), n.Min, n.Max)
	}
	b.lazy = b.lazy || n.Lazy
	b.p.greedy = !b.lazy
	copies := n.Min
	if unbounded && copies > 0 {
		copies-- // the last is the one that loops
	}
	x, total := entry, 0
	for i := range copies {
		y, most, err := b.build(n.Sub[0], x, depth+1)
		if err != nil {
			return 0, 0, err
		}
		x, total = y, sum(total, most)
		if most == 0 && i == 0 {
			// What has no width is the same once as many times, and
			// optional copies after it add nothing.
			return x, 0, nil
		}
	}
	if unbounded {
		return b.loop(n, x, depth)
	}
	y, most, err := b.optional(n, x, n.Max-n.Min, depth)
	return y, sum(total, most), err
}

// loop adds any number of times n.Sub[0], at least once if n.Min is not 0.
func (b *builder) loop(n *pattern.Node, entry int32, depth int) (int32, int, error) {
	head := b.after(entry, junction, 0)
	exit := head
	if n.Lazy {
		exit = b.addNode(junction, 0)
		if n.Min == 0 {
			b.edge(head, exit)
		}
	}
	x, most, err := b.build(n.Sub[0], head, depth+1)
	if err != nil {
		return 0, 0, err
	}
	if n.Lazy && n.Min > 0 {
		b.edge(x, exit)
	}
	if x != head {
		b.edge(x, head)
	}
	if !n.Lazy && n.Min > 0 {
		exit = x
	}
	if most != 0 {
		most = pattern.Unbounded
	}
	return exit, most, nil
}

// optional adds up to count times n.Sub[0], each reached only by way of the
// one before.
func (b *builder) optional(n *pattern.Node, entry int32, count, depth int) (int32, int, error) {
	if count == 0 {
		return entry, 0, nil
	}
	exit, x, total := b.addNode(junction, 0), entry, 0
	for range count {
		if n.Lazy {
			b.edge(x, exit)
		}
		y, most, err := b.build(n.Sub[0], x, depth+1)
		if err != nil {
			return 0, 0, err
		}
		if !n.Lazy {
			b.edge(x, exit)
		}
		x, total = y, sum(total, most)
		if most == 0 {
			break
		}
	}
	b.edge(x, exit)
	return exit, total, nil
}

// sum adds two lengths.
func sum(a, b int) int {
	if a == pattern.Unbounded || b == pattern.Unbounded {
		return pattern.Unbounded
	}
	return min(a+b, math.MaxInt32)
}

// longer is the larger of two lengths.
func longer(a, b int) int {
	if a == pattern.Unbounded || b == pattern.Unbounded {
		return pattern.Unbounded
	}
	return max(a, b)
}
