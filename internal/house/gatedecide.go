package house

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/consent/gate"
	"candor/internal/store"
)

// TellGateJob asks to tell webhooks that a site's state at the gate changed.
type TellGateJob struct {
	Move candor.ID `json:"move"`
}

// Kind names the job.
func (TellGateJob) Kind() string { return "gate.tell" }

// AskGate asks for a site to go live, and has the gate decide. A site that does not
// meet everything stays in checking, which is no error: it goes live by itself
// as soon as it does.
func (h *House) AskGate(ctx context.Context, who candor.Principal, site candor.ID) (GateView, error) {
	return h.moveGate(ctx, who, site, "asked", []access.Permission{access.ActOwn, access.ManageParties}, func(a candor.Asset, g candor.Gate, at time.Time) (candor.Gate, error) {
		if a.Retired {
			return g, candor.WithHint(fmt.Errorf("site %s is retired: %w", a.ID, candor.ErrInvalid), "Take it into use again first.")
		}
		return gate.Ask(g, at), nil
	})
}

// TakeBackGate takes back that a site was to go live: it is a draft again, and
// may not be reached.
func (h *House) TakeBackGate(ctx context.Context, who candor.Principal, site candor.ID) (GateView, error) {
	return h.moveGate(ctx, who, site, "taken back", []access.Permission{access.ActOwn, access.ManageParties}, func(_ candor.Asset, g candor.Gate, at time.Time) (candor.Gate, error) {
		return gate.TakeBack(g, at), nil
	})
}

// DecideGate has the gate decide about a site now.
func (h *House) DecideGate(ctx context.Context, who candor.Principal, site candor.ID) (GateView, error) {
	return h.moveGate(ctx, who, site, "", []access.Permission{access.ActOwn, access.ActCases}, kept)
}

// change is what is done to a gate before it decides.
type change func(candor.Asset, candor.Gate, time.Time) (candor.Gate, error)

func kept(_ candor.Asset, g candor.Gate, _ time.Time) (candor.Gate, error) { return g, nil }

func (h *House) moveGate(ctx context.Context, who candor.Principal, site candor.ID, step string, needs []access.Permission, do change) (GateView, error) {
	if err := may(who, needs...); err != nil {
		return GateView{}, err
	}
	a, err := h.gateSite(ctx, who, site)
	if err != nil {
		return GateView{}, err
	}
	if err := h.decideGate(ctx, who, a, step, do); err != nil {
		return GateView{}, err
	}
	return h.Gate(ctx, who, site)
}

// decideGate changes a gate and has it decide. Who decided meanwhile knew less:
// it is done again with what there is then.
func (h *House) decideGate(ctx context.Context, who candor.Principal, site candor.Asset, step string, do change) error {
	const tries = 5
	var err error
	for range tries {
		var look glance
		if look, err = h.glanceAt(ctx, site); err != nil {
			return err
		}
		var g candor.Gate
		if g, err = do(site, look.before, look.at); err != nil {
			return err
		}
		g = gate.Next(g, look.checks, look.policy, look.at)
		if err = h.keepGate(ctx, who, site, step, look, g); !errors.Is(err, candor.ErrChanged) {
			return err
		}
	}
	return err
}

// keepGate keeps a decision with its evidence, and has it told.
func (h *House) keepGate(ctx context.Context, who candor.Principal, site candor.Asset, step string, look glance, g candor.Gate) error {
	return h.tx(ctx, func(tx *store.Tx) error {
		if err := tx.SetGate(ctx, g, gate.Due(g, look.policy), look.before.Looked); err != nil {
			return err
		}
		for _, w := range expired(look, g) {
			if err := h.recordGate(ctx, tx, site, candor.Principal{}, map[string]any{"waiver": "expired", "id": w.Waiver, "check": w.Check, "until": w.Until}, ""); err != nil {
				return err
			}
		}
		m := candor.GateMove{ID: candor.NewID(look.at), Asset: site.ID, From: look.before.State, To: g.State, At: look.at, By: who.Actor(), Deadline: g.Deadline, Unmet: gate.Unmet(g.Checks)}
		if m.From == m.To && step == "" {
			return nil
		}
		if err := h.recordGate(ctx, tx, site, who, moveBody(step, m, g), ""); err != nil || m.From == m.To {
			return err
		}
		if err := tx.AddGateMove(ctx, m); err != nil {
			return err
		}
		if err := h.mailGrace(ctx, tx, m); err != nil {
			return err
		}
		return tx.Enqueue(ctx, TellGateJob{m.ID}, candor.JobOptions{})
	})
}

