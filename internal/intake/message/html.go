package message

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Plain is what a reader of HTML sees, a line for each of its lines: cells of
// tables behind tabs, targets of links in angle brackets behind their text where
// they differ, text that is hidden left out. Nested quotes begin with "> ".
func Plain(markup string) string {
	p := plain{z: html.NewTokenizer(strings.NewReader(markup))}
	p.z.SetMaxBuf(1 << 20)
	for p.next() {
	}
	return strings.TrimRight(p.out.String(), " \n") + "\n"
}

type plain struct {
	z      *html.Tokenizer
	out    strings.Builder
	silent int    // depth in what is not shown
	quotes int    // depth in quotes
	link   string // that the text is in
	since  int    // where the text of the link began
	fresh  bool   // nothing stands in the line
	space  bool   // a space is due
	exact  int    // depth in preformatted text
}

func (p *plain) next() bool {
	switch p.z.Next() {
	case html.ErrorToken:
		return false
	case html.TextToken:
		if p.silent == 0 {
			p.text(string(p.z.Text()))
		}
	case html.StartTagToken:
		p.open(false)
	case html.SelfClosingTagToken:
		p.open(true)
	case html.EndTagToken:
		name, _ := p.z.TagName()
		p.end(atom.Lookup(name))
	}
	return true
}

func (p *plain) text(s string) {
	s = html.UnescapeString(s)
	if p.exact > 0 {
		for i, line := range strings.Split(s, "\n") {
			if i > 0 {
				p.line()
			}
			if line != "" {
				p.put(line)
			}
		}
		return
	}
	for i, word := range strings.FieldsFunc(s, blank) {
		if i > 0 || strings.ContainsAny(s[:1], " \t\r\n") {
			p.space = true
		}
		p.put(word)
	}
	if last := s[len(s)-1:]; strings.ContainsAny(last, " \t\r\n") {
		p.space = true
	}
}

func blank(c rune) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0xA0 }

func (p *plain) put(s string) {
	if p.fresh || p.out.Len() == 0 {
		p.out.WriteString(strings.Repeat("> ", min(p.quotes, 8)))
	} else if p.space {
		p.out.WriteByte(' ')
	}
	p.fresh, p.space = false, false
	p.out.WriteString(s)
}

func (p *plain) line() {
	if !p.fresh && p.out.Len() > 0 {
		p.out.WriteByte('\n')
	}
	p.fresh, p.space = true, false
}

func (p *plain) open(closed bool) {
	name, more := p.z.TagName()
	tag := atom.Lookup(name)
	attrs := map[string]string{}
	for more {
		var k, v []byte
		k, v, more = p.z.TagAttr()
		attrs[string(k)] = string(v)
	}
	style := strings.ReplaceAll(lower(attrs["style"]), " ", "")
	hidden := strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden") || strings.Contains(style, "font-size:0")
	switch tag {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Template:
		if !closed {
			p.silent++
		}
		return
	case atom.Br:
		p.line()
	case atom.Td, atom.Th:
		if !p.fresh {
			p.out.WriteByte('\t')
			p.space = false
		}
	case atom.Blockquote:
		p.line()
		p.quotes++
	case atom.Pre:
		p.line()
		p.exact++
	case atom.A:
		p.link, p.since = strings.TrimSpace(attrs["href"]), p.out.Len()
	case atom.Img:
		if alt := strings.TrimSpace(attrs["alt"]); alt != "" && p.silent == 0 && !hidden {
			p.space = true
			p.put(alt)
		}
	default:
		if block(tag) {
			p.line()
		}
	}
	if hidden && !closed && tag != atom.Img && tag != atom.Br && p.silent == 0 {
		p.skip(string(name))
	}
}

// skip leaves out all up to the end of the element that just began.
func (p *plain) skip(name string) {
	for depth := 1; depth > 0; {
		kind := p.z.Next()
		if kind == html.ErrorToken {
			return
		}
		tag, _ := p.z.TagName()
		if string(tag) != name {
			continue
		}
		switch kind {
		case html.StartTagToken:
			depth++
		case html.EndTagToken:
			depth--
		}
	}
}

func (p *plain) end(tag atom.Atom) {
	switch tag {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Template:
		p.silent = max(p.silent-1, 0)
	case atom.Body, atom.Html:
		p.silent = 0
	case atom.Blockquote:
		p.line()
		p.quotes = max(p.quotes-1, 0)
	case atom.Pre:
		p.line()
		p.exact = max(p.exact-1, 0)
	case atom.A:
		p.target()
	default:
		if block(tag) {
			p.line()
		}
	}
}

// target tells where a link leads, if its text does not.
func (p *plain) target() {
	link := p.link
	p.link = ""
	if !strings.HasPrefix(lower(link), "http") || p.silent > 0 {
		return
	}
	shown := p.out.String()[min(p.since, p.out.Len()):]
	bare := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(link, "https://"), "http://"), "/")
	if !strings.Contains(shown, bare) {
		p.space = true
		p.put("<" + link + ">")
	}
}

func block(tag atom.Atom) bool {
	switch tag {
	case atom.P, atom.Div, atom.Tr, atom.Table, atom.Ul, atom.Ol, atom.Li, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Hr, atom.Section,
		atom.Article, atom.Header, atom.Footer, atom.Dl, atom.Dt, atom.Dd, atom.Center, atom.Address, atom.Fieldset, atom.Form:
		return true
	default:
		return false
	}
}
