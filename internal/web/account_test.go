package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/web"
	"candor/internal/web/webtest"
)

func TestSignInAndOut(t *testing.T) {
	w := webtest.New(t)
	c := w.Stranger()
	if a := w.Get(t, c, "/account?x=1"); a.Status != http.StatusSeeOther || a.Location() != "/sign-in?back=%2Faccount%3Fx%3D1" {
		t.Fatalf("a page for those who are signed in: %d %s", a.Status, a.Location())
	}
	form := url.Values{"mail": {"analyst@example.net"}, "password": {"wrong words for this desk"}, "back": {"/account?x=1"}}
	wrong := w.Post(t, c, web.SignIn, form)
	form.Set("mail", "nobody@example.net")
	nobody := w.Post(t, c, web.SignIn, form)
	if wrong.Status != http.StatusUnprocessableEntity || strings.ReplaceAll(wrong.Text(), "analyst@", "nobody@") != nobody.Text() {
		t.Errorf("a wrong password (%d) and an unknown mail (%d) are told apart", wrong.Status, nobody.Status)
	}
	form.Set("mail", "Analyst@example.net ")
	form.Set("password", webtest.Password)
	if a := w.Post(t, c, web.SignIn, form); a.Status != http.StatusSeeOther || a.Location() != "/account?x=1" {
		t.Fatalf("the right password: %d %s", a.Status, a.Location())
	}
	if a := w.Get(t, c, "/account"); a.Status != http.StatusOK {
		t.Errorf("after signing in: %d", a.Status)
	}
	form.Set("back", "https://evil.example/")
	if a := w.Post(t, c, web.SignIn, form); a.Location() != "/" {
		t.Errorf("signing in leads to %s", a.Location())
	}
	if a := w.Post(t, c, web.SignOut, url.Values{}); a.Location() != web.SignIn {
		t.Errorf("after signing out: %s", a.Location())
	}
	if a := w.Get(t, c, web.SignIn); !strings.Contains(a.Text(), "You are signed out") {
		t.Error("nobody says that one is signed out")
	}
	if a := w.Get(t, c, "/account"); a.Status != http.StatusSeeOther {
		t.Errorf("after signing out: %d", a.Status)
	}
}

func TestManySignInsWait(t *testing.T) {
	w := webtest.New(t)
	for range 40 {
		a := w.Post(t, w.Stranger(), web.SignIn, url.Values{"mail": {"x@example.net"}, "password": {"y"}})
		if a.Status == http.StatusTooManyRequests {
			if a.Header.Get("Retry-After") == "" {
				t.Error("it is not said when to try again")
			}
			return
		}
	}
	t.Error("one can try for ever")
}

func TestWelcome(t *testing.T) {
	w := webtest.New(t)
	admin := w.Who(candor.RoleAdmin)
	u, secret, err := w.House.Access.Invite(t.Context(), admin, candor.User{Name: "Nora", Mail: "nora@example.net", Role: candor.RoleAnalyst, Language: "zh"})
	if err != nil {
		t.Fatal(err)
	}
	c, path := w.Stranger(), web.LinkPath(access.Invitation, secret)
	if a := w.Get(t, c, path); a.Status != http.StatusOK || !strings.Contains(a.Text(), u.Mail) || !strings.Contains(a.Text(), `lang="zh-Hans"`) {
		t.Errorf("the invitation: %d %s", a.Status, a.Text())
	}
	if a := w.Get(t, c, web.LinkPath(access.Reset, secret)); a.Status != http.StatusGone {
		t.Errorf("an invitation as a reset: %d", a.Status)
	}
	for _, bad := range []string{"", "short", "passwordpassword", strings.Repeat("long words ", 40)} {
		if a := w.Post(t, c, path, url.Values{"password": {bad}}); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Text(), `id="password-error"`) {
			t.Errorf("the password %.20q: %d", bad, a.Status)
		}
	}
	if a := w.Post(t, c, path, url.Values{"password": {webtest.Password}}); a.Status != http.StatusSeeOther {
		t.Errorf("a good password: %d %s", a.Status, a.Text())
	}
	if a := w.Get(t, w.Stranger(), path); a.Status != http.StatusGone {
		t.Errorf("the same link again: %d", a.Status)
	}
	if a := w.Get(t, w.Stranger(), web.FirstPath+w.First); a.Status != http.StatusGone {
		t.Errorf("the first administrator's link again: %d", a.Status)
	}
}

