package shadowserver

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/format/formattest"

	"github.com/google/go-cmp/cmp"
)

// short tells an event in a line.
func short(e intake.Event) string {
	text := []string{string(e.Class)}
	if e.First != nil {
		text = append(text, e.First.Time.Format("2006-01-02T15:04:05Z07:00"))
	}
	if e.Count > 0 {
		text = append(text, fmt.Sprintf("×%d until %s", e.Count, e.Last.Text))
	}
	for _, r := range append(e.About, e.Others...) {
		text = append(text, fmt.Sprintf("%s %s %s %d", r.Role, r.Kind, r.Value, r.Port))
	}
	return strings.Join(text, "; ")
}

func read(r *Reader, name string, content []byte) (report intake.Report, all []intake.Event, err error) {
	report, err = r.Read(format.NewFile(name, "", bytes.NewReader(content)), func(e intake.Event) error {
		all = append(all, e)
		return nil
	})
	return report, all, err
}

func TestRead(t *testing.T) {
	tests := map[string]struct {
		events []string
		person bool
	}{
		"scan_telnet": {[]string{
			"vulnerable/potentially-unwanted-accessible; 2026-01-01T00:03:11Z; host address 192.0.2.10 23; other domain line-10.example.net 0",
			"vulnerable/potentially-unwanted-accessible; 2026-01-01T23:59:59Z; host address 2001:db8::10 2323",
		}, false},
		"event4_sinkhole": {[]string{"malicious-code/infected-system; 2026-01-01T04:05:06Z; source address 192.0.2.77 50123; reporter address 198.51.100.9 443; other domain line-77.example.net 0"}, false},
		"compromised_website": {[]string{
			"intrusions/system-compromise; 2026-01-01T07:08:09Z; host address 192.0.2.80 443; host url https://shop.example.com/wp-content/x.php 0; other url http://c2.example.org/gate 0; other domain web.example.net 0",
			"intrusions/system-compromise; 2026-01-01T07:08:10Z; host address 192.0.2.81 80; host domain blog.example.com 0",
		}, false},
		"blocklist":                {[]string{"other/other; 2026-01-01T00:00:00Z; host network 192.0.2.0/28 0", "other/other; 2026-01-01T00:00:00Z"}, true},
		"event4_honeypot_ddos_amp": {[]string{"availability/ddos; 2026-01-01T00:00:02Z; ×120 until 2026-01-01 00:20:22; victim address 192.0.2.90 0"}, true},
		"scan_brand_new_thing": {[]string{
			"vulnerable/vulnerable-system; 2026-01-01T00:00:02Z; host address 192.0.2.91 9999",
			"vulnerable/potentially-unwanted-accessible; 2026-01-01T00:00:03Z; host address 192.0.2.92 9999",
		}, false},
		"event6_sinkhole_http_referer": {[]string{"other/other; 2026-01-01T00:00:02Z; host address 2001:db8::80 80; host url http://www.example.com/page 0; reporter address 198.51.100.9 80"}, false},
	}
	files, err := filepath.Glob("testdata/*.csv")
	if err != nil || len(files) != len(tests) {
		t.Fatalf("%d samples, %v", len(files), err)
	}
	for _, path := range files {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		want := tests[strings.Split(name, "-")[3]]
		r := New(nil)
		if !r.Knows(format.NewFile(name, "", bytes.NewReader(content))) {
			t.Errorf("%s is not known", name)
		}
		report, events, err := read(r, name, content)
		var got []string
		for _, e := range events {
			got = append(got, short(e))
		}
		if d := cmp.Diff(want.events, got); d != "" || err != nil || (report.Person != "") != want.person {
			t.Errorf("%s: %+v, %v\n%s", name, report, err, d)
		}
		if report.Reference != strings.TrimSuffix(name, ".csv") {
			t.Errorf("%s: reference %q", name, report.Reference)
		}
	}
}

func TestReadNote(t *testing.T) {
	content, err := os.ReadFile("testdata/2026-01-01-scan_telnet-example-asn.csv")
	if err != nil {
		t.Fatal(err)
	}
	_, events, err := read(New(nil), "2026-01-01-scan_telnet-example-asn.csv", content)
	if err != nil {
		t.Fatal(err)
	}
	if want := "scan_telnet, medium, telnet, tcp"; events[0].Note != want {
		t.Errorf("note %q", events[0].Note)
	}
	if !strings.Contains(events[0].Evidence, "banner: login: \"admin\"|password:\n") || strings.Contains(events[1].Evidence, "hostname") {
		t.Errorf("evidence %q, %q", events[0].Evidence, events[1].Evidence)
	}
}

