package e2e

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"candor"
	"candor/internal/web/browsertest"
)

// mailTo waits for a mail to somebody in which there is a link, and gives it.
func mailTo(t *testing.T, data, address string, link *regexp.Regexp) (found string) {
	t.Helper()
	eventually(t, "a mail comes to "+address, time.Minute, func() bool {
		files, err := filepath.Glob(filepath.Join(data, "mail", "*.txt"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "To: "+address) && link.Match(text) {
				found = link.FindString(string(text))
			}
		}
		return found != ""
	})
	return found
}

var invitedLink = regexp.MustCompile(`http://\S+/invited/\S+`)

// typeInto puts a text into a field as a person who pastes it would.
func typeInto(selector, text string) browsertest.Step {
	return browsertest.Does(fmt.Sprintf(`document.querySelector(%q).value = %q`, selector, text))
}

// press clicks on what a CSS selector finds, once it is there.
func press(selector string) browsertest.Step {
	there := fmt.Sprintf(`document.querySelector(%q)`, selector)
	return func(ctx context.Context, t *chromedp.Target) (none chromedp.Void, err error) {
		if _, err = browsertest.Wants(`document.readyState === "complete" && `+there)(ctx, t); err == nil {
			_, err = browsertest.Does(there+".click()")(ctx, t)
		}
		return none, err
	}
}

// opened waits until a page whose path begins so is there.
func opened(path string) browsertest.Step {
	return browsertest.Wants(fmt.Sprintf(`location.pathname.startsWith(%q) && document.readyState === "complete"`, path))
}

// invite has the staff invite somebody of a party, who then chooses a password.
func invite(t *testing.T, staff *browsertest.Browser, url, data, party, name, mail string) *browsertest.Browser {
	t.Helper()
	staff.Run(t, "invite "+name, chromedp.Navigate(url+party), press(`main a[href^="/people/new?party="]`), opened("/people/new"),
		typeInto("#name", name), typeInto("#mail", mail), press(`main form .button-primary`), browsertest.Wants(`location.pathname !== "/people/new" && document.readyState === "complete"`))
	b := browsertest.Open(t, browsertest.Errors)
	b.Run(t, name+" accepts", chromedp.Navigate(mailTo(t, data, mail, invitedLink)), browsertest.Keys("#password", password+"\r"), browsertest.At("/my"))
	return b
}

// steps are those in which a notice is written.
var steps = []string{"who", "data", "code", "others", "storage", "choice"}

