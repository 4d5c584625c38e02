package icap

import (
	"context"

	"candor/internal/scan"
)

// slot is the right to look at a content, with what was prepared for it.
type slot struct {
	looker     *scan.Looker
	generation string
}

// acquire waits for the right to look at a content.
func (s *Server) acquire() (*slot, error) {
	select {
	case one := <-s.slots:
		d, err := s.o.Definitions()
		if err != nil {
			s.slots <- one
			return nil, err
		}
		if one.looker == nil || one.generation != d.Generation {
			one.looker, one.generation = scan.NewLooker(d.NewMatcher, nil, s.o.Inside), d.Generation
		}
		return one, nil
	case <-s.context.Done():
		return nil, context.Cause(s.context)
	}
}

func (s *Server) release(one *slot) { s.slots <- one }
