package synthetic

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"
)

// accusation is what a report says of one thing at one time.
type accusation struct {
	thing       *thing
	value       string // the address, or the URL
	port        uint16 // told beside it; 0 if it is not
	first, last time.Time
	style       style
}

// form is what a report is written as.
type form int

const (
	xarf form = iota
	xarfMail
	arf
	fail2ban
	csv
	text
	forms
)

func (f form) String() string {
	return [...]string{"XARF", "X-ARF mail", "ARF", "fail2ban", "CSV", "free text"}[f]
}

// report is one mail.
type report struct {
	form
	received time.Time
	all      []accusation
	mail     string
}

// newReport makes up the n-th report, that came at a moment.
func (w *world) newReport(r *rand.Rand, n int, from *reporter, received time.Time) report {
	p := report{form: pick(r, []form{xarf, xarf, xarf, xarfMail, xarfMail, arf, fail2ban, csv, csv, text}), received: received}
	count := 1
	if p.form == csv || p.form == xarf && r.IntN(4) == 0 {
		count = 1 + r.IntN(4)
	}
	s := style(r.IntN(int(styles)))
	for range count {
		a := w.accuse(r, p.form, received, s)
		same := false
		for _, b := range p.all {
			same = same || a.value == b.value && (a.port == b.port || p.form == xarf) || strings.Contains(a.value, "://") != strings.Contains(b.value, "://")
		}
		if !same {
			p.all = append(p.all, a)
		}
	}
	p.mail = p.write(r, n, from)
	return p
}

// accuse picks something, and a moment at which it was seen: often near to one at
// which it changes hands, or clocks do.
func (w *world) accuse(r *rand.Rand, f form, received time.Time, s style) accusation {
	k := pick(r, []kind{dhcp, dhcp, radius, delegated, translated, translated, static, site})
	if k == site && f != xarf && f != csv && f != text {
		k = static
	}
	t := &w.things[k][r.IntN(len(w.things[k]))]
	delay := between(r, 0, 12*time.Hour)
	switch r.IntN(20) {
	case 0, 1, 2, 3:
		delay = between(r, 0, 10*time.Minute)
	case 4, 5, 6, 7, 8:
		delay = between(r, 0, 6*24*time.Hour)
	case 9:
		delay = between(r, 0, 14*24*time.Hour)
	}
	if s == none {
		delay = min(delay, 6*24*time.Hour)
	}
	at := received.Add(-delay)
	if r.IntN(3) == 0 {
		at = near(r, t, at)
	}
	if at.Before(begin) || at.After(received) {
		at = received.Add(-between(r, 0, time.Minute))
	}
	if f == fail2ban {
		at = received.Add(-between(r, 0, 4*time.Second)) // "has just been banned"
	}
	if (k == static || k == site) && len(t.holders(at)) == 0 {
		at = t.lastHeld(at) // what nobody has does nothing
	}
	a := accusation{thing: t, first: at, last: at, style: s, value: w.value(r, t)}
	if r.IntN(4) == 0 && (f == csv || f == xarf) {
		if a.last = earlier(received, at.Add(between(r, 0, time.Hour))); len(t.holders(a.last)) == 0 {
			a.last = a.first
		}
	}
	if k == translated && r.IntN(8) > 0 {
		a.port = t.ports.Low + uint16(r.IntN(int(t.ports.High-t.ports.Low)+1))
		if f == csv || f == xarf && r.IntN(4) == 0 { // its port is in the URL
			a.value, a.port = fmt.Sprintf("http://%s:%d/gate/%d", a.value, a.port, r.IntN(1000)), 0
		}
	}
	if f == xarf && strings.Contains(a.value, "://") {
		a.first = a.last // it tells one time only
	}
	return a
}

// near moves a moment to the nearest at which a thing changes hands.
func near(r *rand.Rand, t *thing, at time.Time) time.Time {
	best, off := at, 24*time.Hour
	for _, h := range t.had {
		for _, edge := range []time.Time{h.from, h.until} {
			if d := edge.Sub(at).Abs(); d < off && edge.Before(end) {
				best, off = edge, d
			}
		}
	}
	return best.Add(between(r, -10*time.Minute, 10*time.Minute))
}

// lastHeld is a moment at which a thing was somebody's, before one at which it was
// nobody's.
func (t *thing) lastHeld(at time.Time) time.Time {
	best := begin
	for _, h := range t.had {
		if !h.until.After(at) {
			best = later(best, h.until.Add(-time.Second))
		}
	}
	return best
}

func (w *world) value(r *rand.Rand, t *thing) string {
	switch {
	case t.kind == site:
		host := strings.TrimPrefix(t.host, "*.")
		if host != t.host {
			host = fmt.Sprintf("a%d.%s", r.IntN(50), host)
		} else if r.IntN(4) == 0 {
			host = "www." + host
		}
		return fmt.Sprintf("https://%s/login/%d", host, r.IntN(1000))
	case t.kind == delegated:
		b := t.prefix.Addr().As16()
		for i := 7; i < 16; i++ {
			b[i] = byte(r.IntN(256))
		}
		return netip.AddrFrom16(b).String()
	}
	return t.prefix.Addr().String()
}

