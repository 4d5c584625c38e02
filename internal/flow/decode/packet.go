package decode

import "candor/internal/flow"

// Packet is what the heads of a packet tell, of its outermost IP.
type Packet struct {
	Src, Dst         flow.Addr
	SrcPort, DstPort uint16 // as flow.Record has them
	Protocol, Flags  uint8
	Bytes            int    // of layer 3
	Later            bool   // a fragment that is not the first: it has no ports
	More             bool   // other fragments follow
	Payload          []byte // of UDP, as far as it is there
}

// fill makes r a record of this one packet.
func (p *Packet) fill(r *flow.Record) {
	r.Src, r.Dst, r.SrcPort, r.DstPort = p.Src, p.Dst, p.SrcPort, p.DstPort
	r.Protocol, r.Flags, r.Bytes, r.Packets = p.Protocol, p.Flags, uint64(p.Bytes), 1
}

// Types of Ethernet.
const (
	typeIPv4  = 0x0800
	typeIPv6  = 0x86dd
	typeMPLS  = 0x8847
	typeMPLSm = 0x8848
	typePPPoE = 0x8864
)

// Ethernet reads a frame of Ethernet, tagged or not, with MPLS or PPPoE, as far
// as it is there. It is false for what is not IP.
func Ethernet(b []byte, p *Packet) bool {
	if len(b) < 14 {
		return false
	}
	return EtherType(be.Uint16(b[12:]), b[14:], p)
}

// EtherType reads what follows a type of Ethernet.
func EtherType(kind uint16, b []byte, p *Packet) bool {
	for kind == 0x8100 || kind == 0x88a8 || kind == 0x9100 { // tags of VLANs
		if len(b) < 4 {
			return false
		}
		kind, b = be.Uint16(b[2:]), b[4:]
	}
	switch kind {
	case typeIPv4, typeIPv6:
		return IP(b, p)
	case typeMPLS, typeMPLSm:
		for len(b) >= 4 {
			last := b[2]&1 != 0
			b = b[4:]
			if last {
				return IP(b, p)
			}
		}
	case typePPPoE: // RFC 2516, then the protocol of PPP
		if len(b) >= 8 && (be.Uint16(b[6:]) == 0x0021 || be.Uint16(b[6:]) == 0x0057) {
			return IP(b[8:], p)
		}
	}
	return false
}

// IP reads a packet of IPv4 or IPv6, as far as it is there.
func IP(b []byte, p *Packet) bool {
	if len(b) == 0 {
		return false
	}
	switch b[0] >> 4 {
	case 4:
		return ip4(b, p)
	case 6:
		return ip6(b, p)
	}
	return false
}

func ip4(b []byte, p *Packet) bool {
	head := int(b[0]&15) * 4
	if head < 20 || len(b) < 20 {
		return false
	}
	p.Src, p.Dst = flow.V4(be.Uint32(b[12:])), flow.V4(be.Uint32(b[16:]))
	p.Protocol = b[9]
	p.Bytes = int(be.Uint16(b[2:]))
	if p.Bytes < head {
		p.Bytes = len(b) // a card that divides packets leaves it zero
	}
	fragment := be.Uint16(b[6:])
	p.Later, p.More = fragment&0x1fff != 0, fragment&0x2000 != 0
	if len(b) > p.Bytes {
		b = b[:p.Bytes] // what pads a short frame
	}
	if !p.Later && len(b) > head {
		p.transport(b[head:])
	}
	return true
}

// mostHeads bounds the extension heads of a packet of IPv6.
const mostHeads = 16

func ip6(b []byte, p *Packet) bool {
	if len(b) < 40 {
		return false
	}
	p.Src, p.Dst = flow.Addr(b[8:24]), flow.Addr(b[24:40])
	p.Bytes = int(be.Uint16(b[4:])) + 40
	if p.Bytes == 40 {
		p.Bytes = len(b)
	}
	if len(b) > p.Bytes {
		b = b[:p.Bytes]
	}
	p.Protocol = b[6]
	b = b[40:]
	for range mostHeads {
		size := 0
		switch p.Protocol {
		case 0, 43, 60, 135, 139, 140: // options, routing, mobility (RFC 8200, 4)
			if len(b) < 8 {
				return true
			}
			size = int(b[1])*8 + 8
		case 51: // authentication (RFC 4302, 2.2)
			if len(b) < 8 {
				return true
			}
			size = int(b[1])*4 + 8
		case 44:
			if len(b) < 8 {
				return true
			}
			fragment := be.Uint16(b[2:])
			p.Later, p.More = fragment&0xfff8 != 0, fragment&1 != 0
			size = 8
		default:
			if !p.Later {
				p.transport(b)
			}
			return true
		}
		p.Protocol = b[0]
		if size > len(b) {
			return true
		}
		b = b[size:]
	}
	return true
}

// transport reads ports, as far as they are there.
func (p *Packet) transport(b []byte) {
	switch p.Protocol {
	case flow.TCP:
		if len(b) >= 14 {
			p.Flags = b[13]
		}
	case flow.UDP:
		if len(b) > 8 {
			p.Payload = b[8:]
			if n := int(be.Uint16(b[4:])) - 8; n >= 0 && n < len(p.Payload) {
				p.Payload = p.Payload[:n]
			}
		}
	case 132, 33, 136: // SCTP, DCCP, UDP-Lite
	case flow.ICMP, flow.ICMPv6:
		if len(b) >= 2 {
			p.DstPort = be.Uint16(b)
		}
		return
	default:
		return
	}
	if len(b) >= 4 {
		p.SrcPort, p.DstPort = be.Uint16(b), be.Uint16(b[2:])
	}
}
