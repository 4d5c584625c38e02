package house

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/fleet/wire"
)

// EstateView is what is looked at, how well, and what it holds.
type EstateView struct {
	Generation string                          `json:"generation,omitempty"` // in use now; empty if none is
	Coverage   []candor.SiteCoverage           `json:"coverage"`             // by age, and by whether it is the present generation
	Pace       []candor.ScanPace               `json:"pace"`                 // of the last 14 days
	Next       time.Time                       `json:"next_full,omitzero"`   // when everything will have been looked at once more; zero if that cannot be told
	Contents   candor.Contents                 `json:"contents"`             // At is zero if it is not known
	Late       candor.Page[candor.LateFinding] `json:"late"`                 // the latest
	Agents     []candor.AgentStatus            `json:"agents"`
	At         time.Time                       `json:"at"` // of the figures, which are kept for a minute
}

// measured are figures of the estate that take long to count.
type measured struct {
	lock       sync.Mutex
	at         time.Time
	generation string
	coverage   []candor.SiteCoverage
	pace       []candor.ScanPace
}

const (
	measuredFor = time.Minute
	paceDays    = 14
)

// Estate tells what is looked at and what it holds. Its figures are up to a
// minute old.
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
	if v.Agents, err = h.agents(ctx); err != nil {
		return v, err
	}
	v.Next = nextFull(v.Coverage, h.Clock())
	v.Late, err = h.Store.LateFindings(ctx, "", candor.Cut{Limit: 10})
	return v, err
}

// agents are those that may call, and how they are.
func (h *House) agents(ctx context.Context) (out []candor.AgentStatus, err error) {
	if h.Fleet == nil {
		return nil, nil
	}
	all, err := h.Fleet.Agents(ctx)
	for _, a := range all {
		if a.State == candor.AgentRevoked {
			continue
		}
		var said wire.Status
		_ = json.Unmarshal(a.Status, &said) // what another version said otherwise is not shown
		out = append(out, candor.AgentStatus{Name: a.Name, Seen: a.Seen, Backlog: int64(said.Backlog), Generation: a.Generation, Sites: int64(said.Sites)})
	}
	return out, err
}

func (h *House) measure(ctx context.Context, v *EstateView) (err error) {
	if h.Definitions != nil {
		v.Generation = h.Definitions.Health().Generation.ID
	}
	m, now := &h.measured, h.Clock()
	m.lock.Lock()
	defer m.lock.Unlock()
	if age := now.Sub(m.at); m.at.IsZero() || age < 0 || age >= measuredFor || m.generation != v.Generation {
		coverage, err := h.Store.SiteCoverage(ctx, now, v.Generation)
		if err != nil {
			return err
		}
		pace, err := h.Store.ScanPace(ctx, now.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1-paceDays))
		if err != nil {
			return err
		}
		m.at, m.generation, m.coverage, m.pace = now, v.Generation, coverage, pace
	}
	v.Coverage, v.Pace, v.At = m.coverage, m.pace, m.at
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

// HotContents lists the contents of open findings: a content on many sites is
// one row.
func (h *House) HotContents(ctx context.Context, who candor.Principal, cut candor.Cut) (candor.Page[candor.HotContent], error) {
	if err := may(who, access.ReadCases); err != nil {
		return candor.Page[candor.HotContent]{}, err
	}
	return h.Store.HotContents(ctx, cut)
}

// ContentView is one content wherever it lies.
type ContentView struct {
	SHA256   string                           `json:"sha256"`
	Findings candor.Page[candor.FiledFinding] `json:"findings"` // up to 500, of all states
	Late     []candor.LateFinding             `json:"late"`     // the latest first
}

// Open are the open findings of those that are shown.
func (v ContentView) Open() (all []candor.FiledFinding) {
	for _, f := range v.Findings.Items {
		if f.State == candor.FindingOpen {
			all = append(all, f)
		}
	}
	return all
}

// Good is as what the content is known to be good; empty if it is not.
func (v ContentView) Good() string {
	for _, f := range v.Findings.Items {
		if f.Good != "" && f.State == candor.FindingOpen {
			return f.Good
		}
	}
	return ""
}

var sha256Words = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Content gives one content wherever it lies.
func (h *House) Content(ctx context.Context, who candor.Principal, sha256 string) (ContentView, error) {
	v := ContentView{SHA256: sha256}
	if err := may(who, access.ReadCases); err != nil {
		return v, err
	}
	if !sha256Words.MatchString(sha256) {
		return v, fmt.Errorf("content %.80q: %w", sha256, candor.ErrNotFound)
	}
	var err error
	if v.Findings, err = h.Store.Findings(ctx, who.Scope(), candor.FindingFilter{Content: sha256}, candor.Cut{Limit: 500}); err != nil {
		return v, err
	}
	late, err := h.Store.LateFindings(ctx, sha256, candor.Cut{Limit: 20})
	v.Late = late.Items
	if err == nil && len(v.Findings.Items)+len(v.Late) == 0 {
		err = fmt.Errorf("content %s: %w", sha256, candor.ErrNotFound)
	}
	return v, err
}

// LateOf gives what late findings say of a content, the latest first.
func (h *House) LateOf(ctx context.Context, who candor.Principal, sha256 string) ([]candor.LateFinding, error) {
	if err := may(who, access.ReadCases); err != nil || sha256 == "" {
		return nil, err
	}
	page, err := h.Store.LateFindings(ctx, sha256, candor.Cut{Limit: 20})
	return page.Items, err
}
