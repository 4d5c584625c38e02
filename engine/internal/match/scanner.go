package match

import (
	"slices"
	"time"

	"candor/engine/automaton"
	"candor/engine/gram"
	"candor/engine/internal/ir"
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

	data    []byte
	size    int          // of the file; that of data unless data is a normal form
	input   module.Input // that of a view; its memory is used again
	objects map[string]module.Object
	extern  []module.Value

	consulted uint64 // by external variable, the last bit for all from the 64th on: it had a say
	clocked   bool   // the time had a say

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

	plain       int    // an offset before which the content is known to be plain text
	printed     uint32 // epoch if isPrintable says whether it is that without DEL
	isPrintable bool
	candMark    []uint32 // by rule
	candidates  []uint32
	plan        *plan.Plan    // of the view
	finders     []gram.Finder // by group, and last by alphabet those of the plan's strong atoms
	opened      []uint32      // by group: epoch if an atom opened its gate
	ran         []uint32      // by group: epoch if its gate was open and its atoms have been looked for
	group       int           // whose rules are being evaluated; -1 for global rules

	matchers map[*automaton.Program]*automaton.Matcher
	leads    map[*ir.Variant]*automaton.Program

	situations *situations // nil until one is asked for
	asking     bool        // questions are being asked: there are so many and no more
	places     []int
	args       []module.Value // of calls
	exe        *executable
	reported   map[uint32]bool
	yield      func(uint32)
	now        func() int64 // as the caller has it: conditions ask through clock

	observe    func(form []byte) // nil for nobody
	observeAll bool              // also forms that no rule of the set is matched against
	forms      []form
	textBuffer []byte
	texts      gram.Finder // of the atoms of the text gate
	html       normal.Pages

	profile []Cost // by rule; nil unless costs are kept
}

// hit is an atom by which a pattern may occur.
type hit struct {
	use    plan.Use
	atom   uint32
	next   int32
	finder uint32
}

// NewScanner gives a Scanner over set. Log receives console output; it may be nil.
func NewScanner(set *Set, log func(string)) *Scanner {
	if log == nil {
		log = func(string) {}
	}
	n, p := set.Rules(), set.Patterns
	s := &Scanner{
		set:      set,
		ruleMark: make([]uint32, n), ruleTrue: make([]bool, n), busy: make([]uint32, n), candMark: make([]uint32, n),
		hitMark: make([]uint32, p), hitHead: make([]int32, p), over: make([]uint32, p), occMark: make([]uint32, p), occAt: make([]int32, p),
		finders:  make([]gram.Finder, len(set.Groups)+int(plan.Alphabets)),
		opened:   make([]uint32, len(set.Groups)+1), // and the normal form of texts
		ran:      make([]uint32, len(set.Groups)),
		matchers: map[*automaton.Program]*automaton.Matcher{},
		reported: map[uint32]bool{},
	}
	s.input = module.Input{Cache: map[string]any{}, Log: log, Now: s.clock}
	return s
}

// Scan calls yield with the number of each rule that matches data, once each,
// global and private ones included. Extern are the values of Set.Externals.
func (s *Scanner) Scan(data []byte, extern []module.Value, now func() int64, yield func(rule uint32)) {
	s.prepare(extern, now, yield)
	if !s.set.Signatures {
		s.view(Raw, &form{data: data, rules: true, size: len(data)})
		switch {
		case s.observe != nil && s.observeAll:
			s.Forms(data, s.observe)
		case s.observe != nil:
			s.observe(data)
		}
		return
	}
	defer s.trim()
	allowed := s.allowed(data)
	for _, f := range s.formsOf(data) {
		if s.observe != nil {
			s.show(&f, data, s.plain, s.observe)
		}
		f.signatures = !allowed && !f.unsigned
		switch {
		case f.rules:
			if f.signatures {
				s.digests(data)
			}
			s.view(Raw, &f)
		case f.signatures && (!f.text || s.textForm(&f, data)):
			if f.digests {
				digestsOf(f.data, s.set.Digests, s.report)
			}
			s.view(Normal, &f)
		}
	}
}

