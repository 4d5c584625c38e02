package known

import (
	"context"
	"hash/maphash"
	"slices"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"candor/engine"
)

// Session is the use of a Store under one generation of rules, by a scan. It is
// safe for concurrent use. Close writes what was learned last.
type Session struct {
	// Others knows contents that others looked at; may be nil. It is set before
	// the session is used.
	Others Others
	// Unindexed makes no sketches: each revisit reads what is learned so. It is set
	// before the session is used.
	Unindexed bool

	store      *Store
	opening    Opening
	forms      engine.FormsOf // that the store knows of
	epoch      uint32
	loss       uint32 // when it began
	generation uint32
	compiled   *engine.Rules
	rules      map[engine.Fingerprint]*engine.Rule
	prints     map[*engine.Rule]engine.Fingerprint
	lifted     map[uint32]uint32

	lock    sync.Mutex
	pending map[Sum]*learned // not written yet
	paths   map[string]*Directory
	size    int              // about how many bytes of contents wait to be written
	listed  int              // and of files
	sure    map[Sum]uint32   // contents of the file that are clean wherever they lie: their numbers
	writing map[Sum]*learned // on their way into the file; not changed any more
	written chan struct{}    // closed when they are there; nil if none are on their way
	err     error
}

// Others knows contents that were looked at elsewhere by the same program under
// the same rules. It is safe for concurrent use, and answers at once: it is
// asked for each content that is new here.
type Others interface {
	// Clean tells whether a content is known to match no rule, whatever its file
	// is called and wherever it lies.
	Clean(Sum) bool
	// Tell says that a content was found to be so.
	Tell(Sum)
}

// learned is a content that is to be written.
type learned struct {
	number uint32 // 0 for none yet
	record content
	sketch []byte // nil if it has been written
	users  []func(number uint32)
}

// Opening is how contents are looked into. The zero Opening does not.
type Opening struct {
	Name string        // names all that decides what is found; "" for nothing
	Open func() Opener // gives one for one goroutine
}

// Opener hands over what lies inside a content. An error of visit ends it and is
// returned; what cannot be opened is none.
type Opener func(ctx context.Context, name string, content []byte, visit func(part []byte) error) error

// Begin begins a session under rules. If the rules are matched against other
// forms of content than those before, or what lies inside is found otherwise,
// all is begun anew: nothing is lost but time.
func (s *Store) Begin(rules *engine.Rules, o Opening) (*Session, error) {
	is, epoch, err := s.reads(reading{rules.Forms(), o.Name})
	if err != nil {
		return nil, err
	}
	n, err := s.generation(sortedPrints(rules))
	if err != nil {
		return nil, err
	}
	x := &Session{store: s, opening: o, forms: is.Forms, epoch: epoch, generation: n, compiled: rules, rules: map[engine.Fingerprint]*engine.Rule{}, prints: map[*engine.Rule]engine.Fingerprint{},
		pending: map[Sum]*learned{}, paths: map[string]*Directory{}, sure: map[Sum]uint32{}}
	all := rules.All()
	for i, f := range rules.Fingerprints() {
		if !all[i].Private {
			x.rules[f], x.prints[all[i]] = all[i], f
		}
	}
	return x, s.db.View(func(tx *bbolt.Tx) error { x.lifted, x.loss = lifted(tx), loss(tx); return nil })
}

// AllForms tells whether sketches are to be made of all forms of contents.
func (x *Session) AllForms() bool { return x.forms != engine.ContentOnly }

// holds tells whether verdicts of a generation hold under that of the session.
func (x *Session) holds(generation uint32) bool {
	if to, ok := x.lifted[generation]; ok {
		generation = to
	}
	return generation == x.generation
}

// Directory gives what is known of the files in a directory; nil for nothing.
func (x *Session) Directory(device, inode uint64) *Directory {
	var d *Directory
	_ = x.store.db.View(func(tx *bbolt.Tx) error { // what cannot be read is not known
		if b := tx.Bucket(bucketDirectories).Get(directoryKey(device, inode)); b != nil {
			d, _ = decodeDirectory(b)
		}
		return nil
	})
	return d
}

