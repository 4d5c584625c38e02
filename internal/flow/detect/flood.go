package detect

import (
	"candor/internal/flow"
	"candor/internal/flow/normal"
)

// answers is for how many packets whoever talks hears one, at least, by any
// protocol.
const answers = 30

// late is by how much the record of answers may come after that of what was
// answered, microseconds.
const late = 1_400_000

// alarming tells whether packets without answers, a second, and their bytes, are
// too many: more than lines of its plan send for nothing, and far more than the
// line usually sends at all; or a share of its plan that nobody sends for nothing.
func (s *Sensor) alarming(l *live, sus *suspect, what custom, packets, bytes float64, at int64) (limit float64, yes bool) {
	limit = s.customary.limit(l.group, what, s.Policy.FalseAlarms)
	share := l.planUp > 0 && packets > 3 && bytes*8 > 40*float64(l.planUp) // a twenty-fifth of the plan
	if packets <= limit && !share {
		return limit, false
	}
	limit = max(limit, 3*s.Normal.Usual(int(sus.line), normal.Packets, s.slot(at)).High)
	return limit, packets > limit || share
}

// floods looks for floods of all kinds.
func (s *Sensor) floods(sh *shard, l *live, sus *suspect, now int64) {
	for i := range sus.hosts {
		if h := &sus.hosts[i]; h.hits > 0 && sus.last-h.last < 10e6 {
			s.flood(sh, l, sus, h, now)
		}
	}
	s.carpet(sh, l, sus, now)
}

// synFlood looks whether connections to one address are begun at a rate and not
// gone on with. No answer is waited for: these records say that none was.
func (s *Sensor) synFlood(sh *shard, sus *suspect, h *host, now int64) bool {
	syn := h.syn.at(now, instant)
	if syn <= 40 || syn <= h.out.at(now, instant)/2 {
		return false
	}
	addr := h.addr
	s.raise(sh, sus, Finding{Kind: SynFlood, Since: h.first, At: now, Confidence: sure, Isolate: true, Protocol: flow.TCP, Peer: addr,
		Expected: 1, Seen: syn, Unit: PacketsPerSecond, Why: "unanswered", Flows: sus.proven(func(q *flow.Record) bool { return q.Dst == addr })})
	return true
}

// flood looks whether one address is sent packets that it does not answer.
func (s *Sensor) flood(sh *shard, l *live, sus *suspect, h *host, now int64) {
	if s.synFlood(sh, sus, h, now) {
		return
	}
	out, bytes, icmp := h.out.at(now, instant), h.bytes.at(now, instant), h.icmp.at(now, instant)
	limit, much := s.alarming(l, sus, unanswered, out, bytes, now)
	if h.debt > 10*answers {
		sus.does(unanswered, out)
	}
	f := Finding{Kind: Flood, Since: h.first, At: now, Confidence: sure, Isolate: true, Peer: h.addr, Expected: limit / 3, Seen: out, Unit: PacketsPerSecond, Why: "unanswered"}
	switch {
	case icmp > out/2 && (icmp > 30 || much) && h.echoes > 200: // whoever only wants to know asks once a second
		f.Protocol, f.Seen, f.Why = flow.ICMP, icmp, "echo"
	case much && h.debt > 10*answers:
		if h.unheard == 0 {
			h.unheard = now
		}
		if now-h.unheard < late {
			return
		}
		// Answers may have come before anybody looked for them.
		if now-sus.created < 5e6 && l.answers.at(now, instant) > out/answers {
			return
		}
	default:
		h.unheard = 0
		return
	}
	addr := h.addr
	f.Flows = sus.proven(func(q *flow.Record) bool { return q.Dst == addr })
	s.raise(sh, sus, f)
}

// carpet looks whether all addresses together are sent packets that nobody
// answers.
func (s *Sensor) carpet(sh *shard, l *live, sus *suspect, now int64) {
	sent, heard := l.sent.at(now, instant), l.answers.at(now, instant)
	limit, much := s.alarming(l, sus, carpeted, sent, 0, now)
	if heard <= sent/answers {
		sus.does(carpeted, sent)
	}
	if !much || heard > sent/answers {
		sus.unheard = 0
		return
	}
	if sus.unheard == 0 {
		sus.unheard = now
	}
	if now-sus.unheard < late || sus.last-sus.created < late {
		return
	}
	for _, k := range []Kind{SynFlood, HorizontalScan, VerticalScan, Spread} {
		if sus.lately(k, sus.last) {
			return // these are the packets
		}
	}
	s.raise(sh, sus, Finding{
		Kind: Flood, Since: sus.created, At: sus.last, Confidence: sure, Isolate: true,
		Expected: limit / 3, Seen: sent, Unit: PacketsPerSecond, Why: "unanswered",
		Flows: sus.proven(func(*flow.Record) bool { return true }),
	})
}