func (s *Scanner) prepare(extern []module.Value, now func() int64, yield func(rule uint32)) {
	s.extern, s.yield = extern, yield
	s.consulted, s.clocked = 0, false
	s.now = now
	clear(s.reported)
}

// clock gives the time, and notes that it had a say.
func (s *Scanner) clock() int64 {
	s.clocked = true
	return s.now()
}

// Consulted tells which external variables had a say in the last Scan, a bit
// each and the last one for all from the 64th on, and whether the time had.
func (s *Scanner) Consulted() (extern uint64, clock bool) { return s.consulted, s.clocked }

// keepText bounds the memory in bytes that is kept for the next text.
const keepText = 2 << 20

// trim lets go of the forms of large content.
func (s *Scanner) trim() {
	if cap(s.textBuffer) > keepText {
		s.textBuffer = nil
	}
	s.html.Trim()
}

// view looks for rules in one form of the content.
func (s *Scanner) view(view int, f *form) {
	s.begin(f.data)
	s.size = f.size
	p := s.set.Plans[view][plan.RouteOf(f.data)]
	if p == nil || !s.concerns(f) {
		return
	}
	s.plan = p
	has := [plan.Alphabets]bool{plan.Text: true}
	if p.Strong[plan.High].Table.Atoms()+p.Strong[plan.Control].Table.Atoms() > 0 {
		has, s.plain = plan.AlphabetsIn(f.data)
	}
	for a := range p.Strong {
		if n := len(s.set.Groups) + a; has[a] {
			s.find(&s.finders[n], &p.Strong[a], n)
		}
	}
	whole := false // a lane has been run that does for those within
	for g := range p.Order {
		group := &s.set.Groups[g]
		if !f.takes(group.Target) || s.opened[g] != s.epoch && !group.Gate.Open(f.data) {
			continue
		}
		s.group = -1
		if !s.allTrue(group.Globals) {
			continue
		}
		s.ran[g] = s.epoch
		for _, r := range p.Lanes[g].Always {
			s.candidate(r)
		}
		if !whole || !p.Lanes[g].Within {
			s.find(&s.finders[g], &p.Lanes[g].Weak, g)
		}
		whole = whole || p.Lanes[g].Whole
	}
	s.evaluate()
}

// concerns tells whether any group has rules that see a form.
func (s *Scanner) concerns(f *form) bool {
	for g := range s.set.Groups {
		if s.set.ruled[g] && f.takes(s.set.Groups[g].Target) {
			return true
		}
	}
	return false
}

// evaluate decides the candidates.
func (s *Scanner) evaluate() {
	slices.Sort(s.candidates)
	for _, r := range s.candidates {
		if s.group = int(s.set.GroupOf[r]); s.ran[s.group] == s.epoch && s.decide(r) {
			s.report(r)
		}
	}
}

// Cost is what the evaluation of a rule has cost so far.
type Cost struct {
	Candidate int // how often it was one
	Time      time.Duration
}

// Profile makes the Scanner keep what rules cost, and gives it by rule.
func (s *Scanner) Profile() []Cost {
	if s.profile == nil {
		s.profile = make([]Cost, s.set.Rules())
	}
	return s.profile
}

// decide is rule for a candidate.
func (s *Scanner) decide(r uint32) bool {
	if s.profile == nil {
		return s.rule(r)
	}
	begin := time.Now()
	ok := s.rule(r)
	s.profile[r].Candidate++
	s.profile[r].Time += time.Since(begin)
	return ok
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
		for _, m := range [][]uint32{s.ruleMark, s.busy, s.candMark, s.hitMark, s.over, s.occMark, s.opened, s.ran} {
			clear(m)
		}
		s.printed = 0
	}
	s.data, s.size, s.plain = data, len(data), 0
	s.input.Data = data
	clear(s.input.Cache)
	s.objects, s.exe, s.plan = nil, nil, nil
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

