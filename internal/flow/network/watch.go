package network

import (
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/detect"
	"candor/internal/flow/normal"
)

// Config is what a Watch is made of.
type Config struct {
	// Source gives the exporter of a number in records.
	Source func(number uint32) (netip.Addr, bool)
	// Inside are the provider's networks. Without them all traffic is inbound, and
	// no prefixes are watched.
	Inside []netip.Prefix
	// Who tells which lines a peak is of; nil knows none.
	Who      flow.Who
	Calendar normal.Calendar
	// Alarms is how many peaks and silences of all parts may be told in a year
	// though nothing is wrong; 12 if 0.
	Alarms float64
	// Most bounds the parts that are watched; 16384 if 0.
	Most int
	Seed uint64
	Off  []string // kinds of findings that are not told
	// Found takes findings, whose Line is 0. It is called by Sweep and holds it
	// up. Nil takes none.
	Found func(detect.Finding)
}

const (
	mostParts = 1 << 14
	// mostOfOne bounds the interfaces of one exporter.
	mostOfOne = 1024
	alarms    = 12.0
	// candidates is how many parts of a kind are weighed at once in a stripe.
	candidates = 1024
	stripes    = 4
)

// Memory bounds what a Watch with n parts takes, in bytes: parts with their
// history, what is counted, and candidates.
func Memory(n int) int {
	const onePart, oneCount, oneKey = 1400, 32, 128
	return n*(onePart+stripes*oneCount+4*oneKey) + stripes*(int(kinds)+1)*candidates*2*oneKey + 1<<20
}

// Watch watches the parts of the network. It is a flow.Sink, and safe for
// concurrent use.
type Watch struct {
	Config
	stripes [stripes]stripe

	mu     sync.Mutex // of what follows; taken before that of a stripe
	parts  []*part
	number map[Part]int32
	of     [kinds]int        // parts of a kind
	faces  map[flow.Addr]int // interfaces of an exporter
	stale  bool              // the stripes do not know the numbers
	minute int64             // since 1970, that is counted now; 0 before the first sweep
	whole  bool              // it was counted from its beginning
	events []*Event          // the last ones, the newest last
	dice   *rand.Rand
}

// stripe is what some of the exporters tell of, under a lock of its own.
type stripe struct {
	mu      sync.Mutex
	number  map[Part]int32 // as of Watch, never changed
	counts  []count
	fresh   weighed
	full    map[flow.Addr]bool  // exporters of which no more interfaces are watched
	close   map[int32]*evidence // parts that are looked at closely
	sources map[uint32]flow.Addr
}

// weighed are parts that are not watched, by kind; apart from others, last,
// interfaces of exporters that have as many watched as one may.
type weighed [kinds + 1]heavy[Part]

// mostSources bounds the numbers of exporters that a stripe remembers.
const mostSources = 4096

// New makes a Watch.
func New(c Config) *Watch {
	if c.Most == 0 {
		c.Most = mostParts
	}
	if c.Alarms == 0 {
		c.Alarms = alarms
	}
	w := &Watch{Config: c, number: map[Part]int32{}, faces: map[flow.Addr]int{}, dice: rand.New(rand.NewPCG(c.Seed, 0x6e657477))}
	for i := range w.stripes {
		s := &w.stripes[i]
		s.number, s.sources = map[Part]int32{}, map[uint32]flow.Addr{}
		for k := range s.fresh {
			s.fresh[k].most = candidates
		}
	}
	return w
}

// Take counts records.
func (w *Watch) Take(records []flow.Record) {
	if len(records) == 0 {
		return
	}
	s := &w.stripes[records[0].Exporter%stripes]
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range records {
		w.count(s, &records[i])
	}
}

func (w *Watch) count(s *stripe, r *flow.Record) {
	if exporter, ok := w.source(s, r.Exporter); ok {
		way := in
		if w.inside(&r.Src) {
			way = out
		}
		s.add(w, Part{Kind: Exporter, Addr: exporter}, way, r)
		if r.In != 0 {
			s.add(w, Part{Kind: Interface, Addr: exporter, Index: r.In}, in, r)
		}
		if r.Out != 0 {
			s.add(w, Part{Kind: Interface, Addr: exporter, Index: r.Out}, out, r)
		}
	}
	from, to := w.inside(&r.Src), w.inside(&r.Dst)
	way := in
	if from {
		way = out
	}
	s.add(w, Part{Kind: Protocol, Protocol: r.Protocol}, way, r)
	if p, ok := portOf(r); ok {
		s.add(w, p, way, r)
	}
	if from {
		s.add(w, prefixOf(&r.Src), out, r)
	}
	if to {
		s.add(w, prefixOf(&r.Dst), in, r)
	}
}

