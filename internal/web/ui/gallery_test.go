package ui_test

import (
	"context"
	"flag"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"candor/internal/phrase"
	"candor/internal/web/ui"
)

var serve = flag.String("serve", "", "serve the gallery at this address until interrupted")

// noon is when the gallery's samples are shown.
var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// gallery serves the gallery at /, with lang and theme as parameters, and the
// customer's page at /letter.
func gallery(t *testing.T) http.Handler {
	t.Helper()
	texts, err := phrase.Load()
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(ui.Prefix, ui.Static())
	show := func(page func(ctx context.Context, r *http.Request) templ.Component) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			p := texts.For(r.URL.Query().Get("lang"), r.URL.Query().Get("language"))
			ctx := phrase.With(r.Context(), p)
			ctx = ui.With(ctx, ui.View{Now: noon, URL: r.URL})
			w.Header().Set("Content-Security-Policy", policy)
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			if err := page(ctx, r).Render(ctx, w); err != nil {
				t.Error(err)
			}
		}
	}
	mux.HandleFunc("GET /{$}", show(func(ctx context.Context, r *http.Request) templ.Component {
		return within(ui.Shell(ui.GalleryPage(ctx, r.URL.Query().Get("theme"))), ui.Gallery())
	}))
	mux.HandleFunc("GET /letter", show(func(ctx context.Context, r *http.Request) templ.Component {
		sample, ok := ui.LetterSamples()[phrase.From(ctx).Lang()]
		if !ok {
			sample = ui.LetterSamples()["en"]
		}
		return within(ui.CustomerShell(ui.GalleryLetterPage(sample)), ui.GalleryLetter(sample))
	}))
	mux.HandleFunc("GET /live", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"x": [1795608000, 1795608060, 1795608120, 1795608180], "series": [{"name": "RSS", "values": [120, 131, null, 128]}]}`)
	})
	mux.HandleFunc("GET /part", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "not now", http.StatusServiceUnavailable) })
	mux.HandleFunc("POST /theme", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })
	return mux
}

// within puts content into a shell.
func within(shell, content templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return shell.Render(templ.WithChildren(ctx, content), w)
	})
}

// TestServe serves the gallery for people: go test -run TestServe -serve 127.0.0.1:8099.
func TestServe(t *testing.T) {
	if *serve == "" {
		t.Skip("nobody asked for it with -serve")
	}
	l, err := net.Listen("tcp", *serve)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("http://%s/?lang=zh&theme=dark and /letter?lang=ar", l.Addr())
	t.Error(http.Serve(l, gallery(t)))
}

func get(t *testing.T, h http.Handler, target string) string {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d", target, w.Code)
	}
	return w.Body.String()
}

// TestPages looks for what no page may have.
func TestPages(t *testing.T) {
	h := gallery(t)
	for _, target := range []string{"/?lang=en", "/?lang=zh&theme=dark", "/letter?lang=en", "/letter?lang=ar", "/letter?lang=ru"} {
		body := get(t, h, target)
		for _, bad := range []string{" style=", "<style", " onclick=", " onload=", "javascript:", "templ.Unsafe", "about:invalid", "%!", ">[", "\"["} {
			if strings.Contains(body, bad) {
				t.Errorf("%s holds %q", target, bad)
			}
		}
		if strings.Count(body, "<script") != strings.Count(body, "<script src=") {
			t.Errorf("%s holds an inline script", target)
		}
		if len(body) > 100_000 {
			t.Errorf("%s has %d bytes", target, len(body))
		}
	}
	if body := get(t, h, "/letter?lang=ar"); !strings.Contains(body, `<html lang="ar" dir="rtl"`) {
		t.Error("the Arabic page is not right to left")
	}
}
