package house

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/desk"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/tlp"
	"candor/internal/inventory"
	"candor/internal/store"
)

// Warned is what came of warning customers.
type Warned struct {
	Sites    int  `json:"sites"`    // that were looked at
	Known    int  `json:"known"`    // whose owners were warned before, or need not be
	Filed    int  `json:"filed"`    // findings that are new
	Proposed int  `json:"proposed"` // notices that wait for approval now
	Missing  int  `json:"missing"`  // cases for which no notice can be proposed: no basis, or no address
	More     bool `json:"more"`     // the rest is done behind the scenes
}

// WarnJob asks for House.GoOnWarning.
type WarnJob struct {
	ID    string      `json:"id"`
	All   bool        `json:"all"`
	User  candor.ID   `json:"user"`
	Role  candor.Role `json:"role"`
	After candor.ID   `json:"after"`
}

// Kind names the job.
func (WarnJob) Kind() string { return "exposure.warn" }

const (
	warnedAtOnce = 100 // sites, while somebody waits; more of a job
	warnedByJob  = 500
)

// exposurePrefix begins the rules of findings that say that a site is exposed.
const exposurePrefix = "Exposure."

func exposureRule(id string) string { return exposurePrefix + intake.Cut(id, 200) }

// WarnExposed files findings for the sites that have a vulnerability, with all also
// for those that may have it, and proposes a notice in each case, that an approval
// sends. Who was warned before is left alone, so it may be called again. It is
// candor.ErrNotFound if no feed tells of the vulnerability, and candor.ErrDenied if
// none may be told to customers.
func (h *House) WarnExposed(ctx context.Context, who candor.Principal, id string, all bool) (Warned, error) {
	if err := may(who, access.ActCases); err != nil {
		return Warned{}, err
	}
	w, after, err := h.warn(ctx, who, WarnJob{ID: id, All: all, User: who.User, Role: who.Role}, warnedAtOnce)
	if err != nil || after == "" {
		return w, err
	}
	w.More = true
	return w, h.goOn(ctx, WarnJob{ID: id, All: all, User: who.User, Role: who.Role, After: after})
}

func (h *House) goOn(ctx context.Context, j WarnJob) error {
	return h.tx(ctx, func(tx *store.Tx) error { return tx.Enqueue(ctx, j, candor.JobOptions{Once: true}) })
}

// GoOnWarning warns more customers, in the name of whoever asked for it.
func (h *House) GoOnWarning(ctx context.Context, j WarnJob) error {
	_, after, err := h.warn(ctx, candor.Principal{User: j.User, Role: j.Role}, j, warnedByJob)
	if errors.Is(err, candor.ErrNotFound) || errors.Is(err, candor.ErrDenied) {
		return nil // the feeds say otherwise by now
	}
	if err != nil || after == "" {
		return err
	}
	j.After = after
	return h.goOn(ctx, j)
}

// warn warns the owners of some sites; after is the last of them, if there may be
// more.
func (h *House) warn(ctx context.Context, who candor.Principal, j WarnJob, most int) (w Warned, after candor.ID, err error) {
	x, err := h.exposed(ctx, who.Scope(), j.ID, func(v intel.Vulnerability) bool { return v.TLP.Allows(tlp.Clients) })
	if err != nil {
		return w, "", err
	}
	if len(x.records) == 0 {
		return w, "", candor.WithHint(fmt.Errorf("what feeds say of %.60q may not be told to customers: %w", j.ID, candor.ErrDenied), "Ask whoever publishes it whether you may.")
	}
	software := x.sure
	if j.All {
		software = x.all
	}
	sites, err := h.Store.AssetsExposedAfter(ctx, who.Scope(), software, j.After, most)
	if err != nil {
		return w, "", err
	}
	told, err := h.exposuresAt(ctx, x, sites)
	if err != nil {
		return w, "", err
	}
	warned, err := h.warned(ctx, x.ID, sites)
	if err != nil {
		return w, "", err
	}
	for i, a := range sites {
		w.Sites++
		if n := warned[a.ID].Notice; n != NotWarned && n != NoticeMissing {
			w.Known++
			continue
		}
		if err := h.warnOwner(ctx, who, x, a, told[i], &w); errors.Is(err, candor.ErrNotFound) {
			continue // it is gone meanwhile; the others are not
		} else if err != nil {
			return w, "", err
		}
	}
	if len(sites) == most {
		after = sites[most-1].ID
	}
	return w, after, nil
}

