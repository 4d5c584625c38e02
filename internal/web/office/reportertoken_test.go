package office_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"candor"
)

// TestReporterTokens makes a token for a reporter on its page, sees it once, and
// revokes it.
func TestReporterTokens(t *testing.T) {
	w := newWorld(t)
	admin := w.As(candor.RoleAdmin)
	const path = "/reporter-tokens"
	for _, bad := range []url.Values{{}, {"reporter": {"@cert.example"}, "name": {"feed"}}, {"reporter": {"a@cert.example"}}, {"reporter": {"a@cert.example"}, "name": {"feed"}, "expires": {"2001-01-01"}}} {
		if a := w.Post(t, admin, path, bad); a.Status != http.StatusUnprocessableEntity {
			t.Errorf("%v: %d", bad, a.Status)
		}
	}
	a := w.Post(t, admin, path, url.Values{"reporter": {"A@cert.example"}, "name": {"feed <b>"}})
	text := regexp.MustCompile(`candor_[0-9A-Za-z]{22}_[0-9A-Za-z]{49}`).FindString(string(a.Body))
	if a.Status != http.StatusOK || text == "" {
		t.Fatal(a.Status, string(a.Body))
	}
	who, err := w.House.Access.UseToken(t.Context(), text)
	if err != nil || who.Reporter != "a@cert.example" {
		t.Fatal(who, err)
	}
	page := string(w.Get(t, w.As(candor.RoleAuditor), path).Body)
	if !strings.Contains(page, "a@cert.example: feed &lt;b&gt;") || strings.Contains(page, text) || strings.Contains(page, "/revoke") || strings.Contains(page, `name="reporter"`) {
		t.Error(page)
	}
	revoke := path + "/" + string(who.Token) + "/revoke"
	if a := w.Get(t, admin, revoke); a.Status != http.StatusOK || !strings.Contains(a.Text(), "a@cert.example") {
		t.Error(a.Status)
	}
	for _, want := range []int{http.StatusSeeOther, http.StatusNotFound} {
		if a := w.Post(t, admin, revoke, url.Values{}); a.Status != want {
			t.Errorf("%d, want %d", a.Status, want)
		}
	}
	if _, err := w.House.Access.UseToken(t.Context(), text); err == nil {
		t.Error("it works though it is revoked")
	}
	if page := string(w.Get(t, admin, path).Body); !strings.Contains(page, "was revoked") || strings.Contains(page, "/revoke") {
		t.Error(page)
	}
}
