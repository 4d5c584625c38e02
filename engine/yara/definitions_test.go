package yara

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// definitions gives the sources of the real rule sets by path.
func definitions(t testing.TB) map[string][]byte {
	t.Helper()
	root := os.Getenv("CANDOR_DEFINITIONS")
	if root == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("CANDOR_DEFINITIONS is not set: point it at the folder with signature-base, php-malware-finder and rfxn")
		}
		t.Skip("CANDOR_DEFINITIONS is not set")
	}
	files := make(map[string][]byte)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".yar") && !strings.HasSuffix(path, ".yara") {
			return err
		}
		files[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 700 {
		t.Fatalf("%d rule files below %s, want the 700 and more of signature-base, php-malware-finder and rfxn", len(files), root)
	}
	return files
}

// include resolves paths beside the including file, as the yara program does.
func include(from, path string) (string, []byte, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(from), path)
	}
	src, err := os.ReadFile(path)
	return path, src, err
}

func TestDefinitionsParse(t *testing.T) {
	rules := 0
	for path, src := range definitions(t) {
		f, problems := Parse(path, src, Options{Include: include})
		rules += len(f.Rules)
		for _, p := range problems {
			t.Errorf("%v", p)
		}
	}
	t.Logf("%d rules", rules)
}

func BenchmarkParse(b *testing.B) {
	files := definitions(b)
	size := 0
	for _, src := range files {
		size += len(src)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for path, src := range files {
			Parse(path, src, Options{Include: include})
		}
	}
}
