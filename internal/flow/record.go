// Package flow knows what traffic a line usually has, and tells what is not
// usual (ITU-T X.1207, 11.1.3).
//
// This package holds the words: a Record is one flow as an exporter told of it,
// a Batch is what one datagram held. Records hold no pointers, so that millions
// of them cost the garbage collector nothing.
package flow

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// Addr is an IPv6 address, or an IPv4 address mapped into IPv6 (RFC 4291,
// 2.5.5.2), in network order. The zero Addr is no address.
type Addr [16]byte

// mapped begins the addresses of IPv4.
var mapped = [12]byte{10: 0xff, 11: 0xff}

// V4 is the Addr of an IPv4 address, given in host order: 10.0.0.1 is
// 0x0a000001.
func V4(a uint32) Addr {
	var b Addr
	copy(b[:], mapped[:])
	binary.BigEndian.PutUint32(b[12:], a)
	return b
}

// FromIP is the Addr of ip; an invalid ip gives the zero Addr. Zones are left
// out.
func FromIP(ip netip.Addr) Addr {
	if !ip.IsValid() {
		return Addr{}
	}
	return ip.As16()
}

// IP is the address, IPv4 ones as such; invalid for the zero Addr.
func (a Addr) IP() netip.Addr {
	if a == (Addr{}) {
		return netip.Addr{}
	}
	return netip.AddrFrom16(a).Unmap()
}

// Is4 tells whether it is an address of IPv4.
func (a Addr) Is4() bool { return [12]byte(a[:12]) == mapped }

// String is the address as people write it, "-" for none.
func (a Addr) String() string {
	if a == (Addr{}) {
		return "-"
	}
	return a.IP().String()
}

// Record is one flow: packets of one direction between two ends, as an exporter
// saw them. Where an exporter says nothing of something it is zero.
type Record struct {
	Start   int64  // of the first packet, microseconds since 1970 in UTC
	End     int64  // of the last packet, not before Start
	Bytes   uint64 // of layer 3, as the exporter counted them
	Packets uint64 // as the exporter counted them
	Src     Addr
	Dst     Addr
	// Exporter numbers the observation domain that told of it, within one run
	// of the program.
	Exporter uint32
	// Sampling says for how many packets each that was counted stands; 0 and 1
	// both say that every packet was counted. Total and Count multiply by it.
	Sampling uint32
	In       uint32 // index of the interface that it came in by
	Out      uint32 // and went out by
	SrcPort  uint16 // of TCP, UDP, SCTP
	DstPort  uint16 // for ICMP: type times 256 plus code, as NetFlow has it
	// NatPort is the port that a translator gave the source (IPFIX 227), 0 if
	// it told none; NatAddr is the address (IPFIX 225).
	NatPort  uint16
	Protocol uint8 // as IANA numbers them
	Flags    uint8 // of TCP, or-ed over all packets
	NatAddr  Addr
}

// Protocols, as IANA numbers them.
const (
	ICMP   = 1
	TCP    = 6
	UDP    = 17
	ICMPv6 = 58
)

// Flags of TCP (RFC 9293, 3.1).
const (
	FIN = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
)

// Total is the number of bytes that the record stands for.
func (r *Record) Total() uint64 { return r.Bytes * uint64(max(r.Sampling, 1)) }

// Count is the number of packets that the record stands for.
func (r *Record) Count() uint64 { return r.Packets * uint64(max(r.Sampling, 1)) }

// Time is t as records hold it.
func Time(t time.Time) int64 { return t.UnixMicro() }

// At is the time that a record holds.
func At(t int64) time.Time { return time.UnixMicro(t).UTC() }

// Sink takes records. The slice and what it holds are the caller's again when
// Take returns. A Sink is safe for concurrent use unless it says otherwise.
type Sink interface {
	Take(records []Record)
}

// Line numbers a subscriber's line within one run of the program, from 1 on;
// 0 is none. Numbers are dense, so that what is known of lines can lie in
// arrays.
type Line uint32

// Who tells which line held an address, with a port, at a time in microseconds
// since 1970. Where that cannot be told for certain it is 0: it is never
// guessed. It is safe for concurrent use.
type Who interface {
	Holder(a Addr, port uint16, at int64) Line
}
