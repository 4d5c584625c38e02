package freetext

import (
	"strings"

	"candor/internal/intake"
	"candor/internal/regex"
)

// What URLs are to each other and to the report: a page that others lie below,
// the page of the case itself, the page that a program names as its own.

// mostAbove bounds how many pages above one are noted.
const mostAbove = 12

// above gives the URLs that a URL lies below: those of its folders, with and
// without the slash at their end, up to its host.
func above(url string) (all []string) {
	start := strings.Index(url, "://")
	if start < 0 {
		return nil
	}
	for i := len(url) - 1; i > start+3 && len(all) < 2*mostAbove; i-- {
		switch url[i] {
		case '/':
			if i < len(url)-1 {
				all = append(all, url[:i+1])
			}
			all = append(all, url[:i])
		case '?', '#':
			all = append(all, url[:i])
		}
	}
	return all
}

// agent is what stands before the URL that a program names as its own in the
// logs of those whom it visits: "Name/1.0 (+".
var agent = regex.Of(`(?:\+|[A-Za-z][\w.-]*/[0-9][\w.]*;?\s\([^()]{0,60})$`)

// referred is what stands before the page from which a visitor came, in the log
// of a web server.
var referred = regex.Of(`"\s\d{3}\s(?:\d+|-)\s"$`)

// requested is what stands before a page in the log of the server that it was asked of,
// where that names it whole.
var requested = regex.Of(`"(?:GET|HEAD|POST|PUT|OPTIONS|CONNECT|PROPFIND|DELETE|PATCH)\s$`)

// visiting notes what the log of a web server tells of a URL.
func (d *document) visiting(v *value, m *mention, l *line) {
	before := tail(l.text[:min(m.start, len(l.text))], 90)
	switch {
	case requested.MatchString(before):
		v.note("requested")
	case referred.MatchString(before):
		v.note("referred")
	case agent.MatchString(before):
		v.note("agent")
	}
}

// cased are numbers of cases, as reports name them.
var cased = regex.Of(`(?i)(?:^|[^\p{L}])(?:ticket|case|request|incident|issue|chamado|vorgang|störung|обращение|dossier|reference|ref|number|id|nr|no|#)(?:s?[ _-]?(?:id|nr|no|num|number|nummer))?[\s:.#№\[(-]{0,4}(?:[a-z]{1,6}-?)?(\d{4,})`)

// numbers are the numbers by which a report names itself: those that its subject
// and its text call so.
func (d *document) numbers() map[string]bool {
	if d.cases != nil {
		return d.cases
	}
	d.cases = map[string]bool{}
	for i := range d.lines {
		l := &d.lines[i]
		if l.zone == outer || l.zone == pasted || l.zone == registry || l.log || len(d.cases) > 50 || !fourDigits(l.text) {
			continue
		}
		for _, n := range cased.FindAllStringSubmatch(l.text, 5) {
			d.cases[n[1]] = true
		}
	}
	return d.cases
}

// fourDigits tells whether a text has so many digits after each other, or more.
func fourDigits(s string) bool {
	n := 0
	for i := range len(s) {
		if n++; !digit(s[i]) {
			n = 0
		} else if n == 4 {
			return true
		}
	}
	return false
}

// ofCase tells whether a path holds the number of the case.
func (d *document) ofCase(path string) bool {
	if !fourDigits(path) {
		return false
	}
	for part := range strings.FieldsFuncSeq(path, func(r rune) bool { return r < '0' || r > '9' }) {
		if len(part) >= 4 && d.numbers()[part] {
			return true
		}
	}
	return false
}

// families notes which URLs lie below others of the report.
func families(values []*value) {
	known := map[string]*value{}
	for _, v := range values {
		if v.kind == intake.URL {
			known[v.value] = v
		}
	}
	for _, v := range values {
		if v.kind != intake.URL {
			continue
		}
		for _, u := range above(v.value) {
			if o := known[u]; o != nil && o != v {
				o.note("parent")
				v.note("child")
			}
		}
	}
}

// saidBelow tells whether a URL that stands in the subject alone is said by one
// of those below it.
func (v *value) saidBelow(all []*value) bool {
	if v.strength["only-subject"] == 0 || v.strength["parent"] == 0 {
		return false
	}
	for _, u := range all {
		if u != v && u.kind == intake.URL && strings.HasPrefix(u.value, v.value) {
			return true
		}
	}
	return false
}
