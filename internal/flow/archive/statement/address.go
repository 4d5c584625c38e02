package statement

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"candor/internal/flow"
	"candor/internal/flow/archive"
)

// Addresses are two numbers: those of IPv4 begin with zeros and ffff.
const (
	first4, last4 = 0xffff << 32, 0xffff<<32 | 0xffffffff
)

// Halves are the columns of an address.
func Halves(a flow.Addr) (hi, lo uint64) {
	return binary.BigEndian.Uint64(a[:8]), binary.BigEndian.Uint64(a[8:])
}

// Whole is the address of its columns.
func Whole(hi, lo uint64) (a flow.Addr) {
	binary.BigEndian.PutUint64(a[:8], hi)
	binary.BigEndian.PutUint64(a[8:], lo)
	return a
}

func is4(name string) string {
	return fmt.Sprintf("(%[1]s_hi = 0 AND %[1]s_lo BETWEEN %d AND %d)", name, uint64(first4), uint64(last4))
}

func isNone(name string) string { return fmt.Sprintf("(%[1]s_hi = 0 AND %[1]s_lo = 0)", name) }

// contains words whether an address, or the network that it is told of by, is
// in a network.
func (w words) contains(f archive.Field, name string, v archive.Value) string {
	p := v.Network
	if !p.IsValid() || p.Addr().Is4In6() {
		return none // no address is
	}
	hi, lo := name+"_hi", name+"_lo"
	if f == archive.FieldPeerNet {
		hi, lo = w.netHalves(name)
	}
	bits := p.Bits()
	if f == archive.FieldPeerNet { // an address is in it, or is not told of
		bits = min(bits, archive.NetBits(p.Addr()))
	}
	p = netip.PrefixFrom(p.Addr().WithZone(""), bits).Masked()
	fromHi, fromLo := Halves(flow.FromIP(p.Addr()))
	if p.Addr().Is4() {
		return fmt.Sprintf("(%s AND %s BETWEEN %d AND %d)", is4(name), lo, fromLo, fromLo|(1<<(32-p.Bits())-1))
	}
	only6 := ""
	if fromHi == 0 {
		only6 = fmt.Sprintf(" AND NOT %s AND NOT %s", is4(name), isNone(name))
	}
	if p.Bits() <= 64 {
		return fmt.Sprintf("(%s BETWEEN %s AND %s%s)", hi, w.d.U64(fromHi), w.d.U64(fromHi|ones(64-p.Bits())), only6)
	}
	return fmt.Sprintf("(%s = %s AND %s BETWEEN %s AND %s%s)", hi, w.d.U64(fromHi), lo, w.d.U64(fromLo), w.d.U64(fromLo|ones(128-p.Bits())), only6)
}

func ones(n int) uint64 {
	if n >= 64 {
		return ^uint64(0)
	}
	return 1<<n - 1
}

// netHalves are the columns of the network that an address is told of by.
func (w words) netHalves(name string) (hi, lo string) {
	four := is4(name)
	return w.d.Mask(name+"_hi", ^uint64(0xffff)), // zero of IPv4
		fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", four, w.d.Mask(name+"_lo", ^uint64(0xff)), w.d.U64(0))
}

// netKey are the columns of that network as a key. The lower half is 1 for those
// of IPv6, so that ::/48 is not the network of no address.
func (w words) netKey(name string) (hi, lo string) {
	hi, _ = w.netHalves(name)
	return hi, fmt.Sprintf("CASE WHEN %s THEN %s WHEN %s THEN %s ELSE %s END", is4(name), w.d.Mask(name+"_lo", ^uint64(0xff)), isNone(name), w.d.U64(0), w.d.U64(1))
}

// family orders none before IPv4 before IPv6.
func family(hi, lo string) string {
	return fmt.Sprintf("CASE WHEN %[1]s = 0 AND %[2]s = 0 THEN 0 WHEN %[1]s = 0 AND %[2]s BETWEEN %[3]d AND %[4]d THEN 1 ELSE 2 END", hi, lo, uint64(first4), uint64(last4))
}

// network is the key of an address that was read.
func network(f archive.Field, hi, lo uint64) archive.Key {
	a := Whole(hi, lo)
	if f == archive.FieldPeerNet {
		if !a.Is4() && lo != 0 {
			a = Whole(hi, 0)
			return archive.Key{Network: netip.PrefixFrom(netip.AddrFrom16(a), 48)}
		}
		return archive.Key{Network: archive.Net(a)}
	}
	ip := a.IP()
	if !ip.IsValid() {
		return archive.Key{}
	}
	return archive.Key{Network: netip.PrefixFrom(ip, ip.BitLen())}
}
