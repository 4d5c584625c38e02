package freetext

import (
	"slices"
	"strconv"
	"strings"

	"candor/internal/intake"
)

// What others are named with a value tells of it too: a page stands beside the
// address of its host, and the name of a deceiver holds that of whom it imitates.

// neighbours notes which values stand in one line, or in lines after each other.
func (d *document) neighbours(values []*value) {
	for _, v := range values {
		for _, m := range v.mentions[:min(len(v.mentions), 50)] {
			l := &d.lines[m.line]
			if m.within || l.zone == outer || l.log {
				continue
			}
			switch v.kind {
			case intake.Address:
				d.nextTo(v, m, "page", func(o *mention) bool { return o.kind == intake.URL })
				d.nextTo(v, m, "name", func(o *mention) bool { return o.kind == intake.Domain && !o.within })
			case intake.URL, intake.Domain:
				d.nextTo(v, m, "address", func(o *mention) bool { return o.kind == intake.Address && !o.within })
			}
		}
	}
}

// nextTo notes whether what is of a kind stands beside a mention, in its line,
// or in the line before or behind it.
func (d *document) nextTo(v *value, m *mention, name string, is func(*mention) bool) {
	l := &d.lines[m.line]
	for _, o := range l.names {
		if o == m || !is(o) {
			continue
		}
		gap := max(m.start-o.end, o.start-m.end)
		switch {
		case gap >= 0 && gap <= 5:
			v.note("beside-" + name)
		case gap >= 0:
			v.note("row-" + name)
		}
	}
	for _, i := range []int{m.line - 1, m.line + 1} {
		if i >= 0 && i < len(d.lines) && d.lines[i].of == l.of && d.lines[i].depth == l.depth && !d.lines[i].log && slices.ContainsFunc(d.lines[i].names, is) {
			v.note("line-" + name)
		}
	}
}

// mostSites bounds the sites of which names are looked for in others.
const mostSites = 60

// imitations notes which names hold that of another site: the one that was there
// first seldom holds its imitations'.
func (d *document) imitations(values []*value, attacked bool) {
	type named struct {
		v    *value
		site string
	}
	var all []named
	labels := map[string]string{} // sites by what they are called
	for _, v := range values {
		name := v.host
		if v.kind == intake.Domain {
			name = v.value
		}
		if v.kind != intake.URL && v.kind != intake.Domain || name == "" {
			continue
		}
		s := site(name)
		if b := brand(name); len(b) >= 4 && b != name && b != "example" && len(labels) < mostSites && labels[b] == "" {
			labels[b] = s
		}
		all = append(all, named{v, s})
	}
	held := map[string]bool{} // sites
	for _, n := range all {
		text := strings.ToLower(n.v.value)
		for label, s := range labels {
			if s == n.site || !strings.Contains(text, label) {
				continue
			}
			inHost := strings.Contains(n.v.host, label) || n.v.kind == intake.Domain
			if !inHost && (strings.Contains(text, s) || d.ofReporter(n.v.host) || known(n.site)) {
				continue // a page about it
			}
			held[s] = true
			n.v.note("holds-other")
		}
		for _, f := range d.from {
			b := brand(f)
			if len(b) < 4 || b == brand(n.site) || site(f) == n.site {
				continue
			}
			if strings.Contains(n.site, b) && attacked {
				n.v.note("kin-of-reporter") // services of theirs that were attacked
			} else if strings.Contains(n.site, b) {
				n.v.note("holds-reporter")
			} else if strings.Contains(text, "/"+b) {
				n.v.note("path-of-reporter")
			}
		}
	}
	for _, n := range all {
		if held[n.site] {
			n.v.note("held-by-other")
		}
	}
}

// stand is what words say of a value: for a complaint, or against.
func (v *value) stand() (speaks, denies bool) {
	for _, f := range v.features {
		if strings.HasPrefix(f, "far-") || strings.Contains(f, "far-") {
			continue
		}
		switch f[strings.LastIndexByte(f, '-')+1:] {
		case "source", "host":
			speaks = speaks || f != "url-host"
		case "victim", "link", "reporter", "relay", "recipient":
			denies = true
		}
	}
	return speaks, denies
}

// opposed notes of which values words speak less than of others of their group.
// What stands in a list with others is spoken of with them.
func opposed(values []*value) {
	of := clusters(values)
	groups, lists := map[string]bool{}, map[string]bool{}
	list := func(i int) string { return group(values[i].kind) + strconv.Itoa(of[i]) }
	for i, v := range values {
		if yes, no := v.stand(); yes && !no {
			groups[group(v.kind)], lists[list(i)] = true, true
		}
	}
	for i, v := range values {
		if !groups[group(v.kind)] {
			continue
		}
		switch yes, no := v.stand(); {
		case yes && !no:
			v.note("spoken")
		case no && !yes:
			v.note("opposed")
		case !no && !yes && !lists[list(i)]:
			v.note("passed-over")
		}
	}
}
