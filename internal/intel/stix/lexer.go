package stix

import "strings"

// kind is what a token of a pattern is.
type kind int

const (
	end     kind = iota
	word         // a name or a keyword
	sign         // a bracket, an operator
	text         // '…'
	literal      // t'…', h'…', b'…'
	number
	wrong // what no pattern holds
)

type token struct {
	kind kind
	text string
	at   int
}

type lexer struct {
	text string
	at   int
}

func letterOf(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func (l *lexer) read() token {
	l.blank()
	if l.at == len(l.text) {
		return token{kind: end, at: l.at}
	}
	from, c := l.at, l.text[l.at]
	switch {
	case c == '\'':
		return l.quoted(text, from)
	case strings.IndexByte("thb", c) >= 0 && from+1 < len(l.text) && l.text[from+1] == '\'':
		l.at++
		return l.quoted(literal, from)
	case letterOf(c):
		return l.take(word, from, func(c byte) bool { return letterOf(c) || digit(c) || c == '-' })
	case digit(c) || (c == '-' || c == '+' || c == '.') && from+1 < len(l.text) && digit(l.text[from+1]):
		l.at++
		return l.take(number, from, func(c byte) bool { return digit(c) || c == '.' })
	case strings.IndexByte("!<>=", c) >= 0 && from+1 < len(l.text) && (l.text[from+1] == '=' || c == '<' && l.text[from+1] == '>'):
		l.at += 2
	default:
		l.at++
		if strings.IndexByte("[]().,:*=<>", c) < 0 {
			return token{wrong, l.text[from:l.at], from}
		}
	}
	return token{sign, l.text[from:l.at], from}
}

// blank skips white space and comments.
func (l *lexer) blank() {
	for l.at < len(l.text) {
		rest := l.text[l.at:]
		switch {
		case strings.IndexByte(" \t\r\n\v\f", rest[0]) >= 0:
			l.at++
		case strings.HasPrefix(rest, "\u00a0"):
			l.at += len("\u00a0")
		case strings.HasPrefix(rest, "//"):
			l.at += upTo(rest, "\n")
		case strings.HasPrefix(rest, "/*"):
			l.at += upTo(rest, "*/")
		default:
			return
		}
	}
}

// upTo is how many bytes a text has up to the end of a mark; all, without one.
func upTo(s, mark string) int {
	if i := strings.Index(s, mark); i >= 0 {
		return i + len(mark)
	}
	return len(s)
}

func (l *lexer) take(k kind, from int, of func(byte) bool) token {
	for l.at < len(l.text) && of(l.text[l.at]) {
		l.at++
	}
	return token{k, l.text[from:l.at], from}
}

// quoted reads what stands in quotes, from the first of them on.
func (l *lexer) quoted(k kind, from int) token {
	var b strings.Builder
	for l.at++; l.at < len(l.text); l.at++ {
		switch c := l.text[l.at]; {
		case c == '\'':
			l.at++
			return token{k, b.String(), from}
		case c == '\\' && l.at+1 < len(l.text) && (l.text[l.at+1] == '\'' || l.text[l.at+1] == '\\'):
			l.at++
			b.WriteByte(l.text[l.at])
		default:
			b.WriteByte(c) // a backslash alone too: many write Windows paths so
		}
	}
	return token{wrong, l.text[from:], from}
}

// quote writes a text as a literal of patterns.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}
