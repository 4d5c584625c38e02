package simulate

import "candor/internal/flow"

// begin draws how an activity goes that begins at a time.
func (p *planner) begin(h *household, span *span, a Activity, at int64) {
	d, plan := p.d, h.planAt(at)
	s := session{start: at, next: at, activity: a, seed: d.Uint64(), protocol: flow.TCP, port: 443}
	s.local = h.port(s.seed)
	s.six = h.v6 && d.Float32() < h.sixShare
	s.peer = uint64(a)<<40 | d.popular(1500)
	length := 0.0 // seconds
	switch a {
	case Web:
		length = d.around(180, 0.8)
		s.down, s.up = min(0.4*plan.Down, 60e6), min(0.1*plan.Up, 3e6)
	case Background, Mail, OtherDNS, Radiation:
		length = 30
		s.down, s.up = min(0.05*plan.Down, 4e6), min(0.05*plan.Up, 1e6)
		p.errand(h, &s)
		if a == Mail && d.chance(0.02) { // a program whose password is wrong
			length, s.bursts = d.between(0.5, 5)*3600, true
		}
	case Video:
		length = min(d.around(2700, 0.8), 5*3600)
		s.down = min([]float64{1.5e6, 3e6, 5e6, 7e6, 8e6, 16e6}[d.IntN(6)], 0.7*plan.Down)
		if s.bursts = d.chance(0.5); s.bursts {
			s.down = min(burstiness*s.down, 0.7*plan.Down)
		}
		s.up = s.down * 0.025
		s.quic(d, 0.45)
	case Call:
		length = min(d.around(1500, 0.8), 3*3600)
		rate := d.magnitude(0.8e6, 3.5e6)
		s.down, s.up = min(rate, 0.5*plan.Down), min(rate*0.8, 0.5*plan.Up)
		s.protocol, s.port, s.six = flow.UDP, []uint16{3478, 3481, 8801, 19305}[d.IntN(4)], false
	case Voice: // G.711: 50 packets of 200 bytes a second each way (RFC 3551, 4.5.14)
		length = min(d.around(150, 1), 3600)
		s.down, s.up = 80e3, 80e3
		s.protocol, s.port, s.local, s.six = flow.UDP, uint16(16384+d.IntN(8192)*2), h.port(s.seed)&^1, false
	case Play:
		length = min(d.around(4000, 0.6), 6*3600)
		s.down, s.up = d.magnitude(80e3, 500e3), d.magnitude(40e3, 150e3)
		s.protocol, s.port = flow.UDP, uint16(7000+d.IntN(2000)*5)
	case Download:
		p.bulk(&s, plan.Down*d.between(0.85, 0.95), min(max(d.around(35e9, 0.6), 10e9), 120e9))
		length = float64(s.end) / float64(second)
		s.port = []uint16{80, 443}[d.IntN(2)]
	case Files: // Pareto's tail (Crovella and Bestavros)
		p.bulk(&s, plan.Down*d.between(0.3, 0.95), min(20e6/(1e-4+d.Float64()), 8e9))
		length = float64(s.end) / float64(second)
	case Update:
		p.bulk(&s, plan.Down*d.between(0.5, 0.95), d.magnitude(0.3e9, 6e9))
		length = float64(s.end) / float64(second)
		s.port = 80
	case Backup:
		length = min(d.around(2.2*3600, 0.7), 10*3600)
		s.up = min(plan.Up*d.between(0.8, 0.96), 400e6) // as clouds take it
		s.down = s.up * 0.02
	case Photos:
		length = min(d.around(150, 1), 3600)
		s.up = min(plan.Up*d.between(0.4, 0.96), 150e6) // by the radio of a phone
		s.down = s.up * 0.02
	case SpeedTest:
		length = 2 * d.between(10, 15)
		s.down, s.up = plan.Down*0.96, plan.Up*0.96
		s.port = []uint16{8080, 443, 5201}[d.IntN(3)]
	case Torrent:
		length = min(d.around(2*3600, 0.8), 11*3600)
		s.down, s.up = plan.Down*d.between(0.05, 0.8), plan.Up*d.between(0.1, 0.8)
		s.local, s.six = h.port(mix(uint64(h.line))), false
	case VPN:
		length = min(d.around(3*3600, 0.8), 10*3600)
		s.peer = uint64(a)<<40 | uint64(h.line)<<2
		s.down, s.up = min(d.magnitude(0.1e6, 20e6), 0.9*plan.Down), min(d.magnitude(0.05e6, 6e6), 0.9*plan.Up)
		if d.chance(0.1) { // moves all it can
			s.down, s.up = min(0.9*plan.Down, 500e6), min(d.between(0.3, 0.9)*plan.Up, 300e6)
			length = min(length, 3600)
		}
		s.protocol, s.port = flow.UDP, []uint16{51820, 4500, 1194, 443}[h.line%4]
	case Camera:
		length = 3600
		s.seed = mix(uint64(h.line) ^ 0xca)
		s.peer, s.local = uint64(a)<<40|uint64(h.line)%97, h.port(s.seed)
		s.up = min(d.between(0.9, 1.1)*(0.5e6+float64(h.line%8)*0.4e6), 0.5*plan.Up)
		s.down = s.up * 0.02
		s.seed ^= uint64(span.start)
	case Broadcast:
		length = min(d.around(2*3600, 0.5), 6*3600)
		s.up = min(6.2e6, 0.7*plan.Up)
		s.down = s.up * 0.02
		s.port = 1935
	case MailServer:
		length = 60
		s.down, s.up = min(1e6, 0.1*plan.Down), min(2e6, 0.2*plan.Up)
		s.port, s.peer = 25, uint64(a)<<40|uint64(h.line)<<12|d.popular(400)
	case Server:
		length = 60
		s.down, s.up = min(0.2e6, 0.1*plan.Down), min(4e6, 0.3*plan.Up)
		s.peer, s.port = d.Uint64(), uint16(1024+d.IntN(64000))
		s.local = []uint16{443, 80, 22, 25565, 443}[uint32(h.line)%5]
	}
	s.end = at + int64(length*float64(second))
	p.wanted = append(p.wanted, s)
}

