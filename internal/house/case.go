package house

import (
	"context"
	"slices"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/desk"
	"candor/internal/respond/notify"
)

// CaseView is a case with all that belongs to it, as far as whoever asks may
// see it.
type CaseView struct {
	Case       candor.Case           `json:"case"`
	Asset      candor.Asset          `json:"asset,omitzero"` // not there if the case is about terms
	Party      candor.Party          `json:"party"`
	Assignee   candor.User           `json:"assignee,omitzero"`
	Findings   []candor.FiledFinding `json:"findings"`
	Events     []candor.Event        `json:"events"`
	Tasks      []candor.Task         `json:"tasks,omitempty"`
	Deadlines  []candor.Deadline     `json:"deadlines"`
	Responses  []candor.Response     `json:"responses"`
	Messages   []candor.Message      `json:"messages,omitempty"`
	Linked     []candor.Case         `json:"linked,omitempty"`
	Agreements []candor.Agreement    `json:"agreements,omitempty"`
	Records    []candor.Logged       `json:"records,omitempty"` // the latest 200 in the evidence log
	Next       []candor.CaseState    `json:"next,omitempty"`    // states that it can be given
}

// Case gives a case with all that belongs to it. Customers see what is public
// of their own.
func (h *House) Case(ctx context.Context, who candor.Principal, id candor.ID) (v CaseView, err error) {
	if err := reads(who); err != nil {
		return v, err
	}
	if v.Case, err = h.Store.Case(ctx, who.Scope(), id); err != nil {
		return v, err
	}
	steps := []func() error{
		func() (err error) {
			if v.Case.Asset != "" {
				v.Asset, err = h.Store.Asset(ctx, who.Scope(), v.Case.Asset)
			}
			return err
		},
		func() (err error) { v.Party, err = h.Store.Party(ctx, who.Scope(), v.Case.Party); return err },
		func() (err error) { v.Findings, err = h.Store.FindingsOfCase(ctx, id); return err },
		func() (err error) { v.Events, err = h.Store.Events(ctx, id); return err },
		func() (err error) { v.Deadlines, err = h.Store.Deadlines(ctx, id); return err },
		func() error {
			page, err := h.Store.Responses(ctx, who.Scope(), candor.ResponseFilter{Case: id}, candor.Cut{Limit: 100})
			v.Responses = page.Items
			return err
		},
	}
	if who.Role.Staff() {
		steps = append(steps, h.staffView(ctx, who, id, &v)...)
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return v, err
		}
	}
	return public(who, v), nil
}

// staffView are the steps that read what only the staff sees.
func (h *House) staffView(ctx context.Context, who candor.Principal, id candor.ID, v *CaseView) []func() error {
	return []func() error{
		func() (err error) { v.Tasks, err = h.Store.Tasks(ctx, id); return err },
		func() (err error) { v.Messages, err = h.mailsOf(ctx, *v); return err },
		func() (err error) { v.Linked, err = h.Store.LinkedCases(ctx, who.Scope(), id); return err },
		func() (err error) { v.Agreements, err = h.Store.Agreements(ctx, who.Scope(), v.Case.Party); return err },
		func() error {
			page, err := h.Store.Records(ctx, candor.RecordFilter{Case: id}, candor.Cut{Limit: 200})
			v.Records = page.Items
			return err
		},
		func() (err error) {
			if v.Case.Assignee != "" {
				v.Assignee, err = h.Store.Access().User(ctx, v.Case.Assignee)
			}
			v.Next = desk.Next(v.Case)
			return err
		},
	}
}

// mailsOf gives the mails of a case, and those of others that tell of it too.
func (h *House) mailsOf(ctx context.Context, v CaseView) ([]candor.Message, error) {
	all, err := h.Store.MessagesOfCase(ctx, v.Case.ID)
	have := map[candor.ID]bool{}
	for _, r := range v.Responses {
		have[r.ID] = true // or it has none of its own
	}
	for _, r := range v.Responses {
		if with := notify.SentWith(r); !have[with] && err == nil {
			have[with] = true
			var more []candor.Message
			more, err = h.Store.MessagesOf(ctx, with)
			all = append(all, more...)
		}
	}
	return all, err
}

