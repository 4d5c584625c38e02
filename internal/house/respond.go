package house

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/desk"
	"candor/internal/respond"
)

// Propose plans a response and files it for approval.
func (h *House) Propose(ctx context.Context, who candor.Principal, r respond.Request) (candor.Response, error) {
	if err := may(who, access.ActCases); err != nil {
		return candor.Response{}, err
	}
	return h.Runner.Propose(ctx, who, r)
}

// Approve has a response applied.
func (h *House) Approve(ctx context.Context, who candor.Principal, id candor.ID) (candor.Response, error) {
	if err := may(who, access.ApproveResponses); err != nil {
		return candor.Response{}, err
	}
	return h.Runner.Approve(ctx, who, id)
}

// Refuse ends a response of which nothing was done.
func (h *House) Refuse(ctx context.Context, who candor.Principal, id candor.ID, reason string) (candor.Response, error) {
	if err := may(who, access.ApproveResponses); err != nil {
		return candor.Response{}, err
	}
	return h.Runner.Refuse(ctx, who, id, reason)
}

// Undo has undone what a response did. Files that were moved away since they
// were found to be harmful are put back for a reason only, which is recorded.
func (h *House) Undo(ctx context.Context, who candor.Principal, id candor.ID, reason string) (candor.Response, error) {
	if err := may(who, access.ApproveResponses); err != nil {
		return candor.Response{}, err
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		r, err := h.Store.Response(ctx, who.Scope(), id)
		if err != nil {
			return r, err
		}
		if r.Method == "quarantine" {
			return r, candor.WithHint(fmt.Errorf("undo response %s: files that were found to be harmful are not put back without a reason: %w", id, candor.ErrInvalid), "Say why they are to be put back.")
		}
	}
	return h.Runner.Undo(ctx, who, id, reason)
}

// Policy gives the table of what acts by itself.
func (h *House) Policy(ctx context.Context, who candor.Principal) (p desk.Policy, err error) {
	if err := may(who, access.ReadPolicy); err != nil {
		return p, err
	}
	return p, h.Store.Setting(ctx, desk.PolicySetting, &p)
}

// SetPolicy replaces the table of what acts by itself.
func (h *House) SetPolicy(ctx context.Context, who candor.Principal, p desk.Policy) error {
	if err := may(who, access.ManagePolicy); err != nil {
		return err
	}
	return h.Desk.SetPolicy(ctx, who, p, h.Methods)
}

// DryRun says what a policy would have done with the cases of the last days.
type DryRun struct {
	Days  int      `json:"days"`
	Cases int      `json:"cases"` // that were opened
	Acts  []DryAct `json:"acts"`  // what would have acted by itself, the latest first
	More  bool     `json:"more"`  // there were more cases than were looked at
}

// DryAct is a response that would have acted by itself.
type DryAct struct {
	Case   candor.Case `json:"case"`
	Method string      `json:"method"`
	Rule   int         `json:"rule"` // of the policy, from 1
	// Denied is why it would have been refused all the same: no basis, or a
	// site that is only observed.
	Denied string `json:"denied,omitempty"`
}

// DryRunPolicy says what a policy would have done last month, without doing
// anything.
func (h *House) DryRunPolicy(ctx context.Context, who candor.Principal, p desk.Policy, days int) (d DryRun, err error) {
	if err := may(who, access.ReadPolicy); err != nil {
		return d, err
	}
	if err := p.Check(h.Methods); err != nil {
		return d, err
	}
	d.Days = min(max(days, 1), 366)
	const most = 5000
	yes := true
	cut := candor.Cut{Sort: "opened", Descending: true, Limit: 500}
	since := h.Clock().AddDate(0, 0, -d.Days)
	for d.Cases < most {
		page, err := h.Store.Cases(ctx, who.Scope(), candor.CaseFilter{OpenedAfter: since, Incident: &yes}, cut)
		if err != nil {
			return d, err
		}
		for _, c := range page.Items {
			d.Cases++
			if d.Acts, err = h.dryRun(ctx, p, c, d.Acts); err != nil {
				return d, err
			}
		}
		if cut.Cursor = page.Next; page.Next == "" {
			return d, nil
		}
	}
	d.More = true
	return d, nil
}

func (h *House) dryRun(ctx context.Context, p desk.Policy, c candor.Case, acts []DryAct) ([]DryAct, error) {
	for _, proposed := range h.Desk.Plays(c.Class, c.Nature, c.Severity).Responses { // the policy approves; playbooks propose
		method := proposed.Method
		rule := slices.IndexFunc(p.Rules, func(r desk.PolicyRule) bool { return desk.Policy{Rules: []desk.PolicyRule{r}}.Allows(c, method) })
		if rule < 0 {
			continue
		}
		act := DryAct{Case: c, Method: method, Rule: rule + 1}
		asset, err := h.Store.Asset(ctx, candor.Everything, c.Asset)
		if err != nil {
			return acts, err
		}
		_, err = h.Consents.Basis(ctx, c.Party, method, c.Opened)
		switch {
		case err != nil && !errors.Is(err, candor.ErrDenied):
			return acts, err
		case asset.ObserveOnly:
			act.Denied = "observe-only"
		case err != nil:
			act.Denied = "no-basis"
		}
		acts = append(acts, act)
	}
	return acts, nil
}
