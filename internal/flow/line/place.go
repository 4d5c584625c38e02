package line

import (
	"net/netip"
	"strconv"
	"strings"

	"candor/internal/flow"
)

// Place is what a finding of traffic is about, as far as its path says.
type Place struct {
	Kind     string
	Peer     netip.Addr // invalid if it is about many, or none
	Protocol uint8      // 0 if it is about no port
	Port     uint16     // 0 if it is about none
}

// ReadPlace reads the path of a finding that Word worded; false for another.
func ReadPlace(path string) (p Place, ok bool) {
	parts := strings.Split(path, "/")
	if len(parts) != 3 && len(parts) != 5 || parts[0] != "traffic" || parts[1] == "" {
		return p, false
	}
	p.Kind = parts[1]
	if parts[2] != "*" {
		var err error
		if p.Peer, err = netip.ParseAddr(parts[2]); err != nil {
			return Place{}, false
		}
	}
	if len(parts) == 3 {
		return p, true
	}
	n, err := strconv.ParseUint(parts[4], 10, 16)
	if p.Protocol, ok = protocolNumber(parts[3]); !ok || err != nil {
		return Place{}, false
	}
	p.Port = uint16(n)
	return p, true
}

// protocolNumber reads what protocolName writes.
func protocolNumber(name string) (uint8, bool) {
	for _, p := range []uint8{flow.ICMP, flow.TCP, flow.UDP, flow.ICMPv6} {
		if protocolName(p) == name {
			return p, true
		}
	}
	text, ok := strings.CutPrefix(name, "protocol ")
	n, err := strconv.ParseUint(text, 10, 8)
	return uint8(n), ok && err == nil
}
