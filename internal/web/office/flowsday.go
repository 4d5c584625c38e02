package office

import (
	"math"
	"net/url"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/flow/archive"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// dayDetail is what the page of a line's day shows.
type dayDetail struct {
	asked
	path       string
	form       form
	line       candor.Asset
	unmeasured string
	notes      []ui.Message
	charts     []ui.Chart
	tables     []titledTable
	moves      []ui.Link
	records    ui.Link
}

func dayPath(id candor.ID) string { return "/traffic/lines/" + string(id) }

// lineDay shows what a line did on one day, from midnight to midnight where the
// desk is.
func (o *office) lineDay(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	line, err := o.house.Store.Asset(r.Context(), r.Who.Scope(), id)
	if err != nil {
		return web.View{}, err
	}
	if line.Kind != candor.Line {
		return web.See(assetPath(id)), nil
	}
	start, bad := o.dayOf(r)
	d := dayDetail{path: dayPath(id), line: line, form: given("day", start.Format(time.DateOnly), forWhat, r.Query(forWhat))}
	d.q = archive.Question{Since: start.UTC(), Until: minTime(start.AddDate(0, 0, 1), r.Now).UTC(), Step: time.Hour, Limit: 20, Order: archive.Bytes,
		Where: []archive.Condition{{Field: archive.FieldLine, Values: []archive.Value{{Line: id}}}}}
	d.name = o.name(r)
	d.values = d.q.Values(d.name)
	d.values.Del(archive.ParameterStep)
	d.values.Set(forWhat, r.Query(forWhat))
	if d.FlowPurpose, err = o.house.FlowPurpose(r.Context(), r.Who, r.Query(forWhat)); err != nil {
		if err := d.refused(r, err); err != nil {
			return web.View{}, err
		}
		d.form.refuse(forWhat, r.T("office.flows.for.unknown"))
	}
	if bad {
		d.form.refuse("day", r.T("office.flows.day.bad"))
	} else if d.needsPurpose(r) {
		d.form.refuse(forWhat, r.T("office.flows.for.missing"))
	} else if len(d.errors) == 0 {
		if err := o.drawDay(r, &d); err != nil {
			if err := d.refused(r, err); err != nil {
				return web.View{}, err
			}
			d.notes = append(d.notes, ui.Message{Tone: ui.Bad, Title: d.errors[0].Text})
		}
	}
	d.moves = o.days(r, d, start)
	p := ui.Page{Title: r.T("office.flows.day", phrase.Args{"line": line.Name, "day": r.Printer.Date(start, o.site.Zone)}), Active: "traffic",
		Crumbs: []ui.Link{{Text: r.T("office.traffic"), Href: "/traffic"}, {Text: line.Name, Href: assetPath(id)}}}
	v := web.View{Page: p, Body: dayPage(d)}
	if len(d.form.errors) > 0 && r.Query(forWhat)+r.Query("day") != "" {
		v = v.Again()
	}
	return v, nil
}

// dayOf is the beginning of the day that is asked for, today if none is.
func (o *office) dayOf(r *web.Request) (start time.Time, bad bool) {
	now := r.Now.In(o.site.Zone)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, o.site.Zone)
	if r.Query("day") == "" {
		return today, false
	}
	day, err := time.ParseInLocation(time.DateOnly, r.Query("day"), o.site.Zone)
	if err != nil || day.After(today) || day.Year() < 1971 {
		return today, true
	}
	return day, false
}

// days lead to the day before and the day after.
func (o *office) days(r *web.Request, d dayDetail, start time.Time) []ui.Link {
	to := func(text string, day time.Time) ui.Link {
		return ui.Link{Text: text, Href: linkTo(d.path, url.Values{"day": {day.Format(time.DateOnly)}, forWhat: {r.Query(forWhat)}})}
	}
	all := []ui.Link{to(r.T("office.flows.day.before"), start.AddDate(0, 0, -1))}
	if next := start.AddDate(0, 0, 1); !next.After(r.Now) {
		all = append(all, to(r.T("office.flows.day.after"), next))
	}
	return all
}

