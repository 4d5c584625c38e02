package notice

import (
	"io"
	"strings"
	"unicode"
)

// width is that of plain text, in columns.
const width = 78

// columns tells how wide a text is: characters of Chinese take two, marks and
// isolates none.
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

// Text writes the page as plain text, in UTF-8. Rows of tables become
// paragraphs, so that they can be read aloud.
func (p *Page) Text(w io.Writer) error {
	var b strings.Builder
	b.WriteString(p.Title + "\n" + strings.Repeat("=", min(width, columns(p.Title))) + "\n\n")
	for _, block := range p.Blocks {
		switch {
		case block.Level > 0:
			title := block.Text.plain(p.Dir)
			line := "-"
			if block.Level > 2 {
				line = "."
			}
			b.WriteString("\n" + title + "\n" + strings.Repeat(line, min(width, columns(title))) + "\n\n")
		case block.Table != nil:
			block.Table.text(&b, p)
		case block.Items != nil:
			for _, item := range block.Items {
				b.WriteString(wrapped("- "+item.plain(p.Dir), "  "))
			}
			b.WriteString("\n")
		default:
			b.WriteString(wrapped(block.Text.plain(p.Dir), "") + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (t *Table) text(b *strings.Builder, p *Page) {
	colon := map[string]string{"zh": "：", "fr": " : "}[p.Lang]
	if colon == "" {
		colon = ": "
	}
	for _, row := range t.Rows {
		for i, cell := range row {
			if text := cell.plain(p.Dir); text != "" {
				mark := "  "
				if i == 0 {
					mark = "* "
				}
				b.WriteString(wrapped(mark+t.Head[i]+colon+text, "  "))
			}
		}
	}
	b.WriteString("\n")
}

// plain gives the text alone, with addresses where links lead elsewhere than
// they say. Names and addresses are isolated from text that is written from
// right to left (Unicode Standard Annex 9).
func (text Inline) plain(dir string) string {
	var b strings.Builder
	for _, s := range text {
		switch {
		case dir != "rtl" || s.Text == "":
			b.WriteString(s.Text)
		case s.Code:
			b.WriteString("\u2066" + s.Text + "\u2069")
		case s.Foreign || s.Lang != "":
			b.WriteString("\u2068" + s.Text + "\u2069")
		default:
			b.WriteString(s.Text)
		}
		if address := s.address(); address != "" {
			b.WriteString(" <" + address + ">")
		}
	}
	return b.String()
}

// address gives where a link leads that does not say so itself.
func (s Span) address() string {
	address := strings.TrimPrefix(s.Href, "mailto:")
	if s.Href == "" || s.Href[0] == '#' || strings.HasPrefix(s.Href, "tel:") || address == s.Text || s.Href == "https://"+s.Text+"/" {
		return ""
	}
	return address
}

// wrapped breaks a line at spaces, and behind characters of Chinese but before
// no punctuation. What has neither stays whole.
func wrapped(s, indent string) string {
	var b strings.Builder
	at := 0
	for _, piece := range pieces(s) {
		n := columns(strings.TrimRight(piece, " "))
		if at > 0 && at+n > width {
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
