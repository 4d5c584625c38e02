package api_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/access"
	"candor/internal/store/storetest"
	"candor/internal/web/api"
)

var update = flag.Bool("update", false, "write golden files")

// TestDocument holds the document: what changes in it changes for everybody
// who wrote a program against it.
func TestDocument(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	rec := w.ask(person{}, http.MethodGet, "/openapi.json", nil)
	golden := filepath.Join("testdata", "openapi.json")
	if *update {
		must(t, 0, os.WriteFile(golden, rec.Body.Bytes(), 0o644))
	}
	want := must2(os.ReadFile(golden))(t)
	if d := cmp.Diff(string(want), rec.Body.String()); d != "" {
		t.Errorf("the document is another one; run with -update if that is meant:\n%s", d)
	}
	document := read[object](t, rec, http.StatusOK)
	if document["openapi"] != "3.1.0" {
		t.Errorf("the version is %v", document["openapi"])
	}
	refs := 0
	walk(document, func(o object) {
		if ref, ok := o["$ref"].(string); ok {
			refs++
			if resolve(document, ref) == nil {
				t.Errorf("%s leads nowhere", ref)
			}
		}
	})
	if refs < 100 {
		t.Errorf("only %d references", refs)
	}
	if again := w.ask(person{}, http.MethodGet, "/openapi.json", nil, "If-None-Match", rec.Header().Get("ETag")); again.Code != http.StatusNotModified {
		t.Errorf("asked again: %d", again.Code)
	}
	if yaml := w.ask(person{}, http.MethodGet, "/openapi.yaml", nil); !strings.Contains(yaml.Body.String(), "openapi: 3.1.0") {
		t.Errorf("the YAML document: %d %.100s", yaml.Code, yaml.Body)
	}
}

func walk(v any, see func(object)) {
	switch v := v.(type) {
	case object:
		see(v)
		for _, member := range v {
			walk(member, see)
		}
	case []any:
		for _, item := range v {
			walk(item, see)
		}
	}
}

func resolve(document object, ref string) any {
	var at any = document
	for step := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		o, _ := at.(object)
		at = o[step]
	}
	return at
}

// TestOperations has every operation say what it does, who may do it, and what
// is answered.
func TestOperations(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	document := read[struct {
		Paths      map[string]map[string]object
		Tags       []struct{ Name string }
		Components struct{ SecuritySchemes object }
	}](t, w.ask(person{}, http.MethodGet, "/openapi.json", nil), http.StatusOK)
	seen := map[string]bool{}
	for _, op := range api.Operations() {
		o := document.Paths[op.Path][strings.ToLower(op.Method)]
		if seen[op.ID] || o["operationId"] != op.ID {
			t.Errorf("%s is there twice, or not at all", op.ID)
		}
		seen[op.ID] = true
		if o["summary"] == "" || o["description"] == "" || len(o["tags"].([]any)) != 1 {
			t.Errorf("%s says too little: %v", op.ID, o)
		}
		if !slices.ContainsFunc(document.Tags, func(tag struct{ Name string }) bool { return tag.Name == o["tags"].([]any)[0] }) {
			t.Errorf("%s has a tag that nobody describes", op.ID)
		}
		checkSecurity(t, op, o["security"].([]any))
		responses := o["responses"].(object)
		good := 0
		for status, r := range responses {
			if d, ok := r.(object)["description"].(string); status < "400" && (!ok || d == "") {
				t.Errorf("%s: %s has no description", op.ID, status)
			}
			if status < "300" {
				good++
			}
		}
		for _, status := range []string{"401", "403", "422", "429", "500", "503"} {
			if responses[status] == nil {
				t.Errorf("%s does not tell of %s", op.ID, status)
			}
		}
		if good != 1 {
			t.Errorf("%s has %d good answers", op.ID, good)
		}
		for _, name := range regexp.MustCompile(`{(\w+)}`).FindAllStringSubmatch(op.Path, -1) {
			if !strings.Contains(fmt.Sprint(o["parameters"]), "name:"+name[1]) {
				t.Errorf("%s does not describe %s", op.ID, name[1])
			}
		}
	}
	n := 0
	for _, methods := range document.Paths {
		n += len(methods)
	}
	if n != len(seen) {
		t.Errorf("the document has %d operations, the table %d", n, len(seen))
	}
}

