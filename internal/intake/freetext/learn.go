package freetext

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"candor/internal/intake"
	"candor/internal/intake/message"
)

// Labelled is a report of which a person said what it is about.
type Labelled struct {
	Message *message.Message
	About   []intake.Resource
	Style   string // reports of one style are not both learned from and judged
	// Share is how much it counts for how sure readings are: by it reports that
	// were made to mislead come as seldom as they do in the post.
	Share float64
}

// Learner finds weights (logistic regression by gradient descent, Nesterov
// 1983), drawn towards weights that were set by hand, so that some hundred
// reports suffice.
type Learner struct {
	Prior string // as Weights gives them
	Pull  float64
	Steps int
	// Readings are how many more times each report is learned from, every time without
	// the share Forget of the words that are known: so reports are read too whose words
	// nobody thought of.
	Readings int
	Forget   float64
	cases    []learned
}

type learned struct {
	style  string
	share  float64
	part   float64 // how much this reading of the report counts; 1 of that with all words
	d      *document
	topic  topic
	rows   []row
	values []*value
	right  map[string]bool
	wanted int
}

type row struct {
	names []string
	power []float64
	is    float64
}

// Add takes reports.
func (l *Learner) Add(all ...Labelled) {
	words := New().words
	for _, c := range all {
		l.cases = append(l.cases, learn(c, words, 1))
		for range l.Readings {
			l.cases = append(l.cases, learn(c, words.without(l.Forget, len(l.cases)), again))
		}
	}
}

// again is how much a reading without some of the words counts.
const again = 0.3

func learn(c Labelled, words *lexicon, part float64) learned {
	d := open(c.Message)
	d.scan()
	values := d.values()
	t := d.topic(words)
	n := d.tally(values, t)
	x := learned{style: c.Style, share: c.Share, part: part, d: d, topic: t, values: values, right: map[string]bool{}, wanted: len(c.About)}
	for _, a := range c.About {
		x.right[string(a.Kind)+" "+a.Value] = true
		if a.Kind == intake.Address && strings.Contains(a.Value, "/") {
			x.right["network "+a.Value] = true
		}
	}
	d.features(values, n, words, t)
	for _, v := range values {
		is := 0.0
		if x.right[string(v.kind)+" "+v.value] {
			is = 1
		}
		w := row{is: is}
		for _, f := range v.features {
			w.names = append(w.names, group(v.kind)+":"+f)
			w.power = append(w.power, v.power(f))
		}
		x.rows = append(x.rows, w)
	}
	return x
}

// Weights learns from all reports, with the calibration that judging each style by
// the others gives. Exact is the share of reports that were read exactly right by
// what other styles taught. The list is as New reads it.
func (l *Learner) Weights() (list, trees string, exact float64) {
	o := l.fit(l.cases)
	w := o.weights
	outcomes := l.outcomes(l.cases, 10)
	reports := 0.0
	for _, o := range outcomes {
		if o.part == 1 {
			exact, reports = exact+o.is, reports+1
		}
	}
	exact /= reports
	maps.Copy(w, l.certain(outcomes))
	var b strings.Builder
	b.WriteString("# Weights of features, learned from labelled reports by go run ./bench/cmd/freetext -learn.\n")
	for _, n := range slices.Sorted(maps.Keys(w)) {
		fmt.Fprintf(&b, "%s\t%.3f\n", n, w[n])
	}
	return b.String(), o.trees.String(), exact
}

// Fold is some styles, and a Reader that learned from all others.
type Fold struct {
	Styles map[string]bool
	Reader *Reader
}

// Folds parts the styles of all reports into n sets.
func (l *Learner) Folds(n int) (all []Fold) {
	for _, out := range folds(l.cases, n) {
		r := New()
		others := slices.DeleteFunc(slices.Clone(l.cases), func(c learned) bool { return out[c.style] })
		r.opinion = l.fit(others)
		maps.Copy(r.weights, l.certain(l.outcomes(others, 10)))
		all = append(all, Fold{Styles: out, Reader: r})
	}
	return all
}

// outcome is how a report was read by what other styles teach.
type outcome struct {
	style string
	signs map[string]float64
	none  bool // nothing was found
	share float64
	part  float64 // how much the reading counts
	is    float64
}

func (l *Learner) outcomes(cases []learned, n int) (all []outcome) {
	for _, out := range folds(cases, n) {
		w := l.fit(slices.DeleteFunc(slices.Clone(cases), func(c learned) bool { return out[c.style] }))
		for _, c := range cases {
			if out[c.style] {
				all = append(all, c.judged(w))
			}
		}
	}
	return all
}

