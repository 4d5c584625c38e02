package console_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"candor"
	"candor/internal/consent"
	"candor/internal/house"
	"candor/internal/web/browsertest"
	"candor/internal/web/webtest"
)

func signIn(t *testing.T, b *browsertest.Browser, w *world) {
	t.Helper()
	b.Run(t, "sign in", chromedp.Navigate(w.URL+"/account"), browsertest.Wants(`document.getElementById("mail")`), browsertest.Keys("#mail", "analyst@example.net"), browsertest.Keys("#password", webtest.Password+"\r"),
		browsertest.Wants(`location.pathname === "/account" && document.readyState === "complete"`))
}

// TestBehaviour uses the pages as an analyst does: keys in the list, a bulk
// step, a dialog, a task that is ticked, and a response that is approved.
func TestBehaviour(t *testing.T) {
	b, w := browsertest.Open(t, browsertest.Errors), newWorld(t)
	w.agree(t, w.Party.ID)
	one, _ := w.File(t, w.PartyAsset, webtest.Shell(w.PartyAsset, "a.php")), w.File(t, w.OtherAsset, webtest.Shell(w.OtherAsset, "b.php"))
	signIn(t, b, w)
	key := func(k string) browsertest.Step {
		return browsertest.Does(fmt.Sprintf(`(document.activeElement || document.body).dispatchEvent(new KeyboardEvent("keydown", {key: %q, bubbles: true, cancelable: true}))`, k))
	}
	b.Run(t, "select with keys", chromedp.Navigate(w.URL+"/cases"), key("j"), key("x"), key("j"), key("x"), browsertest.Wants(`document.querySelector(".bulk.is-active").innerText.includes("2 selected")`))
	b.Run(t, "assign them", browsertest.Click(`.bulk button[value="me"]`), browsertest.Says("2 cases were assigned"))
	b.Run(t, "open with a key", browsertest.Wants(`document.readyState === "complete"`), key("j"), key("o"), browsertest.Wants(`location.pathname.startsWith("/cases/") && document.readyState === "complete"`))
	b.Run(t, "tick a task", chromedp.Navigate(w.URL+"/cases/"+string(one.ID)), browsertest.Click(`input[name="done"]`), browsertest.Says("Test analyst, just now"))
	b.Run(t, "untick it", browsertest.Wants(`document.querySelector("input[name=done]").checked && !document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling")`), browsertest.Click(`input[name="done"]`), browsertest.Wants(`!document.body.innerText.includes("Test analyst, just now")`))
	b.Run(t, "change the state", browsertest.Click(`a[data-dialog="ask-state"]`), browsertest.Wants(`document.querySelector("dialog[open]")`), browsertest.Click("#state-contained"), browsertest.Click("dialog[open] .button-primary"), browsertest.Says(one.Label()+": Contained"))
	b.Run(t, "propose", chromedp.Navigate(w.URL+"/cases/"+string(one.ID)+"/propose?method=quarantine"), browsertest.Click(".confirm .button-primary"), browsertest.Says("waits for approval"))
	b.Run(t, "approve", browsertest.Click(`a[data-dialog="ask-approve"]`), browsertest.Wants(`document.querySelector("dialog[open]")`), browsertest.Click("dialog[open] .button-destructive"), browsertest.Says("It is done in a moment"))
}

