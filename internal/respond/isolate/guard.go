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

// Limits bound what may be isolated, whatever was decided.
type Limits struct {
	// PerMinute is how many lines at most are newly isolated within a minute.
	// With 0 none is.
	PerMinute int
	// Share is how large a part of all lines at most is isolated at a time, from
	// 0 to 1. One line always may be, unless it is 0.
	Share float64
	// Never are addresses that are never isolated: of the provider's own
	// services, of lifelines.
	Never []netip.Prefix
}

// guard holds against every policy and every fault elsewhere. It alone calls
// Enforcer.Set, and looks at everything again right before.
type guard struct {
	Limits
	store    Store
	sessions Sessions
	points   []Point
	now      candor.Clock
}

// may is candor.ErrDenied, with a hint, unless a line may be isolated at all.
func may(a candor.Asset) error {
	switch {
	case a.Kind != candor.Line:
		return denied("the asset is no line", "Only lines are isolated.")
	case a.Vital != "":
		return denied(fmt.Sprintf("the line is never isolated (%s)", a.Vital), "Call the subscriber instead. If the line is vital no longer, say so at the asset first.")
	case a.ObserveOnly:
		return denied("the line is only observed", "Lift the rule “observe only” of the line first, if its owner agrees.")
	case a.Retired:
		return denied("the line is retired", "It has no traffic of its own any more.")
	case a.Reference == "":
		return denied("the line has no reference", "Give the line the number by which the network knows it.")
	}
	return nil
}

// certain gives the session that a line holds for certain now. Addresses that
// another line holds too, or may, are candor.ErrUnavailable.
func (g *guard) certain(ctx context.Context, a candor.Asset) (Session, error) {
	s, err := g.sessions.Session(ctx, a)
	switch {
	case errors.Is(err, candor.ErrNotFound):
		return s, respond.Temporary(candor.WithHint(fmt.Errorf("the line %s holds no address now: %w", a.Reference, candor.ErrNotFound), "It is isolated when it comes back."), 0)
	case err != nil:
		return s, respond.Temporary(fmt.Errorf("look what the line %s holds: %w", a.Reference, err), 0)
	case s.Line != a.Reference || len(s.Addresses) == 0:
		return s, unsure(a, "what it holds cannot be told")
	}
	for _, p := range s.Addresses {
		if err := g.address(p); err != nil {
			return s, err
		}
		who, err := g.sessions.Holders(ctx, p)
		if err != nil {
			return s, respond.Temporary(fmt.Errorf("look who holds %s: %w", p, err), 0)
		}
		if len(who) != 1 || who[0] != a.Reference {
			return s, unsure(a, fmt.Sprintf("%s may be another line's", p))
		}
	}
	slices.SortFunc(s.Addresses, netip.Prefix.Compare)
	return s, nil
}

// errUnsure marks addresses that may be another line's.
var errUnsure = errors.New("not known for certain")

func unsure(a candor.Asset, why string) error {
	return respond.Temporary(candor.WithHint(fmt.Errorf("the line %s: %s: %w: %w", a.Reference, why, errUnsure, candor.ErrUnavailable),
		"Nobody is isolated on a guess. See to the leases and accounting."), 0)
}

// The widest network of IPv6 that one line holds.
const widest = 48

// address is candor.ErrDenied for what is no address of a single line.
func (g *guard) address(p netip.Prefix) error {
	a := p.Addr()
	switch {
	case !p.IsValid() || p != p.Masked() || a.Is4In6():
		return denied(fmt.Sprintf("%s is no network", p), "See to what gives the line's addresses.")
	case a.Is4() && !p.IsSingleIP(), a.Is6() && p.Bits() < widest:
		return denied(fmt.Sprintf("%s is more than one line has", p), "See to what gives the line's addresses.")
	case a.IsUnspecified() || a.IsLoopback() || a.IsMulticast() || a.IsLinkLocalUnicast():
		return denied(fmt.Sprintf("%s is no subscriber's address", p), "See to what gives the line's addresses.")
	case slices.ContainsFunc(g.Never, p.Overlaps):
		return denied(fmt.Sprintf("%s is among the addresses that are never isolated", p), "They are named in the configuration, isolation.never.")
	}
	return nil
}

