package office_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/house"
	"candor/internal/intake/holder"
	"candor/internal/web"
)

// allowed is who may use which route. It is written out: what Register says is
// what it is compared with.
var allowed = map[string][]candor.Role{
	"admin analyst auditor": {candor.RoleAdmin, candor.RoleAnalyst, candor.RoleAuditor},
	"admin analyst":         {candor.RoleAdmin, candor.RoleAnalyst},
	"admin":                 {candor.RoleAdmin},
}

var table = map[string]string{
	"GET /sites": "admin analyst auditor", "GET /assets": "admin analyst auditor", "GET /sites/{id}": "admin analyst auditor", "GET /assets/{id}": "admin analyst auditor",
	"GET /assets/new": "admin analyst", "POST /assets/new": "admin analyst", "GET /assets/{id}/edit": "admin analyst", "POST /assets/{id}/edit": "admin analyst",
	"POST /assets/{id}/scan": "admin analyst", "GET /assets/{id}/scans/{scan}": "admin analyst auditor", "GET /assets/{id}/software": "admin analyst auditor",

	"GET /gate": "admin analyst auditor", "GET /gate/{id}": "admin analyst auditor", "POST /gate/{id}/ask": "admin analyst", "POST /gate/{id}/decide": "admin analyst",
	"GET /gate/{id}/take-back": "admin analyst", "POST /gate/{id}/take-back": "admin analyst", "GET /gate/{id}/waive": "admin analyst", "POST /gate/{id}/waive": "admin analyst",
	"GET /gate/{id}/waivers/{waiver}/end": "admin analyst", "POST /gate/{id}/waivers/{waiver}/end": "admin analyst",
	"GET /gate/policy": "admin analyst auditor", "GET /gate/policy/edit": "admin", "POST /gate/policy/edit": "admin",

	"GET /parties": "admin analyst auditor", "GET /parties/{id}": "admin analyst auditor", "GET /parties/new": "admin analyst", "POST /parties/new": "admin analyst",
	"GET /parties/{id}/edit": "admin analyst", "POST /parties/{id}/edit": "admin analyst", "GET /parties/{id}/agreements/new": "admin analyst", "POST /parties/{id}/agreements/new": "admin analyst",
	"GET /parties/{id}/agreements/{agreement}/withdraw": "admin analyst", "POST /parties/{id}/agreements/{agreement}/withdraw": "admin analyst",
	"GET /parties/{id}/consents/new": "admin analyst", "POST /parties/{id}/consents/new": "admin analyst",
	"GET /parties/{id}/receipts/{event}": "admin analyst auditor", "GET /parties/{id}/scans/{event}": "admin analyst auditor",
	"GET /parties/{id}/erase": "admin", "POST /parties/{id}/erase": "admin",

	"GET /intel/groups": "admin analyst auditor", "GET /intel/groups/new": "admin analyst", "POST /intel/groups/new": "admin analyst", "GET /intel/groups/{id}": "admin analyst auditor",
	"GET /intel/groups/{id}/edit": "admin analyst", "POST /intel/groups/{id}/edit": "admin analyst", "GET /intel/groups/{id}/retire": "admin analyst", "POST /intel/groups/{id}/retire": "admin analyst",
	"POST /intel/groups/{id}/members": "admin analyst", "GET /intel/groups/{id}/members/{member}/remove": "admin analyst", "POST /intel/groups/{id}/members/{member}/remove": "admin analyst",
	"GET /intel/bulletins": "admin analyst auditor", "GET /intel/bulletins/new": "admin analyst", "POST /intel/bulletins/new": "admin analyst", "GET /intel/bulletins/{id}": "admin analyst auditor",
	"GET /intel/bulletins/{id}/edit": "admin analyst", "POST /intel/bulletins/{id}/edit": "admin analyst", "GET /intel/bulletins/{id}/publish": "admin analyst", "POST /intel/bulletins/{id}/publish": "admin analyst",
	"GET /intel/bulletins/{id}/withdraw": "admin analyst", "POST /intel/bulletins/{id}/withdraw": "admin analyst",
	"GET /cases/{id}/share": "admin analyst", "POST /cases/{id}/share": "admin analyst",

	"GET /traffic": "admin analyst auditor", "GET /traffic/now": "admin analyst", "GET /traffic/flows": "admin analyst", "GET /traffic/flows/form": "admin analyst", "GET /traffic/flows/records": "admin analyst",
	"GET /traffic/flows/csv": "admin analyst", "GET /traffic/lines/{id}": "admin analyst",

	"GET /drills": "admin analyst auditor", "GET /drills/{name}": "admin analyst auditor", "GET /drills/{name}/signed": "admin analyst auditor",

	"GET /notices": "admin analyst auditor", "GET /notices/{id}": "admin analyst auditor", "POST /notices/{id}/prove": "admin analyst",

	"GET /agents": "admin analyst auditor", "GET /agents/new": "admin", "POST /agents/new": "admin", "GET /agents/{id}/retire": "admin", "POST /agents/{id}/retire": "admin",
	"GET /agents/tokens/{hash}/revoke": "admin", "POST /agents/tokens/{hash}/revoke": "admin",

	"GET /import": "admin analyst", "POST /import": "admin analyst", "POST /import/confirm": "admin analyst", "GET /import/sample.csv": "admin analyst", "GET /import/sample.json": "admin analyst",

	"GET /intel": "admin analyst auditor", "GET /intel/feeds/{name}": "admin analyst auditor", "POST /intel/feeds/{name}/fetch": "admin analyst", "GET /intel/exposures": "admin analyst auditor",
	"GET /intel/exposures/{id}": "admin analyst auditor", "GET /intel/exposures/{id}/warn": "admin analyst", "POST /intel/exposures/{id}/warn": "admin analyst",

	"GET /cases/{id}/pack": "admin analyst", "POST /cases/{id}/pack": "admin analyst",
	"GET /cases/{id}/samples": "admin analyst auditor", "POST /cases/{id}/samples": "admin analyst", "POST /cases/{id}/samples/{response}/answer": "admin analyst", "POST /cases/{id}/samples/{response}/look": "admin analyst",
	"GET /cases/{id}/samples/{response}/files/{part}": "admin analyst", "POST /cases/{id}/samples/{response}/hand-in": "admin analyst", "POST /cases/{id}/samples/{response}/verdict": "admin analyst",
	"GET /directory": "admin analyst auditor", "GET /directory/export.yaml": "admin analyst auditor", "GET /directory/{id}": "admin analyst auditor", "GET /directory/new": "admin analyst", "POST /directory/new": "admin analyst",
	"POST /directory/starter": "admin analyst", "GET /directory/{id}/edit": "admin analyst", "POST /directory/{id}/edit": "admin analyst", "GET /directory/{id}/verify": "admin analyst", "POST /directory/{id}/verify": "admin analyst",
	"GET /directory/{id}/retire": "admin analyst", "POST /directory/{id}/retire": "admin analyst", "POST /directory/{id}/probe": "admin analyst", "GET /directory/{id}/key": "admin analyst", "POST /directory/{id}/key": "admin analyst",

	"GET /definitions": "admin analyst auditor", "POST /definitions/check": "admin", "GET /definitions/{generation}/use": "admin", "POST /definitions/{generation}/use": "admin",
	"GET /definitions/unpin": "admin", "POST /definitions/unpin": "admin",

	"GET /evidence": "admin analyst auditor", "GET /evidence/{id}": "admin analyst auditor", "GET /evidence/{id}/proof": "admin analyst auditor", "GET /evidence/{id}/entry": "admin analyst auditor",
	"GET /evidence/checkpoint": "admin analyst auditor", "GET /evidence/key": "admin analyst auditor", "GET /cases/{id}/evidence": "admin analyst auditor", "GET /cases/{id}/evidence.zip": "admin analyst auditor",

	"GET /policy": "admin analyst auditor", "GET /policy/edit": "admin", "POST /policy/rehearse": "admin", "POST /policy": "admin",

	"GET /terms": "admin analyst auditor", "GET /terms/coverage": "admin analyst auditor", "GET /terms/new": "admin", "POST /terms/new": "admin", "GET /terms/{id}": "admin analyst auditor",
	"GET /terms/{id}/changes": "admin analyst auditor", "GET /terms/{id}/text": "admin analyst auditor", "GET /terms/{id}/pdf": "admin analyst auditor", "GET /terms/{id}/edit": "admin", "POST /terms/{id}/edit": "admin",
	"GET /terms/{id}/publish": "admin", "POST /terms/{id}/publish": "admin", "GET /terms/{id}/end": "admin", "POST /terms/{id}/end": "admin", "GET /terms/{id}/delete": "admin", "POST /terms/{id}/delete": "admin",
	"GET /consents": "admin analyst auditor",

	"GET /reports": "admin analyst auditor", "GET /reports/{id}": "admin analyst auditor", "GET /reports/{id}/message": "admin analyst auditor", "GET /reports/{id}/html/{part}": "admin analyst auditor",
	"POST /reports/{id}/complaints/{complaint}": "admin analyst", "POST /reports/{id}/complaints": "admin analyst", "POST /reports/{id}/dismiss": "admin analyst",
	"POST /reports/{id}/holders": "admin analyst", "POST /reports/{id}/forwards/{forward}": "admin analyst",
	"GET /reporter-tokens": "admin analyst auditor", "POST /reporter-tokens": "admin", "GET /reporter-tokens/{grant}/revoke": "admin", "POST /reporter-tokens/{grant}/revoke": "admin",
	"GET /reporter-consents": "admin analyst auditor", "POST /reporter-consents": "admin analyst", "POST /reporter-consents/{consent}/withdraw": "admin analyst",
	"POST /reports/{id}/forget-profile": "admin analyst",

	"GET /repeat": "admin analyst auditor", "GET /repeat/csv": "admin analyst auditor",

	"GET /software": "admin analyst auditor", "GET /software/{product}": "admin analyst auditor", "GET /campaigns": "admin analyst auditor", "GET /campaigns/{id}": "admin analyst auditor",
	"GET /campaigns/new": "admin", "POST /campaigns/new": "admin", "GET /campaigns/{id}/start": "admin", "POST /campaigns/{id}/start": "admin", "GET /campaigns/{id}/stop": "admin", "POST /campaigns/{id}/stop": "admin",

	"GET /people": "admin analyst auditor", "GET /people/{id}": "admin analyst auditor", "GET /people/new": "admin", "POST /people/new": "admin", "POST /people/{id}/invite": "admin",
	"GET /people/{id}/edit": "admin", "POST /people/{id}/edit": "admin", "GET /people/{id}/disable": "admin", "POST /people/{id}/disable": "admin", "POST /people/{id}/enable": "admin",
	"POST /people/{id}/sessions/end": "admin", "GET /people/{id}/tokens/{token}/revoke": "admin", "POST /people/{id}/tokens/{token}/revoke": "admin",

	"GET /settings": "admin analyst auditor", "GET /settings/webhooks/new": "admin", "POST /settings/webhooks/new": "admin", "GET /settings/webhooks/{id}": "admin analyst auditor",
	"POST /settings/webhooks/{id}/test": "admin", "GET /settings/webhooks/{id}/remove": "admin", "POST /settings/webhooks/{id}/remove": "admin",
	"GET /health": "admin analyst auditor", "GET /x1207": "admin analyst auditor",
}

