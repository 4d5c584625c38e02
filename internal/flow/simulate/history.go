package simulate

import (
	"cmp"
	"slices"
	"time"

	"candor/internal/flow"
)

// Session is something that went on at a line.
type Session struct {
	Activity Activity
	Label    *Label  // if it was abuse
	From, To int64   // microseconds since 1970
	Down, Up float64 // bits a second that it took at most
	Peer     flow.Addr
	Port     uint16 // of the peer
}

// Sessions say what a line did in an interval that a Run began with, by the
// beginnings: why it looks as it does. Sessions that are short of records, such
// as devices' calls, are among them.
func (w *World) Sessions(line flow.Line, from, to time.Time) []Session {
	begin, end := flow.Time(from), flow.Time(to)
	if line == 0 || int(line) >= len(w.houses) {
		return nil
	}
	labels := w.appendLabels(nil, newDice(), int(line), begin-day, end+day)
	p := planner{w: w, d: newDice(), episodes: func(flow.Line) []*Label { return labels }}
	var live []session
	first, resumed := (begin-longestSession)/hour*hour, false
	for at := first; at < end; at += hour {
		span := w.hourOf(at)
		if !resumed && at > begin-hour {
			live, resumed = p.resume(live, &w.houses[line], first, begin), true
		}
		live = p.plan(live, &w.houses[line], &span)
	}
	var all []Session
	for i := range live {
		s := &live[i]
		if s.end > begin && s.start < end {
			all = append(all, Session{s.activity, s.label, s.start, s.end, s.down, s.up, host(s.peer, s.six), s.port})
		}
	}
	slices.SortStableFunc(all, func(a, b Session) int { return cmp.Compare(a.From, b.From) })
	return all
}
