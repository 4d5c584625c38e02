package quarantine

import (
	"fmt"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"candor"
)

// folder is the open folder that a file lies in, and the file's name there.
// All that is done to the file goes by these two.
type folder struct {
	fd   int
	base string // the file's name in it
	path string // of the file, for messages
}

// openFolder opens the folder of a file below a root. No component, also none
// of the root, may be a link.
func openFolder(root, rel string) (*folder, error) {
	at, err := openDir(unix.AT_FDCWD, root, unix.RESOLVE_NO_SYMLINKS|unix.RESOLVE_NO_MAGICLINKS)
	if missing(err) {
		// Not "the file is gone": perhaps the disk is not mounted.
		return nil, candor.WithHint(fmt.Errorf("open the root %q: %s: %w", root, err.Error(), candor.ErrUnavailable),
			"Mount it, or correct the asset's roots; it is tried again.")
	}
	if err != nil {
		return nil, fmt.Errorf("open the root %q: %w", root, err)
	}
	defer unix.Close(at)
	fd, err := openDir(at, path.Dir(rel), unix.RESOLVE_BENEATH|unix.RESOLVE_NO_SYMLINKS|unix.RESOLVE_NO_MAGICLINKS)
	if err != nil {
		return nil, fmt.Errorf("open %q in %q: %w", path.Dir(rel), root, err)
	}
	return &folder{fd: fd, base: path.Base(rel), path: path.Join(root, rel)}, nil
}

// openDir opens a folder. Where the kernel has no openat2 (before 5.6, or kept
// from us by a sandbox), or the path is too long for it, each component is
// opened by itself.
func openDir(at int, name string, resolve uint64) (int, error) {
	const flags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NONBLOCK | unix.O_CLOEXEC
	fd, err := again(func() (int, error) {
		return unix.Openat2(at, name, &unix.OpenHow{Flags: flags, Resolve: resolve})
	})
	if err == unix.ENOSYS || err == unix.EPERM || err == unix.ENAMETOOLONG {
		return walk(at, name, flags|unix.O_NOFOLLOW)
	}
	return fd, err
}

// walk opens a folder component by component, none of them a link and none
// leading up.
func walk(at int, name string, flags int) (int, error) {
	here, first := ".", name
	if rest, absolute := strings.CutPrefix(name, "/"); absolute {
		here, first = "/", rest
	}
	fd, err := again(func() (int, error) { return unix.Openat(at, here, flags, 0) })
	if err != nil {
		return -1, err
	}
	for part := range strings.SplitSeq(first, "/") {
		if part == "" || part == "." {
			continue
		}
		if part == ".." {
			unix.Close(fd)
			return -1, unix.EXDEV // as openat2 says it
		}
		next, err := again(func() (int, error) { return unix.Openat(fd, part, flags, 0) })
		if err == unix.ENOTDIR && isLink(fd, part) {
			err = unix.ELOOP // as openat2 says it
		}
		unix.Close(fd)
		if err != nil {
			return -1, err
		}
		fd = next
	}
	return fd, nil
}

func isLink(fd int, name string) bool {
	var st unix.Stat_t
	return unix.Fstatat(fd, name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil && st.Mode&unix.S_IFMT == unix.S_IFLNK
}

// again repeats a call that a signal, or a rename elsewhere, interrupted.
func again(call func() (int, error)) (fd int, err error) {
	for range 100 {
		if fd, err = call(); err != unix.EINTR && err != unix.EAGAIN {
			break
		}
	}
	return fd, err
}

func (d *folder) close() { unix.Close(d.fd) }

// stat looks at a name without following it.
func (d *folder) stat(name string) (st unix.Stat_t, err error) {
	return st, unix.Fstatat(d.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW)
}

// errNoFile says that a name stands for something else than a regular file,
// errAbsent that it stands for nothing.
const (
	errNoFile = fileError("it is no regular file")
	errAbsent = fileError("it is not there")
)

type fileError string

func (e fileError) Error() string { return string(e) }

// open opens a regular file for reading, leaving its time of access alone if
// that is allowed.
func (d *folder) open(name string) (*os.File, unix.Stat_t, error) {
	const flags = unix.O_RDONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_NOCTTY | unix.O_CLOEXEC
	if st, err := d.stat(name); err != nil {
		return nil, st, err
	} else if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, st, errNoFile // opening a device can have effects
	}
	fd, err := again(func() (int, error) { return unix.Openat(d.fd, name, flags|unix.O_NOATIME, 0) })
	if err == unix.EPERM {
		fd, err = again(func() (int, error) { return unix.Openat(d.fd, name, flags, 0) })
	}
	if err == unix.ELOOP || err == unix.ENXIO {
		err = errNoFile
	}
	if err != nil {
		return nil, unix.Stat_t{}, err
	}
	f := os.NewFile(uintptr(fd), d.path)
	var st unix.Stat_t
	if err = unix.Fstat(fd, &st); err == nil && st.Mode&unix.S_IFMT != unix.S_IFREG {
		err = errNoFile
	}
	if err != nil {
		f.Close()
		return nil, st, err
	}
	return f, st, nil
}

// create makes a new file that nobody else may read yet.
func (d *folder) create(name string) (*os.File, error) {
	const flags = unix.O_RDWR | unix.O_CREAT | unix.O_EXCL | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := again(func() (int, error) { return unix.Openat(d.fd, name, flags, 0o600) })
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), d.path), nil
}

// rename gives a file a name that is still free; unix.EEXIST if it is not.
func (d *folder) rename(from, to string) error {
	err := unix.Renameat2(d.fd, from, d.fd, to, unix.RENAME_NOREPLACE)
	if err != unix.EINVAL && err != unix.ENOSYS {
		return err
	}
	// A file system that cannot do it in one call: for a moment both names
	// stand for the file.
	if err := unix.Linkat(d.fd, from, d.fd, to, 0); err != nil {
		return err
	}
	return unix.Unlinkat(d.fd, from, 0)
}

// exchange swaps two names in one call.
func (d *folder) exchange(a, b string) error {
	return unix.Renameat2(d.fd, a, d.fd, b, unix.RENAME_EXCHANGE)
}

// remove takes a name away; one that is not there is no error.
func (d *folder) remove(name string) error {
	if err := unix.Unlinkat(d.fd, name, 0); err != nil && err != unix.ENOENT {
		return err
	}
	return nil
}

// sync makes renames and removals durable.
func (d *folder) sync() error { return unix.Fsync(d.fd) }
