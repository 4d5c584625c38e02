package console_test

import (
	"net/http"
	"strings"
	"testing"

	"candor"
	"candor/internal/desk"
	"candor/internal/web/browsertest"
	"candor/internal/web/webtest"
)

// TestKnownGood shows what is found in a known-good file as what it probably
// is: on its own page, on that of its case, and in lists.
func TestKnownGood(t *testing.T) {
	w := newWorld(t)
	w.agree(t, w.Party.ID)
	f := webtest.Shell(w.PartyAsset, "a.php")
	as := "cms 1 " + evil + ": lib/a.php"
	w.House.Desk.Good = func(sha256 string) (string, bool) {
		if sha256 == f.SHA256 {
			return as, true
		}
		return "", true
	}
	w.House.Desk.Doubt = desk.Play{Title: "Probably a false alarm"}
	c := w.File(t, w.PartyAsset, f)
	other := w.File(t, w.PartyAsset, webtest.Shell(w.PartyAsset, "shell.php"))
	page := w.get(t, "/cases/"+string(c.ID))
	has(t, page, "Probably a false alarm", "The rules are probably wrong", "Known to be good: cms 1", "Low")
	hasNot(t, page, "<script>alert", "[console.")
	hasNot(t, w.get(t, "/cases/"+string(other.ID)), "Probably a false alarm", "Known to be good")
	has(t, w.get(t, "/cases?good=yes&open=yes"), c.Label(), "Probably false alarms")
	hasNot(t, w.get(t, "/cases?good=yes&open=yes"), other.Label()+" ")
	hasNot(t, w.get(t, "/cases?good=no&open=yes"), c.Label()+" ")

	found, err := w.House.Store.FindingsOfCase(t.Context(), c.ID)
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	path := "/findings/" + string(found[0].ID)
	page = w.get(t, path)
	has(t, page, "Known to be good: cms 1", "The rule is probably wrong", "Severity by the rule", "High", `href="/definitions#doubted-title"`, `href="/estate/content/`+f.SHA256)
	hasNot(t, page, "<script>alert", "[console.")
	has(t, w.get(t, "/findings?good=yes&state=open"), path)
	hasNot(t, w.get(t, "/findings?good=no&state=open"), path)
	has(t, w.get(t, "/estate"), "Probably a false alarm")
	has(t, w.get(t, "/estate/content/"+f.SHA256), "Known to be good: cms 1")

	// Nothing is quarantined unless somebody names the content.
	a := w.Post(t, w.As(candor.RoleAnalyst), "/cases/"+string(c.ID)+"/propose", form("method", "quarantine", "reason", "x"))
	if a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Text(), "See to the rule, which is probably wrong") || waiting(t, w, c.ID) != 0 {
		t.Errorf("it was proposed: %d %s", a.Status, a.Text())
	}
	if a := w.Post(t, w.As(candor.RoleAnalyst), "/estate/content/"+f.SHA256+"/quarantine", form("reason", "x")); a.Status != http.StatusSeeOther || waiting(t, w, c.ID) != 1 {
		t.Errorf("it was not proposed: %d %s", a.Status, a.Text())
	}

	// It is known no longer: the case says where the finding went.
	w.House.Desk.Good = nil
	if n, err := w.House.Desk.Remark(t.Context()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	page = w.get(t, "/cases/"+string(c.ID))
	has(t, page, "no longer known to be good, and moved to", other.Label(), "Closed")
	if page = w.get(t, path); strings.Contains(page, "Known to be good") {
		t.Error("it is shown as known to be good")
	}
}

func waiting(t *testing.T, w *world, id candor.ID) int {
	t.Helper()
	page, err := w.House.Store.Responses(t.Context(), candor.Everything, candor.ResponseFilter{Case: id}, candor.Cut{})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Items)
}

// TestLookKnownGood opens the pages on a phone as TestLook does.
func TestLookKnownGood(t *testing.T) {
	b, w := browsertest.Open(t, browsertest.Errors), newWorld(t)
	signIn(t, b, w)
	w.House.Desk.Good = func(string) (string, bool) {
		return "wordpress 6.4.2: wp-includes/class-wp-customize-widgets.php (and in 12 more)", true
	}
	w.House.Desk.Doubt = desk.Play{Title: "Probably a false alarm"}
	f := webtest.Shell(w.PartyAsset, "wp-includes/class-wp-customize-widgets.php")
	c := w.File(t, w.PartyAsset, f)
	found, err := w.House.Store.FindingsOfCase(t.Context(), c.ID)
	check(t, err)
	w.House.Desk.Good = nil
	w.File(t, w.OtherAsset, webtest.Shell(w.OtherAsset, "b.php"))
	look(t, b, w, map[string]string{"good-case": "/cases/" + string(c.ID), "good-cases": "/cases?open=yes", "good-findings": "/findings?good=yes&state=open", "good-finding": "/findings/" + string(found[0].ID),
		"good-content": "/estate/content/" + f.SHA256, "good-estate": "/estate"})
}
