package exchange_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/feed"
	"candor/internal/intel/group"
	"candor/internal/intel/stix"
	"candor/internal/intel/taxii"
	"candor/internal/intel/tlp"
	"candor/internal/store"
	"candor/internal/store/storetest"
	"candor/internal/web/exchange"
	"candor/internal/web/webtest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// world is a desk over HTTPS with two partners, each with an account.
type world struct {
	*webtest.World
	tls        *httptest.Server
	one, other partner
	kase       candor.Case
}

// partner is a party with a person, and a token of the person's.
type partner struct {
	party candor.Party
	who   candor.Principal
	token string
}

func newWorld(t *testing.T, s *store.Store) *world {
	t.Helper()
	w := &world{World: webtest.NewOn(t, s, exchange.Mount)}
	w.tls = httptest.NewTLSServer(w.Site.Handler())
	t.Cleanup(w.tls.Close)
	w.one, w.other = w.partner(t, "one", access.ScopeExchange), w.partner(t, "other", access.ScopeExchange)
	w.kase = w.File(t, w.PartyAsset, webtest.Shell(w.PartyAsset, "/x.php"))
	return w
}

func (w *world) partner(t *testing.T, name string, scope string) (p partner) {
	t.Helper()
	var err error
	if p.party, err = w.House.SaveParty(t.Context(), w.Who(candor.RoleAdmin), candor.Party{Kind: candor.Partner, Name: "Partner " + name, Language: "en", TimeZone: "UTC"}); err != nil {
		t.Fatal(err)
	}
	u, secret, err := w.House.Access.Invite(t.Context(), w.Who(candor.RoleAdmin), candor.User{Name: name, Mail: name + "@partner.example", Role: candor.RoleCustomer, Party: p.party.ID, Language: "en"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.House.Access.Redeem(t.Context(), secret, webtest.Password, access.Client{}); err != nil {
		t.Fatal(err)
	}
	p.who = candor.Principal{User: u.ID, Name: u.Name, Role: u.Role, Party: u.Party}
	p.token = w.token(t, p.who, scope)
	return p
}

func (w *world) token(t *testing.T, who candor.Principal, scope string) string {
	t.Helper()
	text, _, err := w.House.Access.MakeToken(t.Context(), who, "program", []string{scope}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (w *world) group(t *testing.T, name string, most tlp.Mark, members ...group.Member) group.Group {
	t.Helper()
	g, err := w.House.SaveGroup(t.Context(), w.Who(candor.RoleAdmin), group.Group{Name: name, Most: most, Members: members})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func (w *world) client(token string) *taxii.Client {
	return &taxii.Client{HTTP: w.tls.Client(), Origin: w.tls.URL, Authorize: taxii.Bearer(token), Wait: func(context.Context, time.Duration) error { return nil }}
}

func (w *world) root() string { return w.tls.URL + house.ExchangePath + "/" + house.ExchangeRoot + "/" }

// read gives what a collection holds for a client.
func (w *world) read(t *testing.T, c *taxii.Client, g group.Group, q taxii.Query) (stix.Content, taxii.Progress) {
	t.Helper()
	var raws []string
	p, err := c.Objects(t.Context(), w.root(), string(g.ID), q, func(raw json.RawMessage) error { raws = append(raws, string(raw)); return nil })
	if err != nil {
		t.Fatal(err)
	}
	got, err := stix.Read(strings.NewReader(`{"objects":[` + strings.Join(raws, ",") + `]}`))
	if err != nil || len(got.Problems) > 0 {
		t.Fatal(err, got.Problems)
	}
	return got, p
}

// TestExchange has our client talk with our server over HTTPS, on both databases:
// members read what was shared with their group and nothing else, and what they add
// is held against what is here.
func TestExchange(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		g := w.group(t, "Providers", tlp.Amber, group.Member{Party: w.one.party.ID, Write: true, Trust: 60})
		alien := w.group(t, "Others", tlp.Green, group.Member{Party: w.other.party.ID})
		c := w.client(w.one.token)
		d, err := c.Discover(t.Context(), w.tls.URL+house.ExchangePath+"/")
		if err != nil || d.Default != w.URL+"/taxii2/groups/" {
			t.Fatal(d, err)
		}
		all, err := c.Collections(t.Context(), w.root())
		if err != nil || len(all) != 1 || all[0].ID != string(g.ID) || !all[0].CanWrite {
			t.Fatal(all, err)
		}
		w.share(t, c, g)
		w.strangers(t, g, alien)
		w.write(t, c, g)
	})
}

// share has the desk share a case, and the member read it.
func (w *world) share(t *testing.T, c *taxii.Client, g group.Group) {
	t.Helper()
	sent, err := w.House.Share(t.Context(), w.Who(candor.RoleAnalyst), house.ShareOrder{Case: w.kase.ID, Group: g.ID})
	if err != nil || sent.Objects == 0 || sent.Indicators != 1 {
		t.Fatal(sent, err)
	}
	got, p := w.read(t, c, g, taxii.Query{})
	if len(got.Indicators) != 1 || got.Indicators[0].Kind != intake.Hash || got.Indicators[0].TLP != tlp.Amber || p.Objects != sent.Objects {
		t.Fatalf("%+v, %+v", got, p)
	}
	if _, p := w.read(t, c, g, taxii.Query{AddedAfter: p.Last}); p.Objects != 0 {
		t.Errorf("%d are new", p.Objects)
	}
}

// strangers have nothing of a group: other members, staff, sessions, other scopes.
func (w *world) strangers(t *testing.T, g, alien group.Group) {
	t.Helper()
	ctx := t.Context()
	stranger := w.client(w.other.token)
	if all, err := stranger.Collections(ctx, w.root()); err != nil || len(all) != 1 || all[0].ID != string(alien.ID) || all[0].CanWrite {
		t.Error(all, err)
	}
	none := func(json.RawMessage) error { t.Error("something was given"); return nil }
	if _, err := stranger.Objects(ctx, w.root(), string(g.ID), taxii.Query{}, none); !errors.Is(err, candor.ErrNotFound) {
		t.Error(err)
	}
	if _, err := stranger.Send(ctx, w.root(), string(alien.ID), w.released(t, alien, "1.example", tlp.Green)); !errors.Is(err, candor.ErrDenied) {
		t.Error("one that may only read adds:", err)
	}
	for name, token := range map[string]string{
		"nobody": "", "read": w.token(t, w.one.who, access.ScopeRead), "write": w.token(t, w.one.who, access.ScopeWrite),
		"staff": w.token(t, w.Who(candor.RoleAdmin), access.ScopeAdmin), "customer": w.token(t, w.Who(candor.RoleCustomer), access.ScopeWrite),
	} {
		c := w.client(token)
		if token == "" {
			c.Authorize = nil
		}
		if all, err := c.Collections(ctx, w.root()); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("%s: %v, %v", name, all, err)
		}
	}
	// A customer may have such a token, and is in no group.
	if all, err := w.client(w.token(t, w.Who(candor.RoleCustomer), access.ScopeExchange)).Collections(ctx, w.root()); err != nil || len(all) != 0 {
		t.Error(all, err)
	}
	basic := w.client("")
	basic.Authorize = taxii.Basic("anything", w.one.token)
	if all, err := basic.Collections(ctx, w.root()); err != nil || len(all) != 1 {
		t.Error(all, err)
	}
	basic.Authorize = taxii.Basic("one@partner.example", webtest.Password)
	if _, err := basic.Collections(ctx, w.root()); !errors.Is(err, candor.ErrDenied) {
		t.Error("a password is no token:", err)
	}
	if a := w.Get(t, w.As(candor.RoleCustomer), house.ExchangePath+"/"); a.Status != http.StatusUnauthorized {
		t.Errorf("a session: %d", a.Status)
	}
	if who, err := w.House.Access.UseToken(ctx, w.one.token); err != nil || access.Allowed(who, access.ReadOwn) || !access.Allowed(who, access.Exchange) {
		t.Error("a token for TAXII does more", err)
	}
}

func (w *world) released(t *testing.T, g group.Group, value string, mark tlp.Mark) intel.Release {
	t.Helper()
	b := intel.Bundle{ID: candor.NewID(w.Clock()), Title: "Theirs", Producer: intel.Producer{Name: "Partner"}, Created: w.Clock(), Modified: w.Clock(), TLP: mark,
		Indicators: []intel.Indicator{{Kind: intake.Domain, Value: value, First: w.Clock(), TLP: mark, Confidence: 95, Class: candor.Phishing}}}
	r, err := b.Release(g.Audience())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// write has the member add to the collection.
func (w *world) write(t *testing.T, c *taxii.Client, g group.Group) {
	t.Helper()
	ctx := t.Context()
	_, before := w.read(t, c, g, taxii.Query{})
	st, err := c.Send(ctx, w.root(), string(g.ID), w.released(t, g, "acme.example", tlp.Green))
	if err != nil || st.FailureCount > 0 || st.SuccessCount == 0 {
		t.Fatal(st, err)
	}
	if got, _ := w.read(t, c, g, taxii.Query{AddedAfter: before.Last}); len(got.Indicators) != 1 || got.Indicators[0].Value != "acme.example" {
		t.Errorf("%+v", got)
	}
	if err := w.House.MatchFeeds(ctx); err != nil {
		t.Fatal(err)
	}
	page, err := w.House.ListHits(ctx, w.Who(candor.RoleAnalyst), "", candor.Cut{})
	hits := page.Items
	if err != nil || len(hits) != 1 || hits[0].Asset != w.PartyAsset.ID || hits[0].Confidence != 60 || hits[0].TLP != tlp.Green || hits[0].Feed != g.Feed(g.Members[0]) {
		t.Errorf("%+v, %v", hits, err)
	}
	w.malformed(t, g)
	w.remove(t, c, g)
}

// malformed is what a member may not add: marked too strictly, or unreadable.
func (w *world) malformed(t *testing.T, g group.Group) {
	t.Helper()
	object := func(n, more string) string {
		return `{"type":"indicator","spec_version":"2.1","id":"indicator--00000000-0000-4000-8000-00000000000` + n + `","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","valid_from":"2026-01-01T00:00:00Z","pattern_type":"stix"` + more + `}`
	}
	green := `,"object_marking_refs":["` + tlp.Green.STIX().ID + `"]`
	body := `{"objects":[` + strings.Join([]string{
		object("1", `,"pattern":"[domain-name:value = 'a.example'","name":"<script>alert(1)</script>"`+green),
		object("2", `,"pattern":"[domain-name:value = 'b.example']","object_marking_refs":["`+tlp.Red.STIX().ID+`"]`),
		object("3", `,"pattern":"[domain-name:value = 'c.example']","object_marking_refs":["`+tlp.AmberStrict.STIX().ID+`"]`),
		object("4", `,"pattern":"[domain-name:value = 'd.example']","description":"`+strings.Repeat("x", 70<<10)+`"`+green),
		object("5", `,"pattern":"[domain-name:value = 'e.example']"`+green)}, ",") + `]}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.root()+"collections/"+string(g.ID)+"/objects/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	taxii.Bearer(w.one.token)(req)
	req.Header.Set("Content-Type", taxii.MediaType)
	resp, err := w.tls.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var st taxii.Status
	if err := json.NewDecoder(resp.Body).Decode(&st); err != nil || resp.StatusCode != http.StatusAccepted || st.SuccessCount != 1 || st.FailureCount != 4 {
		t.Errorf("%d %+v, %v", resp.StatusCode, st, err)
	}
}

// remove has a member delete: its own, and not what the desk shared. Once it is out
// of the group it reads nothing, and is not believed any more.
func (w *world) remove(t *testing.T, c *taxii.Client, g group.Group) {
	t.Helper()
	ctx := t.Context()
	all := map[string]int{}
	if _, err := c.Objects(ctx, w.root(), string(g.ID), taxii.Query{Types: []string{"indicator"}}, func(raw json.RawMessage) error {
		o, err := taxii.ParseObject(raw)
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodDelete, w.root()+"collections/"+string(g.ID)+"/objects/"+o.ID+"/", nil)
		if err != nil {
			return err
		}
		taxii.Bearer(w.one.token)(req)
		resp, err := w.tls.Client().Do(req)
		if err != nil {
			return err
		}
		all[resp.Status[:3]]++
		return resp.Body.Close()
	}); err != nil || all["200"] != 2 || all["404"] != 1 {
		t.Errorf("%v, %v", all, err)
	}
	if some, err := w.House.Store.Unmatched(ctx, w.Clock().Add(time.Hour), 10); err != nil || len(some) != 0 {
		t.Errorf("what it deleted is believed still: %v, %v", some, err)
	}
	g.Members = nil
	if _, err := w.House.SaveGroup(ctx, w.Who(candor.RoleAdmin), g); err != nil {
		t.Fatal(err)
	}
	if left, err := c.Collections(ctx, w.root()); err != nil || len(left) != 0 {
		t.Error(left, err)
	}
	if some, err := w.House.Store.Unmatched(ctx, w.Clock().Add(time.Hour), 10); err != nil || len(some) != 0 {
		t.Errorf("what it added is believed still: %v, %v", some, err)
	}
}

// TestSightings has the desk tell what was seen here: the group what a member added,
// and a feed that is another desk's collection, both only where the operator lets it.
func TestSightings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		w := newWorld(t, s)
		g := w.group(t, "Providers", tlp.Green, group.Member{Party: w.one.party.ID, Write: true, Trust: 90})
		g.Sightings = true
		var err error
		if g, err = w.House.SaveGroup(ctx, w.Who(candor.RoleAdmin), g); err != nil {
			t.Fatal(err)
		}
		w.House.Feeds.Threshold = 80
		c := w.client(w.one.token)
		if _, err := c.Send(ctx, w.root(), string(g.ID), w.released(t, g, "acme.example", tlp.Green)); err != nil {
			t.Fatal(err)
		}
		_, before := w.read(t, c, g, taxii.Query{})
		if err := w.House.MatchFeeds(ctx); err != nil {
			t.Fatal(err)
		}
		job := house.SightingJob{Feed: g.Feed(g.Members[0]), Of: intake.Domain, Value: "acme.example"}
		if err := w.House.TellSighting(ctx, job); err != nil {
			t.Fatal(err)
		}
		var text string
		if _, err := c.Objects(ctx, w.root(), string(g.ID), taxii.Query{AddedAfter: before.Last}, func(raw json.RawMessage) error { text += string(raw); return nil }); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(text, `"sighting_of_ref":"indicator--`) || !strings.Contains(text, `"count":1`) || !strings.Contains(text, tlp.Green.STIX().ID) || strings.Contains(text, string(w.PartyAsset.ID)) || strings.Contains(text, w.Party.Name+"\"") {
			t.Errorf("%s", text)
		}
		w.toFeed(t, c, g, job)
	})
}

