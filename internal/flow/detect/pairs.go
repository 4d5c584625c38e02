package detect

import (
	"math"

	"candor/internal/flow"
)

// pairs are lines with rare services that they contact again and again. It is
// a table of fixed size: what is contacted once makes place for others.
type pairs struct {
	entries []pair
}

type pair struct {
	key        uint64
	last       int64 // the beginning of the last contact
	until      int64 // its end
	n          uint32
	mean, vary float32 // of the intervals in seconds, and the sum of squares (Welford)
	quick      spacing // the same of contacts that follow each other within seconds
	told       bool
}

// spacing is what intervals are like: their number, their mean in seconds and
// the sum of squares (Welford).
type spacing struct {
	last       int64 // the beginning of the last contact
	n          uint32
	mean, vary float32
}

// add takes in a contact. After a pause it begins anew.
func (s *spacing) add(at int64) {
	gap := float64(at-s.last) / 1e6
	switch {
	case s.last == 0 || gap > 10:
		*s = spacing{}
	case gap < 0:
		return // told of late
	default:
		s.n++
		away := gap - float64(s.mean)
		s.mean += float32(away / float64(s.n))
		s.vary += float32(away * (gap - float64(s.mean)))
	}
	s.last = at
}

// regular tells whether the contacts went on for a minute at regular times.
func (s *spacing) regular() bool {
	const contacts, least, most = 20, 0.2, 5 // seconds
	mean := float64(s.mean)
	return s.n >= contacts && mean >= least && mean < most && mean*float64(s.n) >= 60 && math.Sqrt(float64(s.vary)/float64(s.n-1)) <= irregular*mean
}

// irregular is by how much of their mean intervals may stray.
const irregular = 0.35

const pairsAShard = 1 << 12

// find gives the entry of a key, or one to begin with.
func (p *pairs) find(key uint64, at int64) *pair {
	if p.entries == nil {
		p.entries = make([]pair, pairsAShard)
	}
	base := key % pairsAShard &^ 3
	var least *pair
	for i := range uint64(4) {
		e := &p.entries[base+i]
		if e.key == key {
			return e
		}
		if least == nil || e.worth(at) < least.worth(at) {
			least = e
		}
	}
	*least = pair{key: key}
	return least
}

// worth says how much an entry is worth keeping.
func (p *pair) worth(at int64) float64 {
	if p.key == 0 {
		return -1
	}
	return (float64(p.n) + float64(p.quick.n)/4) * math.Exp(-float64(at-p.last)/float64(6*microHour))
}

// add takes in a contact: by one connection, or by several that begin while it
// goes on.
func (p *pair) add(r *flow.Record) {
	if p.n > 0 {
		if r.Start-p.until < 3e6 {
			p.until = max(p.until, r.End)
			return
		}
		gap := float64(r.Start-p.last) / 1e6
		if p.n > 1 && gap > 20*float64(p.mean) { // it was switched off
			*p = pair{key: p.key, quick: p.quick}
		} else {
			away := gap - float64(p.mean)
			p.mean += float32(away / float64(p.n))
			p.vary += float32(away * (gap - float64(p.mean)))
		}
	}
	p.n++
	p.last, p.until = r.Start, r.End
}

// regular tells whether sixteen contacts came at regular times.
func (p *pair) regular() bool {
	const contacts = 16
	if p.n < contacts || p.mean < 5 {
		return false
	}
	return math.Sqrt(float64(p.vary)/float64(p.n-2)) <= irregular*float64(p.mean)
}

// fetches tells whether programs ask on a port at regular times for what may
// have come: mail, and the time.
func fetches(port uint16) bool {
	switch port {
	case 110, 123, 143, 465, 587, 993, 995:
		return true
	}
	return false
}

// regular looks whether a line contacts one rare address at regular times, as
// machines do that wait for orders. So do many honest machines: it is no
// reason to isolate.
func (s *Sensor) regular(sh *shard, line flow.Line, sus *suspect, r *flow.Record, peer uint64) {
	const much = 8 << 10 // bytes: whoever only asks for orders sends less
	if s.off[Beacon] || r.Total() > much || s.own(&r.Dst) || fetches(r.DstPort) {
		return
	}
	service := mix(peer ^ uint64(r.DstPort)<<8 ^ uint64(r.Protocol))
	if s.common.dests.count(service) > 2.5 {
		return
	}
	e := sh.pairs.find(mix(service^uint64(line)<<20)|1, r.Start)
	// Within seconds programs also try a server that is down, and passwords.
	if failed := r.Protocol == flow.TCP && r.Flags != 0 && r.Flags&flow.ACK == 0; !login(r.DstPort) && !(failed && serves(r.DstPort)) {
		e.quick.add(r.Start)
	}
	e.add(r)
	if e.n == 6 {
		s.common.dests.add(service, line, r.Start)
	}
	every := e.mean
	switch {
	case e.told:
		return
	case e.quick.regular():
		every = e.quick.mean
	case !e.regular():
		return
	}
	if s.common.dests.add(service, line, r.Start) > 2.5 {
		return
	}
	e.told = true
	l := &s.lines[line]
	if sus == nil {
		sus = s.closer(sh, line, l, r.End)
	}
	s.raise(sh, sus, Finding{
		Kind: Beacon, Since: r.Start - int64(float64(every)*float64(max(e.n, e.quick.n))*1e6), At: r.End, Confidence: 50,
		Peer: r.Dst, Port: r.DstPort, Protocol: r.Protocol, Expected: 0, Seen: float64(every), Unit: Seconds, Why: "regular",
		Flows: []flow.Record{*r},
	})
}
