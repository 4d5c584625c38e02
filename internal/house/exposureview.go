package house

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/intel"
)

// ExposureView is one vulnerability, what each source says of it, and who has it or
// may have it.
type ExposureView struct {
	Exposure  Exposure  `json:"exposure"`           // with at most 500 of its sites: those that have it come first
	CVSS      float64   `json:"cvss,omitempty"`     // the highest base score, 0 to 10; 0 where nobody tells
	Published time.Time `json:"published,omitzero"` // the first time; zero where nobody tells
	// Sure and Exposed are the sites whose version is told to have it, and how many
	// customers own them; all others may have it.
	Sure    int                   `json:"sure"`
	Exposed int                   `json:"exposed"`
	Sources []intel.Vulnerability `json:"sources"` // at most 200
}

// Notice is how far a customer is warned of an exposure.
type Notice string

// How far a customer is warned.
const (
	NotWarned      Notice = ""         // nothing was done
	NoticeMissing  Notice = "missing"  // there is a case, and no notice yet
	NoticeProposed Notice = "proposed" // it waits for somebody's approval
	NoticeApproved Notice = "approved" // it is being sent
	NoticeSent     Notice = "sent"
	NoticeFailed   Notice = "failed"
	NoticeRefused  Notice = "refused"  // somebody decided against it
	NoticeNeedless Notice = "needless" // somebody said that the site does not have it
)

// Notices lists them.
func Notices() []Notice {
	return []Notice{NoticeMissing, NoticeProposed, NoticeApproved, NoticeSent, NoticeFailed, NoticeRefused, NoticeNeedless}
}

// Bounds of what is shown of one exposure.
const (
	mostShownSites = 500
	mostSources    = 200
)

// exposed gives one vulnerability, with what may be used of what is said of it. It
// is candor.ErrNotFound if nothing is.
func (h *House) exposed(ctx context.Context, scope candor.Scope, id string, use func(intel.Vulnerability) bool) (x exposed, err error) {
	all, err := h.Store.VulnerabilitiesNamed(ctx, []string{id})
	if err != nil {
		return x, err
	}
	if len(all) == 0 {
		return x, fmt.Errorf("no feed tells of %.60q: %w", id, candor.ErrNotFound)
	}
	records := slices.DeleteFunc(all, func(v intel.Vulnerability) bool { return !use(v) })
	names, err := h.Store.SoftwareInUse(ctx, scope, mostSoftware)
	if err != nil {
		return x, err
	}
	in := make([]installed, len(names))
	for i, n := range names {
		in[i] = parseSoftware(n)
	}
	programs, err := h.Store.ProgramsExposed(ctx, []string{id})
	if err != nil {
		return x, err
	}
	x = expose(records, in, programs[id])
	x.Sites = []ExposedSite{}
	return x, nil
}

// ExposureOf gives one vulnerability with all that is known of it here.
func (h *House) ExposureOf(ctx context.Context, who candor.Principal, id string) (v ExposureView, err error) {
	if err := may(who, access.ReadParties); err != nil {
		return v, err
	}
	x, err := h.exposed(ctx, who.Scope(), id, func(intel.Vulnerability) bool { return true })
	if err != nil {
		return v, err
	}
	v.Exposure, v.Sources = x.Exposure, x.records[:min(len(x.records), mostSources)]
	for _, r := range x.records {
		v.CVSS = max(v.CVSS, r.CVSS)
		if !r.Published.IsZero() && (v.Published.IsZero() || r.Published.Before(v.Published)) {
			v.Published = r.Published
		}
	}
	e := &v.Exposure
	if e.Number, e.Customers, err = h.Store.CountExposed(ctx, who.Scope(), x.all); err != nil {
		return v, err
	}
	if v.Sure, v.Exposed, err = h.Store.CountExposed(ctx, who.Scope(), x.sure); err != nil {
		return v, err
	}
	one := []Exposure{*e}
	if err := h.countFiled(ctx, who, one); err != nil {
		return v, err
	}
	e.Filed = one[0].Filed
	if e.Sites, err = h.exposedSites(ctx, who, x); err != nil {
		return v, err
	}
	return v, nil
}

