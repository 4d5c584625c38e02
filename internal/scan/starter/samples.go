package starter

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"

	"candor/internal/scan/starter/sealed"
)

//go:embed samples/tree.sealed
var tree []byte

// WriteSamples writes a small web site into the folder dir, which must exist:
// clean pages, and files that the starter set finds, at least one of every
// severity. They are harmless: scripts end before their first step or lead to
// names that can never exist (RFC 2606). Files of the same name are replaced.
func WriteSamples(dir string) error {
	files, err := sealed.Parse(tree)
	if err != nil {
		return fmt.Errorf("samples: %w", err)
	}
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return fmt.Errorf("samples: %w", err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			return fmt.Errorf("samples: %w", err)
		}
	}
	return nil
}
