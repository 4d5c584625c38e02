package house_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/consent/notice"
	"candor/internal/consent/proof"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/store"
)

// web is what hosts serve.
type web map[string]proof.Seen

func (w web) Fetch(_ context.Context, x proof.Wanted) proof.Seen {
	s, ok := w[x.Host]
	if !ok {
		return proof.Seen{Status: candor.ProofUnreachable, Detail: "name"}
	}
	if s.Status == candor.ProofSame {
		s.Digest = x.Digest
	}
	return s
}

// writes gives the world texts and a web, and a customer.
func (w *world) writes(t *testing.T) (customer, stranger candor.Principal, served web) {
	t.Helper()
	texts, err := phrase.Load()
	if err != nil {
		t.Fatal(err)
	}
	served = web{}
	w.Texts, w.Proofs, w.PublicURL = texts, served, "https://desk.example"
	page := `<script src="https://cdn.visits.example/v.js"></script>`
	if err := os.WriteFile(filepath.Join(w.site.Roots[0], "index.html"), []byte(page), 0o640); err != nil {
		t.Fatal(err)
	}
	customer = candor.Principal{User: "0190a000-0000-7000-8000-00000000000a", Name: "Li", Role: candor.RoleCustomer, Party: w.party.ID}
	stranger = customer
	stranger.Party = candor.NewID(w.now)
	return customer, stranger, served
}

// mend changes a draft as a person would.
func (w *world) mend(t *testing.T, who candor.Principal, n candor.Notice, f func(*notice.Notice)) candor.Notice {
	t.Helper()
	d := &notice.Notice{}
	if err := json.Unmarshal(n.Draft, d); err != nil {
		t.Fatal(err)
	}
	f(d)
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	n, err = w.SaveNotice(t.Context(), who, n.ID, n.Edition, house.NoticeDraft{Name: n.Name, Sites: []candor.ID{w.site.ID}, Document: text})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// whole says what only the customer knows.
func whole(d *notice.Notice) {
	for i := range d.Purposes {
		d.Purposes[i].Locations = []string{"AT"}
	}
}

// TestNotice goes from a proposal to a published notice that its site serves.
func TestNotice(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		customer, stranger, served := w.writes(t)
		n, err := w.AddNotice(ctx, customer, w.party.ID, house.NoticeDraft{Sites: []candor.ID{w.site.ID}})
		if err != nil {
			t.Fatal(err)
		}
		if n.Name != w.site.Name || len(n.Guesses) == 0 || !strings.Contains(string(n.Draft), "https://cdn.visits.example") || strings.Contains(string(n.Draft), w.dir) {
			t.Errorf("proposed is %q: %s", n.Name, n.Draft)
		}
		var faulty *house.FaultyNotice
		if _, err := w.PublishNotice(ctx, customer, n.ID, n.Edition, true); !errors.As(err, &faulty) || !errors.Is(err, candor.ErrInvalid) || len(faulty.Problems) == 0 {
			t.Errorf("a draft with holes: %v", err)
		}
		n = w.mend(t, customer, n, whole)
		if _, err := w.PublishNotice(ctx, customer, n.ID, n.Edition-1, true); !errors.Is(err, candor.ErrChanged) {
			t.Errorf("an edition that nobody looked at: %v", err)
		}
		v, err := w.PublishNotice(ctx, customer, n.ID, n.Edition, true)
		if err != nil || v.Number != 1 || len(v.Languages) != 6 {
			t.Fatalf("published %+v, %v", v, err)
		}
		if _, err := w.PublishNotice(ctx, customer, n.ID, n.Edition+1, true); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("the same again: %v", err)
		}
		d, got, err := w.PublishedNotice(ctx, n.ID, 0)
		if err != nil || got.Digest != v.Digest || d.ID != string(n.ID) || d.Version != "1" || d.URL != w.NoticeAddress(n.ID, "/full") {
			t.Errorf("published is %+v, %v", d, err)
		}
		w.served(t, customer, n.ID, served)
		w.strangers(t, stranger, n)
		w.recorded(t, v)
	})
}

