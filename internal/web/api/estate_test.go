package api_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/desk"
	"candor/internal/store"
	"candor/internal/store/storetest"
	"candor/internal/web/api"
)

// spread files findings at sites: of one content everywhere, and of one that
// was not fully looked at.
func (w *world) spread(t *testing.T, sites ...candor.Asset) string {
	t.Helper()
	shell := sum("a shell everywhere")
	for _, a := range sites {
		must2(w.house.Desk.File(t.Context(), desk.Filing{Asset: a.ID, Scan: candor.NewID(w.now), Sensor: "scan", Generation: "g1", Findings: []candor.Finding{
			{Path: a.Roots[0] + "/shell.php", Rule: "shell", Class: candor.ApplicationCompromise, Severity: candor.High, SHA256: shell, Bytes: 9, Language: "yara"},
			{Path: a.Roots[0] + "/x.zip", Rule: candor.Unread("Encrypted"), Class: candor.Undetermined, Severity: candor.Info, SHA256: sum("a locked archive"), Language: candor.OwnLanguage},
			{Path: a.Roots[0] + "/shell.php", Rule: candor.Unread("Depth"), Class: candor.Undetermined, Severity: candor.Info, SHA256: shell, Language: candor.OwnLanguage},
		}}))(t)
	}
	return shell
}

func find(items []object, member string, value any) object {
	for _, item := range items {
		if item[member] == value {
			return item
		}
	}
	return nil
}

// TestContents has a content on many sites be one item with all of its places,
// and what was not fully looked at none.
func TestContents(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := full(t, s)
		analyst := w.people["analyst"]
		shell := w.spread(t, w.a.assets[0], w.a.assets[1], w.b.assets[0])
		var all []object
		path := "/api/v1/contents?limit=2"
		for n := 0; path != "" && n < 10; n++ {
			rec := w.ask(analyst, http.MethodGet, path, nil)
			all, path = append(all, read[page](t, rec, http.StatusOK).Items...), link(rec.Header()["Link"], "next")
		}
		hot := find(all, "sha256", shell)
		if len(all) < 5 || all[0]["sha256"] != shell || hot["sites"] != 3.0 || hot["findings"] != 3.0 || hot["severity"] != "high" || cmp.Diff(hot["rules"], []any{"shell"}) != "" {
			t.Errorf("hot contents: %v", all)
		}
		if find(all, "sha256", sum("a locked archive")) != nil {
			t.Error("a content that was not fully looked at is among the hot ones")
		}
		v := read[object](t, w.ask(analyst, http.MethodGet, "/api/v1/contents/"+shell, nil), http.StatusOK)
		if d := cmp.Diff(v["states"], object{"open": 3.0, "gone": 0.0, "quarantined": 0.0, "dismissed": 0.0, "waiting": 0.0}); d != "" {
			t.Error(d)
		}
		places := read[page](t, w.ask(analyst, http.MethodGet, "/api/v1/contents/"+shell+"/places?limit=1", nil), http.StatusOK)
		if places.Count != 3 || len(places.Items) != 1 || places.Next == "" || places.Items[0]["asset"] == nil || places.Items[0]["path"] == nil {
			t.Errorf("its places: %+v", places)
		}
		for _, x := range []string{"/api/v1/contents/" + sum("nowhere"), "/api/v1/contents/" + sum("nowhere") + "/places"} {
			if got := w.ask(analyst, http.MethodGet, x, nil); got.Code != map[bool]int{true: 200, false: 404}[x[len(x)-6:] == "places"] {
				t.Errorf("%s: %d", x, got.Code)
			}
		}
		if got := w.ask(analyst, http.MethodGet, "/api/v1/contents/x", nil); got.Code != http.StatusUnprocessableEntity {
			t.Errorf("no digest: %d", got.Code)
		}
	})
}

