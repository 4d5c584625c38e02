package network

import (
	"cmp"
	"slices"
	"time"

	"candor/internal/flow/normal"
)

// Seen is what is known of a part: rates a second, of bit, packets and flows.
type Seen struct {
	Part
	In, Out, Packets, Flows Measure
	Hours                   int    // that were learned
	Now                     *Event // what goes on; nil if all is as usual
}

// Measure is a rate now, in the minute that is over, and what is usual in this
// hour of the week.
type Measure struct {
	Now   float64
	Usual normal.Usual
}

// Learned tells whether enough was learned for peaks to be told.
func (s *Seen) Learned() bool { return s.Hours >= learning }

// Counts is how many parts of each kind are watched.
type Counts [kinds]int

// View gives the heaviest parts of each kind, at most so many, by kind, and the
// last events, the newest first.
func (w *Watch) View(now time.Time, most int) (all []Seen, events []Event, watched Counts) {
	slot := w.Calendar.Slot(now)
	w.mu.Lock()
	defer w.mu.Unlock()
	byKind := [kinds][]*part{}
	for _, p := range w.parts {
		byKind[p.Kind] = append(byKind[p.Kind], p)
	}
	for k, parts := range byKind {
		watched[k] = len(parts)
		slices.SortFunc(parts, func(a, b *part) int {
			if by := cmp.Or(told(b)-told(a), cmp.Compare(b.weight, a.weight)); by != 0 {
				return by
			}
			return cmp.Compare(a.String(), b.String())
		})
		for _, p := range parts[:min(most, len(parts))] {
			all = append(all, p.seen(slot))
		}
	}
	for _, e := range slices.Backward(w.events) {
		events = append(events, *e)
	}
	return all, events, watched
}

func told(p *part) int {
	if p.told != nil {
		return 1
	}
	return 0
}

func (p *part) seen(slot normal.Slot) Seen {
	s := Seen{Part: p.Part, Hours: p.fine.Hours()}
	for m, to := range []*Measure{&s.In, &s.Out, &s.Packets, &s.Flows} {
		u := p.fine.Usual(m, slot)
		*to = Measure{rate(m, p.now.units(m)), normal.Usual{Low: rate(m, u.Low), Median: rate(m, u.Median), High: rate(m, u.High)}}
	}
	if p.told != nil {
		e := *p.told
		s.Now = &e
	}
	return s
}
