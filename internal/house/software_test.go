package house_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/consent"
	"candor/internal/consent/software"
	"candor/internal/store"
)

// shop registers a product of w's party, with one build.
func shop(t *testing.T, w *world) (candor.Asset, software.Declaration) {
	t.Helper()
	ctx := t.Context()
	a, err := w.SaveAsset(ctx, ada, candor.Asset{Kind: candor.Product, Owner: w.party.ID, Name: "Toolbar"})
	if err != nil {
		t.Fatal(err)
	}
	sum := func(digit string) string { return strings.Repeat(digit, 64) }
	build, err := software.NewBuild("toolbar", "1", "windows/amd64", []software.File{{Name: "setup.exe", SHA256: sum("a")}})
	if err != nil {
		t.Fatal(err)
	}
	d := software.Declaration{Build: build, Agreement: software.Paper{Document: "eula", Version: "3", SHA256: sum("1")},
		Policy: software.Paper{Document: "privacy", Version: "1", SHA256: sum("2")}, Optional: []string{"stats"}}
	if _, err := w.Declare(ctx, ada, d, time.Time{}); !errors.Is(err, candor.ErrNotFound) {
		t.Errorf("a product that is not registered was declared: %v", err)
	}
	if _, err := w.AddProduct(ctx, ada, software.Product{ID: "toolbar", Name: "Toolbar", Publisher: "Acme", Asset: w.site.ID}); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("a site as a product: %v", err)
	}
	if _, err := w.AddProduct(ctx, ada, software.Product{ID: "toolbar", Name: "Toolbar", Publisher: "Acme", Asset: a.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Declare(ctx, ada, d, w.now.Add(-time.Hour)); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("bound in the past: %v", err)
	}
	v, err := w.Declare(ctx, ada, d, time.Time{})
	if err != nil || !v.Bound || v.Digest != build.Digest() {
		t.Fatalf("%v, %+v", err, v)
	}
	return a, d
}

// phone is a device with a queue.
type phone struct {
	*software.Queue
	w *world
}

func newPhone(t *testing.T, w *world) phone {
	t.Helper()
	q, err := software.OpenQueue(t.TempDir(), w.Clock)
	if err != nil {
		t.Fatal(err)
	}
	return phone{q, w}
}

func (p phone) say(t *testing.T, act consent.Act, d software.Declaration, code string, clauses ...string) software.Answer {
	t.Helper()
	_, err := p.Add(software.Statement{Product: d.Build.Product, Build: d.Build.Digest(), Agreement: d.Agreement.SHA256, Policy: d.Policy.SHA256, Act: act,
		Clauses: clauses, Language: "en", How: consent.ByInstaller, Code: code})
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Send(t.Context(), p.w.AcceptStatement)
	if err != nil || len(got) != 1 {
		t.Fatalf("%v, %+v", err, got)
	}
	return got[0]
}

