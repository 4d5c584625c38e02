// Package phrase holds every text that people read, in the languages that they
// read: English and Chinese for the console, and the six languages of the
// United Nations for pages and mails of customers and subscribers.
//
// Texts live in JSON files, one per language and area ("zh/console.json"),
// keys sorted. A value is a text, or an object of texts by CLDR plural form:
//
//	"case.opened": "{who} opened this case",
//	"case.findings": {"one": "{n} finding", "other": "{n} findings"}
//
// Areas named "console" or "console-…" exist in English and Chinese; all others
// in all six. A new area is a new file per language: nothing else names them.
// Tests hold the languages against each other and the code against the keys.
//
// Where a text needs to differ by what it speaks of, the key does ("case.state."
// + state). Texts hold no markup.
package phrase

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

//go:embed */*.json
var files embed.FS

// languages in the order of preference where nothing else decides. The first
// stands in for what another lacks.
var languages = []string{"en", "zh", "ar", "es", "fr", "ru"}

// consoleLanguages are the languages that the console speaks.
const consoleLanguages = 2

// Catalogue holds all texts. It is safe for concurrent use.
type Catalogue struct {
	tongues  []*tongue         // as languages
	hints    map[string]string // keys by English texts
	titles   map[string]string // keys of titles of cases by their texts
	all      language.Matcher
	console  language.Matcher
	mu       sync.Mutex
	missing  int64
	unknowns map[string]bool // keys that were asked for and are not there; bounded
}

// tongue is one language with its texts.
type tongue struct {
	name   string
	tag    language.Tag
	areas  map[string]map[string]message
	texts  map[string]message // of all areas
	number numberFormat
}

// Load reads the texts that are part of the program. It fails if a file is
// damaged, if two areas use one key, or if a plural lacks a form that its
// language needs.
func Load() (*Catalogue, error) { return load(files) }

func load(from fs.FS) (*Catalogue, error) {
	c := &Catalogue{unknowns: map[string]bool{}}
	var tags []language.Tag
	for _, name := range languages {
		t, err := readTongue(from, name)
		if err != nil {
			return nil, fmt.Errorf("read the texts: %w", err)
		}
		c.tongues = append(c.tongues, t)
		tags = append(tags, t.tag)
	}
	c.hints, c.titles = hints(c.tongues[0].texts), titles(c.tongues)
	c.all = language.NewMatcher(tags)
	c.console = language.NewMatcher(tags[:consoleLanguages])
	return c, nil
}

func readTongue(from fs.FS, name string) (*tongue, error) {
	tag, err := language.Parse(name)
	if err != nil {
		return nil, fmt.Errorf("language %s: %w", name, err)
	}
	t := &tongue{name: name, tag: tag, areas: map[string]map[string]message{}, texts: map[string]message{}}
	names, err := fs.Glob(from, name+"/*.json")
	if err != nil {
		return nil, err
	}
	need := formsOf(tag)
	for _, file := range names {
		data, err := fs.ReadFile(from, file)
		if err != nil {
			return nil, err
		}
		texts, err := parseArea(data, need)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for key, m := range texts {
			if _, twice := t.texts[key]; twice {
				return nil, fmt.Errorf("%s: %q is in another area too", file, key)
			}
			t.texts[key] = m
		}
		t.areas[strings.TrimSuffix(path.Base(file), ".json")] = texts
	}
	t.number = numberFormat{group: t.texts["number.group"].plain(), decimal: t.texts["number.decimal"].plain()}
	return t, nil
}

// formsOf gives the plural forms that whole numbers take in a language.
func formsOf(tag language.Tag) []plural.Form {
	seen := map[plural.Form]bool{}
	for n := range 1000 {
		seen[plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0)] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// For gives the printer of the language that suits best: each of tags is a
// BCP 47 tag or a whole Accept-Language header, the most wanted first; what
// cannot be read is passed over. English if nothing suits.
func (c *Catalogue) For(tags ...string) Printer { return c.match(c.all, tags) }

// ForConsole is For among the languages of the console.
func (c *Catalogue) ForConsole(tags ...string) Printer { return c.match(c.console, tags) }

func (c *Catalogue) match(m language.Matcher, tags []string) Printer {
	var want []language.Tag
	for _, t := range tags {
		got, _, err := language.ParseAcceptLanguage(bounded(t))
		if err == nil {
			want = append(want, got...)
		}
	}
	_, at, _ := m.Match(want...)
	return Printer{c, c.tongues[at]}
}

// bounded cuts an overlong header where a tag ends: it is a stranger's.
func bounded(header string) string {
	const most = 200
	if len(header) <= most {
		return header
	}
	if at := strings.LastIndexByte(header[:most], ','); at > 0 {
		return header[:at]
	}
	return ""
}

// Languages lists the languages of customers' pages, by tag.
func (c *Catalogue) Languages() []string { return slices.Clone(languages) }

// ConsoleLanguages lists the languages of the console, by tag.
func (c *Catalogue) ConsoleLanguages() []string { return slices.Clone(languages[:consoleLanguages]) }

// Missing tells how many times a text or an argument was missing since Load,
// and of which keys (the first thousand). Anything but zero is a defect.
func (c *Catalogue) Missing() (times int64, keys []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.missing, slices.Sorted(maps.Keys(c.unknowns))
}

func (c *Catalogue) miss(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.missing++
	if len(c.unknowns) < 1000 {
		c.unknowns[key] = true
	}
}
