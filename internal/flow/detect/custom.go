package detect

import (
	"sync"

	"candor/internal/flow/normal"
)

// custom is something that honest lines do too, in small: how much of it is too
// much is learned of lines of a plan.
type custom int

const (
	unanswered custom = iota // packets a second to one address that answers nothing
	carpeted                 // packets a second to all, of which nobody answers any
	amplified                // KiB a second by which a service answers more than it is asked
	customs
)

// customary holds, for each group of lines, how much of each custom they do at
// most within ten minutes in which they are looked at closely and nothing is
// found: the tail of that (normal.Tail) says what an honest line exceeds as
// seldom as the policy allows. It is safe for concurrent use.
type customary struct {
	mu     sync.RWMutex
	groups map[normal.Group]*[customs]normal.Tail
}

const (
	// period is what one look is about, and periodsAYear how many there are.
	period       = again
	periodsAYear = 365 * 24 * 6
	// enough is how many of the largest values are known before they count; until
	// then firstly does, which is what the simulated lines of all plans exceed as
	// seldom.
	enough = 50
)

// firstly are the limits of a group of which nothing is known. Half of that is
// what no limit is below, since a program that tries a host again and again that
// is gone, or answers some queries of strangers, does no harm to anybody.
func firstly(what custom) float64 { return [customs]float64{80, 80, 16}[what] }

// limit is how much of a custom a line of a group may do.
func (c *customary) limit(g normal.Group, what custom, falseAlarms float64) float64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	t := c.groups[g]
	if t == nil || t[what].Count < enough {
		return firstly(what)
	}
	return max(firstly(what)/2, t[what].Bound(falseAlarms/periodsAYear, 0))
}

// learn takes in what a line of a group did at most.
func (c *customary) learn(g normal.Group, most *[customs]float32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.groups == nil {
		c.groups = map[normal.Group]*[customs]normal.Tail{}
	}
	t := c.groups[g]
	if t == nil {
		t = new([customs]normal.Tail)
		c.groups[g] = t
	}
	for what := range customs {
		t[what].Add(float64(most[what]), 0.02+0.1*float64(t[what].Excess))
	}
}

// does notes how much of a custom a suspect does.
func (s *suspect) does(what custom, much float64) { s.most[what] = max(s.most[what], float32(much)) }

// learned has what a suspect did taken in, once a period, if nothing was found.
func (s *Sensor) learned(l *live, sus *suspect, now int64) {
	if sus.noted == 0 {
		sus.noted = sus.created
	}
	if now-sus.noted < period {
		return
	}
	if !sus.guilty(sus.noted - again) {
		s.customary.learn(l.group, &sus.most)
	}
	sus.noted, sus.most = now, [customs]float32{}
}
