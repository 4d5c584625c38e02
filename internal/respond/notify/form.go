package notify

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"strings"
	"time"

	"candor/internal/phrase"
)

// text writes the letter without any markup.
func (c content) text() string {
	var b strings.Builder
	paragraphs(&b, c.Hello)
	paragraphs(&b, c.Opening...)
	for _, s := range c.Sections {
		c.section(&b, s)
	}
	b.WriteString("-- \n" + c.Closing + "\n") // the mark of a signature (RFC 3676, 4.3)
	return b.String()
}

func (c content) section(b *strings.Builder, s section) {
	paragraphs(b, "— "+s.Title+" —")
	paragraphs(b, s.Before...)
	places(b, s.Places, s.More)
	for _, one := range s.Items {
		b.WriteString("* " + one.Title + "\n\n")
		paragraphs(b, one.Lines...)
		places(b, one.Places, one.More)
		if one.Link != nil {
			paragraphs(b, one.Link.URL, one.Link.Until)
		}
	}
	for i, one := range s.Steps {
		paragraphs(b, fmt.Sprintf("%d. %s", i+1, one))
	}
	paragraphs(b, s.After...)
	if s.Link != nil {
		paragraphs(b, s.Link.URL, s.Link.Until) // each on a line of its own: nothing sticks to the link
	}
	for _, l := range s.Reach {
		b.WriteString(l.Name + c.Colon + c.isolate(l.Value) + "\n")
	}
	if len(s.Reach) > 0 {
		b.WriteString("\n")
	}
}

func places(b *strings.Builder, all []string, more string) {
	for _, one := range all {
		b.WriteString("  * " + one + "\n")
	}
	if more != "" {
		b.WriteString("  " + more + "\n")
	}
	if len(all) > 0 {
		b.WriteString("\n")
	}
}

func paragraphs(b *strings.Builder, all ...string) {
	for _, one := range all {
		b.WriteString(one + "\n\n")
	}
}

// isolate keeps the groups of a telephone number in their order. Addresses
// need it not, and a program that makes links of them could take the signs in.
func (c content) isolate(s string) string {
	if c.Dir != "rtl" || !strings.Contains(s, " ") {
		return s
	}
	return "\u2066" + s + "\u2069"
}

//go:embed letter.html.tmpl
var letterSource string

var letterTemplate = template.Must(template.New("letter").Funcs(template.FuncMap{"pieces": pieces}).Parse(letterSource))

// html writes the letter as a page that loads nothing.
func (c content) html() (string, error) {
	var b bytes.Buffer
	if err := letterTemplate.Execute(&b, c); err != nil {
		return "", fmt.Errorf("write the letter: %w", err)
	}
	return b.String(), nil
}

// Start is the side on which lines begin.
func (c content) Start() string {
	if c.Dir == "rtl" {
		return "right"
	}
	return "left"
}

// pieces cuts a path where a line may break. It also keeps readers of mail
// from making links of file names that look like host names.
func pieces(path string) []string {
	return strings.FieldsFunc(
		strings.NewReplacer("/", "/\x00", ".", "\x00.", "_", "_\x00", "-", "-\x00").Replace(path),
		func(r rune) bool { return r == 0 })
}

// fill puts a link where its marks are.
func (r rendered) fill(n int, url string, expires time.Time, p phrase.Printer, zone *time.Location) rendered {
	link, until := marks(n)
	time := p.Time(expires, zone)
	r.Text = strings.NewReplacer(link, url, until, time).Replace(r.Text)
	r.HTML = strings.NewReplacer(link, template.HTMLEscapeString(url), until, template.HTMLEscapeString(time)).Replace(r.HTML)
	return r
}
