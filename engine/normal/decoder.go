package normal

import (
	"bytes"
	"slices"
	"strconv"
)

// foldUnescape replaces unescape("…") by its value. As in libclamav, the token
// after the string goes with it, whatever it is.
func (s *script) foldUnescape() {
	t, to := s.tokens, 0
	for i := 0; i < len(t); i, to = i+1, to+1 {
		t[to] = t[i]
		if i+3 < len(t) && t[i].kind == identifier && string(s.lexer.of(&t[i])) == "unescape" &&
			t[i+1].kind == parOpen && t[i+2].kind == literal {
			at := len(s.lexer.text)
			s.lexer.text = appendUnescape(s.lexer.text, s.lexer.of(&t[i+2]))
			t[to] = token{kind: literal, named: true, text: s.lexer.since(at)}
			i += 3
		}
	}
	s.tokens = t[:to]
}

// replacement is what a decoder found: the tokens from begin to end are to be
// replaced by those of text, or to be removed and those of text appended.
type replacement struct {
	begin, end int
	text       []byte
	append     bool
}

// decode runs the decoders: eval of a string, Dean Edwards' packer, and the
// dF function of another wide-spread encoder.
func (s *script) decode() {
	for i := 0; i < len(s.tokens); i++ {
		var r replacement
		switch t := &s.tokens[i]; {
		case t.kind == functionWord && i+13 < len(s.tokens):
			i++
			var name []byte
			if s.tokens[i].kind == identifier {
				name = s.lexer.of(&s.tokens[i])
				i++
			}
			if s.packer(i) {
				r = s.unpackCalls(i, name)
			}
		case t.kind == identifier && i+2 < len(s.tokens) && s.tokens[i+1].kind == parOpen:
			switch string(s.lexer.of(t)) {
			case "dF":
				r = s.unpackShift(i + 2)
			case "eval":
				r = s.unpackEval(i + 2)
			}
		}
		if r.end > r.begin && !s.replace(r) {
			return
		}
		if i < len(s.tokens) {
			s.enter(&s.tokens[i])
		}
	}
}

// replace carries a replacement out. It gives false where the bounds are
// reached.
func (s *script) replace(r replacement) bool {
	s.moved += len(s.tokens) - r.begin
	s.decoded += len(r.text)
	if s.moved > maxMoved || s.decoded > maxDecoded {
		return false
	}
	if r.end < len(s.tokens) && s.tokens[r.end].kind == semicolon {
		r.end++
	}
	outer := s.tokens
	s.tokens = nil
	s.write(r.text)
	inner := s.tokens
	s.tokens = outer
	switch {
	case r.end > len(outer):
		if r.append {
			s.tokens = append(outer, inner...)
		}
	case r.append:
		s.tokens = append(slices.Delete(outer, r.begin, r.end), inner...)
	default:
		s.tokens = slices.Replace(outer, r.begin, r.end, inner...)
	}
	return true
}

// unpackEval takes the string of eval("…") for its code.
func (s *script) unpackEval(at int) (r replacement) {
	if at+1 < len(s.tokens) && s.tokens[at].owned() && s.tokens[at+1].kind == parClose {
		r = replacement{begin: at - 2, end: at + 2, text: s.lexer.of(&s.tokens[at])}
		s.tokens[at].named, s.tokens[at].text = false, span{}
	}
	return r
}

// unpackShift decodes the argument of dF("…"): the last character says by how
// much the others, once unescaped, are shifted.
func (s *script) unpackShift(at int) (r replacement) {
	t := &s.tokens[at]
	if t.kind != literal || t.empty() {
		return r
	}
	t.text.to--
	shift := s.lexer.text[t.text.to] - '0'
	b := appendUnescape(nil, s.lexer.of(t))
	for i := range b {
		b[i] -= shift
	}
	return replacement{begin: at - 2, end: at + 2, text: appendUnescape(nil, cString(b)), append: true}
}

