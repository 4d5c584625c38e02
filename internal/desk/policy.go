package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"candor"
)

// PolicyRule is what acts by itself, without somebody's approval.
type PolicyRule struct {
	Class      candor.Class      `json:"class"` // of all classes if empty
	Severity   candor.Severity   `json:"severity"`
	Confidence candor.Confidence `json:"confidence"`
	Method     string            `json:"method"`
}

// Policy is the table of what acts by itself. The zero Policy lets nothing.
type Policy struct {
	Rules []PolicyRule `json:"rules"`
}

// PolicySetting is the name under which the policy is kept.
const PolicySetting = "policy"

// Allows tells whether the policy lets a method act by itself in a case: never
// in one about what is known to be good, or about terms.
func (p Policy) Allows(c candor.Case, method string) bool {
	return !c.Good && c.Class.Incident() && slices.ContainsFunc(p.Rules, func(r PolicyRule) bool {
		return (r.Class == "" || r.Class == c.Class) && c.Severity >= r.Severity && c.Confidence >= r.Confidence && r.Method == method
	})
}

// Check says what is wrong with a policy.
func (p Policy) Check(methods []string) error {
	if len(p.Rules) > 200 {
		return fmt.Errorf("the policy has %d rules, and 200 are the most: %w", len(p.Rules), candor.ErrInvalid)
	}
	for i, r := range p.Rules {
		if r.Class != "" {
			if _, ok := candor.ParseClass(string(r.Class)); !ok {
				return candor.WithHint(fmt.Errorf("rule %d: there is no class %.60q: %w", i+1, r.Class, candor.ErrInvalid), "Choose one of the list.")
			}
		}
		if !slices.Contains(methods, r.Method) {
			return candor.WithHint(fmt.Errorf("rule %d: there is no response %.60q: %w", i+1, r.Method, candor.ErrInvalid), "Choose one of the list.")
		}
		if r.Confidence > 100 || r.Severity > candor.Critical {
			return fmt.Errorf("rule %d: confidence goes from 0 to 100: %w", i+1, candor.ErrInvalid)
		}
	}
	return nil
}

// SetPolicy replaces the policy.
func (d *Desk) SetPolicy(ctx context.Context, who candor.Principal, p Policy, methods []string) error {
	if err := p.Check(methods); err != nil {
		return err
	}
	err := d.Store.Tx(ctx, func(tx Tx) error {
		if err := tx.SetSetting(ctx, PolicySetting, p, d.Clock(), who.Actor()); err != nil {
			return err
		}
		return d.record(ctx, tx, "", candor.Record{Kind: candor.RecordPolicy, Actor: who.Actor()}, p, nil)
	})
	if err != nil {
		return fmt.Errorf("set the policy: %w", err)
	}
	return nil
}

// ErrBeside is what a Responder gives for a response that is not for this kind
// of asset, or not set up: nobody has to be told.
var ErrBeside = errors.New("the response is not for this asset")

// Responder proposes and approves responses.
type Responder interface {
	// Propose proposes one, beside so many of its method that are known; it is
	// candor.ErrExists if there are others by now.
	Propose(ctx context.Context, who candor.Principal, c candor.Case, p PlayResponse, known int) (candor.Response, error)
	Approve(ctx context.Context, who candor.Principal, id candor.ID) error
}

// Propose proposes the responses of the playbook for a case, and approves
// those that the policy lets act by themselves. What has no basis is not
// proposed; the timeline says so. All of the case's responses, the latest
// first, are left alone; what was done before findings joined the case is done again for
// them, if the playbook says so.
func (d *Desk) Propose(ctx context.Context, job PolicyJob, have []candor.Response, r Responder) error {
	var c candor.Case
	var policy Policy
	err := d.Store.Tx(ctx, func(tx Tx) error {
		var err error
		if c, err = tx.Case(ctx, candor.Everything, job.Case); err != nil {
			return err
		}
		return tx.Setting(ctx, PolicySetting, &policy)
	})
	if err != nil || !c.State.Open() {
		return err
	}
	if job.Returned != "" {
		return d.redo(ctx, c, job, have, r)
	}
	who := candor.Principal{Name: "policy:standing"}
	for _, p := range d.play(c).Responses {
		at := slices.IndexFunc(have, func(h candor.Response) bool { return h.Method == p.Method })
		// The program may have ended between the proposal and the approval.
		if at >= 0 && have[at].State == candor.ResponseProposed && have[at].By == who.Name && policy.Allows(c, p.Method) {
			if err := r.Approve(ctx, who, have[at].ID); err != nil && !errors.Is(err, candor.ErrChanged) {
				return err
			}
		}
		done := at >= 0 && (have[at].State == candor.ResponseApplied || have[at].State == candor.ResponseVerified)
		again := done && p.Again && c.Open > 0
		if at < 0 && job.Again && p.Again { // what passed by had no file
			if again, err = d.hasPassed(ctx, c.ID); err != nil {
				return err
			}
		}
		if job.Again && !again || !job.Again && at >= 0 {
			continue
		}
		response, err := r.Propose(ctx, who, c, p, count(have, p.Method))
		if errors.Is(err, candor.ErrExists) || errors.Is(err, ErrBeside) {
			continue // another node did it, or a person; or there is nothing to do
		}
		if refusal(err) {
			if err := d.explain(ctx, c, p.Method, err); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if policy.Allows(c, p.Method) {
			if err := r.Approve(ctx, who, response.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// count tells how many responses are of a method.
func count(all []candor.Response, method string) (n int) {
	for _, r := range all {
		if r.Method == method {
			n++
		}
	}
	return n
}

// explain tells in the timeline why a response was not proposed.
func (d *Desk) explain(ctx context.Context, c candor.Case, method string, why error) error {
	says := map[string]any{"method": method, "state": "not-proposed", "why": why.Error(), "hint": candor.Hint(why)}
	if gap := (*candor.NoBasis)(nil); errors.As(why, &gap) {
		says["gap"] = gap
	}
	return d.Store.Tx(ctx, func(tx Tx) error {
		return d.event(ctx, tx, candor.Event{Case: c.ID, Kind: candor.EventResponse, Actor: "system"}, says)
	})
}
