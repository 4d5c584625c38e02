package terms

import (
	"strconv"
	"strings"

	"candor/internal/regex"
)

// source writes blocks as Markdown: parse gives them again.
func source(blocks []Block) string {
	var b strings.Builder
	n := 0
	for i, block := range blocks {
		switch {
		case i == 0:
		case block.List != NoList && block.List == blocks[i-1].List:
			b.WriteString("\n")
		default:
			b.WriteString("\n\n")
		}
		n++
		if i == 0 || block.List != blocks[i-1].List {
			n = 1
		}
		switch block.List {
		case Bulleted:
			b.WriteString("- ")
		case Numbered:
			b.WriteString(strconv.Itoa(n) + ". ")
		}
		b.WriteString(sourceOf(block.Text))
	}
	return b.String()
}

func sourceOf(spans []Span) string {
	var b strings.Builder
	strong, em := false, false
	style := func(s, e bool) {
		if s != strong {
			b.WriteString("**")
		}
		if e != em {
			b.WriteString("*")
		}
		strong, em = s, e
	}
	for i, s := range spans {
		style(s.Strong, s.Em)
		if s.Href != "" {
			b.WriteString("[" + escaped.Replace(s.Text) + "](" + s.Href + ")")
			continue
		}
		text := escaped.Replace(s.Text)
		if i+1 < len(spans) && spans[i+1].Href != "" && strings.HasSuffix(text, "!") { // no image
			text = text[:len(text)-1] + `\!`
		}
		b.WriteString(text)
	}
	style(false, false)
	return guarded(b.String())
}

var (
	escaped = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `[`, `\[`, `]`, `\]`, "`", "\\`", `<`, `\<`, `&`, `\&`)
	leading = regex.Of(`^([0-9]{1,3})\. `)
)

// guarded keeps the beginning of a block from being taken for another block.
func guarded(s string) string {
	switch {
	case leading.MatchString(s):
		return strings.Replace(s, ".", `\.`, 1)
	case s != "" && strings.IndexByte("#>|~-=_+", s[0]) >= 0:
		return `\` + s
	}
	return s
}
