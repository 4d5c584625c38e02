package yara

import (
	"strconv"
	"strings"
)

// Limits of libyara's lexer.
const (
	maxIdentifier = 128
	maxText       = 8190 // YR_LEX_BUF_SIZE less its terminators
)

// lexer cuts a source into tokens. Its place can be saved and restored by copy.
type lexer struct {
	src       string
	pos       int
	line      int
	lineStart int
}

// identByte tells which bytes an identifier consists of.
var identByte = func() (t [256]bool) {
	for c := range t {
		t[c] = c == '_' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
	}
	return t
}()

// hexDigit is the value of a hexadecimal digit, 0xff for another byte.
var hexDigit = func() (t [256]byte) {
	for c := range t {
		t[c] = 0xff
	}
	for i := range "0123456789abcdef" {
		t["0123456789abcdef"[i]] = byte(i)
		t["0123456789ABCDEF"[i]] = byte(i)
	}
	return t
}()

// at gives the byte at i, 0 past the end.
func (l *lexer) at(i int) byte {
	if i < len(l.src) {
		return l.src[i]
	}
	return 0
}

// blank passes blanks and comments. It returns false at a comment that does
// not end, which is then passed to the end of the source.
func (l *lexer) blank() bool {
	for l.pos < len(l.src) {
		switch l.src[l.pos] {
		case ' ', '\t', '\r':
			l.pos++
		case '\n':
			l.pos++
			l.line++
			l.lineStart = l.pos
		case '/':
			switch l.at(l.pos + 1) {
			case '/':
				i := strings.IndexByte(l.src[l.pos:], '\n')
				if i < 0 {
					i = len(l.src) - l.pos
				}
				l.pos += i
			case '*':
				if !l.comment() {
					return false
				}
			default:
				return true
			}
		default:
			return true
		}
	}
	return true
}

// comment passes the block comment at pos.
func (l *lexer) comment() bool {
	end := len(l.src)
	i := strings.Index(l.src[l.pos+2:], "*/")
	if i >= 0 {
		end = l.pos + i + 4
	}
	l.newlines(l.pos, end)
	l.pos = end
	return i >= 0
}

// newlines counts the line ends in src[from:to].
func (l *lexer) newlines(from, to int) {
	for {
		i := strings.IndexByte(l.src[from:to], '\n')
		if i < 0 {
			return
		}
		from += i + 1
		l.line++
		l.lineStart = from
	}
}

// word reads an identifier's bytes from i on and gives their end.
func (l *lexer) word(i int) int {
	for i < len(l.src) && identByte[l.src[i]] {
		i++
	}
	return i
}

// scan reads the token at pos, behind blanks, into t. A reason tells what is
// wrong with it; pos is then behind the part that could be read.
func (l *lexer) scan(t *token) (reason string) {
	ended := l.blank()
	*t = token{start: l.pos, line: l.line, lineStart: l.lineStart}
	switch {
	case !ended:
		reason = "comment without end"
	case l.pos >= len(l.src):
		t.kind = tokEOF
	default:
		reason = l.token(t, l.src[l.pos])
	}
	t.end = l.pos
	return reason
}

// token reads the token that begins with c.
func (l *lexer) token(t *token, c byte) (reason string) {
	switch {
	case '0' <= c && c <= '9':
		return l.number(t)
	case identByte[c]:
		return l.identifier(t)
	}
	switch c {
	case '$', '#', '@', '!':
		return l.sigil(t, c)
	case '"':
		return l.text(t)
	case '/':
		return l.regexp(t)
	}
	if k, n := l.punctuation(c); k != tokOther {
		t.kind = k
		l.pos += n
		return ""
	}
	t.kind = tokOther
	l.pos++
	if c < ' ' || c > '~' {
		return "non-ascii character"
	}
	return ""
}

// punctuation gives the kind and length of an operator.
func (l *lexer) punctuation(c byte) (kind, int) {
	d := l.at(l.pos + 1)
	switch c {
	case '.':
		if d == '.' {
			return tokDotDot, 2
		}
		return tokDot, 1
	case '=':
		if d == '=' {
			return tokEq, 2
		}
		return tokAssign, 1
	case '<':
		return oneOf(d, '=', tokLe, '<', tokShl, tokLt)
	case '>':
		return oneOf(d, '=', tokGe, '>', tokShr, tokGt)
	}
	return single[c&0x7f], 1
}

// oneOf chooses among the operators that begin alike.
func oneOf(d, second byte, k2 kind, third byte, k3 kind, alone kind) (kind, int) {
	switch d {
	case second:
		return k2, 2
	case third:
		return k3, 2
	}
	return alone, 1
}

// single holds the tokens of one byte.
var single = func() (t [128]kind) {
	for c := range t {
		t[c] = tokOther
	}
	for c, k := range map[byte]kind{
		'(': tokLParen, ')': tokRParen, '{': tokLBrace, '}': tokRBrace, '[': tokLBracket, ']': tokRBracket,
		':': tokColon, ',': tokComma, '+': tokPlus, '-': tokMinus, '*': tokStar, '\\': tokBackslash,
		'%': tokPercent, '&': tokAmp, '|': tokPipe, '^': tokCaret, '~': tokTilde,
	} {
		t[c] = k
	}
	return t
}()

// identifier reads a word, or the head of an include statement.
func (l *lexer) identifier(t *token) string {
	end := l.word(l.pos)
	t.text = l.src[l.pos:end]
	t.kind = keyword(t.text)
	l.pos = end
	if t.kind != tokIdent {
		return ""
	}
	if len(t.text) > maxIdentifier {
		return "identifier too long"
	}
	if t.text == "include" {
		return l.include(t)
	}
	return ""
}

