package support_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"candor"
	"candor/internal/evidence"
	"candor/internal/house"
	"candor/internal/store/storetest"
	"candor/internal/web"
	"candor/internal/web/browsertest"
	"candor/internal/web/support"
	"candor/internal/web/webtest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// world is a site with the pages of this package, and tickets.
type world struct {
	*webtest.World
	routes       []web.Route
	own, nobodys candor.Ticket // of the customer, and of nobody
	canned       candor.Canned
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{}
	w.World = webtest.New(t, func(s *web.Site) {
		before := len(s.Routes())
		support.Register(s, s.House)
		w.routes = s.Routes()[before:]
	})
	ctx := t.Context()
	var err error
	if w.House.Vault, err = evidence.OpenVault(filepath.Join(t.TempDir(), "vault"), evidence.VaultOptions{}); err != nil {
		t.Fatal(err)
	}
	if w.own, err = w.House.OpenTicket(ctx, w.Who(candor.RoleCustomer), house.NewTicket{Kind: candor.TicketQuestion, Subject: "My shop is slow since the last update of its theme", Text: "Since Monday.\nWhy?"}); err != nil {
		t.Fatal(err)
	}
	if w.nobodys, err = w.House.ReportSoftware(ctx, house.NewTicket{Mail: "someone@example.org", Language: "zh", Text: "It opens windows.", Suspect: candor.Suspect{What: "Super Cleaner", Device: "windows", Seen: w.Clock(), Share: true},
		File: &house.Attachment{Name: "super-cleaner-pro-setup-4.1.exe", Content: []byte("MZ")}}); err != nil {
		t.Fatal(err)
	}
	if w.canned, err = w.House.SetCanned(ctx, w.Who(candor.RoleAnalyst), candor.Canned{Name: "Thanks", Texts: map[string]string{"en": "Thank you, {name}.", "zh": "谢谢您，{ticket}。"}}); err != nil {
		t.Fatal(err)
	}
	return w
}

const (
	staff = "admin analyst auditor"
	work  = "admin analyst"
)

var table = map[string]string{
	"GET /tickets": staff, "GET /tickets/new": work, "POST /tickets/new": work, "GET /tickets/{id}": staff, "POST /tickets/{id}/answer": work, "POST /tickets/{id}/note": work, "POST /tickets/{id}/move": work,
	"POST /tickets/{id}/assign": work, "POST /tickets/{id}/give": work, "POST /tickets/{id}/merge": work, "POST /tickets/{id}/hand": work, "GET /tickets/{id}/erase": "admin", "POST /tickets/{id}/erase": "admin",
	"GET /answers": staff, "GET /answers/new": work, "GET /answers/{id}": staff, "POST /answers/save": work, "POST /answers/{id}/delete": work,
	"GET /articles": staff, "GET /articles/new": work, "GET /articles/{slug}": staff, "POST /articles/save": work, "POST /articles/{slug}/delete": work,
}

// TestRoles asks for every route as everybody; those who may not come first.
func TestRoles(t *testing.T) {
	w := newWorld(t)
	seen := map[string]bool{}
	for _, may := range []bool{false, true} {
		for _, route := range w.routes {
			name := route.Method + " " + route.Pattern
			seen[name] = true
			who, ok := table[name]
			if !ok {
				t.Fatalf("%s is not in the table", name)
			}
			id := w.own.ID
			if strings.HasPrefix(route.Pattern, "/answers") {
				id = w.canned.ID
			}
			path := strings.NewReplacer("{id}", string(id), "{slug}", "router").Replace(route.Pattern)
			for _, role := range append(candor.Roles(), "") {
				if (role != "" && slices.Contains(strings.Fields(who), string(role))) != may {
					continue
				}
				w.At(w.Clock().Add(2 * time.Second))
				var a webtest.Answer
				if route.Method == http.MethodGet {
					a = w.Get(t, w.As(role), path)
				} else {
					a = w.Post(t, w.As(role), path, url.Values{})
				}
				led := strings.HasPrefix(a.Location(), web.SignIn)
				switch {
				case a.Status >= 500, may && (a.Status == http.StatusForbidden || a.Status == http.StatusUnauthorized || led):
					t.Errorf("%s as %q: %d %s", name, role, a.Status, a.Location())
				case !may && role != "" && a.Status != http.StatusForbidden, !may && role == "" && a.Status != http.StatusUnauthorized && !led:
					t.Errorf("%s as %q, who may not: %d %s", name, role, a.Status, a.Location())
				}
			}
		}
	}
	for name := range table {
		if !seen[name] {
			t.Errorf("there is no route %s", name)
		}
	}
}

