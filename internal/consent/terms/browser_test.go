package terms

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"candor/internal/web/browsertest"
)

// served gives pages as "/show/NAME/LANGUAGE" and "/compare/LANGUAGE".
func served(t *testing.T) *httptest.Server {
	c := texts(t)
	old := libraryDocument(t, "subscriber-terms")
	next := changed(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		part := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		var err error
		switch {
		case part[0] == "show" && len(part) == 3:
			err = libraryDocument(t, part[1]).HTML(w, c, part[2])
		case part[0] == "compare" && len(part) == 2:
			var comparison *Comparison
			if comparison, err = Compare(old, next, c, part[1]); err == nil {
				err = comparison.HTML(w)
			}
		default:
			http.NotFound(w, r)
		}
		if err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// changed is a version of the subscriber terms in which something of each kind
// changed.
func changed(t *testing.T) *Document {
	t.Helper()
	data, err := Source("subscriber-terms")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(`version: "2027.1"`, `version: "2028.1"`, "72 hours", "48 hours", "72 小时", "48 小时", "id: newsletter", "id: letter",
		"allows: [isolate]", "allows: [isolate, report]", "- You can lift it yourself once", "- **You** can lift it yourself once").Replace(string(data))
	d, problems := Decode([]byte(text))
	if d == nil {
		t.Fatal(problems)
	}
	return d
}

// TestBrowser looks at every page on a phone: axe finds nothing, nothing sticks
// out, Arabic is laid out from right to left, and what is read first stands
// highest.
func TestBrowser(t *testing.T) {
	b := browsertest.Open(t, "favicon")
	axe := browsertest.Axe(t)
	s := served(t)
	b.Run(t, "size", browsertest.Size(360))
	for _, lang := range texts(t).Languages() {
		for _, name := range Library() {
			what := "show/" + name + "/" + lang
			b.Run(t, what, chromedp.Navigate(s.URL+"/"+what))
			look(t, b, what, lang)
			if name == "subscriber-terms" || lang == "en" || lang == "ar" { // the markup is the same in all
				b.Accessible(t, what, axe)
			}
			b.Picture(t, "terms-"+name+"-"+lang)
		}
		what := "compare/" + lang
		b.Run(t, what, chromedp.Navigate(s.URL+"/"+what))
		look(t, b, what, lang)
		b.Accessible(t, what, axe)
		b.Picture(t, "terms-compare-"+lang)
	}
	for _, scheme := range []string{"dark", "light"} {
		b.Run(t, scheme, browsertest.Prefers(scheme), chromedp.Navigate(s.URL+"/compare/ar"))
		b.Accessible(t, scheme, axe)
		b.Picture(t, "terms-compare-ar-"+scheme)
	}
}

func look(t *testing.T, b *browsertest.Browser, what, lang string) {
	t.Helper()
	b.Fits(t, what)
	if dir := browsertest.Ask[string](t, b, `getComputedStyle(document.querySelector("main")).direction`); (dir == "rtl") != (lang == "ar") {
		t.Errorf("%s: written %s", what, dir)
	}
	if out := browsertest.Ask[string](t, b, `(() => { let y = -1, bad = ""; for (const e of document.querySelectorAll("main > *")) { const r = e.getBoundingClientRect().top + scrollY; if (r < y) bad += e.textContent.slice(0, 30); y = r; } return bad; })()`); out != "" {
		t.Errorf("%s: read later than it stands: %s", what, out)
	}
	// What only ears get takes no room.
	if n := browsertest.Ask[int](t, b, `[...document.querySelectorAll(".unseen")].filter((e) => e.getBoundingClientRect().width > 1.5).length`); n > 0 {
		t.Errorf("%s: %d pieces are seen that are to be heard only", what, n)
	}
}
