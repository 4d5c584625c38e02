package drill

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"candor"
	"candor/internal/flow"
)

// Abuse is a kind of abuse that is rehearsed.
type Abuse string

// The kinds of abuse.
const (
	SynFlood Abuse = "syn-flood" // connections are begun at one address and never gone on with
	Scan     Abuse = "scan"      // many addresses are tried on one port
	Flood    Abuse = "udp-flood" // packets are sent to one address that nobody answers
)

// Abuses are all kinds.
func Abuses() []Abuse { return []Abuse{SynFlood, Scan, Flood} }

// ParseAbuse reads a kind of abuse; others are candor.ErrInvalid.
func ParseAbuse(text string) (Abuse, error) {
	for _, a := range Abuses() {
		if text == string(a) {
			return a, nil
		}
	}
	return "", candor.WithHint(fmt.Errorf("there is no abuse %.40q: %w", text, candor.ErrInvalid), fmt.Sprintf("Choose some of %v.", Abuses()))
}

// Before the first records that tell of abuse it went on for a second, which is
// the exporter's own delay; then it tells every tenth of a second.
const (
	before = time.Second
	step   = 100 * time.Millisecond
)

// source makes the records of one episode. The same seed makes the same.
type source struct {
	kind   Abuse
	from   flow.Addr
	dice   *rand.Rand
	rate   float64 // packets, or addresses, a second
	victim flow.Addr
	port   uint16
	own    uint16
	next   uint32 // of addresses that are scanned
	until  int64  // what was told of, microseconds since 1970
}

// targets is where abuse goes: 198.18.0.0/15 is for benchmarks (RFC 2544), and
// nobody's.
const targets = 198<<24 | 18<<16

func newSource(kind Abuse, from netip.Addr, seed uint64, begins time.Time) *source {
	s := &source{kind: kind, from: flow.FromIP(from), dice: rand.New(rand.NewPCG(seed, 1207)), until: flow.Time(begins.Add(-before))} //nolint:gosec // it is to be the same again
	s.victim, s.next = flow.V4(targets|s.dice.Uint32N(1<<17)), s.dice.Uint32N(1<<16)
	s.own = uint16(20000 + s.dice.UintN(40000)) //nolint:gosec // below 60000
	ports := []uint16{80, 443, 22, 8080}
	switch kind {
	case SynFlood:
		s.rate = 400 * pow(s.dice, 10)
	case Scan:
		s.rate, ports = 40*pow(s.dice, 10), []uint16{23, 445, 2323, 7547}
	case Flood:
		s.rate, ports = 1000*pow(s.dice, 8), []uint16{80, 9000, 27015, 30120}
	}
	s.port = ports[s.dice.IntN(len(ports))]
	return s
}

// pow draws a factor from 1 to most, alike in all its decimal places.
func pow(dice *rand.Rand, most float64) float64 {
	return 1 + (most-1)*dice.Float64()*dice.Float64()
}

// records tells of what went on until now.
func (s *source) records(now time.Time) (all []flow.Record) {
	from, to := s.until, flow.Time(now)
	s.until = to
	n := max(1, uint64(s.rate*float64(to-from)/1e6))
	r := flow.Record{Start: from, End: to, Src: s.from, Dst: s.victim, SrcPort: s.own, DstPort: s.port, Protocol: flow.TCP, Flags: flow.SYN, Packets: n, Bytes: 40 * n}
	switch s.kind {
	case Flood:
		r.Protocol, r.Flags, r.Bytes = flow.UDP, 0, 1000*n
	case Scan:
		r.Packets, r.Bytes = 1, 40
		for i := range n {
			r.Start = from + int64(i)*(to-from)/int64(n) //nolint:gosec // some hundreds
			r.End, r.Dst = r.Start, flow.V4(targets|s.next%(1<<17))
			s.next++
			all = append(all, r)
		}
		return all
	}
	return []flow.Record{r}
}
