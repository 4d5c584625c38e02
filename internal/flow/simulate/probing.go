package simulate

import (
	"math"

	"candor/internal/flow"
)

// probe is an attempt to open a connection. Few answer; of those most refuse.
func (m *maker) probe(t *talk, at int64, answered float64) (open bool) {
	u := m.d.Float64()
	m.up(t, at, at, part{44, 1, flow.SYN})
	switch {
	case u < answered*0.3:
		m.down(t, at, min(at+80000, m.s.end-1), part{44, 1, flow.SYN | flow.ACK})
		return true
	case u < answered:
		m.down(t, at, min(at+80000, m.s.end-1), part{40, 1, flow.RST | flow.ACK})
	}
	return false
}

// scan asks one port of many hosts; one of three walks through neighbours.
func (m *maker) scan() int64 {
	l := m.s.label
	rate := l.Intensity * l.ramp(m.s.next)
	walk := uint64(0)
	if (l.seed>>24)%3 == 0 {
		walk = uint64(public(l.seed))
	}
	return m.each(rate, pace(rate), func(at int64) {
		target := m.d.Uint64() | 1<<63
		if walk != 0 {
			target = walk + uint64(float64(at-l.From)/float64(second)*l.Intensity)
		}
		port := l.Port
		if port == 23 && m.d.chance(0.1) {
			port = 2323
		}
		t := m.with(target, m.h.port(m.d.Uint64()), port, false, at)
		m.probe(&t, at, 0.02)
	})
}

// portScan asks many ports of one host.
func (m *maker) portScan() int64 {
	l := m.s.label
	rate := l.Intensity * l.ramp(m.s.next)
	return m.each(rate, pace(rate), func(at int64) {
		n := uint64(float64(at-l.From) / float64(second) * l.Intensity)
		if l.seed%2 == 0 {
			n = m.d.Uint64()
		}
		t := m.with(l.evil(0), m.h.port(m.d.Uint64()), uint16(1+n%uint64(l.Targets)), false, at)
		m.probe(&t, at, 0.6)
	})
}

// spam delivers to many mail servers, a third of which do not take it.
func (m *maker) spam() int64 {
	l := m.s.label
	rate := l.Intensity / 60 * l.ramp(m.s.next)
	return m.each(rate, pace(rate), func(at int64) {
		target := l.evil(m.d.Uint64() % uint64(l.Targets))
		if m.d.chance(0.5) {
			m.lookUp(at)
		}
		t := m.with(target, m.h.port(m.d.Uint64()), 25, false, at)
		const flags = flow.SYN | flow.ACK | flow.PSH | flow.FIN
		switch u := m.d.Float64(); {
		case u < 0.15:
			m.within(&t, at, at+3*second, part{180, 3, flow.SYN}, part{})
		case u < 0.35: // refused when it says who it is
			m.within(&t, at, at+second, part{420, 7, flags}, part{700, 6, flags | flow.RST})
		default:
			size := min(m.d.around(6000, 0.9), 20e3)
			m.within(&t, at, at+int64(m.d.between(1, 6)*float64(second)), part{size + 900, 9 + size/large, flags}, part{1500, 12, flags})
		}
	})
}

// bruteForce tries to log in, over and over.
func (m *maker) bruteForce() int64 {
	l := m.s.label
	rate := l.Intensity / 60 * l.ramp(m.s.next)
	return m.each(rate, pace(rate), func(at int64) {
		t := m.with(l.evil(m.d.Uint64()%uint64(l.Targets)), m.h.port(m.d.Uint64()), l.Port, false, at)
		const flags = flow.SYN | flow.ACK | flow.PSH | flow.FIN
		took := int64(m.d.between(0.8, 3.5) * float64(second))
		if l.Port == 5060 {
			t.protocol = flow.UDP
			m.within(&t, at, at+took/10, part{m.d.between(430, 520), 1, 0}, part{m.d.between(380, 460), 1, 0})
			return
		}
		m.within(&t, at, at+took, part{m.d.between(1600, 2900), 14 + float64(m.d.IntN(6)), flags}, part{m.d.between(2100, 3600), 13 + float64(m.d.IntN(6)), flags})
	})
}

// opened is a service that strangers find and use.
func (m *maker) opened() int64 {
	l := m.s.label
	rate := l.Intensity / 60 * l.ramp(m.s.next)
	return m.each(rate, pace(rate), func(at int64) {
		peer := l.evil(m.d.popular(l.Targets))
		t := m.with(peer, l.Port, uint16(1024+m.d.IntN(64000)), false, at)
		const flags = flow.SYN | flow.ACK | flow.PSH | flow.FIN
		up := min(m.d.around(4000, 1.2), 100e3)
		m.within(&t, at, at+int64(m.d.between(0.3, 20)*float64(second)), part{up, 5 + up/large, flags}, part{m.d.between(500, 4000), 6 + up/large/2, flags})
	})
}

// spreadMost is how many hosts a second a worm asks at most.
const spreadMost = 60

// spread asks hosts at a rate that doubles, and copies itself to some.
func (m *maker) spread() int64 {
	l := m.s.label
	rate := min(0.05*math.Exp2(float64(m.s.next-l.From)/float64(second)/l.Intensity), spreadMost)
	return m.each(rate, pace(rate), func(at int64) {
		t := m.with(m.d.Uint64()|1<<63, m.h.port(m.d.Uint64()), l.Port, false, at)
		if m.probe(&t, at, 0.08) && m.d.chance(0.3) {
			size := m.d.between(30e3, 90e3)
			m.within(&t, at+100000, at+3*second, part{size, size / large, flow.ACK | flow.PSH | flow.FIN}, part{size / 27, size / large / 2, flow.ACK | flow.FIN})
		}
	})
}
