package notice

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"candor/internal/web/browsertest"
)

// site serves all layers of all samples, as "/short/shop/ar".
func site(t *testing.T) *httptest.Server {
	c := texts(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		part := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
		if len(part) != 3 {
			http.NotFound(w, r)
			return
		}
		n := sample(t, part[1])
		layer := n.Short
		if part[0] == "full" {
			layer = n.Full
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		if err := layer(c.For(part[2])).HTML(w); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func languages(t *testing.T) []string { return texts(t).Languages() }

// TestBrowser looks at every page on a phone: axe finds nothing, nothing sticks
// out, Arabic is laid out from right to left, and a screen reader hears
// headings in order.
func TestBrowser(t *testing.T) {
	b := browsertest.Open(t, "favicon")
	axe := browsertest.Axe(t)
	s := site(t)
	b.Run(t, "size", browsertest.Size(360))
	for _, name := range sampleNames() {
		for _, lang := range languages(t) {
			for _, layer := range []string{"short", "full"} {
				what := layer + "/" + name + "/" + lang
				b.Run(t, what, chromedp.Navigate(s.URL+"/"+what))
				b.Fits(t, what)
				look(t, b, what, lang)
				if name == "shop" || lang == "en" || lang == "ar" { // the markup is the same in all
					b.Accessible(t, what, axe)
				}
			}
		}
	}
	for _, scheme := range []string{"dark", "light"} {
		b.Run(t, scheme, browsertest.Prefers(scheme), chromedp.Navigate(s.URL+"/full/shop/ar"))
		b.Accessible(t, scheme, axe)
		b.Picture(t, "notice-full-ar-"+scheme)
	}
	for _, lang := range languages(t) {
		b.Run(t, lang, chromedp.Navigate(s.URL+"/short/shop/"+lang))
		b.Picture(t, "notice-short-"+lang)
	}
}

// look asks the browser where things are.
func look(t *testing.T, b *browsertest.Browser, what, lang string) {
	t.Helper()
	first := browsertest.Ask[[]float64](t, b, `(() => { const r = document.querySelector("thead tr"), a = r.firstChild.getBoundingClientRect(), z = r.lastChild.getBoundingClientRect(); return [a.left, z.left]; })()`)
	if rtl := first[0] > first[1]; rtl != (lang == "ar") {
		t.Errorf("%s: the first column lies at %.0f, the last at %.0f", what, first[0], first[1])
	}
	// What is read first stands highest.
	if out := browsertest.Ask[string](t, b, `(() => { let y = -1, bad = ""; for (const e of document.querySelectorAll("main > *")) { const r = e.getBoundingClientRect().top + scrollY; if (r < y) bad += e.textContent.slice(0, 30); y = r; } return bad; })()`); out != "" {
		t.Errorf("%s: read later than it stands: %s", what, out)
	}
}

var pageObject = regexp.MustCompile(`/Type\s*/Page[^s]`)

// TestOnePage prints the short notices on A4 and counts the pages.
func TestOnePage(t *testing.T) {
	b := browsertest.Open(t, "favicon")
	s := site(t)
	for _, name := range sampleNames() {
		for _, lang := range languages(t) {
			if pages := printed(t, b, s.URL+"/short/"+name+"/"+lang); pages != 1 {
				t.Errorf("%s %s: %d pages", name, lang, pages)
			}
		}
	}
	if pages := printed(t, b, s.URL+"/full/shop/en"); pages < 2 {
		t.Errorf("the full text has %d pages: they are not counted", pages)
	}
}

func printed(t *testing.T, b *browsertest.Browser, address string) int {
	t.Helper()
	b.Run(t, address, chromedp.Navigate(address))
	prefer := true
	pdf, err := chromedp.Run(b, chromedp.PrintToPDF(func(p *page.PrintToPDFParams) { p.PreferCSSPageSize = &prefer }))
	if err != nil {
		t.Fatal(err)
	}
	return len(pageObject.FindAll(pdf, -1))
}
