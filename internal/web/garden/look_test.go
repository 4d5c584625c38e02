package garden_test

import (
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"candor/internal/house"
	"candor/internal/respond/isolate"
	"candor/internal/web/browsertest"
)

// TestLook looks at the page as a phone shows it, without scripts, and walks out.
func TestLook(t *testing.T) {
	f := &fake{at: netip.MustParseAddr("127.0.0.1"), level: isolate.WalledGarden}
	p, texts := newPortal(t, f, "")
	s := httptest.NewServer(p)
	defer s.Close()
	b := browsertest.Open(t)
	axe := browsertest.Axe(t)
	look := func(what, path string) {
		t.Helper()
		b.Run(t, what, chromedp.Navigate(s.URL+path), browsertest.At("/"))
		b.Fits(t, what)
		b.Accessible(t, what, axe)
		b.Picture(t, what)
	}
	b.Run(t, "size", browsertest.Size(360))
	for _, scheme := range []string{"light", "dark"} {
		b.Run(t, scheme, browsertest.Prefers(scheme))
		for _, lang := range texts.Languages() {
			look("garden-"+lang+"-"+scheme, "/?lang="+lang)
		}
	}
	b.Run(t, "used up", browsertest.Prefers("light"))
	f.set(f.at, house.GardenUsedUp)
	look("garden-used", "/?lang=en&said=asked")
	f.set(f.at, "")
	en := texts.For("en")
	b.Run(t, "walk out", chromedp.Navigate(s.URL+"/anything"), browsertest.At("/"),
		browsertest.Keys("#ask", "Please call 0123"), browsertest.Click(`form[action="/ask"] button`), browsertest.Says(en.T("garden.asked")),
		browsertest.Keys("#did", "new computer"), browsertest.Click(`form[action="/clean"] button`), browsertest.Says(en.T("garden.not.waiting")))
	if strings.Join(append(f.asked, f.freed...), "|") != "Please call 0123|new computer" {
		t.Errorf("asked %q, freed %q", f.asked, f.freed)
	}
	f.set(netip.Addr{}, "")
	look("garden-free", "/?lang=en")
}
