package taxii_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/stix"
	"candor/internal/intel/taxii"
	"candor/internal/intel/taxii/memory"
	"candor/internal/intel/tlp"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const shared = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"

func collection(to tlp.Audience) taxii.Collection {
	return taxii.Collection{ID: shared, Title: "Shared", CanRead: true, CanWrite: true, Audience: to}
}

// house is our own server over TLS, whose clients have a token.
func house(t *testing.T, to tlp.Audience) (*httptest.Server, taxii.Store) {
	store := memory.New(func(string, string) ([]taxii.Collection, error) { return []taxii.Collection{collection(to)}, nil }, func() time.Time { return noon })
	h := &taxii.Server{Title: "Desk", Roots: []taxii.Root{{Name: "api", Title: "API"}}, Store: store, Page: 7, Identify: func(r *http.Request) (string, error) {
		if r.Header.Get("Authorization") != "Bearer token" {
			return "", candor.ErrDenied
		}
		return "partner", nil
	}}
	s := httptest.NewTLSServer(h)
	t.Cleanup(s.Close)
	return s, store
}

func client(s *httptest.Server) *taxii.Client {
	return &taxii.Client{HTTP: s.Client(), Origin: s.URL, Authorize: taxii.Bearer("token"), Wait: func(context.Context, time.Duration) error { return nil }}
}

