package detect

import (
	"slices"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/normal"
)

// again is for how long a kind that was told of a line is not told again.
const again = 10 * microMinute

// raise tells a finding of a suspect, unless it was told lately.
func (s *Sensor) raise(sh *shard, sus *suspect, f Finding) {
	if s.off[f.Kind] || sus.lately(f.Kind, f.At) {
		return
	}
	sus.raised[f.Kind] = f.At
	f.Line = sus.line
	if sus.thinned(f) {
		// Answers may be among the packets that nobody looked at.
		f.Isolate, f.Confidence = false, min(f.Confidence, doubtful)
	}
	if f.Since == 0 || f.Since > f.At {
		f.Since = f.At
	}
	if f.Isolate {
		sus.raised[0] = f.At
	}
	sh.found = append(sh.found, f)
}

// doubtful is the confidence at most of what rests on sampled packets.
const doubtful candor.Confidence = 70

// thinned tells whether a finding rests on records of sampled packets, of which
// one hides answers and stands for hundreds.
func (s *suspect) thinned(f Finding) bool {
	return s.sampled != 0 && f.At-s.sampled < microHour || slices.ContainsFunc(f.Flows, func(r flow.Record) bool { return r.Sampling > 1 })
}

// lately tells whether a kind was told shortly before.
func (s *suspect) lately(k Kind, at int64) bool {
	return s.raised[k] != 0 && at-s.raised[k] < again
}

// guilty tells whether something was found since a time upon which the line
// may be isolated.
func (s *suspect) guilty(since int64) bool { return s.raised[0] >= since && s.raised[0] != 0 }

// sure is the confidence of what rests on a test with Wald's bound on the error.
const sure candor.Confidence = 99

// honest is how likely a first contact by TCP of the line is answered, as far
// as its hours, and what it does on other ports at the same time, let one
// expect.
func (s *Sensor) honest(sus *suspect, at int64, tried, failed uint32) float64 {
	u := s.Normal.Usual(int(sus.line), normal.Fails, s.slot(at))
	p := 1 - max(0.1, min(u.High, 0.7))
	if others := sus.tried - tried; others >= 8 {
		p = min(p, 1-1.1*float64(sus.failed-failed+1)/float64(others+2))
	}
	return max(p, 0.15)
}

// sends has a suspect take in a record that it sent.
func (s *Sensor) sends(sh *shard, l *live, sus *suspect, r *flow.Record, begun, failed bool, peer uint64) {
	h := sus.host(&r.Dst, r.Start, r.End)
	h.out.add(float64(r.Count()), r.Start, r.End, instant)
	if unconnected(r) {
		h.debt += float32(r.Count())
	}
	h.bytes.add(float64(r.Total()), r.Start, r.End, instant)
	if r.Protocol == flow.ICMP || r.Protocol == flow.ICMPv6 {
		h.icmp.add(float64(r.Count()), r.Start, r.End, instant)
		h.echoes = plus(h.echoes, r.Count())
	}
	if failed {
		h.syn.add(float64(r.Count()), r.Start, r.End, instant)
	}
	own := !begun && (serves(r.SrcPort) && !serves(r.DstPort) || serves(r.SrcPort) == serves(r.DstPort) && r.SrcPort < r.DstPort)
	if own {
		p := sus.port(portKey(r.Protocol, r.SrcPort, true), r.End)
		p.out.add(float64(r.Total()), r.Start, r.End, fast)
		p.peers.add(peer)
		if r.Protocol == flow.UDP && amplifies(r.SrcPort) {
			sus.keep(r)
		}
		s.service(sh, l, sus, p, r)
		return
	}
	p := sus.port(portKey(r.Protocol, r.DstPort, false), r.End)
	p.out.add(float64(r.Total()), r.Start, r.End, fast)
	if failed || r.Protocol != flow.TCP || l.fills(r, 25) {
		sus.keep(r)
	}
	if failed {
		s.synFlood(sh, sus, h, r.End)
	}
	if s.Feed != nil {
		s.listed(sh, sus.line, l, r, &r.Dst)
	}
	if !begun {
		return
	}
	fresh := p.peers.add(peer)
	if r.Protocol == flow.TCP && r.Flags != 0 {
		s.horizontal(sh, sus, p, r, fresh, failed)
		s.vertical(sh, sus, h, r, failed)
		s.spam(sh, l, sus, p, r, fresh, failed)
	}
	s.logins(sh, sus, p, h, r, failed)
	if r.DstPort == 53 && r.Protocol == flow.UDP {
		s.names(sh, l, sus, h, r)
	}
}

