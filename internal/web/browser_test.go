package web_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"candor"
	"candor/internal/access/link"
	"candor/internal/consent"
	"candor/internal/consent/terms"
	"candor/internal/house"
	"candor/internal/web"
	"candor/internal/web/browsertest"
	"candor/internal/web/webtest"
)

// key gives the browser an authenticator that knows its owner.
func key() browsertest.Step {
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
	b, w := browsertest.Open(t, browsertest.Errors), webtest.New(t, mountPortal)
	b.Run(t, "authenticator", key())
	b.Run(t, "sign in", chromedp.Navigate(w.URL+"/account"), browsertest.At(web.SignIn), browsertest.Keys("#mail", "analyst@example.net"), browsertest.Keys("#password", webtest.Password+"\r"), browsertest.At(web.Account))
	b.Run(t, "add a passkey", browsertest.Keys("#passkey-name", "my laptop"), browsertest.Click(`form[data-passkey="create"] button`),
		browsertest.Wants(`document.body.innerText.includes("The passkey was added") && document.body.innerText.includes("my laptop")`))
	b.Run(t, "sign out", browsertest.Does(`document.querySelector('form[action="/sign-out"]').requestSubmit()`), browsertest.At(web.SignIn), browsertest.Wants(`document.body.innerText.includes("You are signed out")`))
	b.Run(t, "sign in by passkey", browsertest.Click(`form[data-passkey="get"] button`), browsertest.At(web.Account), browsertest.Wants(`document.body.innerText.includes("Test analyst")`))
	b.Run(t, "remove it", browsertest.Click(`a[data-dialog^="remove-"]`), browsertest.Wants(`document.querySelector("dialog[open]")`), browsertest.Click("dialog[open] .button-destructive"),
		browsertest.Wants(`document.body.innerText.includes("The passkey was removed")`))
}

// look is a page with who looks at it.
type look struct {
	name, path string
	role       candor.Role
}

// TestLook opens all pages on a phone; with -shots also wide, light and in more
// languages. Nothing may be wider than the screen or against the policy.
func TestLook(t *testing.T) {
	b := browsertest.Open(t, browsertest.Errors)
	w := webtest.New(t, mountAdvised(t))
	c := w.File(t, w.PartyAsset, webtest.Shell(w.PartyAsset, "wp-content/uploads/2026/03/cache-of-thumbnails-and-other-things.php"), webtest.Shell(w.PartyAsset, "x.php"))
	open := w.Link(t, c, w.Party, 24*time.Hour)
	expired := w.Link(t, c, w.Party, -time.Hour)
	_, invited, err := w.House.Access.Invite(t.Context(), w.Who(candor.RoleAdmin), candor.User{Name: "Nora", Mail: "nora@example.net", Role: candor.RoleAnalyst})
	if err != nil {
		t.Fatal(err)
	}
	version, said := agreed(t, w)
	ticket, held := helped(t, w)
	pages := []look{
		{"sign-in", web.SignIn, ""}, {"reset", "/reset", ""}, {"invited", web.InvitedPath + invited, ""}, {"dead", web.InvitedPath + "x", ""}, {"missing", "/nowhere", ""},
		{"link", open, ""}, {"expired", expired, ""}, {"no-link", "/c/x", ""},
		{"report", "/report", ""}, {"abuse", "/abuse", ""}, {"outcome", reportedAbuse(t, w), ""}, {"help", "/help", ""}, {"guide", "/help/amplifier", ""}, {"ticket-link", held, ""},
		{"my", "/my", candor.RoleCustomer}, {"my-abuse", "/abuse", candor.RoleCustomer}, {"my-case", "/my/cases/" + string(c.ID), candor.RoleCustomer}, {"my-account", web.Account, candor.RoleCustomer},
		{"agreements", "/my/agreements", candor.RoleCustomer}, {"terms", "/my/agreements/terms/" + version, candor.RoleCustomer}, {"receipt", "/my/agreements/receipts/" + said, candor.RoleCustomer},
		{"receipts", "/receipts", candor.RoleCustomer},
		{"tickets", "/my/tickets", candor.RoleCustomer}, {"ticket", "/my/tickets/" + ticket, candor.RoleCustomer}, {"ticket-new", "/my/tickets/new", candor.RoleCustomer},
		{"account", web.Account, candor.RoleAdmin}, {"denied", "/my", candor.RoleAdmin},
	}
	var role candor.Role
	for _, p := range pages {
		if p.role != role {
			role = p.role
			b.Run(t, "sign in", chromedp.Navigate(w.URL+web.SignIn+"?again=yes"), browsertest.At(web.SignIn), browsertest.Does(`document.getElementById("mail").value = ""`),
				browsertest.Keys("#mail", string(role)+"@example.net"), browsertest.Keys("#password", webtest.Password+"\r"), browsertest.Wants(`location.pathname !== "/sign-in" && document.readyState === "complete"`))
		}
		for _, v := range views() {
			name := fmt.Sprintf("%s-%s-%s-%d", p.name, v.language, v.scheme, v.width)
			b.Run(t, name, chromedp.EmulateViewport(v.width, 900), browsertest.Prefers(v.scheme), chromedp.Navigate(w.URL+p.path+"?language="+v.language),
				browsertest.Wants(`document.documentElement.scrollWidth <= innerWidth && document.querySelector("main").getBoundingClientRect().left >= 0`))
			b.Accessible(t, name, browsertest.Axe(t))
			b.Picture(t, name)
		}
	}
}

