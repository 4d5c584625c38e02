package office

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/consent"
	"candor/internal/consent/terms"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
	"candor/internal/x1207"
)

// addTerms adds the pages of what parties are asked to agree to.
func (o *office) addTerms() {
	s := o.site
	s.Page("GET /terms", readPolicy, o.allTerms)
	s.Page("GET /terms/coverage", readPolicy, o.termsCoverage)
	s.Page("GET /terms/new", managePolicy, o.newTerms)
	s.Action("POST /terms/new", managePolicy, o.addDraft)
	s.Page("GET /terms/{id}", readPolicy, o.termsPage)
	s.Page("GET /terms/{id}/changes", readPolicy, o.termsChanges)
	s.Page("GET /terms/{id}/text", readPolicy, o.termsText)
	s.Page("GET /terms/{id}/pdf", readPolicy, o.termsPDF)
	s.Page("GET /terms/{id}/edit", managePolicy, o.editTerms)
	s.Action("POST /terms/{id}/edit", managePolicy, o.changeDraft)
	for _, step := range termsSteps() {
		s.Page("GET /terms/{id}/"+step.name, managePolicy, o.askTerms(step))
		s.Action("POST /terms/{id}/"+step.name, managePolicy, o.doTerms(step))
	}
}

func termsPath(id candor.ID) string { return "/terms/" + string(id) }

// termsTitle is the title of terms in the reader's language, or in one that
// there is.
func termsTitle(p phrase.Printer, v consent.Terms) string {
	for _, tag := range []string{p.Lang(), "en"} {
		if t := v.Titles[tag]; t != "" {
			return t
		}
	}
	return v.Document
}

func (o *office) allTerms(r *web.Request) (web.View, error) {
	all, at, err := o.house.TermsStances(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	p := ui.Page{Title: r.T("office.terms"), Active: "terms", Lead: r.T("office.terms.lead") + countedAt(r, at)}
	var add templ.Component
	if r.May(access.ManagePolicy) {
		add = ui.ButtonLink(ui.Link{Text: r.T("office.terms.new"), Href: "/terms/new"}, ui.Primary, "plus")
	}
	p.Actions = ui.InTurn(ui.ButtonLink(ui.Link{Text: r.T("office.terms.coverage"), Href: "/terms/coverage"}, ui.Plain, "catalogue"), add)
	return web.View{Page: p, Body: ui.List(termsTable(r, all))}, nil
}

func termsTable(r *web.Request, all []house.TermsStance) ui.Table {
	t := ui.Table{ID: "terms", Caption: r.T("office.terms"), Empty: ui.Situation{Title: r.T("office.terms.none"), Text: r.T("office.terms.none.text")}, Columns: []ui.Column{
		wide(column("title", r.T("office.terms.title"))), column("state", r.T("office.state")), column("effective", r.T("office.terms.effective")),
		number(column("agreed", r.T("office.terms.agreed"))), number(minor(column("refused", r.T("office.terms.refused")))),
		number(minor(column("withdrawn", r.T("office.terms.withdrawn")))), number(column("waiting", r.T("office.terms.waiting")))}}
	for _, s := range all {
		name := termsTitle(r.Printer, s.Terms)
		state := termsState(r, s.Terms)
		if s.Terms.Material {
			state = ui.Together(state, ui.Badge(r.T("office.terms.material"), ui.Neutral))
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(s.Terms.ID), Label: name + " " + s.Terms.Label, Href: termsPath(s.Terms.ID), Muted: isOver(r, s.Terms), Cells: cells(
			named(name+" "+s.Terms.Label, termsPath(s.Terms.ID), s.Terms.Document), state, ui.Time(s.Terms.Effective),
			ui.Number(s.Agreed, ""), ui.Number(s.Refused, ""), ui.Number(s.Withdrawn, ""), count(s.Waiting))})
	}
	return t
}

func isOver(r *web.Request, v consent.Terms) bool { return !v.Ended.IsZero() && !r.Now.Before(v.Ended) }

func termsState(r *web.Request, v consent.Terms) templ.Component {
	switch {
	case v.State == consent.Draft:
		return ui.Badge(r.T("office.terms.draft"), ui.Warn)
	case isOver(r, v):
		return ui.Badge(r.T("office.terms.ended"), ui.Neutral)
	case r.Now.Before(v.Effective):
		return ui.Badge(r.T("office.terms.coming"), ui.Neutral)
	}
	return ui.Badge(r.T("office.terms.published"), ui.Good)
}

