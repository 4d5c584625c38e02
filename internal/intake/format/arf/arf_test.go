package arf_test

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
	"candor/internal/intake/format/arf"
	"candor/internal/intake/format/formattest"
	"candor/internal/intake/message"
)

func samples(t testing.TB) (all []formattest.Sample) {
	t.Helper()
	names, _ := filepath.Glob("testdata/*.eml")
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, formattest.Sample{Name: filepath.Base(name), Body: b})
	}
	return all
}

func TestAcceptance(t *testing.T) {
	formattest.Mails(t, arf.New(), arf.Name, samples(t), nil)
}

func abuse(t testing.TB) string {
	t.Helper()
	return string(samples(t)[0].Body)
}

func read(t *testing.T, body string) (r intake.Report, all []intake.Event, err error) {
	t.Helper()
	m, err := message.Read(strings.NewReader(body), message.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	r, err = arf.New().Read(m, func(e intake.Event) error { all = append(all, e); return nil })
	return r, all, err
}

func TestRead(t *testing.T) {
	r, all, err := read(t, abuse(t))
	if err != nil || len(all) != 1 {
		t.Fatal(len(all), err)
	}
	if d := cmp.Diff(intake.Report{Format: "arf", Reporter: "fbl@mailbox.example", Reference: "f1@mailbox.example", Confidence: 95}, r); d != "" {
		t.Error(d)
	}
	all[0].Evidence = ""
	other := func(kind intake.Kind, value string, role intake.Role) intake.Resource {
		return intake.Resource{Kind: kind, Value: value, Role: role, Confidence: 5}
	}
	want := intake.Event{
		Class: candor.Spam, Count: 3, Note: "CFBL-Feedback-ID 111:222; Cheap watches",
		About: []intake.Resource{{Kind: intake.Address, Value: "203.0.113.7", Port: 40112, Role: intake.Source, Confidence: 95}},
		Others: []intake.Resource{
			other(intake.URL, "http://watches.shop.example/now", intake.Other), other(intake.Domain, "shop.example", intake.Other),
			other(intake.Mail, "sales@shop.example", intake.Other), other(intake.Mail, "reader@mailbox.example", intake.Recipient),
			other(intake.Domain, "mx1.mailbox.example", intake.Reporter),
		},
		First: &intake.When{Text: "Mon, 09 Mar 2026 13:00:00 +0100", Time: time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)},
	}
	if d := cmp.Diff(want, all[0]); d != "" {
		t.Error(d)
	}
}

func TestKinds(t *testing.T) {
	for _, c := range []struct {
		kind   string
		class  candor.Class
		person bool
	}{
		{"abuse", candor.Spam, false}, {"fraud", candor.Phishing, false}, {"virus", candor.MalwareDistribution, false},
		{"opt-out", candor.Spam, false}, {"other", candor.Undetermined, true}, {"unheard-of", candor.Undetermined, true},
		{"auth-failure", "fraud/masquerade", true},
	} {
		r, all, err := read(t, strings.Replace(abuse(t), "Feedback-Type: abuse", "Feedback-Type: "+c.kind, 1))
		if err != nil || len(all) != 1 || all[0].Class != c.class || (r.Person != "") != c.person {
			t.Errorf("%s: %v %+v %+v", c.kind, err, r, all)
		}
	}
	if r, all, err := read(t, strings.Replace(abuse(t), "Feedback-Type: abuse", "Feedback-Type: not-spam", 1)); err != nil || len(all) != 0 || r.Format != "arf" || r.Person != "" {
		t.Errorf("not-spam: %v %+v %+v", err, r, all)
	}
}

