package agent

import (
	"slices"
	"sync"
	"time"

	"candor"
	"candor/internal/fleet/wire"
)

// state is what the agent was told, and what it has to do. It is in a file, so
// that it goes on after a crash and without a node.
type state struct {
	name string
	lock sync.Mutex
	kept kept
	last time.Time // when a node answered last
}

// heard notes that a node answered.
func (s *state) heard(at time.Time) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.last = at
}

// lastHeard is when a node answered last, or else when the agent began.
func (s *state) lastHeard(began time.Time) time.Time {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.last.IsZero() {
		return began
	}
	return s.last
}

type kept struct {
	Sites      []wire.Site             `json:"sites"`
	Settings   wire.Settings           `json:"settings"`
	Generation string                  `json:"generation"` // that nodes use
	Have       string                  `json:"have"`       // that is here
	Asked      string                  `json:"asked"`      // whose rules were asked of what is known
	Jobs       []job                   `json:"jobs"`       // scans
	Last       map[candor.ID]time.Time `json:"last"`       // the begin of the last scan of each site
	Ended      time.Time               `json:"ended"`      // the last one
	Offline    int64                   `json:"offline"`    // scans that were begun without a node
}

// job is a scan that is to be done, or whose end a node has not taken yet.
type job struct {
	Scan  candor.ID `json:"scan"`
	Asset candor.ID `json:"asset"`
	Task  candor.ID `json:"task,omitempty"` // that asked for it
	Cause string    `json:"cause"`
	End   int64     `json:"end,omitempty"` // the number of the report of its end
}

func openState(name string) (*state, error) {
	s := &state{name: name}
	err := load(name, &s.kept)
	if s.kept.Last == nil {
		s.kept.Last = map[candor.ID]time.Time{}
	}
	return s, err
}

// change changes the state, durably.
func (s *state) change(f func(*kept)) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	f(&s.kept)
	return replace(s.name, s.kept)
}

// read reads the state.
func (s *state) read(f func(kept)) {
	s.lock.Lock()
	defer s.lock.Unlock()
	f(s.kept)
}

// site gives a site.
func (s *state) site(asset candor.ID) (found wire.Site, ok bool) {
	s.read(func(k kept) {
		if i := slices.IndexFunc(k.Sites, func(x wire.Site) bool { return x.Asset == asset }); i >= 0 {
			found, ok = k.Sites[i], true
		}
	})
	return found, ok
}

// next gives a scan to do.
func (s *state) next() (found job, ok bool) {
	s.read(func(k kept) {
		if i := slices.IndexFunc(k.Jobs, func(j job) bool { return j.End == 0 }); i >= 0 {
			found, ok = k.Jobs[i], true
		}
	})
	return found, ok
}

// add adds a scan, unless it is there, or one of the same site waits that
// nobody asked for.
func (s *state) add(j job) error {
	return s.change(func(k *kept) {
		if !slices.ContainsFunc(k.Jobs, func(o job) bool {
			return o.Scan == j.Scan || j.Task == "" && o.Asset == j.Asset && o.End == 0
		}) {
			k.Jobs = append(k.Jobs, j)
		}
	})
}

// delivered forgets scans whose end a node has taken.
func (s *state) delivered(number int64) error {
	over := func(j job) bool { return j.End > 0 && j.End <= number }
	any := false
	s.read(func(k kept) { any = slices.ContainsFunc(k.Jobs, over) })
	if !any {
		return nil
	}
	return s.change(func(k *kept) { k.Jobs = slices.DeleteFunc(k.Jobs, over) })
}

// told takes what a node said.
func (s *state) told(out wire.SyncAnswer) error {
	same := false
	s.read(func(k kept) {
		same = k.Generation == out.Generation && slices.EqualFunc(k.Sites, out.Sites, sameSite) && k.Settings.MaxSize == out.Settings.MaxSize && k.Settings.Watch == out.Settings.Watch && slices.Equal(k.Settings.Exclude, out.Settings.Exclude)
	})
	if same {
		return nil
	}
	return s.change(func(k *kept) {
		k.Sites, k.Settings = out.Sites, out.Settings
		if out.Generation != "" {
			k.Generation = out.Generation
		}
	})
}

func sameSite(a, b wire.Site) bool {
	return a.Asset == b.Asset && slices.Equal(a.Roots, b.Roots) && a.Every == b.Every && a.Last.Equal(b.Last)
}
