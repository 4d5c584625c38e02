package table

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/format/formattest"

	"github.com/google/go-cmp/cmp"
)

// short tells an event in a line.
func short(e intake.Event) string {
	text := []string{string(e.Class), fmt.Sprint(e.Count)}
	for _, w := range []*intake.When{e.First, e.Last} {
		switch {
		case w == nil:
			text = append(text, "-")
		case w.Time.IsZero():
			text = append(text, w.Text+" ?")
		default:
			text = append(text, w.Time.Format(time.RFC3339))
		}
	}
	for _, r := range append(e.About, e.Others...) {
		text = append(text, fmt.Sprintf("%s %s %s %d", r.Role, r.Kind, r.Value, r.Port))
	}
	return strings.Join(text, "; ")
}

func read(name string, content []byte) (report intake.Report, all []intake.Event, err error) {
	report, err = Reader{}.Read(format.NewFile(name, "", bytes.NewReader(content)), func(e intake.Event) error {
		all = append(all, e)
		return nil
	})
	return report, all, err
}

var samples = map[string][]string{
	"attacks.csv": {
		"intrusion-attempts/brute-force; 17; 2026-01-01T01:02:03Z; -; source address 192.0.2.10 40001; victim address 198.51.100.5 0",
		"intrusion-attempts/exploit; 1; 2026-01-01T01:02:04Z; -; source address 2001:db8::10 0; victim address 198.51.100.5 0",
	},
	"phishing.tsv": {
		"fraud/phishing; 0; 2025-12-31T22:00:00Z; 2026-01-01T00:00:00Z; host url https://login.example.com/a,b 0; host address 192.0.2.20 0",
		"fraud/phishing; 0; 2026-01-01 00:00:00 ?; -; host url http://evil.example.net/x 0",
	},
	"deutsch.csv": {
		"information-gathering/scanner; 5; 2026-01-01T09:11:12Z; -; source address 192.0.2.30 0",
		"abusive-content/spam; 0; 01.01.2026 10:11:12 ?; -; source address 192.0.2.31 0",
	},
	"hosts.txt":   {"other/undetermined; 0; -; -; source address 192.0.2.40 0", "other/undetermined; 0; -; -; source network 192.0.2.48/28 0", "other/undetermined; 0; -; -; source address 2001:db8::40 0"},
	"bare.csv":    {"other/undetermined; 0; 2026-01-01 00:00:00 ?; -; source address 192.0.2.50 0", "other/undetermined; 0; 2026-01-01 00:00:01 ?; -; source address 192.0.2.51 0"},
	"domains.txt": {"other/undetermined; 0; -; -; host domain bad.example.com 0", "other/undetermined; 0; -; -; host url http://worse.example.net/login 0"},
	"gaps.csv": {
		"vulnerable/ddos-amplifier; 0; 2026-01-01T00:00:00Z; -; host address 192.0.2.60 53",
		"vulnerable/ddos-amplifier; 0; 2026-01-01T00:00:00Z; -",
		"intrusion-attempts/brute-force; 0; 2026-01-01T00:00:00Z; -; source address 192.0.2.61 0",
		"other/undetermined; 0; -; -; source address 192.0.2.62 0",
	},
	"intelmq.csv": {"information-gathering/scanner; 0; 2026-01-01T00:00:00Z; -; source address 192.0.2.70 5555; other domain line.example.net 0"},
}

func TestRead(t *testing.T) {
	for name, want := range samples {
		content, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if !(Reader{}).Knows(format.NewFile(name, "", bytes.NewReader(content))) {
			t.Errorf("%s is not known", name)
		}
		report, events, err := read(name, content)
		var got []string
		for _, e := range events {
			got = append(got, short(e))
		}
		if d := cmp.Diff(want, got); d != "" || err != nil || (report.Person != "") != (name == "gaps.csv") {
			t.Errorf("%s: %+v, %v\n%s", name, report, err, d)
		}
	}
}

