package playbook

import (
	"encoding/json"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"candor"
)

// TestTexts writes all texts in all languages.
func TestTexts(t *testing.T) {
	lib, catalogue := loaded(t), catalogue()
	for _, lang := range catalogue.Languages() {
		p := catalogue.For(lang)
		for _, name := range lib.Names() {
			book, _ := lib.Named(name, candor.Critical)
			for _, software := range []string{"", "WordPress 6.8", "Joomla! 5", "drupal", "Magento", "Adobe Commerce 2.4", "TYPO3"} {
				told := book.Advice.In(p, software)
				for _, text := range append(append([]string{told.Seen, told.Means}, told.Steps...), told.Next...) {
					if text == "" || strings.HasPrefix(text, "[") {
						t.Errorf("%s, %s: text %q", lang, name, text)
					}
				}
			}
		}
	}
	for _, lang := range catalogue.ConsoleLanguages() {
		p := catalogue.For(lang)
		for _, name := range lib.Names() {
			book, _ := lib.Named(name, candor.Critical)
			book.Title.In(p)
			for _, q := range book.Questions {
				q.Text.In(p)
			}
			for _, task := range book.Tasks {
				task.Text.In(p)
			}
		}
	}
	if times, keys := catalogue.Missing(); times > 0 {
		t.Errorf("missing: %q", keys)
	}
}

func TestSoftware(t *testing.T) {
	lib, catalogue := loaded(t), catalogue()
	en := catalogue.For("en")
	book, _ := lib.Named("malware", candor.High)
	plain := book.Advice.In(en, "TYPO3")
	for _, name := range []string{"WordPress 6.8", "Joomla! 5", "drupal", "Magento"} {
		special := book.Advice.In(en, name)
		if slices.Equal(plain.Steps, special.Steps) || len(plain.Steps) != len(special.Steps) {
			t.Errorf("%s has no steps of its own", name)
		}
	}
	means, steps := Adviser{lib, catalogue}.For(candor.Phishing, "", "WordPress", "zh-CN")
	if len(means) != 1 || !strings.Contains(means[0], "陌生人") || !strings.Contains(strings.Join(steps, ""), "WordPress") {
		t.Errorf("%q %q", means, steps)
	}
}

// area reads the texts of a language in package phrase.
func area(t *testing.T, lang, name string) map[string]string {
	t.Helper()
	data, err := os.ReadFile("../../phrase/" + lang + "/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]string
	if err := json.Unmarshal(data, &texts); err != nil {
		t.Fatal(err)
	}
	return texts
}

// TestNoDeadTexts holds that every text is somewhere in a playbook.
func TestNoDeadTexts(t *testing.T) {
	var all strings.Builder
	names, err := fs.Glob(files, "data/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	for _, texts := range []map[string]string{area(t, "en", "advice"), area(t, "en", "console-playbook")} {
		for key := range texts {
			parts := strings.Split(key, ".") // advice.topic.seen, advice.step.update.drupal, playbook.task.confirm
			word := parts[2]
			if parts[2] == "seen" || parts[2] == "means" || parts[2] == "title" {
				word = parts[1]
			}
			if !regexp.MustCompile(`[ \[]` + regexp.QuoteMeta(word) + `[,\]}\n:]`).MatchString(all.String()) {
				t.Errorf("no playbook uses %s", key)
			}
		}
	}
}

// TestVoice holds that customers read of no guilt and of no certainty that is
// not there.
func TestVoice(t *testing.T) {
	banned := regexp.MustCompile(`(?i)hack|pirat|взлом|хакер|黑客|被黑|اختراق|مخترق|fault|guilt|careless|you failed|must have|` +
		`faute|coupable|culpa|вина|виноват|过错|您的错|ذنب|خطؤك`)
	seen := 0
	for _, lang := range catalogue().Languages() {
		for key, text := range area(t, lang, "advice") {
			seen++
			if word := banned.FindString(text); word != "" {
				t.Errorf("%s/%s says %q: %s", lang, key, word, text)
			}
		}
	}
	if seen < 6*70 {
		t.Fatalf("only %d texts", seen)
	}
	if !banned.MatchString("Your site was hacked") {
		t.Error("nothing is banned")
	}
}

// TestReadingAge measures the English texts for customers with the grade of
// Kincaid et al. (1975): grade 6 is read at the age of 11 to 12.
func TestReadingAge(t *testing.T) {
	var words, sentences, syllables float64
	vowels := regexp.MustCompile(`(?i)[aeiouy]+`)
	for _, text := range area(t, "en", "advice") {
		sentences += float64(len(regexp.MustCompile(`[.:](\s|$)`).FindAllString(text, -1)))
		for _, w := range regexp.MustCompile(`[A-Za-z’-]+`).FindAllString(text, -1) {
			words++
			n := len(vowels.FindAllString(w, -1))
			if n > 1 && strings.HasSuffix(w, "e") {
				n--
			}
			syllables += float64(max(1, n))
		}
	}
	grade := 0.39*words/sentences + 11.8*syllables/words - 15.59
	t.Logf("%.0f words, %.1f a sentence, grade %.1f", words, words/sentences, grade)
	if words < 1000 || grade > 6.5 {
		t.Errorf("grade %.1f of %.0f words", grade, words)
	}
}
