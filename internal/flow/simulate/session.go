package simulate

import (
	"candor/internal/flow"
)

// session is an activity, or abuse, under way at a line. It is told of chunk by
// chunk, each from a stream of its own.
type session struct {
	start, end int64 // microseconds
	next       int64 // when the chunk after begins
	seed       uint64
	down, up   float64 // bits a second that it takes at most
	label      *Label  // of abuse; nil for what is ordinary
	peer       uint64  // names the host
	chunk      uint32
	local      uint16 // port at the line
	port       uint16 // of the peer
	activity   Activity
	protocol   uint8
	six        bool
	bursts     bool // video in long bursts rather than evenly; mail that tries and tries
}

// span is an hour, as people live it.
type span struct {
	start    int64
	hour     int  // on the wall
	weekend  bool // or a holiday
	vacation bool
	patches  bool // the evening on which systems update themselves
}

// hourOf says what the hour is that begins at a time.
func (w *World) hourOf(start int64) span {
	t := flow.At(start).In(w.config.Zone)
	weekday := t.Weekday()
	return span{
		start: start, hour: t.Hour(), weekend: weekday == 0 || weekday == 6 || w.isHoliday(t),
		vacation: t.Month() == 8 || t.Month() == 12 && t.Day() > 20 || t.Month() == 1 && t.Day() < 5,
		patches:  weekday == 2 && t.Day() > 7 && t.Day() < 15 && t.Hour() >= 17,
	}
}

// weight is how much more often than on average an activity begins in an hour.
func (h *household) weight(a Activity, s *span) float64 {
	at := (s.hour - int(h.late) + 24) % 24
	v := h.curve(a, s.weekend)[at]
	switch {
	case a.steady():
	case h.kind == Business || a == VPN:
		if s.weekend {
			v *= 0.12
		}
	case s.weekend:
		v *= 1.1
	}
	return v
}

// planner plans the sessions of lines, hour by hour. One goroutine at a time may
// use it.
type planner struct {
	w        *World
	d        *dice
	wanted   []session
	episodes func(line flow.Line) []*Label
}

// plan appends to live what begins at a line within an hour, in order of the
// beginnings, and adapts what is under way to abuse that begins.
func (p *planner) plan(live []session, h *household, s *span) []session {
	p.d.begin(p.w.config.Seed^0x5e551015, mix(uint64(h.line))^uint64(s.start))
	p.wanted = p.wanted[:0]
	labels := p.episodes(h.line)
	quiet := quietIn(labels, s)
	if quiet {
		live = hush(live, s.start)
	}
	for _, l := range labels {
		if l.From >= s.start && l.From < s.start+hour {
			live = p.misuse(live, h, l)
		}
	}
	p.draw(h, s, quiet || p.w.away(h, s))
	for i := range p.wanted {
		live = p.admit(live, h, &p.wanted[i])
	}
	return live
}

// draw draws what people and devices do within an hour.
func (p *planner) draw(h *household, s *span, quiet bool) {
	for a := range Activity(activities) {
		rate := h.rate(a, s.start)
		if rate == 0 || quiet && !a.steady() {
			continue
		}
		if a == Backup {
			if scheduled, now := h.backs(s); now {
				p.begin(h, s, a, s.start+int64(mix(uint64(h.line))%uint64(50*minute)))
				continue
			} else if scheduled {
				continue
			}
		}
		if a == Camera {
			p.begin(h, s, a, s.start)
			continue
		}
		for range p.d.poisson(rate * h.weight(a, s) / 24) {
			p.begin(h, s, a, s.start+int64(p.d.Float64()*float64(hour)))
		}
	}
	if s.patches && !quiet && p.d.chance(0.12) { // of each hour from 17 to 24
		p.begin(h, s, Update, s.start+int64(p.d.Float64()*float64(hour)))
	}
	devices := int(h.devices)
	if h.newThing != 0 && s.start >= h.newThing {
		devices++
	}
	for i := range devices {
		p.keepAlive(h, s, i)
	}
}

// admit starts a session if the plan leaves room for it: what goes on at a line
// together is never more than the plan.
func (p *planner) admit(live []session, h *household, s *session) []session {
	plan := h.planAt(s.start)
	down, up := plan.Down*0.97, plan.Up*0.97
	for i := range live {
		if o := &live[i]; o.start < s.end && o.end > s.start {
			down -= o.down
			up -= o.up
		}
	}
	if s.down > down && down < 0.02*plan.Down || s.up > up && up < 0.02*plan.Up {
		return live
	}
	share := 1.0
	if s.down > down {
		share = down / s.down
	}
	if s.up > up {
		share = min(share, up/s.up)
	}
	if share < 1 {
		s.down *= share
		s.up *= share
	}
	return append(live, *s)
}

// hush ends what people do at a line.
func hush(live []session, at int64) []session {
	for i := range live {
		if s := &live[i]; s.label == nil && !s.activity.steady() {
			s.end = min(s.end, at)
		}
	}
	return live
}
