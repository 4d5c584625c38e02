package terms

import (
	"slices"
	"strings"

	"candor/internal/phrase"
)

// Lines says in plain sentences, in the reader's language, what changed: first
// what the provider may do, then clauses, then the version as a whole.
func (c *Comparison) Lines() (all []string) {
	for _, action := range c.actions() {
		if s := c.action(action); s != "" {
			all = append(all, s)
		}
	}
	for _, x := range c.Clauses {
		all = append(all, c.lines(x)...)
	}
	return append(all, c.whole()...)
}

// actions gives all that either version allows, the usual ones first.
func (c *Comparison) actions() []string {
	all := Actions()
	for _, d := range []*Document{c.old, c.new} {
		for _, clause := range d.Clauses {
			all = append(all, without(clause.Allows, all)...)
		}
	}
	return all
}

// right says how far a version allows an action.
type right int

const (
	denied right = iota
	asked        // to who said yes to an optional clause
	given        // to all who agreed
)

// right gives how far a version allows an action, and the clause.
func (d *Document) right(action string) (how right, clause string) {
	for _, c := range d.Clauses {
		if !slices.Contains(c.Allows, action) {
			continue
		}
		is := given
		if c.Optional {
			is = asked
		}
		if is > how {
			how, clause = is, c.ID
		}
	}
	return how, clause
}

func (c *Comparison) action(action string) string {
	was, before := c.old.right(action)
	is, clause := c.new.right(action)
	switch {
	case was == is:
		return ""
	case is == denied:
		clause = before
	}
	args := phrase.Args{"action": c.t.Word("terms.action.", action), "clause": c.heading(clause)}
	switch {
	case is == denied:
		return c.t.T("terms.change.stops", args)
	case is == asked && was == given:
		return c.t.T("terms.change.now-asks", args)
	case is == asked:
		return c.t.T("terms.change.may-ask", args)
	case was == asked:
		return c.t.T("terms.change.no-longer-asks", args)
	}
	return c.t.T("terms.change.may", args)
}

func (c *Comparison) lines(x Change) (all []string) {
	args := phrase.Args{"clause": c.heading(x.ID), "was": x.Was, "is": x.Is}
	switch {
	case x.Op == Added && x.Optional:
		return []string{c.t.T("terms.change.added-optional", args)}
	case x.Op == Added:
		return []string{c.t.T("terms.change.added", args)}
	case x.Op == Taken:
		return []string{c.t.T("terms.change.taken", args)}
	}
	if x.Before && !x.Optional {
		all = append(all, c.t.T("terms.change.mandatory", args))
	}
	if !x.Before && x.Optional {
		all = append(all, c.t.T("terms.change.optional", args))
	}
	pairs, others := exchanged(x.Text)
	if len(pairs) > 0 {
		args["list"] = strings.Join(pairs, c.t.T("terms.list"))
		all = append(all, c.t.T("terms.change.numbers", args))
	}
	if others || !same(x.Heading) {
		all = append(all, c.t.T("terms.change.text", args))
	}
	if x.Moved {
		all = append(all, c.t.T("terms.change.moved", args))
	}
	return all
}

// exchanged gives "old → new" for numbers that were exchanged, and tells whether
// anything else changed.
func exchanged(text []Passage) (pairs []string, others bool) {
	for _, p := range text {
		others = others || p.Op != Kept
		for i := 0; i < len(p.Pieces); i++ {
			if p.Pieces[i].Op == Kept {
				continue
			}
			if was, is, ok := numbersOf(p.Pieces[i:]); ok {
				pairs = append(pairs, was+" → "+is)
				i++
				continue
			}
			others = true
		}
	}
	return pairs, others
}

// numbersOf gives what was taken and what was added where pieces begin with an
// exchange of numbers.
func numbersOf(p []Piece) (was, is string, ok bool) {
	if len(p) < 2 || p[0].Op != Taken || p[1].Op != Added || len(p) > 2 && p[2].Op != Kept {
		return "", "", false
	}
	was, is = strings.TrimSpace(p[0].Text), strings.TrimSpace(p[1].Text)
	return was, is, digits.MatchString(was) && digits.MatchString(is) && len(was)+len(is) < 60
}

func (c *Comparison) whole() (all []string) {
	if c.old.Effective != c.new.Effective {
		since := c.new.Since()
		all = append(all, c.t.T("terms.change.effective", phrase.Args{"time": c.t.Time(since, since.Location())}))
	}
	if c.old.Provider.Name != c.new.Provider.Name {
		all = append(all, c.t.T("terms.change.provider", phrase.Args{"was": c.old.Provider.Name, "is": c.new.Provider.Name}))
	}
	if c.old.Provider.Contact != c.new.Provider.Contact {
		all = append(all, c.t.T("terms.change.contact", phrase.Args{"is": strings.TrimPrefix(c.new.Provider.Contact, "mailto:")}))
	}
	if more := without(c.new.Languages, c.old.Languages); len(more) > 0 {
		all = append(all, c.t.T("terms.change.languages", phrase.Args{"list": strings.Join(more, c.t.T("terms.list"))}))
	}
	if fewer := without(c.old.Languages, c.new.Languages); len(fewer) > 0 {
		all = append(all, c.t.T("terms.change.languages-gone", phrase.Args{"list": strings.Join(fewer, c.t.T("terms.list"))}))
	}
	if len(all) == 0 && c.Old.Digest == c.New.Digest {
		all = append(all, c.t.T("terms.change.none"))
	}
	return all
}
