package storetest

import (
	"fmt"
	"testing"
	"time"

	"candor"
	"candor/internal/store"
)

func caseOver(p candor.Party, a candor.Asset, class candor.Class, opened, closed time.Time) candor.Case {
	c := candor.Case{ID: candor.NewID(opened), Asset: a.ID, Party: p.ID, Class: class, Severity: candor.High, Confidence: 90, State: candor.CaseNew, Title: "a case", Opened: opened, Updated: opened, Closed: closed}
	if !closed.IsZero() {
		c.State = candor.CaseClosed
	}
	return c
}

func testLadders(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, a := Sample(t, s, "laddered")
	old, now := caseOver(p, a, candor.Phishing, noon, noon.Add(time.Hour)), caseOver(p, a, candor.Phishing, noon.Add(2*time.Hour), time.Time{})
	do(t, s, func(tx *store.Tx) error {
		if err := tx.AddCase(ctx, &old); err != nil {
			return err
		}
		return tx.AddCase(ctx, &now)
	})
	_, err := s.Standing(ctx, now.ID)
	isKind(t, err, candor.ErrNotFound)
	same(t, must(s.CaseBefore(ctx, now))(t).ID, old.ID)
	_, err = s.CaseBefore(ctx, old)
	isKind(t, err, candor.ErrNotFound)
	n, last, err := s.OccasionsSince(ctx, p.ID, candor.Phishing, noon)
	same(t, []any{n, last, err}, []any{1, old.Opened, nil}) // they came at once
	n, last, err = s.OccasionsSince(ctx, p.ID, candor.Phishing, noon.Add(time.Second))
	same(t, []any{n, last, err}, []any{1, now.Opened, nil})
	day := 24 * time.Hour
	for _, after := range []time.Duration{0, day - time.Second, day, day + 6*time.Hour, 5 * day} {
		c := caseOver(p, a, candor.Spam, noon.Add(after), noon.Add(after+time.Minute))
		do(t, s, func(tx *store.Tx) error { return tx.AddCase(ctx, &c) })
	}
	n, last, err = s.OccasionsSince(ctx, p.ID, candor.Spam, noon)
	same(t, []any{n, last, err}, []any{3, noon.Add(5 * day), nil})
	n, last, err = s.OccasionsSince(ctx, p.ID, candor.Spam, noon.Add(5*day+time.Second))
	same(t, []any{n, last, err}, []any{0, time.Time{}, nil})

	at := noon.Add(3 * time.Hour)
	wake := func(look time.Time) {
		do(t, s, func(tx *store.Tx) error { return tx.WakeLadder(ctx, now.ID, now.Opened, look) })
	}
	wake(at)
	wake(at.Add(time.Hour)) // not later than it was to be
	want := candor.Standing{Case: now.ID, Since: now.Opened, Look: at, Version: 2}
	same(t, must(s.Standing(ctx, now.ID))(t), want)
	same(t, must(s.DueStandings(ctx, at.Add(-time.Microsecond), 9))(t), []candor.Standing{})
	same(t, must(s.DueStandings(ctx, at, 9))(t), []candor.Standing{want})
	stale := want
	want.Step, want.Rung, want.Why, want.Mended, want.Previous, want.Look, want.Pending, want.Gap = 2, "remind", candor.CauseTime, noon, old.ID, time.Time{}, true, "nothing allows it"
	do(t, s, func(tx *store.Tx) error { return tx.ChangeStanding(ctx, &want) })
	same(t, must(s.Standing(ctx, now.ID))(t), want)
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeStanding(ctx, &stale) }), candor.ErrChanged)
	same(t, len(must(s.DueStandings(ctx, at.AddDate(1, 0, 0), 9))(t)), 0)
	wake(at)
	same(t, must(s.Standing(ctx, now.ID))(t).Look, at)

	do(t, s, func(tx *store.Tx) error {
		for i, e := range []candor.Event{{Kind: candor.EventFixed, Public: true}, {Kind: candor.EventComment}, {Kind: candor.EventComment, Public: true}, {Kind: candor.EventComment}} {
			e.ID, e.Case, e.At = candor.NewID(noon), now.ID, noon.Add(time.Duration(i)*time.Minute)
			if err := tx.AddEvent(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
	all, public, err := s.LastEvents(ctx, now.ID)
	same(t, []any{all[candor.EventFixed], all[candor.EventComment], public[candor.EventComment], err}, []any{noon, noon.Add(3 * time.Minute), noon.Add(2 * time.Minute), nil})
	same(t, must(s.LastComplaint(ctx, now.ID))(t), time.Time{})
}

func testOffences(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, a := Sample(t, s, "offends")
	q, b := Sample(t, s, "offends-too")
	day := 24 * time.Hour
	since := noon.AddDate(2, 0, 0) // others of the suite have cases before
	r := newReport(since)
	add := func(c candor.Case, reporter string) candor.Case {
		do(t, s, func(tx *store.Tx) error {
			if err := tx.AddCase(ctx, &c); err != nil || reporter == "" {
				return err
			}
			r.ID, r.Reporter, r.Received = candor.NewID(since), reporter, since.Add(2*day)
			if err := tx.AddReports(ctx, store.NewReport{Report: r}); err != nil {
				return err
			}
			return tx.AddComplaints(ctx, candor.Complaint{ID: candor.NewID(since), Report: r.ID, Number: 1, Class: c.Class, Kind: "url", Value: "http://x.example/", State: candor.ComplaintFiled,
				Asset: c.Asset, Party: c.Party, Case: c.ID, First: since.Add(day), Updated: c.Opened})
		})
		return c
	}
	add(caseOver(p, a, candor.Phishing, since.Add(-day), since), "")
	add(caseOver(p, a, candor.Phishing, since.Add(day), since.Add(3*day)), "a@a.example")
	add(caseOver(p, a, candor.Phishing, since.Add(4*day), since.Add(5*day)), "b@b.example")
	open := add(caseOver(p, a, candor.Phishing, since.Add(6*day), time.Time{}), "a@a.example")
	add(caseOver(p, a, candor.Spam, since.Add(day), since.Add(4*day)), "")
	alarm := caseOver(p, a, candor.Spam, since.Add(5*day), since.Add(6*day))
	alarm.State = candor.CaseFalseAlarm
	add(alarm, "")
	add(caseOver(q, b, candor.Spam, since.Add(7*day), time.Time{}), "")
	do(t, s, func(tx *store.Tx) error {
		return tx.AddStanding(ctx, candor.Standing{Case: open.ID, Step: 3, Since: since})
	})
	same(t, must(s.LastComplaint(ctx, open.ID))(t), since.Add(day))
	do(t, s, func(tx *store.Tx) error {
		return tx.AddComplaints(ctx, candor.Complaint{ID: candor.NewID(since), Report: r.ID, Number: 2, Class: open.Class, Kind: "url", Value: "http://x.example/", State: candor.ComplaintFiled,
			Asset: open.Asset, Party: open.Party, Case: open.ID, Last: since.AddDate(50, 0, 0), Updated: open.Opened})
	})
	same(t, must(s.LastComplaint(ctx, open.ID))(t), since.Add(2*day)) // nobody reports what is to come

	list := func(f candor.OffenceFilter) []candor.Offences {
		f.Since, f.Most = since, 10
		return must(s.Offences(ctx, f))(t)
	}
	one := candor.Offences{Party: p.ID, Cases: 4, Open: 1, Returned: 2, Mended: 3, Mean: 2 * day, Last: since.Add(6 * day), Step: 3, Reporters: 2,
		Classes: []candor.ClassCount{{Class: candor.Phishing, Cases: 3}, {Class: candor.Spam, Cases: 1}}}
	two := candor.Offences{Party: q.ID, Cases: 1, Open: 1, Last: since.Add(7 * day), Classes: []candor.ClassCount{{Class: candor.Spam, Cases: 1}}}
	same(t, list(candor.OffenceFilter{}), []candor.Offences{one, two})
	same(t, list(candor.OffenceFilter{Least: 2}), []candor.Offences{one})
	same(t, list(candor.OffenceFilter{Party: q.ID}), []candor.Offences{two})
	byAsset := one
	byAsset.Asset = a.ID
	same(t, list(candor.OffenceFilter{ByAsset: true, Least: 2}), []candor.Offences{byAsset})
	spam := candor.Offences{Party: p.ID, Cases: 1, Mended: 1, Mean: 3 * day, Last: since.Add(day), Classes: two.Classes}
	same(t, list(candor.OffenceFilter{Class: candor.Spam}), []candor.Offences{two, spam})
	same(t, fmt.Sprint(must(s.Offences(ctx, candor.OffenceFilter{Since: since.Add(8 * day), Most: 9}))(t)), "[]")
}
