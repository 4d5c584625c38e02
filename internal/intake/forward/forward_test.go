package forward_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/format/xarf"
	"candor/internal/intake/forward"
	"candor/internal/phrase"
)

var noon = time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)

func writer(t *testing.T) *forward.Writer {
	t.Helper()
	phrases, err := phrase.Load()
	if err != nil {
		t.Fatal(err)
	}
	return forward.New(phrases, xarf.Party{Org: "Provider", Contact: "abuse@provider.example", Domain: "provider.example"})
}

// secrets tell who reported, in all the places where they stand.
var secrets = []string{"Anne Verhoeven", "Verhoeven", "averhoeven", "victimbank", "mx7.victimbank.example", "198.51.100.77", "2001:db8:77::7", "20260309.4711@victimbank", "VB-2026-0815", "teller", "ATM-4"}

func order(named bool) forward.Order {
	evidence := strings.Join([]string{
		"Mar  9 11:58:01 ATM-4 sshd[311]: Failed password for invalid user teller from 203.0.113.9 port 4001 ssh2",
		"2026-03-09T11:58:02Z mx7.victimbank.example postfix: from=<x@shop.example> to=<averhoeven@victimbank.example> client 203.0.113.9 [2001:db8:77::7]",
		"Message-ID: <20260309.4711@victimbank.example>",
		"GET http://203.0.113.9/kit.zip HTTP/1.1 to 198.51.100.77, see access.log",
		"Regards, Anne Verhoeven",
	}, "\n")
	return forward.Order{ID: candor.NewID(noon), Named: named, Report: candor.Report{Reporter: "averhoeven@victimbank.example", Reference: "VB-2026-0815", Received: noon, Format: "xarf"},
		Reporter: forward.Reporter{Mail: "averhoeven@victimbank.example", Name: "Anne Verhoeven"},
		Holder:   candor.Holder{Of: "network", Handle: "NET-203", Name: "Net", Mails: []string{"abuse@net.example"}, Source: "https://rdap.example/ip/203.0.113.9", Languages: []string{"fr"}},
		Complaints: []candor.Complaint{{ID: candor.NewID(noon), Class: "intrusion-attempts/brute-force", Kind: "address", Value: "203.0.113.9", Port: 4001, First: noon, Count: 3, Confidence: 95, Note: "Anne Verhoeven saw it at mx7.victimbank.example", Evidence: evidence},
			{ID: candor.NewID(noon), Class: candor.Phishing, Kind: "url", Value: "http://pay.shop.example/login?for=averhoeven%40victimbank.example&b=" + base64.RawURLEncoding.EncodeToString([]byte("averhoeven@victimbank.example")), Confidence: 90}}}
}

// opened is a letter with its evidence in the clear, and its events.
func opened(t *testing.T, l candor.Letter) (string, []intake.Event) {
	t.Helper()
	var events []intake.Event
	all := l.Subject + "\n" + l.Text
	for _, f := range l.Files {
		r, err := xarf.New().Read(format.NewFile("xarf.json", "application/json", bytes.NewReader([]byte(f))), func(e intake.Event) error { events = append(events, e); return nil })
		if err != nil {
			t.Fatal(err)
		}
		all += "\n" + f + "\n" + r.Reporter
	}
	for _, e := range events {
		all += "\n" + e.Evidence + "\n" + e.Note
	}
	return all, events
}

// TestUnnamed passes on what happened, and nothing that tells who reported.
func TestUnnamed(t *testing.T) {
	l, err := writer(t).Write(order(false))
	if err != nil {
		t.Fatal(err)
	}
	all, events := opened(t, l)
	for _, s := range secrets {
		if strings.Contains(strings.ToLower(all), strings.ToLower(s)) {
			t.Errorf("it tells %q:\n%s", s, all)
		}
	}
	for _, want := range []string{"Failed password for invalid user [removed] from 203.0.113.9 port 4001 ssh2", "http://203.0.113.9/kit.zip", "access.log"} {
		if !strings.Contains(all, want) {
			t.Errorf("it lacks %q:\n%s", want, all)
		}
	}
	if len(events) != 2 || events[0].About[0].Value != "203.0.113.9" || events[0].About[0].Port != 4001 || !events[0].First.Time.Equal(noon) || len(l.Files) != 2 || l.Language != "fr" {
		t.Errorf("%+v, %d files, %s", events, len(l.Files), l.Language)
	}
	if strings.Contains(l.Text, "http://pay.shop") || !strings.Contains(l.Text, "hxxp://pay[.]shop[.]example/") {
		t.Errorf("the text has a link:\n%s", l.Text)
	}
	var top struct{ Reporter, Sender xarf.Party }
	if err := json.Unmarshal([]byte(l.Files[0]), &top); err != nil || top.Reporter.Domain != "provider.example" || top.Sender != top.Reporter {
		t.Errorf("%+v, %v", top, err)
	}
}

