package scan

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"candor"
)

func TestIncludes(t *testing.T) {
	for src, want := range map[string][]string{
		`include "a.yar"`: {"a.yar"},
		"include\n\"a.yar\" import \"pe\" include \"../b.yar\"":                                         {"a.yar", "../b.yar"},
		"// include \"a.yar\"\n/* include \"b.yar\" */":                                                 nil,
		`rule r { strings: $a = "include \"x\"" $b = /include "y"/ condition: $a }` + "\ninclude \"z\"": {"z"},
		`rule includes { condition: true }`:                                                             nil,
		`include`:                                                                                       nil,
		`include "unclosed`:                                                                             nil,
		"include \"two\nlines\"":                                                                        nil,
		`rule r { condition: filename matches /a"b/ } include "c"`:                                      {"c"},
		`rule r { condition: 8 \ 4 == 2 /* x */ } include "c"`:                                          {"c"},
		`/* never closed include "a"`:                                                                   nil,
	} {
		if got := includes([]byte(src)); !slices.Equal(got, want) {
			t.Errorf("%s\ngives %q, want %q", src, got, want)
		}
	}
}

func FuzzIncludes(f *testing.F) {
	f.Add([]byte("include \"a\" /* x */ rule r { strings: $a = /b\\/\"/ }"))
	f.Fuzz(func(t *testing.T, src []byte) {
		for _, path := range includes(src) {
			if len(path) > len(src) {
				t.Fatal("a path longer than the source")
			}
		}
	})
}

func names(d *Definitions) (out []string) {
	for _, s := range d.Sources {
		out = append(out, s.Name)
	}
	return out
}

func TestReadDefinitions(t *testing.T) {
	t.Chdir(t.TempDir())
	put(t, "rules/top.yar", `include "in/one.yar"`)
	put(t, "rules/in/one.yar", `include "two.yar"`)
	put(t, "rules/in/two.yar", `rule two { condition: true }`)
	put(t, "rules/lone.YARA", ``)
	put(t, "rules/sigs.ndb", `include "lone.YARA"`)
	put(t, "rules/README.md", ``)
	put(t, "circle/a.yar", `include "b.yar"`)
	put(t, "circle/b.yar", `include "a.yar"`)
	put(t, "circle/self.yar", `include "self.yar"`)
	if err := os.Symlink("../rules/lone.YARA", "circle/link.yar"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ paths, want []string }{
		{[]string{"rules"}, []string{"rules/lone.YARA", "rules/sigs.ndb", "rules/top.yar"}},
		{[]string{"./rules/", "rules/sigs.ndb", "rules/in/two.yar"}, []string{"rules/lone.YARA", "rules/sigs.ndb", "rules/top.yar", "rules/in/two.yar"}},
		{[]string{"circle"}, []string{"circle/a.yar", "circle/link.yar", "circle/self.yar"}},
	} {
		d, err := ReadDefinitions(tt.paths...)
		if err != nil {
			t.Fatal(err)
		}
		if got := names(d); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %q, want %q", tt.paths, got, tt.want)
		}
		for _, s := range d.Sources {
			if isYARA(s.Name) != (s.Namespace == s.Name) {
				t.Errorf("%s has namespace %q", s.Name, s.Namespace)
			}
		}
	}
	d, err := ReadDefinitions("rules")
	if err != nil {
		t.Fatal(err)
	}
	name, data, err := d.include("rules/in/one.yar", "two.yar")
	if err != nil || name != "rules/in/two.yar" || len(data) == 0 || d.missed {
		t.Errorf("include gives %s, %d bytes, %v; missed %v", name, len(data), err, d.missed)
	}
	if _, _, err := d.include("rules/in/one.yar", "none.yar"); err == nil || !d.missed {
		t.Error("an include of a file that is not there went through")
	}
	for _, path := range []string{"nowhere", "rules/README.md", t.TempDir()} {
		if _, err := ReadDefinitions(path); err == nil || candor.Hint(err) == "" {
			t.Errorf("%s: error %v, without a hint", path, err)
		}
	}
}

// TestRealIncludes reads a published set whose files include each other.
func TestRealIncludes(t *testing.T) {
	root := os.Getenv("CANDOR_DEFINITIONS")
	if root == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("CANDOR_DEFINITIONS names no folder of definitions")
		}
		t.Skip("CANDOR_DEFINITIONS names no folder of definitions")
	}
	dir := filepath.Join(root, "php-malware-finder")
	d, err := ReadDefinitions(dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{filepath.Join(dir, "php.yar")}; !slices.Equal(names(d), want) || len(d.included) != 9 {
		t.Errorf("%q, including %d files", names(d), len(d.included))
	}
}

func TestCacheFileIsGuarded(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"empty": "", "foreign": "GIF89a", "short": cacheMagic + "123",
		"long":     cacheMagic + "\xff\xff\xff\xff\x00\x00\x00\x00",
		"checksum": cacheMagic + "\x02\x00\x00\x00\x00\x00\x00\x00{}",
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := load(path); err == nil {
			t.Errorf("%s was taken for compiled definitions", name)
		}
	}
	writable := filepath.Join(dir, "writable")
	if err := errors.Join(os.WriteFile(writable, nil, 0o600), os.Chmod(writable, 0o666)); err != nil {
		t.Fatal(err)
	}
	if _, err := load(writable); !errors.Is(err, candor.ErrDenied) {
		t.Errorf("a file that everybody can write gives %v", err)
	}
}

func TestPrune(t *testing.T) {
	dir := t.TempDir()
	for i := range cacheKept + 5 {
		put(t, filepath.Join(dir, string(rune('a'+i))+".rules"), "")
	}
	put(t, filepath.Join(dir, "other"), "")
	prune(dir)
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != cacheKept+1 {
		t.Errorf("%d files left, %v", len(entries), err)
	}
}