// Without Source-IP the address is what the reporter's own servers say.
func TestSourceIsMissing(t *testing.T) {
	const by = "Received: from mx.shop.example (mx.shop.example [203.0.113.7])\n\tby mx1.mailbox.example with ESMTP id 1; Mon, 09 Mar 2026 12:00:00 +0000\n"
	strip := strings.NewReplacer("Source-IP: 203.0.113.7\n", "", "received from IP 203.0.113.7\n", "\n")
	inner := "Received: from mx1.mailbox.example (mx1.mailbox.example [198.51.100.3])\n\tby store.mailbox.example; Mon, 09 Mar 2026 12:00:01 +0000\n"
	forged := "Received: from victim.example (victim.example [192.0.2.66])\n\tby mx.shop.example; Mon, 09 Mar 2026 11:00:00 +0000\n"
	for _, c := range []struct {
		name, hops string
		want       string
		person     bool
	}{
		{"one hop", by, "203.0.113.7", false},
		{"inner hops are the reporter's own", inner + by, "203.0.113.7", false},
		{"what the sender wrote does not count", inner + by + forged, "203.0.113.7", false},
		{"private addresses are nobody's", strings.ReplaceAll(by, "203.0.113.7", "10.0.0.7") + forged, "", true},
		{"the sender lies about its name", strings.Replace(by, "from mx.shop.example (mx.shop.example", "from mail.bank.example (unknown", 1), "203.0.113.7", false},
		{"somebody else's server", strings.Replace(by, "mx1.mailbox.example", "mx1.elsewhere.example", 1), "203.0.113.7", true},
		{"name and address in brackets of their own", "Received: from 127.0.0.1 (EHLO mx.shop.example) (203.0.113.8)\n by mta.mailbox.example with SMTP; Mon, 09 Mar 2026 12:00:00 +0000\n", "203.0.113.8", false},
		{"none", "", "", true},
	} {
		r, all, err := read(t, strings.Replace(strip.Replace(abuse(t)), by, c.hops, 1))
		if err != nil || len(all) != 1 {
			t.Errorf("%s: %v %+v", c.name, err, all)
			continue
		}
		got := ""
		if len(all[0].About) == 1 {
			got = all[0].About[0].Value
		}
		if got != c.want || (r.Person != "") != c.person || r.Person != "" && r.Confidence >= 90 {
			t.Errorf("%s: %s, want %s; %+v", c.name, got, c.want, r)
		}
	}
	// What the text says counts before that.
	if _, all, err := read(t, strings.Replace(abuse(t), "Source-IP: 203.0.113.7\n", "", 1)); err != nil || all[0].About[0].Value != "203.0.113.7" {
		t.Error(err, all)
	}
}

func TestBroken(t *testing.T) {
	whole := abuse(t)
	for name, body := range map[string]string{
		"of another type":      strings.Replace(whole, "Content-Type: multipart/report; report-type=feedback-report;", "Content-Type: multipart/mixed;", 1),
		"fields as plain text": strings.Replace(whole, "Content-Type: message/feedback-report", "Content-Type: text/plain", 1),
		"without the mail":     whole[:strings.Index(whole, "--b\nContent-Type: message/rfc822")],
		"forwarded":            "From: boss@isp.example\nSubject: Fwd\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: message/rfc822\n\n" + whole + "\n--x--\n",
		"by SpamCop":           "From: 1@reports.spamcop.example\nSubject: spam\nX-SpamCop-sourceip: 203.0.113.7\n\nA complaint.\n",
		"by Microsoft": "From: staff@hotmail.example\nSubject: complaint about message from 203.0.113.7\nContent-Type: multipart/mixed; boundary=x\n\n" +
			"--x\nContent-Type: message/rfc822\n\nFrom: a@shop.example\nSubject: hi\n\nBuy.\n--x--\n",
	} {
		_, all, err := read(t, body)
		if err != nil || len(all) != 1 || len(all[0].About) != 1 || all[0].About[0].Value != "203.0.113.7" || all[0].Class != candor.Spam {
			t.Errorf("%s: %v %+v", name, err, all)
		}
	}
	for name, body := range map[string]string{
		"no type and no mail": "From: a@b.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=x\n\n--x\n\nhello\n--x--\n",
		"nothing named":       "From: a@b.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=x\n\n--x\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n--x--\n",
	} {
		if _, _, err := read(t, body); err == nil || !strings.HasPrefix(err.Error(), "ARF: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := read(t, "From: a@b.example\nSubject: unsubscribe\n\nPlease.\n"); err != format.ErrOther {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(s.Body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if m, err := message.Read(bytes.NewReader(body), message.DefaultLimits()); err == nil {
			_, _ = arf.New().Read(m, formattest.Drain(t))
		}
	})
}
