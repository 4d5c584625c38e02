package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"candor/internal/house"
	"candor/internal/phrase"
)

// saysWhy are names of fields that hold why, and of functions that are given it.
var saysWhy = []string{"Why", "Person", "undecided", "open", "refuse"}

// verb is a value in what fmt writes.
var verb = regexp.MustCompile(`%[.0-9]*[a-z]`)

// whys gives the texts that a file says as why something is in its state.
func whys(t *testing.T, name string) (all []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	isWhy := func(e ast.Expr) bool {
		switch e := e.(type) {
		case *ast.Ident:
			return slices.Contains(saysWhy, e.Name)
		case *ast.SelectorExpr:
			return slices.Contains(saysWhy, e.Sel.Name)
		}
		return false
	}
	texts := func(e ast.Expr) {
		ast.Inspect(e, func(n ast.Node) bool {
			if s, ok := n.(*ast.BasicLit); ok && s.Kind == token.STRING {
				if text, err := strconv.Unquote(s.Value); err == nil && strings.Count(text, " ") > 1 {
					all = append(all, text)
				}
			}
			return true
		})
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			if isWhy(n.Key) {
				texts(n.Value)
			}
		case *ast.AssignStmt:
			for i, to := range n.Lhs {
				if isWhy(to) && i < len(n.Rhs) {
					texts(n.Rhs[i])
				}
			}
		case *ast.CallExpr:
			if isWhy(n.Fun) {
				for _, a := range n.Args {
					texts(a)
				}
			}
		}
		return true
	})
	return all
}

// TestReasons reads every text by which reports and complaints are explained: each
// is one of the list, and the catalogue has the list.
func TestReasons(t *testing.T) {
	var files []string
	for _, pattern := range []string{"report*.go", "vouch.go", "forward*.go", "attribute.go", "../intake/attribute/*.go", "../intake/freetext/*.go", "../intake/reading/*.go", "../intake/format/*.go", "../intake/format/*/*.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	seen := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || name == "reportwhy.go" {
			continue
		}
		for _, text := range whys(t, name) {
			seen++
			plain := verb.ReplaceAllStringFunc(strings.TrimSuffix(text, " "), func(v string) string {
				if strings.HasSuffix(v, "d") {
					return "3"
				}
				return "an invitation"
			})
			if _, ok := house.ReadReason(plain); !ok && !slices.Contains([]string{"it could not be added to what it answers:", "the file could not be read:", "there is no Source-IP; the address is of", ", and"}, plain) {
				t.Errorf("%s: %q is none of the list", name, text)
			}
		}
	}
	if seen < 30 {
		t.Errorf("only %d texts were found", seen)
	}
	c, err := phrase.Load()
	if err != nil {
		t.Fatal(err)
	}
	english, chinese := c.ForConsole("en"), c.ForConsole("zh")
	for key, text := range house.ReasonKeys() {
		args := phrase.Args{}
		for _, m := range regexp.MustCompile(`{(\w+)}`).FindAllStringSubmatch(text, -1) {
			args[m[1]] = "{" + m[1] + "}"
		}
		if got := strings.Map(unmarked, english.T(key, args)); got != text {
			t.Errorf("%s is %q in the catalogue, and %q in the list", key, got, text)
		}
		if strings.Map(unmarked, chinese.T(key, args)) == text {
			t.Errorf("%s is English in Chinese", key)
		}
	}
}

// unmarked takes the marks of direction away.
func unmarked(c rune) rune {
	if c == '\u2068' || c == '\u2069' {
		return -1
	}
	return c
}

func TestReadReason(t *testing.T) {
	for text, key := range map[string]string{
		"it could not be filed; the log says why":       "office.why.unfiled-log",
		"it is not certain whose 2 of 5 are":            "office.why.unsure",
		"it could not be added to what it answers: <b>": "office.why.answers-failed",
	} {
		if got, ok := house.ReadReason(text); !ok || got.Key != key {
			t.Errorf("%q: %+v, %v", text, got, ok)
		}
	}
	got, ok := house.ReadReason("the time has no zone, and it is the name of no site, and leads to addresses of ours now, or to several")
	if !ok || got.Reasons["reason1"].Key != "office.why.no-zone" || got.Reasons["reason2"].Key != "office.why.no-site-ours" {
		t.Errorf("two in one: %+v, %v", got, ok)
	}
	for _, text := range []string{"", "salt and pepper", "it is not certain whose two of 5 are", "the time has no zone, and nonsense", "xarf: no Report"} {
		if got, ok := house.ReadReason(text); ok {
			t.Errorf("%q: %+v", text, got)
		}
	}
}
