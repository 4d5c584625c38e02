package terms

import (
	"io"
	"strconv"
	"strings"
	"unicode"
)

// width is that of plain text, in columns.
const width = 78

// columns tells how wide a text is: characters of Chinese take two, marks none.
func columns(s string) (n int) {
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Han, r) || r >= 0x3000 && r <= 0x30ff || r >= 0xff00 && r <= 0xff60:
			n += 2
		case unicode.IsMark(r) || r >= 0x2066 && r <= 0x2069:
		default:
			n++
		}
	}
	return n
}

// Text writes the page as plain text, in UTF-8.
func (p *Page) Text(w io.Writer) error {
	var b strings.Builder
	lined(&b, p.Title(), "=")
	b.WriteString(wrapped(strings.Join(p.facts(), " · "), ""))
	b.WriteString(wrapped(p.provider()+" "+p.t.T("terms.contact")+" "+p.isolate(p.contact()), "") + "\n")
	if !p.own() {
		b.WriteString(wrapped(p.t.T("terms.foreign"), "") + "\n")
	}
	b.WriteString(wrapped(p.d.Summary[p.tag], "") + "\n")
	for i, c := range p.d.Clauses {
		p.clauseText(&b, i, c)
	}
	b.WriteString("\n" + p.t.T("terms.digest") + "\n" + p.digest() + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// isolate keeps a name or an address from turning the text around it.
func (p *Page) isolate(s string) string {
	if p.t.Dir() != "rtl" {
		return s
	}
	return "\u2068" + s + "\u2069"
}

func (p *Page) clauseText(b *strings.Builder, i int, c Clause) {
	b.WriteString("\n")
	lined(b, strconv.Itoa(i+1)+". "+c.Heading[p.tag], "-")
	if c.Material {
		b.WriteString(wrapped("["+p.t.T("terms.material")+"]", "") + "\n")
	}
	if c.Optional {
		b.WriteString(wrapped("["+p.choice(c)+"]", "") + "\n")
	}
	b.WriteString(blocksText(Blocks(c.Text[p.tag])))
	if all := p.effects(c); len(all) > 0 {
		b.WriteString("\n" + wrapped(p.t.T("terms.allows"), ""))
		for _, e := range all {
			b.WriteString(wrapped("- "+e, "  "))
		}
	}
}

func lined(b *strings.Builder, title, line string) {
	b.WriteString(title + "\n" + strings.Repeat(line, min(width, columns(title))) + "\n\n")
}

func blocksText(blocks []Block) string {
	var b strings.Builder
	n := 0
	for i, block := range blocks {
		n++
		if i == 0 || block.List != blocks[i-1].List {
			n = 1
		}
		if i > 0 && (block.List == NoList || block.List != blocks[i-1].List) {
			b.WriteString("\n")
		}
		mark := numbered(block.List, n)
		var line strings.Builder
		for _, s := range block.Text {
			line.WriteString(s.Text)
			if s.Href != "" && s.Href[0] != '#' && strings.TrimPrefix(s.Href, "mailto:") != s.Text {
				line.WriteString(" <" + strings.TrimPrefix(s.Href, "mailto:") + ">")
			}
		}
		b.WriteString(wrapped(mark+line.String(), strings.Repeat(" ", len(mark))))
	}
	return b.String()
}

// wrapped breaks a line at spaces, and behind characters of Chinese but before
// no punctuation. What has neither stays whole.
func wrapped(s, indent string) string {
	var b strings.Builder
	at := 0
	for _, piece := range pieces(s) {
		if n := columns(strings.TrimRight(piece, " ")); at > 0 && at+n > width {
			b.WriteString("\n" + indent)
			at = columns(indent)
		}
		b.WriteString(piece)
		at += columns(piece)
	}
	out := strings.Split(b.String(), "\n")
	for i := range out {
		out[i] = strings.TrimRight(out[i], " ")
	}
	return strings.Join(out, "\n") + "\n"
}

// pieces cuts a text where a line may end.
func pieces(s string) (out []string) {
	runes, start := []rune(s), 0
	for i, r := range runes {
		next := rune(0)
		if i+1 < len(runes) {
			next = runes[i+1]
		}
		if r == ' ' && next != ' ' || columns(string(r)) == 2 && next != ' ' && !unicode.IsPunct(next) && !unicode.In(r, unicode.Ps, unicode.Pi) {
			out, start = append(out, string(runes[start:i+1])), i+1
		}
	}
	return append(out, string(runes[start:]))
}
