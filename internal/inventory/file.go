package inventory

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
)

// Bounds of one look, whatever it finds.
const (
	mostEntries = 200_000   // names of folders
	mostBytes   = 512 << 20 // read
	mostFile    = 64 << 20  // of one that is read line by line
	mostWhole   = 16 << 20  // of one that has to be in memory
	mostHead    = 256 << 10 // of one of which the beginning suffices
	mostLinks   = 1000      // looked at, to where they lead
)

// Options say how a look is taken. The zero value is a look without waiting.
type Options struct {
	Pace func() // called before each folder and file; may wait
	// RPM reads databases of RPM as ReadRPM does, which it is by default: in a process
	// of its own, where a database that is broken must not end the program.
	RPM func(ctx context.Context, f *os.File, ecosystem string, each func(Item) error) error
}

// tree is a folder that is looked into. What is read of it is counted; the first
// thing that could not be read is the gap.
type tree struct {
	ctx           context.Context
	root          *os.Root
	pace          func()
	rpm           func(context.Context, *os.File, string, func(Item) error) error
	entries, left int64
	links         int
	gap           Gap
}

// errBound says that a bound of a look was reached.
var errBound = errors.New("a bound was reached")

// openTree opens a folder. A link in its place is none.
func openTree(ctx context.Context, folder string, o Options) (*tree, error) {
	named, err := os.Lstat(folder)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	opened, err := root.Stat(".")
	if err == nil && !os.SameFile(named, opened) {
		err = fs.ErrInvalid
	}
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	if o.Pace == nil {
		o.Pace = func() {}
	}
	if o.RPM == nil {
		o.RPM = ReadRPM
	}
	return &tree{ctx: ctx, root: root, pace: o.Pace, rpm: o.RPM, entries: mostEntries, left: mostBytes}, nil
}

// missed notes that something could not be read, unless it is not there.
func (t *tree) missed(err error) {
	switch {
	case err == nil, errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
	case errors.Is(err, errBound):
		t.gap = TooMany
	case t.gap == Complete:
		t.gap = Unreadable
	}
}

// over tells whether the look must end.
func (t *tree) over() bool { return t.ctx.Err() != nil || t.entries <= 0 || t.left <= 0 }

// linked is what a link leads to: it is in its place, and another folder has it too.
type linked struct{ fs.DirEntry }

// follow gives what a link leads to; nil if that is nothing, or lies outside, which
// is told as a gap: what was there before it is not gone.
func (t *tree) follow(folder string, e fs.DirEntry) fs.DirEntry {
	if t.links++; t.links > mostLinks || t.over() {
		t.missed(errBound)
		return nil
	}
	t.pace()
	info, err := t.root.Stat(join(folder, e.Name()))
	if errors.Is(err, syscall.ELOOP) {
		return nil
	}
	if t.missed(err); err != nil {
		return nil
	}
	return linked{fs.FileInfoToDirEntry(info)}
}

// list gives the names in a folder, in order, with what links lead to below the root;
// what is neither file nor folder is left out.
func (t *tree) list(folder string) (all []fs.DirEntry, err error) {
	t.pace()
	f, err := t.root.OpenFile(folder, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all, err = f.ReadDir(int(t.entries) + 1)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if t.entries -= int64(len(all)); t.entries < 0 {
		err = errBound
	}
	for i, e := range all {
		if e.Type()&fs.ModeSymlink != 0 {
			all[i] = t.follow(folder, e)
		}
	}
	all = slices.DeleteFunc(all, func(e fs.DirEntry) bool { return e == nil || !e.IsDir() && !e.Type().IsRegular() })
	slices.SortFunc(all, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return all, err
}

// open opens a regular file.
func (t *tree) open(name string) (*os.File, error) {
	t.pace()
	f, err := t.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// head reads the beginning of a file.
func (t *tree) head(name string, most int64) []byte {
	f, err := t.open(name)
	if err != nil {
		t.missed(err)
		return nil
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, min(most, max(t.left, 0))))
	t.left -= int64(len(data))
	t.missed(err)
	return data
}

// whole reads a file that is of use as a whole only.
func (t *tree) whole(name string) []byte {
	data := t.head(name, mostWhole+1)
	if len(data) > mostWhole {
		t.missed(errBound)
		return nil
	}
	return data
}

// join is a name in a folder below the root.
func join(folder, name string) string { return path.Join(folder, name) }
