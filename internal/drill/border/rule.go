package border

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/osrg/gobgp/v4/pkg/apiutil"
	"github.com/osrg/gobgp/v4/pkg/packet/bgp"
)

// Table is the table of nftables that the router's rules are in.
const Table = "border"

// action is what is done with packets that a rule is of.
type action int

const (
	pass action = iota
	drop
	redirect
)

// rule is one of Flowspec.
type rule struct {
	nlri     *bgp.FlowSpecNLRI
	from, to netip.Prefix // what is not valid says nothing
	ports    []uint64     // at which it is aimed
	action   action
}

// ruleOf reads a route; false for one that says what the router does not know.
func ruleOf(n bgp.NLRI, paths []*apiutil.Path) (r rule, ok bool) {
	if r.nlri, ok = n.(*bgp.FlowSpecNLRI); !ok || len(paths) == 0 {
		return r, false
	}
	for _, c := range r.nlri.Value {
		switch c := c.(type) {
		case *bgp.FlowSpecDestinationPrefix:
			r.to = c.Prefix.Prefix
		case *bgp.FlowSpecSourcePrefix:
			r.from = c.Prefix.Prefix
		case *bgp.FlowSpecComponent:
			if c.Type() != bgp.FLOW_SPEC_TYPE_DST_PORT {
				return r, false
			}
			for _, i := range c.Items {
				r.ports = append(r.ports, i.Value)
			}
		default:
			return r, false
		}
	}
	for _, a := range paths[0].Attrs {
		all, is := a.(*bgp.PathAttributeExtendedCommunities)
		if !is {
			continue
		}
		for _, c := range all.Value {
			switch c := c.(type) {
			case *bgp.TrafficRateExtended:
				if c.Rate == 0 {
					r.action = drop
				}
			case *bgp.RedirectTwoOctetAsSpecificExtended, *bgp.RedirectFourOctetAsSpecificExtended, *bgp.RedirectIPv4AddressSpecificExtended:
				r.action = redirect
			}
		}
	}
	return r, true
}

// ruleset words rules for nft, in the order in which they count (RFC 8955, 5.1):
// of those that a packet is of the first does. They replace all that there were.
func ruleset(rules []rule, portal netip.AddrPort) string {
	slices.SortFunc(rules, func(a, b rule) int {
		first, _ := bgp.CompareFlowSpecNLRI(a.nlri, b.nlri) // of one family
		return -first
	})
	var before, forward strings.Builder
	for _, r := range rules {
		is := r.match()
		switch r.action {
		case pass:
			fmt.Fprintf(&before, "  %saccept\n", is)
			fmt.Fprintf(&forward, "  %saccept\n", is)
		case drop:
			fmt.Fprintf(&forward, "  %scounter drop\n", is)
		case redirect:
			fmt.Fprintf(&before, "  %stcp dport 80 ip daddr != %s dnat ip to %s\n", is, portal.Addr(), portal)
			fmt.Fprintf(&forward, "  %sip daddr %s accept\n  %scounter drop\n", is, portal.Addr(), is)
		}
	}
	return fmt.Sprintf("table inet %[1]s\ndelete table inet %[1]s\ntable inet %[1]s {\n chain before {\n  type nat hook prerouting priority -100;\n%[2]s }\n chain forward {\n  type filter hook forward priority 0;\n%[3]s }\n}\n", Table, before.String(), forward.String())
}

// match words which packets a rule is of.
func (r rule) match() string {
	var s strings.Builder
	if r.from.IsValid() {
		fmt.Fprintf(&s, "ip saddr %s ", r.from)
	}
	if r.to.IsValid() {
		fmt.Fprintf(&s, "ip daddr %s ", r.to)
	}
	if len(r.ports) > 0 {
		texts := make([]string, len(r.ports))
		for i, p := range r.ports {
			texts[i] = strconv.FormatUint(p, 10)
		}
		fmt.Fprintf(&s, "th dport { %s } ", strings.Join(texts, ", "))
	}
	return s.String()
}
