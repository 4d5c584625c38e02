package detect

import (
	"math"

	"candor/internal/flow"
)

// resolves follows whom a line asks for names, and tells when it begins to ask
// one whom hardly any line asks, and mostly him: programs that change the
// resolver do that, so that they decide where names lead.
//
// Whoever runs a resolver at home asks many servers, each a little; whoever takes
// a public one asks whom many ask. What is left is a test (Page's cumulative
// sum) of whether two of three queries go to one rare address, where of an
// honest line one of three would. Some take a resolver of their own: so it is no
// reason to isolate.
func (s *Sensor) resolves(sh *shard, line flow.Line, l *live, r *flow.Record) {
	if r.DstPort != 53 && r.DstPort != 853 || l.names {
		return
	}
	s.common.resolve.pass(r.End)
	who, lines := uint16(1), 0.0 // the provider's own are one
	if !s.own(&r.Dst) {
		service := network(&r.Dst, s.Seed)
		who = uint16(service>>48) | 2
		s.common.resolve.add(service, line, r.End)
		if lines = s.common.resolve.before(service); !s.common.resolve.settled() {
			lines = math.Inf(1) // nobody knows yet whom lines ask
		}
	}
	switch {
	case who == l.usual:
		l.asks = min(l.asks, 199) + 1
		l.rarely = max(l.rarely, 1) - 1
		return
	case who == 1 || lines > s.rarity():
		if l.asks = max(l.asks, 1) - 1; l.asks == 0 {
			l.usual, l.asks = who, 1
		}
		l.rarely = max(l.rarely, 1) - 1
		return
	case who != l.rare:
		if l.rarely = max(l.rarely, 1) - 1; l.rarely == 0 {
			l.rare, l.rarely = who, 1
		}
		return
	}
	l.rarely = min(l.rarely, 254) + 1
	if float64(l.rarely)*math.Ln2 < min(s.evidence, 250*math.Ln2) {
		return
	}
	row := s.Normal.Read(int(line))
	l.usual, l.asks, l.rarely = who, 100, 0 // which it is from now on
	if !row.Known() {
		return // it did so before anybody knew it
	}
	s.raise(sh, s.closer(sh, line, l, r.End), Finding{
		Kind: Resolver, Since: r.Start, At: r.End, Confidence: 50, Peer: r.Dst, Port: r.DstPort, Protocol: r.Protocol,
		Expected: s.rarity(), Seen: lines, Unit: Lines, Why: "replaced", Flows: []flow.Record{*r},
	})
}

// rarity is how many lines may have asked a resolver the day before that hardly
// any line asks: one of a thousand. Of more than a hundred nobody counts well
// enough. A resolver that many lines are led to is rare on the first day.
func (s *Sensor) rarity() float64 { return max(5, min(float64(len(s.lines))/1000, 100)) }
