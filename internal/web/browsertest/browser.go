// Package browsertest looks at pages in a real browser. Only tests import it.
package browsertest

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

var shots = flag.String("shots", "", "folder to which pictures of all pages are written")

// Shots tells whether pictures are asked for: then all views are worth a look.
func Shots() bool { return *shots != "" }

// Step is something that a browser does.
type Step = chromedp.Action[chromedp.Void]

// Browser is a tab of a real browser that notes what pages complain about: of
// scripts, and of what the content security policy forbids. It is used by one
// goroutine.
type Browser struct {
	context.Context
	pardon     []string
	mu         sync.Mutex
	complaints []string
}

// patience is how long the tests of one browser may take.
const patience = 10 * time.Minute

// Open starts a browser that ends with the test. Complaints that hold one of
// the texts are none. In CI it is a failure if there is no browser.
func Open(t testing.TB, pardon ...string) *Browser {
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
	b := &Browser{pardon: pardon}
	go b.listen(chromedp.Console(ctx))
	var done context.CancelFunc
	b.Context, done = context.WithTimeout(ctx, patience)
	t.Cleanup(done)
	return b
}

func (b *Browser) listen(messages iter.Seq2[chromedp.ConsoleMessage, error]) {
	for m, err := range messages {
		if err != nil {
			return
		}
		if m.IsException() || m.Type == chromedp.ConsoleError {
			b.mu.Lock()
			b.complaints = append(b.complaints, m.String()+" "+m.URL)
			b.mu.Unlock()
		}
	}
}

// Run does steps and fails if the page complained.
func (b *Browser) Run(t testing.TB, what string, steps ...Step) {
	t.Helper()
	if err := chromedp.Do(b, steps...); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.complaints {
		if !b.pardoned(c) {
			t.Errorf("%s: the browser says: %s", what, c)
		}
	}
	b.complaints = nil
}

func (b *Browser) pardoned(complaint string) bool {
	for _, text := range b.pardon {
		if strings.Contains(complaint, text) {
			return true
		}
	}
	return false
}

// Errors are pages too: a browser complains of each answer of 4xx.
const Errors = "status of 4"

// Ask gives the value of a JavaScript expression, which may be a promise.
func Ask[T any](t testing.TB, b *Browser, expression string) T {
	t.Helper()
	value, err := chromedp.Run(b, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%.200s: %v", expression, err)
	}
	return value
}

// wanted is how long what Wants waits for may take over several pages: work in
// the background waits behind whatever else a small machine runs.
const wanted = 3 * time.Minute

// Wants waits until a JavaScript expression is true, on this page or the one
// that it leads to.
func Wants(expression string) Step {
	wait := `(async () => { const end = performance.now() + 15000; while (!(` + expression + `)) {
		if (performance.now() > end) throw new Error("it never came true at " + location + ": " + document.body.innerText.slice(0, 300)); await new Promise((r) => setTimeout(r, 20)); } })()`
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		var err error
		for end := time.Now().Add(wanted); time.Now().Before(end); { // a page that is left takes the waiting with it
			_, err = chromedp.Evaluate[any](wait, chromedp.EvalAwaitPromise)(ctx, t)
			if err == nil || strings.Contains(err.Error(), "never came true") || ctx.Err() != nil {
				break
			}
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", expression, err)
		}
		return chromedp.Void{}, err
	}
}

// Says waits until the page shows a text.
func Says(text string) Step { return Wants(fmt.Sprintf(`document.body.innerText.includes(%q)`, text)) }

// At waits until the browser has come to a page.
func At(path string) Step {
	return Wants(fmt.Sprintf(`location.pathname === %q && document.readyState === "complete"`, path))
}

// Does runs JavaScript for what it does.
func Does(script string) Step {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Evaluate[any](script)(ctx, t)
		return chromedp.Void{}, err
	}
}

// Click clicks on what a CSS selector finds.
func Click(selector string) Step { return chromedp.Click(chromedp.CSS(selector)) }

// Keys types into what a CSS selector finds.
func Keys(selector, text string) Step { return chromedp.SendKeys(chromedp.CSS(selector), text) }

// Size makes the window so many CSS pixels wide.
func Size(width int64) Step { return chromedp.EmulateViewport(width, 900) }

// Prefers sets the colour scheme that the system wishes for: light or dark.
func Prefers(scheme string) Step {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return chromedp.Void{}, err
	}
}

// Picture writes a picture of the page, if they are asked for.
func (b *Browser) Picture(t testing.TB, name string) {
	t.Helper()
	if !Shots() {
		return
	}
	png, err := chromedp.Run(b, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(*shots, name+".png"), png, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Fits fails if the page is wider than the screen, and names what sticks out.
func (b *Browser) Fits(t testing.TB, what string) {
	t.Helper()
	out := Ask[string](t, b, `document.documentElement.scrollWidth <= innerWidth ? "" : "wider than the screen: " +
		[...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 6).map((e) => e.tagName + "." + e.className + " " + e.textContent.slice(0, 40)).join("; ")`)
	if out != "" {
		t.Errorf("%s: the page is %s", what, out)
	}
}

const runAxe = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then((r) =>
	r.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + n.target.join(" ") + ": " + n.failureSummary.replace(/\s+/g, " "))))`

// Axe is axe-core, whose axe.min.js CANDOR_AXE names. In CI it is a failure if
// it does not; elsewhere it is empty, and Accessible looks at nothing.
func Axe(t testing.TB) string {
	t.Helper()
	path := os.Getenv("CANDOR_AXE")
	if path == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("CANDOR_AXE does not name axe.min.js; pages were not judged")
		}
		return ""
	}
	script, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(script)
}

// Accessible fails for whatever axe finds against WCAG 2.2 AA on the page, with
// all disclosures open.
func (b *Browser) Accessible(t testing.TB, what, axe string) {
	t.Helper()
	if axe == "" {
		return
	}
	b.Run(t, what, Does(axe), Does(`scrollTo(0, 0); document.querySelectorAll("details").forEach((d) => d.open = !("menu" in d.dataset))`))
	for _, f := range Ask[[]string](t, b, runAxe) {
		t.Errorf("%s: %s", what, f)
	}
}
