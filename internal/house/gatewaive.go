package house

import (
	"context"
	"fmt"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/consent/gate"
	"candor/internal/store"
)

// Waive lets a site go on without a check until a date, and has the gate decide.
// Who waives is a named person: the program itself cannot.
func (h *House) Waive(ctx context.Context, who candor.Principal, site candor.ID, check, reason string, until time.Time) (candor.GateWaiver, error) {
	now := h.Clock().UTC()
	w := candor.GateWaiver{ID: candor.NewID(now), Asset: site, Check: check, By: who.Actor(), Reason: strings.TrimSpace(reason), Created: now, Until: until.UTC().Truncate(time.Microsecond)}
	if err := may(who, access.WaiveChecks); err != nil {
		return w, err
	}
	a, err := h.gateSite(ctx, who, site)
	if err != nil {
		return w, err
	}
	policy, err := h.gatePolicy(ctx)
	if err != nil {
		return w, err
	}
	if err := policy.CheckWaiver(w, now); err != nil {
		return w, err
	}
	err = h.tx(ctx, func(tx *store.Tx) error {
		if err := tx.AddGateWaiver(ctx, w); err != nil {
			return err
		}
		return h.recordGate(ctx, tx, a, who, map[string]any{"waiver": "made", "id": w.ID, "check": w.Check, "until": w.Until}, w.Reason)
	})
	if err != nil {
		return w, err
	}
	return w, h.decideGate(ctx, who, a, "", kept)
}

// EndWaiver ends a waiver of a site before its time, and has the gate decide.
// One that is over is candor.ErrChanged.
func (h *House) EndWaiver(ctx context.Context, who candor.Principal, site, waiver candor.ID) error {
	if err := may(who, access.WaiveChecks); err != nil {
		return err
	}
	a, err := h.gateSite(ctx, who, site)
	if err != nil {
		return err
	}
	now := h.Clock().UTC()
	w, err := h.waiver(ctx, site, waiver)
	if err != nil {
		return err
	}
	if !w.Holds(now) {
		return fmt.Errorf("waiver %s is over: %w", waiver, candor.ErrChanged)
	}
	err = h.tx(ctx, func(tx *store.Tx) error {
		if err := tx.EndGateWaiver(ctx, site, waiver, now, who.Actor()); err != nil {
			return err
		}
		return h.recordGate(ctx, tx, a, who, map[string]any{"waiver": "ended", "id": waiver, "check": w.Check}, "")
	})
	if err != nil {
		return err
	}
	return h.decideGate(ctx, who, a, "", kept)
}

func (h *House) waiver(ctx context.Context, site, id candor.ID) (candor.GateWaiver, error) {
	all, err := h.Store.GateWaivers(ctx, site)
	for _, w := range all {
		if w.ID == id {
			return w, err
		}
	}
	if err == nil {
		err = fmt.Errorf("waiver %s: %w", id, candor.ErrNotFound)
	}
	return candor.GateWaiver{}, err
}

// WaiversInForce lists waivers of all sites, those that end first before the
// others, up to 500.
func (h *House) WaiversInForce(ctx context.Context, who candor.Principal) ([]candor.GateWaiver, error) {
	if err := may(who, access.ReadParties); err != nil {
		return nil, err
	}
	return h.Store.GateWaiversInForce(ctx, h.Clock().UTC(), 500)
}

// GatePolicy gives what the provider decided about the gate.
func (h *House) GatePolicy(ctx context.Context, who candor.Principal) (gate.Policy, error) {
	if err := may(who, access.ReadPolicy); err != nil {
		return gate.Policy{}, err
	}
	return h.gatePolicy(ctx)
}

func (h *House) gatePolicy(ctx context.Context) (gate.Policy, error) {
	p := gate.DefaultPolicy()
	return p, h.Store.Setting(ctx, GatePolicySetting, &p)
}

// SetGatePolicy replaces the policy of the gate. Who leaves out a check that was
// asked for, or gives another reason for it, is noted with it; all gates are
// looked at again when they are due.
func (h *House) SetGatePolicy(ctx context.Context, who candor.Principal, p gate.Policy) (gate.Policy, error) {
	if err := may(who, access.ManagePolicy); err != nil {
		return p, err
	}
	now := h.Clock().UTC()
	err := h.tx(ctx, func(tx *store.Tx) error {
		if err := tx.Turn(ctx, "gate-policy", ""); err != nil {
			return err
		}
		was := gate.DefaultPolicy()
		if err := tx.Setting(ctx, GatePolicySetting, &was); err != nil {
			return err
		}
		p = p.Signed(was, who.Actor(), now)
		if err := p.Check(); err != nil {
			return err
		}
		if err := tx.SetSetting(ctx, GatePolicySetting, p, now, who.Actor()); err != nil {
			return err
		}
		return h.recordJSON(ctx, tx, "", candor.RecordPolicy, "", who, map[string]any{"gate": p})
	})
	return p, err
}
