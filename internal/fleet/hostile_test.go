package fleet_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/agent"
	"candor/internal/fleet"
	"candor/internal/fleet/wire"
	"candor/internal/store"
)

// memory is a vault.
type memory struct {
	lock sync.Mutex
	all  map[string][]byte
}

func (m *memory) Put(_ context.Context, r io.Reader) (string, int64, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return "", 0, fmt.Errorf("keep it: %w", err)
	}
	m.lock.Lock()
	defer m.lock.Unlock()
	digest := sum(data)
	m.all[digest] = data
	return digest, int64(len(data)), nil
}

func (m *memory) Get(_ context.Context, digest string) (io.ReadCloser, error) {
	m.lock.Lock()
	defer m.lock.Unlock()
	data, ok := m.all[digest]
	if !ok {
		return nil, candor.ErrNotFound
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

func sum(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(data)) }

// as gives a client with the identity of an agent: whoever broke into its
// server has it.
func (w *world) as(t *testing.T, server candor.Asset) *http.Client {
	t.Helper()
	dir := t.TempDir()
	if _, err := agent.New(t.Context(), w.config(t, dir, w.token(t, server))); err != nil {
		t.Fatal(err)
	}
	var id struct{ Issuer, Certificate, Key []byte }
	data, err := os.ReadFile(filepath.Join(dir, "identity.json"))
	if err == nil {
		err = json.Unmarshal(data, &id)
	}
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.ParsePKCS8PrivateKey(id.Key)
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := x509.ParseCertificate(id.Issuer)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(issuer)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: wire.ServerName, Certificates: []tls.Certificate{{Certificate: [][]byte{id.Certificate}, PrivateKey: key}}}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: time.Minute}
}

func (w *world) request(t *testing.T, c *http.Client, method, path, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "https://"+w.address+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	a, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, string(text)
}

// order adds a response that is to move one file of a site, and the task for
// the agent.
func (w *world) order(t *testing.T, on candor.Asset, content string) (candor.Response, candor.AgentTask) {
	t.Helper()
	now := w.now().UTC()
	c := candor.Case{ID: candor.NewID(now), Asset: on.ID, Party: on.Owner, Class: candor.Test, State: candor.CaseNew, Title: "x", Opened: now, Updated: now}
	plan := fmt.Sprintf(`{"effects":[],"undo":{"key":"","text":""},"data":{"files":[{"root":%q,"path":"a.php","sha256":%q,"size":%d,"links":1}]}}`, on.Roots[0], sum([]byte(content)), len(content))
	r := candor.Response{ID: candor.NewID(now), Case: c.ID, Asset: on.ID, Party: on.Owner, Method: "quarantine", State: candor.ResponseApproved, Plan: json.RawMessage(plan), By: "user:1", Created: now, Updated: now}
	body, err := json.Marshal(wire.ResponseTask{Response: r.ID})
	if err != nil {
		t.Fatal(err)
	}
	k := candor.AgentTask{ID: candor.NewID(now), Asset: on.Server, Same: "apply:" + string(r.ID), Kind: wire.TaskApply, Body: body, State: candor.AgentTaskWaiting, Created: now, Updated: now}
	err = w.s.Tx(t.Context(), func(tx *store.Tx) error {
		return errors.Join(tx.AddCase(t.Context(), &c), tx.AddResponse(t.Context(), r), tx.AddAgentTask(t.Context(), k))
	})
	if err != nil {
		t.Fatal(err)
	}
	return r, k
}

