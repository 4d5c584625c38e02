package office_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/store"
)

// TestEnrol makes a token and shows it once, with the command that uses it.
func TestEnrol(t *testing.T) {
	w := newWorld(t)
	admin := w.As(candor.RoleAdmin)
	site := w.asset
	site.Server, site.Roots = w.server.ID, []string{"/srv/sites/one/public", "/srv/sites/two/public", "/home/it's/www"}
	if err := w.House.Store.Tx(t.Context(), func(tx *store.Tx) error { return tx.ChangeAsset(t.Context(), site, time.Time{}) }); err != nil {
		t.Fatal(err)
	}
	if page := w.Get(t, admin, "/agents/new?server="+string(w.server.ID)).Text(); !strings.Contains(page, `value="web1.example.net (W-1)"`) {
		t.Error("the server is not filled in")
	}
	for _, word := range []string{"web1.example.net (W-1)", "W-1", "WEB1.example.net", string(w.server.ID)} {
		a := w.Post(t, admin, "/agents/new", url.Values{"server": {word}})
		page := html.UnescapeString(a.Text())
		found := regexp.MustCompile(`<code[^>]*>(candor agent [^<]*)`).FindStringSubmatch(page)
		if a.Status != http.StatusOK || found == nil {
			t.Fatalf("%s: %d", word, a.Status)
		}
		words := strings.Fields(found[1])
		if !strings.HasSuffix(words[3], ":8443") || strings.HasPrefix(words[3], "0.0.0.0") || !strings.HasPrefix(words[5], "candor-agent.") {
			t.Errorf("the command is %s", found[1])
		}
		if rest := strings.Join(words[6:], " "); rest != `--root '/home/it'\''s' --root /srv/sites/one --root /srv/sites/two` {
			t.Errorf("the roots are %s", rest)
		}
	}
	tokens, err := w.House.AgentTokens(t.Context(), w.Who(candor.RoleAdmin))
	if err != nil || len(tokens) != 5 || tokens[0].Asset != w.server.ID || tokens[0].By != w.Who(candor.RoleAdmin).Actor() {
		t.Errorf("tokens: %+v, %v", tokens, err)
	}
	if page := w.Get(t, admin, "/agents").Text(); strings.Contains(page, "candor-agent.") {
		t.Error("a token is shown again")
	}
	for word, why := range map[string]string{"": "no such server", "nowhere": "no such server", w.asset.Name: "no such server", string(w.asset.ID): "is no server"} {
		if a := w.Post(t, admin, "/agents/new", url.Values{"server": {word}}); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Text(), why) {
			t.Errorf("%q: %d", word, a.Status)
		}
	}
}

// TestDeaf offers nothing where agents would find nobody.
func TestDeaf(t *testing.T) {
	w := newWorldAt(t, "")
	admin := w.As(candor.RoleAdmin)
	page := w.Get(t, admin, "/agents").Text()
	if !strings.Contains(page, "Agents are not answered") || strings.Contains(page, `href="/agents/new"`) {
		t.Error("it offers to enrol agents")
	}
	if a := w.Post(t, admin, "/agents/new", url.Values{"server": {"W-1"}}); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("a token was made: %d", a.Status)
	}
}

// TestAgents lists agents, and retires one; what was used or taken back works
// no longer.
func TestAgents(t *testing.T) {
	w := newWorld(t)
	admin := w.As(candor.RoleAdmin)
	page := w.Get(t, admin, "/agents").Text()
	for _, want := range []string{"web1.example.net", "Listens", "1.4.0", "12", "34", "Not those in use", "/agents/" + string(w.agent.ID) + "/retire", "/agents/tokens/" + w.spare + "/revoke"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if page := w.Get(t, w.As(candor.RoleAuditor), "/agents").Text(); strings.Contains(page, "/retire") || strings.Contains(page, "/revoke") || strings.Contains(page, "/agents/new") {
		t.Error("an auditor is offered what only administrators may")
	}
	w.At(w.Clock().Add(10 * time.Minute))
	if page := w.Get(t, admin, "/agents").Text(); !strings.Contains(page, "Silent") {
		t.Error("an agent that was not heard of is not called silent")
	}
	if page := w.Get(t, admin, "/assets/"+string(w.server.ID)).Text(); !strings.Contains(page, "Silent") || !strings.Contains(page, "/agents/new?server="+string(w.server.ID)) {
		t.Error("the page of the server does not tell of its agent")
	}
	for range 2 { // twice is once
		if a := w.Post(t, admin, "/agents/"+string(w.agent.ID)+"/retire", url.Values{}); a.Status != http.StatusSeeOther {
			t.Errorf("retire: %d", a.Status)
		}
	}
	if a, err := w.House.Store.Agent(t.Context(), w.agent.ID); err != nil || a.State != candor.AgentRevoked {
		t.Errorf("the agent is %s, %v", a.State, err)
	}
	if page := w.Get(t, admin, "/agents?state=revoked").Text(); !strings.Contains(page, "web1.example.net") {
		t.Error("it is not among the retired")
	}
	if a := w.Post(t, admin, "/agents/tokens/"+w.spare+"/revoke", url.Values{}); a.Status != http.StatusSeeOther {
		t.Errorf("a token is taken back: %d", a.Status)
	}
	err := w.House.Store.Tx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.UseAgentToken(t.Context(), w.spare, w.Clock())
		return err
	})
	if err == nil {
		t.Error("a token that was taken back works")
	}
}

// TestSiteOnServer puts a site onto a server by the form, and takes it off again.
func TestSiteOnServer(t *testing.T) {
	w := newWorld(t)
	analyst, path := w.As(candor.RoleAnalyst), "/assets/"+string(w.asset.ID)+"/edit"
	owner := w.party.Name
	if w.party.Reference != "" {
		owner += " (" + w.party.Reference + ")"
	}
	send := func(server, root string) (int, candor.Asset) {
		a := w.Post(t, analyst, path, url.Values{"name": {w.asset.Name}, "owner": {owner}, "server": {server}, "roots": {root}})
		kept, err := w.House.Store.Asset(t.Context(), candor.Everything, w.asset.ID)
		if err != nil {
			t.Fatal(err)
		}
		return a.Status, kept
	}
	if status, kept := send("W-1", "/anywhere/www"); status != http.StatusSeeOther || kept.Server != w.server.ID {
		t.Errorf("onto the server: %d, %+v", status, kept)
	}
	if page := w.Get(t, analyst, path).Text(); !strings.Contains(page, `value="web1.example.net (W-1)"`) {
		t.Error("the form has not kept the server")
	}
	if page := w.Get(t, analyst, "/assets/"+string(w.asset.ID)).Text(); !strings.Contains(page, "/assets/"+string(w.server.ID)) {
		t.Error("the page of the site does not name its server")
	}
	if status, kept := send("nowhere", "/anywhere/www"); status != http.StatusUnprocessableEntity || kept.Server != w.server.ID {
		t.Errorf("onto no server: %d, %+v", status, kept)
	}
	if status, kept := send("", "/srv/www"); status != http.StatusSeeOther || kept.Server != "" {
		t.Errorf("off the server: %d, %+v", status, kept)
	}
	if page := w.Get(t, analyst, "/assets/new?kind=server").Text(); !strings.Contains(page, `<option value="server" selected`) {
		t.Error("a server cannot be added")
	}
}
