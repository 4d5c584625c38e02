package yara

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"candor/engine/pattern"
)

// standardAlphabet is the base64 alphabet of RFC 4648, section 4.
const standardAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

func (p *parser) stringsSection(r *Rule) {
	if !p.accept(tokStrings) {
		return
	}
	p.expect(tokColon, ":")
	if p.tok.kind != tokString {
		p.unexpected("a string's name")
	}
	p.declared = p.declared[:0]
	for p.tok.kind == tokString {
		s := p.newString()
		s.Pos, s.Name = p.here(), p.tok.text
		p.next()
		if p.tok.kind != tokAssign {
			p.unexpected("=")
			return
		}
		p.stringValue(s)
		p.declare(s)
		if len(p.declared) == maxStrings {
			p.fail(fmt.Sprintf("more than %d strings", maxStrings))
		}
		p.declared = append(p.declared, s)
		p.used = append(p.used, false)
	}
	r.Strings = slices.Clone(p.declared)
}

// newString allocates a String, several at a time.
func (p *parser) newString() *String {
	if len(p.stringPool) == 0 {
		p.stringPool = make([]String, 16)
	}
	s := &p.stringPool[0]
	p.stringPool = p.stringPool[1:]
	return s
}

// declare enters the name of a string.
func (p *parser) declare(s *String) {
	if s.Name == "" || p.failed {
		return
	}
	if _, dup := p.strings[s.Name]; dup {
		p.problem(s.Pos, "duplicated string identifier $"+s.Name)
		return
	}
	p.strings[s.Name] = len(p.declared)
}

// stringValue reads the value and the modifiers behind the =, which is the
// current token: what follows it can be a hex string, which only here begins
// with a brace.
func (p *parser) stringValue(s *String) {
	p.blank()
	if p.at(p.pos) == '{' {
		p.hexValue(s)
		p.modifiers(s)
		return
	}
	p.next()
	t := p.tok
	switch t.kind {
	case tokText:
		s.Kind, s.Text = Text, p.textValue()
		if len(s.Text) == 0 {
			p.problem(s.Pos, "empty string $"+s.Name)
		}
	case tokRegexp:
		s.Kind, s.Src, s.Flags = Regexp, t.text, t.flags
	default:
		p.unexpected("a text, hex string or regular expression")
		return
	}
	p.next()
	p.modifiers(s)
	if s.Kind == Regexp && !p.failed {
		s.Node = p.regexpNode(&t, s.Mods&Nocase != 0, true)
	}
}

// regexpNode parses the expression of a tokRegexp, nil after a problem.
func (p *parser) regexpNode(t *token, nocase, uniform bool) *pattern.Node {
	src := t.text
	if t.escaped {
		src = unslash(src)
	}
	if len(src) > maxText {
		p.problem(p.posOf(t), fmt.Sprintf("regular expression over %d bytes", maxText))
		return nil
	}
	n, err := pattern.ParseRegexp(src, pattern.RegexpFlags{
		Nocase:  nocase || strings.HasPrefix(t.flags, "i"),
		DotAll:  strings.HasSuffix(t.flags, "s"),
		Uniform: uniform,
	})
	if err == nil {
		return n
	}
	pos := p.posOf(t)
	var re *pattern.RegexpError
	if errors.As(err, &re) {
		pos.Column += 1 + re.Offset
		p.problem(pos, "invalid regular expression: "+re.Reason)
		return nil
	}
	p.problem(pos, err.Error())
	return nil
}