func (p *report) write(r *rand.Rand, n int, from *reporter) string {
	date := from.here(p.received).Format(time.RFC1123Z)
	head := func(subject, more string) string {
		return fmt.Sprintf("From: %s\r\nTo: abuse@provider.example\r\nSubject: %s\r\nMessage-ID: <%d@%s>\r\nDate: %s\r\nMIME-Version: 1.0\r\n%s\r\n", from.mail, subject, n, from.mail[4:], date, more)
	}
	a := &p.all[0]
	switch p.form {
	case xarf:
		list := make([]map[string]any, len(p.all))
		for i := range p.all {
			list[i] = p.all[i].xarf(from, n, i)
		}
		raw, _ := json.Marshal(list) // of texts and numbers
		return head("report", "Content-Type: multipart/mixed; boundary=b\r\n") + "--b\r\nContent-Type: text/plain\r\n\r\nA report is attached.\r\n--b\r\nContent-Type: application/json; name=xarf.json\r\n\r\n" + string(raw) + "\r\n--b--\r\n"
	case xarfMail:
		return head("abuse report about "+a.value, "X-XARF: PLAIN\r\nContent-Type: multipart/mixed; boundary=b\r\n") + "--b\r\nContent-Type: text/plain\r\n\r\nSee the part behind.\r\n--b\r\nContent-Type: text/plain; name=\"report.txt\"\r\n\r\n---\r\n" +
			fmt.Sprintf("Reported-From: %s\r\nCategory: abuse\r\nReport-Type: login-attack\r\nService: ssh\r\nVersion: 0.2\r\nUser-Agent: made\r\nDate: %s\r\nSource-Type: %s\r\nSource: %s\r\n%sPort: 22\r\nReport-ID: %d@%s\r\nOccurrences: 3\r\nAttachment: none\r\n--b--\r\n",
				from.mail, a.dated(from), ipKind(a.value), a.value, a.portLine("Source-Port: %d\r\n"), n, from.mail[4:])
	case arf:
		return head("FW: offer", "Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n") + "--b\r\nContent-Type: text/plain\r\n\r\nThis is an email abuse report.\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\n" +
			fmt.Sprintf("Feedback-Type: abuse\r\nUser-Agent: Made/1.0\r\nVersion: 1\r\nArrival-Date: %s\r\nSource-IP: %s\r\n%s\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: a@elsewhere.example\r\nSubject: offer\r\n\r\nBuy.\r\n--b--\r\n",
				a.dated(from), a.value, a.portLine("Source-Port: %d\r\n"))
	case fail2ban:
		lines := ""
		if r.IntN(2) == 0 {
			lines = "\r\n\r\nLines containing failures of " + a.value + "\r\n" + from.here(a.first).Format(time.Stamp) + " web sshd[112]: Failed password for root from " + a.value + a.portLine(" port %d") + " ssh2\r\n"
		}
		return head("[Fail2Ban] sshd: banned "+a.value+" from web", "Content-Type: text/plain\r\n") + "Hi,\r\n\r\nThe IP " + a.value + " has just been banned by Fail2Ban after\r\n5 attempts against sshd.\r\n" + lines + "\r\nRegards,\r\n\r\nFail2Ban\r\n"
	case csv:
		return head("daily list", "Content-Type: multipart/mixed; boundary=b\r\n") + "--b\r\nContent-Type: text/plain\r\n\r\nThe list is attached.\r\n--b\r\nContent-Type: text/csv; name=list.csv\r\n\r\n" + p.table(from) + "--b--\r\n"
	}
	return head(a.subject(), "Content-Type: text/plain; charset=utf-8\r\n") + a.words(r, from)
}

func ipKind(value string) string {
	if strings.Contains(value, ":") {
		return "ipv6"
	}
	return "ip-address"
}

func (a *accusation) portLine(layout string) string {
	if a.port == 0 {
		return ""
	}
	return fmt.Sprintf(layout, a.port)
}

// xarf is a report of version 4: its times have an offset always.
func (a *accusation) xarf(from *reporter, n, i int) map[string]any {
	stamp := func(at time.Time) string {
		if a.style == utc {
			return from.here(at).UTC().Format(time.RFC3339)
		}
		return from.here(at).Format(time.RFC3339)
	}
	org := map[string]any{"org": "Sensors", "contact": from.mail, "domain": from.mail[4:]}
	m := map[string]any{"xarf_version": "4.2.0", "report_id": fmt.Sprintf("0b6a4c1e-9d3c-4b0f-9a67-%08x%04x", n, i), "timestamp": stamp(a.last), "reporter": org, "sender": org, "source_identifier": a.value}
	if strings.Contains(a.value, "://") {
		m["category"], m["type"], m["url"], m["source_identifier"] = "content", "phishing", a.value, strings.Split(strings.Split(a.value, "/")[2], ":")[0]
		return m
	}
	m["category"], m["type"], m["protocol"], m["destination_ip"], m["destination_port"], m["first_seen"] = "connection", "port_scan", "tcp", "192.0.2.80", 22, stamp(a.first)
	if a.last.After(a.first) {
		m["last_seen"] = stamp(a.last)
	}
	switch {
	case a.port != 0:
		m["source_port"] = a.port
	case a.thing.kind == translated: // whoever sees no port sees no TCP
		m["protocol"] = "icmp"
		delete(m, "destination_port")
	default:
		m["source_port"] = 40112
	}
	return m
}

