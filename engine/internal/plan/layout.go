package plan

import (
	"maps"
	"slices"

	"candor/engine/gram"
	"candor/engine/internal/ir"
	"candor/engine/pattern"
)

// Use says what an atom stands for, a place in a variant of a pattern: the
// number of the pattern (24 bits), the variant (8), the preorder number of
// the leaf in the variant's tree (16), and the offset of the atom within the
// leaf or the literal (16).
type Use uint64

// Limits of what a Use can hold.
const (
	MaxPatterns = 1<<24 - 1<<16
	maxVariant  = 1 << 8
	maxLeaf     = 1 << 16
	maxOff      = 1 << 16
)

func newUse(pattern uint32, variant, leaf, off int) Use {
	return Use(pattern)<<40 | Use(variant)<<32 | Use(leaf)<<16 | Use(off)
}

// gateUse is the Use of an atom that opens the gate of a group: the numbers
// above MaxPatterns stand for groups.
func gateUse(group int) Use { return newUse(uint32(MaxPatterns+group), 0, 0, 0) }

// textUse is the Use of an atom of the gate of the normal form of texts.
func textUse(groups, number, off int) Use {
	return newUse(uint32(MaxPatterns+groups), number/maxLeaf, number%maxLeaf, off)
}

// maxTextAtoms bounds the numbers of text atoms.
const maxTextAtoms = maxVariant * maxLeaf

// Text gives the number of the text atom that a Use of the gate of the normal
// form of texts is of, and the offset of its word.
func (u Use) Text() (number, off int) { return u.Variant()*maxLeaf + u.Leaf(), u.Off() }

// Gate tells whether, and of which group, the atom opens the gate.
func (u Use) Gate() (group int, ok bool) {
	g := int(u.Pattern()) - MaxPatterns
	return g, g >= 0
}

// Pattern is the number of the pattern.
func (u Use) Pattern() uint32 { return uint32(u >> 40) }

// Variant is the index of the variant.
func (u Use) Variant() int { return int(u >> 32 & 0xFF) }

// Leaf is the preorder number of the leaf.
func (u Use) Leaf() int { return int(u >> 16 & 0xFFFF) }

// Off is the offset of the atom within the leaf or the literal.
func (u Use) Off() int { return int(u & 0xFFFF) }

// Index finds atoms and tells what they stand for.
type Index struct {
	Table  *gram.Table
	UseOff []uint32 // by atom; len = atoms+1
	Uses   []uint64 // Use
}

// Plan is how groups of rules are looked for in content of one route.
type Plan struct {
	// Strong has by alphabet the atoms of all groups: of variants that plain
	// text can match those that sampling finds, of others all. An alphabet
	// with few atoms has none here: they are among those of plain text.
	Strong  [Alphabets]Index
	Tracked []uint64 // bit by pattern number: all its atoms are in Strong
	Lanes   []Lane   // by group
	Text    Index    // short atoms of the gate of the normal form of texts, unless they are in the first lane

	// Triggers by pattern: the rules that become candidates when it may occur.
	TriggerKeys []uint32 // sorted pattern numbers
	TriggerOff  []uint32
	Triggers    []uint32
}

// Lane is what is particular to a group.
type Lane struct {
	Weak    Index    // atoms that it takes a look at every offset to find
	Whole   bool     // Weak holds the atoms of lanes Within too: one pass does for all
	Within  bool     // its atoms are in Weak of each lane that is Whole: the first lane, and those of groups without a gate
	Tracked []uint32 // sorted numbers of patterns with atoms there, all of whose atoms are looked for
	Always  []uint32 // rules that no atom covers
}

// frequent is the cost above which a rule is expected to be a candidate so
// often that all of its patterns are tracked rather than searched for.
const frequent = 1e-5

// trackable bounds the cost of a pattern that is tracked without being a trigger.
const trackable = 2e-3

