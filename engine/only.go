package engine

import (
	"slices"

	"candor/engine/clamav"
	"candor/engine/internal/ir"
	"candor/engine/internal/match"
	"candor/engine/internal/plan"
)

// Only gives the rules of r with fingerprints that are wanted, to be looked for
// alone: new rules can be asked at the cost of new rules. The others stay for
// what refers to them, and are never reported. The Rules share memory with r.
// The error is about rules that cannot be decoded.
func (r *Rules) Only(wanted func(Fingerprint) bool) (*Rules, error) {
	is := func(rule uint32) bool { return wanted(r.prints[rule]) }
	set, groups := r.set.Only(is)
	rules, err := r.decode(is)
	if err != nil {
		return nil, err
	}
	layOut(set, plan.NewFormulas(rules, &set.Numbers, set.Patterns), groups)
	set.Init()
	return &Rules{set: set, infos: r.infos, externs: r.externs, prints: r.prints}, nil
}

// decode decodes rules that are wanted, and those that they refer to. The others
// are nil.
func (r *Rules) decode(wanted func(rule uint32) bool) ([]*ir.Rule, error) {
	out := make([]*ir.Rule, r.infos.len())
	var todo []uint32
	for i := range out {
		if wanted(uint32(i)) {
			todo = append(todo, uint32(i))
		}
	}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		if todo = todo[:len(todo)-1]; int(i) >= len(out) || out[i] != nil {
			continue
		}
		rule, err := r.set.Rule(i)
		if err != nil {
			return nil, err
		}
		out[i], todo = rule, appendReferences(todo, rule.Cond)
	}
	return out, nil
}

// appendReferences appends the rules that a condition refers to.
func appendReferences(dst []uint32, e *ir.Expr) []uint32 {
	if e.Op == ir.Rule_ || e.Op == ir.OfRules {
		dst = append(dst, e.Refs...)
	}
	for _, k := range e.Kids {
		dst = appendReferences(dst, k)
	}
	return dst
}

// layOut moves rules that no global rule governs into groups behind gates, and
// plans for each view and route.
func layOut(set *match.Set, f *plan.Formulas, groups [][]uint32) {
	gated := plan.Split(f, groups[0])
	for i := range gated {
		for _, r := range gated[i].Rules {
			if i > 0 {
				set.GroupOf[r] = uint16(len(set.Groups) + i - 1)
			}
		}
	}
	all := append([]plan.Gated{gated[0]}, make([]plan.Gated, len(groups)-1)...)
	signatures := make([]plan.Gated, len(groups))
	for g := 1; g < len(groups); g++ {
		all[g].Rules = groups[g]
		if set.Groups[g].Target > 0 {
			signatures[g].Rules = groups[g]
		}
	}
	var text []plan.TextAtom
	if set.Signatures {
		text, set.TextGated = plan.TextGate(f, textRules(set, groups))
	}
	for _, g := range gated[1:] {
		set.Groups = append(set.Groups, match.Group{Gate: g.Gate})
		all, signatures = append(all, g), append(signatures, plan.Gated{})
	}
	for _, a := range text {
		set.TextPieces = append(set.TextPieces, a.Piece)
	}
	for route := range plan.Routes {
		set.Plans[match.Raw][route] = plan.New(f, all, route, set.Patterns, text)
		if set.Signatures {
			set.Plans[match.Normal][route] = plan.New(f, signatures, route, set.Patterns, nil)
		}
	}
}

// textRules gives the signatures that are matched against the normal form of
// texts.
func textRules(set *match.Set, groups [][]uint32) (out []uint32) {
	for _, t := range []clamav.Target{clamav.Any, clamav.ASCII} {
		if g := slices.IndexFunc(set.Groups, func(g match.Group) bool { return g.Target == 1+uint8(t) }); g >= 0 {
			out = append(out, groups[g]...)
		}
	}
	return out
}
