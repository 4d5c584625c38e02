package isolate

import (
	"context"
	"net/netip"
	"slices"
	"time"
)

// Enforcer is one place of the network that can keep sessions at levels. It is
// safe for concurrent use.
//
// What cannot be reached is candor.ErrUnavailable; what is refused for good
// candor.ErrDenied, with a hint.
type Enforcer interface {
	// Levels gives what it can do.
	Levels() []Level
	// Set has a session kept at a level, in the place of any other level, from
	// when it returns on. All of the session is, or nothing is changed. Called
	// again it renews.
	Set(context.Context, Session, Level) error
	// Clear has a session kept at no level. One that is not kept is no error.
	Clear(context.Context, Session) error
	// List gives all that it keeps, as it is there now. It is
	// errors.ErrUnsupported where that cannot be asked.
	List(context.Context) ([]Held, error)
}

// Mender is an Enforcer that needs more than its entries, such as rules.
type Mender interface {
	// Mend looks whether all of that is there, puts back what is not, and tells
	// whether something was missing.
	Mend(context.Context) (mended bool, err error)
}

// Held is one network that an Enforcer keeps at a level.
type Held struct {
	Network netip.Prefix
	Level   Level
	Left    time.Duration // until it ends by itself; 0 if it does not
}

// Point is an Enforcer, and which sessions it stands in the way of.
type Point struct {
	Name     string
	Enforcer Enforcer
	Networks []netip.Prefix // whose addresses pass it; all if empty
	NAS      []string       // names or addresses of servers whose sessions pass it; all if empty
	// Lifelines tells that lifelines pass where it disconnects.
	Lifelines bool
	// Forgets tells that the point has nothing any more when the program begins:
	// the first Tend fills it, and that is no drift.
	Forgets bool
	// Blind tells that nobody can see at the point what it enforces: it says
	// nothing, or only what it was told.
	Blind bool
}

// serves tells whether a session passes the point.
func (p Point) serves(s Session) bool {
	if len(p.NAS) > 0 && !slices.Contains(p.NAS, s.NAS) && (!s.NASAddress.IsValid() || !slices.Contains(p.NAS, s.NASAddress.String())) {
		return false
	}
	return len(p.Networks) == 0 || slices.ContainsFunc(s.Addresses, func(a netip.Prefix) bool {
		return slices.ContainsFunc(p.Networks, func(n netip.Prefix) bool { return n.Overlaps(a) })
	})
}

// can tells whether the point can keep a session at a level.
func (p Point) can(l Level) bool { return slices.Contains(p.Enforcer.Levels(), l) }

// at gives the points that a session passes and that can keep it at a level.
func at(points []Point, s Session, l Level) (able []Point) {
	for _, p := range points {
		if p.serves(s) && p.can(l) {
			able = append(able, p)
		}
	}
	return able
}

// names gives the points' names.
func names(points []Point) []string {
	all := make([]string, len(points))
	for i, p := range points {
		all[i] = p.Name
	}
	return all
}
