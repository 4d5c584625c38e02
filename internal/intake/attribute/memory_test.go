package attribute_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"candor"
	"candor/internal/intake/attribute"
)

// memory is Records, Contents and Resolver of a few assets.
type memory struct {
	assets    map[candor.ID]candor.Asset
	owners    map[candor.ID][]candor.Holding // where it is not always the owner
	addresses []candor.Holding               // What is a prefix
	hosts     []candor.Holding               // What is a name that is asked for as it is, nearest first
	parties   []candor.Party
	contents  map[string][]candor.Holding
	waiting   int // servers that are asked for contents
	unasked   int
	names     map[string][]attribute.Name
	fails     error
}

func during(all []candor.Holding, from, until time.Time, is func(candor.Holding) bool) (some []candor.Holding) {
	for _, h := range all {
		if is(h) && !h.Since.After(until) && (h.Until.IsZero() || h.Until.After(from)) {
			some = append(some, h)
		}
	}
	return some
}

func (m *memory) Owners(_ context.Context, asset candor.ID, from, until time.Time) ([]candor.Holding, error) {
	all, ok := m.owners[asset]
	if a, known := m.assets[asset]; !ok && known {
		all = []candor.Holding{{Asset: asset, Kind: a.Kind, Party: a.Owner}}
	}
	return during(all, from, until, func(candor.Holding) bool { return true }), m.fails
}

func (m *memory) AssetsByAddress(_ context.Context, ip netip.Addr, from, until time.Time) ([]candor.Holding, error) {
	return during(m.addresses, from, until, func(h candor.Holding) bool { return netip.MustParsePrefix(h.What).Contains(ip) }), m.fails
}

func (m *memory) AssetsWithin(_ context.Context, p netip.Prefix, from, until time.Time) ([]candor.Holding, error) {
	return during(m.addresses, from, until, func(h candor.Holding) bool { return netip.MustParsePrefix(h.What).Overlaps(p) }), m.fails
}

func (m *memory) SitesByHost(_ context.Context, host string, from, until time.Time) ([]candor.Holding, error) {
	var all []candor.Holding
	for _, name := range []string{host, "www." + host, "*." + host[1+slices.Index([]byte(host), '.'):]} {
		all = append(all, during(m.hosts, from, until, func(h candor.Holding) bool { return h.What == name })...)
	}
	return all, m.fails
}

func (m *memory) SitesOn(_ context.Context, server candor.ID, most int) ([]candor.Asset, error) {
	return m.some(most, func(a candor.Asset) bool { return a.Server == server }), m.fails
}

func (m *memory) AssetsOf(_ context.Context, party candor.ID, most int) ([]candor.Asset, error) {
	return m.some(most, func(a candor.Asset) bool { return a.Owner == party }), m.fails
}

func (m *memory) some(most int, is func(candor.Asset) bool) (all []candor.Asset) {
	for _, a := range m.assets {
		if is(a) && len(all) < most {
			all = append(all, a)
		}
	}
	return all
}

func (m *memory) Asset(_ context.Context, id candor.ID) (candor.Asset, error) {
	a, ok := m.assets[id]
	if !ok {
		return a, fmt.Errorf("asset %s: %w", id, candor.ErrNotFound)
	}
	return a, m.fails
}

func (m *memory) PartiesByMail(_ context.Context, address string) (all []candor.Party, err error) {
	for _, p := range m.parties {
		if slices.ContainsFunc(p.Contacts, func(c candor.Contact) bool { return c.Address == address }) {
			all = append(all, p)
		}
	}
	return all, m.fails
}

func (m *memory) Holding(_ context.Context, hash string, _ int) (attribute.Held, error) {
	return attribute.Held{Holdings: m.contents[hash], Waiting: m.waiting, Unasked: m.unasked}, m.fails
}

func (m *memory) Addresses(_ context.Context, host string, _, _ time.Time) ([]attribute.Name, error) {
	return m.names[host], m.fails
}