// certain learns how sure readings are, and how often such ones are right: each
// style by what the others say.
func (l *Learner) certain(outcomes []outcome) weights {
	w := l.sure(outcomes)
	var sure, share []float64
	var right []bool
	for _, out := range foldsOf(outcomes, 10) {
		s := l.sure(slices.DeleteFunc(slices.Clone(outcomes), func(o outcome) bool { return out[o.style] }))
		for _, o := range outcomes {
			if out[o.style] && !o.none {
				sure, share, right = append(sure, s.speaks(o.signs)), append(share, o.share), append(right, o.is > 0)
			}
		}
	}
	for i, y := range calibrate(sure, share, right) {
		w["calibration:"+threeDigits(i)] = y
	}
	return w
}

// sure learns how sure readings are.
func (l *Learner) sure(all []outcome) weights {
	var rows []row
	var scale []float64
	for _, o := range all {
		if o.none {
			continue
		}
		r := row{is: o.is}
		for _, f := range slices.Sorted(maps.Keys(o.signs)) {
			r.names, r.power = append(r.names, "sure:"+f), append(r.power, o.signs[f])
		}
		rows, scale = append(rows, r), append(scale, o.share)
	}
	return l.descend(rows, scale, func(n string) bool { return strings.HasPrefix(n, "sure:") })
}

// fit learns what values weigh by themselves, and then beside each other, from
// what they weigh by what other styles teach.
func (l *Learner) fit(cases []learned) opinion {
	w := l.first(cases)
	for _, out := range folds(cases, 6) {
		part := l.first(slices.DeleteFunc(slices.Clone(cases), func(c learned) bool { return out[c.style] }))
		for _, c := range cases {
			if out[c.style] {
				for _, v := range c.values {
					v.alone = part.sum(v)
				}
				second(c.values)
			}
		}
	}
	var rows []row
	var scale []float64
	for _, c := range cases {
		for i, v := range c.values {
			r := row{names: []string{group(v.kind) + ":2:bias"}, power: []float64{1}, is: c.rows[i].is}
			for _, f := range slices.Sorted(maps.Keys(v.beside)) {
				r.names, r.power = append(r.names, group(v.kind)+":2:"+f), append(r.power, v.beside[f])
			}
			rows, scale = append(rows, r), append(scale, c.scale())
		}
	}
	maps.Copy(w, l.descend(rows, scale, func(n string) bool { return strings.Contains(n, ":2:") }))
	return opinion{w, l.boost(cases, w)}
}

// boost grows trees upon what the weights say of values, each by what other styles
// taught.
func (l *Learner) boost(cases []learned, w weights) trees {
	all := map[string]*examples{"address": {}, "url": {}, "domain": {}}
	for _, c := range cases {
		for i, v := range c.values {
			if x := all[group(v.kind)]; x != nil {
				x.add(v, c.style, c.rows[i].is, c.scale(), w.second(v))
			}
		}
	}
	t := map[string][]*node{}
	for g, x := range all {
		if n := x.grow(); len(n) > 0 {
			t[g] = n
		}
	}
	return grown(t)
}

// scale is how much each value of a report counts: a report with a hundred
// values weighs no more than one with some, and one that was made to mislead
// less than others, though more than it does for how sure readings are.
func (c learned) scale() float64 {
	return c.part * math.Sqrt(c.share) * min(1, 5/float64(len(c.rows)))
}

// folds parts styles into so many sets.
func folds(cases []learned, n int) []map[string]bool {
	names := map[string]bool{}
	for _, c := range cases {
		names[c.style] = true
	}
	return parted(names, n)
}

func foldsOf(outcomes []outcome, n int) []map[string]bool {
	names := map[string]bool{}
	for _, o := range outcomes {
		names[o.style] = true
	}
	return parted(names, n)
}

func parted(names map[string]bool, n int) []map[string]bool {
	styles := slices.Sorted(maps.Keys(names))
	all := make([]map[string]bool, min(n, len(styles)))
	for i, s := range styles {
		f := i % len(all)
		if all[f] == nil {
			all[f] = map[string]bool{}
		}
		all[f][s] = true
	}
	return all
}

func (l *Learner) first(cases []learned) weights {
	var rows []row
	var scale []float64
	for _, c := range cases {
		for _, r := range c.rows {
			rows, scale = append(rows, r), append(scale, c.scale())
		}
	}
	return l.descend(rows, scale, func(n string) bool { return !strings.Contains(n, ":2:") && !strings.HasPrefix(n, "sure:") })
}

