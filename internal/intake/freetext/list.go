package freetext

import (
	"slices"
	"strconv"
	"strings"

	"candor/internal/intake"
)

// lists numbers the mentions of lists and tables: lines after each other, three
// or more, that have a value of the same kind at the same place.
func (d *document) lists() {
	number := d.sides()
	for i := 0; i < len(d.lines); i++ {
		shape, place := d.shape(i)
		if place < 0 {
			continue
		}
		members := []*mention{d.lines[i].names[place]}
		last := i
		for j := i + 1; j < len(d.lines) && j-last <= 2 && d.lines[j].of == d.lines[i].of; j++ {
			s, p := d.shape(j)
			if s == shape && p >= 0 {
				members = append(members, d.lines[j].names[p])
				last = j
			} else if strings.TrimSpace(d.lines[j].text) != "" && p >= 0 {
				break
			}
		}
		if len(members) > 2 || len(members) == 2 && d.next(members[0]) == d.next(members[1]) {
			number++
			for _, m := range members {
				if m.listed == 0 && !m.sided {
					m.listed = number
				}
			}
			i = last
		}
	}
	d.records(number)
}

// records numbers the mentions of fields that come again and again, each with
// its own: of each record those of one name are siblings.
func (d *document) records(number int) {
	of := map[string][]*mention{}
	var order []string
	for i := range d.lines {
		l := &d.lines[i]
		if l.log || l.zone != body && l.zone != nested && l.zone != attached {
			continue
		}
		for _, m := range l.names {
			k := key(l.text[:min(m.start, len(l.text))])
			if m.within || m.listed > 0 || m.sided || k == "" {
				continue
			}
			k = string(m.kind) + " " + strconv.Itoa(l.of) + " " + k + " " + d.field(i-1, l.of)
			if of[k] == nil {
				order = append(order, k)
			}
			of[k] = append(of[k], m)
			break
		}
	}
	for _, k := range order {
		members := of[k]
		if !slices.ContainsFunc(members, func(m *mention) bool { return m.value != members[0].value }) {
			continue
		}
		number++
		for _, m := range members {
			m.listed = number
		}
	}
	d.shapes(number)
}

// shapes numbers the mentions of lines of logs that begin alike, wherever they stand:
// of several incidents each has lines of its own.
func (d *document) shapes(number int) {
	of := map[string][]*mention{}
	var order []string
	for i := range d.lines {
		l := &d.lines[i]
		if !l.log || l.zone != body && l.zone != nested && l.zone != attached {
			continue
		}
		s, p := d.shape(i)
		if p < 0 || l.names[p].kind != intake.Address || l.names[p].listed > 0 || l.names[p].sided {
			continue
		}
		s = strconv.Itoa(l.of) + " " + s
		if of[s] == nil {
			order = append(order, s)
		}
		of[s] = append(of[s], l.names[p])
	}
	for _, s := range order {
		members := of[s]
		if !slices.ContainsFunc(members, func(m *mention) bool { return m.value != members[0].value }) {
			continue
		}
		number++
		for _, m := range members {
			m.listed = number
		}
	}
}

// field is the name of the field that a line is; the line itself, without
// numbers, if it is none; empty for lines of nothing or of signs alone.
func (d *document) field(i, of int) string {
	if i < 0 || d.lines[i].of != of {
		return ""
	}
	name, _, ok := strings.Cut(d.lines[i].text, ":")
	if !ok || len(name) > 40 {
		name = head(d.lines[i].text, 60)
	}
	return strings.ToLower(strings.Trim(name, " \t-=*_#.+|0123456789"))
}

// run numbers the values of enumerations in prose: "A, B and C".
func (d *document) run(l *line) {
	var last *mention
	for _, m := range l.names {
		if m.within {
			continue
		}
		if last != nil && last.kind == m.kind && last.end <= m.start && m.start <= len(l.text) && enumerates(strings.ToLower(l.text[last.end:m.start])) {
			if last.run == 0 {
				d.runs++
				last.run = d.runs
			}
			m.run = last.run
		}
		last = m
	}
}

// shape is how a line begins up to its first value, and which of the values
// that is; -1 if it has none, or is prose.
func (d *document) shape(i int) (string, int) {
	l := &d.lines[i]
	for k, m := range l.names {
		if m.within || l.log && m.kind == intake.Domain {
			continue // many logs begin with the name of the server that was asked
		}
		before := strings.TrimLeft(l.text[:min(m.start, len(l.text))], " \t")
		if len(strings.Fields(before)) > 7 {
			return "", -1
		}
		if name := key(before); name != "" {
			return string(m.kind) + " " + strings.Trim(name, "0123456789 #.") + ":", k // fields of other names are no list
		}
		var b strings.Builder
		b.WriteString(string(m.kind) + " ")
		for _, c := range before {
			switch {
			case c >= '0' && c <= '9':
				c = '0'
			case c == ' ' || c == '\t':
				continue
			case c < 0x80 && letter(byte(c)):
				c = 'a'
			}
			if s := b.String(); len(s) > 0 && s[len(s)-1] == byte(c) && (c == '0' || c == 'a') {
				continue
			}
			b.WriteRune(c)
		}
		return b.String(), k
	}
	return "", -1
}

// next is what kind of thing stands behind a value.
func (d *document) next(m *mention) string {
	s := d.lines[m.line].text
	s = strings.TrimLeft(s[min(m.end, len(s)):], " ")
	switch {
	case s == "":
		return "."
	case digit(s[0]):
		return "0"
	case letter(s[0]) || s[0] >= 0x80:
		return "a"
	default:
		return s[:1]
	}
}

// bareHeading tells whether no line introduces a value that stands alone.
func (d *document) bareHeading(i int) bool { return d.above(i) < 0 }

// beside tells whether a name that stands right before or behind an address, as
// in "host.example (192.0.2.1)", is of who reports (1) or of who is told (2).
func (d *document) beside(m *mention, l *line) int {
	for _, o := range l.names {
		if o == m || o.kind != "domain" && o.kind != "url" {
			continue
		}
		gap := ""
		switch {
		case o.end <= m.start && m.start <= len(l.text):
			gap = l.text[o.end:m.start]
		case m.end <= o.start && o.start <= len(l.text):
			gap = l.text[m.end:o.start]
		default:
			continue
		}
		if len(gap) > 4 || strings.ContainsAny(gap, ",;") || l.log && o.start == 0 && gap == " " { // a log that begins with the name of the server that was asked
			continue
		}
		name := o.value
		if o.kind == "url" {
			_, name, _ = canonicalURL(o.value)
		}
		for _, f := range d.from {
			if site(f) == site(name) {
				return 1
			}
		}
		for _, f := range d.to {
			if site(f) == site(name) {
				return 2
			}
		}
	}
	return 0
}
