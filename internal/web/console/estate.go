package console

import (
	"fmt"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

type estatePage struct {
	stats             []ui.Stat
	coverage, pace    ui.Chart
	hot, late, agents ui.Table
	cursor            ui.Cursor
}

func (c *console) addEstate() {
	s, reads, acts := c.site, web.Needs{access.ReadCases}, web.Needs{access.ActCases}
	s.Page("GET /estate", reads, c.estate)
	s.Page("GET /estate/content/{sha256}", reads, c.content)
	for _, do := range []string{"quarantine", "dismiss"} {
		s.Page("GET /estate/content/{sha256}/"+do, acts, c.askContent(do))
		s.Action("POST /estate/content/{sha256}/"+do, acts, c.decideContent(do))
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
	p := estatePage{stats: estateStats(r, v), coverage: ageChart(r, v.Coverage), pace: paceChart(r, v.Pace), cursor: web.Cursor(page)}
	o := tableOf{id: "hot", empty: none(r, "console.estate.hot.none")}
	p.hot = o.table(r, r.T("console.estate.hot"), largest(column("severity", r.T("console.severity"))), wide(column("rules", r.T("console.estate.rules"))),
		number(largest(column("sites", r.T("console.estate.sites")))), number(minor(column("places", r.T("console.places")))), number(minor(column("cases", r.T("console.cases")))), largest(column("first_seen", r.T("console.first"))))
	for _, h := range page.Items {
		p.hot.Rows = append(p.hot.Rows, ui.Row{Key: h.SHA256, Label: h.SHA256[:min(12, len(h.SHA256))], Href: hotPath(h.SHA256), Cells: cells(ui.Severity(h.Severity),
			ui.Together(below(short(list(r.Printer, h.Rules), 100), hotPath(h.SHA256), short(h.SHA256, 13)), doubt(r, h.Good != "")), ui.Number(h.Sites, ""), ui.Number(h.Places, ""), ui.Number(h.Cases, ""), ui.Time(h.First))})
	}
	p.late = tableOf{id: "late", few: true, empty: ui.Situation{Title: r.T("console.estate.late.none")}}.table(r, r.T("console.estate.late"),
		wide(column("rules", r.T("console.estate.rules"))), column("since", r.T("console.estate.since")), column("found", r.T("console.estate.found")), number(minor(column("places", r.T("console.places")))))
	for _, l := range v.Late.Items {
		p.late.Rows = append(p.late.Rows, ui.Row{Key: string(l.ID), Label: l.Path, Href: hotPath(l.SHA256), Cells: cells(
			below(short(list(r.Printer, l.Rules), 100), hotPath(l.SHA256), lateWords(r, l)), ui.Time(l.Since), ui.Time(l.Found), ui.Number(l.Places, ""))})
	}
	p.agents = tableOf{id: "agents", few: true}.table(r, r.T("console.estate.agents"), wide(column("name", r.T("console.estate.agent"))), column("seen", r.T("console.last")), column("generation", r.T("console.estate.generation")), number(minor(column("sites", r.T("console.estate.sites")))), number(column("backlog", r.T("console.estate.backlog"))))
	for _, a := range v.Agents {
		p.agents.Rows = append(p.agents.Rows, ui.Row{Key: a.Name, Label: a.Name, Cells: cells(ui.Text(a.Name), ui.Time(a.Seen), ui.Text(short(a.Generation, 13)), ui.Number(a.Sites, ""), ui.Number(a.Backlog, ""))})
	}
	return web.View{Page: ui.Page{Title: r.T("console.estate"), Active: "estate"}, Body: estateBody(p)}, nil
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

func (c *console) content(r *web.Request) (web.View, error) {
	v, err := c.house.Content(r.Context(), r.Who, r.PathValue("sha256"))
	if err != nil {
		return web.View{}, err
	}
	page := contentPage(r, v)
	if r.May(access.ActCases) && len(v.Open()) > 0 {
		page.Actions = ui.Together(ui.ButtonLink(ui.Link{Text: r.T("console.estate.quarantine"), Href: hotPath(v.SHA256) + "/quarantine"}, ui.Plain, ""),
			ui.ButtonLink(ui.Link{Text: r.T("console.estate.dismiss"), Href: hotPath(v.SHA256) + "/dismiss"}, ui.Plain, "cross"))
	}
	var late []string
	for _, l := range v.Late {
		late = append(late, list(r.Printer, l.Rules)+": "+lateWords(r, l))
	}
	t := findingTable(r, c.names(r), tableOf{id: "findings", few: true}, v.Findings.Items[:min(50, len(v.Findings.Items))])
	return web.View{Page: page, Body: contentBody(v.Good(), late, t)}, nil
}

func contentPage(r *web.Request, v house.ContentView) ui.Page {
	return ui.Page{Title: r.T("console.content") + " " + short(v.SHA256, 13), Lead: r.N("console.estate.content.lead", len(v.Open())), Active: "estate", Crumbs: []ui.Link{{Text: r.T("console.estate"), Href: "/estate"}}}
}

// askContent asks for one decision for all cases that hold a content.
func (c *console) askContent(do string) func(*web.Request) (web.View, error) {
	return func(r *web.Request) (web.View, error) {
		v, err := c.house.Content(r.Context(), r.Who, r.PathValue("sha256"))
		if err != nil {
			return web.View{}, err
		}
		q := ui.Confirmation{ID: "ask-content", URL: hotPath(v.SHA256) + "/" + do, Back: hotPath(v.SHA256), Fields: r.Fields(), Destructive: true,
			Title: r.Printer.N("console.estate.ask."+do, len(v.Open())), What: []string{r.Printer.T("console.estate.ask." + do + ".what")}, Submit: r.Printer.T("console.estate." + do)}
		if do == "quarantine" {
			q.Undo = r.T("console.estate.ask.quarantine.undo")
		}
		q.Form = ui.TextArea(ui.Input{Name: "reason", Label: r.T("console.reason")}, 2)
		return web.Confirm(contentPage(r, v), q), nil
	}
}

func (c *console) decideContent(do string) func(*web.Request) (web.View, error) {
	return func(r *web.Request) (web.View, error) {
		v, err := c.house.Content(r.Context(), r.Who, r.PathValue("sha256"))
		if err != nil {
			return web.View{}, err
		}
		t, done := tally{r: r, name: func(id candor.ID) string { return fmt.Sprint(id) }}, map[candor.ID]bool{}
		for _, f := range v.Open() {
			if do == "dismiss" {
				err = c.house.Dismiss(r.Context(), r.Who, f.ID, r.Text("reason"))
			} else if done[f.Case] {
				continue
			} else {
				done[f.Case] = true
				_, err = c.house.ProposeFor(r.Context(), r.Who, house.Proposal{Case: f.Case, Method: "quarantine", Reason: r.Text("reason"), Content: v.SHA256})
			}
			if err := t.count(f.Case, err); err != nil {
				return web.View{}, err
			}
		}
		return web.See(hotPath(v.SHA256)).SayAll(t.message("console.estate.done." + do)), nil
	}
}