// include reads the path of an include statement, when one follows: blanks
// other than line ends and a quote. Otherwise the word is an identifier.
func (l *lexer) include(t *token) string {
	i := l.pos
	for l.at(i) == ' ' || l.at(i) == '\t' {
		i++
	}
	if i == l.pos || l.at(i) != '"' {
		return ""
	}
	n := strings.IndexByte(l.src[i+1:], '"')
	if n < 0 {
		l.pos = i + 1
		return "unterminated string"
	}
	t.kind = tokInclude
	t.text = l.src[i+1 : i+1+n]
	l.newlines(i, i+1+n)
	l.pos = i + n + 2
	return ""
}

// sigil reads $name, $name*, #name, @name, !name or !=.
func (l *lexer) sigil(t *token, c byte) string {
	if c == '!' && l.at(l.pos+1) == '=' {
		t.kind = tokNeq
		l.pos += 2
		return ""
	}
	end := l.word(l.pos + 1)
	t.text = l.src[l.pos+1 : end]
	l.pos = end
	switch c {
	case '$':
		t.kind = tokString
		if l.at(end) == '*' {
			t.kind = tokStringWild
			t.text = l.src[t.start+1 : end+1]
			l.pos++
		}
	case '#':
		t.kind = tokCount
	case '@':
		t.kind = tokOffset
	case '!':
		t.kind = tokLength
	}
	return ""
}

// number reads an integer with its suffix, or a floating-point number.
func (l *lexer) number(t *token) string {
	t.kind = tokInt
	start := l.pos
	if l.src[start] == '0' && l.at(start+1) == 'x' && hexDigit[l.at(start+2)] < 16 {
		return l.based(t, 16)
	}
	if d := l.at(start + 2); l.src[start] == '0' && l.at(start+1) == 'o' && '0' <= d && d <= '7' {
		return l.based(t, 8)
	}
	l.digits()
	if d := l.at(l.pos + 1); l.at(l.pos) == '.' && '0' <= d && d <= '9' {
		l.pos++
		l.digits()
		t.kind = tokFloat
		t.num2, _ = strconv.ParseFloat(l.src[start:l.pos], 64) // out of range is infinite, as with atof
		return ""
	}
	n, err := strconv.ParseInt(l.src[start:l.pos], 10, 64)
	unit := int64(1)
	if l.at(l.pos+1) == 'B' {
		switch l.at(l.pos) {
		case 'K':
			unit = 1 << 10
			l.pos += 2
		case 'M':
			unit = 1 << 20
			l.pos += 2
		}
	}
	t.num = n * unit
	if err != nil || t.num/unit != n {
		return "integer overflow: " + l.src[start:l.pos]
	}
	return ""
}

func (l *lexer) digits() {
	for '0' <= l.at(l.pos) && l.at(l.pos) <= '9' {
		l.pos++
	}
}

// based reads a number in base 16 or 8 behind its two-byte prefix.
func (l *lexer) based(t *token, base byte) (reason string) {
	for l.pos += 2; l.pos < len(l.src) && hexDigit[l.src[l.pos]] < base; l.pos++ {
		if t.num > (1<<63-1)/int64(base) {
			reason = "integer overflow"
		}
		t.num = t.num*int64(base) + int64(hexDigit[l.src[l.pos]])
	}
	return reason
}

// text reads a text string, whose escapes are resolved by unescape.
func (l *lexer) text(t *token) string {
	t.kind = tokText
	start := l.pos + 1
	for i := start; i < len(l.src); i++ {
		switch l.src[i] {
		case '"':
			t.text = l.src[start:i]
			l.pos = i + 1
			return ""
		case '\n':
			l.pos = i
			return "unterminated string"
		case 0:
			l.pos = i
			return "zero byte in string"
		case '\\':
			t.escaped = true
			n := escapeLen(l.src[i:])
			if n == 0 {
				l.pos = i
				return "illegal escape sequence"
			}
			i += n - 1
		}
	}
	l.pos = len(l.src)
	return "unterminated string"
}

// escapeLen is the length of the escape that s begins with, 0 for a wrong one.
func escapeLen(s string) int {
	if len(s) < 2 {
		return 0
	}
	switch s[1] {
	case 't', 'r', 'n', '"', '\\':
		return 2
	case 'x':
		if len(s) >= 4 && hexDigit[s[2]] < 16 && hexDigit[s[3]] < 16 {
			return 4
		}
	}
	return 0
}

// unescape resolves the escapes of a text string that text has accepted.
func unescape(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		i++
		switch c := s[i]; c {
		case 't':
			out = append(out, '\t')
		case 'r':
			out = append(out, '\r')
		case 'n':
			out = append(out, '\n')
		case 'x':
			out = append(out, hexDigit[s[i+1]]<<4|hexDigit[s[i+2]])
			i += 2
		default:
			out = append(out, c)
		}
	}
	return out
}

// regexp reads a regular expression and its flags.
func (l *lexer) regexp(t *token) string {
	t.kind = tokRegexp
	start := l.pos + 1
	for i := start; i < len(l.src); i++ {
		switch l.src[i] {
		case '/':
			t.text = l.src[start:i]
			flags := i + 1
			l.pos = flags
			if l.at(l.pos) == 'i' {
				l.pos++
			}
			if l.at(l.pos) == 's' {
				l.pos++
			}
			t.flags = l.src[flags:l.pos]
			return ""
		case '\\':
			i++
			if l.at(i) == '/' {
				t.escaped = true
			}
			if l.at(i) == '\n' {
				l.pos = i
				return "unterminated regular expression"
			}
		case '\n':
			l.pos = i
			return "unterminated regular expression"
		}
	}
	l.pos = len(l.src)
	return "unterminated regular expression"
}
