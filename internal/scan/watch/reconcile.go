package watch

import (
	"context"
	"maps"
	"time"

	"golang.org/x/sys/unix"
)

// reconcile looks at roots and mounts, watches what is new, and has it told.
// It gives how long looking took.
func (w *Watcher) reconcile(ctx context.Context) time.Duration {
	began := time.Now()
	found, absent, err := look(w.o.Roots)
	took := time.Since(began)
	if err != nil {
		w.o.Log.Error("watch: roots cannot be looked at", "error", err)
		return took
	}
	trees := w.compare(found, absent)
	for p, cause := range trees {
		if ctx.Err() != nil {
			break
		}
		w.mu.Lock()
		way := p.way
		w.mu.Unlock()
		if way == Inotify {
			w.walk(p)
		}
		w.queue.tree(p.root, p.path, cause)
	}
	return took
}

// compare takes over what was found, marks file systems, and gives what must
// be told as trees.
func (w *Watcher) compare(found map[string]*place, absent map[string]string) map[*place]Cause {
	w.mu.Lock()
	defer w.mu.Unlock()
	trees := map[*place]Cause{}
	for path, old := range w.places {
		if found[path] == nil && path != old.root {
			trees[&place{root: old.root, path: path, way: None}] = Appeared // of what the mount lay upon
			w.uncover(old)
		}
	}
	for device, g := range w.groups {
		if !g.marked() {
			g.close() // the file system was unmounted
			delete(w.groups, device)
		}
	}
	for path, p := range found {
		old := w.places[path]
		if old != nil && old.id == p.id && old.real == p.real && old.stale == "" && (old.way != Fanotify || w.groups[p.id.device] != nil) {
			found[path] = old
			continue
		}
		switch {
		case !w.begun:
			trees[p] = Started
		case old != nil && old.stale != "":
			trees[p] = old.stale
		default:
			trees[p] = Appeared
		}
		w.equip(p)
	}
	if w.notify != nil {
		for path, old := range w.places {
			if found[path] != old {
				w.notify.forget(old)
			}
		}
	}
	if len(trees) > 0 || len(found) != len(w.places) {
		w.share(found)
	}
	w.places, w.absent, w.begun = found, absent, true
	return trees
}

// uncover has the place around a mount that is gone watched anew, if it is
// watched directory by directory.
func (w *Watcher) uncover(gone *place) {
	for path := gone.path; path != gone.root; {
		path = parent(path)
		if p := w.places[path]; p != nil {
			if p.way == Inotify {
				p.stale = Appeared
			}
			return
		}
	}
}

// equip chooses the way of a place and has what it needs ready.
func (w *Watcher) equip(p *place) {
	if isRemote(p.kind) {
		p.note = "other machines may change " + p.kind + " unseen"
	}
	why := "not to be used"
	if !w.o.NoFanotify {
		err := w.ensure(p)
		if err == nil {
			p.way = Fanotify
			return
		}
		why = err.Error()
		w.o.Log.Info("watch: a place is without fanotify", "path", p.path, "why", why)
	}
	if w.notify == nil {
		notify, err := newInotify(w)
		if err != nil {
			p.way, p.note = None, "fanotify: "+why+"; inotify: "+err.Error()
			w.o.Log.Warn("watch: a place cannot be watched", "path", p.path, "why", p.note)
			return
		}
		w.notify = notify
		w.readers.Go(notify.run)
	}
	p.way = Inotify
}

// ensure has the file system of a place marked.
func (w *Watcher) ensure(p *place) error {
	dir, err := p.open()
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	if w.groups[p.id.device] != nil {
		return nil
	}
	g, err := newGroup(w, p, dir)
	if err != nil {
		return err
	}
	w.groups[p.id.device] = g
	w.readers.Go(g.run)
	return nil
}

// share gives each group the places that it answers for, and ends those that
// have none.
func (w *Watcher) share(found map[string]*place) {
	byDevice := map[uint64][]*place{}
	for _, p := range found {
		if p.way == Fanotify {
			byDevice[p.id.device] = append(byDevice[p.id.device], p)
		}
	}
	for device, g := range maps.Clone(w.groups) {
		if places := byDevice[device]; len(places) > 0 {
			g.atlas.Store(newAtlas(places))
			continue
		}
		g.close()
		delete(w.groups, device)
	}
}

// walk has all directories of a place watched.
func (w *Watcher) walk(p *place) {
	if err := w.notify.watch(p); err != nil {
		w.lacks(p, err)
	}
}

// lacks notes that not all of a place is watched.
func (w *Watcher) lacks(p *place, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.note == "" {
		w.o.Log.Warn("watch: a place is not watched completely", "path", p.path, "error", err)
	}
	p.note = err.Error()
}

// outdate has places looked at soon and told as trees.
func (w *Watcher) outdate(cause Cause, places ...*place) {
	w.mu.Lock()
	for _, p := range places {
		p.stale = cause
	}
	w.mu.Unlock()
	if len(places) > 0 {
		w.again()
	}
}

// rewalk outdates what is not watched completely.
func (w *Watcher) rewalk() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.places {
		if p.note != "" {
			p.stale = Unwatched
		}
	}
}
