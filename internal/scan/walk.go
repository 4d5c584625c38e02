package scan

import (
	"context"
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"

	"candor"
	"candor/internal/scan/known"
)

// maxDepth bounds how far below a target a walk goes: every level keeps a
// directory open, and trees can be made deeper than a process has descriptors.
const maxDepth = 400

// direntBuffer is what one getdents64 is offered: about a thousand names.
const direntBuffer = 64 << 10

// walker reads trees and emits their regular files. Directories are opened
// relative to their parents and never through a link, so that nobody can
// lead a walk out of the tree by swapping names.
type walker struct {
	exclude       Exclude
	oneFileSystem bool
	progress      *Progress
	known         *known.Session    // may be nil
	emit          func(*batch) bool // takes the batch over; false stops the walk
	fail          func(path string, err error)

	buf       []byte
	entries   []dirent
	noNoatime bool // O_NOATIME was refused
	stopped   bool
}

// walk walks one target after another. Its error is that of targets.
func (w *walker) walk(ctx context.Context, targets Targets) error {
	w.buf = make([]byte, direntBuffer)
	here := &directory{fd: unix.AT_FDCWD}
	here.hold()
	defer here.release()
	for t, err := range targets {
		if err != nil {
			return err
		}
		if w.done(ctx) {
			return nil
		}
		w.target(ctx, here, t)
	}
	return nil
}

func (w *walker) done(ctx context.Context) bool {
	w.stopped = w.stopped || ctx.Err() != nil
	return w.stopped
}

// target looks at what a target is and starts there.
func (w *walker) target(ctx context.Context, here *directory, t Target) {
	if t.Root != "" && t.Path != t.Root {
		w.within(ctx, t)
		return
	}
	flags := unix.AT_SYMLINK_NOFOLLOW
	if t.Follow {
		flags = 0
	}
	var st unix.Stat_t
	if err := unix.Fstatat(here.fd, t.Path, &st, flags); err != nil {
		w.fail(t.Path, describe("look at", err))
		return
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		w.root(ctx, t)
	case unix.S_IFREG:
		b := newBatch(here)
		b.entries = append(b.entries, entry{name: t.Path, ino: st.Ino, follow: t.Follow})
		w.send(b)
	case unix.S_IFLNK:
		w.progress.links.Add(1)
	default:
		w.progress.special.Add(1)
	}
}

// within looks at a target that lies in a root.
func (w *walker) within(ctx context.Context, t Target) {
	rel, err := filepath.Rel(t.Root, t.Path)
	if err != nil || !filepath.IsLocal(rel) {
		w.fail(t.Path, fmt.Errorf("it does not lie in %s: %w", t.Root, candor.ErrInvalid))
		return
	}
	for at := rel; at != "."; at = filepath.Dir(at) {
		if len(w.exclude) > 0 && w.exclude.Match(join(t.Root, filepath.Dir(at)), filepath.Base(at)) {
			w.progress.excluded.Add(1)
			return
		}
	}
	dir, name := filepath.Split(rel)
	d, err := w.open(nil, t.Root, t.Root, unix.O_NOFOLLOW)
	if err == nil && dir != "" {
		var sub *directory
		if sub, err = w.openWithin(d, filepath.Clean(dir)); err == nil {
			d.release()
			d = sub
		}
	}
	if err != nil {
		if d != nil {
			d.release()
		}
		w.fail(t.Path, describe("open", err))
		return
	}
	defer d.release()
	var st unix.Stat_t
	if err := unix.Fstatat(d.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		w.fail(t.Path, describe("look at", err))
		return
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		b := newBatch(d)
		b.entries = append(b.entries, entry{name: name, ino: st.Ino})
		w.send(b)
	case unix.S_IFDIR:
		sub, err := w.open(d, name, join(d.path, name), unix.O_NOFOLLOW)
		if err != nil {
			w.fail(t.Path, describe("open", err))
			return
		}
		w.descend(ctx, sub, sub.dev, 0)
	case unix.S_IFLNK:
		w.progress.links.Add(1)
	default:
		w.progress.special.Add(1)
	}
}

// openWithin opens a directory somewhere below another, through no link.
func (w *walker) openWithin(d *directory, rel string) (*directory, error) {
	fd, err := unix.Openat2(d.fd, rel, &unix.OpenHow{Flags: unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NONBLOCK | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS})
	if err != nil {
		return nil, err
	}
	return w.held(fd, join(d.path, rel))
}

func (w *walker) root(ctx context.Context, t Target) {
	flags := unix.O_NOFOLLOW
	if t.Follow {
		flags = 0
	}
	d, err := w.open(nil, t.Path, t.Path, flags)
	if err != nil {
		w.fail(t.Path, describe("open", err))
		return
	}
	w.descend(ctx, d, d.dev, 0)
}

