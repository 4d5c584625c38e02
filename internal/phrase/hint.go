package phrase

import "strings"

// hintPrefix is of the keys of what errors advise to do. Errors carry that in
// English, for the command line and the API; these texts are found by it.
const hintPrefix = "hint."

// hints gives the keys of hints by their English texts.
func hints(english map[string]message) map[string]string {
	keys := map[string]string{}
	for key, m := range english {
		if strings.HasPrefix(key, hintPrefix) {
			keys[m.plain()] = key
		}
	}
	return keys
}

// Hint gives what an error advises, which it says in English, in the reader's
// language, and whether it could: else the text comes back as it is.
func (p Printer) Hint(english string) (text string, known bool) {
	if p.t == nil || english == "" {
		return english, false
	}
	if p.t == p.c.tongues[0] {
		return english, true
	}
	if m, ok := p.t.texts[p.c.hints[english]]; ok {
		return m.plain(), true
	}
	return english, false
}
