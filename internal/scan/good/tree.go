package good

import (
	"context"
	"crypto/md5" //nolint:gosec // it is what others have published
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"candor"
)

// Added says what became of adding.
type Added struct {
	Contents int      // that were added
	Differ   []string // files that have other contents than their sums say
	Missing  int      // files of sums that are not there
	Unread   []string // what could not be read, with the reason
}

// Add adds up.
func (a *Added) Add(o Added) {
	a.Contents += o.Contents
	a.Differ = append(a.Differ, o.Differ...)
	a.Missing += o.Missing
	a.Unread = append(a.Unread, o.Unread...)
}

func (a *Added) cannot(name string, err error) {
	a.Unread = append(a.Unread, fmt.Sprintf("%s: %v", name, err))
}

// AddPath adds a file, an archive with its members, or all files of a folder.
// Links are not followed.
func (b *Builder) AddPath(ctx context.Context, origin uint32, name string) (Added, error) {
	info, err := os.Stat(name)
	if err != nil {
		return Added{}, err
	}
	if info.IsDir() {
		return b.addFolder(ctx, origin, name)
	}
	return b.addFile(ctx, origin, name)
}

func (b *Builder) addFolder(ctx context.Context, origin uint32, dir string) (a Added, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return a, err
	}
	defer root.Close()
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || !d.Type().IsRegular() {
			if err != nil && ctx.Err() == nil {
				a.cannot(name, err)
				err = nil
			}
			return err
		}
		sum, err := digest(ctx, root, name)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			a.cannot(name, err)
			return nil
		}
		a.Contents++
		return b.Add(origin, sum.SHA256, name)
	})
	return a, err
}

// digest digests a regular file below a root.
func digest(ctx context.Context, root *os.Root, name string) (s Sum, err error) {
	info, err := root.Lstat(name)
	if err != nil {
		return s, err
	}
	if !info.Mode().IsRegular() { // a FIFO would have us wait
		return s, errors.New("it is no regular file")
	}
	f, err := root.Open(name)
	if err != nil {
		return s, err
	}
	defer f.Close()
	return sumContent(bounded{ctx, f})
}

func sumContent(r io.Reader) (s Sum, err error) {
	long, short := sha256.New(), md5.New() //nolint:gosec // as above
	if _, err = io.Copy(io.MultiWriter(long, short), r); err != nil {
		return s, err
	}
	long.Sum(s.SHA256[:0])
	short.Sum(s.MD5[:0])
	return s, nil
}

// addFile adds a file, and its members if it is an archive.
func (b *Builder) addFile(ctx context.Context, origin uint32, name string) (a Added, err error) {
	f, err := os.Open(name)
	if err != nil {
		return a, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return a, err
	}
	if !info.Mode().IsRegular() {
		return a, fmt.Errorf("%s: it is no regular file: %w", name, candor.ErrInvalid)
	}
	sum, err := sumContent(bounded{ctx, f})
	if err != nil {
		return a, err
	}
	if err := b.Add(origin, sum.SHA256, filepath.Base(name)); err != nil {
		return a, err
	}
	a.Contents++
	m := members{ctx: ctx, least: leastUnpacked, add: func(path string, d Digest) error { a.Contents++; return b.Add(origin, d, path) }}
	if err := m.open(f, info.Size()); err != nil {
		if ctx.Err() != nil || m.failed != nil {
			return a, errors.Join(ctx.Err(), m.failed)
		}
		a.cannot(filepath.Base(name), err)
	}
	return a, nil
}

// AddSums adds what sums say. Those that have MD5 alone are held against the
// files below dir, and so are the others if dir is given: what is there with
// another content is told and not added.
func (b *Builder) AddSums(ctx context.Context, origin uint32, sums []Sum, dir string) (a Added, err error) {
	var root *os.Root
	if dir != "" {
		if root, err = os.OpenRoot(dir); err != nil {
			return a, err
		}
		defer root.Close()
	}
	for _, s := range sums {
		if root == nil && s.SHA256 == (Digest{}) {
			return a, candor.WithHint(fmt.Errorf("%q has no SHA-256: %w", s.Path, candor.ErrInvalid), "Name the folder that holds the files with --against; they are digested there.")
		}
		if root != nil {
			if err := b.confirm(ctx, &a, root, &s); err != nil {
				return a, err
			}
		}
		if s.SHA256 == (Digest{}) {
			continue
		}
		a.Contents++
		if err := b.Add(origin, s.SHA256, s.Path); err != nil {
			return a, err
		}
	}
	return a, nil
}

// confirm holds a sum against the file. Where they differ nothing is left of
// the sum.
func (b *Builder) confirm(ctx context.Context, a *Added, root *os.Root, s *Sum) error {
	name := filepath.FromSlash(strings.TrimLeft(s.Path, "/"))
	there, err := digest(ctx, root, name)
	said := *s
	s.SHA256 = Digest{}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, fs.ErrNotExist):
		a.Missing++
	case err != nil:
		a.cannot(s.Path, err)
	case !said.fits(there):
		a.Differ = append(a.Differ, s.Path)
	default:
		s.SHA256 = there.SHA256
	}
	return nil
}

// fits tells whether a content is the one that a sum is of.
func (s Sum) fits(there Sum) bool {
	if s.SHA256 == (Digest{}) {
		return s.MD5 == there.MD5
	}
	return s.SHA256 == there.SHA256 && (s.MD5 == MD5{} || s.MD5 == there.MD5)
}
