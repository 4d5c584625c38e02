package api_test

import (
	"net/http"
	"strings"
	"testing"

	"candor/internal/store/storetest"
)

// TestCasePack answers the file, with what was left out in headers.
func TestCasePack(t *testing.T) {
	w := full(t, storetest.SQLite(t))
	path := "/api/v1/cases/" + string(w.a.cases[0].ID) + "/pack"
	rec := w.ask(w.people["analyst"], http.MethodGet, path+"?format=iodef", nil)
	if h := rec.Header(); rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), "IODEF-Document") || h.Get("Candor-TLP") != "amber" || len(h.Get("Candor-SHA256")) != 64 || h.Get("Candor-Left-Private") == "" {
		t.Errorf("%d, %v: %.600s", rec.Code, h, rec.Body)
	}
	if rec := w.ask(w.people["analyst"], http.MethodGet, path+"?audience=public", nil); rec.Code != http.StatusForbidden {
		t.Errorf("amber to the public: %d", rec.Code)
	}
}
