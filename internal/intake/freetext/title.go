package freetext

import (
	"strings"
	"unicode"

	"candor/internal/regex"
)

// Reports of several things are parted by titles: "Attacking hosts", "== SSH ==",
// "2) Spam". What a title says is so of all that stands below it, up to the next.

const (
	titleReach = 60 // lines below a title
	titleWords = 8
)

// counted is how numbered titles begin.
var counted = regex.Of(`^(?:\d{1,2}[.)]|[IV]{1,4}[.)]|[a-h]\)|#{1,4})\s+\p{L}`)

// title is the nearest title above a line; -1 if there is none.
func (d *document) title(i int) int {
	if d.titles == nil {
		d.titles = make([]int, len(d.lines))
		last := -1
		for j := range d.lines {
			if j > 0 && d.lines[j].of != d.lines[j-1].of {
				last = -1
			}
			d.titles[j] = last
			switch text := strings.TrimSpace(d.lines[j].text); {
			case d.isTitle(j):
				last = j
			case last >= 0 && colon(strings.TrimSpace(d.lines[last].text)) && len(d.lines[j].names) == 0 && (colon(text) || len(strings.Fields(text)) > titleWords):
				last = -1 // what introduces a list is over with the next sentence
			}
		}
	}
	if t := d.titles[i]; t >= 0 && i-t < titleReach && d.lines[t].depth == d.lines[i].depth {
		return t
	}
	return -1
}

// isTitle tells whether a line is a title: it is short, names nothing, and is
// underlined, numbered, in capitals, or ends with a colon.
func (d *document) isTitle(i int) bool {
	l := &d.lines[i]
	text := strings.TrimSpace(l.text)
	if len(l.names) > 0 || l.log || len(text) < 3 || len(text) > 90 || l.zone != body && l.zone != nested && l.zone != attached || len(strings.Fields(text)) > titleWords {
		return false
	}
	switch {
	case underline(text):
		return false
	case counted.MatchString(text):
		return true
	case colon(text):
		return true
	case i+1 < len(d.lines) && d.lines[i+1].of == l.of && underline(strings.TrimSpace(d.lines[i+1].text)):
		return !strings.HasSuffix(text, ".")
	}
	return capitals(text)
}

// colon tells whether a text introduces something.
func colon(s string) bool { return strings.HasSuffix(s, ":") || strings.HasSuffix(s, "：") }

// underline tells whether a text is a line of signs.
func underline(s string) bool {
	return len(s) >= 3 && strings.Trim(s, "-=~*_#═─━+•") == ""
}

// capitals tells whether a text is one of words in capitals.
func capitals(s string) bool {
	letters := 0
	for _, r := range s {
		if unicode.IsLower(r) || unicode.IsDigit(r) {
			return false
		}
		if unicode.IsUpper(r) {
			letters++
		}
	}
	return letters >= 4
}

// titled is what the title above a line says of what stands below: whose it is, and
// on which side.
func (d *document) titled(i int, x *lexicon) (all []string) {
	j := d.title(i)
	if j < 0 {
		return nil
	}
	if known, ok := d.told[j]; ok {
		return known
	}
	text := strings.Trim(lowerSame(strings.TrimSpace(d.lines[j].text)), " :：.-=*_#═")
	has := map[meaning]bool{}
	for _, s := range x.left(text) {
		has[s.says] = true
	}
	yours, ours := x.owners(text)
	sentence := colon(strings.TrimSpace(d.lines[j].text)) && len(strings.Fields(text)) > shortTitle+1
	switch {
	case sentence: // it speaks as a heading
	case has[link] && has[host]: // "URLs for your reference"
	case has[link]:
		all = append(all, "title-link")
	case has[source] && !has[victim], has[source] && yours:
		all = append(all, "title-source")
	case has[victim] && !has[source]:
		all = append(all, "title-victim")
	case has[host]:
		all = append(all, "title-host")
	case has[reporter] || has[relay]:
		all = append(all, "title-reporter")
	}
	if yours && !ours && !sentence {
		all = append(all, "title-your")
	}
	if ours && !yours && !sentence {
		all = append(all, "title-our")
	}
	if x.denies(text) {
		all = append(all, "title-denied")
	}
	d.told[j] = all
	return all
}