// exposedSites gives sites that have a vulnerability, then those that may, with
// whose each is and how far its owner is warned.
func (h *House) exposedSites(ctx context.Context, who candor.Principal, x exposed) ([]ExposedSite, error) {
	at, err := h.Store.AssetsExposedAfter(ctx, who.Scope(), x.sure, "", mostShownSites)
	if err != nil {
		return nil, err
	}
	more, err := h.Store.AssetsExposedAfter(ctx, who.Scope(), x.all, "", mostShownSites)
	if err != nil {
		return nil, err
	}
	have := map[candor.ID]bool{}
	for _, a := range at {
		have[a.ID] = true
	}
	for _, a := range more {
		if !have[a.ID] && len(at) < mostShownSites {
			at = append(at, a)
		}
	}
	warned, err := h.warned(ctx, x.ID, at)
	if err != nil {
		return nil, err
	}
	sites, err := h.exposuresAt(ctx, x, at)
	if err != nil {
		return nil, err
	}
	names := map[candor.ID]string{}
	for i := range sites {
		s := &sites[i]
		s.Warning = warned[s.Asset]
		if names[s.Party] == "" {
			p, err := h.Store.Party(ctx, who.Scope(), s.Party)
			if err != nil {
				return nil, err
			}
			names[s.Party] = p.Name
		}
		s.Owner = names[s.Party]
	}
	slices.SortStableFunc(sites, func(a, b ExposedSite) int {
		return cmp.Or(truth(b.Affected)-truth(a.Affected), cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.Name, b.Name))
	})
	return sites, nil
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Warning is how far the owner of a site is warned of an exposure.
type Warning struct {
	Notice  Notice    `json:"notice,omitempty"`
	Case    candor.ID `json:"case,omitempty"`
	Finding candor.ID `json:"finding,omitempty"`
	At      time.Time `json:"at,omitzero"` // when the notice was sent
}

// warned tells how far the owners of sites are warned of one vulnerability.
func (h *House) warned(ctx context.Context, id string, sites []candor.Asset) (map[candor.ID]Warning, error) {
	owner := map[candor.ID]candor.ID{}
	assets := make([]candor.ID, len(sites))
	for i, a := range sites {
		owner[a.ID], assets[i] = a.Owner, a.ID
	}
	all, err := h.Store.FindingsOfRule(ctx, exposureRule(id), assets)
	if err != nil {
		return nil, err
	}
	latest := map[candor.ID]candor.FiledFinding{}
	var cases []candor.ID
	for _, f := range all {
		if f.Party == owner[f.Asset] && f.State != candor.FindingGone {
			latest[f.Asset] = f
			cases = append(cases, f.Case)
		}
	}
	sent, err := h.Store.ResponsesTo(ctx, cases, "notify")
	if err != nil {
		return nil, err
	}
	of := map[candor.ID][]candor.Response{}
	for _, r := range sent {
		of[r.Case] = append(of[r.Case], r)
	}
	warned := make(map[candor.ID]Warning, len(latest))
	for asset, f := range latest {
		warned[asset] = warningOf(f, of[f.Case])
	}
	return warned, nil
}

// warningOf tells how far a finding was told to its party by notices of its case:
// those from before it was found do not tell of it.
func warningOf(f candor.FiledFinding, notices []candor.Response) Warning {
	w := Warning{Notice: NoticeMissing, Case: f.Case, Finding: f.ID}
	if f.State == candor.FindingDismissed {
		w.Notice = NoticeNeedless
		return w
	}
	for _, r := range notices {
		if r.Created.Before(f.First) {
			continue
		}
		switch r.State {
		case candor.ResponseProposed:
			w.Notice = NoticeProposed
		case candor.ResponseApproved:
			w.Notice = NoticeApproved
		case candor.ResponseRefused:
			w.Notice = NoticeRefused
		case candor.ResponseFailed:
			w.Notice = NoticeFailed
		default:
			w.Notice, w.At = NoticeSent, r.Applied
			return w
		}
	}
	return w
}
