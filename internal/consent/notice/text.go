package notice

import (
	"io"
	"strings"
	"unicode/utf8"
)

// width is that of plain text, in code points.
const width = 78

// Text writes the page as plain text, in UTF-8. Rows of tables become
// paragraphs, so that they can be read aloud.
func (p *Page) Text(w io.Writer) error {
	var b strings.Builder
	b.WriteString(p.Title + "\n" + strings.Repeat("=", min(width, utf8.RuneCountInString(p.Title))) + "\n\n")
	for _, block := range p.Blocks {
		switch {
		case block.Level > 0:
			title := block.Text.plain(p.Dir)
			line := "-"
			if block.Level > 2 {
				line = "."
			}
			b.WriteString("\n" + title + "\n" + strings.Repeat(line, min(width, utf8.RuneCountInString(title))) + "\n\n")
		case block.Table != nil:
			block.Table.text(&b, p.Dir)
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

func (t *Table) text(b *strings.Builder, dir string) {
	for _, row := range t.Rows {
		for i, cell := range row {
			if text := cell.plain(dir); text != "" {
				mark := "  "
				if i == 0 {
					mark = "* "
				}
				b.WriteString(wrapped(mark+t.Head[i]+": "+text, "  "))
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

// wrapped breaks a line at spaces; what has none stays whole.
func wrapped(s, indent string) string {
	var b strings.Builder
	at := 0
	for i, word := range strings.Split(s, " ") {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case at+1+n > width:
			b.WriteString("\n" + indent)
			at = utf8.RuneCountInString(indent)
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += n
	}
	return strings.TrimRight(b.String(), " ") + "\n"
}
