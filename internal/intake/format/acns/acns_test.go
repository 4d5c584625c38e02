package acns_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/format/acns"
	"candor/internal/intake/format/formattest"
	"candor/internal/intake/message"
)

func notice(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("testdata/notice.xml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const head = "From: Notices <notices@films.example>\nSubject: Notice F-2026-81\nMessage-ID: <1@films.example>\n\nDear provider,\n\n- ------- Start ACNS XML\n"

func TestAcceptance(t *testing.T) {
	xml := []byte(notice(t))
	formattest.Files(t, acns.NewFiles(), acns.Name, []formattest.Sample{{Name: "notice.xml", Type: "application/xml", Body: xml}}, nil)
	mail := []byte(head + notice(t) + "- ------- End ACNS XML\n")
	formattest.Mails(t, acns.NewMails(), acns.Name, []formattest.Sample{{Name: "mail", Body: mail}}, nil)
}

func want() intake.Event {
	return intake.Event{
		Class:    "fraud/copyright",
		About:    []intake.Resource{{Kind: intake.Address, Value: "203.0.113.44", Port: 51413, Role: intake.Source, Confidence: 95}},
		Others:   []intake.Resource{{Kind: intake.Hash, Value: "da39a3ee5e6b4b0d3255bfef95601890afd80709", Role: intake.Other, Confidence: 5}},
		First:    &intake.When{Text: "2026-03-09T12:00:00+02:00", Time: time.Date(2026, 3, 9, 10, 0, 0, 0, time.UTC)},
		Note:     "Salt & Smoke; Second (BitTorrent), login peer17",
		Evidence: "Salt & Smoke\tsalt.mkv\t100\tDA39A3EE5E6B4B0D3255BFEF95601890AFD80709\nSecond\n",
	}
}

func TestRead(t *testing.T) {
	var all []intake.Event
	each := func(e intake.Event) error { all = append(all, e); return nil }
	wantReport := intake.Report{Format: "acns", Reporter: "notices@films.example", Reference: "F-2026-81", Confidence: 95}

	r, err := acns.NewFiles().Read(format.NewFile("n.xml", "", strings.NewReader(notice(t))), each)
	if err != nil || !cmp.Equal(r, wantReport) {
		t.Error(err, cmp.Diff(wantReport, r))
	}
	m, err := message.Read(strings.NewReader(head+notice(t)+"- ------- End ACNS XML\n"), message.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	r, err = acns.NewMails().Read(m, each)
	if err != nil || !cmp.Equal(r, wantReport) {
		t.Error(err, cmp.Diff(wantReport, r))
	}
	if d := cmp.Diff([]intake.Event{want(), want()}, all); d != "" {
		t.Error(d)
	}
}

func TestInvalid(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"<IP_Address>203.0.113.44</IP_Address>", "", "Source/IP_Address is missing"},
		{"203.0.113.44", "203.0.113.444", "is no IP address"},
		{"<Infringement", "<!DOCTYPE x [<!ENTITY a \"b\">]><Infringement", "declares types"},
		{"</Infringement>", "", "the XML is damaged"},
		{"<Case>", "<Case>" + strings.Repeat("<a>", 40), "too deep"},
	} {
		body := strings.Replace(notice(t), c.old, c.new, 1)
		_, err := acns.NewFiles().Read(format.NewFile("n.xml", "", strings.NewReader(body)), formattest.Drain(t))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// A time without a zone is not guessed.
func TestNoZone(t *testing.T) {
	body := strings.Replace(notice(t), "12:00:00+02:00</TimeStamp>\n  <IP", "12:00:00</TimeStamp>\n  <IP", 1)
	_, err := acns.NewFiles().Read(format.NewFile("n.xml", "", strings.NewReader(body)), func(e intake.Event) error {
		if e.First.Text != "2026-03-09T12:00:00" || !e.First.Time.IsZero() {
			t.Errorf("%+v", e.First)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(notice(f)))
	f.Fuzz(func(t *testing.T, body []byte) {
		_, _ = acns.NewFiles().Read(format.NewFile("n.xml", "", bytes.NewReader(body)), formattest.Drain(t))
		if m, err := message.Read(bytes.NewReader(append([]byte(head), body...)), message.DefaultLimits()); err == nil {
			_, _ = acns.NewMails().Read(m, formattest.Drain(t))
		}
	})
}
