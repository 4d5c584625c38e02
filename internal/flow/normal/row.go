package normal

import "math/rand/v2"

// Slots is the number of hours in a week.
const Slots = 168

// Slot is an hour of the week, from 0: Monday, midnight to one.
type Slot uint8

// block is the part of the day, of four hours, that the slot lies in.
func (s Slot) block() int { return int(s) % 24 / 4 }

// Row is what is usual of one line. The zero Row knows nothing.
//
// It is not safe for concurrent use.
type Row struct {
	medians [Metrics][Slots*5/8 + 1]byte // 5 bits each; the last byte lets two be read at once
	spreads [Metrics][3]byte             // six blocks of 4 bits, in half levels
	seen    uint16                       // hours that were learned
}

// median is the level that is in the middle of those seen in the slot.
func (r *Row) median(m Metric, s Slot) Level {
	bit := uint(s) * 5
	b := r.medians[m][bit/8:]
	return Level((uint(b[0])|uint(b[1])<<8)>>(bit%8)) & Top
}

func (r *Row) setMedian(m Metric, s Slot, l Level) {
	bit := uint(s) * 5
	b := r.medians[m][bit/8:]
	w := uint(b[0]) | uint(b[1])<<8
	w = w&^(uint(Top)<<(bit%8)) | uint(min(l, Top))<<(bit%8)
	b[0], b[1] = byte(w), byte(w>>8)
}

// spread is the median of how far levels lie from their median, in half
// levels.
func (r *Row) spread(m Metric, s Slot) int {
	at := s.block()
	return int(r.spreads[m][at/2]>>(at%2*4)) & 15
}

func (r *Row) setSpread(m Metric, s Slot, v int) {
	at := s.block()
	b := &r.spreads[m][at/2]
	*b = *b&^(15<<(at%2*4)) | byte(max(0, min(v, 15)))<<(at%2*4)
}

// Weeks is how many weeks were learned, in full.
func (r *Row) Weeks() int { return int(r.seen) / Slots }

// Known tells whether a whole day was learned, so that what the row says rests
// on the line itself and not on its peers alone.
func (r *Row) Known() bool { return r.seen >= 24 }

// Hour is what was measured in one hour, as levels.
type Hour [Metrics]Level

// learn takes in an hour. In the first four weeks a slot moves by its share of
// all that it has seen, what it began with counted as one; afterwards by one
// level a week, whatever the distance, so that no single week makes a
// difference and a change of habit is followed within some weeks.
//
// Of fractions of a level chance decides, so that small steps are not lost.
func (r *Row) learn(s Slot, h Hour, chance *rand.Rand) {
	weeks := r.Weeks()
	for m := range Metrics {
		old := r.median(m, s)
		away := int(h[m]) - int(old)
		r.setMedian(m, s, Level(int(old)+move(away, weeks, chance)))
		r.follow(m, s, 2*abs(away))
	}
	if r.seen < 1<<16-1 {
		r.seen++
	}
}

// move is how far a median goes towards a level that is away from it.
func move(away, weeks int, chance *rand.Rand) int {
	if weeks >= 4 {
		return sign(away)
	}
	parts := weeks + 2
	whole, rest := abs(away)/parts, abs(away)%parts
	if chance.IntN(parts) < rest {
		whole++
	}
	return sign(away) * whole
}

// follow moves the spread by a half level towards a distance: it comes to rest
// where as many are larger as are smaller.
func (r *Row) follow(m Metric, s Slot, distance int) {
	v := r.spread(m, s)
	r.setSpread(m, s, v+sign(distance-v))
}

// Usual is what is usual in a slot: the median, and the bounds that some 95 of
// 100 hours lie within, in units of the metric.
type Usual struct {
	Low, Median, High float64
}

// deviations is how many standard deviations the bounds of Usual lie away, and
// 1.4826 of the median deviation are one (Rousseeuw and Croux, 1993).
const deviations = 2 * 1.4826

// Usual says what the row knows of a metric in a slot. A spread is at least
// half a level, since a level is no finer.
func (r *Row) Usual(m Metric, s Slot) Usual {
	mid, wide := float64(r.median(m, s)), deviations*max(float64(r.spread(m, s)), 1)/2
	return Usual{Low: Value(m, mid-wide), Median: Value(m, mid), High: Value(m, min(mid+wide, float64(Top)))}
}

func sign(v int) int {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

func abs(v int) int { return max(v, -v) }
