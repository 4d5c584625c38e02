package decode

import (
	"math"

	"candor/internal/flow"
)

// scratch holds what is worked out when a record is whole.
type scratch struct {
	first, last            uint32
	started, ended         uint64 // before the export, microseconds
	duration               int64  // microseconds
	init                   int64  // microseconds since 1970
	backBytes, backPackets uint64
	backFlags              uint8
	icmp                   uint16
	selector               uint64
	selected               bool
	ups                    uint8 // 1 first, 2 last, 4 started, 8 ended
	interval, space        uint64
	size, population       uint64
	probability            float64
	section                []byte
	framed                 bool
}

// read reads the fields of a record of one length, of which b has at least that
// much.
func (s *Stream) read(r *flow.Record, t *template, b []byte) {
	if t.rests {
		s.scratch = scratch{}
	}
	for _, o := range t.ops {
		s.put(r, o.target, b[o.at:int(o.at)+int(o.length)])
	}
}

// walk reads the fields of a record one after another, and gives what follows it.
func (s *Stream) walk(r *flow.Record, t *template, b []byte) (rest []byte, ok bool) {
	if t.rests {
		s.scratch = scratch{}
	}
	for _, o := range t.ops {
		n := int(o.length)
		if n == ofItself {
			if n, b = length(b); b == nil {
				return nil, false
			}
		}
		if n > len(b) {
			return nil, false
		}
		v := b[:n]
		b = b[n:]
		if o.target == none || o.length == ofItself && !kindOf(o.target).fits(uint16(n)) {
			continue
		}
		s.put(r, o.target, v)
	}
	return b, true
}

// length reads how long a value is (RFC 7011, 7); rest is nil if b ends.
func length(b []byte) (n int, rest []byte) {
	if len(b) < 1 {
		return 0, nil
	}
	if b[0] < 255 {
		return int(b[0]), b[1:]
	}
	if len(b) < 3 {
		return 0, nil
	}
	return int(be.Uint16(b[1:])), b[3:]
}

// kindOf is the kind of values that a target takes.
func kindOf(t target) element {
	switch t {
	case toSrc4, toDst4, toEitherSrc4, toEitherDst4, toNat4, toFirstUp, toLastUp:
		return element{kind: four}
	case toSrc6, toDst6, toEitherSrc6, toEitherDst6, toNat6:
		return element{kind: sixteen}
	case toStartNTP, toEndNTP, toSampledProbability:
		return element{kind: eight}
	case toFrame, toPacket:
		return element{kind: text}
	}
	return element{}
}

// put notes one value.
func (s *Stream) put(r *flow.Record, t target, v []byte) {
	switch t {
	case toSrc4:
		r.Src = flow.V4(be.Uint32(v))
	case toDst4:
		r.Dst = flow.V4(be.Uint32(v))
	case toSrc6:
		r.Src = flow.Addr(v[:16])
	case toDst6:
		r.Dst = flow.Addr(v[:16])
	case toNat4:
		r.NatAddr = nat(be.Uint32(v), r.NatAddr)
	case toNat6:
		r.NatAddr = address(flow.Addr(v[:16]), r.NatAddr)
	case toNatPort:
		r.NatPort = uint16(unsigned(v))
	case toSrcPort:
		r.SrcPort = uint16(unsigned(v))
	case toDstPort:
		r.DstPort = uint16(unsigned(v))
	case toProtocol:
		r.Protocol = uint8(unsigned(v))
	case toFlags:
		r.Flags = uint8(unsigned(v))
	case toIn:
		r.In = uint32(unsigned(v))
	case toOut:
		r.Out = uint32(unsigned(v))
	case toBytes:
		r.Bytes = unsigned(v)
	case toPackets:
		r.Packets = unsigned(v)
	case toStartSeconds:
		r.Start = int64(unsigned(v)) * 1e6
	case toEndSeconds:
		r.End = int64(unsigned(v)) * 1e6
	case toStartMillis:
		r.Start = int64(unsigned(v)) * 1e3
	case toEndMillis:
		r.End = int64(unsigned(v)) * 1e3
	case toStartNTP:
		r.Start = ntp(v)
	case toEndNTP:
		r.End = ntp(v)
	case toSampling:
		r.Sampling = uint32(min(unsigned(v), math.MaxUint32))
	default:
		s.scratch.put(r, t, v)
	}
}

func (c *scratch) put(r *flow.Record, t target, v []byte) {
	switch t {
	case toEitherSrc4:
		r.Src = nat(be.Uint32(v), r.Src)
	case toEitherDst4:
		r.Dst = nat(be.Uint32(v), r.Dst)
	case toEitherSrc6:
		r.Src = address(r.Src, flow.Addr(v[:16]))
	case toEitherDst6:
		r.Dst = address(r.Dst, flow.Addr(v[:16]))
	case toFirstUp:
		c.first, c.ups = be.Uint32(v), c.ups|1
	case toLastUp:
		c.last, c.ups = be.Uint32(v), c.ups|2
	case toStartDelta:
		c.started, c.ups = unsigned(v), c.ups|4
	case toEndDelta:
		c.ended, c.ups = unsigned(v), c.ups|8
	case toDurationMillis:
		c.duration = int64(min(unsigned(v), 1<<40)) * 1000
	case toDurationMicros:
		c.duration = int64(min(unsigned(v), 1<<50))
	case toInitMillis:
		c.init = int64(min(unsigned(v), 1<<50)) * 1000
	case toBackBytes:
		c.backBytes = unsigned(v)
	case toBackPackets:
		c.backPackets = unsigned(v)
	case toBackFlags:
		c.backFlags = uint8(unsigned(v))
	case toIcmp:
		c.icmp = uint16(unsigned(v))
	case toIcmpType:
		c.icmp |= uint16(unsigned(v)) << 8
	case toIcmpCode:
		c.icmp |= uint16(unsigned(v)) & 0xff
	case toSelector:
		c.selector, c.selected = unsigned(v), true
	case toSampledInterval:
		c.interval = unsigned(v)
	case toSampledSpace:
		c.space = unsigned(v)
	case toSampledSize:
		c.size = unsigned(v)
	case toSampledPopulation:
		c.population = unsigned(v)
	case toSampledProbability:
		c.probability = math.Float64frombits(be.Uint64(v))
	case toFrame:
		c.section, c.framed = v, true
	case toPacket:
		c.section, c.framed = v, false
	}
}

// unsigned is a number of 1 to 8 bytes.
func unsigned(v []byte) uint64 {
	switch len(v) {
	case 1:
		return uint64(v[0])
	case 2:
		return uint64(be.Uint16(v))
	case 4:
		return uint64(be.Uint32(v))
	case 8:
		return be.Uint64(v)
	}
	n := uint64(0)
	for _, b := range v {
		n = n<<8 | uint64(b)
	}
	return n
}

// nat is an address of IPv4, unless it is zero: then it is what was there.
func nat(a uint32, or flow.Addr) flow.Addr {
	if a == 0 {
		return or
	}
	return flow.V4(a)
}

// address is a, or another where that is none.
func address(a, or flow.Addr) flow.Addr {
	if a == (flow.Addr{}) {
		return or
	}
	return a
}

// ntp1970 is 1970 in seconds since 1900.
const ntp1970 = 2208988800

// ntp is a time of NTP (RFC 5905, 6) in microseconds since 1970.
func ntp(v []byte) int64 {
	seconds, fraction := int64(be.Uint32(v)), uint64(be.Uint32(v[4:]))
	return (seconds-ntp1970)*1e6 + int64(fraction*1e6>>32)
}
