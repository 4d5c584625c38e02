package fleet_test

import (
	"crypto/md5"
	"crypto/sha1"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"candor"
	"candor/internal/fleet/wire"
	"candor/internal/store"
)

// askHash asks a server where a content lies.
func (w *world) askHash(t *testing.T, server candor.Asset, hash string, size int64) {
	t.Helper()
	now := w.now().UTC()
	err := w.s.Tx(t.Context(), func(tx *store.Tx) error {
		return tx.AskHash(t.Context(), candor.HashQuestion{Hash: hash, Size: size, Asked: now, By: "test"}, candor.HashAnswer{Hash: hash, Server: server.ID, State: candor.HashWaiting, Asked: now, Updated: now})
	})
	if err == nil {
		err = w.AskHashes(t.Context(), server.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) hashAnswer(t *testing.T, hash string) candor.HashAnswer {
	t.Helper()
	all, err := w.s.HashAnswers(t.Context(), hash)
	if err != nil || len(all) != 1 {
		t.Fatalf("answers: %+v, %v", all, err)
	}
	return all[0]
}

func (w *world) places(t *testing.T, hash string) []candor.HashPlace {
	t.Helper()
	all, err := w.s.HashPlaces(t.Context(), hash, 10)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestHashes has a real agent asked where contents lie, by each kind of hash.
func TestHashes(t *testing.T) {
	w := newWorld(t)
	server, on := w.server(t, "web1")
	content := "good content"
	good := w.write(t, on, "a\xff.php", content) // no text
	w.write(t, on, "b.php", "other content")
	w.agent(t, w.config(t, t.TempDir(), w.token(t, server)))
	ask := func(hash string, size int64) candor.HashAnswer {
		t.Helper()
		w.askHash(t, server, hash, size)
		eventually(t, "the answer", func() bool { return w.hashAnswer(t, hash).State != candor.HashWaiting })
		return w.hashAnswer(t, hash)
	}
	early := fmt.Sprintf("%x", md5.Sum([]byte("early")))
	if a := ask(early, 0); a.Unread == 0 && a.State == candor.HashAnswered {
		t.Errorf("of a site that was not looked at: %+v", a)
	}
	w.scan(t, on)
	since := w.now()
	for i, hash := range []string{sum([]byte(content)), fmt.Sprintf("%x", md5.Sum([]byte(content))), fmt.Sprintf("%x", sha1.Sum([]byte(content)))} {
		if a := ask(hash, int64(len(content))*int64(i%2)); a.State != candor.HashAnswered || a.Places != 1 || a.Unread != 0 || a.Error != "" {
			t.Fatalf("%s: %+v", hash, a)
		}
		p := w.places(t, hash)
		if len(p) != 1 || p[0].Asset != on.ID || candor.RawPath(p[0].Path) != good || p[0].Size != int64(len(content)) || p[0].Since.After(since) || since.Sub(p[0].Since).Hours() > 1 {
			t.Errorf("%s: %+v", hash, p)
		}
	}
	none := sum([]byte("nothing holds this"))
	if a := ask(none, 0); a.State != candor.HashAnswered || a.Places != 0 || a.Unread != 0 {
		t.Errorf("what is not there: %+v", a)
	}
	if err := os.Remove(good); err != nil {
		t.Fatal(err)
	}
	hash := sum([]byte(content))
	if a := ask(hash, 0); a.State != candor.HashAnswered || a.Places != 0 || len(w.places(t, hash)) != 0 {
		t.Errorf("what is gone: %+v", a)
	}
	eventually(t, "nothing to do", func() bool {
		tasks, err := w.s.AgentTasks(t.Context(), server.ID, 10)
		return err == nil && len(tasks) == 0
	})
}

// TestHashesHostile has somebody answer who holds the key of one server's agent:
// nothing is believed but what was asked, of the sites of that server.
func TestHashesHostile(t *testing.T) {
	w := newWorld(t)
	server, on := w.server(t, "web1")
	other, elsewhere := w.server(t, "web2")
	client, stranger := w.as(t, server), w.as(t, other)
	hash, unasked := sum([]byte("a")), sum([]byte("b"))
	place := func(hash string, site candor.Asset, path string, size int) string {
		return fmt.Sprintf(`{"result":{"answers":[{"hash":%q,"places":[{"asset":%q,"path":%q,"size":%d,"since":"2999-01-01T00:00:00Z"}]}]}}`, hash, site.ID, path, size)
	}
	inside := filepath.Join(on.Roots[0], "a.php")
	for _, tt := range []struct {
		name, body string
		who        *http.Client
		want       candor.HashState
	}{
		{"another server", place(hash, on, inside, 5), stranger, candor.HashWaiting},
		{"what was not asked", place(unasked, on, inside, 5), client, candor.HashFailed},
		{"a site elsewhere", place(hash, elsewhere, filepath.Join(elsewhere.Roots[0], "a.php"), 5), client, candor.HashFailed},
		{"a path elsewhere", place(hash, on, "/etc/passwd", 5), client, candor.HashFailed},
		{"a path that leaves", place(hash, on, on.Roots[0]+"/../x", 5), client, candor.HashFailed},
		{"another size", place(hash, on, inside, 6), client, candor.HashFailed},
		{"a site that is none", `{"result":{"answers":[{"hash":"` + hash + `","places":[{"asset":"x","path":"/x","size":5}]}]}}`, client, candor.HashFailed},
		{"no answer", `{"result":{"answers":[]}}`, client, candor.HashFailed},
		{"nothing", `{}`, client, candor.HashFailed},
		{"no result", `{"result":"x"}`, client, candor.HashFailed},
		{"an agent that knows no such task", `{"error":{"text":"the plan\u0000 of the response is no JSON","kind":"invalid"}}`, client, candor.HashFailed},
		{"an answer", place(hash, on, inside, 5), client, candor.HashAnswered},
	} {
		w.askHash(t, server, hash, 5)
		k, err := w.s.AgentTask(t.Context(), "hashes:"+string(server.ID))
		if err != nil {
			t.Fatal(err)
		}
		if status, text := w.request(t, tt.who, "POST", wire.Tasks+string(k.ID)+"/done", tt.body); status != http.StatusOK {
			t.Fatalf("%s: %d %s", tt.name, status, text)
		}
		a := w.hashAnswer(t, hash)
		if a.State != tt.want || (a.Error != "") != (tt.want == candor.HashFailed) || len(w.places(t, hash)) != int(a.Places) {
			t.Errorf("%s: %+v", tt.name, a)
		}
		if _, err := w.s.AgentTask(t.Context(), "hashes:"+string(server.ID)); (tt.want == candor.HashWaiting) != (err == nil) || err != nil && !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("%s: the task stays: %v", tt.name, err)
		}
	}
	if p := w.places(t, hash); len(p) != 1 || p[0].Path != inside || p[0].Since.After(w.now()) {
		t.Errorf("places: %+v", p)
	}
	if _, err := w.s.HashQuestion(t.Context(), unasked); !errors.Is(err, candor.ErrNotFound) {
		t.Errorf("what was not asked: %v", err)
	}
}
