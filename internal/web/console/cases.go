package console

import (
	"net/url"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// nobody is who works on a case that is unassigned, in the address.
const nobody = "nobody"

// caseViews are the views of the list of cases that everybody has.
var caseViews = []fixedView{
	{"open", "open=yes"}, {"mine", "assignee=me&open=yes"}, {"new", "sort=-severity&state=new"}, {"due", "due=day&open=yes&sort=due"}, {"good", "good=yes&open=yes"}, {"asked", "incident=no&open=yes"}, {"all", ""},
}

// cases lists cases.
func (c *console) cases(r *web.Request) (web.View, error) {
	f := candor.CaseFilter{States: web.FilterMany(r, "state", candor.CaseStates()), Open: r.FilterYes("open"), Party: r.FilterID("party"),
		Asset: r.FilterID("asset"), Assignee: r.FilterID("assignee"), Class: filterClass(r), MinSeverity: leastSeverity(r), Good: r.FilterYes("good"), Incident: r.FilterYes("incident"),
		DueBefore: dueBefore(r), OpenedAfter: day(r, "opened"), OpenedBefore: dayAfter(r, "until"), Unassigned: r.Query("assignee") == nobody, Text: r.Query("q")}
	page, err := c.house.Cases(r.Context(), r.Who, f, r.Cut("severity", "due", "opened", "updated"))
	if err != nil {
		return web.View{}, err
	}
	n := c.names(r)
	filters, err := c.caseFilters(r, n, f)
	if err != nil {
		return web.View{}, err
	}
	o := tableOf{id: "cases", empty: none(r, "console.cases.none")}
	if r.May(access.ActCases) {
		o.bulk = &ui.Bulk{URL: "/cases/bulk", Fields: r.Fields("back", r.URL.RequestURI()), Buttons: []ui.Press{
			{Text: r.T("console.bulk.me"), Icon: "user", Name: "do", Value: "me"}, {Text: r.T("console.bulk.assign"), Name: "do", Value: "assign"},
			{Text: r.T("console.bulk.state"), Name: "do", Value: "state"}}}
	}
	views, tabs, err := c.views(r, "cases", caseViews)
	if err != nil {
		return web.View{}, err
	}
	l := ui.Listing{Label: r.T("console.views"), Tabs: tabs, Filters: filters, Table: caseTable(r, n, o, page.Items), Cursor: web.Cursor(page)}
	return web.View{Page: ui.Page{Title: r.T("console.cases"), Active: "cases", Actions: viewMenu(views)}, Body: ui.ListPage(l)}, nil
}

func (c *console) caseFilters(r *web.Request, n *names, f candor.CaseFilter) ([]ui.Filter, error) {
	staff, err := c.staff(r)
	if err != nil {
		return nil, err
	}
	for i, s := range staff {
		if s.Value == string(r.Who.User) {
			staff[i].Value = "me"
		}
	}
	staff = append([]ui.Option{{Value: nobody, Label: r.T("console.nobody")}}, staff...)
	filters := []ui.Filter{
		{Name: "q", Label: r.T("console.words"), Kind: ui.Words},
		{Name: "state", Label: r.T("console.state"), Kind: ui.Many, Options: web.Options(r, "case.state.", candor.CaseStates())},
		{Name: "open", Label: r.T("console.open"), Kind: ui.Choice, Options: []ui.Option{{Value: "yes", Label: r.T("console.open.yes")}, {Value: "no", Label: r.T("console.open.no")}}},
		{Name: "severity", Label: r.T("console.severity.least"), Kind: ui.Choice, Options: severities(r)},
		{Name: "class", Label: r.T("console.class"), Kind: ui.Choice, Options: classes(r)},
		{Name: "assignee", Label: r.T("console.assignee"), Kind: ui.Choice, Options: staff},
		{Name: "due", Label: r.T("console.due"), Kind: ui.Choice, Options: web.Options(r, "console.due.within.", []string{"now", "hour", "day", "week"})},
		goodFilter(r),
		{Name: "incident", Label: r.T("console.incident"), Kind: ui.Choice, Options: []ui.Option{{Value: "yes", Label: r.T("console.incident.yes")}, {Value: "no", Label: r.T("console.incident.no")}}},
		{Name: "opened", Label: r.T("console.opened.since"), Kind: ui.Day},
		{Name: "until", Label: r.T("console.opened.until"), Kind: ui.Day},
	}
	return append(filters, chosen(r, n, f.Party, f.Asset)...), nil
}

// chosen are filters by one party or asset: they come from links elsewhere, and
// stand here so that they are seen and can be taken away.
func chosen(r *web.Request, n *names, party, asset candor.ID) (all []ui.Filter) {
	if party != "" {
		all = append(all, ui.Filter{Name: "party", Label: r.T("console.party"), Kind: ui.Choice, Options: []ui.Option{{Value: string(party), Label: n.partyName(party)}}})
	}
	if asset != "" {
		all = append(all, ui.Filter{Name: "asset", Label: r.T("console.asset"), Kind: ui.Choice, Options: []ui.Option{{Value: string(asset), Label: n.assetName(asset)}}})
	}
	return all
}

// dueBefore is until when something has to be due.
func dueBefore(r *web.Request) time.Time {
	switch r.Query("due") {
	case "now":
		return r.Now
	case "hour":
		return r.Now.Add(time.Hour)
	case "day":
		return r.Now.Add(oneDay)
	case "week":
		return r.Now.Add(7 * oneDay)
	}
	return time.Time{}
}

// day is a day in the address: in the reader's zone, or in UTC where a chart
// leads here that counts days of UTC.
func day(r *web.Request, name string) time.Time {
	if r.Query("zone") != "utc" {
		return r.FilterDay(name)
	}
	t, err := time.Parse(time.DateOnly, r.Query(name))
	if err != nil {
		return time.Time{}
	}
	return t
}

// dayAfter is the end of a day in the address.
func dayAfter(r *web.Request, name string) time.Time {
	t := day(r, name)
	if t.IsZero() {
		return t
	}
	if r.Query("zone") == "utc" {
		return t.AddDate(0, 0, 1)
	}
	return t.In(r.Zone).AddDate(0, 0, 1)
}

// none says that a list is empty: because of how it is narrowed, or altogether.
func none(r *web.Request, key string) ui.Situation {
	if len(plainQuery(r.URL.Query())) > 0 {
		return ui.Situation{Title: r.T("console.none.filter"), Text: r.T("console.none.filter.text")}
	}
	return ui.Situation{Title: r.Printer.T(key), Text: r.Printer.T(key + ".text")}
}

// plainQuery is what narrows and orders a list, without its cursors and the
// language that it is read in.
func plainQuery(q url.Values) url.Values {
	out := url.Values{}
	for name, values := range q {
		if name == ui.AfterParameter || name == ui.BeforeParameter || name == "language" {
			continue
		}
		for _, v := range values {
			if v != "" {
				out.Add(name, v)
			}
		}
	}
	return out
}
