package evidence

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"candor"
)

// replaceFile puts a file in the place of name, atomically and durably.
func replaceFile(name string, data []byte, perm fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone, if all goes well
	defer f.Close()
	if err := f.Chmod(perm); err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return err
	}
	return settle(f, name)
}

// settle makes what was written to the temporary file f durable, and then
// moves it to name.
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

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// makeDir makes a folder for the owner alone, durably.
func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return syncDir(filepath.Dir(dir))
}

// readFile reads a regular file of at most limit bytes. A missing one gives an
// error that is candor.ErrNotFound, a larger one candor.ErrInvalid.
func readFile(name string, limit int64) ([]byte, error) {
	info, err := os.Stat(name) // before it is opened: a pipe would wait for a writer
	if err != nil {
		return nil, unavailable("read", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file: %w", name, candor.ErrInvalid)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, unavailable("read", err)
	}
	defer f.Close()
	data := make([]byte, 0, min(info.Size(), limit)+1)
	for {
		n, err := f.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case int64(len(data)) > limit:
			return nil, fmt.Errorf("%s is larger than %d bytes: %w", name, limit, candor.ErrInvalid)
		case err == io.EOF:
			return data, nil
		case err != nil:
			return nil, unavailable("read", err)
		case len(data) == cap(data):
			data = append(data, 0)[:len(data)]
		}
	}
}

// unavailable gives a failure of the file system its kind.
func unavailable(what string, err error) error {
	kind := candor.ErrUnavailable
	if errors.Is(err, fs.ErrNotExist) {
		kind = candor.ErrNotFound
	}
	return fmt.Errorf("%s: %w: %w", what, kind, err)
}
