package watch

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// readSize is how many bytes of events are read at once.
const readSize = 64 << 10

// group is one of fanotify(7) for one file system.
type group struct {
	w      *Watcher
	file   *os.File
	info   string // where the kernel says what is marked
	device uint64
	atlas  atomic.Pointer[atlas]
}

// newGroup marks the file system of the open directory of a place. It is an
// error if the kernel would not say where something happens.
func newGroup(w *Watcher, p *place, dir int) (*group, error) {
	h, _, err := unix.NameToHandleAt(dir, "", unix.AT_EMPTY_PATH)
	if err != nil {
		return nil, fmt.Errorf("file handles: %w", err)
	}
	again, err := unix.OpenByHandleAt(dir, h, unix.O_PATH|unix.O_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("open by handle: %w", err)
	}
	unix.Close(again)
	fd, err := unix.FanotifyInit(unix.FAN_CLASS_NOTIF|unix.FAN_REPORT_DFID_NAME_TARGET|unix.FAN_CLOEXEC|unix.FAN_NONBLOCK, unix.O_RDONLY|unix.O_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("fanotify_init: %w", err)
	}
	mask := uint64(unix.FAN_CLOSE_WRITE | unix.FAN_CREATE | unix.FAN_MOVED_TO | unix.FAN_ONDIR)
	if w.o.Held > 0 {
		mask |= unix.FAN_MODIFY
	}
	if err := unix.FanotifyMark(fd, unix.FAN_MARK_ADD|unix.FAN_MARK_FILESYSTEM, mask, dir, ""); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("fanotify_mark: %w", err)
	}
	g := &group{w: w, file: os.NewFile(uintptr(fd), "fanotify"), info: fmt.Sprintf("/proc/self/fdinfo/%d", fd), device: p.id.device}
	g.atlas.Store(newAtlas(nil))
	return g, nil
}

// marked tells whether the file system is still there: the kernel takes marks
// away when it is unmounted.
func (g *group) marked() bool {
	b, err := os.ReadFile(g.info)
	return err != nil || bytes.Contains(b, []byte("fanotify sdev:"))
}

func (g *group) close() { _ = g.file.Close() } // run ends

// run reads events until the group is closed.
func (g *group) run() {
	buf := make([]byte, readSize)
	for {
		g.w.o.stall()
		n, err := g.file.Read(buf)
		if errors.Is(err, os.ErrClosed) {
			return
		}
		events, bad := decodeEvents(buf[:max(n, 0)])
		g.happened(events)
		if err = errors.Join(err, bad); err != nil {
			g.w.o.Log.Error("watch: events cannot be read", "error", err)
			g.everything(Unresolved)
			if bad == nil {
				g.failed()
				return
			}
		}
	}
}

// failed gives the group up; it is made anew when roots are looked at.
func (g *group) failed() {
	g.w.mu.Lock()
	if g.w.groups[g.device] == g {
		delete(g.w.groups, g.device)
	}
	g.w.mu.Unlock()
	g.close()
}

// everything has all places told as trees.
func (g *group) everything(cause Cause) {
	for _, m := range g.atlas.Load().mounts {
		for _, p := range m.places {
			g.w.queue.tree(p.root, p.path, cause)
		}
	}
}

// happened has told what events say.
func (g *group) happened(events []event) {
	if len(events) == 0 {
		return
	}
	a := g.atlas.Load()
	for _, m := range a.mounts {
		r, lost := m.resolver()
		g.w.outdate(Appeared, lost...)
		if r == nil {
			continue
		}
		for _, e := range events {
			if e.mask&unix.FAN_Q_OVERFLOW == 0 {
				g.tell(m, r, e)
			}
		}
		if !r.holds() {
			g.w.outdate(Appeared, m.places...)
		}
		r.close()
	}
	for _, e := range events {
		if e.mask&unix.FAN_Q_OVERFLOW != 0 {
			g.everything(Overflow)
		}
	}
}

// tell has one event told as it looks from one mount.
func (g *group) tell(m *chart, r *resolver, e event) {
	dir, err := r.dir(e.dir)
	if err != nil {
		g.w.o.Log.Warn("watch: it is not known where something happened", "error", err)
		g.everything(Unresolved)
		return
	}
	switch {
	case dir.above:
		for _, s := range dir.spots {
			g.w.queue.tree(s.place.root, s.path, Unresolved)
		}
	case e.mask&unix.FAN_ONDIR == 0:
		g.tellFile(m, r, e, dir)
	case dir.path != "" && e.name != "":
		// A root, or what leads to one, may have come.
		g.w.outdate(Appeared, m.below(join(dir.path, e.name))...)
		if e.mask&unix.FAN_MOVED_TO == 0 {
			return // it is empty
		}
		for _, s := range dir.spots {
			g.w.queue.tree(s.place.root, join(s.path, e.name), Moved)
		}
	}
}

// tellFile has told what happened to a file. If the name of the event is that
// of something else by now then the file may have got another one, or always
// had, while it stays open.
func (g *group) tellFile(m *chart, r *resolver, e event, dir found) {
	if dir.path != "" && len(dir.spots) == 0 && !strings.HasPrefix(e.name, nameless) {
		return
	}
	p := closed
	if e.mask&(unix.FAN_CLOSE_WRITE|unix.FAN_CREATE|unix.FAN_MOVED_TO) == 0 {
		p = open
	}
	if dir.path != "" {
		there, same := has(join(dir.path, e.name), e.target)
		if there {
			for _, s := range dir.spots {
				g.w.queue.change(s.place.root, join(s.path, e.name), p)
			}
		}
		if same {
			return
		}
	}
	path, alive := r.name(e.target)
	switch {
	case !alive:
	case path == "":
		for _, p := range m.places {
			g.w.queue.tree(p.root, p.path, Unresolved)
		}
	default:
		for _, s := range m.at(path) {
			g.w.queue.change(s.place.root, s.path, p)
		}
	}
}
