// Package line watches the lines that the records know: it tells the detectors
// their plans, keeps what is usual of them over restarts, and files what is not
// usual at the desk.
package line

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/detect"
	"candor/internal/flow/network"
	"candor/internal/flow/normal"
)

// Sensor is the name under which findings of traffic are filed.
const Sensor = "traffic"

// Store gives lines. It is safe for concurrent use.
type Store interface {
	// Lines gives lines, retired ones too, in the order of their last change and
	// ID: those behind the given ones, at most so many.
	Lines(ctx context.Context, changed time.Time, after candor.ID, most int) ([]candor.Asset, error)
}

// Config is what a Watch is made of.
type Config struct {
	Store Store
	Clock candor.Clock
	Log   *slog.Logger
	// File files findings of one line. An error means that nothing was filed;
	// they are filed again later.
	// Seen is when what was found happened last.
	File func(ctx context.Context, line candor.ID, findings []candor.Finding, seen time.Time) error
	// Baselines is where what is usual is kept; nowhere if it is empty.
	Baselines string
	// Detect are the sensor's own settings; Found and Normal are not used.
	Detect detect.Config
	// Changed, if not nil, is told when lines, their references or addresses are
	// others than before, with the prefixes that belong to lines without a lease.
	Changed func([]Static)
	// Parts, if not nil, watches the parts of the network; what it finds is filed
	// at the asset that Asset gives for an exporter, an invalid address being the
	// whole network, if it gives one. Its Found is not used.
	Parts *network.Watch
	Asset func(ctx context.Context, exporter netip.Addr) (candor.ID, error)
	// Holds gives the addresses that a line holds now by leases; nil knows none.
	Holds func(flow.Line) []netip.Prefix
}

// Static is a prefix that always belongs to a line.
type Static struct {
	Prefix netip.Prefix
	Line   flow.Line
}

// Watch watches lines. It is a flow.Sink, and safe for concurrent use.
type Watch struct {
	Config
	sensor *detect.Sensor
	begun  time.Time

	mu     sync.RWMutex
	ids    []candor.ID // by number; 0 is none
	refs   []string    // by number, of those that are in use
	byID   map[candor.ID]flow.Line
	byRef  map[string]flow.Line
	access map[flow.Line]candor.Access // of those with addresses of their own
	groups []string                    // by group, from 1 on
	named  map[string]normal.Group     // the other way round
	read   time.Time                   // the latest change that was read

	found   chan detect.Finding
	dropped atomic.Uint64
	filed   atomic.Uint64
}

// mostWaiting is how many findings wait to be filed.
const mostWaiting = 1 << 16

// Open makes a Watch of what was kept, and reads all lines.
func Open(ctx context.Context, c Config) (*Watch, error) {
	w := &Watch{Config: c, begun: c.Clock(), byID: map[candor.ID]flow.Line{}, byRef: map[string]flow.Line{}, named: map[string]normal.Group{}, access: map[flow.Line]candor.Access{},
		ids: make([]candor.ID, 1), refs: make([]string, 1), groups: make([]string, 1), found: make(chan detect.Finding, mostWaiting)}
	table, err := w.load()
	if err != nil {
		return nil, err
	}
	w.Detect.Normal, w.Detect.Found = table, w.take
	w.sensor = detect.New(w.Detect)
	if w.Parts != nil {
		w.Parts.Found = w.take
		if err := w.loadParts(); err != nil {
			return nil, err
		}
	}
	return w, w.Refresh(ctx)
}

// Take implements flow.Sink.
func (w *Watch) Take(records []flow.Record) {
	w.sensor.Take(records)
	if w.Parts != nil {
		w.Parts.Take(records)
	}
}

// take queues a finding. Of what cannot be queued the line will give more.
func (w *Watch) take(f detect.Finding) {
	select {
	case w.found <- f:
	default:
		w.dropped.Add(1)
	}
}

// Line gives the number of a line by the provider's own reference. It is what
// leases are mapped by.
func (w *Watch) Line(reference string) (flow.Line, bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	n, ok := w.byRef[reference]
	return n, ok
}

