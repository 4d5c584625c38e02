package watch

import (
	"cmp"
	"slices"
)

// Status says how a Watcher is doing.
type Status struct {
	Places []Place // roots and mounts below them, by path
	Counts
}

// Place is a root, or a mount below one.
type Place struct {
	Path string
	Way  Way
	// Note says why not everything that happens there is seen; "" if it is.
	Note string
}

// Counts are numbers of changes.
type Counts struct {
	Waiting   int    // now
	Told      uint64 // of them
	Trees     uint64 // were trees
	Overflows uint64 // how often a place was told for events that the kernel dropped
	Collapses uint64 // how often too much waited
}

// Status tells how things are. It may be called at any time.
func (w *Watcher) Status() Status {
	s := Status{Counts: w.queue.counts()}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.places {
		s.Places = append(s.Places, Place{Path: p.path, Way: p.way, Note: p.note})
	}
	for root, why := range w.absent {
		s.Places = append(s.Places, Place{Path: root, Way: Absent, Note: why})
	}
	slices.SortFunc(s.Places, func(a, b Place) int { return cmp.Compare(a.Path, b.Path) })
	return s
}