// opens tells whether the record answers a connection to a port that a stranger
// may find, on which the line answered nobody before.
func opens(l *live, r *flow.Record) bool {
	const answer = flow.SYN | flow.ACK
	return r.Protocol == flow.TCP && r.Flags&answer == answer && !serves(r.DstPort) && exposed(r.SrcPort) && l.served&serviceBit(r) == 0
}

func serviceBit(r *flow.Record) uint64 { return 1 << (mix(uint64(r.SrcPort)) & 63) }

// exposed tells whether a port is of those that strangers look for.
func exposed(p uint16) bool {
	switch p {
	case 1080, 1433, 1723, 2222, 2323, 3128, 3306, 3389, 5432, 5555, 5900, 5985, 6379, 7547, 8000, 8080, 8081, 8443, 8888, 9200, 27017, 37777:
		return true
	}
	return p < 1024
}

// service looks whether strangers use a service that the line did not have.
func (s *Sensor) service(sh *shard, l *live, sus *suspect, p *port, r *flow.Record) {
	if !opens(l, r) || l.mail && (r.SrcPort == 25 || r.SrcPort == 465 || r.SrcPort == 587) || l.names && r.SrcPort == 53 {
		return
	}
	sus.keep(r)
	if p.peers.count() < 4.5 {
		return
	}
	port := r.SrcPort
	s.raise(sh, sus, Finding{
		Kind: Service, Since: p.first, At: r.End, Confidence: 80, Port: port, Protocol: flow.TCP,
		Expected: 0, Seen: p.peers.count(), Unit: Addresses, Why: "answered",
		Flows: sus.proven(func(q *flow.Record) bool { return q.SrcPort == port }),
	})
	l.served |= serviceBit(r)
}

// refuses tells whether a record of TCP carries nothing but a refusal, as
// strangers get who knock on closed ports.
func refuses(r *flow.Record) bool {
	return r.Flags&flow.RST != 0 && r.Flags&(flow.PSH|flow.FIN|flow.SYN) == 0
}

// odd looks whether the line talks on many ports that have no meaning, with few
// addresses: those who share files talk with many.
func (s *Sensor) odd(sh *shard, line flow.Line, l *live, r *flow.Record, peer uint64) {
	if serves(r.DstPort) || serves(r.SrcPort) || r.Protocol == flow.TCP && r.Flags != 0 && (r.Flags&flow.ACK == 0 || refuses(r)) {
		return
	}
	l.odd[0].add(mix(uint64(r.DstPort)))
	l.odd[1].add(peer)
	ports, peers := l.odd[0].with(l.odd[2]).count(), l.odd[1].with(l.odd[3]).count()
	if ports < 9 || ports < 1.5*peers || peers > 80 {
		return
	}
	u := s.Normal.Usual(int(line), normal.Ports, s.slot(r.End))
	if ports < 2*u.Median {
		return
	}
	s.raise(sh, s.closer(sh, line, l, r.End), Finding{
		Kind: OddPort, Since: int64(l.hour) * microHour, At: r.End, Confidence: 50, Peer: r.Dst, Protocol: r.Protocol,
		Expected: u.Median, Seen: ports, Unit: PortsTried, Why: "few", Flows: []flow.Record{*r},
	})
}

// receives has a suspect take in a record that it received.
func (s *suspect) receives(r *flow.Record, peer uint64) {
	if h := s.findHost(&r.Src); h != nil {
		h.debt = max(0, h.debt-answers*float32(r.Count()))
	}
	if p := s.findPort(portKey(r.Protocol, r.SrcPort, false)); p != nil {
		p.in.add(float64(r.Total()), r.Start, r.End, fast)
		p.answered.add(peer)
	}
	if p := s.findPort(portKey(r.Protocol, r.DstPort, true)); p != nil {
		p.in.add(float64(r.Total()), r.Start, r.End, fast)
	}
}