func (o *office) drawDay(r *web.Request, d *dayDetail) error {
	of := func(by ...archive.Field) archive.Question {
		q := d.q
		q.By, q.Step, q.Limit = by, 0, 10
		return q
	}
	ways := d.q
	ways.By = []archive.Field{archive.FieldDirection}
	questions := []archive.Question{ways, of(archive.FieldProtocol, archive.FieldPort), of(archive.FieldPeer)}
	v, err := o.house.AskFlows(r.Context(), r.Who, d.FlowPurpose, questions...)
	if err != nil {
		return err
	}
	if v.Unmeasured != "" {
		d.unmeasured = unmeasured(r, v.Unmeasured)
		return nil
	}
	usual, err := o.usualOf(r, d.line)
	if err != nil {
		return err
	}
	d.charts = []ui.Chart{o.dayChart(r, d, v.Answers[0], usual, archive.In), o.dayChart(r, d, v.Answers[0], usual, archive.Out)}
	titles := []string{r.T("office.flows.day.services"), r.T("office.flows.day.peers")}
	for i, q := range questions[1:] {
		w := flowWords{o: o, r: r, q: q, v: v, id: "-" + string(rune('a'+i))}
		a := d.asked
		a.q, a.values = q, q.Values(d.name)
		a.values.Set(forWhat, r.Query(forWhat))
		t := answerTable(r, w, a, v.Answers[i+1])
		if i == 1 && len(t.Rows) == 0 && v.Answers[0].Total.Flows > 0 {
			t.Empty = ui.Situation{Title: r.T("office.flows.day.peers.gone"), Text: r.T("office.flows.day.peers.gone.text")}
		}
		d.tables = append(d.tables, titledTable{titles[i], a.at(flowsPath, nil), t})
	}
	d.records = ui.Link{Text: r.T("office.flows.records.see"), Href: d.at(recordsPath, nil)}
	return nil
}

// usualOf is what is usual of the line in each hour of the week; nil if nobody
// knows here.
func (o *office) usualOf(r *web.Request, line candor.Asset) ([]house.TrafficHour, error) {
	if !r.May(access.ReadCases) {
		return nil, nil
	}
	v, err := o.house.LineTraffic(r.Context(), r.Who, line.ID)
	if err != nil || v.Traffic == nil || len(v.Traffic.Usual) != 168 {
		return nil, err
	}
	return v.Traffic.Usual, nil
}

// dayChart draws what a line did in one direction, over what is usual of it.
func (o *office) dayChart(r *web.Request, d *dayDetail, a archive.Answer, usual []house.TrafficHour, way archive.Direction) ui.Chart {
	c := ui.Chart{ID: "day-" + string(way), Kind: ui.Lines, X: r.T("office.flows.time", phrase.Args{"zone": o.site.Zone.String()}), Every: 3, Zoom: &ui.Zoom{Href: d.at(flowsPath, nil), Since: a.Since, Step: a.Step}}
	was := ui.Series{Name: r.T("office.flows.day.was"), Colour: "medium", Values: make([]float64, len(a.Series))}
	total := uint64(0)
	for _, row := range a.Rows {
		if row.Keys[0].Way == way {
			was.Values, total = rates(archive.Bytes, a, row.Series), row.Sum.Bytes
		}
	}
	band := []ui.Series{{Name: r.T("office.traffic.median")}, {Name: r.T("office.traffic.low")}, {Name: r.T("office.traffic.high")}}
	most, above := 0.0, 0
	for i, v := range was.Values {
		at := a.Since.Add(time.Duration(i) * a.Step).In(o.site.Zone)
		c.Labels = append(c.Labels, at.Format("15:04"))
		most = max(most, v)
		if usual == nil {
			continue
		}
		u := usual[(int(at.Weekday())+6)%7*24+at.Hour()]
		one := u.Down
		if way == archive.Out {
			one = u.Up
		}
		for k, x := range []float64{one.Median, one.Low, one.High} {
			band[k].Values, most = append(band[k].Values, x), math.Max(most, x)
		}
		if v > one.High {
			above++
		}
	}
	c.Series = []ui.Series{was}
	if usual != nil {
		c.Kind, c.Series, c.Note = ui.Band, append(band, was), r.T("office.flows.day.note")
	}
	factor, unit := scaleOf(r, archive.Bytes, most)
	for _, s := range c.Series {
		for i := range s.Values {
			s.Values[i] /= factor
		}
	}
	c.Unit, c.Title = unit, dayTitle(r, way, r.Printer.Bytes(whole64(total)), above, usual != nil)
	return c
}

// dayTitle says how much it was, and whether that is usual.
func dayTitle(r *web.Request, way archive.Direction, total string, above int, known bool) string {
	args := phrase.Args{"total": total}
	switch {
	case way == archive.In && !known:
		return r.T("office.flows.day.down", args)
	case way == archive.In && above > 0:
		return r.N("office.flows.day.down.above", above, args)
	case way == archive.In:
		return r.T("office.flows.day.down.usual", args)
	case !known:
		return r.T("office.flows.day.up", args)
	case above > 0:
		return r.N("office.flows.day.up.above", above, args)
	}
	return r.T("office.flows.day.up.usual", args)
}