func schema(t testing.TB) *Schema {
	f, err := os.Open("testdata/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := ReadSchema(f)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSchema(t *testing.T) {
	s := schema(t)
	if s.Types() != 3 || s.Created != "2026-01-01 00:00:00" {
		t.Errorf("%d types of %s", s.Types(), s.Created)
	}
	for name, content := range map[string]struct{ text, want string }{
		"2026-01-01-scan_telnet-x.csv": {"timestamp,ip,port\n2026-01-01 00:03:11,192.0.2.1,23\n",
			"vulnerable/vulnerable-system; 2026-01-01T00:03:11Z; host address 192.0.2.1 23"},
		"2026-01-01-scan_ftp-x.csv": {"timestamp,ip,port\n2026-01-01 00:03:11,192.0.2.1,21\n", // not of the schema
			"vulnerable/potentially-unwanted-accessible; 2026-01-01T00:03:11Z; host address 192.0.2.1 21"},
		"odd.csv": {"timestamp,seen,where,machine\n,2026-01-01 00:03:11,http://a.example/x,192.0.2.3\n",
			"fraud/phishing; 2026-01-01T00:03:11Z; host address 192.0.2.3 0; host url http://a.example/x 0"},
		"2026-01-01-event6_sinkhole_http_referer-x.csv": {"timestamp,http_referer_ip,dst_ip\n2026-01-01 00:03:11,192.0.2.3,192.0.2.4\n",
			"other/other; 2026-01-01T00:03:11Z; host address 192.0.2.3 0; reporter address 192.0.2.4 0"},
	} {
		_, events, err := read(New(s), name, []byte(content.text))
		if err != nil || len(events) != 1 || short(events[0]) != content.want {
			t.Errorf("%s: %v, %v", name, events, err)
		}
	}
}

func TestSchemaInvalid(t *testing.T) {
	for _, text := range []string{"", "[]", "{}", `{"_meta":{}}`, `{"a":{"file_name":"a"}}`, `{"a":{"required_fields":[["time.source","timestamp"]]}}`,
		`{"a":{"file_name":"a","required_fields":[["time.source"]]}}`, `{"a":{"file_name":"a","required_fields":[["time.source",1]]}}`,
		`{"a":1}`, strings.Repeat(" ", mostSchema+1)} {
		if _, err := ReadSchema(strings.NewReader(text)); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%.60s: %v", text, err)
		}
	}
}

func TestKnows(t *testing.T) {
	for name, content := range map[string]string{
		"": "timestamp,ip,asn,geo,region\n", "x.csv": "timestamp,src_ip,src_asn,src_geo,src_naics\n",
		"2026-01-01-sandbox_dns-x.csv": "timestamp,md5hash,request\n", "2026-01-01-event4_unheard_of-x.csv": "timestamp,src_ip\n",
	} {
		if !New(nil).Knows(format.NewFile(name, "", strings.NewReader(content))) {
			t.Errorf("%s, %q is not known", name, content)
		}
	}
	for name, content := range map[string]string{"": "", "x.csv": "timestamp,ip\n", "2026-01-01-scan_http-x.csv": "time,ip\n", "a.txt": "\"timestamp", "b.gz": "\x1f\x8b"} {
		if New(nil).Knows(format.NewFile(name, "", strings.NewReader(content))) {
			t.Errorf("%s, %q is known", name, content)
		}
	}
}

func TestReadPacked(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	fmt.Fprint(z, "timestamp,ip,asn,geo,region,tag\n2026-01-01 00:00:00,192.0.2.1,1,ZZ,R,\n")
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	r := New(nil)
	if !r.Knows(format.NewFile("2026-01-01-special-x.csv.gz", "", bytes.NewReader(b.Bytes()))) {
		t.Error("not known")
	}
	report, events, err := read(r, "2026-01-01-special-x.csv.gz", b.Bytes())
	if err != nil || len(events) != 1 || report.Reference != "2026-01-01-special-x" || events[0].Class != candor.VulnerableSystem {
		t.Errorf("%+v, %v, %v", report, events, err)
	}
}

func TestReadErrors(t *testing.T) {
	if _, _, err := read(New(nil), "a.csv", []byte("a,b\n1,2\n")); !errors.Is(err, format.ErrOther) {
		t.Errorf("%v", err)
	}
	_, events, err := read(New(nil), "2026-01-01-special-x.csv", []byte("timestamp,ip\n2026-01-01 00:00:00,192.0.2.1\n\"2026"))
	if !errors.Is(err, format.ErrRow) || len(events) != 1 || !strings.Contains(err.Error(), "line 3") {
		t.Errorf("%d events, %v", len(events), err)
	}
	stop := errors.New("stop")
	_, err = New(nil).Read(format.NewFile("2026-01-01-special-x.csv", "", strings.NewReader("timestamp,ip\n1,2\n3,4\n")), func(intake.Event) error { return stop })
	if !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}

func TestTypeOf(t *testing.T) {
	for name, want := range map[string]string{
		"2026-01-01-scan6_http-example-asn.csv": "scan_http", "event4_sinkhole.csv": "event_sinkhole", "2026-01-01-compromised_website6-x.csv.gz": "compromised_website",
		"2026-01-01-scan_db2-x.csv": "scan_db2", "device_id6.csv": "device_id", "population6_http_proxy.csv": "population_http_proxy", "": "", "2026-01-01-SCAN_SSH.CSV": "scan_ssh",
	} {
		if got := typeOf(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.csv")
	if err != nil || len(files) == 0 {
		f.Fatal("no samples")
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(filepath.Base(name), content)
	}
	r := New(schema(f))
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		r.Knows(format.NewFile(name, "", bytes.NewReader(content)))
		_, events, _ := read(r, name, content)
		for _, e := range events {
			formattest.Event(t, e)
		}
	})
}

func FuzzReadSchema(f *testing.F) {
	content, err := os.ReadFile("testdata/schema.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content)
	f.Fuzz(func(t *testing.T, content []byte) {
		if _, err := ReadSchema(bytes.NewReader(content)); err != nil && !errors.Is(err, candor.ErrInvalid) {
			t.Error(err)
		}
	})
}