// served follows a site through what it serves, and the case that comes of it.
func (w *world) served(t *testing.T, customer candor.Principal, id candor.ID, served web) {
	t.Helper()
	ctx := t.Context()
	if s, err := w.NoticeStanding(ctx, customer, w.site.ID); err != nil || s.Pin.Number != 1 || s.Status != "" || len(s.Missing) != 1 || s.Proven(time.Time{}) || s.Asset.Roots != nil {
		t.Errorf("before anybody looked: %+v, %v", s, err)
	}
	host := w.site.Hosts[0]
	open, yes := 0, true
	for _, step := range []struct {
		after  time.Duration
		seen   candor.ProofStatus
		proven bool
		cases  int
	}{
		{time.Hour, candor.ProofAbsent, false, 0}, // it has a day
		{time.Hour, candor.ProofSame, true, 0},
		{24 * time.Hour, candor.ProofAltered, false, 1},
		{time.Hour, candor.ProofOther, false, 1},
		{time.Hour, candor.ProofUnreachable, false, 1}, // nothing is known, so that nothing is over
		{time.Hour, candor.ProofSame, true, 0},
	} {
		w.now = w.now.Add(step.after)
		served[host] = proof.Seen{Status: step.seen}
		if err := w.Prove(ctx, w.site.ID); err != nil {
			t.Fatal(err)
		}
		s, err := w.NoticeStanding(ctx, customer, w.site.ID)
		if err != nil || s.Status != step.seen || s.Proven(w.now.Add(-time.Hour)) != step.proven {
			t.Errorf("%s: %+v, %v", step.seen, s, err)
		}
		cases, err := w.Cases(ctx, customer, candor.CaseFilter{Open: &yes, Class: "availability/misconfiguration"}, candor.Cut{})
		if open = cases.Count; err != nil || open != step.cases {
			t.Errorf("%s: %d cases are open, %v", step.seen, open, err)
		}
	}
	if s, err := w.NoticeStanding(ctx, customer, w.site.ID); err != nil || s.Proven(w.now.Add(time.Second)) {
		t.Errorf("an old proof proves something new: %+v, %v", s, err)
	}
	findings, err := w.Findings(ctx, customer, candor.FindingFilter{Asset: w.site.ID, Rule: "Candor.Notice."}, candor.Cut{})
	if err != nil || len(findings.Items) != 2 || findings.Items[0].Path != proof.Address(host) || findings.Items[0].State != candor.FindingGone {
		t.Errorf("findings %+v, %v", findings.Items, err)
	}
	w.asked(t, customer, id)
}

// asked asks for what is due once a day.
func (w *world) asked(t *testing.T, customer candor.Principal, id candor.ID) {
	t.Helper()
	ctx := t.Context()
	for _, want := range []int{0, 1, 0} {
		if n, err := w.AskForProofs(ctx); err != nil || n != want {
			t.Errorf("%d sites were due, %v", n, err)
		}
		if want == 0 {
			w.now = w.now.Add(24 * time.Hour)
		}
	}
	if err := w.AskForProof(ctx, customer, w.site.ID); err != nil {
		t.Error(err)
	}
	if err := w.PinNotice(ctx, customer, id, w.site.ID, 2); !errors.Is(err, candor.ErrNotFound) {
		t.Errorf("a version that is not there: %v", err)
	}
}

// strangers are other customers, and those of the staff who may not write.
func (w *world) strangers(t *testing.T, stranger candor.Principal, n candor.Notice) {
	t.Helper()
	ctx := t.Context()
	other := house.NoticeDraft{Name: "x", Document: json.RawMessage(`{}`)}
	for name, do := range map[string]func(candor.Principal) error{
		"read":     func(p candor.Principal) error { _, err := w.Notice(ctx, p, n.ID); return err },
		"standing": func(p candor.Principal) error { _, err := w.NoticeStanding(ctx, p, w.site.ID); return err },
		"proofs":   func(p candor.Principal) error { _, err := w.NoticeProofs(ctx, p, w.site.ID); return err },
		"export":   func(p candor.Principal) error { _, err := w.ExportNotice(ctx, p, n.ID, 1); return err },
		"preview":  func(p candor.Principal) error { _, err := w.PreviewNotice(ctx, p, n.ID); return err },
		"save":     func(p candor.Principal) error { _, err := w.SaveNotice(ctx, p, n.ID, n.Edition, other); return err },
		"publish":  func(p candor.Principal) error { _, err := w.PublishNotice(ctx, p, n.ID, n.Edition, true); return err },
		"pin":      func(p candor.Principal) error { return w.PinNotice(ctx, p, n.ID, w.site.ID, 1) },
		"remove":   func(p candor.Principal) error { return w.RemoveNotice(ctx, p, n.ID) },
		"ask":      func(p candor.Principal) error { return w.AskForProof(ctx, p, w.site.ID) },
		"add":      func(p candor.Principal) error { _, err := w.AddNotice(ctx, p, w.party.ID, other); return err },
		"draft":    func(p candor.Principal) error { _, err := w.DraftFor(ctx, p, w.party.ID, nil); return err },
	} {
		if err := do(stranger); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("another customer may %s: %v", name, err)
		}
		if err := do(candor.Principal{}); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("nobody may %s: %v", name, err)
		}
	}
	if _, err := w.SaveNotice(ctx, eve, n.ID, n.Edition, other); !errors.Is(err, candor.ErrDenied) {
		t.Errorf("an auditor saves: %v", err)
	}
	list, err := w.Notices(ctx, stranger, candor.NoticeFilter{}, candor.Cut{})
	if err != nil || list.Count != 0 {
		t.Errorf("another customer sees %d, %v", list.Count, err)
	}
}

