package ui

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"candor/internal/phrase"
)

// ChartKind says how values are drawn.
type ChartKind string

// The kinds of charts.
const (
	Bars    ChartKind = "bars"    // series beside each other
	Stacked ChartKind = "stacked" // series on top of each other
	Lines   ChartKind = "lines"
	Areas   ChartKind = "areas" // series on top of each other, as areas: for many points, without links
	Band    ChartKind = "band"  // three series: the middle of a range, its lower and its upper bound; the range is filled. A fourth is what was, as a line
)

// Chart is values over time or over kinds.
type Chart struct {
	ID     string    // unique on the page
	Title  string    // what it shows, as a sentence: "Findings fell by half this month"
	Note   string    // where the numbers are from; may be empty
	Kind   ChartKind // Bars if empty
	X      string    // what Labels are: "Day"
	Unit   string    // what values count: "findings"
	Labels []string  // one a point, short
	Series []Series
	Every  int                  // one of so many labels stands at the axis; as many as there is room for if 0
	Format func(float64) string // of values; the language's way if nil
	Zoom   *Zoom                // dragging over the plot leads to a part of its time; nil: it does not
}

// Zoom is what a chart over time needs to lead to a part of it. The page has
// links that do the same, for those who cannot drag.
type Zoom struct {
	Href  string // the page of a part; its parameter time becomes "from/to", in ISO 8601
	Since time.Time
	Step  time.Duration // of a label
}

// Series is one of the lines or colours of a chart.
type Series struct {
	Name   string
	Colour string    // info, low, medium, high, critical, good, accent; by place if empty
	Values []float64 // one a label; NaN was not measured and is drawn as such
	Hrefs  []string  // the rows behind each value; may be shorter
}

// LiveChart is a chart whose values the browser fetches again and again.
type LiveChart struct {
	ID      string
	Title   string // what is measured
	Unit    string
	Source  string // GET, JSON
	Every   int    // seconds; 0 for once
	Numbers string // the page that has the numbers as a table
}

// plot is a Chart worked out: all places in percent of the plot's size.
type plot struct {
	Chart
	top    float64 // the value at the upper edge
	ticks  []tick
	labels []axisLabel
	marks  []mark
	paths  []line
	gaps   []span // where nothing was measured
}

type tick struct{ y, text string }

type axisLabel struct {
	x, text string
	minor   bool // left out where there is little room
}

// mark is a bar, or a point of a line, with the area that answers the mouse.
type mark struct {
	class               string
	x, y, width, height string // of the bar
	cx                  string // of the middle
	hitX, hitWidth      string
	tip                 string
	href                string
	point               bool
}

type line struct {
	class, path string
	filled      bool
}

type span struct{ x, width string }

const mostLabels = 8

func newPlot(ctx context.Context, c Chart) plot {
	if c.Kind == "" {
		c.Kind = Bars
	}
	if c.Format == nil {
		c.Format = func(v float64) string { return formatValue(ctx, v) }
	}
	p := plot{Chart: c}
	var step float64
	p.top, step = scale(highest(c))
	for v := 0.0; v <= p.top+step/2; v += step {
		p.ticks = append(p.ticks, tick{percent(100 - 100*v/p.top), c.Format(v)})
	}
	p.axis()
	p.findGaps()
	switch c.Kind {
	case Lines:
		p.lines()
	case Areas:
		p.areas()
	case Band:
		p.band()
	default:
		p.bars()
	}
	return p
}

// formatValue writes whole numbers as such, others with a digit.
func formatValue(ctx context.Context, v float64) string {
	if v == math.Trunc(v) {
		return phrase.From(ctx).Decimal(v, 0)
	}
	return phrase.From(ctx).Decimal(v, 1)
}

// stacks tells whether series stand on top of each other.
func (c Chart) stacks() bool { return c.Kind == Stacked || c.Kind == Areas }

// named tells whether a legend has to say which series is which.
func (c Chart) named() bool { return len(c.Series) > 1 && (c.Kind != Band || len(c.Series) > 3) }

// bound tells whether a series is an edge of a band, which the band itself shows.
func (c Chart) bound(series int) bool { return c.Kind == Band && (series == 1 || series == 2) }

