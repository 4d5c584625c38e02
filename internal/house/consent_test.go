package house_test

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/consent/receipt"
	"candor/internal/consent/terms"
	"candor/internal/desk"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/respond"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// diary is what was acknowledged of what parties said.
type diary struct {
	events   []consent.Event
	versions map[candor.ID]*consent.Version
}

func (d *diary) basis(party candor.ID, action string, at time.Time) (candor.Basis, error) {
	var of []consent.Event
	for _, e := range d.events {
		if e.Party == party {
			of = append(of, e)
		}
	}
	slices.SortStableFunc(of, func(a, b consent.Event) int { return cmp.Or(a.At.Compare(b.At), a.Recorded.Compare(b.Recorded)) })
	return consent.NewAccount(of, d.versions).Basis(action, at)
}

// TestConsentHistories lets parties and staff say things on two nodes at random,
// while versions begin and end and the clock jumps, and holds at random moments
// of the past and the present that each node gives the basis that follows from
// what was acknowledged; and that responses are proposed with one, and with none
// refused.
func TestConsentHistories(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		s := storetest.SQLite(t)
		consentHistories(t, s, s)
	})
	t.Run("postgres", func(t *testing.T) {
		url := storetest.PostgresURL(t)
		var nodes []*store.Store
		for range 2 {
			s, err := store.Open(t.Context(), store.Options{URL: url, Conceal: storetest.Conceal})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			nodes = append(nodes, s)
		}
		consentHistories(t, nodes[0], nodes[1])
	})
}

func consentHistories(t *testing.T, one, two *store.Store) {
	ctx := t.Context()
	w := newWorld(t, one)
	r := rand.New(rand.NewPCG(7, 8))
	nodes := []*house.House{w.House, {Store: two, Clock: w.Clock, Consents: consent.NewRegister(two, w.Clock), Methods: w.Methods}}
	other, _ := storetest.Sample(t, one, "other")
	parties := []candor.ID{w.party.ID, other.ID}
	d := &diary{versions: map[candor.ID]*consent.Version{}}
	var published []consent.Terms
	publish := func() {
		v := storetest.Terms([]string{"hosting", "subscriber"}[r.IntN(2)], fmt.Sprint(len(published)))
		v.Clauses[1].Allows = []string{"isolate", "quarantine"}
		v.Clauses[0].Allows = v.Clauses[0].Allows[:r.IntN(2)]
		v.Effective = w.now.Add(time.Duration(r.IntN(20)-10) * time.Minute)
		if err := one.Tx(ctx, func(tx *store.Tx) error { return tx.AddTerms(ctx, v, nil) }); err != nil {
			t.Fatal(err)
		}
		published, d.versions[v.ID] = append(published, v), &v.Version
	}
	publish()
	yes, no, proposed, refused := 0, 0, 0, 0
	for range 400 {
		w.now = w.now.Add(time.Duration(r.IntN(600)-100) * time.Second) // clocks are set back at times
		node, i := nodes[r.IntN(2)], r.IntN(len(published))
		v, party := published[i], parties[r.IntN(2)]
		switch n := r.IntN(10); {
		case n == 0:
			publish()
		case n == 1 && v.Ended.IsZero():
			v.Ended = w.now.Add(time.Duration(r.IntN(20)) * time.Minute)
			if err := two.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeTerms(ctx, v, nil, consent.Published) }); err != nil {
				t.Fatal(err)
			}
			published[i], d.versions[v.ID] = v, &v.Version
		case n < 6:
			said := house.Decision{Party: party, Terms: v.ID, Act: []consent.Act{consent.Agreed, consent.Agreed, consent.Refused, consent.Withdrawn}[r.IntN(4)], Language: "en"}
			if r.IntN(2) == 0 {
				said.Clauses = []string{"isolation"}
			}
			who := candor.Principal{User: candor.NewID(w.now), Role: candor.RoleCustomer, Party: party}
			if r.IntN(3) == 0 {
				who, said.How = ada, consent.ByPaper
				said.At = w.now.Add(-time.Duration(r.IntN(60)) * time.Minute)
			}
			e, err := node.Decide(ctx, who, said)
			if err == nil {
				d.events = append(d.events, e)
			} else if !errors.Is(err, candor.ErrInvalid) && !errors.Is(err, candor.ErrChanged) {
				t.Fatal(err)
			}
		default:
			at, action := w.now.Add(-time.Duration(r.IntN(3)*r.IntN(200))*time.Minute), []string{"isolate", "quarantine", "suspend"}[r.IntN(3)]
			want, wantErr := d.basis(party, action, at)
			for i, node := range nodes {
				if err := node.Consents.Refresh(ctx); err != nil {
					t.Fatal(err)
				}
				got, err := node.Consents.Basis(ctx, party, action, at)
				if got != want || fmt.Sprint(err) != fmt.Sprint(wantErr) {
					t.Fatalf("node %d: %s of %s at %s: %+v, %v; want %+v, %v", i, action, party, at, got, err, want, wantErr)
				}
			}
			if wantErr == nil {
				yes++
			} else {
				no++
			}
			_, wantErr = d.basis(w.party.ID, "quarantine", w.now)
			_, err := w.ProposeFor(ctx, ada, house.Proposal{Case: w.kase, Method: "quarantine"})
			switch {
			case wantErr == nil && err != nil, wantErr != nil && !errors.Is(err, candor.ErrDenied):
				t.Fatalf("proposed: %v; the basis: %v", err, wantErr)
			case err == nil:
				proposed++
			default:
				refused++
			}
		}
	}
	if min(yes, no, proposed, refused) < 10 {
		t.Errorf("%d bases given, %d not, %d responses proposed, %d refused", yes, no, proposed, refused)
	}
	w.erasedHistory(t, d)
}

