package house

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/desk"
	"candor/internal/desk/calendar"
	"candor/internal/respond"
	"candor/internal/respond/isolate"
	"candor/internal/respond/quarantine"
	"candor/internal/respond/submit"
)

// Proposal is what is to be done about a case.
type Proposal struct {
	Case    candor.ID
	Method  string
	Reason  string    // for people
	Expires time.Time // when it is undone by itself; never if it is zero
	// Basis chooses on what it rests: a consent or a law, with its Terms, or an
	// agreement. The zero Basis is the party's latest agreement that allows it.
	Basis candor.Basis
	// Content bounds a quarantine to files of one content, by SHA-256. If it is
	// empty it is of all but those that are known to be good. While a quarantine
	// of it waits in the case, it is candor.ErrExists.
	Content string
	// Level is how much of the network a line is kept from, of an isolation.
	Level isolate.Level
	// Known, if not nil, is how many responses of the method to the case are
	// known. If there are others by now the error is candor.ErrExists.
	Known *int
}

// ProposeFor plans a response to a case: with quarantine, of all files of its
// open findings.
func (h *House) ProposeFor(ctx context.Context, who candor.Principal, p Proposal) (candor.Response, error) {
	if err := may(who, access.ActCases); err != nil {
		return candor.Response{}, err
	}
	c, err := h.Store.Case(ctx, who.Scope(), p.Case)
	if err == nil {
		err = desk.Incident(c)
	}
	if err != nil {
		return candor.Response{}, err
	}
	return h.propose(ctx, who, c, p)
}

func (h *House) propose(ctx context.Context, who candor.Principal, c candor.Case, p Proposal) (candor.Response, error) {
	r := respond.Request{Case: c.ID, Method: p.Method, Reason: p.Reason, Expires: p.Expires, Basis: p.Basis, Content: p.Content, Known: p.Known}
	if p.Method == "quarantine" {
		spots, err := h.spots(ctx, c, p.Content)
		if err != nil {
			return candor.Response{}, err
		}
		if r.Options, err = json.Marshal(quarantine.Options{Places: spots, Forbid: true}); err != nil {
			return candor.Response{}, err
		}
	}
	if p.Method == isolate.Name {
		var err error
		if r.Options, err = json.Marshal(isolate.Options{Level: p.Level}); err != nil {
			return candor.Response{}, err
		}
	}
	return h.Runner.Propose(ctx, who, r)
}

// Responder proposes and approves what playbooks and the policy say.
type Responder struct {
	House *House
	Zone  *time.Location
}

// Follow does a desk.PolicyJob. Of several nodes that do one for the same case
// at the same time one proposes. What the policy approves in several cases is
// approved at once, so that one mail can tell of all.
func (r Responder) Follow(ctx context.Context, j desk.PolicyJob) error {
	if len(j.More) == 0 {
		return r.follow(ctx, j, r)
	}
	all := &together{Responder: r}
	var failed error
	for _, id := range append([]candor.ID{j.Case}, j.More...) {
		failed = errors.Join(failed, r.follow(ctx, desk.PolicyJob{Case: id, Again: j.Again}, all))
	}
	return errors.Join(failed, all.approve(ctx))
}

func (r Responder) follow(ctx context.Context, j desk.PolicyJob, by desk.Responder) error {
	have, err := r.Responses(ctx, j.Case)
	if err != nil {
		return err
	}
	return r.House.Desk.Propose(ctx, j, have, by)
}

// together is a Responder that approves what it is told to all at once.
type together struct {
	Responder
	who candor.Principal
	ids []candor.ID
}

// Approve implements desk.Responder.
func (t *together) Approve(_ context.Context, who candor.Principal, id candor.ID) error {
	t.who, t.ids = who, append(t.ids, id)
	return nil
}

func (t *together) approve(ctx context.Context) error {
	if len(t.ids) == 0 {
		return nil
	}
	err := t.House.Runner.ApproveAll(ctx, t.who, t.ids)
	if err == nil || ctx.Err() != nil || errors.Is(err, candor.ErrUnavailable) {
		return err
	}
	err = nil // one of them may not be, or was by somebody else
	for _, id := range t.ids {
		if one := t.Responder.Approve(ctx, t.who, id); !errors.Is(one, candor.ErrChanged) {
			err = errors.Join(err, one)
		}
	}
	return err
}

