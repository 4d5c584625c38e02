package terms

import (
	"slices"
	"strconv"

	"candor/internal/phrase"
	"candor/internal/regex"
)

// Reason says why a change seems to matter to who agreed to the version before.
// Its words are in the catalogue: "terms.reason." and the reason.
type Reason string

// The reasons.
const (
	Allowed   Reason = "allowed"   // it lets the provider do what nothing let it do
	Mandatory Reason = "mandatory" // one could say no, and no longer can
	NewDuty   Reason = "new"       // a clause that all have to agree to is new
	Gone      Reason = "gone"      // a clause was taken out
	Numbers   Reason = "numbers"   // periods, amounts
	Negation  Reason = "negation"  // a "not" came or went
	Rewritten Reason = "rewritten" // a third of the words or more
	Offered   Reason = "provider"  // somebody else offers the terms
	OtherKind Reason = "kind"
	OtherAge  Reason = "age" // from which somebody may agree alone
)

// Reasons gives all reasons.
func Reasons() []Reason {
	return []Reason{Allowed, Mandatory, NewDuty, Gone, Numbers, Negation, Rewritten, Offered, OtherKind, OtherAge}
}

// Material tells whether people should be asked again: where the author marked
// it, or the change seems to matter.
func (c *Comparison) Material() bool {
	return c.new.Material || len(c.Reasons) > 0 || slices.ContainsFunc(c.Clauses, func(x Change) bool { return x.Marked || len(x.Reasons) > 0 })
}

// judge finds reasons, and holds the author's marks against them.
func (c *Comparison) judge() {
	r := report{problems: nil}
	if c.old.Provider.Name != c.new.Provider.Name {
		c.Reasons = append(c.Reasons, Offered)
	}
	if c.old.Kind != c.new.Kind {
		c.Reasons = append(c.Reasons, OtherKind)
	}
	if c.old.Age != c.new.Age {
		c.Reasons = append(c.Reasons, OtherAge)
	}
	c.judgeVersions(&r)
	for i := range c.Clauses {
		x := &c.Clauses[i]
		x.Reasons = c.reasons(*x)
		if x.Op == Taken && len(x.Reasons) > 0 && !c.new.Material {
			r.fault("", "unmarked", phrase.Args{"name": x.ID, "reason": string(x.Reasons[0])})
		}
		if x.Op == Taken {
			continue
		}
		at := "/clauses/" + strconv.Itoa(x.Is-1)
		if len(x.Reasons) > 0 && !x.Marked {
			r.fault(at, "unmarked", phrase.Args{"name": x.ID, "reason": string(x.Reasons[0])})
		}
		if x.Marked && !x.Changed() {
			r.advise(at, "overmarked", phrase.Args{"name": x.ID})
		}
	}
	if len(c.Reasons) > 0 && !c.new.Material {
		r.fault("", "unmarked", phrase.Args{"name": c.New.Document, "reason": string(c.Reasons[0])})
	}
	c.Problems = r.problems
}

func (c *Comparison) judgeVersions(r *report) {
	if c.old.ID != c.new.ID {
		r.fault("/document", "other", phrase.Args{"name": c.old.ID, "other": c.new.ID})
	}
	if c.old.Label == c.new.Label && c.Old.Digest != c.New.Digest {
		r.fault("/version", "label", phrase.Args{"name": c.new.Label})
	}
	if c.new.Replaces != "" && c.new.Replaces != c.Old.Digest {
		r.fault("/replaces", "replaces", phrase.Args{"value": c.new.Replaces[:16], "other": c.Old.Digest[:16]})
	}
}

func (c *Comparison) reasons(x Change) (all []Reason) {
	if x.Op == Taken {
		return []Reason{Gone}
	}
	if len(x.Allows) > 0 {
		all = append(all, Allowed)
	}
	switch {
	case x.Op == Added && !x.Optional:
		all = append(all, NewDuty)
	case x.Before && !x.Optional:
		all = append(all, Mandatory)
	}
	if x.Op == Added {
		return all
	}
	return append(all, c.textReasons(x.ID)...)
}

// textReasons looks at each language that both versions have: what matters in
// one of them matters.
func (c *Comparison) textReasons(id string) (all []Reason) {
	was, _ := c.old.Clause(id)
	is, _ := c.new.Clause(id)
	for _, tag := range c.new.Languages {
		if !slices.Contains(c.old.Languages, tag) {
			continue
		}
		if !slices.Equal(numbers(was.Text[tag]), numbers(is.Text[tag])) {
			all = append(all, Numbers)
		}
		edits := compare(tokens(Blocks(was.Text[tag])), tokens(Blocks(is.Text[tag])))
		if negations(side(edits, Added), tag) != negations(side(edits, Taken), tag) {
			all = append(all, Negation)
		}
		if share(edits) > 1.0/3 {
			all = append(all, Rewritten)
		}
	}
	slices.SortFunc(all, func(a, b Reason) int { return slices.Index(Reasons(), a) - slices.Index(Reasons(), b) })
	return slices.Compact(all)
}

// share gives how much of both texts together was taken or added.
func share(edits []edit) float64 {
	all, changed := 0, 0
	for _, e := range edits {
		switch {
		case e.begins || e.space():
		case e.op == Kept:
			all += 2
		default:
			all++
			changed++
		}
	}
	if all == 0 {
		return 0
	}
	return float64(changed) / float64(all)
}

var negative = map[string]*regex.Regexp{
	"en": regex.Of(`(?i)^(not|no|never|without|nobody|nothing|only|unless|cannot|.*n['’]t)$`),
	"zh": regex.Of(`^[不无未没勿仅]$`),
	"fr": regex.Of(`(?i)^(ne|pas|jamais|aucune?|sans|sauf|seulement|rien|n['’].*)$`),
	"es": regex.Of(`(?i)^(no|nunca|jamás|ninguna?|sin|salvo|solo|nada|nadie)$`),
	"ru": regex.Of(`(?i)^(не|нет|ни|никогда|без|только|кроме|нельзя)$`),
	"ar": regex.Of(`^(لا|لم|لن|ليس|ليست|دون|بدون|إلا|فقط|غير)$`),
}

// negations counts the words that turn a sentence around.
func negations(all []token, tag string) (n int) {
	is := negative[base(tag)]
	if is == nil {
		return 0
	}
	for _, t := range all {
		if !t.begins && is.MatchString(t.Text) {
			n++
		}
	}
	return n
}
