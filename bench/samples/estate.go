package samples

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/attribute"
)

// estate is made up: each address, network, host, mail address and content that
// samples complain about is one asset's, of a party of its own, and always was. So what
// was read and what was attributed are told apart, and so is what went to a wrong one.
type estate struct {
	addresses map[netip.Addr]candor.Holding
	networks  map[netip.Prefix]candor.Holding
	hosts     map[string]candor.Holding
	mails     map[string]candor.Holding
	contents  map[string]candor.Holding
	assets    map[candor.ID]candor.Asset
}

// estateOf is the estate that has all that events complain about.
func estateOf(events []intake.Event) *estate {
	e := &estate{addresses: map[netip.Addr]candor.Holding{}, networks: map[netip.Prefix]candor.Holding{}, hosts: map[string]candor.Holding{},
		mails: map[string]candor.Holding{}, contents: map[string]candor.Holding{}, assets: map[candor.ID]candor.Asset{}}
	for _, x := range events {
		for _, r := range x.About {
			e.add(r)
		}
	}
	return e
}

// add has the estate hold a resource.
func (e *estate) add(r intake.Resource) {
	id := owner(r)
	if _, have := e.assets[id]; have || id == "" {
		return
	}
	kind := candor.Site
	if r.Kind == intake.Address || r.Kind == intake.Network {
		kind = candor.Line
	}
	a := candor.Asset{ID: id, Kind: kind, Owner: "party of " + id}
	h := candor.Holding{Asset: id, Kind: kind, Party: a.Owner, What: r.Value}
	e.assets[id] = a
	switch r.Kind {
	case intake.Address:
		ip, _ := netip.ParseAddr(r.Value)
		e.addresses[ip] = h
	case intake.Network:
		p, _ := netip.ParsePrefix(r.Value)
		e.networks[p] = h
	case intake.URL, intake.Domain:
		name, _ := intake.Hostname(r.Host())
		h.What = name
		if ip, err := netip.ParseAddr(name); err == nil {
			a.Kind, h.Kind = candor.Line, candor.Line
			e.assets[id], e.addresses[ip] = a, h
			return
		}
		e.hosts[name] = h
	case intake.Hash:
		e.contents[r.Value] = h
	case intake.Mail:
		e.mails[r.Value] = h
	}
}

// owner is the asset that has a resource; empty for what nobody can have.
func owner(r intake.Resource) candor.ID {
	switch r.Kind {
	case intake.Address, intake.Network, intake.Hash, intake.Mail:
		return candor.ID("asset of " + r.Value)
	case intake.URL, intake.Domain:
		if name, ok := intake.Hostname(r.Host()); ok {
			return candor.ID("asset of " + name)
		}
	}
	return ""
}

// judged is what became of events.
type judged struct {
	attributed int      // all that they complain about went to whose it is
	left       []string // what did not, and why
	wrong      []string // what went to others
}

// judge has the program attribute what events complain about.
func (e *estate) judge(ctx context.Context, events []intake.Event) (j judged, err error) {
	a := attribute.New(e, nil, e, nil, attribute.Options{Networks: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}})
	for _, x := range events {
		all := len(x.About) > 0
		for _, r := range x.About {
			answer, err := a.Attribute(ctx, r, x.First, x.Last, time.Time{})
			if err != nil {
				return j, err
			}
			right := answer.Verdict == attribute.Ours && answer.Asset == owner(r)
			all = all && right
			switch {
			case right:
			case answer.Verdict == attribute.Ours:
				j.wrong = append(j.wrong, fmt.Sprintf("%s went to the %s", r.Value, answer.Asset))
			default:
				j.left = append(j.left, fmt.Sprintf("%s: %s", r.Value, answer.Why))
			}
		}
		if len(x.About) == 0 {
			j.left = append(j.left, "an event: it is not told what it is about")
		}
		if all {
			j.attributed++
		}
	}
	return j, nil
}

// Owners implements attribute.Records: assets do not change hands.
func (e *estate) Owners(_ context.Context, asset candor.ID, _, _ time.Time) ([]candor.Holding, error) {
	a, ok := e.assets[asset]
	if !ok {
		return nil, nil
	}
	return []candor.Holding{{Asset: a.ID, Kind: a.Kind, Party: a.Owner}}, nil
}

// AssetsByAddress implements attribute.Records.
func (e *estate) AssetsByAddress(_ context.Context, ip netip.Addr, _, _ time.Time) (all []candor.Holding, err error) {
	if h, ok := e.addresses[ip]; ok {
		all = append(all, h)
	}
	for p, h := range e.networks {
		if p.Contains(ip) {
			all = append(all, h)
		}
	}
	return all, nil
}

// AssetsWithin implements attribute.Records.
func (e *estate) AssetsWithin(_ context.Context, network netip.Prefix, _, _ time.Time) (all []candor.Holding, err error) {
	for ip, h := range e.addresses {
		if network.Contains(ip) {
			all = append(all, h)
		}
	}
	for p, h := range e.networks {
		if network.Overlaps(p) {
			all = append(all, h)
		}
	}
	return all, nil
}

// SitesByHost implements attribute.Records.
func (e *estate) SitesByHost(_ context.Context, host string, _, _ time.Time) ([]candor.Holding, error) {
	if h, ok := e.hosts[host]; ok {
		return []candor.Holding{h}, nil
	}
	return nil, nil
}

// SitesOn implements attribute.Records: no site lies on a server.
func (e *estate) SitesOn(context.Context, candor.ID, int) ([]candor.Asset, error) { return nil, nil }

// Asset implements attribute.Records.
func (e *estate) Asset(_ context.Context, id candor.ID) (candor.Asset, error) {
	a, ok := e.assets[id]
	if !ok {
		return a, fmt.Errorf("asset %s: %w", id, candor.ErrNotFound)
	}
	return a, nil
}

// PartiesByMail implements attribute.Records.
func (e *estate) PartiesByMail(_ context.Context, address string) ([]candor.Party, error) {
	if h, ok := e.mails[address]; ok {
		return []candor.Party{{ID: h.Party, Contacts: []candor.Contact{{Channel: candor.Mail, Address: address}}}}, nil
	}
	return nil, nil
}

// AssetsOf implements attribute.Records.
func (e *estate) AssetsOf(_ context.Context, party candor.ID, _ int) (all []candor.Asset, err error) {
	for _, a := range e.assets {
		if a.Owner == party {
			all = append(all, a)
		}
	}
	return all, nil
}

// Holding implements attribute.Contents.
func (e *estate) Holding(_ context.Context, hash string, _ int) (held attribute.Held, err error) {
	if h, ok := e.contents[hash]; ok {
		held.Holdings = []candor.Holding{h}
	}
	return held, nil
}
