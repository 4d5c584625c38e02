// Package network watches parts of the network: exporters, their interfaces,
// protocols, ports of services, and prefixes. Of each it learns what is usual
// in every hour of the week, and tells of peaks, and of parts that fall silent
// (ITU-T X.1207, 11.1.3).
//
// However many parts exporters tell of, the heaviest are kept, and memory is
// bounded.
package network

import (
	"fmt"
	"net/netip"
	"strconv"

	"candor/internal/flow"
)

// Kind is what sort of part it is.
type Kind uint8

// The kinds.
const (
	Exporter Kind = iota
	Interface
	Protocol
	Port
	Prefix
	kinds
)

// String is the name of a kind.
func (k Kind) String() string {
	return [...]string{"exporter", "interface", "protocol", "port", "prefix", "unknown"}[min(k, kinds)]
}

// MarshalText writes the name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Part is a part of the network. It can be compared.
type Part struct {
	Kind     Kind
	Protocol uint8 // of Protocol and Port
	Bits     uint8 // of Prefix
	Port     uint16
	Index    uint32    // of Interface, as the exporter numbers it
	Addr     flow.Addr // of Exporter, Interface, and Prefix
}

// Exporter is the address of the exporter that it is a part of; invalid if it is
// no single one's.
func (p Part) Exporter() netip.Addr {
	if p.Kind == Exporter || p.Kind == Interface {
		return p.Addr.IP()
	}
	return netip.Addr{}
}

// String names it in words that stay the same: "exporter 192.0.2.1, interface
// 3".
func (p Part) String() string {
	switch p.Kind {
	case Exporter:
		return "exporter " + p.Addr.String()
	case Interface:
		return fmt.Sprintf("exporter %s, interface %d", p.Addr, p.Index)
	case Protocol:
		return "protocol " + protocolName(p.Protocol)
	case Port:
		return "port " + protocolName(p.Protocol) + "/" + strconv.Itoa(int(p.Port))
	}
	return "prefix " + netip.PrefixFrom(p.Addr.IP(), int(p.Bits)).String()
}

func protocolName(p uint8) string {
	switch p {
	case flow.ICMP:
		return "icmp"
	case flow.TCP:
		return "tcp"
	case flow.UDP:
		return "udp"
	case flow.ICMPv6:
		return "icmp6"
	}
	return strconv.Itoa(int(p))
}

// prefixOf is the prefix that an address is counted with: 24 bits of IPv4, 48 of
// IPv6.
func prefixOf(a *flow.Addr) Part {
	p := Part{Kind: Prefix, Addr: *a, Bits: 24}
	if a.Is4() {
		p.Addr[15] = 0
	} else {
		clear(p.Addr[6:])
		p.Bits = 48
	}
	return p
}

// portOf is the port of the service that a record is of: the lower one.
func portOf(r *flow.Record) (p Part, ok bool) {
	if r.Protocol != flow.TCP && r.Protocol != flow.UDP {
		return Part{}, false
	}
	return Part{Kind: Port, Protocol: r.Protocol, Port: min(r.SrcPort, r.DstPort)}, true
}

// What is measured of a part in a minute.
const (
	in      = iota // KiB towards the inside, into the interface, or to the prefix
	out            // KiB from the inside, out of the interface, or from the prefix
	packets        // of both ways
	flows          // records of both ways
	measures
)

// count is what was counted of a part.
type count [measures]uint64

func (c *count) add(which int, r *flow.Record) {
	c[which] += r.Total()
	c[packets] += r.Count()
	c[flows]++
}

func (c *count) plus(o *count) {
	for m := range c {
		c[m] += o[m]
	}
}

// units gives a count in the unit of the measure.
func (c *count) units(m int) float64 {
	if m == in || m == out {
		return float64(c[m]) / 1024
	}
	return float64(c[m])
}