// spoofs takes in a record that came from a line and bears an address that is
// not the line's.
func (s *Sensor) spoofs(sh *shard, line flow.Line, l *live, r *flow.Record) {
	sus := s.closer(sh, line, l, r.End)
	sh.touch(l.suspect - 1)
	sus.keep(r)
	sus.spoofed.add(float64(r.Count()), r.Start, r.End, fast)
	rate := sus.spoofed.at(r.End, fast)
	if rate < 5 {
		return
	}
	s.raise(sh, sus, Finding{
		Kind: Spoofing, Since: sus.created, At: r.End, Confidence: sure, Isolate: true, Port: r.DstPort, Protocol: r.Protocol,
		Expected: 0, Seen: rate, Unit: PacketsPerSecond, Why: "source",
		Flows: sus.proven(func(*flow.Record) bool { return true }),
	})
}

// silent looks whether the addresses that were asked on one port, by a
// protocol without connections, answer. Those that were asked since the last
// look still have time.
func (s *Sensor) silent(sh *shard, sus *suspect, p *port) {
	asked, answered := float64(p.before), p.answered.count()
	p.before = float32(p.peers.count())
	if asked < 20 {
		return
	}
	honest := 0.6
	if !serves(uint16(p.key)) {
		honest = 0.25 // as by TCP
	}
	if asked > 600 && answered > 30 {
		return // more than can be counted
	}
	quiet := max(0, asked-answered)
	weight := quiet*contact(false, honest) + min(answered, asked)*contact(true, honest)
	if weight < s.evidence {
		return
	}
	number, proto := uint16(p.key), uint8(p.key>>protocol)
	s.raise(sh, sus, Finding{
		Kind: HorizontalScan, Since: p.first, At: p.last, Confidence: sure, Isolate: true, Port: number, Protocol: proto,
		Expected: asked * (1 - honest), Seen: asked, Unit: Addresses, Why: "unanswered",
		Flows: sus.proven(func(q *flow.Record) bool { return q.DstPort == number && q.Protocol == proto }),
	})
}

// reflects looks whether a service of the line answers far more than it is
// asked.
func (s *Sensor) reflects(sh *shard, l *live, sus *suspect, p *port) {
	number := uint16(p.key)
	if uint8(p.key>>protocol) != flow.UDP || !amplifies(number) || number == 53 && l.names {
		return
	}
	out, in := p.out.at(p.last, fast), p.in.at(p.last, fast)
	if in > out/3 {
		return
	}
	sus.does(amplified, out/1024)
	if limit := 1024 * s.customary.limit(l.group, amplified, s.Policy.FalseAlarms); out < limit {
		return
	}
	s.raise(sh, sus, Finding{
		Kind: Reflector, Since: p.first, At: p.last, Confidence: 90, Isolate: true, Port: number, Protocol: flow.UDP,
		Expected: in * 8, Seen: out * 8, Unit: BitsPerSecond, Why: "amplified",
		Flows: sus.proven(func(q *flow.Record) bool { return q.SrcPort == number }),
	})
}

const (
	// steady is for how long a line sends at its full rate before it is told, and
	// pause how long it may seem not to, since records come when flows are told
	// of; microseconds.
	steady = 25_000_000
	pause  = 65_000_000
)

// fullRate looks whether a line that was idle sends at the full rate of its
// plan. Alone it is no reason to isolate: a first backup looks like it.
// Without answers, Flood tells.
func (s *Sensor) fullRate(sh *shard, l *live, sus *suspect, now int64) {
	plan := float64(l.planUp) * 1000 / 8 // bytes a second
	rate := l.up.at(min(now, sus.last), fast)
	began := sus.began
	sus.began = 0
	if plan == 0 || rate < s.Policy.Full*plan {
		if now-sus.full.last > pause {
			sus.full.since = 0
		}
		return
	}
	if sus.full.since == 0 {
		sus.full.since = began
		sus.full.before = l.slow.at(now, slow)
	}
	sus.full.last = now
	if now-sus.full.since < steady || sus.full.before > plan/4 || sus.lately(FullRate, now) {
		return
	}
	row, slot := s.Normal.Read(int(sus.line)), s.slot(now)
	u := row.Usual(normal.Up, slot)
	idle := s.Policy.Idle * plan
	if row.Known() { // what always sends, such as a camera, is no use of the line
		idle = max(idle, u.High*1024)
	}
	if sus.full.before > idle {
		return
	}
	if row.Weeks() > 0 && u.Median*1024 > plan/4 {
		return // it did so at this hour of other weeks: itself, and not lines like it
	}
	h := sus.busiest(now)
	if h == nil {
		return
	}
	// What lines send much to, more than once or several of them, is a service.
	upload := network(&h.addr, s.Seed)
	if l.uploaded(upload) {
		return
	}
	if s.common.uploads.add(upload, sus.line, now) > 2.5 {
		return
	}
	addr := h.addr
	s.raise(sh, sus, Finding{
		Kind: FullRate, Since: sus.full.since, At: now, Confidence: 60, Peer: addr,
		Expected: u.High * 1024 * 8, Seen: rate * 8, Unit: BitsPerSecond, Why: "idle",
		Flows: sus.proven(func(q *flow.Record) bool { return q.Dst == addr }),
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
	sus.queries = max(0, sus.queries+weight*float64(min(r.Packets, 10)))
	switch {
	case sus.queries == 0:
		sus.asked = 0
	case weight > 0:
		sus.asked = plus(sus.asked, r.Packets)
	}
	if weight < 0 || sus.queries < s.evidence || sus.asked < 50 {
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
