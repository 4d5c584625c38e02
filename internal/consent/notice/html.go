package notice

import (
	_ "embed"
	"fmt"
	"html"
	"io"
	"strings"
)

//go:embed notice.css
var style string

// HTML writes the page as a document that stands alone: no script, nothing
// from elsewhere. Printed, the short notice holds on one A4 page.
func (p *Page) HTML(w io.Writer) error {
	var b strings.Builder
	class := "full"
	if p.Short {
		class = "short"
	}
	fmt.Fprintf(&b, "<!doctype html>\n<html lang=%q dir=%q>\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n", p.Lang, p.Dir)
	fmt.Fprintf(&b, "<title>%s</title>\n<style>\n%s</style>\n</head>\n<body>\n<main class=%q>\n", html.EscapeString(p.Title), style, class)
	p.nav(&b)
	fmt.Fprintf(&b, "<h1>%s</h1>\n", html.EscapeString(p.Title))
	section := ""
	for _, block := range p.Blocks {
		if block.Level > 0 {
			section = block.ID
		}
		block.html(&b, section)
	}
	b.WriteString("</main>\n</body>\n</html>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (p *Page) nav(b *strings.Builder) {
	if len(p.Nav) == 0 {
		return
	}
	b.WriteString("<nav>\n<ul>\n")
	for _, l := range p.Nav {
		lang, current := "", ""
		if l.Lang != "" {
			lang = fmt.Sprintf(" lang=%q hreflang=%[1]q", html.EscapeString(l.Lang))
		}
		if l.Current {
			current = ` aria-current="true"`
		}
		fmt.Fprintf(b, "<li><a href=\"%s\"%s%s>%s</a></li>\n", html.EscapeString(l.Href), lang, current, html.EscapeString(l.Text))
	}
	b.WriteString("</ul>\n</nav>\n")
}

// Style is the only style sheet of pages, in an element of their own: a content
// security policy can name its digest.
func Style() string { return "\n" + style }

func (block Block) html(b *strings.Builder, section string) {
	switch {
	case block.Level > 0:
		fmt.Fprintf(b, "<h%d id=\"%s\">%s</h%[1]d>\n", block.Level, html.EscapeString(block.ID), block.Text.html())
	case block.Table != nil:
		block.Table.html(b, section)
	case block.Items != nil:
		b.WriteString("<ul>\n")
		for _, item := range block.Items {
			fmt.Fprintf(b, "<li>%s</li>\n", item.html())
		}
		b.WriteString("</ul>\n")
	default:
		fmt.Fprintf(b, "<p>%s</p>\n", block.Text.html())
	}
}

// html writes the table in a group that can be scrolled by keyboard where the
// screen is narrow.
func (t *Table) html(b *strings.Builder, section string) {
	fmt.Fprintf(b, "<div class=\"wide\" role=\"group\" aria-labelledby=\"%s\" tabindex=\"0\">\n<table>\n<thead>\n<tr>", html.EscapeString(section))
	for _, h := range t.Head {
		fmt.Fprintf(b, "<th scope=\"col\">%s</th>", html.EscapeString(h))
	}
	b.WriteString("</tr>\n</thead>\n<tbody>\n")
	for _, row := range t.Rows {
		b.WriteString("<tr>")
		for i, cell := range row {
			if i == 0 {
				fmt.Fprintf(b, "<th scope=\"row\">%s</th>", cell.html())
			} else {
				fmt.Fprintf(b, "<td>%s</td>", cell.html())
			}
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody>\n</table>\n</div>\n")
}

func (text Inline) html() string {
	var b strings.Builder
	for _, s := range text {
		b.WriteString(s.html())
	}
	return b.String()
}

func (s Span) html() string {
	out := html.EscapeString(s.Text)
	switch {
	case s.Code:
		out = `<code dir="ltr">` + out + `</code>`
	case s.Lang != "":
		out = fmt.Sprintf(`<span lang="%s" dir="%s">%s</span>`, html.EscapeString(s.Lang), direction(s.Lang), out)
	case s.Foreign:
		out = `<bdi>` + out + `</bdi>`
	}
	if s.Href != "" {
		out = `<a href="` + html.EscapeString(s.Href) + `">` + out + `</a>`
	}
	return out
}
