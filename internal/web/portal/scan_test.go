package portal_test

import (
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"candor"
	"candor/internal/consent"
	"candor/internal/evidence"
	"candor/internal/house"
)

// TestScan: who is signed in may download the scan of a paper that was said on;
// others may not, nor who has a link alone.
func TestScan(t *testing.T) {
	w := newWorld(t)
	var err error
	if w.House.Vault, err = evidence.OpenVault(filepath.Join(t.TempDir(), "vault"), evidence.VaultOptions{}); err != nil {
		t.Fatal(err)
	}
	v := w.publish(t, "hosting-terms", "7")
	const scan = "%PDF-1.4\n%%EOF"
	e, err := w.House.Decide(t.Context(), w.Who(candor.RoleAdmin), house.Decision{Party: w.Party.ID, Terms: v.ID, Act: consent.Agreed, Language: "en", How: consent.ByPaper, Scan: []byte(scan)})
	if err != nil {
		t.Fatal(err)
	}
	path := "/my/agreements/scans/" + string(e.ID)
	c := w.As(candor.RoleCustomer)
	if page := w.Get(t, c, "/my/agreements?language=en").Text(); !strings.Contains(page, path) || !strings.Contains(page, "Scan of the paper") {
		t.Error("the page does not lead to it")
	}
	a := w.Get(t, c, path)
	if a.Status != http.StatusOK || a.Text() != scan || a.Header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%d, %q, %v", a.Status, a.Text(), a.Header)
	}
	if a := w.Get(t, w.As(candor.RoleSubscriber), path); a.Status != http.StatusNotFound {
		t.Errorf("another party got %d", a.Status)
	}
	link := regexp.MustCompile(`/a/[^"/?<\s]+`).FindString(w.Get(t, c, "/my/agreements/receipts/"+string(e.ID)).Text())
	if page := w.Get(t, w.Stranger(), link+"?language=en"); link == "" || page.Status != http.StatusOK || strings.Contains(page.Text(), "scans/") {
		t.Errorf("the link %q leads to %d", link, page.Status)
	}
}
