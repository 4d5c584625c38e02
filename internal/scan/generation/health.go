package generation

import (
	"maps"
	"time"

	"candor"
)

// Health is how the definitions stand.
type Health struct {
	Generation candor.Generation // in use; zero for none
	Pinned     bool
	// Stale tells that the definitions are not known to be current: a scan
	// that finds nothing with them proves nothing about what is new.
	Stale   bool
	Checked time.Time // when the sources were last checked, by this program
	Sources []SourceHealth
	// Damaged are generations that cannot be used though they were good once,
	// and why.
	Damaged map[string]string
	// Retired counts generations that running scans still hold in memory
	// though another has replaced them.
	Retired int
}

// SourceHealth is how one source stands. Times are zero for never.
type SourceHealth struct {
	Name      string
	Kind      Kind
	Location  string
	Version   string // of what is in use
	Checked   time.Time
	Succeeded time.Time // the last check that worked
	Changed   time.Time // the last check that gave something new
	Fresh     time.Time // when its content was last known to be current
	Age       time.Duration
	Stale     bool
	Error     string // of the last check
}

// Health tells how the definitions stand. It never waits.
func (u *Updater) Health() Health {
	now := u.o.Clock().UTC()
	l := u.current.Load()
	u.health.Lock()
	defer u.health.Unlock()
	u.forget()
	h := Health{Pinned: u.pinned, Checked: u.checkedAt, Damaged: maps.Clone(u.damaged), Retired: len(u.retired), Stale: l == nil}
	if l != nil {
		h.Generation = l.state.Generation
	}
	for _, s := range u.o.Sources {
		st := u.sources[s.Name]
		if st.Location != s.Location() {
			st = sourceState{}
		}
		x := SourceHealth{Name: s.Name, Kind: s.Kind, Location: s.Location(), Checked: st.Checked, Succeeded: st.Succeeded,
			Changed: st.Changed, Fresh: st.Fresh, Error: st.Error}
		if l != nil {
			x.Version = l.state.Sources[s.Name]
		}
		if s.Kind == Starter { // as current as the program
			x.Fresh = now
		} else if l != nil && l.state.Marks[s.Name] != st.Mark && st.Changed.Before(x.Fresh) {
			x.Fresh = st.Changed // since when what is in use is no longer what the source has
		}
		x.Age = now.Sub(x.Fresh)
		x.Stale = x.Age > u.o.StaleAfter
		h.Stale = h.Stale || x.Stale
		h.Sources = append(h.Sources, x)
	}
	return h
}
