package scan

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"candor"
	"candor/engine"
)

// extensions lists the kinds of definitions files that the engine reads.
var extensions = map[string]bool{
	".yar": true, ".yara": true,
	".hdb": true, ".hsb": true, ".hdu": true, ".hsu": true,
	".mdb": true, ".msb": true, ".mdu": true, ".msu": true,
	".ndb": true, ".ndu": true, ".ldb": true, ".ldu": true,
	".fp": true, ".sfp": true, ".ign": true, ".ign2": true, ".ftm": true,
	".cvd": true, ".cld": true,
}

func isYARA(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return ext == ".yar" || ext == ".yara"
}

// Definitions are definitions files as they were read, with whatever they
// include.
type Definitions struct {
	Sources  []engine.Source
	included map[string][]byte   // by cleaned path
	includes map[string][]string // by cleaned path of a YARA file: the paths that it includes
	missed   bool                // something was included that was not foreseen
}

// ReadDefinitions reads files and directories of definitions. Directories are
// walked for files with the extension of a definitions file; a file that is
// named is read whatever directory it is in. Every YARA file has its cleaned
// path as its namespace, so that rules of the same name in two files do not
// meet.
//
// Includes are resolved relative to the file that includes. In a directory, a
// file that another file of it includes is not loaded a second time by
// itself; a file that is named always is.
func ReadDefinitions(paths ...string) (*Definitions, error) {
	d := &Definitions{included: make(map[string][]byte), includes: make(map[string][]string)}
	seen := make(map[string]bool)
	for _, path := range paths {
		path = filepath.Clean(path)
		info, err := os.Stat(path)
		if err != nil {
			return nil, noDefinitions(path, err)
		}
		names := []string{path}
		if info.IsDir() {
			if names, err = list(path); err != nil {
				return nil, noDefinitions(path, err)
			}
		} else if !extensions[strings.ToLower(filepath.Ext(path))] {
			return nil, candor.WithHint(fmt.Errorf("definitions %s: not a known extension: %w", path, candor.ErrInvalid),
				"Definitions are told apart by extension: .yar and .yara for YARA, .ndb, .hdb, .ldb, .cvd and so on for ClamAV.")
		}
		sources, err := d.load(names)
		if err != nil {
			return nil, err
		}
		if info.IsDir() {
			sources = d.roots(sources)
		}
		for _, s := range sources {
			if !seen[s.Name] {
				seen[s.Name] = true
				d.Sources = append(d.Sources, s)
			}
		}
	}
	if len(d.Sources) == 0 {
		return nil, candor.WithHint(fmt.Errorf("no definitions in %s: %w", strings.Join(paths, ", "), candor.ErrNotFound),
			"Directories are searched for .yar, .yara, .ndb, .hdb, .ldb, .cvd and the other extensions of ClamAV.")
	}
	return d, nil
}

func noDefinitions(path string, err error) error {
	hint := "Check the path given to --definitions."
	if errors.Is(err, fs.ErrPermission) {
		hint = "Give this user read access to it, or run as a user who has it."
	}
	return candor.WithHint(fmt.Errorf("definitions %s could not be read: %w", path, cause(err)), hint)
}

// cause leaves out of err the path that the message around it has already.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// list gives the definitions files below dir in lexical order. Links to files
// count as files; links to directories are not followed.
func list(dir string) (names []string, err error) {
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !extensions[strings.ToLower(filepath.Ext(path))] {
			return nil
		}
		if !e.Type().IsRegular() {
			if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
				return nil
			}
		}
		names = append(names, path)
		return nil
	})
	return names, err
}

// load reads files and what they include, all the way down.
func (d *Definitions) load(names []string) ([]engine.Source, error) {
	sources := make([]engine.Source, len(names))
	for i, r := range readFiles(names) {
		name := names[i]
		if r.err != nil {
			return nil, noDefinitions(name, r.err)
		}
		sources[i] = engine.Source{Name: name, Data: r.data}
		if isYARA(name) {
			sources[i].Namespace = name
			d.includes[name] = r.includes
		}
	}
	for _, s := range sources {
		if isYARA(s.Name) {
			d.foresee(s.Name)
		}
	}
	return sources, nil
}

// definitionsFile is a file as it was read.
type definitionsFile struct {
	data     []byte
	includes []string // if it is one of YARA
	err      error
}

// readFiles reads files, several at a time.
func readFiles(names []string) []definitionsFile {
	out := make([]definitionsFile, len(names))
	var next atomic.Int64
	var readers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(names)) {
		readers.Go(func() {
			var s shelf
			for i := next.Add(1) - 1; i < int64(len(names)); i = next.Add(1) - 1 {
				f := &out[i]
				if f.data, f.err = s.read(names[i]); f.err == nil && isYARA(names[i]) {
					f.includes = includes(f.data)
				}
			}
		})
	}
	readers.Wait()
	return out
}

// foresee reads what a YARA file includes. What cannot be read is left for
// the compiler to ask for and to report.
func (d *Definitions) foresee(from string) {
	for _, path := range d.includes[from] {
		name := beside(from, path)
		if _, ok := d.included[name]; ok {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		d.included[name], d.includes[name] = data, includes(data)
		d.foresee(name)
	}
}

// roots leaves out the sources that others among them include. Of files that
// only include each other the first stays.
func (d *Definitions) roots(sources []engine.Source) []engine.Source {
	inner := make(map[string]bool)
	for _, s := range sources {
		for _, path := range d.includes[s.Name] {
			if name := beside(s.Name, path); name != s.Name {
				inner[name] = true
			}
		}
	}
	reached := make(map[string]bool)
	var kept []engine.Source
	keep := func(s engine.Source) {
		kept = append(kept, s)
		d.reach(s.Name, reached)
	}
	for _, s := range sources {
		if !inner[s.Name] {
			keep(s)
		}
	}
	for _, s := range sources {
		if !reached[s.Name] {
			keep(s)
		}
	}
	slices.SortFunc(kept, func(a, b engine.Source) int { return strings.Compare(a.Name, b.Name) })
	return kept
}

func (d *Definitions) reach(name string, reached map[string]bool) {
	reached[name] = true
	for _, path := range d.includes[name] {
		next := beside(name, path)
		if _, ok := d.included[next]; ok && !reached[next] {
			d.reach(next, reached)
		}
	}
}

// beside gives the path that an include statement in the file from means.
func beside(from, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(filepath.Dir(from), path)
}

// include answers the compiler.
func (d *Definitions) include(from, path string) (string, []byte, error) {
	name := beside(from, path)
	if data, ok := d.included[name]; ok {
		return name, data, nil
	}
	d.missed = true
	data, err := os.ReadFile(name)
	if err != nil {
		return name, nil, fmt.Errorf("include %q: %w", path, cause(err))
	}
	return name, data, nil
}

// Apart gives each file by itself, with what it includes.
func (d *Definitions) Apart() []*Definitions {
	out := make([]*Definitions, len(d.Sources))
	for i, s := range d.Sources {
		out[i] = &Definitions{Sources: []engine.Source{s}, included: d.included}
	}
	return out
}