// At gives the situation of a file; it is asked for only where it matters.
type At func() engine.Situation

// Stands tells whether a file that is as it was is known to be clean under this
// generation. moved says that the directory is not where it was.
func (x *Session) Stands(e Entry, moved bool) bool {
	if moved && e.Flags&Placed != 0 {
		return false
	}
	if e.Flags&Look == 0 {
		return x.holds(e.Generation)
	}
	clean := false
	_ = x.store.db.View(func(tx *bbolt.Tx) error { // what cannot be read is not known
		if c, err := decodeContent(tx.Bucket(bucketContents).Get(number(e.Content))); err == nil {
			clean = len(c.Verdicts) == 1 && !c.Verdicts[0].Placed && x.clean(c, nil) // else where it lies has a say
		}
		return nil
	})
	return clean
}

// clean tells whether a verdict that holds here says that no rule matches.
// Rules that it names may have been withdrawn since.
func (x *Session) clean(c *content, at At) bool {
	var here engine.Situation
	for _, v := range c.Verdicts {
		if !x.holds(v.Generation) {
			continue
		}
		if v.Placed {
			if here == (engine.Situation{}) {
				here = at()
			}
			if v.Situation != here {
				continue
			}
		}
		return !slices.ContainsFunc(v.Rules, func(f engine.Fingerprint) bool { return x.rules[f] != nil })
	}
	return false
}

// Is tells whether a content is the one that an entry has.
func (x *Session) Is(e Entry, sum Sum) bool {
	same := false
	_ = x.store.db.View(func(tx *bbolt.Tx) error {
		have := sumsOf(tx)
		defer have.done()
		n, _ := have.find(sum)
		same = n != 0 && n == e.Content
		return nil
	})
	return same
}

// Clean tells whether a content is known to be clean, and whether it is known
// at all, so that it needs no sketch.
func (x *Session) Clean(sum Sum, at At) (clean, is bool) {
	if clean, is = x.recent(sum, at); is {
		return clean, true
	}
	var sure uint32
	_ = x.store.db.View(func(tx *bbolt.Tx) error {
		have := sumsOf(tx)
		defer have.done()
		if n, c := have.find(sum); c != nil {
			if clean, is = x.clean(c, at), true; clean && len(c.Verdicts) == 1 && !c.Verdicts[0].Placed {
				sure = n
			}
		}
		return nil
	})
	if sure != 0 {
		x.lock.Lock()
		defer x.lock.Unlock()
		if len(x.sure) >= mostSure {
			clear(x.sure)
		}
		x.sure[sum] = sure
	}
	return clean, is || x.Unindexed
}

// mostSure bounds the contents of the file that a session has in memory.
const mostSure = 1 << 15

// recent is Clean of a content that the session has in memory.
func (x *Session) recent(sum Sum, at At) (clean, is bool) {
	x.lock.Lock()
	defer x.lock.Unlock()
	if x.sure[sum] != 0 {
		return true, true
	}
	l := x.pending[sum]
	if l == nil {
		l = x.writing[sum]
	}
	if l == nil {
		return false, false
	}
	return x.clean(&l.record, at), true
}

// Vouched tells whether others found a content that is new here to be clean. It
// is to be learned then, as one that was looked at.
func (x *Session) Vouched(sum Sum) bool { return x.Others != nil && x.Others.Clean(sum) }

// Learned is what a look at a content gave.
type Learned struct {
	Sum     Sum
	Size    int64
	Rules   []*engine.Rule // that match
	Sketch  []byte         // encoded; nil if the content was known
	Placed  bool           // more than the content had a say: the situation in At
	At      At
	Expires bool // the time had a say: the verdict is not to be kept
	Others  bool // it is the verdict of others
}

