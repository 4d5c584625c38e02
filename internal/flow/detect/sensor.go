package detect

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/normal"
)

// shards is how many locks the lines share.
const shards = 64

// Config is what a Sensor is made of.
type Config struct {
	Who      flow.Who
	Calendar normal.Calendar
	Normal   *normal.Table // of the lines; row n is of line n
	Policy   Policy
	// Own tells the provider's own addresses that lines ask of: its resolvers and
	// mail servers. Nil knows none.
	Own  func(flow.Addr) bool
	Feed Feed // nil if there is none
	// Shared tells addresses that translators of the provider give to many lines.
	// Nil knows none.
	Shared func(flow.Addr) bool
	Seed   uint64
	// Found takes findings. It is called by Take and Sweep, by one goroutine at
	// a time for each, and holds them up.
	Found func(Finding)
}

// Sensor tells what is not usual. It is safe for concurrent use; records of
// one line that come at the same time are taken in one after the other.
type Sensor struct {
	Config
	evidence  float64
	now       atomic.Int64 // of the last sweep, 0 before the first
	off       [kinds]bool
	grow      sync.RWMutex // of lines
	lines     []live
	shards    [shards]shard
	common    common
	access    access
	customary customary
	stats     stats
}

// shard is the suspects among the lines whose number is its own, modulo
// shards.
type shard struct {
	mu       sync.Mutex // also of these lines
	suspects []suspect
	free     []uint32
	pairs    pairs
	touched  []uint32 // suspects, since the last sweep
	found    []Finding
	_        [64]byte
}

// Stats count what a Sensor did.
type Stats struct {
	Records      uint64 // taken in
	Unattributed uint64 // of these, of no line that is known for certain
	Skewed       uint64 // of these, of a time far from that of the last sweep: they are not judged
	Findings     uint64
	Suspects     int64  // lines that are looked at closely
	Crowded      uint64 // times that a suspect gave way to another
}

type stats struct {
	records, unattributed, skewed, findings, crowded atomic.Uint64
	suspects                                         atomic.Int64
}

// New makes a Sensor.
func New(c Config) *Sensor {
	s := &Sensor{Config: c, evidence: c.Policy.evidence()}
	s.common.dests.days, s.common.uploads.days, s.common.resolve.days = 1, 30, 1
	for _, name := range c.Policy.Off {
		for k := Kind(1); k < kinds; k++ {
			s.off[k] = s.off[k] || k.String() == name
		}
	}
	return s
}

// SetLine tells the plan of a line.
func (s *Sensor) SetLine(line flow.Line, p Plan) {
	s.room(line)
	s.Normal.Grow(int(line) + 1)
	s.Normal.Join(int(line), p.Group)
	s.grow.RLock()
	defer s.grow.RUnlock()
	sh := &s.shards[line%shards]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	l := &s.lines[line]
	l.planUp, l.planDown = uint32(min(p.Up/1000, 1<<32-1)), uint32(min(p.Down/1000, 1<<32-1))
	l.group, l.mail, l.names, l.known = p.Group, p.Mail, p.Names, true
}

// Grow makes room for lines with numbers below n, where it is known how many
// there are.
func (s *Sensor) Grow(n int) {
	s.grow.Lock()
	if more := n - len(s.lines); more > 0 {
		lines := make([]live, n) // not more than that: a line is no small thing
		copy(lines, s.lines)
		s.lines = lines
	}
	s.grow.Unlock()
	s.Normal.Grow(n)
}

func (s *Sensor) room(line flow.Line) {
	s.grow.Lock()
	defer s.grow.Unlock()
	if n := int(line) + 1; n > len(s.lines) {
		s.lines = slices.Grow(s.lines, n-len(s.lines))[:n]
	}
}

// Stats counts what was done up to now.
func (s *Sensor) Stats() Stats {
	return Stats{
		Records: s.stats.records.Load(), Unattributed: s.stats.unattributed.Load(), Skewed: s.stats.skewed.Load(), Findings: s.stats.findings.Load(),
		Suspects: s.stats.suspects.Load(), Crowded: s.stats.crowded.Load(),
	}
}

// astray is how far from the time of the last sweep a record may have ended, in
// microseconds: clocks that are further off would have hours learned that are
// not over.
const astray = 15 * microMinute

