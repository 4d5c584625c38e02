package terms

import (
	"fmt"
	"html"
	"io"
	"strings"

	"candor/internal/phrase"
)

// Page is a version as one reader sees it: fixed words in the reader's language,
// texts in that language if the document has it, else in its first.
type Page struct {
	t    phrase.Printer
	d    *Document
	want string // the reader's language
	tag  string // of the texts
}

// Page gives the page for readers of a language.
func (d *Document) Page(texts *phrase.Catalogue, language string) *Page {
	return &Page{texts.For(language), d, language, d.language(language)}
}

// HTML writes the page for a language: see Page.HTML.
func (d *Document) HTML(w io.Writer, texts *phrase.Catalogue, language string) error {
	return d.Page(texts, language).HTML(w)
}

// Anchor gives the id that a clause has in HTML.
func Anchor(clause string) string { return "clause-" + clause }

// Language gives the language of the texts: what is recorded as shown.
func (p *Page) Language() string { return p.tag }

// Title gives the title of the document.
func (p *Page) Title() string { return p.d.Title[p.tag] }

// own tells whether texts and fixed words are in one language.
func (p *Page) own() bool { return base(p.tag) == p.t.Lang() }

// foreign tells whether the reader's language is not there.
func (p *Page) foreign() bool { return base(p.tag) != base(p.want) }

// attributes marks an element that holds texts in another language than the
// page's.
func (p *Page) attributes() string {
	if p.own() {
		return ""
	}
	return fmt.Sprintf(` lang="%s" dir="%s"`, html.EscapeString(p.tag), direction(p.tag))
}

// facts gives what stands below the title: kind, version, since when, and from
// what age on somebody may agree alone.
func (p *Page) facts() []string {
	since := p.d.Since()
	all := []string{
		p.t.Word("terms.kind.", string(p.d.Kind)),
		p.t.T("terms.version", phrase.Args{"version": p.d.Label}),
		p.t.T("terms.effective", phrase.Args{"time": p.t.Time(since, since.Location())}),
	}
	if p.d.Age > 0 {
		all = append(all, p.t.N("terms.age", p.d.Age))
	}
	return all
}

// digest names the version.
func (p *Page) digest() string {
	digest, err := p.d.Digest()
	if err != nil { // a document that Decode gave always has one
		return "–"
	}
	return digest
}

// choice says what an optional clause is.
func (p *Page) choice(c Clause) string {
	if !c.Optional {
		return ""
	}
	return p.t.T("terms.optional")
}

// effects gives what a clause lets the provider do.
func (p *Page) effects(c Clause) (all []string) {
	for _, action := range c.Allows {
		all = append(all, p.t.Word("terms.action.", action))
	}
	return all
}

// provider says who "we" are.
func (p *Page) provider() string {
	return p.t.T("terms.provider", phrase.Args{"name": p.d.Provider.Name})
}

// contact gives the address of the provider without its scheme.
func (p *Page) contact() string { return strings.TrimPrefix(p.d.Provider.Contact, "mailto:") }
