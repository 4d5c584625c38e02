package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestStrange leaves out what fetches by itself, and nothing else.
func TestStrange(t *testing.T) {
	const text = `<p class="x">Hello <b>you</b> &amp; <a href="http://shop.example/">me</a></p>`
	got := string(tame([]byte(`<html><LINK rel="dns-prefetch" href="//x.example"><meta http-equiv=refresh content="0"/><base href="//y.example/">` + text + `<iframe src="//z.example"></iframe><Script>alert("<p>")</script></html>`)))
	if want := "<html>" + text + "</html>"; got != want {
		t.Errorf("%s", got)
	}
	w := httptest.NewRecorder()
	s := &Site{}
	s.draw(w, &Request{Request: httptest.NewRequest(http.MethodGet, "/", nil)}, View{Strange: []byte("<link>x")})
	if h := w.Header(); w.Body.String() != "x" || h.Get("X-DNS-Prefetch-Control") != "off" || h.Get("Referrer-Policy") != "no-referrer" || !strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%v %s", h, w.Body)
	}
}
