package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

const (
	keyHeader = "Idempotency-Key"
	replayed  = "Idempotency-Replayed"
)

// TestOnce sends one request many times at once.
func TestOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.staff()
		admin := w.people["admin"]
		party := object{"kind": "customer", "name": "once"}
		answers := make([]*httptest.ResponseRecorder, 20)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = w.ask(admin, http.MethodPost, "/api/v1/parties", party, keyHeader, "k-1") })
		}
		all.Wait()
		first := w.ask(admin, http.MethodPost, "/api/v1/parties", party, keyHeader, "k-1")
		if first.Code != http.StatusCreated || first.Header().Get(replayed) != "true" {
			t.Fatalf("a repetition: %d %s", first.Code, first.Body)
		}
		fresh := 0
		for _, a := range answers {
			switch {
			case a.Code == http.StatusConflict && a.Header().Get("Retry-After") != "":
			case a.Code == http.StatusCreated && a.Body.String() == first.Body.String():
				if a.Header().Get(replayed) == "" {
					fresh++
				}
			default:
				t.Errorf("answered %d %s", a.Code, a.Body)
			}
		}
		if got := read[page](t, w.ask(admin, http.MethodGet, "/api/v1/parties", nil), http.StatusOK); fresh != 1 || got.Count != 1 {
			t.Errorf("it was done %d times, and there are %d parties", fresh, got.Count)
		}
		party["name"] = "another"
		if got := w.ask(admin, http.MethodPost, "/api/v1/parties", party, keyHeader, "k-1"); got.Code != http.StatusUnprocessableEntity {
			t.Errorf("another request with the key: %d %s", got.Code, got.Body)
		}
		if got := w.ask(w.people["analyst"], http.MethodPost, "/api/v1/parties", party, keyHeader, "k-1"); got.Code != http.StatusCreated || got.Header().Get(replayed) != "" {
			t.Errorf("somebody else with the key: %d %s", got.Code, got.Body)
		}
		w.later(24 * time.Hour)
		w.staffAgain()
		if got := w.ask(w.people["admin"], http.MethodPost, "/api/v1/parties", party, keyHeader, "k-1"); got.Code != http.StatusCreated || got.Header().Get(replayed) != "" {
			t.Errorf("a day later: %d %s", got.Code, got.Body)
		}
	})
}

// staffAgain gives the administrator a token, since sessions end.
func (w *world) staffAgain() {
	w.hand("admin", "admin")
	w.people["admin"] = w.people["admin/admin"]
}

// TestTriedAgain repeats what the server failed to do.
func TestTriedAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.staff()
		calls := 0
		results := []error{candor.ErrUnavailable, errSecret, nil}
		w.bounce = func(context.Context, io.Reader) error { calls++; return results[min(calls, len(results))-1] }
		send := func() *httptest.ResponseRecorder {
			return w.ask(w.people["admin"], http.MethodPost, "/api/v1/bounces", "x", keyHeader, "k", "Content-Type", "message/rfc822")
		}
		for i, want := range []int{http.StatusServiceUnavailable, http.StatusInternalServerError, http.StatusNoContent, http.StatusNoContent, http.StatusNoContent} {
			if got := send(); got.Code != want {
				t.Errorf("attempt %d: %d %s", i+1, got.Code, got.Body)
			}
		}
		if calls != 3 {
			t.Errorf("it was done %d times", calls)
		}
	})
}

// TestBrokenOff has the program end while it works on a request.
func TestBrokenOff(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	w.staff()
	entered, leave := make(chan struct{}), make(chan struct{})
	w.bounce = func(context.Context, io.Reader) error { close(entered); <-leave; return nil }
	w.hand("admin", "admin")
	send := func() *httptest.ResponseRecorder {
		return w.ask(w.people["admin/admin"], http.MethodPost, "/api/v1/bounces", "x", keyHeader, "k", "Content-Type", "message/rfc822")
	}
	ended := make(chan struct{})
	go func() { send(); close(ended) }()
	<-entered
	if got := send(); got.Code != http.StatusConflict || got.Header().Get("Retry-After") == "" {
		t.Errorf("while it is worked on: %d %s", got.Code, got.Body)
	}
	w.later(time.Hour)
	if got := send(); got.Code != http.StatusConflict || !strings.Contains(got.Body.String(), "not known") {
		t.Errorf("long after: %d %s", got.Code, got.Body)
	}
	close(leave)
	<-ended
}

// TestPanic answers for a defect, and lets the request be repeated.
func TestPanic(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	w.staff()
	n := 0
	w.bounce = func(context.Context, io.Reader) error {
		if n++; n == 1 {
			panic(errSecret)
		}
		return nil
	}
	for _, want := range []int{http.StatusInternalServerError, http.StatusNoContent} {
		got := w.ask(w.people["admin"], http.MethodPost, "/api/v1/bounces", "x", keyHeader, "k", "Content-Type", "message/rfc822")
		if got.Code != want || strings.Contains(got.Body.String(), errSecret.Error()) {
			t.Errorf("got %d %s", got.Code, got.Body)
		}
	}
}

// TestSecretsAreNotKept looks for what is shown once in the answers that are kept.
func TestSecretsAreNotKept(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	w.staff()
	admin := w.people["admin"]
	owner := must2(w.house.SaveParty(t.Context(), admin.who, candor.Party{Kind: candor.Customer, Name: "acme"}))(t)
	server := must2(w.house.SaveAsset(t.Context(), admin.who, candor.Asset{Kind: candor.Server, Owner: owner.ID, Name: "web1"}))(t)
	for i, x := range []struct {
		path    string
		body    object
		secrets []string
	}{
		{"/api/v1/tokens", object{"name": "ci", "scopes": []string{"read"}}, []string{"text"}},
		{"/api/v1/webhooks", object{"url": "https://in.example/x"}, []string{"secret"}},
		{"/api/v1/people", object{"name": "Eve", "mail": "eve@desk.example", "role": "analyst"}, []string{"secret", "link"}},
		{"/api/v1/assets/" + string(server.ID) + "/agent-tokens", nil, []string{"token"}},
	} {
		key := fmt.Sprintf("k-%d", i)
		first := read[object](t, w.ask(admin, http.MethodPost, x.path, x.body, keyHeader, key), http.StatusCreated)
		second := read[object](t, w.ask(admin, http.MethodPost, x.path, x.body, keyHeader, key), http.StatusCreated)
		kept := must2(w.house.Store.Answer(t.Context(), string(admin.who.User), key))(t)
		for _, name := range x.secrets {
			secret, _ := first[name].(string)
			if len(secret) < 20 || strings.Contains(kept.Body, secret) || second[name] != "" {
				t.Errorf("%s: %s was %q, then %v; kept is %s", x.path, name, secret, second[name], kept.Body)
			}
		}
	}
	if _, err := w.house.Store.Answer(t.Context(), string(admin.who.User), "none"); !errors.Is(err, candor.ErrNotFound) {
		t.Error(err)
	}
	if got := w.ask(admin, http.MethodPost, "/api/v1/parties", object{}, keyHeader, "a b"); got.Code != http.StatusUnprocessableEntity {
		t.Errorf("a key with a space: %d", got.Code)
	}
}
