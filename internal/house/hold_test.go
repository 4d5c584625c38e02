package house_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"candor"
	"candor/internal/house"
	"candor/internal/respond"
	"candor/internal/respond/quarantine"
)

// held is a world whose file is in quarantine until tomorrow, and definitions
// that find what rules says.
type held struct {
	*world
	id    candor.ID
	rules []string
	blind error // of looking
	looks atomic.Int64
}

func newHeld(t *testing.T, w *world) *held {
	t.Helper()
	h := &held{world: w, rules: []string{"shell"}}
	judge := func(_ context.Context, place string, content []byte, _ uint32) (all []candor.Finding, err error) {
		h.looks.Add(1)
		if place != w.file || string(content) != bytes {
			t.Errorf("%q was looked at as %s", content, place)
		}
		for _, r := range h.rules {
			all = append(all, candor.Finding{Rule: r})
		}
		return all, h.blind
	}
	w.Runner = respond.New(respond.Config{Store: respondStore{w.Store}, Now: w.Clock, Then: house.Follow(w.Desk), Hold: w.Hold(judge), Held: house.AskWhatIsHeld(w.Desk),
		Methods: []respond.Method{quarantine.New(map[string]quarantine.Vault{"": vault{w.Vault}})}})
	w.agree(t)
	ctx := t.Context()
	r, err := w.ProposeFor(ctx, ada, house.Proposal{Case: w.kase, Method: "quarantine", Expires: w.now.Add(24 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Approve(ctx, ada, r.ID); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Runner.Apply(ctx, r.ID), w.Runner.Verify(ctx, r.ID)); err != nil {
		t.Fatal(err)
	}
	h.id = r.ID
	return h
}

// end lets the time of the quarantine be over, and gives what became of it.
func (h *held) end(t *testing.T) candor.Response {
	t.Helper()
	r := h.response(t)
	if !r.Expires.IsZero() {
		h.now = r.Expires.Add(time.Second)
	}
	if _, err := h.Runner.Sweep(t.Context()); (err == nil) != (h.blind == nil) {
		t.Fatal(err)
	}
	if r = h.response(t); r.State == candor.ResponseUndoing {
		if err := h.Runner.Revert(t.Context(), h.id); err != nil {
			t.Fatal(err)
		}
		r = h.response(t)
	}
	return r
}

func (h *held) response(t *testing.T) candor.Response {
	t.Helper()
	r, _, err := h.Response(t.Context(), ada, h.id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// infected tells whether the site has the harmful file again.
func (h *held) infected(t *testing.T) bool {
	t.Helper()
	content, err := os.ReadFile(h.file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(content) == bytes
}

func eachHeld(t *testing.T, f func(*testing.T, *held)) {
	each(t, func(t *testing.T, w *world) { f(t, newHeld(t, w)) })
}

// TestStillHarmful: what is still found stays away at the end of its time, and
// one person is asked, once.
func TestStillHarmful(t *testing.T) {
	eachHeld(t, func(t *testing.T, h *held) {
		for range 3 {
			r := h.end(t)
			if h.infected(t) || r.State != candor.ResponseVerified || r.Held.IsZero() || !r.Expires.After(h.now) {
				t.Fatalf("the file is back: %v; the response is %s, held %v until %v", h.infected(t), r.State, r.Held, r.Expires)
			}
		}
		v, err := h.Case(t.Context(), ada, h.kase)
		if err != nil {
			t.Fatal(err)
		}
		if len(v.Tasks) != 1 || !v.Tasks[0].Done.IsZero() {
			t.Errorf("the tasks are %+v", v.Tasks)
		}
		today, err := h.Today(t.Context(), ada)
		if err != nil || len(today.Held.Items) != 1 || today.Held.Items[0].ID != h.id {
			t.Errorf("today has %+v, %v", today.Held, err)
		}
		owner := candor.Principal{User: "c", Role: candor.RoleCustomer, Party: h.party.ID}
		told, err := h.Case(t.Context(), owner, h.kase)
		if err != nil {
			t.Fatal(err)
		}
		var d respond.EventDetails
		last := told.Events[len(told.Events)-1]
		if err := json.Unmarshal(last.Details, &d); err != nil || d.Held == nil || d.Held.Found != 1 || d.Held.Of != 1 || strings.Join(d.Held.Rules, "") != "shell" {
			t.Errorf("the customer is told %s, %v", last.Details, err)
		}
	})
}

// TestCleanNow: what is found no longer is put back, and so is what a person
// called a false alarm.
func TestCleanNow(t *testing.T) {
	for name, mend := range map[string]func(*testing.T, *held) error{
		"other definitions": func(_ *testing.T, h *held) error { h.rules = nil; return nil },
		"dismissed": func(t *testing.T, h *held) error {
			v, err := h.Case(t.Context(), ada, h.kase)
			return errors.Join(err, h.Dismiss(t.Context(), ada, v.Findings[0].ID, "ours"))
		},
		"false alarm": func(t *testing.T, h *held) error {
			return h.SetState(t.Context(), ada, h.kase, 0, candor.CaseFalseAlarm, "ours")
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachHeld(t, func(t *testing.T, h *held) {
				h.end(t)
				if err := mend(t, h); err != nil {
					t.Fatal(err)
				}
				if r := h.end(t); r.State != candor.ResponseUndone || !r.Held.IsZero() || !h.infected(t) {
					t.Errorf("the response is %s, held %v, the file is back: %v", r.State, r.Held, h.infected(t))
				}
				v, err := h.Case(t.Context(), ada, h.kase)
				if err != nil || len(v.Tasks) != 1 || v.Tasks[0].Done.IsZero() {
					t.Errorf("the task is %+v, %v", v.Tasks, err)
				}
			})
		})
	}
}

// TestUnknownIsHeld: what could not be looked at, and what was not fully looked
// at, is not put back.
func TestUnknownIsHeld(t *testing.T) {
	eachHeld(t, func(t *testing.T, h *held) {
		h.rules, h.blind = nil, errors.New("there are no definitions")
		if r := h.end(t); h.infected(t) || r.State != candor.ResponseVerified || !r.Held.IsZero() {
			t.Errorf("without definitions: %s, held %v", r.State, r.Held)
		}
		h.rules, h.blind = []string{candor.Unread("Encrypted")}, nil
		if r := h.end(t); h.infected(t) || r.Held.IsZero() {
			t.Errorf("not fully read: %s, held %v", r.State, r.Held)
		}
		// Another rule than the one that a person dismissed.
		v, err := h.Case(t.Context(), ada, h.kase)
		if err := errors.Join(err, h.Dismiss(t.Context(), ada, v.Findings[0].ID, "ours")); err != nil {
			t.Fatal(err)
		}
		h.rules = []string{"shell", "newer"}
		if r := h.end(t); h.infected(t) || r.Held.IsZero() {
			t.Errorf("found by another rule: %s, held %v", r.State, r.Held)
		}
	})
}

// TestByHand: a person may put back or keep what is harmful, with a reason.
func TestByHand(t *testing.T) {
	eachHeld(t, func(t *testing.T, h *held) {
		ctx := t.Context()
		if _, err := h.Keep(ctx, ada, h.id, "why"); !errors.Is(err, candor.ErrChanged) {
			t.Errorf("kept before its time: %v", err)
		}
		h.end(t)
		for _, reason := range []string{"", " \n"} {
			if _, err := h.Undo(ctx, ada, h.id, reason); !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
				t.Errorf("put back without a reason: %v", err)
			}
			if _, err := h.Keep(ctx, ada, h.id, reason); !errors.Is(err, candor.ErrInvalid) {
				t.Errorf("kept without a reason: %v", err)
			}
		}
		if _, err := h.Keep(ctx, eve, h.id, "why"); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("an auditor kept it: %v", err)
		}
		if r, err := h.Keep(ctx, ada, h.id, "it is a shell"); err != nil || !r.Expires.IsZero() || !r.Held.IsZero() {
			t.Fatalf("kept: %+v, %v", r, err)
		}
		h.now = h.now.AddDate(1, 0, 0)
		looks := h.looks.Load()
		if r := h.end(t); r.State != candor.ResponseVerified || h.infected(t) || h.looks.Load() != looks {
			t.Errorf("a year later it is %s", r.State)
		}
		if _, err := h.Undo(ctx, ada, h.id, "they want it back"); err != nil {
			t.Fatal(err)
		}
		if err := h.Runner.Revert(ctx, h.id); err != nil || !h.infected(t) {
			t.Errorf("put back by hand: %v", err)
		}
		v, err := h.Case(ctx, ada, h.kase)
		if err != nil {
			t.Fatal(err)
		}
		said := map[string]bool{}
		for _, e := range v.Events {
			said[e.Text] = said[e.Text] || e.Text != "" && !e.Public && e.Actor == ada.Actor()
		}
		if !said["it is a shell"] || !said["they want it back"] {
			t.Errorf("the timeline says %v", said)
		}
		n := 0
		for _, l := range v.Records {
			all, err := h.Store.PersonalOf(ctx, l.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range all {
				if l.Kind == candor.RecordDecision && (p.Value == "it is a shell" || p.Value == "they want it back") {
					n++
				}
			}
		}
		if n != 2 {
			t.Errorf("%d of 2 reasons are in the records", n)
		}
	})
}

// TestTwoSweeps: of two nodes that look at once one has it go on.
func TestTwoSweeps(t *testing.T) {
	eachHeld(t, func(t *testing.T, h *held) {
		h.now = h.now.Add(25 * time.Hour)
		errs := make(chan error, 2)
		for range 2 {
			go func() { errs <- h.Runner.Expire(t.Context(), h.id) }()
		}
		if err := errors.Join(<-errs, <-errs); err != nil {
			t.Fatal(err)
		}
		events, err := h.Store.Events(t.Context(), h.kase)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, e := range events {
			if strings.Contains(string(e.Details), `"held"`) && e.Kind == candor.EventResponse {
				n++
			}
		}
		if n != 1 {
			t.Errorf("it was told %d times", n)
		}
	})
}
