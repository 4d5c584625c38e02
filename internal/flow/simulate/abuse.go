package simulate

import (
	"candor/internal/flow"
)

// abuse makes a chunk of the records of an episode.
func (m *maker) abuse() int64 {
	switch m.s.label.Class {
	case FullRate:
		return m.fullRate()
	case SYNFlood, UDPFlood, ICMPFlood:
		return m.flood()
	case Reflection:
		return m.reflection()
	case Reflector:
		return m.reflector()
	case Scan:
		return m.scan()
	case PortScan:
		return m.portScan()
	case Spam:
		return m.spam()
	case BruteForce:
		return m.bruteForce()
	case Beacon:
		return m.beacon()
	case Tunnel:
		return m.tunnel()
	case Listed:
		return m.listed()
	case Opened:
		return m.opened()
	case Spread:
		return m.spread()
	case Resolver:
		return m.divert()
	}
	return m.oddPorts()
}

// ramp is how much of its intensity an episode has reached by a time.
func (l *Label) ramp(at int64) float64 {
	if at-l.From >= l.Ramp {
		return 1
	}
	return max(float64(at-l.From)/float64(l.Ramp), 0.05)
}

// evil names a host that an episode is about.
func (l *Label) evil(n uint64) uint64 { return mix(l.seed^n) | 1<<63 }

// each calls for what happens at a mean rate a second within a chunk, at times
// in order, and says when the chunk ends.
func (m *maker) each(rate float64, length int64, do func(at int64)) int64 {
	s, start := m.s, m.s.next
	end := min(start+length, s.end)
	n := m.d.whole(rate * float64(end-start) / float64(second))
	step := float64(end-start) / float64(max(n, 1))
	for i := range n {
		do(start + int64((float64(i)+m.d.Float64())*step))
	}
	return end
}

// within tells of both directions, and keeps them within the episode.
func (m *maker) within(t *talk, at, end int64, up, down part) {
	m.both(t, at, max(at, min(end, m.s.end-1)), up, down)
}

// pace is how long chunks of so much a second are: enough for some records, and
// not for very many.
func pace(rate float64) int64 {
	if rate >= 20 {
		return second
	}
	return 10 * second
}

// fullRate is one or several flows that together take the upstream.
func (m *maker) fullRate() int64 {
	s, l, start := m.s, m.s.label, m.s.next
	end := min(start+m.w.active, s.end)
	up := l.up * m.d.between(0.97, 1) * float64(end-start) / float64(second) / 8 / float64(l.Targets)
	flags := uint8(flow.ACK | flow.PSH)
	if s.chunk == 0 {
		flags |= flow.SYN
	}
	s.chunk++
	for i := range l.Targets {
		port := l.Port
		if port == 0 {
			port = uint16(1024 + l.evil(uint64(i))%60000)
		}
		t := m.with(l.evil(uint64(i)), m.h.port(l.seed+uint64(i)), port, false, start)
		if l.seed%3 == 0 {
			t.protocol = flow.UDP
		}
		m.within(&t, start, end-1, part{up, 1 + up/1350, flags}, part{up * 0.02, 1 + up*0.02/empty, flags})
	}
	return end
}

// flood sends as many packets as its share of the upstream carries. Some use
// one flow, others change their ports all the time: then there are ten records a
// second, a hundred with Full, that share the packets.
func (m *maker) flood() int64 {
	s, l, start := m.s, m.s.label, m.s.next
	one := (l.seed>>8)%3 == 0 || l.Class == ICMPFlood
	length, records := second, 10
	if m.w.config.Full {
		records = 100
	}
	if one {
		length, records = m.w.active, 1
	}
	end := min(start+length, s.end)
	up := l.up * l.ramp((start+end)/2) * m.d.between(0.95, 1) * float64(end-start) / float64(second) / 8 / float64(records)
	size, protocol, answered := m.flooding()
	for range records {
		port, local := l.Port, s.local
		if !one {
			local = m.h.port(m.d.Uint64())
		}
		if port == 0 {
			port = uint16(1 + m.d.IntN(65535))
		}
		t := m.with(l.evil(0), local, port, false, start)
		t.protocol = protocol
		if protocol == flow.ICMP {
			t.localPort, t.remote = 0, 8<<8 // echo request
		}
		m.up(&t, start, end-1, part{up, up / size, flow.SYN})
		if protocol == flow.ICMP {
			t.remote = 0 // echo reply
		}
		m.down(&t, start, end-1, part{up * answered, up * answered / size, flow.SYN | flow.ACK})
	}
	return end
}

// flooding is the size of a flood's packets, and the share that is answered.
func (m *maker) flooding() (size float64, protocol uint8, answered float64) {
	l := m.s.label
	switch l.Class {
	case SYNFlood:
		return []float64{40, 48, 60}[(l.seed>>16)%3], flow.TCP, 0.1
	case UDPFlood:
		return []float64{540, 1052, 1400, 60}[(l.seed>>16)%4], flow.UDP, 0
	}
	return []float64{84, 84, 1028, 1500}[(l.seed>>16)%4], flow.ICMP, 0.2
}

// reflection asks servers in the victim's name; the answers go there.
func (m *maker) reflection() int64 {
	s, l, start := m.s, m.s.label, m.s.next
	end := min(start+5*second, s.end)
	records := min(l.Targets, 25)
	if m.w.config.Full {
		records = min(l.Targets, 250)
	}
	up := l.up * l.ramp((start+end)/2) * m.d.between(0.95, 1) * float64(end-start) / float64(second) / 8 / float64(records)
	size := map[uint16]float64{53: 68, 123: 36, 11211: 43, 1900: 118, 389: 80}[l.Port]
	for range records {
		t := m.with(l.evil(1+uint64(m.d.IntN(l.Targets))), uint16(1024+m.d.IntN(64000)), l.Port, false, start)
		t.protocol, t.local = flow.UDP, host(l.evil(0), false)
		m.up(&t, start, end-1, part{up, up / size, 0})
	}
	return end
}

// reflector answers requests that bear victims' addresses.
func (m *maker) reflector() int64 {
	s, l, start := m.s, m.s.label, m.s.next
	end := min(start+5*second, s.end)
	records := min(l.Targets, 10)
	if m.w.config.Full {
		records = min(l.Targets, 60)
	}
	up := l.up * l.ramp((start+end)/2) * m.d.between(0.95, 1) * float64(end-start) / float64(second) / 8 / float64(records)
	gain := map[uint16]float64{53: 40, 123: 200, 1900: 30, 389: 56}[l.Port]
	victims := uint64(max(l.Targets/20, 1))
	for range records {
		victim := m.d.Uint64() % victims
		t := m.with(l.evil(victim), l.Port, uint16(1024+m.d.IntN(64000)), false, start)
		t.protocol = flow.UDP
		m.both(&t, start, end-1, part{up, up / 1200, 0}, part{up / gain, max(up/gain/64, 1), 0})
	}
	return end
}
