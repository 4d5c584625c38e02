package bgp

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/osrg/gobgp/v4/pkg/apiutil"
	"github.com/osrg/gobgp/v4/pkg/packet/bgp"

	"candor/internal/respond/isolate"
)

// Communities of routes to nowhere (RFC 7999, RFC 1997).
const (
	blackhole = 65535<<16 | 666
	noExport  = 65535<<16 | 65281
)

// rule is one of Flowspec. What is not valid says nothing.
type rule struct {
	from, to netip.Prefix
	ports    []uint16 // at which it is aimed
}

// paths are the routes that have a network kept at a level.
func (e *Enforcer) paths(n netip.Prefix, l isolate.Level) (all []*apiutil.Path, err error) {
	if e.Blackhole {
		p, err := e.nowhere(n)
		return []*apiutil.Path{p}, err
	}
	add := func(action bgp.ExtendedCommunityInterface, rules ...rule) {
		for _, r := range rules {
			p, failed := e.flow(r, n.Addr().Is4(), action)
			err = errors.Join(err, failed)
			all = append(all, p)
		}
	}
	// Rules that name a destination besides come before those that do not, and
	// what they do not act upon is let pass (RFC 8955, 5.1).
	pass := e.Lifelines
	if l == isolate.WalledGarden {
		pass = append(pass[:len(pass):len(pass)], e.Allowed...)
	}
	for _, p := range pass {
		if p.Addr().Is4() == n.Addr().Is4() {
			add(nil, rule{from: n, to: p}, rule{from: p, to: n})
		}
	}
	switch l {
	case isolate.Disconnect:
		add(bgp.NewTrafficRateExtended(e.short(), 0), rule{from: n}, rule{to: n})
	case isolate.RateLimit:
		add(bgp.NewTrafficRateExtended(e.short(), float32(e.Rate)), rule{from: n}, rule{to: n})
	case isolate.BlockPorts:
		add(bgp.NewTrafficRateExtended(e.short(), 0), rule{from: n, ports: e.Ports})
	case isolate.WalledGarden:
		add(e.redirect, rule{from: n})
	}
	return all, err
}

// short is our number where it has two octets; it informs only (RFC 8955, 7.1).
func (e *Enforcer) short() uint16 {
	if e.AS > 65535 {
		return 0
	}
	return uint16(e.AS)
}

// flow makes a route of a rule.
func (e *Enforcer) flow(r rule, is4 bool, action bgp.ExtendedCommunityInterface) (*apiutil.Path, error) {
	family := bgp.RF_FS_IPv6_UC
	if is4 {
		family = bgp.RF_FS_IPv4_UC
	}
	var parts []bgp.FlowSpecComponentInterface
	for i, n := range []netip.Prefix{r.to, r.from} {
		if !n.IsValid() {
			continue
		}
		prefix, err := bgp.NewIPAddrPrefix(n)
		if err != nil {
			return nil, err
		}
		switch {
		case i == 0 && is4:
			parts = append(parts, bgp.NewFlowSpecDestinationPrefix(prefix))
		case i == 0:
			parts = append(parts, bgp.NewFlowSpecDestinationPrefix6(prefix, 0))
		case is4:
			parts = append(parts, bgp.NewFlowSpecSourcePrefix(prefix))
		default:
			parts = append(parts, bgp.NewFlowSpecSourcePrefix6(prefix, 0))
		}
	}
	if len(r.ports) > 0 {
		var items []*bgp.FlowSpecComponentItem
		for _, p := range r.ports {
			items = append(items, bgp.NewFlowSpecComponentItem(bgp.DEC_NUM_OP_EQ, uint64(p)))
		}
		parts = append(parts, bgp.NewFlowSpecComponent(bgp.FLOW_SPEC_TYPE_DST_PORT, items))
	}
	nlri, err := bgp.NewFlowSpecUnicast(family, parts)
	if err != nil {
		return nil, err
	}
	reach, err := bgp.NewPathAttributeMpReachNLRI(family, []bgp.PathNLRI{{NLRI: nlri}})
	if err != nil {
		return nil, err
	}
	attributes := []bgp.PathAttributeInterface{bgp.NewPathAttributeOrigin(0), reach}
	if action != nil {
		attributes = append(attributes, bgp.NewPathAttributeExtendedCommunities([]bgp.ExtendedCommunityInterface{action}))
	}
	if e.Community != 0 {
		attributes = append(attributes, bgp.NewPathAttributeCommunities([]uint32{e.Community}))
	}
	return &apiutil.Path{Family: family, Nlri: nlri, Attrs: attributes}, nil
}

// nowhere makes a route to nowhere.
func (e *Enforcer) nowhere(n netip.Prefix) (*apiutil.Path, error) {
	family := bgp.RF_IPv6_UC
	if n.Addr().Is4() {
		family = bgp.RF_IPv4_UC
	}
	nlri, err := bgp.NewIPAddrPrefix(n)
	if err != nil {
		return nil, err
	}
	communities := []uint32{blackhole, noExport}
	if e.Community != 0 {
		communities = append(communities, e.Community)
	}
	attributes := []bgp.PathAttributeInterface{bgp.NewPathAttributeOrigin(0), bgp.NewPathAttributeCommunities(communities)}
	for _, hop := range e.NextHop {
		if hop.Is4() != n.Addr().Is4() {
			continue
		}
		var next bgp.PathAttributeInterface
		if hop.Is4() {
			next, err = bgp.NewPathAttributeNextHop(hop)
		} else {
			next, err = bgp.NewPathAttributeMpReachNLRI(family, []bgp.PathNLRI{{NLRI: nlri}}, hop)
		}
		return &apiutil.Path{Family: family, Nlri: nlri, Attrs: append(attributes, next)}, err
	}
	return nil, fmt.Errorf("there is no next hop for %s", n)
}

// redirectTo reads a route target as an action (RFC 8955, 7.4): "64500:80",
// "4200000000:80" or "192.0.2.1:80".
func redirectTo(text string) (bgp.ExtendedCommunityInterface, error) {
	high, low, _ := strings.Cut(text, ":")
	if a, err := netip.ParseAddr(high); err == nil {
		n, err := strconv.ParseUint(low, 10, 16)
		if err != nil {
			return nil, err
		}
		return bgp.NewRedirectIPv4AddressSpecificExtended(a, uint16(n))
	}
	as, err := strconv.ParseUint(high, 10, 32)
	if err != nil {
		return nil, err
	}
	if as > 65535 {
		n, err := strconv.ParseUint(low, 10, 16)
		return bgp.NewRedirectFourOctetAsSpecificExtended(uint32(as), uint16(n)), err
	}
	n, err := strconv.ParseUint(low, 10, 32)
	return bgp.NewRedirectTwoOctetAsSpecificExtended(uint16(as), uint32(n)), err
}

// ParseCommunity reads "64500:666".
func ParseCommunity(text string) (uint32, error) {
	high, low, _ := strings.Cut(text, ":")
	a, err := strconv.ParseUint(high, 10, 16)
	b, err2 := strconv.ParseUint(low, 10, 16)
	return uint32(a<<16 | b), errors.Join(err, err2)
}
