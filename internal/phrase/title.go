package phrase

import "strings"

// titles gives the keys of the titles that the program itself gives cases, by
// their texts in all languages of the console.
func titles(tongues []*tongue) map[string]string {
	keys := map[string]string{}
	for _, t := range tongues[:consoleLanguages] {
		for key, m := range t.texts {
			if strings.HasPrefix(key, "playbook.") && strings.HasSuffix(key, ".title") || key == "desk.doubt.title" {
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
	if p.t == nil || !cut {
		return kept
	}
	if m, ok := p.t.texts[p.c.titles[title]]; ok {
		return m.plain() + ": " + of
	}
	return kept
}