// termsDetail is what the page of one version shows.
type termsDetail struct {
	facts     []ui.Fact
	languages []ui.Link
	lang, dir string
	text      string // HTML
}

func termsFrame(r *web.Request, title string) ui.Page {
	return ui.Page{Title: title, Active: "terms", Crumbs: []ui.Link{{Text: r.T("office.terms"), Href: "/terms"}}}
}

// termsOf is the document in the path.
func (o *office) termsOf(r *web.Request) (v consent.Terms, d *terms.Document, err error) {
	id, err := r.ID("id")
	if err != nil {
		return v, nil, err
	}
	return o.house.TermsDocument(r.Context(), r.Who, id)
}

func (o *office) termsPage(r *web.Request) (web.View, error) {
	v, d, err := o.termsOf(r)
	if err != nil {
		return web.View{}, err
	}
	tag := r.Printer.Lang()
	if slices.Contains(d.Languages, r.Query("in")) {
		tag = r.Query("in")
	}
	page, words := d.Page(o.site.Phrases, tag), o.site.Phrases.For(tag)
	var html strings.Builder
	if err := page.Fragment(&html); err != nil {
		return web.View{}, err
	}
	x := termsDetail{facts: termsFacts(r, v), lang: words.Lang(), dir: words.Dir(), text: html.String()}
	for _, l := range d.Languages {
		x.languages = append(x.languages, ui.Link{Text: languageName(r, l), Href: termsPath(v.ID) + "?in=" + l})
	}
	p := termsFrame(r, termsTitle(r.Printer, v)+" "+v.Label)
	p.Actions = termsActions(r, v, page.Language())
	return web.View{Page: p, Body: termsPageBody(x)}, nil
}

func termsFacts(r *web.Request, v consent.Terms) []ui.Fact {
	facts := []ui.Fact{
		{Label: r.T("office.state"), Value: termsState(r, v)},
		{Label: r.T("office.kind"), Value: ui.Text(r.Printer.Word("terms.kind.", v.Kind))},
		{Label: r.T("office.terms.document"), Value: code(v.Document)},
		{Label: r.T("office.terms.effective"), Value: ui.Time(v.Effective)},
		{Label: r.T("office.terms.since"), Value: ui.Time(v.Published)},
		{Label: r.T("office.terms.end"), Value: ui.Time(v.Ended)},
		{Label: r.T("office.terms.digest"), Value: ui.Digest(v.Digest)},
	}
	if v.Material {
		facts = append(facts, ui.Fact{Label: r.T("office.terms.material"), Value: ui.Text(r.T("office.terms.material.text"))})
	}
	return facts
}

func termsActions(r *web.Request, v consent.Terms, tag string) templ.Component {
	path := termsPath(v.ID)
	link := func(key, to string, kind ui.ButtonKind, icon string) templ.Component {
		return ui.ButtonLink(ui.Link{Text: r.Printer.T("office.terms." + key), Href: path + to}, kind, icon)
	}
	all := []templ.Component{link("changes", "/changes", ui.Quiet, ""), link("yaml", "/text", ui.Quiet, "download"), link("pdf", "/pdf?in="+tag, ui.Quiet, "print")}
	switch {
	case !r.May(access.ManagePolicy) || isOver(r, v):
	case v.State == consent.Draft:
		all = append(all, link("delete", "/delete", ui.Destructive, ""), link("edit", "/edit", ui.Plain, ""), link("publish", "/publish", ui.Primary, ""))
	default:
		all = append(all, link("finish", "/end", ui.Destructive, ""))
	}
	return ui.InTurn(all...)
}

