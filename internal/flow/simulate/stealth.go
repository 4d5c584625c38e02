package simulate

import (
	"candor/internal/flow"
)

// beacon is a call to one host, which comes back at its interval, a little off
// each time.
func (m *maker) beacon() int64 {
	s, l, start := m.s, m.s.label, m.s.next
	s.chunk++
	at := min(start, s.end-1)
	t := m.with(l.evil(0), m.h.port(m.d.Uint64()), l.Port, false, at)
	size := 250 + float64(l.seed%900)
	const flags = flow.SYN | flow.ACK | flow.PSH | flow.FIN
	m.within(&t, at, at+int64(m.d.between(0.1, 0.6)*float64(second)), part{size + m.d.between(0, 12), 6, flags}, part{size*0.7 + 200, 5, flags})
	return l.call(s.chunk)
}

// call is when a beacon calls for the n-th time, from 0.
func (l *Label) call(n uint32) int64 {
	every := l.Intensity * float64(second)
	strays := float64(mix(l.seed^uint64(n)<<32)>>11) / (1 << 53) * l.Jitter
	return l.From + int64((float64(n)+strays)*every)
}

// tunnel carries data in names that are asked for, to a resolver of its own or
// to the provider's.
func (m *maker) tunnel() int64 {
	s, l, start := m.s, m.s.label, m.s.next
	peer := l.evil(0)
	if l.seed%3 == 0 && m.h.resolver != 0 {
		peer = uint64(m.h.resolver)
	}
	rate := l.Intensity * l.ramp(start)
	if (l.seed>>8)%2 == 0 { // one socket for all
		end := min(start+m.w.active, s.end)
		n := max(rate*float64(end-start)/float64(second), 1)
		t := m.with(peer, s.local, 53, false, start)
		t.protocol = flow.UDP
		m.both(&t, start, end-1, part{n * 210, n, 0}, part{n * 340, n, 0})
		return end
	}
	return m.each(rate, pace(rate), func(at int64) {
		t := m.with(peer, m.h.port(m.d.Uint64()), 53, false, at)
		t.protocol = flow.UDP
		m.within(&t, at, at+40000, part{m.d.between(160, 255), 1, 0}, part{m.d.between(250, 512), 1, 0})
	})
}

// listed talks with addresses that feeds name.
func (m *maker) listed() int64 {
	l := m.s.label
	return m.each(l.Intensity/3600, minute, func(at int64) {
		host := feedBase + l.evil(m.d.Uint64()%uint64(l.Targets))%256
		t := m.with(host, m.h.port(m.d.Uint64()), l.Port, false, at)
		if m.d.chance(0.2) {
			m.within(&t, at, at+3*second, part{180, 3, flow.SYN}, part{})
			return
		}
		const flags = flow.SYN | flow.ACK | flow.PSH | flow.FIN
		up := min(m.d.around(900, 0.8), 8000)
		m.within(&t, at, at+int64(m.d.between(0.2, 10)*float64(second)), part{up, 5 + up/800, flags}, part{up * 2, 5 + up/500, flags})
	})
}

// rogues is how many resolvers there are that lie.
const rogues = 64

// rogue is the resolver that an episode has the line ask.
func (l *Label) rogue() uint64 { return mix(l.seed%rogues^0xbad) | 1<<63 }

// divert asks for names of another resolver: those that devices ask for all day.
func (m *maker) divert() int64 {
	l := m.s.label
	return m.each(l.Intensity/3600, minute, func(at int64) { m.query(l.rogue(), at) })
}

// asked is whom the line asks for a name at a time; 0 if it does not ask plainly.
func (m *maker) asked(at int64) uint64 {
	for _, l := range m.episodes(m.h.line) {
		if l.Class == Resolver && l.Active(at, at+1) && m.d.chance(l.share) {
			return l.rogue()
		}
	}
	return m.h.asked(m.d, at)
}

// oddPorts talks on ports that the line never used.
func (m *maker) oddPorts() int64 {
	l := m.s.label
	return m.each(l.Intensity/3600*l.ramp(m.s.next), minute, func(at int64) {
		port := uint16(1024 + m.d.IntN(64000))
		if m.d.chance(0.2) {
			port = []uint16{4444, 6667, 31337, 1337, 9001, 12345}[m.d.IntN(6)]
		}
		t := m.with(l.evil(m.d.Uint64()%uint64(l.Targets)), m.h.port(m.d.Uint64()), port, false, at)
		if m.d.chance(0.4) {
			t.protocol = flow.UDP
		}
		const flags = flow.SYN | flow.ACK | flow.PSH | flow.FIN
		up := min(m.d.around(3000, 1), 30e3)
		m.within(&t, at, at+int64(m.d.between(0.2, 20)*float64(second)), part{up, 3 + up/800, flags}, part{up * 0.4, 3 + up/1200, flags})
	})
}