// highest is the greatest value that has to fit.
func highest(c Chart) float64 {
	most := 0.0
	for i := range c.Labels {
		sum := 0.0
		for _, s := range c.Series {
			v, ok := s.at(i)
			if !ok {
				continue
			}
			sum += v
			if !c.stacks() {
				most = math.Max(most, v)
			}
		}
		if c.stacks() {
			most = math.Max(most, sum)
		}
	}
	return most
}

// at gives the value at i, false where it was not measured. Values below zero
// are none that we draw.
func (s Series) at(i int) (float64, bool) {
	if i >= len(s.Values) || math.IsNaN(s.Values[i]) || math.IsInf(s.Values[i], 0) {
		return 0, false
	}
	return math.Max(0, s.Values[i]), true
}

func (s Series) href(i int) string {
	if i >= len(s.Hrefs) {
		return ""
	}
	return s.Hrefs[i]
}

// scale finds a round value at or above most, and a step that divides it in
// four or five.
func scale(most float64) (top, step float64) {
	if most <= 0 {
		return 1, 1
	}
	step = math.Pow(10, math.Floor(math.Log10(most/4)))
	for _, factor := range []float64{1, 2, 2.5, 5, 10} {
		if step*factor*5 >= most {
			step *= factor
			break
		}
	}
	if most >= 1 && step < 1 && most == math.Trunc(most) {
		step = 1 // counts have no halves
	}
	return step * math.Ceil(most/step), step
}

// seriesColours are given by place.
var seriesColours = []string{"accent", "teal", "amber", "rose", "slate"}

func (p plot) colour(series int) string {
	if c := p.Series[series].Colour; c != "" {
		return "series-" + c
	}
	return "series-" + seriesColours[series%len(seriesColours)]
}

// cell is the width that belongs to one label, in percent.
func (p plot) cell() float64 { return 100 / float64(max(1, len(p.Labels))) }

func (p *plot) axis() {
	every := p.Every
	if every == 0 {
		every = (len(p.Labels) + mostLabels - 1) / mostLabels
	}
	for i, text := range p.Labels {
		if i%every == 0 {
			p.labels = append(p.labels, axisLabel{percent((float64(i) + 0.5) * p.cell()), text, len(p.Labels) > 4 && i/every%2 == 1})
		}
	}
}

// findGaps finds labels of which no series was measured.
func (p *plot) findGaps() {
	for i := range p.Labels {
		measured := false
		for _, s := range p.Series {
			_, ok := s.at(i)
			measured = measured || ok
		}
		if !measured {
			p.gaps = append(p.gaps, span{percent(float64(i) * p.cell()), percent(p.cell())})
		}
	}
}

func (p *plot) bars() {
	const gap = 0.22 // of a cell, between bars of two labels
	room := p.cell() * (1 - gap)
	for i, label := range p.Labels {
		base := 0.0
		for k, s := range p.Series {
			v, ok := s.at(i)
			if !ok {
				continue
			}
			x, width := float64(i)*p.cell()+p.cell()*gap/2, room
			if p.Kind == Bars {
				width = room / float64(len(p.Series))
				x += float64(k) * width
			}
			m := p.mark(i, k, label, v)
			m.x, m.width = percent(x), percent(width)
			m.hitX, m.hitWidth = m.x, m.width
			m.y, m.height = percent(100-100*(base+v)/p.top), percent(100*v/p.top)
			if p.Kind == Stacked {
				base += v
			}
			p.marks = append(p.marks, m)
		}
	}
}

func (p *plot) lines() {
	for k, s := range p.Series {
		path, pen := "", "M"
		for i, label := range p.Labels {
			v, ok := s.at(i)
			if !ok {
				pen = "M" // a gap is not bridged
				continue
			}
			m := p.mark(i, k, label, v)
			m.point = true
			m.y = percent(100 - 100*v/p.top)
			m.hitX, m.hitWidth = percent(float64(i)*p.cell()), percent(p.cell())
			p.marks = append(p.marks, m)
			path += pen + number((float64(i)+0.5)*p.cell()) + " " + number(100-100*v/p.top)
			pen = "L"
		}
		p.paths = append(p.paths, line{class: p.colour(k), path: path})
	}
}

