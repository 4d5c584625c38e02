package site

import (
	"fmt"
	"sync"
	"time"
)

// holdFor is how long definitions are used for one look after another. To begin
// anew with each would take longer than the look.
const holdFor = 2 * time.Second

// holder has definitions ready for looks. It is safe for concurrent use.
type holder struct {
	take func() (Definitions, error)

	lock sync.Mutex
	now  *held // nil if the next look takes others
}

// held are definitions that looks use.
type held struct {
	Definitions
	users int
	over  bool // nobody gets them any more
}

// get gives the definitions in use, or those that were up to holdFor ago. They
// are given back with give.
func (h *holder) get() (*held, error) {
	h.lock.Lock()
	defer h.lock.Unlock()
	if h.now == nil {
		d, err := h.take()
		if err != nil {
			return nil, fmt.Errorf("no definitions to scan with: %w", err)
		}
		x := &held{Definitions: d}
		h.now = x
		time.AfterFunc(holdFor, func() { h.end(x) })
	}
	h.now.users++
	return h.now, nil
}

// end has the next look take others.
func (h *holder) end(x *held) {
	h.lock.Lock()
	x.over = true
	if h.now == x {
		h.now = nil
	}
	free := x.users == 0
	h.lock.Unlock()
	if free {
		x.Release()
	}
}

func (h *holder) give(x *held) {
	h.lock.Lock()
	x.users--
	free := x.over && x.users == 0
	h.lock.Unlock()
	if free {
		x.Release()
	}
}

// close lets go of what is held, if nobody uses it.
func (h *holder) close() {
	h.lock.Lock()
	x := h.now
	free := x != nil && !x.over && x.users == 0
	if free {
		x.over, x.users, h.now = true, -1, nil // so that the timer does not let go of it again
	}
	h.lock.Unlock()
	if free {
		x.Release()
	}
}
