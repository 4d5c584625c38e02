package phrase

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/text/language"
)

func loadedTag(name string) language.Tag { return language.MustParse(name) }

// literalKey finds p.T("key"…), p.N("key"…), phrase.T(ctx, "key"…): the key, and
// what follows it, which is a plus sign where only its beginning is known.
var literalKey = regexp.MustCompile(`\.[TN]\((?:ctx, ?|[a-z]+\.Context\(\), ?)?"([^"]*)"\s*(\+?)`)

// TestKeysExist looks for keys in all Go and templ files of the program.
func TestKeysExist(t *testing.T) {
	english := loaded(t).tongues[0].texts
	seen := 0
	for _, root := range []string{"../../internal", "../../cmd"} {
		err := filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			source := strings.HasSuffix(name, ".templ") || strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_templ.go")
			if e.IsDir() || !source || strings.HasSuffix(name, "_test.go") {
				return nil
			}
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			for _, m := range literalKey.FindAllStringSubmatch(string(data), -1) {
				seen++
				if !exists(english, m[1], m[2] == "+") {
					t.Errorf("%s: there is no text %q", name, m[1])
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 100 {
		t.Fatalf("only %d keys were found in the sources", seen)
	}
}

func exists(texts map[string]message, key string, prefix bool) bool {
	if !prefix {
		_, ok := texts[key]
		return ok
	}
	for k := range texts {
		if strings.HasPrefix(k, key) {
			return true
		}
	}
	return false
}

func TestLiteralKey(t *testing.T) {
	for source, want := range map[string]string{
		`{ phrase.T(ctx, "a.b") }`:                  "a.b",
		`p.T("a.c", phrase.Args{"x": 1})`:           "a.c",
		`p.N("a." + kind, 2)`:                       "a.+",
		`phrase.N(ctx, "a.d", n)`:                   "a.d",
		`phrase.From(ctx).T("a.e")`:                 "a.e",
		`phrase.T(r.Context(), "a.f")`:              "a.f",
		`fmt.Printf("x", "y"); t.Trim("x"); T("x")`: "",
	} {
		got := ""
		if m := literalKey.FindStringSubmatch(source); m != nil {
			got = m[1] + m[2]
		}
		if got != want {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
	if texts := map[string]message{"a.b": {}}; exists(texts, "a", false) || !exists(texts, "a.", true) || exists(texts, "b", true) {
		t.Error("exists is wrong")
	}
}
