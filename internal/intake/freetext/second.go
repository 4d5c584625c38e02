package freetext

import (
	"maps"
	"math"
	"slices"

	"candor/internal/intake"
)

// A value is weighed twice: by itself, and then beside the others, since few
// reports are about one address by its looks and about another all the same.
const (
	alone  = "alone"  // what it weighs by itself
	lead   = "lead"   // by how much more than the next that is no sibling
	behind = "behind" // by how much less than the first
	lists  = "list"   // what those weigh that stand in a list with it
	mate   = "mate"   // by how much less than the first of its list
	rival  = "rival"  // what the first of other kinds weighs
	top    = "top"    // it is the first of its kind
	kin    = "kin"    // by how much less than the first of those on its site
)

// opinion is what was learned.
type opinion struct {
	weights weights
	trees   trees
}

// weigh gives all values how likely they are complained about: first by the
// weights alone, then by what trees make of it.
func (o opinion) weigh(values []*value) {
	for _, v := range values {
		v.alone = o.weights.sum(v)
	}
	second(values)
	for _, v := range values {
		z := o.weights.second(v)
		v.first = 1 / (1 + math.Exp(-z))
		v.p = 1 / (1 + math.Exp(-z-o.trees.say(v, nil)))
	}
}

// corrections is the feature that says what people's corrections weigh.
const corrections = "corrections"

// lean moves how likely a value is complained about.
func (v *value) lean(by float64) {
	if by == 0 {
		return
	}
	z := bound(math.Log(v.p/(1-v.p))) + by
	v.p = 1 / (1 + math.Exp(-z))
	v.degree(corrections, by)
}

// second is what a value weighs beside the others. It is added up in whole parts, so that
// the order of the features, which differs each time, does not tell in the last digit.
func (w weights) second(v *value) float64 {
	const part = 1 << 40
	sum := int64(math.Round(part * w[group(v.kind)+":2:bias"]))
	for f, x := range v.beside {
		sum += int64(math.Round(part * w[group(v.kind)+":2:"+f] * x))
	}
	return float64(sum) / part
}

func bound(x float64) float64 { return max(-6, min(6, x)) }

// second notes how values weigh beside each other. Those of one list or
// enumeration are siblings, and their siblings too.
func second(values []*value) {
	of := clusters(values)
	type sums struct{ most, sum, n float64 }
	inside := map[string]map[int]*sums{} // by group and cluster
	for i, v := range values {
		g := group(v.kind)
		if inside[g] == nil {
			inside[g] = map[int]*sums{}
		}
		s := inside[g][of[i]]
		if s == nil {
			s = &sums{most: -6}
			inside[g][of[i]] = s
		}
		z := bound(v.alone)
		s.most, s.sum, s.n = max(s.most, z), s.sum+z, s.n+1
	}
	sites := map[string]*sums{} // of URLs
	for _, v := range values {
		if v.kind == intake.URL {
			s := sites[site(v.host)]
			if s == nil {
				s = &sums{most: -6}
				sites[site(v.host)] = s
			}
			s.most, s.n = max(s.most, bound(v.alone)), s.n+1
		}
	}
	// The two best clusters of each group tell the best outside of any one.
	best := map[string][2]int{}
	for g, all := range inside {
		b := [2]int{-1, -1}
		for _, c := range slices.Sorted(maps.Keys(all)) {
			switch {
			case b[0] < 0 || all[c].most > all[b[0]].most:
				b = [2]int{c, b[0]}
			case b[1] < 0 || all[c].most > all[b[1]].most:
				b[1] = c
			}
		}
		best[g] = b
	}
	outside := func(g string, c int) float64 {
		for _, b := range best[g] {
			if b >= 0 && b != c {
				return inside[g][b].most
			}
		}
		return -6
	}
	for i, v := range values {
		g, z := group(v.kind), bound(v.alone)
		s := inside[g][of[i]]
		next, others := outside(g, of[i]), -6.0
		for o, b := range best {
			if o != g && o != string(intake.Mail) && b[0] >= 0 {
				others = max(others, inside[o][b[0]].most)
			}
		}
		v.beside = map[string]float64{alone: z, lead: bound(z - next), behind: min(0, bound(z-max(next, s.most))), rival: others / 3}
		if s.n > 1 {
			v.beside[lists] = bound((s.sum-z)/(s.n-1) - z)
			if z > -1 { // else it was told apart from them
				v.beside[mate] = bound(s.most - z)
			}
		}
		if s := sites[site(v.host)]; v.kind == intake.URL && s.n > 1 {
			v.beside[kin] = bound(s.most - z)
		}
		if z >= next {
			v.beside[top] = 1
		}
	}
}

// clusters numbers values so that siblings have the same number.
func clusters(values []*value) []int {
	up := make([]int, len(values))
	for i := range up {
		up[i] = i
	}
	root := func(i int) int {
		for up[i] != i {
			up[i] = up[up[i]]
			i = up[i]
		}
		return i
	}
	first := map[[2]int]int{}
	for i, v := range values {
		for _, m := range v.mentions {
			for _, k := range [][2]int{{0, m.listed}, {1, m.run}} {
				if k[1] == 0 {
					continue
				}
				if o, ok := first[k]; ok {
					up[root(i)] = root(o)
				} else {
					first[k] = i
				}
			}
		}
	}
	for i := range up {
		up[i] = root(i)
	}
	return up
}
