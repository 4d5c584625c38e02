package feed_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/feed"
	"candor/internal/intel/misp"
	"candor/internal/intel/taxii"
	"candor/internal/intel/taxii/memory"
	"candor/internal/intel/tlp"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// states keeps states in memory.
type states struct {
	mu  sync.Mutex
	all map[string]feed.State
}

func (s *states) State(_ context.Context, name string) (feed.State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[name], nil
}

func (s *states) Keep(_ context.Context, name string, st feed.State) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[string]feed.State{}
	}
	s.all[name] = st
	return nil
}

// sink notes what comes.
type sink struct {
	indicators      []intel.Indicator
	vulnerabilities []intel.Vulnerability
	forgotten       []string
	parts           []string // each with how many indicators came before
	err             error
}

func (s *sink) Part(id string) error {
	s.parts = append(s.parts, fmt.Sprint(len(s.indicators), " ", id))
	return s.err
}

func (s *sink) Forget(reference string) error {
	s.forgotten = append(s.forgotten, reference)
	return s.err
}

func (s *sink) Indicator(i intel.Indicator) error {
	s.indicators = append(s.indicators, i)
	return s.err
}

func (s *sink) Vulnerability(v intel.Vulnerability) error {
	s.vulnerabilities = append(s.vulnerabilities, v)
	return s.err
}

// site serves files with their ETags over HTTPS, and counts what it gives.
type site struct {
	*httptest.Server
	mu    sync.Mutex
	files map[string]string
	given int
}

func serve(t *testing.T, files map[string]string) *site {
	s := &site{files: files}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		body, ok := s.files[r.URL.Path]
		if beside := regexp.MustCompile(`\.(asc|sha256|sha512)$`); !ok && beside.MatchString(r.URL.Path) {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		if !ok {
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		var status int
		if n, _ := fmt.Sscanf(body, "STATUS %d", &status); n == 1 {
			w.WriteHeader(status)
			return
		}
		body = strings.ReplaceAll(body, "BASE", s.URL)
		tag := fmt.Sprintf(`"%d-%x"`, len(body), body[:min(8, len(body))])
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		s.given++
		fmt.Fprint(w, body)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) set(path, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[path] = body
}

func reader(s *site) *feed.Reader {
	return &feed.Reader{HTTP: s.Client(), States: &states{}, Now: func() time.Time { return noon }}
}

func of(kind feed.Kind, address string) feed.Feed {
	return feed.Feed{Name: "f-" + string(kind), Kind: kind, URL: address, Every: time.Hour, Trust: 60, TLP: tlp.Green, Licence: "CC0-1.0", Class: candor.Spam}
}

func packed(t *testing.T, body string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(body)); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	return b.String()
}

const kev = `{"title":"x","catalogVersion":"2026","count":2,"vulnerabilities":[
 {"cveID":"CVE-2026-1207","vendorProject":"Example","product":"CMS","vulnerabilityName":"Example CMS upload","dateAdded":"2026-02-01","dueDate":"2026-02-22","knownRansomwareCampaignUse":"Known"},
 {"cveID":"CVE-2025-0001","vendorProject":"Other","product":"Mail","vulnerabilityName":"x","dateAdded":"2025-02-01","dueDate":"","knownRansomwareCampaignUse":"Unknown"}]}`

const epss = "#model_version:v2025.03.14,score_date:2026-03-01T00:00:00+0000\ncve,epss,percentile\nCVE-2026-1207,0.94,0.999\nCVE-2025-0001,0.00042,0.05\n"

// TestSame asks a server twice that never says that nothing changed.
func TestSame(t *testing.T) {
	var body atomic.Value
	body.Store(packed(t, epss))
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body.Load()) }))
	defer server.Close()
	r, f := &feed.Reader{HTTP: server.Client(), States: &states{}, Now: func() time.Time { return noon }}, of(feed.EPSS, server.URL)
	for i, want := range []bool{true, false, true} {
		var got sink
		if i == 2 {
			body.Store(packed(t, strings.Replace(epss, "0.94", "0.95", 1)))
		}
		turn, err := r.Turn(t.Context(), f, &got)
		if err != nil || turn.Changed != want || turn.State.Entries != 2 || !turn.State.Fetched.Equal(noon) {
			t.Errorf("turn %d: %+v, %v", i, turn, err)
		}
	}
}