// unslash removes the backslashes before slashes.
func unslash(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			if i++; s[i] != '/' {
				b.WriteByte('\\')
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// modifierBits are the modifiers by token.
var modifierBits = map[kind]Modifiers{
	tokNocase: Nocase, tokWide: Wide, tokASCII: ASCII, tokFullword: Fullword,
	tokPrivate: Private, tokXor: Xor, tokBase64: Base64, tokBase64Wide: Base64Wide,
}

// allowed are the modifiers that each kind of string may have.
var allowed = [...]Modifiers{
	Text:   Nocase | Wide | ASCII | Fullword | Private | Xor | Base64 | Base64Wide,
	Hex:    Private,
	Regexp: Nocase | Wide | ASCII | Fullword | Private,
}

// modifiers reads the modifiers of a string.
func (p *parser) modifiers(s *String) {
	alphabet := "" // of the base64 modifiers so far
	for isModifier(p.tok.kind) {
		k := p.tok.kind
		m := modifierBits[k]
		if allowed[s.Kind]&m == 0 {
			p.unexpected("a modifier for this kind of string")
			return
		}
		if s.Mods&m != 0 {
			p.problem(p.here(), "duplicated modifier "+p.tok.text)
		}
		s.Mods |= m
		p.next()
		switch m {
		case Xor:
			p.xorRange(s)
		case Base64, Base64Wide:
			alphabet = p.alphabet(s, alphabet)
		}
	}
	p.checkModifiers(s)
}

// isModifier tells whether a token can be a modifier of a string.
func isModifier(k kind) bool {
	return k == tokPrivate || tokASCII <= k && k <= tokNocase
}

// xorRange reads the optional (n) or (n-m) of xor.
func (p *parser) xorRange(s *String) {
	s.XorMin, s.XorMax = 0, 255
	if p.tok.kind != tokLParen {
		return
	}
	pos := p.here()
	p.next()
	lo := p.tok.num
	if !p.expect(tokInt, "a key") {
		return
	}
	hi := lo
	if p.accept(tokMinus) {
		hi = p.tok.num
		p.expect(tokInt, "a key")
	}
	p.expect(tokRParen, ")")
	if lo > hi || hi > 255 {
		p.problem(pos, "invalid xor range")
		return
	}
	s.XorMin, s.XorMax = byte(lo), byte(hi)
}

// alphabet reads the optional ("…") of base64 and base64wide. Both modifiers
// of one string must have the same; before is that of the first.
func (p *parser) alphabet(s *String, before string) string {
	pos, text := p.here(), standardAlphabet
	if p.accept(tokLParen) {
		if p.tok.kind != tokText {
			p.unexpected("an alphabet")
			return before
		}
		text = string(p.textValue())
		p.next()
		p.expect(tokRParen, ")")
	}
	switch {
	case len(text) != 64:
		p.problem(pos, "length of base64 alphabet must be 64")
	case before != "" && before != text:
		p.problem(pos, "can not specify multiple alphabets")
	case text != standardAlphabet:
		s.Alphabet = []byte(text)
	}
	return text
}

// checkModifiers reports the combinations that YARA does not have.
func (p *parser) checkModifiers(s *String) {
	base64 := s.Mods & (Base64 | Base64Wide)
	name := "base64"
	if base64 == Base64Wide {
		name = "base64wide"
	}
	for _, c := range []struct {
		wrong bool
		what  string
	}{
		{s.Mods&Xor != 0 && s.Mods&Nocase != 0, "xor nocase"},
		{base64 != 0 && s.Mods&Nocase != 0, name + " nocase"},
		{base64 != 0 && s.Mods&Fullword != 0, name + " fullword"},
		{base64 != 0 && s.Mods&Xor != 0, name + " xor"},
	} {
		if c.wrong {
			p.problem(s.Pos, "invalid modifier combination: "+c.what)
			return
		}
	}
}

// hexValue reads the hex string at pos, and the token behind it.
func (p *parser) hexValue(s *String) {
	if p.failed {
		return
	}
	t := token{kind: tokOther, start: p.pos, line: p.line, lineStart: p.lineStart}
	h := hexParser{src: p.src, pos: p.pos + 1}
	n := h.parse()
	if h.reason != "" {
		p.problem(p.posAt(&t, h.at), "invalid hex string $"+s.Name+": "+h.reason)
	}
	s.Kind, s.Node = Hex, n
	if !h.closed {
		p.tok = t
		p.tok.end = t.start + 1
		p.failed = true // reported above
		p.errTok = p.tok
		p.tok.kind = tokBad
		return
	}
	s.Src = p.src[t.start+1 : h.pos-1]
	p.newlines(t.start, h.pos)
	p.pos = h.pos
	p.next()
}
