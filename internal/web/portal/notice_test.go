package portal_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"candor"
	"candor/internal/consent/notice"
	"candor/internal/house"
	"candor/internal/web"
	"candor/internal/web/browsertest"
	"candor/internal/web/hosted"
	"candor/internal/web/portal"
	"candor/internal/web/webtest"
)

var stepNames = []string{"who", "data", "code", "others", "storage", "choice"}

func noticeWorld(t testing.TB) *webtest.World {
	t.Helper()
	return webtest.New(t, func(s *web.Site) { portal.Mount(s, portal.Config{}); hosted.Mount(s) })
}

// fieldsOf are what a browser would send of the form that goes to a path.
func fieldsOf(t testing.TB, body []byte, action string) url.Values {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var form *html.Node
	for n := range doc.Descendants() {
		if n.Data == "form" && attribute(n, "action") == action {
			form = n
		}
	}
	if form == nil {
		t.Fatalf("there is no form that goes to %s", action)
	}
	v := url.Values{}
	for n := range form.Descendants() {
		name := attribute(n, "name")
		_, checked := has(n, "checked")
		switch kind := attribute(n, "type"); {
		case name == "" || n.Data == "button":
		case n.Data == "input" && (kind == "checkbox" || kind == "radio") && !checked:
		case n.Data == "input":
			v.Add(name, attribute(n, "value"))
		case n.Data == "textarea" && n.FirstChild != nil:
			v.Add(name, n.FirstChild.Data)
		case n.Data == "textarea":
			v.Add(name, "")
		case n.Data == "select":
			for o := range n.Descendants() {
				if _, chosen := has(o, "selected"); chosen {
					v.Set(name, attribute(o, "value"))
				}
			}
		}
	}
	return v
}

func attribute(n *html.Node, name string) string { v, _ := has(n, name); return v }

func has(n *html.Node, name string) (string, bool) {
	if n.Type == html.ElementNode {
		for _, a := range n.Attr {
			if a.Key == name {
				return a.Val, true
			}
		}
	}
	return "", false
}

// save sends a step as it is shown, with changes.
func save(t *testing.T, w *webtest.World, path, step, do string, change func(url.Values)) webtest.Answer {
	t.Helper()
	c, at := w.As(candor.RoleCustomer), path+"/edit/"+step
	page := w.Get(t, c, at)
	if page.Status != http.StatusOK {
		t.Fatalf("%s: %d", at, page.Status)
	}
	v := fieldsOf(t, page.Body, at)
	if change != nil {
		change(v)
	}
	v.Set("do", do)
	a := w.Post(t, c, at, v)
	if a.Status != http.StatusSeeOther {
		t.Fatalf("%s %s: %d %s", do, at, a.Status, a.Text())
	}
	return a
}

func begin(t *testing.T, w *webtest.World) (path string, id candor.ID) {
	t.Helper()
	a := w.Post(t, w.As(candor.RoleCustomer), "/my/notices", url.Values{"sites": {string(w.PartyAsset.ID)}})
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location(), "/my/notices/") {
		t.Fatalf("begin: %d %s", a.Status, a.Location())
	}
	return a.Location(), candor.ID(strings.TrimPrefix(a.Location(), "/my/notices/"))
}

