package xarf_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/format/formattest"
	"candor/internal/intake/format/xarf"
)

func samples(t testing.TB) (all []formattest.Sample) {
	t.Helper()
	names, _ := filepath.Glob("testdata/*.*")
	for _, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, formattest.Sample{Name: filepath.Base(name), Body: body})
	}
	return all
}

func TestAcceptance(t *testing.T) {
	formattest.Files(t, xarf.New(), xarf.Name, samples(t), nil)
}

func read(t testing.TB, name, body string) (intake.Report, []intake.Event, error) {
	t.Helper()
	var all []intake.Event
	r, err := xarf.New().Read(format.NewFile(name, "", strings.NewReader(body)), func(e intake.Event) error {
		all = append(all, e)
		return nil
	})
	return r, all, err
}

func sample(t testing.TB, name string) string {
	t.Helper()
	body, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func at(text string) *intake.When {
	when, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return &intake.When{Text: text, Time: when.UTC()}
}

func TestVersion4(t *testing.T) {
	r, events, err := read(t, "scan.json", sample(t, "scan.json"))
	if err != nil {
		t.Fatal(err)
	}
	wantReport := intake.Report{Format: "xarf", Reporter: "desk@sensors.example", Reference: "0b6a4c1e-9d3c-4b0f-9a67-6f2d7f6b9a01", TLP: "amber", Confidence: 95}
	if d := cmp.Diff(wantReport, r); d != "" {
		t.Error(d)
	}
	want := []intake.Event{{
		Class: "information-gathering/scanner", Count: 41, Note: "lines of the firewall", Evidence: "drop src=2001:db8::7",
		About:  []intake.Resource{{Kind: intake.Address, Value: "2001:db8::7", Port: 40112, Role: intake.Source, Confidence: 95}},
		Others: []intake.Resource{{Kind: intake.Address, Value: "192.0.2.80", Port: 22, Role: intake.Victim, Confidence: 5}},
		First:  at("2026-03-09T12:59:00+01:00"),
	}}
	if d := cmp.Diff(want, events); d != "" {
		t.Error(d)
	}
}

func TestList(t *testing.T) {
	r, events, err := read(t, "pages.json", sample(t, "pages.json"))
	if err != nil || len(events) != 2 {
		t.Fatal(len(events), err)
	}
	if r.Reference != "" || r.TLP != "green" || r.Reporter != "soc@bank.example" {
		t.Errorf("%+v", r)
	}
	about := []intake.Resource{
		{Kind: intake.Address, Value: "203.0.113.5", Role: intake.Host, Confidence: 95},
		{Kind: intake.URL, Value: "https://shop.example/login/", Role: intake.Host, Confidence: 95},
	}
	if d := cmp.Diff(about, events[0].About); d != "" {
		t.Error(d)
	}
	if e := events[1]; e.Class != candor.MalwareDistribution || len(e.Others) != 1 || e.Others[0].Kind != intake.Hash {
		t.Errorf("%+v", e)
	}
	// The same, one behind the other.
	lines := strings.Join(strings.Split(strings.Trim(strings.TrimSpace(sample(t, "pages.json")), "[]"), ",\n {"), "\n {")
	if _, again, err := read(t, "pages.json", lines); err != nil || !cmp.Equal(events, again) {
		t.Error(err, cmp.Diff(events, again))
	}
}

func TestOld(t *testing.T) {
	r, events, err := read(t, "three.json", sample(t, "three.json"))
	if err != nil || len(events) != 1 {
		t.Fatal(len(events), err)
	}
	e := events[0]
	if r.Reference != "K-17" || e.About[0].Port != 4001 || e.Others[0].Port != 22 || !strings.Contains(e.Evidence, "Failed password") ||
		e.First.Text != "2026-03-09T12:00:00Z" || e.Last.Text != "2026-03-09T12:10:00Z" {
		t.Errorf("%+v %+v", r, e)
	}
	_, events, err = read(t, "one.yaml", sample(t, "one.yaml"))
	if err != nil || len(events) != 1 || events[0].First.Text != "2026-03-09T12:00:00Z" || events[0].About[0].Value != "http://files.example/a.exe" {
		t.Errorf("%+v %v", events, err)
	}
}

func TestInvalid(t *testing.T) {
	scan, three := sample(t, "scan.json"), sample(t, "three.json")
	for _, c := range []struct{ in, old, new, want string }{
		{scan, `"source_port": 40112,`, ``, "source_port: is missing"},
		{scan, `40112`, `70000`, "source_port: 70000 is not from 1 to 65535"},
		{scan, `40112`, `"22"`, `source_port: "22" is no number`},
		{scan, `"4.2.0"`, `"5.0.0"`, "xarf_version"},
		{scan, `port_scan`, `port_scam`, `type: "port_scam" is no type of category "connection"`},
		{scan, `"connection"`, `"connexion"`, "connexion"},
		{scan, `2026-03-09T12:59:00+01:00`, `2026-03-09 12:59:00`, "first_seen: \"2026-03-09 12:59:00\" is no time with a zone"},
		{scan, `192.0.2.80`, `192.0.2.800`, "destination_ip"},
		{scan, `ZHJ`, `!!!`, "evidence[0].payload"},
		{scan, `"org": "Sensors",`, ``, "reporter.org: is missing"},
		{scan, `"org": "Sensors"`, `"org": "Sensors", "fax": "1"`, "reporter.fax: is no field of it"},
		{scan, `0b6a4c1e-9d3c`, `0b6a4c1e`, "report_id"},
		{three, `"SourceIp": "203.0.113.9",`, ``, "Report.SourceIp: is missing"},
		{three, `"ReporterOrgEmail": "desk@sensors.example"`, `"ReporterOrgEmail": "desk"`, "ReporterInfo.ReporterOrgEmail"},
		{three, `"Version": "3"`, `"Version": "9"`, "Version"},
		{three, `[22]`, `[22, "x"]`, "Report.DestinationPort"},
		{three, `"ContentType": "text/plain",`, ``, "Report.Samples[0]"},
	} {
		if !strings.Contains(c.in, c.old) {
			t.Fatalf("%q is not in the sample", c.old)
		}
		_, _, err := read(t, "x.json", strings.Replace(c.in, c.old, c.new, 1))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q: %v, want %q", c.new, c.old, err, c.want)
		}
	}
}

func TestAliasesStaySmall(t *testing.T) {
	var b strings.Builder
	b.WriteString("ReporterInfo: 1\na: &a [x,x,x,x,x,x,x,x,x,x]\n")
	for c := 'b'; c < 'k'; c++ {
		p := string(c - 1)
		b.WriteString(string(c) + ": &" + string(c) + " [*" + strings.Repeat(p+",*", 9) + p + "]\n")
	}
	if _, _, err := read(t, "x.yaml", b.String()); err == nil || !strings.Contains(err.Error(), "too many values") {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(s.Name, s.Body)
	}
	r := xarf.New()
	f.Fuzz(func(t *testing.T, name string, body []byte) {
		_, _ = r.Read(format.NewFile(name, "", bytes.NewReader(body)), formattest.Drain(t))
	})
}