func release(t *testing.T, n int, to tlp.Audience) intel.Release {
	t.Helper()
	b := intel.Bundle{ID: "018f0000-0000-7000-8000-000000000001", Title: "Scan", Producer: intel.Producer{Name: "Example"}, Created: noon, Modified: noon, TLP: tlp.Clear}
	for i := range n {
		b.Indicators = append(b.Indicators, intel.Indicator{Kind: intake.Address, Value: fmt.Sprintf("192.0.2.%d", i), First: noon, TLP: []tlp.Mark{tlp.Clear, tlp.Red}[i%2]})
	}
	r, err := b.Release(to)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestBothWays has our client talk with our server: what is sent comes back whole,
// over many pages, and only what is new the next time.
func TestBothWays(t *testing.T) {
	s, _ := house(t, tlp.Community)
	c := client(s)
	d, err := c.Discover(t.Context(), s.URL+"/taxii2/")
	if err != nil || d.Default != s.URL+"/api/" {
		t.Fatal(d, err)
	}
	if r, err := c.Root(t.Context(), d.Default); err != nil || r.MaxContentLength != taxii.MostBody {
		t.Error(r, err)
	}
	all, err := c.Collections(t.Context(), d.Default)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	st, err := c.Send(t.Context(), d.Default, shared, release(t, 20, tlp.Community))
	if err != nil || st.FailureCount != 0 || st.SuccessCount == 0 {
		t.Fatal(st, err)
	}
	var raws []string
	read := func(after time.Time) taxii.Progress {
		raws = nil
		p, err := c.Objects(t.Context(), d.Default, shared, taxii.Query{AddedAfter: after}, func(raw json.RawMessage) error {
			raws = append(raws, string(raw))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := read(time.Time{})
	got, err := stix.Read(strings.NewReader(`{"objects":[` + strings.Join(raws, ",") + `]}`))
	if err != nil || len(got.Indicators) != 10 || len(got.Problems) != 0 || p.Objects != len(raws) || p.Objects != st.SuccessCount {
		t.Errorf("%d indicators, %d objects of %d, %v", len(got.Indicators), p.Objects, st.SuccessCount, err)
	}
	if again := read(p.Last); again.Objects != 0 {
		t.Errorf("%d objects are new", again.Objects)
	}
	if err := stix.Check(strings.NewReader(`{"objects":[` + strings.Join(func() []string { read(time.Time{}); return raws }(), ",") + `]}`)); err != nil {
		t.Error(err)
	}
	stop := errors.New("stop")
	if _, err := c.Objects(t.Context(), d.Default, shared, taxii.Query{}, func(json.RawMessage) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
}

func TestClientErrors(t *testing.T) {
	s, _ := house(t, tlp.Community)
	c := client(s)
	c.Origin = "https://other.example"
	if _, err := c.Discover(t.Context(), s.URL+"/taxii2/"); !errors.Is(err, candor.ErrDenied) {
		t.Error("another host got the token:", err)
	}
	c.Origin = s.URL
	if _, err := c.Collections(t.Context(), s.URL+"/none/"); !errors.Is(err, candor.ErrNotFound) {
		t.Error(err)
	}
	for name, answer := range map[string]http.HandlerFunc{
		"html":  func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
		"loop":  func(w http.ResponseWriter, _ *http.Request) { say(w, `{"more":true,"next":"a","objects":[{}]}`) },
		"stuck": func(w http.ResponseWriter, _ *http.Request) { say(w, `{"more":true,"objects":[{}]}`) },
		"torn":  func(w http.ResponseWriter, _ *http.Request) { say(w, `{"more":`) },
	} {
		bad := httptest.NewServer(answer)
		_, err := (&taxii.Client{HTTP: bad.Client()}).Objects(t.Context(), bad.URL+"/", "x", taxii.Query{}, func(json.RawMessage) error { return nil })
		if !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
		bad.Close()
	}
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer busy.Close()
	var later *candor.LaterError
	if _, err := (&taxii.Client{HTTP: busy.Client()}).Discover(t.Context(), busy.URL); !errors.As(err, &later) || later.After != 2*time.Minute {
		t.Error(err)
	}
}

func say(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", taxii.MediaType)
	fmt.Fprint(w, body)
}

// TestPending has a server take its time, and pages without a token.
func TestPending(t *testing.T) {
	var looks atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			w.Header().Set("Content-Type", taxii.MediaType)
			w.WriteHeader(http.StatusAccepted)
			fmt.Fprint(w, `{"id":"s1","status":"pending","total_count":1,"pending_count":1}`)
		case strings.HasSuffix(r.URL.Path, "/status/s1/"):
			if looks.Add(1) < 3 {
				say(w, `{"id":"s1","status":"pending"}`)
			} else {
				say(w, `{"id":"s1","status":"complete","total_count":1,"success_count":1}`)
			}
		case r.URL.Query().Get("added_after") == "":
			w.Header().Set("X-TAXII-Date-Added-Last", "2026-01-01T00:00:00.000000Z")
			say(w, `{"more":true,"objects":[{"a":1}]}`)
		default:
			w.Header().Set("X-TAXII-Date-Added-Last", "2026-01-02T00:00:00.000000Z")
			say(w, `{"objects":[{"a":2}]}`)
		}
	}))
	defer s.Close()
	c := client(s)
	if st, err := c.Send(t.Context(), s.URL+"/api/", shared, release(t, 1, tlp.Community)); err != nil || st.SuccessCount != 1 || looks.Load() != 3 {
		t.Error(st, err, looks.Load())
	}
	if p, err := c.Objects(t.Context(), s.URL+"/api/", shared, taxii.Query{}, func(json.RawMessage) error { return nil }); err != nil || p.Objects != 2 || p.Last.Day() != 2 {
		t.Error(p, err)
	}
}

// TestPublish holds what was released to few back from a collection that many
// read.
func TestPublish(t *testing.T) {
	for _, from := range tlp.Audiences() {
		for _, to := range tlp.Audiences() {
			_, store := house(t, to)
			st, err := taxii.Publish(t.Context(), store, "desk", "api", collection(to), release(t, 4, from))
			most, _ := tlp.Most(from)
			reads, _ := tlp.Most(to)
			if may := most.Compare(reads) <= 0; may != (err == nil) || err != nil && !errors.Is(err, candor.ErrDenied) || err == nil && st.SuccessCount == 0 {
				t.Errorf("released to %s, read by %s: %v", from, to, err)
			}
		}
	}
}

// FuzzServer asks the server anything: it answers in TAXII, and never fails inside.
func FuzzServer(f *testing.F) {
	f.Add("GET", "/api/collections/"+shared+"/objects/?limit=1&match[version]=all", "")
	f.Add("POST", "/api/collections/"+shared+"/objects/", `{"objects":[{"type":"a","id":"a--00000000-0000-4000-8000-000000000001"}]}`)
	f.Add("DELETE", "/api/collections/"+shared+"/objects/x/", "")
	f.Fuzz(func(t *testing.T, method, path, body string) {
		store := memory.New(func(string, string) ([]taxii.Collection, error) {
			return []taxii.Collection{collection(tlp.Community)}, nil
		}, func() time.Time { return noon })
		h := &taxii.Server{Roots: []taxii.Root{{Name: "api"}}, Store: store, Identify: func(*http.Request) (string, error) { return "x", nil }}
		r, err := http.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		if err != nil {
			t.Skip()
		}
		r.Header.Set("Content-Type", taxii.MediaType)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 || w.Header().Get("Content-Type") != taxii.MediaType {
			t.Fatalf("%s %q: %d %s", method, path, w.Code, w.Body)
		}
	})
}
