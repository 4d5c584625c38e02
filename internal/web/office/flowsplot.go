package office

import (
	"math"
	"time"

	"candor/internal/flow/archive"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// Bounds of a plot.
const (
	fittingSteps = 72  // of a plot whose question says nothing
	mostSteps    = 240 // of any plot
	mostDrawn    = 4   // rows that have an area of their own
)

var niceSteps = []time.Duration{time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour, oneDay, 7 * oneDay, 28 * oneDay}

const oneDay = 24 * time.Hour

// plotStep is the step of a plot: what was asked for, if it can be drawn.
func plotStep(q archive.Question) time.Duration {
	span := q.Until.Sub(q.Since)
	if q.Step > 0 && span/q.Step < mostSteps {
		return q.Step
	}
	for _, s := range niceSteps {
		if span/s < fittingSteps {
			return s
		}
	}
	return (span/fittingSteps + time.Second).Truncate(time.Second)
}

// flowChart draws an answer over time: its largest rows, and all others together.
func flowChart(r *web.Request, w flowWords, a archive.Answer, href string) *ui.Chart {
	if a.Total.Flows == 0 || len(a.Series) == 0 {
		return nil
	}
	c := &ui.Chart{ID: "plot-" + w.id, Kind: ui.Areas, X: r.T("office.flows.time", phrase.Args{"zone": r.Zone.String()}), Zoom: &ui.Zoom{Href: href, Since: a.Since, Step: a.Step}}
	over := stepsOver(r.Now, a)
	for i := range a.Series[:over] {
		c.Labels = append(c.Labels, stepLabel(r, a.Since.Add(time.Duration(i)*a.Step), a))
	}
	rest := rates(w.q.Order, a, a.Series[:over])
	drawn := a.Rows[:min(len(a.Rows), mostDrawn)]
	if len(w.q.By) == 0 {
		drawn = nil
	}
	most := 0.0
	for _, v := range rest {
		most = max(most, v)
	}
	factor, unit := scaleOf(r, w.q.Order, most)
	for _, row := range drawn {
		s := ui.Series{Name: w.rowName(row), Values: rates(w.q.Order, a, row.Series[:over])}
		for i := range s.Values {
			rest[i] = max(0, rest[i]-s.Values[i])
			s.Values[i] /= factor
		}
		c.Series = append(c.Series, s)
	}
	if left := archive.Measured(w.q.Order, a.Total) - drawnSum(w.q.Order, drawn); left > 0 || len(drawn) == 0 {
		name := r.T("office.flows.rest")
		if len(drawn) == 0 {
			name = r.T("office.flows.total")
		}
		for i := range rest {
			rest[i] /= factor
		}
		c.Series = append(c.Series, ui.Series{Name: name, Colour: map[bool]string{true: "slate", false: "accent"}[len(drawn) > 0], Values: rest})
	}
	c.Unit, c.Title = unit, w.title(a)
	if c.Note = r.T("office.flows.zoom"); over < len(a.Series) {
		c.Note += " " + r.T("office.flows.unfinished")
	}
	return c
}

func drawnSum(m archive.Measure, rows []archive.Row) (sum uint64) {
	for _, row := range rows {
		sum += archive.Measured(m, row.Sum)
	}
	return sum
}

// settled is how long after a flow ended it can be asked of, if its exporter told of
// it at once.
const settled = 10 * time.Second

// stepsOver is how many steps of an answer are over: the one that goes on has less
// than others, and would look as if traffic had dropped. One is drawn in any case.
func stepsOver(now time.Time, a archive.Answer) int {
	n := len(a.Series)
	for n > 1 && goesOn(now, a, n) {
		n--
	}
	return n
}

// goesOn tells whether the nth step of an answer goes on.
func goesOn(now time.Time, a archive.Answer, n int) bool {
	end := a.Since.Add(time.Duration(n) * a.Step)
	if end.After(a.Until) {
		end = a.Until
	}
	return end.Add(settled).After(now)
}

// rates are values a second: bits of bytes. The last step may be a part of one.
func rates(m archive.Measure, a archive.Answer, all []archive.Sum) []float64 {
	out := make([]float64, len(all))
	for i := range out {
		length := min(a.Step, a.Until.Sub(a.Since)-time.Duration(i)*a.Step).Seconds()
		out[i] = float64(archive.Measured(m, all[i])) / math.Max(length, 1)
		if m == archive.Bytes {
			out[i] *= 8
		}
	}
	return out
}

// scaleOf is the unit that suits the greatest value.
func scaleOf(r *web.Request, m archive.Measure, most float64) (factor float64, unit string) {
	switch m {
	case archive.Packets:
		return 1, r.T("office.flows.packets.rate")
	case archive.Flows:
		return 1, r.T("office.flows.flows.rate")
	}
	factor = 1
	step := 0
	for most/factor >= 1000 && step < len(rateUnits)-1 {
		factor, step = factor*1000, step+1
	}
	return factor, rateUnits[step]
}

// stepLabel is the beginning of a step, in the reader's zone: with its day where
// the answer is longer than one, with seconds where steps are shorter than a minute.
func stepLabel(r *web.Request, at time.Time, a archive.Answer) string {
	at = at.In(r.Zone)
	switch {
	case a.Step < time.Minute:
		return at.Format("15:04:05")
	case a.Until.Sub(a.Since) <= 25*time.Hour:
		return at.Format("15:04")
	case a.Step >= oneDay:
		return at.Format("01-02")
	}
	return at.Format("01-02 15:04")
}
