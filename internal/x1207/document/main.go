// Document writes the catalogue of X.1207's requirements as documents into a
// folder:
//
//	go run ./internal/x1207/document docs
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"candor/internal/x1207"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "document DIR")
		os.Exit(2)
	}
	for name, lang := range map[string]string{"x1207.md": "en", "x1207.zh-CN.md": "zh"} {
		if err := os.WriteFile(filepath.Join(os.Args[1], name), []byte(x1207.Markdown(lang)), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "document:", err)
			os.Exit(1)
		}
	}
}
