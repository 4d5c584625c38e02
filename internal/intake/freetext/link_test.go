package freetext

import (
	"slices"
	"testing"
)

// TestStuck: the next word of a sentence is no part of a page's URL, wherever the line
// ends.
func TestStuck(t *testing.T) {
	const page = "https://parcel.test/process/delivery/ship/address/info.php"
	for text, want := range map[string]string{
		"Please close " + page + "immediately.":                                      page,
		"Please close\n" + page + "\nimmediately.":                                   page,
		"Please close " + page + "5":                                                 page + "5",
		"Please close https://parcel.test/info.html?q=name":                          "https://parcel.test/info.html?q=name",
		"See https://parcel.test/process/delivery/ship/address/begin/\nand close it": "https://parcel.test/process/delivery/ship/address/begin/",
	} {
		if got := noted(t, text); got[want] == nil {
			t.Errorf("%q: %q, not %s", text, got, want)
		}
	}
}

// TestCompleted: an URL that the subject had no room for is the one of the text that
// begins alike, unless it is a folder or stands in the text too.
func TestCompleted(t *testing.T) {
	for _, x := range []struct {
		subject, text string
		want          []string
	}{
		{"Phishing: http://bad.test/login/verif", "Close http://bad.test/login/verify/now soon.", []string{"http://bad.test/login/verify/now"}},
		{"Phishing: http://bad.test/login/verif...", "Close http://bad.test/login/verify/now soon.", []string{"http://bad.test/login/verify/now"}},
		{"Phishing: http://bad.test/login/verif…", "Close http://bad.test/login/verify/now soon.", []string{"http://bad.test/login/verify/now"}},
		{"Phishing: http://bad.test/login", "Close http://bad.test/login/verify soon.", []string{"http://bad.test/login", "http://bad.test/login/verify"}},
		{"Phishing: http://bad.te", "Close http://bad.test/login soon.", []string{"http://bad.te", "http://bad.test/login"}},
		{"Phishing: http://bad.test/a", "Close http://bad.test/a and http://bad.test/ab soon.", []string{"http://bad.test/a", "http://bad.test/ab"}},
	} {
		m := mailOf(t, x.text)
		m.Subject = x.subject
		var got []string
		for v := range notedOf(m) {
			if len(v) > 7 && v[:7] == "http://" {
				got = append(got, v)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, x.want) {
			t.Errorf("%q and %q: %q, not %q", x.subject, x.text, got, x.want)
		}
	}
}

// TestBeside tells what stands behind words that lead to it, in the small print of a firm,
// in a list of those of who reports and at the end of a broken row.
func TestBeside(t *testing.T) {
	const broken = "seen, victim, account, controller\n2026-03-01 10:00 203.0.113.1 anna\n192.0.2.9\n2026-03-01 10:05 203.0.113.2 bert\n192.0.2.8\n"
	for _, x := range []struct {
		text, value, feature string
		want                 bool
	}{
		{"It is an offence under section 12<https://acts.test/2015/12>.", "https://acts.test/2015/12", "linked", true},
		{"The page is bad.test<https://bad.test/login>.", "https://bad.test/login", "linked", false},
		{"The page is <https://bad.test/login>.", "https://bad.test/login", "linked", false},
		{"lakes.test is a trading name of Lakes Limited (Registration No: 03877731)", "lakes.test", "imprint", true},
		{"The name lakes.test is used to deceive our clients.", "lakes.test", "imprint", false},
		{"203.0.113.7 scanned the following hosts of ours:\n\n192.0.2.10\n192.0.2.11\n192.0.2.12\n", "192.0.2.11", "heading-our", true},
		{"The following hosts attacked us:\n\n192.0.2.10\n192.0.2.11\n192.0.2.12\n", "192.0.2.11", "heading-our", false},
		{"It hit these addresses of ours:\n\n192.0.2.10 or 192.0.2.110\n192.0.2.11 or 192.0.2.111\n192.0.2.12 or 192.0.2.112\n", "192.0.2.111", "heading-our", true},
		{broken, "192.0.2.9", "row-end", true},
		{broken, "192.0.2.8", "row-end", true},
		{broken, "203.0.113.2", "row-end", false},
		{"2026-03-01 10:00 203.0.113.1 anna\n192.0.2.9\n", "192.0.2.9", "row-end", false},
		{"To be removed:\n\nhttps://bad.test/a\nhttps://bad.test/b\n", "https://bad.test/b", "title-denied", false},
		{"Already removed:\n\nhttps://bad.test/a\nhttps://bad.test/b\n", "https://bad.test/b", "title-denied", true},
		{"Our original works:\n\nhttps://own.test/a\n", "https://own.test/a", "heading-host", false},
		{"Copies: https://bad.test/app/a https://bad.test/app/b https://bad.test/app/c https://bad.test/app/guide", "https://bad.test/app/guide", "service", false},
		{"Copies: https://bad.test/app/a and for more https://bad.test/app/guide", "https://bad.test/app/guide", "service", true},
	} {
		if got := noted(t, x.text)[x.value]; got == nil || slices.Contains(got, x.feature) != x.want {
			t.Errorf("%q: of %s %q are noted; %s: %v", x.text, x.value, got, x.feature, !x.want)
		}
	}
}

// TestSubjectMates: what stands in one list with a page of the site that the subject names
// is meant as well.
func TestSubjectMates(t *testing.T) {
	for text, want := range map[string]bool{
		"Remove these:\n\nhttps://wall.test/g/1\nhttps://s9.cdn-vale.test/g/3.jpg\n":                                                  false,
		"Remove this: https://s9.cdn-vale.test/g/3.jpg\n\nIt is told of by many others, among them\n\nhttps://wall.test/g/1 as well.": true,
	} {
		m := mailOf(t, text)
		m.Subject = "Complaint about s9.cdn-vale.test"
		if got := notedOf(m)["https://wall.test/g/1"]; got == nil || slices.Contains(got, "other-than-subject") != want {
			t.Errorf("%q: %q; not %v", text, got, want)
		}
	}
}

// TestRelay: the first hop is the one from which the relay of who receives had the mail.
func TestRelay(t *testing.T) {
	header := func(relay string) string {
		return "Spam:\n\nReceived: from " + relay + " (" + relay + " [192.0.2.8])\n by zmta.victim.example (Postfix) with ESMTPS id 1; Mon, 9 Mar 2026 09:10:43 +0100\nReceived: from webmail.test (unknown [203.0.113.148])\n by " + relay + " (asm) with ESMTPS id 2; Mon, 9 Mar 2026 09:10:42 +0100\nMessage-ID: <f9@203.0.113.148>\nSubject: x\n"
	}
	for relay, want := range map[string]string{"mxb2-1.relay.net.test": "203.0.113.148", "mail.offers.test": "192.0.2.8"} {
		got := noted(t, header(relay))
		for _, a := range []string{"203.0.113.148", "192.0.2.8"} {
			if slices.Contains(got[a], "hop-first") != (a == want) {
				t.Errorf("by %s: of %s %q are noted; first is %s", relay, a, got[a], want)
			}
		}
		if slices.Contains(got["203.0.113.148"], "account") {
			t.Errorf("the name of a mail is an account: %q", got["203.0.113.148"])
		}
	}
}