// agreed has the customer agree to terms, and gives both by their IDs.
func agreed(t *testing.T, w *webtest.World) (version, event string) {
	t.Helper()
	text, err := terms.Source("hosting-terms")
	if err != nil {
		t.Fatal(err)
	}
	admin, customer := w.Who(candor.RoleAdmin), w.Who(candor.RoleCustomer)
	draft, problems, err := w.House.SaveTerms(t.Context(), admin, "", text)
	if err != nil {
		t.Fatal(err, problems)
	}
	v, err := w.House.PublishTerms(t.Context(), admin, draft.ID)
	if err != nil {
		t.Fatal(err)
	}
	e, err := w.House.Decide(t.Context(), customer, house.Decision{Terms: v.ID, Act: consent.Agreed, Clauses: []string{"samples"}, Language: "en"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.House.AskAboutTerms(t.Context(), customer, consent.Question{Kind: consent.Complains, Document: v.Document, Text: "Why may you switch my site off?"}); err != nil {
		t.Fatal(err)
	}
	return string(v.ID), string(e.ID)
}

// helped has a ticket of the customer that was answered, and one of anybody with
// its link.
func helped(t *testing.T, w *webtest.World) (ticket, held string) {
	t.Helper()
	ctx := t.Context()
	n := house.NewTicket{Kind: candor.TicketQuestion, Subject: "My shop at shop.acme.example is slow since the last update", Text: "Since Monday it takes ten seconds.\nWhat can I do?"}
	own, err := w.House.OpenTicket(ctx, w.Who(candor.RoleCustomer), n)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.House.AnswerTicket(ctx, w.Who(candor.RoleAnalyst), own.ID, "We moved it to another disk.", candor.TicketSolved); err != nil {
		t.Fatal(err)
	}
	other, err := w.House.ReportSoftware(ctx, house.NewTicket{Text: "It opens windows.", Suspect: candor.Suspect{What: "Super Cleaner Pro", Origin: "https://downloads.example/super-cleaner-pro-setup.exe", Device: "windows", Share: true}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := w.Links.Sign(link.Link{Purpose: link.Ticket, Subject: other.ID, Expires: w.Clock().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return string(own.ID), "/t/" + text
}

type view struct {
	language, scheme string
	width            int64
}

// views are the one in which most goes wrong, or all of them for pictures.
func views() (all []view) {
	if !browsertest.Shots() {
		return []view{{"ar", "dark", 390}}
	}
	for _, tag := range []string{"en", "zh", "ar"} {
		for _, scheme := range []string{"light", "dark"} {
			all = append(all, view{tag, scheme, 390}, view{tag, scheme, 1600})
		}
	}
	return all
}
