package simulate

import (
	"candor/internal/flow"
)

// Sizes of packets, in bytes of layer 3.
const (
	large = 1400.0
	empty = 52.0 // an acknowledgement, with timestamps
)

// stream is one flow that goes on at a nearly even rate, told of in pieces.
func (m *maker) stream() int64 {
	s, start := m.s, m.s.next
	end := min(start+m.w.active, s.end)
	seconds := float64(end-start) / float64(second)
	even := m.d.between(0.9, 1)
	up, down := s.up*even*seconds/8, s.down*even*seconds/8
	size, sizeDown := m.sizes()
	t := m.talk(start)
	flagsUp, flagsDown := s.tcp(end)
	m.both(&t, start, end-1, part{up, 1 + up/size, flagsUp}, part{down, 1 + down/sizeDown, flagsDown})
	s.chunk++
	return end
}

// sizes are the mean sizes of packets of a stream, up and down.
func (m *maker) sizes() (up, down float64) {
	s := m.s
	switch {
	case s.activity == Voice:
		return 200, 200
	case s.activity == Play:
		return 110, 260
	case s.activity == Call:
		return 950, 1000
	case s.up < s.down*0.05:
		return empty + 8, large
	case s.down < s.up*0.05:
		return large, empty
	}
	return 800, 1100
}

// burstiness is how much faster than it is watched a video is fetched.
const burstiness = 3

// burst is streaming by players that fetch minutes ahead and then pause, so
// that the flow ends (long ON-OFF cycles; Rao et al., Network characteristics of
// video streaming traffic, CoNEXT 2011).
func (m *maker) burst() int64 {
	s, start := m.s, m.s.next
	every := m.d.between(60, 170)
	end := min(start+int64(every/burstiness*float64(second)), s.end)
	bytes := s.down / 8 * float64(end-start) / float64(second) * m.d.between(0.9, 1)
	t := m.with(s.peer, m.h.port(s.seed+uint64(s.chunk)), s.port, s.six, start)
	up := bytes / large / 2
	flagsUp, flagsDown := s.tcp(end)
	m.both(&t, start, end, part{up*empty + 900, up + 3, flagsUp}, part{bytes, bytes/large + 2, flagsDown})
	s.chunk++
	return start + int64(every*float64(second))
}

// lookUp asks for a name.
func (m *maker) lookUp(at int64) {
	if who := m.asked(at); who != 0 {
		m.query(who, at)
	}
}

// query asks somebody for a name.
func (m *maker) query(who uint64, at int64) {
	t := m.with(who, m.h.port(m.d.Uint64()), 53, false, at)
	t.protocol = flow.UDP
	took := int64(m.d.ExpFloat64() * 15000)
	m.within(&t, at, at+took, part{m.d.between(56, 85), 1, 0}, part{m.d.between(80, 330), 1, 0})
}

// page fetches a page: names first, then several flows at a time. The median
// page weighs 2.3 MB (HTTP Archive, State of the web, 2023); a third of the
// flows is QUIC.
func (m *maker) page() int64 {
	s, start := m.s, m.s.next
	flows := 1 + m.d.IntN(2)
	if m.w.config.Full {
		flows = 4 + m.d.IntN(14)
	}
	bytes := min(m.d.around(2.3e6, 1), 60e6)
	took := min(max(bytes*8/s.down, 0.2), 50, max(float64(s.end-start)/float64(second)-0.1, 0.1))
	bytes = min(bytes, s.down*took/8)
	m.lookUp(start)
	for range flows {
		m.fetch(start+20000, took, bytes/float64(flows))
	}
	pause := min(m.d.around(35, 0.9), 600)
	s.chunk++
	return start + int64((took+0.1+pause)*float64(second))
}

// fetch is one flow of a page.
func (m *maker) fetch(at int64, seconds, bytes float64) {
	s := m.s
	t := m.with(uint64(Web)<<40|m.d.popular(4000), m.h.port(m.d.Uint64()), 443, s.six, at)
	flags := uint8(flow.SYN | flow.ACK | flow.PSH | flow.FIN)
	if m.d.chance(0.012) { // a host that is gone
		m.within(&t, at, at+3*second, part{180, 3, flow.SYN}, part{})
		return
	}
	if m.d.chance(0.33) {
		t.protocol, flags = flow.UDP, 0
	}
	up := min(m.d.around(1800, 0.7), s.up*seconds/8)
	packets := bytes/large + 4
	m.both(&t, at, at+int64(seconds*float64(second)), part{up + packets/2*empty, 4 + packets/2, flags}, part{bytes + 3500, packets, flags})
}

// errand is a single short exchange.
func (m *maker) errand() int64 {
	s, start := m.s, m.s.next
	t := m.talk(start)
	flags, _ := s.tcp(s.end)
	up, down := m.d.around(1500, 0.8), m.d.around(6000, 1.2)
	switch {
	case s.port == 53:
		up, down = 70, 180
	case s.activity == Mail && s.bursts:
		up, down = 1700, 3100
	case s.port == 587:
		up, down = m.d.around(40e3, 1.3), 3000
	case s.activity == OtherDNS:
		up, down = 900, 4500
	default:
		m.lookUp(start)
		start += 20000
	}
	up, down = min(up, s.up*20/8), min(down, s.down*20/8)
	took := int64(m.d.between(0.1, 8) * float64(second))
	if s.port == 53 {
		took = 20000
	}
	m.both(&t, start, start+took, part{up, 1 + up/400, flags}, part{down, 1 + down/1000, flags})
	if s.activity == Mail && s.bursts { // tries again
		s.local = m.h.port(m.d.Uint64())
		return start + int64(m.d.between(50, 70)*float64(second))
	}
	return s.end
}

