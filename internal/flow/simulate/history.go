package simulate

import (
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
	r := w.newRun(flow.Time(from), flow.Time(to), second)
	p := planner{w: w, d: newDice(), episodes: func(line flow.Line) []*Label { return r.episodes[line] }}
	var live []session
	for at := (r.from - longestSession) / hour * hour; at < r.to; at += hour {
		span := w.hourOf(at)
		live = p.plan(live, &w.houses[line], &span)
	}
	var all []Session
	for i := range live {
		s := &live[i]
		if s.end > r.from && s.start < r.to {
			all = append(all, Session{s.activity, s.label, s.start, s.end, s.down, s.up, host(s.peer, s.six), s.port})
		}
	}
	slices.SortStableFunc(all, func(a, b Session) int { return int(max(min(a.From-b.From, 1), -1)) })
	return all
}
