package feed_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/intel/feed"
	"candor/internal/intel/taxii"
)

// TestBounds has feeds give more than is held in memory at once.
func TestBounds(t *testing.T) {
	long := `"` + strings.Repeat("x", 17<<20) + `"`
	s := serve(t, map[string]string{
		"/key":     packed(t, `{"notes":`+long+`,"vulnerabilities":[{"cveID":"CVE-2026-1207"}]}`),
		"/entry":   packed(t, `{"vulnerabilities":[{"cveID":"CVE-2026-1207","product":`+long+`}]}`),
		"/debian":  packed(t, `{"bash":{"CVE-2026-0001":{"description":`+long+`}}}`),
		"/entries": packed(t, "PK\x03\x04"+strings.Repeat("PK\x01\x02", 1_000_001)),
	})
	for path, kind := range map[string]feed.Kind{"/key": feed.KEV, "/entry": feed.KEV, "/debian": feed.Debian, "/entries": feed.OSV} {
		_, err := reader(s).Turn(t.Context(), of(kind, s.URL+path), &sink{})
		if !errors.Is(err, candor.ErrInvalid) || !strings.Contains(err.Error(), "more than") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestSweeping leaves out what would name half of the world, or everybody's own network.
func TestSweeping(t *testing.T) {
	s := serve(t, map[string]string{"/": "0.0.0.0/1\n203.0.0.0/7\n2000::/3\n10.0.0.0/8\n100.64.0.0/10\n192.168.1.1\n127.0.0.1\n203.0.113.0/24\n2001:db8::/32\n198.51.100.7\n"})
	var got sink
	turn, err := reader(s).Turn(t.Context(), of(feed.Addresses, s.URL), &got)
	var values []string
	for _, i := range got.indicators {
		values = append(values, i.Value)
	}
	if err != nil || !slices.Equal(values, []string{"203.0.113.0/24", "2001:db8::/32", "198.51.100.7"}) || turn.State.Skipped != 7 {
		t.Errorf("%v, %d skipped, %v", values, turn.State.Skipped, err)
	}
}

// TestRest leaves a feed alone for as long as it asks for.
func TestRest(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7200")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer s.Close()
	r := &feed.Reader{HTTP: s.Client(), States: &states{}, Now: func() time.Time { return noon }}
	f := of(feed.Addresses, s.URL)
	turn, err := r.Turn(t.Context(), f, &sink{})
	if err == nil || turn.State.Due(f, noon.Add(119*time.Minute)) || !turn.State.Due(f, noon.Add(2*time.Hour)) {
		t.Errorf("due at %v, %v", turn.State.Next(f), err)
	}
}

// TestCredentials gives those of a feed to no other host that it names.
func TestCredentials(t *testing.T) {
	told := map[string]string{}
	note := func(w http.ResponseWriter, r *http.Request) { told[r.Host+r.URL.Path] = r.Header.Get("Authorization") }
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		note(w, r)
		fmt.Fprint(w, `{"feed":{"entry":[]}}`)
	}))
	defer other.Close()
	own := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		note(w, r)
		if r.URL.Path == "/list.json" {
			fmt.Fprint(w, `{"feed":{"entry":[]}}`)
			return
		}
		fmt.Fprintf(w, `{"distributions":[{"rolie":{"feeds":[{"url":"http://%s/list.json"},{"url":"%s/list.json"}]}}]}`, r.Host, other.URL)
	}))
	defer own.Close()
	r := &feed.Reader{HTTP: http.DefaultClient, States: &states{}, Now: func() time.Time { return noon }, Authorize: func(_ feed.Feed, req *http.Request) { req.Header.Set("Authorization", "Bearer x") }}
	if _, err := r.Turn(t.Context(), of(feed.CSAF, own.URL+"/provider-metadata.json"), &sink{}); err != nil {
		t.Fatal(err)
	}
	host := func(s *httptest.Server) string { return strings.TrimPrefix(s.URL, "http://") }
	if told[host(own)+"/list.json"] != "Bearer x" || told[host(own)+"/provider-metadata.json"] != "Bearer x" {
		t.Errorf("the feed's own host got %v", told)
	}
	if got, asked := told[host(other)+"/list.json"]; !asked || got != "" {
		t.Errorf("another host was asked: %v, with %q", asked, got)
	}
}

