// Package ruleset knows the sets of real definitions that benchmarks and
// conformance use, and how each peer is told to load them. The sets are read
// from a folder outside of the project; none of them is part of it.
package ruleset

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"candor/engine"
)

// Set is one set of definitions. Its files are of one language.
type Set struct {
	Name  string
	Files []string
	// Namespaces tells whether each file is a namespace of its own, because
	// the files were not written to be loaded together.
	Namespaces bool
	// Externals are the external variables that the set expects, all strings
	// and empty.
	Externals []string
}

// All gives the sets below dir: signature-base, php-malware-finder, rfxn.yara
// and the ClamAV files of rfxn, in this order.
func All(dir string) ([]Set, error) {
	base, err := list(filepath.Join(dir, "signature-base"), ".yar", ".yara")
	if err != nil {
		return nil, err
	}
	clam, err := list(filepath.Join(dir, "rfxn"), ".ndb", ".hdb")
	if err != nil {
		return nil, err
	}
	return []Set{
		{Name: "signature-base", Files: base, Namespaces: true,
			Externals: []string{"filename", "filepath", "extension", "filetype", "owner"}},
		{Name: "php-malware-finder", Files: []string{filepath.Join(dir, "php-malware-finder", "php.yar")}},
		{Name: "rfxn.yara", Files: []string{filepath.Join(dir, "rfxn", "rfxn.yara")}},
		{Name: "rfxn .ndb+.hdb", Files: clam},
	}, nil
}

func list(dir string, extensions ...string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("definitions: %w; name the folder that holds the sets with -definitions or CANDOR_DEFINITIONS", err)
	}
	var files []string
	for _, e := range entries {
		if slices.Contains(extensions, filepath.Ext(e.Name())) {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("definitions: no %s in %s", strings.Join(extensions, " or "), dir)
	}
	return files, nil
}

// YARA is the part of yara's command line that loads the set.
func (s Set) YARA() []string {
	var args []string
	for _, x := range s.Externals {
		args = append(args, "-d", x+"=")
	}
	for _, f := range s.Files {
		if s.Namespaces {
			f = s.Namespace(f) + ":" + f
		}
		args = append(args, f)
	}
	return args
}

// Namespace is the namespace that a file of the set is loaded into.
func (s Set) Namespace(file string) string {
	if s.Namespaces {
		return filepath.Base(file)
	}
	return ""
}

// Sources reads the set for the engine.
func (s Set) Sources() ([]engine.Source, error) {
	var out []engine.Source
	for _, f := range s.Files {
		data, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		out = append(out, engine.Source{Name: f, Namespace: s.Namespace(f), Data: data})
	}
	return out, nil
}

// Options are the engine's options for the set. Includes are read from disk,
// relative to the file that has them.
func (s Set) Options() engine.Options {
	o := engine.Options{Externals: map[string]any{}, Include: include}
	for _, x := range s.Externals {
		o.Externals[x] = ""
	}
	return o
}

func include(from, path string) (string, []byte, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(from), path)
	}
	data, err := os.ReadFile(path)
	return path, data, err
}