// erasedHistory erases a person, and holds that what the person agreed to stays
// and the log still verifies.
func (w *world) erasedHistory(t *testing.T, d *diary) {
	ctx := t.Context()
	w.carry(t)
	if err := w.ErasePerson(ctx, ada, w.party.ID); err != nil {
		t.Fatal(err)
	}
	for _, action := range []string{"isolate", "quarantine"} {
		want, wantErr := d.basis(w.party.ID, action, w.now)
		got, err := w.Store.Basis(ctx, w.party.ID, "", action, w.now)
		if got != want || fmt.Sprint(err) != fmt.Sprint(wantErr) {
			t.Errorf("once erased, %s rests on %+v, %v; want %+v, %v", action, got, err, want, wantErr)
		}
	}
	w.carry(t)
	if left := w.traces(t); slices.Contains(left, "log") {
		t.Errorf("the person is still in %v", left)
	}
}

// TestDecideRefuses holds what nobody can say of terms.
func TestDecideRefuses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		v, draft, ended := storetest.Terms("hosting", "1"), storetest.Terms("hosting", "2"), storetest.Terms("hosting", "0")
		draft.State, ended.Ended = consent.Draft, w.now.Add(-time.Hour)
		err := w.Store.Tx(ctx, func(tx *store.Tx) error {
			return errors.Join(tx.AddTerms(ctx, v, nil), tx.AddTerms(ctx, draft, nil), tx.AddTerms(ctx, ended, nil))
		})
		if err != nil {
			t.Fatal(err)
		}
		customer := candor.Principal{User: "0190a000-0000-7000-8000-000000000009", Role: candor.RoleCustomer, Party: w.party.ID}
		stranger := candor.Principal{User: "0190a000-0000-7000-8000-000000000008", Role: candor.RoleCustomer, Party: candor.NewID(w.now)}
		good := house.Decision{Party: w.party.ID, Terms: v.ID, Digest: v.Digest, Act: consent.Agreed, Clauses: []string{"isolation"}, Language: "en"}
		for name, x := range map[string]struct {
			who    candor.Principal
			change func(*house.Decision)
			want   error
		}{
			"of another party":     {stranger, func(*house.Decision) {}, candor.ErrNotFound},
			"by an auditor":        {eve, func(d *house.Decision) { d.How = consent.ByPaper }, candor.ErrDenied},
			"no way":               {ada, func(*house.Decision) {}, candor.ErrInvalid},
			"no language":          {customer, func(d *house.Decision) { d.Language = "" }, candor.ErrInvalid},
			"another language":     {customer, func(d *house.Decision) { d.Language = "fr" }, candor.ErrInvalid},
			"no act":               {customer, func(d *house.Decision) { d.Act = "" }, candor.ErrInvalid},
			"other text":           {customer, func(d *house.Decision) { d.Digest = "ff" }, candor.ErrChanged},
			"a draft":              {customer, func(d *house.Decision) { d.Terms = draft.ID }, candor.ErrInvalid},
			"ended":                {customer, func(d *house.Decision) { d.Terms = ended.ID }, candor.ErrInvalid},
			"no clause":            {customer, func(d *house.Decision) { d.Clauses = []string{"x"} }, candor.ErrInvalid},
			"not optional":         {customer, func(d *house.Decision) { d.Clauses = []string{"measures"} }, candor.ErrInvalid},
			"guardian without one": {customer, func(d *house.Decision) { d.Behalf = consent.Guardian }, candor.ErrInvalid},
			"tomorrow":             {ada, func(d *house.Decision) { d.How, d.At = consent.ByPaper, w.now.Add(time.Hour) }, candor.ErrInvalid},
			"withdrawn from nil":   {customer, func(d *house.Decision) { d.Act, d.Clauses = consent.Withdrawn, nil }, candor.ErrChanged},
		} {
			d := good
			x.change(&d)
			if _, err := w.Decide(ctx, x.who, d); !errors.Is(err, x.want) || candor.Hint(err) == "" && x.want != candor.ErrNotFound {
				t.Errorf("%s: %v, hint %q", name, err, candor.Hint(err))
			}
		}
		e, err := w.Decide(ctx, customer, good)
		if err != nil || e.How != consent.ByPortal || e.Behalf != consent.Self || !e.At.Equal(w.now) {
			t.Errorf("%+v, %v", e, err)
		}
	})
}

