package terms

import (
	"fmt"
	"html"
	"io"
	"strings"

	"candor/internal/phrase"
)

// HTML writes the comparison as a document that stands alone.
func (c *Comparison) HTML(w io.Writer) error {
	title := c.title()
	var b strings.Builder
	fmt.Fprintf(&b, "<h1>%s</h1>\n", html.EscapeString(title))
	c.fragment(&b)
	return document(w, c.t, title, b.String())
}

// Fragment writes all but the title; see Page.Fragment. What was added is in
// ins, what was taken out in del, with words for screen readers around them.
func (c *Comparison) Fragment(w io.Writer) error {
	var b strings.Builder
	c.fragment(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (c *Comparison) title() string {
	return c.t.T("terms.compare", phrase.Args{"title": c.new.Title[c.Language]})
}

func (c *Comparison) editions() string {
	return c.t.T("terms.compare.versions", phrase.Args{"old": c.old.Label, "new": c.new.Label})
}

func (c *Comparison) fragment(b *strings.Builder) {
	fmt.Fprintf(b, "<p class=\"facts\">%s</p>\n", html.EscapeString(c.editions()))
	fmt.Fprintf(b, "<h2 id=\"terms-short\">%s</h2>\n<ul>\n", html.EscapeString(c.t.T("terms.compare.short")))
	for _, line := range c.Lines() {
		fmt.Fprintf(b, "<li>%s</li>\n", html.EscapeString(line))
	}
	b.WriteString("</ul>\n")
	if c.Material() {
		fmt.Fprintf(b, "<p class=\"note\">%s</p>\n", html.EscapeString(c.t.T("terms.compare.material")))
	}
	fmt.Fprintf(b, "<h2 id=\"terms-clauses\">%s</h2>\n<p>%s</p>\n", html.EscapeString(c.t.T("terms.compare.clauses")), c.legend())
	if !same(c.Summary) {
		c.passages(b, c.Summary)
	}
	for _, x := range c.Clauses {
		c.section(b, x)
	}
}

// legend shows how additions and deletions look.
func (c *Comparison) legend() string {
	return fmt.Sprintf("<ins>%s</ins> · <del>%s</del>", html.EscapeString(c.t.T("terms.compare.added")), html.EscapeString(c.t.T("terms.compare.taken")))
}

// state says in one word what happened to a clause.
func (c *Comparison) state(x Change) string {
	switch {
	case x.Op == Added:
		return c.t.T("terms.compare.new")
	case x.Op == Taken:
		return c.t.T("terms.compare.gone")
	case x.Changed():
		return c.t.T("terms.compare.changed")
	case x.Moved:
		return c.t.T("terms.compare.moved")
	}
	return c.t.T("terms.compare.same")
}

func (c *Comparison) attributes() string {
	if base(c.Language) == c.t.Lang() {
		return ""
	}
	return fmt.Sprintf(` lang="%s" dir="%s"`, html.EscapeString(c.Language), direction(c.Language))
}

func (c *Comparison) section(b *strings.Builder, x Change) {
	id := "change-" + x.ID
	fmt.Fprintf(b, "<section aria-labelledby=\"%s\">\n<h3 id=\"%[1]s\"%s>", id, c.attributes())
	if n := max(x.Is, 0); n > 0 {
		fmt.Fprintf(b, "%d. ", n)
	}
	for _, p := range x.Heading {
		c.pieces(b, p.Pieces)
	}
	fmt.Fprintf(b, "</h3>\n<p class=\"state\">%s</p>\n", html.EscapeString(c.state(x)))
	if x.Changed() {
		c.rights(b, x)
		c.passages(b, x.Text)
	}
	b.WriteString("</section>\n")
}

// rights says which actions a clause allows now, and which no more.
func (c *Comparison) rights(b *strings.Builder, x Change) {
	for _, list := range []struct {
		tag, says string
		actions   []string
	}{{"ins", c.t.T("terms.compare.allows"), x.Allows}, {"del", c.t.T("terms.compare.stops"), x.Stops}} {
		for _, action := range list.actions {
			fmt.Fprintf(b, "<p>%s <%s>%s</%[2]s></p>\n", html.EscapeString(list.says), list.tag, html.EscapeString(c.t.Word("terms.action.", action)))
		}
	}
}

func (c *Comparison) passages(b *strings.Builder, all []Passage) {
	if a := c.attributes(); a != "" {
		fmt.Fprintf(b, "<div%s>\n", a)
		defer b.WriteString("</div>\n")
	}
	list := lister{b: b}
	for _, p := range all {
		list.open(p.List)
		var inner strings.Builder
		if p.Op != Kept && p.mixed() {
			c.piece(&inner, p.Op, "¶ ") // the text was there, the break is what changed
		}
		c.pieces(&inner, p.Pieces)
		list.item(p.List, inner.String())
	}
	list.open(NoList)
}

// mixed tells whether a passage holds more than its own operation.
func (p Passage) mixed() bool {
	for _, q := range p.Pieces {
		if q.Op != p.Op {
			return true
		}
	}
	return false
}

// pieces writes runs of one operation into one element each.
func (c *Comparison) pieces(b *strings.Builder, all []Piece) {
	for i := 0; i < len(all); {
		k := i
		var inner strings.Builder
		for ; k < len(all) && all[k].Op == all[i].Op; k++ {
			inner.WriteString(all[k].html())
		}
		c.around(b, all[i].Op, inner.String())
		i = k
	}
}

func (c *Comparison) piece(b *strings.Builder, op Op, text string) {
	c.around(b, op, html.EscapeString(text))
}

// around puts what a screen reader says before and after a change around it:
// most do not tell ins and del by themselves.
func (c *Comparison) around(b *strings.Builder, op Op, inner string) {
	tag, key := "", ""
	switch op {
	case Added:
		tag, key = "ins", c.t.T("terms.compare.hear-added")
	case Taken:
		tag, key = "del", c.t.T("terms.compare.hear-taken")
	default:
		b.WriteString(inner)
		return
	}
	fmt.Fprintf(b, "<%s>%s%s%s</%[1]s>", tag, c.unseen(key), inner, c.unseen(c.t.T("terms.compare.hear-end")))
}

func (c *Comparison) unseen(text string) string {
	lang := ""
	if c.attributes() != "" {
		lang = fmt.Sprintf(` lang="%s" dir="%s"`, c.t.Lang(), c.t.Dir())
	}
	return `<span class="unseen"` + lang + `> ` + html.EscapeString(text) + ` </span>`
}

// Text writes the comparison as plain text: what was added in {+…+}, what was
// taken out in [-…-].
func (c *Comparison) Text(w io.Writer) error {
	var b strings.Builder
	lined(&b, c.title(), "=")
	b.WriteString(wrapped(c.editions(), "") + "\n")
	for _, line := range c.Lines() {
		b.WriteString(wrapped("- "+line, "  "))
	}
	if c.Material() {
		b.WriteString("\n" + wrapped(c.t.T("terms.compare.material"), ""))
	}
	for _, x := range c.Clauses {
		if x.Changed() || x.Moved {
			c.changeText(&b, x)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (c *Comparison) changeText(b *strings.Builder, x Change) {
	var heading strings.Builder
	for _, p := range x.Heading {
		heading.WriteString(marked(p.Pieces))
	}
	b.WriteString("\n")
	lined(b, heading.String(), "-")
	b.WriteString(wrapped(c.state(x), ""))
	if !x.Changed() {
		return
	}
	for _, p := range x.Text {
		mark := ""
		if p.List != NoList {
			mark = "- "
		}
		b.WriteString("\n" + wrapped(mark+marked(p.Pieces), strings.Repeat(" ", len(mark))))
	}
}

func marked(all []Piece) string {
	var b strings.Builder
	for _, p := range all {
		switch p.Op {
		case Added:
			b.WriteString("{+" + p.Text + "+}")
		case Taken:
			b.WriteString("[-" + p.Text + "-]")
		default:
			b.WriteString(p.Text)
		}
	}
	return b.String()
}
