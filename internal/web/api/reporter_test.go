package api_test

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"testing"

	"candor"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// TestReporterToken hands in a report with the token of a reporter, whose it is
// whatever it says, and asks what became of it; a revoked token does nothing.
func TestReporterToken(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := full(t, s)
		first := w.handReporter("abuse@cert.example")
		one := w.people["reporter"]
		second := w.handReporter("soc@other.example")
		other := w.people["reporter"]
		mail := []string{"Content-Type", "message/rfc822", "Idempotency-Key", "k1"}
		taken := func(p person, text string) candor.ID {
			rec := w.ask(p, http.MethodPost, "/api/v1/reports", text, mail...)
			return read[struct{ ID candor.ID }](t, rec, http.StatusAccepted).ID
		}
		text := "From: boss@desk.example\r\nSubject: look\r\n\r\n198.51.100.9 attacks us"
		third := taken(one, text)
		if again := taken(one, text); again != third {
			t.Errorf("the same key made %s and %s", third, again)
		}
		if strange := taken(other, text); strange == third {
			t.Error("another reporter with the same key was given the first one's report")
		}
		r := must2(w.house.Report(t.Context(), w.people["admin"].who, third))(t)
		if r.Reporter != "abuse@cert.example" || r.Answerable {
			t.Errorf("%+v", r)
		}
		type ownReport struct {
			ID    candor.ID
			State candor.ReportState
			Told  int
		}
		all := read[struct{ Items []ownReport }](t, w.ask(one, http.MethodGet, "/api/v1/own-reports", nil), http.StatusOK).Items
		if slices.SortFunc(all, func(a, b ownReport) int { return cmp.Compare(a.ID, b.ID) }); len(all) != 2 || all[0].ID != min(first, third) || all[1].ID != max(first, third) || all[0].State != candor.ReportNew {
			t.Errorf("%+v", all)
		}
		cursor := read[struct{ Next string }](t, w.ask(one, http.MethodGet, "/api/v1/own-reports?limit=1", nil), http.StatusOK).Next
		for who, want := range map[*person]int{&one: http.StatusOK, &other: http.StatusUnprocessableEntity} {
			if rec := w.ask(*who, http.MethodGet, "/api/v1/own-reports?limit=1&cursor="+cursor, nil); rec.Code != want {
				t.Errorf("the cursor of the first reporter, for %s: %d", who.who.Reporter, rec.Code)
			}
		}
		if rec := w.ask(one, http.MethodGet, "/api/v1/own-reports/"+string(second), nil); rec.Code != http.StatusNotFound {
			t.Errorf("the report of another: %d", rec.Code)
		}
		if rec := w.ask(one, http.MethodGet, "/api/v1/reports/"+string(third), nil); rec.Code != http.StatusForbidden {
			t.Errorf("what staff sees of the own report: %d", rec.Code)
		}
		must(t, 0, w.house.Access.RevokeToken(t.Context(), w.people["admin"].who, one.who.Token))
		for _, path := range []string{"/api/v1/own-reports", "/api/v1/tokens"} {
			if rec := w.ask(one, http.MethodGet, path, nil); rec.Code != http.StatusUnauthorized {
				t.Errorf("revoked, %s: %d", path, rec.Code)
			}
		}
		w.forgetsReporter(one, other)
	})
}

// forgetsReporter erases a reporter: what its programs were answered is gone, and what
// records say of its tokens; another one's stays.
func (w *world) forgetsReporter(one, other person) {
	t, ctx := w.t, w.t.Context()
	t.Helper()
	kept := func(p person) (answered, told int) {
		must(t, 0, w.house.Store.Tx(ctx, func(tx *store.Tx) error {
			_, err := tx.Answer(ctx, "reporter:"+p.who.Reporter, "k1")
			if errors.Is(err, candor.ErrNotFound) {
				return nil
			}
			answered++
			return err
		}))
		for _, r := range must2(w.house.Store.Records(ctx, candor.RecordFilter{Subject: p.who.Token}, candor.Cut{}))(t).Items {
			told += len(must2(w.house.Store.PersonalOf(ctx, r.ID))(t))
		}
		return answered, told
	}
	if answered, told := kept(one); answered != 1 || told != 2 {
		t.Errorf("before it is erased: %d answers, and %d records tell of it", answered, told)
	}
	must(t, 0, w.house.Store.Tx(ctx, func(tx *store.Tx) error { return tx.EraseSenders(ctx, one.who.Reporter) }))
	if answered, told := kept(one); answered != 0 || told != 0 {
		t.Errorf("of the erased one are %d answers, and %d records tell of it", answered, told)
	}
	if answered, told := kept(other); answered != 1 || told != 1 {
		t.Errorf("of the other one are %d answers, and %d records tell of it", answered, told)
	}
}
