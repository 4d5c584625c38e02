package house_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/house"
	"candor/internal/intel/feed"
	"candor/internal/intel/tlp"
	"candor/internal/store"
)

// publisher is a server of feeds over HTTPS.
type publisher struct {
	*httptest.Server
	mu    sync.Mutex
	files map[string]string
}

func newPublisher(t *testing.T) *publisher {
	t.Helper()
	p := &publisher{files: map[string]string{}}
	p.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		text, ok := p.files[r.URL.Path]
		if !ok {
			http.Error(w, "gone", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(p.Close)
	return p
}

// put serves a file; none if it is empty.
func (p *publisher) put(path, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.files[path] = text; text == "" {
		delete(p.files, path)
	}
}

const kev = `{"title":"CISA Catalog of Known Exploited Vulnerabilities","catalogVersion":"2026.11.27","count":3,"vulnerabilities":[
{"cveID":"CVE-2026-1207","vendorProject":"WordPress","product":"Core","vulnerabilityName":"WordPress Core code injection","dateAdded":"2026-11-20","dueDate":"2026-12-11","knownRansomwareCampaignUse":"Known"},
{"cveID":"CVE-2026-2001","vendorProject":"WordPress","product":"File Manager Plugin","vulnerabilityName":"Upload","dateAdded":"2026-11-20","dueDate":"2026-12-11","knownRansomwareCampaignUse":"Unknown"},
{"cveID":"CVE-2026-2002","vendorProject":"Other","product":"Router","vulnerabilityName":"Router","dateAdded":"2026-11-20","dueDate":"2026-12-11","knownRansomwareCampaignUse":"Unknown"}]}`

func (p *publisher) set(w *world, more ...feed.Feed) {
	w.Feeds = house.Feeds{HTTP: p.Client(), Spool: w.dir, Threshold: 80, All: append([]feed.Feed{
		{Name: "kev", Kind: feed.KEV, URL: p.URL + "/kev.json", Every: time.Hour, Licence: "CC0-1.0", Trust: 100, TLP: tlp.Clear},
		{Name: "c2", Kind: feed.Addresses, URL: p.URL + "/c2.txt", Every: time.Hour, Licence: "MIT", Trust: 90, TLP: tlp.Clear, Class: "malicious-code/c2-server"}}, more...)}
}

func feedView(t *testing.T, w *world, name string) house.FeedView {
	t.Helper()
	all, err := w.ListFeeds(t.Context(), eve)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(v house.FeedView) bool { return v.Name == name })
	if i < 0 {
		t.Fatalf("no feed %s in %+v", name, all)
	}
	return all[i]
}

func (w *world) intelFindings(t *testing.T) []candor.FiledFinding {
	t.Helper()
	page, err := w.Findings(t.Context(), ada, candor.FindingFilter{Asset: w.site.ID}, candor.Cut{})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(page.Items, func(f candor.FiledFinding) bool { return f.Sensor != house.SensorIntel })
}

// TestFeeds reads feeds that fail, shrink, get stale and are taken out of the
// configuration.
func TestFeeds(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, p := t.Context(), newPublisher(t)
		p.put("/kev.json", kev)
		p.put("/c2.txt", "203.0.113.1\n203.0.113.2 # two\nnonsense\n203.0.113.3\n")
		p.set(w)
		turn := func(fails bool) {
			t.Helper()
			if err := w.TurnFeeds(ctx); (err != nil) != fails {
				t.Fatal(err)
			}
		}
		if v := feedView(t, w, "c2"); !v.Stale || v.Entries != 0 {
			t.Errorf("before it was read: %+v", v)
		}
		turn(false)
		if v := feedView(t, w, "c2"); v.Entries != 3 || v.Skipped != 1 || v.Stale || v.Licence != "MIT" || v.Trust != 90 || !v.Fetched.Equal(w.now) {
			t.Errorf("read: %+v", v)
		}
		if v := feedView(t, w, "kev"); v.Entries != 3 || v.TLP != "TLP:CLEAR" {
			t.Errorf("read: %+v", v)
		}
		p.put("/c2.txt", "203.0.113.2\n203.0.113.4\n")
		turn(false)
		if v := feedView(t, w, "c2"); v.Entries != 3 {
			t.Errorf("it was read before its time: %+v", v)
		}
		w.now = w.now.Add(time.Hour)
		turn(false)
		if v := feedView(t, w, "c2"); v.Entries != 2 {
			t.Errorf("the list shrank: %+v", v)
		}
		p.put("/c2.txt", "")
		w.now = w.now.Add(time.Hour)
		turn(true)
		if v := feedView(t, w, "c2"); v.Entries != 2 || v.Failures != 1 || !strings.Contains(v.Error, "503") || v.Stale {
			t.Errorf("it failed: %+v", v)
		}
		for range 3 {
			w.now = w.now.Add(time.Hour)
			turn(true)
		}
		if v := feedView(t, w, "c2"); v.Failures != 4 || !v.Stale || v.Entries != 2 {
			t.Errorf("it is stale: %+v", v)
		}
		p.put("/c2.txt", "203.0.113.2\n")
		w.now = w.now.Add(time.Hour)
		turn(false)
		if v := feedView(t, w, "c2"); v.Failures != 0 || v.Error != "" || v.Stale || v.Entries != 1 {
			t.Errorf("it is back: %+v", v)
		}
		w.Feeds.All = w.Feeds.All[:1]
		turn(false)
		if entries, _, err := w.Store.FeedCounts(ctx); err != nil || entries["c2"] != 0 || entries["kev"] != 3 {
			t.Errorf("taken out of the configuration: %v, %v", entries, err)
		}
	})
}