// TestConditional asks three times: it is read once, and again when it changed.
func TestConditional(t *testing.T) {
	s := serve(t, map[string]string{"/kev": kev, "/epss": packed(t, epss)})
	r := reader(s)
	for _, kind := range []feed.Kind{feed.KEV, feed.EPSS} {
		var got sink
		f := of(kind, s.URL+"/"+string(kind))
		turn, err := r.Turn(t.Context(), f, &got)
		if err != nil || !turn.Changed || !turn.Whole || len(got.vulnerabilities) != 2 || turn.State.Entries != 2 || !turn.State.Fetched.Equal(noon) {
			t.Fatalf("%+v, %v", turn, err)
		}
		turn, err = r.Turn(t.Context(), f, &got)
		if err != nil || turn.Changed || len(got.vulnerabilities) != 2 || turn.State.Entries != 2 {
			t.Errorf("%+v, %v", turn, err)
		}
	}
	s.set("/kev", strings.Replace(kev, `"count":2,`, `"count":2, `, 1))
	var got sink
	if turn, err := r.Turn(t.Context(), of(feed.KEV, s.URL+"/kev"), &got); err != nil || !turn.Changed || s.given != 3 {
		t.Errorf("%+v, %v, %d", turn, err, s.given)
	}
	want := intel.Vulnerability{ID: "CVE-2026-1207", Vendor: "Example", Product: "CMS", Title: "Example CMS upload", Exploited: true, Ransomware: true,
		Published: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), Due: time.Date(2026, 2, 22, 0, 0, 0, 0, time.UTC), Source: "f-kev", TLP: tlp.Green}
	if d := cmp.Diff(want, got.vulnerabilities[0]); d != "" {
		t.Error(d)
	}
}

// TestFailures has feeds fail: what failed is told, tried again ever later, and what
// was known gets stale.
func TestFailures(t *testing.T) {
	s := serve(t, map[string]string{"/ok": "192.0.2.1\n", "/html": "<html>"})
	r := reader(s)
	f := of(feed.Addresses, s.URL+"/gone")
	var later *candor.LaterError
	turn, err := r.Turn(t.Context(), f, &sink{})
	if !errors.Is(err, candor.ErrUnavailable) || !errors.As(err, &later) || turn.State.Failures != 1 || turn.State.Error == "" {
		t.Fatalf("%+v, %v", turn.State, err)
	}
	if st, _ := r.States.State(t.Context(), f.Name); st.Due(f, noon.Add(4*time.Minute)) || !st.Due(f, noon.Add(5*time.Minute)) || !st.Stale(f, noon) {
		t.Errorf("%+v", st)
	}
	turn, _ = r.Turn(t.Context(), f, &sink{})
	if turn.State.Failures != 2 || turn.State.Due(f, noon.Add(9*time.Minute)) || !turn.State.Due(f, noon.Add(10*time.Minute)) {
		t.Errorf("%+v", turn.State)
	}
	turn.State.Failures = 60
	if turn.State.Due(f, noon.Add(59*time.Minute)) || !turn.State.Due(f, noon.Add(time.Hour)) {
		t.Error("it waits longer than its time")
	}
	f.URL = s.URL + "/ok"
	turn, err = r.Turn(t.Context(), f, &sink{})
	if err != nil || turn.State.Failures != 0 || turn.State.Error != "" || turn.State.Stale(f, noon.Add(3*time.Hour)) || !turn.State.Stale(f, noon.Add(4*time.Hour)) {
		t.Errorf("%+v, %v", turn.State, err)
	}
	f.URL = s.URL + "/html"
	for _, kind := range []feed.Kind{feed.KEV, feed.EPSS, feed.OSV, feed.Debian, feed.CSAF, feed.Addresses, feed.Hashes, feed.Domains, feed.URLs, feed.URLhaus} {
		f.Kind = kind
		if _, err := r.Turn(t.Context(), f, &sink{}); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	f.Kind, f.URL = feed.Addresses, s.URL+"/ok"
	stop := errors.New("stop")
	if _, err := r.Turn(t.Context(), f, &sink{err: stop}); err != nil {
		t.Error("nothing changed:", err)
	}
	f.Name = "another"
	if _, err := r.Turn(t.Context(), f, &sink{err: stop}); !errors.Is(err, stop) || errors.Is(err, candor.ErrInvalid) {
		t.Error(err)
	}
	for _, bad := range []feed.Feed{{}, {Name: "a", URL: "b", Every: time.Hour}, {Name: "a", URL: "b", Kind: feed.KEV}, {Name: "a", URL: "b", Kind: feed.KEV, Every: time.Hour, Trust: 101}} {
		if _, err := r.Turn(t.Context(), bad, &sink{}); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// TestTorn breaks connections in the middle: that is no fault of the content, and
// never the whole feed.
func TestTorn(t *testing.T) {
	bodies := map[feed.Kind]string{feed.KEV: kev, feed.EPSS: epss, feed.OSV: osv, feed.Addresses: "192.0.2.1\n192.0.2.2\n", feed.Debian: `{"a":{"CVE-2026-0001":{}}}`}
	for kind, body := range bodies {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
			fmt.Fprint(w, body[:len(body)-3])
		}))
		r := &feed.Reader{HTTP: s.Client(), States: &states{}, Now: func() time.Time { return noon }}
		turn, err := r.Turn(t.Context(), of(kind, s.URL), &sink{})
		if !errors.Is(err, candor.ErrUnavailable) || errors.Is(err, candor.ErrInvalid) || turn.Changed {
			t.Errorf("%s: %+v, %v", kind, turn, err)
		}
		s.Close()
	}
	s := serve(t, map[string]string{"/": `{"vulnerabilities":[]}`})
	if _, err := reader(s).Turn(t.Context(), of(feed.KEV, s.URL), &sink{}); !errors.Is(err, candor.ErrInvalid) {
		t.Error("nothing is exploited any more:", err)
	}
}