// Take takes records in. What they show is told before it returns, but for
// what waits for an answer that may still come: Sweep tells that.
func (s *Sensor) Take(records []flow.Record) {
	var unattributed, skewed uint64
	var found []Finding
	now := s.now.Load()
	var thinned flow.Record
	s.grow.RLock()
	for i := range records {
		r := &records[i]
		if r.Sampling > 1 { // flags are those of the packets that were looked at
			thinned = *r
			thinned.Flags = 0
			r = &thinned
		}
		if now != 0 && (r.End > now+astray || r.End < now-astray) {
			skewed++
			continue
		}
		src, dst := s.line(&r.Src, r.SrcPort, r.End), s.line(&r.Dst, r.DstPort, r.End)
		if src == 0 {
			if from, take := s.behind(r, dst); from != 0 {
				found = s.with(from, r, found, take)
				if dst != 0 {
					found = s.with(dst, r, found, (*Sensor).in)
				}
				continue
			}
		} else {
			s.access.own(r, src, network(&r.Src, s.Seed))
			if dst == 0 {
				s.access.routed(r, network(&r.Dst, s.Seed))
			}
		}
		if src == 0 && dst == 0 {
			unattributed++
			continue
		}
		if src != 0 {
			found = s.with(src, r, found, (*Sensor).out)
		}
		if dst != 0 {
			found = s.with(dst, r, found, (*Sensor).in)
		}
	}
	s.grow.RUnlock()
	s.stats.records.Add(uint64(len(records)))
	s.stats.unattributed.Add(unattributed)
	s.stats.skewed.Add(skewed)
	s.tell(found)
}

// line is the line that held an address, 0 also for one that no plan was told
// of.
func (s *Sensor) line(a *flow.Addr, port uint16, at int64) flow.Line {
	if line := s.Who.Holder(*a, port, at); int(line) < len(s.lines) {
		return line
	}
	return 0
}

// with has a record taken in by a line, under its lock.
func (s *Sensor) with(line flow.Line, r *flow.Record, found []Finding, take func(*Sensor, *shard, flow.Line, *live, *flow.Record)) []Finding {
	sh := &s.shards[line%shards]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	l := &s.lines[line]
	s.turn(line, l, r.End)
	if r.Sampling > 1 && l.suspect != 0 {
		sh.suspects[l.suspect-1].sampled = r.End
	}
	take(s, sh, line, l, r)
	if len(sh.found) > 0 {
		found = append(found, sh.found...)
		sh.found = sh.found[:0]
	}
	return found
}

func (s *Sensor) tell(found []Finding) {
	for _, f := range found {
		s.stats.findings.Add(1)
		s.Found(f)
	}
}

// turn has the line's hour learned if it is over. Hours in which something was
// found, upon which it may be isolated, are not learned.
func (s *Sensor) turn(line flow.Line, l *live, at int64) {
	hour := uint32(at / microHour)
	switch {
	case l.hour == 0:
		l.hour = hour
	case hour > l.hour:
		sh := &s.shards[line%shards]
		if l.suspect == 0 || !sh.suspects[l.suspect-1].guilty(int64(l.hour)*microHour) {
			s.Normal.Learn(int(line), s.slot(int64(l.hour)*microHour), l.measured())
			// Hours without any record were silent; of long gaps, holidays and
			// outages, a day is learned.
			for quiet := l.hour + 1; quiet < min(hour, l.hour+25); quiet++ {
				s.Normal.Learn(int(line), s.slot(int64(quiet)*microHour), normal.Hour{})
			}
		}
		l.clear(hour)
	}
}

func (s *Sensor) slot(at int64) normal.Slot { return s.Calendar.Slot(time.UnixMicro(at)) }

// begins tells whether the record is of a connection that its source began,
// and whether nothing came of it. Of others than TCP the ports have to tell.
func begins(r *flow.Record) (begun, failed bool) {
	client := serves(r.DstPort) && !serves(r.SrcPort) || serves(r.DstPort) == serves(r.SrcPort) && r.DstPort <= r.SrcPort
	switch {
	case r.Protocol == flow.TCP && r.Flags != 0:
		if r.Flags&flow.SYN == 0 {
			return false, false
		}
		failed = r.Flags&flow.ACK == 0
		return failed || client, failed
	case r.Protocol == flow.ICMP || r.Protocol == flow.ICMPv6:
		return true, false
	}
	return client, false
}

