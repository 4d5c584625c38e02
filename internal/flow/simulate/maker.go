package simulate

import (
	"math"

	"candor/internal/flow"
)

// maker makes the records of sessions. One goroutine at a time may use it.
type maker struct {
	w *World
	d *dice
	h *household
	s *session

	slice   int64           // how long a slice of the run is
	base    int64           // where the current one begins
	from    int64           // nothing that ended before is told
	current int             // which of the buckets the current slice is
	buckets [][]flow.Record // a ring: by the slice in which a record ends

	episodes func(flow.Line) []*Label

	thin  *dice // for sampling; nil if all is counted
	tally Tally
}

// talk is a conversation: who at the line with whom.
type talk struct {
	local, peer       flow.Addr
	localPort, remote uint16
	protocol          uint8
	until             int64 // when the line's address ends
}

// part is one direction of a flow.
type part struct {
	bytes, packets float64
	flags          uint8
}

// Lines have an interface each; the other one leads to the Internet.
const (
	linesAnExporter = 4096
	uplink          = 1
	firstInterface  = 1000
)

// talk is the conversation of the session, at a time.
func (m *maker) talk(at int64) talk { return m.with(m.s.peer, m.s.local, m.s.port, m.s.six, at) }

func (m *maker) with(peer uint64, local, port uint16, six bool, at int64) talk {
	t := talk{localPort: local, remote: port, protocol: m.s.protocol, until: math.MaxInt64, peer: host(peer, six)}
	if six {
		t.local = v6(m.h.line, m.s.seed%8)
		return t
	}
	t.local = m.w.v4(m.h, at)
	if m.h.dynamic {
		t.until = lastsUntil(at)
	}
	return t
}

// host is the address that a number names: small numbers are addresses.
func host(x uint64, six bool) flow.Addr {
	if x < 1<<32 {
		return flow.V4(uint32(x))
	}
	return remote(x, six)
}

// port is a port of a program at the line.
func (h *household) port(x uint64) uint16 {
	x = mix(x)
	if h.kind == CGNAT {
		return h.firstPort() + uint16(x%blockPorts)
	}
	return uint16(32768 + x%28232)
}

// both tells of both directions.
func (m *maker) both(t *talk, start, end int64, up, down part) {
	m.up(t, start, end, up)
	m.down(t, start, end, down)
}

// up tells of what leaves the line.
func (m *maker) up(t *talk, start, end int64, p part) {
	if p.packets < 1 {
		return
	}
	r := m.slot(start, t.cut(start, end, &p))
	if r == nil {
		return
	}
	r.Src, r.Dst, r.SrcPort, r.DstPort = t.local, t.peer, t.localPort, t.remote
	r.In, r.Out = firstInterface+(uint32(m.h.line)-1)%linesAnExporter, uplink
	m.count(r, t, &p)
}

// down tells of what reaches the line.
func (m *maker) down(t *talk, start, end int64, p part) {
	if p.packets < 1 {
		return
	}
	r := m.slot(start, t.cut(start, end, &p))
	if r == nil {
		return
	}
	r.Src, r.Dst, r.SrcPort, r.DstPort = t.peer, t.local, t.remote, t.localPort
	r.In, r.Out = uplink, firstInterface+(uint32(m.h.line)-1)%linesAnExporter
	m.count(r, t, &p)
}

// cut ends a flow with the line's address, and says when it ends.
func (t *talk) cut(start, end int64, p *part) int64 {
	end = max(end, start)
	if end < t.until {
		return end
	}
	share := float64(t.until-start) / float64(end-start+1)
	p.bytes *= share
	p.packets *= share
	return t.until - 1
}

// slot makes room for a record. It is nil for one that lies before the run.
func (m *maker) slot(start, end int64) *flow.Record {
	if end < m.from || start > end {
		return nil
	}
	ahead := 0
	if end >= m.base {
		ahead = int((end - m.base) / m.slice)
	}
	if ahead >= len(m.buckets) {
		ahead = len(m.buckets) - 1
		end = m.base + int64(len(m.buckets))*m.slice - 1
	}
	b := &m.buckets[(m.current+ahead)%len(m.buckets)]
	if len(*b) < cap(*b) {
		*b = (*b)[:len(*b)+1]
	} else {
		*b = append(*b, flow.Record{})
	}
	r := &(*b)[len(*b)-1]
	*r = flow.Record{Start: start, End: end}
	return r
}

// count fills in how much it was. With sampling a record may turn out to be
// empty, and is taken back.
func (m *maker) count(r *flow.Record, t *talk, p *part) {
	packets := max(uint64(p.packets), uint64(math.Ceil(p.bytes/1500)))
	m.tally.add(m.s, uint64(p.bytes))
	r.Packets, r.Bytes = packets, uint64(max(p.bytes, p.packets*28))
	r.Protocol, r.Flags = t.protocol, 0
	if t.protocol == flow.TCP {
		r.Flags = p.flags
	}
	r.Exporter, r.Sampling = 1+(uint32(m.h.line)-1)/linesAnExporter, 0
	if m.thin == nil {
		return
	}
	n := uint64(m.thin.poisson(p.packets / float64(m.w.config.Sampling)))
	r.Bytes = r.Bytes * n / packets
	r.Packets, r.Sampling = n, m.w.config.Sampling
	if n == 0 {
		m.takeBack(r.End)
	}
}

// takeBack removes the record made last.
func (m *maker) takeBack(end int64) {
	b := &m.buckets[(m.current+int(max(end-m.base, 0)/m.slice))%len(m.buckets)]
	*b = (*b)[:len(*b)-1]
}

// tcp are the flags of a chunk of a connection.
func (s *session) tcp(end int64) (up, down uint8) {
	if s.protocol != flow.TCP {
		return 0, 0
	}
	up = flow.ACK | flow.PSH
	if s.chunk == 0 {
		up |= flow.SYN
	}
	if end >= s.end {
		up |= flow.FIN
	}
	return up, up
}

// chunkOf makes the records of a session's chunk that begins at its next time,
// and says when the one after begins.
func (m *maker) chunkOf(h *household, s *session) int64 {
	m.h, m.s = h, s
	m.d.begin(s.seed, uint64(s.next))
	if s.label != nil {
		return m.abuse()
	}
	switch s.activity {
	case Web:
		return m.page()
	case Background, Mail, OtherDNS:
		return m.errand()
	case MailServer:
		return m.delivery()
	case Server:
		return m.visit()
	case Radiation:
		return m.knock()
	case Device:
		return m.keepAlive()
	case SpeedTest:
		return m.speedTest()
	case Torrent:
		return m.swarm()
	case Video:
		if s.bursts {
			return m.burst()
		}
	}
	return m.stream()
}
