package generation

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"candor"
	"candor/internal/scan"
)

// entry is one file of a generation.
type entry struct {
	name   string // source/path
	digest string
}

// sums lists entries as sha256sum does, in the order of their names. Its own
// digest names the generation.
func sums(entries []entry) (list []byte, id string) {
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	for _, e := range entries {
		list = fmt.Appendf(list, "%s  %s\n", e.digest, e.name)
	}
	sum := sha256.Sum256(list)
	return list, hex.EncodeToString(sum[:])
}

// verify makes sure that a generation holds what it is named after, and
// nothing else. It gives the entries.
func (u *Updater) verify(id string) ([]entry, error) {
	dir := u.path(generationsDir, id)
	list, err := os.ReadFile(filepath.Join(dir, sumsFile))
	if err != nil {
		return nil, unavailable("generation "+id, err)
	}
	damaged := func(name, how string) error {
		return candor.WithHint(fmt.Errorf("generation %s: %s %s: %w", id, name, how, candor.ErrChanged),
			"Look after the disk; the sources are collected anew at the next check.")
	}
	if sum := sha256.Sum256(list); hex.EncodeToString(sum[:]) != id {
		return nil, damaged(sumsFile, "was changed")
	}
	var entries []entry
	lines := bufio.NewScanner(bytes.NewReader(list))
	for lines.Scan() {
		digest, name, ok := strings.Cut(lines.Text(), "  ")
		if !ok || !fs.ValidPath(name) {
			return nil, damaged(sumsFile, "cannot be read")
		}
		have, err := digestOf(filepath.Join(dir, filesDir, name))
		if err != nil {
			return nil, damaged(name, "cannot be read: "+err.Error())
		}
		if have != digest {
			return nil, damaged(name, "was changed")
		}
		entries = append(entries, entry{name, digest})
	}
	if n, err := countFiles(filepath.Join(dir, filesDir)); err != nil || n != len(entries) {
		return nil, damaged(filesDir, "holds other files than it should")
	}
	return entries, nil
}

func digestOf(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.CopyBuffer(h, f, make([]byte, 256<<10)); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func countFiles(dir string) (n int, err error) {
	err = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			n++
		}
		return err
	})
	return n, err
}

// load verifies a generation and has it compiled.
func (u *Updater) load(id string) (*loaded, error) {
	s, err := u.state(id)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("generation %.64s: %w", id, candor.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("generation %s: %w", id, err)
	}
	if _, err := u.verify(id); err != nil {
		return nil, err
	}
	d, files, err := u.read(id)
	if err != nil {
		return nil, err
	}
	l := &loaded{state: s, compiled: u.o.Cache.Compile(d, u.o.Externals)}
	if u.o.Cache.Dir != "" && !l.compiled.Cached && l.compiled.Warn == nil {
		// What was read from the cache takes less memory than what was just compiled.
		l.compiled = u.o.Cache.Compile(d, u.o.Externals)
	}
	if l.compiled.Warn != nil {
		u.o.Log.Warn("compiled definitions could not be kept; the next start takes longer", "error", l.compiled.Warn)
	}
	shorten(l.compiled, files+"/")
	l.state.Rules, l.state.Problems = l.compiled.Report.Rules, len(l.compiled.Report.Problems)
	return l, nil
}

// read reads the definitions of a generation, and names their folder.
func (u *Updater) read(id string) (d *scan.Definitions, files string, err error) {
	files = u.path(generationsDir, id, filesDir)
	if d, err = scan.ReadDefinitions(files); err != nil {
		return nil, files, fmt.Errorf("generation %s: %w", id, err)
	}
	nameStarter(d, files)
	return d, files, nil
}

// shorten names files by source and path: where a generation lies is nothing
// to people, and would make every finding look new after an update. Nobody
// else has the rules yet.
func shorten(c *scan.Compiled, folder string) {
	known := map[string]string{} // so that a million rules share a name
	short := func(name string) string {
		if s, ok := known[name]; ok {
			return s
		}
		s := strings.TrimPrefix(name, folder)
		known[name] = s
		return s
	}
	for _, r := range c.Rules.All() {
		r.File, r.Namespace = short(r.File), short(r.Namespace)
	}
	for i := range c.Report.Problems {
		p := &c.Report.Problems[i]
		p.File, p.Reason = short(p.File), strings.ReplaceAll(p.Reason, folder, "")
	}
}
