package freetext

import (
	"strings"
	"unicode"

	"candor/internal/intake"
)

// Many tables of flows are parted by single spaces, so that columns cannot be
// counted: "dateTime srcIp:srcPort dstIp:dstPort protocol". What their head tells is
// which side of a flow stands first.

// ordered marks a head that tells the order of addresses alone.
const ordered = "\x00"

// sides are beginnings of words that say of which side of a flow a column is.
var sides = [2][]string{
	{"src", "scr", "sourc", "saddr", "sip", "quell", "orig", "attack", "angreif", "reflect", "источн", "źródł", "kaynak"},
	{"dst", "dest", "targ", "daddr", "dip", "ziel", "victim", "cibl", "bersagl", "alvo", "objetivo", "назнач", "цел", "docel", "hedef"},
}

// measured are beginnings of other words of such heads: without one it is rather a
// sentence.
var measured = []string{"ip", "addr", "adr", "port", "puerto", "porta", "порт", "proto", "byte", "packet", "pkt", "pps", "count", "flag", "hits", "paket", "zielport", "quellport"}

// flow finds the head of a table of flows that a line with two addresses is a row
// of.
func (d *document) flow(i int) *tableHead {
	if len(d.addresses(i)) != 2 {
		return nil
	}
	for j, others := i-1, 0; j >= 0 && i-j < farthest && others < 3 && d.lines[j].of == d.lines[i].of; j-- {
		if h, ok := d.heads[j]; ok && h != nil && h.by == ordered {
			return h
		}
		if len(d.lines[j].names) == 0 {
			if cells := flowHead(d.lines[j].text); cells != nil {
				return &tableHead{by: ordered, cells: cells}
			}
		}
		if len(d.addresses(j)) != 2 {
			others++
		}
	}
	return nil
}

// sides numbers the sources of each table of flows as a list, and gives the last number.
// What they flowed to is none.
func (d *document) sides() (number int) {
	var last *tableHead
	for i := range d.lines {
		all := d.addresses(i)
		if len(all) != 2 {
			continue
		}
		h := d.head(i)
		if h == nil || h.by != ordered {
			continue
		}
		if h != last {
			last = h
			number++
		}
		for k, m := range all {
			if m.sided = true; h.cells[k] == "source" {
				m.listed = number
			}
		}
	}
	return number
}

// addresses are those that a line names outside of URLs.
func (d *document) addresses(i int) (all []*mention) {
	for _, m := range d.lines[i].names {
		if m.kind == intake.Address && !m.within {
			all = append(all, m)
		}
	}
	return all
}

// flowHead takes a line as the head of a table of flows: it gives which side stands
// first and which second, nil if it tells not of both.
func flowHead(text string) (cells []string) {
	if len(text) > 200 || strings.HasSuffix(text, ".") {
		return nil
	}
	words, known := 0, false
	for _, w := range tokens(text) {
		words++
		known = known || begins(w, measured)
		for s, all := range sides {
			if name := [2]string{"source", "target"}[s]; begins(w, all) && (len(cells) == 0 || cells[0] != name) && len(cells) < 2 {
				cells = append(cells, name)
			}
		}
	}
	if len(cells) < 2 || words < 4 || !known {
		return nil
	}
	return cells
}

// tokens are the words of a head in lower case: those of "srcIp:dst_port" are four.
func tokens(text string) []string {
	var b strings.Builder
	last := ' '
	for _, r := range text {
		if unicode.IsUpper(r) && unicode.IsLower(last) || !unicode.IsLetter(r) {
			b.WriteByte(' ')
		}
		if unicode.IsLetter(r) {
			b.WriteRune(unicode.ToLower(r))
		}
		last = r
	}
	return strings.Fields(b.String())
}

func begins(word string, all []string) bool {
	for _, a := range all {
		if strings.HasPrefix(word, a) {
			return true
		}
	}
	return false
}
