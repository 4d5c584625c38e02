package house_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"candor"
	"candor/internal/house"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/feed"
	"candor/internal/intel/tlp"
	"candor/internal/store"
)

const (
	ownAttribute = "5f0000aa-0000-4000-8000-0000000000aa"
	unknown      = "5f0000aa-0000-4000-8000-0000000000ab"
	mispKey      = "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789abcd"
)

// server is one of MISP, as far as it takes sightings: it knows one attribute, and has
// users with keys.
type server struct {
	*httptest.Server
	mu    sync.Mutex
	taken []map[string]any
	down  bool
}

func newMISP(t *testing.T) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(s.answer))
	t.Cleanup(s.Close)
	return s
}

func (s *server) answer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	say := func(status int, body any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
	var body map[string]any
	switch {
	case s.down:
		say(http.StatusBadGateway, map[string]any{})
	case r.Header.Get("Authorization") != mispKey:
		say(http.StatusForbidden, map[string]any{"name": "Authentication failed", "message": "Authentication failed. Please make sure you pass the API key of an API enabled user along in the Authorization header.", "url": r.URL.Path})
	case r.Method != http.MethodPost || r.URL.Path != "/sightings/add":
		say(http.StatusMethodNotAllowed, map[string]any{"message": "Invalid method."})
	case r.Header.Get("Accept") != "application/json" || r.Header.Get("Content-Type") != "application/json" || json.NewDecoder(r.Body).Decode(&body) != nil:
		say(http.StatusBadRequest, map[string]any{"message": "No JSON."})
	case body["uuid"] != ownAttribute || body["type"] != "0" || body["timestamp"] == nil || body["source"] == "":
		say(http.StatusNotFound, map[string]any{"name": "Could not add Sighting", "message": "Could not add the Sighting. Reason: No valid attributes found that would match the criteria.", "errors": []string{"no attribute"}})
	default:
		s.taken = append(s.taken, body)
		say(http.StatusOK, map[string]any{"Sighting": map[string]any{"id": "1", "attribute_id": "7", "date_sighting": body["timestamp"], "uuid": "5f0000aa-0000-4000-8000-0000000000ff", "source": body["source"], "type": "0"}})
	}
}

// seenHere has a feed of MISP name something of ours, which was filed.
func (w *world) seenHere(t *testing.T, uuid, value string) house.SightingJob {
	t.Helper()
	ctx := t.Context()
	w.must(t, func(tx *store.Tx) error {
		return errors.Join(tx.KeepIndicators(ctx, "misp", w.now, intel.Indicator{Kind: intake.Domain, Value: value, Source: "misp", Reference: uuid, TLP: tlp.Amber, Confidence: 90, First: w.now}),
			tx.KeepHit(ctx, intel.Hit{ID: candor.NewID(w.now), Feed: "misp", Kind: intake.Domain, Value: value, Asset: w.site.ID, TLP: tlp.Amber, Confidence: 90, First: w.now, Last: w.now, Filed: true}))
	})
	return house.SightingJob{Feed: "misp", Of: intake.Domain, Value: value}
}

// TestMISPSighting tells a server of MISP over HTTPS what was seen: with its key, of its
// own attribute, and nothing of whose it is. What it does not take is kept.
func TestMISPSighting(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, s := t.Context(), newMISP(t)
		key := mispKey
		w.Feeds = house.Feeds{HTTP: s.Client(), All: []feed.Feed{{Name: "misp", Kind: feed.MISP, URL: s.URL + "/feed/", Server: s.URL, Trust: 90, Sightings: true}}, Authorize: func(_ feed.Feed, r *http.Request) { r.Header.Set("Authorization", key) }}
		w.Producer = intel.Producer{Name: "Example Hosting"}
		told := func() house.FeedView {
			t.Helper()
			v, err := w.FeedOf(ctx, eve, "misp")
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		good, bad := w.seenHere(t, ownAttribute, "acme.example"), w.seenHere(t, unknown, "www.acme.example")
		s.down = true
		if err := w.TellSighting(ctx, good); !errors.Is(err, candor.ErrUnavailable) {
			t.Error("a server that is down is not asked again:", err)
		}
		if v := told(); v.Told != 0 || !strings.Contains(v.ToldError, "502") {
			t.Errorf("%+v", v)
		}
		s.down = false
		if err := w.TellSighting(ctx, good); err != nil || len(s.taken) != 1 {
			t.Fatal(err, s.taken)
		}
		if text, err := json.Marshal(s.taken); err != nil || strings.Contains(string(text), "acme") || s.taken[0]["source"] != "Example Hosting" {
			t.Errorf("%s, %v", text, err)
		}
		if v := told(); v.Told != 1 || v.ToldError != "" || !v.ToldLast.Equal(w.now) {
			t.Errorf("%+v", v)
		}
		if err := w.TellSighting(ctx, bad); err != nil || len(s.taken) != 1 {
			t.Error("what the server does not know is told again and again:", err)
		}
		if v := told(); v.Told != 1 || !strings.Contains(v.ToldError, "No valid attributes") {
			t.Errorf("%+v", v)
		}
		key = "wrong"
		if err := w.TellSighting(ctx, good); err != nil || !strings.Contains(told().ToldError, "403") {
			t.Error("with a wrong key:", err, told())
		}
	})
}
