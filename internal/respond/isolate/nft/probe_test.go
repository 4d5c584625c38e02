package nft_test

import (
	"net/netip"
	"testing"

	"candor/internal/respond/isolate"
	"candor/internal/respond/isolate/probe"
)

// TestProbed has isolations verified by packets that are sent in the name of a
// line that is not there itself.
func TestProbed(t *testing.T) {
	l := newLab(t, policy(), false)
	p := &probe.Prober{Device: "eth0", Namespace: l.ns("one"), Witness: l.ns("server")}
	place := func(protocol, at string) isolate.Place {
		return isolate.Place{Protocol: protocol, Addr: netip.MustParseAddrPort(at)}
	}
	l.Prober = p
	l.Probes = isolate.Probes{Outside: []isolate.Place{place("udp", outside+":99"), place("tcp", outside+":99"), place("udp", "["+outside6+"]:99"), place("tcp", "["+outside6+"]:99")},
		Ports:     []isolate.Place{place("tcp", outside+":25"), place("udp", "["+outside6+"]:445")},
		Lifelines: []isolate.Place{place("udp", emergency+":99"), place("tcp", emergency+":99"), place("udp", "["+urgent6+"]:99")}}
	from := map[bool]netip.Addr{true: netip.MustParseAddr("10.0.1.77"), false: netip.MustParseAddr("2001:db8:1:1::77")}
	for _, to := range append(append(l.Probes.Outside, l.Probes.Ports...), l.Probes.Lifelines...) {
		if through, err := p.Through(t.Context(), from[to.Addr.Addr().Is4()], to); err != nil || !through {
			t.Errorf("%s, before anything is isolated: %v, %v", to, through, err)
		}
	}
	a := l.subscriber("L-1", "10.0.1.77/32", "2001:db8:1:1::77/128")
	for _, level := range isolate.Levels() {
		r := l.isolate(t, a, level) // and verifies, by probes
		if level != isolate.RateLimit {
			run(t, "ip netns exec %s nft flush chain inet candor forward", l.ns("router"))
			for range 16 { // to whoever counts rules it looks as it should
				run(t, "ip netns exec %s nft add rule inet candor forward accept", l.ns("router"))
			}
			if held, err := l.enforcer.List(t.Context()); err != nil || len(held) != 2 {
				t.Fatalf("the lie is seen: %v, %v", held, err)
			}
			if err := l.Verify(t.Context(), r); err == nil {
				t.Errorf("%s: verified though nothing is stopped", level)
			}
			if err := l.enforcer.Open(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		run(t, "ip netns exec %s ip route add blackhole %s/32", l.ns("router"), emergency)
		if err := l.Verify(t.Context(), r); err == nil {
			t.Errorf("%s: verified though lifelines do not pass", level)
		}
		run(t, "ip netns exec %s ip route del blackhole %s/32", l.ns("router"), emergency)
		l.free(t, r)
	}
	if _, err := p.Through(t.Context(), from[true], place("udp", "192.0.2.9:9")); err == nil {
		t.Error("a place elsewhere was probed")
	}
	if _, err := p.Through(t.Context(), from[false], l.Probes.Outside[0]); err == nil {
		t.Error("IPv4 was probed from IPv6")
	}
}
