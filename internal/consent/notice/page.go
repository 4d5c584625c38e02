package notice

import (
	"strings"

	"candor/internal/phrase"
)

// Page is a layer of a notice in one language, as blocks in reading order. It
// is written as HTML or as plain text.
type Page struct {
	Lang, Dir string // of the attributes of those names
	Title     string
	Short     bool
	Blocks    []Block
	Nav       []Link // above all else; of HTML only, and not printed
	prose     []sentence
}

// Block is one of a heading, a paragraph, a list or a table.
type Block struct {
	Level int    // of a heading: 2 or 3
	ID    string // of a heading
	Text  Inline // of a heading or a paragraph
	Items []Inline
	Table *Table
}

// Link leads to another page.
type Link struct {
	Text, Href string
	Lang       string // of the page that it leads to, if not this one's
	Current    bool   // it leads here
}

// Table has a header; the first cell of each row is the row's header.
type Table struct {
	Name string // what it is of
	Head []string
	Rows [][]Inline
}

// Inline is a run of text.
type Inline []Span

// Span is text of one kind.
type Span struct {
	Text    string
	Lang    string // if not the page's
	Href    string
	Code    bool // a name, an address or a digest: written from left to right
	Foreign bool // a name whose direction is its own
}

// sentence is prose whose reading is measured, and where it comes from.
type sentence struct{ at, text string }

// author puts a page together.
type author struct {
	n *Notice
	t phrase.Printer
	*Page
}

func newAuthor(n *Notice, t phrase.Printer, short bool) *author {
	return &author{n, t, &Page{Lang: t.Lang(), Dir: t.Dir(), Short: short}}
}

func plain(s string) Inline { return Inline{{Text: s}} }
func code(s string) Inline  { return Inline{{Text: s, Code: true}} }
func name(s string) Inline  { return Inline{{Text: s, Foreign: true}} }

func (a *author) heading(level int, id, key string) {
	a.Blocks = append(a.Blocks, Block{Level: level, ID: id, Text: plain(a.t.T(key))})
}

func (a *author) para(text Inline) {
	if len(text) > 0 {
		a.Blocks = append(a.Blocks, Block{Text: text})
	}
}

func (a *author) list(items ...Inline) {
	if len(items) > 0 {
		a.Blocks = append(a.Blocks, Block{Items: items})
	}
}

func (a *author) table(key string, head []string, rows [][]Inline) {
	t := &Table{Name: a.t.T(key), Rows: rows}
	for _, h := range head {
		column := "notice.col." + h
		t.Head = append(t.Head, a.t.T(column))
	}
	a.Blocks = append(a.Blocks, Block{Table: t})
}

// say is a paragraph in fixed words, which is measured as prose.
func (a *author) say(key string, args ...phrase.Args) {
	text := a.t.T(key, args...)
	a.para(plain(text))
	a.measure("", text)
}

func (a *author) measure(at, text string) { a.prose = append(a.prose, sentence{at, text}) }

// free gives a free text in the page's language, or in the notice's own.
func (a *author) free(at string, t Text) Inline {
	text, tag := t.in(a.Lang, a.n.Language)
	if text == "" {
		return nil
	}
	if base(tag) == a.Lang {
		a.measure(at+"/"+tag, text)
		return plain(text)
	}
	return Inline{{Text: text, Lang: tag}}
}

// in gives the text in a language, in a variety of it, or else in another, and
// the tag under which it was found.
func (t Text) in(lang, other string) (text, tag string) {
	if s := t[lang]; s != "" {
		return s, lang
	}
	found := ""
	for tag := range t {
		if base(tag) == lang && (found == "" || tag < found) {
			found = tag
		}
	}
	if found == "" {
		found = other
	}
	return t[found], found
}

func base(tag string) string {
	b, _, _ := strings.Cut(tag, "-")
	return b
}

// direction gives how a language is written.
func direction(tag string) string {
	if strings.Contains(tag, "-Arab") {
		return "rtl"
	}
	switch base(tag) {
	case "ar", "fa", "he", "ur", "ps", "sd", "ug", "yi", "dv", "ckb":
		return "rtl"
	}
	return "ltr"
}

// join puts runs of text into one enumeration.
func (a *author) join(parts []Inline) Inline {
	var out Inline
	for i, p := range parts {
		if i > 0 {
			out = append(out, Span{Text: a.t.T("notice.list")})
		}
		out = append(out, p...)
	}
	return out
}

func (a *author) words(prefix string, all []string) Inline {
	var parts []Inline
	for _, w := range all {
		parts = append(parts, plain(a.t.Word(prefix, w)))
	}
	return a.join(parts)
}

// yes words a flag.
func (a *author) yes(flag bool) Inline {
	if flag {
		return plain(a.t.T("notice.yes"))
	}
	return plain(a.t.T("notice.no"))
}

// keeps words how long something is kept.
func (a *author) keeps(period string) string {
	if s, ok := parseSpan(period); ok {
		unit := "notice.span." + s.unit
		return a.t.N(unit, s.n)
	}
	return a.t.Word("notice.keep.", period)
}

func (a *author) digest() string {
	d, err := a.n.Digest()
	if err != nil { // a notice that Decode gave always has one
		return "–"
	}
	return d
}
