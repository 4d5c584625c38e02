// Package simulate makes the traffic of a provider's lines: ordinary households
// and businesses over weeks, with labelled abuse put in. It is the yardstick for
// detectors: what is ordinary must never be isolated, however odd it looks, and
// what is abuse must be found.
//
// All of it follows from a seed. Each line draws from its own streams, so that
// the same seed gives the same records on any number of cores.
//
// Figures of the ordinary are chosen after published ones. Volumes: 270 to 320
// GB a month and line in Germany (Bundesnetzagentur, annual reports 2022 and
// 2023), two thirds of it video (Sandvine, Global Internet Phenomena 2023).
// Shape of the day: an evening peak, the least at four in the morning (Maier et
// al., On dominant characteristics of residential broadband Internet traffic,
// IMC 2009). Sizes: heavy tails (Crovella and Bestavros, Self-similarity in
// World Wide Web traffic, 1997). Where no figure is named one was assumed.
package simulate

import (
	"fmt"
	"slices"
	"time"

	"candor/internal/flow"
)

// Config says what world to make. The zero value of a field takes its default.
type Config struct {
	Seed  uint64
	Lines int       // 1000; at most 2,000,000
	Start time.Time // of the world; households change plans and devices after it. 2026-01-05
	Zone  *time.Location
	// Holidays are days on which people live as on a Sunday, by the zone's
	// calendar; if nil, 1 January, 1 May, 25 and 26 December of each year.
	Holidays []time.Time
	Plans    []Plan // DefaultPlans
	// Active is the exporter's active timeout: a longer flow is told of in
	// pieces as long. 60 s, at most 10 minutes.
	Active time.Duration
	// Full gives as many flows as there are in truth. Without, a page is few
	// flows rather than a dozen, and most devices call rarely: rates and volumes
	// are the same, in fewer records.
	Full bool
	// Sampling counts one of so many packets, at random; records that have none
	// left are not told of. 0 and 1 count all.
	Sampling uint32
	// Abuse is the number of episodes of abuse a line and day, at most 0.3.
	Abuse float64
	// Classes are those that abuse is drawn from, all if nil. A class may be
	// named more than once to have more of it.
	Classes []Class
}

// Plan is what a line is sold as, in bits a second.
type Plan struct {
	Down, Up float64
	Weight   float64 // how many lines have it, in relation to others
}

// DefaultPlans are plans of DSL, cable and fibre.
func DefaultPlans() []Plan {
	const m = 1e6
	return []Plan{
		{16 * m, 1 * m, 8}, {25 * m, 5 * m, 7}, {50 * m, 10 * m, 25}, {100 * m, 40 * m, 22}, {250 * m, 40 * m, 18},
		{500 * m, 50 * m, 6}, {300 * m, 150 * m, 6}, {1000 * m, 50 * m, 4}, {1000 * m, 500 * m, 4},
	}
}

// World is a provider with its lines. It is safe for concurrent use.
type World struct {
	config   Config
	active   int64 // microseconds
	start    int64
	houses   []household // by line; 0 is none
	cgnat    []flow.Line // those that share addresses, in order
	dynamic  []flow.Line // those whose address changes each day
	holidays map[string]bool
}

const (
	second = int64(time.Second / time.Microsecond)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// New makes a world.
func New(c Config) (*World, error) {
	if c.Lines == 0 {
		c.Lines = 1000
	}
	if c.Start.IsZero() {
		c.Start = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	}
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	if len(c.Plans) == 0 {
		c.Plans = DefaultPlans()
	}
	if c.Active == 0 {
		c.Active = time.Minute
	}
	if len(c.Classes) == 0 {
		c.Classes = Classes()
	}
	if c.Lines < 0 || c.Lines > mostLines {
		return nil, fmt.Errorf("%d lines: at most %d can be simulated", c.Lines, mostLines)
	}
	if c.Active < time.Second || c.Active > 10*time.Minute {
		return nil, fmt.Errorf("an active timeout of %v: it must be 1 s to 10 min", c.Active)
	}
	if c.Abuse < 0 || c.Abuse > 0.3 {
		return nil, fmt.Errorf("%v episodes of abuse a line and day: it must be 0 to 0.3", c.Abuse)
	}
	w := &World{config: c, active: c.Active.Microseconds(), start: flow.Time(c.Start), holidays: map[string]bool{}}
	for _, t := range c.Holidays {
		w.holidays[t.In(c.Zone).Format(time.DateOnly)] = true
	}
	w.settle()
	return w, nil
}

// Line is what the provider knows of a line.
type Line struct {
	Number    flow.Line
	Reference string // of the subscriber, as in the provider's books
	Kind      Kind
	Plan      Plan
	Addresses []flow.Addr // at the world's start; several lines of CGNAT share one
	FirstPort uint16      // of those that are the line's, for CGNAT
	LastPort  uint16
	// MailServer says that the line may run one, by contract.
	MailServer bool
	// Habits are the activities that the household has at times.
	Habits []Activity
}

// Lines gives all lines, in order of their numbers, from 1 on.
func (w *World) Lines() []Line {
	lines := make([]Line, 0, len(w.houses)-1)
	for i := range w.houses[1:] {
		lines = append(lines, w.line(&w.houses[i+1]))
	}
	return lines
}

func (w *World) line(h *household) Line {
	l := Line{
		Number: h.line, Reference: fmt.Sprintf("S%08d", h.line), Kind: h.kind, Plan: h.plan, MailServer: h.rates[MailServer] > 0,
		Addresses: []flow.Addr{w.v4(h, w.start)},
	}
	if h.v6 {
		l.Addresses = append(l.Addresses, v6(h.line, 0))
	}
	if h.kind == CGNAT {
		l.FirstPort = h.firstPort()
		l.LastPort = l.FirstPort + blockPorts - 1
	}
	for a := range Activity(activities) {
		if h.rates[a] > 0 {
			l.Habits = append(l.Habits, a)
		}
	}
	return l
}

// Plan is what a line is sold as at a time in microseconds since 1970.
func (w *World) Plan(line flow.Line, at int64) Plan {
	if line == 0 || int(line) >= len(w.houses) {
		return Plan{}
	}
	return w.houses[line].planAt(at)
}

// isHoliday tells whether people live as on a Sunday.
func (w *World) isHoliday(t time.Time) bool {
	if w.config.Holidays != nil {
		return w.holidays[t.Format(time.DateOnly)]
	}
	return slices.Contains([]string{"01-01", "05-01", "12-25", "12-26"}, t.Format("01-02"))
}