// TestRoles asks for every route as everybody.
func TestRoles(t *testing.T) {
	w := newWorld(t)
	paths := w.paths(t)
	seen := map[string]bool{}
	for _, route := range w.routes {
		name := route.Method + " " + route.Pattern
		if table[name] == "" {
			t.Errorf("%s is not in the table", name)
		}
		seen[name] = true
	}
	// Those who may not are asked first: what they send must leave all as it
	// is. What the administrator sends comes last: it keeps others out.
	each := func(do func(route web.Route, role candor.Role, may bool)) {
		for _, route := range w.routes {
			for _, role := range append(candor.Roles(), "") {
				do(route, role, slices.Contains(allowed[table[route.Method+" "+route.Pattern]], role))
			}
		}
	}
	each(func(route web.Route, role candor.Role, may bool) {
		if !may {
			w.ask(t, route, paths(route.Pattern), role, false)
		}
	})
	each(func(route web.Route, role candor.Role, may bool) {
		if may && route.Method == http.MethodGet {
			w.ask(t, route, paths(route.Pattern), role, true)
		}
	})
	each(func(route web.Route, role candor.Role, may bool) {
		if (route.Needs.Met(w.Who(role)) == nil) != may {
			t.Errorf("%s %s as %s: what it needs lets them: %v", route.Method, route.Pattern, role, !may)
		}
		if may && route.Method == http.MethodPost && role == candor.RoleAdmin {
			w.ask(t, route, paths(route.Pattern), role, true)
		}
	})
	for name := range table {
		if !seen[name] {
			t.Errorf("%s is in the table and is no route", name)
		}
	}
}

