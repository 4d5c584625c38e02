package house

import (
	"context"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/attribute"
	"candor/internal/store"
)

// Attributor gives what tells whose resources are, by the records of the house.
// Leases and resolver may be nil. It asks nobody whether they may: it is for
// jobs.
func (h *House) Attributor(leases attribute.Leases, resolver attribute.Resolver, o attribute.Options) *attribute.Attributor {
	if o.Now == nil {
		o.Now = h.Clock
	}
	r := holdings{h.Store, h}
	return attribute.New(r, leases, r, resolver, o)
}

// holdings are the store as attribute asks it.
type holdings struct {
	*store.Store
	house *House
}

// Asset gives an asset.
func (h holdings) Asset(ctx context.Context, id candor.ID) (candor.Asset, error) {
	return h.Store.Asset(ctx, candor.Everything, id)
}

// SitesOn gives the sites that lie on a server.
func (h holdings) SitesOn(ctx context.Context, server candor.ID, most int) ([]candor.Asset, error) {
	all, err := h.Store.SitesOn(ctx, server)
	return all[:min(len(all), most)], err
}

// AssetsOf gives the assets of a party that are in use.
func (h holdings) AssetsOf(ctx context.Context, party candor.ID, most int) ([]candor.Asset, error) {
	inUse := false
	page, err := h.Assets(ctx, candor.Everything, candor.AssetFilter{Owner: party, Retired: &inUse}, candor.Cut{Limit: most})
	return page.Items, err
}

// Holding gives the assets in which findings of a content were filed, by SHA-256.
// Of a content of which there are none, and of other hashes, all of the estate is
// asked.
func (h holdings) Holding(ctx context.Context, hash string, most int) (held attribute.Held, err error) {
	found, err := h.FindingsByDigest(ctx, hash, most)
	for _, f := range found {
		one := candor.Holding{Asset: f.Asset, Kind: candor.Site, Party: f.Party, What: f.Path, Since: f.First}
		if f.State != candor.FindingOpen {
			one.Until = f.Last.Add(time.Microsecond)
		}
		held.Holdings = append(held.Holdings, one)
	}
	if err == nil && len(found) == 0 {
		held.Holdings, held.Waiting, held.Unasked, err = h.house.inEstate(ctx, hash, most)
	}
	return held, err
}

// Whose makes what tells reports whose a resource was of what attributes it.
func (h *House) Whose(leases attribute.Leases, resolver attribute.Resolver, o attribute.Options) Whose {
	return attributed{h.Attributor(leases, resolver, o), len(o.Networks) > 0}
}

type attributed struct {
	*attribute.Attributor
	// bounded says that it is known which networks are the provider's: else nothing
	// is certainly foreign.
	bounded bool
}

// Whose tells whose a resource was.
func (a attributed) Whose(ctx context.Context, r intake.Resource, first, last *intake.When, received time.Time) (Attribution, error) {
	answer, err := a.Attribute(ctx, r, first, last, received)
	if err != nil {
		return Attribution{}, err
	}
	out := Attribution{Ours: answer.Verdict != attribute.Foreign, Certain: answer.Verdict == attribute.Ours, Why: answer.Why, Again: answer.Again}
	if !out.Ours && !a.bounded {
		out.Ours, out.Why = true, "which networks are ours is not set up (intake.networks)"
	}
	all := answer.Candidates
	if out.Certain {
		all = []attribute.Candidate{answer.Candidate}
	}
	for _, c := range all {
		if c.Asset != "" {
			one := candor.Candidate{Asset: c.Asset, Party: c.Party, How: string(c.How), Since: c.Since, Until: c.Until}
			if c.How == attribute.Content {
				one.Path = c.What
			}
			out.Candidates = append(out.Candidates, one)
		}
	}
	out.Certain = out.Certain && len(out.Candidates) == 1
	return out, nil
}
