package simulate

import (
	"encoding/binary"

	"candor/internal/flow"
)

// The provider's addresses. Lines with an address of their own have one of
// 100.64.0.0/10, which is nobody's (RFC 6598), the upper half for those whose
// address changes each day; lines behind a translator share 198.18.0.0/15 (RFC
// 2544) by blocks of ports (RFC 7422); IPv6 is 2001:db8::/32 (RFC 3849), a /56
// each.
const (
	mostLines   = 2_000_000
	fixedBase   = 100<<24 | 64<<16
	dynamicBase = 100<<24 | 96<<16
	cgnatBase   = 198<<24 | 18<<16
	v6Base      = 0x2001_0db8 << 32

	blockPorts = 2048
	blocks     = 31 // an address
	firstBlock = 1024
	stride     = 7919 // that addresses move on by each day
)

// Servers of the provider, in 192.0.2.0/24 (RFC 5737).
const (
	resolver = 192<<24 | 2<<8 | 53
	timeHost = 192<<24 | 2<<8 | 123
	mailHost = 192<<24 | 2<<8 | 25
	voiceGW  = 192<<24 | 2<<8 | 60
)

// Resolvers are the provider's own.
func (w *World) Resolvers() []flow.Addr {
	return []flow.Addr{flow.V4(resolver), flow.V4(resolver + 1), resolver6()}
}

func resolver6() flow.Addr { return flow.Addr{0x20, 0x01, 0x0d, 0xb8, 0xff, 0xff, 0xff, 15: 53} }

// Feed are addresses that feeds say are bad, in 203.0.113.0/24 (RFC 5737).
// Nothing ordinary talks with them.
func (w *World) Feed() []flow.Addr {
	feed := make([]flow.Addr, 256)
	for i := range feed {
		feed[i] = flow.V4(feedBase + uint32(i))
	}
	return feed
}

const feedBase = 203<<24 | 113<<8

// v4 is the address of a line at a time.
func (w *World) v4(h *household, at int64) flow.Addr {
	switch {
	case h.kind == CGNAT:
		return flow.V4(cgnatBase + h.slot/blocks)
	case h.dynamic:
		n := int64(len(w.dynamic))
		return flow.V4(dynamicBase + uint32((int64(h.slot)+shift(at))%n))
	}
	return flow.V4(fixedBase + uint32(h.line))
}

// renewal is when in the day, in UTC, addresses change that do.
const renewal = 3 * hour

// shift is how far dynamic addresses have moved on by a time.
func shift(at int64) int64 { return (at - renewal) / day * stride }

// lastsUntil is when the address that a line has at a time ends.
func lastsUntil(at int64) int64 { return (at-renewal)/day*day + day + renewal }

func (h *household) firstPort() uint16 { return uint16(firstBlock + h.slot%blocks*blockPorts) }

// v6 is an address of a line, one for each of its devices.
func v6(line flow.Line, device uint64) (a flow.Addr) {
	binary.BigEndian.PutUint64(a[:8], v6Base|uint64(line)<<8)
	binary.BigEndian.PutUint64(a[8:], mix(uint64(line)<<16|device)|1)
	return a
}

// Who tells which line held an address, and knows the truth.
func (w *World) Who() flow.Who { return who{w} }

type who struct{ w *World }

func (o who) Holder(a flow.Addr, port uint16, at int64) flow.Line {
	if !a.Is4() {
		hi := binary.BigEndian.Uint64(a[:8])
		if line := hi >> 8 & 0xffffff; hi>>32 == v6Base>>32 && line < uint64(len(o.w.houses)) && o.w.houses[line].v6 {
			return flow.Line(line)
		}
		return 0
	}
	ip := binary.BigEndian.Uint32(a[12:])
	switch {
	case ip >= fixedBase && ip < dynamicBase:
		line := ip - fixedBase
		if int(line) < len(o.w.houses) && o.w.houses[line].kind != CGNAT && !o.w.houses[line].dynamic {
			return flow.Line(line)
		}
	case ip >= dynamicBase && ip < dynamicBase+mostLines:
		n := int64(len(o.w.dynamic))
		if i := int64(ip - dynamicBase); i < n {
			return o.w.dynamic[((i-shift(at))%n+n)%n]
		}
	case ip >= cgnatBase && ip < cgnatBase+1<<17 && port >= firstBlock:
		block := uint32(port-firstBlock) / blockPorts
		if i := (ip-cgnatBase)*blocks + block; block < blocks && int(i) < len(o.w.cgnat) {
			return o.w.cgnat[i]
		}
	}
	return 0
}

// public is an address of the Internet that a number stands for, of 11.0.0.0 to
// 99.255.255.255, where nothing else here has its addresses.
func public(x uint64) uint32 {
	x = mix(x)
	return uint32(11+(x>>32)%89)<<24 | uint32(x)&0xffffff
}

// remote is a host of the Internet that a number stands for.
func remote(x uint64, six bool) (a flow.Addr) {
	if !six {
		return flow.V4(public(x))
	}
	binary.BigEndian.PutUint64(a[:8], 0x2a00<<48|mix(x)>>16)
	binary.BigEndian.PutUint64(a[8:], mix(x+1)&0xffff)
	return a
}
