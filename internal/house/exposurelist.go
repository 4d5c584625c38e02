package house

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/intel"
)

// Bounds of a page of exposures.
const (
	exposuresOfPage = 50
	mostExposures   = 500
	mostLookedAt    = 6000 // vulnerabilities, for one page: behind them the next begins
	mostListed      = 20_000
)

// stage is a part of the list of exposures. Each has the latest identifiers first.
type stage int

const (
	stageExploited stage = iota // known to be
	stageSaid                   // a version that a site says it runs is told to have it
	stageMended                 // of what was observed there is something to install
	stageRest
	stages
)

// exposurePlace is a place in the list of exposures.
type exposurePlace struct {
	stage stage
	below string // the identifier behind which it is; empty at the beginning of the stage
	shown int    // before it
}

func (p exposurePlace) String() string { return fmt.Sprintf("%d.%d.%s", p.shown, p.stage, p.below) }

func parseExposurePlace(cursor string) (p exposurePlace, err error) {
	if cursor == "" {
		return p, nil
	}
	shown, rest, _ := strings.Cut(cursor, ".")
	of, below, _ := strings.Cut(rest, ".")
	n, err := strconv.Atoi(of)
	if p.shown, _ = strconv.Atoi(shown); err != nil || n < 0 || n >= int(stages) || p.shown < 0 {
		return p, candor.WithHint(fmt.Errorf("the cursor is not one of ours: %w", candor.ErrInvalid), "Start from the first page of the list.")
	}
	p.stage, p.below = stage(n), below
	return p, nil
}

// Exposures lists vulnerabilities that are known to be exploited, of software that
// was observed at sites and servers or that sites say they run, and those that a
// version there is told to have. Where the version is not known, or cannot be
// compared, a site may be exposed: it is never said that it is, nor that it is not.
// Those that are exploited come first, and then those for which there is something to
// install. A page has at most 500, and may have fewer than asked for and go on behind
// it, where a filter passes over many; there is no way back but to the first one.
func (h *House) Exposures(ctx context.Context, who candor.Principal, f ExposureFilter, cut candor.Cut) (page candor.Page[Exposure], err error) {
	if err := may(who, access.ReadParties); err != nil {
		return page, err
	}
	at, err := parseExposurePlace(cut.Cursor)
	if err != nil {
		return page, err
	}
	l := exposureLister{house: h, scope: who.Scope(), filter: f}
	if err := l.begin(ctx); err != nil {
		return page, err
	}
	most := exposuresOfPage
	if cut.Limit > 0 {
		most = min(cut.Limit, mostExposures)
	}
	page.Items = []Exposure{}
	for looked := 0; len(page.Items) < most && looked < mostLookedAt && at.stage < stages; {
		ids, err := l.next(ctx, at)
		if err != nil {
			return page, err
		}
		if len(ids) == 0 {
			at.stage, at.below = at.stage+1, ""
			if f.Exploited || f.Ransomware || !f.Due.IsZero() { // of others nobody says so
				at.stage = stages
			}
			continue
		}
		some, last, err := l.these(ctx, at.stage, ids, most-len(page.Items))
		if err != nil {
			return page, err
		}
		page.Items, at.below, looked = append(page.Items, some...), last, looked+len(ids)
	}
	at.shown += len(page.Items)
	page.Count = at.shown
	if at.stage < stages {
		page.Next, page.More = at.String(), true
	}
	return page, h.countFiled(ctx, who, page.Items)
}

// exposureLister lists exposures.
type exposureLister struct {
	house     *House
	scope     candor.Scope
	filter    ExposureFilter
	in        []installed // what sites say that they run
	exploited []string    // the latest first, as those that follow
	said      []string
	before    map[string]bool // that are in these
}

func (l *exposureLister) begin(ctx context.Context) error {
	names, err := l.house.Store.SoftwareInUse(ctx, l.scope, mostSoftware)
	if err != nil {
		return err
	}
	var packages []string
	for _, n := range names {
		s := parseSoftware(n)
		if l.in = append(l.in, s); s.version != "" {
			packages = slices.Concat(packages, s.packages(), productsByCPE(s.name))
		}
	}
	l.exploited, err = l.house.Store.ExposedIDs(ctx, true, true, "", mostListed)
	if err != nil {
		return err
	}
	if len(l.in) > 0 {
		known, err := l.house.Store.Exploited(ctx, mostExploited)
		if err != nil {
			return err
		}
		slices.Sort(packages)
		ours, err := l.house.Store.VulnerabilitiesOf(ctx, slices.Compact(packages), mostProduct)
		if err != nil {
			return err
		}
		l.exploited, l.said = latest(l.exploited, known), latest(nil, ours)
	}
	l.before = map[string]bool{}
	for _, id := range l.exploited {
		l.before[id] = true
	}
	l.said = slices.DeleteFunc(l.said, func(id string) bool { return l.before[id] })
	for _, id := range l.said {
		l.before[id] = true
	}
	return nil
}

// latest gives identifiers once, the latest first.
func latest(ids []string, more []intel.Vulnerability) []string {
	for _, v := range more {
		ids = append(ids, v.ID)
	}
	slices.SortFunc(ids, func(a, b string) int { return strings.Compare(b, a) })
	return slices.Compact(ids)
}

// next gives some vulnerabilities behind a place, of its stage.
func (l *exposureLister) next(ctx context.Context, at exposurePlace) (ids []string, err error) {
	switch at.stage {
	case stageExploited:
		ids = l.exploited
	case stageSaid:
		ids = l.said
	default:
		return l.house.Store.ExposedIDs(ctx, false, at.stage == stageMended, at.below, idsAtOnce)
	}
	if at.below != "" {
		n, found := slices.BinarySearchFunc(ids, at.below, func(id, below string) int { return strings.Compare(below, id) })
		if found {
			n++
		}
		ids = ids[n:]
	}
	return ids[:min(len(ids), idsAtOnce)], nil
}

// these gives those of some vulnerabilities that are asked for and are here, at most
// so many, in the order in which they are named, and the last that was looked at.
func (l *exposureLister) these(ctx context.Context, of stage, ids []string, most int) (all []Exposure, last string, err error) {
	records, err := l.house.Store.VulnerabilitiesNamed(ctx, ids)
	if err != nil {
		return nil, "", err
	}
	programs, err := l.house.Store.ProgramsExposed(ctx, ids)
	if err != nil {
		return nil, "", err
	}
	said := map[string][]intel.Vulnerability{}
	for _, v := range records {
		said[v.ID] = append(said[v.ID], v)
	}
	for _, last = range ids {
		if len(said[last]) == 0 || of >= stageMended && l.before[last] {
			continue
		}
		x := expose(said[last], l.in, programs[last])
		if !l.filter.lets(x.Exposure) {
			continue
		}
		if x.Number, x.Customers, err = l.house.Store.CountExposed(ctx, l.scope, x.all); err != nil {
			return nil, "", err
		}
		if x.Number == 0 {
			continue
		}
		sites, err := l.house.Store.AssetsExposed(ctx, l.scope, x.all, mostExposed)
		if err != nil {
			return nil, "", err
		}
		if x.Sites, err = l.house.exposuresAt(ctx, x, sites); err != nil {
			return nil, "", err
		}
		if all = append(all, x.Exposure); len(all) == most {
			break
		}
	}
	return all, last, nil
}
