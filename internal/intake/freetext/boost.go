package freetext

import (
	_ "embed"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

//go:embed trees.tsv
var treeList string

// trees are a second opinion on what values weigh: small decision trees, each of
// which mends a little of what the weights and the trees before it got wrong
// (gradient boosting, Friedman 2001; leaves by Newton's method).
type trees map[string][]*node // by group of values

// node is a question to a value, or what is said of it.
type node struct {
	feature  string
	above    float64 // the value goes right if its feature is stronger
	left     *node
	right    *node
	says     float64 // of a leaf, what is added; of a question, the mean of what is below
	question bool
}

// boosting has how trees are made.
const (
	mostTrees = 40
	deepest   = 3
	shrink    = 0.15
	heavy     = 3.0 // leaves are drawn to 0 as if by so much more certainty
	leastLeaf = 2.0 // certainty (p(1-p), summed) that a leaf has at least
	leastGain = 0.05
	mostCuts  = 6 // thresholds that are tried of a feature
)

// strengthOf is how strong a feature is, of the value or of how it is beside others.
func (v *value) strengthOf(feature string) float64 {
	if name, ok := strings.CutPrefix(feature, "2:"); ok {
		return v.beside[name]
	}
	return v.strength[feature]
}

// say adds up what trees say of a value. Each, if not nil, is told how much each
// feature moved it.
func (t trees) say(v *value, each func(feature string, by float64)) (sum float64) {
	for _, n := range t[group(v.kind)] {
		for n.question {
			next := n.left
			if v.strengthOf(n.feature) > n.above {
				next = n.right
			}
			if each != nil {
				each(n.feature, next.says-n.says)
			}
			n = next
		}
		sum += n.says
	}
	return sum
}

func parseTrees(list string) trees {
	t := trees{}
	for row := range strings.SplitSeq(list, "\n") {
		of, text, ok := strings.Cut(row, "\t")
		if !ok || strings.HasPrefix(row, "#") {
			continue
		}
		words := strings.Fields(text)
		if n, rest := parseNode(words, 0); n != nil && len(rest) == 0 {
			t[of] = append(t[of], n)
		}
	}
	return t
}

// parseNode reads a tree: "name>number" and what it says, then what is left and
// what is right of it; or a number.
func parseNode(words []string, depth int) (*node, []string) {
	if len(words) == 0 || depth > deepest {
		return nil, nil
	}
	name, above, question := strings.Cut(words[0], ">")
	if !question {
		says, err := strconv.ParseFloat(words[0], 64)
		if err != nil {
			return nil, nil
		}
		return &node{says: says}, words[1:]
	}
	above, mean, _ := strings.Cut(above, "~")
	x, err := strconv.ParseFloat(above, 64)
	y, err2 := strconv.ParseFloat(mean, 64)
	left, rest := parseNode(words[1:], depth+1)
	right, rest := parseNode(rest, depth+1)
	if err != nil || err2 != nil || left == nil || right == nil {
		return nil, nil
	}
	return &node{feature: name, above: x, says: y, left: left, right: right, question: true}, rest
}

func (t trees) String() string {
	var b strings.Builder
	b.WriteString("# Trees that were learned from labelled reports by go run ./bench/cmd/freetext -learn: a question and what is left and right of it.\n")
	for _, g := range slices.Sorted(maps.Keys(t)) {
		for _, n := range t[g] {
			b.WriteString(g + "\t")
			n.write(&b)
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func (n *node) write(b *strings.Builder) {
	if !n.question {
		fmt.Fprintf(b, "%.3f", n.says)
		return
	}
	fmt.Fprintf(b, "%s>%.3f~%.3f ", n.feature, n.above, n.says)
	n.left.write(b)
	b.WriteByte(' ')
	n.right.write(b)
}

// example is a value from which trees are grown.
type example struct {
	v            *value
	is, share, z float64
	slope, curve float64
	strengths    []float64 // of the features of cuts
}

// cut is a threshold of a feature.
type cut struct {
	feature string
	column  int // of strengths
	above   float64
}

// grow makes trees of examples whose z is what the weights say of them.
func grow(all []*example) (t []*node) {
	cuts := cutsOf(all)
	for range mostTrees {
		for _, e := range all {
			p := 1 / (1 + math.Exp(-e.z))
			e.slope, e.curve = e.share*(e.is-p), e.share*max(p*(1-p), 1e-6)
		}
		n := branch(all, cuts, 0)
		if !n.question {
			break
		}
		t = append(t, n)
	}
	return t
}

// cutsOf finds thresholds of all features, and looks up how strong those are.
func cutsOf(all []*example) (cuts []cut) {
	names := map[string]bool{}
	for _, e := range all {
		for _, f := range e.v.features {
			names[f] = f != "bias"
		}
		for f := range e.v.beside {
			names["2:"+f] = true
		}
	}
	for column, n := range slices.Sorted(maps.Keys(names)) {
		values := make([]float64, 0, len(all))
		for _, e := range all {
			x := e.v.strengthOf(n)
			values, e.strengths = append(values, x), append(e.strengths, x)
		}
		slices.Sort(values)
		values = slices.Compact(values)
		steps := min(mostCuts, len(values)-1)
		for i := 1; i <= steps && names[n]; i++ {
			at := i * (len(values) - 1) / steps
			cuts = append(cuts, cut{n, column, math.Round(500*(values[at-1]+values[at])) / 1000})
		}
	}
	return slices.Compact(cuts)
}

// branch finds the question that parts examples best, and those below it. What
// leaves say is added to z.
func branch(all []*example, cuts []cut, depth int) *node {
	g, h := 0.0, 0.0
	for _, e := range all {
		g, h = g+e.slope, h+e.curve
	}
	n := &node{says: math.Round(1000*shrink*g/(h+heavy)) / 1000}
	best, gain := cut{column: -1}, leastGain
	for _, c := range cuts {
		if depth == deepest || h < 2*leastLeaf {
			break
		}
		rg, rh := 0.0, 0.0
		for _, e := range all {
			if e.strengths[c.column] > c.above {
				rg, rh = rg+e.slope, rh+e.curve
			}
		}
		lg, lh := g-rg, h-rh
		if lh < leastLeaf || rh < leastLeaf {
			continue
		}
		if x := lg*lg/(lh+heavy) + rg*rg/(rh+heavy) - g*g/(h+heavy); x > gain {
			best, gain = c, x
		}
	}
	if best.column < 0 {
		for _, e := range all {
			e.z += n.says
		}
		return n
	}
	var left, right []*example
	for _, e := range all {
		if e.strengths[best.column] > best.above {
			right = append(right, e)
		} else {
			left = append(left, e)
		}
	}
	n.question, n.feature, n.above = true, best.feature, best.above
	n.left, n.right = branch(left, cuts, depth+1), branch(right, cuts, depth+1)
	return n
}
