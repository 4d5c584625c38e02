package xarfmail_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor/internal/intake"
	"candor/internal/intake/format/formattest"
	"candor/internal/intake/format/xarfmail"
	"candor/internal/intake/message"
)

func login(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("testdata/login.eml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// bulk is a mail with two reports in mails of their own.
func bulk(t testing.TB) string {
	inner := "--b2\nContent-Type: message/rfc822\n\n" + login(t) + "\n"
	return "From: desk@sensors.example\nX-XARF: BULK\nContent-Type: multipart/mixed; boundary=b2\n\n" + inner + strings.ReplaceAll(inner, "203.0.113.9", "203.0.113.10") + "--b2--\n"
}

func TestAcceptance(t *testing.T) {
	formattest.Mails(t, xarfmail.New(), xarfmail.Name, []formattest.Sample{
		{Name: "login", Body: []byte(login(t))}, {Name: "bulk", Body: []byte(bulk(t))},
	}, nil)
}

func read(t *testing.T, body string) (r intake.Report, all []intake.Event, err error) {
	t.Helper()
	m, err := message.Read(strings.NewReader(body), message.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	r, err = xarfmail.New().Read(m, func(e intake.Event) error { all = append(all, e); return nil })
	return r, all, err
}

func TestRead(t *testing.T) {
	r, all, err := read(t, login(t))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(intake.Report{Format: "x-arf", Reporter: "desk@sensors.example", Reference: "4711@sensors.example", TLP: "green", Confidence: 95}, r); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]intake.Event{{
		Class: "intrusion-attempts/brute-force", Count: 12, Note: "login-attack, service ssh, port 22",
		About:    []intake.Resource{{Kind: intake.Address, Value: "203.0.113.9", Role: intake.Source, Confidence: 95}},
		First:    &intake.When{Text: "Mon, 09 Mar 2026 13:00:00 +0100", Time: time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)},
		Evidence: "Mar  9 13:00:01 web sshd[1]: Failed password for root from 203.0.113.9 port 4001 ssh2\n",
	}}, all, cmp.Transformer("trim", func(s string) string { return strings.TrimSpace(s) })); d != "" {
		t.Error(d)
	}
	r, all, err = read(t, bulk(t))
	if err != nil || len(all) != 2 || all[1].About[0].Value != "203.0.113.10" || r.Reference != "" {
		t.Errorf("%v %+v %+v", err, r, all)
	}
}

func TestInvalid(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"Source: 203.0.113.9\n", "", "Source is missing"},
		{"Source: 203.0.113.9\n", "Source: somewhere\n", "is no address"},
		{"Date: Mon, 09 Mar 2026 13:00:00 +0100\n", "", "Date is missing"},
		{"Date: Mon, 09 Mar 2026 13:00:00 +0100", "Date: yesterday", "is no time"},
		{"Reported-From:", "From:", "no report in YAML"},
	} {
		if _, _, err := read(t, strings.Replace(login(t), c.old, c.new, 1)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// A kind that is not known is read, and asked about.
func TestUnknownKind(t *testing.T) {
	r, all, err := read(t, strings.NewReplacer("login-attack\n", "new-thing\n").Replace(login(t)))
	if err != nil || len(all) != 1 || r.Person == "" || r.Confidence >= 90 {
		t.Errorf("%v %+v %+v", err, r, all)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(login(f)))
	f.Add([]byte(bulk(f)))
	f.Fuzz(func(t *testing.T, body []byte) {
		if m, err := message.Read(bytes.NewReader(body), message.DefaultLimits()); err == nil {
			_, _ = xarfmail.New().Read(m, formattest.Drain(t))
		}
	})
}
