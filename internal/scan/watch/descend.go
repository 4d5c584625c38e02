package watch

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// listSize is how many entries of a directory are read at once.
const listSize = 1024

// watch has all directories of a place watched. After an error some are not.
func (n *inotify) watch(p *place) error {
	root, err := p.open()
	if err != nil {
		return err // if another directory is there then that is found soon
	}
	defer unix.Close(root)
	top := &node{place: p}
	n.mu.Lock()
	n.tops[p] = top
	n.mu.Unlock()
	_, err = n.descend(root, top)
	return err
}

// forget ends the watches of a place.
func (n *inotify) forget(p *place) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if top := n.tops[p]; top != nil {
		n.drop(top)
	}
}

// drop ends the watches of a directory and of all below it. The lock is held.
func (n *inotify) drop(d *node) {
	if d.up == nil {
		delete(n.tops, d.place)
	} else if d.up.down[d.name] == d {
		delete(d.up.down, d.name)
	}
	for work := []*node{d}; len(work) > 0; {
		d, work = work[len(work)-1], work[:len(work)-1]
		for _, child := range d.down {
			work = append(work, child)
		}
		d.gone, d.down = true, nil
		n.release(d)
	}
}

// release ends the watch of one directory, unless it is watched at another
// place too. The lock is held.
func (n *inotify) release(d *node) {
	watch := d.watch
	if d.watch = 0; watch == 0 {
		return
	}
	// Whoever has the old list goes on reading it.
	rest := slices.DeleteFunc(slices.Clone(n.watched[watch]), func(o *node) bool { return o == d })
	if len(rest) > 0 {
		n.watched[watch] = rest
		return
	}
	delete(n.watched, watch)
	if !n.closed {
		_, _ = unix.InotifyRmWatch(n.fd, uint32(watch)) // it may have ended by itself
	}
}

// child makes a directory in a directory known.
func (n *inotify) child(up *node, name string) *node {
	n.mu.Lock()
	defer n.mu.Unlock()
	if d := up.down[name]; d != nil {
		return d
	}
	d := &node{place: up.place, up: up, name: name, gone: up.gone}
	if !up.gone {
		if up.down == nil {
			up.down = map[string]*node{}
		}
		up.down[name] = d
	}
	return d
}

// descend has a directory and all below it on the same mount watched, and
// tells whether there is anything in it. After an error some are not watched.
func (n *inotify) descend(root int, d *node) (content bool, err error) {
	for work := []*node{d}; len(work) > 0; {
		d, work = work[len(work)-1], work[:len(work)-1]
		below, any, bad := n.enter(root, d)
		content = content || any
		if bad != nil && err == nil {
			err = bad
		}
		work = append(work, below...)
	}
	return content, err
}

// enter has one directory watched and lists it afterwards.
func (n *inotify) enter(root int, d *node) (below []*node, any bool, err error) {
	name := strings.TrimPrefix(d.below(), "/")
	if name == "" {
		name = "."
	}
	fd, err := retry(func() (int, error) {
		return unix.Openat2(root, name, &unix.OpenHow{Flags: unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC,
			Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_XDEV})
	})
	switch err {
	case nil:
	case unix.ENOENT, unix.ENOTDIR, unix.ELOOP, unix.EXDEV: // gone by now, or a mount
		n.mu.Lock()
		defer n.mu.Unlock()
		n.drop(d)
		return nil, false, nil
	default:
		return nil, false, fmt.Errorf("open directory %.200q: %w", d.path(), err)
	}
	f := os.NewFile(uintptr(fd), self(fd))
	defer f.Close()
	if err := n.add(fd, d); err != nil {
		return nil, false, err
	}
	for {
		entries, err := f.ReadDir(listSize)
		for _, e := range entries {
			any = true
			if e.IsDir() {
				below = append(below, n.child(d, e.Name()))
			}
		}
		if err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, unix.ENOENT) {
				return below, any, nil
			}
			return below, any, fmt.Errorf("list directory: %w", err)
		}
	}
}

// add has the directory of a descriptor watched as d.
func (n *inotify) add(fd int, d *node) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if d.gone || n.closed {
		return nil
	}
	watch, err := unix.InotifyAddWatch(n.fd, self(fd), n.mask)
	if err == unix.ENOSPC {
		return errors.New("there are no more watches: raise fs.inotify.max_user_watches")
	}
	if err != nil {
		return fmt.Errorf("inotify_add_watch: %w", err)
	}
	if d.watch == int32(watch) {
		return nil
	}
	n.release(d)
	d.watch = int32(watch)
	n.watched[d.watch] = append(n.watched[d.watch], d)
	return nil
}
