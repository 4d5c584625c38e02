package yara

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Format prints a File in a canonical layout. Parsing what it prints gives an
// equal File but for positions: includes are printed in place, and comments
// outside of hex strings are lost.
func Format(f *File) []byte {
	var b bytes.Buffer
	for _, i := range f.Imports {
		fmt.Fprintf(&b, "import %s\n", quote([]byte(i.Module)))
	}
	for i, r := range f.Rules {
		if i > 0 || len(f.Imports) > 0 {
			b.WriteByte('\n')
		}
		formatRule(&b, r)
	}
	return b.Bytes()
}

func formatRule(b *bytes.Buffer, r *Rule) {
	if r.Global {
		b.WriteString("global ")
	}
	if r.Private {
		b.WriteString("private ")
	}
	b.WriteString("rule " + r.Name)
	if len(r.Tags) > 0 {
		b.WriteString(" : " + strings.Join(r.Tags, " "))
	}
	b.WriteString(" {\n")
	if len(r.Meta) > 0 {
		b.WriteString("  meta:\n")
		for _, m := range r.Meta {
			fmt.Fprintf(b, "    %s = %s\n", m.Name, metaText(m.Value))
		}
	}
	if len(r.Strings) > 0 {
		b.WriteString("  strings:\n")
		for _, s := range r.Strings {
			fmt.Fprintf(b, "    $%s = %s%s\n", s.Name, valueText(s), modifierText(s))
		}
	}
	b.WriteString("  condition:\n    ")
	formatCondition(b, r.Condition)
	b.WriteString("\n}\n")
}

// formatCondition prints a condition, each operand of an outermost chain of
// and or or on a line of its own.
func formatCondition(b *bytes.Buffer, x Expr) {
	top, ok := x.(*Binary)
	if !ok || top.Op != "and" && top.Op != "or" {
		b.WriteString(FormatExpr(x))
		return
	}
	var operands []Expr
	var first Expr = top
	for {
		c, ok := first.(*Binary)
		if !ok || c.Op != top.Op {
			break
		}
		operands = append(operands, c.Y)
		first = c.X
	}
	w := exprWriter{b: b}
	prec := precOf(top)
	w.operand(first, prec)
	for i := len(operands) - 1; i >= 0; i-- {
		b.WriteString("\n    " + top.Op + " ")
		w.operand(operands[i], prec+1)
	}
}

func metaText(v any) string {
	switch v := v.(type) {
	case string:
		if utf8.ValidString(v) {
			return quoteText(v)
		}
		return quote([]byte(v))
	default:
		return fmt.Sprint(v)
	}
}

// valueText prints what stands behind the = of a string.
func valueText(s *String) string {
	switch s.Kind {
	case Hex:
		return "{" + s.Src + "}"
	case Regexp:
		return "/" + s.Src + "/" + s.Flags
	}
	return quote(s.Text)
}

func modifierText(s *String) string {
	var b strings.Builder
	for _, m := range []struct {
		bit  Modifiers
		text string
	}{
		{ASCII, "ascii"}, {Wide, "wide"}, {Nocase, "nocase"}, {Fullword, "fullword"}, {Xor, "xor" + xorText(s)},
		{Base64, "base64" + alphabetText(s)}, {Base64Wide, "base64wide" + alphabetText(s)}, {Private, "private"},
	} {
		if s.Mods&m.bit != 0 {
			b.WriteString(" " + m.text)
		}
	}
	return b.String()
}

func xorText(s *String) string {
	switch {
	case s.XorMin == 0 && s.XorMax == 255:
		return ""
	case s.XorMin == s.XorMax:
		return fmt.Sprintf("(%d)", s.XorMin)
	}
	return fmt.Sprintf("(%d-%d)", s.XorMin, s.XorMax)
}

func alphabetText(s *String) string {
	if s.Alphabet == nil {
		return ""
	}
	return "(" + quote(s.Alphabet) + ")"
}

// quote prints bytes as a text string in ASCII.
func quote(v []byte) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range v {
		if c >= 0x7f || c < ' ' && c != '\t' && c != '\r' && c != '\n' {
			fmt.Fprintf(&b, `\x%02x`, c)
			continue
		}
		writeQuoted(&b, rune(c))
	}
	b.WriteByte('"')
	return b.String()
}

// quoteText prints UTF-8 text, keeping what is not ASCII readable.
func quoteText(v string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range v {
		if c == 0x7f || c < ' ' && c != '\t' && c != '\r' && c != '\n' {
			fmt.Fprintf(&b, `\x%02x`, c)
			continue
		}
		writeQuoted(&b, c)
	}
	b.WriteByte('"')
	return b.String()
}

// writeQuoted prints a printable character, or one with an escape of its own.
func writeQuoted(b *strings.Builder, c rune) {
	switch c {
	case '"', '\\':
		b.WriteByte('\\')
		b.WriteRune(c)
	case '\t':
		b.WriteString(`\t`)
	case '\r':
		b.WriteString(`\r`)
	case '\n':
		b.WriteString(`\n`)
	default:
		b.WriteRune(c)
	}
}