// admit counts a line in, durably and for all nodes, unless a cap is reached.
// What was admitted stays so until it ends.
func (g *guard) admit(ctx context.Context, r candor.Response, l Level, s Session) error {
	return g.store.Tx(ctx, func(tx Tx) error {
		if err := tx.Turn(ctx, "isolate", "lines"); err != nil {
			return err
		}
		a, err := tx.Asset(ctx, candor.Everything, r.Asset)
		if err != nil {
			return err
		}
		if err := may(a); err != nil {
			return err
		}
		was, err := tx.Isolation(ctx, r.ID)
		if err != nil && !errors.Is(err, candor.ErrNotFound) {
			return err
		}
		if err == nil && was.Ended.IsZero() {
			was.Level = string(l)
			return tx.SetIsolation(ctx, was) // its session is changed by settle alone
		}
		if err := g.capped(ctx, tx, r.Asset); err != nil {
			return err
		}
		return tx.SetIsolation(ctx, candor.Isolation{Response: r.ID, Case: r.Case, Asset: r.Asset, Level: string(l), Session: s.encode(), Begun: g.now().UTC()})
	})
}

// capped tells why one more line must not be isolated now.
func (g *guard) capped(ctx context.Context, tx Tx, line candor.ID) error {
	going, err := tx.Isolations(ctx, line)
	if err != nil || len(going) > 0 {
		return err // it is isolated already
	}
	begun, isolated, err := tx.CountIsolations(ctx, g.now().Add(-time.Minute))
	if err != nil {
		return err
	}
	if g.PerMinute <= 0 {
		return denied("no line may be isolated", "The configuration allows none, isolation.most_per_minute.")
	}
	if begun >= g.PerMinute {
		return respond.Temporary(candor.WithHint(fmt.Errorf("%d lines were isolated within a minute, which is the most: %w", begun, candor.ErrUnavailable),
			"It is tried again. The configuration says how many, isolation.most_per_minute."), time.Minute)
	}
	lines, err := tx.CountLines(ctx)
	if err != nil {
		return err
	}
	most := int(g.Share * float64(lines))
	if g.Share > 0 {
		most = max(most, 1)
	}
	if isolated >= most {
		return denied(fmt.Sprintf("%d of %d lines are isolated, which is the most", isolated, lines),
			"Look whether all of them should be. The configuration says how many, isolation.most_share.")
	}
	return nil
}

// set has the enforcement points keep a line at the level of its isolations. It
// looks at the line, at its addresses and whether it was admitted right before.
func (g *guard) set(ctx context.Context, s Session, line candor.ID) ([]Point, error) {
	a, err := g.store.Asset(ctx, candor.Everything, line)
	if err != nil {
		return nil, err
	}
	if err := may(a); err != nil {
		return nil, err
	}
	rows, err := g.store.Isolations(ctx, line)
	if err != nil {
		return nil, err
	}
	l := Strongest(rows)
	if l == "" {
		return nil, respond.Permanent(fmt.Errorf("the isolation of line %s has ended: %w", a.Reference, candor.ErrChanged))
	}
	now, err := g.certain(ctx, a)
	if err != nil {
		return nil, err
	}
	if !now.same(s) {
		return nil, respond.Temporary(fmt.Errorf("the session of line %s: %w", a.Reference, candor.ErrChanged), time.Second)
	}
	points := at(g.points, s, l)
	if len(points) == 0 {
		return nil, nowhere(s, l)
	}
	for _, p := range points {
		if err := p.Enforcer.Set(ctx, s, l); err != nil {
			return nil, fmt.Errorf("at %s: %w", p.Name, err)
		}
	}
	return points, nil
}

func nowhere(s Session, l Level) error {
	return candor.WithHint(fmt.Errorf("no enforcement point can keep the line %s (%s) at %s: %w", s.Line, s.names(), l, candor.ErrInvalid),
		"Choose another level, or set up a point that the line passes, under isolation.points.")
}

func denied(what, hint string) error {
	return respond.Permanent(candor.WithHint(fmt.Errorf("%s: %w", what, candor.ErrDenied), hint))
}

func invalid(what, hint string) error {
	return candor.WithHint(fmt.Errorf("%s: %w", what, candor.ErrInvalid), hint)
}
