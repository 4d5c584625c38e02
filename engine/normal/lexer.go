package normal

import (
	"bytes"
	"math"
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

// token is a token of a script. It holds no pointers: there are so many of them
// that the garbage collector would be busy with what they point to.
type token struct {
	kind  kind
	named bool  // text says something
	of    int32 // functionWord: the scope that begins, none where one ends; identifier: the number of its name
	text  span  // of identifiers and literals the name and the value
}

// none is the number of no scope.
const none = -1

// span is a part of the lexer's text.
type span struct{ from, to uint32 }

func (t *token) empty() bool { return t.text.from == t.text.to }

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
	buf   []byte // of a name or a number that began in an earlier piece
	text  []byte // of all tokens, and first the characters of ASCII
	begin int    // of the string in text
}

// reset empties the lexer. Its memory stays.
func (l *lexer) reset() {
	*l = lexer{buf: l.buf[:0], text: append(l.text[:0], ascii[:]...)}
}

var ascii = func() (t [128]byte) {
	for c := range t {
		t[c] = byte(c)
	}
	return t
}()

// of gives the text of a token. It is not to be changed.
func (l *lexer) of(t *token) []byte { return l.text[t.text.from:t.text.to:t.text.to] }

// ofByte is the text of a token of one character.
func ofByte(c byte) span { return span{uint32(c), uint32(c) + 1} }

// since is the text that was added since there was as much as from.
func (l *lexer) since(from int) span { return span{uint32(from), uint32(len(l.text))} }

// keep adds a text.
func (l *lexer) keep(text []byte) span {
	from := len(l.text)
	l.text = append(l.text, text...)
	return l.since(from)
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
var marks = [128]kind{
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
func wordKind(word []byte) kind {
	switch string(word) {
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
	for l.at < len(l.in) && lexClass[l.in[l.at]] == 0 {
		l.at++
	}
	if l.at == len(l.in) {
		return token{}
	}
	c := l.in[l.at]
	switch lexClass[c] {
	case 'a':
		return l.word()
	case '0':
		return l.number()
	case '"':
		l.at++
		l.begin = len(l.text)
		return l.quoted('"', lexDouble)
	case '\'':
		l.at++
		l.begin = len(l.text)
		return l.quoted('\'', lexSingle)
	case '+':
		return l.operator()
	}
	l.at++
	return token{kind: marks[c], named: true, text: ofByte(c)}
}

// operator reads an operator or the begin of a comment.
func (l *lexer) operator() token {
	rest := l.in[l.at:]
	if len(rest) > 1 && lexClass[rest[1]] == '+' {
		switch {
		case rest[0] != '/':
		case rest[1] == '/':
			l.state = lexLineComment
		case rest[1] == '*':
			l.state = lexComment
		}
		if l.state != lexStart {
			l.at += 2
			return token{}
		}
		for _, op := range operators {
			if len(rest) >= len(op) && string(rest[:len(op)]) == op {
				l.at += len(op)
				return token{kind: otherToken, named: true, text: l.keep(rest[:len(op)])}
			}
		}
	}
	l.at++
	t := token{kind: otherToken, named: true, text: ofByte(rest[0])}
	if rest[0] == '+' {
		t.kind = plus
	}
	return t
}

// inName has the bytes of names and keywords.
var inName = func() (t [256]bool) {
	for c := range t {
		t[c] = alnum(byte(c)) || c == '$' || c == '_'
	}
	return t
}()

// word reads a name or a keyword. A backslash is part of it before "u", else
// it ends it and disappears.
func (l *lexer) word() token {
	l.state = lexStart
	for l.at < len(l.in) {
		from := l.at
		for l.at < len(l.in) && inName[l.in[l.at]] {
			l.at++
		}
		part := l.in[from:l.at]
		if l.at == len(l.in) {
			l.buf = append(l.buf, part...)
			break
		}
		if l.in[l.at] == '\\' {
			l.buf = append(l.buf, part...)
			l.at++
			if l.at < len(l.in) && l.in[l.at] == 'u' {
				l.at++
				l.buf = append(l.buf, '\\')
				continue
			}
			if l.at+1 == len(l.in) {
				l.at++ // libclamav loses the last byte of a piece here
			}
			part = nil
		}
		at := len(l.text)
		l.text = append(append(l.text, l.buf...), part...)
		return token{kind: wordKind(l.text[at:]), named: true, text: l.since(at)}
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
		at := len(l.text)
		if isFloat {
			l.text = appendFloat(l.text, leadingFloat(l.buf))
			return token{kind: float, text: l.since(at)}
		}
		l.text = strconv.AppendInt(l.text, leadingInt(l.buf), 10)
		return token{kind: integer, text: l.since(at)}
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

// appendFloat writes a number as C's printf does.
func appendFloat(b []byte, f float64) []byte {
	if math.IsInf(f, 0) {
		return append(b, "inf"...)
	}
	return strconv.AppendFloat(b, f, 'g', 6, 64)
}

// quoted reads a string up to its quote, or up to the end of the piece.
func (l *lexer) quoted(q byte, unfinished int) token {
	from := l.at
	end := from
	for {
		i := bytes.IndexByte(l.in[end:], q)
		if i < 0 {
			l.text = appendUnescaped(l.text, l.in[from:])
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
	l.text = appendUnescaped(l.text, l.in[from:end])
	l.at = end + 1
	l.state = lexStart
	return token{kind: literal, named: true, text: l.since(l.begin)}
}
