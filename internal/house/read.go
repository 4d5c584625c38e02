package house

import (
	"context"
	"fmt"
	"slices"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/respond/notify"
)

// Cases lists cases.
func (h *House) Cases(ctx context.Context, who candor.Principal, f candor.CaseFilter, cut candor.Cut) (candor.Page[candor.Case], error) {
	if err := reads(who); err != nil {
		return candor.Page[candor.Case]{}, err
	}
	if err := publicFilter(who, f, cut); err != nil {
		return candor.Page[candor.Case]{}, err
	}
	page, err := h.Store.Cases(ctx, who.Scope(), f, cut)
	return public(who, page), err
}

// Findings lists findings.
func (h *House) Findings(ctx context.Context, who candor.Principal, f candor.FindingFilter, cut candor.Cut) (candor.Page[candor.FiledFinding], error) {
	if err := reads(who); err != nil {
		return candor.Page[candor.FiledFinding]{}, err
	}
	page, err := h.Store.Findings(ctx, who.Scope(), f, cut)
	if err != nil {
		return candor.Page[candor.FiledFinding]{}, err
	}
	return page, h.publicFindings(ctx, who, page.Items)
}

// FindingView is a finding with what belongs to it.
type FindingView struct {
	Finding candor.FiledFinding `json:"finding"`
	Places  []candor.Place      `json:"places"`
	Asset   candor.Asset        `json:"asset"`
	Party   candor.Party        `json:"party"`
	Case    candor.Case         `json:"case"`
	// Elsewhere are findings of the same content at other assets.
	Elsewhere []candor.FiledFinding `json:"elsewhere,omitempty"`

	elsewhere map[candor.ID]candor.Asset // for customers
}

// Finding gives a finding with what belongs to it.
func (h *House) Finding(ctx context.Context, who candor.Principal, id candor.ID) (v FindingView, err error) {
	if err := reads(who); err != nil {
		return v, err
	}
	if v.Finding, err = h.Store.Finding(ctx, who.Scope(), id); err != nil {
		return v, err
	}
	if v.Places, err = h.Store.Places(ctx, id); err != nil {
		return v, err
	}
	if v.Asset, err = h.Store.Asset(ctx, who.Scope(), v.Finding.Asset); err != nil {
		return v, err
	}
	if v.Party, err = h.Store.Party(ctx, who.Scope(), v.Finding.Party); err != nil {
		return v, err
	}
	if v.Case, err = h.Store.Case(ctx, who.Scope(), v.Finding.Case); err != nil {
		return v, err
	}
	same, err := h.Store.Findings(ctx, who.Scope(), candor.FindingFilter{Content: v.Finding.SHA256}, candor.Cut{Limit: 50})
	for _, f := range same.Items {
		if f.Asset != v.Finding.Asset {
			v.Elsewhere = append(v.Elsewhere, f)
		}
	}
	if err == nil {
		v.elsewhere, err = h.sites(ctx, who, v.Elsewhere)
	}
	return public(who, v), err
}

// Responses lists responses; to customers those in which something was done.
func (h *House) Responses(ctx context.Context, who candor.Principal, f candor.ResponseFilter, cut candor.Cut) (candor.Page[candor.Response], error) {
	if err := reads(who); err != nil {
		return candor.Page[candor.Response]{}, err
	}
	if !who.Role.Staff() {
		if f.States = keep(f.States, shownStates); len(f.States) == 0 {
			return candor.Page[candor.Response]{}, nil
		}
	}
	page, err := h.Store.Responses(ctx, who.Scope(), f, cut)
	return public(who, page), err
}

// Response gives one response, and the mails that it sent.
func (h *House) Response(ctx context.Context, who candor.Principal, id candor.ID) (candor.Response, []candor.Message, error) {
	if err := reads(who); err != nil {
		return candor.Response{}, nil, err
	}
	r, err := h.Store.Response(ctx, who.Scope(), id)
	if err != nil {
		return r, nil, err
	}
	if !who.Role.Staff() && !shown(r.State) {
		return candor.Response{}, nil, fmt.Errorf("response %s: %w", id, candor.ErrNotFound)
	}
	messages, err := h.Store.MessagesOf(ctx, notify.SentWith(r))
	return public(who, r), public(who, messages), err
}

// Scans lists scans.
func (h *House) Scans(ctx context.Context, who candor.Principal, f candor.ScanFilter, cut candor.Cut) (candor.Page[candor.Scan], error) {
	if err := reads(who); err != nil {
		return candor.Page[candor.Scan]{}, err
	}
	page, err := h.Store.Scans(ctx, who.Scope(), f, cut)
	return public(who, page), err
}

// TheScan gives one scan.
func (h *House) TheScan(ctx context.Context, who candor.Principal, id candor.ID) (candor.Scan, error) {
	if err := reads(who); err != nil {
		return candor.Scan{}, err
	}
	x, err := h.Store.Scan(ctx, who.Scope(), id)
	return public(who, x), err
}