// TestNoticeJourney goes from nothing to a published notice, by forms alone.
func TestNoticeJourney(t *testing.T) {
	w := noticeWorld(t)
	c := w.As(candor.RoleCustomer)
	if a := w.Get(t, c, "/my/notices"); !strings.Contains(a.Text(), "No notice yet") || !strings.Contains(a.Text(), w.PartyAsset.Name) {
		t.Error("the list does not offer to begin")
	}
	path, id := begin(t, w)
	page := w.Get(t, c, path)
	for _, want := range []string{"Not published yet", "guesses:", "must change", "/edit/data"} {
		if !strings.Contains(page.Text(), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(page.Text(), path+"/publish") {
		t.Error("a draft with holes is offered to be published")
	}
	if a := w.Get(t, c, path+"/edit/data"); !strings.Contains(a.Text(), `class="error"`) || !strings.Contains(a.Text(), "We guessed this from") {
		t.Error("the step shows neither what is wrong nor what was guessed")
	}
	save(t, w, path, "data", "add /purposes", nil)
	rows := rowsOf(t, w, id)
	save(t, w, path, "data", fmt.Sprintf("remove /purposes/%d", rows-1), nil)
	if got := rowsOf(t, w, id); got != rows-1 {
		t.Errorf("of %d purposes there are %d left", rows, got)
	}
	save(t, w, path, "data", "next", func(v url.Values) {
		for name := range v {
			if strings.HasSuffix(name, "/storage_locations") {
				v.Set(name, "at, de")
			}
		}
	})
	for _, step := range stepNames {
		save(t, w, path, step, "save", nil)
	}
	page = w.Get(t, c, path)
	if strings.Contains(page.Text(), "guesses:") || strings.Contains(page.Text(), ">must change<") {
		t.Errorf("after all was looked at: %s", page.Text())
	}
	a := w.Post(t, c, path+"/publish", fieldsOf(t, page.Body, path+"/publish"))
	if a.Status != http.StatusSeeOther {
		t.Fatalf("publish: %d %s", a.Status, a.Text())
	}
	page = w.Get(t, c, path)
	for _, want := range []string{"Version 1 was published on", "not looked at yet", "nginx", "WordPress", "/notice/" + string(id), "Redirect 302 /.well-known/candor-notice.json"} {
		if !strings.Contains(page.Text(), want) {
			t.Errorf("after it was published the page does not say %q", want)
		}
	}
	for _, action := range []string{"/prove", "/sites"} {
		if a := w.Post(t, c, path+action, fieldsOf(t, page.Body, path+action)); a.Status != http.StatusSeeOther {
			t.Errorf("%s: %d %s", action, a.Status, a.Text())
		}
	}
	draft, err := c.Get(w.URL + path + "/preview?lang=ar")
	if err == nil {
		draft.Body.Close()
	}
	if err != nil || draft.StatusCode != http.StatusOK || draft.Header.Get("Content-Language") != "ar" || draft.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("preview: %v, %v", draft, err)
	}
	_, v, err := w.House.PublishedNotice(t.Context(), id, 0)
	if err != nil {
		t.Fatal(err)
	}
	if a := w.Get(t, c, path+"/export?version=1"); a.Text() != v.Body {
		t.Error("what is downloaded is not what was published")
	}
}

func rowsOf(t *testing.T, w *webtest.World, id candor.ID) int {
	t.Helper()
	n, err := w.House.Store.Notice(t.Context(), candor.Everything, id)
	if err != nil {
		t.Fatal(err)
	}
	var d notice.Notice
	if err := json.Unmarshal(n.Draft, &d); err != nil {
		t.Fatal(err)
	}
	return len(d.Purposes)
}

// TestStepsKeepWhatIsThere saves each step of each sample as it is shown: that
// must change nothing of the document.
func TestStepsKeepWhatIsThere(t *testing.T) {
	w := noticeWorld(t)
	samples, err := filepath.Glob("../../../docs/notice/*.json")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, file := range samples {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if n, _ := notice.Decode(text); n == nil {
			continue // the schema
		}
		seen++
		n, err := w.House.AddNotice(t.Context(), w.Who(candor.RoleCustomer), w.Party.ID, house.NoticeDraft{Name: filepath.Base(file), Document: text})
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range stepNames {
			save(t, w, "/my/notices/"+string(n.ID), step, "save", nil)
		}
		after, err := w.House.Store.Notice(t.Context(), candor.Everything, n.ID)
		if err != nil {
			t.Fatal(err)
		}
		var was, is any
		if err := json.Unmarshal(n.Draft, &was); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(after.Draft, &is); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(was, is); d != "" {
			t.Errorf("%s: -want +got:\n%s", file, d)
		}
	}
	if seen < 6 {
		t.Errorf("only %d samples", seen)
	}
}

// TestNoticeTexts writes texts of one language and leaves the others.
func TestNoticeTexts(t *testing.T) {
	w := noticeWorld(t)
	path, id := begin(t, w)
	c, at := w.As(candor.RoleCustomer), path+"/edit/who"
	page := w.Get(t, c, at+"?in=fr")
	v := fieldsOf(t, page.Body, at)
	v.Set("/summary", "Nous vendons du thé.\n Vos données restent ici.")
	v.Set("do", "save")
	if a := w.Post(t, c, at, v); a.Status != http.StatusSeeOther {
		t.Fatal(a.Status)
	}
	n, err := w.House.PreviewNotice(t.Context(), w.Who(candor.RoleCustomer), id)
	if err != nil || n.Summary["fr"] != "Nous vendons du thé. Vos données restent ici." || n.Summary["zh"] == "" {
		t.Errorf("the summary is %v, %v", n.Summary, err)
	}
	was, err := w.House.Store.Notice(t.Context(), candor.Everything, id)
	if err != nil {
		t.Fatal(err)
	}
	v.Del("once")
	if a := w.Post(t, c, at, v); !strings.Contains(w.Get(t, c, a.Location()).Text(), "changed the draft meanwhile") {
		t.Error("nobody is told that a form is old by now")
	}
	if is, err := w.House.Store.Notice(t.Context(), candor.Everything, id); err != nil || is.Edition != was.Edition {
		t.Errorf("a form that is old by now is saved, %v", err)
	}
}

// TestNoticeFile imports a document, and refuses what is none.
func TestNoticeFile(t *testing.T) {
	w := noticeWorld(t)
	path, id := begin(t, w)
	good, err := os.ReadFile("../../../docs/notice/forum.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		text, title string
	}{{string(good), ""}, {`{"titel":1}`, "same"}, {"", "same"}, {"[]", "same"}} {
		was, err := w.House.Store.Notice(t.Context(), candor.Everything, id)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		part, err := form.CreateFormFile("file", "n.json")
		if err == nil {
			_, err = part.Write([]byte(tt.text))
		}
		if err == nil {
			err = form.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.URL+path+"/import", &b)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", form.FormDataContentType())
		r.Header.Set("Origin", w.URL)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if a := w.Do(t, w.As(candor.RoleCustomer), r); a.Status != http.StatusSeeOther {
			t.Errorf("%.20q: %d %s", tt.text, a.Status, a.Text())
		}
		is, err := w.House.Store.Notice(t.Context(), candor.Everything, id)
		if err != nil || (is.Edition == was.Edition) != (tt.title == "same") {
			t.Errorf("%.20q: edition %d, then %d, %v", tt.text, was.Edition, is.Edition, err)
		}
	}
}

// TestNoticeStrangers has others ask for a customer's notice.
func TestNoticeStrangers(t *testing.T) {
	w := noticeWorld(t)
	path, _ := begin(t, w)
	for _, role := range []candor.Role{"", candor.RoleSubscriber, candor.RoleAuditor} {
		c := w.As(role)
		for _, page := range []string{"", "/edit/who", "/export", "/preview", "/preview/full"} {
			a, err := c.Get(w.URL + path + page)
			if err != nil {
				t.Fatal(err)
			}
			a.Body.Close()
			if a.StatusCode == http.StatusOK && (role != candor.RoleAuditor || !strings.HasPrefix(page, "/preview")) {
				t.Errorf("%q sees %s", role, page)
			}
		}
		for _, act := range []string{"/edit/who", "/sites", "/publish", "/pin", "/prove", "/remove"} {
			if a := w.Post(t, c, path+act, url.Values{"edition": {"1"}, "site": {string(w.PartyAsset.ID)}, "number": {"1"}}); a.Status == http.StatusOK || a.Status == http.StatusSeeOther && a.Location() != "" && !strings.HasPrefix(a.Location(), web.SignIn) {
				t.Errorf("%q may %s: %d %s", role, act, a.Status, a.Location())
			}
		}
	}
}

// TestLookAtNotices opens the pages in a real browser.
func TestLookAtNotices(t *testing.T) {
	b, w := browsertest.Open(t), noticeWorld(t)
	path, _ := begin(t, w)
	w.At(time.Now().UTC())
	pages := map[string]string{"notices": "/my/notices", "notice": path, "step-who": path + "/edit/who", "step-data": path + "/edit/data", "step-storage": path + "/edit/storage", "step-choice": path + "/edit/choice", "my": "/my"}
	n, err := w.House.AddNotice(t.Context(), w.Who(candor.RoleCustomer), w.Party.ID, house.NoticeDraft{Name: "tea", Document: sample(t)})
	if err == nil {
		_, err = w.House.PublishNotice(t.Context(), w.Who(candor.RoleCustomer), n.ID, n.Edition, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	pages["published"] = "/my/notices/" + string(n.ID)
	pages["terms"] = "/my/agreements/terms/" + string((&world{World: w}).publish(t, "hosting-terms", "7", "age: 16").ID)
	mail, password := `document.getElementById("mail")`, `document.getElementById("password")`
	b.Run(t, "sign in", chromedp.Navigate(w.URL+web.SignIn), browsertest.Wants(mail+` && document.readyState === "complete"`),
		browsertest.Wants(fmt.Sprintf(`(%s.value = "customer@example.net", %s.value = %q, %s.form.submit(), true)`, mail, password, webtest.Password, mail)),
		browsertest.Wants(`location.pathname !== "/sign-in" && document.readyState === "complete"`))
	views := []struct {
		language, scheme string
		width            int64
	}{{"en", "light", 1200}, {"ar", "dark", 390}, {"zh", "light", 390}}
	for i, name := range slices.Sorted(maps.Keys(pages)) {
		these := views
		if !browsertest.Shots() {
			these = views[i%len(views):][:1]
		}
		for _, v := range these {
			what := fmt.Sprintf("%s-%s-%s-%d", name, v.language, v.scheme, v.width)
			b.Run(t, what, chromedp.EmulateViewport(v.width, 900), browsertest.Prefers(v.scheme), chromedp.Navigate(w.URL+pages[name]+"?language="+v.language), browsertest.Wants(`document.readyState === "complete" && document.querySelector("h1")`))
			b.Fits(t, what)
			b.Accessible(t, what, browsertest.Axe(t))
			b.Picture(t, what)
		}
	}
	for _, lang := range []string{"en", "ar"} {
		what := "hosted-" + lang
		b.Run(t, what, chromedp.EmulateViewport(390, 900), browsertest.Prefers("light"), chromedp.Navigate(w.URL+"/notice/"+string(n.ID)+"?lang="+lang), browsertest.Wants(`document.readyState === "complete" && document.querySelector("h1")`))
		b.Fits(t, what)
		b.Accessible(t, what, browsertest.Axe(t))
		b.Picture(t, what)
	}
}

func sample(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("../../../docs/notice/shop.json")
	if err != nil {
		t.Fatal(err)
	}
	return text
}