// TestHostileAgent has somebody speak who holds the key of one server's agent:
// it reaches what its own orders name, and nothing else.
func TestHostileAgent(t *testing.T) {
	w := newWorld(t)
	v := &memory{all: map[string][]byte{}}
	w.Vault = v
	secret := []byte("another customer's")
	v.all[sum(secret)] = secret
	server, on := w.server(t, "web1")
	other, elsewhere := w.server(t, "web2")
	client, stranger := w.as(t, server), w.as(t, other)
	content := "bad content"
	r, k := w.order(t, on, content)
	_, theirs := w.order(t, elsewhere, content)
	result := func(root, path string) string {
		return fmt.Sprintf(`{"result":{"places":[{"root":%q,"path":%q,"sha256":%q,"size":%d,"state":"waiting"}]}}`, root, path, sum([]byte(content)), len(content))
	}
	at := wire.Tasks + string(k.ID)
	for _, tt := range []struct {
		name, method, path, body string
		who                      *http.Client
		want                     int
	}{
		{"content that was not planned", "PUT", at + "/vault", "anything else", client, http.StatusConflict},
		{"more than was planned", "PUT", at + "/vault", content + content, client, http.StatusConflict},
		{"what was planned", "PUT", at + "/vault", content, client, http.StatusOK},
		{"it again", "GET", at + "/vault/" + sum([]byte(content)), "", client, http.StatusOK},
		{"what others keep", "GET", at + "/vault/" + sum(secret), "", client, http.StatusForbidden},
		{"the order of another server", "PUT", wire.Tasks + string(theirs.ID) + "/vault", content, client, http.StatusNotFound},
		{"another server's look", "GET", at + "/vault/" + sum([]byte(content)), "", stranger, http.StatusNotFound},
		{"another server's save", "POST", at + "/save", result(on.Roots[0], "a.php"), stranger, http.StatusConflict},
		{"a result about another file", "POST", at + "/save", result(on.Roots[0], "b.php"), client, http.StatusForbidden},
		{"a result about another folder", "POST", at + "/save", result("/etc", "a.php"), client, http.StatusForbidden},
		{"a result that is none", "POST", at + "/save", `{"result":{"places":[{"path":"../x"}]}}`, client, http.StatusBadRequest},
		{"a result", "POST", at + "/save", result(on.Roots[0], "a.php"), client, http.StatusOK},
		{"no certificate", "POST", wire.Sync, "{}", w.without(t), http.StatusForbidden},
		{"no generation", "GET", wire.Definitions + "..%2f..%2fetc", "", client, http.StatusBadRequest},
		{"a generation that is not there", "GET", wire.Definitions + sum(nil), "", client, http.StatusNotFound},
		{"no JSON", "POST", wire.Reports, "nonsense", client, http.StatusBadRequest},
	} {
		if got, text := w.request(t, tt.who, tt.method, tt.path, tt.body); got != tt.want {
			t.Errorf("%s: %d, want %d: %s", tt.name, got, tt.want, text)
		}
	}
	if len(v.all) != 2 {
		t.Errorf("the vault keeps %d contents", len(v.all))
	}
	now, err := w.s.Response(t.Context(), candor.Everything, r.ID)
	if err != nil || len(now.Result) == 0 {
		t.Fatalf("the result is %s, %v", now.Result, err)
	}
	now.State = candor.ResponseRefused
	if err := w.s.Tx(t.Context(), func(tx *store.Tx) error {
		return tx.ChangeResponse(t.Context(), now, candor.ResponseApproved)
	}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/save", "/vault"} {
		method := map[string]string{"/save": "POST", "/vault": "PUT"}[path]
		if got, text := w.request(t, client, method, at+path, map[string]string{"/save": result(on.Roots[0], "a.php"), "/vault": content}[path]); got != http.StatusConflict {
			t.Errorf("after somebody refused it, %s: %d %s", path, got, text)
		}
	}
	a, err := w.s.AgentOf(t.Context(), server.ID)
	if err == nil {
		err = w.Revoke(t.Context(), a.ID, "test")
	}
	if err != nil {
		t.Fatal(err)
	}
	if got, text := w.request(t, client, "POST", wire.Sync, "{}"); got != http.StatusForbidden {
		t.Errorf("after it was revoked: %d %s", got, text)
	}
}

// without is a client that has no certificate.
func (w *world) without(t *testing.T) *http.Client {
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // the server is not what is tried
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: time.Minute}
}

var _ fleet.Vault = (*memory)(nil)