// bulk is a download of so many bytes; it leaves the length in end.
func (p *planner) bulk(s *session, rate, bytes float64) {
	s.down, s.up = rate, rate*0.02
	s.end = int64(min(bytes*8/rate, 11*3600) * float64(second))
}

// quic has a part of the sessions go by QUIC (RFC 9000).
func (s *session) quic(d *dice, share float64) {
	if d.chance(share) {
		s.protocol = flow.UDP
	}
}

// errand draws what a short one is about.
func (p *planner) errand(h *household, s *session) {
	d := p.d
	switch s.activity {
	case Background:
		s.port = []uint16{443, 443, 443, 5228, 5223}[d.IntN(5)]
		s.peer = uint64(s.activity)<<40 | d.popular(300)
		s.quic(d, 0.25)
	case Mail:
		s.port = []uint16{993, 993, 993, 587}[d.IntN(4)]
		s.peer = uint64(s.activity)<<40 | uint64(h.line)%50
	case OtherDNS:
		s.port, s.peer, s.six = h.otherPort(), uint64(otherResolver(h.line)), false
		if s.port == 53 {
			s.protocol = flow.UDP
		}
	case Radiation:
		s.local = []uint16{23, 22, 445, 80, 8080, 3389, 2323, 5555, 8443, 1433}[d.IntN(10)]
		s.peer, s.port, s.six = d.Uint64(), uint16(1024+d.IntN(64000)), false
	}
}

// keepAlive has a device call its maker: each has its interval, from a minute
// (MQTT and NTP at their usual settings) to some hours.
func (p *planner) keepAlive(h *household, span *span, i int) {
	seed := mix(uint64(h.line)<<8 | uint64(i) | 1<<60)
	intervals := [...]int64{7200, 3600, 5400, 4096, 7200, 3600, 1800, 10800}
	if h.kind == Smart && (i == 0 || p.w.config.Full && i%4 == 0) {
		intervals = [...]int64{60, 300, 120, 64, 300, 600, 60, 128}
	}
	every := intervals[seed%8] * second
	if p.w.config.Full {
		every = max(every/8, minute)
	}
	phase := int64((seed >> 8) % uint64(every))
	first := span.start + every - (span.start+phase)%every
	if first >= span.start+hour {
		return
	}
	s := session{
		start: first, next: first, end: span.start + hour, activity: Device, seed: seed ^ uint64(span.start), peer: uint64(Device)<<40 | (seed>>20)%400,
		protocol: flow.TCP, port: [...]uint16{8883, 443, 1883, 443}[(seed>>40)%4], local: h.port(seed), down: 4e3, up: 4e3,
	}
	if every%(64*second) == 0 {
		s.protocol, s.port, s.peer = flow.UDP, 123, uint64(timeHost)
	}
	s.chunk = uint32(every / second)
	p.wanted = append(p.wanted, s)
}
