package lease

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// load takes in a record of the journal.
func (t *Table) load(b []byte) error {
	switch {
	case len(b) == 0:
		return errRecord
	case b[0] == stateLayout:
		return t.loadState(b)
	case b[0] == restartLayout:
		g, at, err := decodeRestarts(b)
		if err != nil {
			return err
		}
		t.group(g).restarts = at
		return nil
	}
	r, err := decode(b)
	if err != nil {
		return err
	}
	t.apply(r, false)
	return nil
}

func (t *Table) loadState(b []byte) error {
	k, s, keys, err := decodeState(b)
	if err != nil {
		return err
	}
	g := t.group(k)
	if t.sessions.get(g, s.id) != nil {
		return errRecord // a snapshot has each once, before the logs
	}
	s.group = g
	if s.server != nil {
		s.server = t.server(*s.server)
	}
	t.hold(s)
	t.attach(s, keys)
	g.heard.add(max(s.seen, s.end))
	return nil
}

// Run keeps the table small until the context is done: it forgets what is older
// than Options.Keep, and writes the table anew when the log has grown.
func (t *Table) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		t.Sweep()
		if t.journal.size() < t.options.LogBytes {
			continue
		}
		if err := t.Snapshot(ctx); err != nil && ctx.Err() == nil {
			t.options.Log.Error("leases: the table could not be written", "error", err)
		}
	}
}

// batch is how many sessions are worked on while others wait.
const batch = 2048

// Sweep forgets the leases that were over longer ago than Options.Keep. Holder
// names nobody for moments before that.
func (t *Table) Sweep() {
	t.housework.Lock()
	defer t.housework.Unlock()
	floor := micro(t.options.Now().Add(-t.options.Keep))
	t.floor.Store(floor)
	// What ended a little before may still have a say after.
	floor -= max(t.rules.clock, t.rules.bridge) + 1
	// From the last to the first, since the last fills the place of one that
	// goes. What is added meanwhile is new.
	t.mu.RLock()
	n := len(t.all)
	t.mu.RUnlock()
	for n > 0 {
		t.mu.Lock()
		for range min(batch, n) {
			n--
			if s := t.all[n]; t.forgettable(s, floor) {
				t.forget(s)
			}
		}
		t.mu.Unlock()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, g := range t.groups {
		// A little longer than sessions, which may end by them.
		g.restarts = slices.DeleteFunc(g.restarts, func(at int64) bool { return at < floor-time.Hour.Microseconds() })
		if len(g.restarts) == 0 && g.sessions == 0 {
			delete(t.groups, k)
		}
	}
}

// forgettable tells whether a session is over before a moment, and whatever
// else is told of it would not make a difference after that.
func (t *Table) forgettable(s *session, floor int64) bool {
	if end, _ := s.over(); end < floor {
		return true
	}
	if len(s.claims) == 0 || !s.exclusive {
		return false
	}
	for i := range s.claims {
		for _, e := range t.extents(t.refs(s.claims[i].prefix, s.ports)) {
			if e.of == s && e.until >= floor {
				return false
			}
		}
	}
	return true
}

// forget drops a session.
func (t *Table) forget(s *session) {
	t.bequeath(s)
	t.unlink(s)
	t.detach(s)
	t.sessions.drop(s)
	s.group.sessions--
	last := len(t.all) - 1
	t.all[s.index] = t.all[last]
	t.all[s.index].index = s.index
	t.all[last] = nil
	t.all = t.all[:last]
}

// bequeath notes with leases that a session to be forgotten put an end to that
// they are over.
func (t *Table) bequeath(s *session) {
	if !s.exclusive {
		return
	}
	for i := range s.claims {
		from := s.from(&s.claims[i])
		for _, r := range t.refs(s.claims[i].prefix, s.ports) {
			o := r.of
			if o != s && o.exclusive && o.group.source == s.group.source && o.from(&o.claims[r.n]) < from {
				o.taken = least(o.taken, from)
			}
		}
	}
}

// Snapshot writes the table anew, so that the log begins empty. What is told
// meanwhile is in the new log, and may be in the snapshot too: taking it in
// twice changes nothing.
func (t *Table) Snapshot(ctx context.Context) error {
	t.housework.Lock()
	defer t.housework.Unlock()
	number, err := t.journal.rotate(ctx)
	if err != nil {
		return fmt.Errorf("write leases anew: %w", err)
	}
	return t.journal.snapshot(number, func(put func([]byte)) error {
		var b []byte
		t.mu.RLock()
		for k, g := range t.groups {
			if len(g.restarts) > 0 {
				b = encodeRestarts(b[:0], k, g.restarts)
				put(b)
			}
		}
		t.mu.RUnlock()
		for from := 0; ; from += batch {
			if err := ctx.Err(); err != nil {
				return err
			}
			t.mu.RLock()
			if from >= len(t.all) {
				t.mu.RUnlock()
				return nil
			}
			for _, s := range t.all[from:min(from+batch, len(t.all))] {
				b = s.encode(b[:0])
				put(b)
			}
			t.mu.RUnlock()
		}
	})
}