// Propose implements desk.Responder.
func (r Responder) Propose(ctx context.Context, who candor.Principal, c candor.Case, p desk.PlayResponse, known int) (candor.Response, error) {
	asset, err := r.House.Store.Asset(ctx, candor.Everything, c.Asset)
	if err != nil {
		return candor.Response{}, err
	}
	line := asset.Kind == candor.Line
	if p.Method == isolate.Name && (!line || !slices.Contains(r.House.Methods, isolate.Name)) || p.Method == "quarantine" && line {
		return candor.Response{}, desk.ErrBeside
	}
	var expires time.Time
	if p.Expires != (calendar.Period{}) {
		expires = p.Expires.After(r.House.Clock(), r.Zone)
	}
	return r.House.propose(ctx, who, c, Proposal{Method: p.Method, Reason: p.Reason, Expires: expires, Known: &known, Level: isolate.Level(p.Level)})
}

// Approve implements desk.Responder.
func (r Responder) Approve(ctx context.Context, who candor.Principal, id candor.ID) error {
	_, err := r.House.Runner.Approve(ctx, who, id)
	return err
}

// Withdraw refuses what waits for approval in a case that came to its end.
func (h *House) Withdraw(ctx context.Context, id candor.ID) error {
	c, err := h.Store.Case(ctx, candor.Everything, id)
	if err != nil || c.State.Open() {
		return err // it was opened again meanwhile
	}
	waiting, err := h.Store.Responses(ctx, candor.Everything, candor.ResponseFilter{Case: id, States: []candor.ResponseState{candor.ResponseProposed}}, candor.Cut{Limit: 100})
	for _, r := range waiting.Items {
		_, refused := h.Runner.Refuse(ctx, candor.Principal{}, r.ID, "the case came to its end")
		if !errors.Is(refused, candor.ErrChanged) { // somebody decided, or it was begun
			err = errors.Join(err, refused)
		}
	}
	return err
}