func TestReadNamed(t *testing.T) {
	_, events, err := read("spam-sources.csv", []byte("ip,seen\n192.0.2.1,x\n"))
	if err != nil || len(events) != 1 || short(events[0]) != "abusive-content/spam; 0; x ?; -; source address 192.0.2.1 0" {
		t.Errorf("%v, %v", events, err)
	}
	if want := "ip: 192.0.2.1\nseen: x\n"; events[0].Evidence != want {
		t.Errorf("evidence %q", events[0].Evidence)
	}
}

func TestReadRow(t *testing.T) {
	for text, want := range map[string]string{
		"ip,url,category\n192.0.2.1,http://a.example/x,sql injection\n":                           "intrusion-attempts/exploit; 0; -; -; source address 192.0.2.1 0; victim url http://a.example/x 0",
		"ip,url,category\n192.0.2.1,http://a.example/x,\n":                                        "other/undetermined; 0; -; -; other address 192.0.2.1 0; other url http://a.example/x 0",
		"url,sha256,time\nhttp://a.example/x," + strings.Repeat("ab", 32) + ",05/01/2026 10:00\n": "other/undetermined; 0; 05/01/2026 10:00 ?; -; host url http://a.example/x 0; other hash " + strings.Repeat("ab", 32) + " 0",
		"ip,port,url\n192.0.2.1,8080,http://192.0.2.1:8080/x\n":                                   "other/undetermined; 0; -; -; host address 192.0.2.1 8080; host url http://192.0.2.1:8080/x 0",
		"ip,category,comment\n192.0.2.1,spam,LEGITIMATE server\n":                                 "abusive-content/spam; 0; -; -; other address 192.0.2.1 0",
		"url,md5,type\nhttp://a.example/x," + strings.Repeat("ab", 16) + ",webshell\n":            "intrusions/system-compromise; 0; -; -; host url http://a.example/x 0; host hash " + strings.Repeat("ab", 16) + " 0",
		"sender,count,time\nA@B.example,3,Thu 1 Jan\n":                                            "other/undetermined; 3; Thu 1 Jan ?; -; source mail a@b.example 0",
		"host|type|seen\nwww.example.com|phishing|1767225600000\n":                                "fraud/phishing; 0; 2026-01-01T00:00:00Z; -; host domain www.example.com 0",
		"攻击IP,时间,类型\n192.0.2.1,2026-01-01 08:00:00 +0800,端口扫描\n":                                  "information-gathering/scanner; 0; 2026-01-01T00:00:00Z; -; source address 192.0.2.1 0",
	} {
		_, events, err := read("", []byte(text))
		if err != nil || len(events) != 1 || short(events[0]) != want {
			t.Errorf("%s: %v, %v", text, events, err)
			for _, e := range events {
				t.Log(short(e))
			}
		}
	}
}

func TestReadAmbiguous(t *testing.T) {
	for text, want := range map[string]string{
		"ip,ip_address,time\n192.0.2.1,192.0.2.2,x\n":             `columns "ip" and "ip_address" may both be it`,
		"attacker,source_ip,time\n192.0.2.1,192.0.2.2,x\n":        `columns "attacker" and "source_ip" may both be it`,
		"src,dst,bytes,time\n192.0.2.1,192.0.2.2,5,x\n":           "it is of flows",
		"type,value,comment\nipv4,192.0.2.1,LEGITIMATE\n":         "no column is called source_ip",
		"dst_ip,time,count\n192.0.2.1,x,1\n":                      "no column is called source_ip",
		"sha256,time,count\nx,x,1\n":                              "no column is called source_ip",
		"ip,url,time\n192.0.2.1,http://a.example/x,x\n":           "none category",
		"192.0.2.1,198.51.100.1\n192.0.2.2,198.51.100.1\n":        "columns 1 and 2 may both be it",
		"192.0.2.1;http://a.example/;x\n":                         "columns 1 and 2 may both be it",
		"192.0.2.1,2026-01-01 00:00:00,2026-01-01 00:00:00\n":     "several columns are times",
		"recipient,email,time,count\na@b.example,c@d.example,,\n": "no column is called source_ip",
	} {
		if !(Reader{}).Knows(format.NewFile("", "", strings.NewReader(text))) {
			t.Errorf("%q is not known", text)
		}
		_, events, err := read("", []byte(text))
		if !errors.Is(err, ErrAmbiguous) || !strings.Contains(err.Error(), want) || len(events) > 0 {
			t.Errorf("%q: %v, %v", text, events, err)
		}
	}
}

