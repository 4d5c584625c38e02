package form_test

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/format/form"
	"candor/internal/intake/format/readers"
	"candor/internal/intake/message"
)

const xarfFile = `{"xarf_version":"4.2.0","report_id":"6a0a9f0c-4a4f-4f34-8f0c-6f6f0b9f3d11","timestamp":"2026-03-09T12:00:00Z","tlp":"amber",
"reporter":{"org":"R","contact":"a@reporter.example","domain":"reporter.example"},"sender":{"org":"R","contact":"a@reporter.example","domain":"reporter.example"},
"source_identifier":"192.0.2.1","source_port":4001,"category":"connection","type":"port_scan","protocol":"tcp","first_seen":"2026-03-09T11:00:00Z"}`

const arfFile = "From: fbl@reporter.example\nSubject: FW: hello\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\nContent-Type: text/plain\n\nAn abuse report.\n" +
	"--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: Made/1\nVersion: 1\nSource-IP: 192.0.2.1\n--b\nContent-Type: message/rfc822\n\nFrom: shop@sender.example\nTo: b@reporter.example\nSubject: hello\n\nBuy.\n--b--\n"

// zipped holds so many mails.
func zipped(t *testing.T, mails int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for n := range mails {
		w, err := z.Create(fmt.Sprintf("%d.csv", n))
		if err == nil {
			_, err = fmt.Fprintf(w, "timestamp,src_ip,category\n2026-03-09T12:00:00Z,192.0.2.%d,spam\n", n)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestFile reads files that are uploaded with the form as if they had been mailed,
// and leaves what is evidence, or is of no format, to people.
func TestFile(t *testing.T) {
	for _, x := range []struct {
		name, content string
		events        []string // besides the form's own
		person        string
	}{
		{"hosts.csv", "timestamp,src_ip,category\n2026-03-09T12:00:00Z,192.0.2.1,spam\n2026-03-09T12:05:00Z,192.0.2.2,\n", []string{"abusive-content/spam 192.0.2.1", "fraud/phishing 192.0.2.2"}, ""},
		{"report.json", xarfFile, []string{"information-gathering/scanner 192.0.2.1"}, ""},
		{"report.EML", arfFile, []string{"abusive-content/spam 192.0.2.1"}, ""},
		{"spam.eml", "From: a@evil.example\nTo: b@c.example\nSubject: Attack from 192.0.2.1\n\nYour host 192.0.2.1 attacks us. http://192.0.2.9/x\n", nil, ""},
		{"lists.zip", string(zipped(t, 2)), []string{"abusive-content/spam 192.0.2.0", "abusive-content/spam 192.0.2.1"}, ""},
		{"page.png", "\x89PNG\r\n\x1a\n\x00\x01", nil, ""},
		{"words.txt", "I saw it twice.\nIt asks for my password, and 192.0.2.1 is shown.\n", nil, ""},
		{"two.csv", "timestamp,src_ip,attacker\n2026-03-09T12:00:00Z,192.0.2.1,192.0.2.2\n", nil, "the file could not be read"},
		{"torn.json", xarfFile[:200], nil, "the file could not be read"},
	} {
		t.Run(x.name, func(t *testing.T) {
			f := full()
			f.File = &form.File{Name: x.name, Content: []byte(x.content)}
			m, err := message.Read(bytes.NewReader(written(t, f)), message.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			r, name, err := readers.All(nil).Read(m, func(e intake.Event) error {
				if len(e.About) == 0 {
					got = append(got, string(e.Class)+" nothing")
				}
				for _, a := range e.About {
					got = append(got, string(e.Class)+" "+a.Value)
				}
				return nil
			})
			if err != nil || name != form.Name || r.Reporter != "anne@reporter.example" {
				t.Fatalf("%v: %s, %+v", err, name, r)
			}
			want := append([]string{"fraud/phishing http://shop.example/login", "fraud/phishing 203.0.113.9"}, x.events...)
			if !slices.Equal(got, want) {
				t.Errorf("%q, not %q", got, want)
			}
			if (x.person == "") != (r.Person == "") || !strings.HasPrefix(r.Person, x.person) {
				t.Errorf("a person looks since %q", r.Person)
			}
			if tlp := map[string]string{"report.json": "amber"}[x.name]; r.TLP != cmp.Or(tlp, "") {
				t.Errorf("it may be shared as %q", r.TLP)
			}
		})
	}
}

// TestFileBounds reads no more mails of a file than are allowed, and stops when
// whoever takes the events does.
func TestFileBounds(t *testing.T) {
	m, err := message.Read(bytes.NewReader(written(t, full())), message.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	for n := range 30 {
		m.Parts = append(m.Parts, message.Part{Type: "application/octet-stream", Name: fmt.Sprintf("%d.eml", n), Text: arfFile})
	}
	set, n := readers.All(nil), 0
	r, _, err := set.Read(m, func(intake.Event) error { n++; return nil })
	if err != nil || n != 11 || !strings.Contains(r.Person, "30 mails") {
		t.Errorf("%d events, %q, %v", n, r.Person, err)
	}
	full := errors.New("full")
	n = 0
	if _, _, err := set.Read(m, func(e intake.Event) error {
		if n++; e.Class != candor.Phishing {
			return full
		}
		return nil
	}); !errors.Is(err, full) || n != 2 {
		t.Errorf("%d events, %v", n, err)
	}
}
