package watch

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Way says how a place is watched.
type Way string

// Ways of watching.
const (
	Fanotify Way = "fanotify"
	Inotify  Way = "inotify"
	None     Way = "none" // told as a tree at intervals
	Absent   Way = "absent"
)

// place is a root, or a mount below one. All but what is marked stays as it is.
type place struct {
	root string // as it was given
	path string // where what is told begins
	real string // the same without links, as the kernel names it
	id   identity
	kind string // of file system

	way   Way    // set before it is told; with the watcher's lock held
	note  string // why not better, with the lock held
	stale Cause  // why it must be told as a tree again, with the lock held
}

// identity tells a directory from one that takes its place.
type identity struct {
	device, inode, mount uint64
}

// told gives the path that a path of the kernel is told by.
func (p *place) told(rest string) string {
	if p.path == "/" && rest != "" {
		return rest
	}
	return p.path + rest
}

// open gives a descriptor of a place's directory.
func (p *place) open() (int, error) {
	fd, err := openDir(p.path)
	if err != nil {
		return -1, err
	}
	if id, err := identify(fd); err != nil || id != p.id {
		unix.Close(fd)
		return -1, fmt.Errorf("another directory is at %.200q: %w", p.path, unix.ESTALE)
	}
	return fd, nil
}

func openDir(path string) (int, error) {
	return retry(func() (int, error) {
		return unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	})
}

// retry does again what a signal has interrupted.
func retry[T any](do func() (T, error)) (T, error) {
	for {
		if got, err := do(); err != unix.EINTR {
			return got, err
		}
	}
}

func identify(fd int) (identity, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return identity{}, err
	}
	var more unix.Statx_t
	_ = unix.Statx(fd, "", unix.AT_EMPTY_PATH, unix.STATX_MNT_ID, &more) // older kernels do without
	return identity{device: st.Dev, inode: st.Ino, mount: more.Mnt_id}, nil
}

// self gives the name by which this process reaches a descriptor.
func self(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }

// pathOf gives the path of what a descriptor stands for.
func pathOf(fd int) (string, error) { return os.Readlink(self(fd)) }

// look finds the places of roots, by path. Roots that are not there are in
// absent, with the reason.
func look(roots []string) (found map[string]*place, absent map[string]string, err error) {
	mounts, err := readMounts()
	if err != nil {
		return nil, nil, err
	}
	found, absent = map[string]*place{}, map[string]string{}
	for _, root := range roots {
		top, err := find(root, root)
		if err != nil {
			absent[root] = err.Error()
			continue
		}
		top.kind = kindAt(mounts, top.real)
		if found[root] == nil {
			found[root] = top
		}
		for _, m := range mountsBelow(mounts, top.real) {
			path := top.told("/" + strings.TrimPrefix(m.point[len(top.real):], "/"))
			if pseudo[m.kind] || found[path] != nil {
				continue
			}
			// A mount that cannot be reached lies below another one.
			if p, err := find(root, path); err == nil && p.real == m.point {
				p.kind = m.kind
				found[path] = p
			}
		}
	}
	return found, absent, nil
}

// find looks at one directory.
func find(root, path string) (*place, error) {
	fd, err := retry(func() (int, error) {
		return unix.Open(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	id, err := identify(fd)
	if err != nil {
		return nil, err
	}
	real, err := pathOf(fd)
	if err != nil {
		return nil, err
	}
	return &place{root: root, path: path, real: real, id: id}, nil
}