// TestConsentJourney goes in a real browser from an invitation to a site that is
// live: a notice is drafted, terms are accepted, the gate refuses with reasons,
// what is missing is mended.
func TestConsentJourney(t *testing.T) {
	staff := browsertest.Open(t, browsertest.Errors)
	data := filepath.Join(t.TempDir(), "data")
	p := start(t, "--sample", "--data", data)
	staff.Run(t, "the first administrator", chromedp.Navigate(p.first(t)), browsertest.Keys("#name", "Ada Admin"), browsertest.Keys("#mail", "ada@provider.example"),
		browsertest.Keys("#password", password+"\r"), browsertest.At("/today"))
	staff.Run(t, "find the customer", chromedp.Navigate(p.URL+"/parties?q=Northwind"), press(`main td a[href^="/parties/"]`), opened("/parties/"))
	party := browsertest.Ask[string](t, staff, `location.pathname`)
	b := invite(t, staff, p.URL, data, party, "Nora North", "nora@northwind-cycling.example")
	b.Picture(t, "consent-my")

	b.Run(t, "begin a notice", press(`a[href="/my/notices"]`), browsertest.At("/my/notices"), press(`input[name="sites"]`),
		press(`form[action="/my/notices"] .button-primary`), opened("/my/notices/"))
	notice := browsertest.Ask[string](t, b, `location.pathname`)
	b.Picture(t, "consent-notice")
	b.Run(t, "step by step", press(`main ol.steps a`))
	for i, step := range steps {
		next := notice
		if i+1 < len(steps) {
			next += "/edit/" + steps[i+1]
		}
		b.Run(t, step, browsertest.At(notice+"/edit/"+step), browsertest.Does(`document.querySelectorAll('input[name$="/storage_locations"]').forEach((f) => f.value = "ca")`))
		b.Picture(t, "consent-step-"+step)
		b.Run(t, "after "+step, press(`form button[value="next"]`), browsertest.At(next))
	}
	b.Run(t, "nothing is left to say", browsertest.Says("Not published yet"), browsertest.Wants(`document.querySelector('form[action$="/publish"]')`))

	for _, title := range []string{"Acceptable use", "Hosting terms"} {
		link := fmt.Sprintf(`[...document.querySelectorAll("main section")].find((s) => s.querySelector("h2")?.innerText === %q).querySelector('a[href*="/terms/"]')`, title)
		b.Run(t, "read "+title, chromedp.Navigate(p.URL+"/my/agreements"), browsertest.Says("not answered yet"), browsertest.Does(link+".click()"), opened("/my/agreements/terms/"))
		b.Picture(t, "consent-terms")
		b.Run(t, "agree", press(`button[value="agreed"]`), opened("/my/agreements/receipts/"), browsertest.Says("You agreed to “"+title+"”"))
	}
	b.Picture(t, "consent-receipt")

	b.Run(t, "ask to go live", chromedp.Navigate(p.URL+"/my"), press(`main a[href^="/my/sites/"]`), opened("/my/sites/"), press(`form[action$="/ask"] button`),
		browsertest.Says("something is still missing"), browsertest.Says("Write the notice and publish it."))
	gate := browsertest.Ask[string](t, b, `location.pathname`)
	b.Picture(t, "consent-refused")
	b.Run(t, "the reason leads to the notice", press(`main a[href="/my/notices"]`), browsertest.At("/my/notices"), press(`main a[href="`+notice+`"]`), browsertest.At(notice),
		press(`form[action$="/publish"] .button-primary`), browsertest.Says("Version 1 was published on"))
	b.Run(t, "nobody has seen it served", chromedp.Navigate(p.URL+gate), press(`form[action$="/check"] button`), browsertest.Says("something is still missing"))
	b.Picture(t, "consent-unseen")

	asset := strings.TrimPrefix(gate, "/my/sites/")
	staff.Run(t, "the staff sees why", chromedp.Navigate(p.URL+"/gate?state=checking"), browsertest.Says("northwind-cycling.example"), press(`main td a[href="/gate/`+asset+`"]`), browsertest.At("/gate/"+asset))
	staff.Picture(t, "consent-gate")
	staff.Run(t, "and waives", press(`main a[href$="/waive"], .page-head a[href$="/waive"]`), opened("/gate/"+asset+"/waive"),
		browsertest.Does(`const c = document.querySelector("#check"); c.value = "notice"`), browsertest.Keys("#reason", "The site moves to us on Friday."),
		typeInto("#until", time.Now().AddDate(0, 0, 20).Format(time.DateOnly)), press(`form .button-primary`), browsertest.At("/gate/"+asset))
	b.Run(t, "live", reload(gate, `document.body.innerText.includes("Your site is live")`))
	b.Picture(t, "consent-live")
	staff.Run(t, "the staff sees it", chromedp.Navigate(p.URL+"/gate?state=live"), browsertest.Says("northwind-cycling.example"))
	takeBack(t, p, staff, data)
}

