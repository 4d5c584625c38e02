package ui

import "context"

// newShare lays the first value of each series in a row. What was not
// measured takes no room, and says so in the legend.
func newShare(ctx context.Context, c Chart) []mark {
	p := newPlot(ctx, c)
	total := 0.0
	for _, s := range c.Series {
		v, _ := s.at(0)
		total += v
	}
	var out []mark
	at := 0.0
	for k, s := range c.Series {
		v, _ := s.at(0)
		width := 0.0
		if total > 0 {
			width = 100 * v / total
		}
		out = append(out, mark{class: p.colour(k), x: percent(at), width: percent(width), tip: p.value(ctx, k, 0), href: s.href(0)})
		at += width
	}
	return out
}
