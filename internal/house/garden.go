package house

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"candor"
	"candor/internal/respond"
	"candor/internal/respond/isolate"
	"candor/internal/store"
)

// Garden is what the walled garden's portal asks. Without Sessions nobody is
// known there. Its fields are set before it is used.
type Garden struct {
	Sessions isolate.Sessions // who holds what now
	// Releases is how often the holder of a line may free it, within such a time.
	Releases int
	Within   time.Duration
	Watch    time.Duration // how long a return of the cause is watched for

	mu   sync.Mutex
	rows map[netip.Prefix][]candor.Isolation
	read time.Time
}

// HeldLine is a line that is isolated.
type HeldLine struct {
	Line       candor.Asset
	Level      isolate.Level      // the strongest
	Since      time.Time          // of the first isolation that goes on
	Isolations []candor.Isolation // that go on, at least one
}

// Captive tells whether the line reaches the portal alone.
func (h HeldLine) Captive() bool {
	return h.Level == isolate.WalledGarden || h.Level == isolate.Disconnect
}

// who is the principal of whoever uses the line.
func (h HeldLine) who() candor.Principal {
	return candor.Principal{User: "line:" + h.Line.ID, Name: "line", Role: candor.RoleSubscriber, Party: h.Line.Owner}
}

// stale is after what time isolations are read again to answer at an address.
const stale = time.Second

// HeldAt tells which isolated line an address is of at this moment. What is not
// certain is held by nobody: the answer is false then. The address is that of a
// packet, and nothing else says who asks.
func (h *House) HeldAt(ctx context.Context, ip netip.Addr) (HeldLine, bool, error) {
	return h.held(ctx, ip, stale)
}

func (h *House) held(ctx context.Context, ip netip.Addr, age time.Duration) (held HeldLine, ok bool, err error) {
	ip = ip.Unmap()
	if h.Garden.Sessions == nil || !ip.IsValid() || ip.Zone() != "" {
		return held, false, nil
	}
	if held.Isolations, err = h.isolatedAt(ctx, ip, age); err != nil || len(held.Isolations) == 0 {
		return held, false, err
	}
	held.Since = held.Isolations[0].Begun
	for _, row := range held.Isolations[1:] {
		if row.Asset != held.Isolations[0].Asset {
			return held, false, nil // two lines: nobody knows whose it is
		}
		if row.Begun.Before(held.Since) {
			held.Since = row.Begun
		}
	}
	if held.Line, err = h.Store.Asset(ctx, candor.Everything, held.Isolations[0].Asset); err != nil {
		return held, false, err
	}
	held.Level = isolate.Strongest(held.Isolations)
	ok, err = h.certain(ctx, held.Line, ip)
	return held, ok, err
}

// isolatedAt gives the isolations whose session has an address.
func (h *House) isolatedAt(ctx context.Context, ip netip.Addr, age time.Duration) (all []candor.Isolation, err error) {
	g := &h.Garden
	g.mu.Lock()
	defer g.mu.Unlock()
	if now := h.Clock(); g.rows == nil || now.Sub(g.read) >= age || now.Before(g.read) {
		rows, err := h.Store.Isolations(ctx, "")
		if err != nil {
			return nil, err
		}
		g.rows, g.read = map[netip.Prefix][]candor.Isolation{}, now
		for _, row := range rows {
			s, err := isolate.SessionOf(row)
			if err != nil {
				return nil, err
			}
			for _, p := range s.Addresses {
				g.rows[p] = append(g.rows[p], row)
			}
		}
	}
	for bits := ip.BitLen(); bits > 0; bits-- {
		p, err := ip.Prefix(bits)
		if err != nil {
			return nil, err
		}
		for _, row := range g.rows[p] {
			if !slices.ContainsFunc(all, func(i candor.Isolation) bool { return i.Response == row.Response }) {
				all = append(all, row)
			}
		}
	}
	return all, nil
}

// certain tells whether a line holds an address at this moment, and no other
// does: what is kept of a session may be a moment old.
func (h *House) certain(ctx context.Context, line candor.Asset, ip netip.Addr) (bool, error) {
	s, err := h.Garden.Sessions.Session(ctx, line)
	if errors.Is(err, candor.ErrNotFound) || errors.Is(err, candor.ErrUnavailable) {
		return false, nil
	}
	if err != nil || !slices.ContainsFunc(s.Addresses, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return false, err
	}
	holders, err := h.Garden.Sessions.Holders(ctx, netip.PrefixFrom(ip, ip.BitLen()))
	if errors.Is(err, candor.ErrUnavailable) {
		return false, nil
	}
	return len(holders) == 1 && holders[0] == line.Reference, err
}

// Why a line cannot be freed by its holder.
const (
	GardenUsedUp = "used"    // it was done as often as it may be
	GardenLaw    = "law"     // a law asks for the isolation
	GardenMoving = "waiting" // it is being freed, or not yet set
)

// GardenView is what the holder of an isolated line is shown.
type GardenView struct {
	HeldLine
	Cases []GardenCase
	Left  int       // how often the holder may free the line still
	Not   string    // why the holder cannot now; empty if that may be
	Ends  time.Time // when the last isolation ends by itself; zero if none does
}