// keepAlive is a device's call. Its sizes hardly change, which makes it look
// like a beacon.
func (m *maker) keepAlive() int64 {
	s, start := m.s, m.s.next
	t := m.talk(start)
	if s.protocol == flow.UDP { // NTP (RFC 5905): 48 bytes each way
		m.both(&t, start, start+15000, part{76, 1, 0}, part{76, 1, 0})
	} else if s.peer%40 == 0 { // its maker's server is gone
		m.up(&t, start, start+3*second, part{180, 3, flow.SYN})
	} else {
		size := 90 + float64(s.peer%7)*40
		m.both(&t, start, start+120000, part{2*empty + size, 3, flow.ACK | flow.PSH}, part{2*empty + size*0.6, 2, flow.ACK | flow.PSH})
	}
	every := int64(s.chunk) * second
	return start + every + int64(m.d.NormFloat64()*60000)
}

// speedTest is the whole plan, down for one half and up for the other, by
// several flows at once.
func (m *maker) speedTest() int64 {
	s := m.s
	middle := s.start + (s.end-s.start)/2
	flows := 4 + m.d.IntN(8)
	phase := func(from, to int64, up, down float64) {
		seconds := float64(to-from) / float64(second) * m.d.between(0.94, 1)
		for i := range flows {
			t := m.with(s.peer, m.h.port(s.seed+uint64(i)+uint64(from)), s.port, s.six, from)
			share := seconds / 8 / float64(flows)
			const flags = flow.SYN | flow.ACK | flow.PSH | flow.FIN
			m.both(&t, from, to, part{up * share, 4 + up*share/(200+1200*up/(up+down)), flags}, part{down * share, 4 + down*share/(200+1200*down/(up+down)), flags})
		}
	}
	phase(s.start, middle-1, s.down*0.015, s.down)
	phase(middle, s.end, s.up, s.up*0.02)
	return s.end
}

// swarm is a minute of sharing with many peers: a few that give and take, many
// that do not answer, and the distributed hash table.
func (m *maker) swarm() int64 {
	s, start := m.s, m.s.next
	end := min(start+m.w.active, s.end)
	seconds := float64(end-start) / float64(second)
	peers := 3 + m.d.IntN(6)
	tries := 3 + m.d.IntN(6)
	if m.w.config.Full {
		peers, tries = 15+m.d.IntN(30), 20+m.d.IntN(40)
	}
	rest := m.d.between(0.3, 0.98)
	for i := range peers {
		share := rest / float64(peers) * seconds / 8
		peer := s.seed + uint64(i) + uint64(m.d.IntN(4))<<16 // most stay for a while
		t := m.with(peer|1<<62, s.local, peerPort(peer), false, start)
		t.protocol = []uint8{flow.UDP, flow.TCP}[peer&1]
		up, down := s.up*share, s.down*share
		m.both(&t, start, end-1, part{up, 1 + up/1100, flow.ACK | flow.PSH}, part{down, 1 + down/1250, flow.ACK | flow.PSH})
	}
	for range tries {
		peer := m.d.Uint64() | 1<<62
		at := start + int64(m.d.Float64()*float64(end-start))
		t := m.with(peer, m.h.port(peer), peerPort(peer), false, at)
		if m.d.chance(0.5) {
			t.protocol = flow.TCP
			m.up(&t, at, at+3*second, part{3 * 60, 3, flow.SYN})
			continue
		}
		t.protocol, t.localPort = flow.UDP, s.local
		m.up(&t, at, at, part{130, 1, 0})
		if m.d.chance(0.4) {
			m.down(&t, at+50000, at+50000, part{300, 1, 0})
		}
	}
	return end
}

func peerPort(peer uint64) uint16 {
	if x := mix(peer); x%4 != 0 {
		return uint16(1024 + (x>>8)%60000)
	}
	return 6881
}

// delivery is a mail server's: a message to a host, now and then one that does
// not answer, or one that is received.
func (m *maker) delivery() int64 {
	s, start := m.s, m.s.next
	m.lookUp(start)
	t := m.talk(start)
	took := int64(m.d.between(0.5, 8) * float64(second))
	const flags = flow.SYN | flow.ACK | flow.PSH | flow.FIN
	size := min(m.d.around(30e3, 1.2), s.up*0.4/8)
	switch u := m.d.Float64(); {
	case u < 0.05:
		m.up(&t, start, start+3*second, part{180, 3, flow.SYN})
	case u < 0.5: // received
		t.localPort, t.remote = 25, t.localPort
		size = min(size, s.down*0.4/8)
		m.both(&t, start, start+took, part{1800, 14, flags}, part{size + 1200, 10 + size/large, flags})
	default:
		m.both(&t, start, start+took, part{size + 1200, 10 + size/large, flags}, part{1800, 14, flags})
	}
	return s.end
}

// visit is somebody's to an own server.
func (m *maker) visit() int64 {
	s, start := m.s, m.s.next
	t := m.talk(start)
	took := m.d.between(0.2, 20)
	up, down := min(m.d.around(60e3, 1.5), s.up*took/8), m.d.around(1500, 0.5)
	const flags = flow.SYN | flow.ACK | flow.PSH | flow.FIN
	m.both(&t, start, start+int64(took*float64(second)), part{up, 5 + up/large, flags}, part{min(down, s.down*took/8), 6 + up/large/2, flags})
	return s.end
}

// knock is a stranger's at a closed port: routers drop most, and refuse some.
func (m *maker) knock() int64 {
	s, start := m.s, m.s.next
	t := m.talk(start)
	m.down(&t, start, start, part{44, 1, flow.SYN})
	if s.seed%5 == 0 {
		m.up(&t, start+900, start+900, part{40, 1, flow.RST | flow.ACK})
	}
	return s.end
}
