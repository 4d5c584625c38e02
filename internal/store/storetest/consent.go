package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/store"
)

// Terms gives terms that were published at noon, with one clause that is
// optional and one that is not.
func Terms(document, label string) consent.Terms {
	return consent.Terms{Version: consent.Version{ID: candor.NewID(noon), Document: document, Label: label, Digest: "00ff", Effective: noon,
		Clauses: []consent.Clause{{ID: "measures", Allows: []string{"quarantine"}, Serves: []string{"2.2f"}}, {ID: "isolation", Optional: true, Allows: []string{"isolate"}}}},
		Kind: "hosting-terms", State: consent.Published, Titles: map[string]string{"en": "Terms"}, Created: noon, Updated: noon, Published: noon}
}

// Agree has a party agree to terms that allow methods.
func Agree(ctx context.Context, tx *store.Tx, party candor.ID, at time.Time, allows ...string) error {
	v := consent.Terms{Version: consent.Version{ID: candor.NewID(at), Document: "terms", Label: "1", Effective: at, Clauses: []consent.Clause{{ID: "all", Allows: allows}}}, State: consent.Published}
	e := consent.Event{ID: candor.NewID(at), Party: party, Version: v.ID, Act: consent.Agreed, At: at, Recorded: at, How: consent.ByPaper, Behalf: consent.Self}
	return errors.Join(tx.AddTerms(ctx, v, nil), tx.AddConsent(ctx, e, v.Version))
}

// testConsents keeps terms, and what parties said of them.
func testConsents(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, _ := Sample(t, s, "consent")
	q, _ := Sample(t, s, "other")
	one, two := Terms("hosting", "1"), Terms("hosting", "2")
	two.State, two.Published = consent.Draft, time.Time{}
	recorded := Terms("mail", "1")
	recorded.State = consent.Recorded
	do(t, s, func(tx *store.Tx) error {
		for _, v := range []consent.Terms{one, two} {
			if err := tx.AddTerms(ctx, v, []byte("text of "+v.Label)); err != nil {
				return err
			}
		}
		return tx.AddTerms(ctx, recorded, nil)
	})
	same(t, must(s.Terms(ctx, one.ID))(t), one)
	same(t, string(must(s.TermsText(ctx, two.ID))(t)), "text of 2")
	_, err := s.TermsText(ctx, recorded.ID)
	isKind(t, err, candor.ErrNotFound)
	same(t, len(must(s.AllTerms(ctx))(t)), 2)
	same(t, must(s.FindTerms(ctx, "mail", "1", consent.Recorded))(t), []consent.Terms{recorded})

	two.State, two.Published = consent.Published, noon
	do(t, s, func(tx *store.Tx) error { return tx.ChangeTerms(ctx, two, []byte("2"), consent.Draft) })
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeTerms(ctx, two, nil, consent.Draft) }), candor.ErrChanged)
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.DeleteTerms(ctx, two.ID) }), candor.ErrChanged)
	same(t, string(must(s.TermsText(ctx, two.ID))(t)), "2")

	began := must(s.Changes(ctx, 0))(t)
	say := func(e consent.Event, v consent.Terms) consent.Event {
		e.ID, e.Version, e.Recorded, e.How, e.Behalf = candor.NewID(noon), v.ID, noon.Add(time.Hour), consent.ByPaper, consent.Self
		do(t, s, func(tx *store.Tx) error { return tx.AddConsent(ctx, e, v.Version) })
		return e
	}
	later := say(consent.Event{Party: p.ID, Act: consent.Agreed, Clauses: []string{"isolation"}, At: noon.Add(2 * time.Minute), Note: "Li", Language: "en"}, one)
	first := say(consent.Event{Party: p.ID, Act: consent.Agreed, At: noon.Add(time.Minute)}, recorded)
	same(t, must(s.Deciding(ctx, nil, []candor.ID{p.ID, q.ID}))(t).Last, map[candor.ID]time.Time{p.ID: later.At})
	history, versions, err := s.History(ctx, p.ID)
	same(t, err, nil)
	same(t, history, []consent.Event{first, later})
	same(t, versions, map[candor.ID]*consent.Version{one.ID: &one.Version, recorded.ID: &recorded.Version})
	same(t, must(s.Consent(ctx, candor.Scope{Party: p.ID}, later.ID))(t), later)
	_, err = s.Consent(ctx, candor.Scope{Party: q.ID}, later.ID)
	isKind(t, err, candor.ErrNotFound)
	same(t, len(must(s.Agreements(ctx, candor.Scope{Party: p.ID}, p.ID))(t)), 2)
	same(t, len(must(s.Agreements(ctx, candor.Scope{Party: q.ID}, p.ID))(t)), 0)
	b := must(s.Basis(ctx, p.ID, "", "isolate", noon.Add(time.Hour)))(t)
	same(t, b, candor.Basis{Kind: candor.ByConsent, Agreement: later.ID, Terms: "hosting", Version: "1", Clause: "isolation", Accepted: later.At})

	// A clause that is left leaves the rest in force, and the stance.
	say(consent.Event{Party: p.ID, Act: consent.Withdrawn, Clauses: []string{"isolation"}, At: noon.Add(3 * time.Minute)}, one)
	say(consent.Event{Party: p.ID, Act: consent.Refused, At: noon.Add(4 * time.Minute)}, two)
	say(consent.Event{Party: q.ID, Act: consent.Agreed, At: noon}, two)
	say(consent.Event{Party: q.ID, Act: consent.Withdrawn, At: noon.Add(time.Minute)}, two)
	_, err = s.Basis(ctx, p.ID, "", "isolate", noon.Add(time.Hour))
	isKind(t, err, candor.ErrDenied)
	must(s.Basis(ctx, p.ID, "", "quarantine", noon.Add(time.Hour)))(t)
	same(t, count(must(s.StancesByKind(ctx))(t), one.ID, consent.Agreed), int64(1))
	same(t, count(must(s.StancesByKind(ctx))(t), two.ID, consent.Withdrawn), int64(1))

	testFigures(t, s, one, two)

	c := must(s.Changes(ctx, began.Mark))(t)
	slices.Sort(c.Parties)
	both := []candor.ID{p.ID, q.ID}
	slices.Sort(both)
	if !c.All {
		same(t, c.Parties, both)
	}
	one.Ended = noon.Add(time.Hour)
	c = must(s.Changes(ctx, 0))(t)
	do(t, s, func(tx *store.Tx) error { return tx.ChangeTerms(ctx, one, nil, consent.Published) })
	if c = must(s.Changes(ctx, c.Mark))(t); !c.All {
		t.Error("the end of a version changes nobody's account")
	}
	do(t, s, func(tx *store.Tx) error { return tx.EraseTraces(ctx, p.ID, nil) })
	same(t, must(s.Consent(ctx, candor.Everything, later.ID))(t).Note, "")
}