// TestHuman leaves out what a person wrote, but for lines about what is complained
// about.
func TestHuman(t *testing.T) {
	o := order(false)
	o.Report.Format = "text"
	l, err := writer(t).Write(o)
	if err != nil {
		t.Fatal(err)
	}
	if all, events := opened(t, l); strings.Contains(all, "Regards") || strings.Contains(all, "saw it") || !strings.Contains(events[0].Evidence, "Failed password") || strings.Contains(events[0].Evidence, "Message-ID") {
		t.Error(all)
	}
}

// TestNamed passes on all, and names the reporter, who agreed.
func TestNamed(t *testing.T) {
	l, err := writer(t).Write(order(true))
	if err != nil {
		t.Fatal(err)
	}
	all, _ := opened(t, l)
	for _, want := range append(secrets[:5:5], "ATM-4 sshd", "Anne Verhoeven <averhoeven@victimbank.example>") {
		if !strings.Contains(all, want) {
			t.Errorf("it lacks %q:\n%s", want, all)
		}
	}
	var top struct{ Reporter, Sender xarf.Party }
	if err := json.Unmarshal([]byte(l.Files[0]), &top); err != nil || top.Reporter.Org != "Anne Verhoeven" || top.Sender.Org != "Provider" {
		t.Errorf("%+v, %v", top, err)
	}
}

// TestImitated has the one who is imitated report it, as happens most: what is
// complained about is passed on as it is, though it has the reporter's name in it.
func TestImitated(t *testing.T) {
	o := order(false)
	o.Report.Format = "xarf"
	log := "GET https://victimbank.example-login.test/victimbank/login.php?for=averhoeven@victimbank.example from victimbank.example-login.test, a.victimbank-login.test and www.victimbank.example"
	o.Complaints = []candor.Complaint{
		{ID: candor.NewID(noon), Class: candor.Phishing, Kind: "url", Value: "https://victimbank.example-login.test/victimbank/login.php?for=averhoeven@victimbank.example&bank=victimbank", Confidence: 95, Evidence: log},
		{ID: candor.NewID(noon), Class: candor.Phishing, Kind: "domain", Value: "victimbank-login.test", Confidence: 95},
		{ID: candor.NewID(noon), Class: candor.Phishing, Kind: "mail", Value: "verhoeven@victimbank-login.test", Confidence: 95, Evidence: "from verhoeven@victimbank-login.test"},
	}
	l, err := writer(t).Write(o)
	if err != nil {
		t.Fatal(err)
	}
	all, events := opened(t, l)
	var about []string
	for _, e := range events {
		for _, r := range e.About {
			about = append(about, r.Value)
		}
	}
	want := []string{"https://victimbank.example-login.test/victimbank/login.php?for=removed&bank=removed", "victimbank-login.test", "verhoeven@victimbank-login.test"}
	for _, w := range want {
		if !slices.Contains(about, w) {
			t.Errorf("it is about %q, and lacks %s", about, w)
		}
	}
	if !strings.Contains(all, "GET https://victimbank.example-login.test/victimbank/login.php?for=removed from victimbank.example-login.test, a.victimbank-login.test and [removed]") || !strings.Contains(all, "from verhoeven@victimbank-login.test") || strings.Contains(all, "averhoeven") {
		t.Error(all)
	}
}

// TestMany has more complaints than a mail has files: they are one list.
func TestMany(t *testing.T) {
	o := order(false)
	for len(o.Complaints) < 60 {
		c := o.Complaints[0]
		c.ID = candor.NewID(noon)
		o.Complaints = append(o.Complaints, c)
	}
	o.Holder.Languages = []string{"tlh"}
	l, err := writer(t).Write(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, events := opened(t, l); len(l.Files) != 1 || len(events) != 60 || !strings.Contains(l.Text, "50 more") || l.Language != "en" {
		t.Errorf("%d files, %d events, %s\n%s", len(l.Files), len(events), l.Language, l.Text)
	}
	o.Complaints = nil
	if _, err := writer(t).Write(o); err == nil {
		t.Error("nothing is passed on")
	}
}

func TestSameOrganisation(t *testing.T) {
	for pair, want := range map[[2]string]bool{{"a@x.co.uk", "b@mail.x.co.uk"}: true, {"a@x.co.uk", "a@y.co.uk"}: false, {"", ""}: false, {"a@localhost", "b@LOCALHOST"}: true} {
		if got := forward.SameOrganisation(pair[0], pair[1]); got != want {
			t.Errorf("%v: %v", pair, got)
		}
	}
}
