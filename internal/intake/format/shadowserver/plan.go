package shadowserver

import (
	"strconv"
	"strings"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/regex"
)

// columns is where each column stands, by its name in lower case.
type columns map[string]int

func columnsOf(header []string) columns {
	c := make(columns, len(header))
	for i, name := range header {
		if name = strings.ToLower(name); name != "" {
			if _, twice := c[name]; !twice {
				c[name] = i
			}
		}
	}
	return c
}

func (c columns) has(name string) bool { _, ok := c[name]; return ok }

// at is where a column stands; -1 if it does not.
func (c columns) at(name string) int {
	if i, ok := c[name]; ok {
		return i
	}
	return -1
}

// foundation tells whether the columns are those that nearly all of the
// foundation's reports have.
func (c columns) foundation() bool {
	for _, prefix := range []string{"", "src_", "dst_", "http_referer_"} {
		if c.has(prefix+"asn") && c.has(prefix+"geo") && (c.has(prefix+"naics") || c.has(prefix+"region")) {
			return true
		}
	}
	return false
}

// guess is a rule for a type that nothing is known of.
func (c columns) guess() rule {
	r := rule{class: candor.Undetermined, words: true, far: intake.Other, layout: host}
	switch {
	case c.has("src_ip"):
		r.layout = source
	case c.has("http_referer_ip"):
		r.layout = referer
	case c.has("url") && !c.has("port"):
		r.layout = page
	case c.has("ip") && (c.has("url") || c.has("http_host")):
		r.layout = site
	}
	return r
}

// place is where a row tells of a resource.
type place struct {
	kind     intake.Kind
	at, port int
	role     intake.Role
	// rest is the host of a URL of which the column may hold the path alone.
	rest int
	// only says that it counts where nothing before it did.
	only bool
}

// plan is how the rows of one report are read.
type plan struct {
	kind          string
	class         candor.Class
	words         bool
	time, end     int
	count         int
	scheme        int
	about, others []place
	note, tags    []int
}

// plan binds a rule to columns.
func (c columns) plan(kind string, r rule) plan {
	p := plan{kind: kind, class: r.class, words: r.words, time: c.at("timestamp"), end: c.at("end_time"), count: c.at("count"), scheme: c.at("application")}
	if t := r.columns["time.source"]; t != "" {
		p.time = c.at(t)
	}
	add := func(all *[]place, kind intake.Kind, role intake.Role, name, port, host string, only bool) {
		if c.has(name) {
			*all = append(*all, place{kind: kind, at: c.at(name), port: c.at(port), rest: c.at(host), role: role, only: only})
		}
	}
	served := first(c, "http_host", "host", "hostname")
	switch r.layout {
	case host:
		add(&p.about, intake.Address, intake.Host, "ip", "port", "", false)
	case site:
		add(&p.about, intake.Address, intake.Host, "ip", "port", "", false)
		add(&p.about, intake.URL, intake.Host, "url", "", first(c, "http_host", "host"), false)
		add(&p.about, intake.Domain, intake.Host, first(c, "http_host", "host", "domain"), "", "", true)
		add(&p.about, intake.Mail, intake.Host, first(c, "email", "account", "username"), "", "", false)
	case page:
		add(&p.about, intake.URL, intake.Host, "url", "", served, false)
		add(&p.about, intake.Domain, intake.Host, served, "", "", true)
		add(&p.about, intake.Address, intake.Host, "ip", "port", "", false)
	case contact:
		add(&p.about, intake.URL, intake.Host, "url", "", served, false)
		add(&p.about, intake.Domain, intake.Host, first(c, "host", "request"), "", "", true)
		add(&p.about, intake.Address, intake.Host, "ip", "port", "", false)
	case source:
		add(&p.about, intake.Address, intake.Source, "src_ip", "src_port", "", false)
	case referer:
		add(&p.about, intake.Address, intake.Host, "http_referer_ip", "http_referer_port", "", false)
		add(&p.about, intake.URL, intake.Host, "http_referer", "", "", false)
	case victim:
		add(&p.others, intake.Address, intake.Victim, "src_ip", "src_port", "", false)
		add(&p.others, intake.Address, intake.Victim, "ip", "port", "", false)
		add(&p.others, intake.Domain, intake.Victim, first(c, "domain", "host"), "", "", false)
	case told:
		c.told(&p, r)
	}
	far := r.far
	if far == "" {
		far = intake.Other
	}
	add(&p.others, intake.Address, far, "dst_ip", "dst_port", "", false)
	add(&p.others, intake.Address, intake.Other, "cc_ip", "cc_port", "", false)
	add(&p.others, intake.URL, intake.Other, "cc_url", "", "", false)
	add(&p.others, intake.Domain, intake.Other, "hostname", "", "", false)
	add(&p.others, intake.Domain, intake.Other, "src_hostname", "", "", false)
	files := &p.others
	role := intake.Other
	if r.class == candor.MalwareDistribution && r.layout == page {
		files, role = &p.about, intake.Host // what lies there
	}
	for _, name := range []string{"md5", "md5hash", "sha1", "sha256", "sha512"} {
		add(files, intake.Hash, role, name, "", "", false)
	}
	p.note = c.all("severity", "infection", "family", "tag", "category", "reason", "status", "detail", "cve", "protocol", "application", "query", "device_vendor", "device_model")
	p.tags = c.all("tag", "infection", "status", "category", "detail", "reason", "cve", "family")
	return p
}