// TestLook opens all pages on a phone; with -shots also wide, light and in
// Chinese. Nothing may be wider than the screen or against the policy, and no
// page of 50 rows may be larger than 100 KB.
func TestLook(t *testing.T) {
	b, w, bare := browsertest.Open(t, browsertest.Errors), newWorld(t), newWorld(t)
	signIn(t, b, bare)
	look(t, b, bare, map[string]string{"today-blind": "/today"})
	bare.scanned(t)
	look(t, b, bare, map[string]string{"today-empty": "/today", "cases-empty": "/cases", "responses-empty": "/responses", "cases-none": "/cases?q=zzz"})
	signIn(t, b, w)
	all := w.seed(t, seeded())
	w.scans(t)
	c := all[len(all)-3]
	by := w.Who(candor.RoleAnalyst)
	check(t, w.House.Comment(t.Context(), by, c.ID, "Called the customer. They will look at it this afternoon.\nThe FTP password is two years old.", false))
	check(t, w.House.Comment(t.Context(), by, c.ID, "请先更改 FTP 密码，然后删除该文件。", true))
	check(t, w.House.Aware(t.Context(), by, c.ID, w.Clock().Add(-2*time.Hour)))
	check(t, w.House.Link(t.Context(), by, c.ID, all[3].ID))
	w.agree(t, c.Party)
	x, err := w.House.ProposeFor(t.Context(), by, house.Proposal{Case: c.ID, Method: "quarantine", Reason: "The page collects passwords of a bank’s customers.", Expires: w.Clock().Add(14 * 24 * time.Hour)})
	check(t, err)
	_, err = w.House.ProposeFor(t.Context(), by, house.Proposal{Case: all[0].ID, Method: "notify"})
	check(t, err)
	v, err := w.House.Case(t.Context(), by, c.ID)
	check(t, err)
	asked, err := w.House.AskAboutTerms(t.Context(), w.Who(candor.RoleCustomer), consent.Question{Kind: consent.Complains, Document: "hosting-terms", Clause: "fees", Text: "Why do I pay for a site that is suspended?\n我该向谁申诉？"})
	check(t, err)
	for _, path := range []string{"/cases", "/estate", "/findings", "/responses", "/cases/" + string(c.ID), "/today", "/findings?state=open&class=fraud/phishing"} {
		if n := len(w.get(t, path)); n > 100_000 {
			t.Errorf("%s has %d bytes", path, n)
		} else {
			t.Logf("%s has %d bytes", path, n)
		}
	}
	w.lateAndAgents(t, v.Findings[0])
	look(t, b, w, map[string]string{"today": "/today", "cases": "/cases?open=yes", "cases-filtered": "/cases?open=yes&state=new&severity=high&sort=due", "case": "/cases/" + string(c.ID),
		"asked": "/cases/" + string(asked.ID), "asked-list": "/cases?incident=no",
		"state": "/cases/" + string(c.ID) + "/state", "propose": "/cases/" + string(c.ID) + "/propose?method=quarantine", "aware": "/cases/" + string(c.ID) + "/aware",
		"findings": "/findings?state=open", "finding": "/findings/" + string(v.Findings[0].ID), "estate": "/estate", "content": "/estate/content/" + v.Findings[0].SHA256, "content-dismiss": "/estate/content/" + v.Findings[0].SHA256 + "/dismiss", "late": "/estate/late", "responses": "/responses", "response": "/responses/" + string(x.ID),
		"approve": "/responses/" + string(x.ID) + "/approve", "search": "/search?q=hofstaetter", "bulk": "/cases/bulk?do=state&back=/cases&id=" + string(all[1].ID) + "&id=" + string(all[2].ID)})
}

// seeded is how many cases there are: enough for pages of 50 rows.
func seeded() int {
	if !browsertest.Shots() {
		return 110
	}
	return 200
}

type view struct {
	language, scheme string
	width            int64
}

// views are the one in which most goes wrong, or all of them for pictures.
func views() (all []view) {
	if !browsertest.Shots() {
		return []view{{"zh", "dark", 390}}
	}
	return []view{{"en", "light", 1600}, {"en", "dark", 390}, {"zh", "light", 390}, {"zh", "dark", 1600}}
}

func look(t *testing.T, b *browsertest.Browser, w *world, pages map[string]string) {
	t.Helper()
	for name, path := range pages {
		for _, v := range views() {
			name := fmt.Sprintf("%s-%s-%s-%d", name, v.language, v.scheme, v.width)
			and := "?"
			if strings.Contains(path, "?") {
				and = "&"
			}
			b.Run(t, name, chromedp.EmulateViewport(v.width, 900), browsertest.Prefers(v.scheme), chromedp.Navigate(w.URL+path+and+"language="+v.language),
				browsertest.Wants(`document.readyState === "complete" && document.documentElement.scrollWidth <= innerWidth`))
			b.Accessible(t, name, browsertest.Axe(t))
			b.Picture(t, name)
		}
	}
}