func (l *Learner) descend(rows []row, scale []float64, of func(string) bool) weights {
	start := parseWeights(l.Prior)
	maps.DeleteFunc(start, func(n string, _ float64) bool { return !of(n) })
	names := slices.Sorted(maps.Keys(start))
	index := map[string]int{}
	for i, n := range names {
		index[n] = i
	}
	at := make([][]int, len(rows))
	for i, r := range rows {
		for _, n := range r.names {
			j, ok := index[n]
			if !ok {
				j = len(names)
				index[n], names = j, append(names, n)
			}
			at[i] = append(at[i], j)
		}
	}
	prior := make([]float64, len(names))
	for i, n := range names {
		prior[i] = start[n]
	}
	w := l.nesterov(rows, at, scale, prior)
	all := weights{}
	for i, n := range names {
		all[n] = w[i]
	}
	return all
}

func (l *Learner) nesterov(rows []row, at [][]int, scale, prior []float64) []float64 {
	// How steep the slope can become in each weight bounds the steps: rows' sizes
	// times their parts (a majorizer of the Hessian).
	steep := make([]float64, len(prior))
	for i, r := range rows {
		size := 0.0
		for _, x := range r.power {
			size += math.Abs(x)
		}
		for j, n := range at[i] {
			steep[n] += scale[i] * math.Abs(r.power[j]) * size / 4
		}
	}
	w, ahead, slope := slices.Clone(prior), slices.Clone(prior), make([]float64, len(prior))
	for step := range l.Steps {
		for n, x := range ahead {
			slope[n] = l.Pull * (x - prior[n])
		}
		for i, r := range rows {
			sum := 0.0
			for j, n := range at[i] {
				sum += ahead[n] * r.power[j]
			}
			e := scale[i] * (1/(1+math.Exp(-sum)) - r.is)
			for j, n := range at[i] {
				slope[n] += e * r.power[j]
			}
		}
		momentum := float64(step) / float64(step+3)
		for n := range slope {
			last := w[n]
			w[n] = ahead[n] - slope[n]/(l.Pull+steep[n])
			ahead[n] = w[n] + momentum*(w[n]-last)
		}
	}
	return w
}

func (c learned) judged(by opinion) outcome {
	by.weigh(c.values)
	about := chosen(c.values)
	hits := 0
	for _, v := range about {
		if c.right[string(v.kind)+" "+v.value] {
			hits++
		}
	}
	o := outcome{style: c.style, share: c.share * c.part, part: c.part, signs: c.d.signs(c.values, about, c.topic), none: len(about) == 0}
	if hits == len(about) && hits == c.wanted {
		o.is = 1
	}
	return o
}

// calibrate gives for so many steps how often what spoke so much was right, never
// falling (isotonic regression: Ayer and others 1955), and between what was found of
// such as are near each other in a line.
func calibrate(sure, share []float64, right []bool) []float64 {
	order := make([]int, len(sure))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(sure[a], sure[b]) })
	var all []block
	for _, i := range order {
		y := 0.0
		if right[i] {
			y = 1
		}
		all = append(all, block{sure[i], y, share[i]})
		for k := len(all); k > 1 && all[k-2].y >= all[k-1].y; k-- {
			a, b := all[k-2], all[k-1]
			n := a.n + b.n
			all = append(all[:k-2], block{(a.x*a.n + b.x*b.n) / n, (a.y*a.n + b.y*b.n) / n, n})
		}
	}
	if len(all) == 0 {
		return nil
	}
	out := make([]float64, steps+1)
	for i := range out {
		x := 12*float64(i)/steps - 6
		at, _ := slices.BinarySearchFunc(all, x, func(b block, x float64) int { return cmp.Compare(b.x, x) })
		switch {
		case at == 0:
			out[i] = all[0].proven()
		case at == len(all):
			out[i] = all[at-1].proven()
		default:
			a, b := all[at-1], all[at]
			out[i] = a.proven() + (b.proven()-a.proven())*(x-a.x)/(b.x-a.x)
		}
		if i > 0 {
			out[i] = max(out[i], out[i-1])
		}
	}
	return out
}

// block are readings for which about as much speaks, and how often they were right.
type block struct{ x, y, n float64 }

// proven is how often they were right, but that a few are no proof.
func (b block) proven() float64 { return b.y * b.n / (b.n + 0.5) }