func TestLists(t *testing.T) {
	long := strings.Repeat("x", 40_000)
	for _, x := range []struct {
		kind    feed.Kind
		in      string
		want    string
		skipped int
	}{
		{feed.Addresses, "\ufeff# comment\n192.0.2.1 # bad\n198.51.100.0/24 ; SBL1\r\n2001:DB8::1,2026\n0.0.0.0/0\nnonsense\n\n" + long + "\n203.0.113.9", "address 192.0.2.1, network 198.51.100.0/24, address 2001:db8::1, address 203.0.113.9", 3},
		{feed.Domains, "! x\n0.0.0.0 Ads.Example\n*.evil.example\n.bad.example\nhost\n", "domain ads.example, domain evil.example, domain bad.example", 1},
		{feed.URLs, "http://a.example/x#y;z\n// no\nftp://b.example/\nwww.example\n", "url http://a.example/x#y;z, url ftp://b.example/", 1},
		{feed.Hashes, "D41D8CD98F00B204E9800998ECF8427E\n\"da39a3ee5e6b4b0d3255bfef95601890afd80709\",x\nzz\n", "hash d41d8cd98f00b204e9800998ecf8427e, hash da39a3ee5e6b4b0d3255bfef95601890afd80709", 1},
		{feed.URLhaus, "# heading\n# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter\n\"1\",\"2026-02-01 10:00:00\",\"http://a.example/x,y\",\"online\",\"2026-02-02 10:00:00\",\"malware_download\",\"elf,mirai\",\"l\",\"r\"\n\"2\",\"\",\"nonsense\"\n\"3\"\n", "url http://a.example/x,y", 2},
		{feed.URLhaus, "phish_id,url,verified\n1,http://b.example/,yes\n", "url http://b.example/", 0},
	} {
		s := serve(t, map[string]string{"/": x.in})
		var got sink
		turn, err := reader(s).Turn(t.Context(), of(x.kind, s.URL), &got)
		var text []string
		for _, i := range got.indicators {
			text = append(text, string(i.Kind)+" "+i.Value)
			if i.Source != "f-"+string(x.kind) || i.TLP != tlp.Green || i.Confidence != 60 || i.Class == "" {
				t.Errorf("%+v", i)
			}
		}
		if strings.Join(text, ", ") != x.want || err != nil || turn.State.Skipped != x.skipped {
			t.Errorf("%s: %s, %d skipped, %v", x.kind, text, turn.State.Skipped, err)
		}
		if x.kind == feed.URLhaus && x.skipped > 0 {
			if i := got.indicators[0]; i.Class != candor.MalwareDistribution || i.Note != "malware_download elf,mirai" || i.Reference != "1" || i.First.Hour() != 10 || i.Last.Day() != 2 {
				t.Errorf("%+v", i)
			}
		}
	}
}

