package office_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"candor"
	"candor/internal/web/webtest"
)

// TestRepeat lists those who offend again, sends them as a table, and tells on the
// page of a party its history.
func TestRepeat(t *testing.T) {
	w := newWorld(t)
	for i, class := range []candor.Class{candor.Phishing, candor.Spam} {
		f := webtest.Shell(w.asset, fmt.Sprint(i))
		f.Class, f.Rule, f.SHA256 = class, string(class), strings.Repeat(strconv.Itoa(i), 64)
		w.File(t, w.asset, f)
	}
	get := func(path string) string {
		t.Helper()
		a := w.Get(t, w.As(candor.RoleAuditor), path)
		if a.Status != http.StatusOK {
			t.Fatalf("GET %s: %d", path, a.Status)
		}
		return a.Text()
	}
	page := get("/repeat")
	for _, text := range []string{w.party.Name, "/cases?party=" + string(w.party.ID), "Phishing", "/repeat/csv", "By asset"} {
		if !strings.Contains(page, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
	if page := get("/repeat?by=asset&class=fraud/phishing&least=1"); !strings.Contains(page, "/cases?asset="+string(w.asset.ID)) || !strings.Contains(page, "/repeat/csv?by=asset&amp;class=fraud%2Fphishing&amp;least=1") {
		t.Error("by asset, of a class: the page lacks it, or the way to its table")
	}
	if page := get("/repeat?least=10"); !strings.Contains(page, "Nobody had several cases") {
		t.Error("the empty page does not say so")
	}
	rows, err := csv.NewReader(strings.NewReader(get("/repeat/csv?by=asset"))).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][0] != string(w.party.ID) || rows[1][2] != string(w.asset.ID) || rows[1][4] != "3" || rows[1][8] != "" {
		t.Errorf("the table is %q, %v", rows, err)
	}
	if page := get("/parties/" + string(w.party.ID)); !strings.Contains(page, "none was mended yet") {
		t.Error("the page of the party does not tell its history")
	}
}
