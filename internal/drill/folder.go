package drill

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"candor"
	"candor/internal/consent/jws"
)

// folder is an open Folder. Root writes to it while whoever owns the data
// folder, who is somebody else, may change what is there: it is no link, no
// link leads out of it, and owners are given to what was opened, not to names.
type folder struct {
	*os.Root
	uid, gid int // of the data folder's owner
}

// open opens the folder; make makes it if there is none.
func (f Folder) open(make bool) (d folder, err error) {
	above, name := filepath.Split(filepath.Clean(string(f)))
	if above == "" {
		above = "."
	}
	if make {
		if err := os.MkdirAll(above, 0o750); err != nil {
			return d, fmt.Errorf("the folder of drills: %w", err)
		}
	}
	data, err := os.OpenRoot(above)
	if err != nil {
		return d, fmt.Errorf("the folder of drills: %w", err)
	}
	defer data.Close()
	about, err := data.Stat(".")
	if err != nil {
		return d, fmt.Errorf("the folder of drills: %w", err)
	}
	if s, ok := about.Sys().(*syscall.Stat_t); ok {
		d.uid, d.gid = int(s.Uid), int(s.Gid)
	}
	made := errors.New("it was there")
	if make {
		made = data.Mkdir(name, 0o750)
	}
	if d.Root, err = openReal(data, name); err != nil {
		return d, fmt.Errorf("the folder of drills: %w", err)
	}
	if made == nil {
		if err := d.ownAll(); err != nil {
			return d, errors.Join(fmt.Errorf("the folder of drills: %w", err), d.Close())
		}
	}
	return d, nil
}

// openReal opens a folder that is no link.
func openReal(in *os.Root, name string) (*os.Root, error) {
	seen, err := in.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !seen.IsDir() {
		return nil, fmt.Errorf("%s is a link or a file: %w", name, candor.ErrDenied)
	}
	d, err := in.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	opened, err := d.Stat(".")
	if err == nil && !os.SameFile(seen, opened) {
		err = fmt.Errorf("%s became another folder: %w", name, candor.ErrDenied)
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// ownAll gives the folder itself to the owner of the data folder.
func (d folder) ownAll() error {
	self, err := d.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(d.own(self), self.Close())
}

// own gives what was opened to whoever owns the data folder: drills are root's,
// the desk is not.
func (d folder) own(opened *os.File) error {
	if os.Getuid() != 0 {
		return nil
	}
	return opened.Chown(d.uid, d.gid)
}

// write writes a file whole, or not at all.
func (d folder) write(name string, data []byte, mode fs.FileMode) error {
	part := ".new-" + rand.Text()
	t, err := d.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("keep a drill: %w", err)
	}
	_, err = t.Write(data)
	err = errors.Join(err, t.Chmod(mode), d.own(t), t.Sync(), t.Close())
	if err == nil {
		err = d.Rename(part, name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("keep a drill: %w", err), d.Remove(part))
	}
	return nil
}

// read reads a file that is no longer than a signed report.
func (d folder) read(name string) ([]byte, error) {
	in, err := d.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe would wait for ever
	if err != nil {
		return nil, err
	}
	defer in.Close()
	about, err := in.Stat()
	if err != nil {
		return nil, err
	}
	if !about.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file: %w", name, candor.ErrInvalid)
	}
	return io.ReadAll(io.LimitReader(in, jws.MostBytes+2)) // a line end, and one too many
}
