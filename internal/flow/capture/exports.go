package capture

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"net/netip"

	"candor/internal/flow"
	"candor/internal/flow/decode"
)

const (
	// lookPackets and lookBytes bound what is read to see what a file holds.
	lookPackets = 4096
	lookBytes   = 4 << 20
	// mostPorts bounds the addresses that are remembered as collectors'.
	mostPorts = 1024
)

// look reads ahead until it finds an export datagram.
func (f *File) look() (Mode, error) {
	size := 0
	for len(f.ahead) < lookPackets && size < lookBytes {
		p, err := f.packets.next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break // which is told when it is read for good
		}
		if err != nil {
			return "", err
		}
		p.data = bytes.Clone(p.data)
		size += len(p.data)
		f.ahead = append(f.ahead, p)
		var h decode.Packet
		if heads(p, &h) && h.Protocol == flow.UDP && decode.Looks(h.Payload) {
			return Exports, nil
		}
	}
	return Traffic, nil
}

// exports plays export datagrams into the intake.
func (f *File) exports() iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		var records []flow.Record
		for {
			p, err := f.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Batch{}, err)
				return
			}
			from, d, ok := f.export(p)
			if !ok {
				continue
			}
			f.Counts.Exports++
			records = f.Intake.Take(records[:0], from, d, p.at)
			if !yield(Batch{At: p.at, Exporter: from.Addr(), Records: records}, nil) {
				return
			}
		}
	}
}

// export gives the export datagram in a packet: one that looks like that, or one
// that goes where such went before.
func (f *File) export(p packet) (from netip.AddrPort, d []byte, ok bool) {
	var h decode.Packet
	if !heads(p, &h) || h.Protocol != flow.UDP {
		f.Counts.Skipped++
		return from, nil, false
	}
	if h.Later || h.More {
		f.Counts.Fragments++
		return from, nil, false
	}
	to := netip.AddrPortFrom(h.Dst.IP(), h.DstPort)
	if !f.ports[to] {
		if !decode.Looks(h.Payload) {
			f.Counts.Skipped++
			return from, nil, false
		}
		if len(f.ports) < mostPorts {
			f.ports[to] = true
		}
	}
	return netip.AddrPortFrom(h.Src.IP(), h.SrcPort), h.Payload, true
}

// Link types (tcpdump.org, "Link-layer header types").
const (
	linkNull     = 0
	linkEthernet = 1
	linkPPP      = 9
	linkRaw      = 101
	linkLoop     = 108
	linkSLL      = 113
	linkIPv4     = 228
	linkIPv6     = 229
	linkSLL2     = 276
)

// heads reads the heads of a packet; false if it is not of IP.
func heads(p packet, h *decode.Packet) bool {
	b := p.data
	skip := 0
	switch p.link {
	case linkEthernet:
		return decode.Ethernet(b, h)
	case linkRaw, 12, 14, linkIPv4, linkIPv6: // 12 and 14 are what some systems call raw
	case linkNull, linkLoop:
		skip = 4
	case linkPPP:
		if len(b) > 2 && b[0] == 0xff { // HDLC
			skip = 2
		}
		skip += 2
	case linkSLL:
		if len(b) < 16 {
			return false
		}
		return decode.EtherType(uint16(b[14])<<8|uint16(b[15]), b[16:], h)
	case linkSLL2:
		if len(b) < 20 {
			return false
		}
		return decode.EtherType(uint16(b[0])<<8|uint16(b[1]), b[20:], h)
	default:
		return false
	}
	return len(b) > skip && decode.IP(b[skip:], h)
}