// warnings are terms by which a subscriber may be written to only who chose that.
const warnings = `schema: terms-1
document: line-warnings
kind: subscriber-terms
version: "1"
effective: 2026-01-01T00:00:00Z
languages: [en]
provider: {name: Provider, contact: "https://provider.example/help"}
title: {en: Warnings about your line}
summary: {en: "You choose whether we write to you when your line takes part in an attack."}
clauses:
  - id: control
    serves: [2.1b, 2.1c]
    heading: {en: Your choice}
    text:
      en: |
        You say yes or no in one step. You can change your mind at any time, on your page of agreements. To contest what we did, call us.
  - id: warn
    optional: true
    allows: [notify]
    heading: {en: Warnings by mail}
    text:
      en: |
        We write to you when your line takes part in an attack. It ends as soon as you say so.
`

// takeBack has a subscriber agree, and take back the clause that allows a
// response with the receipt's link, without an account: the next one is refused,
// and the console says why.
func takeBack(t *testing.T, p *program, staff *browsertest.Browser, data string) {
	t.Helper()
	staff.Run(t, "new terms", chromedp.Navigate(p.URL+"/terms/new"), typeInto("#text", warnings), press(`form[method="post"] .button-primary`),
		browsertest.Wants(`/^\/terms\/[0-9a-f-]{36}$/.test(location.pathname) && document.readyState === "complete"`))
	staff.Run(t, "publish them", press(`a[href$="/publish"]`), browsertest.Wants(`document.querySelector("dialog[open]") || location.pathname.endsWith("/publish")`),
		press(`dialog[open] .button-primary, dialog[open] .button-destructive, main form .button-primary`), browsertest.Says("Published"))
	const who = "tomas@vega.example"
	owner := post(t, staff, p.URL+"/api/v1/parties", `{"kind":"subscriber","name":"Tomás Vega","language":"en","contacts":[{"channel":"mail","address":"`+who+`"}]}`)
	line := post(t, staff, p.URL+"/api/v1/assets", `{"kind":"line","owner":"`+owner+`","name":"Line L-3001","reference":"L-3001"}`)
	b := invite(t, staff, p.URL, data, "/parties/"+owner, "Tomás Vega", who)
	b.Picture(t, "consent-subscriber")
	b.Run(t, "say yes, and to warnings", press(`main a[href^="/my/agreements/terms/"]`), opened("/my/agreements/terms/"), chromedp.Navigate(p.URL+"/my"),
		browsertest.Does(`[...document.querySelectorAll('main a')].find((a) => a.innerText === "Warnings about your line").click()`), opened("/my/agreements/terms/"),
		press(`input[name="choice"][value="warn"]`), press(`button[value="agreed"]`), opened("/my/agreements/receipts/"), browsertest.Says("You agreed to “Warnings about your line”"))
	link := mailTo(t, data, who, controlLink) // of the receipt

	first := attack(t, p, staff, line, candor.InfectedSystem)
	const notify = `[...document.querySelectorAll('main a[href^="/responses/"]')].find((a) => a.innerText === "Notify the customer")`
	staff.Run(t, "the party may be written to", reload(first, notify), browsertest.Does(notify+".click()"), opened("/responses/"), browsertest.Says("line-warnings"),
		press(`a[data-dialog="ask-approve"]`), press("dialog[open] .button-primary, dialog[open] .button-destructive"), browsertest.Says("It is done in a moment"))
	mailTo(t, data, who, caseLink)

	stranger := browsertest.Open(t, browsertest.Errors)
	stranger.Run(t, "take the clause back, with no account", chromedp.Navigate(link), browsertest.Says("Warnings by mail"))
	stranger.Picture(t, "consent-link")
	stranger.Run(t, "in one step", press(`form:has(input[name="clause"][value="warn"]) button`), browsertest.Says("You took back clauses of “Warnings about your line”"))
	stranger.Picture(t, "consent-taken")

	second := attack(t, p, staff, line, candor.Phishing)
	staff.Run(t, "the next is refused, and the case says why", reload(second, `document.body.innerText.includes("took back its agreement to line-warnings 1, clause warn")`))
	staff.Picture(t, "consent-case")
	staff.Run(t, "nobody can propose it either", chromedp.Navigate(p.URL+second+"/propose?method=notify"), browsertest.Says("Notify the customer: Tomás Vega?"))
	staff.Picture(t, "consent-propose")
	staff.Run(t, "the reason is told", press(`main form .button-primary, main form .button-destructive`), browsertest.Says("took back its agreement to line-warnings 1, clause warn"))
	staff.Picture(t, "consent-denied")
	askOfTerms(t, p, staff, stranger, data, who, link)
}

