package automaton

// kind tells what a node of the graph does.
type kind uint8

const (
	junction kind = iota // joins edges
	consume              // takes one byte of a set
	assert               // passes where an assertion holds
	terminal             // origin or goal
)

// The two terminals: each match is a path from origin to goal.
const (
	origin = int32(0)
	goal   = int32(1)
)

// graph is a pattern as nodes and edges. The edges out of a node are in order
// of preference.
type graph struct {
	kind []kind
	arg  []uint32 // consume: index of the set; assert: see contexts
	out  links
	in   links
}

// links lists the neighbours of every node in one direction.
type links struct {
	first []int32 // by node, and one more
	list  []int32
}

func (l *links) of(n int32) []int32 { return l.list[l.first[n]:l.first[n+1]] }

type edge struct{ from, to int32 }

// link stores the edges for both directions, in the order given.
func (g *graph) link(edges []edge) {
	n := len(g.kind)
	g.out = links{make([]int32, n+1), make([]int32, len(edges))}
	g.in = links{make([]int32, n+1), make([]int32, len(edges))}
	for _, e := range edges {
		g.out.first[e.from]++
		g.in.first[e.to]++
	}
	g.out.accumulate()
	g.in.accumulate()
	for i := len(edges) - 1; i >= 0; i-- {
		e := edges[i]
		g.out.first[e.from]--
		g.out.list[g.out.first[e.from]] = e.to
		g.in.first[e.to]--
		g.in.list[g.in.first[e.to]] = e.from
	}
}

// accumulate turns counts into the ends of each node's neighbours; filling
// from the back turns those into beginnings.
func (l *links) accumulate() {
	sum := int32(0)
	for i, c := range l.first {
		sum += c
		l.first[i] = sum
	}
}
