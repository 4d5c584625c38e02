package terms

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"candor"
)

//go:embed library/*.yml
var library embed.FS

// Library lists the documents that are part of the program, by name. They are
// to begin from: put your own name, contact and date in, and have them read by
// somebody who knows your law.
func Library() []string {
	files, err := fs.Glob(library, "library/*.yml")
	if err != nil { // the pattern is well-formed
		return nil
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(path.Base(f), ".yml")
	}
	return files
}

// Source gives the YAML of a document of the library. It fails with
// candor.ErrNotFound.
func Source(name string) ([]byte, error) {
	data, err := library.ReadFile("library/" + name + ".yml")
	if err != nil {
		return nil, candor.WithHint(fmt.Errorf("terms %q: %w", name, candor.ErrNotFound),
			"The library has "+strings.Join(Library(), ", ")+"; or name a file.")
	}
	return data, nil
}
