package detect

import (
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
	if f.Since == 0 || f.Since > f.At {
		f.Since = f.At
	}
	if f.Isolate {
		sus.raised[0] = f.At
	}
	sh.found = append(sh.found, f)
}

// lately tells whether a kind was told shortly before.
func (s *suspect) lately(k Kind, at int64) bool {
	return s.raised[k] != 0 && at-s.raised[k] < again
}

// guilty tells whether something was found since a time upon which the line
// may be isolated.
func (s *suspect) guilty(since int64) bool { return s.raised[0] >= since && s.raised[0] != 0 }

// sure words the evidence as a confidence: Wald's bound on the error.
func (s *Sensor) sure() candor.Confidence { return 99 }

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
	h := sus.host(&r.Dst, r.End)
	h.out.add(float64(r.Count()), r.Start, r.End, instant)
	h.bytes.add(float64(r.Total()), r.Start, r.End, instant)
	if failed {
		h.syn.add(float64(r.Count()), r.Start, r.End, instant)
	}
	own := !begun && r.SrcPort < r.DstPort
	if own {
		p := sus.port(portKey(r.Protocol, r.SrcPort, true), r.End)
		p.out.add(float64(r.Total()), r.Start, r.End, fast)
		p.peers.add(peer)
		if r.Protocol == flow.UDP && amplifies(r.SrcPort) {
			sus.keep(r)
		}
		return
	}
	p := sus.port(portKey(r.Protocol, r.DstPort, false), r.End)
	p.out.add(float64(r.Total()), r.Start, r.End, fast)
	if failed || r.Protocol != flow.TCP {
		sus.keep(r)
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
		s.logins(sh, sus, h, r, failed)
	}
	if r.DstPort == 53 && r.Protocol == flow.UDP {
		s.names(sh, l, sus, h, r)
	}
}

// receives has a suspect take in a record that it received.
func (s *suspect) receives(r *flow.Record, peer uint64) {
	if h := s.findHost(&r.Src); h != nil {
		h.in.add(float64(r.Count()), r.Start, r.End, instant)
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
	honest := s.honest(sus, r.End, p.tried, p.failed)
	p.tried++
	sus.tried++
	if failed {
		p.failed++
		sus.failed++
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
		Kind: kind, Since: p.first, At: r.End, Confidence: s.sure(), Isolate: true, Port: port, Protocol: r.Protocol,
		Expected: float64(p.tried) * (1 - honest), Seen: p.peers.count(), Unit: Addresses, Why: "unanswered",
		Flows: sus.proven(func(q *flow.Record) bool { return q.DstPort == port }),
	})
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
		Kind: VerticalScan, Since: h.first, At: r.End, Confidence: s.sure(), Isolate: true, Peer: addr, Protocol: r.Protocol,
		Expected: 2, Seen: h.ports.count(), Unit: PortsTried, Why: "unanswered",
		Flows: sus.proven(func(q *flow.Record) bool { return q.Dst == addr }),
	})
}

// Honest rates a second, of a line that runs no servers.
const (
	mailServers = 4.0 / 3600   // different servers that mail is handed to
	sessions    = 60.0 / 3600  // short sessions with one address and one login
	folders     = 240.0 / 3600 // as sessions, of programs that fetch mail
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
		Kind: SpamRun, Since: p.first, At: r.End, Confidence: s.sure(), Isolate: true, Port: 25, Protocol: flow.TCP,
		Expected: rate * float64(r.End-p.first) / 1e6, Seen: p.peers.count(), Unit: Addresses, Why: why,
		Flows: sus.proven(func(q *flow.Record) bool { return q.DstPort == 25 }),
	})
}

func (s *Sensor) own(a *flow.Addr) bool { return s.Own != nil && s.Own(*a) }

// logins counts short sessions with one address and one login.
func (s *Sensor) logins(sh *shard, sus *suspect, h *host, r *flow.Record, failed bool) {
	const short = 64 // packets
	if failed || !login(r.DstPort) || r.Count() > short || s.own(&r.Dst) {
		return
	}
	if h.port != r.DstPort {
		h.port, h.logins = r.DstPort, arrivals{}
	}
	rate := sessions
	switch r.DstPort {
	case 110, 143, 993, 995, 5060:
		rate = folders
	}
	weight := h.logins.add(r.End, rate, 4)
	sus.keep(r)
	if weight < s.evidence || h.logins.n < 40 {
		return
	}
	addr, port := r.Dst, r.DstPort
	s.raise(sh, sus, Finding{
		Kind: BruteForce, Since: h.first, At: r.End, Confidence: s.sure(), Isolate: true, Peer: addr, Port: port, Protocol: flow.TCP,
		Expected: rate * float64(r.End-h.first) / 1e6, Seen: float64(h.logins.n), Unit: Sessions, Why: "answered",
		Flows: sus.proven(func(q *flow.Record) bool { return q.Dst == addr && q.DstPort == port }),
	})
}

// judge looks at what needed time: whether answers came.
func (s *Sensor) judge(sh *shard, l *live, sus *suspect, now int64) {
	for i := range sus.hosts {
		if h := &sus.hosts[i]; h.hits > 0 && sus.last-h.last < 10e6 {
			s.flood(sh, l, sus, h, now)
		}
	}
	s.carpet(sh, l, sus, now)
	for i := range sus.ports {
		p := &sus.ports[i]
		switch {
		case p.hits == 0:
		case p.key&served != 0:
			s.reflects(sh, l, sus, p, now)
		case uint8(p.key>>protocol) != flow.TCP:
			s.silent(sh, sus, p, now)
		}
	}
}
