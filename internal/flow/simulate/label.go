package simulate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"candor/internal/flow"
)

// Class is a sort of abuse.
type Class uint8

// Classes of abuse.
const (
	FullRate   Class = iota // an idle line takes all of its upstream at once, and stays
	SYNFlood                // of a victim's port
	UDPFlood                // of a victim
	ICMPFlood               // of a victim
	Reflection              // requests in a victim's name to servers that answer at length
	Reflector               // the line answers such requests
	Scan                    // of one port on many hosts
	PortScan                // of many ports on one host
	Spam                    // to many mail servers
	BruteForce              // of a login
	Beacon                  // calls to one host, at regular intervals
	Tunnel                  // through DNS
	Listed                  // traffic with addresses that feeds name
	Opened                  // a service that was not there before, that strangers use
	Spread                  // a worm's: the fan-out doubles and doubles
	OddPorts                // traffic on ports that the line never used
	Resolver                // names are asked of another resolver, that decides where they lead
	classes    = iota
)

var classNames = [...]string{
	"full-rate", "syn-flood", "udp-flood", "icmp-flood", "reflection", "reflector", "scan", "port-scan", "spam", "brute-force",
	"beacon", "tunnel", "listed", "opened", "spread", "odd-ports", "resolver",
}

func (c Class) String() string { return classNames[c] }

// Classes are all of them.
func Classes() []Class {
	all := make([]Class, classes)
	for i := range all {
		all[i] = Class(i)
	}
	return all
}

// ParseClass is the class of a name.
func ParseClass(name string) (Class, error) {
	if i := slices.Index(classNames[:], name); i >= 0 {
		return Class(i), nil
	}
	return 0, fmt.Errorf("%q is no class of abuse; there are %v", name, Classes())
}

// Unit is what intensities of a class are measured in.
func (c Class) Unit() string {
	switch c {
	case FullRate, SYNFlood, UDPFlood, ICMPFlood, Reflection, Reflector:
		return "share of the upstream"
	case Scan, PortScan, Tunnel:
		return "packets a second"
	case Spam, BruteForce, Opened:
		return "connections a minute"
	case Beacon:
		return "seconds between calls"
	case Listed:
		return "contacts an hour"
	case Resolver:
		return "queries an hour"
	case Spread:
		return "seconds to double"
	}
	return "ports an hour"
}

// Level is how hard an episode is to find.
type Level uint8

// Levels.
const (
	Easy Level = iota
	Middling
	Hard
)

func (l Level) String() string { return [...]string{"easy", "middling", "hard"}[l] }

// Label is the truth of an episode of abuse.
type Label struct {
	ID        uint64 // never 0; the same in every run
	Line      flow.Line
	Class     Class
	From, To  int64 // microseconds since 1970; its records begin and end within
	Level     Level
	Intensity float64 // in the class's unit
	Targets   int     // hosts, or ports of a port scan, that it is about
	Jitter    float64 // of a beacon: the share of the interval that calls stray
	Ramp      int64   // microseconds until it is at its intensity
	Idle      bool    // nobody uses the line two hours before and meanwhile
	Spoofed   bool    // its requests bear others' addresses: only the interface tells whose they are
	Port      uint16  // that it is mostly about; 0 if of no meaning

	up float64 // bits a second that it takes
	// share of the line's other queries that a Resolver takes as well
	share float64
	seed  uint64
	plan  Plan
}

// Active tells whether it overlaps an interval, of microseconds.
func (l *Label) Active(from, to int64) bool { return l.From < to && l.To > from }

// longest is how long an episode may take.
const longest = 2 * day

// Labels are the episodes that overlap an interval, by their beginnings.
func (w *World) Labels(from, to time.Time) []Label {
	var all []Label
	for _, l := range w.labels(flow.Time(from), flow.Time(to)) {
		all = append(all, *l)
	}
	return all
}

func (w *World) labels(from, to int64) (all []*Label) {
	d := newDice()
	for i := 1; i < len(w.houses); i++ {
		all = w.appendLabels(all, d, i, from, to)
	}
	slices.SortStableFunc(all, func(a, b *Label) int { return cmp.Compare(a.From, b.From) })
	return all
}

// appendLabels appends the episodes of a line, by their beginnings.
func (w *World) appendLabels(all []*Label, d *dice, line int, from, to int64) []*Label {
	if w.config.Abuse == 0 {
		return all
	}
	for n := (from - longest) / day; n*day < to; n++ {
		if !w.strikes(line, n) || w.strikes(line, n-1) || w.strikes(line, n-2) {
			continue
		}
		if l := w.episode(d, &w.houses[line], n); l != nil && l.Active(from, to) {
			all = append(all, l)
		}
	}
	return all
}