// TestDecision dismisses a content everywhere, and proposes that another be
// moved away, each twice and by several at once: it is done once.
func TestDecision(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := full(t, s)
		analyst := w.people["analyst/write"]
		shell := w.spread(t, w.a.assets[0], w.a.assets[1], w.b.assets[0])
		decide := func(sum string, body object) api.Outcome {
			return read[api.Outcome](t, w.ask(analyst, http.MethodPost, "/api/v1/contents/"+sum+"/decision", body), http.StatusOK)
		}
		// The files are no longer there: nothing can be moved away, each case says why.
		got := decide(shell, object{"decision": "quarantine"})
		if got.Done != 0 || len(got.Failed) != 3 || got.Failed[0].Detail == "" || got.Next != "" {
			t.Errorf("quarantine of what is not there: %+v", got)
		}
		var lock sync.Mutex
		total := 0
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				got := decide(shell, object{"decision": "dismiss", "reason": "a plugin of ours"})
				lock.Lock()
				defer lock.Unlock()
				total += got.Done + got.Already
				if len(got.Failed) > 0 {
					t.Errorf("dismissed: %+v", got)
				}
			})
		}
		all.Wait()
		if again := decide(shell, object{"decision": "dismiss"}); again.Done != 0 || total < 3 {
			t.Errorf("dismissed in %d cases, then %+v", total, again)
		}
		findings := must2(s.Findings(t.Context(), candor.Everything, candor.FindingFilter{Content: shell}, candor.Cut{}))(t).Items
		for _, f := range findings {
			want, events := candor.FindingDismissed, 0
			if f.IsUnread() {
				want = candor.FindingOpen
			}
			for _, e := range must2(s.Events(t.Context(), f.Case))(t) {
				if e.Kind == candor.EventGone && e.Text == "a plugin of ours" {
					events++
				}
			}
			if f.State != want || events > 1 || !f.IsUnread() && events != 1 {
				t.Errorf("%s of case %s is %s, and its case has %d lines about it", f.Rule, f.Case, f.State, events)
			}
		}
		if len(findings) != 6 {
			t.Errorf("%d findings", len(findings))
		}
		if got := w.ask(w.people["auditor"], http.MethodPost, "/api/v1/contents/"+shell+"/decision", object{"decision": "dismiss"}); got.Code != http.StatusForbidden {
			t.Errorf("an auditor: %d", got.Code)
		}
		if got := w.ask(analyst, http.MethodPost, "/api/v1/contents/"+shell+"/decision", object{"decision": "burn"}); got.Code != http.StatusUnprocessableEntity {
			t.Errorf("no decision: %d", got.Code)
		}
	})
}

// TestQuarantineEverywhere proposes it once in each case, however often and by
// however many it is decided.
func TestQuarantineEverywhere(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := full(t, s)
		analyst := w.people["analyst"]
		must2(w.house.Refuse(t.Context(), analyst.who, w.a.responses[0].ID, "later"))(t)
		sha := w.a.finding.SHA256
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				got := read[api.Outcome](t, w.ask(analyst, http.MethodPost, "/api/v1/contents/"+sha+"/decision", object{"decision": "quarantine", "reason": "a kit"}), http.StatusOK)
				if got.Done+got.Already != 1 || len(got.Failed) != 0 {
					t.Errorf("%+v", got)
				}
			})
		}
		all.Wait()
		waiting := must2(s.Responses(t.Context(), candor.Everything, candor.ResponseFilter{Case: w.a.cases[0].ID, States: []candor.ResponseState{candor.ResponseProposed}}, candor.Cut{}))(t)
		if len(waiting.Items) != 1 || waiting.Items[0].Reason != "a kit" {
			t.Errorf("proposed: %+v", waiting.Items)
		}
		v := read[object](t, w.ask(analyst, http.MethodGet, "/api/v1/contents/"+sha, nil), http.StatusOK)
		if states := v["states"].(object); states["waiting"] != 1.0 || states["open"] != 1.0 {
			t.Errorf("its states: %v", states)
		}
	})
}

// TestLate pages through what new rules overturned.
func TestLate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := full(t, s)
		var want []any
		for i, g := range []string{"g2", "g3", "g4"} {
			l := candor.LateFinding{ID: candor.NewID(w.now), SHA256: sum("late"), Size: 5, Rules: []string{"new"}, Path: "/srv/x", Places: 1, Since: w.now.AddDate(0, -1, 0), Found: w.now.Add(time.Duration(i) * time.Hour), Clean: true, Before: "g1", Generation: g}
			must(t, 0, s.Tx(t.Context(), func(tx *store.Tx) error { return tx.AddLate(t.Context(), l) }))
			want = append([]any{g}, want...)
		}
		var got []any
		path := "/api/v1/late-findings?limit=2&sha256=" + sum("late")
		for n := 0; path != "" && n < 5; n++ {
			rec := w.ask(w.people["auditor"], http.MethodGet, path, nil)
			for _, l := range read[page](t, rec, http.StatusOK).Items {
				got = append(got, l["generation"])
				if l["was_clean"] != true || l["before"] != "g1" || l["since"] != "2026-02-02T09:00:00Z" {
					t.Errorf("late: %v", l)
				}
			}
			path = link(rec.Header()["Link"], "next")
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
}

// TestEstate tells what is looked at.
func TestEstate(t *testing.T) {
	w := full(t, storetest.SQLite(t))
	w.house.Known = func() (candor.Contents, error) {
		return candor.Contents{Contents: 3, Unique: 10, Files: 9, Stored: 40, At: w.clock()}, nil
	}
	v := read[struct {
		Coverage []struct {
			Age   string
			Sites int
		}
		Pace     []any
		Contents object
		At       time.Time
	}](t, w.ask(w.people["auditor"], http.MethodGet, "/api/v1/estate", nil), http.StatusOK)
	if len(v.Coverage) != 1 || v.Coverage[0].Age != "never" || v.Coverage[0].Sites != 6 || v.Contents["unique_bytes"] != 10.0 || v.Contents["stored_bytes"] != 40.0 || !v.At.Equal(w.now) {
		t.Errorf("the estate: %+v", v)
	}
}