// publish keeps a document of the library, and publishes it under a label.
func (w *world) publish(t *testing.T, name, label string) consent.Terms {
	t.Helper()
	return w.publishAged(t, name, label, 0)
}

// publishAged does so for people of an age; 0: it is not asked.
func (w *world) publishAged(t *testing.T, name, label string, age int) consent.Terms {
	t.Helper()
	source, err := terms.Source(name)
	if err != nil {
		t.Fatal(err)
	}
	text := versionLine.ReplaceAll(source, []byte("version: \""+label+"\""))
	text = effectiveLine.ReplaceAll(text, []byte("effective: \""+w.now.Format(time.RFC3339)+"\""))
	if age > 0 {
		text = fmt.Appendf(text, "\nage: %d\n", age)
	}
	draft, problems, err := w.SaveTerms(t.Context(), ada, "", text)
	if err != nil {
		t.Fatal(err, problems)
	}
	v, err := w.PublishTerms(t.Context(), ada, draft.ID)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

var (
	versionLine   = regexp.MustCompile(`(?m)^version: .*$`)
	effectiveLine = regexp.MustCompile(`(?m)^effective: .*$`)
)

// TestTermsLife takes terms from a draft to their end.
func TestTermsLife(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		customer := candor.Principal{User: "0190a000-0000-7000-8000-000000000009", Role: candor.RoleCustomer, Party: w.party.ID}
		if _, problems, err := w.SaveTerms(ctx, ada, "", []byte("document: x")); !errors.Is(err, candor.ErrInvalid) || len(problems) == 0 {
			t.Errorf("terms with faults: %v, %v", problems, err)
		}
		if _, _, err := w.SaveTerms(ctx, customer, "", nil); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("saved by a customer: %v", err)
		}
		v := w.publish(t, "hosting-terms", "7")
		if _, err := w.PublishTerms(ctx, ada, v.ID); !errors.Is(err, candor.ErrChanged) {
			t.Errorf("published twice: %v", err)
		}
		_, text, err := w.TermsText(ctx, customer, v.ID)
		if err != nil {
			t.Fatal(err)
		}
		double, _, err := w.SaveTerms(ctx, ada, "", text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.PublishTerms(ctx, ada, double.ID); !errors.Is(err, candor.ErrExists) {
			t.Errorf("another one of the same label: %v", err)
		}
		if _, _, err := w.TermsText(ctx, customer, double.ID); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("a customer reads a draft: %v", err)
		}
		if w.Texts, err = phrase.Load(); err != nil {
			t.Fatal(err)
		}
		stricter := strings.Replace(string(versionLine.ReplaceAll(text, []byte("version: \"8\""))), "    optional: true\n", "", 1)
		_, problems, err := w.SaveTerms(ctx, ada, "", []byte(stricter))
		if !errors.Is(err, candor.ErrInvalid) || !slices.ContainsFunc(problems, func(p terms.Problem) bool { return p.Code == "unmarked" }) {
			t.Errorf("a change that matters and is not marked: %v, %v", problems, err)
		}
		c, err := w.Control(ctx, customer, w.party.ID)
		if err != nil || len(c.Offers) != 1 || !c.Offers[0].Asked || c.Offers[0].Terms.ID != v.ID {
			t.Fatalf("offered: %+v, %v", c, err)
		}
		e, err := w.Decide(ctx, customer, house.Decision{Terms: v.ID, Act: consent.Agreed, Language: "en"})
		if err != nil {
			t.Fatal(err)
		}
		if c, err = w.Control(ctx, customer, w.party.ID); err != nil || c.Offers[0].Asked || c.Offers[0].Bound == nil || c.Offers[0].Bound.Event != e.ID || len(c.History) != 1 {
			t.Errorf("agreed to: %+v, %v", c, err)
		}
		if cover, err := w.TermsCoverage(ctx, ada); err != nil || len(cover.Rows) == 0 {
			t.Errorf("coverage: %+v, %v", cover, err)
		}
		if _, err := w.EndTerms(ctx, ada, v.ID, w.now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Consents.Basis(ctx, w.party.ID, "quarantine", w.now); err != nil {
			t.Errorf("before its end: %v", err)
		}
		w.now = w.now.Add(time.Hour)
		if _, err := w.Consents.Basis(ctx, w.party.ID, "quarantine", w.now); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("after its end: %v", err)
		}
	})
}