// moveBody is what the evidence log holds of a decision.
func moveBody(step string, m candor.GateMove, g candor.Gate) map[string]any {
	reasons := []map[string]any{}
	for _, c := range m.Unmet {
		reasons = append(reasons, map[string]any{"check": c.Check, "outcome": c.Outcome, "why": c.Why})
	}
	waived := []map[string]any{}
	for _, c := range g.Checks {
		if c.Outcome == candor.GateWaived {
			waived = append(waived, map[string]any{"check": c.Check, "waiver": c.Waiver, "until": c.Until})
		}
	}
	body := map[string]any{"gate": m.To, "from": m.From, "unmet": reasons, "waived": waived}
	if step != "" {
		body["step"] = step
	}
	if !m.Deadline.IsZero() {
		body["deadline"] = m.Deadline
	}
	return body
}

// expired are the checks whose waivers were over by themselves since the last
// decision.
func expired(look glance, g candor.Gate) (all []candor.GateCheck) {
	for _, was := range look.before.Checks {
		if was.Waiver != "" && was.Until.After(look.before.Looked) && !was.Until.After(g.Looked) && !endedEarly(look.waivers, was.Waiver) {
			all = append(all, was)
		}
	}
	return all
}

func endedEarly(all []candor.GateWaiver, id candor.ID) bool {
	for _, w := range all {
		if w.ID == id {
			return !w.Ended.IsZero()
		}
	}
	return false
}

// recordGate keeps what was decided about a site. A reason may name people.
func (h *House) recordGate(ctx context.Context, tx *store.Tx, site candor.Asset, who candor.Principal, body map[string]any, reason string) error {
	var personal map[string]string
	if reason != "" {
		personal = map[string]string{"reason": reason}
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return h.record(ctx, tx, site.Owner, candor.RecordDecision, site.ID, who, text, personal)
}

// DecideGates has the gate decide about all sites that are due, such as those
// whose grace or whose waivers are over, and tells how many. One that cannot be
// decided about keeps no other waiting.
func (h *House) DecideGates(ctx context.Context) (n int, err error) {
	const most = 200
	due, err := h.Store.DueGates(ctx, h.Clock().UTC(), most)
	if err != nil {
		return 0, fmt.Errorf("look at gates: %w", err)
	}
	for _, id := range due {
		site, failed := h.Store.Asset(ctx, candor.Everything, id)
		if failed == nil {
			failed = h.decideGate(ctx, candor.Principal{}, site, "", retiring)
		}
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("gate of site %s: %w", id, failed))
			continue
		}
		n++
	}
	return n, err
}

// retiring takes back sites that are no longer in use.
func retiring(a candor.Asset, g candor.Gate, at time.Time) (candor.Gate, error) {
	if a.Retired {
		return gate.TakeBack(g, at), nil
	}
	return g, nil
}

// settling is how long after it is known that something about a site changes it
// is looked at: the change may be kept a moment later.
const settling = 5 * time.Second

// HurryGate has the gate look at a site soon: something about it changes.
func (h *House) HurryGate(ctx context.Context, site candor.ID) error {
	return h.tx(ctx, func(tx *store.Tx) error { return tx.HurryGate(ctx, site, h.Clock().UTC().Add(settling)) })
}
