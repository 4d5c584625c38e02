package stix_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intel"
	"candor/internal/intel/stix"
	"candor/internal/intel/tlp"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// sample is a bundle with an indicator of every kind and a sighting of each sort.
func sample() intel.Bundle {
	b := intel.Bundle{ID: "018f0000-0000-7000-8000-000000000001", Title: "Phishing", Producer: intel.Producer{Name: "Example Hosting", Mail: "desk@example.org"},
		Class: candor.Phishing, Created: noon, Modified: noon.Add(time.Hour), TLP: tlp.Green}
	for kind, values := range map[intake.Kind][]string{
		intake.Address: {"192.0.2.1", "2001:db8::1"}, intake.Network: {"198.51.100.0/24"}, intake.Domain: {"evil.example"},
		intake.URL:  {`http://evil.example/it's\here?a=<b>&c="d"`},
		intake.Mail: {"bad@evil.example"},
		intake.Hash: {strings.Repeat("a", 32), strings.Repeat("b", 40), strings.Repeat("c", 64), strings.Repeat("d", 96), strings.Repeat("e", 128)},
	} {
		for _, v := range values {
			b.Indicators = append(b.Indicators, intel.Indicator{Kind: kind, Value: v, Class: candor.Phishing, First: noon, Last: noon.Add(time.Minute),
				Until: noon.Add(24 * time.Hour), Note: "seen", TLP: tlp.Clear, Confidence: 90})
		}
	}
	b.Sightings = []intel.Sighting{
		{Indicator: b.Indicators[0], First: noon, Last: noon, Count: 3, TLP: tlp.Green},
		{First: noon, Last: noon.Add(time.Hour), Count: 1, TLP: tlp.Green, Reference: "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"},
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

func written(t *testing.T, r intel.Release) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := stix.Write(&out, r); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestBack(t *testing.T) {
	b := sample()
	r := release(t, b, tlp.Community)
	out := written(t, r)
	if err := stix.Check(bytes.NewReader(out)); err != nil {
		t.Fatal(err)
	}
	if again := written(t, r); !bytes.Equal(out, again) {
		t.Error("written again it is another")
	}
	got, err := stix.Read(bytes.NewReader(out))
	if err != nil || len(got.Problems) > 0 {
		t.Fatal(err, got.Problems)
	}
	for n := range got.Indicators {
		if !strings.HasPrefix(got.Indicators[n].Reference, "indicator--") {
			t.Error("no reference", got.Indicators[n])
		}
		got.Indicators[n].Reference, got.Indicators[n].Note = "", "seen"
		got.Indicators[n].Last = noon.Add(time.Minute) // STIX has no such property
	}
	if d := cmp.Diff(b.Indicators, got.Indicators); d != "" {
		t.Error(d)
	}
	if len(got.Sightings) != 2 || got.Sightings[0].Count != 3 || got.Sightings[0].Indicator.Value != b.Indicators[0].Value || got.Sightings[1].Reference != b.Sightings[1].Reference {
		t.Errorf("%+v", got.Sightings)
	}
	if len(got.Observed) > 0 || got.Producer != "Example Hosting" || got.Name != "Phishing" || got.TLP != tlp.Green {
		t.Errorf("%d observed, %q, %q, %s", len(got.Observed), got.Producer, got.Name, got.TLP)
	}
}

// TestObservableID compares with the ID that the specification's example has, and
// everybody gives (STIX 2.1, 2.9).
func TestObservableID(t *testing.T) {
	const want = "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7"
	b := sample()
	b.Indicators = []intel.Indicator{{Kind: intake.Domain, Value: "example.com", First: noon, TLP: tlp.Clear}}
	if out := written(t, release(t, b, tlp.Community)); !bytes.Contains(out, []byte(`"id":"`+want+`"`)) {
		t.Errorf("example.com is not called %s", want)
	}
}

// TestCheck breaks what was written in one place after the other.
func TestCheck(t *testing.T) {
	out := string(written(t, release(t, sample(), tlp.Community)))
	for _, x := range [][2]string{
		{`"pattern":"[`, `"pattern":"`},
		{`"valid_from":"2026-03-01T12:00:00.000Z"`, `"valid_from":"2026-03-01 12:00"`},
		{`"valid_until":"2026`, `"valid_until":"2025`},
		{`"value":"192.0.2.1"`, `"value":"192.0.2.9"`},
		{`"type":"report"`, `"type":"rapport"`},
		{`"number_observed":1`, `"number_observed":0`},
		{`"id":"identity--`, `"id":"identity--0`},
		{`"where_sighted_refs":["identity--`, `"where_sighted_refs":["identity--00000000-0000-4000-8000-000000000000","identity--`},
		{`"name":"Phishing"`, `"name":""`},
		{`"confidence":90`, `"confidence":900`},
	} {
		broken := strings.Replace(out, x[0], x[1], 1)
		if broken == out {
			t.Fatalf("%s is not written", x[0])
		}
		if err := stix.Check(strings.NewReader(broken)); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%s passes: %v", x[1], err)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	b := sample()
	b.Producer.Name = ""
	if err := stix.Write(&bytes.Buffer{}, release(t, b, tlp.Community)); !errors.Is(err, candor.ErrInvalid) {
		t.Error(err)
	}
	if err := stix.Write(&bytes.Buffer{}, intel.Release{}); !errors.Is(err, candor.ErrInvalid) {
		t.Error(err)
	}
}

const foreign = `{"type":"bundle","id":"bundle--44af6c39-c09b-49c5-9de2-394224b04982","spec_version":"2.0","objects":[
 {"type":"indicator","id":"indicator--1","pattern":"[ipv4-addr:value = '203.0.113.7' AND url:value = 'http://bad.example/x']","labels":["malicious-activity"],"created":"2025-01-01T00:00:00Z","object_marking_refs":["marking-definition--mine"]},
 {"type":"indicator","id":"indicator--2","pattern":"[file:hashes.'SHA-256' = 'ZZ']","valid_from":17},
 {"type":"indicator","id":"indicator--3","pattern":"alert tcp any","pattern_type":"snort"},
 {"type":"indicator","id":"indicator--4","pattern":"[domain-name:value = 'good.example']","indicator_types":["benign"]},
 {"type":"indicator","id":"indicator--5","pattern":"[domain-name:value = 'old.example']","revoked":true},
 {"type":"indicator","id":"indicator--6","pattern":"[email-message:from_ref.value = 'x@bad.example' OR domain-name:value IN ('b.example','c.example')]","granular_markings":[{"marking_ref":"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed","selectors":["pattern"]}]},
 {"type":"observed-data","id":"observed-data--1","first_observed":"2025-01-01T00:00:00Z","last_observed":"2025-01-02T00:00:00Z","number_observed":7,"objects":{"0":{"type":"ipv4-addr","value":"203.0.113.9"}}},
 {"type":"malware","id":"malware--1","name":"Bad","sample_refs":["file--1"]},
 {"type":"file","id":"file--1","hashes":{"MD5":"D41D8CD98F00B204E9800998ECF8427E"}},
 {"type":"sighting","id":"sighting--1","sighting_of_ref":"indicator--1","created":"2025-01-01T00:00:00Z"},
 {"type":"x-unknown","id":"x-unknown--1","whatever":[1,2,3]},
 {"type":"marking-definition","id":"marking-definition--mine","definition_type":"tlp","definition":{"tlp":"green"}}
]}`

func TestForeign(t *testing.T) {
	c, err := stix.Read(strings.NewReader(foreign))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range c.Indicators {
		got = append(got, string(i.Kind)+" "+i.Value+" "+string(i.TLP))
	}
	want := []string{"address 203.0.113.7 green", "url http://bad.example/x green", "mail x@bad.example red", "domain b.example red", "domain c.example red", "hash d41d8cd98f00b204e9800998ecf8427e "}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if c.Indicators[0].Confidence != 50 || c.Indicators[2].Confidence != 0 {
		t.Errorf("sure of what holds only together: %d and %d", c.Indicators[0].Confidence, c.Indicators[2].Confidence)
	}
	if len(c.Observed) != 1 || c.Observed[0].Count != 7 || len(c.Sightings) != 2 || len(c.Problems) != 1 || c.Objects != 12 {
		t.Errorf("%d observed, %d sightings, %v", len(c.Observed), len(c.Sightings), c.Problems)
	}
	for _, in := range []string{"", "[]", "{}", `{"type":"bundle"}`, `{"type":"report","objects":[]}`, `{"objects":{}}`, `{"objects":[{]}`, foreign[:500]} {
		if _, err := stix.Read(strings.NewReader(in)); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%.20q: %v", in, err)
		}
	}
}

func TestFile(t *testing.T) {
	f := format.NewFile("x.json", "application/json", strings.NewReader(foreign))
	if !(stix.File{}).Knows(f) {
		t.Fatal("a bundle is not known")
	}
	events, blamed := 0, 0
	r, err := stix.File{}.Read(f, func(e intake.Event) error {
		events++
		blamed += len(e.About)
		return nil
	})
	if err != nil || events != 7 || blamed != 6 || r.TLP != "red" || r.Person == "" || r.Format != "stix" {
		t.Errorf("%d events, %d blamed, %+v, %v", events, blamed, r, err)
	}
	stop := errors.New("stop")
	if _, err := (stix.File{}).Read(format.NewFile("", "", strings.NewReader(foreign)), func(intake.Event) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
	for _, other := range []string{`{"Event":{}}`, `<xml/>`, ``, `[{"type":"bundle"}]`} {
		if (stix.File{}).Knows(format.NewFile("a", "", strings.NewReader(other))) {
			t.Errorf("%q is known", other)
		}
	}
}

func TestPattern(t *testing.T) {
	for _, x := range []struct {
		in   string
		want []string
	}{
		{`[ipv4-addr:value = '192.0.2.1']`, []string{"address 192.0.2.1"}},
		{`[ipv4-addr:value ISSUBSET '198.51.100.0/24']`, []string{"network 198.51.100.0/24"}},
		{`[domain-name:value == 'a.example']`, []string{"domain a.example"}},
		{`[url:value LIKE 'http://%']`, nil},
		{`[url:value NOT = 'http://a.example/']`, nil},
		{`[url:value != 'http://a.example/' OR url:value='http://b.example/']`, []string{"url http://b.example/"}},
		{`[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e' OR file:hashes.'SHA-1'='da39a3ee5e6b4b0d3255bfef95601890afd80709']`, []string{"hash d41d8cd98f00b204e9800998ecf8427e", "hash da39a3ee5e6b4b0d3255bfef95601890afd80709"}},
		{`([network-traffic:dst_ref.value = '192.0.2.7' AND network-traffic:dst_port = 443] FOLLOWEDBY [domain-name:value = 'a.example']) WITHIN 300 SECONDS`, []string{"address 192.0.2.7", "domain a.example"}},
		{`[domain-name:resolves_to_refs[*].value = '192.0.2.8'] REPEATS 5 TIMES START t'2016-06-01T00:00:00Z' STOP t'2016-07-01T00:00:00Z'`, []string{"address 192.0.2.8"}},
		{`[file:name = 'it\'s' AND EXISTS file:size] /* so */ OR [email-addr:value = 'A@B.example'] // end`, []string{"mail a@b.example"}},
		{`[process:pid > -5 AND NOT EXISTS process:x.y AND artifact:payload_bin = b'AAAA' AND file:is_x = true]`, nil},
	} {
		cs, err := stix.ParsePattern(x.in)
		if err != nil {
			t.Errorf("%s: %v", x.in, err)
		}
		var got []string
		for _, i := range stix.Indicators(cs) {
			got = append(got, string(i.Kind)+" "+i.Value)
		}
		if d := cmp.Diff(x.want, got); d != "" {
			t.Errorf("%s: %s", x.in, d)
		}
	}
	for _, in := range []string{
		"", "[", "[]", "[a:b]", "[a:b = ]", "[a:b = 'x'", "[a:b = 'x']]", "[a = 'x']", "a:b = 'x'", "[a:b = 'x' AND]", "[a:b IN 'x']", "[a:b = x]",
		"[a:b = 'x'] OR", "[a:b = 'x'] WITHIN SECONDS", "[NOT a:b = 'x']", "[a:b[x] = 'x']", "[a:b = 'x' $ c:d = 'y']", "[a:b = 'x",
		strings.Repeat("(", 100000), strings.Repeat("(", 100) + "[a:b='x']" + strings.Repeat(")", 100), "[" + strings.Repeat("(", 1000) + "a:b='x'",
	} {
		if _, err := stix.ParsePattern(in); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%.60q: %v", in, err)
		}
	}
}

// TestSchema holds what is written against the tables of the specification
// (testdata/bundle.json), and sees that these find what is wrong.
func TestSchema(t *testing.T) {
	s, err := jsonschema.NewCompiler().Compile("testdata/bundle.json")
	if err != nil {
		t.Fatal(err)
	}
	valid := func(raw []byte) error {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		return s.Validate(doc)
	}
	out := written(t, release(t, sample(), tlp.Community))
	if err := valid(out); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for old, wrong := range map[string]string{
		`"pattern_type":"stix",`: "", `"spec_version":"2.1",`: "", `"identity_class":"organization"`: `"identity_class":"company"`, `"confidence":90`: `"confidence":190`, `"created":"2026-03-01T12:00:00.000Z"`: `"created":"2026-03-01"`,
		`"name":"Phishing"`: `"title":"Phishing"`, `"number_observed":1`: `"number_observed":0`, `"relationship_type":"based-on"`: `"relationship_type":"Based On"`, `"indicator_types":["malicious-activity"]`: `"indicator_types":["evil"]`,
	} {
		bad := bytes.Replace(out, []byte(old), []byte(wrong), 1)
		if bytes.Equal(bad, out) {
			t.Errorf("nothing is written like %s", old)
		} else if valid(bad) == nil {
			t.Errorf("%s in place of %s is valid", wrong, old)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(foreign))
	f.Add([]byte(`{"objects":[]}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := stix.Read(bytes.NewReader(in))
		if err != nil && !errors.Is(err, candor.ErrInvalid) {
			t.Fatal(err)
		}
		for _, i := range c.Indicators {
			if again, err := intel.NewIndicator(i.Kind, i.Value); err != nil || again.Value != i.Value {
				t.Fatalf("%q is not canonical: %v", i.Value, err)
			}
		}
		_ = stix.Check(bytes.NewReader(in))
	})
}

func FuzzPattern(f *testing.F) {
	f.Add(`[ipv4-addr:value = '192.0.2.1' OR file:hashes.'SHA-1' IN ('a','b')] REPEATS 5 TIMES`)
	f.Add(`([a:b[*].c NOT LIKE h'aa'] FOLLOWEDBY [EXISTS a:'b']) WITHIN 2.5 SECONDS`)
	f.Fuzz(func(t *testing.T, in string) {
		cs, err := stix.ParsePattern(in)
		if err != nil && !errors.Is(err, candor.ErrInvalid) {
			t.Fatal(err)
		}
		stix.Indicators(cs)
	})
}

// TestMarkAlone reads the mark of an object of which something else is wrong.
func TestMarkAlone(t *testing.T) {
	red := tlp.Red.STIX().ID
	for text, want := range map[string]tlp.Mark{
		`{"type":"indicator","name":5,"object_marking_refs":["` + red + `"]}`:                                     tlp.Red,
		`{"type":"indicator","name":5,"object_marking_refs":"` + red + `"}`:                                       tlp.Red,
		`{"type":"indicator","name":5,"granular_markings":{}}`:                                                    tlp.Red,
		`{"type":"indicator","object_marking_refs":["marking-definition--018f0000-0000-4000-8000-000000000001"]}`: tlp.Red,
		`{"type":"indicator","name":5}`:                                                                           tlp.Amber,
		`[]`:                                                                                                      tlp.Red,
	} {
		if got := stix.Mark([]byte(text)); got != want {
			t.Errorf("%s is %s", text, got)
		}
	}
}

// TestUnknownMark: what refers to a definition that is not there is red, but in a part
// of a collection; statements of copyright mark nothing, wherever they stand.
func TestUnknownMark(t *testing.T) {
	one := func(ref string) string {
		return `{"type":"indicator","id":"indicator--018f0000-0000-4000-8000-000000000001","pattern_type":"stix","pattern":"[domain-name:value = 'd.example']","object_marking_refs":["marking-definition--` + ref + `"]}`
	}
	const statement = `{"type":"marking-definition","id":"marking-definition--1","definition_type":"statement","definition":{"statement":"(c)"}}`
	for text, want := range map[string]tlp.Mark{one("2"): tlp.Red, one("1") + "," + statement: "", statement + "," + one("1"): ""} {
		text = `{"objects":[` + text + `]}`
		if c, err := stix.Read(strings.NewReader(text)); err != nil || len(c.Indicators) != 1 || c.Indicators[0].TLP != want {
			t.Errorf("%s: %+v, %v", text, c.Indicators, err)
		}
		if c, err := stix.ReadPart(strings.NewReader(text)); err != nil || len(c.Indicators) != 1 || c.Indicators[0].TLP != "" {
			t.Errorf("%s as a part: %+v, %v", text, c.Indicators, err)
		}
	}
}

// TestRevoked leaves out what its maker took back, in whichever order it came.
func TestRevoked(t *testing.T) {
	one := func(n int, more string) string {
		return fmt.Sprintf(`{"type":"indicator","id":"indicator--018f0000-0000-4000-8000-%012d","pattern_type":"stix","pattern":"[domain-name:value = 'd%d.example']"%s}`, n, n, more)
	}
	c, err := stix.Read(strings.NewReader(`{"objects":[` + strings.Join([]string{one(1, ""), one(1, `,"revoked":true`), one(2, `,"revoked":true`), one(3, "")}, ",") + `]}`))
	if err != nil || len(c.Indicators) != 1 || c.Indicators[0].Value != "d3.example" || len(c.Revoked) != 2 {
		t.Errorf("%+v, %v", c, err)
	}
}
