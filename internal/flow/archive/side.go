package archive

import (
	"net/netip"

	"candor"
	"candor/internal/flow"
)

// Side is a flow as one of its ends sees it: what fields are taken from.
type Side struct {
	Line        candor.ID
	Way         Direction
	Local, Peer flow.Addr
	LocalPort   uint16
	PeerPort    uint16
}

// Sides gives the flow for each line that it belongs to, or once without a line.
func (f *Flow) Sides() (sides [2]Side, n int) {
	if f.From != "" {
		sides[n] = Side{Line: f.From, Way: Out, Local: f.Src, Peer: f.Dst, LocalPort: f.SrcPort, PeerPort: f.DstPort}
		n++
	}
	if f.To != "" {
		sides[n] = Side{Line: f.To, Way: In, Local: f.Dst, Peer: f.Src, LocalPort: f.DstPort, PeerPort: f.SrcPort}
		n++
	}
	if n == 0 {
		sides[0], n = Side{Way: Through, Local: f.Src, Peer: f.Dst, LocalPort: f.SrcPort, PeerPort: f.DstPort}, 1
	}
	return sides, n
}

// Service is the port that the flow's service is known by: the lower one that is
// not 0; of ICMP type and code. Other protocols have none.
func (f *Flow) Service() uint16 {
	switch f.Protocol {
	case flow.ICMP, flow.ICMPv6:
		return f.DstPort
	case flow.TCP, flow.UDP, sctp:
	default:
		return 0
	}
	if f.SrcPort == 0 || f.DstPort != 0 && f.DstPort < f.SrcPort {
		return f.DstPort
	}
	return f.SrcPort
}

// NetBits is the length of such a network.
func NetBits(ip netip.Addr) int {
	if ip.Is4() {
		return 24
	}
	return 48
}

const sctp = 132

// Net is the network that an address is told of by: /24 of IPv4, /48 of IPv6.
func Net(a flow.Addr) netip.Prefix {
	ip := a.IP()
	p, err := ip.Prefix(NetBits(ip))
	if err != nil {
		return netip.Prefix{} // no address
	}
	return p
}
