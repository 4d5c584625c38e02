package misp_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intel"
	"candor/internal/intel/misp"
	"candor/internal/intel/tlp"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func bundle(n int) intel.Bundle {
	b := intel.Bundle{ID: candor.ID(fmt.Sprintf("018f0000-0000-7000-8000-%012d", n)), Title: "Phishing", Producer: intel.Producer{Name: "Example Hosting"},
		Class: candor.Phishing, Severity: candor.High, Created: noon, Modified: noon.Add(time.Hour), TLP: tlp.Green}
	for _, x := range []struct {
		kind  intake.Kind
		value string
	}{
		{intake.Address, "192.0.2.1"}, {intake.Address, "2001:db8::1"}, {intake.Network, "198.51.100.0/24"}, {intake.Domain, "evil.example"},
		{intake.URL, `http://evil.example/it's\here?a=<b>&c="d"|e`}, {intake.Mail, "bad@evil.example"},
		{intake.Hash, strings.Repeat("a", 32)}, {intake.Hash, strings.Repeat("b", 40)}, {intake.Hash, strings.Repeat("c", 64)},
		{intake.Hash, strings.Repeat("d", 96)}, {intake.Hash, strings.Repeat("e", 128)},
	} {
		b.Indicators = append(b.Indicators, intel.Indicator{Kind: x.kind, Value: x.value, Class: candor.Phishing, First: noon, Last: noon.Add(time.Minute), Note: "seen", TLP: tlp.Green, Confidence: 75})
	}
	b.Sightings = []intel.Sighting{
		{Indicator: b.Indicators[0], First: noon, Last: noon, Count: 1, TLP: tlp.Green},
		{First: noon, Last: noon, Count: 2, TLP: tlp.Clear, Reference: "5F0000AA-0000-4000-8000-0000000000AA"},
		{First: noon, Last: noon, Count: 2, TLP: tlp.Red, Reference: "5f0000aa-0000-4000-8000-0000000000bb"},
	}
	return b
}

