package office

import (
	"slices"
	"time"

	"github.com/a-h/templ"

	"candor/internal/drill"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// addDrills adds the pages of drills.
func (o *office) addDrills() {
	o.site.Page("GET /drills", readSettings, o.drills)
	o.site.Page("GET /drills/{name}", readSettings, o.drill)
	o.site.Page("GET /drills/{name}/signed", readSettings, o.drillSigned)
}

// drillsDetail is what the list of drills shows.
type drillsDetail struct {
	due   *ui.Message // when the next is due
	trend *ui.Chart   // nil while there is none
	table ui.Table
}

func (o *office) drills(r *web.Request) (web.View, error) {
	s, err := o.house.DrillsHeld(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	d := drillsDetail{due: drillDue(r, s), trend: drillTrend(r, s.All), table: drillTable(r, s.All)}
	return web.View{Page: ui.Page{Title: r.T("office.drills"), Active: "drills", Lead: r.T("office.drills.lead")}, Body: drillsPage(d)}, nil
}

// drillDue says when the next drill is due.
func drillDue(r *web.Request, s house.DrillState) *ui.Message {
	m := &ui.Message{Stays: true, Text: r.T("office.drills.how")}
	if s.Itself {
		m.Text = r.T("office.drills.itself")
	}
	switch {
	case s.Due.IsZero():
		m.Title = r.T("office.drills.unscheduled")
		m.Text = r.T("office.drills.unscheduled.text")
	case s.Overdue && len(s.All) == 0:
		m.Tone, m.Title = ui.Warn, r.T("office.drills.never")
	case s.Overdue:
		m.Tone, m.Title = ui.Warn, r.T("office.drills.overdue", phrase.Args{"time": r.Printer.Time(s.Due, r.Zone)})
	default:
		m.Title = r.T("office.drills.due", phrase.Args{"time": r.Printer.Time(s.Due, r.Zone)})
	}
	return m
}

// mostTrend is how many drills the chart shows.
const mostTrend = 24

// drillTrend draws how fast lines were isolated, drill by drill.
func drillTrend(r *web.Request, all []drill.Kept) *ui.Chart {
	c := &ui.Chart{ID: "trend", Kind: ui.Lines, X: r.T("office.drill.when"), Unit: "ms",
		Series: []ui.Series{{Name: r.T("office.drill.median"), Colour: "info"}, {Name: r.T("office.drill.most"), Colour: "high"}}}
	var first, last int64
	for _, k := range slices.Backward(all[:min(len(all), mostTrend)]) {
		if !k.Believed() || k.Report.Response == (drill.Figure{}) {
			continue
		}
		f := k.Report.Response
		if len(c.Labels) == 0 {
			first = f.P99
		}
		last = f.P99
		c.Labels = append(c.Labels, k.Report.Begun.In(r.Zone).Format("01-02"))
		c.Series[0].Values, c.Series[1].Values = append(c.Series[0].Values, float64(f.P50)), append(c.Series[1].Values, float64(f.P99))
	}
	switch {
	case len(c.Labels) < 2:
		return nil
	case last > first+first/4:
		c.Title = r.T("office.drill.trend.slower")
	case last < first-first/4:
		c.Title = r.T("office.drill.trend.faster")
	default:
		c.Title = r.T("office.drill.trend.same")
	}
	c.Note = r.T("office.drill.response.text")
	return c
}

func drillTable(r *web.Request, all []drill.Kept) ui.Table {
	t := ui.Table{ID: "drills", Caption: r.T("office.drills"), Empty: ui.Situation{Title: r.T("office.drills.none"), Text: r.T("office.drills.none.text")},
		Columns: []ui.Column{wide(column("when", r.T("office.drill.when"))), column("result", r.T("office.drill.result")), column("method", r.T("office.drill.method")), minor(number(column("rounds", r.T("office.drill.rounds")))),
			number(column("median", r.T("office.drill.median"))), number(column("most", r.T("office.drill.most"))), minor(number(column("faults", r.T("office.drill.faults"))))}}
	for _, k := range all {
		x := k.Report
		if !k.Believed() {
			t.Rows = append(t.Rows, ui.Row{Key: k.Name, Label: k.Name, Cells: cells(ui.Mono(k.Name), ui.Badge(r.T("office.drill.forged"), ui.Bad), ui.Absent(), ui.Absent(), ui.Absent(), ui.Absent(), ui.Absent())})
			continue
		}
		when := r.Printer.Time(x.Begun, r.Zone)
		t.Rows = append(t.Rows, ui.Row{Key: k.Name, Label: when, Href: "/drills/" + k.Name, Cells: cells(anchor(when, "/drills/"+k.Name), drillMark(r, x), ui.Text(r.Printer.Word("office.drill.by.", string(x.Method))),
			ui.Number(int64(len(x.Rounds)), ""), drillTime(x.Response.P50, x), drillTime(x.Response.P99, x), whole(r.T("office.drill.noticed.of", phrase.Args{"n": noticed(x), "all": len(x.Faults)})))})
	}
	return t
}

// drillTime is a time in milliseconds; what nothing was measured of is absent.
func drillTime(ms int64, x drill.Report) templ.Component {
	if _, n := x.Quantiles(drill.StageDropped); n == 0 {
		return ui.Absent()
	}
	return ui.Number(ms, "ms")
}

func noticed(x drill.Report) (n int) {
	for _, f := range x.Faults {
		if f.Noticed {
			n++
		}
	}
	return n
}

func drillMark(r *web.Request, x drill.Report) templ.Component {
	if x.OK() {
		return ui.Badge(r.T("office.drill.good"), ui.Good)
	}
	return ui.Badge(r.N("office.drill.missed", len(x.Missed)), ui.Bad)
}

// drillDetail is what the page of one drill shows.
type drillDetail struct {
	result  ui.Message
	missed  []missedThing
	figures []ui.Stat
	stages  ui.Table
	checks  ui.Table
	faults  ui.Table
	facts   []ui.Fact
}

func (o *office) drill(r *web.Request) (web.View, error) {
	k, err := o.house.Drill(r.Context(), r.Who, r.PathValue("name"))
	if err != nil {
		return web.View{}, err
	}
	x := k.Report
	p := ui.Page{Title: r.T("office.drill", phrase.Args{"time": r.Printer.Time(x.Begun, r.Zone)}), Active: "drills", Crumbs: []ui.Link{{Text: r.T("office.drills"), Href: "/drills"}}}
	if !k.Believed() {
		p.Title = k.Name
		d := drillDetail{result: ui.Message{Stays: true, Tone: ui.Bad, Title: r.T("office.drill.forged"), Text: r.T("office.drill.forged.text")}}
		return web.View{Page: p, Body: drillPage(d)}, nil
	}
	p.Actions = ui.ButtonLink(ui.Link{Text: r.T("office.drill.signed"), Href: "/drills/" + k.Name + "/signed"}, ui.Plain, "download")
	d := drillDetail{missed: drillMissed(r, x), figures: drillFigures(r, x), stages: stageTable(r, x), checks: drillChecks(r, x), faults: faultTable(r, x)}
	if d.result = (ui.Message{Stays: true, Tone: ui.Good, Title: r.T("office.drill.well")}); !x.OK() {
		d.result.Tone, d.result.Title = ui.Bad, r.N("office.drill.missed", len(x.Missed))
	}
	d.facts = []ui.Fact{{Label: r.T("office.drill.method"), Value: ui.Text(r.Printer.Word("office.drill.by.", string(x.Method)))}, {Label: "Candor", Value: code(x.Program)},
		{Label: r.T("office.drill.seed"), Value: ui.Number(x.Seed, "")}, {Label: r.T("office.drill.took"), Value: ui.Text(r.Printer.Span(x.Ended.Sub(x.Begun)))}}
	return web.View{Page: p, Body: drillPage(d)}, nil
}

func (o *office) drillSigned(r *web.Request) (web.View, error) {
	k, err := o.house.Drill(r.Context(), r.Who, r.PathValue("name"))
	if err != nil {
		return web.View{}, err
	}
	return text(k.Name+".jws", []byte(k.Signed)), nil
}

// missedThing is something that is not as it should be, in words, and what the
// program saw of it, as it says so itself.
type missedThing struct{ text, seen string }

// mostMissed is how many rounds that failed are named; all are in the report.
const mostMissed = 10

func drillMissed(r *web.Request, x drill.Report) (all []missedThing) {
	for _, c := range x.Checks {
		switch {
		case c.OK:
		case c.Name == drill.CheckResponse:
			_, n := x.Quantiles(drill.StageDropped)
			all = append(all, missedThing{text: r.T("office.drill.missed.response", phrase.Args{"n": n, "all": len(x.Rounds), "median": x.Response.P50, "most": x.Response.P99, "goal": x.Goal.P50, "bound": x.Goal.P99})})
		default:
			all = append(all, missedThing{r.T("office.drill.missed.check", phrase.Args{"what": r.Printer.Word("office.drill.check.", string(c.Name))}), c.Text})
		}
	}
	failed := 0
	for _, round := range x.Rounds {
		if round.Error == "" {
			continue
		}
		if failed++; failed <= mostMissed {
			all = append(all, missedThing{r.T("office.drill.missed.round", phrase.Args{"abuse": r.Printer.Word("office.drill.abuse.", string(round.Abuse)), "line": round.Line}), round.Error})
		}
	}
	if failed > mostMissed {
		all = append(all, missedThing{text: r.N("office.drill.missed.rounds", failed-mostMissed)})
	}
	for _, f := range x.Faults {
		if !f.Noticed {
			all = append(all, missedThing{r.T("office.drill.missed.fault", phrase.Args{"what": r.Printer.Word("office.drill.fault.", string(f.Kind))}), f.Error})
		}
	}
	if len(all) == 0 {
		for _, m := range x.Missed { // of another version of the program
			all = append(all, missedThing{seen: m})
		}
	}
	return all
}

func drillFigures(r *web.Request, x drill.Report) []ui.Stat {
	_, n := x.Quantiles(drill.StageDropped)
	ms := func(v int64) string { return r.Printer.Number(v) + " ms" }
	stat := func(label string, v, goal int64, before func(drill.Figure) int64) ui.Stat {
		s := ui.Stat{Label: label, Value: ms(v), Known: n > 0, Note: r.T("office.drill.goal", phrase.Args{"time": ms(goal)})}
		if x.Before != nil {
			s.Note += " · " + r.T("office.drill.before", phrase.Args{"time": ms(before(x.Before.Response))})
		}
		return s
	}
	return []ui.Stat{
		stat(r.T("office.drill.response.median"), x.Response.P50, x.Goal.P50, func(f drill.Figure) int64 { return f.P50 }),
		stat(r.T("office.drill.response.most"), x.Response.P99, x.Goal.P99, func(f drill.Figure) int64 { return f.P99 }),
		{Label: r.T("office.drill.isolated"), Value: r.T("office.drill.noticed.of", phrase.Args{"n": n, "all": len(x.Rounds)}), Known: len(x.Rounds) > 0},
		{Label: r.T("office.drill.faults"), Value: r.T("office.drill.noticed.of", phrase.Args{"n": noticed(x), "all": len(x.Faults)}), Known: len(x.Faults) > 0},
	}
}

func stageTable(r *web.Request, x drill.Report) ui.Table {
	t := ui.Table{ID: "stages", Caption: r.T("office.drill.stages"), Columns: []ui.Column{wide(column("stage", r.T("office.drill.stage"))), number(column("rounds", r.T("office.drill.rounds"))),
		number(column("median", r.T("office.drill.median"))), number(column("most", r.T("office.drill.most")))}}
	for _, n := range drill.Stages() {
		name := r.Printer.Word("office.drill.stage.", string(n))
		f, times := x.Quantiles(n)
		median, most := ui.Absent(), ui.Absent()
		if times > 0 {
			median, most = ui.Number(f.P50, "ms"), ui.Number(f.P99, "ms")
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(n), Label: name, Cells: cells(ui.Text(name), ui.Number(int64(times), ""), median, most)})
	}
	return t
}

func drillChecks(r *web.Request, x drill.Report) ui.Table {
	t := ui.Table{ID: "checks", Caption: r.T("office.drill.checks"), Columns: []ui.Column{wide(column("check", r.T("office.drill.check"))), column("result", r.T("office.drill.result"))}}
	for _, c := range x.Checks {
		name := r.Printer.Word("office.drill.check.", string(c.Name))
		mark := ui.Badge(r.T("office.drill.good"), ui.Good)
		if !c.OK {
			mark = ui.Badge(r.T("office.drill.not"), ui.Bad)
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(c.Name), Label: name, Cells: cells(ui.Text(name), mark)})
	}
	return t
}

func faultTable(r *web.Request, x drill.Report) ui.Table {
	t := ui.Table{ID: "faults", Caption: r.T("office.drill.faults"), Empty: ui.Situation{Title: r.T("office.drill.faults.none")},
		Columns: []ui.Column{wide(column("fault", r.T("office.drill.fault"))), column("result", r.T("office.drill.result")), number(column("took", r.T("office.drill.after"))), minor(column("by", r.T("office.drill.told")))}}
	for _, f := range x.Faults {
		name, took := r.Printer.Word("office.drill.fault.", string(f.Kind)), ui.Absent()
		mark := ui.Badge(r.T("office.drill.unnoticed"), ui.Bad)
		if f.Noticed {
			mark, took = ui.Badge(r.T("office.drill.noticed"), ui.Good), ui.Text(r.Printer.Span(time.Duration(f.Took)*time.Millisecond))
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(f.Kind), Label: name, Cells: cells(ui.Text(name), mark, took, ui.OrAbsent(f.By))})
	}
	return t
}