// open opens a directory below parent, or a target if parent is nil.
func (w *walker) open(parent *directory, name, path string, flags int) (*directory, error) {
	at := unix.AT_FDCWD
	if parent != nil {
		at = parent.fd
	}
	flags |= unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NONBLOCK | unix.O_CLOEXEC
	fd, err := openat(at, name, flags, &w.noNoatime)
	if err != nil {
		return nil, err
	}
	return w.held(fd, path)
}

// held makes a directory of an open one.
func (w *walker) held(fd int, path string) (*directory, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		unix.Close(fd)
		return nil, err
	}
	d := &directory{fd: fd, path: path, dev: st.Dev, ino: st.Ino}
	if w.known != nil {
		d.memo = &memo{session: w.known}
	}
	d.hold()
	return d, nil
}

// descend reads d, hands out its files, and then goes into its directories.
// It takes d over.
func (w *walker) descend(ctx context.Context, d *directory, rootDev uint64, depth int) {
	defer d.release()
	for _, name := range w.read(ctx, d) {
		if w.done(ctx) {
			return
		}
		path := join(d.path, name)
		if depth == maxDepth {
			w.fail(path, fmt.Errorf("lies more than %d directories deep and was not entered; scan it by itself", maxDepth))
			continue
		}
		sub, err := w.open(d, name, path, unix.O_NOFOLLOW)
		switch {
		case err == unix.ELOOP || err == unix.ENOTDIR:
			w.fail(path, fmt.Errorf("was a directory when it was seen and is none now: %w", candor.ErrChanged))
			continue
		case err != nil:
			w.fail(path, describe("open", err))
			continue
		}
		if sub.dev != d.dev && (w.oneFileSystem && sub.dev != rootDev || isPseudo(sub.fd)) {
			w.progress.mounts.Add(1)
			sub.release()
			continue
		}
		w.descend(ctx, sub, rootDev, depth+1)
	}
}

// read hands out the files of d and gives the names of its directories.
func (w *walker) read(ctx context.Context, d *directory) (dirs []string) {
	b, broken := newBatch(d), false
	defer func() { w.send(b) }()
	if d.memo != nil {
		defer func() { d.memo.whole = !broken && !w.stopped && ctx.Err() == nil }()
	}
	for more := true; more && !w.done(ctx); {
		var err error
		w.entries, more, err = readBlock(d.fd, w.buf, w.entries[:0])
		if err != nil {
			w.fail(d.path, describe("list", err))
			broken = true
			return dirs
		}
		for _, e := range w.entries {
			if len(w.exclude) > 0 && w.exclude.Match(d.path, e.name) {
				w.progress.excluded.Add(1)
				continue
			}
			switch w.kind(d, e) {
			case unix.DT_REG:
				if len(b.entries) == batchSize {
					w.send(b)
					b = newBatch(d)
				}
				b.entries = append(b.entries, entry{name: e.name, ino: e.ino})
			case unix.DT_DIR:
				dirs = append(dirs, e.name)
			case unix.DT_LNK:
				w.progress.links.Add(1)
			case unix.DT_UNKNOWN: // reported by kind
			default:
				w.progress.special.Add(1)
			}
		}
	}
	return dirs
}

// kind gives the type of an entry, asking for it where the file system does
// not tell types while listing.
func (w *walker) kind(d *directory, e dirent) uint8 {
	if e.kind != unix.DT_UNKNOWN {
		return e.kind
	}
	var st unix.Stat_t
	if err := unix.Fstatat(d.fd, e.name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		w.fail(join(d.path, e.name), describe("look at", err))
		return unix.DT_UNKNOWN
	}
	return uint8(st.Mode & unix.S_IFMT >> 12) // DT_ values are S_IF values shifted, see IFTODT in dirent.h
}

// send hands a batch over, unless it is empty or nobody listens any more.
func (w *walker) send(b *batch) {
	if len(b.entries) == 0 || w.stopped {
		b.free()
		return
	}
	if b.dir.memo != nil {
		b.dir.memo.listed += len(b.entries) // only the walker counts, before it lets go of the directory
	}
	if !w.emit(b) {
		w.stopped = true
	}
}

// openat is openat(2), leaving access times alone where that is permitted: to
// the owner of a file and to root. Once refused it is not tried again.
func openat(at int, name string, flags int, noNoatime *bool) (int, error) {
	for {
		f := flags
		if !*noNoatime {
			f |= unix.O_NOATIME
		}
		fd, err := unix.Openat(at, name, f, 0)
		switch {
		case err == unix.EINTR:
		case err == unix.EPERM && !*noNoatime:
			*noNoatime = true
		default:
			return fd, err
		}
	}
}

// describe words an error of the operating system for people.
func describe(what string, err error) error {
	switch err {
	case unix.ENOENT:
		return fmt.Errorf("could not %s it: %w", what, candor.ErrNotFound)
	case unix.EACCES, unix.EPERM:
		return fmt.Errorf("could not %s it: %w", what, candor.ErrDenied)
	}
	return fmt.Errorf("could not %s it: %w", what, err)
}
