// Package guide holds what people can do themselves: guides by class of
// incident and by platform, as Markdown in several languages. Some come with the
// program; the provider may write others, and in place of these.
package guide

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"candor"
)

//go:embed data/*.md
var data embed.FS

// Platforms are what guides are for, in the order in which people are asked.
func Platforms() []string {
	return []string{"windows", "macos", "android", "ios", "linux", "router", "iot", "wordpress", "joomla", "php", "mail", "server"}
}

// starter says what the guides that come with the program are about.
var starter = []candor.Article{
	{Slug: "wordpress", Classes: content, Platforms: []string{"wordpress"}},
	{Slug: "joomla", Classes: content, Platforms: []string{"joomla"}},
	{Slug: "php", Classes: content, Platforms: []string{"php"}},
	{Slug: "phishing-page", Classes: []candor.Class{candor.Phishing, "fraud/masquerade"}, Platforms: []string{"wordpress", "joomla", "php"}},
	{Slug: "windows", Classes: infected, Platforms: []string{"windows"}},
	{Slug: "android", Classes: infected, Platforms: []string{"android"}},
	{Slug: "macos", Classes: infected, Platforms: []string{"macos"}},
	{Slug: "router", Classes: infected, Platforms: []string{"router"}},
	{Slug: "iot", Classes: infected, Platforms: []string{"iot"}},
	{Slug: "spam-mailbox", Classes: []candor.Class{candor.Spam}, Platforms: []string{"mail"}},
	{Slug: "amplifier", Classes: []candor.Class{"vulnerable/ddos-amplifier", "availability/ddos"}, Platforms: []string{"server", "router"}},
	{Slug: "brute-force", Classes: []candor.Class{"intrusion-attempts/brute-force", candor.Exploit, "information-gathering/scanner"}, Platforms: []string{"server", "router"}},
	{Slug: "exposed-service", Classes: []candor.Class{candor.VulnerableSystem, "vulnerable/potentially-unwanted-accessible", "vulnerable/information-disclosure", "vulnerable/weak-crypto"}, Platforms: []string{"server", "iot"}},
}

var (
	content  = []candor.Class{candor.ApplicationCompromise, candor.MalwareDistribution, candor.InfectedSystem, candor.Phishing, candor.Spam}
	infected = []candor.Class{candor.InfectedSystem, "malicious-code/c2-server", "availability/ddos", "intrusion-attempts/brute-force", candor.Spam}
)

// Starter gives the guides that come with the program, in their own order.
func Starter() ([]candor.Article, error) {
	all := make([]candor.Article, len(starter))
	for i, a := range starter {
		a.ID, a.Titles, a.Texts = candor.ID(a.Slug), map[string]string{}, map[string]string{}
		files, err := fs.Glob(data, "data/"+a.Slug+".*.md")
		if err != nil {
			return nil, err
		}
		for _, name := range files {
			text, err := data.ReadFile(name)
			if err != nil {
				return nil, err
			}
			lang := strings.TrimPrefix(strings.TrimSuffix(path.Base(name), ".md"), a.Slug+".")
			first, body, _ := strings.Cut(string(text), "\n")
			title, ok := strings.CutPrefix(first, "# ")
			if !ok {
				return nil, fmt.Errorf("%s begins with no title: %w", name, candor.ErrInvalid)
			}
			a.Titles[lang], a.Texts[lang] = title, strings.TrimSpace(body)
		}
		if a.Titles["en"] == "" {
			return nil, fmt.Errorf("guide %s is not there in English: %w", a.Slug, candor.ErrInvalid)
		}
		all[i] = a
	}
	return all, nil
}

// Merge puts articles of the provider in place of those of the same slug, and
// the others behind them.
func Merge(starter, own []candor.Article) []candor.Article {
	all := slices.Clone(starter)
	for _, a := range own {
		if i := slices.IndexFunc(all, func(x candor.Article) bool { return x.Slug == a.Slug }); i >= 0 {
			all[i] = a
		} else {
			all = append(all, a)
		}
	}
	return all
}

// In gives an article in the first of some languages that it is there in, or in
// English, or in any; and which one that is.
func In(a candor.Article, languages ...string) (title, text, language string) {
	for _, l := range append(slices.Clone(languages), "en") {
		if a.Titles[l] != "" {
			return a.Titles[l], a.Texts[l], l
		}
	}
	for l := range a.Titles {
		language = max(language, l)
	}
	return a.Titles[language], a.Texts[language], language
}

// For gives the articles that fit a class and a platform, the best first; the
// platform may be empty, and is no reason to leave one out that fits the class
// and names none. At most so many are given.
func For(all []candor.Article, class candor.Class, platform string, most int) []candor.Article {
	type scored struct {
		candor.Article
		score int
	}
	var fits []scored
	for _, a := range all {
		score := 0
		onClass, onPlatform := slices.Index(a.Classes, class), slices.Contains(a.Platforms, platform)
		switch {
		case a.Hidden, onClass < 0 && !(onPlatform && platform != ""):
			continue
		case onClass >= 0 && onPlatform:
			score = 300
		case onClass >= 0 && (platform == "" || len(a.Platforms) == 0):
			score = 200
		case onPlatform:
			score = 100
		default:
			continue // of another platform
		}
		fits = append(fits, scored{a, score - max(onClass, 0)})
	}
	slices.SortStableFunc(fits, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	var out []candor.Article
	for _, f := range fits[:min(len(fits), most)] {
		out = append(out, f.Article)
	}
	return out
}

// Platform guesses for what somebody needs a guide: of a site by its software
// ("WordPress 6.8"), and otherwise by the kind of asset.
func Platform(a candor.Asset) string {
	software := strings.ToLower(a.Software)
	for _, p := range []struct{ word, platform string }{{"wordpress", "wordpress"}, {"woocommerce", "wordpress"}, {"joomla", "joomla"}} {
		if strings.Contains(software, p.word) {
			return p.platform
		}
	}
	switch a.Kind {
	case candor.Site:
		return "php"
	case candor.Server:
		return "server"
	}
	return ""
}

// Search gives the articles that hold all words, in a language or the one shown
// in its place; those that have them in their title come first.
func Search(all []candor.Article, words string, languages ...string) []candor.Article {
	wanted := strings.Fields(strings.ToLower(words))
	var first, rest []candor.Article
	for _, a := range all {
		title, text, _ := In(a, languages...)
		title, text = strings.ToLower(title), strings.ToLower(text)
		here := func(in string) bool {
			return !slices.ContainsFunc(wanted, func(w string) bool { return !strings.Contains(in, w) })
		}
		switch {
		case here(title):
			first = append(first, a)
		case here(title + "\n" + text + "\n" + strings.Join(a.Platforms, " ")):
			rest = append(rest, a)
		}
	}
	return append(first, rest...)
}