// warnOwner files that a site is exposed, and proposes a notice.
func (h *House) warnOwner(ctx context.Context, who candor.Principal, x exposed, a candor.Asset, told ExposedSite, w *Warned) error {
	f := exposureFinding(x, told)
	filed, err := h.Desk.File(ctx, desk.Filing{Asset: a.ID, Sensor: SensorIntel, Generation: strings.Join(x.Feeds, ","), Findings: []candor.Finding{f}, Party: a.Owner})
	if errors.Is(err, desk.ErrOwner) {
		return nil // it was sold meanwhile
	}
	if err != nil {
		return err
	}
	w.Filed += filed.New
	same := desk.Same(f)
	have, err := h.Store.FindingsLike(ctx, a.ID, []candor.Same{same})
	if err != nil {
		return err
	}
	c, err := h.Store.Case(ctx, candor.Everything, have[same].Case)
	if err != nil {
		return err
	}
	notices, err := h.Store.ResponsesTo(ctx, []candor.ID{c.ID}, "notify")
	if err != nil {
		return err
	}
	if warningOf(have[same], notices).Notice != NoticeMissing {
		w.Known++ // by the policy, or by somebody who asked at the same time
		return nil
	}
	known := len(notices)
	_, err = h.propose(ctx, who, c, Proposal{Case: c.ID, Method: "notify", Reason: exposureReason(x), Known: &known})
	switch {
	case err == nil, errors.Is(err, candor.ErrExists):
		w.Proposed++
	case errors.Is(err, candor.ErrDenied), errors.Is(err, candor.ErrInvalid):
		w.Missing++ // no basis, or nobody to write to: the case says so
	default:
		return err
	}
	return nil
}

// exposureReason says to whoever approves why a customer is written to.
func exposureReason(x exposed) string {
	if x.Exploited {
		return x.ID + " is known to be exploited"
	}
	return x.ID
}

// tagObserved marks findings about what was observed: they end when it is gone.
const tagObserved = "observed"

// exposureFinding says that a site is exposed, or may be. Customers read it.
func exposureFinding(x exposed, s ExposedSite) candor.Finding {
	f := candor.Finding{Path: intake.Cut(s.Software+" ("+x.ID+")", mostEntry), Rule: exposureRule(x.ID), Class: candor.VulnerableSystem, Severity: candor.Medium, Language: SensorIntel, Description: x.Title}
	if s.Affected && x.Exploited {
		f.Severity = candor.High
	}
	if s.Observed {
		f.Tags = []string{tagObserved}
	}
	return f
}

// exposuresAtOnce is how many findings are looked at again with one question.
const exposuresAtOnce = 500

// EndExposures looks again at the sites that were filed as exposed: what they run now
// may not have the vulnerability any more. What no feed tells of any more, or of a
// site of which nothing is known, is not known, and stays.
func (h *House) EndExposures(ctx context.Context) error {
	var after candor.ID
	for {
		some, err := h.Store.OpenFindingsBelow(ctx, exposurePrefix, after, exposuresAtOnce)
		if err != nil || len(some) == 0 {
			return err
		}
		if err := h.endExposures(ctx, some, "sensor:"+SensorIntel); err != nil {
			return err
		}
		after = some[len(some)-1].ID
	}
}

// RecheckExposures looks again at what a case says about exposures, when somebody
// says that it is mended.
func (h *House) RecheckExposures(ctx context.Context, id candor.ID, by string) error {
	all, err := h.Store.FindingsOfCase(ctx, id)
	if err != nil {
		return err
	}
	var some []candor.FiledFinding
	for _, f := range all {
		if f.Sensor == SensorIntel && f.State == candor.FindingOpen && strings.HasPrefix(f.Rule, exposurePrefix) {
			some = append(some, f)
		}
	}
	if len(some) > 0 {
		if err := h.observeAgain(ctx, some[0].Asset); err != nil {
			return err
		}
	}
	return h.endExposures(ctx, some, by)
}

