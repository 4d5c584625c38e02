package lease

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Unknown is a holder whom sources name by keys that no line, or more than one,
// is known by: what an operator must mend.
type Unknown struct {
	Keys     []Key
	Disputed bool // the keys name different lines
	First    time.Time
	Last     time.Time
	Count    uint64 // sessions that began with it, or were asked for anew
}

// mostUnknown bounds the holders that are listed; the others are only counted.
const mostUnknown = 10_000

// unknowns lists them by the text of their keys.
type unknowns struct {
	list  map[string]*Unknown
	total uint64
}

func (u *unknowns) add(s *subject, now time.Time) {
	u.total++
	one := u.list[s.text]
	if one == nil {
		if len(u.list) >= mostUnknown {
			return
		}
		if u.list == nil {
			u.list = map[string]*Unknown{}
		}
		one = &Unknown{Keys: s.keys, First: now}
		u.list[s.text] = one
	}
	one.Disputed, one.Last = s.disputed, now
	one.Count++
}

func (u *unknowns) drop(keys []Key) {
	if len(u.list) > 0 {
		delete(u.list, subjectText(keys))
	}
}

// Unknown lists holders that are not known, the latest first: at most 10,000.
// The total counts them all, again with each time that they were met.
func (t *Table) Unknown() (list []Unknown, total uint64) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for u := range maps.Values(t.unknowns.list) {
		list = append(list, *u)
	}
	slices.SortFunc(list, func(a, b Unknown) int {
		return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(subjectText(a.Keys), subjectText(b.Keys)))
	})
	return list, t.unknowns.total
}