// TestReceipts gives a customer receipts, which anybody can check.
func TestReceipts(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		customer := candor.Principal{User: "0190a000-0000-7000-8000-000000000009", Role: candor.RoleCustomer, Party: w.party.ID}
		stranger := candor.Principal{User: "0190a000-0000-7000-8000-000000000008", Role: candor.RoleCustomer, Party: candor.NewID(w.now)}
		w.agree(t)
		v := w.publish(t, "hosting-terms", "7")
		var events []consent.Event
		for _, d := range []house.Decision{{Act: consent.Refused, Language: "en"}, {Act: consent.Agreed, Language: "zh"}, {Act: consent.Withdrawn}} {
			d.Terms = v.ID
			w.now = w.now.Add(time.Minute)
			e, err := w.Decide(ctx, customer, d)
			if err != nil {
				t.Fatal(err)
			}
			events = append(events, e)
		}
		if _, err := w.Receipt(ctx, stranger, events[0].ID); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("a stranger's: %v", err)
		}
		var all []*receipt.Signed
		for _, i := range []int{1, 0, 2, 1} { // those before are made, too
			r, err := w.Receipt(ctx, customer, events[i].ID)
			if err != nil || r.Record != events[i].ID || r.Event.Act != events[i].Act || strings.Contains(r.Text, string(w.party.ID)) {
				t.Fatalf("%+v, %v", r, err)
			}
			all = append(all, r)
		}
		if all[3].Text != all[0].Text {
			t.Error("asked for again, it is another one")
		}
		if faults := receipt.Chains(all[:3]); len(faults) > 0 {
			t.Errorf("the chain: %v", faults)
		}
		if all[0].Agreement.Language != "zh" || all[0].Clauses[0].Title == "" {
			t.Errorf("what was shown: %+v", all[0].Receipt)
		}
		for i, want := range []bool{false, false, true} {
			if s, err := w.LookUp(ctx, all[i].Text); err != nil || s.Holds != want || s.Party != w.party.ID {
				t.Errorf("receipt %d holds: %+v, %v", i, s, err)
			}
		}
		if _, err := w.LookUp(ctx, all[0].Text[:len(all[0].Text)-4]+"AAAA"); !errors.Is(err, candor.ErrDenied) && !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("altered: %v", err)
		}
		if _, err := w.Receipt(ctx, customer, w.control(t, customer).History[3].ID); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("of terms whose text is not here: %v", err)
		}
		if err := w.ErasePerson(ctx, ada, w.party.ID); err != nil {
			t.Fatal(err)
		}
		if s, err := w.LookUp(ctx, all[2].Text); err != nil || s.Party != "" || s.Holds {
			t.Errorf("once erased, it leads to %+v, %v", s, err)
		}
	})
}

