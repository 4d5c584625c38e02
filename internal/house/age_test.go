package house_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/consent/terms"
	"candor/internal/house"
	"candor/internal/phrase"
)

// TestAge has people agree to terms that name an age from which they may agree
// alone.
func TestAge(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		customer := candor.Principal{User: "0190a000-0000-7000-8000-000000000009", Role: candor.RoleCustomer, Party: w.party.ID}
		v := w.publishAged(t, "hosting-terms", "7", 16)
		if again, _, err := w.TermsText(ctx, ada, v.ID); err != nil || again.Age != 16 {
			t.Fatalf("kept with the age %d, %v", again.Age, err)
		}
		d := house.Decision{Terms: v.ID, Act: consent.Agreed, Language: "en"}
		said := func(change func(*house.Decision)) (consent.Event, error) {
			d := d
			change(&d)
			return w.Decide(ctx, customer, d)
		}
		if _, err := said(func(*house.Decision) {}); !errors.Is(err, house.ErrAge) || !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
			t.Errorf("agreed without a word of the age: %v", err)
		}
		if _, err := w.Consents.Basis(ctx, w.party.ID, "quarantine", w.now); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("what was refused is a basis: %v", err)
		}
		if _, err := said(func(d *house.Decision) { d.Act = consent.Refused }); err != nil {
			t.Errorf("refused without a word of the age: %v", err)
		}
		w.now = w.now.Add(time.Minute)
		e, err := said(func(d *house.Decision) { d.Behalf, d.Note = consent.Guardian, "Eve Example, mother" })
		if err != nil {
			t.Fatalf("a guardian: %v", err)
		}
		if r, body := w.proofOf(t, customer, e); r != 0 || strings.Contains(body, `"age"`) {
			t.Errorf("of a guardian it is told that they are %d years old: %s", r, body)
		}
		w.now = w.now.Add(time.Minute)
		if e, err = said(func(d *house.Decision) { d.OfAge = true }); err != nil {
			t.Fatalf("somebody of age: %v", err)
		}
		if r, body := w.proofOf(t, customer, e); r != 16 || !strings.Contains(body, `"age":16`) {
			t.Errorf("the receipt tells of an age of %d; the record is %s", r, body)
		}
		if _, err := w.Consents.Basis(ctx, w.party.ID, "quarantine", w.now); err != nil {
			t.Errorf("no basis: %v", err)
		}
		if w.Texts, err = phrase.Load(); err != nil {
			t.Fatal(err)
		}
		_, text, err := w.TermsText(ctx, ada, v.ID)
		if err != nil {
			t.Fatal(err)
		}
		other := strings.NewReplacer("age: 16", "age: 14", "version: \"7\"", "version: \"8\"").Replace(string(text))
		_, problems, err := w.SaveTerms(ctx, ada, "", []byte(other))
		if !errors.Is(err, candor.ErrInvalid) || !slices.ContainsFunc(problems, func(p terms.Problem) bool { return p.Code == "unmarked" && p.Args["reason"] == string(terms.OtherAge) }) {
			t.Errorf("another age that is not marked: %v, %v", problems, err)
		}
	})
}

// proofOf gives the age of the receipt of an event, and the event's record.
func (w *world) proofOf(t *testing.T, who candor.Principal, e consent.Event) (age int, body string) {
	t.Helper()
	r, err := w.Receipt(t.Context(), who, e.ID)
	if err != nil {
		t.Fatal(err)
	}
	record, err := w.Store.Record(t.Context(), e.Record)
	if err != nil {
		t.Fatal(err)
	}
	return r.Event.Age, string(record.Body)
}
