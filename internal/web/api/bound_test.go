package api_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/store"
	"candor/internal/store/storetest"
	"candor/internal/web/api"
)

// TestBounds: what a customer can have many of is bounded, also when it is
// asked for at once.
func TestBounds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := full(t, s)
		var wait sync.WaitGroup
		statuses := make(chan int, house.MostWebhooks+10)
		for i := range cap(statuses) {
			wait.Go(func() {
				statuses <- w.ask(w.people["customer"], http.MethodPost, "/api/v1/webhooks", object{"url": fmt.Sprintf("https://x%d.example/", i), "kinds": []string{}}).Code
			})
		}
		wait.Wait()
		close(statuses)
		got := map[int]int{}
		for status := range statuses {
			got[status]++
		}
		if have := 1; got[http.StatusCreated] != house.MostWebhooks-have || got[http.StatusUnprocessableEntity] != 10+have {
			t.Errorf("webhooks: %v", got)
		}
		for _, name := range []string{"admin", "stranger"} {
			if rec := w.ask(w.people[name], http.MethodPost, "/api/v1/webhooks", object{"url": "https://y.example/", "kinds": []string{}}); rec.Code != http.StatusCreated {
				t.Errorf("%s is bounded by others' webhooks: %d %s", name, rec.Code, rec.Body)
			}
		}
		who := w.people["customer"].who
		var first access.Token
		for i := range access.MostTokens + 1 {
			_, token, err := w.house.Access.MakeToken(t.Context(), who, "x", []string{"read"}, time.Time{})
			if (err == nil) != (i < access.MostTokens-2) { // it has two already
				t.Fatalf("token %d: %v, %s", i, err, candor.Hint(err))
			}
			if i == 0 {
				first = token
			}
		}
		must(t, 0, w.house.Access.RevokeToken(t.Context(), who, first.ID))
		if _, _, err := w.house.Access.MakeToken(t.Context(), who, "x", []string{"read"}, time.Time{}); err != nil {
			t.Errorf("after one was revoked: %v", err)
		}
	})
}

// TestRatePerPrincipal: more tokens and sessions of one person allow no more
// requests, and take nothing from others.
func TestRatePerPrincipal(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), func(c *api.Config) { c.Burst, c.PerSecond = 6, 1 })
	w.staff()
	w.hand("admin", "read")
	w.hand("admin", "write")
	n := 0
	for _, name := range []string{"admin/read", "admin/write", "admin", "admin/read", "admin/write", "admin", "admin/read", "admin"} {
		rec := w.ask(w.people[name], http.MethodGet, "/api/v1/cases", nil)
		if rec.Code == http.StatusTooManyRequests {
			if rec.Header().Get("Retry-After") == "" {
				t.Error("it is not told when to ask again")
			}
			continue
		}
		n++
	}
	if n != 6 {
		t.Errorf("%d requests were answered", n)
	}
	if rec := w.ask(w.people["analyst"], http.MethodGet, "/api/v1/cases", nil); rec.Code != http.StatusOK {
		t.Errorf("somebody else: %d", rec.Code)
	}
}

// TestScanPause: scans of one site that are asked for have a pause between
// them, and it is told until when.
func TestScanPause(t *testing.T) {
	w := full(t, storetest.SQLite(t))
	path := "/api/v1/assets/" + string(w.a.assets[0].ID) + "/scans"
	first := read[candor.Scan](t, w.ask(w.people["customer"], http.MethodPost, path, nil), http.StatusAccepted)
	again := read[candor.Scan](t, w.ask(w.people["customer"], http.MethodPost, path, nil), http.StatusAccepted)
	if again.ID != first.ID {
		t.Errorf("two scans wait: %s, %s", first.ID, again.ID)
	}
	w.later(time.Minute)
	must(t, 0, w.house.Store.Tx(t.Context(), func(tx *store.Tx) error {
		x, err := tx.Scan(t.Context(), candor.Everything, first.ID)
		if err != nil {
			return err
		}
		x.State, x.Ended = candor.ScanComplete, w.clock()
		return tx.ChangeScan(t.Context(), x, candor.ScanQueued)
	}))
	w.later(5 * time.Second)
	if rec := w.ask(w.people["analyst"], http.MethodPost, path, nil); rec.Code != http.StatusTooManyRequests {
		t.Errorf("an analyst after five seconds: %d", rec.Code)
	}
	w.later(25 * time.Second)
	rec := w.ask(w.people["customer"], http.MethodPost, path, nil)
	if seconds, _ := strconv.Atoi(rec.Header().Get("Retry-After")); rec.Code != http.StatusTooManyRequests || seconds != 570 || !strings.Contains(rec.Body.String(), "UTC") || !strings.Contains(rec.Body.String(), "scanned on demand") {
		t.Errorf("after half a minute: %d, %v: %s", rec.Code, rec.Header(), rec.Body)
	}
	if rec := w.ask(w.people["stranger"], http.MethodPost, path, nil); rec.Code != http.StatusNotFound {
		t.Errorf("a stranger: %d", rec.Code)
	}
	if rec := w.ask(w.people["customer"], http.MethodPost, "/api/v1/assets/"+string(w.a.assets[2].ID)+"/scans", nil); rec.Code != http.StatusAccepted {
		t.Errorf("another site: %d %s", rec.Code, rec.Body)
	}
	w.later(10 * time.Minute)
	if next := read[candor.Scan](t, w.ask(w.people["customer"], http.MethodPost, path, nil), http.StatusAccepted); next.ID == first.ID {
		t.Error("after the pause it is the same scan")
	}
}
