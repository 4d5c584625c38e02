package detect

import (
	"math/bits"
	"sync"

	"candor"
	"candor/internal/flow"
)

func confidence(percent uint8) candor.Confidence { return candor.Confidence(min(percent, 100)) }

// common is what lines have in common: what many of them do.
type common struct {
	mu      sync.Mutex
	dests   prevalence // of what lines contact again and again
	uploads prevalence // of what lines send much to
	scanon  map[uint32]*outbreak
}

// outbreak is the lines that scanned on one port, lately.
type outbreak struct {
	lines map[flow.Line]int64
}

// scans notes that a line scans on a port, and tells whether it is one of a
// growing number: at least three within six hours.
func (c *common) scans(key uint32, line flow.Line, at int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.scanon == nil {
		c.scanon = map[uint32]*outbreak{}
	}
	o := c.scanon[key]
	if o == nil {
		o = &outbreak{lines: map[flow.Line]int64{}}
		c.scanon[key] = o
	}
	if len(o.lines) < 1000 {
		o.lines[line] = at
	}
	return len(o.lines) >= 3
}

func (c *common) sweep(_ *Sensor, now int64) []Finding {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, o := range c.scanon {
		for line, at := range o.lines {
			if now-at > 6*microHour {
				delete(o.lines, line)
			}
		}
		if len(o.lines) == 0 {
			delete(c.scanon, key)
		}
	}
	return nil
}

// prevalence tells how many lines, about, contact a service: of each, sixty
// four bits by the hash of the line. Different services may fall together,
// which makes them look more common than they are.
type prevalence struct {
	mu   sync.Mutex
	bits []uint64
	old  []uint64
	turn int64
	days int64 // that a contact is kept for, at least; 1 if 0
}

const services = 1 << 18

// count is how many lines contact a service, about.
func (p *prevalence) count(service uint64) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bits == nil {
		return 0
	}
	i := service % services
	return linear(64, 64-bits.OnesCount64(p.bits[i]|p.old[i]))
}

// add notes that a line contacts a service and gives how many did, lately.
func (p *prevalence) add(service uint64, line flow.Line, at int64) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bits == nil {
		p.bits, p.old = make([]uint64, services), make([]uint64, services)
	}
	if turn := at / (24 * microHour * max(p.days, 1)); turn > p.turn {
		p.bits, p.old, p.turn = p.old, p.bits, turn
		clear(p.bits)
	}
	i := service % services
	p.bits[i] |= 1 << (mix(uint64(line)) & 63)
	set := bits.OnesCount64(p.bits[i] | p.old[i])
	return linear(64, 64-set)
}
