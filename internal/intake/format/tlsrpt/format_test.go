package tlsrpt

import (
	"os"
	"path/filepath"
	"testing"

	"candor/internal/intake/format/formattest"
)

func TestFiles(t *testing.T) {
	names, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	var own []formattest.Sample
	for _, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		own = append(own, formattest.Sample{Name: filepath.Base(name), Body: body})
	}
	formattest.Files(t, Reader{}, Format, own, nil)
}
