package radius

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"layeh.com/radius"

	"candor/internal/flow/lease"
)

// Attributes, by the numbers that IANA has for them.
const (
	userName            = 1
	nasIPAddress        = 4
	framedIPAddress     = 8
	framedRoute         = 22
	classAttribute      = 25
	vendorSpecific      = 26
	callingStationID    = 31
	nasIdentifier       = 32
	acctStatusType      = 40
	acctDelayTime       = 41
	acctSessionID       = 44
	acctSessionTime     = 46
	eventTimestamp      = 55 // RFC 2869, 5.3
	messageAuth         = 80 // RFC 2869, 5.14
	nasPortID           = 87
	nasIPv6Address      = 95 // RFC 3162, 2.1
	framedIPv6Prefix    = 97
	framedIPv6Route     = 99
	delegatedIPv6Prefix = 123 // RFC 4818
	framedIPv6Address   = 168 // RFC 6911, 3.1

	adsl            = 3561 // vendor of RFC 4679
	agentCircuitID  = 1
	agentRemoteID   = 2
	accountingStart = 1
	accountingStop  = 2
	interimUpdate   = 3
	accountingOn    = 7
	accountingOff   = 8
)

// errPacket is of packets that tell nothing that can be kept.
var errPacket = errors.New("not an accounting request")

// reader makes events of packets.
type reader struct {
	source    string
	kinds     []string
	silent    time.Duration
	exclusive bool
	ahead     time.Duration
}

// event gives what a packet tells; nothing for a status that is not about
// addresses.
func (r *reader) event(p *radius.Packet, from netip.Addr, now time.Time) ([]lease.Event, error) {
	status, ok := number(p, acctStatusType)
	if !ok {
		return nil, fmt.Errorf("%w: no Acct-Status-Type", errPacket)
	}
	e := lease.Event{
		Source: r.source, Session: first(p, acctSessionID), At: r.at(p, now), Server: server(p, from), Exclusive: r.exclusive,
	}
	e.Group = group(p, e.Server)
	switch status {
	case accountingStart:
		e.Kind = lease.Begin
	case interimUpdate:
		e.Kind = lease.Renew
	case accountingStop:
		e.Kind = lease.End
	case accountingOn, accountingOff:
		return []lease.Event{{Kind: lease.Restart, Source: r.source, Group: e.Group, At: e.At}}, nil
	default:
		return nil, nil
	}
	if e.Session == "" {
		return nil, fmt.Errorf("%w: no Acct-Session-Id", errPacket)
	}
	if r.silent > 0 && e.Kind != lease.End {
		e.Until, e.Silent = e.At.Add(r.silent), true
	}
	if seconds, ok := number(p, acctSessionTime); ok && e.Kind != lease.Begin && seconds < 10*365*86400 {
		e.Since = e.At.Add(-time.Duration(seconds) * time.Second)
	}
	e.Keys = r.keys(p, e.Group)
	e.Prefixes = prefixes(p)
	return []lease.Event{e}, nil
}

// at gives when the event happened: Event-Timestamp, but one that lies ahead or
// before 2001 is of a clock that is not set; then the moment of receipt, less
// Acct-Delay-Time (RFC 2866, 5.2).
func (r *reader) at(p *radius.Packet, now time.Time) time.Time {
	if seconds, ok := number(p, eventTimestamp); ok {
		const year2001 = 978307200
		if at := time.Unix(int64(seconds), 0).UTC(); seconds > year2001 && !at.After(now.Add(r.ahead)) {
			return at
		}
	}
	delay, _ := number(p, acctDelayTime)
	return now.Add(-time.Duration(min(delay, 7*86400)) * time.Second).Truncate(time.Second)
}

