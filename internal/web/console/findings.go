package console

import (
	"candor"
	"candor/internal/access"
	"candor/internal/flow/archive"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

var findingViews = []fixedView{{"open", "state=open"}, {"grave", "severity=high&sort=-severity&state=open"}, {"good", "good=yes&state=open"}, {"all", ""}}

// findings lists findings.
func (c *console) findings(r *web.Request) (web.View, error) {
	f := candor.FindingFilter{States: web.FilterMany(r, "state", candor.FindingStates()), Case: r.FilterID("case"), Party: r.FilterID("party"),
		Asset: r.FilterID("asset"), Class: filterClass(r), Rule: r.Query("rule"), Content: r.Query("content"), MinSeverity: leastSeverity(r), Good: r.FilterYes("good"),
		FirstAfter: day(r, "from"), FirstBefore: dayAfter(r, "to"), Text: r.Query("q")}
	page, err := c.house.Findings(r.Context(), r.Who, f, r.Cut("severity", "rule", "first_seen", "last_seen"))
	if err != nil {
		return web.View{}, err
	}
	views, tabs, err := c.views(r, "findings", findingViews)
	if err != nil {
		return web.View{}, err
	}
	n := c.names(r)
	filters := []ui.Filter{
		{Name: "q", Label: r.T("console.words"), Kind: ui.Words},
		{Name: "state", Label: r.T("console.state"), Kind: ui.Many, Options: web.Options(r, "finding.state.", candor.FindingStates())},
		{Name: "severity", Label: r.T("console.severity.least"), Kind: ui.Choice, Options: severities(r)},
		{Name: "class", Label: r.T("console.class"), Kind: ui.Choice, Options: classes(r)},
		{Name: "rule", Label: r.T("console.rule.begins"), Kind: ui.Words},
		{Name: "content", Label: r.T("console.content.begins"), Kind: ui.Words},
		goodFilter(r),
		{Name: "from", Label: r.T("console.first.from"), Kind: ui.Day},
		{Name: "to", Label: r.T("console.first.to"), Kind: ui.Day},
	}
	filters = append(filters, chosen(r, n, f.Party, f.Asset)...)
	if f.Case != "" {
		name := string(f.Case)
		if x, err := c.house.Store.Case(r.Context(), r.Who.Scope(), f.Case); err == nil {
			name = x.Label()
		}
		filters = append(filters, ui.Filter{Name: "case", Label: r.T("console.case"), Kind: ui.Choice, Options: []ui.Option{{Value: string(f.Case), Label: name}}})
	}
	l := ui.Listing{Label: r.T("console.views"), Tabs: tabs, Filters: filters, Cursor: web.Cursor(page),
		Table: findingTable(r, n, tableOf{id: "findings", empty: none(r, "console.findings.none")}, page.Items)}
	return web.View{Page: ui.Page{Title: r.T("console.findings"), Active: "findings", Actions: viewMenu(views)}, Body: ui.ListPage(l)}, nil
}

// found is a finding as its page shows it.
type found struct {
	house.FindingView
	facts, origin     []ui.Fact
	places, elsewhere ui.Table
}

// finding shows one finding.
func (c *console) finding(r *web.Request) (web.View, error) {
	v, err := c.viewedFinding(r)
	if err != nil {
		return web.View{}, err
	}
	n, f := c.names(r), v.Finding
	d := found{FindingView: v, facts: findingFacts(r, v), origin: origin(r, f), elsewhere: findingTable(r, n, tableOf{id: "elsewhere", few: true}, v.Elsewhere)}
	d.places = ui.Table{ID: "places", Caption: r.T("console.places"), Empty: ui.Situation{Title: r.T("console.places.none")}, Columns: []ui.Column{
		wide(column("path", r.T("console.place"))), column("state", r.T("console.state")), minor(column("first", r.T("console.first"))), column("last", r.T("console.last"))}}
	for i, p := range v.Places {
		if i == mostPlaces {
			break
		}
		d.places.Rows = append(d.places.Rows, ui.Row{Key: string(p.ID), Label: p.Path, Muted: p.State != candor.FindingOpen, Cells: cells(
			ui.FilePath(p.Path), ui.FindingState(p.State), ui.Time(p.First), ui.Time(p.Last))})
	}
	late, err := c.house.LateOf(r.Context(), r.Who, f.SHA256)
	if err != nil {
		return web.View{}, err
	}
	for _, l := range late {
		d.facts = append(d.facts, ui.Fact{Label: r.T("console.estate.late"), Value: ui.Text(lateWords(r, l))})
	}
	page := findingPage(r, v)
	if f.State == candor.FindingOpen && r.May(access.ActCases) {
		page.Actions = ui.ConfirmButton(dismissal(r, v, draft{}), r.T("console.dismiss"), "cross")
	}
	if q, ok := house.FindingQuestion(v); ok && r.May(access.ReadFlows) {
		page.Actions = ui.InTurn(ui.ButtonLink(ui.Link{Text: r.T("console.flows"), Href: flowsOf(v, q)}, ui.Primary, "search"), page.Actions)
	}
	return web.View{Page: page, Body: findingBody(d, r.May(access.ActCases) && f.State == candor.FindingOpen, dismissal(r, v, draft{}))}, nil
}

// flowsOf is the page of the flows about a finding of traffic, which are looked at
// for its case.
func flowsOf(v house.FindingView, q archive.Question) string {
	values := q.Values(func(candor.ID) string { return v.Asset.Reference })
	values.Set("for", v.Case.Label())
	return "/traffic/flows/records?" + values.Encode()
}

// mostPlaces is how many places of a finding are listed.
const mostPlaces = 100

func (c *console) viewedFinding(r *web.Request) (house.FindingView, error) {
	id, err := r.ID("id")
	if err != nil {
		return house.FindingView{}, err
	}
	return c.house.Finding(r.Context(), r.Who, id)
}

func findingPage(r *web.Request, v house.FindingView) ui.Page {
	return ui.Page{Title: short(v.Finding.Rule, 100), Lead: short(v.Finding.Description, 300), Active: "findings",
		Crumbs: []ui.Link{{Text: r.T("console.findings"), Href: "/findings?state=open"}, {Text: v.Case.Label(), Href: casePath(v.Case.ID)}}}
}

func findingFacts(r *web.Request, v house.FindingView) []ui.Fact {
	f := v.Finding
	facts := []ui.Fact{
		{Label: r.T("console.case"), Value: ui.Together(anchor(v.Case.Label(), casePath(v.Case.ID)), ui.State(v.Case.State))},
		{Label: r.T("console.asset"), Value: anchor(v.Asset.Name, assetPath(v.Asset.ID))},
		{Label: r.T("console.party"), Value: anchor(v.Party.Name, partyPath(v.Party.ID))},
		{Label: r.T("console.class"), Value: ui.Class(f.Class)},
		{Label: r.T("console.sure"), Value: ui.Together(ui.Text(sureness(r.Printer, f.Confidence)), ui.Confidence(f.Confidence))},
		{Label: r.T("console.first"), Value: ui.Time(f.First)},
		{Label: r.T("console.last"), Value: ui.Time(f.Last)},
	}
	if f.Good != "" {
		facts = append(facts, ui.Fact{Label: r.T("console.good.as"), Value: ui.Text(f.Good)}, ui.Fact{Label: r.T("console.good.severity"), Value: ui.Severity(f.RuleSeverity)})
	}
	if f.Nature != "" {
		facts = append(facts, ui.Fact{Label: r.T("console.nature"), Value: ui.Nature(f.Nature)})
	}
	if !f.Ended.IsZero() {
		facts = append(facts, ui.Fact{Label: r.T("console.ended"), Value: ui.Time(f.Ended)})
	}
	return facts
}

// origin are the facts of what was looked at, and of what judged it.
func origin(r *web.Request, f candor.FiledFinding) []ui.Fact {
	var facts []ui.Fact
	if sha256Words.MatchString(f.SHA256) {
		facts = append(facts, ui.Fact{Label: r.T("console.content"), Value: ui.FullDigest(f.SHA256)}, ui.Fact{Label: r.T("console.size"), Value: ui.Bytes(f.Bytes)})
	}
	facts = append(facts, ui.Fact{Label: r.T("console.rule"), Value: ui.Mono(f.Rule)})
	if f.Inside != "" {
		facts = append(facts, ui.Fact{Label: r.T("console.inside"), Value: ui.Mono(f.Inside)})
	}
	if f.Definitions != "" {
		facts = append(facts, ui.Fact{Label: r.T("console.definitions"), Value: ui.Mono(f.Definitions)})
	}
	if f.Generation != "" {
		facts = append(facts, ui.Fact{Label: r.T("console.generation"), Value: ui.Mono(short(f.Generation, 24))})
	}
	if len(f.Tags) > 0 {
		facts = append(facts, ui.Fact{Label: r.T("console.tags"), Value: ui.Text(list(r.Printer, f.Tags))})
	}
	return facts
}

// dismissal asks whether a finding is a false alarm.
func dismissal(r *web.Request, v house.FindingView, d draft) ui.Confirmation {
	url := findingPath(v.Finding.ID) + "/dismiss"
	return ui.Confirmation{ID: "ask-dismiss", URL: url, Page: url, Back: findingPath(v.Finding.ID), Fields: r.Fields(), Destructive: true,
		Title:  r.T("console.ask.dismiss", phrase.Args{"rule": short(v.Finding.Rule, 60), "asset": v.Asset.Name}),
		What:   []string{r.T("console.ask.dismiss.what"), r.T("console.ask.dismiss.again")},
		Submit: r.T("console.ask.dismiss.do"),
		Form:   d.fields(ui.TextArea(d.input(ui.Input{Name: "dismiss-note", Label: r.T("console.dismiss.why"), Hint: r.T("console.dismiss.why.hint")}), 3))}
}

func (c *console) askDismiss(r *web.Request) (web.View, error) {
	v, err := c.viewedFinding(r)
	if err != nil {
		return web.View{}, err
	}
	return web.Confirm(findingPage(r, v), dismissal(r, v, draft{})), nil
}

func (c *console) dismiss(r *web.Request) (web.View, error) {
	v, err := c.viewedFinding(r)
	if err != nil {
		return web.View{}, err
	}
	if err := c.house.Dismiss(r.Context(), r.Who, v.Finding.ID, r.Text("dismiss-note")); err != nil {
		if !readers(err) {
			return web.View{}, err
		}
		return web.Confirm(findingPage(r, v), dismissal(r, v, sentBack(r, "dismiss-note", err))).Again(), nil
	}
	return web.See(casePath(v.Case.ID)).Say(ui.Good, r.T("console.dismissed", phrase.Args{"rule": short(v.Finding.Rule, 60)})), nil
}