func count(all []store.KindStance, terms candor.ID, act consent.Act) (n int64) {
	for _, s := range all {
		if s.Terms == terms && s.Act == act {
			n += s.Parties
		}
	}
	return n
}

// testFigures counts what testConsents had parties say of two versions at noon.
func testFigures(t *testing.T, s *store.Store, one, two consent.Terms) {
	ctx := t.Context()
	byKind := map[store.KindStance]bool{}
	for _, x := range must(s.StancesByKind(ctx))(t) {
		byKind[x] = true
	}
	for _, v := range []store.Stance{{Document: "hosting", Terms: one.ID, Act: consent.Agreed, Parties: 1}, {Document: "hosting", Terms: two.ID, Act: consent.Withdrawn, Parties: 1}} {
		if x := (store.KindStance{Stance: v, Kind: candor.Customer}); !byKind[x] {
			t.Errorf("%+v is not among %v", x, byKind)
		}
	}
	times := func(since, until time.Time) map[consent.Act]int64 {
		n := map[consent.Act]int64{}
		for _, d := range must(s.ConsentDays(ctx, since, until))(t) {
			same(t, d.Day, noon.UTC().Truncate(24*time.Hour))
			n[d.Act] += d.Times
		}
		return n
	}
	same(t, times(noon, noon.Add(time.Hour)), map[consent.Act]int64{consent.Agreed: 3, consent.Refused: 1, consent.Withdrawn: 2})
	same(t, times(noon, noon.Add(2*time.Minute)), map[consent.Act]int64{consent.Agreed: 3, consent.Withdrawn: 1})
	same(t, len(times(noon.Add(24*time.Hour), noon.Add(48*time.Hour))), 0)
	before := must(s.CountParties(ctx))(t)[candor.Customer]
	Sample(t, s, "counted")
	same(t, must(s.CountParties(ctx))(t)[candor.Customer], before+1)
}

