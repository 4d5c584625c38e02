package office

import (
	"net/url"
	"time"

	"candor"
	"candor/internal/flow/archive"
	"candor/internal/house"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// nowDetail is what is known of the last hour.
type nowDetail struct {
	unmeasured string
	charts     []*ui.Chart
	tables     []titledTable
	all        ui.Link
}

type titledTable struct {
	title string
	all   string // the question that it answers
	table ui.Table
}

// trafficNow is the last hour of the network: a part of its page, and one of its
// own.
func (o *office) trafficNow(r *web.Request) (web.View, error) {
	d := nowDetail{all: ui.Link{Text: r.T("office.flows.ask"), Href: flowsPath}}
	until := r.Now.Truncate(time.Minute)
	hour := archive.Question{Since: until.Add(-time.Hour), Until: until, Order: archive.Bytes, Limit: 10}
	way := func(w archive.Direction) archive.Question {
		q := hour
		q.Where, q.By, q.Limit = []archive.Condition{{Field: archive.FieldDirection, Values: []archive.Value{{Way: w}}}}, []archive.Field{archive.FieldProtocol, archive.FieldPort}, mostDrawn
		q.Step = time.Minute
		return q
	}
	by := func(f archive.Field, limit int) archive.Question {
		q := hour
		q.By, q.Limit = []archive.Field{f}, limit
		return q
	}
	questions := []archive.Question{way(archive.Out), way(archive.In), by(archive.FieldLine, 20), by(archive.FieldPort, 10), by(archive.FieldPeerNet, 10), by(archive.FieldExporter, 10)}
	v, err := o.house.AskFlows(r.Context(), r.Who, house.FlowPurpose{}, questions...)
	var refusal asked
	switch {
	case err != nil:
		if err := refusal.refused(r, err); err != nil {
			return web.View{}, err
		}
		d.unmeasured = refusal.errors[0].Text
	case v.Unmeasured != "":
		d.unmeasured = unmeasured(r, v.Unmeasured)
	default:
		o.drawNow(r, &d, questions, v)
	}
	p := ui.Page{Title: r.T("office.flows.now"), Active: "traffic", Lead: r.T("office.flows.now.lead"), Crumbs: []ui.Link{{Text: r.T("office.traffic"), Href: "/traffic"}}}
	return web.View{Page: p, Body: nowBody(d), Partial: nowPart(d)}, nil
}

func (o *office) drawNow(r *web.Request, d *nowDetail, questions []archive.Question, v house.FlowAnswers) {
	titles := []string{"", "", r.T("office.flows.now.lines"), r.T("office.flows.now.ports"), r.T("office.flows.now.nets"), r.T("office.flows.now.exporters")}
	for i, q := range questions {
		w := flowWords{o: o, r: r, q: q, v: v, id: "-" + string(rune('a'+i))}
		a := asked{q: q, values: q.Values(func(id candor.ID) string { return v.Lines[id].Reference })}
		a.values.Set(archive.ParameterTime, archive.LastHour)
		a.values.Del(archive.ParameterStep)
		href := a.at(flowsPath, func(v url.Values) { v.Del(archive.ParameterLimit) })
		if titles[i] == "" {
			c := flowChart(r, w, v.Answers[i], href)
			if c == nil {
				continue
			}
			c.Note = directionNote(r, i == 0)
			d.charts = append(d.charts, c)
			continue
		}
		d.tables = append(d.tables, titledTable{titles[i], href, brief(answerTable(r, w, a, v.Answers[i]))})
	}
}

func directionNote(r *web.Request, out bool) string {
	if out {
		return r.T("office.flows.now.out")
	}
	return r.T("office.flows.now.in")
}

// brief leaves out of a table what is beside the question.
func brief(t ui.Table) ui.Table {
	without(&t, "packets")
	without(&t, "flows")
	return t
}