// recorded looks for the publication in the evidence log's queue.
func (w *world) recorded(t *testing.T, v candor.NoticeVersion) {
	t.Helper()
	records, err := w.Store.Records(t.Context(), candor.RecordFilter{Kind: candor.RecordNotice, Subject: v.Notice}, candor.Cut{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	published, seen := 0, 0
	for _, r := range records.Items {
		if strings.Contains(string(r.Body), `"sha256":"`+v.Digest+`","sites"`) {
			published++
		}
		if strings.Contains(string(r.Body), `"status":`) {
			seen++
		}
	}
	if published != 1 || seen != 6 {
		t.Errorf("of %d records %d tell of the publication, %d of what was seen", len(records.Items), published, seen)
	}
}

// TestNoticeSites gives sites to notices, and takes them away.
func TestNoticeSites(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		customer, _, served := w.writes(t)
		n, err := w.AddNotice(ctx, customer, w.party.ID, house.NoticeDraft{Name: "a", Sites: []candor.ID{w.site.ID}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.AddNotice(ctx, customer, w.party.ID, house.NoticeDraft{Name: "b", Sites: []candor.ID{w.site.ID}}); !errors.Is(err, candor.ErrExists) {
			t.Errorf("a site with two notices: %v", err)
		}
		n = w.mend(t, customer, n, func(d *notice.Notice) { whole(d); d.Applies.Sites = []string{"elsewhere.example"} })
		view, err := w.Notice(ctx, customer, n.ID)
		if err != nil || len(view.Problems) == 0 || view.Problems[len(view.Problems)-1].Code != "unnamed" {
			t.Errorf("a site that is not named: %+v, %v", view.Problems, err)
		}
		n = w.mend(t, customer, n, func(d *notice.Notice) { d.Applies.Sites = w.site.Hosts })
		if _, err := w.PublishNotice(ctx, customer, n.ID, n.Edition, true); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(25 * time.Hour)
		served[w.site.Hosts[0]] = proof.Seen{Status: candor.ProofAbsent}
		if err := w.Prove(ctx, w.site.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.RemoveNotice(ctx, customer, n.ID); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("what was published is removed: %v", err)
		}
		n, err = w.Store.Notice(ctx, candor.Everything, n.ID)
		if err == nil {
			_, err = w.SaveNotice(ctx, customer, n.ID, n.Edition, house.NoticeDraft{Name: n.Name, Document: n.Draft})
		}
		if err != nil {
			t.Fatal(err)
		}
		yes := true
		if cases, err := w.Cases(ctx, customer, candor.CaseFilter{Open: &yes, Class: "availability/misconfiguration"}, candor.Cut{}); err != nil || cases.Count != 0 {
			t.Errorf("%d cases are left of a site without a notice, %v", cases.Count, err)
		}
		if err := w.Prove(ctx, w.site.ID); err != nil {
			t.Errorf("a job that came late: %v", err)
		}
		if err := w.Store.Tx(ctx, func(tx *store.Tx) error { return tx.EraseTraces(ctx, w.party.ID, nil) }); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.PublishedNotice(ctx, n.ID, 1); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("of somebody erased: %v", err)
		}
	})
}