// out takes in a record that the line sent.
func (s *Sensor) out(sh *shard, line flow.Line, l *live, r *flow.Record) {
	begun, failed := begins(r)
	peer := hashAddr(&r.Dst, s.Seed)
	l.up.add(float64(r.Total()), r.Start, r.End, fast)
	l.slow.add(float64(r.Total()), r.Start, r.End, slow)
	if unconnected(r) {
		l.sent.add(float64(r.Count()), r.Start, r.End, instant)
	}
	l.saw(r, begun, failed, peer)
	if begun {
		l.recent(r.End, failed)
	}
	s.odd(sh, line, l, r, peer)
	if begun && !s.off[Resolver] {
		s.resolves(sh, line, l, r)
	}
	if l.suspect == 0 && !s.suspicious(l, r, begun, failed) {
		if begun {
			s.regular(sh, line, nil, r, peer)
		}
		return
	}
	sus := s.closer(sh, line, l, r.End)
	sh.touch(l.suspect - 1)
	if sus.began == 0 || r.Start < sus.began {
		sus.began = r.Start
	}
	s.sends(sh, l, sus, r, begun, failed, peer)
	if begun {
		s.regular(sh, line, sus, r, peer)
	}
}

// in takes in a record that the line received.
func (s *Sensor) in(sh *shard, line flow.Line, l *live, r *flow.Record) {
	l.down.add(float64(r.Total()), r.Start, r.End, fast)
	l.answers.add(float64(r.Count()), r.Start, r.End, instant)
	l.dnBytes += float32(r.Total())
	if l.suspect != 0 {
		sus := &sh.suspects[l.suspect-1]
		sh.touch(l.suspect - 1)
		sus.receives(r, hashAddr(&r.Src, s.Seed))
	}
	if s.Feed != nil {
		s.listed(sh, line, l, r, &r.Src)
	}
}

// serves tells whether a port is one that servers wait on.
func serves(p uint16) bool { return p < 1024 || login(p) || exposed(p) }

// unconnected tells whether nothing shows that somebody answered: it is no
// connection by TCP, or none that carried anything.
func unconnected(r *flow.Record) bool {
	return r.Protocol != flow.TCP || r.Flags&flow.ACK == 0 || r.Bytes <= 64*r.Packets && r.Flags&(flow.SYN|flow.PSH|flow.FIN) == 0
}

// Ports on which a login waits, and on which a service may answer more than it
// is asked (US-CERT TA14-017A, and later findings).
func login(p uint16) bool {
	switch p {
	case 21, 22, 23, 110, 143, 445, 993, 995, 1433, 2222, 2323, 3306, 3389, 5060, 5432, 5900:
		return true
	}
	return false
}

func amplifies(p uint16) bool {
	switch p {
	case 17, 19, 53, 69, 111, 123, 137, 161, 177, 389, 427, 520, 1900, 3283, 3389, 3702, 5353, 10001, 11211, 27015, 37810:
		return true
	}
	return false
}

// suspicious tells whether a line is worth a closer look upon a record that it
// sent. It errs on the side of looking.
func (s *Sensor) suspicious(l *live, r *flow.Record, begun, failed bool) bool {
	switch {
	case failed && l.recentFails >= 4, begun && l.recentFlows >= 100:
		return true
	case begun && (r.DstPort == 25 && !l.mail || login(r.DstPort)):
		return true
	case begun && r.DstPort == 53 && r.Protocol == flow.UDP && (r.Bytes > 110*r.Packets || s.Own != nil && !s.Own(r.Dst)):
		return true
	case r.Protocol == flow.UDP && amplifies(r.SrcPort) && r.DstPort != r.SrcPort && r.SrcPort < r.DstPort:
		return true
	case float64(l.up.rate)*8 > 300*float64(l.planUp) && l.planUp > 0: // above 30 % of the plan
		return true
	case l.answers.rate < l.sent.rate/10 && l.sent.rate > 60:
		return true
	case unconnected(r) && l.fills(r, 3):
		return true
	case (r.Protocol == flow.ICMP || r.Protocol == flow.ICMPv6) && r.Count() >= 50:
		return true
	case opens(l, r):
		return true
	}
	return s.Feed != nil && s.Feed.Listed(r.Dst) > 0
}