// control is Control, which must do.
func (w *world) control(t *testing.T, who candor.Principal) house.Control {
	t.Helper()
	c, err := w.Control(t.Context(), who, w.party.ID)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestQuestions asks, answers, asks again and erases: what a party asks about terms
// is a case with a clock, and no incident.
func TestQuestions(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		customer := candor.Principal{User: "0190a000-0000-7000-8000-000000000009", Role: candor.RoleCustomer, Party: w.party.ID}
		acting := w.acting(t)
		q, err := w.AskAboutTerms(ctx, customer, consent.Question{Kind: consent.Complains, Document: "hosting-terms", Clause: "fees", Text: "Why?", Party: "other"})
		if err != nil || q.Party != w.party.ID || q.Due.Sub(w.now) != 14*24*time.Hour || q.Document != "hosting-terms" || q.Clause != "fees" {
			t.Fatalf("%+v, %v", q, err)
		}
		for range 19 {
			if _, err := w.AskAboutTerms(ctx, customer, consent.Question{Kind: consent.Asks, Text: "Again?"}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.AskAboutTerms(ctx, customer, consent.Question{Kind: consent.Asks, Text: "Once more?"}); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("without end: %v", err)
		}
		w.noIncident(t, customer, q.ID)
		if err := w.Assign(ctx, ada, q.ID, ""); err != nil {
			t.Error(err)
		}
		if err := w.Comment(ctx, ada, q.ID, "Ask the lawyer.", false); err != nil {
			t.Error(err)
		}
		if err := w.SetState(ctx, ada, q.ID, 0, candor.CaseClosed, ""); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("closed without an answer: %v", err)
		}
		if _, err := w.AnswerQuestion(ctx, eve, q.ID, "Because."); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("answered by an auditor: %v", err)
		}
		w.now = w.now.Add(time.Hour)
		if q, err = w.AnswerQuestion(ctx, ada, q.ID, "Because."); err != nil || q.By != ada.Actor() || q.State != consent.Answered {
			t.Errorf("%+v, %v", q, err)
		}
		if _, err := w.AnswerQuestion(ctx, ada, q.ID, "Since."); !errors.Is(err, candor.ErrChanged) {
			t.Errorf("answered twice: %v", err)
		}
		r, err := w.Reply(ctx, house.AnswerJob{Case: q.ID, Event: lastOf(t, w, q.ID, candor.EventAnswer).ID})
		if err != nil || r.Asked != "Why?" || r.Answer != "Because." || r.To.Address != w.party.Contacts[0].Address {
			t.Errorf("the mail: %+v, %v", r, err)
		}
		if took, err := w.Store.Answers(ctx, w.now); err != nil || !slices.Equal(took, []time.Duration{time.Hour}) {
			t.Errorf("it took %v, %v", took, err)
		}
		w.now = w.now.Add(24 * time.Hour)
		if err := w.Ask(ctx, customer, q.ID, "That is no answer."); err != nil {
			t.Fatal(err)
		}
		c, err := w.Store.Case(ctx, candor.Everything, q.ID)
		if err != nil || c.State != candor.CaseTriaged || c.Due.Sub(w.now) != 14*24*time.Hour {
			t.Errorf("asked again: %+v, %v", c, err)
		}
		control, err := w.Control(ctx, customer, w.party.ID)
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(control.Questions, func(x consent.Question) bool { return x.ID == q.ID })
		if at < 0 || len(control.Questions) != 20 || control.Questions[at].By != house.Provider || len(control.Questions[at].Said) != 3 {
			t.Errorf("the party sees %+v", control.Questions)
		}
		open, err := w.Questions(ctx, ada, consent.Open)
		if err != nil || len(open) != 20 {
			t.Errorf("%d open, %v", len(open), err)
		}
		if n := w.acting(t); n != acting {
			t.Errorf("%d jobs act on cases, before %d", n, acting)
		}
		w.now = w.now.Add(15 * 24 * time.Hour)
		if _, err := w.Desk.Tick(ctx); err != nil {
			t.Fatal(err)
		}
		if open, late, err := w.OpenQuestions(ctx, ada); err != nil || open != 20 || late != 20 {
			t.Errorf("%d open, %d late, %v", open, late, err)
		}
		if today, err := w.Today(ctx, ada); err != nil || today.Overdue.Count != 21 {
			t.Errorf("%d are overdue, %v", today.Overdue.Count, err)
		}
		if err := w.ErasePerson(ctx, ada, w.party.ID); err != nil {
			t.Fatal(err)
		}
		if q, err = w.Store.Question(ctx, candor.Everything, q.ID); err != nil || len(q.Said) != 3 || q.Said[0].Text+q.Said[1].Text+q.Said[2].Text != "" {
			t.Errorf("after the party was erased: %+v, %v", q, err)
		}
	})
}