// TestSlow has a partner whose answers take longer than a turn: what was read is not
// read again.
func TestSlow(t *testing.T) {
	const event = `{"Event":{"uuid":"%s","timestamp":"1772366400","info":"x","Attribute":[{"uuid":"%s","type":"domain","value":"a.example","to_ids":true}]}}`
	ids := []string{"018f0000-0000-7000-8000-00000000000a", "018f0000-0000-7000-8000-00000000000b"}
	for _, kind := range []feed.Kind{feed.MISP, feed.CSAF} {
		ctx, end := context.WithCancel(t.Context())
		slow := true
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/manifest.json":
				fmt.Fprintf(w, `{"%s":{"timestamp":"1772366400"},"%s":{"timestamp":"1772366401"}}`, ids[0], ids[1])
			case "/":
				fmt.Fprintf(w, `{"distributions":[{"directory_url":"http://%s/d"}]}`, r.Host)
			case "/d/changes.csv":
				fmt.Fprint(w, "a.json,2026-03-01T12:00:00Z\nb.json,2026-03-01T12:00:01Z\n")
			case "/" + ids[1] + ".json", "/d/b.json":
				if slow {
					end()
					<-r.Context().Done()
					return
				}
				fmt.Fprintf(w, event, ids[1], ids[1])
			case "/" + ids[0] + ".json":
				fmt.Fprintf(w, event, ids[0], ids[0])
			case "/d/a.json.sha512", "/d/a.json.sha256", "/d/b.json.sha512", "/d/b.json.sha256": // nothing proves them
				http.NotFound(w, r)
			default:
				fmt.Fprint(w, `{"document":{"csaf_version":"2.0","tracking":{"id":"X"}}}`)
			}
		}))
		r := &feed.Reader{HTTP: s.Client(), States: &states{}, Now: func() time.Time { return noon }}
		f := of(kind, s.URL+"/")
		turn, err := r.Turn(ctx, f, &sink{})
		if err != nil || !turn.More || !turn.Changed || len(turn.State.Seen) != 1 {
			t.Errorf("%s: %+v, %v", kind, turn, err)
		}
		slow = false
		if turn, err = r.Turn(t.Context(), f, &sink{}); err != nil || turn.More || len(turn.State.Seen) != 2 {
			t.Errorf("%s: %+v, %v", kind, turn, err)
		}
		end()
		s.Close()
	}
}

// TestLarge reads a collection that is larger than a turn, and hears what was taken
// back.
func TestLarge(t *testing.T) {
	const pages, ofPage = 3, 60_000
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := 0
		if after, err := time.Parse(time.RFC3339Nano, r.URL.Query().Get("added_after")); err == nil {
			at = after.Second()
		}
		var all []string
		for n := range ofPage {
			all = append(all, fmt.Sprintf(`{"type":"indicator","id":"indicator--018f0000-0000-4000-8%03d-%012d","revoked":%t,"pattern_type":"stix","pattern":"[domain-name:value = 'd%d.example']"}`, at, n, n%2 == 1, at*ofPage+n))
		}
		w.Header().Set("Content-Type", taxii.MediaType)
		w.Header().Set("X-TAXII-Date-Added-Last", fmt.Sprintf("2026-03-01T12:00:%02d.000000Z", at+1))
		fmt.Fprintf(w, `{"more":%t,"objects":[%s]}`, at+1 < pages, strings.Join(all, ","))
	}))
	defer s.Close()
	r := &feed.Reader{HTTP: s.Client(), States: &states{}, Now: func() time.Time { return noon }}
	f := of(feed.TAXII, s.URL+"/api/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/")
	read, gone, turns := map[string]bool{}, map[string]bool{}, 0
	for more := true; more; turns++ {
		var got sink
		turn, err := r.Turn(t.Context(), f, &got)
		if err != nil || turns > 3 {
			t.Fatal(turns, err)
		}
		for _, i := range got.indicators {
			read[i.Value] = true
		}
		for _, id := range got.forgotten {
			gone[id] = true
		}
		more = turn.More
	}
	if turns < 2 || len(read) != pages*ofPage/2 || len(gone) != pages*ofPage/2 {
		t.Errorf("%d turns, %d read, %d taken back", turns, len(read), len(gone))
	}
}

// TestSetup reads a feed from the start when it is set up otherwise.
func TestSetup(t *testing.T) {
	s := serve(t, map[string]string{"/": "198.51.100.7\n"})
	r, f := reader(s), of(feed.Addresses, s.URL)
	was := feed.State{}.Begin(f, noon)
	if err := r.States.Keep(t.Context(), f.Name, was); err != nil {
		t.Fatal(err)
	}
	turn, err := r.Turn(t.Context(), f, &sink{})
	if err != nil || turn.State.ETag == "" || turn.State.Due(f, noon) || turn.State.Begin(f, noon).ETag == "" {
		t.Fatalf("%+v, %v", turn, err)
	}
	f.TLP = "amber"
	if again := turn.State.Begin(f, noon); !turn.State.Due(f, noon) || again.ETag != "" || !again.Anew.Equal(noon) || again.Checked.IsZero() {
		t.Errorf("%+v", again)
	}
}
