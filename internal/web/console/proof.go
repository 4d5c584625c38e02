package console

import (
	"time"

	"candor"
)

// proofs finds the record that proves an event.
type proofs struct {
	about candor.ID
	have  map[proofKey][]candor.Logged
}

type proofKey struct {
	about    candor.ID
	from, to string
}

// near is how far the times of an event and its record may be apart: they are
// written in one transaction.
const near = 2 * time.Second

func newProofs(about candor.ID, records []candor.Logged) proofs {
	p := proofs{about, map[proofKey][]candor.Logged{}}
	for _, l := range records {
		d := read(l.Body)
		key := proofKey{l.Subject, d.From, d.To}
		switch {
		case l.Kind == candor.RecordDeadline:
			key = proofKey{about, d.Rule, d.State}
		case d.Says != "":
			key = proofKey{about, "", d.Says}
		}
		p.have[key] = append(p.have[key], l)
	}
	return p
}

// of gives the record of an event; false if it has none, or waits for the log.
func (p proofs) of(e candor.Event, d details) (candor.Logged, bool) {
	key := proofKey{p.about, d.From, d.To}
	switch e.Kind {
	case candor.EventResponse:
		key.about = d.Response
	case candor.EventDeadline:
		key = proofKey{p.about, d.Rule, d.State}
	case candor.EventFixed, candor.EventQuestion, candor.EventContest:
		key = proofKey{p.about, "", string(e.Kind)}
	case candor.EventState:
	default:
		return candor.Logged{}, false
	}
	for _, l := range p.have[key] {
		if l.At.Sub(e.At).Abs() < near && l.Index >= 0 {
			return l, true
		}
	}
	return candor.Logged{}, false
}
