package house

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"time"

	"candor"
	"candor/internal/desk"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/tlp"
	"candor/internal/store"
)

// SensorIntel is the sensor of what feeds name: no look at an asset proves that it
// is gone.
const SensorIntel = "intel"

// Bounds of matching.
const (
	matchBatch   = 500
	matchBatches = 20             // of a pass
	matchAgain   = 24 * time.Hour // what is here changes too
	hitAgain     = 7 * 24 * time.Hour
	mostHolders  = 1000 // of one indicator
)

// MatchFeeds holds indicators against what is here: host names of sites, static
// addresses, contents that were found or moved away. New ones come first, and
// each again after a day; those that hold no longer go. It goes on where it stopped.
func (h *House) MatchFeeds(ctx context.Context) error {
	for range matchBatches {
		now := h.now()
		due, err := h.Store.Unmatched(ctx, now.Add(-matchAgain), matchBatch)
		if err != nil || len(due) == 0 {
			return err
		}
		var some, over []intel.Indicator
		for _, x := range due {
			if x.Until.IsZero() || x.Until.After(now) {
				some = append(some, x)
			} else {
				over = append(over, x)
			}
		}
		within, err := h.withinNetworks(ctx, some, now)
		if err != nil {
			return err
		}
		var hits []intel.Hit
		for i, x := range some {
			held, err := h.holders(ctx, x, now)
			if err != nil {
				return err
			}
			found, err := h.hitsOf(ctx, x, append(held, within[i]...), now)
			if err != nil {
				return err
			}
			hits = append(hits, found...)
		}
		err = h.tx(ctx, func(tx *store.Tx) error {
			for _, hit := range hits {
				if err := tx.KeepHit(ctx, hit); err != nil {
					return err
				}
				if !hit.Filed {
					continue
				}
				if err := h.sighted(ctx, tx, hit); err != nil {
					return err
				}
			}
			return errors.Join(tx.Matched(ctx, now, some...), tx.DropIndicators(ctx, over...))
		})
		if err != nil || len(due) < matchBatch {
			return err
		}
	}
	return nil
}

// holders gives what of ours an indicator names.
func (h *House) holders(ctx context.Context, x intel.Indicator, now time.Time) ([]candor.Holding, error) {
	switch x.Kind {
	case intake.Network:
		if p, err := netip.ParsePrefix(x.Value); err == nil {
			return h.Store.AssetsByAddress(ctx, p.Addr(), now, now)
		}
	case intake.Address, intake.Domain, intake.URL:
		host := intake.Resource{Kind: x.Kind, Value: x.Value}.Host()
		if ip, err := netip.ParseAddr(host); err == nil {
			return h.Store.AssetsByAddress(ctx, ip, now, now)
		}
		if host != "" {
			return h.Store.SitesByHost(ctx, host, now, now)
		}
	case intake.Hash:
		if len(x.Value) != 64 {
			return nil, nil
		}
		findings, err := h.Store.FindingsByDigest(ctx, x.Value, mostHolders)
		var all []candor.Holding
		for _, f := range findings {
			if f.Sensor != SensorIntel { // what was filed for the feed itself
				all = append(all, candor.Holding{Asset: f.Asset, Party: f.Party, What: f.SHA256})
			}
		}
		return all, err
	}
	return nil, nil
}

// withinNetworks gives the static addresses that lie in networks among indicators,
// by their index. All static addresses are read once for all networks.
func (h *House) withinNetworks(ctx context.Context, some []intel.Indicator, now time.Time) (map[int][]candor.Holding, error) {
	networks := map[netip.Prefix][]int{}
	bits := map[int]bool{}
	for i, x := range some {
		if p, err := netip.ParsePrefix(x.Value); x.Kind == intake.Network && err == nil {
			networks[p.Masked()] = append(networks[p.Masked()], i)
			bits[p.Bits()] = true
		}
	}
	if len(networks) == 0 {
		return nil, nil
	}
	found := map[int][]candor.Holding{}
	for _, all := range []netip.Prefix{netip.PrefixFrom(netip.IPv4Unspecified(), 0), netip.PrefixFrom(netip.IPv6Unspecified(), 0)} {
		held, err := h.Store.AssetsWithin(ctx, all, now, now)
		if err != nil {
			return nil, err
		}
		for _, one := range held {
			p, err := netip.ParsePrefix(one.What)
			if err != nil {
				continue
			}
			for n := range bits {
				if n > p.Bits() {
					continue
				}
				around, err := p.Addr().Prefix(n)
				if err != nil {
					continue
				}
				for _, i := range networks[around] {
					found[i] = append(found[i], one)
				}
			}
		}
	}
	return found, nil
}

// hitsOf makes hits of what an indicator names, one an asset, and files those that
// are sure enough.
func (h *House) hitsOf(ctx context.Context, x intel.Indicator, held []candor.Holding, now time.Time) (hits []intel.Hit, err error) {
	seen := map[candor.ID]bool{}
	for _, one := range held {
		if seen[one.Asset] || len(seen) >= mostHolders {
			continue
		}
		seen[one.Asset] = true
		a, err := h.Store.Asset(ctx, candor.Everything, one.Asset)
		if errors.Is(err, candor.ErrNotFound) || err == nil && a.Retired {
			continue
		}
		if err != nil {
			return nil, err
		}
		known, err := h.Store.Hit(ctx, x.Source, x.Value, one.Asset)
		if err != nil && !errors.Is(err, candor.ErrNotFound) {
			return nil, err
		}
		hit := intel.Hit{ID: candor.NewID(now), Feed: x.Source, Kind: x.Kind, Value: x.Value, Asset: one.Asset, What: one.What, Class: x.Class, Note: x.Note, TLP: x.TLP, Confidence: x.Confidence,
			First: now, Last: now}
		// It is filed once, so that a case that was solved stays so while a feed is
		// slow to forget; and again when it was gone from the feed meanwhile.
		if before := known.Filed && now.Sub(known.Last) < hitAgain; !before && h.files(x) {
			if _, err := h.Desk.File(ctx, desk.Filing{Asset: one.Asset, Sensor: SensorIntel, Generation: x.Source, Findings: []candor.Finding{listed(x)}}); err != nil {
				return nil, err
			}
			hit.Filed = true
		}
		hits = append(hits, hit)
	}
	return hits, nil
}

// files tells whether a hit of an indicator is filed as a finding. Customers read
// findings: what may not go to clients is shown to the staff only.
func (h *House) files(x intel.Indicator) bool {
	return x.Confidence >= h.Feeds.Threshold && x.TLP.Allows(tlp.Clients)
}

// listed is the finding that an indicator makes.
func listed(x intel.Indicator) candor.Finding {
	f := candor.Finding{Path: x.Value, Rule: "Intel." + feedWord(x.Source), Class: cmp.Or(x.Class, candor.Undetermined), Language: SensorIntel, Description: x.Note}
	f.Severity = gravity(f.Class)
	if x.Kind == intake.Hash {
		f.SHA256 = x.Value
	}
	return f
}

// feedWord is how rules name a feed: those of members of groups are not told apart.
func feedWord(source string) string {
	if isGroupFeed(source) {
		return "group"
	}
	return source
}
