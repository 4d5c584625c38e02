package normal

import (
	"bytes"
	"strconv"
)

// kind is the kind of a token of a script, as far as kinds matter.
type kind uint8

const (
	noToken kind = iota
	otherToken
	identifier
	member // an identifier after a dot
	literal
	integer
	float
	varWord
	functionWord
	parOpen
	parClose
	braceOpen
	braceClose
	bracketOpen
	bracketClose
	comma
	semicolon
	dot
	plus
)

// token is a token of a script.
type token struct {
	kind  kind
	named bool   // text says something
	text  string // of identifiers and literals the name and the value
	n     int64
	f     float64
	scope *scope // functionWord: the scope that begins; nil where one ends
}

// owned tells whether the token has a text of its own that can be worked on.
func (t *token) owned() bool { return t.named && (t.kind == literal || t.kind == member) }

// Where the lexer is.
const (
	lexStart = iota
	lexDouble
	lexSingle
	lexName
	lexNumber
	lexComment
	lexLineComment
)

// lexer cuts scripts into tokens. Input comes in pieces, and strings, names,
// numbers and comments may extend over several of them.
type lexer struct {
	in    []byte
	at    int
	state int
	buf   []byte // of the token so far
}

// lexClass says what a byte can begin.
var lexClass = func() (t [256]byte) {
	for c := range 128 {
		if alnum(byte(c)) || c == '$' || c == '_' || c == '\\' {
			t[c] = 'a'
		}
		if digit(byte(c)) {
			t[c] = '0'
		}
	}
	for _, c := range []byte("!%&*+-:<=>?^|~/") {
		t[c] = '+'
	}
	for _, c := range []byte(`"'[],{}().;`) {
		t[c] = c
	}
	return t
}()

// marks are the tokens of a single character.
var marks = map[byte]kind{
	'[': bracketOpen, ']': bracketClose, ',': comma, '{': braceOpen, '}': braceClose,
	'(': parOpen, ')': parClose, '.': dot, ';': semicolon,
}

// operators of more than one character, the longest first.
var operators = []string{
	">>>=", "===", "!==", ">>>", "<<=", ">>=",
	"<<", "<=", "==", ">=", ">>", "||", "--", "!=", "&&", "++",
	"*=", "/=", "%=", "+=", "-=", "&=", "^=", "|=",
}

// wordKind tells the keywords and the reserved words of ECMAScript 3 from names.
func wordKind(s string) kind {
	switch s {
	case "var":
		return varWord
	case "function":
		return functionWord
	case "abstract", "boolean", "break", "byte", "case", "catch", "char", "class", "const", "continue",
		"debugger", "default", "delete", "do", "double", "else", "enum", "export", "extends", "false",
		"final", "finally", "float", "for", "goto", "if", "implements", "import", "in", "instanceof",
		"int", "interface", "long", "native", "new", "null", "package", "private", "protected", "public",
		"return", "short", "static", "super", "switch", "synchronized", "this", "throw", "throws", "transient",
		"true", "try", "typeof", "void", "volatile", "while", "with":
		return otherToken
	}
	return identifier
}

// next gives the next token, noToken at the end of the piece.
func (l *lexer) next() token {
	for l.at < len(l.in) {
		switch l.state {
		case lexDouble:
			return l.quoted('"', lexDouble)
		case lexSingle:
			return l.quoted('\'', lexSingle)
		case lexName:
			return l.word()
		case lexNumber:
			return l.number()
		case lexComment:
			if i := bytes.Index(l.in[l.at:], []byte("*/")); i >= 0 {
				l.at += i + 2
				l.state = lexStart
			} else {
				l.at = len(l.in)
			}
		case lexLineComment:
			// Line ends have become spaces on the way here.
			if i := bytes.IndexAny(l.in[l.at:], "\n "); i >= 0 {
				l.at += i
			} else {
				l.at = len(l.in)
			}
			l.state = lexStart
		default:
			if t := l.start(); t.kind != noToken || l.state == lexDouble || l.state == lexSingle ||
				l.state == lexName || l.state == lexNumber {
				return t
			}
		}
	}
	return token{}
}

// start begins a token.
func (l *lexer) start() token {
	l.buf = l.buf[:0]
	c := l.in[l.at]
	l.at++
	switch lexClass[c] {
	case 0:
	case 'a':
		l.at--
		return l.word()
	case '0':
		l.at--
		return l.number()
	case '"':
		return l.quoted('"', lexDouble)
	case '\'':
		return l.quoted('\'', lexSingle)
	case '+':
		if c == '/' && l.at < len(l.in) && (l.in[l.at] == '*' || l.in[l.at] == '/') {
			l.state = lexComment
			if l.in[l.at] == '/' {
				l.state = lexLineComment
			}
			l.at++
			return token{}
		}
		l.at--
		return l.operator()
	default:
		return token{kind: marks[c], named: true, text: string(rune(c))}
	}
	return token{}
}

func (l *lexer) operator() token {
	for _, op := range operators {
		if len(l.in)-l.at >= len(op) && string(l.in[l.at:l.at+len(op)]) == op {
			l.at += len(op)
			return token{kind: otherToken, named: true, text: op}
		}
	}
	t := token{kind: otherToken, named: true, text: string(l.in[l.at : l.at+1])}
	if t.text == "+" {
		t.kind = plus
	}
	l.at++
	return t
}

// word reads a name or a keyword. A backslash is part of it before "u", else
// it ends it and disappears.
func (l *lexer) word() token {
	l.state = lexStart
	for l.at < len(l.in) {
		c := l.in[l.at]
		if c == '\\' {
			l.at++
			if l.at < len(l.in) && l.in[l.at] == 'u' {
				l.at++
				l.buf = append(l.buf, c)
				continue
			}
			if l.at+1 == len(l.in) {
				l.at++ // libclamav loses the last byte of a piece here
			}
		} else if alnum(c) || c == '$' || c == '_' {
			l.at++
			l.buf = append(l.buf, c)
			continue
		}
		text := string(l.buf)
		return token{kind: wordKind(text), named: true, text: text}
	}
	l.state = lexName
	return token{}
}