// observeAgain looks at the software of a site now, if its roots are on this machine.
func (h *House) observeAgain(ctx context.Context, asset candor.ID) error {
	a, err := h.Store.Asset(ctx, candor.Everything, asset)
	if err != nil || a.Kind != candor.Site || a.Server != "" || len(a.Roots) == 0 || a.Retired || h.Sites != nil && h.Sites.CheckRoots(a.Roots) != nil {
		return err
	}
	if err := h.observeSite(ctx, a); err != nil {
		return err
	}
	return h.JudgeSoftware(ctx)
}

func (h *House) endExposures(ctx context.Context, some []candor.FiledFinding, by string) error {
	said := map[string]exposed{}
	var gone []candor.ID
	for _, f := range some {
		x, asked := said[f.Rule]
		if !asked {
			var err error
			if x, err = h.exposedNow(ctx, strings.TrimPrefix(f.Rule, exposurePrefix)); err != nil {
				return err
			}
			said[f.Rule] = x
		}
		over, err := h.exposureOver(ctx, f, x)
		if err != nil {
			return err
		}
		if over {
			gone = append(gone, f.ID)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return h.Desk.Gone(ctx, gone, by)
}

// exposedNow gives what is said of a vulnerability, and which programs have it or may.
func (h *House) exposedNow(ctx context.Context, id string) (x exposed, err error) {
	records, err := h.Store.VulnerabilitiesNamed(ctx, []string{id})
	if err != nil {
		return x, err
	}
	programs, err := h.Store.ProgramsExposed(ctx, []string{id})
	if err != nil {
		return x, err
	}
	x = exposed{records: records, found: map[string]inventory.Program{}}
	for _, p := range programs[id] {
		if judgeFound(records, p).verdict != other {
			x.found[p.ID()] = p
			x.all.Programs = append(x.all.Programs, p.ID())
		}
	}
	return x, nil
}

// exposureOver tells whether an asset is known not to have a vulnerability any more:
// nothing that was observed there has it or may have it, nor does what the site says
// that it runs.
func (h *House) exposureOver(ctx context.Context, f candor.FiledFinding, x exposed) (bool, error) {
	records := x.records
	if len(records) == 0 {
		return false, nil
	}
	if at, err := h.Store.ProgramsAt(ctx, []candor.ID{f.Asset}, x.all.Programs); err != nil || len(at) > 0 {
		return false, err // most are as they were: not all that is there is held against it again
	}
	a, err := h.Store.Asset(ctx, candor.Everything, f.Asset)
	if err != nil {
		return false, err
	}
	there, err := h.Store.ProgramsThere(ctx, a.ID)
	if err != nil {
		return false, err
	}
	known := false
	for _, p := range there {
		if slices.ContainsFunc(records, observed{p}.is) {
			if judgeFound(records, p).verdict != other {
				return false, nil
			}
			known = true
		}
	}
	if said := parseSoftware(a.Software); said.name != "" {
		overruled, err := h.Store.Observes(ctx, a.ID, said.name)
		if err != nil {
			return false, err
		}
		if !overruled && slices.ContainsFunc(records, said.is) {
			if judge(records, said).verdict != other {
				return false, nil
			}
			known = true
		}
		known = known || !overruled && !slices.Contains(f.Tags, tagObserved) // it says that it runs something else
	}
	if known || !slices.Contains(f.Tags, tagObserved) {
		return known, nil
	}
	// What was observed is gone, if somebody looked at all since.
	state, err := h.Store.InventoryOf(ctx, a.ID)
	if errors.Is(err, candor.ErrNotFound) {
		return false, nil
	}
	return err == nil && state.Gap == inventory.Complete && state.Seen.After(f.First), err
}
