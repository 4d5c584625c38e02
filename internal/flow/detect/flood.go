package detect

import (
	"candor/internal/flow"
	"candor/internal/flow/normal"
)

// alarming is how many packets a second without answers are too many: far more
// than the line usually sends at all.
func (s *Sensor) alarming(line flow.Line, at int64) float64 {
	return max(80, 3*s.Normal.Usual(int(line), normal.Packets, s.slot(at)).High)
}

// flood looks whether one address is sent packets that it does not answer.
// Whoever talks by any protocol hears something for each thirty packets.
func (s *Sensor) flood(sh *shard, l *live, sus *suspect, h *host, now int64) {
	out, in := h.out.at(h.last, instant), h.in.at(h.last, instant)
	syn := h.syn.at(h.last, instant)
	addr := h.addr
	if syn > 40 && syn > out/2 {
		s.raise(sh, sus, Finding{
			Kind: SynFlood, Since: h.first, At: h.last, Confidence: s.sure(), Isolate: true, Peer: addr, Protocol: flow.TCP,
			Expected: 1, Seen: syn, Unit: PacketsPerSecond, Why: "unanswered",
			Flows: sus.proven(func(q *flow.Record) bool { return q.Dst == addr }),
		})
		return
	}
	limit := s.alarming(sus.line, now)
	if out < limit || in > out/30 || h.hits < 2 {
		return
	}
	if h.first-sus.created < 1e6 && l.answers.at(h.last, instant) > out/30 && h.last-sus.created < 5e6 {
		return // answers may have come before anybody looked for them
	}
	s.raise(sh, sus, Finding{
		Kind: Flood, Since: h.first, At: h.last, Confidence: s.sure(), Isolate: true, Peer: addr,
		Expected: limit / 3, Seen: out, Unit: PacketsPerSecond, Why: "unanswered",
		Flows: sus.proven(func(q *flow.Record) bool { return q.Dst == addr }),
	})
}

// carpet looks whether all addresses together are sent packets that nobody
// answers.
func (s *Sensor) carpet(sh *shard, l *live, sus *suspect, now int64) {
	sent, answers := l.sent.at(sus.last, instant), l.answers.at(sus.last, instant)
	limit := s.alarming(sus.line, now)
	if sent < limit || answers > sent/30 || sus.last-sus.created < 1e6 {
		return
	}
	for _, k := range []Kind{SynFlood, HorizontalScan, VerticalScan, Spread} {
		if sus.lately(k, sus.last) {
			return // these are the packets
		}
	}
	s.raise(sh, sus, Finding{
		Kind: Flood, Since: sus.created, At: sus.last, Confidence: s.sure(), Isolate: true,
		Expected: limit / 3, Seen: sent, Unit: PacketsPerSecond, Why: "unanswered",
		Flows: sus.proven(func(*flow.Record) bool { return true }),
	})
}

// silent looks whether the addresses that were asked on one port, by a
// protocol without connections, answer. Those that were asked since the last
// look still have time.
func (s *Sensor) silent(sh *shard, sus *suspect, p *port, now int64) {
	asked, answered := float64(p.before), p.answered.count()
	p.before = float32(p.peers.count())
	if asked < 20 {
		return
	}
	honest := 0.6
	quiet := max(0, asked-answered)
	weight := quiet*contact(false, honest) + min(answered, asked)*contact(true, honest)
	if weight < s.evidence {
		return
	}
	number, proto := uint16(p.key), uint8(p.key>>protocol)
	s.raise(sh, sus, Finding{
		Kind: HorizontalScan, Since: p.first, At: p.last, Confidence: s.sure(), Isolate: true, Port: number, Protocol: proto,
		Expected: asked * (1 - honest), Seen: asked, Unit: Addresses, Why: "unanswered",
		Flows: sus.proven(func(q *flow.Record) bool { return q.DstPort == number && q.Protocol == proto }),
	})
}

