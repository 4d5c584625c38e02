package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/config"
	"candor/internal/consent"
	"candor/internal/desk"
	"candor/internal/drill"
	"candor/internal/house"
	"candor/internal/respond"
	"candor/internal/respond/isolate"
	"candor/internal/store"
)

// fill gives the copy a provider: terms, a policy that isolates by itself, and a
// subscriber with a line for each address, all but the last of whom agreed.
func (c *liveCopy) fill(ctx context.Context, file string) (err error) {
	conf, err := config.Load(config.Options{File: file})
	if err != nil {
		return err
	}
	s, err := makeSetup(conf, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		return err
	}
	s.roles, s.isolation.Points = []string{config.RoleWeb, config.RoleWorker}, nil // it only writes down
	r, err := open(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	terms, err := r.publishSample(ctx, "subscriber-terms")
	if err != nil {
		return err
	}
	for n, l := range c.lines {
		owner, err := r.addDrilled(ctx, l, c.nas != nil)
		if err != nil {
			return err
		}
		if n < len(c.lines)-1 {
			if err := r.agreeSample(ctx, house.Decision{Party: owner, Terms: terms.ID, How: consent.ByPaper, Clauses: []string{"isolation"}}, "en"); err != nil {
				return err
			}
		}
	}
	policy := desk.Policy{Rules: []desk.PolicyRule{{Method: isolate.Name, Severity: candor.High, Confidence: 95}}}
	return r.Desk.SetPolicy(ctx, sampler, policy, append(slices.Clone(r.Methods), isolate.Name))
}

// addDrilled adds a made-up subscriber with a line, whose address others may
// have before or after it.
func (r *running) addDrilled(ctx context.Context, l drill.Line, shared bool) (candor.ID, error) {
	now := r.Clock().UTC().Truncate(time.Microsecond)
	owner := candor.Party{ID: candor.NewID(now), Kind: candor.Subscriber, Name: "Subscriber " + l.Reference, Reference: "P-" + l.Reference, Language: "en",
		Contacts: []candor.Contact{{Channel: candor.Mail, Address: strings.ToLower(l.Reference) + "@drill.invalid"}}, Created: now, Updated: now}
	line := candor.Asset{ID: candor.NewID(now), Kind: candor.Line, Owner: owner.ID, Name: "Line " + l.Reference, Reference: l.Reference, Created: now, Updated: now,
		Access: candor.Access{Plan: "100/40", Down: 100e6, Up: 40e6}}
	if !shared { // else accounting says who has it
		line.Access.Addresses = []string{l.Addr.String()}
	}
	return owner.ID, r.Store.Tx(ctx, func(tx *store.Tx) error {
		return errors.Join(tx.AddParty(ctx, owner), tx.AddAsset(ctx, line, time.Time{}))
	})
}

// Story implements drill.Copy.
func (c *liveCopy) Story(ctx context.Context, of drill.Line) (s drill.Story, err error) {
	line, err := c.store.AssetByReference(ctx, candor.Line, of.Reference)
	if err != nil {
		return s, err
	}
	cases, err := c.store.Cases(ctx, candor.Everything, candor.CaseFilter{Asset: line.ID}, candor.Cut{Limit: 20})
	if err != nil {
		return s, err
	}
	for _, x := range cases.Items {
		events, err := c.store.Events(ctx, x.ID)
		if err != nil {
			return s, err
		}
		one := storyOf(x, events)
		if s.Proposed.IsZero() || !one.Proposed.IsZero() && one.Proposed.Before(s.Proposed) {
			one.Refused += s.Refused
			s = one
		}
	}
	if s.Proposed.IsZero() {
		return s, nil
	}
	page, err := c.store.Responses(ctx, candor.Everything, candor.ResponseFilter{Method: isolate.Name, Party: line.Owner}, candor.Cut{Limit: 20})
	for _, r := range page.Items {
		if s.Failed == "" {
			s.Failed = r.Error
		}
	}
	return s, err
}

// storyOf reads a case's timeline.
func storyOf(x candor.Case, events []candor.Event) (s drill.Story) {
	s.Case = x.Opened
	first := func(t *time.Time, at time.Time) {
		if t.IsZero() {
			*t = at
		}
	}
	for _, e := range events {
		var d struct {
			respond.EventDetails
			State string `json:"state"`
			Why   string `json:"why"`
		}
		switch {
		case e.Kind == candor.EventFinding:
			first(&s.Found, e.At)
		case e.Kind != candor.EventResponse || json.Unmarshal(e.Details, &d) != nil || d.Method != isolate.Name:
		case d.State == "not-proposed":
			s.Refused = d.Why
		case d.Drift != "":
			s.Drifts = append(s.Drifts, d.Drift)
		case d.To == candor.ResponseProposed:
			first(&s.Proposed, e.At)
		case d.To == candor.ResponseApproved:
			first(&s.Approved, e.At)
		case d.To == candor.ResponseApplied:
			first(&s.Applied, e.At)
		case d.To == candor.ResponseVerified:
			first(&s.Verified, e.At)
		case d.To == candor.ResponseUndone:
			first(&s.Undone, e.At)
		}
	}
	return s
}

// Noticed implements drill.Copy: by the timeline of the line's case, or by the
// program's own log. Whoever looks at the pages sees both.
func (c *liveCopy) Noticed(ctx context.Context, f drill.FaultKind, of drill.Line, since time.Time) (string, error) {
	drifts := map[drill.FaultKind][]string{drill.StaleSet: {isolate.Refilled}, drill.WrongSession: {isolate.Freed, isolate.Moved}}
	if want := drifts[f]; want != nil {
		s, err := c.Story(ctx, of)
		for _, d := range s.Drifts {
			if slices.Contains(want, d) {
				return "timeline: " + d, nil
			}
		}
		// Who is told of one line's rule again may put back the others' with it.
		if f == drill.StaleSet && c.log.since(since, `"kind":"`+isolate.Refilled+`"`) != "" {
			return "log: " + isolate.Refilled, err
		}
		return "", err
	}
	logged := map[drill.FaultKind]string{drill.DeadCoA: "an isolation is not as it was decided", drill.LostSession: "an isolation is not as it was decided", drill.SessionDown: "no router hears the routes", drill.PortalDown: "the portal of the walled garden does not answer", drill.ClockOff: "the clock of an exporter is off"}
	if want := logged[f]; want != "" && c.log.since(since, want) != "" {
		return "log: " + want, nil
	}
	return "", nil
}
