package portal_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/access/link"
	"candor/internal/desk"
	"candor/internal/desk/playbook"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/portal"
	"candor/internal/web/webtest"
)

// advice is that of the program's own playbooks.
type advice struct{ library *playbook.Library }

func (a advice) For(c candor.Case, p phrase.Printer, software string) portal.Told {
	told := a.library.For(c.Class, c.Nature, c.Severity).Advice.In(p, software)
	return portal.Told(told)
}

// world is a site with a case of the first customer, and its link.
type world struct {
	*webtest.World
	c    candor.Case
	path string
}

func newWorld(t testing.TB, config ...portal.Config) *world {
	t.Helper()
	library, err := playbook.Load()
	if err != nil {
		t.Fatal(err)
	}
	c := portal.Config{}
	if len(config) > 0 {
		c = config[0]
	}
	c.Advice = advice{library}
	w := &world{World: webtest.New(t, func(s *web.Site) { portal.Mount(s, c) })}
	w.c = w.File(t, w.PartyAsset, webtest.Shell(w.PartyAsset, "wp-content/cache.php"), webtest.Shell(w.PartyAsset, "wp-content/uploads/2026/x.php"))
	w.path = w.Link(t, w.c, w.Party, 24*time.Hour)
	return w
}

func (w *world) kinds(t *testing.T) (kinds []candor.EventKind) {
	t.Helper()
	events, err := w.House.Store.Events(t.Context(), w.c.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func TestTheStory(t *testing.T) {
	w := newWorld(t)
	a := w.Get(t, w.Stranger(), w.path+"?language=en")
	if a.Status != http.StatusOK {
		t.Fatal(a.Status, a.Text())
	}
	at := 0
	for _, want := range []string{"Please look at acme.example", "What we saw", "wp-content/", "cache.php", "What it means", "What to do now", "WordPress", "I have fixed it",
		"What happens next", "How to reach a person", "abuse@example.net", "tel:+43123450", w.c.Label(), "What has happened so far", "l•••@a•••.example"} {
		next := strings.Index(a.Text()[at:], want)
		if next < 0 {
			t.Fatalf("%q is not there, or not in its place", want)
		}
		at += next
	}
	for _, secret := range []string{"/srv/acme", "li@acme.example", "Test analyst"} {
		if strings.Contains(a.Text(), secret) {
			t.Errorf("the page tells %s", secret)
		}
	}
}

func TestSixLanguages(t *testing.T) {
	w := newWorld(t)
	texts, err := phrase.Load()
	if err != nil {
		t.Fatal(err)
	}
	titles := map[string]bool{}
	for _, tag := range texts.Languages() {
		a := w.Get(t, w.Stranger(), w.path+"?language="+tag)
		dir := "ltr"
		if tag == "ar" {
			dir = "rtl"
		}
		if !strings.Contains(a.Text(), `dir="`+dir+`"`) {
			t.Errorf("%s is not written %s", tag, dir)
		}
		title, _, _ := strings.Cut(a.Text()[strings.Index(a.Text(), "<h1>"):], "</h1>")
		titles[title] = true
	}
	if len(titles) != len(texts.Languages()) {
		t.Errorf("the titles are %v", titles)
	}
	// Of the contact, of the party, where nobody chose another.
	if a := w.Get(t, w.Stranger(), w.path); !strings.Contains(a.Text(), `lang="zh-Hans"`) || !strings.Contains(a.Text(), "UTC+8") {
		t.Error("the page is not in the language and the time zone of the party")
	}
}

func TestFixed(t *testing.T) {
	w := newWorld(t)
	c := w.Stranger()
	w.At(w.Clock().Add(time.Hour))
	if a := w.Post(t, c, w.path+"/fixed", url.Values{"once": {"k"}, "fixed": {"Deleted both."}}); a.Location() != w.path {
		t.Fatalf("after “I have fixed it”: %d %s", a.Status, a.Location())
	}
	w.Post(t, c, w.path+"/fixed", url.Values{"once": {"k"}, "fixed": {"Deleted both."}})
	if n := count(w.kinds(t), candor.EventFixed); n != 1 {
		t.Errorf("a double click says it %d times", n)
	}
	if a := w.Get(t, c, w.path+"?language=en"); !strings.Contains(a.Text(), "We are looking again") || !strings.Contains(a.Text(), "Deleted both.") {
		t.Error("the page does not say that we look again")
	}
	w.At(w.Clock().Add(time.Minute))
	still := desk.Filing{Asset: w.PartyAsset.ID, Scan: candor.NewID(w.Clock()), Sensor: "scan", Findings: []candor.Finding{webtest.Shell(w.PartyAsset, "wp-content/cache.php")}}
	if _, err := w.House.Desk.File(t.Context(), still); err != nil {
		t.Fatal(err)
	}
	if a := w.Get(t, c, w.path); !strings.Contains(a.Text(), "We still see it") {
		t.Error("the page does not say that it is still there")
	}
	w.At(w.Clock().Add(time.Minute))
	if _, err := w.House.Desk.Finish(t.Context(), w.PartyAsset.ID, candor.NewID(w.Clock()), "scan"); err != nil {
		t.Fatal(err)
	}
	if a := w.Get(t, c, w.path); !strings.Contains(a.Text(), "found it clean") || strings.Contains(a.Text(), "I have fixed it") {
		t.Error("the page does not say that it is clean")
	}
}

func count(all []candor.EventKind, kind candor.EventKind) (n int) {
	for _, k := range all {
		if k == kind {
			n++
		}
	}
	return n
}

func TestAskAndContest(t *testing.T) {
	w := newWorld(t)
	c := w.Stranger()
	for _, step := range []struct {
		path, field string
		kind        candor.EventKind
	}{{"/question", "question", candor.EventQuestion}, {"/contest", "contest", candor.EventContest}} {
		if a := w.Post(t, c, w.path+step.path, url.Values{step.field: {"  "}}); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Text(), step.field+"-error") {
			t.Errorf("%s without words: %d", step.path, a.Status)
		}
		if a := w.Post(t, c, w.path+step.path, url.Values{step.field: {"<b>Mine</b>\nsecond line"}}); a.Location() != w.path {
			t.Errorf("%s: %d", step.path, a.Status)
		}
		if !slices.Contains(w.kinds(t), step.kind) {
			t.Errorf("%s leaves nothing in the timeline", step.path)
		}
	}
	if a := w.Get(t, c, w.path); strings.Contains(a.Text(), "<b>Mine") || !strings.Contains(a.Text(), "&lt;b&gt;Mine&lt;/b&gt;") {
		t.Error("what a customer writes is not shown as it was written")
	}
}

func TestNotesOfTheStaffStayInside(t *testing.T) {
	w := newWorld(t)
	analyst := w.Who(candor.RoleAnalyst)
	for _, err := range []error{
		w.House.Comment(t.Context(), analyst, w.c.ID, "Between us: a difficult one", false),
		w.House.Comment(t.Context(), analyst, w.c.ID, "We are here to help", true),
		w.House.AddTask(t.Context(), analyst, w.c.ID, "Call the lawyer"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]*http.Client{w.path: w.Stranger(), "/my/cases/" + string(w.c.ID): w.As(candor.RoleCustomer)} {
		text := w.Get(t, c, name).Text()
		if strings.Contains(text, "Between us") || strings.Contains(text, "lawyer") || strings.Contains(text, analyst.Name) || !strings.Contains(text, "We are here to help") {
			t.Errorf("%.20s shows what it should not, or not what it should", name)
		}
	}
}

func TestOneLinkOneCase(t *testing.T) {
	w := newWorld(t)
	other := w.File(t, w.OtherAsset, webtest.Shell(w.OtherAsset, "theirs.php"))
	theirs := w.Link(t, other, w.Other, time.Hour)
	// A link that names a case and another's party was never sent; it opens nothing.
	crossed := w.Link(t, other, w.Party, time.Hour)
	for path, want := range map[string]int{w.path: 200, theirs: 200, crossed: 404, w.path + "x": 404, w.path[:len(w.path)-1]: 404, "/c/" + strings.Repeat("A", link.Length): 404} {
		a := w.Get(t, w.Stranger(), path)
		if a.Status != want {
			t.Errorf("%.30s: %d, not %d", path, a.Status, want)
		}
		if path != theirs && strings.Contains(a.Text(), "theirs.php") || path == theirs && strings.Contains(a.Text(), "cache.php") {
			t.Errorf("%.30s shows another's case", path)
		}
		for _, step := range []string{"/fixed", "/question", "/contest"} {
			form := url.Values{"question": {"?"}, "contest": {"!"}}
			if a := w.Post(t, w.Stranger(), path+step, form); want == 404 && a.Status != 404 {
				t.Errorf("%.30s%s: %d", path, step, a.Status)
			}
		}
	}
	for _, role := range []candor.Role{candor.RoleCustomer, candor.RoleSubscriber} {
		for id, owner := range map[candor.ID]candor.Role{w.c.ID: candor.RoleCustomer, other.ID: candor.RoleSubscriber} {
			path, want := "/my/cases/"+string(id), 404
			if owner == role {
				want = 200
			}
			if a := w.Get(t, w.As(role), path); a.Status != want {
				t.Errorf("%s at the case of %s: %d", role, owner, a.Status)
			}
			if a := w.Post(t, w.As(role), path+"/question", url.Values{"question": {"?"}}); want == 404 && a.Status != 404 {
				t.Errorf("%s asks at the case of %s: %d", role, owner, a.Status)
			}
		}
		own, others := "acme.example", "other.example"
		if role == candor.RoleSubscriber {
			own, others = others, own
		}
		if text := w.Get(t, w.As(role), "/my").Text(); !strings.Contains(text, own) || strings.Contains(text, others) {
			t.Errorf("%s does not see its own, or sees another's", role)
		}
	}
	// Whoever is signed in as somebody else still sees what the link opens, and no more.
	if a := w.Get(t, w.As(candor.RoleSubscriber), w.path); a.Status != 200 || strings.Contains(a.Text(), "theirs.php") {
		t.Errorf("another customer with the link: %d", a.Status)
	}
}

func TestExpired(t *testing.T) {
	var renewed []link.Link
	w := newWorld(t, portal.Config{Renew: func(_ context.Context, l link.Link) error { renewed = append(renewed, l); return nil }})
	if a := w.Post(t, w.Stranger(), w.path+"/renew", url.Values{}); a.Location() != w.path || len(renewed) != 0 {
		t.Errorf("a link that works is renewed: %d", a.Status)
	}
	w.At(w.Clock().Add(25 * time.Hour))
	a := w.Get(t, w.Stranger(), w.path+"?language=en")
	if a.Status != http.StatusGone || !strings.Contains(a.Text(), "This link has expired") || !strings.Contains(a.Text(), w.c.Label()) || strings.Contains(a.Text(), "acme") {
		t.Errorf("an expired link: %d %s", a.Status, a.Text())
	}
	if a := w.Post(t, w.Stranger(), w.path+"/question", url.Values{"question": {"?"}}); a.Status != http.StatusGone || slices.Contains(w.kinds(t), candor.EventQuestion) {
		t.Errorf("a question by an expired link: %d", a.Status)
	}
	if a := w.Post(t, w.Stranger(), w.path+"/renew", url.Values{}); a.Status != http.StatusOK || len(renewed) != 1 || renewed[0].Subject != w.c.ID {
		t.Errorf("renewing: %d %v", a.Status, renewed)
	}
	if a := w.Post(t, w.Stranger(), "/c/"+strings.Repeat("A", link.Length)+"/renew", url.Values{}); a.Status != http.StatusNotFound {
		t.Errorf("renewing what is no link: %d", a.Status)
	}
}

func TestEmptyAccount(t *testing.T) {
	w := newWorld(t)
	a := w.Get(t, w.As(candor.RoleSubscriber), "/my")
	for _, want := range []string{"Nothing needs you now", "other.example", "not looked at yet", "no agreement"} {
		if !strings.Contains(a.Text(), want) {
			t.Errorf("the page of a customer without cases lacks %q", want)
		}
	}
	if a := w.Get(t, w.As(candor.RoleCustomer), "/"); a.Location() != "/my" {
		t.Errorf("a customer begins at %s", a.Location())
	}
}
