package phrase

import (
	"slices"
	"strings"
)

// deskTitles are the keys of the titles that the desk gives cases itself.
var deskTitles = []string{"desk.doubt.title", askedQuestion, askedComplaint}

// Keys of the titles of cases about terms, which may be about all of them and then
// say no more.
const (
	askedQuestion  = "desk.asked.question.title"
	askedComplaint = "desk.asked.complaint.title"
)

// titles gives the keys of the titles that the program itself gives cases, by
// their texts in all languages of the console.
func titles(tongues []*tongue) map[string]string {
	keys := map[string]string{}
	for _, t := range tongues[:consoleLanguages] {
		for key, m := range t.texts {
			if strings.HasPrefix(key, "playbook.") && strings.HasSuffix(key, ".title") || slices.Contains(deskTitles, key) {
				keys[m.plain()] = key
			}
		}
	}
	return keys
}

// CaseTitle gives the title of a case in the reader's language: a case keeps
// the one that it was opened with, "Phishing page: shop.example". What people
// or playbooks of the provider's own titled comes back as it is.
func (p Printer) CaseTitle(kept string) string {
	title, of, cut := strings.Cut(kept, ": ")
	if p.t == nil {
		return kept
	}
	key := p.c.titles[title]
	m, ok := p.t.texts[key]
	switch {
	case ok && cut:
		return m.plain() + ": " + of
	case ok && (key == askedQuestion || key == askedComplaint):
		return m.plain()
	}
	return kept
}
