package freetext

import (
	"slices"
	"strings"
	"testing"

	"candor/internal/intake"
	"candor/internal/intake/message"
)

// TestBent: a pasted header is one though its fields were broken anew, and what is said
// below it is not.
func TestBent(t *testing.T) {
	d := open(mailOf(t, "spam came:\n\nReceived: from mx1.shop.test\n(mx1.shop.test [192.0.2.1])\nby mail.victim.example\nReceived: from pc ([198.51.100.1])\nby mx1.shop.test\nFrom: x@shop.test\nSubject: buy\n\nStop it.\n"))
	for i := range d.lines {
		l := &d.lines[i]
		if want := strings.HasPrefix(l.text, "(mx1") || strings.HasPrefix(l.text, "by "); l.bent != want {
			t.Errorf("%q goes on a field: %v", l.text, l.bent)
		}
		if strings.HasPrefix(l.text, "(mx1") && l.zone != pasted {
			t.Errorf("%q is not of the header", l.text)
		}
	}
	for _, l := range open(mailOf(t, "Received: from pc ([198.51.100.1])\n\nand then\nSubject: buy\n")).lines {
		if l.bent {
			t.Errorf("%q goes on a field", l.text)
		}
	}
}

// TestNumbered: numbered hosts below such a title are a way, others are a list.
func TestNumbered(t *testing.T) {
	const hosts = "1 192.0.2.1\n2 gw.isp.example (192.0.2.2)\n3 * * *\n4 198.51.100.1\n"
	ways := func(text string) (n int) {
		for _, l := range open(mailOf(t, text)).lines {
			if l.zone == route {
				n++
			}
		}
		return n
	}
	if n := ways("Traceroute:\n" + hosts); n < 4 {
		t.Errorf("%d lines are of a way", n)
	}
	if n := ways("Attackers:\n1 192.0.2.1\n2 192.0.2.2\n3 198.51.100.1\n"); n != 0 {
		t.Errorf("%d lines of a list are of a way", n)
	}
}

// TestRegrouped: where a mailing list put its address in place of the reporter's, that
// one reports, though told is who has it.
func TestRegrouped(t *testing.T) {
	const header = "From: Jo via abuse <abuse@isp.example>\nTo: abuse@isp.example\nCc: jo@victim.example\nSubject: abuse\nContent-Type: text/plain\n"
	of := func(more string) *document {
		m, err := message.Read(strings.NewReader(header+more+"\n192.0.2.1 attacks us\n"), message.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		return open(m)
	}
	if d := of("X-Original-Sender: jo@victim.example\nDelivered-To: jo@victim.example\n"); !slices.Contains(d.from, "victim.example") || slices.Contains(d.to, "victim.example") || !slices.Contains(d.to, "isp.example") {
		t.Errorf("from %q to %q", d.from, d.to)
	}
	if d := of("Delivered-To: jo@victim.example\n"); !slices.Contains(d.to, "victim.example") {
		t.Errorf("from %q to %q", d.from, d.to)
	}
}

// TestMarkup: what is called plain, and is HTML, is read as HTML.
func TestMarkup(t *testing.T) {
	d := open(mailOf(t, "<html><body><p>please look</p><p>at <b>192.0.2.1</b></p><p>soon</p><p>thanks</p><style>.a{b:c}</style></body></html>\n"))
	for _, l := range d.lines {
		if strings.Contains(l.text, "<") && l.zone == body {
			t.Errorf("%q is read", l.text)
		}
	}
	d.scan()
	if v := d.values(); len(v) != 1 || v[0].value != "192.0.2.1" {
		t.Errorf("%d values", len(v))
	}
}

// TestOriginals: a page is told apart as that which others copy, or as the reporter's
// client's.
func TestOriginals(t *testing.T) {
	const text = "Our official website:\nhttps://brand.test/\n\nThe copies of it:\nhttps://copy.test/a\n"
	f := noted(t, text)
	if !slices.Contains(f["https://brand.test/"], "original") || slices.Contains(f["https://copy.test/a"], "original") {
		t.Errorf("noted are %q", f)
	}
	for from, want := range map[string]bool{"Brand Ltd via Agency <notices@agency.test>": true, "Agency <notices@agency.test>": false} {
		m, err := message.Read(strings.NewReader("From: "+from+"\nTo: abuse@isp.example\nSubject: notice\n\n"+text), message.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		if d := open(m); d.client("brand.test") != want || d.client("copy.test") {
			t.Errorf("of %s it is the client's: %v", from, !want)
		}
	}
}

// TestSpans: the first and the last address of a network are it, others are two.
func TestSpans(t *testing.T) {
	d := open(mailOf(t, "192.0.2.0 through 192.0.2.255\n2001:db8:: - 2001:db8:0:ffff:ffff:ffff:ffff:ffff\n192.0.2.1 to 192.0.2.2\n"))
	d.scan()
	var networks []string
	for _, v := range d.values() {
		if v.kind == intake.Network {
			networks = append(networks, v.value)
		}
	}
	if slices.Sort(networks); !slices.Equal(networks, []string{"192.0.2.0/24", "2001:db8::/48"}) {
		t.Errorf("networks are %q", networks)
	}
}

// TestServerFirst: a server's name that a log begins with says nothing of the address
// behind it.
func TestServerFirst(t *testing.T) {
	const request = " - - [02/May/2026:04:11:07 +0000] \"GET /wp-login.php HTTP/1.1\" 404 196"
	if f := noted(t, "www.victim.example 198.51.100.80"+request)["198.51.100.80"]; slices.Contains(f, "beside-reporter") || len(f) == 0 {
		t.Errorf("noted are %q", f)
	}
	if f := noted(t, "our www.victim.example (192.0.2.80) is attacked")["192.0.2.80"]; !slices.Contains(f, "beside-reporter") {
		t.Errorf("noted are %q", f)
	}
}

// TestAnswered: an answer of a ticket system is not acted upon alone, though its subject
// is still that of the report.
func TestAnswered(t *testing.T) {
	for text, want := range map[string]bool{
		"The user is suspended.\n\nJo\nHoster staff\n\n-----\nTicket: #AB-12\nSubject: 203.0.113.58 [port-scan] abuse from your address\nStatus: Answered\n":            true,
		"The host 203.0.113.58 scans our ports.\n\nJo\nVictim staff\n\n-----\nTicket: #AB-12\nSubject: 203.0.113.58 [port-scan] abuse from your address\nStatus: New\n": false,
	} {
		m, err := message.Read(strings.NewReader("From: staff@hoster.test\nTo: abuse@isp.example\nSubject: [AB-12] 203.0.113.58 [port-scan] abuse from your address\n\n"+text), message.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		if got := New().Read(m); (got.Person != "") != want {
			t.Errorf("%q: %q, %d", text, got.Person, got.Confidence)
		}
	}
}