// reflects looks whether a service of the line answers far more than it is
// asked.
func (s *Sensor) reflects(sh *shard, l *live, sus *suspect, p *port, now int64) {
	number := uint16(p.key)
	if uint8(p.key>>protocol) != flow.UDP || !amplifies(number) || number == 53 && l.names {
		return
	}
	out, in := p.out.at(p.last, fast), p.in.at(p.last, fast)
	limit := max(16<<10, float64(l.planUp)*1000/8/50) // bytes a second: a fiftieth of the plan
	if out < limit || in > out/3 {
		return
	}
	s.raise(sh, sus, Finding{
		Kind: Reflector, Since: p.first, At: p.last, Confidence: 90, Isolate: true, Port: number, Protocol: flow.UDP,
		Expected: in * 8, Seen: out * 8, Unit: BitsPerSecond, Why: "amplified",
		Flows: sus.proven(func(q *flow.Record) bool { return q.SrcPort == number }),
	})
}

// fullRate looks whether a line that was idle sends at the full rate of its
// plan. Alone it is no reason to isolate: a first backup looks like it.
// Without answers, Flood tells.
func (s *Sensor) fullRate(sh *shard, l *live, sus *suspect, r *flow.Record) {
	plan := float64(l.planUp) * 1000 / 8 // bytes a second
	rate, before := float64(l.up.rate), l.slow.at(r.End, slow)
	if plan == 0 || rate < s.Policy.Full*plan || before > s.Policy.Idle*plan || sus.lately(FullRate, r.End) {
		return
	}
	u := s.Normal.Usual(int(sus.line), normal.Up, s.slot(r.End))
	if u.High*1024 > plan/4 {
		return // it does so at this hour of other weeks
	}
	addr := r.Dst
	s.raise(sh, sus, Finding{
		Kind: FullRate, Since: r.Start, At: r.End, Confidence: 60, Peer: addr, Protocol: r.Protocol,
		Expected: u.High * 1024 * 8, Seen: rate * 8, Unit: BitsPerSecond, Why: "idle",
		Flows: append(sus.proven(func(q *flow.Record) bool { return q.Dst == addr }), *r),
	})
}

// names weighs queries of names by their size: those of people have some 75
// bytes, those that carry data far more.
func (s *Sensor) names(sh *shard, l *live, sus *suspect, h *host, r *flow.Record) {
	if r.Packets == 0 || l.names {
		return
	}
	size := float64(r.Bytes) / float64(r.Packets)
	weight := max(-3, min(gauss(size, 190, 50)-gauss(size, 78, 22), 3))
	sus.queries = max(0, sus.queries+weight)
	if weight > 0 {
		sus.asked++
	}
	if sus.queries == 0 {
		sus.asked = 0
	}
	if sus.queries < s.evidence || sus.asked < 50 {
		return
	}
	addr := r.Dst
	s.raise(sh, sus, Finding{
		Kind: Tunnel, Since: h.first, At: r.End, Confidence: 85, Peer: addr, Port: 53, Protocol: flow.UDP,
		Expected: 78, Seen: size, Unit: Bytes, Why: "answered",
		Flows: sus.proven(func(q *flow.Record) bool { return q.DstPort == 53 }),
	})
}

// listed tells of traffic with an address of the feed.
func (s *Sensor) listed(sh *shard, line flow.Line, l *live, r *flow.Record, peer *flow.Addr) {
	sure := s.Feed.Listed(*peer)
	if sure == 0 || r.Protocol == flow.TCP && r.Flags != 0 && r.Flags&flow.ACK == 0 {
		return
	}
	sus := s.closer(sh, line, l, r.End)
	s.raise(sh, sus, Finding{
		Kind: Listed, Since: r.Start, At: r.End, Confidence: min(99, confidence(sure)), Peer: *peer, Protocol: r.Protocol,
		Expected: 0, Seen: float64(r.Total()), Unit: Bytes, Why: "listed", Flows: []flow.Record{*r},
	})
}
