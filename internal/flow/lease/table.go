package lease

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"candor/internal/flow"
)

// Options say how a Table works. Zero values are defaults, but Dir and Lines.
type Options struct {
	// Dir is the folder for what the table keeps; it is made if it is not there.
	// One table at a time may use it.
	Dir   string
	Lines Lines
	// Clock is how far the clocks of sources, and of those who export flows, may
	// be off. Nearer than that to a lease of another line nobody is named.
	// Default 2 s.
	Clock time.Duration
	// Bridge is the longest gap between two leases of one line in which the
	// address still counts as the line's, if nobody else had it. Default 1 min.
	Bridge time.Duration
	// Keep is for how long leases that are over are known. Default 7 days.
	Keep time.Duration
	// Most bounds the sessions that are known, those that are over too.
	// Default 4 million. A session takes about half a kilobyte.
	Most int
	// LogBytes is how large the log grows before the table is written anew.
	// Default 256 MiB.
	LogBytes int64
	Now      func() time.Time // default time.Now
	Log      *slog.Logger     // default slog.Default
}

func (o Options) withDefaults() Options {
	o.Clock = cmp.Or(o.Clock, 2*time.Second)
	o.Bridge = cmp.Or(o.Bridge, time.Minute)
	o.Keep = cmp.Or(o.Keep, 7*24*time.Hour)
	o.Most = cmp.Or(o.Most, 4_000_000)
	o.LogBytes = cmp.Or(o.LogBytes, 256<<20)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

// Table knows who held what when. It is a flow.Who, and safe for concurrent
// use; Holder does not wait for anybody.
//
// The rules, which docs/leases.md tells at length: a line holds an address at a
// moment if a lease of it covers the moment, and no lease of anybody else
// (known or not) comes nearer to that moment than clocks may be off. What two
// hold at once nobody holds.
type Table struct {
	options Options
	rules   rules
	journal *journal

	// What readers use.
	lengths  [2]atomic.Pointer[[]*index] // by isFour
	inners   atomic.Pointer[[]flow.Addr] // of holders via
	formulas atomic.Pointer[[]Formula]
	floor    atomic.Int64 // before that moment leases are forgotten

	mu        sync.RWMutex // guards what is below
	sessions  roll
	all       []*session
	subjects  map[string]*subject
	byLine    map[flow.Line][]*subject
	groups    map[groupKey]*group
	fixed     *group // of SetStatic
	servers   map[netip.Addr]*netip.Addr
	innerOf   map[flow.Addr]holder
	statics   map[static]*session
	secret    [2]uint64
	unknowns  unknowns
	stats     Stats
	housework sync.Mutex // one sweep or snapshot at a time
}

// Stats are counts since the table was opened, and what it holds.
type Stats struct {
	Sessions int
	Unknown  int    // of these, sessions whose line is not known
	Subjects int    // by whose keys sources name lines
	Events   uint64 // that were taken in
	Refused  uint64 // that could not be true
	Full     uint64 // that found no room
	Loaded   int    // records read when the table was opened
	Damaged  int    // files of the table that ended in what cannot be read
}

// ErrFull says that the table has no room for another session.
var ErrFull = errors.New("the table of leases is full")

// Open opens the table of a folder, and reads what it holds.
func Open(o Options) (*Table, error) {
	t := newTable(o.withDefaults())
	journal, err := openJournal(t.options.Dir, t.load)
	if err != nil {
		return nil, err
	}
	t.journal = journal
	t.stats.Loaded, t.stats.Damaged = journal.loaded, journal.damaged
	if journal.damaged > 0 {
		t.options.Log.Warn("leases: files ended in what cannot be read", "dir", o.Dir, "files", journal.damaged)
	}
	t.stats.Events = 0
	t.indexAll()
	return t, nil
}

// Read reads the table of a folder as it is now, also while another process has
// it open. What is applied to it is not kept.
func Read(o Options) (*Table, error) {
	t := newTable(o.withDefaults())
	j := &journal{dir: o.Dir}
	if err := j.read(t.load); err != nil {
		return nil, err
	}
	t.stats.Loaded, t.stats.Damaged = j.loaded, j.damaged
	t.indexAll()
	return t, nil
}

// ErrReadOnly says that what is applied to a table that was only read is not
// kept.
var ErrReadOnly = errors.New("the table of leases was only read")

func newTable(o Options) *Table {
	t := &Table{
		options:  o,
		rules:    rules{clock: o.Clock.Microseconds(), bridge: o.Bridge.Microseconds()},
		sessions: newRoll(),
		subjects: map[string]*subject{},
		byLine:   map[flow.Line][]*subject{},
		groups:   map[groupKey]*group{},
		fixed:    &group{groupKey: groupKey{source: sourceStatic}},
		servers:  map[netip.Addr]*netip.Addr{},
		innerOf:  map[flow.Addr]holder{},
	}
	var seed [16]byte
	_, _ = rand.Read(seed[:]) // never fails
	t.secret = [2]uint64{binary.LittleEndian.Uint64(seed[:8]), binary.LittleEndian.Uint64(seed[8:])}
	for i := range t.lengths {
		t.lengths[i].Store(&[]*index{})
	}
	t.inners.Store(&[]flow.Addr{})
	return t
}

// Close ends the table. What Apply acknowledged is on the disk already.
func (t *Table) Close() error {
	if t.journal == nil {
		return nil
	}
	return t.journal.close()
}

// Holder gives the line that held an address and a port at a moment, in
// microseconds since 1970; 0 if there was none or it cannot be told (flow.Who).
func (t *Table) Holder(a flow.Addr, port uint16, at int64) flow.Line {
	if at < t.floor.Load() {
		return 0
	}
	who := t.holder(&a, port, at)
	if all := t.formulas.Load(); all != nil {
		if inner, ok := byFormula(*all, a, port); ok {
			if who != nobody {
				return 0
			}
			return t.direct(inner, at)
		}
	}
	if who >= via {
		if who == unknown {
			return 0
		}
		return t.direct((*t.inners.Load())[who&^via], at)
	}
	return flow.Line(who)
}

// direct gives the line that holds an inner address.
func (t *Table) direct(inner flow.Addr, at int64) flow.Line {
	if who := t.holder(&inner, 0, at); who < via {
		return flow.Line(who)
	}
	return 0
}

func isFour(a *flow.Addr) int {
	if a.Is4() {
		return 1
	}
	return 0
}

// holder gives who held it; an inner address is not followed.
func (t *Table) holder(a *flow.Addr, port uint16, at int64) holder {
	var who holder
	var from, until int64
	var many *node
	found := false
	for _, x := range *t.lengths[isFour(a)].Load() {
		w, f, u, n := x.look(a)
		if w == nobody && n == nil {
			continue
		}
		if found {
			return t.among(a, port, at)
		}
		found, who, from, until, many = true, w, f, u, n
	}
	if many != nil {
		if who, sure := many.more.holder(port, at); sure {
			return who
		}
		return t.among(a, port, at)
	}
	if from <= at && at < until && who != unknown {
		return who
	}
	return nobody
}

// among gives the holder of a port that several prefixes or blocks may hold.
func (t *Table) among(a *flow.Addr, port uint16, at int64) holder {
	var spans []span
	for _, x := range *t.lengths[isFour(a)].Load() {
		if n := x.find(a); n != nil {
			spans = n.append(spans, port)
		}
	}
	return t.rules.at(spans, at)
}

// Apply takes in events. When it returns without an error they are on the disk,
// and Holder goes by them. Of those that cannot be true it returns an error
// that is ErrEvent, having taken in the others; on any other error it is not
// said which are kept.
func (t *Table) Apply(ctx context.Context, events ...Event) error {
	if t.journal == nil {
		return ErrReadOnly
	}
	var errs []error
	records := make([]*record, 0, len(events))
	for i := range events {
		if err := events[i].check(); err != nil {
			errs = append(errs, err)
			continue
		}
		records = append(records, newRecord(&events[i]))
	}
	number, err := t.take(records, len(errs))
	if err != nil {
		errs = append(errs, err)
	}
	if err := t.journal.wait(ctx, number); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// take takes in records and has them written; the number is what to wait for.
func (t *Table) take(records []*record, refused int) (number uint64, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stats.Refused += uint64(refused)
	var line []byte
	for _, r := range records {
		if !t.room(r) {
			t.stats.Full++
			t.cut(r)
			err = ErrFull
			continue
		}
		line = r.encode(line[:0])
		number = t.journal.append(line)
		t.apply(r, true)
	}
	return number, err
}

// mostLeases bounds the leases that are known of one prefix, or of one block of
// ports of one address.
const mostLeases = 4096

// room tells whether a record needs no new session, or there is room for one.
func (t *Table) room(r *record) bool {
	if r.kind == Restart {
		return true
	}
	if g := t.groups[groupKey{r.source, r.group}]; g != nil && t.sessions.get(g, r.session) != nil {
		return true
	}
	if len(t.all) >= t.options.Most {
		return false
	}
	for _, p := range r.prefixes {
		if len(t.refs(p, r.ports)) >= mostLeases {
			return false
		}
	}
	return true
}

// cut has leases end for which there may be a new holder that the table has no
// room for: nobody is named rather than the wrong one.
func (t *Table) cut(r *record) {
	for _, p := range r.prefixes {
		for _, other := range slices.Clone(t.refs(p, r.ports)) {
			if s := other.of; s.end == 0 {
				s.lost = least(s.lost, r.at)
				t.refresh(s)
			}
		}
	}
}

// apply takes in a record. While the table is loaded nothing is indexed yet.
func (t *Table) apply(r *record, indexed bool) {
	t.stats.Events++
	g := t.group(groupKey{r.source, r.group})
	g.heard.add(r.at)
	if r.kind == Restart {
		t.restart(g, r.at, indexed)
		return
	}
	s := t.sessions.get(g, r.session)
	if s == nil {
		s = &session{group: g, id: r.session}
		t.hold(s)
	}
	if r.server.IsValid() {
		s.server = t.server(r.server)
	}
	t.attach(s, r.keys)
	if r.kind == Renew && r.silent && s.seen != 0 && s.end == 0 {
		g.interim.add(r.at - s.seen)
	}
	fresh := s.merge(r)
	if !indexed {
		return
	}
	for _, n := range fresh {
		t.link(ref{s, n})
	}
	t.refresh(s)
}

// hold puts a session into the lists.
func (t *Table) hold(s *session) {
	s.index = len(t.all)
	t.all = append(t.all, s)
	t.sessions.put(s)
	s.group.sessions++
}

// restart takes in that a group restarted.
func (t *Table) restart(g *group, at int64, indexed bool) {
	if !g.restarted(at) || !indexed {
		return
	}
	for _, s := range t.all {
		if s.group == g && s.end == 0 && s.seen < at {
			t.refresh(s)
		}
	}
}

// attach notes who a session is of.
func (t *Table) attach(s *session, keys []Key) {
	if len(keys) == 0 {
		return
	}
	if s.subject != nil && slices.Equal(s.subject.keys, keys) {
		return
	}
	next := t.subject(keys)
	switch old := s.subject; {
	case old == nil:
	case old.disputed:
		t.forsake(next)
		return
	case next.disputed:
		t.detach(s)
	case old.line != 0 && next.line != 0 && old.line != next.line:
		s.disputed = true
		t.forsake(next)
		return
	case old.line != 0:
		t.forsake(next)
		return
	default:
		t.detach(s)
	}
	s.subject = next
	s.resident = len(next.sessions)
	next.sessions = append(next.sessions, s)
}

// subject gives the subject of keys.
func (t *Table) subject(keys []Key) *subject {
	name := subjectText(keys)
	if s := t.subjects[name]; s != nil {
		return s
	}
	s := &subject{text: name, keys: slices.Clone(keys)}
	t.subjects[name] = s
	t.resolve(s)
	return s
}

// resolve asks for the line of a subject, and files it under that.
func (t *Table) resolve(s *subject) {
	if old := s.line; old != 0 {
		t.unfile(s, old)
	}
	s.resolve(t.options.Lines)
	if s.line != 0 {
		t.byLine[s.line] = append(t.byLine[s.line], s)
		t.unknowns.drop(s.keys)
		return
	}
	t.unknowns.add(s, t.options.Now())
}

func (t *Table) unfile(s *subject, line flow.Line) {
	rest := slices.DeleteFunc(t.byLine[line], func(o *subject) bool { return o == s })
	if len(rest) == 0 {
		delete(t.byLine, line)
		return
	}
	t.byLine[line] = rest
}

// detach takes a session from its subject.
func (t *Table) detach(s *session) {
	of := s.subject
	if of == nil {
		return
	}
	last := len(of.sessions) - 1
	of.sessions[s.resident] = of.sessions[last]
	of.sessions[s.resident].resident = s.resident
	of.sessions[last] = nil
	of.sessions = of.sessions[:last]
	s.subject = nil
	t.forsake(of)
}

// forsake forgets a subject of no session.
func (t *Table) forsake(s *subject) {
	if len(s.sessions) > 0 {
		return
	}
	delete(t.subjects, s.text)
	if s.line != 0 {
		t.unfile(s, s.line)
	}
}

// Remap asks Lines anew about every key: after lines were imported or changed.
func (t *Table) Remap() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.subjects {
		old := s.line
		t.resolve(s)
		if s.line == old {
			continue
		}
		for _, of := range s.sessions {
			t.refresh(of)
		}
	}
}

// Static is a prefix that belongs to a line without end.
type Static struct {
	Prefix netip.Prefix
	Line   flow.Line
	Since  time.Time // zero for always
}

// SetStatic says which prefixes belong to lines without end, in place of what
// it was told before. They are not kept on the disk. What did not change holds
// all the while.
func (t *Table) SetStatic(all []Static) {
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.statics
	t.statics = make(map[static]*session, len(all))
	for _, one := range all {
		if !one.Prefix.IsValid() || one.Prefix.Masked().Addr().IsUnspecified() || one.Line == 0 || holder(one.Line) >= via {
			continue
		}
		k := static{newPrefix(one.Prefix), one.Line, max(micro(one.Since), 1)}
		if s := old[k]; s != nil {
			t.statics[k] = s
			delete(old, k)
		} else if t.statics[k] == nil {
			t.statics[k] = t.addStatic(k)
		}
	}
	for _, s := range old {
		t.unlink(s)
	}
}

// static tells static prefixes apart.
type static struct {
	prefix
	line  flow.Line
	since int64
}

func (t *Table) addStatic(k static) *session {
	s := &session{
		group: t.fixed, start: k.since, seen: k.since, subject: &subject{line: k.line},
		claims: []claim{{prefix: k.prefix, begun: k.since, first: k.since, seen: k.since}},
	}
	t.link(ref{s, 0})
	t.refresh(s)
	return s
}

// sourceStatic is the source of leases that SetStatic told of.
const sourceStatic = "static"

// Stats tells what the table holds and has done.
func (t *Table) Stats() Stats {
	t.mu.RLock()
	defer t.mu.RUnlock()
	s := t.stats
	s.Sessions, s.Subjects = len(t.all), len(t.subjects)
	for _, of := range t.subjects {
		if of.line == 0 {
			s.Unknown += len(of.sessions)
		}
	}
	return s
}