// strikes tells whether an episode is to begin at a line on a day.
func (w *World) strikes(line int, n int64) bool {
	return w.strike(line, n)>>11 < uint64(w.config.Abuse*(1<<53))
}

func (w *World) strike(line int, n int64) uint64 {
	return mix(w.config.Seed ^ 0xab05e ^ mix(uint64(line)<<32^uint64(n)))
}

// episode draws the episode of a line that begins on a day; nil if none can.
func (w *World) episode(d *dice, h *household, n int64) *Label {
	d.begin(w.strike(int(h.line), n), 1)
	l := &Label{Line: h.line, seed: d.Uint64()}
	l.ID = l.seed | 1
	l.From = n*day + int64(d.Float64()*float64(day))
	l.plan = h.planAt(l.From)
	for range 20 {
		l.Class = w.config.Classes[d.IntN(len(w.config.Classes))]
		if h.suits(l.Class) {
			break
		}
	}
	if !h.suits(l.Class) {
		return nil
	}
	l.Level = Level(d.IntN(3))
	l.Idle = l.Class == FullRate || d.chance(0.5)
	l.Ramp = int64([]float64{0, 0, 5, 30, 120, 300}[d.IntN(6)] * float64(second))
	length := d.magnitude(180, 4*3600)
	length = l.shape(d, length)
	l.Ramp = min(l.Ramp, int64(length/4)*second)
	l.To = l.From + int64(min(length, float64(longest/second))*float64(second))
	return l
}

// suits tells whether an episode can happen at a line: one that shares its
// address cannot be reached.
func (h *household) suits(c Class) bool { return h.kind != CGNAT || c != Reflector && c != Opened }

// shares are bounds of intensities, by level, as shares of the upstream.
var shares = [...][2]float64{{0.8, 1}, {0.3, 0.8}, {0.05, 0.3}}

// graded draws within bounds by level: those of the easy, the middling, and the
// hard ones, each down to the next.
func (l *Label) graded(d *dice, most, easy, middling, least float64) {
	bounds := [...][2]float64{{easy, most}, {middling, easy}, {least, middling}}[l.Level]
	l.Intensity = d.magnitude(bounds[0], bounds[1])
}

// shape draws what belongs to the class, and says how many seconds it takes.
func (l *Label) shape(d *dice, length float64) float64 {
	up := l.plan.Up
	switch l.Class {
	case FullRate:
		l.Intensity, l.Ramp = [...]float64{1, 0.95, 0.9}[l.Level], 0
		l.Targets, l.Port = []int{1, 1, 4, 12}[d.IntN(4)], []uint16{443, 0, 8443, 22}[d.IntN(4)]
		l.up = up * l.Intensity * 0.97
		return max(length, 600)
	case SYNFlood, UDPFlood, ICMPFlood, Reflection, Reflector:
		b := shares[l.Level]
		l.Intensity = d.between(b[0], b[1])
		l.up = up * l.Intensity * 0.97
		l.flooding(d)
		return length
	case Scan:
		l.graded(d, 10000, 100, 10, 1)
		l.Port = []uint16{23, 23, 2323, 445, 22, 3389, 80, 8080, 5555, 6379}[d.IntN(10)]
		return l.probes(300_000, length)
	case PortScan:
		l.graded(d, 1000, 50, 5, 0.5)
		l.Targets = int(d.magnitude(100, 65535))
		return max(min(length, float64(l.Targets)/l.Intensity), 20)
	case Spam:
		l.graded(d, 600, 60, 15, 3)
		l.Targets, l.Port = int([...]float64{d.between(150, 800), d.between(60, 200), d.between(25, 60)}[l.Level]), 25
		l.up = min(up*0.8, l.Intensity/60*20e3*8*2)
		return max(length, 1800)
	case BruteForce:
		l.graded(d, 1200, 120, 30, 6)
		l.Targets, l.Port = []int{1, 1, 3, 20}[d.IntN(4)], []uint16{22, 22, 3389, 5060, 143, 993}[d.IntN(6)]
		l.up = min(up*0.8, l.Intensity/60*3000*8*2)
		return max(length, 900)
	}
	return l.stealth(d, length)
}

