package detect

import (
	"candor/internal/flow"
)

// suspect is what is kept of a line that is looked at closely.
type suspect struct {
	line      flow.Line
	created   int64
	last      int64
	touched   bool         // since the last sweep
	sampled   int64        // when a record of sampled packets came last, 0 if none did
	raised    [kinds]int64 // when a kind was told last, 0 if it was not
	ports     [12]port
	hosts     [12]host
	tried     uint32 // first contacts by TCP, over all ports
	failed    uint32 // of these
	oddTried  uint32 // of tried, on ports on which no servers wait
	oddFailed uint32
	mail      arrivals
	spoofed   leaky // packets a second that bear others' addresses
	began     int64 // the first of what it sent since the last sweep
	full      full
	unheard   int64 // since when nobody answers, 0 if somebody does
	noted     int64 // when most was learned last
	most      [customs]float32
	queries   float64 // what speaks for data in names
	asked     uint32  // queries of names
	proof     [6]flow.Record
	proofs    uint32
}

// full is when a suspect sent at the full rate of its plan.
type full struct {
	since  int64 // 0 if it does not
	last   int64
	before float64 // bytes a second that it sent in the half hour before
}

// busiest is the address that most is sent to.
func (s *suspect) busiest(now int64) (most *host) {
	for i := range s.hosts {
		if h := &s.hosts[i]; h.hits > 0 && (most == nil || h.bytes.at(now, instant) > most.bytes.at(now, instant)) {
			most = h
		}
	}
	return most
}

// port is what a suspect did on one port of others, or with one of its own
// that others ask (served).
type port struct {
	key      uint32
	hits     uint32
	first    int64
	last     int64
	peers    set
	answered set
	tried    uint32
	failed   uint32
	walk     float32
	before   float32  // of peers, at the last sweep
	logins   arrivals // of sessions with a login, whatever the address
	doors    arrivals // of addresses that do not answer, on a port of logins
	out, in  leaky    // bytes a second
}

// host is what a suspect did with one address.
type host struct {
	addr    flow.Addr
	hits    uint32
	port    uint16 // of the last login
	first   int64
	last    int64
	ports   set
	tried   uint32
	failed  uint32
	walk    float32
	out     leaky  // packets a second
	bytes   leaky  // a second, sent
	icmp    leaky  // packets a second that ask for an echo
	echoes  uint32 // of these, in all
	syn     leaky  // packets a second that only began a connection
	logins  arrivals
	debt    float32 // packets that were sent since something was heard, of which thirty need one answer
	unheard int64   // since when there are too many of these, 0 if there are not
}

// The parts of a port's key.
const (
	served   = 1 << 31
	protocol = 16
)

func portKey(proto uint8, p uint16, own bool) uint32 {
	k := uint32(proto)<<protocol | uint32(p)
	if own {
		k |= served
	}
	return k
}

// port finds the entry of a key, or gives it that of the port with the least
// to it.
func (s *suspect) port(key uint32, at int64) *port {
	least := 0
	for i := range s.ports {
		switch p := &s.ports[i]; {
		case p.hits > 0 && p.key == key:
			p.hits++
			p.last = max(p.last, at)
			return p
		case p.hits < s.ports[least].hits || p.hits == s.ports[least].hits && p.last < s.ports[least].last:
			least = i
		}
	}
	s.ports[least] = port{key: key, hits: 1, first: at, last: at}
	return &s.ports[least]
}

// findPort finds the entry of a key, nil if there is none.
func (s *suspect) findPort(key uint32) *port {
	for i := range s.ports {
		if s.ports[i].hits > 0 && s.ports[i].key == key {
			return &s.ports[i]
		}
	}
	return nil
}

func (s *suspect) host(addr *flow.Addr, start, at int64) *host {
	least := 0
	for i := range s.hosts {
		switch h := &s.hosts[i]; {
		case h.hits > 0 && h.addr == *addr:
			h.hits++
			h.last = max(h.last, at)
			return h
		case h.hits < s.hosts[least].hits || h.hits == s.hosts[least].hits && h.last < s.hosts[least].last:
			least = i
		}
	}
	s.hosts[least] = host{addr: *addr, hits: 1, first: start, last: at}
	return &s.hosts[least]
}

func (s *suspect) findHost(addr *flow.Addr) *host {
	for i := range s.hosts {
		if s.hosts[i].hits > 0 && s.hosts[i].addr == *addr {
			return &s.hosts[i]
		}
	}
	return nil
}

// keep keeps a record as one that may prove something: the last of them, each
// once.
func (s *suspect) keep(r *flow.Record) {
	if n := uint32(len(s.proof)); s.proofs > 0 && s.proof[(s.proofs-1)%n] == *r {
		return
	}
	s.proof[s.proofs%uint32(len(s.proof))] = *r
	s.proofs++
}

// proven are the records kept for which take is true.
func (s *suspect) proven(take func(*flow.Record) bool) []flow.Record {
	var all []flow.Record
	for i := range min(s.proofs, uint32(len(s.proof))) {
		if r := &s.proof[i]; take(r) {
			all = append(all, *r)
		}
	}
	return all
}
