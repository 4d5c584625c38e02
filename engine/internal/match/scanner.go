package match

import (
	"slices"

	"candor/engine/automaton"
	"candor/engine/gram"
	"candor/engine/internal/model"
	"candor/engine/internal/plan"
	"candor/engine/module"
	"candor/engine/normal"
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
	opened     []uint32      // by group: epoch if an atom opened its gate

	matchers map[*automaton.Program]*automaton.Matcher
	leads    map[*model.Variant]*automaton.Program
	exe      *executable
	reported map[uint32]bool
	yield    func(uint32)
	now      func() int64

	forms      []form
	textBuffer []byte
	html       normal.Pages

	Cand map[uint32]int
	Hits int
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
		opened:   make([]uint32, len(set.Groups)),
		matchers: map[*automaton.Program]*automaton.Matcher{},
		reported: map[uint32]bool{},
	}
	return s
}

// Scan calls yield with the number of each rule that matches data, once each,
// global and private ones included. Extern are the values of Set.Externals.
func (s *Scanner) Scan(data []byte, extern []module.Value, now func() int64, yield func(rule uint32)) {
	s.extern, s.now, s.yield = extern, now, yield
	clear(s.reported)
	s.begin(data)
	route := plan.RouteOf(data)
	for g := range s.set.Groups {
		group := &s.set.Groups[g]
		s.lanes[g] = nil
		if group.Target == 0 && (s.opened[g] == s.epoch || group.Gate.Open(data)) && s.allTrue(group.Globals) {
			s.run(g, group.Lanes[route])
		}
	}
	s.evaluate()
	if s.set.Signatures {
		s.signatures(data)
	}
}

// evaluate decides the candidates.
func (s *Scanner) evaluate() {
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
			s.report(r)
		}
	}
}

func (s *Scanner) report(r uint32) {
	if !s.reported[r] {
		s.reported[r] = true
		s.yield(r)
	}
}

// begin makes data the content that rules are evaluated over.
func (s *Scanner) begin(data []byte) {
	if s.epoch++; s.epoch >= 1<<31 {
		s.epoch = 1
		for _, m := range [][]uint32{s.ruleMark, s.busy, s.candMark, s.hitMark, s.over, s.occMark, s.opened} {
			clear(m)
		}
	}
	s.data = data
	s.input = &module.Input{Data: data, Cache: map[string]any{}, Log: s.log, Now: s.now}
	s.objects, s.exe = nil, nil
	s.hits, s.occUsed = s.hits[:0], 0
	s.candidates = s.candidates[:0]
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
	if l == nil {
		return
	}
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
	if g, ok := u.Gate(); ok {
		s.opened[g] = s.epoch
		return
	}
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

// lead gives the automaton of what must stand before v.
func (s *Scanner) lead(v *model.Variant) *automaton.Program {
	p, ok := s.leads[v]
	if !ok {
		if s.leads == nil {
			s.leads = map[*model.Variant]*automaton.Program{}
		}
		p = compileTree(v.Lead)
		s.leads[v] = p
	}
	return p
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

// Strings calls yield with every occurrence of the public patterns of rule r.
// It may be called for a rule only while Scan is telling of it.
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
