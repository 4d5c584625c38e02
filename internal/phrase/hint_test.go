package phrase

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// advising are the packages whose errors the pages of the staff show, and of
// house the beginnings of files whose hints are not in the catalogue yet.
var (
	advising = []string{"house", "desk", "directory", "respond", "respond/notify", "respond/quarantine", "respond/submit", "scan/site", "scan/generation", "web/office", "web/console", "web/support"}
	later    = []string{"report", "feed", "pack", "intake"}
)

// advised gives the hints in the sources of a package that are no formats.
func advised(t *testing.T, dir string) (all []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(dir, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || unchecked(name) {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if text, ok := hintOf(n); ok {
				all = append(all, text)
			}
			return true
		})
	}
	return all
}

func unchecked(name string) bool {
	for _, beginning := range later {
		if filepath.Base(filepath.Dir(name)) == "house" && strings.HasPrefix(filepath.Base(name), beginning) {
			return true
		}
	}
	return false
}

// hintOf gives the literal second argument of candor.WithHint.
func hintOf(n ast.Node) (string, bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) != 2 {
		return "", false
	}
	name, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || name.Sel.Name != "WithHint" {
		return "", false
	}
	lit, ok := call.Args[1].(*ast.BasicLit)
	if !ok {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

// TestHints holds what errors advise against the catalogue.
func TestHints(t *testing.T) {
	c := loaded(t)
	chinese, english := c.ForConsole("zh"), c.ForConsole("en")
	seen := 0
	for _, dir := range advising {
		for _, text := range advised(t, filepath.Join("..", filepath.FromSlash(dir))) {
			seen++
			if got, known := chinese.Hint(text); !known || got == text {
				t.Errorf("%s: there is no hint.… for %q", dir, text)
			}
			if got, known := english.Hint(text); !known || got != text {
				t.Errorf("%s: in English %q is %q", dir, text, got)
			}
		}
	}
	if seen < 50 {
		t.Fatalf("only %d hints were found", seen)
	}
	if got, known := chinese.Hint("Turn it off and on."); known || got != "Turn it off and on." {
		t.Errorf("a hint that is not there is %q, %v", got, known)
	}
	if _, known := (Printer{}).Hint("x"); known {
		t.Error("no catalogue knows it")
	}
}
