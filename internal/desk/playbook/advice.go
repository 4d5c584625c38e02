package playbook

import (
	"strings"

	"candor"
	"candor/internal/phrase"
)

// Advice is what to tell a customer.
type Advice struct {
	Seen  Words   // what was seen
	Means Words   // what it means for the customer
	Steps []Words // what to do now, in order
	Next  []Words // what happens next
}

// Told is advice in one language, for one kind of site software.
type Told struct {
	Seen, Means string
	Steps, Next []string
}

// In words the advice in the printer's language. Steps speak of the software,
// which is a name with or without a version ("WordPress 6.8"), where there is
// something special to say about it.
func (a Advice) In(p phrase.Printer, software string) Told {
	told := Told{Seen: a.Seen.In(p), Means: a.Means.In(p)}
	kind := softwareKind(software)
	for _, step := range a.Steps {
		if special := step.Key + "." + kind; step.Own == nil && kind != "" && p.Has(special) {
			step.Key = special
		}
		told.Steps = append(told.Steps, step.In(p))
	}
	for _, next := range a.Next {
		told.Next = append(told.Next, next.In(p))
	}
	return told
}

// softwareKind gives the last part of the keys that speak of a software, empty
// for one that no text knows.
func softwareKind(name string) string {
	name = strings.ToLower(name)
	for _, known := range []struct{ word, kind string }{
		{"wordpress", "wordpress"}, {"woocommerce", "wordpress"}, {"joomla", "joomla"}, {"drupal", "drupal"},
		{"magento", "magento"}, {"adobe commerce", "magento"},
	} {
		if strings.Contains(name, known.word) {
			return known.kind
		}
	}
	return ""
}

// Adviser gives the advice of a Library by class. It is safe for concurrent
// use.
type Adviser struct {
	Library *Library
	Phrases *phrase.Catalogue
}

// For says, in a language by its BCP 47 tag, what something means for a party
// and what the party can do, step by step.
func (a Adviser) For(class candor.Class, nature candor.Nature, software, lang string) (means, steps []string) {
	book := a.Library.For(class, nature, candor.Info)
	told := book.Advice.In(a.Phrases.For(lang), software)
	return []string{told.Means}, told.Steps
}
