package match

import (
	"slices"

	"candor/engine/gram"
	"candor/engine/automaton"
	"candor/engine/internal/plan"
	"candor/engine/module"
)

// hitLimit bounds the occurrences of one atom that are noted; a pattern with
// more is searched for in the whole content.
const hitLimit = 4096

// Scanner runs a Set over one piece of content after another. It belongs to
// one goroutine.
type Scanner struct {
	set *Set
	log func(string)

	data    []byte
	input   *module.Input
	objects map[string]module.Object
	extern  []module.Value

	epoch    uint32 // of the scan; what carries an older one is void
	ruleMark []uint32
	ruleTrue []bool
	busy     []uint32 // by rule: epoch<<1|1 while it is evaluated, as a guard against cycles
	hitMark  []uint32 // by pattern
	hitHead  []int32
	over     []uint32 // by pattern: epoch if an atom of it is saturated
	hits     []hit
	occMark  []uint32 // by pattern
	occAt    []int32
	occs     []occurrences
	occUsed  int

	candMark   []uint32 // by rule
	candidates []uint32
	lanes      []*plan.Lane  // by group, of this scan
	finders    []gram.Finder // by group

	matchers map[*automaton.Program]*automaton.Matcher
	matched  []uint32
	Cand     map[uint32]int
	Hits     int
}

// hit is an atom by which a pattern may occur.
type hit struct {
	use  plan.Use
	atom uint32
	next int32
}

// NewScanner gives a Scanner over set. Log receives console output; it may be nil.
func NewScanner(set *Set, log func(string)) *Scanner {
	if log == nil {
		log = func(string) {}
	}
	n, p := set.Rules(), set.Patterns
	s := &Scanner{
		set: set, log: log,
		ruleMark: make([]uint32, n), ruleTrue: make([]bool, n), busy: make([]uint32, n), candMark: make([]uint32, n),
		hitMark: make([]uint32, p), hitHead: make([]int32, p), over: make([]uint32, p), occMark: make([]uint32, p), occAt: make([]int32, p),
		lanes:    make([]*plan.Lane, len(set.Groups)),
		finders:  make([]gram.Finder, len(set.Groups)),
		matchers: map[*automaton.Program]*automaton.Matcher{},
	}
	return s
}

// Scan gives the numbers of the rules that match data, in order, global and
// private ones included. Extern are the values of Set.Externals. The result
// is valid until the next Scan.
func (s *Scanner) Scan(data []byte, extern []module.Value, now func() int64) []uint32 {
	s.begin(data, extern, now)
	route := plan.RouteOf(data)
	for g := range s.set.Groups {
		group := &s.set.Groups[g]
		s.lanes[g] = nil
		if s.allTrue(group.Globals) {
			s.run(g, group.Lanes[route])
		}
	}
	slices.Sort(s.candidates)
	if s.Cand == nil {
		s.Cand = map[uint32]int{}
	}
	for _, r := range s.candidates {
		s.Cand[r]++
	}
	s.Hits += len(s.hits)
	for _, r := range s.candidates {
		if s.rule(r) {
			s.matched = append(s.matched, r)
		}
	}
	return s.matched
}

func (s *Scanner) begin(data []byte, extern []module.Value, now func() int64) {
	if s.epoch++; s.epoch >= 1<<31 {
		s.epoch = 1
		for _, m := range [][]uint32{s.ruleMark, s.busy, s.candMark, s.hitMark, s.over, s.occMark} {
			clear(m)
		}
	}
	s.data, s.extern = data, extern
	s.input = &module.Input{Data: data, Cache: map[string]any{}, Log: s.log, Now: now}
	s.objects = nil
	s.hits, s.occUsed = s.hits[:0], 0
	s.candidates, s.matched = s.candidates[:0], s.matched[:0]
}

func (s *Scanner) allTrue(rules []uint32) bool {
	for _, r := range rules {
		if !s.rule(r) {
			return false
		}
	}
	for _, r := range rules {
		s.candidate(r)
	}
	return true
}