// TestFeedHits holds what feeds name against what is here; what is sure is filed
// once.
func TestFeedHits(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, p := t.Context(), newPublisher(t)
		p.set(w, feed.Feed{Name: "drop", Kind: feed.Addresses, URL: p.URL + "/drop.txt", Every: time.Hour, Licence: "MIT", Trust: 60},
			feed.Feed{Name: "phish", Kind: feed.URLs, URL: p.URL + "/phish.txt", Every: time.Hour, Licence: "MIT", Trust: 95, TLP: tlp.AmberStrict},
			feed.Feed{Name: "hash", Kind: feed.Hashes, URL: p.URL + "/hash.txt", Every: time.Hour, Licence: "MIT", Trust: 95},
			feed.Feed{Name: "red", Kind: feed.Domains, URL: p.URL + "/red.txt", Every: time.Hour, Licence: "MIT", Trust: 95, TLP: tlp.Red})
		c, err := w.Store.FindingsOfCase(ctx, w.kase)
		if err != nil || len(c) != 1 {
			t.Fatal(c, err)
		}
		p.put("/kev.json", kev)
		p.put("/c2.txt", "192.0.2.7\n192.0.2.8\n")
		p.put("/drop.txt", "192.0.2.0/24\n198.51.100.0/24\n")
		p.put("/phish.txt", "https://www.acme.example/login?a=1\nhttps://other.example/\n")
		p.put("/hash.txt", c[0].SHA256+"\n")
		p.put("/red.txt", "acme.example\n")
		pass := func() map[string]bool {
			t.Helper()
			if err := errors.Join(w.TurnFeeds(ctx), w.MatchFeeds(ctx)); err != nil {
				t.Fatal(err)
			}
			hits, err := w.ListHits(ctx, eve, "", candor.Cut{})
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]bool{}
			for _, h := range hits.Items {
				if h.Asset != w.site.ID {
					t.Errorf("a hit of another asset: %+v", h)
				}
				got[h.Feed+" "+h.Value] = h.Filed
			}
			return got
		}
		got := pass()
		for what, filed := range map[string]bool{"c2 192.0.2.7": true, "drop 192.0.2.0/24": false, "phish https://www.acme.example/login?a=1": false, "hash " + c[0].SHA256: true} {
			if was, ok := got[what]; !ok || was != filed {
				t.Errorf("%s: filed %v, there %v", what, was, ok)
			}
		}
		if len(got) != 4 {
			t.Errorf("hits: %v", got)
		}
		if fs := w.intelFindings(t); len(fs) != 2 {
			t.Errorf("findings: %+v", fs)
		}
		if one, err := w.ListHits(ctx, eve, "drop", candor.Cut{}); err != nil || len(one.Items) != 1 || one.Items[0].What != "192.0.2.7/32" {
			t.Errorf("of one feed: %+v, %v", one, err)
		}
		if _, err := w.ListHits(ctx, eve, "nobody", candor.Cut{}); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("of a feed that is not there: %v", err)
		}
		// It is seen again, and not filed again.
		seen := w.intelFindings(t)[0].Last
		w.now = w.now.Add(25 * time.Hour)
		if again := pass(); len(again) != 4 {
			t.Errorf("again: %v", again)
		}
		if fs := w.intelFindings(t); len(fs) != 2 || !fs[0].Last.Equal(seen) {
			t.Errorf("filed again: %+v", fs)
		}
		if _, err := w.TakeFindings(ctx, ada, w.site.ID, house.Look{Sensor: house.SensorIntel}); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("a sensor outside took the name: %v", err)
		}
	})
}

// TestExposures names sites that may be exposed, and claims nothing that no
// version proves.
func TestExposures(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, p := t.Context(), newPublisher(t)
		p.put("/kev.json", kev)
		p.put("/c2.txt", "192.0.2.8\n")
		p.set(w, feed.Feed{Name: "osv", Kind: feed.OSV, URL: p.URL + "/osv.json", Every: time.Hour, Licence: "CC0-1.0", Trust: 90})
		p.put("/osv.json", `{"id":"CVE-2026-1207","modified":"2026-11-20T00:00:00Z","affected":[{"package":{"ecosystem":"Packagist","name":"wordpress/core"},
"ranges":[{"type":"SEMVER","events":[{"introduced":"6.0.0"},{"fixed":"6.4.3"}]}]}]}`)
		if err := w.TurnFeeds(ctx); err != nil {
			t.Fatal(err)
		}
		for software, want := range map[string]string{"wordpress": "may", "wordpress 6.4.2": "has", "WordPress 6.4.3": "", "wordpress 6.x": "may", "joomla": "", "router 2": "may router"} {
			w.site.Software = software
			if err := w.Store.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeAsset(ctx, w.site, time.Time{}) }); err != nil {
				t.Fatal(err)
			}
			all, err := w.Exposures(ctx, eve, house.ExposureFilter{}, candor.Cut{})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, e := range all.Items {
				got += map[bool]string{true: "has", false: "may"}[e.Affected]
				if e.ID != "CVE-2026-1207" {
					got += " " + strings.ToLower(e.Product)
				} else if !e.Exploited || !e.Ransomware || e.Due.Format(time.DateOnly) != "2026-12-11" {
					t.Errorf("%s: %+v", software, e)
				}
				if e.Number != 1 || e.Customers != 1 || len(e.Sites) != 1 || e.Sites[0].Asset != w.site.ID || e.Sites[0].Affected != e.Affected {
					t.Errorf("%s: %+v", software, e)
				}
			}
			if got != want {
				t.Errorf("%q: %q, want %q: %+v", software, got, want, all)
			}
		}
	})
}
