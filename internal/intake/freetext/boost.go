package freetext

import (
	_ "embed"
	"fmt"
	"hash/crc32"
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
// (gradient boosting, Friedman 2001; leaves by Newton's method), as seen in some of
// the styles (stochastic, Friedman 2002), so that no few reports decide alone.
type trees struct {
	of      map[string][]*node // by group of values
	names   []string           // features that they ask for
	numbers map[string]int     // of those
}

// grown numbers the features that trees, by group of values, ask for.
func grown(of map[string][]*node) trees {
	t := trees{of: of, numbers: map[string]int{}}
	for _, g := range slices.Sorted(maps.Keys(of)) {
		for _, n := range of[g] {
			t.number(n)
		}
	}
	return t
}

func (t *trees) number(n *node) {
	if !n.question {
		return
	}
	k, ok := t.numbers[n.feature]
	if !ok {
		k = len(t.names)
		t.names, t.numbers[n.feature] = append(t.names, n.feature), k
	}
	n.asks = k
	t.number(n.left)
	t.number(n.right)
}

// node is a question to a value, or what is said of it.
type node struct {
	feature  string
	asks     int     // the number of its feature
	above    float64 // the value goes right if its feature is stronger
	left     *node
	right    *node
	says     float64 // of a leaf, what is added; of a question, the mean of what is below
	question bool
}

// boosting has how trees are made.
const (
	mostTrees = 60
	deepest   = 3
	shrink    = 0.12
	tenths    = 6   // of ten styles that a tree is grown from
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
	var few, fewer [128]float64 // without an allocation for the features that were learned
	strong, moved := few[:], fewer[:]
	if len(t.names) > len(few) {
		strong, moved = make([]float64, len(t.names)), make([]float64, len(t.names))
	}
	for f, s := range v.strength {
		if k, ok := t.numbers[f]; ok {
			strong[k] = s
		}
	}
	for f, s := range v.beside {
		if k, ok := t.numbers["2:"+f]; ok {
			strong[k] = s
		}
	}
	for _, n := range t.of[group(v.kind)] {
		for n.question {
			next := n.left
			if strong[n.asks] > n.above {
				next = n.right
			}
			moved[n.asks] += next.says - n.says
			n = next
		}
		sum += n.says
	}
	for k := 0; each != nil && k < len(t.names); k++ {
		if moved[k] != 0 {
			each(t.names[k], moved[k])
		}
	}
	return sum
}

// leaf is what the leaf says that a value comes to.
func (n *node) leaf(v *value) float64 {
	for n.question {
		if v.strengthOf(n.feature) > n.above {
			n = n.right
		} else {
			n = n.left
		}
	}
	return n.says
}

func parseTrees(list string) trees {
	t := map[string][]*node{}
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
	return grown(t)
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
	for _, g := range slices.Sorted(maps.Keys(t.of)) {
		for _, n := range t.of[g] {
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

// examples are values from which trees are grown, by number.
type examples struct {
	values       []*value
	styles       []string
	is, share, z []float64
	slope, curve []float64
	columns      []column
}

// column is a feature of all examples: of each how many thresholds it is above.
type column struct {
	feature string
	cuts    []float64
	above   []uint8
}

func (x *examples) add(v *value, style string, is, share, z float64) {
	x.values, x.styles = append(x.values, v), append(x.styles, style)
	x.is, x.share, x.z = append(x.is, is), append(x.share, share), append(x.z, z)
}

// grow makes trees of examples whose z is what the weights say of them.
func (x *examples) grow() (t []*node) {
	x.cut()
	x.slope, x.curve = make([]float64, len(x.values)), make([]float64, len(x.values))
	for k := range mostTrees {
		var some, rest []int
		for i, s := range x.styles {
			if crc32.ChecksumIEEE([]byte(strconv.Itoa(k)+s))%10 < tenths {
				some = append(some, i)
			} else {
				rest = append(rest, i)
			}
		}
		for i, z := range x.z {
			p := 1 / (1 + math.Exp(-z))
			x.slope[i], x.curve[i] = x.share[i]*(x.is[i]-p), x.share[i]*max(p*(1-p), 1e-6)
		}
		n := x.branch(some, 0)
		if !n.question {
			break
		}
		for _, i := range rest {
			x.z[i] += n.leaf(x.values[i])
		}
		t = append(t, n)
	}
	return t
}

// cut finds thresholds of all features, and how many of them each example is above.
func (x *examples) cut() {
	names := map[string]bool{}
	for _, v := range x.values {
		for _, f := range v.features {
			names[f] = f != "bias"
		}
		for f := range v.beside {
			names["2:"+f] = true
		}
	}
	for _, n := range slices.Sorted(maps.Keys(names)) {
		if !names[n] {
			continue
		}
		strengths := make([]float64, len(x.values))
		for i, v := range x.values {
			strengths[i] = v.strengthOf(n)
		}
		values := slices.Compact(slices.Sorted(slices.Values(strengths)))
		c := column{feature: n, above: make([]uint8, len(strengths))}
		steps := min(mostCuts, len(values)-1)
		for i := 1; i <= steps; i++ {
			at := i * (len(values) - 1) / steps
			c.cuts = append(c.cuts, math.Round(500*(values[at-1]+values[at]))/1000)
		}
		c.cuts = slices.Compact(c.cuts)
		for i, s := range strengths {
			for _, t := range c.cuts {
				if s > t {
					c.above[i]++
				}
			}
		}
		x.columns = append(x.columns, c)
	}
}

// branch finds the question that parts examples best, and those below it. What
// leaves say is added to z.
func (x *examples) branch(of []int, depth int) *node {
	g, h := 0.0, 0.0
	for _, i := range of {
		g, h = g+x.slope[i], h+x.curve[i]
	}
	n := &node{says: math.Round(1000*shrink*g/(h+heavy)) / 1000}
	best, cut := x.best(of, g, h, depth)
	if best == nil {
		for _, i := range of {
			x.z[i] += n.says
		}
		return n
	}
	var left, right []int
	for _, i := range of {
		if int(best.above[i]) > cut {
			right = append(right, i)
		} else {
			left = append(left, i)
		}
	}
	n.question, n.feature, n.above = true, best.feature, best.cuts[cut]
	n.left, n.right = x.branch(left, depth+1), x.branch(right, depth+1)
	return n
}

// best is the feature, and the number of its threshold, that part examples best;
// g and h are the sums of their slopes and curves.
func (x *examples) best(of []int, g, h float64, depth int) (best *column, cut int) {
	if depth == deepest || h < 2*leastLeaf {
		return nil, 0
	}
	gain := leastGain
	for k := range x.columns {
		c := &x.columns[k]
		var gs, hs [mostCuts + 1]float64
		for _, i := range of {
			gs[c.above[i]] += x.slope[i]
			hs[c.above[i]] += x.curve[i]
		}
		lg, lh := 0.0, 0.0
		for i := range c.cuts {
			lg, lh = lg+gs[i], lh+hs[i]
			rg, rh := g-lg, h-lh
			if lh < leastLeaf || rh < leastLeaf {
				continue
			}
			if d := lg*lg/(lh+heavy) + rg*rg/(rh+heavy) - g*g/(h+heavy); d > gain {
				best, cut, gain = c, i, d
			}
		}
	}
	return best, cut
}
