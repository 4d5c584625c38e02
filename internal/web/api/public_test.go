package api_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"candor"
	"candor/internal/house"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// TestPlaces: customers are told places relative to their site, by every road,
// and can find them by no other words.
func TestPlaces(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := full(t, s)
		type items struct {
			Items []struct {
				Path, Title string
				Roots       []string
			}
		}
		root := w.a.assets[0].Roots[0]
		hidden := filepath.Base(filepath.Dir(filepath.Dir(root))) // of the test's folder
		for _, name := range []string{"customer", "customer/read", "subscriber"} {
			who := w.people[name]
			for _, f := range read[items](t, w.ask(who, http.MethodGet, "/api/v1/findings", nil), http.StatusOK).Items {
				if f.Path != "shell.php" {
					t.Errorf("%s: a finding is at %q", name, f.Path)
				}
			}
			view := read[house.FindingView](t, w.ask(who, http.MethodGet, "/api/v1/findings/"+string(w.a.finding.ID), nil), http.StatusOK)
			if len(view.Places) != 1 || view.Places[0].Path != "shell.php" || view.Asset.Roots != nil {
				t.Errorf("%s: the finding is %+v", name, view)
			}
			theCase := read[house.CaseView](t, w.ask(who, http.MethodGet, "/api/v1/cases/"+string(w.a.cases[0].ID), nil), http.StatusOK)
			if len(theCase.Findings) != 1 || theCase.Findings[0].Path != "shell.php" {
				t.Errorf("%s: the case has %+v", name, theCase.Findings)
			}
			for _, path := range []string{"/api/v1/findings?text=", "/api/v1/assets?text=", "/api/v1/search?q="} {
				if got := read[items](t, w.ask(who, http.MethodGet, path+hidden, nil), http.StatusOK); len(got.Items) != 0 {
					t.Errorf("%s: %s found %+v by a folder of the provider's", name, path, got)
				}
			}
			for _, path := range []string{"/api/v1/findings?text=shell.php", "/api/v1/search?q=shell.php"} {
				if got := read[items](t, w.ask(who, http.MethodGet, path, nil), http.StatusOK); len(got.Items) != 3 {
					t.Errorf("%s: %s found %+v", name, path, got)
				}
			}
		}
		if got := read[items](t, w.ask(w.people["analyst"], http.MethodGet, "/api/v1/findings?text="+hidden, nil), http.StatusOK); len(got.Items) == 0 {
			t.Error("the staff finds nothing by its folders")
		}
		if view := read[house.FindingView](t, w.ask(w.people["auditor"], http.MethodGet, "/api/v1/findings/"+string(w.a.finding.ID), nil), http.StatusOK); view.Places[0].Path != filepath.Join(root, "shell.php") {
			t.Errorf("the staff is told %+v", view.Places)
		}
	})
}

// TestHiddenOrder: what customers are not shown of a case orders no list of
// theirs, and chooses none.
func TestHiddenOrder(t *testing.T) {
	w := full(t, storetest.SQLite(t))
	for _, query := range []string{"sort=due", "due_before=2030-01-01T00:00:00Z", "unassigned=true", "assignee=" + string(w.people["admin"].who.User)} {
		path := "/api/v1/cases?" + query
		for _, name := range []string{"customer", "customer/write", "subscriber"} {
			rec := w.ask(w.people[name], http.MethodGet, path, nil)
			if rec.Code < 400 || rec.Code >= 500 || rec.Code == http.StatusNotFound || strings.Contains(rec.Body.String(), string(w.a.cases[0].ID)) {
				t.Errorf("%s: %s answered %d: %s", name, path, rec.Code, rec.Body)
			}
		}
		if rec := w.ask(w.people["analyst"], http.MethodGet, path, nil); rec.Code != http.StatusOK {
			t.Errorf("analyst: %s answered %d: %s", path, rec.Code, rec.Body)
		}
	}
	if got := house.PublicCase(candor.Case{Assignee: "x", Due: w.now}); got.Assignee != "" || !got.Due.IsZero() {
		t.Errorf("webhooks are told %+v", got)
	}
}
