package board

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

func cells(c ...templ.Component) []templ.Component { return c }

// today shows what needs somebody now, in order of urgency.
func (b *board) today(r *web.Request) (web.View, error) {
	t, err := b.Today(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	d := todayData{tiles: b.tiles(r, t.States, t.Approvals.Count, t.Overdue.Count)}
	add := func(title, href string, n int, more bool, table ui.Table) {
		if n > 0 {
			d.parts = append(d.parts, part{title: title + " (" + counted(r, n, more) + ")", href: href, table: table})
		}
	}
	add(r.T("board.today.overdue"), "/cases?open=yes&due=soon&sort=due", t.Overdue.Count, t.Overdue.More, caseTable(r, "overdue", t.Overdue.Items, ""))
	add(r.T("board.today.approvals"), "/responses?state=proposed", t.Approvals.Count, t.Approvals.More, responseTable(r, "approvals", t.Approvals.Items))
	add(r.T("board.today.failed"), "/responses?state=failed", t.Failed.Count, t.Failed.More, responseTable(r, "failed", t.Failed.Items))
	add(r.T("board.today.unseen"), "/cases?state=new&sort=-severity", t.Unseen.Count, t.Unseen.More, caseTable(r, "unseen", t.Unseen.Items, ""))
	add(r.T("board.today.mine"), "/cases?open=yes&assignee=me", t.Mine.Count, t.Mine.More, caseTable(r, "mine", t.Mine.Items, ""))
	for _, s := range t.Running.Items {
		d.running = append(d.running, work(r, s))
	}
	d.charts = []ui.Chart{b.findingsChart(r, t.Findings), b.coverageChart(r, t.Coverage)}
	return web.View{Page: page("today", r.T("board.today")), Body: todayPage(d)}, nil
}

func (b *board) tiles(r *web.Request, states map[candor.CaseState]int64, approvals, overdue int) []ui.Stat {
	var open int64
	for _, n := range states {
		open += n
	}
	tone := func(n int64, bad ui.Tone) ui.Tone {
		if n > 0 {
			return bad
		}
		return ui.Neutral
	}
	return []ui.Stat{
		{Label: r.T("board.tile.open"), Value: r.Printer.Number(open), Href: "/cases?open=yes", Known: true},
		{Label: r.T("board.tile.new"), Value: r.Printer.Number(states[candor.CaseNew]), Href: "/cases?state=new", Known: true, Tone: tone(states[candor.CaseNew], ui.Accent)},
		{Label: r.T("board.today.overdue"), Value: r.Printer.Number(int64(overdue)), Href: "/cases?open=yes&due=soon&sort=due", Known: true, Tone: tone(int64(overdue), ui.Bad)},
		{Label: r.T("board.today.approvals"), Value: r.Printer.Number(int64(approvals)), Href: "/responses?state=proposed", Known: true, Tone: tone(int64(approvals), ui.Warn)},
	}
}

func counted(r *web.Request, n int, more bool) string {
	if more {
		return r.Printer.Number(int64(n)) + "+"
	}
	return r.Printer.Number(int64(n))
}

// findingsChart draws findings of 30 days, by severity.
func (b *board) findingsChart(r *web.Request, counts []candor.DayCount) ui.Chart {
	const days = 30
	first := r.Now.Truncate(24*time.Hour).AddDate(0, 0, 1-days)
	c := ui.Chart{ID: "findings", Kind: ui.Stacked, X: r.T("board.day"), Unit: r.T("board.findings")}
	total := 0.0
	for s := candor.Critical; ; s-- {
		series := ui.Series{Name: word(r, "severity.", s.String()), Colour: s.String(), Values: make([]float64, days)}
		for _, n := range counts {
			if at := int(n.Day.Sub(first) / (24 * time.Hour)); n.Severity == s && at >= 0 && at < days {
				series.Values[at] += float64(n.Count)
				total += float64(n.Count)
			}
		}
		c.Series = append(c.Series, series)
		if s == candor.Info {
			break
		}
	}
	for i := range days {
		at := first.AddDate(0, 0, i)
		c.Labels = append(c.Labels, day(at))
	}
	c.Title = r.T("board.chart.findings", phrase.Args{"count": r.Printer.Number(int64(total))})
	return c
}

// coverageChart says how long ago sites were scanned as a whole.
func (b *board) coverageChart(r *web.Request, last map[time.Time]int64) ui.Chart {
	bounds := []struct {
		label string
		days  float64
		tone  string
	}{{r.T("board.scanned.day"), 1, "good"}, {r.T("board.scanned.week"), 7, "accent"}, {r.T("board.scanned.longer"), math.Inf(1), "medium"}, {r.T("board.scanned.never"), -1, "high"}}
	values := make([]float64, len(bounds))
	var all, recent float64
	for at, n := range last {
		all += float64(n)
		i := len(bounds) - 1
		if !at.IsZero() {
			age := r.Now.Sub(at).Hours()/24 - 1 // the day is known, not the hour
			for i = 0; age > bounds[i].days; i++ {
				continue
			}
		}
		values[i] += float64(n)
		if i <= 1 {
			recent += float64(n)
		}
	}
	c := ui.Chart{ID: "coverage", X: r.T("board.scanned"), Unit: r.T("board.sites")}
	c.Title = r.T("board.chart.coverage", phrase.Args{"share": r.Printer.Percent(recent / max(all, 1))})
	for _, b := range bounds {
		c.Labels = append(c.Labels, b.label)
	}
	c.Series = []ui.Series{{Name: r.T("board.sites"), Values: values}}
	return c
}

// work says how far a scan is.
func work(r *web.Request, s candor.Scan) ui.Work {
	w := ui.Work{ID: "scan-" + string(s.ID), Label: r.T("board.scanning"), Done: r.Printer.Bytes(s.Bytes), Share: -1, Poll: "/scans/" + string(s.ID) + "/progress"}
	if took := r.Now.Sub(s.Started); !s.Started.IsZero() && took > time.Second {
		w.Rate = r.Printer.Bytes(int64(float64(s.Bytes)/took.Seconds())) + "/s"
		if s.Total > s.Bytes && s.Bytes > 0 {
			w.Left = r.Printer.Span(time.Duration(float64(took) * float64(s.Total-s.Bytes) / float64(s.Bytes)))
		}
	}
	if s.Total > 0 {
		w.Total, w.Share = r.Printer.Bytes(s.Total), min(float64(s.Bytes)/float64(s.Total), 1)
	}
	return w
}

// cases lists cases.
func (b *board) cases(r *web.Request) (web.View, error) {
	f := candor.CaseFilter{States: web.FilterMany(r, "state", candor.CaseStates()), Open: r.FilterYes("open"), Party: r.FilterID("party"), Asset: r.FilterID("asset"),
		Assignee: r.FilterID("assignee"), MinSeverity: severityOf(r.Query("severity")), Text: r.Query("q")}
	if c, ok := candor.ParseClass(r.Query("class")); ok {
		f.Class = c
	}
	if r.Query("due") == "soon" {
		f.DueBefore = r.Now.Add(time.Hour)
	}
	list, err := b.Cases(r.Context(), r.Who, f, r.Cut("updated", "severity", "opened", "due"))
	if err != nil {
		return web.View{}, err
	}
	d := listData{filters: []ui.Filter{
		{Name: "q", Label: r.T("board.words"), Kind: ui.Words},
		{Name: "state", Label: r.T("board.state"), Kind: ui.Many, Options: options(r, "case.state.", candor.CaseStates())},
		{Name: "severity", Label: r.T("board.severity.least"), Kind: ui.Choice, Options: severities(r)},
		{Name: "open", Label: r.T("board.open.only"), Kind: ui.Choice, Options: []ui.Option{{Value: "yes", Label: r.T("board.yes")}, {Value: "no", Label: r.T("board.no")}}},
	}, table: caseTable(r, "cases", list.Items, r.T("board.cases.none")), cursor: web.Cursor(list)}
	return web.View{Page: page("cases", r.T("board.cases")), Body: listPage(d)}, nil
}

// findings lists findings.
func (b *board) findings(r *web.Request) (web.View, error) {
	f := candor.FindingFilter{States: web.FilterMany(r, "state", candor.FindingStates()), Party: r.FilterID("party"), Asset: r.FilterID("asset"), Case: r.FilterID("case"),
		Rule: r.Query("rule"), Content: r.Query("content"), MinSeverity: severityOf(r.Query("severity")), FirstAfter: r.FilterDay("from"), FirstBefore: r.FilterDay("to"), Text: r.Query("q")}
	list, err := b.Findings(r.Context(), r.Who, f, r.Cut("first_seen", "last_seen", "severity", "rule"))
	if err != nil {
		return web.View{}, err
	}
	d := listData{filters: []ui.Filter{
		{Name: "q", Label: r.T("board.words"), Kind: ui.Words},
		{Name: "state", Label: r.T("board.state"), Kind: ui.Many, Options: options(r, "finding.state.", candor.FindingStates())},
		{Name: "severity", Label: r.T("board.severity.least"), Kind: ui.Choice, Options: severities(r)},
		{Name: "rule", Label: r.T("board.rule.begins"), Kind: ui.Words},
		{Name: "from", Label: r.T("board.from"), Kind: ui.Day}, {Name: "to", Label: r.T("board.to"), Kind: ui.Day},
	}, table: findingTable(r, "findings", list.Items), cursor: web.Cursor(list)}
	return web.View{Page: page("findings", r.T("board.findings")), Body: listPage(d)}, nil
}

// responses lists responses.
func (b *board) responses(r *web.Request) (web.View, error) {
	states := []candor.ResponseState{candor.ResponseProposed, candor.ResponseApproved, candor.ResponseApplied, candor.ResponseVerified, candor.ResponseFailed,
		candor.ResponseRefused, candor.ResponseUndoing, candor.ResponseUndone}
	list, err := b.Responses(r.Context(), r.Who, candor.ResponseFilter{States: web.FilterMany(r, "state", states), Case: r.FilterID("case"), Party: r.FilterID("party")}, r.Cut("created"))
	if err != nil {
		return web.View{}, err
	}
	d := listData{filters: []ui.Filter{{Name: "state", Label: r.T("board.state"), Kind: ui.Many, Options: options(r, "response.state.", states)}},
		table: responseTable(r, "responses", list.Items), cursor: web.Cursor(list)}
	return web.View{Page: page("responses", r.T("board.responses")), Body: listPage(d)}, nil
}

func options[S ~string](r *web.Request, prefix string, all []S) []ui.Option {
	out := make([]ui.Option, len(all))
	for i, s := range all {
		out[i] = ui.Option{Value: string(s), Label: r.T(prefix + string(s))}
	}
	return out
}

func severities(r *web.Request) []ui.Option {
	var out []ui.Option
	for s := candor.Low; s <= candor.Critical; s++ {
		out = append(out, ui.Option{Value: s.String(), Label: word(r, "severity.", s.String())})
	}
	return out
}

func severityOf(word string) candor.Severity {
	s, err := candor.ParseSeverity(word)
	if err != nil {
		return candor.Info // no bound
	}
	return s
}

// label is how people write a case's number.
var label = regexp.MustCompile(`^[Cc]-?([0-9]{1,18})$`)

// search looks for the words; a case's number leads there.
func (b *board) search(r *web.Request) (web.View, error) {
	words := r.Query("q")
	if m := label.FindStringSubmatch(words); m != nil {
		n, err := strconv.ParseInt(m[1], 10, 64)
		if err == nil {
			if c, err := b.Store.CaseByNumber(r.Context(), r.Who.Scope(), n); err == nil {
				return web.See("/cases/" + string(c.ID)), nil
			}
		}
	}
	hits, err := b.Search(r.Context(), r.Who, words, 50)
	if err != nil {
		return web.View{}, err
	}
	t := ui.Table{ID: "hits", Caption: r.T("board.search"), Empty: ui.Situation{Title: r.T("board.search.none"), Text: r.T("board.search.none.text")},
		Columns: []ui.Column{{Key: "title", Label: r.T("board.search.found"), Wide: true}, {Key: "kind", Label: r.T("board.search.kind")}}}
	paths := map[string]string{"case": "/cases/", "finding": "/findings/", "party": "/parties/", "asset": "/sites/"}
	for _, h := range hits {
		href := paths[h.Kind] + string(h.ID)
		t.Rows = append(t.Rows, ui.Row{Key: string(h.ID), Label: h.Title, Href: href, Cells: cells(ui.Anchor(ui.Link{Text: h.Title, Href: href}), ui.Text(word(r, "board.kind.", h.Kind)))})
	}
	p := page("", r.T("board.search"))
	p.Lead = fmt.Sprintf("“%s”", words)
	return web.View{Page: p, Body: listPage(listData{table: t})}, nil
}