// TestAgents enrols by a token, takes one back, and retires an agent.
func TestAgents(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := full(t, s)
		admin := w.people["admin"]
		agents := read[page](t, w.ask(admin, http.MethodGet, "/api/v1/agents?state=active&limit=500", nil), http.StatusOK)
		if a := find(agents.Items, "id", string(w.b.agent.ID)); agents.Count != 2 || a["server"] != "bravo-web" || a["heard"] != true || a["backlog"] != 0.0 {
			t.Errorf("agents: %+v", agents)
		}
		made := read[object](t, w.ask(admin, http.MethodPost, "/api/v1/assets/"+string(w.a.server.ID)+"/agent-tokens", nil), http.StatusCreated)
		tokens := func() []object {
			return read[page](t, w.ask(admin, http.MethodGet, "/api/v1/agent-tokens", nil), http.StatusOK).Items
		}
		k := tokens()
		if len(k) != 1 || k[0]["asset"] != string(w.a.server.ID) || k[0]["by"] != admin.who.Actor() || len(made["token"].(string)) < 40 {
			t.Fatalf("tokens: %v, made was %v", k, made)
		}
		one := "/api/v1/agent-tokens/" + k[0]["hash"].(string)
		for _, want := range []int{http.StatusNoContent, http.StatusNotFound} {
			if got := w.ask(admin, http.MethodDelete, one, nil); got.Code != want {
				t.Errorf("a token is taken back: %d %s", got.Code, got.Body)
			}
		}
		if k := tokens(); len(k) != 0 {
			t.Errorf("still there: %v", k)
		}
		for range 2 {
			if got := w.ask(admin, http.MethodPost, "/api/v1/agents/"+string(w.a.agent.ID)+"/revoke", nil); got.Code != http.StatusNoContent {
				t.Errorf("retire: %d %s", got.Code, got.Body)
			}
		}
		w.later(time.Hour)
		w.staffAgain()
		left := read[page](t, w.ask(w.people["admin"], http.MethodGet, "/api/v1/agents?state=active", nil), http.StatusOK)
		if left.Count != 1 || left.Items[0]["id"] != string(w.b.agent.ID) || left.Items[0]["heard"] != false {
			t.Errorf("left: %+v", left)
		}
	})
}

// TestHashes asks where a content lies, and gets what is known of it.
func TestHashes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := full(t, s)
		analyst := w.people["analyst"]
		hash := sum("a content")[:40]
		if got := w.ask(analyst, http.MethodGet, "/api/v1/hashes/"+hash, nil); got.Code != http.StatusNotFound {
			t.Errorf("before it was asked: %d", got.Code)
		}
		v := read[object](t, w.ask(analyst, http.MethodPost, "/api/v1/hashes", object{"hash": strings.ToUpper(hash), "size": 7}), http.StatusOK)
		if v["state"] != "waiting" || v["hash"] != hash || v["size"] != 7.0 || v["by"] != analyst.who.Actor() || len(v["answers"].([]any)) != 1 || len(v["places"].([]any)) != 0 {
			t.Errorf("asked: %v", v)
		}
		now := w.now.UTC()
		must(t, 0, s.Tx(t.Context(), func(tx *store.Tx) error {
			return tx.AnswerHash(t.Context(), candor.HashAnswer{Hash: hash, State: candor.HashAnswered, Updated: now, Places: 1, Unread: 2},
				[]candor.HashPlace{{ID: candor.NewID(now), Hash: hash, Asset: w.a.assets[0].ID, Path: "/srv/x", Size: 7, Since: now}})
		}))
		v = read[object](t, w.ask(w.people["auditor"], http.MethodGet, "/api/v1/hashes/"+hash, nil), http.StatusOK)
		places := v["places"].([]any)
		if v["count"] != 1.0 || v["missing"] != 1.0 || len(places) != 1 || places[0].(object)["path"] != "/srv/x" || places[0].(object)["since"] == nil {
			t.Errorf("answered: %v", v)
		}
		for _, bad := range []string{"x", hash + "0"} {
			if got := w.ask(analyst, http.MethodPost, "/api/v1/hashes", object{"hash": bad}); got.Code != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d", bad, got.Code)
			}
		}
		if got := w.ask(w.people["auditor"], http.MethodPost, "/api/v1/hashes", object{"hash": hash}); got.Code != http.StatusForbidden {
			t.Errorf("an auditor asks: %d", got.Code)
		}
	})
}
