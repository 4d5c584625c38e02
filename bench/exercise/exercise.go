// Package exercise writes content that is meant to satisfy definitions, and
// content that misses them by a little. Both are for comparing scanners: what
// a definition really matches is for a scanner to say.
package exercise

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"

	"candor/engine/yara"
)

// Case is one content made for one rule.
type Case struct {
	Namespace string
	Rule      string
	Kind      string // "meant", "tight", or what was done to miss
	Data      []byte
}

// Name is a file name for the case; it is unique among the cases of a set.
func (c Case) Name() string {
	h := fnv.New32a()
	h.Write([]byte(c.Namespace))
	return fmt.Sprintf("%s-%08x-%s", c.Rule, h.Sum32(), c.Kind)
}

// Exerciser writes cases for the rules of one namespace. The same rules and
// seed give the same cases. It is safe for concurrent use.
type Exerciser struct {
	namespace string
	seed      uint64
	rules     map[string]*yara.Rule
	global    []*yara.Rule
}

// New makes an Exerciser for the rules of the files, which are one namespace.
func New(namespace string, seed uint64, files ...*yara.File) *Exerciser {
	x := &Exerciser{namespace: namespace, seed: seed, rules: map[string]*yara.Rule{}}
	for _, f := range files {
		for _, r := range f.Rules {
			x.rules[r.Name] = r
			if r.Global {
				x.global = append(x.global, r)
			}
		}
	}
	return x
}

// attempts bounds how often a rule is tried anew when nothing fits.
const attempts = 8

// Cases writes content for a rule: at most two that are meant to satisfy it and
// four that miss. It gives none when it finds no way to satisfy the condition.
func (x *Exerciser) Cases(r *yara.Rule) []Case {
	h := fnv.New64a()
	h.Write([]byte(x.namespace + "\x00" + r.Name))
	rng := rand.New(rand.NewPCG(x.seed, h.Sum64()))
	var out []Case
	add := func(kind string, data []byte) {
		out = append(out, Case{x.namespace, r.Name, kind, data})
	}
	meant, ok := x.satisfy(r, rng, false)
	if !ok {
		return nil
	}
	add("meant", meant.data)
	if tight, ok := x.satisfy(r, rng, true); ok {
		add("tight", tight.data)
	}
	for _, m := range misses(rng, meant) {
		add(m.kind, m.data)
	}
	return out
}

func (x *Exerciser) satisfy(r *yara.Rule, rng *rand.Rand, tight bool) (placed, bool) {
	for range attempts {
		s := &solver{rng: rng, rules: x.rules, steps: 20000}
		var result placed
		var done then = func(d draft) (ok bool) {
			result, ok = d.layout(rng, tight)
			return ok
		}
		for _, g := range x.global {
			if next := done; g != r {
				done = func(d draft) bool { return s.solve(g.Condition, scope{rule: g}, true, d, next) }
			}
		}
		if s.solve(r.Condition, scope{rule: r}, true, newDraft(), done) {
			return result, true
		}
	}
	return placed{}, false
}
