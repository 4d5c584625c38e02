package detect

import (
	"cmp"
	"slices"

	"candor/internal/flow"
)

// Look is what a Sensor knows of a line at a moment.
type Look struct {
	Line flow.Line
	// Up and Down are bytes a second, over some ten seconds.
	Up, Down float64
	// Flows and Peers are of the hour that has begun: flows that the line began,
	// and different addresses that it sent to. They are 0 if nothing was heard in
	// it yet.
	Flows, Peers float64
	// Suspect tells whether the line is looked at closely, since when and when it
	// did something last, microseconds since 1970; Raised what was told of it
	// meanwhile, in the order of Kinds.
	Suspect     bool
	Since, Last int64
	Raised      []Kind
}

// Look tells what is known of a line; false of one that no plan was told of.
func (s *Sensor) Look(line flow.Line, now int64) (Look, bool) {
	s.grow.RLock()
	defer s.grow.RUnlock()
	if line == 0 || int(line) >= len(s.lines) {
		return Look{}, false
	}
	sh := &s.shards[line%shards]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return s.look(sh, line, now), s.lines[line].known
}

// look is that of a line of a shard, whose lock is held.
func (s *Sensor) look(sh *shard, line flow.Line, now int64) Look {
	l := &s.lines[line]
	v := Look{Line: line, Up: l.up.at(now, fast), Down: l.down.at(now, fast)}
	if l.hour == uint32(now/microHour) {
		v.Flows, v.Peers = float64(l.flows), l.peers.count()
	}
	if l.suspect == 0 {
		return v
	}
	sus := &sh.suspects[l.suspect-1]
	v.Suspect, v.Since, v.Last = true, sus.created, sus.last
	for k := Kind(1); k < kinds; k++ {
		if sus.raised[k] != 0 {
			v.Raised = append(v.Raised, k)
		}
	}
	return v
}

// Suspects are lines that are looked at closely, at most so many: those of which
// something was told first, then those that did something last.
func (s *Sensor) Suspects(now int64, most int) []Look {
	s.grow.RLock()
	defer s.grow.RUnlock()
	var all []Look
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.Lock()
		for k := range sh.suspects {
			if line := sh.suspects[k].line; line != 0 {
				all = append(all, s.look(sh, line, now))
			}
		}
		sh.mu.Unlock()
	}
	slices.SortFunc(all, func(a, b Look) int {
		return cmp.Or(min(len(b.Raised), 1)-min(len(a.Raised), 1), cmp.Compare(b.Last, a.Last), cmp.Compare(a.Line, b.Line))
	})
	return all[:min(len(all), max(most, 0))]
}
