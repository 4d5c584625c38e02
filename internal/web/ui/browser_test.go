package ui_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"candor/internal/web/browsertest"
)

// pretended are parts that the gallery only pretends to have.
var pretended = []string{"/part", "/scans/", "Response Status Error Code"}

// TestBehaviour uses the script: keys, selection, palette, theme, dialog, and
// a form that is sent once however often one clicks. A violation of the policy
// is a complaint, hence a failure.
func TestBehaviour(t *testing.T) {
	b := browsertest.Open(t, pretended...)
	var mu sync.Mutex
	sent := map[string]int{}
	pages := gallery(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			mu.Lock()
			sent[r.URL.Path]++
			mu.Unlock()
			w.WriteHeader(http.StatusNoContent)
			return
		}
		pages.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	key := func(k string) browsertest.Step { return chromedp.KeyEvent(k) }

	b.Run(t, "open", browsertest.Size(1400), chromedp.Navigate(server.URL+"/?lang=en#main"), browsertest.Wants(`document.documentElement.classList.contains("js")`))
	b.Run(t, "live chart", browsertest.Wants(`document.querySelector(".live canvas")?.width > 100`))
	b.Run(t, "rows", key("j"), key("j"), browsertest.Wants(`document.activeElement.closest("tr").textContent.includes("C-1041")`),
		key("k"), browsertest.Wants(`document.activeElement.closest("tr").textContent.includes("C-1042")`))
	b.Run(t, "selection", browsertest.Wants(`getComputedStyle(document.querySelector(".bulk")).display === "none"`),
		key("x"), browsertest.Wants(`document.querySelector("[data-bulk-count]").textContent === "1 selected"`),
		browsertest.Click("[data-select-all]"), browsertest.Wants(`document.querySelector("[data-bulk-count]").textContent === "6 selected"`))
	b.Run(t, "palette", browsertest.Click("[data-palette]"), browsertest.Wants(`document.querySelector("#palette").open`),
		key("evid"), browsertest.Wants(`document.querySelector("#palette [aria-selected=true]").dataset.href === "/evidence"`),
		key("zzz"), browsertest.Wants(`document.querySelector("#palette [aria-selected=true]").textContent === "Search for “evidzzz”"`),
		key("\u001b"), browsertest.Wants(`!document.querySelector("#palette").open`))
	b.Run(t, "theme", browsertest.Click(".top-user"), browsertest.Click(`[name=theme][value=dark]`),
		browsertest.Wants(`getComputedStyle(document.body).backgroundColor === "rgb(15, 17, 21)"`))
	b.Run(t, "dialog", browsertest.Click(`[data-dialog=confirm-quarantine]`), browsertest.Wants(`document.querySelector("#confirm-quarantine").open`),
		browsertest.Click(`#confirm-quarantine [data-close]`), browsertest.Wants(`!document.querySelector("#confirm-quarantine").open`))
	b.Run(t, "once", browsertest.Does(`(() => { const b = document.querySelector("form[action='/undo'] button"); b.click(); b.click(); b.click(); })()`),
		browsertest.Wants(`document.querySelector("form[action='/undo']").dataset.sent === "yes"`))
	b.Run(t, "help", chromedp.Focus(chromedp.CSS("#main")), key("?"), browsertest.Wants(`document.querySelector("#keys").open`))
	b.Run(t, "letter", chromedp.Navigate(server.URL+"/letter?lang=ar"), browsertest.Wants(`getComputedStyle(document.querySelector("[data-print]")).display !== "none"`))
	mu.Lock()
	defer mu.Unlock()
	if sent["/undo"] != 1 || sent["/theme"] != 1 {
		t.Errorf("sent: %v, want /undo and /theme once", sent)
	}
}

// TestFits makes sure that no page is wider than its window.
func TestFits(t *testing.T) {
	b := browsertest.Open(t, pretended...)
	server := httptest.NewServer(gallery(t))
	t.Cleanup(server.Close)
	for _, target := range []string{"/?lang=en", "/?lang=zh", "/letter?lang=en", "/letter?lang=ar"} {
		b.Run(t, target, chromedp.Navigate(server.URL+target))
		for _, width := range []int64{320, 390, 900, 1600} {
			b.Run(t, target, browsertest.Size(width))
			wide, err := chromedp.Run(b, chromedp.Evaluate[int](`document.documentElement.scrollWidth`))
			if err != nil {
				t.Fatal(err)
			}
			if wide > int(width) {
				t.Errorf("%s is %d wide in a window of %d", target, wide, width)
			}
		}
	}
}

// TestAccessible runs axe on the gallery, in both themes, wide and narrow. It
// needs axe-core's axe.min.js, whose path is in CANDOR_AXE.
func TestAccessible(t *testing.T) {
	axe := browsertest.Axe(t)
	if axe == "" {
		t.Skip("CANDOR_AXE does not name axe.min.js")
	}
	b := browsertest.Open(t, pretended...)
	server := httptest.NewServer(gallery(t))
	t.Cleanup(server.Close)
	for _, tt := range []struct {
		target, scheme string
		width          int64
	}{
		{"/?lang=en&severity=high", "light", 1600},
		{"/?lang=en", "dark", 390},
		{"/?lang=zh&theme=dark", "light", 390},
		{"/letter?lang=en", "light", 390},
		{"/letter?lang=ar", "dark", 1600},
	} {
		b.Run(t, tt.target, browsertest.Size(tt.width), browsertest.Prefers(tt.scheme), chromedp.Navigate(server.URL+tt.target+"#main"))
		b.Accessible(t, fmt.Sprintf("%s, %s, %d wide", tt.target, tt.scheme, tt.width), axe)
	}
}
