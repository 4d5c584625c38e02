package office

import (
	"context"
	"strconv"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/store"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// consentsDetail is what the page of figures shows.
type consentsDetail struct {
	tiles    []ui.Stat
	versions ui.Table
	chart    ui.Chart
}

func (o *office) consents(r *web.Request) (web.View, error) {
	f, err := o.house.ConsentFigures(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	var waiting int64
	for _, s := range f.Stances {
		waiting += s.Waiting
	}
	n := r.Printer.Number
	d := consentsDetail{versions: shareTable(r, f.Versions), chart: consentChart(r, f.Days), tiles: []ui.Stat{
		{Label: r.T("office.consents.waiting"), Value: n(waiting), Known: len(f.Stances) > 0, Note: r.T("office.consents.waiting.note"), Href: "/terms"},
		{Label: r.T("office.questions.open"), Value: n(f.Open), Known: true, Href: "/cases?incident=no&open=yes"},
		{Label: r.T("office.questions.late"), Value: n(f.Late), Known: true, Href: "/cases?incident=no&open=yes"},
		{Label: r.T("office.consents.median"), Value: r.Printer.Span(f.Median), Known: f.Answered > 0, Note: r.T("office.consents.median.note", phrase.Args{"n": f.Answered}), Href: "/cases?incident=no&open=no"},
	}}
	if f.Late > 0 {
		d.tiles[2].Tone = ui.Bad
	}
	return web.View{Page: ui.Page{Title: r.T("office.consents"), Active: "consents", Lead: r.T("office.consents.lead") + countedAt(r, f.At)}, Body: consentsBody(d)}, nil
}

// countedAt says when figures were counted, if that is a while ago.
func countedAt(r *web.Request, at time.Time) string {
	if r.Now.Sub(at) < time.Second {
		return ""
	}
	return " " + r.T("office.consents.counted", phrase.Args{"ago": r.Printer.Ago(r.Now, at)})
}

// shareTable tells how many of those who are asked are bound, by version.
func shareTable(r *web.Request, all []house.BoundShare) ui.Table {
	t := ui.Table{ID: "versions", Caption: r.T("office.consents.versions"), Empty: ui.Situation{Title: r.T("office.consents.none"), Text: r.T("office.consents.none.text")}, Columns: []ui.Column{
		wide(column("title", r.T("office.terms.title"))), number(column("bound", r.T("office.consents.bound"))), number(column("asked", r.T("office.consents.asked"))), number(column("share", r.T("office.consents.share")))}}
	for _, s := range all {
		share := quiet(r.T("office.consents.unmeasured"))
		bound, asked := ui.Absent(), ui.Absent()
		if s.Asked > 0 {
			share, bound, asked = oneLine(r.Printer.Percent(float64(s.Bound)/float64(s.Asked)), ""), ui.Number(s.Bound, ""), ui.Number(s.Asked, "")
		}
		name := termsTitle(r.Printer, s.Terms) + " " + s.Terms.Label
		t.Rows = append(t.Rows, ui.Row{Key: string(s.Terms.ID), Label: name, Href: termsPath(s.Terms.ID), Cells: cells(anchor(name, termsPath(s.Terms.ID)), bound, asked, share)})
	}
	return t
}

// consentChart draws what parties said, by day of UTC.
func consentChart(r *web.Request, days []store.ConsentDay) ui.Chart {
	first := r.Now.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1-house.FigureDays)
	c := ui.Chart{ID: "chart-consents", Kind: ui.Stacked, X: r.T("office.consents.day"), Unit: r.T("office.consents.unit")}
	acts := []consent.Act{consent.Agreed, consent.Refused, consent.Withdrawn}
	total := map[consent.Act]int64{}
	for i, act := range acts {
		c.Series = append(c.Series, ui.Series{Name: r.Printer.T("office.consents." + string(act)), Colour: []string{"good", "", "high"}[i], Values: make([]float64, house.FigureDays)})
		for _, d := range days {
			if at := int(d.Day.Sub(first) / (24 * time.Hour)); d.Act == act && at >= 0 && at < house.FigureDays {
				c.Series[i].Values[at] += float64(d.Times)
				total[act] += d.Times
			}
		}
	}
	for i := range house.FigureDays {
		at := first.AddDate(0, 0, i)
		c.Labels = append(c.Labels, r.T("office.consents.label", phrase.Args{"day": at.Day(), "month": r.Printer.T("time.month." + strconv.Itoa(int(at.Month())))}))
	}
	c.Title = r.T("office.consents.title", phrase.Args{"agreed": total[consent.Agreed], "refused": total[consent.Refused], "withdrawn": total[consent.Withdrawn], "days": house.FigureDays})
	return c
}

func problemWord(ctx context.Context, p termsProblem) string {
	if p.fault {
		return phrase.T(ctx, "office.terms.fault")
	}
	return phrase.T(ctx, "office.terms.advice")
}

func problemTone(p termsProblem) ui.Tone {
	if p.fault {
		return ui.Bad
	}
	return ui.Neutral
}

// openQuestions tells how many questions wait, and whether one is overdue.
func (o *office) openQuestions(ctx context.Context, who candor.Principal) (int, bool) {
	open, late, err := o.house.OpenQuestions(ctx, who)
	if err != nil {
		return 0, false // the list itself will say so
	}
	return int(open), late > 0
}
