package detect

import (
	"math/bits"
	"sync"
	"sync/atomic"

	"candor"
	"candor/internal/flow"
)

func confidence(percent uint8) candor.Confidence { return candor.Confidence(min(percent, 100)) }

// common is what lines have in common: what many of them do.
type common struct {
	mu      sync.Mutex
	dests   prevalence // of what lines contact again and again
	uploads prevalence // of what lines send much to
	resolve prevalence // of whom they ask for names
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

// forget forgets scans of long ago.
func (c *common) forget(now int64) {
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
}

// prevalence tells how many lines, about, contact a service: of each, sixty
// four bits by the hash of the line. Different services may fall together,
// which makes them look more common than they are. All lines share it, so it
// has no lock but to turn.
type prevalence struct {
	days  int64 // that a contact is kept for, at least; 1 if 0
	turn  atomic.Int64
	first int64 // turn
	turns sync.Mutex
	cells atomic.Pointer[[2][services]atomic.Uint64] // those of an even turn, and of an odd one; nil before the first
}

const services = 1 << 18

// count is how many lines contact a service, about.
func (p *prevalence) count(service uint64) float64 {
	cells := p.cells.Load()
	if cells == nil {
		return 0
	}
	i := service % services
	return linear(64, 64-bits.OnesCount64(cells[0][i].Load()|cells[1][i].Load()))
}

// before is how many lines contacted a service in the turn before, about.
func (p *prevalence) before(service uint64) float64 {
	cells := p.cells.Load()
	if cells == nil {
		return 0
	}
	return linear(64, 64-bits.OnesCount64(cells[1-p.turn.Load()&1][service%services].Load()))
}

// settled tells whether a whole turn was noted. It is to be asked after pass.
func (p *prevalence) settled() bool { return p.turn.Load() >= p.first+2 }

// add notes that a line contacts a service and gives how many did, lately.
func (p *prevalence) add(service uint64, line flow.Line, at int64) float64 {
	p.pass(at)
	cell := &p.cells.Load()[p.turn.Load()&1][service%services]
	if bit := uint64(1) << (mix(uint64(line)) & 63); cell.Load()&bit == 0 {
		cell.Or(bit)
	}
	return p.count(service)
}

// pass lets time go by.
func (p *prevalence) pass(at int64) {
	if turn := at / (24 * microHour * max(p.days, 1)); turn > p.turn.Load() || p.cells.Load() == nil {
		p.turnTo(turn)
	}
}

// turnTo forgets what was noted the turn before the last.
func (p *prevalence) turnTo(turn int64) {
	p.turns.Lock()
	defer p.turns.Unlock()
	cells := p.cells.Load()
	if cells == nil {
		cells = new([2][services]atomic.Uint64)
		p.first = turn
		defer p.cells.Store(cells)
	} else if turn <= p.turn.Load() {
		return
	}
	for i := range cells[turn&1] {
		cells[turn&1][i].Store(0)
	}
	p.turn.Store(turn)
}