func TestReset(t *testing.T) {
	w := webtest.New(t)
	known := w.Post(t, w.Stranger(), "/reset", url.Values{"mail": {"auditor@example.net"}})
	unknown := w.Post(t, w.Stranger(), "/reset", url.Values{"mail": {"nobody@example.net"}})
	if known.Status != http.StatusOK || known.Text() != unknown.Text() {
		t.Errorf("known (%d) and unknown (%d) mails are told apart", known.Status, unknown.Status)
	}
	address := <-w.Resets
	path := strings.TrimPrefix(address, w.URL)
	if a := w.Post(t, w.Stranger(), path, url.Values{"password": {"another quiet lantern walks"}}); a.Status != http.StatusSeeOther {
		t.Errorf("a reset: %d", a.Status)
	}
	if a := w.Get(t, w.As(candor.RoleAuditor), "/account"); a.Status != http.StatusSeeOther {
		t.Error("the sessions before the reset go on")
	}
	if len(w.Resets) != 0 {
		t.Error("a mail goes to somebody unknown")
	}
}

func TestProfileAndPassword(t *testing.T) {
	w := webtest.New(t)
	c := w.As(candor.RoleCustomer)
	bad := w.Post(t, c, "/account/profile", url.Values{"name": {""}, "zone": {"Mars/Olympus"}, "language": {"fr"}})
	for _, want := range []string{`id="name-error"`, `id="zone-error"`, "Mars/Olympus", `value="fr" selected`} {
		if bad.Status != http.StatusUnprocessableEntity || !strings.Contains(bad.Text(), want) {
			t.Errorf("a bad profile (%d) comes back without %s", bad.Status, want)
		}
	}
	if a := w.Post(t, c, "/account/profile", url.Values{"name": {"Chloé"}, "zone": {"Europe/Paris"}, "language": {"fr"}}); a.Status != http.StatusSeeOther {
		t.Fatalf("a good profile: %d", a.Status)
	}
	if a := w.Get(t, c, "/account"); !strings.Contains(a.Text(), "Enregistré") || !strings.Contains(a.Text(), "Chloé") {
		t.Error("the profile was not kept, or it is not said in the new language")
	}
	for name, form := range map[string]url.Values{
		"present-error":  {"present": {"this is not it at all"}, "password": {"another quiet lantern walks"}},
		"password-error": {"present": {webtest.Password}, "password": {"short"}},
	} {
		if a := w.Post(t, c, "/account/password", form); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Text(), name) {
			t.Errorf("%s: %d", name, a.Status)
		}
	}
	if a := w.Post(t, c, "/account/password", url.Values{"present": {webtest.Password}, "password": {"another quiet lantern walks"}}); a.Status != http.StatusSeeOther {
		t.Errorf("a good password: %d", a.Status)
	}
}

var tokenText = regexp.MustCompile(`candor_[0-9A-Za-z_]{60,}`)

