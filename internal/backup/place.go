package backup

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// place is a folder that is being restored under another name.
type place struct {
	prefix string // of entries
	to     string
	from   string // the temporary name
	moved  bool
}

// places are all files that are being restored.
type places struct {
	folders []*place
	keys    map[string]string // where keys go, by name
	held    map[string][]byte // keys, until everything is verified
	written []string          // keys in their places
	over    map[string]bool   // what had no place
}

func newPlaces(t Target) (*places, error) {
	p := &places{keys: t.Keys, held: map[string][]byte{}, over: map[string]bool{}}
	for prefix, to := range map[string]string{logPrefix: t.Log, vaultPrefix: t.Vault} {
		if to == "" {
			continue
		}
		entries, err := os.ReadDir(to)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Join(err, p.undo())
		}
		if len(entries) > 0 {
			p.clean()
			return nil, notEmpty(to)
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return nil, err
		}
		sweep(to)
		from, err := os.MkdirTemp(filepath.Dir(to), filepath.Base(to)+restoringMark)
		if err != nil {
			p.clean()
			return nil, err
		}
		p.folders = append(p.folders, &place{prefix: prefix, to: to, from: from})
	}
	return p, nil
}

const restoringMark = ".restoring-"

// sweep removes what a killed program left.
func sweep(to string) {
	left, _ := filepath.Glob(to + restoringMark + "*") // only a malformed pattern is an error
	for _, name := range left {
		_ = os.RemoveAll(name)
	}
}

// file writes a file of the log or the vault.
func (p *places) file(name string, r io.Reader) error {
	i := slices.IndexFunc(p.folders, func(f *place) bool { return strings.HasPrefix(name, f.prefix) })
	if i < 0 {
		p.over[name[:strings.IndexByte(name, '/')]] = true
		return nil
	}
	f := p.folders[i]
	to := filepath.Join(f.from, filepath.FromSlash(strings.TrimPrefix(name, f.prefix)))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return create(to, r)
}

// create writes a new file, durably but for its name.
func create(name string, r io.Reader) (err error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := io.Copy(f, r); err != nil {
		return err
	}
	return f.Sync()
}

// key holds a key back until the archive is verified.
func (p *places) key(name string, r io.Reader) error {
	if p.keys[name] == "" {
		p.over[keysPrefix+name] = true
		return nil
	}
	content, err := io.ReadAll(r)
	p.held[name] = content
	return err
}

// settle moves everything to its place.
func (p *places) settle() error {
	for _, f := range p.folders {
		if err := syncFolders(f.from); err != nil {
			return err
		}
		if err := os.Remove(f.to); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return notEmpty(f.to) // it was, a moment ago
		}
		if err := os.Rename(f.from, f.to); err != nil {
			return err
		}
		f.moved = true
		if err := syncFolder(filepath.Dir(f.to)); err != nil {
			return err
		}
	}
	for name, content := range p.held {
		to := p.keys[name]
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		err := create(to, strings.NewReader(string(content)))
		if errors.Is(err, fs.ErrExist) {
			return notEmpty(to)
		}
		if err != nil {
			return fmt.Errorf("key %s: %w", name, errors.Join(err, os.Remove(to)))
		}
		p.written = append(p.written, to)
		if err := syncFolder(filepath.Dir(to)); err != nil {
			return err
		}
	}
	return nil
}

// undo takes back what settle has done.
func (p *places) undo() error {
	var failed error
	for _, name := range p.written {
		failed = errors.Join(failed, os.Remove(name))
	}
	for _, f := range p.folders {
		if f.moved {
			failed = errors.Join(failed, os.RemoveAll(f.to))
		}
	}
	return failed
}

// clean removes temporary folders.
func (p *places) clean() {
	for _, f := range p.folders {
		if !f.moved {
			_ = os.RemoveAll(f.from) // the next Restore removes what stays
		}
	}
}

func (p *places) passedOver() (all []string) {
	for name := range p.over {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// syncFolders makes the names in a folder and all below it durable.
func syncFolders(dir string) error {
	return filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		return syncFolder(name)
	})
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
