package isolate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"candor"
	"candor/internal/respond"
)

// Drift is one difference between what enforcement points kept and what they
// should have, which was put right.
type Drift struct {
	Kind  string       // refilled, moved, freed, removed, mended
	Point string       // empty of what concerns all of a line's
	Line  candor.ID    // an asset; empty where nobody knows
	Held  netip.Prefix // of what was removed
	Why   string       // in words
}

// The kinds of drift.
const (
	Refilled = "refilled" // what should have been kept was not
	Moved    = "moved"    // the line has another session
	Freed    = "freed"    // the line holds nothing for certain, or may not be isolated any more
	Removed  = "removed"  // what nobody asks for was kept
	Mended   = "mended"   // rules of a point were gone
)

// Tend holds what the enforcement points keep against what they should, and
// puts right what differs: what was flushed behind our back is refilled, what
// nobody asks for is removed, lines are followed to their new sessions, what
// soon ends by itself is renewed, and lines at points that do not tell what they
// keep are probed. Each difference stands on the timeline of its
// case. A point that cannot be reached keeps none of the others back.
func (m *Method) Tend(ctx context.Context) ([]Drift, error) {
	var errs []error
	var drifts []Drift
	kept := map[string][]Held{}
	for _, p := range m.Points {
		held, mended, err := tendPoint(ctx, p)
		if mended {
			drifts = append(drifts, Drift{Kind: Mended, Point: p.Name, Why: "rules were missing"})
		}
		switch {
		case errors.Is(err, errors.ErrUnsupported):
		case err != nil:
			errs = append(errs, fmt.Errorf("at %s: %w", p.Name, err))
		default:
			kept[p.Name] = held
		}
	}
	// Rows are there before anything is set: what is kept and was listed before
	// the rows were read, and has none, is wanted by nobody.
	rows, err := m.Store.Isolations(ctx, "")
	if err != nil {
		return drifts, errors.Join(append(errs, err)...)
	}
	lines := map[candor.ID][]candor.Isolation{}
	for _, r := range rows {
		lines[r.Asset] = append(lines[r.Asset], r)
	}
	steady := map[candor.ID][]candor.Isolation{}
	for line, rows := range lines {
		d, err := m.tendLine(ctx, line, rows, kept)
		if err != nil {
			errs = append(errs, err)
		}
		if d.Kind != "" {
			drifts = append(drifts, d)
			errs = append(errs, m.tell(ctx, rows, d))
		} else if err == nil {
			steady[line] = rows
		}
	}
	for _, known := range []*sync.Map{&m.seen, &m.tried, &m.held} {
		known.Range(func(line, _ any) bool {
			if _, goes := lines[line.(candor.ID)]; !goes {
				known.Delete(line)
			}
			return true
		})
	}
	again, err := m.retry(ctx, steady)
	for _, d := range again {
		errs = append(errs, m.tell(ctx, lines[d.Line], d))
	}
	drifts, errs = append(drifts, again...), append(errs, err)
	m.tended.Store(true)
	surplus, err := m.surplus(ctx, rows, kept)
	return append(drifts, surplus...), errors.Join(append(errs, err)...)
}

func tendPoint(ctx context.Context, p Point) (held []Held, mended bool, err error) {
	if menderOf, ok := p.Enforcer.(Mender); ok {
		if mended, err = menderOf.Mend(ctx); err != nil {
			return nil, mended, err
		}
	}
	held, err = p.Enforcer.List(ctx)
	return held, mended, err
}

// tendLine puts one line right. No drift is one without a kind.
func (m *Method) tendLine(ctx context.Context, line candor.ID, rows []candor.Isolation, kept map[string][]Held) (d Drift, err error) {
	d.Line = line
	old, err := SessionOf(rows[0])
	if err != nil {
		return d, err
	}
	now, err := m.holds(ctx, line)
	switch {
	case waits(err):
		if old.Line != "" {
			d.Kind, d.Why = Freed, err.Error()
		}
	case err != nil:
		return d, err
	case !now.same(old):
		d.Kind, d.Why = Moved, "to "+now.names()
	default:
		d.Kind, d.Point, d.Why = m.missing(now, Strongest(rows), rows, kept)
		if d.Why == "" {
			m.seen.Store(line, Strongest(rows))
			return d, nil
		}
	}
	if _, err := m.settle(ctx, line); err != nil && !waits(err) {
		d.Kind = ""
		return d, fmt.Errorf("line %s: %w", line, err)
	}
	return d, nil
}

// missing tells what of a line no point that can be asked keeps. The kind is
// empty for what is only to be renewed, or was set a moment ago.
func (m *Method) missing(s Session, l Level, rows []candor.Isolation, kept map[string][]Held) (kind, point, why string) {
	for _, p := range at(m.Points, s, l) {
		held, asked := kept[p.Name]
		if !asked {
			continue
		}
		if why = lacks(held, s, l, 0); why != "" {
			if p.Forgets && !m.tended.Load() {
				return "", p.Name, why
			}
			seen, _ := m.seen.Load(rows[0].Asset)
			for _, r := range rows {
				if seen != l && m.Now().Sub(r.Begun) < justNow {
					return "", p.Name, why // it is being set
				}
			}
			return Refilled, p.Name, why
		}
		if why = lacks(held, s, l, m.Bound/2); why != "" {
			return "", p.Name, why
		}
	}
	return "", "", ""
}

// justNow is how long an isolation may take to be set.
const justNow = 30 * time.Second

// surplus removes what nobody asks for.
func (m *Method) surplus(ctx context.Context, rows []candor.Isolation, kept map[string][]Held) (drifts []Drift, err error) {
	wanted := map[netip.Prefix]bool{}
	for _, r := range rows {
		s, err := SessionOf(r)
		if err != nil {
			return nil, err
		}
		for _, a := range s.Addresses {
			wanted[a] = true
		}
	}
	var errs []error
	for _, p := range m.Points {
		for _, h := range kept[p.Name] {
			if wanted[h.Network] {
				continue
			}
			others, err := m.others(ctx, "") // what was wanted a moment later
			if err == nil && !others[h.Network] {
				err = p.Enforcer.Clear(ctx, Session{Addresses: []netip.Prefix{h.Network}})
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("at %s: %w", p.Name, err))
				continue
			}
			if !others[h.Network] {
				drifts = append(drifts, Drift{Kind: Removed, Point: p.Name, Held: h.Network, Why: "nobody asks for it"})
			}
		}
	}
	return drifts, errors.Join(errs...)
}

// tell writes a drift into the timelines of a line's cases.
func (m *Method) tell(ctx context.Context, rows []candor.Isolation, d Drift) error {
	return m.Store.Tx(ctx, func(tx Tx) error {
		for _, r := range rows {
			details, err := json.Marshal(respond.EventDetails{Response: r.Response, Method: Name, Drift: d.Kind})
			if err != nil {
				return err
			}
			at := m.Now().UTC()
			if err := tx.AddEvent(ctx, candor.Event{ID: candor.NewID(at), Case: r.Case, At: at, Kind: candor.EventResponse, Actor: "system", Details: details}); err != nil {
				return err
			}
		}
		return nil
	})
}
