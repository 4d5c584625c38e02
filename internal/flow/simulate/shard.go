package simulate

import (
	"math"
	"slices"

	"candor/internal/flow"
)

// shard is a run of lines that one worker makes the traffic of at a time.
type shard struct {
	r       *run
	lo      int         // the first line
	due     []int64     // by line: when something happens next
	live    [][]session // by line
	planned int64       // hours that begin before are planned
	maker   maker
	planner planner
	ready   []flow.Record // of the slice made last
}

// longestSession is how long ordinary sessions take at most; as long before a
// run begins its lines are lived in.
const longestSession = 12 * hour

func (r *run) newShard(lo, hi int) *shard {
	s := &shard{r: r, lo: lo, due: make([]int64, hi-lo), live: make([][]session, hi-lo)}
	s.planner = planner{w: r.w, d: newDice(), episodes: func(line flow.Line) []*Label { return r.episodes[line] }}
	ahead := max(r.w.active, minute)/r.slice + 3
	s.maker = maker{w: r.w, d: newDice(), slice: r.slice, from: r.from, buckets: make([][]flow.Record, ahead)}
	s.maker.episodes = s.planner.episodes
	if n := r.w.config.Sampling; n > 1 {
		s.maker.thin = newDice()
		s.maker.thin.begin(r.w.config.Seed, uint64(lo))
	}
	s.planned = (r.from - longestSession) / hour * hour
	return s
}

// begin has the lines lived in before the run.
func (s *shard) begin() {
	for ; s.planned <= s.r.from-hour; s.planned += hour {
		span := s.r.w.hourOf(s.planned)
		for i := range s.live {
			s.live[i] = slices.DeleteFunc(s.live[i], func(o session) bool { return o.end <= span.start && o.label == nil })
			s.live[i] = s.planner.plan(s.live[i], &s.r.w.houses[s.lo+i], &span)
		}
	}
	for i := range s.live {
		s.resume(i)
	}
}

// resume takes up episodes that began long ago, and forgets what is over.
func (s *shard) resume(i int) {
	h := &s.r.w.houses[s.lo+i]
	s.live[i] = s.planner.resume(s.live[i], h, (s.r.from-longestSession)/hour*hour, s.r.from)
	s.live[i] = slices.DeleteFunc(s.live[i], func(o session) bool { return o.end <= s.r.from })
	for j := range s.live[i] {
		s.live[i][j].skip(s.r.from - s.r.w.active)
	}
	s.due[i] = s.r.from
}

// resume takes up the episodes of a line that began before a time, and go on at
// another.
func (p *planner) resume(live []session, h *household, before, at int64) []session {
	for _, l := range p.episodes(h.line) {
		if l.From < before && l.To > at {
			live = p.misuse(live, h, l)
		}
	}
	return live
}

// skip passes over chunks of a beacon that lie before a time; those of others
// are made and not told.
func (s *session) skip(to int64) {
	if s.label != nil && s.label.Class == Beacon && s.next < to {
		every := s.label.Intensity * float64(second)
		s.chunk = uint32(max(float64(to-s.label.From)/every-1, 0))
		s.next = s.label.call(s.chunk)
	}
}

// make makes the records that end in a slice, and begins those that end later.
func (s *shard) make(from, to int64) {
	if from == s.r.from {
		s.begin()
	}
	m := &s.maker
	m.base, m.current = from, int((from-s.r.from)/s.r.slice)%len(m.buckets)
	m.buckets[(m.current+len(m.buckets)-1)%len(m.buckets)] = m.buckets[(m.current+len(m.buckets)-1)%len(m.buckets)][:0]
	for ; s.planned < to; s.planned += hour {
		span := s.r.w.hourOf(s.planned)
		for i := range s.live {
			s.live[i] = s.planner.plan(s.live[i], &s.r.w.houses[s.lo+i], &span)
			s.due[i] = from
		}
	}
	for i, due := range s.due {
		if due < to {
			s.line(i, to)
		}
	}
	s.ready = m.buckets[m.current]
}

// line makes what begins at a line before a time.
func (s *shard) line(i int, to int64) {
	h, live := &s.r.w.houses[s.lo+i], s.live[i]
	due, kept := int64(math.MaxInt64), live[:0]
	for j := range live {
		o := &live[j]
		for o.next < to && o.next < o.end {
			o.next = max(s.maker.chunkOf(h, o), o.next+1)
		}
		if o.next < o.end {
			due = min(due, o.next)
			kept = append(kept, *o)
		} else if o.end > to { // its room stays taken until it ends
			due = min(due, o.end)
			kept = append(kept, *o)
		}
	}
	s.live[i], s.due[i] = kept, due
}
