package board_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"candor"
	"candor/internal/web/board"
	"candor/internal/web/webtest"
)

// TestPages opens pages with every role. Names that a customer chose, and
// paths, are hostile.
func TestPages(t *testing.T) {
	w := webtest.New(t, board.Mount)
	site := w.PartyAsset
	c := w.File(t, site, webtest.Shell(site, `/srv/acme/<script>alert(1)</script>.php`))
	findings, err := w.House.Store.FindingsOfCase(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	pages := []string{"/today", "/cases", "/cases?state=new&severity=high&open=yes&sort=-severity", "/cases/" + string(c.ID), "/findings", "/findings/" + string(findings[0].ID),
		"/responses", "/sites", "/sites/" + string(site.ID), "/parties", "/parties/" + string(site.Owner), "/search?q=acme", "/x1207"}
	for _, role := range candor.Roles() {
		for _, path := range pages {
			a := w.Get(t, w.As(role), path)
			want := http.StatusOK
			if !role.Staff() {
				want = http.StatusForbidden
			}
			if a.Status != want {
				t.Errorf("%s as %s: %d, want %d", path, role, a.Status, want)
			}
			if strings.Contains(a.Text(), "<script>alert") {
				t.Errorf("%s lets a path be a script", path)
			}
			webtest.CheckPage(t, path+" as "+string(role), a.Body)
		}
	}
}

// TestActs works on a case as those who may, and as those who may not.
func TestActs(t *testing.T) {
	w := webtest.New(t, board.Mount)
	site := w.PartyAsset
	c := w.File(t, site, webtest.Shell(site, "/srv/acme/x.php"))
	path := "/cases/" + string(c.ID)
	for _, role := range candor.Roles() {
		a := w.Post(t, w.As(role), path+"/comment", url.Values{"comment": {"by " + string(role)}})
		if may := role == candor.RoleAdmin || role == candor.RoleAnalyst; (a.Status == http.StatusSeeOther) != may {
			t.Errorf("a comment as %s: %d", role, a.Status)
		}
	}
	if a := w.Post(t, w.As(candor.RoleAnalyst), path+"/state", url.Values{"state": {"triaged"}, "version": {"1"}}); a.Status != http.StatusConflict {
		t.Errorf("an old version: %d", a.Status)
	}
	if a := w.Post(t, w.As(candor.RoleAnalyst), path+"/state", url.Values{"state": {"triaged"}}); a.Status != http.StatusSeeOther {
		t.Errorf("triage: %d", a.Status)
	}
	got, err := w.House.Store.Case(t.Context(), candor.Everything, c.ID)
	if err != nil || got.State != candor.CaseTriaged {
		t.Errorf("the case is %s, %v", got.State, err)
	}
	text := w.Get(t, w.As(candor.RoleAuditor), path).Text()
	if !strings.Contains(text, "by analyst") || strings.Contains(text, "by auditor") {
		t.Error("the timeline does not tell who commented")
	}
	if strings.Contains(text, `action="`+path) {
		t.Error("an auditor is offered what only others may do")
	}
}