func TestReadOther(t *testing.T) {
	for _, text := range []string{"", "Hello,\nplease stop, or else.\n", "invoice,amount\n1,2\n", "a,b\nc\n192.0.2.1\n", "x\n", "{\"ip\": \"192.0.2.1\"}\n", "1,2,3\n4,5,6\n"} {
		if (Reader{}).Knows(format.NewFile("", "", strings.NewReader(text))) {
			t.Errorf("%q is known", text)
		}
		if _, _, err := read("", []byte(text)); !errors.Is(err, format.ErrOther) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestKnowsText(t *testing.T) {
	list := "ip,time,category\n192.0.2.1,x,scan\n"
	for _, c := range []struct {
		name, kind, text string
		want             bool
	}{
		{"", "text/plain", list, true}, {"", "text/plain", "192.0.2.1\n192.0.2.2\n", true}, {"", "text/plain", "https://www.example.com/\n", false}, {"", "text/plain", "192.0.2.1\n", false}, {"", "", "192.0.2.1\n", true}, {"", "message/delivery-status", "a.example\nb.example\n", false}, {"", "text/plain", "Hello, these scan us:\n\n" + list, false},
		{"a.txt", "text/plain", "Hello, these scan us:\n\n" + list, true}, {"", "text/csv", "made today\n" + list, true}, {"", "text/plain", "ip,url,time\n", true}, {"", "text/html", "<p>ip,url,time</p>\n", false},
	} {
		if got := (Reader{}).Knows(format.NewFile(c.name, c.kind, strings.NewReader(c.text))); got != c.want {
			t.Errorf("%q of %s, %q, is known: %v", c.name, c.kind, c.text, got)
		}
	}
}

func TestWhen(t *testing.T) {
	want := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		text, zone string
		utc, known bool
	}{
		{"2026-01-01T00:00:00Z", "", false, true}, {"2026-01-01 00:00:00", "", false, false}, {"2026-01-01 00:00:00", "", true, true}, {"2026-01-01 02:00:00", "+0200", false, true},
		{"2026-01-01 02:00:00", "GMT+2", false, true}, {"2026-01-01 00:00:00", "CET", true, false}, {"2026-01-01 00:00:00 UTC", "+02:00", false, true}, {"01/Jan/2026:01:00:00 +0100", "", false, true},
		{"2026-01-01 00:00:00.123456+00:00", "", false, true}, {"1767225600", "", false, true}, {"1767225600.5", "", false, true}, {"01/02/2026 00:00:00", "UTC", true, false}, {"2026-01-01 00:00", "utc", false, true},
		{"Thu, 01 Jan 2026 00:00:00 +0000", "", false, true}, {"5", "", true, false}, {"", "", true, false}, {"NaN", "", true, false},
	} {
		w := when(c.text, c.zone, c.utc)
		if w.Text != c.text || c.known != w.Time.Equal(want) || c.known == w.Time.IsZero() {
			t.Errorf("%q in %q is %v", c.text, c.zone, w)
		}
	}
}

func FuzzRead(f *testing.F) {
	for name := range samples {
		content, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(name, content)
	}
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		known := Reader{}.Knows(format.NewFile(name, "", bytes.NewReader(content)))
		_, events, err := read(name, content)
		if errors.Is(err, ErrAmbiguous) && !known {
			t.Errorf("not known, and %v", err)
		}
		for _, e := range events {
			formattest.Event(t, e)
		}
	})
}
