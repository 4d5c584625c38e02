package dotnet

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"candor/engine/module/pe/petest"
)

func TestBulk(t *testing.T) {
	dir := os.Getenv("BULK")
	m := New()
	n, bad := 0, 0
	filepath.Walk(dir, func(p string, fi os.FileInfo, err error) error {
		if err != nil || !fi.Mode().IsRegular() || bad > 20 {
			return nil
		}
		b, _ := os.ReadFile(p)
		if len(b) < 2 || b[0] != 'M' {
			return nil
		}
		n++
		d := petest.Diff(petest.Dump(m, b), petest.YaraDump(t, "dotnet", p), func(s string) bool { return os.Getenv("IGN") != "" && strings.Contains(s, os.Getenv("IGN")) })
		if len(d) > 0 {
			bad++
			t.Errorf("%s: %d differences:\n%s", p, len(d), strings.Join(d[:min(len(d), 8)], "\n"))
		}
		return nil
	})
	t.Log(n, "files")
}
