package freetext

import (
	"slices"
	"strings"
	"testing"
	"time"

	"candor/internal/intake"
	"candor/internal/intake/message"
)

func mailOf(t testing.TB, text string) *message.Message {
	t.Helper()
	m, err := message.Read(strings.NewReader("From: admin@victim.example\nTo: abuse@isp.example\nDate: Tue, 10 Mar 2026 10:00:00 +0000\nSubject: abuse\nContent-Type: text/plain; charset=utf-8\n\n"+text), message.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestFind finds values however they are written, and canonical ones.
func TestFind(t *testing.T) {
	for text, want := range map[string][]string{
		"from 192.0.2.7.": {"address 192.0.2.7"},
		"198[.]51[.]100(.)3 and 192 . 0 . 2 . 1 dot":    {"address 198.51.100.3", "address 192.0.2.1"},
		"2001:DB8:0:0::1 at 12:30:45":                   {"address 2001:db8::1"},
		"net 203.0.113.77/28":                           {"network 203.0.113.64/28"},
		"v10.1.2.3, version 8.8.4.4, OID 1.3.6.1.2.1":   nil,
		"127.0.0.1 10.0.0.1 224.0.0.1 ::1 8.8.4.4":      {"address 8.8.4.4"},
		"from 10.0.0.1 to 224.0.0.1":                    {"address 10.0.0.1"},
		"MAC=52:54:00:63:79:7b:52:54:00:aa:bb:cc:08:00": nil,
		"hXXps://Evil[.]Example/Path?a=1).":             {"url https://evil.example/Path?a=1"},
		"see <http://a.example/b_(c)>, ok":              {"url http://a.example/b_(c)"},
		"meow://x[.]example/":                           {"url http://x.example/"},
		"evil dot example":                              {"domain evil.example"},
		"foo[at]bar[dot]example":                        {"mail foo@bar.example"},
		"www.shop.example/login now":                    {"url http://www.shop.example/login"},
		"index.php and access.log, setup.zip.It was":    nil,
		"D41D8CD98F00B204E9800998ECF8427E":              {"hash d41d8cd98f00b204e9800998ecf8427e"},
		"host-192-0-2-1.dyn.isp.example":                {"domain host-192-0-2-1.dyn.isp.example"},
		"1.2.0.192.in-addr.arpa":                        {"domain 1.2.0.192.in-addr.arpa"},
		"http://192.0.2.9:8080/x.sh":                    {"url http://192.0.2.9:8080/x.sh", "address 192.0.2.9"},
		"192.000.002.010":                               {"address 192.0.2.10"},
		"version 1 .2 .3 . 4 items":                     nil,
		"hxxp ://evil .example/a":                       {"url http://evil.example/a"},
		"hxxp://evil[.]example / 192 .0 .2 .1":          {"url http://evil.example", "address 192.0.2.1"},
		"host: evil .example":                           {"domain evil.example"},
		"evil _._ example":                              {"domain evil.example"},
		"we told them .we did":                          nil,
		"see http://a.example/b . The end":              {"url http://a.example/b"},
		"192.0.2.0 - 192.0.2.255":                       {"network 192.0.2.0/24"},
		"from 192.0.2.3 to 192.0.2.9":                   {"address 192.0.2.3", "address 192.0.2.9"},
		"http://a.example/1,http://b.example/2":         {"url http://a.example/1", "url http://b.example/2"},
		"http://a.example/1http://b.example/2":          {"url http://a.example/1", "url http://b.example/2"},
		"7,http://a.example/1,2026-05-02,yes":           {"url http://a.example/1"},
		"at http://a.example/1,2":                       {"url http://a.example/1,2"},
		"7;http://a.example/1;http://b.example/2,3;no":  {"url http://a.example/1", "url http://b.example/2,3"},
		"http://a.example/?x=1&amp;y=2":                 {"url http://a.example/?x=1&y=2"},
		"evil[.]\nexample is bad":                       {"domain evil.example"},
		"http://a.example/very/long/path/that/goes/on/and/on/until/the/end/of/the/li\nne/of/it\n\nRegards": {"url http://a.example/very/long/path/that/goes/on/and/on/until/the/end/of/the/line/of/it"},
		"http://a.example/short\nThe rest": {"url http://a.example/short"},
		"https://eu.safelinks.protection.outlook.com/?url=https%3A%2F%2Fevil.example%2Fa&data=05": {"url https://evil.example/a"},
		"https://urldefense.proofpoint.com/v2/url?u=http-3A__evil.example_a&d=Dw":                 {"url http://evil.example/a"},
		"https://urldefense.com/v3/__https://evil.example/a__;!!x$":                               {"url https://evil.example/a"},
		"2026-03-01 https://urldefense.com/v3/__http://192.0.2.9__;!!x$ 22":                       {"address 192.0.2.9"},
		"192.0.2.9<http://192.0.2.9/> tcp/22":                                                     {"address 192.0.2.9"},
		"page http://192.0.2.9/ here":                                                             {"url http://192.0.2.9/", "address 192.0.2.9"},
		"servers up to 4.8.5.1 are vulnerable":                                                    nil,
		"IP 192.0.2.3.51544 > 198.51.100.2.22: Flags [S]":                                         {"address 192.0.2.3", "address 198.51.100.2"},
	} {
		d := open(mailOf(t, text))
		d.scan()
		var got []string
		for _, v := range d.values() {
			got = append(got, string(v.kind)+" "+v.value)
		}
		for _, w := range want {
			if !slices.Contains(got, w) {
				t.Errorf("%q: found %q, not %s", text, got, w)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%q: found %q, not just %q", text, got, want)
		}
	}
}

// TestPort takes the port that is told of an address.
func TestPort(t *testing.T) {
	for text, want := range map[string]uint16{
		"192.0.2.7:51234": 51234, "192.0.2.7 port 51234": 51234, "192.0.2.7#53": 53, "192.0.2.7.51234 > x": 51234, "[2001:db8::1]:443": 443, "192.0.2.7": 0, "192.0.2.7:99999": 0, "192.0.2.7 source port: 1024": 1024,
	} {
		d := open(mailOf(t, text))
		d.scan()
		v := d.values()
		if len(v) != 1 || d.port(v[0], true) != want {
			t.Errorf("%q: %d values, port %d, not %d", text, len(v), d.port(v[0], true), want)
		}
	}
}

// TestPortAbout takes ports from what stands about an address, but none that is
// of what was attacked.
func TestPortAbout(t *testing.T) {
	for text, want := range map[string]uint16{
		"Infringer's IP Address: 203.0.113.9\nInfringer's Port: 35657\n":           35657,
		"<IP_Address>203.0.113.9</IP_Address>\n<Port>38138</Port>\n":               38138,
		"| Host | 203.0.113.9 |\n| Port | 9200 |\n":                                9200,
		"203.0.113.9 udp/11211 answers":                                            11211,
		"an open server, at 203.0.113.9 and UDP port 123, answered":                123,
		"ip,src_port,dst_port,when\n203.0.113.9,4711,22,now\n":                     4711,
		"SRC=203.0.113.9 DST=198.51.100.4 SPT=4711 DPT=22 ":                        4711,
		"203.0.113.9 55318 198.51.100.4 443":                                       55318,
		"address 203.0.113.9\nDestination port: 22\n":                              0,
		"203.0.113.9:1000 and later 203.0.113.9:2000":                              0,
		"the address 203.0.113.9 was seen at 12:30.\nour 198.51.100.4\nPort: 80\n": 0,
		"IP: 203.0.113.9\n\n\n\n\n\nPort: 80 is far away":                          0,
	} {
		d := open(mailOf(t, text))
		d.scan()
		if got := d.port(d.values()[0], false); got != want {
			t.Errorf("%q: port %d, not %d", text, got, want)
		}
	}
	d := open(mailOf(t, "Source: 203.0.113.9\nPort: 22\n"))
	d.scan()
	if got := d.port(d.values()[0], true); got != 0 {
		t.Errorf("port %d of what was attacked is taken", got)
	}
}

// TestTimes reads times with their zones, and guesses none.
func TestTimes(t *testing.T) {
	for text, want := range map[string]string{
		"2026-03-01T12:00:05Z": "2026-03-01T12:00:05Z", "2026-03-01 12:00:05 +0100": "2026-03-01T11:00:05Z", "2026-03-01 12:00:05": "",
		"01/Mar/2026:12:00:05 -0500": "2026-03-01T17:00:05Z", "Sun, 01 Mar 2026 12:00:05 GMT": "2026-03-01T12:00:05Z", "01.03.2026 12:00 CET": "2026-03-01T11:00:00Z",
		"March 1st, 2026 at 3:04 PM EST": "2026-03-01T20:04:00Z", "2026-03-01 12:00 CST": "", "2026-03-01 12:00 CDT": "", "2026年3月1日 12:00 UTC+8": "2026-03-01T04:00:00Z",
		"Mar  1 12:00:05 host sshd": "", "timestamp: 1772366405": "2026-03-01T12:00:05Z", "FIRST_SEEN=1772366405": "2026-03-01T12:00:05Z", "\"2026-03-01 12:00:05\",\"EST\"": "2026-03-01T17:00:05Z",
		"Times are in GMT+2:\n2026-03-01 12:00:05": "2026-03-01T10:00:05Z", "24/02/2026 07:58:13 (horário de Brasília)": "2026-02-24T10:58:13Z", "In Central European (Summer) Time.\n2025-07-01 12:00:05": "2025-07-01T10:00:05Z",
		"Schweizer Zeit.\n16.02.2026 07:03:55": "2026-02-16T06:03:55Z", "12 augustus 2025 om 20:15:43 UTC": "2025-08-12T20:15:43Z", "03/01/2026-12:00:05.5 UTC": "2026-03-01T12:00:05Z", "31.02.2026 12:00 UTC": "none",
		"All times are UTC+2.\n2026-03-01 12:00:05": "2026-03-01T10:00:05Z", "All times are UTC.\nMar  1 12:00:05 host": "2026-03-01T12:00:05Z",
		// letters out of their season, and the hours that clocks show twice or never
		"2026-03-30 12:00 CET": "", "2026-03-30 12:00 CEST": "2026-03-30T10:00:00Z", "2026-03-28 12:00 MESZ": "", "Times are EST.\n2026-03-09 12:00:05": "", "Times are EST (UTC-5).\n2026-03-09 12:00:05": "2026-03-09T17:00:05Z",
		"2026-03-29 02:30 CET": "", "2026-03-29 02:30 CEST": "", "2026-10-25 02:30 CET": "2026-10-25T01:30:00Z", "2026-10-25 02:30 CEST": "2026-10-25T00:30:00Z", "Times are CET/CEST.\n2026-10-25 02:30:00": "",
		"Times are CET/CEST.\n2026-10-25 03:30:00": "2026-10-25T02:30:00Z", "Times are CET/CEST.\n2026-03-29 02:30:00": "", "2026-03-08 02:30 EST": "", "2026-11-01 01:30 EST": "2026-11-01T06:30:00Z", "2026-11-01 01:30 EDT": "2026-11-01T05:30:00Z",
		"2026-01-05 12:00 AEST": "", "2026-01-05 12:00 AEDT": "2026-01-05T01:00:00Z", "2026-06-05 12:00 NZST": "2026-06-05T00:00:00Z", "2026-06-05 12:00 NZDT": "", "2026-07-05 12:00 MSK": "2026-07-05T09:00:00Z", "2026-03-10 17:02 America/New_York": "", "2026-03-10 5:02 p.m. UTC": "2026-03-10T17:02:00Z", "Times in UTC.\nDec 31 12:00:05 host": "2025-12-31T12:00:05Z",
	} {
		d := open(mailOf(t, text))
		shared, has := d.zone()
		var all []intake.When
		for i := range d.lines {
			if d.lines[i].zone != outer {
				all = append(all, d.times(d.lines[i].text, shared, has)...)
			}
		}
		got := "none"
		if len(all) > 0 {
			got = ""
			if !all[0].Time.IsZero() {
				got = all[0].Time.Format(time.RFC3339)
			}
		}
		if got != want {
			t.Errorf("%q is %q, not %q: %+v", text, got, want, all)
		}
	}
}

// TestRead reads whole reports, and says where each value stands.
func TestRead(t *testing.T) {
	r := New()
	text := "Hello,\n\nyour customer 203.0.113.9 tries passwords of our server 198.51.100.2 by ssh.\n\n" +
		"Mar  9 12:00:01 web sshd[1]: Failed password for root from 203.0.113.9 port 4001 ssh2\nMar  9 12:00:09 web sshd[1]: Failed password for admin from 203.0.113.9 port 4002 ssh2\n\nAll times are UTC.\n"
	got := r.Read(mailOf(t, text))
	e := got.Events[0]
	if len(got.Events) != 1 || len(e.About) != 1 || e.About[0].Value != "203.0.113.9" || e.About[0].Role != intake.Source || e.Class != "intrusion-attempts/brute-force" {
		t.Fatalf("read as %+v", got.Report)
	}
	if e.First == nil || !e.First.Time.Equal(time.Date(2026, 3, 9, 12, 0, 1, 0, time.UTC)) || !e.Last.Time.Equal(time.Date(2026, 3, 9, 12, 0, 9, 0, time.UTC)) {
		t.Errorf("it happened from %+v to %+v", e.First, e.Last)
	}
	if !slices.ContainsFunc(e.Others, func(o intake.Resource) bool { return o.Value == "198.51.100.2" && o.Role == intake.Victim }) {
		t.Errorf("the others are %+v", e.Others)
	}
	for _, w := range got.Why {
		for _, p := range w.Places {
			if p.Text == 2 && text[p.Start:p.End] != w.Value {
				t.Errorf("%s stands at %q", w.Value, text[p.Start:p.End])
			}
		}
	}
	if none := r.Read(mailOf(t, "Dear team, thank you for your help last week.\n")); none.Person == "" || len(none.Events[0].About) != 0 {
		t.Errorf("what complains about nothing is read as %+v", none.Report)
	}
}

// TestSettled: who says that all is well again complains about nothing.
func TestSettled(t *testing.T) {
	got := New().Read(mailOf(t, "Hello,\n\nthank you for your report. The customer who uses 203.0.113.9 was contacted, the server has been taken offline and reinstalled. We consider this closed; please unblock us.\n"))
	if len(got.Events[0].About) != 0 {
		t.Errorf("it is read as %+v", got.Events[0].About)
	}
}

// TestHosted: of who offers pages to others, what is there is complained about, and
// neither the original elsewhere nor the help.
func TestHosted(t *testing.T) {
	got := New().Read(mailOf(t, "Please take this copy of my theme down:\nhttps://isp.example/shop9/themes/clean\n\nI sell it here:\nhttp://market.test/item/clean/20931\n\nI have read your guide:\nhttps://help.isp.example/articles/takedown-guide\n\nI am the author, this is a copyright infringement.\n"))
	about := got.Events[0].About
	if len(about) != 1 || about[0].Value != "https://isp.example/shop9/themes/clean" {
		t.Errorf("it is read as %+v", about)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"from 192[.]0.2.1 -> 2001:db8::1:22", "hxxp://a(dot)example/\n> b", "inetnum: 192.0.2.0 - 192.0.2.255\nnetname: X\ncountry: ZZ", "Received: from a ([192.0.2.1]) by b;\n\tSun, 1 Mar 2026 00:00:00 +0000", "2026-03-01 25:61:99 UTC+99", "İ ſ \xff 1.2.3.4"} {
		f.Add(s)
	}
	r := New()
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<14 {
			return
		}
		m, err := message.Read(strings.NewReader("From: a@b.example\nSubject: x\n\n"+text), message.DefaultLimits())
		if err != nil {
			return
		}
		got := r.Read(m)
		if len(got.Events) == 0 || got.Confidence < 0 || got.Confidence > 100 {
			t.Errorf("read as %+v", got.Report)
		}
		for _, w := range got.Why {
			for _, p := range w.Places {
				if p.Start < 0 || p.End < p.Start {
					t.Errorf("%s stands from %d to %d", w.Value, p.Start, p.End)
				}
			}
		}
	})
}
