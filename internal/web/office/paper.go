package office

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/consent/terms"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// paperWays are how the staff was told what it enters.
func paperWays() []consent.How {
	return []consent.How{consent.ByPaper, consent.ByMail, consent.ByContract, consent.ByImport, consent.ByOther}
}

func acts() []consent.Act { return []consent.Act{consent.Agreed, consent.Refused, consent.Withdrawn} }

// paperForm is the form of what a party said elsewhere: first of which terms and
// what, then all about it.
type paperForm struct {
	form
	path      string // of the party
	today     string
	terms     []ui.Option
	acts      []ui.Option
	ways      []ui.Option
	behalves  []ui.Option
	languages []ui.Option
	version   consent.Terms // that was chosen; zero before
	act       consent.Act
	clauses   []paperClause // that have a yes or no of their own
	taken     []string      // those that are taken back
	facts     []ui.Fact
}

// paperClause is an optional clause, with what its field holds.
type paperClause struct{ id, field, title string }

// newPaper asks what a party said, in two steps.
func (o *office) newPaper(r *web.Request) (web.View, error) {
	p, err := o.partyOf(r)
	if err != nil {
		return web.View{}, err
	}
	f := given("terms", r.Query("terms"), "act", r.Query("act"), "at", r.Now.In(r.Zone).Format(time.DateOnly), "how", string(consent.ByPaper), "behalf", string(consent.Self))
	return o.paperView(r, p, paperForm{form: f})
}

