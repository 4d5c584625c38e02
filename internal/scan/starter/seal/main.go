// Seal opens and closes the archives of samples that the starter set keeps,
// so that they can be edited:
//
//	go run ./internal/scan/starter/seal open ARCHIVE DIR
//	go run ./internal/scan/starter/seal close DIR ARCHIVE
//
// What it writes into DIR looks like malware to scanners: use a folder that
// is outside of the repository.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"candor/internal/scan/starter/sealed"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "seal open ARCHIVE DIR | seal close DIR ARCHIVE")
		os.Exit(2)
	}
	var err error
	switch from, to := os.Args[2], os.Args[3]; os.Args[1] {
	case "open":
		err = open(from, to)
	case "close":
		err = shut(from, to)
	default:
		err = fmt.Errorf("%s: neither open nor close", os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "seal:", err)
		os.Exit(1)
	}
}

func open(archive, dir string) error {
	data, err := os.ReadFile(archive)
	if err != nil {
		return err
	}
	files, err := sealed.Parse(data)
	if err != nil {
		return err
	}
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// shut keeps the comment of the archive that it replaces.
func shut(dir, archive string) error {
	old, err := os.ReadFile(archive)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	comment, _, _ := bytes.Cut(old, []byte("-- "))
	var files []sealed.File
	err = filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(dir, name)
		files = append(files, sealed.File{Name: filepath.ToSlash(inside), Data: data})
		return err
	})
	if err != nil {
		return err
	}
	return os.WriteFile(archive, sealed.Format(string(comment), files), 0o644)
}
