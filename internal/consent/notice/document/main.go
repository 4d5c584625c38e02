// Command document writes the schema of notices and their JSON-LD context
// into a folder.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"candor/internal/consent/notice"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: document FOLDER")
		os.Exit(2)
	}
	for name, data := range map[string][]byte{
		notice.SchemaVersion + ".schema.json":    notice.Schema(),
		notice.SchemaVersion + ".context.jsonld": notice.Context(),
	} {
		if err := os.WriteFile(filepath.Join(os.Args[1], name), data, 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
