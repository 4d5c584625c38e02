package detect

import (
	"math"
	"sync"
	"sync/atomic"

	"candor/internal/flow"
)

// access learns which line alone is behind an interface of an exporter, as BNGs
// have them: packets that come in by it and bear others' addresses are the
// line's then (BCP 38 asks the provider to drop them). Nothing is guessed: an
// interface is a line's after a day in which all that came in by it bore the
// line's addresses, as long as some still does; not if it brought foreign
// addresses before that, if several lines are behind it, or if what foreign
// addresses are sent goes out by it, since then they are routed there.
//
// It is a table of fixed size. Interfaces that are known are not pushed out by
// such as are not.
type access struct {
	shards [64]accessShard
	ours   [2][oursBits / 64]atomic.Uint64 // networks of which lines had addresses, by their hash: of an even week, and of an odd one
	turn   atomic.Int64                    // the week
	mu     sync.Mutex                      // of turning
}

type accessShard struct {
	mu     sync.Mutex
	places []place // in rows of four
}

// place is what is known of an interface. Times are minutes since 1970.
type place struct {
	exporter, index uint32
	line            flow.Line // 0 if it is of no single one
	since, last     uint32
	count           uint32 // records that bore the line's addresses
}

const (
	accessAShard = 1 << 12
	oursBits     = 1 << 23
	aDay         = 24 * 60
	// lively is for how many minutes a line is behind an interface that it was
	// heard by.
	lively = aDay
	// strange is the share of others' addresses that an interface must be shown not
	// to have.
	strange = 0.25
)

// find gives the entry of an interface, nil if there is none; with enter, one to
// begin with, nil if there is no room.
func (sh *accessShard) find(exporter, index uint32, hash uint64, now uint32, enter bool) *place {
	if sh.places == nil {
		if !enter {
			return nil
		}
		sh.places = make([]place, accessAShard)
	}
	row := sh.places[hash%accessAShard&^3:][:4]
	var least *place
	for i := range row {
		e := &row[i]
		if e.exporter == exporter && e.index == index {
			return e
		}
		known := e.line != 0 && passed(e.since, now) >= aDay && passed(e.last, now) < 7*aDay
		if !known && (least == nil || e.last < least.last) {
			least = e
		}
	}
	if !enter || least == nil {
		return nil
	}
	*least = place{exporter: exporter, index: index, since: now, last: now}
	return least
}

func (a *access) shard(r *flow.Record, index uint32) (*accessShard, uint64) {
	hash := mix(uint64(r.Exporter)<<32 | uint64(index))
	return &a.shards[hash>>58], hash
}

// own takes in that a record came in by an interface, with an address of a line.
func (a *access) own(r *flow.Record, line flow.Line, source uint64) {
	if r.Exporter == 0 || r.In == 0 {
		return
	}
	a.note(source, r.End)
	now := uint32(r.End / microMinute)
	sh, hash := a.shard(r, r.In)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	e := sh.find(r.Exporter, r.In, hash, now, true)
	switch {
	case e == nil:
	case e.line == line:
		e.count++
		e.last = max(e.last, now)
	case e.count == 0 || e.line == 0 && passed(e.since, now) > aDay: // it is new, or it is long ago that several were
		*e = place{exporter: r.Exporter, index: r.In, line: line, since: now, last: now, count: 1}
	case e.line == 0:
		e.last = max(e.last, now)
	default:
		e.several(now)
	}
}

// Attach says that a line alone is behind an interface of an exporter, as who
// built the network knows. What comes in by it can still show that it is not so.
func (s *Sensor) Attach(exporter, index uint32, line flow.Line, at int64) {
	now := uint32(at / microMinute)
	sh, hash := s.access.shard(&flow.Record{Exporter: exporter}, index)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if e := sh.find(exporter, index, hash, now, true); e != nil {
		*e = place{exporter: exporter, index: index, line: line, since: now - aDay, last: now, count: math.MaxUint32 / 2}
	}
}

// several says that an interface is of no single line.
func (e *place) several(now uint32) { e.line, e.count, e.since, e.last = 0, 1, now, max(e.last, now) }