// paperView shows the form. Terms that cannot be answered are asked for anew.
func (o *office) paperView(r *web.Request, p candor.Party, x paperForm) (web.View, error) {
	x.path, x.today = partyPath(p.ID), r.Now.In(r.Zone).Format(time.DateOnly)
	all, err := o.house.Terms(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	x.terms = []ui.Option{}
	for _, v := range all {
		if v.State != consent.Published || !v.Ended.IsZero() && !r.Now.Before(v.Ended) {
			continue
		}
		x.terms = append(x.terms, ui.Option{Value: string(v.ID), Label: termsTitle(r.Printer, v) + " " + v.Label})
		if string(v.ID) == x.values["terms"] {
			x.version = v
		}
	}
	x.acts = web.Options(r, "office.consents.", acts())
	if i := slices.Index(acts(), consent.Act(x.values["act"])); i >= 0 && x.version.ID != "" {
		x.act = acts()[i]
		if err := o.fillPaper(r, p, &x); err != nil {
			return web.View{}, err
		}
	}
	v := web.View{Body: paperPage(x), Page: ui.Page{Title: r.T("office.paper"), Active: "parties", Lead: r.T("office.paper.lead"),
		Crumbs: []ui.Link{{Text: r.T("office.parties"), Href: "/parties"}, {Text: p.Name, Href: partyPath(p.ID)}}}}
	if x.bad() {
		v = v.Again()
	}
	return v, nil
}

// fillPaper adds what can be said of the terms that were chosen.
func (o *office) fillPaper(r *web.Request, p candor.Party, x *paperForm) error {
	_, d, err := o.house.TermsDocument(r.Context(), r.Who, x.version.ID)
	if err != nil {
		return err
	}
	x.clauses = paperClauses(r, x.version, d)
	x.ways, x.behalves = web.Options(r, "portal.how.", paperWays()), web.Options(r, "portal.agree.behalf.", consent.Behalves())
	for _, tag := range d.Languages {
		x.languages = append(x.languages, ui.Option{Value: tag, Label: languageName(r, tag)})
	}
	if x.values["language"] == "" {
		x.values["language"] = d.Languages[0]
		if slices.Contains(d.Languages, p.Language) {
			x.values["language"] = p.Language
		}
	}
	x.facts = []ui.Fact{{Label: r.T("office.agreement.terms"), Value: anchor(termsTitle(r.Printer, x.version)+" "+x.version.Label, termsPath(x.version.ID))},
		{Label: r.T("office.said.act"), Value: ui.Text(r.Printer.T("office.consents." + string(x.act)))},
		{Label: r.T("office.paper.digest"), Value: ui.Digest(x.version.Digest)}}
	return nil
}

func paperClauses(r *web.Request, v consent.Terms, d *terms.Document) (all []paperClause) {
	for _, c := range v.Clauses {
		if !c.Optional {
			continue
		}
		title := c.ID
		if clause, _ := d.Clause(c.ID); clause != nil {
			title = clause.Heading[d.Languages[0]]
			if own := clause.Heading[r.Printer.Lang()]; own != "" {
				title = own
			}
		}
		all = append(all, paperClause{c.ID, "clause-" + c.ID, title})
	}
	return all
}

// addPaper keeps what a party said elsewhere.
func (o *office) addPaper(r *web.Request) (web.View, error) {
	p, err := o.partyOf(r)
	if err != nil {
		return web.View{}, err
	}
	x := paperForm{form: typed(r, "terms", "act", "at", "how", "behalf", "age", "language"), taken: r.Lines("taken")}
	x.values["note"] = r.Text("note")
	d := house.Decision{Party: p.ID, Terms: candor.ID(x.values["terms"]), Act: consent.Act(x.values["act"]), How: consent.How(x.values["how"]), Behalf: consent.Behalf(x.values["behalf"]),
		Note: x.values["note"], Language: x.values["language"], At: o.paperTime(r, &x.form)}
	v, text, err := o.house.TermsDocument(r.Context(), r.Who, d.Terms)
	if errors.Is(err, candor.ErrNotFound) {
		x.refuse("terms", r.T("office.form.choose"))
		return o.paperView(r, p, x)
	}
	if err != nil {
		return web.View{}, err
	}
	d.Digest, d.OfAge = v.Digest, x.values["age"] == "reached"
	if v.Age > 0 && d.Act == consent.Agreed && d.Behalf == consent.Self && !d.OfAge {
		x.refuse("age", r.N("office.paper.age.bad", v.Age))
	}
	x.scan(r, &d)
	for _, c := range paperClauses(r, v, text) {
		x.values[c.field] = r.Line(c.field)
		switch {
		case d.Act == consent.Agreed && x.values[c.field] == "yes", d.Act == consent.Withdrawn && slices.Contains(x.taken, c.id):
			d.Clauses = append(d.Clauses, c.id)
		case d.Act == consent.Agreed && x.values[c.field] != "no":
			x.refuse(c.field, r.T("office.paper.clause.bad"))
		}
	}
	x.check(r, d)
	if x.bad() {
		return o.paperView(r, p, x)
	}
	switch _, err := o.house.Decide(r.Context(), r.Who, d); {
	case err == nil:
		return web.See(partyPath(p.ID)+"#said-title").Say(ui.Good, r.T("office.paper.kept", phrase.Args{"terms": termsTitle(r.Printer, v), "version": v.Label})), nil
	case errors.Is(err, candor.ErrChanged):
		x.failed = r.T("office.paper.unbound")
	default:
		if err := x.blame(r, err); err != nil {
			return web.View{}, err
		}
	}
	return o.paperView(r, p, x)
}

// paperTime is when something was said: a day that is over from its beginning,
// today from now on.
func (o *office) paperTime(r *web.Request, f *form) time.Time {
	at, err := r.Moment("at")
	if err != nil || at.IsZero() || at.After(r.Now) {
		f.refuse("at", r.T("office.paper.at.bad"))
	}
	if f.values["at"] == r.Now.In(r.Zone).Format(time.DateOnly) {
		return time.Time{}
	}
	return at
}

// scan takes the file that came with the form, if it is a scan.
func (x *paperForm) scan(r *web.Request, d *house.Decision) {
	content, err := r.File("scan", consent.MostPaper)
	if err == nil && len(content) > 0 {
		_, err = consent.PaperType(content)
	}
	if err != nil {
		x.refuse("scan", r.T("office.paper.scan.bad"))
		return
	}
	d.Scan = content
}

// check notes what is wrong with the fields.
func (x *paperForm) check(r *web.Request, d house.Decision) {
	if !slices.Contains(acts(), d.Act) {
		x.refuse("act", r.T("office.form.choose"))
	}
	if !slices.Contains(paperWays(), d.How) {
		x.refuse("how", r.T("office.form.choose"))
	}
	if !slices.Contains(consent.Behalves(), d.Behalf) {
		x.refuse("behalf", r.T("office.form.choose"))
	}
	if d.Behalf != consent.Self && strings.TrimSpace(d.Note) == "" {
		x.refuse("note", r.T("office.paper.note.bad"))
	}
	if len(d.Note) > 2000 {
		x.refuse("note", r.T("office.paper.note.long"))
	}
}

// fields are all that can be wrong, in their order on the page.
func (x paperForm) fields() []string {
	all := []string{"at", "how", "language"}
	for _, c := range x.clauses {
		all = append(all, c.field)
	}
	return append(all, "behalf", "age", "note", "scan")
}

// takeable are the clauses that can be taken back.
func (x paperForm) takeable() (all []ui.Option) {
	for _, c := range x.clauses {
		all = append(all, ui.Option{Value: c.id, Label: c.title})
	}
	return all
}

// paperDay is the field of the day on which something was said.
func paperDay(ctx context.Context, f paperForm) ui.Input {
	in := must(of("date", f.input("at", phrase.T(ctx, "office.paper.at"), phrase.T(ctx, "office.paper.at.hint"))))
	in.Max, in.Short = f.today, true
	return in
}