// GardenCase is a case for which the line is isolated.
type GardenCase struct {
	Case     candor.Case
	Findings []candor.FiledFinding
	// Words of the holder and answers, the oldest first.
	Said []candor.Event
}

// GardenView gives what the holder of an isolated line is shown;
// candor.ErrNotFound at an address that is none's.
func (h *House) GardenView(ctx context.Context, ip netip.Addr) (v GardenView, err error) {
	held, ok, err := h.held(ctx, ip, 0)
	if err == nil && !ok {
		err = errUnheld
	}
	if err != nil {
		return v, err
	}
	v.HeldLine = held
	seen := map[candor.ID]bool{}
	for _, row := range held.Isolations {
		r, err := h.Store.Response(ctx, candor.Everything, row.Response)
		if err != nil {
			return v, err
		}
		if !freeable(r) {
			v.Not = GardenMoving
		} else if v.Not == "" && r.Basis.Kind == candor.ByLaw {
			v.Not = GardenLaw
		}
		if r.Expires.After(v.Ends) {
			v.Ends = r.Expires
		}
		if seen[row.Case] {
			continue
		}
		seen[row.Case] = true
		c, err := h.gardenCase(ctx, held, row.Case)
		if err != nil {
			return v, err
		}
		v.Cases = append(v.Cases, c)
	}
	used, err := h.Store.CountReleases(ctx, held.Line.ID, h.Clock().Add(-h.Garden.Within))
	if v.Left = max(h.Garden.Releases-used, 0); v.Left == 0 && v.Not == "" {
		v.Not = GardenUsedUp
	}
	return v, err
}

func (h *House) gardenCase(ctx context.Context, held HeldLine, id candor.ID) (c GardenCase, err error) {
	who := held.who()
	if c.Case, err = h.Store.Case(ctx, who.Scope(), id); err != nil {
		return c, err
	}
	if c.Findings, err = h.Store.FindingsOfCase(ctx, id); err != nil {
		return c, err
	}
	eachOf(c.Findings, func(f *candor.FiledFinding) { publicFinding(f, held.Line) })
	publicCase(&c.Case)
	events, err := h.Store.Events(ctx, id)
	for _, e := range events {
		if !e.Public || e.Text == "" || e.Kind != candor.EventComment && e.Kind != candor.EventQuestion && e.Kind != candor.EventReleased {
			continue
		}
		if byStaff(e.Actor) {
			e.Actor = Provider
		}
		c.Said = append(c.Said, e)
	}
	return c, err
}

// freeable tells whether a response can be undone as it stands.
func freeable(r candor.Response) bool {
	return len(r.Result) > 0 && respond.CanBecome(r.State, candor.ResponseUndoing)
}

var errUnheld = fmt.Errorf("no isolated line has this address: %w", candor.ErrNotFound)

// FreeHeld is what the holder of an isolated line says who has cleaned it: all
// isolations of the line are undone. It is candor.ErrDenied if that was done as
// often as it may be, or if a law asks for one of them.
func (h *House) FreeHeld(ctx context.Context, ip netip.Addr, text string) error {
	held, ok, err := h.held(ctx, ip, 0)
	if err != nil {
		return err
	}
	if !ok {
		return errUnheld
	}
	ids := make([]candor.ID, len(held.Isolations))
	for i, row := range held.Isolations {
		ids[i] = row.Response
	}
	who, now := held.who(), h.Clock().UTC()
	err = h.Runner.Release(ctx, who, ids, "", func(ctx context.Context, t respond.Tx, all []candor.Response) error {
		tx, ok := t.(*store.Tx)
		if !ok {
			return fmt.Errorf("a transaction of the store was expected, and not %T", t)
		}
		if err := tx.Turn(ctx, "release", held.Line.ID); err != nil {
			return err
		}
		if slices.ContainsFunc(all, func(r candor.Response) bool { return r.Basis.Kind == candor.ByLaw }) {
			return candor.WithHint(fmt.Errorf("a law asks for it: %w", candor.ErrDenied), "Ask for a call back.")
		}
		used, err := tx.CountReleases(ctx, held.Line.ID, now.Add(-h.Garden.Within))
		if err != nil {
			return err
		}
		if used >= h.Garden.Releases {
			return candor.WithHint(fmt.Errorf("the line was freed %d times already: %w", used, candor.ErrDenied), "Ask for a call back.")
		}
		return h.Desk.Released(ctx, tx, who, all[0].Case, isolate.Name, string(held.Level), h.Garden.Releases-used-1, now.Add(h.Garden.Watch), text)
	})
	if err != nil {
		return fmt.Errorf("line %s: %w", held.Line.Reference, err)
	}
	return nil
}

// AskHeld is a question of the holder of an isolated line, or the wish to be
// called back.
func (h *House) AskHeld(ctx context.Context, ip netip.Addr, text string) error {
	held, ok, err := h.held(ctx, ip, 0)
	if err != nil {
		return err
	}
	if !ok {
		return errUnheld
	}
	return h.Desk.Ask(ctx, held.who(), held.Isolations[0].Case, text)
}