func release(t *testing.T, b intel.Bundle, to tlp.Audience) intel.Release {
	t.Helper()
	r, err := b.Release(to)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestBack(t *testing.T) {
	b := bundle(1)
	r := release(t, b, tlp.Community)
	var out, again bytes.Buffer
	if err := errors.Join(misp.Write(&out, r), misp.Write(&again, r)); err != nil {
		t.Fatal(err)
	}
	if out.String() != again.String() {
		t.Error("written again it is another")
	}
	c, err := misp.Read(&out)
	if err != nil || len(c.Problems) > 0 || len(c.Context) > 0 {
		t.Fatal(err, c.Problems, c.Context)
	}
	for n := range c.Indicators {
		if _, err := candor.ParseID(c.Indicators[n].Reference); err != nil {
			t.Error(err)
		}
		c.Indicators[n].Reference = ""
	}
	if d := cmp.Diff(b.Indicators, c.Indicators); d != "" {
		t.Error(d)
	}
	if c.UUID != string(b.ID) || c.Info != "Phishing" || c.Producer != "Example Hosting" || c.TLP != tlp.Green || !c.Modified.Equal(b.Modified) {
		t.Errorf("%+v", c)
	}
	want := []misp.Sighting{{UUID: "5f0000aa-0000-4000-8000-0000000000aa", Timestamp: fmt.Sprint(noon.Unix()), Type: "0", Source: "Example Hosting"}}
	if d := cmp.Diff(want, misp.Sightings(r)); d != "" {
		t.Error(d)
	}
	if err := misp.Write(&out, intel.Release{}); !errors.Is(err, candor.ErrInvalid) {
		t.Error(err)
	}
}

// allowed are the categories that MISP lets the types be in that are written here
// (its describeTypes).
var allowed = map[string][]string{
	"ip-src":    {"Payload delivery", "Network activity", "External analysis"},
	"ip-dst":    {"Payload delivery", "Network activity", "External analysis"},
	"domain":    {"Payload delivery", "Network activity", "External analysis"},
	"url":       {"Payload delivery", "Network activity", "External analysis"},
	"email-src": {"Payload delivery", "Network activity"},
	"md5":       {"Payload delivery", "Artifacts dropped", "Payload installation", "External analysis"},
	"sha1":      {"Payload delivery", "Artifacts dropped", "Payload installation", "External analysis"},
	"sha256":    {"Payload delivery", "Artifacts dropped", "Payload installation", "External analysis"},
	"sha384":    {"Payload delivery", "Artifacts dropped", "Payload installation"},
	"sha512":    {"Payload delivery", "Artifacts dropped", "Payload installation"},
}

// TestShape checks the types of JSON and the words that MISP's own import checks.
func TestShape(t *testing.T) {
	var out bytes.Buffer
	if err := misp.Write(&out, release(t, bundle(1), tlp.Community)); err != nil {
		t.Fatal(err)
	}
	var in struct{ Event map[string]any }
	if err := json.Unmarshal(out.Bytes(), &in); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{"date": "2026-03-01", "timestamp": "1772370000", "analysis": "2", "threat_level_id": "1", "distribution": "1", "published": true} {
		if in.Event[key] != want {
			t.Errorf("%s is %v", key, in.Event[key])
		}
	}
	seen := map[any]bool{}
	for _, x := range in.Event["Attribute"].([]any) {
		a := x.(map[string]any)
		if kind, _ := a["type"].(string); !slices.Contains(allowed[kind], fmt.Sprint(a["category"])) {
			t.Errorf("%v in %v", a["type"], a["category"])
		}
		if a["to_ids"] != true || a["distribution"] != "5" || seen[a["uuid"]] {
			t.Error(a)
		}
		seen[a["uuid"]] = true
	}
}

const foreign = `{"Event":{"uuid":"5F0000AA-0000-4000-8000-0000000000AA","info":"Campaign","timestamp":1700000000,"Orgc":{"name":"CIRT"},
 "Tag":[{"name":"tlp:white"},{"name":"ecsirt:malicious-code=\"botnet-drone\""}],
 "Attribute":[
  {"uuid":"1","type":"ip-dst|port","value":"203.0.113.7|4444","to_ids":true,"timestamp":"1700000001","Tag":[{"name":"tlp:amber+strict"}]},
  {"uuid":"2","type":"ip-src","value":"203.0.113.0/28","to_ids":"1"},
  {"uuid":"3","type":"domain|ip","value":"c2.example|203.0.113.8","to_ids":1,"Tag":[{"name":"rsit:malicious-code=\"c2-server\""},{"name":"misp:confidence-level=\"fairly-confident\""}]},
  {"uuid":"4","type":"url","value":"http://info.example/","to_ids":false},
  {"uuid":"4b","type":"url","value":"Only.example","to_ids":false},
  {"uuid":"5","type":"md5","value":"nonsense","to_ids":true},
  {"uuid":"6","type":"md5","value":"d41d8cd98f00b204e9800998ecf8427e","to_ids":true,"deleted":true},
  {"uuid":"7","type":"text","value":17,"to_ids":true},
  {"uuid":"8","type":"email-dst","value":"victim@example.org","to_ids":true}],
 "Object":[{"name":"file","Attribute":[{"uuid":"9","type":"malware-sample","value":"x.exe|D41D8CD98F00B204E9800998ECF8427E","to_ids":true}]},
  {"name":"file","deleted":true,"Attribute":[{"uuid":"10","type":"domain","value":"gone.example","to_ids":true}]}]}}`

func TestForeign(t *testing.T) {
	c, err := misp.Read(strings.NewReader(foreign))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range append(c.Indicators, c.Context...) {
		got = append(got, fmt.Sprintf("%s %s %s %s %d", i.Kind, i.Value, i.TLP.Tag(), i.Class, i.Confidence))
	}
	want := []string{
		"address 203.0.113.7 tlp:amber+strict malicious-code/infected-system 0",
		"network 203.0.113.0/28 tlp:clear malicious-code/infected-system 0",
		"domain c2.example tlp:clear malicious-code/c2-server 50",
		"address 203.0.113.8 tlp:clear malicious-code/c2-server 50",
		"hash d41d8cd98f00b204e9800998ecf8427e tlp:clear malicious-code/infected-system 0",
		"url http://info.example/ tlp:clear malicious-code/infected-system 0",
		"domain only.example tlp:clear malicious-code/infected-system 0",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if len(c.Problems) != 1 || c.UUID != "5f0000aa-0000-4000-8000-0000000000aa" {
		t.Error(c.Problems, c.UUID)
	}
	for _, in := range []string{"", "[]", "{}", `{"Event":null}`, `{"Event":`, `{"response":[]}`} {
		if _, err := misp.Read(strings.NewReader(in)); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%q: %v", in, err)
		}
	}
	if c, err := misp.Read(strings.NewReader(`{"response":[` + foreign + `]}`)); err != nil || len(c.Indicators) != 5 {
		t.Error(err)
	}
}

func TestFile(t *testing.T) {
	f := format.NewFile("x.json", "", strings.NewReader(foreign))
	if !(misp.File{}).Knows(f) {
		t.Fatal("an event is not known")
	}
	blamed, others := 0, 0
	r, err := misp.File{}.Read(f, func(e intake.Event) error {
		blamed, others = blamed+len(e.About), others+len(e.Others)
		return nil
	})
	if err != nil || blamed != 5 || others != 2 || r.TLP != "amber+strict" || r.Format != "misp" || r.Person == "" || r.Confidence != 50 {
		t.Errorf("%d blamed, %d others, %+v, %v", blamed, others, r, err)
	}
	for _, other := range []string{"", "{}", `{"type":"bundle"}`, `{"events":[]}`, "Event"} {
		if (misp.File{}).Knows(format.NewFile("", "", strings.NewReader(other))) {
			t.Errorf("%q is known", other)
		}
	}
}

// site serves a folder over HTTPS, and notes what is asked for.
func site(t *testing.T, folder string) (*misp.Feed, func() []string) {
	var mu sync.Mutex
	var asked []string
	files := http.FileServer(http.Dir(folder))
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.URL.Path)
		mu.Unlock()
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return &misp.Feed{HTTP: s.Client(), Address: s.URL}, func() []string {
		mu.Lock()
		defer mu.Unlock()
		out := asked
		asked = nil
		return out
	}
}

