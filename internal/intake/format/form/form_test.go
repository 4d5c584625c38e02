package form_test

import (
	"bytes"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/format/form"
	"candor/internal/intake/format/formattest"
	"candor/internal/intake/message"
)

var noon = time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)

func written(t testing.TB, f form.Form) []byte {
	t.Helper()
	body, err := form.Write(f, "b0b0b0", noon)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func full() form.Form {
	return form.Form{Class: candor.Phishing, About: []form.Resource{{Kind: intake.URL, Value: "http://shop.example/login"}, {Kind: intake.Address, Value: "203.0.113.9", Port: 4001}}, First: noon, Pass: true, Named: true, Language: "zh",
		From: mail.Address{Name: "Änne <x>\r\nBcc: y@z.example", Address: "anne@reporter.example"}, Subject: "A page\r\nBcc: all@x.example", Text: "It asks for\npasswords. ü", File: &form.File{Name: "page\".png", Content: []byte("\x89PNG")}}
}

func TestAcceptance(t *testing.T) {
	told := full()
	told.First, told.Told, told.From, told.File = time.Time{}, "2026-03-09 12:00", mail.Address{}, nil
	formattest.Mails(t, form.Reader{}, form.Name, []formattest.Sample{{Name: "full", Body: written(t, full())}, {Name: "told", Body: written(t, told)}}, nil)
}

// TestRead reads what was written: whatever a reporter types makes no field of the
// header.
func TestRead(t *testing.T) {
	body := written(t, full())
	m, err := message.Read(bytes.NewReader(body), message.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	var events []intake.Event
	r, err := form.Reader{}.Read(m, func(e intake.Event) error { events = append(events, e); return nil })
	if err != nil {
		t.Fatal(err)
	}
	if r.Reporter != "anne@reporter.example" || r.Language != "zh" || m.Subject != "A page Bcc: all@x.example" || m.Get("Bcc") != "" {
		t.Errorf("%+v, %q, %q", r, m.Subject, m.Header)
	}
	want := []intake.Event{{Class: candor.Phishing, About: []intake.Resource{{Kind: intake.URL, Value: "http://shop.example/login", Role: intake.Host, Confidence: 95},
		{Kind: intake.Address, Value: "203.0.113.9", Port: 4001, Role: intake.Source, Confidence: 95}}, First: &intake.When{Text: "2026-03-09T12:00:00Z", Time: noon}, Evidence: "It asks for\npasswords. ü"}}
	if d := cmp.Diff(want, events); d != "" {
		t.Error(d)
	}
	if f, ok := form.Find(m); !ok || !f.Pass || !f.Named || f.Account {
		t.Errorf("%+v", f)
	}
	if last := m.Parts[len(m.Parts)-1]; string(last.Bytes) != "\x89PNG" {
		t.Errorf("the file is %q, %q", last.Name, last.Bytes)
	}
	bad := full()
	bad.Class = "none/such"
	m, _ = message.Read(bytes.NewReader(written(t, bad)), message.DefaultLimits())
	if _, err := (form.Reader{}).Read(m, formattest.Drain(t)); err == nil || err == format.ErrOther {
		t.Errorf("a form of no class: %v", err)
	}
}

func TestParse(t *testing.T) {
	for line, want := range map[string]form.Resource{
		"203.0.113.9": {Kind: intake.Address, Value: "203.0.113.9"}, " hxxps://evil[.]example/x ": {Kind: intake.URL, Value: "https://evil.example/x"}, "evil(.)Example": {Kind: intake.Domain, Value: "evil.example"},
		"bob[at]evil.example": {Kind: intake.Mail, Value: "bob@evil.example"}, "203.0.113.0/24": {Kind: intake.Network, Value: "203.0.113.0/24"}, "www.evil.example/p": {Kind: intake.URL, Value: "http://www.evil.example/p"},
		"evil.example/login.php": {Kind: intake.URL, Value: "http://evil.example/login.php"}, "Evil[.]example:8080": {Kind: intake.URL, Value: "http://evil.example:8080"}, "203.0.113.9/x": {Kind: intake.URL, Value: "http://203.0.113.9/x"},
		"203.0.113.9:22": {Kind: intake.Address, Value: "203.0.113.9", Port: 22}, "[2001:db8::1]:22": {Kind: intake.Address, Value: "2001:db8::1", Port: 22},
		"<2001:DB8::1>": {Kind: intake.Address, Value: "2001:db8::1"}, "d41d8cd98f00b204e9800998ecf8427e": {Kind: intake.Hash, Value: "d41d8cd98f00b204e9800998ecf8427e"},
	} {
		if got, err := form.Parse(line); err != nil || got != want {
			t.Errorf("%q: %+v, %v", line, got, err)
		}
	}
	for _, line := range []string{"", "the page", "localhost", "and/or", "see:evil.example/x", "mailto:x/y@evil.example/", "12:30", "see evil.example/x", strings.Repeat("a", 5000) + ".example"} {
		if got, err := form.Parse(line); err == nil {
			t.Errorf("%.20q: %+v", line, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(written(f, full()))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := message.Read(bytes.NewReader(body), message.DefaultLimits())
		if err != nil {
			return
		}
		_, _ = form.Reader{}.Read(m, formattest.Drain(t))
	})
}
