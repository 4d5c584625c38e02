package console_test

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/flow/archive"
	"candor/internal/store"
)

// TestFindingFlows: from a finding of a line's traffic one comes to its flows: of
// that line, about that time, for its case. Of other findings one does not, and
// auditors do not.
func TestFindingFlows(t *testing.T) {
	w := newWorld(t)
	now := w.Clock()
	a := candor.Asset{ID: candor.NewID(now), Kind: candor.Line, Name: "Line 7", Reference: "L 7", Owner: w.Party.ID, Created: now, Updated: now}
	if err := w.House.Store.Tx(t.Context(), func(tx *store.Tx) error { return tx.AddAsset(t.Context(), a, time.Time{}) }); err != nil {
		t.Fatal(err)
	}
	of := func(asset candor.Asset, path string) (string, candor.Case) {
		c := w.File(t, asset, candor.Finding{Path: path, Rule: "Candor.Traffic.beacon", Class: candor.InfectedSystem, Severity: candor.High, Language: candor.OwnLanguage})
		found, err := w.House.Store.FindingsOfCase(t.Context(), c.ID)
		if err != nil || len(found) != 1 {
			t.Fatal(found, err)
		}
		return "/findings/" + string(found[0].ID), c
	}
	path, c := of(a, "traffic/beacon/198.51.100.9/tcp/8443")
	page := w.get(t, path)
	link := regexp.MustCompile(`href="(/traffic/flows/records\?[^"]*)"`).FindStringSubmatch(page)
	if link == nil {
		t.Fatal("the finding leads to no flows")
	}
	u, err := url.Parse(html.UnescapeString(link[1]))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if q.Get("where") != `line:"L 7" peer:198.51.100.9 port:8443 protocol:tcp` || q.Get("for") != c.Label() || q.Get("time") != archive.FormatTime(now.Add(-15*time.Minute), now.Add(5*time.Minute)) {
		t.Errorf("it leads to %v", q)
	}
	if auditor := w.Get(t, w.As(candor.RoleAuditor), path).Text(); strings.Contains(auditor, "/traffic/flows") {
		t.Error("an auditor is led to flows")
	}
	other, _ := of(w.PartyAsset, "/srv/www/x.php")
	hasNot(t, w.get(t, other), "/traffic/flows")
}