const osv = `{"id":"GHSA-1","aliases":["CVE-2026-0007"],"summary":"s","modified":"2026-01-01T00:00:00Z","affected":[
 {"package":{"ecosystem":"npm","name":"left"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.2.3"},{"introduced":"2.0.0"},{"last_affected":"2.1.0"}]},{"type":"GIT","events":[{"introduced":"abc"}]}],"versions":["1.0.0"]},
 {"package":{"ecosystem":"Debian:12","name":"left"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1:1.0-2"}]}]},
 {"package":{"ecosystem":"PyPI","name":"left"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1.0"}]}],"versions":["0.9"]}]}`

// affects tells which of some versions a vulnerability is in: y, n, ? for each.
func affects(v intel.Vulnerability, versions ...string) string {
	out := ""
	for _, x := range versions {
		in, ok := v.Affects(x)
		switch {
		case !ok:
			out += "?"
		case in:
			out += "y"
		default:
			out += "n"
		}
	}
	return out
}

func TestOSV(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, body := range map[string]string{"GHSA-1.json": osv, "x.txt": "no", "bad.json": "{", "gone.json": `{"id":"X","withdrawn":"2026-01-01T00:00:00Z","affected":[{"package":{"name":"a"}}]}`} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	s := serve(t, map[string]string{"/zip": b.String(), "/one": osv})
	for _, path := range []string{"/zip", "/one"} {
		var got sink
		r := reader(s)
		r.Spool = t.TempDir()
		turn, err := r.Turn(t.Context(), of(feed.OSV, s.URL+path), &got)
		if err != nil || len(got.vulnerabilities) != 3 || path == "/zip" && turn.State.Skipped != 1 {
			t.Fatalf("%d, %+v, %v", len(got.vulnerabilities), turn.State, err)
		}
		v := got.vulnerabilities[0]
		if v.ID != "CVE-2026-0007" || !slices.Equal(v.Aliases, []string{"GHSA-1"}) || v.Ecosystem != "npm" || v.Product != "left" || !slices.Equal(v.Fixed, []string{"1.2.3"}) {
			t.Errorf("%+v", v)
		}
		for i, want := range []string{"yynyyn?", "yyyyyy?", "????y??"} {
			versions := [][]string{{"0.0.1", "1.2.2", "1.2.3", "2.0.0", "2.1.0", "2.1.1", "x y"}, {"0.1", "1.2.2", "1.2.3", "1:1.0-1", "2.1.0", "2.1.1", "x y"}, {"0.1", "1.2.2", "1.2.3", "2.0.0", "0.9", "2.1.1", "x y"}}[i]
			if got := affects(got.vulnerabilities[i], versions...); got != want {
				t.Errorf("%s: %s, want %s", got, versions, want)
			}
		}
	}
}

func TestDebian(t *testing.T) {
	s := serve(t, map[string]string{"/": `{"nginx":{"CVE-2026-1":{"description":"d","releases":{"bookworm":{"status":"resolved","fixed_version":"1.22.1-9+deb12u1"},"trixie":{"status":"open"},"sid":{"status":"resolved","fixed_version":"0"}}},
	 "CVE-2026-2":{"releases":{"bookworm":{"status":"undetermined"}}}},"vim":{"TEMP-1":{"releases":{"sid":{"status":"open"}}}}}`})
	f := of(feed.Debian, s.URL)
	f.Releases = []string{"bookworm", "trixie"}
	var got sink
	if _, err := reader(s).Turn(t.Context(), f, &got); err != nil || len(got.vulnerabilities) != 3 {
		t.Fatal(got.vulnerabilities, err)
	}
	for i, want := range []string{"yn", "yy", "??"} {
		v := got.vulnerabilities[i]
		if a := affects(v, "1.22.1-9", "1.22.1-9+deb12u1"); a != want || v.Product != "nginx" || !strings.HasPrefix(v.Ecosystem, "Debian:") {
			t.Errorf("%+v: %s, want %s", v, a, want)
		}
	}
}

