package house_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/desk"
	"candor/internal/desk/calendar"
	"candor/internal/house"
	"candor/internal/respond"
	"candor/internal/respond/quarantine"
)

// TestLapse: a party withdraws what a quarantine rests on. The files stay, the
// case has a task and the staff a mail, once; a person decides, and the task ends.
func TestLapse(t *testing.T) {
	eachLapse(t, func(t *testing.T, w *lapse) {
		if err := w.WithdrawAgreement(t.Context(), ada, w.party.ID, w.agreed.ID); err != nil {
			t.Fatal(err)
		}
		w.told(t, "withdrawn")
		if _, err := w.Rest(t.Context(), eve, w.id, candor.Basis{Kind: candor.ByLaw, Terms: "NIS2"}, "harm"); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("an auditor decided: %v", err)
		}
		if _, err := w.Rest(t.Context(), ada, w.id, candor.Basis{Kind: candor.ByLaw, Terms: "NIS2"}, "harm"); err != nil {
			t.Fatal(err)
		}
		w.settled(t)
		w.carry(t) // what was told is fit for the evidence log
	})
}

// TestLapseByEnd: the same when terms end, at the time that was set before.
func TestLapseByEnd(t *testing.T) {
	eachLapse(t, func(t *testing.T, w *lapse) {
		d := w.publish(t, "hosting-terms", "1")
		if _, err := w.Decide(t.Context(), ada, house.Decision{Party: w.party.ID, Terms: d.ID, Act: consent.Agreed, Language: "en", How: consent.ByPaper}); err != nil {
			t.Fatal(err)
		}
		if err := w.WithdrawAgreement(t.Context(), ada, w.party.ID, w.agreed.ID); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(time.Second)
		w.review(t, 0) // it rests on the other terms
		if _, err := w.EndTerms(t.Context(), ada, d.ID, w.now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		w.review(t, 0)
		w.now = w.now.Add(time.Hour)
		w.told(t, "ended")
		if _, err := w.Undo(t.Context(), ada, w.id, "nothing allows it"); err != nil {
			t.Fatal(err)
		}
		w.settled(t)
	})
}

// lapse is a world whose file is in quarantine, without an end.
type lapse struct {
	*world
	agreed  candor.Agreement
	id      candor.ID
	notices []desk.Notice
}

func eachLapse(t *testing.T, f func(*testing.T, *lapse)) {
	each(t, func(t *testing.T, w *world) {
		l := &lapse{world: w}
		w.Desk = desk.New(desk.Config{Store: deskStore{w.Store}, Clock: w.Clock, Calendar: calendar.Always(time.UTC), Rules: calendar.Rules(), Plays: w.Desk.Plays,
			Tell: func(_ context.Context, _ desk.Tx, n desk.Notice) error {
				l.notices = append(l.notices, n)
				return nil
			}})
		w.Runner = respond.New(respond.Config{Store: respondStore{w.Store}, Now: w.Clock, Then: house.Follow(w.Desk), Allowed: w.Allowed, Lapsed: house.AskWhatLapsed(w.Desk),
			Methods: []respond.Method{quarantine.New(map[string]quarantine.Vault{"": vault{w.Vault}})}})
		l.agreed = w.agree(t)
		ctx := t.Context()
		r, err := w.ProposeFor(ctx, ada, house.Proposal{Case: w.kase, Method: "quarantine"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Approve(ctx, ada, r.ID); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Runner.Apply(ctx, r.ID), w.Runner.Verify(ctx, r.ID)); err != nil {
			t.Fatal(err)
		}
		l.id = r.ID
		l.review(t, 0)
		f(t, l)
	})
}

func (l *lapse) review(t *testing.T, want int) {
	t.Helper()
	if err := l.Consents.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := l.Runner.Review(t.Context()); err != nil || n != want {
		t.Fatalf("%d responses changed, not %d: %v", n, want, err)
	}
}

// told reviews twice, and wants the quarantine to go on, one task and one notice.
func (l *lapse) told(t *testing.T, why string) {
	t.Helper()
	l.review(t, 1)
	l.review(t, 0)
	v, err := l.Case(t.Context(), ada, l.kase)
	if err != nil {
		t.Fatal(err)
	}
	if r := v.Responses[0]; r.State != candor.ResponseVerified || r.Lapsed.IsZero() {
		t.Errorf("%s: the response is %s, lapsed %v", why, r.State, r.Lapsed)
	}
	if open := openTasks(v.Tasks); open != 1 {
		t.Errorf("%s: %d tasks are open", why, open)
	}
	if len(l.notices) != 1 || l.notices[0].Kind != "lapsed" || l.notices[0].Case.ID != l.kase {
		t.Errorf("%s: the staff was told of %+v", why, l.notices)
	}
	page, err := l.Responses(t.Context(), ada, candor.ResponseFilter{Lapsed: true}, candor.Cut{})
	if err != nil || len(page.Items) != 1 {
		t.Errorf("%s: %d are listed, %v", why, len(page.Items), err)
	}
	if today, err := l.Today(t.Context(), ada); err != nil || len(today.Lapsed.Items) != 1 {
		t.Errorf("%s: %d need somebody now, %v", why, len(today.Lapsed.Items), err)
	}
}

// settled wants nothing to be asked any more.
func (l *lapse) settled(t *testing.T) {
	t.Helper()
	l.review(t, 0)
	v, err := l.Case(t.Context(), ada, l.kase)
	if err != nil || openTasks(v.Tasks) != 0 || !v.Responses[0].Lapsed.IsZero() {
		t.Errorf("tasks %+v, response %+v, %v", v.Tasks, v.Responses[0], err)
	}
}

func openTasks(all []candor.Task) (n int) {
	for _, t := range all {
		if t.Key == desk.LapsedTask && t.Done.IsZero() {
			n++
		}
	}
	return n
}