// spots are the files of a case's open findings, of one content if it is given.
// Those that are known to be good have to be named so.
func (h *House) spots(ctx context.Context, c candor.Case, content string) ([]quarantine.Spot, error) {
	asset, err := h.Store.Asset(ctx, candor.Everything, c.Asset)
	if err != nil {
		return nil, err
	}
	findings, err := h.Store.FindingsOfCase(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	seen, good := map[string]bool{}, false
	var all []quarantine.Spot
	for _, f := range findings {
		if f.State == candor.FindingOpen && f.Good != "" && content == "" {
			good = true
			continue
		}
		if f.State != candor.FindingOpen || f.IsUnread() || content != "" && f.SHA256 != content {
			continue
		}
		places, err := h.Store.Places(ctx, f.ID)
		if err != nil {
			return nil, err
		}
		for _, p := range places {
			root, rel, ok := rootOf(asset.Roots, p.Path)
			if !ok || p.State != candor.FindingOpen || seen[p.Path] || len(all) == quarantine.MaxPlaces {
				continue
			}
			seen[p.Path] = true
			all = append(all, quarantine.Spot{Root: quarantine.Raw(root), Path: quarantine.Raw(candor.RawPath(rel)), SHA256: f.SHA256})
		}
	}
	if len(all) == 0 && good {
		return nil, candor.WithHint(fmt.Errorf("what was found is known to be good: %w", candor.ErrInvalid), "See to the rule, which is probably wrong. If the file is to be moved away all the same, propose it for that one content, from its page.")
	}
	if len(all) == 0 {
		return nil, candor.WithHint(fmt.Errorf("no file of the case is there any longer: %w", candor.ErrInvalid), "There is nothing to move away.")
	}
	return all, nil
}

// rootOf splits a path into the root that it lies in and the rest.
func rootOf(roots []string, path string) (root, rel string, ok bool) {
	for _, r := range roots {
		rest, under := strings.CutPrefix(path, strings.TrimSuffix(r, "/")+"/")
		if under && filepath.IsLocal(rest) {
			return r, rest, true
		}
	}
	return "", "", false
}

// Follow moves a case along when a response took a state. It is what
// respond.Config.Then is set to; transactions are those of the store.
func Follow(d *desk.Desk) func(context.Context, respond.Tx, candor.Response, candor.ResponseState) error {
	return func(ctx context.Context, t respond.Tx, r candor.Response, from candor.ResponseState) error {
		tx, ok := t.(desk.Tx)
		if !ok {
			return fmt.Errorf("a transaction of the store was expected, and not %T", t)
		}
		switch {
		case r.Method == "quarantine" && (r.State == candor.ResponseUndoing || r.State == from): // undone, or to be kept
			return d.Decided(ctx, tx, r.Case)
		case r.Method == "notify" && r.State == candor.ResponseApplied:
			return d.Notified(ctx, tx, r.Case, "response:"+string(r.ID))
		case r.Method == submit.Name:
			return followSubmission(ctx, d, t, tx, r)
		case r.Method != "quarantine" || len(r.Result) == 0:
			return nil
		}
		moved, back, err := places(ctx, tx, r)
		if err != nil {
			return err
		}
		switch r.State {
		case candor.ResponseApplied:
			if err := d.Contained(ctx, tx, moved, "response:"+string(r.ID)); err != nil {
				return err
			}
			// What was found meanwhile was none of the plan.
			return tx.Enqueue(ctx, desk.PolicyJob{Case: r.Case, Again: true}, candor.JobOptions{})
		case candor.ResponseFailed:
			return d.Contained(ctx, tx, moved, "response:"+string(r.ID))
		case candor.ResponseUndone:
			return d.Restored(ctx, tx, back)
		}
		return nil
	}
}

// AskWhatIsHeld has a person decide about a quarantine that goes on beyond its
// time. It is what respond.Config.Held is set to.
func AskWhatIsHeld(d *desk.Desk) func(context.Context, respond.Tx, candor.Response) error {
	return func(ctx context.Context, t respond.Tx, r candor.Response) error {
		tx, ok := t.(desk.Tx)
		if !ok {
			return fmt.Errorf("a transaction of the store was expected, and not %T", t)
		}
		return d.Held(ctx, tx, r.Case)
	}
}

// AskWhatLapsed has a person decide about a response that rests on nothing any
// more. It is what respond.Config.Lapsed is set to.
func AskWhatLapsed(d *desk.Desk) func(context.Context, respond.Tx, candor.Response, int) error {
	return func(ctx context.Context, t respond.Tx, r candor.Response, open int) error {
		tx, ok := t.(desk.Tx)
		if !ok {
			return fmt.Errorf("a transaction of the store was expected, and not %T", t)
		}
		return d.Lapsed(ctx, tx, r, open)
	}
}

// Allowed tells whether a party agreed to what allows a method now. It is what
// respond.Config.Allowed is set to.
func (h *House) Allowed(ctx context.Context, party candor.ID, method string) error {
	_, err := h.Consents.Basis(ctx, party, method, h.Clock())
	return err
}

// places gives the paths that a quarantine moved away and those that it put
// back, by the finding that was there.
func places(ctx context.Context, tx desk.Tx, r candor.Response) (moved, back map[candor.ID][]string, err error) {
	result, err := quarantine.ReadResult(r.Result)
	if err != nil {
		return nil, nil, err
	}
	states := make(map[string]quarantine.PlaceState, len(result.Places))
	for _, p := range result.Places {
		states[candor.TextPath(strings.TrimSuffix(string(p.Root), "/")+"/"+string(p.Path))] = p.State
	}
	findings, err := tx.FindingsOfCase(ctx, r.Case)
	if err != nil {
		return nil, nil, err
	}
	moved, back = map[candor.ID][]string{}, map[candor.ID][]string{}
	for _, f := range findings {
		at, err := tx.Places(ctx, f.ID)
		if err != nil {
			return nil, nil, err
		}
		for _, p := range at {
			switch state := states[p.Path]; {
			case state == quarantine.Moved && p.State == candor.FindingOpen:
				moved[f.ID] = append(moved[f.ID], p.Path)
			case state == quarantine.Restored && p.State == candor.FindingQuarantined:
				back[f.ID] = append(back[f.ID], p.Path)
			}
		}
	}
	return moved, back, nil
}