// dated writes the time as mails have it.
func (a *accusation) dated(from *reporter) string {
	return from.tell(a.first, a.style, "Mon, 02 Jan 2006 15:04:05")
}

// table is a list with a header: of addresses, or of URLs.
func (p *report) table(from *reporter) string {
	var b strings.Builder
	s := p.all[0].style
	b.WriteString(map[style]string{none: "", utc: "first_seen (UTC),last_seen (UTC),", named: "first_seen,last_seen,timezone,", lettered: "first_seen,last_seen,timezone,"}[s])
	if s == offset || s == lazy || s == words || s == bare {
		b.WriteString("first_seen,last_seen,")
	}
	urls := strings.Contains(p.all[0].value, "://")
	if urls {
		b.WriteString("url\r\n")
	} else {
		b.WriteString("ip,src_port\r\n")
	}
	for i := range p.all {
		a := &p.all[i]
		fields := a.cells(from)
		if fields = append(fields, a.value); !urls {
			fields = append(fields, strings.TrimPrefix(fmt.Sprint(a.port), "0"))
		}
		b.WriteString(strings.Join(fields, ",") + "\r\n")
	}
	return b.String()
}

// cells are the times of a row, and their zone.
func (a *accusation) cells(from *reporter) []string {
	first, last := from.here(a.first), from.here(a.last)
	switch a.style {
	case none:
		return nil
	case utc:
		return []string{first.UTC().Format(time.DateTime), last.UTC().Format(time.DateTime)}
	case named:
		return []string{first.Format(time.DateTime), last.Format(time.DateTime), from.place.String()}
	case lettered:
		return []string{first.Format(time.DateTime), last.Format(time.DateTime), from.letters(first)}
	}
	return []string{from.tell(a.first, a.style, time.DateTime), from.tell(a.last, a.style, time.DateTime)}
}

func (a *accusation) subject() string {
	if a.thing.kind == site {
		return "Phishing page on your network"
	}
	return "Attacks from " + a.value
}

// words are the report as a person writes it.
func (a *accusation) words(r *rand.Rand, from *reporter) string {
	layout := pick(r, []string{time.DateTime, "2006-01-02 15:04", "02.01.2006 15:04:05", "2 January 2006, 15:04", "January 2, 2006 3:04:05 PM", "02/Jan/2006:15:04:05"})
	when := "at " + from.tell(a.first, a.style, layout)
	if a.style == none {
		when = "yesterday or today"
	}
	port := a.portLine(" (source port %d)")
	if a.thing.kind == site {
		return pick(r, []string{
			"Hello,\r\n\r\nthis phishing page imitates a bank and is hosted on your network:\r\n\r\n" + a.value + "\r\n\r\nWe saw it " + when + ". Please take it down.\r\n\r\nRita Reporter\r\n",
			"Dear abuse team,\r\n\r\n" + when + " we found malware at " + a.value + ". Please remove it.\r\n\r\nSecurity Operations\r\n",
		})
	}
	switch r.IntN(3) {
	case 0:
		return "Dear abuse team,\r\n\r\nthe address " + a.value + port + " in your network tried passwords on our server " + when + ". Please stop it.\r\n\r\nRegards\r\nThe operators\r\n"
	case 1:
		return "Hello,\r\n\r\nwe were attacked by your customer " + a.value + port + " " + when + ":\r\n\r\n" + from.here(a.first).Format(time.Stamp) + " gate sshd[3]: Failed password for root from " + a.value + a.portLine(" port %d") + " ssh2\r\n\r\nPlease take action.\r\n"
	default:
		shown := from.here(a.first)
		if a.style == utc {
			shown = shown.UTC()
		}
		zone := map[style]string{utc: "UTC", lettered: from.letters(from.here(a.first)), lazy: cmp.Or(from.standard, from.letters(from.here(a.first))), words: from.words, named: from.place.String(), offset: from.here(a.first).Format("-07:00")}[a.style]
		if zone != "" {
			zone = "All times are " + zone + ".\r\n\r\n"
		}
		return "Hi,\r\n\r\nplease look at this port scan from your network. " + zone + "Source: " + a.value + port + "\r\nTime: " + shown.Format(time.DateTime) + "\r\nTarget: 192.0.2.80\r\n\r\nThanks\r\n"
	}
}
