package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"candor"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// send sends JSON to the API, and gives the answer.
func (o *person) send(t *testing.T, want int, path string, body any) string {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.url+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", o.url)
	a, err := o.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	answer, err := io.ReadAll(a.Body)
	if err != nil || a.StatusCode != want {
		t.Fatalf("%s: %d, not %d, %v: %s", path, a.StatusCode, want, err, answer)
	}
	return string(answer)
}

// TestSoftware has a build be bound, a user agree to it with no network, the
// desk be told of it later, and a new version come into force; and the desk see
// what a build shows that was not declared.
func TestSoftware(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	s := openStore(t, data)
	p, _ := storetest.Sample(t, s, "acme")
	asset := candor.Asset{ID: candor.NewID(p.Created), Kind: candor.Product, Owner: p.ID, Name: "Toolbar", Created: p.Created, Updated: p.Created}
	if err := s.Tx(t.Context(), func(tx *store.Tx) error { return tx.AddAsset(t.Context(), asset, p.Created) }); err != nil {
		t.Fatal(err)
	}
	file := func(name, text string) string {
		put(t, filepath.Join(dir, name), text)
		return filepath.Join(dir, name)
	}
	setup, eula, next, policy := file("setup.exe", "setup"), file("eula.txt", "We show offers."), file("eula-2.txt", "We show more offers."), file("policy.txt", "We keep nothing.")
	of := func(agreement string, more ...string) []string {
		return append([]string{setup, "--product", "toolbar", "--agreement", agreement, "--policy", policy}, more...)
	}
	run := func(want int, verb string, args ...string) string {
		t.Helper()
		return command(t, want, append([]string{"software", verb}, args...)...)
	}
	bind := func(agreement, version string) json.RawMessage {
		return json.RawMessage(run(0, "bind", of(agreement, "--version", "1", "--platform", "windows/amd64", "--agreement-version", version, "--policy-version", "1", "--optional", "stats")...))
	}
	queue := []string{"--queue", filepath.Join(dir, "queue")}
	run(0, "accept", of(eula, append(queue, "--clause", "stats")...)...)

	desk := start(t, "--data", data)
	ask := append(queue, "--server", desk.URL)
	if out := run(2, "send", ask...); !strings.Contains(out, "not found") {
		t.Errorf("sent of a product that nobody registered: %s", out)
	}
	o := signIn(t, desk)
	o.send(t, http.StatusCreated, "/api/v1/software", map[string]any{"id": "toolbar", "name": "Toolbar", "publisher": "Acme", "asset": asset.ID})
	o.send(t, http.StatusCreated, "/api/v1/software/toolbar/builds", map[string]any{"declaration": bind(eula, "1")})
	if out := run(0, "send", ask...); !strings.Contains(out, "statement 1 is recorded") {
		t.Error(out)
	}
	if out := run(0, "send", ask...); out != "" {
		t.Errorf("it was sent again: %s", out)
	}
	run(0, "stands", of(eula, ask...)...)
	o.send(t, http.StatusCreated, "/api/v1/software/toolbar/builds", map[string]any{"declaration": bind(next, "2")})
	if out := run(1, "stands", of(eula, ask...)...); !strings.Contains(out, "(new-version); show version 2 of “agreement”") {
		t.Error(out)
	}
	run(0, "accept", of(next, queue...)...)
	run(0, "send", ask...)
	run(0, "stands", of(next, ask...)...)

	findings := func() int {
		page, err := s.Findings(t.Context(), candor.Everything, candor.FindingFilter{Asset: asset.ID}, candor.Cut{})
		if err != nil {
			t.Fatal(err)
		}
		return len(page.Items)
	}
	if n := findings(); n != 0 {
		t.Errorf("%d findings before anything differed", n)
	}
	run(0, "accept", of(policy, queue...)...)
	if out := run(1, "send", ask...); !strings.Contains(out, "refused (other-agreement); show version 2") {
		t.Error(out)
	}
	if n := findings(); n != 1 {
		t.Errorf("%d findings when another agreement was shown", n)
	}
	if status := desk.stop(t); status != 0 {
		t.Errorf("the program ended with %d: %s", status, desk.errors())
	}
	if out := run(2, "stands", of(next, ask...)...); !strings.Contains(out, "when there is a network") {
		t.Error(out)
	}
}