// testQuestions keeps what parties ask about terms as cases, and counts them.
func testQuestions(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, _ := Sample(t, s, "question")
	var all []candor.Case
	for i := range 4 {
		at := noon.Add(time.Duration(i) * time.Minute)
		c := candor.Case{ID: candor.NewID(at), Party: p.ID, Class: candor.TermsQuestion, Confidence: 100, State: candor.CaseNew, Title: "Question about terms", Opened: at, Updated: at}
		do(t, s, func(tx *store.Tx) error { // many of a party may be open
			return errors.Join(tx.AddCase(ctx, &c),
				tx.AddEvent(ctx, candor.Event{ID: candor.NewID(at), Case: c.ID, At: at, Kind: candor.EventQuestion, Actor: "customer:" + string(p.ID), Public: true, Text: "Why?", Details: []byte(`{"document":"hosting-terms","clause":"fees"}`)}),
				tx.AddEvent(ctx, candor.Event{ID: candor.NewID(at), Case: c.ID, At: at, Kind: candor.EventComment, Actor: "user:x", Text: "for the staff"}),
				tx.AddDeadline(ctx, candor.Deadline{ID: candor.NewID(at), Case: c.ID, Rule: candor.TermsAnswer, State: candor.DeadlineRunning, Started: at, Due: at.Add(time.Hour)}),
				tx.CountCase(ctx, c.ID))
		})
		all = append(all, c)
	}
	counted := func(now time.Time) [2]int64 {
		open, late, err := s.CountQuestions(ctx, now)
		same(t, err, nil)
		return [2]int64{open, late}
	}
	same(t, counted(noon.Add(time.Hour+90*time.Second)), [2]int64{4, 2})
	for i, c := range all[2:] {
		at := noon.Add(time.Duration(i+1) * time.Hour)
		c.State, c.Closed, c.Updated = candor.CaseClosed, at, at
		d := must(s.Deadlines(ctx, c.ID))(t)[0]
		d.State, d.Ended = candor.DeadlineMet, at
		do(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.ChangeCase(ctx, &c), tx.ChangeDeadline(ctx, d, candor.DeadlineRunning), tx.CountCase(ctx, c.ID),
				tx.AddEvent(ctx, candor.Event{ID: candor.NewID(at), Case: c.ID, At: at, Kind: candor.EventAnswer, Actor: "user:x", Public: true, Text: "So."}))
		})
	}
	same(t, counted(noon.Add(2*time.Hour)), [2]int64{2, 2})
	same(t, must(s.Answers(ctx, noon))(t), []time.Duration{2*time.Hour - 3*time.Minute, time.Hour - 2*time.Minute})
	same(t, len(must(s.Answers(ctx, noon.Add(2*time.Hour)))(t)), 1)
	q := must(s.Question(ctx, candor.Scope{Party: p.ID}, all[2].ID))(t)
	same(t, q, consent.Question{ID: all[2].ID, Number: all[2].Number, Party: p.ID, Document: "hosting-terms", Clause: "fees", Kind: consent.Asks, State: consent.Answered, Text: "Why?", Answer: "So.", By: "user:x",
		Asked: all[2].Opened, Answered: noon.Add(time.Hour), Said: []consent.Line{{At: all[2].Opened, Kind: candor.EventQuestion, By: "customer:" + string(p.ID), Text: "Why?"},
			{At: noon.Add(time.Hour), Kind: candor.EventAnswer, By: "user:x", Text: "So."}}})
	_, err := s.Question(ctx, candor.Scope{Party: all[2].ID}, all[2].ID)
	isKind(t, err, candor.ErrNotFound)
	yes, no := true, false
	same(t, len(must(s.Cases(ctx, candor.Scope{Party: p.ID}, candor.CaseFilter{Incident: &no, Open: &yes}, candor.Cut{}))(t).Items), 2)
	same(t, len(must(s.Cases(ctx, candor.Scope{Party: p.ID}, candor.CaseFilter{Incident: &yes}, candor.Cut{}))(t).Items), 0)
	same(t, len(must(s.Offences(ctx, candor.OffenceFilter{Since: noon.Add(-time.Hour), Party: p.ID, Most: 10}))(t)), 0)
	var order []candor.ID
	for _, q := range must(s.Questions(ctx, candor.Scope{Party: p.ID}, "", "", 10))(t) {
		order = append(order, q.ID)
	}
	same(t, order, []candor.ID{all[0].ID, all[1].ID, all[3].ID, all[2].ID})
}