// number reads a number. One that goes on in another piece is an integer
// there, as far as libclamav remembers.
func (l *lexer) number() token {
	isFloat := false
	for l.at < len(l.in) {
		c := l.in[l.at]
		l.at++
		if digit(c) || c == '.' && !isFloat {
			isFloat = isFloat || c == '.'
			l.buf = append(l.buf, c)
			continue
		}
		if lower(c) == 'e' && isFloat {
			l.buf = append(l.buf, c)
			if l.at < len(l.in) {
				c = l.in[l.at]
				l.at++
				if c == '+' || c == '-' || digit(c) {
					l.buf = append(l.buf, c)
					continue
				}
			}
		}
		l.at--
		l.state = lexStart
		if isFloat {
			return token{kind: float, f: leadingFloat(l.buf)}
		}
		return token{kind: integer, n: leadingInt(l.buf)}
	}
	l.state = lexNumber
	return token{}
}

// leadingInt reads digits as C's atoi does where an int has 32 bits and a long
// 64: the value is limited to a long and then cut.
func leadingInt(b []byte) int64 {
	i := 0
	for i < len(b) && digit(b[i]) {
		i++
	}
	n, err := strconv.ParseInt(string(b[:i]), 10, 64)
	if err != nil {
		n = maxNumber
	}
	return int64(int32(n))
}

// leadingFloat reads the longest prefix that is a number.
func leadingFloat(b []byte) float64 {
	n := 0
	for n < len(b) && (digit(b[n]) || b[n] == '.') {
		n++
	}
	if e := n + 1; e < len(b) && lower(b[n]) == 'e' {
		if b[e] == '+' || b[e] == '-' {
			e++
		}
		for ; e < len(b) && digit(b[e]); e++ {
			n = e + 1
		}
	}
	f, _ := strconv.ParseFloat(string(b[:n]), 64) // out of range is infinite, as with atof
	return f
}

// quoted reads a string up to its quote, or up to the end of the piece.
func (l *lexer) quoted(q byte, unfinished int) token {
	from := l.at
	end := from
	for {
		i := bytes.IndexByte(l.in[end:], q)
		if i < 0 {
			l.buf = appendUnescaped(l.buf, l.in[from:])
			l.at = len(l.in)
			l.state = unfinished
			return token{}
		}
		if end += i; end > from && l.in[end-1] == '\\' {
			end++
			continue
		}
		break
	}
	l.buf = appendUnescaped(l.buf, l.in[from:end])
	l.at = end + 1
	l.state = lexStart
	return token{kind: literal, named: true, text: string(l.buf)}
}

// simpleEscapes are those of a backslash and a letter.
var simpleEscapes = map[byte]byte{'0': 1, 'b': '\b', 't': '\t', 'n': '\n', 'v': '\v', 'f': '\f', 'r': '\r'}

// appendUnescaped resolves the escapes of a string literal. Zero becomes one.
func appendUnescaped(dst, src []byte) []byte {
	for i := 0; i < len(src); i++ {
		c := src[i]
		if c != '\\' || i+1 == len(src) {
			dst = appendNonzero(dst, c)
			continue
		}
		i++
		switch e := src[i]; e {
		case 'x':
			if i+2 < len(src) {
				c = byte(hexNumber(src[i+1 : i+3]))
			}
			i += 2
			dst = appendNonzero(dst, c)
		case 'u':
			if i+4 < len(src) {
				dst = appendUTF8(dst, uint16(hexNumber(src[i+1:i+5])))
				i += 4
			} else {
				dst = append(dst, c)
			}
		default:
			if plain, ok := simpleEscapes[e]; ok {
				e = plain
			}
			dst = appendNonzero(dst, e)
		}
	}
	return dst
}

func appendNonzero(dst []byte, c byte) []byte {
	if c == 0 {
		c = 1
	}
	return append(dst, c)
}

// hexNumber reads digits. One that is none counts as zero, the last one sets
// all bits.
func hexNumber(b []byte) (n int) {
	for i, c := range b {
		v := hexValue(c)
		if v < 0 && i < len(b)-1 {
			v = 0
		}
		n = n<<4 | v
	}
	return n
}

// appendUTF8 encodes a unit, surrogates too. Zero becomes one.
func appendUTF8(dst []byte, u uint16) []byte {
	switch {
	case u == 0:
		return append(dst, 1)
	case u < 0x80:
		return append(dst, byte(u))
	case u < 0x800:
		return append(dst, 0xc0|byte(u>>6), 0x80|byte(u&0x3f))
	}
	return append(dst, 0xe0|byte(u>>12), 0x80|byte(u>>6&0x3f), 0x80|byte(u&0x3f))
}

// unescape does what JavaScript's function of the name does.
func unescape(s string) string {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c != '%':
		case i+5 < len(s) && s[i+1] == 'u' && hexDigits(s[i+2:i+6]):
			out = appendUTF8(out, uint16(hexNumber([]byte(s[i+2:i+6]))))
			i += 5
			continue
		case i+2 < len(s) && hexDigits(s[i+1:i+3]):
			c = byte(hexNumber([]byte(s[i+1 : i+3])))
			i += 2
		}
		out = appendNonzero(out, c)
	}
	return string(out)
}

func hexDigits(s string) bool {
	for i := range len(s) {
		if hexValue(s[i]) < 0 {
			return false
		}
	}
	return true
}