// Learn keeps the verdict of a content that was looked at.
func (x *Session) Learn(l Learned) {
	if x.Others != nil && len(l.Rules) == 0 && !l.Placed && !l.Expires && !l.Others {
		x.Others.Tell(l.Sum)
	}
	v := verdict{Generation: x.generation}
	for _, r := range l.Rules {
		v.Rules = append(v.Rules, x.prints[r])
	}
	if v.Placed = l.Placed; v.Placed {
		v.Situation = l.At()
	}
	x.lock.Lock()
	defer x.lock.Unlock()
	p := x.pending[l.Sum]
	if p == nil {
		if l.Sketch == nil && !x.Unindexed || x.writing[l.Sum] != nil { // else it was not in the file a moment ago
			p = x.find(l.Sum)
		}
		if p == nil {
			p = &learned{record: content{Sum: l.Sum, Size: l.Size, Since: x.store.now().Unix()}, sketch: l.Sketch}
		}
		x.pending[l.Sum] = p
	}
	p.record.Verdicts = slices.DeleteFunc(p.record.Verdicts, func(o verdict) bool {
		return !x.holds(o.Generation) || o.same(v)
	})
	if !l.Expires {
		p.record.Verdicts = append(p.record.Verdicts, v)
		if n := len(p.record.Verdicts); n > mostVerdicts {
			p.record.Verdicts = p.record.Verdicts[n-mostVerdicts:]
		}
	}
	x.size += 200 + len(l.Sketch)
}

// find gives a content of the file, or one on its way there, to be changed.
func (x *Session) find(sum Sum) (l *learned) {
	if w := x.writing[sum]; w != nil {
		l = &learned{record: w.record}
		l.record.Verdicts = slices.Clone(l.record.Verdicts)
		return l
	}
	_ = x.store.db.View(func(tx *bbolt.Tx) error {
		have := sumsOf(tx)
		defer have.done()
		if n, c := have.find(sum); c != nil {
			l = &learned{number: n, record: *c}
		}
		return nil
	})
	return l
}

// Seen is a file that was looked at, or that is as it was.
type Seen struct {
	Entry
	Sum   Sum  // of its content, if Fresh
	Fresh bool // it was read: the entry gets the number of the content
	Clean bool // if Fresh: nothing matches it here, and the time had no say
}

// Keep notes what the files of a directory are. It replaces what was known of
// it.
func (x *Session) Keep(device, inode uint64, path string, files []Seen) error {
	x.lock.Lock()
	d := &Directory{Path: path}
	for _, f := range files {
		if !f.Fresh && !x.holds(f.Generation) {
			continue // a revisit may have changed what is known of it since it was read
		}
		d.Entries = append(d.Entries, f.Entry)
		x.listed += entryBytes + len(f.Name)
		if !f.Fresh {
			continue
		}
		i := len(d.Entries) - 1
		e := &d.Entries[i]
		e.Generation = x.generation
		if n := x.sure[f.Sum]; n != 0 && f.Clean {
			e.Content = n
			continue
		}
		p := x.pending[f.Sum]
		if p == nil {
			if p = x.find(f.Sum); p == nil {
				continue // it was not learned, and is not kept
			}
			if p.number == 0 {
				x.pending[f.Sum] = p
			}
		}
		if e.Content = p.number; p.number == 0 {
			p.users = append(p.users, func(n uint32) { d.Entries[i].Content = n })
		}
		e.Flags |= x.flags(&p.record, f.Clean)
	}
	x.paths[string(directoryKey(device, inode))] = d
	if x.size+x.listed > mostPending || x.listed > mostListed {
		x.spill(false)
	}
	err := x.err
	x.lock.Unlock()
	return err
}

// flags says what an entry is to remember of a content's verdict.
func (x *Session) flags(c *content, clean bool) (f Flags) {
	if !clean {
		f |= Look
	}
	for _, v := range c.Verdicts {
		if v.Placed {
			f |= Placed
		}
	}
	return f
}

// audits chooses files that are read although they are as they were.
type audits struct {
	seed maphash.Seed
	one  uint64 // in so many; 0 for none
}

// Audits chooses one file in so many at random, other ones each time, so that
// a forged time does not hide a change for long.
func Audits(one int) func(inode uint64) bool {
	a := audits{maphash.MakeSeed(), uint64(max(one, 0))}
	return func(inode uint64) bool {
		return a.one > 0 && maphash.Comparable(a.seed, inode)%a.one == 0
	}
}

// YoungFor is how long after it was written to a file may be written to again
// without its times showing it.
const YoungFor = 2 * time.Second
