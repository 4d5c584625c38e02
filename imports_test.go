package candor_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layer says what the packages of one folder may import besides the standard
// library. "…" at the end of a name stands for the folder and all below it.
type layer struct {
	packages string
	ours     []string // without the module's name; "." is the root package
	others   []string // modules of others, by prefix
}

// layers is the table of ARCHITECTURE.md. The first row that names a package
// holds for it; a package that no row names is a mistake.
var layers = []layer{
	{packages: "."},
	{packages: "engine…", ours: []string{"engine…"}},
	{packages: "internal/scan", ours: []string{".", "engine…"}, others: []string{"golang.org/x/sys"}},
	{packages: "internal/scan/output", ours: []string{".", "internal/scan"}},
	{packages: "internal/scan/starter…", ours: []string{".", "engine", "internal/scan/starter…"}},
	{packages: "bench…", ours: []string{".", "engine…", "internal/scan…", "bench…"}, others: []string{"golang.org/x/sys"}},
	{packages: "cmd/candor", ours: []string{"."}, others: []string{"github.com/spf13/cobra", "golang.org/x/sys"}},
}

// wired may import every package of ours.
const wired = "cmd/candor"

// testOnly are modules that only tests may import.
var testOnly = []string{"github.com/google/go-cmp", "github.com/rogpeppe/go-internal"}

const module = "candor"

func TestImports(t *testing.T) {
	seen := 0
	for file := range goFiles(t) {
		seen++
		pkg := path.Dir(filepath.ToSlash(file))
		at := slices.IndexFunc(layers, func(l layer) bool { return covers(l.packages, pkg) })
		if at < 0 {
			t.Errorf("%s: package %q is not in the table of packages; put it there, or its code where it belongs", file, pkg)
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if !allowed(layers[at], pkg, imported, strings.HasSuffix(file, "_test.go")) {
				t.Errorf("%s: %q may not import %q", file, pkg, imported)
			}
		}
	}
	if seen < 20 {
		t.Fatalf("only %d files were looked at", seen)
	}
}

// TestAllowed makes sure that the table can say no.
func TestAllowed(t *testing.T) {
	engine, scan := layers[1], layers[2]
	for _, tt := range []struct {
		layer    layer
		pkg      string
		imported string
		test     bool
		want     bool
	}{
		{engine, "engine/yara", "bytes", false, true},
		{engine, "engine/yara", "candor/engine/pattern", false, true},
		{engine, "engine/yara", "candor", false, false},
		{engine, "engine/yara", "candor/internal/scan", false, false},
		{engine, "engine/yara", "golang.org/x/sys/unix", false, false},
		{engine, "engine/yara", "github.com/google/go-cmp/cmp", false, false},
		{engine, "engine/yara", "github.com/google/go-cmp/cmp", true, true},
		{scan, "internal/scan", "candor/engine", false, true},
		{scan, "internal/scan", "golang.org/x/sys/unix", false, true},
		{scan, "internal/scan", "github.com/spf13/cobra", false, false},
	} {
		if got := allowed(tt.layer, tt.pkg, tt.imported, tt.test); got != tt.want {
			t.Errorf("allowed(%s, %s) = %v", tt.pkg, tt.imported, got)
		}
	}
}

func allowed(l layer, pkg, imported string, test bool) bool {
	if imported == module || strings.HasPrefix(imported, module+"/") {
		name := strings.TrimPrefix(strings.TrimPrefix(imported, module), "/")
		if name == "" {
			name = "."
		}
		return pkg == wired || name == pkg || slices.ContainsFunc(l.ours, func(o string) bool { return covers(o, name) })
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return true // the standard library
	}
	within := func(m string) bool { return imported == m || strings.HasPrefix(imported, m+"/") }
	return slices.ContainsFunc(l.others, within) || test && slices.ContainsFunc(testOnly, within)
}

// covers tells whether a name of the table stands for pkg.
func covers(name, pkg string) bool {
	folder, all := strings.CutSuffix(name, "…")
	return pkg == folder || all && strings.HasPrefix(pkg, folder+"/")
}

// goFiles gives the Go files of this module by path.
func goFiles(t *testing.T) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		err := filepath.WalkDir(".", func(name string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if e.IsDir() {
				if base := e.Name(); name != "." && (strings.HasPrefix(base, ".") || base == "testdata" || base == "node_modules") {
					return filepath.SkipDir
				}
				if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil && name != "." {
					return filepath.SkipDir // a module of its own
				}
				return nil
			}
			if strings.HasSuffix(name, ".go") && !yield(name) {
				return filepath.SkipAll
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