// stealth draws what belongs to the classes that take little.
func (l *Label) stealth(d *dice, length float64) float64 {
	up := l.plan.Up
	switch l.Class {
	case Beacon:
		bounds := [...][2]float64{{30, 120}, {120, 900}, {900, 3600}}[l.Level]
		l.Intensity = d.magnitude(bounds[0], bounds[1])
		l.Jitter = d.between(0, [...]float64{0.05, 0.15, 0.3}[l.Level])
		l.Targets, l.Port, l.Ramp = 1, []uint16{443, 80, 8080, 4444, 53}[d.IntN(5)], 0
		l.up = 20e3
		return max(d.between(6, 46)*3600, 60*l.Intensity) // 60 calls or more
	case Tunnel:
		l.graded(d, 100, 20, 5, 0.5)
		l.Intensity = min(l.Intensity, up*0.5/8/300)
		l.Targets, l.Port = 1, 53
		l.up = l.Intensity * 300 * 8
		return max(length, 1800)
	case Listed:
		l.graded(d, 240, 60, 15, 4)
		l.Targets, l.Port = 1+d.IntN(4), []uint16{443, 80, 6667, 8443}[d.IntN(4)]
		l.up = 40e3
		return max(length, 3600)
	case Opened:
		l.graded(d, 300, 60, 15, 4)
		l.Targets, l.Port = int(d.magnitude(20, 2000)), []uint16{23, 3389, 8080, 1080, 3128, 445, 5555, 25}[d.IntN(8)]
		l.up = min(up*0.5, 200e3+l.Intensity/60*30e3*8)
		return max(length, 1800)
	case Spread:
		bounds := [...][2]float64{{20, 60}, {60, 180}, {180, 600}}[l.Level]
		l.Intensity = d.magnitude(bounds[0], bounds[1])
		l.Port, l.Ramp = []uint16{445, 22, 23, 5555, 1433}[d.IntN(5)], 0
		l.up = min(up*0.5, spreadMost*70*8*3)
		return l.Intensity * d.between(9, 13)
	}
	if l.Class == Resolver {
		l.graded(d, 600, 60, 20, 6)
		l.share, l.Idle, l.Ramp = [...]float64{1, 0.85, 0.7}[l.Level], false, 0
		l.Targets, l.Port, l.up = 1, 53, 20e3
		return d.between(24, 46) * 3600
	}
	l.graded(d, 600, 120, 40, 10) // OddPorts
	l.Targets = 1 + d.IntN(12)
	l.up = min(up*0.4, 300e3)
	return max(length, 3600)
}

// flooding draws what belongs to floods.
func (l *Label) flooding(d *dice) {
	l.Targets = 1
	switch l.Class {
	case SYNFlood:
		l.Port = []uint16{80, 443, 22, 25565}[d.IntN(4)]
		l.Spoofed = false
	case UDPFlood:
		l.Port = []uint16{0, 53, 80, 443, 3074}[d.IntN(5)]
	case Reflection:
		l.Spoofed = true
		l.Targets, l.Port = int(d.magnitude(50, 2000)), []uint16{53, 123, 11211, 1900, 389}[d.IntN(5)]
	case Reflector:
		l.Targets, l.Port = int(d.magnitude(3, 200)), []uint16{53, 123, 1900, 389}[d.IntN(4)]
	}
}

// probes bounds an episode to so many, and the rate to what the upstream
// carries.
func (l *Label) probes(most, length float64) float64 {
	l.Intensity = min(l.Intensity, l.plan.Up*0.8/(60*8))
	l.up = l.Intensity * 60 * 8
	return max(min(length, most/l.Intensity), 20)
}

// quietIn tells whether nobody is to use the line in an hour.
func quietIn(labels []*Label, s *span) bool {
	return slices.ContainsFunc(labels, func(l *Label) bool {
		return l.Idle && l.Active(s.start-2*hour, s.start+3*hour)
	})
}

// misuse starts an episode: what goes on already gets what is left.
func (p *planner) misuse(live []session, h *household, l *Label) []session {
	rest := math.Max(1-l.up/l.plan.Up, 0.01)
	if l.up > 0.02*l.plan.Up {
		for i := range live {
			if s := &live[i]; s.end > l.From {
				s.up *= rest
				s.down *= rest
			}
		}
	}
	return append(live, session{
		start: l.From, next: l.From, end: l.To, seed: l.seed, up: l.up, label: l, local: h.port(l.seed), port: l.Port, protocol: flow.TCP,
	})
}