// noIncident holds that nothing is done with a case about terms that is done with
// incidents.
func (w *world) noIncident(t *testing.T, customer candor.Principal, id candor.ID) {
	t.Helper()
	ctx := t.Context()
	for what, err := range map[string]error{
		"authorities":   w.Aware(ctx, ada, id, w.now),
		"submission":    w.Submitted(ctx, ada, id, candor.TermsAnswer),
		"look again":    w.Recheck(ctx, ada, id),
		"mended":        w.Fixed(ctx, customer, id, "done"),
		"contested":     w.Contest(ctx, customer, id, "wrong"),
		"false alarm":   w.SetState(ctx, ada, id, 0, candor.CaseFalseAlarm, ""),
		"notified":      w.SetState(ctx, ada, id, 0, candor.CaseNotified, ""),
		"proposed":      second(w.ProposeFor(ctx, ada, house.Proposal{Case: id, Method: "quarantine", Reason: "x"})),
		"proposed else": second(w.Propose(ctx, ada, respond.Request{Case: id, Method: "quarantine", Reason: "x"})),
	} {
		if !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if p := (desk.Policy{Rules: []desk.PolicyRule{{Method: "quarantine"}}}); p.Allows(candor.Case{Class: candor.TermsComplaint}, "quarantine") {
		t.Error("the policy acts in it")
	}
	if _, err := w.Desk.File(ctx, desk.Filing{Asset: w.site.ID, Sensor: "x", Findings: []candor.Finding{{Path: "/x", Rule: "x", Class: candor.TermsQuestion}}}); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("a sensor finds a question: %v", err)
	}
	if dry, err := w.DryRunPolicy(ctx, ada, desk.Policy{}, 30); err != nil || dry.Cases != 1 { // the site that is infected
		t.Errorf("a dry run looks at %d cases, %v", dry.Cases, err)
	}
	if all, err := w.Offenders(ctx, ada, house.Offending{Least: 1}); err != nil || len(all) != 1 || all[0].Cases != 1 {
		t.Errorf("offenders: %+v, %v", all, err)
	}
	if l, err := w.CaseLadder(ctx, ada, id); err != nil || len(l.Rungs) != 0 {
		t.Errorf("a ladder: %+v, %v", l, err)
	}
}

// acting counts the jobs by which cases are acted on, or told of outside.
func (w *world) acting(t *testing.T) (n int) {
	t.Helper()
	err := w.Store.Snapshot(t.Context(), func(tx *sql.Tx) error {
		return tx.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM river_job WHERE kind IN ('desk.policy', 'desk.tell', 'desk.recheck', 'desk.withdraw')").Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// lastOf gives the last line of a kind.
func lastOf(t *testing.T, w *world, id candor.ID, kind candor.EventKind) (e candor.Event) {
	t.Helper()
	all, err := w.Store.Events(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range all {
		if x.Kind == kind {
			e = x
		}
	}
	return e
}

// TestConsentCounts keeps what took long to count, tells when it was counted, and has
// it counted again by a job.
func TestConsentCounts(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		slow := time.Duration(0)
		w.Clock = func() time.Time { w.now = w.now.Add(slow); return w.now }
		figures := func() house.ConsentFigures {
			t.Helper()
			f, err := w.ConsentFigures(ctx, eve)
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		w.agree(t)
		said := func(f house.ConsentFigures) (n int64) {
			for _, d := range f.Days {
				n += d.Times
			}
			return n
		}
		if f := figures(); said(f) != 1 || !f.At.Equal(w.now) {
			t.Errorf("counted at once: %+v", f)
		}
		w.agree(t)
		slow = 2 * time.Second
		f := figures()
		if said(f) != 2 {
			t.Errorf("what is quick to count is counted each time: %+v", f)
		}
		slow = 0
		w.now = w.now.Add(time.Minute)
		w.agree(t)
		if f2 := figures(); said(f2) != 2 || !f2.At.Equal(f.At) {
			t.Errorf("what took long is counted again within a minute: %+v", f2)
		}
		w.now = w.now.Add(9 * time.Minute)
		if f2 := figures(); said(f2) != 2 || !f2.At.Equal(f.At) {
			t.Errorf("whoever asks waits: %+v", f2)
		}
		if err := w.CountConsents(ctx, house.CountConsentsJob{}); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(25 * time.Hour)
		if f2 := figures(); said(f2) != 3 || !f2.At.Equal(w.now) {
			t.Errorf("after a day in which nobody asked: %+v", f2)
		}
	})
}