// keys gives the keys of the kinds that count.
func (r *reader) keys(p *radius.Packet, group string) (keys []lease.Key) {
	for _, kind := range r.kinds {
		var value string
		switch kind {
		case lease.KeyUser:
			value = first(p, userName)
		case lease.KeyStation:
			value = first(p, callingStationID)
		case lease.KeyClass:
			value = first(p, classAttribute)
		case lease.KeyCircuit:
			value = vendor(p, agentCircuitID)
		case lease.KeyRemote:
			value = vendor(p, agentRemoteID)
		case lease.KeyPort:
			if value = first(p, nasPortID); value != "" {
				value = group + "/" + value
			}
		}
		if value != "" {
			keys = append(keys, lease.NewKey(kind, printable(value)))
		}
	}
	return keys
}

// printable has octets that are no text as \x00.
func printable(value string) string {
	if !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd }) {
		return value
	}
	return fmt.Sprintf("%x", value)
}

// server gives the access server's address.
func server(p *radius.Packet, from netip.Addr) netip.Addr {
	for _, kind := range []radius.Type{nasIPAddress, nasIPv6Address} {
		if a, ok := netip.AddrFromSlice([]byte(first(p, kind))); ok && !a.IsUnspecified() {
			return a.Unmap()
		}
	}
	return from
}

// group names the access server: its sessions end when it restarts.
func group(p *radius.Packet, server netip.Addr) string {
	if name := first(p, nasIdentifier); name != "" {
		return printable(name)
	}
	return server.String()
}

// prefixes gives all addresses and prefixes that a packet tells of.
func prefixes(p *radius.Packet) (list []netip.Prefix) {
	add := func(one netip.Prefix, err error) {
		if err == nil && one.IsValid() && one.Bits() > 0 && !one.Addr().IsUnspecified() && !slices.Contains(list, one.Masked()) && len(list) < 16 {
			list = append(list, one.Masked())
		}
	}
	for _, a := range p.Attributes {
		switch a.Type {
		case framedIPAddress, framedIPv6Address:
			want := 4
			if a.Type == framedIPv6Address {
				want = 16
			}
			// 255.255.255.255 and ….254 ask for an address (RFC 2865, 5.8).
			if ip, ok := netip.AddrFromSlice(a.Attribute); ok && len(a.Attribute) == want && (want == 16 || binary.BigEndian.Uint32(a.Attribute) < 0xfffffffe) {
				add(netip.PrefixFrom(ip, ip.BitLen()), nil)
			}
		case framedIPv6Prefix, delegatedIPv6Prefix:
			add(prefix6(a.Attribute))
		case framedRoute, framedIPv6Route:
			if words := strings.Fields(string(a.Attribute)); len(words) > 0 {
				add(netip.ParsePrefix(words[0]))
			}
		}
	}
	return list
}

// prefix6 reads a prefix of RFC 3162, 2.3: reserved, length, and as many octets
// as it takes.
func prefix6(b []byte) (netip.Prefix, error) {
	if len(b) < 2 || len(b) > 18 || b[1] > 128 || int(b[1]+7)/8 > len(b)-2 {
		return netip.Prefix{}, errPacket
	}
	var ip [16]byte
	copy(ip[:], b[2:])
	return netip.AddrFrom16(ip).Prefix(int(b[1]))
}

// first gives the first attribute of a kind.
func first(p *radius.Packet, kind radius.Type) string {
	return string(p.Get(kind))
}

// number gives the first attribute of a kind, as a number.
func number(p *radius.Packet, kind radius.Type) (uint32, bool) {
	b := p.Get(kind)
	if len(b) != 4 {
		return 0, false
	}
	return binary.BigEndian.Uint32(b), true
}

// vendor gives an attribute of RFC 4679.
func vendor(p *radius.Packet, kind byte) string {
	for _, a := range p.Attributes {
		b := a.Attribute
		if a.Type != vendorSpecific || len(b) < 4 || binary.BigEndian.Uint32(b) != adsl {
			continue
		}
		for b = b[4:]; len(b) >= 2 && b[1] >= 2 && int(b[1]) <= len(b); b = b[b[1]:] {
			if b[0] == kind {
				return string(b[2:b[1]])
			}
		}
	}
	return ""
}
