// Package folder takes in what lies in a folder: mails of a Maildir, or files.
package folder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"candor"
	"candor/internal/intake"
)

// Options say which folder, and what becomes of what was kept.
type Options struct {
	Name string // of the folder, as the configuration has it
	Dir  string
	// Remove has files removed once they are kept; otherwise they are moved to the
	// folder "done" in Dir.
	Remove bool
	Poll   time.Duration // how often it is looked at; 5 seconds if zero
	// Rest is how long a file must not have been written to before it is taken; 5
	// seconds if zero. Mails of a Maildir came by renaming, and need no rest.
	Rest   time.Duration
	Keeper intake.Keeper
	Log    *slog.Logger
	Now    func() time.Time
}

// Counts say what became of files since the program began.
type Counts struct {
	Kept    int64
	Refused int64 // never to be kept: they lie in "refused"
	Failed  int64 // attempts that failed; they are tried again
}

// Folder takes files in.
type Folder struct {
	o                     Options
	kept, refused, failed atomic.Int64
}

// Where files go.
const (
	done    = "done"
	refused = "refused"
)

// New gives a folder that does nothing before Run. The error is
// candor.ErrInvalid if Dir is no folder.
func New(o Options) (*Folder, error) {
	if o.Poll <= 0 {
		o.Poll = 5 * time.Second
	}
	if o.Rest <= 0 {
		o.Rest = 5 * time.Second
	}
	if info, err := os.Stat(o.Dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("take files in as %s: %s is no folder: %w", o.Name, o.Dir, candor.ErrInvalid)
	}
	return &Folder{o: o}, nil
}

// Counts may be asked for at any time.
func (f *Folder) Counts() Counts {
	return Counts{Kept: f.kept.Load(), Refused: f.refused.Load(), Failed: f.failed.Load()}
}

// Run takes files in until ctx ends, and then gives nil. It is called once.
func (f *Folder) Run(ctx context.Context) error {
	t := time.NewTicker(f.o.Poll)
	defer t.Stop()
	for {
		if err := f.Pass(ctx); err != nil && ctx.Err() == nil {
			f.o.Log.Error("files: a folder cannot be read", "folder", f.o.Name, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// Pass looks at the folder once, and takes what is ready.
func (f *Folder) Pass(ctx context.Context) error {
	places, maildir := []string{"."}, f.maildir()
	if maildir {
		places = []string{"new", "cur"}
	}
	for _, place := range places {
		dir := filepath.Join(f.o.Dir, place)
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if !e.Type().IsRegular() || passing(e.Name()) {
				continue
			}
			f.try(ctx, filepath.Join(dir, e.Name()), maildir)
		}
	}
	return nil
}

// maildir tells whether the folder is one.
func (f *Folder) maildir() bool {
	for _, name := range []string{"new", "cur", "tmp"} {
		if info, err := os.Stat(filepath.Join(f.o.Dir, name)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

// passing are names of files that are still being written.
func passing(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") {
		return true
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp":
		return true
	}
	return false
}

// try takes one file, if it is ready.
func (f *Folder) try(ctx context.Context, path string, maildir bool) {
	file, err := open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return // somebody else took it
	}
	if err != nil {
		f.fail(path, err)
		return
	}
	defer file.Close()
	before, err := file.Stat()
	if err != nil {
		f.fail(path, err)
		return
	}
	if !before.Mode().IsRegular() || !maildir && f.o.Now().Sub(before.ModTime()) < f.o.Rest {
		return
	}
	a := arrival(file, before, maildir)
	a.Source = f.o.Name
	err = f.o.Keeper.Keep(ctx, a)
	if err == nil {
		err = unchanged(path, before)
	}
	switch {
	case err == nil:
		f.kept.Add(1)
		err = f.away(path, done)
	case errors.Is(err, candor.ErrInvalid):
		f.refused.Add(1)
		f.o.Log.Warn("files: one cannot be kept", "folder", f.o.Name, "file", filepath.Base(path), "error", err)
		err = f.away(path, refused)
	}
	if err != nil {
		f.fail(path, err)
	}
}

func (f *Folder) fail(path string, err error) {
	f.failed.Add(1)
	f.o.Log.Warn("files: one is tried again", "folder", f.o.Name, "file", filepath.Base(path), "error", err)
}

// open follows no link, and does not wait for a pipe.
func open(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
}

// unchanged says candor.ErrChanged if the file was written to since, or is
// another: then it is taken again, under another key.
func unchanged(path string, before fs.FileInfo) error {
	after, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !os.SameFile(before, after) || after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) {
		return candor.ErrChanged
	}
	return nil
}

// away puts a file where it is not taken again. One of that name that lies there
// stays.
func (f *Folder) away(path, to string) error {
	if to == done && f.o.Remove {
		return os.Remove(path)
	}
	dir := filepath.Join(f.o.Dir, to)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	name := filepath.Base(path)
	for n := 0; n < 1000; n++ {
		target := filepath.Join(dir, name)
		if n > 0 {
			target += fmt.Sprintf(".%d", n)
		}
		err := unix.Renameat2(unix.AT_FDCWD, path, unix.AT_FDCWD, target, unix.RENAME_NOREPLACE)
		if err == nil || !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return fmt.Errorf("%s is in %s a thousand times: %w", name, dir, candor.ErrExists)
}
