package watch

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// inotify is an instance of inotify(7): it watches the directories of places
// one by one.
type inotify struct {
	w    *Watcher
	file *os.File
	fd   int // of file; used with the lock held, while it is not closed
	mask uint32

	mu      sync.Mutex
	closed  bool
	watched map[int32][]*node // a directory may be seen at several places
	tops    map[*place]*node
}

// node is a directory that is watched, or will be.
type node struct {
	place *place
	up    *node
	name  string
	down  map[string]*node
	watch int32 // 0 if there is none yet
	gone  bool
}

func newInotify(w *Watcher) (*inotify, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("inotify_init1: %w", err)
	}
	n := &inotify{w: w, fd: fd, file: os.NewFile(uintptr(fd), "inotify"), watched: map[int32][]*node{}, tops: map[*place]*node{},
		mask: unix.IN_CLOSE_WRITE | unix.IN_CREATE | unix.IN_MOVED_TO | unix.IN_MOVED_FROM | unix.IN_ONLYDIR}
	if w.o.Held > 0 {
		n.mask |= unix.IN_MODIFY
	}
	return n, nil
}

// close has run end.
func (n *inotify) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = true
	_ = n.file.Close() // nothing was written
}

// run reads events until the instance is closed.
func (n *inotify) run() {
	buf := make([]byte, readSize)
	for {
		n.w.o.stall()
		count, err := n.file.Read(buf)
		if errors.Is(err, os.ErrClosed) {
			return
		}
		notices, bad := decodeNotices(buf[:max(count, 0)])
		for _, e := range notices {
			n.happened(e)
		}
		if err = errors.Join(err, bad); err != nil {
			n.w.o.Log.Error("watch: events cannot be read", "error", err)
			n.w.outdate(Unresolved, n.places()...)
			if bad == nil {
				n.failed()
				return
			}
		}
	}
}

// failed gives the instance up; it is made anew when roots are looked at.
func (n *inotify) failed() {
	n.w.mu.Lock()
	if n.w.notify == n {
		n.w.notify = nil
	}
	n.w.mu.Unlock()
	n.close()
}

// places gives all that are watched.
func (n *inotify) places() []*place {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []*place
	for p := range n.tops {
		all = append(all, p)
	}
	return all
}

// happened has told what an event says.
func (n *inotify) happened(e notice) {
	if e.mask&unix.IN_Q_OVERFLOW != 0 {
		n.w.outdate(Overflow, n.places()...)
		return
	}
	n.mu.Lock()
	nodes := n.watched[e.watch]
	var lost []*place
	if e.mask&unix.IN_IGNORED != 0 {
		lost = n.ended(e.watch)
	}
	n.mu.Unlock()
	n.w.outdate(Appeared, lost...)
	for _, d := range nodes {
		switch {
		case e.name == "":
		case e.mask&unix.IN_ISDIR != 0:
			n.directory(d, e)
		case e.mask&(unix.IN_CLOSE_WRITE|unix.IN_CREATE|unix.IN_MOVED_TO) != 0:
			n.w.queue.change(d.place.root, join(d.path(), e.name), closed)
		case e.mask&unix.IN_MODIFY != 0:
			n.w.queue.change(d.place.root, join(d.path(), e.name), open)
		}
	}
}

// ended takes away what the kernel no longer watches: it was removed, or its
// file system unmounted; places that are lost by that are given. The lock is
// held.
func (n *inotify) ended(watch int32) (lost []*place) {
	nodes := n.watched[watch]
	delete(n.watched, watch)
	for _, d := range nodes {
		if d.up == nil {
			lost = append(lost, d.place)
		}
		d.watch = 0
		n.drop(d)
	}
	return lost
}

// directory follows what happens to a directory in a directory. When two are
// exchanged then the event that one left comes after the one that the other
// came, so in each case it is looked at what is there.
func (n *inotify) directory(up *node, e notice) {
	if e.mask&(unix.IN_MOVED_FROM|unix.IN_MOVED_TO|unix.IN_CREATE) == 0 {
		return
	}
	n.mu.Lock()
	if old := up.down[e.name]; old != nil {
		n.drop(old)
	}
	n.mu.Unlock()
	root, err := up.place.open()
	if err != nil {
		n.w.outdate(Appeared, up.place)
		return
	}
	defer unix.Close(root)
	content, err := n.descend(root, n.child(up, e.name))
	if err != nil {
		n.w.lacks(up.place, err)
	}
	cause := Appeared
	if e.mask&unix.IN_MOVED_TO != 0 {
		cause = Moved
	}
	if content || cause == Moved || err != nil {
		n.w.queue.tree(up.place.root, join(up.path(), e.name), cause)
	}
}

// path gives where a directory is, as it is told.
func (d *node) path() string {
	return d.place.told(d.below())
}

// below gives where a directory is in its place: "" or what begins with a slash.
func (d *node) below() string {
	if d.up == nil {
		return ""
	}
	return d.up.below() + "/" + d.name
}