func (p phone) stands(t *testing.T, d software.Declaration) software.Standing {
	t.Helper()
	text, err := software.Ask(p.Key(), software.Shown{Product: d.Build.Product, Build: d.Build.Digest(), Agreement: d.Agreement.SHA256, Policy: d.Policy.SHA256}, p.w.now)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.w.SoftwareStands(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSoftware(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		asset, d := shop(t, w)
		p := newPhone(t, w)
		if a := p.say(t, consent.Agreed, d, "", "stats"); a.Outcome != software.Recorded {
			t.Errorf("%+v", a)
		}
		if s := p.stands(t, d); !s.Stands || len(s.Clauses) != 1 {
			t.Errorf("%+v", s)
		}
		w.now = w.now.Add(time.Hour)
		next := d
		next.Agreement.Version, next.Agreement.SHA256 = "4", strings.Repeat("3", 64)
		if _, err := w.Declare(ctx, ada, next, w.now.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if s := p.stands(t, d); !s.Stands {
			t.Errorf("before the new version is in force: %+v", s)
		}
		w.now = w.now.Add(time.Hour)
		if s := p.stands(t, d); s.Why != software.NewVersion || s.Show == nil || s.Show.Agreement.Version != "4" {
			t.Errorf("%+v", s)
		}
		v, err := w.Product(ctx, eve, "toolbar")
		if err != nil || len(v.Builds) != 1 || len(v.Builds[0].Bindings) != 2 || len(v.Installed) != 1 || v.Installed[0].Devices != 1 {
			t.Errorf("%v, %+v", err, v)
		}
		if cases, err := w.Cases(ctx, ada, candor.CaseFilter{Asset: asset.ID}, candor.Cut{}); err != nil || len(cases.Items) > 0 {
			t.Errorf("%v, %+v", err, cases)
		}
		other := d
		other.Policy.SHA256 = strings.Repeat("9", 64)
		for range 2 {
			if a := p.say(t, consent.Agreed, other, ""); a.Outcome != software.Refused || a.Reason != string(software.OtherPolicy) {
				t.Errorf("%+v", a)
			}
		}
		cases, err := w.Cases(ctx, ada, candor.CaseFilter{Asset: asset.ID}, candor.Cut{})
		if err != nil || len(cases.Items) != 1 {
			t.Fatalf("%v, %+v", err, cases)
		}
		findings, err := w.Store.FindingsOfCase(ctx, cases.Items[0].ID)
		if err != nil || len(findings) != 1 || findings[0].Rule != "Candor.Software.OtherPolicy" || findings[0].Sensor != software.Sensor {
			t.Errorf("%v, %+v", err, findings)
		}
		w.carry(t)
	})
}

// TestSoftwareOfParty has a device become a party's by a code: what is said on
// it is said of the terms, until the party is erased.
func TestSoftwareOfParty(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		_, d := shop(t, w)
		v := consent.Terms{Version: consent.Version{ID: candor.NewID(w.now), Document: "eula", Label: "3", Digest: d.Agreement.SHA256, Effective: w.now.Add(-time.Hour),
			Clauses: []consent.Clause{{ID: "base"}, {ID: "stats", Optional: true, Allows: []string{"isolate"}}}}, State: consent.Published, Titles: map[string]string{"en": "Agreement"},
			Created: w.now, Updated: w.now, Published: w.now}
		if err := w.Store.Tx(ctx, func(tx *store.Tx) error { return tx.AddTerms(ctx, v, []byte("x")) }); err != nil {
			t.Fatal(err)
		}
		owner := candor.Principal{User: candor.NewID(w.now), Role: candor.RoleSubscriber, Party: w.party.ID}
		if _, err := w.MakeDeviceCode(ctx, ada); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("the staff has a code: %v", err)
		}
		c, err := w.MakeDeviceCode(ctx, owner)
		if err != nil {
			t.Fatal(err)
		}
		p := newPhone(t, w)
		if a := p.say(t, consent.Agreed, d, c.Code, "stats"); !a.Linked || a.Outcome != software.Recorded {
			t.Errorf("%+v", a)
		}
		if a := newPhone(t, w).say(t, consent.Agreed, d, c.Code); a.Linked {
			t.Error("the code worked twice")
		}
		if b, err := w.Consents.Basis(ctx, w.party.ID, "isolate", w.now); err != nil || b.Terms != "eula" || b.Clause != "stats" {
			t.Errorf("%v, %+v", err, b)
		}
		w.now = w.now.Add(time.Minute)
		p.say(t, consent.Withdrawn, d, "", "stats")
		w.now = w.now.Add(time.Minute)
		if _, err := w.Consents.Basis(ctx, w.party.ID, "isolate", w.now); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("what was taken back on the device is a basis: %v", err)
		}
		p.say(t, consent.Withdrawn, d, "")
		p.say(t, consent.Withdrawn, d, "") // there is nothing left to take back
		for n := range 6 {
			if _, err := w.MakeDeviceCode(ctx, owner); (err == nil) != (n < 5) {
				t.Errorf("code %d: %v", n, err)
			}
		}
		if err := w.ErasePerson(ctx, ada, w.party.ID); err != nil {
			t.Fatal(err)
		}
		if a := p.say(t, consent.Agreed, d, ""); a.Linked || a.Outcome != software.Recorded {
			t.Errorf("after the party was erased: %+v", a)
		}
		w.carry(t)
	})
}

// TestSoftwareAtOnce has the same statements arrive several times at once.
func TestSoftwareAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, d := shop(t, w)
		p := newPhone(t, w)
		const said = 4
		for n := range said {
			_, err := p.Add(software.Statement{Product: "toolbar", Build: d.Build.Digest(), Agreement: d.Agreement.SHA256, Policy: d.Policy.SHA256,
				Act: []consent.Act{consent.Agreed, consent.Withdrawn}[n%2], Language: "en", How: consent.ByInstaller})
			if err != nil {
				t.Fatal(err)
			}
		}
		texts, err := p.Waiting()
		if err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		answers := make([][said]software.Answer, 4)
		for i := range answers {
			wait.Go(func() {
				for n := range texts {
					at := (n + i) % said
					for {
						a, err := w.AcceptStatement(t.Context(), texts[at])
						if errors.Is(err, candor.ErrChanged) {
							continue // too many came first
						}
						if err != nil {
							t.Error(err)
						}
						answers[i][at] = a
						break
					}
				}
			})
		}
		wait.Wait()
		counted := 0
		for i := range answers {
			if diff := cmp.Diff(answers[0], answers[i]); diff != "" {
				t.Error(diff)
			}
		}
		for _, a := range answers[0] {
			if a.Outcome == software.Recorded {
				counted++
			}
		}
		records, err := w.Store.Records(t.Context(), candor.RecordFilter{Kind: candor.RecordConsent}, candor.Cut{Limit: 100})
		if err != nil || len(records.Items) != counted {
			t.Errorf("%v: %d records of %d statements that count", err, len(records.Items), counted)
		}
		if s := p.stands(t, d); s.Stands || s.Why != software.Withdrawn {
			t.Errorf("%+v", s)
		}
	})
}
