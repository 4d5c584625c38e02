package ui_test

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// step is something that a browser does.
type step = chromedp.Action[chromedp.Void]

// browser is a tab of a real browser that notes what pages complain about.
type browser struct {
	context.Context
	mu         sync.Mutex
	complaints []string
}

// chromium starts a browser; in CI it is a failure if there is none.
func chromium(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("chromium is not installed; pages were not looked at: apt-get install chromium")
		}
		t.Skip("chromium is not installed")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	b := &browser{}
	messages := chromedp.Console(ctx)
	go b.listen(messages)
	var done context.CancelFunc
	b.Context, done = context.WithTimeout(ctx, time.Minute)
	t.Cleanup(done)
	return b
}

// listen keeps errors, but those of parts that the gallery only pretends to have.
func (b *browser) listen(messages iter.Seq2[chromedp.ConsoleMessage, error]) {
	for m, err := range messages {
		if err != nil {
			return
		}
		wrong := m.IsException() || m.Type == chromedp.ConsoleError
		if wrong && !strings.Contains(m.URL, "/part") && !strings.Contains(m.URL, "/scans/") && !strings.Contains(m.Text, "Response Status Error Code") {
			b.mu.Lock()
			b.complaints = append(b.complaints, m.String()+" "+m.URL)
			b.mu.Unlock()
		}
	}
}

// run does steps and fails if the page complained.
func (b *browser) run(t *testing.T, what string, steps ...step) {
	t.Helper()
	if err := chromedp.Do(b, steps...); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.complaints {
		t.Errorf("%s: the browser says: %s", what, c)
	}
	b.complaints = nil
}

// wants waits until a JavaScript expression is true.
func wants(expression string) step {
	wait := `(async () => { const end = performance.now() + 5000; while (!(` + expression + `)) {
		if (performance.now() > end) throw new Error("it never came true"); await new Promise((r) => setTimeout(r, 20)); } })()`
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Evaluate[any](wait, chromedp.EvalAwaitPromise)(ctx, t)
		if err != nil {
			err = fmt.Errorf("%s: %w", expression, err)
		}
		return chromedp.Void{}, err
	}
}

// does runs JavaScript for what it does.
func does(script string) step {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Evaluate[any](script)(ctx, t)
		return chromedp.Void{}, err
	}
}

func click(selector string) step { return chromedp.Click(chromedp.CSS(selector)) }

func size(width int64) step { return chromedp.EmulateViewport(width, 900) }

// TestBehaviour uses the script: keys, selection, palette, theme, dialog, and
// a form that is sent once however often one clicks. A violation of the policy
// is a complaint, hence a failure.
func TestBehaviour(t *testing.T) {
	b := chromium(t)
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
	key := func(k string) step { return chromedp.KeyEvent(k) }

	b.run(t, "open", size(1400), chromedp.Navigate(server.URL+"/?lang=en#main"), wants(`document.documentElement.classList.contains("js")`))
	b.run(t, "live chart", wants(`document.querySelector(".live canvas")?.width > 100`))
	b.run(t, "rows", key("j"), key("j"), wants(`document.activeElement.closest("tr").textContent.includes("C-1041")`),
		key("k"), wants(`document.activeElement.closest("tr").textContent.includes("C-1042")`))
	b.run(t, "selection", wants(`getComputedStyle(document.querySelector(".bulk")).display === "none"`),
		key("x"), wants(`document.querySelector("[data-bulk-count]").textContent === "1 selected"`),
		click("[data-select-all]"), wants(`document.querySelector("[data-bulk-count]").textContent === "6 selected"`))
	b.run(t, "palette", click("[data-palette]"), wants(`document.querySelector("#palette").open`),
		key("evid"), wants(`document.querySelector("#palette [aria-selected=true]").dataset.href === "/evidence"`),
		key("zzz"), wants(`document.querySelector("#palette [aria-selected=true]").textContent === "Search for “evidzzz”"`),
		key("\u001b"), wants(`!document.querySelector("#palette").open`))
	b.run(t, "theme", click(".top-user"), click(`[name=theme][value=dark]`),
		wants(`getComputedStyle(document.body).backgroundColor === "rgb(15, 17, 21)"`))
	b.run(t, "dialog", click(`[data-dialog=confirm-quarantine]`), wants(`document.querySelector("#confirm-quarantine").open`),
		click(`#confirm-quarantine [data-close]`), wants(`!document.querySelector("#confirm-quarantine").open`))
	b.run(t, "once", does(`(() => { const b = document.querySelector("form[action='/undo'] button"); b.click(); b.click(); b.click(); })()`),
		wants(`document.querySelector("form[action='/undo']").dataset.sent === "yes"`))
	b.run(t, "help", chromedp.Focus(chromedp.CSS("#main")), key("?"), wants(`document.querySelector("#keys").open`))
	b.run(t, "letter", chromedp.Navigate(server.URL+"/letter?lang=ar"), wants(`getComputedStyle(document.querySelector("[data-print]")).display !== "none"`))
	mu.Lock()
	defer mu.Unlock()
	if sent["/undo"] != 1 || sent["/theme"] != 1 {
		t.Errorf("sent: %v, want /undo and /theme once", sent)
	}
}

// TestFits makes sure that no page is wider than its window.
func TestFits(t *testing.T) {
	b := chromium(t)
	server := httptest.NewServer(gallery(t))
	t.Cleanup(server.Close)
	for _, target := range []string{"/?lang=en", "/?lang=zh", "/letter?lang=en", "/letter?lang=ar"} {
		b.run(t, target, chromedp.Navigate(server.URL+target))
		for _, width := range []int64{320, 390, 900, 1600} {
			b.run(t, target, size(width))
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
	path := os.Getenv("CANDOR_AXE")
	if path == "" {
		t.Skip("CANDOR_AXE does not name axe.min.js")
	}
	axe, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b := chromium(t)
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
		b.run(t, tt.target, size(tt.width), prefers(tt.scheme), chromedp.Navigate(server.URL+tt.target+"#main"), does(string(axe)),
			does(`scrollTo(0, 0); document.querySelectorAll("details").forEach((d) => d.open = !("menu" in d.dataset))`))
		found, err := chromedp.Run(b, chromedp.Evaluate[[]string](runAxe, chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatalf("%s: %v", tt.target, err)
		}
		for _, f := range found {
			t.Errorf("%s, %s, %d wide: %s", tt.target, tt.scheme, tt.width, f)
		}
	}
}

const runAxe = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then((r) =>
	r.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + n.target.join(" ") + ": " + n.failureSummary.replace(/\s+/g, " "))))`

// prefers sets the theme that the system wishes for.
func prefers(scheme string) step {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return chromedp.Void{}, err
	}
}
