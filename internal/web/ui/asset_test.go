package ui_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"candor/internal/web/ui"
)

func fetch(method, target, encoding string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, target, nil)
	r.Header.Set("Accept-Encoding", encoding)
	ui.Static().ServeHTTP(w, r)
	return w
}

func TestStatic(t *testing.T) {
	for _, name := range []string{"candor.css", "candor.js", "mark.svg", "vendor/htmx/htmx.min.js", "vendor/htmx/LICENSE", "vendor/uplot/uPlot.min.css"} {
		plain := fetch(http.MethodGet, ui.Path(name), "gzip;q=0, identity")
		want, err := io.ReadAll(plain.Body)
		if err != nil || plain.Code != http.StatusOK || len(want) == 0 {
			t.Fatalf("%s: %d, %d bytes, %v", name, plain.Code, len(want), err)
		}
		if !strings.Contains(plain.Header().Get("Cache-Control"), "immutable") || plain.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s: headers %v", name, plain.Header())
		}
		packed := fetch(http.MethodGet, ui.Path(name), "br, gzip")
		if packed.Header().Get("Content-Encoding") != "gzip" {
			if len(want) > 1000 {
				t.Errorf("%s is not packed", name)
			}
			continue
		}
		z, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(z)
		if err != nil || string(got) != string(want) {
			t.Errorf("%s: packed content differs: %v", name, err)
		}
	}
}

func TestStaticRefuses(t *testing.T) {
	_, name, _ := strings.Cut(strings.TrimPrefix(ui.Path("candor.css"), ui.Prefix), "/")
	for _, tt := range []struct {
		method, target string
		want           int
	}{
		{http.MethodHead, ui.Path("candor.css"), http.StatusOK},
		{http.MethodPost, ui.Path("candor.css"), http.StatusMethodNotAllowed},
		{http.MethodGet, ui.Prefix + "AAAAAAAAAAAA/" + name, http.StatusNotFound},
		{http.MethodGet, ui.Prefix, http.StatusNotFound},
		{http.MethodGet, ui.Path("nothing.css"), http.StatusNotFound},
		{http.MethodGet, ui.Path("style/10-token.css"), http.StatusNotFound},
		{http.MethodGet, ui.Prefix + "../asset.go", http.StatusNotFound},
	} {
		if got := fetch(tt.method, tt.target, ""); got.Code != tt.want {
			t.Errorf("%s %s: %d, want %d", tt.method, tt.target, got.Code, tt.want)
		}
	}
}
