package notice

import (
	"slices"
	"strings"

	"candor/internal/phrase"
)

// The limits of a short notice, for a reader of 12 to 14 years. Sources:
//
//   - en: Flesch-Kincaid grade, 0.39 w/s + 11.8 y/w - 15.59 (Kincaid et al.,
//     1975), at most 8: plain language for the public is written for grades 7
//     and 8.
//   - es: Fernández Huerta's ease, 206.84 - 60 y/w - 1.02 w/s (1959), at least
//     60: "normal" begins there.
//   - fr: Kandel and Moles's ease, 207 - 1.015 w/s - 73.6 y/w (1958), at least
//     60, on Flesch's scale.
//   - ru: Oborneva's ease, 206.835 - 1.3 w/s - 60.1 y/w (2006), at least 45:
//     Russian words are longer, and texts for the sixth form lie around it.
//   - zh: characters in a sentence, at most 25. Length of sentences is the
//     foremost term of formulas for Chinese since Yang (1971).
//   - ar: Al-Heeti's grade, 4.414 letters/word - 13.468 (1984, as quoted by
//     Al-Tamimi et al., 2014), at most 9, on letters without marks. It looks at
//     words alone, and so is given a grade more.
//
// Here w are words, s sentences, y syllables. The choice of limits is this
// project's own.
func limits() map[string]limit {
	return map[string]limit{
		"en": {"flesch-kincaid", 8, false, 420, func(c counts) float64 { return 0.39*c.perSentence() + 11.8*c.syllablesPerWord() - 15.59 }},
		"es": {"fernandez-huerta", 60, true, 480, func(c counts) float64 { return 206.84 - 60*c.syllablesPerWord() - 1.02*c.perSentence() }},
		"fr": {"kandel-moles", 60, true, 480, func(c counts) float64 { return 207 - 1.015*c.perSentence() - 73.6*c.syllablesPerWord() }},
		"ru": {"oborneva", 45, true, 400, func(c counts) float64 { return 206.835 - 1.3*c.perSentence() - 60.1*c.syllablesPerWord() }},
		"zh": {"sentence", 25, false, 800, func(c counts) float64 { return c.perSentence() }},
		"ar": {"al-heeti", 9, false, 400, func(c counts) float64 { return 4.414*c.lettersPerWord() - 13.468 }},
	}
}

// limit is how hard and how long a short notice may be in one language.
type limit struct {
	measure string
	value   float64
	ease    bool // more is easier
	most    int  // words; in Chinese, characters
	of      func(counts) float64
}

func (l limit) hard(v float64) bool {
	if l.ease {
		return v < l.value
	}
	return v > l.value
}

// leastWords is how many words a measure needs to mean anything.
const leastWords = 40

// Reading is how hard and how long a short notice is in one language.
type Reading struct {
	Lang    string  `json:"lang"`
	Measure string  `json:"measure"` // a key of texts: "notice.measure." + Measure
	Value   float64 `json:"value"`
	Limit   float64 `json:"limit"`
	Hard    bool    `json:"hard"`
	Words   int     `json:"words"` // of the whole page; in Chinese, characters
	Most    int     `json:"most"`
	prose   counts
}

// Reading measures a page that Short gave: how hard its prose is, and how long
// all of it. The notice's own texts are judged alone if there is enough of
// them, since the fixed words around them are easy. What is in another language
// than the page is not judged.
func (p *Page) Reading() Reading {
	l, known := limits()[p.Lang]
	if !known {
		return Reading{Lang: p.Lang}
	}
	var c, own counts
	for _, s := range p.prose {
		n := countText(s.text, p.Lang)
		c.add(n)
		if s.at != "" {
			own.add(n)
		}
	}
	if own.words >= leastWords {
		c = own
	}
	r := Reading{Lang: p.Lang, Measure: l.measure, Limit: l.value, Most: l.most, prose: c}
	if c.words > 0 {
		r.Value = l.of(c)
		r.Hard = c.words >= leastWords && l.hard(r.Value)
	}
	var whole strings.Builder
	if err := p.Text(&whole); err == nil {
		r.Words = countText(whole.String(), p.Lang).words
	}
	return r
}

// CheckShort reports in which languages the short notice is too hard or too
// long. It looks at those of the six in which the notice has its own texts.
func (n *Notice) CheckShort(texts *phrase.Catalogue) []Problem {
	var r report
	for _, lang := range texts.Languages() {
		if _, tag := n.Summary.in(lang, ""); base(tag) != lang {
			continue
		}
		page := n.Short(texts.For(lang))
		reading := page.Reading()
		if reading.prose.words < leastWords {
			r.advise("/summary", "unread", phrase.Args{"tag": lang})
		}
		if reading.Hard {
			r.fault("", "hard", phrase.Args{"tag": lang, "measure": reading.Measure, "value": reading.Value, "limit": reading.Limit, "where": page.hardest(lang)})
		}
		if reading.Words > reading.Most {
			unit := "words"
			if lang == "zh" {
				unit = "characters"
			}
			r.fault("", "wordy", phrase.Args{"tag": lang, "n": reading.Words, "unit": unit, "most": reading.Most})
		}
	}
	return r.problems
}

// hardest names the free texts that are hardest, by pointer: three at most.
func (p *Page) hardest(lang string) string {
	l := limits()[lang]
	own := slices.DeleteFunc(slices.Clone(p.prose), func(s sentence) bool { return s.at == "" })
	difficulty := func(s sentence) float64 {
		v := l.of(countText(s.text, lang))
		if l.ease {
			return -v
		}
		return v
	}
	slices.SortStableFunc(own, func(a, b sentence) int {
		if difficulty(a) > difficulty(b) {
			return -1
		}
		return 1
	})
	var at []string
	for _, s := range own[:min(3, len(own))] {
		at = append(at, s.at)
	}
	return strings.Join(at, ", ")
}

// Check is all that can be said of a document: Decode, Validate and
// CheckShort. The notice is nil if it could not be read.
func Check(data []byte, texts *phrase.Catalogue) (*Notice, []Problem) {
	n, problems := Decode(data)
	if n == nil {
		return nil, problems
	}
	problems = append(problems, n.Validate()...)
	return n, append(problems, n.CheckShort(texts)...)
}