// TestPartners reads our own TAXII server and our own feed of MISP.
func TestPartners(t *testing.T) {
	b := intel.Bundle{ID: "018f0000-0000-7000-8000-000000000001", Title: "x", Producer: intel.Producer{Name: "Example"}, Created: noon, Modified: noon, TLP: tlp.Green,
		Indicators: []intel.Indicator{{Kind: intake.Domain, Value: "evil.example", TLP: tlp.Green, Confidence: 90, Class: candor.Phishing}}}
	rel, err := b.Release(tlp.Community)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := misp.WriteFeed(folder, tlp.Community, []intel.Release{rel}); err != nil {
		t.Fatal(err)
	}
	c := taxii.Collection{ID: "91a7b528-80eb-42ed-a74d-c6fbd5a26116", Title: "c", CanRead: true, Audience: tlp.Community}
	store := memory.New(func(string, string) ([]taxii.Collection, error) { return []taxii.Collection{c}, nil }, func() time.Time { return noon })
	if _, err := taxii.Publish(t.Context(), store, "desk", "api", c, rel); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/misp/", http.StripPrefix("/misp", http.FileServer(http.Dir(folder))))
	mux.Handle("/", &taxii.Server{Roots: []taxii.Root{{Name: "api"}}, Store: store, Page: 2, Identify: func(r *http.Request) (string, error) {
		if r.Header.Get("Authorization") != "Bearer x" {
			return "", candor.ErrDenied
		}
		return "partner", nil
	}})
	s := httptest.NewTLSServer(mux)
	defer s.Close()
	r := &feed.Reader{HTTP: s.Client(), States: &states{}, Now: func() time.Time { return noon }, Authorize: func(_ feed.Feed, req *http.Request) { req.Header.Set("Authorization", "Bearer x") }}
	for kind, address := range map[feed.Kind]string{feed.MISP: s.URL + "/misp/", feed.TAXII: s.URL + "/api/collections/" + c.ID + "/"} {
		var got sink
		turn, err := r.Turn(t.Context(), of(kind, address), &got)
		if err != nil || !turn.Changed || turn.Whole || len(got.indicators) != 1 {
			t.Fatalf("%s: %+v, %v", kind, turn, err)
		}
		if i := got.indicators[0]; i.Value != "evil.example" || i.TLP != tlp.Green || i.Class != candor.Phishing || i.Confidence != 60 || i.Source != "f-"+string(kind) {
			t.Errorf("%+v", i)
		}
		if want := map[feed.Kind][]string{feed.MISP: {"0 " + string(b.ID)}}[kind]; !slices.Equal(got.parts, want) {
			t.Errorf("%s: the parts %q, want %q", kind, got.parts, want)
		}
		if turn, err = r.Turn(t.Context(), of(kind, address), &got); err != nil || turn.Changed || len(got.indicators) != 1 {
			t.Errorf("%s again: %+v, %v", kind, turn, err)
		}
	}
	if _, err := r.Turn(t.Context(), of(feed.TAXII, s.URL+"/x"), &sink{}); !errors.Is(err, candor.ErrInvalid) {
		t.Error(err)
	}
}

// FuzzFeeds reads anything as a feed of each kind that is one file.
func FuzzFeeds(f *testing.F) {
	for i, seed := range []string{kev, epss, osv, csaf, "192.0.2.1 # x\n", "# id,url\n1,http://a.example/\n", `{"a":{"CVE-2026-1":{"releases":{"sid":{"status":"open"}}}}}`, "vers:semver/>=1|<2"} {
		f.Add(i, []byte(seed))
	}
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, kind int, in []byte) {
		indicator := func(i intel.Indicator) error {
			if again, err := intel.NewIndicator(i.Kind, i.Value); err != nil || again.Value != i.Value {
				t.Fatalf("%q is not canonical: %v", i.Value, err)
			}
			return nil
		}
		vulnerability := func(v intel.Vulnerability) error {
			v.Affects("1.0")
			return nil
		}
		skip, body := func() {}, bytes.NewReader(in)
		var err error
		switch kind % 10 {
		case 0:
			err = feed.ReadKEV(body, vulnerability)
		case 1:
			err = feed.ReadEPSS(body, vulnerability)
		case 2:
			err = feed.ReadOSV(body, folder, nil, vulnerability, skip)
		case 3:
			err = feed.ReadCSAF(body, vulnerability)
		case 4:
			err = feed.ReadList(body, feed.Addresses, indicator, skip)
		case 5:
			err = feed.ReadURLhaus(body, indicator, skip)
		case 6:
			err = feed.ReadDebian(body, nil, vulnerability)
		case 7:
			_, _, err = feed.Vers(string(in))
		case 8:
			err = feed.ReadList(body, feed.URLs, indicator, skip)
		case 9:
			err = feed.ReadList(body, feed.Domains, indicator, skip)
		}
		if err != nil && !errors.Is(err, candor.ErrInvalid) {
			t.Fatal(err)
		}
	})
}
