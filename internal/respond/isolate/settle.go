package isolate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"candor"
	"candor/internal/respond"
)

// settling bounds how often a line is looked at again because its isolations
// changed meanwhile.
const settling = 10

// settle brings the enforcement points to what a line's isolations say: kept at
// the strongest level of those that go on, or free. Left are sessions that were
// enforced before, and may still be. Two that settle the same line at a time
// end with the same: each looks again after its last act.
func (m *Method) settle(ctx context.Context, line candor.ID, left ...Session) ([]Point, error) {
	rows, err := m.Store.Isolations(ctx, line)
	for range settling {
		if err != nil {
			return nil, err
		}
		points, failure := m.carry(ctx, line, rows, left)
		if failure != nil {
			return nil, failure
		}
		var now []candor.Isolation
		if now, err = m.Store.Isolations(ctx, line); err == nil && slices.EqualFunc(rows, now, alike) {
			return points, nil
		}
		rows = now
	}
	return nil, respond.Temporary(errors.Join(fmt.Errorf("the isolations of line %s change all the time: %w", line, candor.ErrChanged), err), time.Second)
}

func alike(a, b candor.Isolation) bool { return a.Response == b.Response && a.Level == b.Level }

// carry does what rows say.
func (m *Method) carry(ctx context.Context, line candor.ID, rows []candor.Isolation, left []Session) ([]Point, error) {
	for _, r := range rows {
		s, err := SessionOf(r)
		if err != nil {
			return nil, err
		}
		if len(s.Addresses) > 0 {
			left = append(left[:len(left):len(left)], s)
		}
	}
	left = slices.DeleteFunc(slices.Clone(left), func(s Session) bool { return s.Line == "" })
	if len(rows) == 0 {
		return nil, m.free(ctx, line, left)
	}
	now, err := m.holds(ctx, line)
	switch {
	case errors.Is(err, candor.ErrNotFound), errors.Is(err, candor.ErrDenied), errors.Is(err, errUnsure):
		// What it held may be another's by now, and must not stay isolated.
		if freed := m.free(ctx, line, left); freed != nil {
			return nil, freed
		}
		return nil, cmp.Or(m.follow(ctx, rows, Session{}), err)
	case err != nil:
		return nil, err // nobody could look; what is not renewed ends by itself
	}
	var stale []Session
	for _, s := range left {
		if !s.same(now) {
			stale = append(stale, s.without(now))
		}
	}
	if err := m.free(ctx, line, stale); err != nil {
		return nil, err
	}
	if err := m.follow(ctx, rows, now); err != nil {
		return nil, err
	}
	points, err := m.guard.set(ctx, now, line)
	if errors.Is(err, candor.ErrDenied) {
		err = cmp.Or(m.free(ctx, line, []Session{now}), err)
	}
	if err != nil {
		return nil, err
	}
	return points, m.milder(ctx, now, points)
}

// holds gives the session of a line that may be isolated.
func (m *Method) holds(ctx context.Context, line candor.ID) (Session, error) {
	a, err := m.Store.Asset(ctx, candor.Everything, line)
	if err != nil {
		return Session{}, err
	}
	if err := may(a); err != nil {
		return Session{}, err
	}
	return m.guard.certain(ctx, a)
}

// milder frees a session at points that cannot keep it at its level, where
// another level may have been set before.
func (m *Method) milder(ctx context.Context, s Session, kept []Point) error {
	for _, p := range m.Points {
		if !p.serves(s) || slices.ContainsFunc(kept, func(k Point) bool { return k.Name == p.Name }) {
			continue
		}
		if err := p.Enforcer.Clear(ctx, s); err != nil {
			return fmt.Errorf("at %s: %w", p.Name, err)
		}
	}
	return nil
}

// follow writes down the session by which isolations are enforced from now on;
// the zero one if they are not while the line holds none.
func (m *Method) follow(ctx context.Context, rows []candor.Isolation, s Session) error {
	same := func(r candor.Isolation) bool { old, err := SessionOf(r); return err == nil && old.same(s) }
	if !slices.ContainsFunc(rows, func(r candor.Isolation) bool { return !same(r) }) {
		return nil
	}
	return m.Store.Tx(ctx, func(tx Tx) error {
		for _, r := range rows {
			if same(r) {
				continue
			}
			now, err := tx.Isolation(ctx, r.Response)
			if err != nil || !now.Ended.IsZero() {
				return err
			}
			if now.Session = nil; s.Line != "" {
				now.Session = s.encode()
			}
			if err := tx.SetIsolation(ctx, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// free has sessions free at all points that they pass. What another line, that
// is isolated, holds by now stays.
func (m *Method) free(ctx context.Context, line candor.ID, sessions []Session) error {
	if len(sessions) == 0 {
		return nil
	}
	others, err := m.others(ctx, line)
	if err != nil {
		return err
	}
	var errs []error
	for _, s := range sessions {
		own := s
		own.Addresses = slices.DeleteFunc(slices.Clone(s.Addresses), func(p netip.Prefix) bool { return others[p] })
		if len(own.Addresses) == 0 && own.ID == "" && own.User == "" {
			continue
		}
		for _, p := range m.Points {
			if !p.serves(s) {
				continue
			}
			if err := p.Enforcer.Clear(ctx, own); err != nil {
				errs = append(errs, fmt.Errorf("at %s: %w", p.Name, err))
			}
		}
	}
	return errors.Join(errs...)
}

// others gives the addresses by which other lines are isolated.
func (m *Method) others(ctx context.Context, line candor.ID) (map[netip.Prefix]bool, error) {
	rows, err := m.Store.Isolations(ctx, "")
	if err != nil {
		return nil, err
	}
	held := map[netip.Prefix]bool{}
	for _, r := range rows {
		if r.Asset == line {
			continue
		}
		s, err := SessionOf(r)
		if err != nil {
			return nil, err
		}
		for _, p := range s.Addresses {
			held[p] = true
		}
	}
	return held, nil
}