// keep leaves those of some values that are among all; all of them if none
// are given.
func keep[T comparable](some, all []T) []T {
	if len(some) == 0 {
		return all
	}
	return slices.DeleteFunc(slices.Clone(some), func(v T) bool { return !slices.Contains(all, v) })
}

// Search looks for records that hold all of the words.
func (h *House) Search(ctx context.Context, who candor.Principal, text string, most int) ([]candor.Hit, error) {
	if err := reads(who); err != nil {
		return nil, err
	}
	hits, err := h.Store.Search(ctx, who.Scope(), text, min(max(most, 1), 100))
	if err != nil {
		return nil, err
	}
	return hits, h.publicHits(ctx, who, hits)
}

// Records lists records of the evidence log.
func (h *House) Records(ctx context.Context, who candor.Principal, f candor.RecordFilter, cut candor.Cut) (candor.Page[candor.Logged], error) {
	if err := may(who, access.ReadEvidence); err != nil {
		return candor.Page[candor.Logged]{}, err
	}
	return h.Store.Records(ctx, f, cut)
}

// Today is what needs somebody now.
type Today struct {
	Overdue    candor.Page[candor.Case]     `json:"overdue"`            // a deadline was missed or ends within the hour
	Unseen     candor.Page[candor.Case]     `json:"unseen"`             // new, the gravest first
	Mine       candor.Page[candor.Case]     `json:"mine"`               // open and assigned to whoever asks
	Approvals  candor.Page[candor.Response] `json:"approvals"`          // proposed responses
	Failed     candor.Page[candor.Response] `json:"failed"`             // responses that failed
	Held       candor.Page[candor.Response] `json:"held"`               // responses that go on beyond their time
	Lapsed     candor.Page[candor.Response] `json:"lapsed"`             // responses that rest on nothing any more
	Running    candor.Page[candor.Scan]     `json:"running"`            // scans
	States     map[candor.CaseState]int64   `json:"states"`             // open cases
	Severities map[candor.Severity]int64    `json:"severities"`         // open cases
	Findings   []candor.DayCount            `json:"findings"`           // of the last 30 days
	Ages       []candor.DayCount            `json:"ages"`               // open cases by the day they were opened
	Coverage   map[time.Time]int64          `json:"coverage"`           // sites by the day of their last complete scan
	Drill      time.Time                    `json:"drill_due,omitzero"` // since when a drill is overdue
}

// Today gives what needs somebody now.
func (h *House) Today(ctx context.Context, who candor.Principal) (t Today, err error) {
	if err := may(who, access.ReadCases); err != nil {
		return t, err
	}
	now, all, yes := h.Clock(), who.Scope(), true
	few := candor.Cut{Limit: 10}
	gravest := candor.Cut{Limit: 10, Sort: "severity", Descending: true}
	soonest := candor.Cut{Limit: 10, Sort: "due"}
	steps := []func() error{
		func() (err error) {
			t.Overdue, err = h.Store.Cases(ctx, all, candor.CaseFilter{DueBefore: now.Add(time.Hour)}, soonest)
			return err
		},
		func() (err error) {
			t.Unseen, err = h.Store.Cases(ctx, all, candor.CaseFilter{States: []candor.CaseState{candor.CaseNew}}, gravest)
			return err
		},
		func() (err error) {
			t.Mine, err = h.Store.Cases(ctx, all, candor.CaseFilter{Assignee: who.User, Open: &yes}, few)
			return err
		},
		func() (err error) {
			t.Approvals, err = h.Store.Responses(ctx, all, candor.ResponseFilter{States: []candor.ResponseState{candor.ResponseProposed}}, few)
			return err
		},
		func() (err error) {
			t.Failed, err = h.Store.Responses(ctx, all, candor.ResponseFilter{States: []candor.ResponseState{candor.ResponseFailed}}, few)
			return err
		},
		func() (err error) {
			t.Held, err = h.Store.Responses(ctx, all, candor.ResponseFilter{Held: true}, few)
			return err
		},
		func() (err error) {
			t.Lapsed, err = h.Store.Responses(ctx, all, candor.ResponseFilter{Lapsed: true}, few)
			return err
		},
		func() (err error) {
			t.Running, err = h.Store.Scans(ctx, all, candor.ScanFilter{States: []candor.ScanState{candor.ScanRunning}}, few)
			return err
		},
		func() (err error) { t.States, t.Severities, err = h.Store.CaseCounts(ctx); return err },
		func() (err error) { t.Findings, err = h.Store.FindingsByDay(ctx, now.AddDate(0, 0, -30)); return err },
		func() (err error) { t.Ages, err = h.Store.CaseAges(ctx); return err },
		func() (err error) { t.Coverage, err = h.Store.Coverage(ctx); return err },
		func() error { t.Drill = h.drillDue(ctx); return nil },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return t, err
		}
	}
	return t, nil
}