// New plans for a route. A group whose gate keeps content of the route out has
// no part in it. Text are the atoms that open the gate of the normal form of
// texts, which has the number after that of the last group.
func New(f *Formulas, groups []Gated, route Route, patterns int, text []TextAtom) *Plan {
	p := &Plan{Tracked: make([]uint64, (patterns+63)/64), Lanes: make([]Lane, len(groups))}
	b := &builder{all: f, route: route, plan: p, triggers: map[uint32][]uint32{}, wanted: map[want]bool{}}
	for a := range b.strong {
		b.strong[a] = newIndexBuilder()
	}
	b.weak = make([]*indexBuilder, len(groups))
	for g := range groups {
		b.weak[g] = newIndexBuilder()
		b.group(g, groups[g])
	}
	b.fill()
	p.Text = b.openText(text).index()
	for g, group := range groups {
		if group.Gate != nil && len(group.Gate.Values) > 0 {
			p.Lanes[g].Whole = true
			for k, other := range groups {
				if k == 0 || other.Gate == nil && len(b.weak[k].atoms) > 0 {
					b.weak[g].join(b.weak[k])
					p.Lanes[k].Within = true
				}
			}
		}
		p.Lanes[g].Weak = b.weak[g].index()
	}
	for a := range b.strong {
		p.Strong[a] = b.strong[a].index()
	}
	p.TriggerOff = []uint32{0}
	p.TriggerKeys = slices.Sorted(maps.Keys(b.triggers))
	for _, k := range p.TriggerKeys {
		p.Triggers = append(p.Triggers, b.triggers[k]...)
		p.TriggerOff = append(p.TriggerOff, uint32(len(p.Triggers)))
	}
	return p
}

func (p *Plan) whole() bool {
	return slices.ContainsFunc(p.Lanes, func(l Lane) bool { return l.Whole })
}

// Order gives the groups in the order in which their lanes are to be run. One
// that does for others comes before them; else the first one comes first, for it
// may hold atoms of all.
func (p *Plan) Order(yield func(group int) bool) {
	n, down := len(p.Lanes), p.whole()
	for k := range n {
		g := k
		if down {
			g = n - 1 - k
		}
		if !yield(g) {
			return
		}
	}
}

// builder gathers a Plan.
type builder struct {
	all      *Formulas
	route    Route
	plan     *Plan
	strong   [Alphabets]*indexBuilder
	weak     []*indexBuilder // by group
	triggers map[uint32][]uint32
	wanted   map[want]bool
	order    []want // of wanted
}

// want is a pattern that is to be tracked for a group.
type want struct {
	pattern uint32
	group   int
}

func (b *builder) group(g int, group Gated) {
	if !group.Gate.Takes(b.route) {
		return
	}
	for _, r := range group.Rules {
		b.rule(g, r)
	}
	if group.Gate != nil {
		b.open(g, group.Gate.Strong, g)
	}
}

// open looks in the lane of a group for atoms that open a gate.
func (b *builder) open(lane int, atoms [][]byte, gate int) {
	for _, a := range atoms {
		if gram.Short(a) {
			b.weak[lane].add(a, gateUse(gate))
		} else {
			b.strong[Text].add(a, gateUse(gate))
		}
	}
}

// openText looks for atoms that open the gate of the normal form of texts. It
// gives the short ones if the first lane makes no pass for others: then they are
// only looked for in texts.
func (b *builder) openText(text []TextAtom) *indexBuilder {
	apart := newIndexBuilder()
	short := b.weak[0]
	if len(short.atoms) == 0 {
		short = apart
	}
	for i, a := range text {
		to := b.strong[Text]
		if gram.Short(a.Bytes) {
			to = short
		}
		to.add(a.Bytes, textUse(len(b.weak), i, a.Off))
	}
	return apart
}

func (b *builder) rule(g int, r uint32) {
	form := onRoute(b.all.Of(r), b.route)
	if form.Op == gram.Nothing {
		return
	}
	cover, cost := form.Cover()
	if cost >= gram.Impossible {
		b.plan.Lanes[g].Always = append(b.plan.Lanes[g].Always, r)
		b.trackAll(g, r, 0)
		return
	}
	for _, c := range cover {
		b.track(g, c)
		if t := b.triggers[c.Pattern]; len(t) == 0 || t[len(t)-1] != r {
			b.triggers[c.Pattern] = append(t, r)
		}
	}
	if cost > frequent {
		b.trackAll(g, r, 0)
	}
}

