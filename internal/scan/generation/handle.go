package generation

import (
	"fmt"
	"slices"
	"sync/atomic"

	"candor"
	"candor/internal/scan"
)

// loaded is a generation in memory.
type loaded struct {
	state    state
	compiled *scan.Compiled
	users    atomic.Int64
}

// active notes that it is in use. Nobody else may have it yet.
func (l *loaded) active(p pointer) {
	l.state.State, l.state.Used, l.state.Error = candor.GenerationActive, p.Since, ""
}

// Handle is one use of a generation: a scan keeps that with which it started,
// whatever comes after. Its methods are safe for concurrent use.
type Handle struct{ l atomic.Pointer[loaded] }

// Current gives the generation in use, ready to scan with. Release it. Before
// there is any it gives candor.ErrUnavailable.
func (u *Updater) Current() (*Handle, error) {
	l := u.current.Load()
	if l == nil {
		return nil, candor.WithHint(fmt.Errorf("there are no definitions: %w", candor.ErrUnavailable),
			"See how the sources of definitions stand, and have them checked.")
	}
	l.users.Add(1)
	h := &Handle{}
	h.l.Store(l)
	return h, nil
}

// Generation gives the record of the generation; zero after Release.
func (h *Handle) Generation() candor.Generation {
	if l := h.l.Load(); l != nil {
		return l.state.Generation
	}
	return candor.Generation{}
}

// Compiled gives the definitions; nil after Release. They are shared: change
// nothing in them.
func (h *Handle) Compiled() *scan.Compiled {
	if l := h.l.Load(); l != nil {
		return l.compiled
	}
	return nil
}

// Release ends the use. The last one of a replaced generation leaves its
// memory to be collected. Releasing again does nothing.
func (h *Handle) Release() {
	if l := h.l.Swap(nil); l != nil {
		l.users.Add(-1)
	}
}

// swap makes l the generation in use.
func (u *Updater) swap(l *loaded) {
	old := u.current.Swap(l)
	u.health.Lock()
	defer u.health.Unlock()
	delete(u.damaged, l.state.ID)
	if old != nil {
		u.retired = append(u.retired, old)
	}
	u.forget()
}

// forget lets go of retired generations that no scan uses. The caller holds
// the lock of health.
func (u *Updater) forget() {
	u.retired = slices.DeleteFunc(u.retired, func(l *loaded) bool { return l.users.Load() <= 0 })
}
