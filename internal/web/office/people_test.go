package office_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"candor"
	"candor/internal/web"
)

var invitedLink = regexp.MustCompile(`http://localhost:\d+(/(?:invited|reset)/[^"< ]+)`)

func TestInvite(t *testing.T) {
	w := newWorld(t)
	admin := w.As(candor.RoleAdmin)
	f := url.Values{"name": {evil}, "mail": {"nora@@example"}, "role": {"king"}, "zone": {"Nowhere"}}
	a := w.Post(t, admin, "/people/new", f)
	has(t, a, http.StatusUnprocessableEntity, "Write the address as name@example.com.", "Choose one of the list.", "There is no such time zone", "nora@@example")
	inert(t, a, "the form that came back")
	f.Set("mail", "nora@example.net")
	f.Set("role", "auditor")
	f.Set("zone", "")

	a = w.Post(t, admin, "/people/new", f) // the mail server is away
	has(t, a, http.StatusOK, "shown only this once", "Invited")
	inert(t, a, "the page with the link")
	link := invitedLink.FindStringSubmatch(a.Text())
	if link == nil || !strings.HasPrefix(link[1], web.InvitedPath) {
		t.Fatalf("no link is shown: %v", link)
	}
	if fresh := w.Stranger(); w.Post(t, fresh, link[1], url.Values{"password": {"violet anchors hum at noon"}}).Status != http.StatusSeeOther {
		t.Error("the link lets nobody in")
	}
	u, err := w.House.Store.Access().UserByMail(t.Context(), "nora@example.net")
	if err != nil || u.Role != candor.RoleAuditor {
		t.Fatalf("%+v, %v", u, err)
	}
	path := "/people/" + string(u.ID)
	again := w.Get(t, admin, path)
	if strings.Contains(again.Text(), link[1]) {
		t.Error("the link is shown twice")
	}
	has(t, w.Post(t, admin, "/people/new", f), http.StatusUnprocessableEntity, "Somebody has this address already")

	w.mails = true
	f.Set("mail", "max@example.net")
	has(t, w.led(t, candor.RoleAdmin, "/people/new", f), http.StatusOK, "The invitation was mailed")
	if len(w.invited) != 1 || !strings.HasPrefix(w.invited[0], w.URL+web.InvitedPath) {
		t.Errorf("mailed: %v", w.invited)
	}
	// Who has a password gets a link to choose another one, which is never mailed from here.
	has(t, w.Post(t, admin, path+"/invite", nil), http.StatusOK, "chooses another password", web.ResetPath)
	if len(w.invited) != 1 {
		t.Error("a reset was mailed as an invitation")
	}
}

func TestInviteCustomer(t *testing.T) {
	w := newWorld(t)
	page := w.Get(t, w.As(candor.RoleAdmin), "/people/new?party="+string(w.party.ID))
	has(t, page, http.StatusOK, "acme", `value="li@acme.example"`, "nothing else")
	if strings.Contains(page.Text(), `name="role"`) {
		t.Error("a customer could be given a role of the staff")
	}
	f := url.Values{"name": {"Li"}, "mail": {"li@acme.example"}, "party": {string(w.party.ID)}, "role": {"admin"}}
	has(t, w.Post(t, w.As(candor.RoleAdmin), "/people/new", f), http.StatusOK, "Give this link to Li")
	u, err := w.House.Store.Access().UserByMail(t.Context(), "li@acme.example")
	if err != nil || u.Role != candor.RoleCustomer || u.Party != w.party.ID {
		t.Errorf("%+v, %v", u, err)
	}
	has(t, w.Get(t, w.As(candor.RoleAnalyst), "/parties/"+string(w.party.ID)), http.StatusOK, "li@acme.example")
	f.Set("party", "nobody")
	if a := w.Post(t, w.As(candor.RoleAdmin), "/people/new", f); a.Status != http.StatusNotFound {
		t.Errorf("a party that is none: %d", a.Status)
	}
}

func TestLastAdminStays(t *testing.T) {
	w := newWorld(t)
	admin, path := w.As(candor.RoleAdmin), "/people/"+string(w.People[candor.RoleAdmin].ID)
	has(t, w.Get(t, admin, path+"/disable"), http.StatusOK, "This is you")
	has(t, w.led(t, candor.RoleAdmin, path+"/disable", nil), http.StatusOK, "No administrator would be left.")
	a := w.Post(t, admin, path+"/edit", url.Values{"name": {"Ada"}, "role": {"analyst"}})
	has(t, a, http.StatusUnprocessableEntity, "No administrator would be left.", `value="analyst" checked`)
	if u, err := w.House.Store.Access().User(t.Context(), w.People[candor.RoleAdmin].ID); err != nil || u.Role != candor.RoleAdmin || u.Disabled {
		t.Errorf("%+v, %v", u, err)
	}
}

func TestPersonIsChanged(t *testing.T) {
	w := newWorld(t)
	u := w.People[candor.RoleAnalyst]
	path, admin := "/people/"+string(u.ID), w.As(candor.RoleAdmin)
	token := w.token(t)
	has(t, w.Get(t, admin, path), http.StatusOK, "ticket system", "Sign out everywhere", "analyst@example.net")
	has(t, w.led(t, candor.RoleAdmin, path+"/tokens/"+string(token.ID)+"/revoke", nil), http.StatusOK, "was revoked", "Revoked")
	has(t, w.led(t, candor.RoleAdmin, path+"/sessions/end", nil), http.StatusOK, "was signed out everywhere", "Nowhere")
	if a := w.Get(t, w.As(candor.RoleAnalyst), "/sites"); a.Status != http.StatusSeeOther {
		t.Errorf("the analyst is still signed in: %d", a.Status)
	}
	w.settle(t)
	page, err := w.House.Store.Records(t.Context(), candor.RecordFilter{Kind: candor.RecordAccess, Subject: u.ID}, candor.Cut{})
	if err != nil || !slices.ContainsFunc(page.Items, func(r candor.Logged) bool {
		return r.Actor == w.Who(candor.RoleAdmin).Actor() && strings.Contains(string(r.Body), `"all_sessions":true`)
	}) {
		t.Errorf("nothing tells who signed them out: %+v, %v", page.Items, err)
	}
	has(t, w.led(t, candor.RoleAdmin, path+"/edit", url.Values{"name": {evil}, "role": {"auditor"}, "language": {"zh"}}), http.StatusOK, "Auditor", evil)
	inert(t, w.Get(t, admin, "/people"), "the list")
	has(t, w.led(t, candor.RoleAdmin, path+"/disable", nil), http.StatusOK, "can no longer sign in", "Disabled", "Enable")
	has(t, w.led(t, candor.RoleAdmin, path+"/enable", nil), http.StatusOK, "can sign in again")
	// Others see the person, and neither sessions nor tokens.
	seen := w.Get(t, w.As(candor.RoleAuditor), path)
	has(t, seen, http.StatusOK, "Administrators see where")
	if strings.Contains(seen.Text(), "ticket system") {
		t.Error("an auditor sees tokens")
	}
}