// checkSecurity holds the scope that is documented against what tokens can do.
func checkSecurity(t *testing.T, op api.Operation, security []any) {
	t.Helper()
	if slices.Contains(op.Permissions, api.Device) {
		if len(security) > 0 {
			t.Errorf("%s: a device needs %v", op.ID, security)
		}
		return
	}
	documented, ofReporters := "", false
	for _, s := range security {
		switch scopes, ok := s.(object)["token"].([]any); {
		case ok && scopes[0] == access.ScopeReport:
			ofReporters = true
		case ok:
			documented = scopes[0].(string)
		}
	}
	program := candor.Principal{Role: candor.RoleReporter, Reporter: "soc@cert.example", Token: "t", Scopes: []string{access.ScopeReport}}
	if works := allowed(op, program); works != ofReporters {
		t.Errorf("%s: with a token of a reporter's it works: %v; documented: %v", op.ID, works, ofReporters)
	}
	for _, scope := range access.Scopes() {
		works := false
		for _, role := range candor.Roles() {
			p := candor.Principal{User: "u", Role: role, Token: "t", Scopes: []string{scope}}
			if !role.Staff() {
				p.Party = "p"
			}
			works = works || allowed(op, p)
		}
		wide := documented != "" && slices.Index(access.Scopes(), scope) >= slices.Index(access.Scopes(), documented)
		if !slices.Contains(op.Permissions, api.SignedIn) && (alone(scope) || alone(documented)) {
			wide = scope == documented
		}
		if works != wide {
			t.Errorf("%s: documented is the scope %q; with %s it works: %v", op.ID, documented, scope, works)
		}
	}
}

// alone tells whether a scope holds no other.
func alone(scope string) bool { return scope == access.ScopeFlows || scope == access.ScopeExchange }

// TestWords makes sure that the document has the whole taxonomy.
func TestWords(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	schemas := resolve(read[object](t, w.ask(person{}, http.MethodGet, "/openapi.json", nil), http.StatusOK), "#/components/schemas").(object)
	words := func(name string) []any { return schemas[name].(object)["enum"].([]any) }
	if got := words("Severity"); !slices.Equal(got, []any{"info", "low", "medium", "high", "critical"}) {
		t.Errorf("severities are %v", got)
	}
	classes := words("Class")
	for _, c := range classes {
		if known, ok := candor.ParseClass(c.(string)); candor.Class(c.(string)).Incident() && (!ok || string(known) != c) {
			t.Errorf("there is no class %v", c)
		}
	}
	if len(classes) != 42 { // and the two of what parties ask about terms
		t.Errorf("there are %d classes", len(classes))
	}
	if len(words("CaseState")) != len(candor.CaseStates()) || len(words("Role")) != len(candor.Roles()) {
		t.Error("states of cases or roles are missing")
	}
}

func TestPage(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	rec := w.ask(person{}, http.MethodGet, "/api", nil)
	html := rec.Body.String()
	if csp := rec.Header().Get("Content-Security-Policy"); rec.Code != http.StatusOK || !strings.HasPrefix(csp, "default-src 'none'; style-src 'self'; ") {
		t.Errorf("%d, %s", rec.Code, csp)
	}
	for _, op := range api.Operations() {
		if !strings.Contains(html, `<article id="`+op.ID+`">`) || !strings.Contains(html, "<code>"+op.Path+"</code>") {
			t.Errorf("%s is not on the page", op.ID)
		}
	}
	for _, foreign := range regexp.MustCompile(`(?i)<script|style=|<img|<iframe|(src|href)="(https?:)?//`).FindAllString(html, -1) {
		t.Errorf("the page has %s in it", foreign)
	}
	for _, target := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(html, -1) {
		if !strings.Contains(html, `id="`+target[1]+`"`) {
			t.Errorf("#%s leads nowhere", target[1])
		}
	}
	for _, path := range regexp.MustCompile(`href="(/[^"]+)"`).FindAllStringSubmatch(html, -1) {
		if got := w.ask(person{}, http.MethodGet, path[1], nil); got.Code != http.StatusOK {
			t.Errorf("%s: %d", path[1], got.Code)
		}
	}
	if got := w.ask(person{}, http.MethodPost, "/api", nil); got.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", got.Code)
	}
	for _, line := range regexp.MustCompile(`--json &#39;(.*?)&#39; &#34;`).FindAllStringSubmatch(html, -1) {
		if text := strings.NewReplacer("&#34;", `"`, "&lt;", "<", "&gt;", ">").Replace(line[1]); !json.Valid([]byte(text)) {
			t.Errorf("an example is no JSON: %s", text)
		}
	}
}

// TestMembers has every member of every schema say what it means.
func TestMembers(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	schemas := resolve(read[object](t, w.ask(person{}, http.MethodGet, "/openapi.json", nil), http.StatusOK), "#/components/schemas").(object)
	for name, s := range schemas {
		properties, _ := s.(object)["properties"].(object)
		for member, p := range properties {
			if p.(object)["description"] == nil {
				t.Errorf("%s.%s is not described", name, member)
			}
		}
	}
	for line := range strings.Lines(string(must2(os.ReadFile("members.txt"))(t))) {
		name, _, ok := strings.Cut(line, "\t")
		schema, member, _ := strings.Cut(name, ".")
		if !ok || schema == "*" {
			continue
		}
		s, _ := schemas[schema].(object)
		if properties, _ := s["properties"].(object); properties[member] == nil {
			t.Errorf("members.txt tells of %s, which is not there", name)
		}
	}
}
