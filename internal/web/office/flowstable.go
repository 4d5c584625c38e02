package office

import (
	"net/url"
	"strings"

	"candor/internal/flow/archive"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// flowWords words an answer.
type flowWords struct {
	o  *office
	r  *web.Request
	q  archive.Question
	v  house.FlowAnswers
	id string // of what is drawn; empty if there is one
}

// fieldName is what a field is called.
func fieldName(r *web.Request, f archive.Field) string {
	return r.Printer.T("office.flows.field." + string(f))
}

func directionName(r *web.Request, d archive.Direction) string {
	return r.Printer.T("office.flows.direction." + string(d))
}

// services are what ports are mostly used for, by their names at IANA.
var services = map[uint32]string{20: "ftp-data", 21: "ftp", 22: "ssh", 23: "telnet", 25: "smtp", 53: "domain", 67: "bootps", 80: "http", 110: "pop3", 123: "ntp", 135: "epmap", 139: "netbios-ssn", 143: "imap", 161: "snmp", 179: "bgp", 389: "ldap", 443: "https",
	445: "microsoft-ds", 465: "submissions", 500: "isakmp", 514: "syslog", 554: "rtsp", 587: "submission", 853: "domain-s", 993: "imaps", 995: "pop3s", 1194: "openvpn", 1433: "ms-sql-s", 1812: "radius", 1900: "ssdp", 3306: "mysql", 3389: "ms-wbt-server",
	3478: "stun", 4500: "ipsec-nat-t", 5060: "sip", 5222: "xmpp-client", 5353: "mdns", 5432: "postgresql", 5555: "adb", 5900: "rfb", 6379: "redis", 6881: "bittorrent", 7547: "cwmp", 8080: "http-alt", 8443: "https-alt", 11211: "memcache", 27017: "mongodb", 51820: "wireguard"}

// keyName is a key as people read it.
func (w flowWords) keyName(f archive.Field, k archive.Key) string {
	r := w.r
	switch f {
	case archive.FieldLine:
		if k.Line == "" {
			return r.T("office.flows.nobody")
		}
		return w.v.Lines[k.Line].Name
	case archive.FieldDirection:
		return directionName(r, k.Way)
	case archive.FieldPort, archive.FieldLocalPort, archive.FieldPeerPort:
		text := archive.FormatNumber(f, k.Number)
		if name := services[k.Number]; name != "" {
			return text + " " + name
		}
		return text
	}
	return k.Text(f, w.v.Reference)
}

// rowName is a row as people read it.
func (w flowWords) rowName(row archive.Row) string {
	var all []string
	for i, k := range row.Keys {
		all = append(all, w.keyName(w.q.By[i], k))
	}
	return strings.Join(all, " · ")
}

// amount is a sum of a measure as people read it.
func amount(r *web.Request, m archive.Measure, s archive.Sum) string {
	v := whole64(archive.Measured(m, s))
	switch m {
	case archive.Packets:
		return r.T("office.flows.packets.n", phrase.Args{"n": v})
	case archive.Flows:
		return r.T("office.flows.flows.n", phrase.Args{"n": v})
	}
	return r.Printer.Bytes(v)
}

// title says what an answer found.
func (w flowWords) title(a archive.Answer) string {
	args := phrase.Args{"total": amount(w.r, w.q.Order, a.Total)}
	if len(w.q.By) == 0 || len(a.Rows) == 0 {
		return w.r.T("office.flows.title", args)
	}
	args["what"], args["share"] = w.rowName(a.Rows[0]), w.r.Printer.Percent(share(w.q.Order, a.Rows[0].Sum, a.Total))
	return w.r.T("office.flows.title.most", args)
}

func share(m archive.Measure, part, all archive.Sum) float64 {
	return float64(archive.Measured(m, part)) / max(1, float64(archive.Measured(m, all)))
}

// conditions find the rows of some keys again; false if no question can.
func (w flowWords) conditions(row archive.Row) (words []string, ok bool) {
	for i, k := range row.Keys {
		if _, ok := k.Value(w.q.By[i]); !ok {
			return nil, false
		}
		words = append(words, string(w.q.By[i])+":"+k.Text(w.q.By[i], w.v.Reference))
	}
	return words, true
}

// answerTable lists the rows of an answer: each leads to the question of that row
// alone, and to its flows.
func answerTable(r *web.Request, w flowWords, a asked, answer archive.Answer) ui.Table {
	t := ui.Table{ID: "rows" + w.id, Caption: r.T("office.flows.rows"), Empty: ui.Situation{Title: r.T("office.flows.none"), Text: r.T("office.flows.none.text")}}
	for i, f := range w.q.By {
		c := column(string(f), fieldName(r, f))
		if i == 0 {
			c = wide(c)
		}
		t.Columns = append(t.Columns, c)
	}
	if len(w.q.By) == 0 {
		t.Columns = append(t.Columns, wide(column("all", r.T("office.flows.what"))))
	}
	t.Columns = append(t.Columns, number(column("bytes", r.T("office.flows.bytes"))), minor(number(column("packets", r.T("office.flows.packets")))), number(column("flows", r.T("office.flows.flows"))), number(column("share", r.T("office.flows.share"))))
	if answer.Total.Flows == 0 {
		return t
	}
	for i, row := range answer.Rows {
		line := ui.Row{Key: "row", Label: w.rowName(row)}
		words, ok := w.conditions(row)
		where := func(v url.Values) { v.Set(archive.ParameterWhere, with(v.Get(archive.ParameterWhere), words...)) }
		if ok {
			line.Href = a.at(flowsPath, func(v url.Values) { where(v); v.Set(archive.ParameterBy, string(next(w.q))) })
		}
		for k, key := range row.Keys {
			name := w.keyName(w.q.By[k], key)
			if k == 0 && ok {
				line.Cells = append(line.Cells, named(name, line.Href, lineBelow(w, w.q.By[k], key)))
			} else {
				line.Cells = append(line.Cells, whole(name))
			}
		}
		if len(row.Keys) == 0 {
			line.Cells = append(line.Cells, strong(r.T("office.flows.total")))
		}
		flows := whole(r.Printer.Number(whole64(row.Sum.Flows)))
		if ok {
			flows = numberLink(whole64(row.Sum.Flows), a.at(recordsPath, where))
		}
		line.Cells = append(line.Cells, whole(r.Printer.Bytes(whole64(row.Sum.Bytes))), whole(r.Printer.Number(whole64(row.Sum.Packets))), flows, whole(r.Printer.Percent(share(w.q.Order, row.Sum, answer.Total))))
		line.Key += string(rune('0' + i%10))
		t.Rows = append(t.Rows, line)
	}
	if answer.Rest.Flows > 0 {
		t.Rows = append(t.Rows, restRow(r, w, answer))
	}
	return t
}

// restRow is what has no row of its own.
func restRow(r *web.Request, w flowWords, a archive.Answer) ui.Row {
	name := r.T("office.flows.rest")
	if left := a.Keys - uint64(min(len(a.Rows), int(a.Keys))); left > 0 {
		name = r.N("office.flows.rest.n", int(whole64(left)))
	}
	row := ui.Row{Key: "rest", Label: name, Muted: true, Cells: cells(quiet(name))}
	for range max(len(w.q.By)-1, 0) {
		row.Cells = append(row.Cells, ui.Absent())
	}
	row.Cells = append(row.Cells, whole(r.Printer.Bytes(whole64(a.Rest.Bytes))), whole(r.Printer.Number(whole64(a.Rest.Packets))), whole(r.Printer.Number(whole64(a.Rest.Flows))), whole(r.Printer.Percent(share(w.q.Order, a.Rest, a.Total))))
	return row
}

// lineBelow is a line's reference under its name.
func lineBelow(w flowWords, f archive.Field, k archive.Key) string {
	if l := w.v.Lines[k.Line]; f == archive.FieldLine && l.Reference != l.Name {
		return l.Reference
	}
	return ""
}

// next is what is worth telling apart where a row is looked at by itself.
func next(q archive.Question) archive.Field {
	seen := map[archive.Field]bool{}
	for _, f := range q.By {
		seen[f] = true
	}
	for _, c := range q.Where {
		seen[c.Field] = !c.Not && len(c.Values) == 1 || seen[c.Field]
	}
	for _, f := range []archive.Field{archive.FieldLine, archive.FieldPort, archive.FieldPeerNet, archive.FieldPeer, archive.FieldProtocol} {
		if !seen[f] {
			return f
		}
	}
	return archive.FieldDirection
}
