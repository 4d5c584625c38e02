package decode

import (
	"math"

	"candor/internal/flow"
)

// rates is what an exporter says of its sampling by options.
type rates struct {
	all uint32 // for what has no rate of its own
	// by holds for samplers and interfaces by number.
	by map[scope]uint32
}

// scope is what a rate holds for.
type scope struct {
	iface bool
	id    uint64
}

// mostRates bounds them; rateCost is what one takes.
const (
	mostRates = 4096
	rateCost  = 48
)

// option reads a record of options of one length.
func (s *Stream) option(t *template, b []byte, _ Header, res *Result) {
	var r flow.Record
	s.scratch = scratch{}
	s.read(&r, t, b)
	s.learnRate(t, &r, res)
}

// learnRate notes what a record of options tells of sampling and of the clock.
func (s *Stream) learnRate(t *template, r *flow.Record, res *Result) {
	res.Options++
	c := &s.scratch
	if !t.rests {
		*c = scratch{}
	}
	if c.init != 0 {
		s.booted = c.init
	}
	rate := r.Sampling
	if rate == 0 {
		rate = c.rate()
	}
	switch {
	case rate == 0:
	case c.selected:
		s.setRate(scope{id: c.selector}, rate, res)
	case t.scoped:
		s.setRate(scope{iface: true, id: uint64(r.In)}, rate, res)
	default:
		s.rates.all = rate
	}
}

func (s *Stream) setRate(of scope, rate uint32, res *Result) {
	if _, ok := s.rates.by[of]; !ok {
		if len(s.rates.by) >= min(mostRates, s.share.most/4/rateCost) || !s.share.Take(rateCost) {
			res.Refused++
			return
		}
	}
	if s.rates.by == nil {
		s.rates.by = map[scope]uint32{}
	}
	s.rates.by[of] = rate
}

// rate is for how many packets one stands, by the elements of PSAMP (RFC 5477,
// 8.2); 0 if none tells.
func (c *scratch) rate() uint32 {
	switch {
	case c.interval > 0:
		return ratio(float64(c.interval)+float64(c.space), float64(c.interval))
	case c.size > 0 && c.population > 0:
		return ratio(float64(c.population), float64(c.size))
	case c.probability > 0 && c.probability <= 1:
		return ratio(1, c.probability)
	}
	return 0
}

func ratio(of, taken float64) uint32 {
	return uint32(min(math.Round(of/taken), math.MaxUint32))
}

// sample gives a record its rate of sampling: what it says itself, else what
// was said of its sampler, of its interface, of all.
func (s *Stream) sample(r *flow.Record) {
	c := &s.scratch
	if r.Sampling == 0 {
		r.Sampling = c.rate()
	}
	if r.Sampling == 0 && c.selected {
		r.Sampling = s.rates.by[scope{id: c.selector}]
	}
	s.byInterface(r)
	r.Sampling = s.rate(r.Sampling)
}

func (s *Stream) byInterface(r *flow.Record) {
	if r.Sampling == 0 && len(s.rates.by) > 0 {
		r.Sampling = s.rates.by[scope{iface: true, id: uint64(r.In)}]
	}
}
