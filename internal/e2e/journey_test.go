package e2e

import (
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"candor/internal/web/browsertest"
)

const password = "violet anchors hum at noon"

// TestJourney goes the way of a case in a real browser, with the sample
// provider: sign in, see the case, read why, approve a notice, and as the
// customer, without an account, mark it fixed; the new scan closes the case,
// and what is exported of it verifies without the server.
func TestJourney(t *testing.T) {
	b := browsertest.Open(t, browsertest.Errors)
	data := filepath.Join(t.TempDir(), "data")
	p := start(t, "--sample", "--data", data)

	b.Run(t, "the first administrator", chromedp.Navigate(p.first(t)), browsertest.Keys("#name", "Ada Admin"), browsertest.Keys("#mail", "ada@provider.example"),
		browsertest.Keys("#password", password+"\r"), browsertest.At("/today"))
	b.Picture(t, "journey-today")
	const site = "riverside-bakery.example"
	// Cases of one scan have no order, and one of a test file proposes nothing.
	b.Run(t, "see the case", reload("/cases?open=yes&q=riverside&class=intrusions/application-compromise", `document.querySelector('main td a[href^="/cases/"]')`))
	b.Run(t, "open it", browsertest.Click(`main td a[href^="/cases/"]`), browsertest.Wants(`location.pathname.startsWith("/cases/") && document.readyState === "complete"`))
	b.Picture(t, "journey-case")
	path := browsertest.Ask[string](t, b, `location.pathname`)
	b.Run(t, "read why", browsertest.Says(site), browsertest.Click(`main a[href^="/findings/"]`), browsertest.Wants(`location.pathname.startsWith("/findings/")`),
		browsertest.Says("Generation"))

	b.Picture(t, "journey-finding")
	const notice = `[...document.querySelectorAll('main a[href^="/responses/"]')].find((a) => a.innerText === "Notify the customer")`
	b.Run(t, "the proposed notice", reload(path, notice), browsertest.Does(notice+".click()"),
		browsertest.Wants(`location.pathname.startsWith("/responses/") && document.readyState === "complete"`))
	b.Run(t, "approve it", browsertest.Click(`a[data-dialog="ask-approve"]`), browsertest.Wants(`document.querySelector("dialog[open]")`),
		browsertest.Click("dialog[open] .button-primary, dialog[open] .button-destructive"), browsertest.Says("It is done in a moment"))

	link := mailed(t, filepath.Join(data, "mail"))
	clean(t, filepath.Join(data, "sample", site))
	customer := browsertest.Open(t, browsertest.Errors)
	customer.Run(t, "the customer's page", chromedp.Navigate(link), browsertest.Says("Please look at "+site))
	customer.Picture(t, "journey-customer")
	customer.Run(t, "mark as fixed", browsertest.Keys(`textarea[name="fixed"]`, "We removed the files and changed our passwords."), browsertest.Click(`form[action$="/fixed"] .button-primary`))
	b.Run(t, "the new scan closes it", reload(path, `document.body.innerText.includes("Closed")`))
	customer.Run(t, "the customer sees it", chromedp.Navigate(link), browsertest.Wants(`!document.querySelector('form[action$="/fixed"]')`))

	b.Run(t, "nothing of it waits any longer", reload(path, `![...document.querySelectorAll("main .badge")].some((b) => b.innerText === "Proposed")`))
	b.Picture(t, "journey-closed")
	b.Run(t, "evidence", reload(path, `document.querySelector('a[href$="/evidence.zip"]')`))
	bundle := filepath.Join(t.TempDir(), "case.zip")
	download(t, b, p.URL+path+"/evidence.zip", bundle)
	out, err := exec.Command(binary, "verify", bundle, "--key", filepath.Join(data, "evidence", "log.pub")).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "It verifies") {
		t.Errorf("candor verify: %v\n%s", err, out)
	}
}

// reload opens a page again until something is there.
func reload(path, expression string) browsertest.Step {
	return browsertest.Wants(fmt.Sprintf(`await (async () => {
		if (location.pathname + location.search !== %q) { location.href = %q; await new Promise(() => {}) }
		if (document.readyState !== "complete") return false;
		if (%s) return true;
		await new Promise((r) => setTimeout(r, 500)); location.reload(); await new Promise(() => {}) })()`, path, path, expression))
}

var linkOf = regexp.MustCompile(`http://\S+/c/\S+`)

// mailed waits for the notice and gives the link in it.
func mailed(t *testing.T, folder string) (link string) {
	t.Helper()
	eventually(t, "the customer gets a mail", time.Minute, func() bool {
		files, err := filepath.Glob(filepath.Join(folder, "*.txt"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "owner@riverside-bakery.example") {
				link = linkOf.FindString(string(text))
			}
		}
		return link != ""
	})
	return link
}

// clean does what the customer should: all but the welcome page goes.
func clean(t *testing.T, root string) {
	t.Helper()
	entries, err := os.ReadDir(root)
	if err != nil || len(entries) < 2 {
		t.Fatalf("the site holds %v, %v", entries, err)
	}
	for _, e := range entries {
		if e.Name() == "welcome.html" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(root, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
}

// download fetches with the cookies of the browser.
func download(t *testing.T, b *browsertest.Browser, address, file string) {
	t.Helper()
	text := browsertest.Ask[string](t, b, fmt.Sprintf(`fetch(%q).then(async (r) => { if (!r.ok) throw new Error(r.status);
		return btoa([...new Uint8Array(await r.arrayBuffer())].map((c) => String.fromCharCode(c)).join("")) })`, address))
	content, err := base64.StdEncoding.DecodeString(text)
	if err == nil {
		err = os.WriteFile(file, content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