// find looks for the atoms of an index and notes what may occur and match.
func (s *Scanner) find(f *gram.Finder, x *plan.Index, number int) {
	if x.Table.Atoms() == 0 {
		return
	}
	f.Limit = hitLimit
	f.Find(x.Table, s.data)
	for _, atom := range f.Found {
		for _, u := range x.Uses[x.UseOff[atom]:x.UseOff[atom+1]] {
			s.note(plan.Use(u), f, atom, number)
		}
	}
}

// note remembers that a pattern may occur where an atom does.
func (s *Scanner) note(u plan.Use, f *gram.Finder, atom uint32, finder int) {
	if g, ok := u.Gate(); ok {
		if g < len(s.set.Groups) || s.opened[g] != s.epoch && s.textOpens(u, f, atom) {
			s.opened[g] = s.epoch
		}
		return
	}
	p := u.Pattern()
	if s.hitMark[p] != s.epoch {
		s.hitMark[p], s.hitHead[p] = s.epoch, -1
		if i, ok := slices.BinarySearch(s.plan.TriggerKeys, p); ok {
			for _, r := range s.plan.Triggers[s.plan.TriggerOff[i]:s.plan.TriggerOff[i+1]] {
				s.candidate(r)
			}
		}
	}
	if f.Saturated(atom) {
		s.over[p] = s.epoch
	}
	s.hits = append(s.hits, hit{atom: atom, use: u, next: s.hitHead[p], finder: uint32(finder)})
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

// tracked tells whether the hits of a pattern say all about it: whether all
// its atoms have been looked for.
func (s *Scanner) tracked(p uint32) bool {
	if s.over[p] == s.epoch || s.plan == nil {
		return false
	}
	if s.plan.Tracked[p>>6]>>(p&63)&1 != 0 {
		return true
	}
	if s.group < 0 || s.ran[s.group] != s.epoch {
		return false
	}
	_, ok := slices.BinarySearch(s.plan.Lanes[s.group].Tracked, p)
	return ok
}

func (s *Scanner) matcher(p *automaton.Program) *automaton.Matcher {
	m := s.matchers[p]
	if m == nil {
		if len(s.matchers) >= maxMatchers && !s.asking {
			clear(s.matchers)
		}
		m = p.NewMatcher()
		s.matchers[p] = m
	}
	return m
}

// lead gives the automaton of what must stand before v.
func (s *Scanner) lead(v *ir.Variant) *automaton.Program {
	p, ok := s.leads[v]
	if !ok {
		if s.leads == nil {
			s.leads = map[*ir.Variant]*automaton.Program{}
		}
		p = compileTree(v.Lead)
		s.leads[v] = p
	}
	return p
}

// maxMatchers bounds the automata that a Scanner keeps warm.
const maxMatchers = 128

// Value gives the value of a condition's module by name.
func (s *Scanner) object(name string) module.Object {
	if o, ok := s.objects[name]; ok {
		return o
	}
	m, ok := s.set.Modules[name]
	if !ok {
		return nil
	}
	o := m.Open(&s.input)
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

// Exhaustive calls yield with the number of each rule that matches data,
// evaluating every rule and searching every pattern. It is the reference that
// the plans are held against. Only YARA rules take part.
func (s *Scanner) Exhaustive(data []byte, extern []module.Value, now func() int64, yield func(rule uint32)) {
	s.prepare(extern, now, yield)
	s.begin(data)
	s.group = -1
	for r := range uint32(s.set.Rules()) {
		group := &s.set.Groups[s.set.GroupOf[r]]
		if group.Target == 0 && s.rule(r) && s.governed(group) {
			s.report(r)
		}
	}
}

// governed tells whether the global rules of a rule's namespace match.
func (s *Scanner) governed(group *Group) bool {
	for _, g := range group.Globals {
		if !s.rule(g) {
			return false
		}
	}
	return true
}
