package logs

import (
	"strings"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/format"
)

// gathering holds what lines tell, by who tried.
type gathering struct {
	order []string
	by    map[string]*source
}

type source struct {
	event   intake.Event
	classes map[candor.Class]int
	text    strings.Builder // lines
	did     bool            // a line tells more than that it came by
}

func newGathering() *gathering { return &gathering{by: map[string]*source{}} }

func (g *gathering) add(h hit) {
	s := g.by[h.source.Value]
	if s == nil {
		s = &source{classes: map[candor.Class]int{}}
		h.source.Role, h.source.Confidence = intake.Source, sure
		s.event.About = []intake.Resource{h.source}
		s.event.Note = intake.Cut(h.note(), intake.MostNote)
		g.by[h.source.Value] = s
		g.order = append(g.order, h.source.Value)
	}
	s.add(h)
}

func (s *source) add(h hit) {
	e := &s.event
	e.Count++
	s.classes[h.class]++
	if e.About[0].Port != h.source.Port {
		e.About[0].Port = 0 // it came from several
	}
	if h.when.Text != "" {
		w := h.when
		if e.First == nil {
			e.First = &w
		}
		e.Last = &w
	}
	if h.unsure {
		e.About[0].Confidence = unsure
	}
	if h.class != scanner {
		s.did = true
	}
	s.other(h.target, intake.Victim)
	s.other(h.relay, intake.Relay)
	if s.text.Len()+len(h.line) < intake.MostEvidence {
		s.text.WriteString(h.line)
		s.text.WriteByte('\n')
	}
}

// mostOthers are named besides, at most.
const mostOthers = 20

func (s *source) other(r intake.Resource, role intake.Role) {
	if r.Value == "" || len(s.event.Others) >= mostOthers {
		return
	}
	for _, o := range s.event.Others {
		if o.Value == r.Value {
			return
		}
	}
	r.Role, r.Confidence = role, sure
	s.event.Others = append(s.event.Others, r)
}

// done is the event of all lines: of the class that most of them have.
func (s *source) done() intake.Event {
	e := s.event
	if !s.did {
		e.About[0].Confidence = min(e.About[0].Confidence, fair)
	}
	best := 0
	for _, class := range []candor.Class{bruteForce, candor.Exploit, candor.Spam, dos, scanner, candor.Undetermined} {
		if n := s.classes[class]; n > best {
			e.Class, best = class, n
		}
	}
	e.Evidence = intake.Cut(s.text.String(), intake.MostEvidence)
	return e
}

// flush hands over all, and forgets them.
func (g *gathering) flush(each format.Each) error {
	for _, value := range g.order {
		if err := each(g.by[value].done()); err != nil {
			return err
		}
	}
	g.order, g.by = g.order[:0], map[string]*source{}
	return nil
}
