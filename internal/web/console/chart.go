package console

import (
	"math"
	"net/url"
	"strconv"
	"time"

	"candor"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

const oneDay = 24 * time.Hour

// bySeverity makes a series of each severity that there is, the gravest first,
// of counts that place puts under a label. Where there are none, none are
// linked to.
func bySeverity(r *web.Request, counts []candor.DayCount, labels int, href func(label int) string, place func(candor.DayCount) int) (all []ui.Series, total int64) {
	for s := int(candor.Critical); s >= int(candor.Info); s-- {
		name := candor.Severity(s).String()
		one := ui.Series{Name: r.Printer.T("severity." + name), Colour: name, Values: make([]float64, labels), Hrefs: make([]string, labels)}
		any := false
		for _, n := range counts {
			if at := place(n); n.Severity == candor.Severity(s) && at >= 0 && at < labels {
				one.Values[at] += float64(n.Count)
				one.Hrefs[at] = href(at)
				total += n.Count
				any = true
			}
		}
		if any || s == int(candor.High) && len(counts) == 0 { // a chart has at least one
			all = append(all, one)
		}
	}
	return all, total
}

// unscanned tells whether no site was ever looked at as a whole.
func unscanned(last map[time.Time]int64) bool {
	for at, n := range last {
		if !at.IsZero() && n > 0 {
			return false
		}
	}
	return true
}

// findingsChart draws new findings of 30 days; where nobody looked, that it was
// not measured. The days are those of UTC, as
// they were counted; the links say so.
func findingsChart(r *web.Request, counts []candor.DayCount, blind bool) ui.Chart {
	const days = 30
	first := r.Now.UTC().Truncate(oneDay).AddDate(0, 0, 1-days)
	c := ui.Chart{ID: "chart-findings", Kind: ui.Stacked, X: r.T("console.chart.day"), Unit: r.T("console.chart.findings.unit")}
	for i := range days {
		at := first.AddDate(0, 0, i)
		c.Labels = append(c.Labels, dayLabel(r, at))
	}
	at := func(n candor.DayCount) int { return int(n.Day.Sub(first) / oneDay) }
	var earlier, later int64
	for _, n := range counts {
		switch i := at(n); {
		case n.Day.Before(first):
		case i < days/2:
			earlier += n.Count
		case i < days:
			later += n.Count
		}
	}
	c.Series, _ = bySeverity(r, counts, days, func(i int) string {
		day := first.AddDate(0, 0, i).Format(time.DateOnly)
		return "/findings?" + url.Values{"from": {day}, "to": {day}, "zone": {"utc"}}.Encode()
	}, func(n candor.DayCount) int {
		if n.Day.Before(first) {
			return -1
		}
		return at(n)
	})
	c.Title = trend(r, earlier, later)
	if blind && later+earlier == 0 {
		c.Title = r.T("console.chart.findings.blind")
		for i := range c.Series {
			for d := range days {
				c.Series[i].Values[d] = math.NaN() // nobody looked, which is not the same as nothing
			}
		}
	}
	return c
}

// dayLabel is a day without its year.
func dayLabel(r *web.Request, at time.Time) string {
	month := strconv.Itoa(int(at.Month()))
	return r.T("console.chart.day.label", phrase.Args{"day": at.Day(), "month": r.Printer.T("time.month." + month)})
}

// trend says how the later half of a month compares with the earlier.
func trend(r *web.Request, earlier, later int64) string {
	key := "console.chart.findings.same"
	switch {
	case earlier == 0 && later == 0:
		key = "console.chart.findings.none"
	case later > earlier:
		key = "console.chart.findings.more"
	case later < earlier:
		key = "console.chart.findings.fewer"
	}
	return r.Printer.T(key, phrase.Args{"earlier": earlier, "later": later})
}

// ages are how long cases have been open, in days from and up to.
var ages = []struct {
	key      string
	from, to int
}{{"day", 0, 1}, {"days", 1, 3}, {"week", 3, 7}, {"month", 7, 30}, {"older", 30, 1 << 20}}

// agesChart draws open cases by their age. A list cannot be cut at its end, so
// links lead to the place of the list where the rows begin.
func agesChart(r *web.Request, counts []candor.DayCount) ui.Chart {
	today := r.Now.UTC().Truncate(oneDay)
	c := ui.Chart{ID: "chart-ages", Kind: ui.Stacked, X: r.T("console.chart.age"), Unit: r.T("console.chart.ages.unit")}
	for _, a := range ages {
		c.Labels = append(c.Labels, r.Printer.T("console.chart.age."+a.key))
	}
	var old, total int64
	c.Series, total = bySeverity(r, counts, len(ages), func(i int) string {
		q := url.Values{"open": {"yes"}, "sort": {"opened"}, "zone": {"utc"}}
		if i < len(ages)-1 {
			q.Set("opened", today.AddDate(0, 0, 1-ages[i].to).Format(time.DateOnly))
		}
		return "/cases?" + q.Encode()
	}, func(n candor.DayCount) int {
		age := int(today.Sub(n.Day) / oneDay)
		for i, a := range ages {
			if age < a.to {
				return i
			}
		}
		return len(ages) - 1
	})
	for _, n := range counts {
		if today.Sub(n.Day) >= 7*oneDay {
			old += n.Count
		}
	}
	switch {
	case total == 0:
		c.Labels, c.Title = nil, r.T("console.chart.ages.none")
	case old == 0:
		c.Title = r.N("console.chart.ages.young", int(total))
	default:
		c.Title = r.N("console.chart.ages.old", int(old), phrase.Args{"total": total})
	}
	return c
}

// coverageChart divides the sites by how long ago all of each was looked at.
// Those at which nobody has looked are a part of their own, and never good.
func coverageChart(r *web.Request, last map[time.Time]int64) ui.Chart {
	parts := []struct {
		key, colour string
		days        int
		sites       int64
	}{{key: "day", colour: "good", days: 1}, {key: "week", colour: "teal", days: 7}, {key: "older", colour: "medium", days: 1 << 20}, {key: "never", colour: "info"}}
	today := r.Now.UTC().Truncate(oneDay)
	var total int64
	for at, n := range last {
		total += n
		part := len(parts) - 1
		if !at.IsZero() {
			for part = 0; int(today.Sub(at)/oneDay) > parts[part].days; part++ {
				continue
			}
		}
		parts[part].sites += n
	}
	c := ui.Chart{ID: "chart-coverage", Unit: r.T("console.chart.coverage.unit")}
	for _, p := range parts {
		c.Series = append(c.Series, ui.Series{Name: r.Printer.T("console.chart.coverage." + p.key), Colour: p.colour, Values: []float64{float64(p.sites)}, Hrefs: []string{"/sites?sort=scanned"}})
	}
	c.Labels = []string{""}
	switch recent := parts[0].sites + parts[1].sites; {
	case total == 0:
		c.Series, c.Title = nil, r.T("console.chart.coverage.none")
	case recent == total:
		c.Title = r.N("console.chart.coverage.all", int(total))
	default:
		c.Title = r.T("console.chart.coverage.some", phrase.Args{"recent": recent, "total": total, "never": parts[3].sites})
	}
	return c
}
