package terms

import (
	"unicode"
	"unicode/utf8"
)

// token is what is compared: the beginning of a block, or a word, a sign or a
// space in one style. Characters of Chinese are words of their own.
type token struct {
	begins bool
	list   ListKind // of what begins
	Span
}

// tokens cuts blocks; blocksOf puts them together again.
func tokens(blocks []Block) (all []token) {
	for _, b := range blocks {
		all = append(all, token{begins: true, list: b.List})
		for _, s := range b.Text {
			for rest := s.Text; rest != ""; {
				n := word(rest)
				all = append(all, token{Span: Span{rest[:n], s.Strong, s.Em, s.Href}})
				rest = rest[n:]
			}
		}
	}
	return all
}

// word gives the length of the word, sign or space that a text begins with.
func word(s string) int {
	first, n := utf8.DecodeRuneInString(s)
	if !inWord(first) {
		return n
	}
	for n < len(s) {
		r, size := utf8.DecodeRuneInString(s[n:])
		if !inWord(r) && !unicode.IsMark(r) && !tied(r, s[n+size:]) {
			break
		}
		n += size
	}
	return n
}

func inWord(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsDigit(r)) && !wide(r)
}

// tied tells whether a sign holds two parts of one word together: don't, 1.5.
func tied(r rune, rest string) bool {
	next, _ := utf8.DecodeRuneInString(rest)
	return (r == '\'' || r == '’' || r == '.' || r == ',' || r == '-' || r == 0x200c) && inWord(next)
}

func (t token) space() bool { return !t.begins && t.Text == " " }

func blocksOf(all []token) (blocks []Block) {
	for _, t := range all {
		if t.begins {
			blocks = append(blocks, Block{List: t.list})
			continue
		}
		last := &blocks[len(blocks)-1]
		last.Text = appendSpan(last.Text, t.Span)
	}
	return blocks
}