// behind gives the line that a record, which bears an address of nobody, came
// from; 0 if that is not certain. Source is the hash of the network of the
// address.
func (a *access) behind(r *flow.Record, source uint64, least float64) flow.Line {
	if r.Exporter == 0 || r.In == 0 || a.known(source) {
		return 0
	}
	now := uint32(r.End / microMinute)
	sh, hash := a.shard(r, r.In)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	e := sh.find(r.Exporter, r.In, hash, now, false)
	if e == nil || e.line == 0 {
		return 0
	}
	if !e.sure(now, least) {
		e.several(now)
		return 0
	}
	return e.lives(now)
}

// alone gives the line that is alone behind the interface of a record; 0 if that
// is not certain.
func (a *access) alone(r *flow.Record, least float64) flow.Line {
	if r.Exporter == 0 || r.In == 0 {
		return 0
	}
	now := uint32(r.End / microMinute)
	sh, hash := a.shard(r, r.In)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if e := sh.find(r.Exporter, r.In, hash, now, false); e != nil && e.sure(now, least) {
		return e.lives(now)
	}
	return 0
}

// sure tells whether enough came in by the interface to say whose it is.
func (e *place) sure(now uint32, least float64) bool {
	return e.line != 0 && float64(e.count) >= least && passed(e.since, now) >= aDay
}

// passed is how long ago a minute was; records come out of order, and none is
// before it began.
func passed(then, now uint32) uint32 {
	if now < then {
		return 0
	}
	return now - then
}

// lives is the line if it was heard lately.
func (e *place) lives(now uint32) flow.Line {
	if passed(e.last, now) > lively {
		return 0
	}
	return e.line
}

// routed takes in that a record to an address of nobody went out by an
// interface.
func (a *access) routed(r *flow.Record, dest uint64) {
	if r.Exporter == 0 || r.Out == 0 || a.known(dest) {
		return
	}
	now := uint32(r.End / microMinute)
	sh, hash := a.shard(r, r.Out)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if e := sh.find(r.Exporter, r.Out, hash, now, false); e != nil && e.line != 0 {
		e.several(now)
	}
}

// behind gives the line that a record came from whose source is no line's, and
// what is to be done with it: what bears a shared address is the line's, what
// bears another is spoofed.
func (s *Sensor) behind(r *flow.Record, dst flow.Line) (flow.Line, func(*Sensor, *shard, flow.Line, *live, *flow.Record)) {
	shared := s.Shared != nil && s.Shared(r.Src)
	if shared {
		return s.elsewhere(s.access.alone(r, s.evidence/strange), dst), (*Sensor).out
	}
	if ip := r.Src.IP(); ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() || ip.IsMulticast() || ip.IsLoopback() {
		return 0, nil // by mistake: of a network at home
	}
	return s.elsewhere(s.access.behind(r, network(&r.Src, s.Seed), s.evidence/strange), dst), (*Sensor).spoofs
}

// elsewhere is the line that a record came from, 0 if it is that which it goes
// to, or one that is not known.
func (s *Sensor) elsewhere(from, dst flow.Line) flow.Line {
	if from == dst || int(from) >= len(s.lines) {
		return 0
	}
	return from
}

// note notes a network of which a line has an address.
func (a *access) note(network uint64, at int64) {
	turn := at / (7 * 24 * microHour)
	if turn > a.turn.Load() {
		a.mu.Lock()
		if turn > a.turn.Load() {
			for i := range a.ours[turn&1] {
				a.ours[turn&1][i].Store(0)
			}
			a.turn.Store(turn)
		}
		a.mu.Unlock()
	}
	word, bit := &a.ours[turn&1][network%oursBits/64], uint64(1)<<(network&63)
	if word.Load()&bit == 0 {
		word.Or(bit)
	}
}

// known tells whether a network is one of which lines have addresses: whoever
// has one that is not known for certain may well be a line.
func (a *access) known(network uint64) bool {
	w, bit := network%oursBits/64, uint64(1)<<(network&63)
	return (a.ours[0][w].Load()|a.ours[1][w].Load())&bit != 0
}
