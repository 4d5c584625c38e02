package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/store"
	"candor/internal/web/browsertest"
	"candor/internal/web/webtest"
)

// TestHash asks where a content lies by a hash that nothing is known of, and shows who
// answered what.
func TestHash(t *testing.T) {
	w := newWorld(t)
	hash := strings.Repeat("0f", 16)
	path := "/estate/hash/" + hash
	if a := w.Get(t, w.As(candor.RoleAnalyst), "/search?q="+strings.ToUpper(hash)); a.Location() != path {
		t.Errorf("a hash leads to %q", a.Location())
	}
	has(t, w.get(t, path), "Nobody was asked", "Ask the estate where this file lies")
	if a := w.Get(t, w.As(candor.RoleAuditor), path); a.Status != http.StatusOK || strings.Contains(string(a.Body), "Ask the estate") {
		t.Errorf("an auditor: %d", a.Status)
	}
	if a := w.Post(t, w.As(candor.RoleAuditor), path, url.Values{}); a.Status != http.StatusForbidden {
		t.Errorf("an auditor asks: %d", a.Status)
	}
	if a := w.Post(t, w.As(candor.RoleAnalyst), path, url.Values{}); a.Status != http.StatusSeeOther || a.Location() != path {
		t.Fatalf("asked: %d %s", a.Status, a.Location())
	}
	page := w.get(t, path)
	has(t, page, "is being asked", "This program", "No place is known yet")
	hasNot(t, page, "Ask the estate where")
	now := w.Clock()
	check(t, w.House.Store.Tx(t.Context(), func(tx *store.Tx) error {
		return tx.AnswerHash(t.Context(), candor.HashAnswer{Hash: hash, State: candor.HashAnswered, Updated: now, Places: 2, Unread: 3},
			[]candor.HashPlace{{ID: candor.NewID(now), Hash: hash, Asset: w.PartyAsset.ID, Path: w.PartyAsset.Roots[0] + "/<b>.php", Size: 7, Since: now}})
	}))
	page = w.get(t, path)
	has(t, page, "answered", "/&lt;b&gt;.php", "/assets/"+string(w.PartyAsset.ID), "One of those who were asked could not answer", "There are more places", "Ask the estate where this file lies")
	hasNot(t, page, "It lies nowhere", "<b>.php")
	has(t, w.get(t, path+"?language=zh"), `lang="zh-Hans"`, "已答复")
	for _, bad := range []string{"x", hash + "00"} {
		if a := w.Get(t, w.As(candor.RoleAnalyst), "/estate/hash/"+bad); a.Status < 400 || a.Status >= 500 {
			t.Errorf("%s: %d", bad, a.Status)
		}
	}
	digest := webtest.Shell(w.PartyAsset, "a.php").SHA256
	w.File(t, w.PartyAsset, webtest.Shell(w.PartyAsset, "a.php"))
	has(t, w.get(t, "/estate/content/"+digest), "Where this file lies", "/estate/hash/"+digest)
}

// TestLookHash opens the page as TestLook does: before anybody is asked, while they
// are, and answered.
func TestLookHash(t *testing.T) {
	b, w := browsertest.Open(t, browsertest.Errors), newWorld(t)
	signIn(t, b, w)
	fresh, open, done := strings.Repeat("0f", 16), strings.Repeat("1f", 20), strings.Repeat("2f", 32)
	for _, hash := range []string{open, done} {
		_, err := w.House.AskHash(t.Context(), w.Who(candor.RoleAnalyst), hash, 0)
		check(t, err)
	}
	now := w.Clock()
	check(t, w.House.Store.Tx(t.Context(), func(tx *store.Tx) error {
		return tx.AnswerHash(t.Context(), candor.HashAnswer{Hash: done, State: candor.HashAnswered, Updated: now, Places: 1, Unread: 3},
			[]candor.HashPlace{{ID: candor.NewID(now), Hash: done, Asset: w.PartyAsset.ID, Path: w.PartyAsset.Roots[0] + "/wp-content/uploads/2026/11/a-name-that-is-rather-long-for-a-phone.php", Size: 48_213, Since: now.Add(-49 * time.Hour)}})
	}))
	look(t, b, w, map[string]string{"hash-fresh": "/estate/hash/" + fresh, "hash-open": "/estate/hash/" + open, "hash-done": "/estate/hash/" + done})
}