func (w *Watch) inside(a *flow.Addr) bool {
	if len(w.Inside) == 0 {
		return false
	}
	ip := a.IP()
	for _, p := range w.Inside {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

func (w *Watch) source(s *stripe, number uint32) (flow.Addr, bool) {
	if a, ok := s.sources[number]; ok {
		return a, a != flow.Addr{}
	}
	if len(s.sources) >= mostSources {
		clear(s.sources)
	}
	var a flow.Addr
	if w.Source != nil {
		if ip, ok := w.Source(number); ok {
			a = flow.FromIP(ip)
		}
	}
	s.sources[number] = a
	return a, a != flow.Addr{}
}

// add counts a record of a part, or weighs the part if it is not watched.
func (s *stripe) add(w *Watch, p Part, which int, r *flow.Record) {
	n, ok := s.number[p]
	if !ok {
		kind := p.Kind
		if kind == Interface && s.full[p.Addr] {
			kind = kinds
		}
		s.fresh[kind].add(p, r.Total())
		return
	}
	s.counts[n].add(which, r)
	if e := s.close[n]; e != nil {
		e.add(w.Who, r)
	}
}

// Sweep closes the minute if it is over: what is not usual is told before it
// returns. It is to be called every half second or so.
func (w *Watch) Sweep(now time.Time) {
	minute := now.Unix() / 60
	w.mu.Lock()
	if minute == w.minute {
		w.mu.Unlock()
		return
	}
	found := w.turn(minute)
	w.mu.Unlock()
	for _, f := range found {
		if w.Found != nil && !slices.Contains(w.Off, f.Kind.String()) {
			w.Found(f)
		}
	}
}

// turn goes on to a minute. One that was not counted in whole is not judged.
func (w *Watch) turn(minute int64) []detect.Finding {
	counts, fresh, seen := w.collect()
	was, whole := w.minute, w.whole && minute == w.minute+1
	w.minute, w.whole = minute, was != 0
	var found []detect.Finding
	if whole {
		found = w.judge(was, counts, seen)
	}
	if hour := minute / 60; was != 0 && hour != was/60 {
		w.learn(was / 60)
		w.replace(fresh)
	}
	w.admit(fresh)
	w.share()
	return found
}

// collect takes what the stripes counted. Their counts begin anew when share
// gives them the parts.
func (w *Watch) collect() (counts []count, fresh weighed, seen map[int32]*evidence) {
	counts, seen = make([]count, len(w.parts)), map[int32]*evidence{}
	for k := range fresh {
		fresh[k].most = stripes * candidates
	}
	for i := range w.stripes {
		s := &w.stripes[i]
		s.mu.Lock()
		for n := range s.counts {
			counts[n].plus(&s.counts[n])
			s.counts[n] = count{}
		}
		for k := range s.fresh {
			for p, weight := range s.fresh[k].weight {
				fresh[k].add(p, weight)
			}
			s.fresh[k].weight = nil
		}
		for n, e := range s.close {
			if seen[n] == nil {
				seen[n] = newEvidence()
			}
			seen[n].join(e)
			s.close[n] = newEvidence()
		}
		s.mu.Unlock()
	}
	return counts, fresh, seen
}

// share has the stripes count the parts that are watched now.
func (w *Watch) share() {
	var number map[Part]int32
	var full map[flow.Addr]bool
	if w.stale {
		number, full = maps.Clone(w.number), map[flow.Addr]bool{}
		for a, n := range w.faces {
			if n >= mostOfOne {
				full[a] = true
			}
		}
	}
	for i := range w.stripes {
		s := &w.stripes[i]
		s.mu.Lock()
		if w.stale { // what came meanwhile is of other parts
			s.number, s.full = number, full
			clear(s.counts)
		}
		for len(s.counts) < len(w.parts) {
			s.counts = append(s.counts, count{})
		}
		clear(s.close)
		for n, p := range w.parts {
			if p.above > 0 && p.told == nil && len(s.close) < mostClose {
				if s.close == nil {
					s.close = map[int32]*evidence{}
				}
				s.close[int32(n)] = newEvidence()
			}
		}
		s.mu.Unlock()
	}
	w.stale = false
}
