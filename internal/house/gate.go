package house

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/consent/gate"
)

// GateView is how a site stands at the gate now, and how it came to that.
type GateView struct {
	Site candor.Asset `json:"site"`
	// Gate is what was decided last; its checks are those of that time.
	Gate    candor.Gate         `json:"gate"`
	Allowed bool                `json:"allowed"` // the site may be reached now
	Checks  []gate.ShownCheck   `json:"checks"`  // as they come out now
	Waivers []candor.GateWaiver `json:"waivers"` // the latest first, also those that are over
	Moves   []candor.GateMove   `json:"moves"`   // up to 50 changes of state, the latest first
}

// mostMoves is how many changes of state are shown.
const mostMoves = 50

// GatePolicySetting is the name under which the policy of the gate is kept.
const GatePolicySetting = "gate"

// Gates lists sites with how they stood when the gate last decided.
func (h *House) Gates(ctx context.Context, who candor.Principal, f candor.GateFilter, cut candor.Cut) (candor.Page[candor.SiteGate], error) {
	if err := may(who, access.ReadParties, access.ReadOwn); err != nil {
		return candor.Page[candor.SiteGate]{}, err
	}
	page, err := h.Store.Gates(ctx, who.Scope(), f, cut)
	eachOf(page.Items, func(g *candor.SiteGate) { g.Site = public(who, g.Site) })
	return page, err
}

// GateCounts counts sites in use by how they stand.
func (h *House) GateCounts(ctx context.Context, who candor.Principal) (map[candor.GateState]int64, error) {
	if err := may(who, access.ReadParties); err != nil {
		return nil, err
	}
	return h.Store.GateCounts(ctx)
}

// Gate gives how a site stands, with each check as it comes out now.
func (h *House) Gate(ctx context.Context, who candor.Principal, site candor.ID) (v GateView, err error) {
	if err := may(who, access.ReadParties, access.ReadOwn); err != nil {
		return v, err
	}
	if v.Site, err = h.gateSite(ctx, who, site); err != nil {
		return v, err
	}
	look, err := h.glanceAt(ctx, v.Site)
	if err != nil {
		return v, err
	}
	v.Gate, v.Waivers, v.Allowed = look.before, look.waivers, look.allowed()
	v.Checks = gate.Show(look.checks)
	if v.Moves, err = h.Store.GateMoves(ctx, site, mostMoves); err != nil {
		return v, err
	}
	return public(who, v), nil
}

// public takes away whose decision it was, and what the staff wrote about it.
func (v *GateView) public() {
	publicAsset(&v.Site)
	eachOf(v.Waivers, func(w *candor.GateWaiver) {
		w.By, w.Reason = Provider, ""
		if w.EndedBy != "" {
			w.EndedBy = Provider
		}
	})
	eachOf(v.Moves, func(m *candor.GateMove) {
		if byStaff(m.By) {
			m.By = Provider
		}
	})
}

// gateSite gives a site that somebody sees.
func (h *House) gateSite(ctx context.Context, who candor.Principal, id candor.ID) (candor.Asset, error) {
	a, err := h.Store.Asset(ctx, who.Scope(), id)
	if err == nil && a.Kind != candor.Site {
		err = candor.WithHint(fmt.Errorf("asset %s is no site: %w", id, candor.ErrNotFound), "Only sites have a gate.")
	}
	return a, err
}

// glance is what the gate knows of a site at a moment.
type glance struct {
	at      time.Time
	policy  gate.Policy
	before  candor.Gate
	waivers []candor.GateWaiver
	checks  []candor.GateCheck
}

func (g glance) allowed() bool { return gate.Allowed(g.before, g.checks, g.policy, g.at) }

// glanceAt asks all that the gate asks of a site. A sensor that fails is a check
// that is missing; that the rest cannot be read is an error.
func (h *House) glanceAt(ctx context.Context, site candor.Asset) (g glance, err error) {
	if g.policy, err = h.gatePolicy(ctx); err != nil {
		return g, err
	}
	if g.before, err = h.Store.Gate(ctx, site.ID); errors.Is(err, candor.ErrNotFound) {
		g.before, err = candor.Gate{Asset: site.ID, State: candor.GateDraft, Since: site.Created}, nil
	}
	if err != nil {
		return g, err
	}
	if g.waivers, err = h.Store.GateWaivers(ctx, site.ID); err != nil {
		return g, err
	}
	sensors := h.Gatekeeping
	if sensors.Scans == nil {
		sensors.Scans = scanned{h}
	}
	if sensors.Notices == nil {
		sensors.Notices = served{h}
	}
	if sensors.Agreements == nil {
		sensors.Agreements = agreed{h}
	}
	readings, failed := sensors.Read(ctx, site)
	if failed != nil && h.Logger != nil {
		h.Logger.WarnContext(ctx, "a check of the gate could not be measured, and counts as missing", "error", failed)
	}
	g.at = h.Clock().UTC()
	g.checks = gate.Judge(g.policy, readings, g.waivers, g.before.Checks, g.at)
	return g, nil
}

// scanned tells the gate of a site's content.
type scanned struct{ h *House }

func (s scanned) Content(ctx context.Context, site candor.Asset) (gate.Reading, error) {
	grave, err := s.h.Store.CountGrave(ctx, site.ID)
	if err != nil {
		return gate.Reading{}, err
	}
	last, err := s.h.Store.LastScan(ctx, site.ID)
	if errors.Is(err, candor.ErrNotFound) {
		return gate.ContentOf(site, nil, grave), nil
	}
	return gate.ContentOf(site, &last, grave), err
}

// Admission is whether a host name may be reached.
type Admission struct {
	Host    string            `json:"host"`
	Allowed bool              `json:"allowed"`
	Site    candor.ID         `json:"site,omitempty"`
	State   candor.GateState  `json:"state,omitempty"`
	Unmet   []gate.ShownCheck `json:"unmet"` // what keeps it from being reached, or will
	// Until is when it may not be reached any longer, unless it is mended; zero
	// if nothing is in the way.
	Until time.Time `json:"until,omitzero"`
}

// Admitted tells whether a host name may be reached at this moment: only if all
// sites in use that have the name may. A name that nobody has, or that is none
// of the customer's who asks, may not.
func (h *House) Admitted(ctx context.Context, who candor.Principal, host string) (Admission, error) {
	host = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(host)), ".")
	out := Admission{Host: host, Unmet: []gate.ShownCheck{}}
	if err := may(who, access.ReadParties, access.ReadOwn); err != nil {
		return out, err
	}
	if host == "" || len(host) > 253 {
		return out, candor.WithHint(fmt.Errorf("%.80q is no host name: %w", host, candor.ErrInvalid), "Give a name such as shop.example.com.")
	}
	sites, err := h.Store.HostedSites(ctx, host)
	if err != nil {
		return out, err
	}
	if !slices.ContainsFunc(sites, func(a candor.Asset) bool { return who.Scope().Sees(a.Owner) }) {
		return out, nil
	}
	out.Allowed = true
	for _, a := range sites {
		g, err := h.glanceAt(ctx, a)
		if err != nil {
			return Admission{Host: host, Unmet: out.Unmet}, err
		}
		allowed := g.allowed()
		if who.Scope().Sees(a.Owner) && (out.Site == "" || out.Allowed && !allowed) {
			out.Site, out.State, out.Until = a.ID, g.before.State, g.before.Deadline
			out.Unmet = gate.Show(gate.Unmet(g.checks))
		}
		out.Allowed = out.Allowed && allowed
	}
	return out, nil
}
