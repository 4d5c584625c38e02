package border

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/osrg/gobgp/v4/pkg/apiutil"
	"github.com/osrg/gobgp/v4/pkg/packet/bgp"
)

func prefix(t *testing.T, text string) *bgp.IPAddrPrefix {
	t.Helper()
	p, err := bgp.NewIPAddrPrefix(netip.MustParsePrefix(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func read(t *testing.T, action bgp.ExtendedCommunityInterface, parts ...bgp.FlowSpecComponentInterface) (rule, bool) {
	t.Helper()
	n, err := bgp.NewFlowSpecUnicast(bgp.RF_FS_IPv4_UC, parts)
	if err != nil {
		t.Fatal(err)
	}
	p := &apiutil.Path{Nlri: n}
	if action != nil {
		p.Attrs = append(p.Attrs, bgp.NewPathAttributeExtendedCommunities([]bgp.ExtendedCommunityInterface{action}))
	}
	return ruleOf(n, []*apiutil.Path{p})
}

// TestRuleset: what lets lifelines pass comes before what drops the rest, whatever
// came first; a redirect leads to the portal; what is not understood is no rule.
func TestRuleset(t *testing.T) {
	from, life := bgp.NewFlowSpecSourcePrefix(prefix(t, "198.51.100.10/32")), bgp.NewFlowSpecDestinationPrefix(prefix(t, "203.0.113.112/32"))
	port := bgp.NewFlowSpecComponent(bgp.FLOW_SPEC_TYPE_DST_PORT, []*bgp.FlowSpecComponentItem{bgp.NewFlowSpecComponentItem(bgp.DEC_NUM_OP_EQ, 25)})
	var rules []rule
	for _, x := range []struct {
		action bgp.ExtendedCommunityInterface
		parts  []bgp.FlowSpecComponentInterface
	}{
		{bgp.NewRedirectTwoOctetAsSpecificExtended(64500, 80), []bgp.FlowSpecComponentInterface{from}},
		{bgp.NewTrafficRateExtended(64500, 0), []bgp.FlowSpecComponentInterface{bgp.NewFlowSpecSourcePrefix(prefix(t, "198.51.100.11/32")), port}},
		{nil, []bgp.FlowSpecComponentInterface{life, from}},
	} {
		r, ok := read(t, x.action, x.parts...)
		if !ok {
			t.Fatalf("%v is no rule", x.parts)
		}
		rules = append(rules, r)
	}
	if _, ok := read(t, nil, bgp.NewFlowSpecComponent(bgp.FLOW_SPEC_TYPE_DSCP, []*bgp.FlowSpecComponentItem{bgp.NewFlowSpecComponentItem(bgp.DEC_NUM_OP_EQ, 1)})); ok {
		t.Error("a rule that is not understood is one")
	}
	text := ruleset(rules, netip.MustParseAddrPort("192.0.2.80:80"))
	at := -1
	for _, want := range []string{
		"chain before", "ip saddr 198.51.100.10/32 ip daddr 203.0.113.112/32 accept", "ip saddr 198.51.100.10/32 tcp dport 80 ip daddr != 192.0.2.80 dnat ip to 192.0.2.80:80",
		"chain forward", "ip saddr 198.51.100.10/32 ip daddr 203.0.113.112/32 accept", "ip saddr 198.51.100.10/32 ip daddr 192.0.2.80 accept", "ip saddr 198.51.100.10/32 counter drop", "ip saddr 198.51.100.11/32 th dport { 25 } counter drop",
	} {
		n := strings.Index(text[at+1:], want)
		if n < 0 {
			t.Fatalf("%q is missing, or not in its place, in\n%s", want, text)
		}
		at += 1 + n
	}
}