// packer tells whether the parameters at a token begin as those of the packer.
func (s *script) packer(at int) bool {
	if s.tokens[at].kind != parOpen {
		return false
	}
	for i, name := range []string{"p", "a", "c"} {
		t := s.tokens[at+1+2*i:]
		if t[0].kind != identifier || string(s.lexer.of(&t[0])) != name || t[1].kind != comma {
			return false
		}
	}
	return true
}

const packerParameters = 6

// unpackCalls finds the calls of the packer's function, whose parameters begin
// at a token: by its name, or the one right after it if it has none.
func (s *script) unpackCalls(at int, name []byte) (r replacement) {
	s.moved += len(s.tokens) - at
	i, open := at, 1
	for ; i < len(s.tokens); i++ {
		if s.tokens[i].kind == functionWord {
			if s.tokens[i].of == none {
				open--
			} else {
				open++
			}
			if open == 0 {
				break
			}
		}
	}
	if open > 0 {
		return r
	}
	first, last := -1, -1
	call := func() {
		var p [packerParameters]int
		n := 0
		for ; n < len(p) && i < len(s.tokens); n++ {
			p[n] = i
			stop := comma
			if n == len(p)-1 {
				stop = parClose
			}
			for i++; i < len(s.tokens) && s.tokens[i].kind != stop; i++ {
			}
			i++
		}
		if n == len(p) {
			if first < 0 {
				first = p[0]
			}
			last = p[n-1]
			r.text = s.unpack(r.text, p)
		}
	}
	if len(name) > 0 {
		for ; i+2 < len(s.tokens); i++ {
			if t := &s.tokens[i]; t.named && t.kind == identifier && bytes.Equal(s.lexer.of(t), name) && s.tokens[i+1].kind == parOpen {
				i += 2
				call()
			}
		}
	} else {
		for i < len(s.tokens) && s.tokens[i].kind != parOpen {
			i++
		}
		if i++; i >= len(s.tokens) {
			return r
		}
		call()
	}
	if first < 0 {
		return r
	}
	r.begin, r.end = first, last+1
	if t := s.tokens[r.end:]; len(t) > 2 && t[0].kind == bracketOpen && t[1].kind == bracketClose && t[2].kind == parClose {
		r.end += 3
	} else if len(t) > 0 {
		r.end++
	}
	return r
}

// unpack puts the words back into the text of a packed script. p has the
// indexes of the parameters: text, base, number of words, words, …
func (s *script) unpack(dst []byte, p [packerParameters]int) []byte {
	text, base, list := &s.tokens[p[0]], int64(-1), &s.tokens[p[3]]
	if s.tokens[p[1]].kind == integer {
		base, _ = strconv.ParseInt(string(s.lexer.of(&s.tokens[p[1]])), 10, 64)
	}
	if !text.named || !list.owned() {
		return dst
	}
	words := bytes.Split(s.lexer.of(list), []byte("|"))
	list.text.to = list.text.from + uint32(len(words[0]))
	packed := s.lexer.of(text)
	for i := 0; i < len(packed); {
		if c := packed[i]; !alnum(c) {
			if c != '\\' || i+1 == len(packed) || packed[i+1] != '\'' && packed[i+1] != '"' {
				dst = append(dst, c)
			}
			i++
			continue
		}
		from, n := i, uint32(0)
		for ; i < len(packed) && alnum(packed[i]); i++ {
			n = uint32(int64(n)*base + wordDigit(packed[i]))
		}
		if int64(n) < int64(len(words)) && len(words[n]) > 0 {
			dst = append(dst, words[n]...)
		} else {
			dst = append(dst, packed[from:i]...)
		}
		if len(dst) > maxDecoded {
			break
		}
	}
	return dst
}

// wordDigit gives the value of a digit of a base of up to 62.
func wordDigit(c byte) int64 {
	switch {
	case c >= 'a':
		return int64(c-'a') + 10
	case c >= 'A':
		return int64(c-'A') + 36
	}
	return int64(c - '0')
}
