package web_test

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
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"candor"
	"candor/internal/web"
	"candor/internal/web/webtest"
)

var shots = flag.String("shots", "", "folder to which pictures of all pages are written")

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
	go b.listen(chromedp.Console(ctx))
	var done context.CancelFunc
	b.Context, done = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(done)
	return b
}

func (b *browser) listen(messages iter.Seq2[chromedp.ConsoleMessage, error]) {
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

// run does steps and fails if the page complained: of the policy, above all.
func (b *browser) run(t *testing.T, what string, steps ...step) {
	t.Helper()
	if err := chromedp.Do(b, steps...); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.complaints {
		if !strings.Contains(c, "status of 4") { // pages for errors are pages too
			t.Errorf("%s: the browser says: %s", what, c)
		}
	}
	b.complaints = nil
}

// wants waits until a JavaScript expression is true, on this page or the one
// that it leads to.
func wants(expression string) step {
	wait := `(async () => { const end = performance.now() + 8000; while (!(` + expression + `)) {
		if (performance.now() > end) throw new Error("it never came true at " + location + ": " + document.body.innerText.slice(0, 300)); await new Promise((r) => setTimeout(r, 20)); } })()`
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		var err error
		for range 20 { // a page that is left takes the waiting with it
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

func does(script string) step {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Evaluate[any](script)(ctx, t)
		return chromedp.Void{}, err
	}
}

// at waits until the browser has come to a page.
func at(path string) step {
	return wants(fmt.Sprintf(`location.pathname === %q && document.readyState === "complete"`, path))
}

func click(selector string) step { return chromedp.Click(chromedp.CSS(selector)) }

func keys(selector, text string) step { return chromedp.SendKeys(chromedp.CSS(selector), text) }

// key gives the browser an authenticator that knows its owner.
func key() step {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		if _, err := cdp.Call(ctx, t, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return chromedp.Void{}, err
		}
		_, err := cdp.Call(ctx, t, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: "ctap2", Transport: "internal", HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}})
		return chromedp.Void{}, err
	}
}

// TestPasskeyInBrowser signs in by password, adds a passkey, signs out by the
// menu, and comes in with the passkey.
func TestPasskeyInBrowser(t *testing.T) {
	b, w := chromium(t), webtest.New(t, mountPortal)
	b.run(t, "authenticator", key())
	b.run(t, "sign in", chromedp.Navigate(w.URL+"/account"), at(web.SignIn), keys("#mail", "analyst@example.net"), keys("#password", webtest.Password+"\r"), at(web.Account))
	b.run(t, "add a passkey", keys("#passkey-name", "my laptop"), click(`form[data-passkey="create"] button`),
		wants(`document.body.innerText.includes("The passkey was added") && document.body.innerText.includes("my laptop")`))
	b.run(t, "sign out", does(`document.querySelector('form[action="/sign-out"]').requestSubmit()`), at(web.SignIn), wants(`document.body.innerText.includes("You are signed out")`))
	b.run(t, "sign in by passkey", click(`form[data-passkey="get"] button`), at(web.Account), wants(`document.body.innerText.includes("Test analyst")`))
	b.run(t, "remove it", click(`a[data-dialog^="remove-"]`), wants(`document.querySelector("dialog[open]")`), click("dialog[open] .button-destructive"),
		wants(`document.body.innerText.includes("The passkey was removed")`))
}

// look is a page with who looks at it.
type look struct {
	name, path string
	role       candor.Role
}

// TestLook opens all pages on a phone; with -shots also wide, light and in more
// languages. Nothing may be wider than the screen or against the policy.
func TestLook(t *testing.T) {
	b := chromium(t)
	w := webtest.New(t, mountAdvised(t))
	c := w.File(t, w.PartyAsset, webtest.Shell(w.PartyAsset, "wp-content/uploads/2026/03/cache-of-thumbnails-and-other-things.php"), webtest.Shell(w.PartyAsset, "x.php"))
	link := w.Link(t, c, w.Party, 24*time.Hour)
	expired := w.Link(t, c, w.Party, -time.Hour)
	_, invited, err := w.House.Access.Invite(t.Context(), w.Who(candor.RoleAdmin), candor.User{Name: "Nora", Mail: "nora@example.net", Role: candor.RoleAnalyst})
	if err != nil {
		t.Fatal(err)
	}
	pages := []look{
		{"sign-in", web.SignIn, ""}, {"reset", "/reset", ""}, {"invited", web.InvitedPath + invited, ""}, {"dead", web.InvitedPath + "x", ""}, {"missing", "/nowhere", ""},
		{"link", link, ""}, {"expired", expired, ""}, {"no-link", "/c/x", ""},
		{"my", "/my", candor.RoleCustomer}, {"my-case", "/my/cases/" + string(c.ID), candor.RoleCustomer}, {"my-account", web.Account, candor.RoleCustomer},
		{"account", web.Account, candor.RoleAdmin}, {"denied", "/my", candor.RoleAdmin},
	}
	var role candor.Role
	for _, p := range pages {
		if p.role != role {
			role = p.role
			b.run(t, "sign in", chromedp.Navigate(w.URL+web.SignIn+"?again=yes"), at(web.SignIn), does(`document.getElementById("mail").value = ""`),
				keys("#mail", string(role)+"@example.net"), keys("#password", webtest.Password+"\r"), wants(`location.pathname !== "/sign-in" && document.readyState === "complete"`))
		}
		for _, v := range views() {
			name := fmt.Sprintf("%s-%s-%s-%d", p.name, v.language, v.scheme, v.width)
			b.run(t, name, chromedp.EmulateViewport(v.width, 900), prefers(v.scheme), chromedp.Navigate(w.URL+p.path+"?language="+v.language),
				wants(`document.documentElement.scrollWidth <= innerWidth && document.querySelector("main").getBoundingClientRect().left >= 0`))
			b.picture(t, name)
		}
	}
}

type view struct {
	language, scheme string
	width            int64
}

// views are the one in which most goes wrong, or all of them for pictures.
func views() (all []view) {
	if *shots == "" {
		return []view{{"ar", "dark", 390}}
	}
	for _, tag := range []string{"en", "zh", "ar"} {
		for _, scheme := range []string{"light", "dark"} {
			all = append(all, view{tag, scheme, 390}, view{tag, scheme, 1600})
		}
	}
	return all
}

func prefers(scheme string) step {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return chromedp.Void{}, err
	}
}

func (b *browser) picture(t *testing.T, name string) {
	t.Helper()
	if *shots == "" {
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
