package freetext

import (
	"slices"
	"strings"
	"testing"

	"candor/internal/intake"
)

// TestAside: what stands in the line of a log with an address, or among telephone numbers,
// is known to be named by the way.
func TestAside(t *testing.T) {
	d, values := featured(t, "Please remove https://copy.test/watch/7 soon.\n\n"+
		"203.0.113.9 - - [01/Apr/2026:10:53:03 +0200] \"GET /a HTTP/1.1\" 200 12 \"https://shop.test/a\" \"x\"\n\n\n\n"+
		"Joan Hill\nPhone: +1 415 555 0100\nhttps://www.lawyers.test/joan\n")
	for url, want := range map[string]string{"https://copy.test/watch/7": "", "https://shop.test/a": "log-beside", "https://www.lawyers.test/joan": "contact-block"} {
		f := values[url].features
		for _, name := range []string{"log-beside", "contact-block"} {
			if slices.Contains(f, name) != (name == want) {
				t.Errorf("%s has %q, not just %q", url, f, want)
			}
		}
	}
	if got := d.lines[0].unlinked(); got != d.lines[0].text {
		t.Errorf("a line without URLs is read as %q", got)
	}
}

// TestPaths: papers and small print are known by their paths, and numbers within words are
// not those of cases.
func TestPaths(t *testing.T) {
	_, values := featured(t, "See https://a.test/files/mark_77.pdf and https://a.test/legal/privacy-policy but not https://b.test/video2684491 here.\n")
	for url, want := range map[string]string{"https://a.test/files/mark_77.pdf": "paper", "https://a.test/legal/privacy-policy": "small-print", "https://b.test/video2684491": ""} {
		f := values[url].features
		for _, name := range []string{"paper", "small-print", "of-case"} {
			if slices.Contains(f, name) != (name == want) {
				t.Errorf("%s has %q, not just %q", url, f, want)
			}
		}
	}
}

// TestInfected: where computers are told of that are infected, their victims are
// complained about, and what they speak to is not.
func TestInfected(t *testing.T) {
	got := New().Read(mailOf(t, "Systems in your network are infected:\n\nseen,Victim IP,malware,C2 host\n2026-03-15 20:47,203.0.113.181,loki,192.0.2.234\n2026-03-15 20:53,203.0.113.3,loki,192.0.2.234\n2026-03-16 07:52,203.0.113.184,loki,192.0.2.216\n\nPlease clean them.\n"))
	var about []string
	for _, e := range got.Events {
		for _, a := range e.About {
			about = append(about, a.Value)
		}
	}
	slices.Sort(about)
	if !slices.Equal(about, []string{"203.0.113.181", "203.0.113.184", "203.0.113.3"}) {
		t.Errorf("it is about %q", about)
	}
}

// TestPassed reads who handed a mail to whom, by the name that is known.
func TestPassed(t *testing.T) {
	d := open(mailOf(t, "Spam:\n\nReceived: from helo.test (out7.mill.example [203.0.113.7])\n by mx.victim.example (Postfix) with ESMTP id 1; Fri, 13 Mar 2026 01:20:00 +0900\nReceived: from app.mill.example (10.0.0.3) by out7.mill.example; Fri, 13 Mar 2026 01:19:00 +0900\nReceived: from helo.test (unknown [203.0.113.8]) by a.mill.example; Fri, 13 Mar 2026 01:18:00 +0900\nReceived: from helo.test ([203.0.113.9])\n by b.mill.example; Fri, 13 Mar 2026 01:17:00 +0900\nMessage-ID: <1@x.test>\nSubject: x\n"))
	d.scan()
	var got []string
	for i := range d.lines {
		if strings.HasPrefix(d.lines[i].text, "Received:") && d.lines[i].zone == pasted {
			from, by := d.passed(i)
			got = append(got, from+" "+by)
		}
	}
	if want := []string{"out7.mill.example mx.victim.example", "app.mill.example out7.mill.example", " a.mill.example", " b.mill.example"}; !slices.Equal(got, want) {
		t.Errorf("it went %q, not %q", got, want)
	}
}

// TestTelephone: words for telephones are of a block of contacts where a number follows.
func TestTelephone(t *testing.T) {
	const page = "https://shop.test/pay"
	for text, want := range map[string]bool{
		"Joan Hill\nPhone: (415) 555 0100\n" + page:      true,
		"It asks for the phone (and a card) at\n" + page: false,
	} {
		if f := noted(t, text)[page]; f == nil || slices.Contains(f, "contact-block") != want {
			t.Errorf("%q: %q; not %v", text, f, want)
		}
	}
}

// TestContact: what stands among telephone numbers or in a block with the mail address of
// who reports is theirs, and what stands in a text that names them is not.
func TestContact(t *testing.T) {
	const page = "https://shop.test/pay"
	for text, want := range map[string]bool{
		"Joan Hill\nMail: joan@victim.example\nWeb: " + page:                                            true,
		"Please answer to joan@victim.example when the page below is gone, or ask us more:\n" + page:    false,
		"Remove this page, please.\n" + page + "\nWith kind regards, yours, Joan <joan@victim.example>": false,
		"Joan <joan@victim.example>\n\n" + page:                                                         false,
	} {
		d, values := featured(t, text)
		if v := values[page]; v == nil || slices.Contains(v.features, "contact-block") != want {
			t.Errorf("%q: not %v; from %q", text, want, d.from)
		}
	}
}

