package password

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"candor"
)

const (
	// MinLength is in characters (NIST SP 800-63B-4 asks for 15 where a
	// password is all there is, OWASP for 12; attempts are limited here).
	MinLength = 12
	// MaxBytes bounds the work of normalising.
	MaxBytes = 256
	// minOwn is how many characters must be left of a password once the words
	// that everybody guesses are taken out.
	minOwn = 6
)

// common.txt holds the parts that most of the known worst passwords are made
// of, a lower-case word a line.
//
//go:embed common.txt
var common string

// normal is the form in which passwords are compared.
func normal(password string) string { return norm.NFKC.String(password) }

// Judge tells whether somebody may choose the password: nil, or
// candor.ErrInvalid with a hint that says what to do. The context is words
// that an attacker would try first: the user's name, the mail, the provider's
// name. There are no rules about kinds of characters, which make passwords
// worse.
func Judge(password string, context ...string) error {
	if len(password) > MaxBytes {
		return refuse("is too long", fmt.Sprintf("Choose a password of at most %d bytes.", MaxBytes))
	}
	if !utf8.ValidString(password) {
		return refuse("is not text", "Choose a password of letters, digits and signs.")
	}
	typed := utf8.RuneCountInString(password)
	password = normal(password)
	// One sign may become many letters, and two may become one.
	if min(typed, utf8.RuneCountInString(password)) < MinLength {
		return refuse("is too short", fmt.Sprintf("Choose a password of at least %d characters; several words are easy to remember.", MinLength))
	}
	if own(password, context) < minOwn {
		return refuse("is easy to guess", "Choose a password that is not made of common words, rows of keys, your name or your mail; several unrelated words are a good one.")
	}
	return nil
}

func refuse(why, hint string) error {
	return candor.WithHint(fmt.Errorf("the password %s: %w", why, candor.ErrInvalid), hint)
}

// own counts the characters that an attacker would have to guess: those left
// without the words of the context, common parts, repetitions and rows such as
// 6543 or efgh.
func own(password string, context []string) int {
	guessed := append(words(context), strings.Fields(common)...)
	text := strip(strings.ToLower(password), guessed)
	// Only now: 1234 must be found before it is read as letters.
	text = strip(unleet.Replace(text), guessed)
	n, last := 0, rune(-1)
	var seen []rune
	for _, r := range text {
		row := last >= 0 && (r == last || r == last+1 || r == last-1)
		if last = r; !row && r != ' ' && !slices.Contains(seen, r) {
			n++
			seen = append(seen, r)
		}
	}
	return n
}

// strip takes words out of a text. A space stays, so that no new word arises.
func strip(text string, words []string) string {
	for _, w := range words {
		text = strings.ReplaceAll(text, w, " ")
	}
	return text
}

// unleet undoes the usual disguises of letters.
var unleet = strings.NewReplacer("0", "o", "1", "l", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")

// words are the parts of the context worth taking out, longest first, so that
// a whole name goes before its syllables.
func words(context []string) []string {
	var out []string
	for _, c := range context {
		parts := strings.FieldsFunc(strings.ToLower(normal(c)), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		for _, p := range parts {
			if utf8.RuneCountInString(p) >= 3 || len(p) >= 6 { // two Chinese characters are a name
				out = append(out, p)
			}
		}
	}
	slices.SortFunc(out, func(a, b string) int { return len(b) - len(a) })
	return out
}
