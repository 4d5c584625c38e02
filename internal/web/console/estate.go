package console

import (
	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// shown is how many late findings and agents are on the page; all are elsewhere.
const shown = 10

type estatePage struct {
	stats                []ui.Stat
	coverage, pace       ui.Chart
	hot, late, agents    ui.Table
	cursor               ui.Cursor
	lateMore, agentsMore bool // where to see all
}

func (c *console) addEstate() {
	s, reads, acts := c.site, web.Needs{access.ReadCases}, web.Needs{access.ActCases}
	s.Page("GET /estate", reads, c.estate)
	s.Page("GET /estate/late", reads, c.late)
	s.Page("GET /estate/content/{sha256}", reads, c.content)
	s.Page("GET /estate/hash/{hash}", reads, c.hash)
	s.Action("POST /estate/hash/{hash}", acts, c.askHash)
	for _, do := range house.ContentSteps() {
		s.Page("GET /estate/content/{sha256}/"+string(do), acts, c.askContent(do))
		s.Action("POST /estate/content/{sha256}/"+string(do), acts, c.decideContent(do))
	}
}

func hotPath(sha256 string) string { return "/estate/content/" + sha256 }

// estate shows what is looked at, how well, and what it holds.
func (c *console) estate(r *web.Request) (web.View, error) {
	v, err := c.house.Estate(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	page, err := c.house.HotContents(r.Context(), r.Who, r.Cut("sites", "severity", "first_seen"))
	if err != nil {
		return web.View{}, err
	}
	late, err := c.house.LateFindings(r.Context(), r.Who, "", candor.Cut{Limit: shown})
	if err != nil {
		return web.View{}, err
	}
	agents, err := c.house.Agents(r.Context(), r.Who, candor.AgentActive, candor.Cut{Limit: shown})
	if err != nil {
		return web.View{}, err
	}
	p := estatePage{stats: estateStats(r, v), coverage: ageChart(r, v.Coverage), pace: paceChart(r, v.Pace), cursor: web.Cursor(page)}
	o := tableOf{id: "hot", empty: none(r, "console.estate.hot.none")}
	p.hot = o.table(r, r.T("console.estate.hot"), largest(column("severity", r.T("console.severity"))), wide(column("rules", r.T("console.estate.rules"))),
		number(largest(column("sites", r.T("console.estate.sites")))), number(minor(column("places", r.T("console.places")))), number(minor(column("cases", r.T("console.cases")))), largest(column("first_seen", r.T("console.first"))))
	for _, h := range page.Items {
		p.hot.Rows = append(p.hot.Rows, ui.Row{Key: h.SHA256, Label: h.SHA256[:min(12, len(h.SHA256))], Href: hotPath(h.SHA256), Cells: cells(ui.Severity(h.Severity),
			ui.Together(below(short(list(r.Printer, h.Rules), 100), hotPath(h.SHA256), short(h.SHA256, 13)), doubt(r, h.Good != "")), ui.Number(h.Sites, ""), ui.Number(h.Places, ""), ui.Number(h.Cases, ""), ui.Time(h.First))})
	}
	p.late, p.lateMore = lateTable(r, late.Items, true), late.Next != ""
	p.agents, p.agentsMore = agentTable(r, agents.Items), r.May(access.ReadSettings)
	return web.View{Page: ui.Page{Title: r.T("console.estate"), Active: "estate"}, Body: estateBody(p)}, nil
}

// late shows all that new rules overturned.
func (c *console) late(r *web.Request) (web.View, error) {
	page, err := c.house.LateFindings(r.Context(), r.Who, "", r.Cut("found", "since", "places"))
	if err != nil {
		return web.View{}, err
	}
	return web.View{Page: ui.Page{Title: r.T("console.estate.late"), Active: "estate", Lead: r.T("console.estate.late.lead"), Crumbs: []ui.Link{{Text: r.T("console.estate"), Href: "/estate"}}},
		Body: ui.ListPage(ui.Listing{Table: lateTable(r, page.Items, false), Cursor: web.Cursor(page)})}, nil
}

// lateTable lists what new rules overturned; few are on the page of the estate.
func lateTable(r *web.Request, all []candor.LateFinding, few bool) ui.Table {
	t := tableOf{id: "late", few: few, empty: ui.Situation{Title: r.T("console.estate.late.none")}}.table(r, r.T("console.estate.late"), wide(column("rules", r.T("console.estate.rules"))),
		largest(column("since", r.T("console.estate.since"))), largest(column("found", r.T("console.estate.found"))), number(minor(largest(column("places", r.T("console.places"))))))
	for _, l := range all {
		t.Rows = append(t.Rows, ui.Row{Key: string(l.ID), Label: l.Path, Href: hotPath(l.SHA256), Cells: cells(
			below(short(list(r.Printer, l.Rules), 100), hotPath(l.SHA256), lateWords(r, l)), ui.Time(l.Since), ui.Time(l.Found), ui.Number(l.Places, ""))})
	}
	return t
}

func agentTable(r *web.Request, all []candor.AgentStatus) ui.Table {
	t := tableOf{id: "agents", few: true}.table(r, r.T("console.estate.agents"), wide(column("name", r.T("console.estate.agent"))), column("seen", r.T("console.last")), column("generation", r.T("console.estate.generation")),
		number(minor(column("sites", r.T("console.estate.sites")))), number(column("backlog", r.T("console.estate.backlog"))))
	for _, a := range all {
		t.Rows = append(t.Rows, ui.Row{Key: string(a.ID), Label: a.Server, Cells: cells(ui.Text(a.Server), ui.Time(a.Seen), ui.Text(short(a.Generation, 13)), ui.Number(a.Sites, ""), ui.Number(a.Backlog, ""))})
	}
	return t
}

// estateStats are the figures; what is not known says so.
func estateStats(r *web.Request, v house.EstateView) []ui.Stat {
	known := !v.Contents.At.IsZero()
	var sites, old int64
	for _, c := range v.Coverage {
		sites += c.Sites
		if !c.Current {
			old += c.Sites
		}
	}
	next := ui.Stat{Label: r.T("console.estate.next"), Known: !v.Next.IsZero(), Note: r.T("console.estate.next.note")}
	if next.Known {
		next.Value = r.Printer.Span(max(v.Next.Sub(r.Now), 0))
	}
	return []ui.Stat{next,
		{Label: r.T("console.estate.stored"), Value: r.Printer.Bytes(v.Contents.Stored), Note: r.N("console.estate.files", int(v.Contents.Files)), Known: known},
		{Label: r.T("console.estate.unique"), Value: r.Printer.Bytes(v.Contents.Unique), Note: r.N("console.estate.contents", int(v.Contents.Contents)), Known: known},
		{Label: r.T("console.estate.old"), Value: r.Printer.Number(old), Href: "/sites?sort=scanned", Known: sites > 0 && v.Generation != ""}}
}

func ageChart(r *web.Request, all []candor.SiteCoverage) ui.Chart {
	c := ui.Chart{ID: "estate-age", Title: r.T("console.estate.coverage"), Labels: []string{""}}
	for _, a := range []struct{ age, colour string }{{"day", "good"}, {"week", "teal"}, {"longer", "medium"}, {"never", "info"}} {
		n := 0.0
		for _, x := range all {
			if x.Age == a.age {
				n += float64(x.Sites)
			}
		}
		c.Series = append(c.Series, ui.Series{Name: r.Printer.T("console.estate.age." + a.age), Colour: a.colour, Values: []float64{n}, Hrefs: []string{"/sites?sort=scanned"}})
	}
	return c
}

func paceChart(r *web.Request, all []candor.ScanPace) ui.Chart {
	c := ui.Chart{ID: "estate-pace", Title: r.T("console.estate.pace"), X: r.T("console.chart.day"), Unit: r.T("console.estate.pace.unit"),
		Format: func(v float64) string { return r.Printer.Bytes(int64(v)) }}
	s := ui.Series{Name: r.T("console.estate.pace.unit")}
	for _, p := range all {
		c.Labels, s.Values = append(c.Labels, dayLabel(r, p.Day)), append(s.Values, float64(p.Bytes))
	}
	c.Series = []ui.Series{s}
	return c
}

// lateWords say since when a content was here, and what was said of it.
func lateWords(r *web.Request, l candor.LateFinding) string {
	args := phrase.Args{"since": r.Printer.Time(l.Since, r.Zone), "until": r.Printer.Time(l.Found, r.Zone), "generation": short(l.Before, 13)}
	if !l.Clean {
		return r.T("console.estate.late.known", args)
	}
	if l.Before == "" {
		return r.T("console.estate.late.clean", args)
	}
	return r.T("console.estate.late.clean.by", args)
}
