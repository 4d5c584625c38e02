package terms

import (
	_ "embed"
	"fmt"
	"html"
	"io"
	"strconv"
	"strings"

	"candor/internal/phrase"
)

//go:embed terms.css
var style string

// document begins and ends a page that stands alone: no script, nothing from
// elsewhere.
func document(w io.Writer, t phrase.Printer, title, body string) error {
	_, err := fmt.Fprintf(w, `<!doctype html>
<html lang="%s" dir="%s">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%s</title>
<style>
%s</style>
</head>
<body>
<main class="terms">
%s</main>
</body>
</html>
`, t.Lang(), t.Dir(), html.EscapeString(title), style, body)
	return err
}

// HTML writes the page as a document that stands alone.
func (p *Page) HTML(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "<h1%s>%s</h1>\n", p.attributes(), html.EscapeString(p.Title()))
	p.fragment(&b)
	return document(w, p.t, p.Title(), b.String())
}

// Fragment writes all but the title, for a page that has an h1 of its own, the
// reader's language and direction, and the style of Style if it likes.
func (p *Page) Fragment(w io.Writer) error {
	var b strings.Builder
	p.fragment(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// Style gives the style sheet that documents carry. Its rules for what is inside
// hold below class "terms".
func Style() string { return style }

func (p *Page) fragment(b *strings.Builder) {
	b.WriteString("<p class=\"facts\">")
	for i, fact := range p.facts() {
		if i > 0 {
			b.WriteString(" · ")
		}
		b.WriteString("<span>" + html.EscapeString(fact) + "</span>")
	}
	b.WriteString("</p>\n")
	fmt.Fprintf(b, "<p class=\"provider\">%s %s <a href=\"%s\"><bdi dir=\"ltr\">%s</bdi></a></p>\n", html.EscapeString(p.provider()),
		html.EscapeString(p.t.T("terms.contact")), html.EscapeString(p.d.Provider.Contact), html.EscapeString(p.contact()))
	if !p.own() {
		fmt.Fprintf(b, "<p class=\"note\">%s</p>\n", html.EscapeString(p.t.T("terms.foreign")))
	}
	fmt.Fprintf(b, "<p class=\"summary\"%s>%s</p>\n", p.attributes(), html.EscapeString(p.d.Summary[p.tag]))
	p.contents(b)
	for i, c := range p.d.Clauses {
		p.section(b, i, c)
	}
	fmt.Fprintf(b, "<p class=\"digest\">%s <code dir=\"ltr\">%s</code></p>\n", html.EscapeString(p.t.T("terms.digest")), p.digest())
}

func (p *Page) contents(b *strings.Builder) {
	fmt.Fprintf(b, "<nav aria-labelledby=\"terms-contents\">\n<h2 id=\"terms-contents\">%s</h2>\n<ol%s>\n", html.EscapeString(p.t.T("terms.contents")), p.attributes())
	for _, c := range p.d.Clauses {
		fmt.Fprintf(b, "<li><a href=\"#%s\">%s</a></li>\n", Anchor(c.ID), html.EscapeString(c.Heading[p.tag]))
	}
	b.WriteString("</ol>\n</nav>\n")
}

func (p *Page) section(b *strings.Builder, i int, c Clause) {
	id := Anchor(c.ID)
	class := ""
	if c.Optional {
		class = ` class="optional"`
	}
	fmt.Fprintf(b, "<section aria-labelledby=\"%s\"%s>\n<h2 id=\"%[1]s\"%[3]s>%d. %s</h2>\n", id, class, p.attributes(), i+1, html.EscapeString(c.Heading[p.tag]))
	if c.Material {
		fmt.Fprintf(b, "<p class=\"note\">%s</p>\n", html.EscapeString(p.t.T("terms.material")))
	}
	if c.Optional {
		fmt.Fprintf(b, "<p class=\"choice\">%s</p>\n", html.EscapeString(p.choice(c)))
	}
	if a := p.attributes(); a != "" {
		fmt.Fprintf(b, "<div%s>\n", a)
		blocksHTML(b, Blocks(c.Text[p.tag]))
		b.WriteString("</div>\n")
	} else {
		blocksHTML(b, Blocks(c.Text[p.tag]))
	}
	if all := p.effects(c); len(all) > 0 {
		fmt.Fprintf(b, "<p class=\"effects\">%s</p>\n<ul class=\"effects\">\n", html.EscapeString(p.t.T("terms.allows")))
		for _, e := range all {
			fmt.Fprintf(b, "<li>%s</li>\n", html.EscapeString(e))
		}
		b.WriteString("</ul>\n")
	}
	b.WriteString("</section>\n")
}

func blocksHTML(b *strings.Builder, blocks []Block) {
	list := lister{b: b}
	for _, block := range blocks {
		list.open(block.List)
		list.item(block.List, spansHTML(block.Text))
	}
	list.open(NoList)
}

// lister opens and closes lists around items.
type lister struct {
	b  *strings.Builder
	in ListKind
}

func tagOf(kind ListKind) string {
	if kind == Numbered {
		return "ol"
	}
	return "ul"
}

func (l *lister) open(kind ListKind) {
	if l.in == kind {
		return
	}
	if l.in != NoList {
		l.b.WriteString("</" + tagOf(l.in) + ">\n")
	}
	if kind != NoList {
		l.b.WriteString("<" + tagOf(kind) + ">\n")
	}
	l.in = kind
}

func (l *lister) item(kind ListKind, inner string) {
	tag := "p"
	if kind != NoList {
		tag = "li"
	}
	l.b.WriteString("<" + tag + ">" + inner + "</" + tag + ">\n")
}

func spansHTML(spans []Span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.html())
	}
	return b.String()
}

func (s Span) html() string {
	out := html.EscapeString(s.Text)
	if s.Em {
		out = "<em>" + out + "</em>"
	}
	if s.Strong {
		out = "<strong>" + out + "</strong>"
	}
	if s.Href != "" {
		href := s.Href
		if id, is := strings.CutPrefix(href, "#"); is {
			href = "#" + Anchor(id)
		}
		out = `<a href="` + html.EscapeString(href) + `">` + out + `</a>`
	}
	return out
}

// numbered gives the mark of an item in plain text.
func numbered(kind ListKind, n int) string {
	switch kind {
	case Bulleted:
		return "- "
	case Numbered:
		return strconv.Itoa(n) + ". "
	}
	return ""
}