// TestFeed writes a feed, and reads it over HTTPS: all of it first, then what
// changed.
func TestFeed(t *testing.T) {
	folder := t.TempDir()
	var releases []intel.Release
	for n := range 5 {
		releases = append(releases, release(t, bundle(n), tlp.Community))
	}
	if err := misp.WriteFeed(folder, tlp.Community, releases); err != nil {
		t.Fatal(err)
	}
	feed, asked := site(t, folder)
	events := 0
	each := func(c misp.Content) error {
		events++
		if len(c.Indicators) != 11 {
			t.Errorf("%s has %d indicators", c.UUID, len(c.Indicators))
		}
		return nil
	}
	got, err := feed.Fetch(t.Context(), nil, 3, each)
	if err != nil || got.Read != 3 || got.Left != 2 || events != 3 || len(got.Failures) > 0 || len(got.Seen) != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	got, err = feed.Fetch(t.Context(), got.Seen, 100, each)
	if err != nil || got.Read != 2 || got.Left != 0 || events != 5 || len(got.Seen) != 5 {
		t.Fatalf("%+v, %v", got, err)
	}
	asked()
	got, err = feed.Fetch(t.Context(), got.Seen, 100, each)
	if err != nil || got.Read != 0 || len(asked()) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	newer := bundle(2)
	newer.Modified = newer.Modified.Add(time.Hour)
	if err := misp.WriteFeed(folder, tlp.Community, []intel.Release{release(t, newer, tlp.Community), releases[0]}); err != nil {
		t.Fatal(err)
	}
	got, err = feed.Fetch(t.Context(), got.Seen, 100, each)
	if err != nil || got.Read != 1 || len(got.Seen) != 2 || len(asked()) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != 4 {
		t.Errorf("%d files, %v", len(files), err)
	}
	sums, err := os.ReadFile(filepath.Join(folder, "hashes.csv"))
	sum := md5.Sum([]byte("192.0.2.1"))
	if want := hex.EncodeToString(sum[:]) + "," + string(newer.ID) + "\n"; err != nil || !strings.Contains(string(sums), want) {
		t.Errorf("%q is not in hashes.csv: %v", want, err)
	}
	if err := misp.WriteFeed(folder, tlp.Public, releases); !errors.Is(err, candor.ErrDenied) {
		t.Error("green for the public:", err)
	}
}

// TestFeedHostile has a feed that lies.
func TestFeedHostile(t *testing.T) {
	folder := t.TempDir()
	id := string(bundle(1).ID)
	write := func(name, body string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	feed, asked := site(t, folder)
	none := func(misp.Content) error { return nil }
	if _, err := feed.Fetch(t.Context(), nil, 9, none); !errors.Is(err, candor.ErrUnavailable) {
		t.Error(err)
	}
	write("manifest.json", "[]")
	if _, err := feed.Fetch(t.Context(), nil, 9, none); !errors.Is(err, candor.ErrInvalid) {
		t.Error(err)
	}
	write("manifest.json", `{"../../etc/passwd":{"timestamp":"1"},"`+id+`":{"timestamp":"1"},"018f0000-0000-7000-8000-000000000009":{"timestamp":"2"}}`)
	write(id+".json", `{"Event":{"uuid":"018f0000-0000-7000-8000-000000000002"}}`)
	asked()
	got, err := feed.Fetch(t.Context(), nil, 9, none)
	if err != nil || len(got.Failures) != 3 || got.Read != 0 || got.Seen[id] != -1 {
		t.Errorf("%+v, %v", got, err)
	}
	for _, path := range asked() {
		if strings.Contains(path, "passwd") {
			t.Error(path)
		}
	}
	write("manifest.json", `{"`+id+`":{"timestamp":"1"},"018f0000-0000-7000-8000-000000000009":{"timestamp":"2"},"018f0000-0000-7000-8000-000000000003":{"timestamp":"3"}}`)
	write("018f0000-0000-7000-8000-000000000003.json", `{"Event":{"uuid":"018f0000-0000-7000-8000-000000000003"}}`)
	if got, err = feed.Fetch(t.Context(), got.Seen, 1, none); err != nil || got.Read != 1 || got.Left != 2 {
		t.Errorf("what cannot be read keeps the rest away: %+v, %v", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := feed.Fetch(ctx, nil, 9, none); err == nil {
		t.Error("it goes on after the end")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(foreign))
	f.Add([]byte(`{"response":[{"Event":{"Attribute":[{"type":"url","value":"http://a.example/","to_ids":true}]}}]}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := misp.Read(bytes.NewReader(in))
		if err != nil && !errors.Is(err, candor.ErrInvalid) {
			t.Fatal(err)
		}
		for _, i := range append(c.Indicators, c.Context...) {
			if again, err := intel.NewIndicator(i.Kind, i.Value); err != nil || again.Value != i.Value {
				t.Fatalf("%q is not canonical: %v", i.Value, err)
			}
		}
	})
}