// ID is the asset of a number, empty if there is none.
func (w *Watch) ID(n flow.Line) candor.ID {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if int(n) >= len(w.ids) {
		return ""
	}
	return w.ids[n]
}

// Reference is the provider's own reference of a number, empty if there is none.
func (w *Watch) Reference(n flow.Line) string {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if int(n) >= len(w.refs) {
		return ""
	}
	return w.refs[n]
}

// Number is the number of an asset, 0 if it is no line that is watched.
func (w *Watch) Number(id candor.ID) flow.Line {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.byID[id]
}

// batch is how many lines are read at once.
const batch = 5000

// overlap is by how much what was read is read again: a change may be kept
// later than one that was made after it.
const overlap = time.Minute

// Refresh reads lines that were changed since the last time.
func (w *Watch) Refresh(ctx context.Context) error {
	at, after, changed := w.read, candor.ID(""), false
	if !at.IsZero() {
		at = at.Add(-overlap)
	}
	for {
		all, err := w.Store.Lines(ctx, at, after, batch)
		if err != nil {
			return fmt.Errorf("read lines: %w", err)
		}
		for _, a := range all {
			changed = w.set(a) || changed
			at, after = a.Updated, a.ID
		}
		if len(all) < batch {
			break
		}
	}
	if at.After(w.read) {
		w.read = at
	}
	if changed && w.Changed != nil {
		w.Changed(w.static())
	}
	return nil
}

// set takes a line in, and tells whether its reference or addresses changed.
func (w *Watch) set(a candor.Asset) bool {
	w.mu.Lock()
	n := w.byID[a.ID]
	if n == 0 {
		n = flow.Line(len(w.ids))
		w.ids, w.refs = append(w.ids, a.ID), append(w.refs, "")
		w.byID[a.ID] = n
	}
	if a.Retired {
		a.Access.Addresses, a.Reference = nil, ""
	}
	changed := a.Reference != w.refs[n] || !slices.Equal(w.access[n].Addresses, a.Access.Addresses)
	if was := w.refs[n]; was != a.Reference && w.byRef[was] == n {
		delete(w.byRef, was)
	}
	if w.refs[n] = a.Reference; a.Reference != "" {
		w.byRef[a.Reference] = n
	}
	if delete(w.access, n); len(a.Access.Addresses) > 0 {
		w.access[n] = a.Access
	}
	group := w.group(a.Access)
	w.mu.Unlock()
	w.sensor.SetLine(n, detect.Plan{Up: uint64(a.Access.Up), Down: uint64(a.Access.Down), Group: group, Mail: a.Access.Mail, Names: a.Access.Names})
	return changed
}

// group is that of lines of the same plan, and class: those that run servers by
// agreement are apart. w.mu is held.
func (w *Watch) group(a candor.Access) normal.Group {
	name := a.Plan
	if name == "" {
		name = fmt.Sprintf("%d/%d", a.Down, a.Up)
	}
	if a.Mail || a.Names {
		name += " with servers"
	}
	if g, ok := w.named[name]; ok {
		return g
	}
	if len(w.groups) > 1<<16-2 {
		return 0
	}
	w.groups = append(w.groups, name)
	w.named[name] = normal.Group(len(w.groups) - 1)
	return w.named[name]
}

func (w *Watch) static() []Static {
	w.mu.RLock()
	defer w.mu.RUnlock()
	var all []Static
	for n, a := range w.access {
		prefixes, err := a.Prefixes()
		if err != nil {
			continue // the house lets none in
		}
		for _, p := range prefixes {
			all = append(all, Static{p, n})
		}
	}
	return all
}

// Stats count what was done.
type Stats struct {
	detect.Stats
	Lines   int    // that are known
	Waiting int    // findings that wait to be filed
	Filed   uint64 // findings
	Dropped uint64 // findings that could not wait
}

// Stats counts what was done up to now.
func (w *Watch) Stats() Stats {
	w.mu.RLock()
	n := len(w.ids) - 1
	w.mu.RUnlock()
	return Stats{Stats: w.sensor.Stats(), Lines: n, Waiting: len(w.found), Filed: w.filed.Load(), Dropped: w.dropped.Load()}
}