// closer gives what is kept of a line that is looked at closely, from now on.
func (s *Sensor) closer(sh *shard, line flow.Line, l *live, at int64) *suspect {
	if l.suspect != 0 {
		sus := &sh.suspects[l.suspect-1]
		sus.last = max(sus.last, at)
		return sus
	}
	var i uint32
	switch {
	case len(sh.free) > 0:
		i, sh.free = sh.free[len(sh.free)-1], sh.free[:len(sh.free)-1]
		s.stats.suspects.Add(1)
	case len(sh.suspects) < max(1, s.Policy.Suspects/shards):
		i = uint32(len(sh.suspects))
		sh.suspects = append(sh.suspects, suspect{})
		s.stats.suspects.Add(1)
	default:
		i = sh.stalest()
		s.lines[sh.suspects[i].line].suspect = 0
		s.stats.crowded.Add(1)
	}
	sh.suspects[i] = suspect{line: line, created: at, last: at}
	l.suspect = i + 1
	return &sh.suspects[i]
}

// stalest is the suspect that did the least for longest, of some.
func (sh *shard) stalest() uint32 {
	least := 0
	for i := range sh.suspects {
		if sh.suspects[i].last < sh.suspects[least].last {
			least = i
		}
	}
	return uint32(least)
}

// touch has a suspect judged by the next sweep.
func (sh *shard) touch(i uint32) {
	if sus := &sh.suspects[i]; !sus.touched {
		sus.touched = true
		sh.touched = append(sh.touched, i)
	}
}

// patience is for how long a suspect that does nothing any more is looked at.
const patience = 15 * microMinute

// Sweep tells what became certain by the time that went by, and looks no
// longer at lines that are quiet again. It is to be called every half second
// or so, with the time of the exporters.
func (s *Sensor) Sweep(now int64) {
	s.now.Store(now)
	for i := range s.shards {
		s.tell(s.sweep(&s.shards[i], now))
	}
	s.common.forget(now)
}

func (s *Sensor) sweep(sh *shard, now int64) []Finding {
	s.grow.RLock()
	defer s.grow.RUnlock()
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for i := range sh.suspects {
		sus := &sh.suspects[i]
		if sus.line == 0 {
			continue
		}
		if sus.touched {
			sus.touched = false
			s.judge(sh, &s.lines[sus.line], sus, now)
		}
		s.learned(&s.lines[sus.line], sus, now)
		if now-sus.last > patience {
			s.lines[sus.line].suspect = 0
			*sus = suspect{}
			sh.free = append(sh.free, uint32(i))
			s.stats.suspects.Add(-1)
		}
	}
	sh.touched = sh.touched[:0]
	return sh.take()
}

// take gives what was found since the last time.
func (sh *shard) take() []Finding {
	found := slices.Clone(sh.found)
	sh.found = sh.found[:0]
	return found
}

// Glance tells of floods that became certain by the time that went by, among
// the lines that did something since the last Sweep. It costs little, and may be
// called several times between two sweeps.
func (s *Sensor) Glance(now int64) {
	for i := range s.shards {
		s.tell(s.glance(&s.shards[i], now))
	}
}

func (s *Sensor) glance(sh *shard, now int64) []Finding {
	s.grow.RLock()
	defer s.grow.RUnlock()
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for _, i := range sh.touched {
		if sus := &sh.suspects[i]; sus.touched && sus.line != 0 {
			s.floods(sh, &s.lines[sus.line], sus, now)
		}
	}
	return sh.take()
}

// Learn closes the hours of lines that have sent nothing since they ended:
// those of the given part of all lines, from 0 to parts.
func (s *Sensor) Learn(now int64, part, parts int) {
	s.grow.RLock()
	defer s.grow.RUnlock()
	from, to := len(s.lines)*part/parts, len(s.lines)*(part+1)/parts
	for n := max(from, 1); n < to; n++ {
		sh := &s.shards[n%shards]
		sh.mu.Lock()
		if l := &s.lines[n]; l.hour != 0 {
			s.turn(flow.Line(n), l, now)
		}
		sh.mu.Unlock()
	}
}
