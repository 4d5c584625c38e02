package freetext

import (
	"slices"
	"strings"
)

// column gives the head of the column in which a mention stands, in lower case;
// "" if its line is no row of a table with a head.
func (d *document) column(m *mention) string {
	l := &d.lines[m.line]
	if l.zone == outer || l.zone == subject || l.zone == pasted {
		return ""
	}
	h := d.head(m.line)
	if h == nil {
		return ""
	}
	at := strings.Count(l.text[:min(m.start, len(l.text))], h.by)
	if h.by == words {
		at = len(strings.Fields(l.text[:min(m.start, len(l.text))]))
	}
	if h.by == wide {
		at = len(split(l.text[:min(m.start, len(l.text))], wide)) // what stands before it
		if m.start > 0 && strings.HasSuffix(l.text[:min(m.start, len(l.text))], "  ") || m.start == 0 {
			at++
		}
		at--
	}
	if h.by == ordered {
		at = slices.Index(d.addresses(m.line), m)
	}
	if at < 0 || at >= len(h.cells) {
		return ""
	}
	return h.cells[at]
}

// rowEnd tells whether a line with nothing but an address is the end of the row above it:
// rows that were broken, each over two lines, stand above or below it.
func (d *document) rowEnd(i int) bool {
	if !d.row(i-1) || d.lines[i-1].of != d.lines[i].of {
		return false
	}
	return d.row(i-3) && d.single(i-2) || d.row(i+1) && d.single(i+2)
}

// row tells whether a line has an address and words or numbers beside it.
func (d *document) row(i int) bool {
	if i < 0 || i >= len(d.lines) {
		return false
	}
	m := d.soleAddress(i)
	return m != nil && !d.alone(m) && len(strings.Fields(d.lines[i].text)) > 2
}

// single tells whether a line has nothing but an address.
func (d *document) single(i int) bool {
	if i < 0 || i >= len(d.lines) {
		return false
	}
	m := d.soleAddress(i)
	return m != nil && d.alone(m)
}

// soleAddress is the address that a line names; nil if that is none, or several.
func (d *document) soleAddress(i int) *mention {
	all := d.addresses(i)
	if len(all) != 1 {
		return nil
	}
	return all[0]
}

// tableHead is the first line of a table.
type tableHead struct {
	by    string // what parts the columns
	cells []string
}

// wide parts columns by two spaces or more, words by any: only where the head
// says so (W3C's extended format of logs).
const (
	wide  = "  "
	words = " "
)

// farthest is how many lines a row may stand below the head of its table.
const farthest = 2000

// head finds the head of the table that a line is a row of. Rows below each
// other share it.
func (d *document) head(i int) *tableHead {
	if h, ok := d.heads[i]; ok {
		return h
	}
	found := d.extended(i)
	for _, by := range []string{"|", "\t", ";", ",", wide} {
		n := parts(d.lines[i].text, by)
		if found != nil {
			break
		}
		if n < 3 && !(by == "|" && n == 2) {
			continue
		}
		if found = d.upwards(i, by, n); found != nil {
			break
		}
	}
	if found == nil {
		found = d.flow(i)
	}
	d.heads[i] = found
	return found
}

// extended finds the fields that a line of a log in W3C's extended format has.
func (d *document) extended(i int) *tableHead {
	if !d.lines[i].log {
		return nil
	}
	for _, at := range d.fields {
		if at < i && d.lines[at].of == d.lines[i].of {
			_, names, _ := strings.Cut(strings.ToLower(d.lines[at].text), ":")
			return &tableHead{by: words, cells: strings.Fields(names)}
		}
	}
	return nil
}

// upwards looks above a row for its head: up to three lines of other things, or
// any number of rows like it, away.
func (d *document) upwards(i int, by string, n int) *tableHead {
	for j, others := i-1, 0; j >= 0 && i-j < farthest && others < 3 && d.lines[j].of == d.lines[i].of; j-- {
		text := d.lines[j].text
		if strings.Trim(text, " \t-=*_+|#") == "" {
			others++
			continue
		}
		if h, ok := d.heads[j]; ok && h != nil && h.by == by {
			return h
		}
		k := parts(text, by)
		if k < n-1 || k > n+1 {
			others++
			continue
		}
		if h := headOf(text, by); h != nil && len(d.lines[j].names) == 0 {
			return h
		}
	}
	return nil
}

func parts(text, by string) int {
	if by == wide {
		return len(split(text, wide))
	}
	return strings.Count(text, by) + 1
}

func split(text, by string) (all []string) {
	if by != wide {
		for c := range strings.SplitSeq(text, by) {
			all = append(all, strings.TrimSpace(c))
		}
		return all
	}
	for c := range strings.SplitSeq(text, wide) {
		if c = strings.TrimSpace(c); c != "" {
			all = append(all, c)
		}
	}
	return all
}

// headOf takes a line as the head of a table if its cells are words.
func headOf(text, by string) *tableHead {
	cells, words := split(strings.ToLower(text), by), 0
	for i, c := range cells {
		cells[i] = strings.Trim(c, `"'*_: `)
		if len(c) > 40 || strings.Count(c, " ") > 4 {
			return nil
		}
		if strings.ContainsAny(c, "abcdefghijklmnopqrstuvwxyz") || strings.ContainsFunc(c, func(r rune) bool { return r > 0x400 }) {
			words++
		}
	}
	if words < 2 {
		return nil
	}
	return &tableHead{by: by, cells: cells}
}
