package isolate

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"candor"
	"candor/internal/respond"
)

// Verify implements respond.Method. It asks each enforcement point what it
// keeps, and has probes sent: those that must not get through, and those to
// lifelines, which must. A point that cannot be asked is believed on no word:
// without probes nothing is verified there.
func (m *Method) Verify(ctx context.Context, r candor.Response) error {
	l, err := m.verify(ctx, r)
	if err == nil {
		m.seen.Store(r.Asset, l)
		if m.Prober != nil {
			m.tried.Store(r.Asset, m.Now())
			m.held.Store(r.Asset, true)
		}
	}
	return err
}

// verify gives the level that holds.
func (m *Method) verify(ctx context.Context, r candor.Response) (l Level, err error) {
	res, err := ReadResult(r)
	if err != nil {
		return l, err
	}
	rows, err := m.Store.Isolations(ctx, r.Asset)
	if err != nil {
		return l, err
	}
	own := func(i candor.Isolation) bool { return i.Response == r.ID }
	if res.State != Set || !slices.ContainsFunc(rows, own) {
		return l, respond.Permanent(errors.New("it is not isolated"))
	}
	s, err := m.holds(ctx, r.Asset)
	if err != nil {
		return l, err
	}
	l = Strongest(rows)
	points := at(m.Points, s, l)
	if len(points) == 0 {
		return l, nowhere(s, l)
	}
	unseen := ""
	for _, p := range points {
		err := look(ctx, p, s, l)
		switch {
		case errors.Is(err, errors.ErrUnsupported):
			unseen = p.Name
		case err != nil:
			return l, fmt.Errorf("at %s: %w", p.Name, err)
		}
	}
	if m.Prober != nil {
		return l, m.settled(ctx, s, l, points)
	}
	if unseen != "" {
		return l, respond.Permanent(candor.WithHint(fmt.Errorf("%s does not tell what it keeps, and nobody probes", unseen), "Set up probes, under isolation.probes."))
	}
	return l, nil
}

// look asks a point whether it keeps all of a session at a level.
func look(ctx context.Context, p Point, s Session, l Level) error {
	held, err := p.Enforcer.List(ctx)
	if err != nil {
		return err
	}
	if lacking := lacks(held, s, l, 0); lacking != "" {
		return respond.Permanent(candor.WithHint(errors.New(lacking), "It is mended when the points are next looked at. See who changes them besides."))
	}
	return nil
}

// lacks tells what of a session is not kept at a level for long enough; empty if
// all is.
func lacks(held []Held, s Session, l Level, least time.Duration) string {
	for _, a := range s.Addresses {
		found := false
		for _, h := range held {
			if h.Network != a {
				continue
			}
			if h.Level != l {
				return fmt.Sprintf("%s is kept at %s, not at %s", a, h.Level, l)
			}
			found = h.Left == 0 || h.Left >= least
		}
		if !found {
			return fmt.Sprintf("%s is not kept at %s", a, l)
		}
	}
	return ""
}

// What a point acknowledged that does not tell what it enforces may take a moment
// to be so: rules told by BGP are carried to line cards.
const (
	spreading = 10 // tries
	between   = 300 * time.Millisecond
)

// settled probes as probe does, again where such a point may be at it still.
func (m *Method) settled(ctx context.Context, s Session, l Level, points []Point) (err error) {
	blind := slices.ContainsFunc(points, func(p Point) bool { return p.Blind })
	for range spreading {
		err = m.probe(ctx, s, l, points)
		var through *leak
		if !blind || !errors.As(err, &through) {
			return err
		}
		wait := time.NewTimer(between)
		select {
		case <-ctx.Done():
			wait.Stop()
			return ctx.Err()
		case <-wait.C:
		}
	}
	return err
}

// probe has probes sent in the name of a session.
func (m *Method) probe(ctx context.Context, s Session, l Level, points []Point) error {
	blocked := m.Probes.Outside
	switch l {
	case RateLimit:
		blocked = nil
	case BlockPorts:
		blocked = m.Probes.Ports
	}
	lifelines := m.Probes.Lifelines
	if l == Disconnect && slices.ContainsFunc(points, func(p Point) bool { return !p.Lifelines }) {
		lifelines = nil
	}
	tried := 0
	for _, a := range s.Addresses {
		from := source(a)
		if err := m.each(ctx, from, lifelines, func(through bool, to Place) error {
			if tried++; !through {
				return fmt.Errorf("the lifeline %s cannot be reached from %s", to, from)
			}
			return nil
		}); err != nil {
			return err
		}
		if err := m.each(ctx, from, blocked, func(through bool, to Place) error {
			if tried++; through {
				return &leak{from, to}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	if tried == 0 && l != RateLimit {
		return respond.Permanent(candor.WithHint(fmt.Errorf("there is no probe for %s", s.names()), "Name places of the same kind of address, under isolation.probes."))
	}
	return nil
}

// each sends probes to the places that have the same kind of address.
func (m *Method) each(ctx context.Context, from netip.Addr, places []Place, check func(bool, Place) error) error {
	for _, to := range places {
		if to.Addr.Addr().Is4() != from.Is4() {
			continue
		}
		through, err := m.Prober.Through(ctx, from, to)
		if err != nil {
			return respond.Temporary(fmt.Errorf("probe %s: %w", to, err), 0)
		}
		if err := check(through, to); err != nil {
			return respond.Permanent(candor.WithHint(err, "Look at the enforcement points, and at the way around them."))
		}
	}
	return nil
}

// source is the address that probes for a network come from.
func source(p netip.Prefix) netip.Addr {
	if p.IsSingleIP() {
		return p.Addr()
	}
	return p.Addr().Next()
}
