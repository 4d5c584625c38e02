package house

import (
	"context"
	"errors"
	"sync"
	"time"

	"candor"
	"candor/internal/access"
)

// EstateView is what is looked at, how well, and what it holds.
type EstateView struct {
	Generation string                `json:"generation,omitempty"` // in use now; empty if none is
	Coverage   []candor.SiteCoverage `json:"coverage"`             // by age, and by whether it is the present generation
	Pace       []candor.ScanPace     `json:"pace"`                 // of the last 14 days
	Next       time.Time             `json:"next_full,omitzero"`   // when everything will have been looked at once more; zero if that cannot be told
	Contents   candor.Contents       `json:"contents"`             // At is zero if it is not known
	At         time.Time             `json:"at"`                   // of coverage and pace
}

// measured are figures of the estate that take long to count.
type measured struct {
	lock       sync.Mutex // of what follows
	counting   sync.Mutex // held by who counts
	at         time.Time
	generation string
	coverage   []candor.SiteCoverage
	pace       []candor.ScanPace
}

const (
	// measuredFor is after how long figures are counted anew, which nobody waits
	// for; waitedFor is after how long who asks does.
	measuredFor = time.Minute
	waitedFor   = 10 * time.Minute
	paceDays    = 14
)

// Estate tells what is looked at and what it holds. Its figures are a minute
// old, or as old as the last time that somebody asked, up to ten minutes.
func (h *House) Estate(ctx context.Context, who candor.Principal) (v EstateView, err error) {
	if err := may(who, access.ReadCases); err != nil {
		return v, err
	}
	if err := h.measure(ctx, &v); err != nil {
		return v, err
	}
	if h.Known != nil {
		if v.Contents, err = h.Known(); err != nil && !errors.Is(err, candor.ErrUnavailable) {
			return v, err
		}
	}
	v.Next = nextFull(v.Coverage, h.Clock())
	return v, nil
}

// measure gives the figures, and has them counted anew if they are old.
func (h *House) measure(ctx context.Context, v *EstateView) error {
	if h.Definitions != nil {
		v.Generation = h.Definitions.Health().Generation.ID
	}
	m, now := &h.measured, h.Clock()
	age, same := m.give(v, now)
	switch {
	case same && age < measuredFor:
		return nil
	case same && age < waitedFor:
		if m.counting.TryLock() {
			go func() {
				defer m.counting.Unlock()
				if err := h.count(context.WithoutCancel(ctx), v.Generation, now); err != nil && h.Logger != nil {
					h.Logger.Warn("the figures of the estate were not counted anew", "error", err)
				}
			}()
		}
		return nil
	}
	m.counting.Lock()
	defer m.counting.Unlock()
	if age, same = m.give(v, now); same && age < measuredFor {
		return nil // another counted meanwhile
	}
	if err := h.count(ctx, v.Generation, now); err != nil {
		return err
	}
	m.give(v, now)
	return nil
}

// give gives the figures that there are, how old they are, and whether they are
// about the generation that is asked for.
func (m *measured) give(v *EstateView, now time.Time) (age time.Duration, same bool) {
	m.lock.Lock()
	defer m.lock.Unlock()
	v.Coverage, v.Pace, v.At = m.coverage, m.pace, m.at
	age = now.Sub(m.at)
	return age, !m.at.IsZero() && age >= 0 && m.generation == v.Generation
}

func (h *House) count(ctx context.Context, generation string, now time.Time) error {
	coverage, err := h.Store.SiteCoverage(ctx, now, generation)
	if err != nil {
		return err
	}
	pace, err := h.Store.ScanPace(ctx, now.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1-paceDays))
	if err != nil {
		return err
	}
	m := &h.measured
	m.lock.Lock()
	defer m.lock.Unlock()
	m.at, m.generation, m.coverage, m.pace = now, generation, coverage, pace
	return nil
}

// nextFull estimates when every site will have been looked at once more: when
// the last is due, but not before their last scans took, one after another,
// from now. It cannot be told if a site has no time for its next scan or was
// never scanned.
func nextFull(all []candor.SiteCoverage, now time.Time) time.Time {
	var due time.Time
	var took, sites int64
	for _, c := range all {
		if c.Unplanned > 0 || c.Age == "never" {
			return time.Time{}
		}
		if c.LastDue.After(due) {
			due = c.LastDue
		}
		took, sites = took+c.Took, sites+c.Sites
	}
	if sites == 0 {
		return time.Time{}
	}
	if work := now.Add(time.Duration(took) * time.Microsecond); work.After(due) {
		return work
	}
	return due.Add(time.Duration(took/sites) * time.Microsecond)
}

// LateFindings lists contents that were there before there were rules that match
// them, the latest first; of one content if sha256 is not empty.
func (h *House) LateFindings(ctx context.Context, who candor.Principal, sha256 string, cut candor.Cut) (candor.Page[candor.LateFinding], error) {
	if err := may(who, access.ReadCases); err != nil {
		return candor.Page[candor.LateFinding]{}, err
	}
	return h.Store.LateFindings(ctx, sha256, cut)
}

// HotContents lists the contents of open findings: a content on many sites is
// one row.
func (h *House) HotContents(ctx context.Context, who candor.Principal, cut candor.Cut) (candor.Page[candor.HotContent], error) {
	if err := may(who, access.ReadCases); err != nil {
		return candor.Page[candor.HotContent]{}, err
	}
	return h.Store.HotContents(ctx, cut)
}