// termsChanges compares a version with the one before: of those published, the
// last one that holds from earlier on.
func (o *office) termsChanges(r *web.Request) (web.View, error) {
	v, d, err := o.termsOf(r)
	if err != nil {
		return web.View{}, err
	}
	all, err := o.house.Terms(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	p := termsFrame(r, r.T("office.terms.changes"))
	p.Crumbs = append(p.Crumbs, ui.Link{Text: termsTitle(r.Printer, v) + " " + v.Label, Href: termsPath(v.ID)})
	i := slices.IndexFunc(all, func(x consent.Terms) bool {
		return x.ID != v.ID && x.Document == v.Document && x.State == consent.Published && !x.Effective.After(v.Effective) &&
			(v.Published.IsZero() || x.Published.Before(v.Published))
	})
	if i < 0 {
		return web.View{Page: p, Body: ui.Empty(ui.Situation{Title: r.T("office.terms.first"), Text: r.T("office.terms.first.text")})}, nil
	}
	_, old, err := o.house.TermsDocument(r.Context(), r.Who, all[i].ID)
	if err != nil {
		return web.View{}, err
	}
	compared, err := terms.Compare(old, d, o.site.Phrases, r.Printer.Lang())
	if err != nil {
		return web.View{}, err
	}
	var html strings.Builder
	if err := compared.Fragment(&html); err != nil {
		return web.View{}, err
	}
	return web.View{Page: p, Body: termsPageBody(termsDetail{lang: r.Printer.Lang(), dir: r.Printer.Dir(), text: html.String()})}, nil
}

func (o *office) termsText(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	v, text, err := o.house.TermsText(r.Context(), r.Who, id)
	return web.View{Send: &web.File{Name: termsFile(v) + ".yml", Type: "application/yaml", Write: written(text)}}, err
}

// termsFile is a name for files of terms, without a suffix.
func termsFile(v consent.Terms) string {
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune(`/\"`, c) || c < ' ' {
			return '-'
		}
		return c
	}, v.Document+"-"+v.Label)
}

func written(data []byte) func(io.Writer) error {
	return func(w io.Writer) error { _, err := w.Write(data); return err }
}

// termsPDF prints a version, if there is a browser to print with.
func (o *office) termsPDF(r *web.Request) (web.View, error) {
	v, d, err := o.termsOf(r)
	if err != nil {
		return web.View{}, err
	}
	var out strings.Builder
	ctx, cancel := context.WithTimeout(r.Context(), time.Minute)
	defer cancel()
	err = terms.Press{}.PDF(ctx, &out, func(w io.Writer) error { return d.HTML(w, o.site.Phrases, r.Query("in")) })
	if errors.Is(err, candor.ErrUnavailable) {
		return web.See(termsPath(v.ID)).SayAll(ui.Message{Tone: ui.Warn, Title: r.T("office.terms.pdf.missing"), Text: r.T("office.terms.pdf.missing.text")}), nil
	}
	return web.View{Send: &web.File{Name: termsFile(v) + ".pdf", Type: "application/pdf", Write: written([]byte(out.String()))}}, err
}

// termsCoverage tells which clause carries which requirement.
func (o *office) termsCoverage(r *web.Request) (web.View, error) {
	c, err := o.house.TermsCoverage(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	t := ui.Table{ID: "coverage", Caption: r.T("office.terms.coverage"), Columns: []ui.Column{wide(column("requirement", r.T("office.terms.requirement"))),
		column("state", r.T("office.state")), column("clauses", r.T("office.terms.clauses"))}}
	for _, row := range c.Rows {
		q, _ := x1207.ByID(row.Requirement)
		var by []string
		for _, x := range row.Clauses {
			by = append(by, x.Document+" "+x.Version+", "+x.Clause)
		}
		clauses := ui.Absent()
		if len(by) > 0 {
			clauses = ui.Bullets(by)
		}
		t.Rows = append(t.Rows, ui.Row{Key: row.Requirement, Label: row.Requirement, Cells: cells(
			named(row.Requirement+" "+q.Title.In(r.Printer.Lang()), "/x1207#x1207-"+row.Requirement, q.Clause), coverageState(r, row), clauses)})
	}
	p := termsFrame(r, r.T("office.terms.coverage"))
	p.Lead = r.T("office.terms.coverage.lead", phrase.Args{"covered": c.Covered, "asked": c.Asked})
	return web.View{Page: p, Body: ui.List(t)}, nil
}

func coverageState(r *web.Request, row terms.Row) templ.Component {
	switch {
	case row.State == terms.Covered:
		return ui.Badge(r.T("office.terms.covered"), ui.Good)
	case row.State == terms.ByChoice:
		return ui.Badge(r.T("office.terms.choice"), ui.Warn)
	}
	return ui.Badge(r.T("office.terms.missing"), ui.Bad)
}
