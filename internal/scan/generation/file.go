package generation

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"candor"
)

const (
	lockFile       = "lock"
	currentFile    = "current"
	sourcesFile    = "sources.json"
	webDir         = "web"
	generationsDir = "generations"
	sumsFile       = "SHA256SUMS"
	filesDir       = "files"
	stateFile      = "state.json"
	newPrefix      = "new-"
	starterName    = "starter"
)

// lock makes this the one program that changes the folder.
func (u *Updater) lock() (unlock func(), err error) {
	f, err := os.OpenFile(u.path(lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, unavailable("folder of definitions", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("another program is updating the definitions in %s: %w", u.o.Dir, candor.ErrUnavailable)
	}
	return func() { f.Close() }, nil
}

// temporary makes a folder for what is being written. Remove it afterwards.
func (u *Updater) temporary() (string, error) {
	dir, err := os.MkdirTemp(u.o.Dir, newPrefix)
	if err != nil {
		return "", unavailable("folder of definitions", err)
	}
	return dir, nil
}

// discard removes what was written for nothing. What stays, the next start
// removes.
func discard(dir string) { _ = os.RemoveAll(dir) }

// sweep removes what a killed program left half done.
func (u *Updater) sweep() {
	entries, _ := os.ReadDir(u.o.Dir) // what cannot be read, cannot be swept
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), newPrefix) {
			discard(u.path(e.Name()))
		}
	}
	entries, _ = os.ReadDir(u.path(generationsDir))
	for _, e := range entries {
		if s, err := u.state(e.Name()); err == nil && s.State == "" { // nobody judged it
			u.remove(e.Name())
		}
	}
}

// remove removes a generation: at once for readers, however long the rest takes.
func (u *Updater) remove(id string) {
	gone := u.path(newPrefix + "gone-" + id)
	if err := os.Rename(u.path(generationsDir, id), gone); err == nil {
		discard(gone)
	}
}

// replaceFile puts a file in the place of name, atomically and durably.
func replaceFile(name string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), newPrefix)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone, if all goes well
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return settle(f, name)
}

// settle makes what was written to f durable, and then moves it to name.
func settle(f *os.File, name string) error {
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return err
	}
	return syncDir(filepath.Dir(name))
}

func syncDir(dir string) error { // or a file
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// syncAll makes a folder and all in it durable, and waits for nothing else on
// the same disk.
func syncAll(dir string) error {
	return filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return syncDir(name) // which files can be told too
	})
}

func replaceJSON(name string, value any) error {
	data, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(name, append(data, '\n'))
}

func readJSON(name string, into any) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w: %w", name, candor.ErrInvalid, err)
	}
	return nil
}

// unavailable gives a failure of the file system its kind.
func unavailable(what string, err error) error {
	kind, hint := candor.ErrUnavailable, "See that the folder can be read and written, and that its disk has room."
	if errors.Is(err, fs.ErrNotExist) {
		kind, hint = candor.ErrNotFound, ""
	}
	err = fmt.Errorf("%s: %w: %w", what, kind, err)
	if hint == "" {
		return err
	}
	return candor.WithHint(err, hint)
}
