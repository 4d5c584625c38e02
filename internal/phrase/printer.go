package phrase

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/text/feature/plural"
)

// Args are the values of a text's placeholders, by name. Whole numbers are
// written as the language does; anything else as package fmt does.
type Args map[string]any

// Printer writes texts in one language. It is a small value, safe for
// concurrent use. The zero Printer knows no text and writes keys.
type Printer struct {
	c *Catalogue
	t *tongue
}

// T gives the text of key, in English if the language lacks it. An unknown key
// comes back in brackets, a placeholder without a value in braces; both are
// counted (Catalogue.Missing).
func (p Printer) T(key string, args ...Args) string {
	m, in := p.find(key)
	if in == nil {
		return "[" + key + "]"
	}
	return p.fill(key, m.nearest(plural.Other), args)
}

// N is T for a text that depends on a number, which the text may name as {n}.
func (p Printer) N(key string, n int, args ...Args) string {
	m, in := p.find(key)
	if in == nil {
		return "[" + key + "]"
	}
	form := plural.Cardinal.MatchPlural(in.tag, magnitude(n), 0, 0, 0, 0)
	return p.fill(key, m.nearest(form), append([]Args{{"n": n}}, args...))
}

// Word gives the text of a key that is made of data, or the data where the
// catalogue does not know it.
func (p Printer) Word(prefix, data string) string {
	if key := prefix + data; p.Has(key) {
		return p.T(key)
	}
	return data
}

// Has tells whether there is a text for key, so that a caller can choose
// another for something that the catalogue does not know.
func (p Printer) Has(key string) bool {
	if p.t == nil {
		return false
	}
	_, own := p.t.texts[key]
	_, english := p.c.tongues[0].texts[key]
	return own || english
}

// Lang gives the language: one of Catalogue.Languages, empty for the zero
// Printer. It is a BCP 47 tag, right for the attribute lang.
func (p Printer) Lang() string {
	if p.t == nil {
		return ""
	}
	return p.t.name
}

// Dir gives the direction of writing, as the attribute dir wants it: "rtl" or "ltr".
func (p Printer) Dir() string {
	if p.Lang() == "ar" {
		return "rtl"
	}
	return "ltr"
}

// find gives the text and the language that it was found in.
func (p Printer) find(key string) (message, *tongue) {
	if p.t == nil {
		return message{}, nil
	}
	for _, t := range []*tongue{p.t, p.c.tongues[0]} {
		if m, ok := t.texts[key]; ok {
			return m, t
		}
	}
	p.c.miss(key)
	return message{}, nil
}

// nearest gives the text for a form. Where T asks for a plural without a number
// and the language has no form "other", any will do.
func (m message) nearest(f plural.Form) text {
	for _, try := range []plural.Form{f, plural.Other, plural.Many} {
		if t, ok := m.form(try); ok {
			return t
		}
	}
	return text{literals: []string{""}}
}

func (p Printer) fill(key string, t text, args []Args) string {
	if len(t.names) == 0 {
		return t.literals[0]
	}
	var b strings.Builder
	for i, name := range t.names {
		b.WriteString(t.literals[i])
		b.WriteString(p.value(key, name, args))
	}
	b.WriteString(t.literals[len(t.names)])
	return b.String()
}

func (p Printer) value(key, name string, args []Args) string {
	for _, a := range args {
		v, ok := a[name]
		if !ok {
			continue
		}
		switch v := v.(type) {
		case int:
			return p.Number(int64(v))
		case int64:
			return p.Number(v)
		case ltr:
			return string(v)
		case string:
			return p.isolate(v)
		}
		return p.isolate(fmt.Sprint(v))
	}
	p.c.miss(key + " {" + name + "}")
	return "{" + name + "}"
}

// isolate keeps a path or a name from disturbing the order of right-to-left
// text around it (Unicode Standard Annex 9, FSI and PDI).
func (p Printer) isolate(s string) string {
	if p.Dir() != "rtl" || s == "" {
		return s
	}
	return "\u2068" + s + "\u2069"
}

// magnitude is the absolute value, bounded so that every platform's int and
// the tables of plural rules hold it; those look at the last six digits.
func magnitude(n int) int {
	if n < 0 {
		n = -n
	}
	if n < 0 { // the least int has no opposite
		return 0
	}
	if n >= 1_000_000 {
		return n%1_000_000 + 1_000_000
	}
	return n
}

type contextKey struct{}

// With gives a context that carries p, for pages to take up.
func With(ctx context.Context, p Printer) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// From gives the printer that ctx carries, or the zero Printer.
func From(ctx context.Context) Printer {
	p, _ := ctx.Value(contextKey{}).(Printer)
	return p
}

// T is From(ctx).T.
func T(ctx context.Context, key string, args ...Args) string { return From(ctx).T(key, args...) }

// N is From(ctx).N.
func N(ctx context.Context, key string, n int, args ...Args) string {
	return From(ctx).N(key, n, args...)
}