// trackAll tracks the patterns of a rule, and of those it refers to, that are
// rare enough for it.
func (b *builder) trackAll(g int, r uint32, depth int) {
	n := need{all: b.all, rule: r, loop: -1}
	for i := range b.all.Rules[r].Patterns {
		if f := n.pattern(uint32(i)); f.Op == gram.Present && f.Set.Cost < b.limit(f) {
			b.track(g, f)
		}
	}
	if depth < maxRefs {
		b.trackRefs(g, b.all.Rules[r].Cond, depth)
	}
}

// limit bounds the cost of a pattern that is tracked without being a trigger:
// less for a literal, for to search for one instead is cheap.
func (b *builder) limit(f *gram.Formula) float64 {
	if slices.ContainsFunc(b.all.pattern(f.Pattern).Variants, func(v ir.Variant) bool { return v.Tree != nil }) {
		return trackable
	}
	return trackable / 10
}

func (b *builder) trackRefs(g int, e *ir.Expr, depth int) {
	if e.Op == ir.Rule_ || e.Op == ir.OfRules {
		for _, r := range e.Refs {
			b.trackAll(g, r, depth+1)
		}
	}
	for _, k := range e.Kids {
		b.trackRefs(g, k, depth)
	}
}

// maxRefs bounds how far references to rules are followed.
const maxRefs = 4

// track wants a pattern to be tracked for a group.
func (b *builder) track(g int, f *gram.Formula) {
	if w := (want{f.Pattern, g}); !b.wanted[w] {
		b.wanted[w] = true
		b.order = append(b.order, w)
	}
}

// fill looks for the atoms of the patterns that are wanted.
func (b *builder) fill() {
	joined := b.joined()
	for _, w := range b.order {
		p, weak := w.pattern, false
		if b.plan.Tracked[p>>6]>>(p&63)&1 != 0 {
			continue
		}
		for _, a := range b.all.placed[p] {
			switch {
			case a.alphabet != Text && !joined[a.alphabet]:
				b.strong[a.alphabet].add(a.Bytes, a.use)
			case gram.Short(a.Bytes):
				weak = true
				b.weak[w.group].add(a.Bytes, a.use)
			default:
				b.strong[Text].add(a.Bytes, a.use)
			}
		}
		if weak {
			b.plan.Lanes[w.group].Tracked = append(b.plan.Lanes[w.group].Tracked, p)
		} else {
			b.plan.Tracked[p>>6] |= 1 << (p & 63)
		}
	}
	for g := range b.plan.Lanes {
		slices.Sort(b.plan.Lanes[g].Tracked)
	}
}

// few is a number of atoms that are worth no passes of their own.
const few = 2048

// joined tells which alphabets have so few atoms that a pass over content that
// has them would cost more than to look for them in any content.
func (b *builder) joined() (join [Alphabets]bool) {
	var n [Alphabets]int
	for _, w := range b.order {
		for _, a := range b.all.placed[w.pattern] {
			n[a.alphabet]++
		}
	}
	for a := High; a < Alphabets; a++ {
		if join[a] = 4*n[a] < n[Text] || n[Text]+n[a] < few; join[a] {
			n[Text] += n[a]
		}
	}
	return join
}

// indexBuilder gathers an Index.
type indexBuilder struct {
	byBytes map[string]int
	atoms   [][]byte
	uses    [][]uint64
}

func newIndexBuilder() *indexBuilder { return &indexBuilder{byBytes: map[string]int{}} }

