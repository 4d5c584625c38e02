package detect

import (
	"math"
	"slices"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/normal"
)

// live is what is kept of every line. It holds no pointers.
type live struct {
	up, down leaky   // bytes a second, over some ten seconds
	slow     leaky   // as up, over half an hour
	answers  leaky   // packets a second that came in
	sent     leaky   // packets a second that went out
	served   uint64  // services that were seen, by the hash of protocol and port
	hour     uint32  // since 1970, of what follows
	upBytes  float32 // and dnBytes, packets, flows
	dnBytes  float32
	packets  uint32
	flows    uint32
	suspect  uint32 // index in the shard, plus 1
	peers    few
	ports    few
	odd      [4]few    // ports without a meaning, and addresses that were talked with on them; the same of the hour before
	uploads  [4]uint16 // networks that much was sent to, by their hash, the last ones

	planUp, planDown uint32 // kbit/s
	group            normal.Group
	tries, fails     uint16 // connections in the hour, or a half or a quarter of them; and those without an answer
	minute           uint16 // since 1970, the end of the number: of recentFails and recentFlows
	usual, rare      uint16 // whom it asks for names, by their hash: mostly, and of late
	asks, rarely     uint8  // how often: see resolves
	recentFails      uint8  // in the minute
	recentFlows      uint8
	mail, names      bool
	known            bool // its plan was told
}

// The times over which rates are taken, in seconds.
const (
	fast    = 10
	slow    = 1800
	instant = 5
)

// measured is the hour that ended, as levels.
func (l *live) measured() normal.Hour {
	const hour = 3600
	return normal.Hour{
		normal.Up:      normal.LevelOf(normal.Up, float64(l.upBytes)/hour/1024),
		normal.Down:    normal.LevelOf(normal.Down, float64(l.dnBytes)/hour/1024),
		normal.Packets: normal.LevelOf(normal.Packets, float64(l.packets)/hour),
		normal.Flows:   normal.LevelOf(normal.Flows, float64(l.flows)),
		normal.Peers:   normal.LevelOf(normal.Peers, math.Round(l.peers.count())),
		normal.Ports:   normal.LevelOf(normal.Ports, math.Round(l.ports.count())),
		normal.Fails:   normal.LevelOf(normal.Fails, share(l.fails, l.tries)),
	}
}

// clear begins an hour.
func (l *live) clear(hour uint32) {
	l.odd[2], l.odd[3] = few{}, few{}
	if hour == l.hour+1 {
		l.odd[2], l.odd[3] = l.odd[0], l.odd[1]
	}
	l.hour = hour
	l.upBytes, l.dnBytes, l.packets, l.flows, l.tries, l.fails = 0, 0, 0, 0, 0, 0
	l.peers, l.ports, l.odd[0], l.odd[1] = few{}, few{}, few{}, few{}
}

func share(part, whole uint16) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

const microHour, microMinute = int64(time.Hour / time.Microsecond), int64(time.Minute / time.Microsecond)

// recent counts within a minute, and tells how much of it there was.
func (l *live) recent(at int64, failed bool) {
	if minute := uint16(at / microMinute); int16(minute-l.minute) > 0 || int16(minute-l.minute) < -60 {
		l.minute, l.recentFails, l.recentFlows = minute, 0, 0
	}
	if l.recentFlows < math.MaxUint8 {
		l.recentFlows++
		if failed {
			l.recentFails++
		}
	}
}

// saw takes in a record that the line sent: what it adds to the hour.
func (l *live) saw(r *flow.Record, begun, failed bool, peer uint64) {
	l.upBytes += float32(r.Total())
	l.packets = plus(l.packets, r.Count())
	if !begun {
		return
	}
	l.flows = plus(l.flows, 1)
	l.peers.add(peer)
	l.ports.add(mix(uint64(r.DstPort)))
	if r.Protocol == flow.TCP {
		if l.tries == math.MaxUint16 {
			l.tries, l.fails = l.tries/2, l.fails/2
		}
		l.tries++
		if failed {
			l.fails++
		}
	}
}

// fills tells whether the record, over its time or a second, takes more than so
// many hundredths of the plan.
func (l *live) fills(r *flow.Record, percent float64) bool {
	return l.planUp > 0 && float64(r.Total())*8 > percent*10*float64(l.planUp)*max(1, float64(r.End-r.Start)/1e6)
}

// uploaded notes that much is sent to a network, and tells whether that was so
// before.
func (l *live) uploaded(network uint64) bool {
	mark := uint16(network>>48) | 1
	if slices.Contains(l.uploads[:], mark) {
		return true
	}
	copy(l.uploads[1:], l.uploads[:])
	l.uploads[0] = mark
	return false
}

// plus adds and stays at the top.
func plus(a uint32, b uint64) uint32 {
	return uint32(min(uint64(a)+b, math.MaxUint32))
}