// toFeed has the collection be a feed of another desk's, which tells back into it.
func (w *world) toFeed(t *testing.T, c *taxii.Client, g group.Group, job house.SightingJob) {
	t.Helper()
	ctx := t.Context()
	f := feed.Feed{Name: "theirs", Kind: feed.TAXII, URL: w.root() + "collections/" + string(g.ID), Every: time.Hour, Licence: "as agreed", Trust: 90, TLP: tlp.Green}
	w.House.Feeds.HTTP, w.House.Feeds.Spool = w.tls.Client(), t.TempDir()
	w.House.Feeds.Authorize = func(_ feed.Feed, r *http.Request) { taxii.Bearer(w.one.token)(r) }
	told := func(lets bool) int {
		f.Sightings = lets
		w.House.Feeds.All = []feed.Feed{f}
		_, before := w.read(t, c, g, taxii.Query{})
		if err := w.House.TurnFeeds(ctx); err != nil {
			t.Fatal(err)
		}
		if err := w.House.MatchFeeds(ctx); err != nil {
			t.Fatal(err)
		}
		job.Feed = "theirs"
		if err := w.House.TellSighting(ctx, job); err != nil {
			t.Fatal(err)
		}
		_, after := w.read(t, c, g, taxii.Query{AddedAfter: before.Last})
		return after.Objects
	}
	if n := told(false); n != 0 {
		t.Errorf("%d objects are told of a feed without consent", n)
	}
	if n := told(true); n == 0 {
		t.Error("nothing is told")
	}
}