// CasePlaces gives where findings of a case were seen, by finding: of those
// that are asked for, to customers relative to the site.
func (h *House) CasePlaces(ctx context.Context, who candor.Principal, id candor.ID, findings []candor.ID) (map[candor.ID][]candor.Place, error) {
	if err := reads(who); err != nil {
		return nil, err
	}
	c, err := h.Store.Case(ctx, who.Scope(), id)
	if err != nil {
		return nil, err
	}
	if c.Asset == "" { // nothing was found
		return map[candor.ID][]candor.Place{}, nil
	}
	site, err := h.Store.Asset(ctx, candor.Everything, c.Asset)
	if err != nil {
		return nil, err
	}
	all, err := h.Store.FindingsOfCase(ctx, id)
	if err != nil {
		return nil, err
	}
	out := map[candor.ID][]candor.Place{}
	for _, f := range all {
		if !slices.Contains(findings, f.ID) {
			continue
		}
		if out[f.ID], err = h.Store.Places(ctx, f.ID); err != nil {
			return nil, err
		}
		if !who.Role.Staff() {
			eachOf(out[f.ID], func(p *candor.Place) { p.Path = site.Relative(p.Path) })
		}
	}
	return out, nil
}

// SetState gives a case another state; version is the one that was seen, or 0.
func (h *House) SetState(ctx context.Context, who candor.Principal, id candor.ID, version int64, to candor.CaseState, note string) error {
	if err := may(who, access.ActCases); err != nil {
		return err
	}
	return h.Desk.SetState(ctx, who, id, version, to, note)
}

// Assign gives a case to a user of the staff, or to nobody.
func (h *House) Assign(ctx context.Context, who candor.Principal, id, user candor.ID) error {
	if err := may(who, access.ActCases); err != nil {
		return err
	}
	if user != "" {
		u, err := h.Store.Access().User(ctx, user)
		if err != nil {
			return err
		}
		if !u.Role.Staff() || u.Disabled {
			return candor.WithHint(candor.ErrInvalid, "Choose somebody of the staff who can sign in.")
		}
	}
	return h.Desk.Assign(ctx, who, id, user)
}

// Comment adds a comment; a public one can be read by the customer.
func (h *House) Comment(ctx context.Context, who candor.Principal, id candor.ID, text string, public bool) error {
	if err := may(who, access.ActCases); err != nil {
		return err
	}
	return h.Desk.Comment(ctx, who, id, text, public)
}

// AddTask adds a task.
func (h *House) AddTask(ctx context.Context, who candor.Principal, id candor.ID, text string) error {
	if err := may(who, access.ActCases); err != nil {
		return err
	}
	return h.Desk.AddTask(ctx, who, id, text)
}

// DoTask notes that a task is done, or is not.
func (h *House) DoTask(ctx context.Context, who candor.Principal, task candor.ID, done bool) error {
	if err := may(who, access.ActCases); err != nil {
		return err
	}
	return h.Desk.DoTask(ctx, who, task, done)
}

// Link links two cases.
func (h *House) Link(ctx context.Context, who candor.Principal, id, other candor.ID) error {
	if err := may(who, access.ActCases); err != nil {
		return err
	}
	return h.Desk.Link(ctx, who, id, other)
}

// Dismiss says that a finding is a false alarm.
func (h *House) Dismiss(ctx context.Context, who candor.Principal, finding candor.ID, note string) error {
	if err := may(who, access.ActCases); err != nil {
		return err
	}
	return h.Desk.Dismiss(ctx, who, finding, note)
}

// Aware starts the clocks of the duties to authorities.
func (h *House) Aware(ctx context.Context, who candor.Principal, id candor.ID, at time.Time) error {
	if err := may(who, access.ActCases); err != nil {
		return err
	}
	return h.Desk.Aware(ctx, who, id, at)
}

// Submitted notes that what a deadline asks for was submitted.
func (h *House) Submitted(ctx context.Context, who candor.Principal, id candor.ID, rule string) error {
	if err := may(who, access.ActCases); err != nil {
		return err
	}
	return h.Desk.Submitted(ctx, who, id, rule)
}

// Recheck has the places of a case looked at again at once.
func (h *House) Recheck(ctx context.Context, who candor.Principal, id candor.ID) error {
	if err := may(who, access.ActCases); err != nil {
		return err
	}
	return h.Desk.Recheck(ctx, who, id)
}

// Fixed is what a customer says who has mended it: it is looked at again.
func (h *House) Fixed(ctx context.Context, who candor.Principal, id candor.ID, text string) error {
	if err := may(who, access.ActOwn); err != nil {
		return err
	}
	return h.Desk.Fixed(ctx, who, id, text)
}

// Ask is a customer's question.
func (h *House) Ask(ctx context.Context, who candor.Principal, id candor.ID, text string) error {
	if err := may(who, access.ActOwn); err != nil {
		return err
	}
	return h.Desk.Ask(ctx, who, id, text)
}

// Contest is a customer's word that it is a false alarm.
func (h *House) Contest(ctx context.Context, who candor.Principal, id candor.ID, text string) error {
	if err := may(who, access.ActOwn); err != nil {
		return err
	}
	return h.Desk.Contest(ctx, who, id, text)
}