// told has the schema say what is complained about.
func (c columns) told(p *plan, r rule) {
	role := intake.Host
	if r.columns["source.ip"] == "src_ip" {
		role = intake.Source
	}
	for _, f := range []struct {
		key, port string
		kind      intake.Kind
	}{{"source.ip", "source.port", intake.Address}, {"source.network", "", intake.Network}, {"source.url", "", intake.URL}, {"source.fqdn", "", intake.Domain}, {"source.account", "", intake.Mail}} {
		column := r.columns[f.key]
		if i := c.at(column); i >= 0 && column != "" {
			p.about = append(p.about, place{kind: f.kind, at: i, port: c.at(r.columns[f.port]), rest: c.at(first(c, "http_host", "host", "cc_dns")), role: role, only: f.kind == intake.Domain})
		}
	}
}

// first is the first of the names that is there; empty if none is.
func first(c columns, names ...string) string {
	for _, n := range names {
		if c.has(n) {
			return n
		}
	}
	return ""
}

func (c columns) all(names ...string) (at []int) {
	for _, n := range names {
		if i := c.at(n); i >= 0 {
			at = append(at, i)
		}
	}
	return at
}

// event reads a row.
func (p *plan) event(names, fields []string) intake.Event {
	get := func(i int) string {
		if i < 0 || i >= len(fields) {
			return ""
		}
		return fields[i]
	}
	e := intake.Event{Class: p.class, First: when(get(p.time)), Last: when(get(p.end)), Note: p.noted(get), Evidence: evidence(names, fields)}
	if p.words {
		for _, i := range p.tags {
			if class, ok := classOf(get(i)); ok {
				e.Class = class
				break
			}
		}
	}
	e.Count, _ = strconv.ParseInt(get(p.count), 10, 64)
	e.Count = max(e.Count, 0)
	e.About = p.resources(p.about, get, nil)
	e.Others = p.resources(p.others, get, e.About)
	return e
}

// resources are those of the places that hold one, each once and not among
// besides.
func (p *plan) resources(places []place, get func(int) string, besides []intake.Resource) (all []intake.Resource) {
	names := false // a URL or a domain was found
	for _, at := range places {
		text := get(at.at)
		if text == "" || at.only && names {
			continue
		}
		kind := at.kind
		switch {
		case kind == intake.URL:
			text = p.url(text, get(at.rest), get(p.scheme))
		case kind == intake.Address && strings.Contains(text, "/"):
			kind = intake.Network
		}
		r, err := intake.NewResource(kind, text)
		if err != nil || r.Value == "0.0.0.0" || r.Value == "::" || has(all, r) || has(besides, r) {
			continue
		}
		names = names || kind == intake.URL || kind == intake.Domain
		r.Role, r.Confidence = at.role, 100
		if port, err := strconv.ParseUint(get(at.port), 10, 16); err == nil {
			r.Port = uint16(port)
		}
		all = append(all, r)
	}
	return all
}

func has(all []intake.Resource, r intake.Resource) bool {
	for _, o := range all {
		if o.Kind == r.Kind && o.Value == r.Value {
			return true
		}
	}
	return false
}

var request = regex.Of(`^(?:[A-Z]+ )?(/\S*)`)

// url completes what may be the path of a URL, or the first line of a request.
func (p *plan) url(text, host, scheme string) string {
	found := request.FindStringSubmatch(text)
	if found == nil || host == "" {
		return text
	}
	if scheme != "https" {
		scheme = "http"
	}
	if strings.Contains(host, ":") && !strings.Contains(host, "]") && strings.Count(host, ":") > 1 {
		host = "[" + host + "]"
	}
	return scheme + "://" + host + found[1]
}

// when reads a time, which is UTC in all reports.
func when(text string) *intake.When {
	if text = intake.Cut(text, 60); text == "" {
		return nil
	}
	w := &intake.When{Text: text}
	for _, form := range []string{time.DateTime, time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04"} {
		if t, err := time.Parse(form, text); err == nil {
			w.Time = t.UTC()
			break
		}
	}
	return w
}

// noted is the type of report and what the row says in words.
func (p *plan) noted(get func(int) string) string {
	var b strings.Builder
	b.WriteString(p.kind)
	last := ""
	for _, i := range p.note {
		if v := get(i); v != "" && v != "0" && v != last {
			if b.Len() > 0 {
				b.WriteString(", ")
			}
			b.WriteString(v)
			last = v
		}
	}
	return intake.Cut(b.String(), intake.MostNote)
}

// evidence is the row, a line for each field that says something.
func evidence(names, fields []string) string {
	var b strings.Builder
	for i, v := range fields {
		if v == "" || i >= len(names) {
			continue
		}
		b.WriteString(names[i])
		b.WriteString(": ")
		b.WriteString(v)
		b.WriteByte('\n')
		if b.Len() > intake.MostEvidence {
			break
		}
	}
	return intake.Cut(b.String(), intake.MostEvidence)
}
