package console

import (
	"time"

	"candor"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// section is a list on Today: what it asks of the reader, and where all of it is.
type section struct {
	title, count, all string
	table             ui.Table
}

type todayPage struct {
	sections []section
	running  []ui.Work
	more     string // how many scans run that are not shown
	charts   []ui.Chart
	coverage ui.Chart
	blind    bool        // no site was ever looked at as a whole
	drill    *ui.Message // that one is overdue; nil if none is
}

// today shows what needs somebody now, the most urgent first.
func (c *console) today(r *web.Request) (web.View, error) {
	t, err := c.house.Today(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	n := c.names(r)
	p := todayPage{blind: unscanned(t.Coverage), sections: c.urgent(r, n, t), charts: []ui.Chart{findingsChart(r, t.Findings, unscanned(t.Coverage)), agesChart(r, t.Ages)}, coverage: coverageChart(r, t.Coverage)}
	for _, s := range t.Running.Items {
		p.running = append(p.running, work(r, n, s))
	}
	if more := t.Running.Count - len(t.Running.Items); more > 0 {
		p.more = r.N("console.today.running.more", more)
	}
	if !t.Drill.IsZero() {
		p.drill = &ui.Message{Stays: true, Tone: ui.Warn, Title: r.T("console.today.drill"), Text: r.T("console.today.drill.text", phrase.Args{"time": r.Printer.Time(t.Drill, r.Zone)}),
			More: ui.Anchor(ui.Link{Text: r.T("office.drills"), Href: "/drills"})}
	}
	page := ui.Page{Title: r.T("console.today"), Active: "today"}
	if len(p.sections) > 0 || p.drill != nil {
		page.Lead = r.Printer.Date(r.Now, r.Zone)
	}
	return web.View{Page: page, Body: todayBody(p)}, nil
}

// mostFew is how many rows a list of Today shows; the rest is a link away.
const mostFew = 6

func few[T any](all []T) []T { return all[:min(len(all), mostFew)] }

// urgent are the lists of Today that are not empty.
func (c *console) urgent(r *web.Request, n *names, t house.Today) []section {
	var all []section
	cases := func(key, id, href string, p candor.Page[candor.Case]) {
		if len(p.Items) > 0 {
			all = append(all, section{r.Printer.T(key), counted(r, p), href, caseTable(r, n, tableOf{id: id, few: true}, few(p.Items))})
		}
	}
	responses := func(key, id, href string, p candor.Page[candor.Response]) {
		if len(p.Items) > 0 {
			all = append(all, section{r.Printer.T(key), counted(r, p), href, responseTable(r, n, tableOf{id: id, few: true}, few(p.Items))})
		}
	}
	cases("console.today.overdue", "overdue", "/cases?due=hour&sort=due", t.Overdue)
	cases("console.today.unseen", "unseen", "/cases?sort=-severity&state=new", t.Unseen)
	responses("console.today.approvals", "approvals", "/responses?state=proposed", t.Approvals)
	responses("console.today.failed", "failed", "/responses?state=failed", t.Failed)
	responses("console.today.held", "held", "/responses?held=yes", t.Held)
	responses("console.today.lapsed", "lapsed", "/responses?lapsed=yes", t.Lapsed)
	cases("console.today.mine", "mine", "/cases?assignee=me&open=yes", t.Mine)
	return all
}

// scanProgress is how far a scan is; it asks for itself while the scan lasts.
func (c *console) scanProgress(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	s, err := c.house.Store.Scan(r.Context(), r.Who.Scope(), id)
	if err != nil {
		return web.View{}, err
	}
	w := work(r, c.names(r), s)
	page := ui.Page{Title: r.T("console.scan"), Active: "today", Crumbs: []ui.Link{{Text: r.T("console.today"), Href: "/today"}}}
	return web.View{Page: page, Body: ui.Progress(w), Partial: ui.Progress(w)}, nil
}

// work is a scan as progress shows it. What the last complete scan saw stands
// for the whole, so that its end is an estimate.
func work(r *web.Request, n *names, s candor.Scan) ui.Work {
	name := phrase.Args{"site": n.assetName(s.Asset)}
	w := ui.Work{ID: "scan-" + string(s.ID), Share: -1, Label: r.T("console.scan.of", name),
		Done: r.N("console.scan.files", int(s.Files)) + " · " + r.Printer.Bytes(s.Bytes)}
	if s.Errors > 0 {
		w.Note = r.N("console.scan.errors", int(s.Errors))
	}
	if s.State != candor.ScanRunning && s.State != candor.ScanQueued {
		w.Label = r.Printer.T("console.scan.ended."+string(s.State), name)
		if s.State == candor.ScanComplete {
			w.Share = 1
		}
		return w
	}
	w.Poll = "/today/scans/" + string(s.ID)
	took := r.Now.Sub(s.Started)
	if s.Started.IsZero() || took < time.Second || s.Bytes <= 0 {
		return w
	}
	rate := float64(s.Bytes) / took.Seconds()
	w.Rate = r.Printer.Bytes(int64(rate))
	if s.Total > 0 {
		w.Total = r.Printer.Bytes(s.Total)
		w.Share = min(float64(s.Bytes)/float64(s.Total), 0.99) // it is over when it says so
		if left := float64(s.Total - s.Bytes); left > 0 {
			w.Left = r.Printer.Span(max(time.Duration(left/rate*float64(time.Second)).Round(time.Second), time.Second))
		}
	}
	return w
}
