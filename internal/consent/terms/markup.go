package terms

import (
	"strings"
	"unicode"

	"candor/internal/regex"
)

// Block is a paragraph or an item of a list. Clauses are written in a small
// part of Markdown: paragraphs, lists with "- " or "1. ", *emphasis*, **strong
// emphasis**, and [links](https://example.net/), whose addresses begin with
// https:, mailto:, tel:, or # and the id of a clause. A backslash takes the
// meaning from the sign behind it. There is nothing else, and no HTML.
type Block struct {
	List ListKind `json:"list,omitempty"`
	Text []Span   `json:"text"`
}

// ListKind says of which kind of list a Block is an item.
type ListKind string

// The kinds of lists.
const (
	NoList   ListKind = ""
	Bulleted ListKind = "bulleted"
	Numbered ListKind = "numbered"
)

// Span is text of one kind.
type Span struct {
	Text   string `json:"text"`
	Strong bool   `json:"strong,omitempty"`
	Em     bool   `json:"em,omitempty"`
	Href   string `json:"href,omitempty"`
}

// Blocks reads the text of a clause. What Decode gave can always be read.
func Blocks(text string) []Block {
	blocks, _ := parse(text)
	return blocks
}

var (
	bullet   = regex.Of(`^-( +|$)`)
	number   = regex.Of(`^([0-9]{1,3})\. +`)
	foreign  = regex.Of(`^(#{1,6} |>|\||~~~|[-=_]{3,}$|[+] |\* )`) // blocks of Markdown that are not read
	htmlLike = regex.Of(`^(<[A-Za-z/!?]|&(#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]{0,31});)`)
	address  = regex.Of(`^(https://[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?([/?#][A-Za-z0-9._~!$&'*+,;=:@%/?#-]*)?|mailto:[0-9A-Za-z._+-]+@[0-9A-Za-z.-]+|tel:\+[0-9-]{4,25}|#[a-z0-9][a-z0-9._-]{0,63})$`)
)

// parse reads a text. The mark names what is not Markdown of ours: "html",
// "block", "code", "emphasis", "link", "image", "empty"; it is empty for a text
// that is.
func parse(text string) (blocks []Block, mark string) {
	var kind ListKind
	line, open := "", false
	end := func() {
		if !open || mark != "" {
			return
		}
		spans, m := inline(line)
		blocks, mark, open = append(blocks, Block{kind, spans}), m, false
	}
	begin := func(k ListKind, s string) {
		end()
		kind, line, open = k, s, true
	}
	for raw := range strings.Lines(text) {
		s := strings.Trim(raw, " \n")
		n := number.FindStringSubmatch(s)
		switch {
		case s == "":
			end()
		case foreign.MatchString(s):
			return nil, "block"
		case bullet.MatchString(s):
			begin(Bulleted, bullet.ReplaceAllString(s, ""))
		case n != nil && (!open || n[1] == "1" || kind == Numbered):
			begin(Numbered, s[len(n[0]):])
		case open:
			line = joined(line, s)
		default:
			begin(NoList, s)
		}
	}
	end()
	if mark == "" && len(blocks) == 0 {
		mark = "empty"
	}
	if mark != "" {
		return nil, mark
	}
	return blocks, ""
}

// joined puts two lines of a paragraph together: with a space, except between
// characters of Chinese.
func joined(a, b string) string {
	if a == "" { // an item whose text begins on the next line
		return b
	}
	last, first := []rune(a), []rune(b)
	if wide(last[len(last)-1]) && wide(first[0]) {
		return a + b
	}
	return a + " " + b
}

// wide tells whether a character is of a script that is written without spaces.
func wide(r rune) bool {
	return unicode.Is(unicode.Han, r) || r >= 0x3000 && r <= 0x30ff || r >= 0xff00 && r <= 0xff60 || r == '“' || r == '”' || r == '—'
}