var answerSubject = regexp.MustCompile(`Our answer to what you asked \(C-[0-9]+\)`)

// askOfTerms has the holder of the link complain; the staff answers from the case,
// which closes it; the answer does not do, and the case is open again.
func askOfTerms(t *testing.T, p *program, staff, b *browsertest.Browser, data, who, link string) {
	t.Helper()
	b.Run(t, "complain", chromedp.Navigate(link), press("details:has(#question) summary"), press(`input[name="kind"][value="complaint"]`), typeInto("#question", "Why was I written to on a Sunday?"),
		press(`form:has(#question) button`), browsertest.Says("Your question reached us"), browsertest.Says("We answer by"))
	staff.Run(t, "it is among the cases", chromedp.Navigate(p.URL+"/cases?incident=no&open=yes&sort=-opened"), browsertest.Says("Complaint about terms"), press(`main td a[href^="/cases/"]`), opened("/cases/"),
		browsertest.Says("Why was I written to on a Sunday?"), browsertest.Says("Answer to what is asked about terms"))
	staff.Picture(t, "consent-asked")
	kase := browsertest.Ask[string](t, staff, `location.pathname`)
	staff.Run(t, "answer it", typeInto("#reply", "The attack was on a Sunday."), press("#reply-form button"), browsertest.Says("The answer was given, and the case is closed"))
	mailTo(t, data, who, answerSubject)
	b.Run(t, "the answer stands where it was asked", chromedp.Reload(), browsertest.Says("The attack was on a Sunday."))
	b.Run(t, "it does not do", press(`details:has(textarea[name^="again-"]) summary`), browsertest.Does(`document.querySelector('textarea[name^="again-"]').value = "Monday would have done."`),
		press(`form:has(textarea[name^="again-"]) button`), browsertest.Says("You asked again on"))
	staff.Run(t, "the case is open again", reload(kase, `document.body.innerText.includes("Monday would have done.") && document.querySelector("#reply")`))
	staff.Picture(t, "consent-asked-again")
}

var controlLink = regexp.MustCompile(`http://\S+/a/\S+`)

var caseLink = regexp.MustCompile(`http://\S+/c/\S+`)

// attack has a sensor tell of something of a class on a line, and gives the path
// of the case.
func attack(t *testing.T, p *program, staff *browsertest.Browser, line string, class candor.Class) string {
	t.Helper()
	post(t, staff, p.URL+"/api/v1/assets/"+line+"/findings", fmt.Sprintf(`{"sensor":"noc","findings":[{"path":"to 192.0.2.1:25","rule":"Test.%s","class":%q,"severity":"high"}]}`, strings.ReplaceAll(string(class), "/", "."), class))
	staff.Run(t, "a case is opened", chromedp.Navigate(p.URL+"/cases?sort=-opened&asset="+line+"&class="+url.QueryEscape(string(class))), press(`main td a[href^="/cases/"]`), opened("/cases/"))
	return browsertest.Ask[string](t, staff, `location.pathname`)
}

// post sends JSON to the API as whoever is signed in, and gives the identifier of
// what was made.
func post(t *testing.T, b *browsertest.Browser, address, body string) string {
	t.Helper()
	return browsertest.Ask[string](t, b, fmt.Sprintf(`fetch(%q, {method: "POST", headers: {"Content-Type": "application/json"}, body: %q}).then(async (r) => {
		const a = await r.json(); if (!r.ok) throw new Error(JSON.stringify(a)); return a.id || "" })`, address, body))
}
