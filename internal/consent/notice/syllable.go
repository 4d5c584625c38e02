package notice

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// counts is what readability is computed from.
type counts struct{ sentences, words, syllables, letters int }

func (c *counts) add(o counts) {
	c.sentences += o.sentences
	c.words += o.words
	c.syllables += o.syllables
	c.letters += o.letters
}

func (c counts) perSentence() float64      { return ratio(c.words, c.sentences) }
func (c counts) syllablesPerWord() float64 { return ratio(c.syllables, c.words) }
func (c counts) lettersPerWord() float64   { return ratio(c.letters, c.words) }

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// countText counts a text of one language. A word is a run of letters, digits,
// marks, apostrophes and hyphens; in Chinese, each character is one. The end
// of the text ends a sentence.
func countText(s, lang string) counts {
	var c counts
	var word []rune
	open := false // a sentence has begun
	flush := func() {
		if len(word) > 0 {
			c.words++
			c.letters += lettersOf(word)
			c.syllables += syllables(word, lang)
			word, open = word[:0], true
		}
	}
	text := []rune(s)
	for i, r := range text {
		switch {
		case unicode.Is(unicode.Han, r):
			flush()
			c.words, c.letters, c.syllables, open = c.words+1, c.letters+1, c.syllables+1, true
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			word = append(word, r)
		case (r == '\'' || r == '’' || r == '-' || r == '.') && len(word) > 0 && i+1 < len(text) && unicode.IsLetter(text[i+1]) && lang != "fr":
			word = append(word, r) // inside a word: don’t, e-mail, example.net
		default:
			flush()
			if open && strings.ContainsRune(".!?。！？؟…；;", r) {
				c.sentences++
				open = false
			}
		}
	}
	flush()
	if open {
		c.sentences++
	}
	return c
}

func lettersOf(word []rune) (n int) {
	for _, r := range word {
		if unicode.IsLetter(r) && r != 'ـ' || unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// syllables counts the syllables of a word, by the vowels that are written; at
// least one.
func syllables(word []rune, lang string) int {
	w := strings.ToLower(string(word))
	n := 0
	switch lang {
	case "ru":
		for _, r := range w {
			if strings.ContainsRune("аеёиоуыэюя", r) {
				n++
			}
		}
	case "es":
		n = spanishSyllables(w)
	case "fr":
		n = frenchSyllables(w)
	default:
		n = englishSyllables(w)
	}
	return max(n, 1)
}

// groups counts runs of vowels.
func groups(w, vowels string) (n int) {
	in := false
	for _, r := range w {
		is := strings.ContainsRune(vowels, r)
		if is && !in {
			n++
		}
		in = is
	}
	return n
}

// frenchSyllables leaves out an e at the end that is not heard.
func frenchSyllables(w string) int {
	const vowels = "aeiouyàâäéèêëîïôöùûüœæ"
	n := groups(w, vowels)
	for _, mute := range []string{"ent", "es", "e"} {
		stem, is := strings.CutSuffix(w, mute)
		if !is || strings.HasSuffix(w, "ment") {
			continue
		}
		if last, _ := utf8.DecodeLastRuneInString(stem); n > 1 && !strings.ContainsRune(vowels, last) {
			n--
		}
		break
	}
	return n
}

func englishSyllables(w string) int {
	n := groups(w, "aeiouy")
	switch {
	case strings.HasSuffix(w, "le") && len(w) > 2 && !strings.ContainsRune("aeiouy", rune(w[len(w)-3])): // ta-ble
	case strings.HasSuffix(w, "ed") && len(w) > 2 && !strings.ContainsRune("td", rune(w[len(w)-3])), strings.HasSuffix(w, "e") && !strings.HasSuffix(w, "ee"):
		n--
	case strings.HasSuffix(w, "es") && len(w) > 2 && !strings.ContainsRune("sxzcg", rune(w[len(w)-3])) && !strings.HasSuffix(w, "shes") && !strings.HasSuffix(w, "ches"):
		n--
	}
	for _, apart := range []string{"ia", "io", "eo", "iu"} { // two vowels that are two syllables, but for -tion, -cial
		n += strings.Count(w, apart)
	}
	for _, together := range []string{"tio", "sio", "cia", "tia", "cio", "geo", "gio", "ssio"} {
		n -= strings.Count(w, together)
	}
	return n
}

// spanishSyllables counts vowels but for diphthongs: a weak vowel without an
// accent beside another vowel makes no syllable of its own.
func spanishSyllables(w string) (n int) {
	w = strings.NewReplacer("qu", "k", "gue", "ge", "gui", "gi").Replace(w)
	const strong, weak = "aeoáéíóú", "iuüy"
	before := rune(0)
	for _, r := range w {
		switch {
		case strings.ContainsRune(strong, r):
			if !strings.ContainsRune(weak, before) || before == 0 {
				n++
			}
			before = r
		case strings.ContainsRune(weak, r):
			if before == 0 || !strings.ContainsRune(strong+weak, before) {
				n++
				before = r
			} else {
				before = 's' // a group that is full
			}
		default:
			before = 0
		}
	}
	return n
}