// scanner reads the inside of a block.
type scanner struct {
	rest       string
	text       strings.Builder
	strong, em bool
	spans      []Span
}

func inline(s string) ([]Span, string) {
	sc := scanner{rest: s}
	for sc.rest != "" {
		if mark := sc.step(); mark != "" {
			return nil, mark
		}
	}
	sc.flush("")
	spans := spaced(sc.spans)
	switch {
	case sc.strong || sc.em:
		return nil, "emphasis"
	case len(spans) == 0:
		return nil, "empty"
	}
	return spans, ""
}

// spaced leaves one space between words, and none at the ends.
func spaced(spans []Span) (out []Span) {
	space := true
	for _, s := range spans {
		s.Text = strings.Join(strings.FieldsFunc("."+s.Text+".", func(r rune) bool { return r == ' ' }), " ")
		s.Text = s.Text[1 : len(s.Text)-1]
		if space {
			s.Text = strings.TrimPrefix(s.Text, " ")
		}
		if s.Text != "" {
			space = strings.HasSuffix(s.Text, " ")
			out = appendSpan(out, s)
		}
	}
	for n := len(out); n > 0; n = len(out) {
		last := &out[n-1]
		if last.Text = strings.TrimSuffix(last.Text, " "); last.Text != "" {
			break
		}
		out = out[:n-1]
	}
	return out
}

// step reads one sign, or a link.
func (s *scanner) step() (mark string) {
	c := s.rest[0]
	switch {
	case c == '\\' && len(s.rest) > 1 && punctuation(s.rest[1]):
		s.text.WriteByte(s.rest[1])
		s.rest = s.rest[2:]
	case c == '`':
		return "code"
	case strings.HasPrefix(s.rest, "!["):
		return "image"
	case c == '<' || c == '&':
		if htmlLike.MatchString(s.rest) {
			return "html"
		}
		s.take(1)
	case c == '*':
		s.toggle()
	case c == ']':
		return "link"
	case c == '[':
		return s.link()
	default:
		s.take(1)
	}
	return ""
}

func (s *scanner) take(n int) {
	s.text.WriteString(s.rest[:n])
	s.rest = s.rest[n:]
}

func (s *scanner) toggle() {
	s.flush("")
	if strings.HasPrefix(s.rest, "**") {
		s.strong, s.rest = !s.strong, s.rest[2:]
	} else {
		s.em, s.rest = !s.em, s.rest[1:]
	}
}

func (s *scanner) link() string {
	text, rest, ok := strings.Cut(s.rest[1:], "](")
	href, rest, closed := strings.Cut(rest, ")")
	if !ok || !closed || !address.MatchString(href) {
		return "link"
	}
	var words strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text) && punctuation(text[i+1]):
			i++
			words.WriteByte(text[i])
		case strings.IndexByte("*[]`", c) >= 0:
			return "link"
		case htmlLike.MatchString(text[i:]):
			return "html"
		default:
			words.WriteByte(c)
		}
	}
	if strings.TrimSpace(words.String()) == "" {
		return "link"
	}
	s.flush("")
	s.text.WriteString(words.String())
	s.flush(href)
	s.rest = rest
	return ""
}

// flush ends a span. Spans of one kind that touch are one.
func (s *scanner) flush(href string) {
	if s.text.Len() == 0 {
		return
	}
	span := Span{s.text.String(), s.strong, s.em, href}
	s.text.Reset()
	s.spans = appendSpan(s.spans, span)
}

func appendSpan(spans []Span, span Span) []Span {
	if n := len(spans); n > 0 {
		last := &spans[n-1]
		if last.Strong == span.Strong && last.Em == span.Em && last.Href == span.Href {
			last.Text += span.Text
			return spans
		}
	}
	return append(spans, span)
}

func punctuation(c byte) bool {
	return c < 0x80 && strings.IndexByte("\\`*_{}[]()#+-.!<>&|~=:/\"'", c) >= 0
}