// band draws the middle over the range that it lies in. It has no marks for the
// mouse: there are too many points for them. Where one of the three was not
// measured nothing is drawn.
func (p *plot) band() {
	if len(p.Series) < 3 {
		return
	}
	for from := 0; from < len(p.Labels); {
		to := from
		for to < len(p.Labels) && p.whole(to) {
			to++
		}
		if to > from {
			p.stretch(from, to)
		}
		from = to + 1
	}
	for k := 3; k < len(p.Series); k++ {
		p.trace(k)
	}
}

// trace draws a series as a line, without marks.
func (p *plot) trace(k int) {
	path, pen := "", "M"
	for i := range p.Labels {
		v, ok := p.Series[k].at(i)
		if !ok {
			pen = "M" // a gap is not bridged
			continue
		}
		path += pen + number((float64(i)+0.5)*p.cell()) + " " + number(100-100*v/p.top)
		pen = "L"
	}
	p.paths = append(p.paths, line{class: p.colour(k), path: path})
}

// areas draws series on top of each other. What was not measured counts as
// nothing.
func (p *plot) areas() {
	base := make([]float64, len(p.Labels))
	for k, s := range p.Series {
		var upper, lower []string
		for i := range p.Labels {
			x := number((float64(i) + 0.5) * p.cell())
			lower = append(lower, x+" "+number(100-100*base[i]/p.top))
			v, _ := s.at(i)
			base[i] += v
			upper = append(upper, x+" "+number(100-100*base[i]/p.top))
		}
		slices.Reverse(lower)
		p.paths = append(p.paths, line{class: p.colour(k) + " is-area", path: "M" + strings.Join(upper, "L") + "L" + strings.Join(lower, "L") + "Z", filled: true})
	}
}

// whole tells whether all of a band was measured at i.
func (p *plot) whole(i int) bool {
	for _, s := range p.Series[:3] {
		if _, ok := s.at(i); !ok {
			return false
		}
	}
	return true
}

// stretch draws the points of a band from, not including, to.
func (p *plot) stretch(from, to int) {
	point := func(series, i int) string {
		v, _ := p.Series[series].at(i)
		return number((float64(i)+0.5)*p.cell()) + " " + number(100-100*v/p.top)
	}
	var middle, upper, lower []string
	for i := from; i < to; i++ {
		middle, upper = append(middle, point(0, i)), append(upper, point(2, i))
		lower = append(lower, point(1, from+to-1-i))
	}
	p.paths = append(p.paths, line{class: p.colour(0), path: "M" + strings.Join(upper, "L") + "L" + strings.Join(lower, "L") + "Z", filled: true},
		line{class: p.colour(0), path: "M" + strings.Join(middle, "L")})
}

func (p plot) mark(i, k int, label string, v float64) mark {
	tip := label + ": " + p.Format(v)
	if len(p.Series) > 1 {
		tip = label + ", " + p.Series[k].Name + ": " + p.Format(v)
	}
	return mark{class: p.colour(k), cx: percent((float64(i) + 0.5) * p.cell()), tip: tip, href: p.Series[k].href(i)}
}

func percent(v float64) string { return number(v) + "%" }

func number(v float64) string { return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64) }

// zoom is what the script reads of a Zoom.
func (c Chart) zoom() templ.Attributes {
	if c.Zoom == nil || len(c.Labels) < 2 {
		return nil
	}
	return templ.Attributes{"data-zoom": c.Zoom.Href, "data-zoom-since": strconv.FormatInt(c.Zoom.Since.UnixMilli(), 10), "data-zoom-step": strconv.FormatInt(c.Zoom.Step.Milliseconds(), 10), "data-zoom-count": strconv.Itoa(len(c.Labels))}
}

// value writes a value for the table, or that there is none.
func (p plot) value(ctx context.Context, series, i int) string {
	v, ok := p.Series[series].at(i)
	if !ok {
		return phrase.T(ctx, "ui.chart.unmeasured")
	}
	return p.Format(v)
}

// sparkPath draws values on 100 by 100 with lines from the least to the
// greatest; gaps stay gaps.
func sparkPath(values []float64) string {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) {
			low, high = math.Min(low, v), math.Max(high, v)
		}
	}
	if high == low {
		low, high = low-1, high+1
	}
	path, pen := "", "M"
	for i, v := range values {
		if math.IsNaN(v) {
			pen = "M"
			continue
		}
		path += fmt.Sprintf("%s%s %s", pen, number(100*float64(i)/float64(len(values)-1)), number(90-80*(v-low)/(high-low)))
		pen = "L"
	}
	return path
}