// TestPaper: a paper is no proof where files are told of that are malware, and small print
// is only what a path ends with.
func TestPaper(t *testing.T) {
	for _, x := range []struct {
		text, value, feature string
		want                 bool
	}{
		{"The proof: https://a.test/files/mark_77.pdf for our trademark", "https://a.test/files/mark_77.pdf", "paper", true},
		{"Malware distribution, this malware is downloaded from https://a.test/files/bill.pdf", "https://a.test/files/bill.pdf", "paper", false},
		{"See https://a.test/terms.html", "https://a.test/terms.html", "small-print", true},
		{"See https://a.test/privacy/?lang=de", "https://a.test/privacy/?lang=de", "small-print", true},
		{"See https://a.test/privacy/login.php", "https://a.test/privacy/login.php", "small-print", false},
		{"See https://a.test/gdpr-update-account", "https://a.test/gdpr-update-account", "small-print", false},
	} {
		if got := noted(t, x.text)[x.value]; got == nil || slices.Contains(got, x.feature) != x.want {
			t.Errorf("%q: of %s %q are noted; %s: %v", x.text, x.value, got, x.feature, !x.want)
		}
	}
}

// TestTurned: victims are complained about only where infected computers are what a report
// is about, and where nothing else is said to be a source.
func TestTurned(t *testing.T) {
	const infected = "Systems in your network are infected:\n\n"
	for text, want := range map[string]bool{
		infected + "Victim IP: 203.0.113.181\nC2: 192.0.2.234\n":                                                                          true,
		infected + "Victim IP: 203.0.113.181\nSource IP: 192.0.2.234\n":                                                                   false,
		infected + "seen,Victim IP,malware,Source IP\n2026-03-15,203.0.113.181,loki,192.0.2.234\n":                                        false,
		"Brute force attacks, failed logins, brute-force. The host is probably infected, part of a botnet.\n\nVictim IP: 203.0.113.181\n": false,
	} {
		f := noted(t, text)["203.0.113.181"]
		if f == nil || slices.ContainsFunc(f, func(s string) bool { return s == "column-source" || s == "key-source" }) != want {
			t.Errorf("%q: %q; not %v", text, f, want)
		}
	}
}

// TestOtherSubject: a subject that names who is attacked, imitated or spoken for does not
// name what is complained about.
func TestOtherSubject(t *testing.T) {
	for subject, want := range map[string]bool{
		"Phishing at bad.test":                true,
		"Phishing at admin.test":              false, // for whom admin@ writes
		"Phishing against maplebank.test":     false,
		"Page impersonating maplebank.test":   false,
		"Phishing of the site maplebank.test": false,
	} {
		m := mailOf(t, "Please remove https://login-now.test/a soon.\n")
		m.Subject = subject
		if f := notedOf(m)["https://login-now.test/a"]; f == nil || slices.Contains(f, "other-than-subject") != want {
			t.Errorf("%q: %q; not %v", subject, f, want)
		}
	}
}

// TestAlready: what those that are complained about say of others ends where names, folders
// and networks do.
func TestAlready(t *testing.T) {
	of := func(kind intake.Kind, name, host string) *value { return &value{kind: kind, value: name, host: host} }
	s := saying([]*value{of(intake.URL, "http://www.bad.test/a/b", "www.bad.test"), of(intake.Address, "192.0.2.10", ""), of(intake.Network, "198.51.100.0/28", ""), of(intake.Domain, "mail.worse.test", "")})
	for _, x := range []struct {
		kind intake.Kind
		name string
		want bool
	}{
		{intake.URL, "http://www.bad.test/a/", true},
		{intake.URL, "http://www.bad.test/a", true},
		{intake.URL, "http://www.bad.te", false},
		{intake.URL, "http://www.bad.test/a/bb", false},
		{intake.Domain, "bad.test", true},
		{intake.Domain, "ad.test", false},
		{intake.Domain, "worse.test", true},
		{intake.Address, "192.0.2.1", false},
		{intake.Address, "198.51.100.9", true},
		{intake.Address, "198.51.100.99", false},
		{intake.Mail, "198.51.100.9", false},
	} {
		if got := s.says(of(x.kind, x.name, "")); got != x.want {
			t.Errorf("%s %s is said: %v", x.kind, x.name, got)
		}
	}
}

// TestKin: sites that have the name of who reports were attacked where a report is of
// attacks, however many words of pages it has.
func TestKin(t *testing.T) {
	const kin = "https://victim-shop.test/a"
	for text, want := range map[string]string{
		"Brute force attacks and failed logins on " + kin + ", brute force from 192.0.2.1. It is our login page, no phishing, no phishing page.": "kin-of-reporter",
		"Copyright infringement, pirated films in a torrent at " + kin:                                                                           "holds-reporter",
		"Phishing page, phishing of our customers: " + kin:                                                                                       "holds-reporter",
	} {
		if f := noted(t, text)[kin]; !slices.Contains(f, want) {
			t.Errorf("%q: %q, not %s", text, f, want)
		}
	}
}

// featured gives the values of a mail with their features.
func featured(t *testing.T, text string) (*document, map[string]*value) {
	t.Helper()
	d := open(mailOf(t, text))
	d.scan()
	values, words := d.values(), New().words
	topic := d.topic(words)
	d.features(values, d.tally(values, topic), words, topic)
	all := map[string]*value{}
	for _, v := range values {
		all[v.value] = v
	}
	return d, all
}
