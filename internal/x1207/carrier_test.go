package x1207

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestCommandsExist(t *testing.T) {
	words := commandWords(t)
	report(t, Check(Command, func(name string) bool {
		typed := strings.Fields(name)
		if len(typed) < 2 || typed[0] != "candor" {
			return false
		}
		for _, word := range typed[1:] {
			if !words[word] {
				return false
			}
		}
		return true
	}))
}

func TestTestsExist(t *testing.T) {
	known := testFunctions(t)
	report(t, Check(Test, func(name string) bool { return known[name] }))
}

func TestDocumentsExist(t *testing.T) {
	report(t, Check(Document, func(name string) bool {
		info, err := os.Stat(filepath.Join(root, filepath.FromSlash(name)))
		return filepath.IsLocal(filepath.FromSlash(name)) && err == nil && info.Mode().IsRegular()
	}))
}

func report(t *testing.T, problems []error) {
	t.Helper()
	for _, err := range problems {
		t.Error(err)
	}
}

// TestCheck makes sure that Check can say no, for every kind.
func TestCheck(t *testing.T) {
	for _, kind := range Kinds() {
		all := []Requirement{{ID: "1.1a", Carriers: []Carrier{{Kind: kind, Name: "here"}, {Kind: kind, Name: "gone"}, {Kind: "other", Name: "gone"}}}}
		problems := check(all, kind, func(name string) bool { return name == "here" })
		if len(problems) != 1 || !strings.Contains(problems[0].Error(), `1.1a: `+string(kind)+` "gone"`) {
			t.Errorf("%s: %v", kind, problems)
		}
	}
}

// commandWords gives the first word of every Use in cmd/candor.
func commandWords(t *testing.T) map[string]bool {
	words := make(map[string]bool)
	for name, file := range sources(t, "cmd/candor", false) {
		ast.Inspect(file, func(n ast.Node) bool {
			pair, ok := n.(*ast.KeyValueExpr)
			if !ok {
				return true
			}
			key, isName := pair.Key.(*ast.Ident)
			value, isText := pair.Value.(*ast.BasicLit)
			if !isName || key.Name != "Use" || !isText || value.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(value.Value)
			if err != nil {
				t.Fatal(name, err)
			}
			word, _, _ := strings.Cut(text, " ")
			words[word] = true
			return true
		})
	}
	if !words["scan"] || words["no-such-command"] {
		t.Fatalf("commands were not found: %v", words)
	}
	return words
}

// testFunctions gives every test function as folder.Function.
func testFunctions(t *testing.T) map[string]bool {
	found := make(map[string]bool)
	for name, file := range sources(t, ".", true) {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				found[filepath.ToSlash(filepath.Dir(name))+"."+f.Name.Name] = true
			}
		}
	}
	if !found["internal/x1207.TestTestsExist"] || found["internal/x1207.TestNoSuch"] {
		t.Fatal("tests were not found")
	}
	return found
}

// sources parses the Go files below a folder of the project, by their path:
// tests, or all others.
func sources(t *testing.T, folder string, tests bool) map[string]*ast.File {
	files := make(map[string]*ast.File)
	err := filepath.WalkDir(filepath.Join(root, folder), func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if base := e.Name(); e.IsDir() && (base == "testdata" || base == "node_modules" || base != ".." && strings.HasPrefix(base, ".")) {
			return filepath.SkipDir
		}
		if e.IsDir() || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") != tests {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		path, err := filepath.Rel(root, name)
		files[path] = file
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