func (b *indexBuilder) add(atom []byte, u Use) {
	id, ok := b.byBytes[string(atom)]
	if !ok {
		id = len(b.atoms)
		b.byBytes[string(atom)] = id
		b.atoms = append(b.atoms, atom)
		b.uses = append(b.uses, nil)
	}
	if !slices.Contains(b.uses[id], uint64(u)) {
		b.uses[id] = append(b.uses[id], uint64(u))
	}
}

// join adds the atoms of another index.
func (b *indexBuilder) join(other *indexBuilder) {
	for id, atom := range other.atoms {
		for _, u := range other.uses[id] {
			b.add(atom, Use(u))
		}
	}
}

func (b *indexBuilder) index() Index {
	x := Index{Table: gram.NewTable(b.atoms), UseOff: make([]uint32, 1, len(b.uses)+1)}
	for _, u := range b.uses {
		x.Uses = append(x.Uses, u...)
		x.UseOff = append(x.UseOff, uint32(len(x.Uses)))
	}
	return x
}

// onRoute decides what the route decides.
func onRoute(f *gram.Formula, route Route) *gram.Formula {
	switch f.Op {
	case gram.Header:
		if !route.allows(f) {
			return gram.Never()
		}
	case gram.AllOf, gram.AnyOf, gram.AtLeast:
		sub := make([]*gram.Formula, len(f.Sub))
		for i, s := range f.Sub {
			sub[i] = onRoute(s, route)
		}
		switch f.Op {
		case gram.AllOf:
			return gram.And(sub...)
		case gram.AnyOf:
			return gram.Or(sub...)
		}
		sub = slices.DeleteFunc(sub, func(s *gram.Formula) bool { return s.Op == gram.Nothing })
		return gram.Threshold(f.N, sub)
	}
	return f
}

// placed is an atom with its use.
type placed struct {
	gram.Atom
	use      Use
	alphabet Alphabet // that its variant needs
}

// place gives the atoms of pattern number p, and what looking for them costs.
// A pattern with a place that a Use cannot hold is one without atoms.
func place(p uint32, variants []ir.Variant) ([]placed, float64) {
	var out []placed
	cost := 0.0
	for v := range variants {
		set := variantSet(&variants[v])
		if set.Cost >= gram.Impossible || v >= maxVariant {
			return nil, gram.Impossible
		}
		cost += set.Cost
		leaves := leafNumbers(variants[v].Tree)
		alphabet, zero := alphabetOf(&variants[v], 0), holdsZero(&variants[v])
		for i, a := range set.Atoms {
			leaf := leaves[a.Leaf]
			if leaf >= maxLeaf || a.Off >= maxOff {
				return nil, gram.Impossible
			}
			if variants[v].Xor {
				alphabet = alphabetOf(&variants[v], variants[v].XorMin+byte(i)) // an atom a key: see variantSet
			}
			a.Zero, a.At = zero, offsetOf(a, variants[v].Tree)
			out = append(out, placed{a, newUse(p, v, leaf, a.Off), alphabet})
		}
	}
	return out, cost
}

// offsetOf gives the offset of an atom in every match of a pattern, -1 if that is
// not known.
func offsetOf(a gram.Atom, tree *pattern.Node) int {
	if tree == nil || a.Leaf == tree || tree.Op == pattern.Concat && len(tree.Sub) > 0 && a.Leaf == tree.Sub[0] {
		return a.Off
	}
	return -1
}

func leafNumbers(tree *pattern.Node) map[*pattern.Node]int {
	if tree == nil {
		return nil
	}
	leaves := map[*pattern.Node]int{}
	for i, l := range Leaves(tree) {
		if _, ok := leaves[l]; !ok {
			leaves[l] = i
		}
	}
	return leaves
}

// Leaves lists the nodes of a tree that consume bytes, in preorder.
func Leaves(n *pattern.Node) []*pattern.Node { return appendLeaves(nil, n) }

func appendLeaves(dst []*pattern.Node, n *pattern.Node) []*pattern.Node {
	if n.Op == pattern.Bytes || n.Op == pattern.Class {
		return append(dst, n)
	}
	for _, s := range n.Sub {
		dst = appendLeaves(dst, s)
	}
	return dst
}