// horizontal walks for one port over addresses.
func (s *Sensor) horizontal(sh *shard, sus *suspect, p *port, r *flow.Record, fresh, failed bool) {
	if !fresh {
		return
	}
	if failed {
		s.doors(sh, sus, p, r)
	}
	odd := !serves(r.DstPort)
	honest := s.honest(sus, r.End, p.tried, p.failed)
	if odd { // those who share files find many of them gone
		honest = min(honest, 0.25)
		if others := sus.oddTried - p.tried; others >= 8 {
			honest = max(min(honest, 1-1.1*float64(sus.oddFailed-p.failed+1)/float64(others+2)), 0.15)
		}
	}
	if p.in.at(r.End, fast) > 20<<10 {
		p.walk = 0 // what it fetches by this port is no scanner's
	}
	p.tried++
	sus.tried++
	if odd {
		sus.oddTried++
	}
	if failed {
		p.failed++
		sus.failed++
		if odd {
			sus.oddFailed++
		}
	}
	p.walk = max(0, p.walk+float32(contact(!failed, honest)))
	if float64(p.walk) < s.evidence || sus.tried < 12 {
		return
	}
	kind := HorizontalScan
	if s.common.scans(p.key, sus.line, r.End) {
		kind = Spread
	}
	port := r.DstPort
	s.raise(sh, sus, Finding{
		Kind: kind, Since: p.first, At: r.End, Confidence: sure, Isolate: true, Port: port, Protocol: r.Protocol,
		Expected: float64(p.tried) * (1 - honest), Seen: p.peers.count(), Unit: Addresses, Why: "unanswered",
		Flows: sus.proven(func(q *flow.Record) bool { return q.DstPort == port }),
	})
}

// cutOff tells whether a line has heard nothing for a minute, from anybody: then
// it is no wonder that nobody answers.
func (s *Sensor) cutOff(line flow.Line, at int64) bool {
	const minute = 1.2e-6 // packets a second that are left of one packet: e^-12/instant
	return s.lines[line].answers.at(at, instant) < minute
}

// doors counts the addresses that do not answer on a port of logins that people
// do not try at random. It holds also against who scans several ports at once,
// which to horizontal looks like a line that fails on all ports.
func (s *Sensor) doors(sh *shard, sus *suspect, p *port, r *flow.Record) {
	const least = 15
	if !door(r.DstPort) || p.doors.add(r.End, closed, 8) < s.evidence || p.doors.n < least || s.cutOff(sus.line, r.End) {
		return
	}
	kind := HorizontalScan
	if s.common.scans(p.key, sus.line, r.End) {
		kind = Spread
	}
	port := r.DstPort
	s.raise(sh, sus, Finding{
		Kind: kind, Since: p.first, At: r.End, Confidence: sure, Isolate: true, Port: port, Protocol: flow.TCP,
		Expected: closed * float64(r.End-p.first) / 1e6, Seen: p.peers.count(), Unit: Addresses, Why: "unanswered",
		Flows: sus.proven(func(q *flow.Record) bool { return q.DstPort == port }),
	})
}

// door tells whether a port is one of logins that programs of mail and
// telephones do not use.
func door(p uint16) bool {
	switch p {
	case 110, 143, 993, 995, 5060:
		return false
	}
	return login(p)
}

// vertical walks for one address over ports.
func (s *Sensor) vertical(sh *shard, sus *suspect, h *host, r *flow.Record, failed bool) {
	if !h.ports.add(mix(uint64(r.DstPort))) {
		return
	}
	// Whoever asks a further port of one address has half a reason to be refused.
	honest := min(s.honest(sus, r.End, h.tried, h.failed), 0.6)
	h.tried++
	if failed {
		h.failed++
	}
	h.walk = max(0, h.walk+float32(contact(!failed, honest)))
	if float64(h.walk) < s.evidence {
		return
	}
	addr := r.Dst
	s.raise(sh, sus, Finding{
		Kind: VerticalScan, Since: h.first, At: r.End, Confidence: sure, Isolate: true, Peer: addr, Protocol: r.Protocol,
		Expected: 2, Seen: h.ports.count(), Unit: PortsTried, Why: "unanswered",
		Flows: sus.proven(func(q *flow.Record) bool { return q.Dst == addr }),
	})
}