func TestTokens(t *testing.T) {
	w := webtest.New(t)
	c := w.As(candor.RoleAnalyst)
	form := url.Values{"once": {"k"}, "name": {"backup job"}, "scope": {"read"}, "expires": {"2026-03-20"}}
	made := w.Post(t, c, "/account/tokens", form)
	token := tokenText.FindString(made.Text())
	if made.Status != http.StatusOK || token == "" {
		t.Fatalf("making a token: %d %s", made.Status, made.Text())
	}
	if again := w.Post(t, c, "/account/tokens", form); tokenText.MatchString(again.Text()) {
		t.Error("a form that is sent twice makes two tokens")
	}
	page := w.Get(t, c, "/account")
	if strings.Contains(page.Text(), token) || strings.Count(page.Text(), "<strong>backup job</strong>") != 1 {
		t.Error("the account page shows the token, or not its name once")
	}
	with := func(text string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+"/design", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+text)
		return w.Do(t, w.Stranger(), r).Status
	}
	if got := with(token); got != http.StatusOK {
		t.Errorf("with the token: %d", got)
	}
	if got := with(token + "x"); got != http.StatusUnauthorized {
		t.Errorf("with another token: %d", got)
	}
	tokens, err := w.House.Access.Tokens(t.Context(), w.Who(candor.RoleAnalyst), w.Who(candor.RoleAnalyst).User)
	if err != nil || len(tokens) != 1 {
		t.Fatal(tokens, err)
	}
	at := "/account/tokens/" + string(tokens[0].ID) + "/revoke"
	if a := w.Get(t, w.As(candor.RoleCustomer), at); a.Status != http.StatusNotFound {
		t.Errorf("another's token: %d", a.Status)
	}
	if a := w.Post(t, w.As(candor.RoleCustomer), at, url.Values{}); a.Status != http.StatusNotFound {
		t.Errorf("revoking another's token: %d", a.Status)
	}
	if a := w.Get(t, c, at); a.Status != http.StatusOK || !strings.Contains(a.Text(), "backup job") {
		t.Errorf("the question: %d", a.Status)
	}
	w.Post(t, c, at, url.Values{})
	if got := with(token); got != http.StatusUnauthorized {
		t.Errorf("with the revoked token: %d", got)
	}
	if a := w.Post(t, c, "/account/tokens", url.Values{"name": {""}, "expires": {"2020-01-01"}}); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Text(), "token-name-error") {
		t.Errorf("a bad token: %d", a.Status)
	}
}

func TestOldSessionsMayNotAddWaysIn(t *testing.T) {
	w := webtest.New(t)
	c := w.As(candor.RoleAnalyst)
	w.At(w.Clock().Add(2 * time.Hour))
	a := w.Post(t, c, "/account/tokens", url.Values{"name": {"x"}, "scope": {"read"}})
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location(), "/sign-in?again=yes") {
		t.Fatalf("a token two hours after the sign-in: %d %s", a.Status, a.Location())
	}
	if page := w.Get(t, c, a.Location()); page.Status != http.StatusOK || !strings.Contains(page.Text(), "please sign in again") {
		t.Errorf("the page to sign in again: %d", page.Status)
	}
}

func TestSessions(t *testing.T) {
	w := webtest.New(t)
	other := w.Stranger()
	form := url.Values{"mail": {"auditor@example.net"}, "password": {webtest.Password}}
	w.Post(t, other, web.SignIn, form)
	c := w.As(candor.RoleAuditor)
	page := w.Get(t, c, "/account").Text()
	end := regexp.MustCompile(`/account/sessions/[0-9a-f-]{36}/end`).FindAllString(page, -1)
	if len(end) != 1 {
		t.Fatalf("of two sessions %d can be ended", len(end))
	}
	if a := w.Post(t, w.As(candor.RoleAnalyst), end[0], url.Values{}); a.Status != http.StatusNotFound {
		t.Errorf("ending another's session: %d", a.Status)
	}
	w.Post(t, c, end[0], url.Values{})
	if a := w.Get(t, other, "/account"); a.Status != http.StatusSeeOther {
		t.Errorf("the session that was ended: %d", a.Status)
	}
	w.Post(t, other, web.SignIn, form)
	w.Post(t, c, "/account/sessions/end", url.Values{})
	if a := w.Get(t, other, "/account"); a.Status != http.StatusSeeOther {
		t.Errorf("the sessions elsewhere: %d", a.Status)
	}
	if a := w.Get(t, c, "/account"); a.Status != http.StatusOK {
		t.Errorf("the session here: %d", a.Status)
	}
}