// TestWork goes the way of a ticket in the console.
func TestWork(t *testing.T) {
	w := newWorld(t)
	c := w.As(candor.RoleAnalyst)
	at := "/tickets/" + string(w.nobodys.ID)
	if a := w.Get(t, c, at+"?insert=answer:"+string(w.canned.ID)); !strings.Contains(a.Text(), "谢谢您，T-2。") {
		t.Error("the canned answer is not filled in, in the language of the person")
	}
	if a := w.Get(t, c, at+"?insert=guide:windows"); !strings.Contains(a.Text(), "Windows 电脑被感染") || !strings.Contains(a.Text(), "/help/windows") {
		t.Error("the guide is not inserted")
	}
	for _, step := range []struct {
		path string
		form url.Values
		want int
	}{
		{at + "/hand", url.Values{"asset": {string(w.PartyAsset.ID)}, "class": {"malicious-code/infected-system"}}, http.StatusUnprocessableEntity}, // it is nobody's
		{at + "/give", url.Values{"party": {"nobody is called so"}}, http.StatusUnprocessableEntity},
		{at + "/give", url.Values{"party": {w.Party.Name}}, http.StatusSeeOther},
		{at + "/assign", url.Values{"assignee": {string(w.People[candor.RoleAnalyst].ID)}}, http.StatusSeeOther},
		{at + "/hand", url.Values{"asset": {string(w.OtherAsset.ID)}, "class": {"malicious-code/infected-system"}}, http.StatusUnprocessableEntity}, // of another party
		{at + "/hand", url.Values{"asset": {string(w.PartyAsset.ID)}, "class": {"malicious-code/infected-system"}}, http.StatusSeeOther},
		{at + "/note", url.Values{"note": {"only for us"}}, http.StatusSeeOther},
		{at + "/answer", url.Values{}, http.StatusUnprocessableEntity},
		{at + "/answer", url.Values{"text": {"Do not open it."}, "to": {"solved"}}, http.StatusSeeOther},
		{at + "/move", url.Values{"to": {"closed"}, "version": {"1"}}, http.StatusUnprocessableEntity}, // it is another by now
		{at + "/move", url.Values{"to": {"closed"}}, http.StatusSeeOther},
		{"/tickets/new", url.Values{"way": {"phone"}, "subject": {"Call"}, "text": {"He calls."}, "party": {w.Party.Name}}, http.StatusSeeOther},
	} {
		if a := w.Post(t, c, step.path, step.form); a.Status != step.want {
			t.Errorf("%s %v: %d, want %d: %s", step.path, step.form, a.Status, step.want, a.Location())
		}
	}
	page := w.Get(t, c, at)
	for _, want := range []string{"handed it over to case C-1", "only for us", "Do not open it.", "super-cleaner-pro-setup-4.1.exe", "The person agreed"} {
		if !strings.Contains(page.Text(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	list := w.Get(t, c, "/tickets?show=mine")
	if strings.Contains(list.Text(), "Super Cleaner") {
		t.Error("a closed ticket is among the open ones")
	}
	if list = w.Get(t, c, "/tickets?show=all"); !strings.Contains(list.Text(), "Super Cleaner") || !strings.Contains(list.Text(), "T-3") {
		t.Error("not all are listed")
	}
	if a := w.Post(t, c, "/articles/save", url.Values{"slug": {"our-router"}, "title-en": {"Ours"}, "text-en": {"1. <script>x</script>"}, "platform": {"router"}, "class": {"abusive-content/spam"}}); a.Location() != "/articles/our-router" {
		t.Fatal(a.Status, a.Text())
	}
	if a := w.Get(t, c, "/articles/our-router"); strings.Contains(a.Text(), "<script>x") || !strings.Contains(a.Text(), "Ours") {
		t.Error("the article is not shown safely")
	}
	if a := w.Post(t, w.As(candor.RoleAdmin), at+"/erase", url.Values{}); a.Status != http.StatusSeeOther {
		t.Errorf("erase: %d", a.Status)
	}
	if a := w.Get(t, c, at); strings.Contains(a.Text(), "someone@example.org") || strings.Contains(a.Text(), "Do not open it.") {
		t.Error("what was erased is shown")
	}
}

// TestLook opens the pages in a real browser: nothing is wider than the screen,
// and axe finds nothing.
func TestLook(t *testing.T) {
	b, w := browsertest.Open(t, "status of 422"), newWorld(t)
	w.At(time.Now().UTC())
	if _, err := w.House.AnswerTicket(t.Context(), w.Who(candor.RoleAnalyst), w.own.ID, "We look at it.", candor.TicketWaiting); err != nil {
		t.Fatal(err)
	}
	mail, password := `document.getElementById("mail")`, `document.getElementById("password")`
	b.Run(t, "sign in", chromedp.Navigate(w.URL+web.SignIn), browsertest.Wants(mail+` && document.readyState === "complete"`),
		browsertest.Wants(fmt.Sprintf(`(%s.value = "admin@example.net", %s.value = %q, %s.form.submit(), true)`, mail, password, webtest.Password, mail)),
		browsertest.Wants(`location.pathname !== "/sign-in" && document.readyState === "complete"`))
	pages := map[string]string{"tickets": "/tickets", "tickets-none": "/tickets?show=overdue", "ticket": "/tickets/" + string(w.own.ID), "ticket-software": "/tickets/" + string(w.nobodys.ID), "ticket-new": "/tickets/new",
		"ticket-erase": "/tickets/" + string(w.own.ID) + "/erase", "answers": "/answers", "answer": "/answers/" + string(w.canned.ID), "articles": "/articles", "article": "/articles/amplifier", "article-new": "/articles/new"}
	for i, name := range slices.Sorted(maps.Keys(pages)) {
		views := [][3]any{{"zh", "dark", int64(390)}, {"en", "light", int64(1600)}}
		if !browsertest.Shots() {
			views = views[i%2:][:1]
		}
		for _, v := range views {
			path := pages[name]
			if strings.Contains(path, "?") {
				path += "&language="
			} else {
				path += "?language="
			}
			what := fmt.Sprintf("%s-%s-%s-%d", name, v[0], v[1], v[2])
			b.Run(t, what, chromedp.EmulateViewport(v[2].(int64), 900), browsertest.Prefers(v[1].(string)), chromedp.Navigate(w.URL+path+v[0].(string)),
				browsertest.Wants(`document.readyState === "complete" && document.querySelector("h1")`))
			b.Fits(t, what)
			b.Accessible(t, what, browsertest.Axe(t))
			b.Picture(t, what)
		}
	}
}