func (s *Scanner) candidate(r uint32) {
	if s.candMark[r] != s.epoch {
		s.candMark[r] = s.epoch
		s.candidates = append(s.candidates, r)
	}
}

// run looks for the atoms of a lane and notes what may occur and match.
func (s *Scanner) run(g int, l *plan.Lane) {
	s.lanes[g] = l
	for _, r := range l.Always {
		s.candidate(r)
	}
	if l.Table.Atoms() == 0 {
		return
	}
	f := &s.finders[g]
	f.Limit = hitLimit
	f.Find(l.Table, s.data)
	for _, atom := range f.Found {
		for _, u := range l.Uses[l.UseOff[atom]:l.UseOff[atom+1]] {
			s.note(l, plan.Use(u), f, atom)
		}
	}
}

// note remembers that a pattern may occur where an atom does.
func (s *Scanner) note(l *plan.Lane, u plan.Use, f *gram.Finder, atom uint32) {
	p := u.Pattern()
	if s.hitMark[p] != s.epoch {
		s.hitMark[p], s.hitHead[p] = s.epoch, -1
		if i, ok := slices.BinarySearch(l.TriggerKeys, p); ok {
			for _, r := range l.Triggers[l.TriggerOff[i]:l.TriggerOff[i+1]] {
				s.candidate(r)
			}
		}
	}
	if f.Saturated(atom) {
		s.over[p] = s.epoch
	}
	s.hits = append(s.hits, hit{atom: atom, use: u, next: s.hitHead[p]})
	s.hitHead[p] = int32(len(s.hits) - 1)
}

// rule tells whether a rule matches.
func (s *Scanner) rule(r uint32) bool {
	if s.ruleMark[r] == s.epoch {
		return s.ruleTrue[r]
	}
	if s.busy[r] == s.epoch {
		return false
	}
	s.busy[r] = s.epoch
	u := s.set.unit(r)
	f := frame{s: s, u: u, loop: -1}
	ok, _ := f.truth(u.rule.Cond)
	s.ruleMark[r], s.ruleTrue[r] = s.epoch, ok
	return ok
}

// tracked tells whether the hits of a pattern of rule r say all about it.
func (s *Scanner) tracked(r, p uint32) bool {
	l := s.lanes[s.set.GroupOf[r]]
	return l != nil && l.Tracked[p>>6]>>(p&63)&1 != 0 && s.over[p] != s.epoch
}

func (s *Scanner) matcher(p *automaton.Program) *automaton.Matcher {
	m := s.matchers[p]
	if m == nil {
		if len(s.matchers) >= maxMatchers {
			clear(s.matchers)
		}
		m = p.NewMatcher()
		m.Limit = 0
		s.matchers[p] = m
	}
	return m
}

// maxMatchers bounds the automata that a Scanner keeps warm.
const maxMatchers = 64

// Value gives the value of a condition's module by name.
func (s *Scanner) object(name string) module.Object {
	if o, ok := s.objects[name]; ok {
		return o
	}
	m, ok := s.set.Modules[name]
	if !ok {
		return nil
	}
	o := m.Open(s.input)
	if s.objects == nil {
		s.objects = map[string]module.Object{}
	}
	s.objects[name] = o
	return o
}

// Strings calls yield with every occurrence of the public patterns of rule r
// in the content of the last Scan.
func (s *Scanner) Strings(r uint32, yield func(name string, start, length int, data []byte)) {
	u := s.set.unit(r)
	f := frame{s: s, u: u, loop: -1}
	for i := range u.rule.Patterns {
		if u.rule.Patterns[i].Private {
			continue
		}
		o := f.all(uint32(i))
		for k, start := range o.starts {
			n := f.lengthOf(uint32(i), o, k)
			yield(u.rule.Patterns[i].Name, start, n, s.data[start:start+n])
		}
	}
}
