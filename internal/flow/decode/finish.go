package decode

import (
	"math"

	"candor/internal/flow"
)

// finish works out what the last record of dst lacks, and appends its way back
// if it tells of one.
func (s *Stream) finish(dst []flow.Record, t *template, h Header, res *Result) []flow.Record {
	r := &dst[len(dst)-1]
	if !t.rests {
		fill(r, t.start, t.end, h, res)
		s.byInterface(r)
		r.Sampling = s.rate(r.Sampling)
		res.settle(r)
		return dst
	}
	c := &s.scratch
	if t.section && !c.cut(r) {
		res.Foreign++
		return dst[:len(dst)-1]
	}
	if c.icmp != 0 && (r.Protocol == flow.ICMP || r.Protocol == flow.ICMPv6) {
		r.DstPort = c.icmp
	}
	s.relative(r, t, h, res)
	s.sample(r)
	res.settle(r)
	if c.backBytes == 0 && c.backPackets == 0 {
		return dst
	}
	res.Reverse++
	return append(dst, back(*r, c))
}

// back is the record of the way back. What a translator did is of the way there.
func back(r flow.Record, c *scratch) flow.Record {
	r.Src, r.Dst = r.Dst, r.Src
	if r.Protocol != flow.ICMP && r.Protocol != flow.ICMPv6 {
		r.SrcPort, r.DstPort = r.DstPort, r.SrcPort
	}
	r.In, r.Out = r.Out, r.In
	r.Bytes, r.Packets, r.Flags = c.backBytes, c.backPackets, c.backFlags
	r.NatAddr, r.NatPort = flow.Addr{}, 0
	return r
}

// cut takes a section of a packet as a record of that packet.
func (c *scratch) cut(r *flow.Record) bool {
	var p Packet
	ok := false
	if c.framed {
		ok = Ethernet(c.section, &p)
	} else {
		ok = IP(c.section, &p)
	}
	if !ok {
		return false
	}
	p.fill(r)
	return true
}

// fill fills in a time that a record does not tell by one that is told.
func fill(r *flow.Record, start, end bool, h Header, res *Result) {
	switch {
	case start && end:
	case start:
		r.End = r.Start
	case end:
		r.Start = r.End
	default:
		r.Start, r.End = h.Time, h.Time
		res.Timeless++
	}
}

// relative works out times that are told by another.
func (s *Stream) relative(r *flow.Record, t *template, h Header, res *Result) {
	c := &s.scratch
	start, end := t.start, t.end
	if c.ups&3 != 0 {
		base, ok := s.clock(h)
		if c.ups&1 != 0 {
			r.Start, start = since(base, c.first), ok
		}
		if c.ups&2 != 0 {
			r.End, end = since(base, c.last), ok
		}
	}
	if c.ups&4 != 0 {
		r.Start = h.Time - int64(min(c.started, math.MaxUint32))
	}
	if c.ups&8 != 0 {
		r.End = h.Time - int64(min(c.ended, math.MaxUint32))
	}
	switch {
	case c.duration > 0 && start && !end:
		r.End = r.Start + c.duration
	case c.duration > 0 && end && !start:
		r.Start = r.End - c.duration
	default:
		fill(r, start, end, h, res)
	}
}

// clock gives a head that tells how long the exporter was up at its time. IPFIX
// tells when it started instead, in a record or by options.
func (s *Stream) clock(h Header) (Header, bool) {
	if h.Version == NetFlow9 {
		return h, true
	}
	booted := s.scratch.init
	if booted == 0 {
		booted = s.booted
	}
	h.Uptime = uint32((h.Time - booted) / 1000)
	return h, booted != 0
}
