package portal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/access/link"
	"candor/internal/store"
)

// TestReportedPage opens the link of a reporter.
func TestReportedPage(t *testing.T) {
	w := newWorld(t)
	now := w.Clock()
	r := candor.Report{ID: candor.NewID(now), Way: "smtp", Received: now, SHA256: "aa", State: candor.ReportNew, Updated: now}
	err := w.House.Store.Tx(t.Context(), func(tx *store.Tx) error {
		if err := tx.AddReports(t.Context(), store.NewReport{Report: r}); err != nil {
			return err
		}
		r.Version, r.State, r.Subject, r.Reference, r.Complaints = 1, candor.ReportFiled, "Phishing on <b>", "T-77", 2
		if err := tx.ChangeReport(t.Context(), &r, ""); err != nil {
			return err
		}
		return tx.AddComplaints(t.Context(), candor.Complaint{ID: candor.NewID(now), Report: r.ID, Number: 1, Class: candor.Phishing, Kind: "url", Value: "http://acme.example/secret", State: candor.ComplaintFiled, Asset: w.PartyAsset.ID, Party: w.Party.ID, Case: w.c.ID, Updated: now},
			candor.Complaint{ID: candor.NewID(now), Report: r.ID, Number: 2, Class: candor.Phishing, Kind: "url", Value: "http://b.example", State: candor.ComplaintForeign, Updated: now})
	})
	if err != nil {
		t.Fatal(err)
	}
	sign := func(purpose link.Purpose, life time.Duration) string {
		token, err := w.Links.Sign(link.Link{Purpose: purpose, Subject: r.ID, Expires: now.Add(life).Truncate(time.Second)})
		if err != nil {
			t.Fatal(err)
		}
		return "/r/" + token
	}
	for _, language := range []string{"ar", "en", "es", "fr", "ru", "zh"} {
		page := w.Get(t, w.Stranger(), sign(link.Report, time.Hour)+"?language="+language)
		if page.Status != http.StatusOK || !strings.Contains(page.Text(), "Phishing on &lt;b&gt;") || !strings.Contains(page.Text(), "T-77") {
			t.Errorf("%s: %d, %s", language, page.Status, page.Text())
		}
		for _, secret := range []string{w.Party.Name, "secret", w.c.Label(), "[reporter.", "{time}"} {
			if strings.Contains(page.Text(), secret) {
				t.Errorf("%s: the page tells %q", language, secret)
			}
		}
	}
	for path, want := range map[string]int{sign(link.Report, -time.Hour): http.StatusGone, sign(link.Case, time.Hour): http.StatusNotFound, "/r/x": http.StatusNotFound} {
		if page := w.Get(t, w.Stranger(), path); page.Status != want {
			t.Errorf("%d instead of %d", page.Status, want)
		}
	}
}