// paths fills the places of a pattern.
func (w *world) paths(t *testing.T) func(string) string {
	t.Helper()
	h, _, err := w.House.AddWebhook(t.Context(), w.Who(candor.RoleAdmin), "https://hooks.example.net/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	waiver, err := w.House.Waive(t.Context(), w.Who(candor.RoleAdmin), w.asset.ID, "updates", "a move", w.Clock().Add(24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	w.settle(t)
	record, token := w.record(t, candor.RecordFinding).ID, w.token(t).ID
	if _, err := w.House.Decide(t.Context(), w.Who(candor.RoleAdmin), house.Decision{Party: w.party.ID, Terms: w.publish(t, "privacy-policy", "role").ID, Act: consent.Agreed, Language: "en", How: consent.ByPaper, Scan: []byte("%PDF-1.4\n%%EOF")}); err != nil {
		t.Fatal(err)
	}
	said, err := w.House.Control(t.Context(), w.Who(candor.RoleAdmin), w.party.ID)
	if err != nil {
		t.Fatal(err)
	}
	draft := w.draft(t, "hosting-terms", "role")
	reported, passed := w.foreign(t)
	w.House.Forwarding.Holders = holder.New(holder.Options{}) // nobody is asked in this test
	standing, err := w.House.AgreeForwards(t.Context(), w.Who(candor.RoleAdmin), "@cert.example", "agreement 7", false)
	if err != nil {
		t.Fatal(err)
	}
	_, grant, err := w.House.Access.MakeReporterToken(t.Context(), w.Who(candor.RoleAdmin), "abuse@cert.example", "feed", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{"reports": string(reported.ID), "terms": string(draft.ID), "assets": string(w.asset.ID), "gate": string(w.asset.ID), "sites": string(w.asset.ID), "parties": string(w.party.ID), "evidence": string(record), "cases": string(w.c.ID),
		"people": string(w.People[candor.RoleAnalyst].ID), "settings": string(h.ID), "agents": string(w.agent.ID), "directory": string(w.lab(t).ID), "notices": string(w.notice(t).ID), "campaigns": string(w.campaign(t).ID), "traffic": string(w.kept(t, "Line 1", w.party.ID).ID)}
	w.intel(t, w.asset)
	w.writes(t)
	ids["intel"] = "CVE-2026-1207"
	product, drilled, complaint := w.software(t), w.drilled(t), string(w.complaint(t, reported).ID)
	sharing, told := string(w.partners(t).ID), string(w.told(t).ID)
	return func(pattern string) string {
		area, _, _ := strings.Cut(pattern[1:], "/")
		name := drilled
		if area == "intel" {
			name = "kev"
		}
		id := ids[area]
		if strings.HasPrefix(pattern, "/intel/groups/") {
			id = sharing
		}
		if strings.HasPrefix(pattern, "/intel/bulletins/") {
			id = told
		}
		return strings.NewReplacer("{product}", product, "{response}", string(candor.NewID(w.Clock())), "{complaint}", complaint, "{forward}", string(passed[0].ID), "{consent}", string(standing.ID), "{part}", "0", "{member}", string(w.partners(t).Members[0].ID()), "{name}", name, "{id}", id, "{scan}", string(w.scan.ID), "{event}", string(said.History[0].ID), "{agreement}", string(w.terms.ID), "{token}", string(token), "{grant}", string(grant.ID), "{hash}", w.spare, "{waiver}", string(waiver.ID),
			"{generation}", w.House.Definitions.Health().Generation.ID).Replace(pattern)
	}
}

// ask sends a request and checks the status that comes.
func (w *world) ask(t *testing.T, route web.Route, path string, role candor.Role, may bool) {
	t.Helper()
	var status int
	var where string
	if route.Method == http.MethodGet {
		a := w.Get(t, w.As(role), path)
		status, where = a.Status, a.Location()
	} else {
		a := w.Post(t, w.As(role), path, url.Values{})
		status, where = a.Status, a.Location()
	}
	what := route.Method + " " + path + " as " + string(role)
	signIn := strings.HasPrefix(where, web.SignIn)
	switch {
	case may && (status == http.StatusForbidden || status == http.StatusUnauthorized || status == http.StatusNotFound || status >= 500 || signIn):
		t.Errorf("%s: %d %s", what, status, where)
	case !may && role != "" && status != http.StatusForbidden:
		t.Errorf("%s: %d %s, want 403", what, status, where)
	case !may && role == "" && status != http.StatusUnauthorized && !signIn:
		t.Errorf("%s: %d %s, want to be asked to sign in", what, status, where)
	}
}

// TestNothingThere: what is not there, or belongs to something else, is not
// found.
func TestNothingThere(t *testing.T) {
	w := newWorld(t)
	admin := w.As(candor.RoleAdmin)
	none := string(candor.NewID(w.Clock()))
	for _, path := range []string{"/assets/" + none, "/assets/x", "/assets/" + none + "/software", "/parties/" + none, "/parties/" + none + "/edit", "/people/" + none, "/evidence/" + none, "/evidence/" + none + "/proof",
		"/cases/" + none + "/evidence.zip", "/cases/" + none + "/evidence", "/settings/webhooks/" + none, "/definitions/x/use", "/definitions/" + strings.Repeat("a", 64) + "/use",
		"/assets/" + string(w.asset.ID) + "/scans/" + none, "/assets/" + string(w.OtherAsset.ID) + "/scans/" + string(w.scan.ID),
		"/parties/" + string(w.party.ID) + "/agreements/" + none + "/withdraw", "/parties/" + string(w.Other.ID) + "/agreements/" + string(w.terms.ID) + "/withdraw",
		"/people/" + string(w.People[candor.RoleAdmin].ID) + "/tokens/" + none + "/revoke", "/gate/" + none, "/directory/" + none, "/directory/x", "/directory/" + none + "/verify", "/intel/groups/" + none, "/intel/groups/x", "/intel/groups/" + none + "/edit", "/intel/bulletins/" + none, "/intel/bulletins/x", "/intel/bulletins/" + string(w.told(t).ID) + "?version=9", "/intel/bulletins/" + none + "/publish", "/cases/" + none + "/share", "/intel/groups/" + string(w.partners(t).ID) + "/members/" + none + "/remove", "/gate/x", "/gate/" + string(w.party.ID), "/gate/" + string(w.asset.ID) + "/waivers/" + none + "/end", "/gate/" + none + "/waive", "/agents/" + none + "/retire", "/agents/x/retire", "/agents/tokens/x/revoke", "/agents/new?server=" + none} {
		if a := w.Get(t, admin, path); a.Status != http.StatusNotFound {
			t.Errorf("GET %s: %d, want 404", path, a.Status)
		}
	}
}
