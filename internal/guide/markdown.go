package guide

import (
	"fmt"
	"html"
	"net/url"
	"strings"

	"candor/internal/regex"
)

// MostText bounds an article in one language, in bytes.
const MostText = 64 << 10

var (
	numbered = regex.Of(`^\d{1,3}[.)] +(.*)$`)
	bullet   = regex.Of(`^[-*] +(.*)$`)
	heading  = regex.Of(`^(##+) +(.*)$`)
	inline   = regex.Of("`[^`]+`|\\*\\*[^*]+\\*\\*|\\[[^\\]]+\\]\\([^()\\s]+\\)")
)

// HTML makes safe HTML of the part of Markdown that guides are written in:
// paragraphs, headings from ## on, lists, code in fences and in lines, strong
// text, and links to https, mailto and pages of this site. All else is shown as
// it was written; no HTML passes. top is the level of the heading that ## makes.
func HTML(text string, top int) string {
	w := &writer{top: top}
	fenced := false
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		trimmed := strings.TrimSpace(line)
		if strings.HasPrefix(trimmed, "```") {
			if fenced = !fenced; fenced {
				w.open("pre")
			} else {
				w.shut()
			}
			continue
		}
		if fenced {
			w.b.WriteString(html.EscapeString(line) + "\n")
			continue
		}
		w.line(line, trimmed)
	}
	w.shut()
	return w.b.String()
}

// writer writes blocks, of which one is open at a time.
type writer struct {
	b    strings.Builder
	in   string // p, ol, ul, pre, or nothing
	item bool   // of a list is open
	top  int
}

func (w *writer) line(line, trimmed string) {
	if h := heading.FindStringSubmatch(trimmed); h != nil {
		w.shut()
		level := min(w.top+len(h[1])-2, 6)
		fmt.Fprintf(&w.b, "<h%d>%s</h%d>\n", level, span(h[2]), level)
		return
	}
	for _, list := range []struct {
		tag  string
		mark *regex.Regexp
	}{{"ol", numbered}, {"ul", bullet}} {
		if m := list.mark.FindStringSubmatch(trimmed); m != nil {
			w.open(list.tag)
			w.endItem()
			w.b.WriteString("<li>" + span(m[1]))
			w.item = true
			return
		}
	}
	switch {
	case trimmed == "" && w.in == "p":
		w.shut()
	case trimmed == "":
	case w.item && line != strings.TrimLeft(line, " \t"): // goes on with the item
		w.b.WriteString(" " + span(trimmed))
	case w.in == "p":
		w.b.WriteString("\n" + span(trimmed))
	default:
		w.open("p")
		w.b.WriteString(span(trimmed))
	}
}

func (w *writer) open(tag string) {
	if w.in == tag && tag != "p" {
		return
	}
	w.shut()
	w.in = tag
	w.b.WriteString("<" + tag + ">")
}

func (w *writer) endItem() {
	if w.item {
		w.b.WriteString("</li>\n")
	}
	w.item = false
}

func (w *writer) shut() {
	w.endItem()
	if w.in != "" {
		w.b.WriteString("</" + w.in + ">\n")
	}
	w.in = ""
}

// span writes what stands in a line.
func span(text string) string {
	var b strings.Builder
	at := 0
	for _, m := range inline.FindAllStringIndex(text, -1) {
		b.WriteString(html.EscapeString(text[at:m[0]]))
		b.WriteString(mark(text[m[0]:m[1]]))
		at = m[1]
	}
	b.WriteString(html.EscapeString(text[at:]))
	return b.String()
}

func mark(text string) string {
	switch text[0] {
	case '`':
		return `<code dir="ltr">` + html.EscapeString(text[1:len(text)-1]) + "</code>"
	case '*':
		return "<strong>" + html.EscapeString(text[2:len(text)-2]) + "</strong>"
	}
	words, target, _ := strings.Cut(text[1:len(text)-1], "](")
	u, err := url.Parse(target)
	local := err == nil && u.Scheme == "" && u.Host == "" && strings.HasPrefix(target, "/") && !strings.HasPrefix(target, "//") && !strings.Contains(target, `\`)
	if err != nil || !local && u.Scheme != "mailto" && (u.Scheme != "https" || u.Host == "") {
		return html.EscapeString(text)
	}
	return `<a href="` + html.EscapeString(u.String()) + `" rel="noopener noreferrer">` + html.EscapeString(words) + "</a>"
}

// Plain is a text as it can be read in a mail: without marks of strong text and
// code, and with the targets of links behind their words.
func Plain(text string) string {
	return inline.ReplaceAllStringFunc(text, func(m string) string {
		switch m[0] {
		case '`':
			return m[1 : len(m)-1]
		case '*':
			return m[2 : len(m)-2]
		}
		words, target, _ := strings.Cut(m[1:len(m)-1], "](")
		return words + " (" + target + ")"
	})
}

// Steps are the items of a text's numbered lists: what a person can say to have
// done.
func Steps(text string) (all []string) {
	fenced, going := false, false
	for line := range strings.SplitSeq(text, "\n") {
		trimmed := strings.TrimSpace(line)
		if strings.HasPrefix(trimmed, "```") {
			fenced = !fenced
		}
		m := numbered.FindStringSubmatch(trimmed)
		switch {
		case fenced:
		case m != nil:
			all, going = append(all, Plain(m[1])), true
		case going && trimmed != "" && line != strings.TrimLeft(line, " \t") && !bullet.MatchString(trimmed):
			all[len(all)-1] += " " + Plain(trimmed)
		case trimmed != "":
			going = false
		}
	}
	return all
}