// Honest rates a second, of a line that runs no servers.
const (
	mailServers = 4.0 / 3600  // different servers that mail is handed to
	sessions    = 60.0 / 3600 // short sessions with one address and one login
	folders     = 90.0 / 3600 // as sessions, of programs that fetch mail
	closed      = 6.0 / 3600  // different addresses that do not answer on one port of logins
)

// spam counts the servers that mail is handed to.
func (s *Sensor) spam(sh *shard, l *live, sus *suspect, p *port, r *flow.Record, fresh, failed bool) {
	if r.DstPort != 25 || !fresh || s.own(&r.Dst) {
		return
	}
	rate := mailServers
	if l.mail {
		rate *= 100
	}
	weight := sus.mail.add(r.End, rate, 8)
	sus.keep(r)
	if weight < s.evidence {
		return
	}
	why := "answered"
	if failed {
		why = "unanswered"
	}
	s.raise(sh, sus, Finding{
		Kind: SpamRun, Since: p.first, At: r.End, Confidence: sure, Isolate: true, Port: 25, Protocol: flow.TCP,
		Expected: rate * float64(r.End-p.first) / 1e6, Seen: p.peers.count(), Unit: Addresses, Why: why,
		Flows: sus.proven(func(q *flow.Record) bool { return q.DstPort == 25 }),
	})
}

func (s *Sensor) own(a *flow.Addr) bool { return s.Own != nil && s.Own(*a) }

// logins counts short sessions with one login: of one address, and of all.
func (s *Sensor) logins(sh *shard, sus *suspect, p *port, h *host, r *flow.Record, failed bool) {
	const short = 64 // packets
	if failed || !login(r.DstPort) || r.Count() > short || s.own(&r.Dst) || r.Protocol == flow.UDP && r.DstPort != 5060 {
		return
	}
	if h.port != r.DstPort {
		h.port, h.logins = r.DstPort, arrivals{}
	}
	rate, least := sessions, uint32(40)
	switch r.DstPort {
	case 110, 143, 993, 995:
		rate, least = folders, 60
	}
	if r.Protocol == flow.UDP && p.answered.count() < p.peers.count()/2 {
		return // nobody is there to log in
	}
	sus.keep(r)
	f := Finding{Kind: BruteForce, Since: p.first, At: r.End, Confidence: sure, Isolate: true, Port: r.DstPort, Protocol: r.Protocol, Unit: Sessions, Why: "answered"}
	one, all := h.logins.add(r.End, rate, 4), p.logins.add(r.End, 2*rate, 4)
	switch {
	case one > s.evidence && h.logins.n >= least:
		f.Peer, f.Since, f.Seen = r.Dst, h.first, float64(h.logins.n)
	case all > s.evidence && p.logins.n >= least:
		rate *= 2
		f.Seen = float64(p.logins.n)
	default:
		return
	}
	f.Expected = rate * float64(r.End-f.Since) / 1e6
	port := r.DstPort
	f.Flows = sus.proven(func(q *flow.Record) bool { return q.DstPort == port })
	s.raise(sh, sus, f)
}

// judge looks at what needed time: whether answers came.
func (s *Sensor) judge(sh *shard, l *live, sus *suspect, now int64) {
	s.floods(sh, l, sus, now)
	s.fullRate(sh, l, sus, now)
	for i := range sus.ports {
		p := &sus.ports[i]
		switch {
		case p.hits == 0:
		case p.key&served != 0:
			s.reflects(sh, l, sus, p)
		case uint8(p.key>>protocol) != flow.TCP:
			s.silent(sh, sus, p)
		}
	}
}
