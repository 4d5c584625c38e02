package collect

import (
	"cmp"
	"errors"
	"fmt"
	"hash/maphash"
	"net/netip"
	"slices"
	"sync"

	"candor/internal/flow"
	"candor/internal/flow/decode"
)

// Intake knows exporters, and decodes what they send. It is safe for concurrent
// use; what comes from one exporter is decoded one datagram at a time.
type Intake struct {
	seed maphash.Seed

	lock      sync.RWMutex
	o         Options
	exporters map[netip.Addr]*exporter
	strange   int // exporters that are not registered
	strangers map[netip.Addr]*Stranger
	refused   uint64
	full      [2]int64 // when no room was found last, for exporters and for strangers

	names names
}

// NewIntake makes an Intake. It fails if an exporter has no address, or two have
// the same.
func NewIntake(o Options) (*Intake, error) {
	in := &Intake{seed: maphash.MakeSeed(), exporters: map[netip.Addr]*exporter{}, strangers: map[netip.Addr]*Stranger{},
		names: names{numbers: map[Source]uint32{}, sources: map[uint32]Source{}}}
	return in, in.Configure(o)
}

// Configure changes the options while datagrams arrive. What is kept of exporters
// that stay is kept.
func (in *Intake) Configure(o Options) error {
	known := map[netip.Addr]Registered{}
	for _, r := range o.Exporters {
		a := same(r.Address)
		if !a.IsValid() {
			return fmt.Errorf("exporter %q has no address", r.Name)
		}
		if other, ok := known[a]; ok {
			return fmt.Errorf("exporters %q and %q have the same address %s", other.Name, r.Name, a)
		}
		known[a] = r
	}
	in.lock.Lock()
	defer in.lock.Unlock()
	in.o = o
	for a, e := range in.exporters {
		if _, ok := known[a]; !ok && (e.registered || !o.Accept) {
			in.forget(a)
		}
	}
	for a, r := range known {
		in.register(a, r)
	}
	return nil
}

func (in *Intake) register(a netip.Addr, r Registered) {
	e := in.exporters[a]
	if e == nil {
		in.exporters[a] = fresh(r, true, in.o.share())
		delete(in.strangers, a)
		return
	}
	if !e.registered {
		in.strange--
	}
	e.lock.Lock()
	defer e.lock.Unlock()
	r.Address = a
	e.Registered, e.registered = r, true
	e.share.Resize(in.o.share())
	for _, s := range e.streams {
		s.Override = r.Sampling
	}
}

// forget drops an exporter. in.lock is held.
func (in *Intake) forget(a netip.Addr) {
	e := in.exporters[a]
	if !e.registered {
		in.strange--
	}
	delete(in.exporters, a)
	in.names.forgetAll(a)
}

// Take appends the records of a datagram that arrived at a time in microseconds
// since 1970. The datagram is the caller's again afterwards.
func (in *Intake) Take(dst []flow.Record, from netip.AddrPort, d []byte, arrived int64) (out []flow.Record) {
	e := in.find(same(from.Addr()), arrived)
	if e == nil {
		return dst
	}
	h, err := decode.Peek(d)
	digest := maphash.Bytes(in.seed, d)
	e.lock.Lock()
	defer e.lock.Unlock()
	defer func() {
		if recover() != nil { // a mistake of ours: it costs this datagram alone
			e.counts.Errors++
			e.lastError = errPanic
			out = dst
		}
	}()
	e.counts.Datagrams++
	e.counts.Bytes += uint64(len(d))
	e.last = arrived
	if err != nil {
		e.counts.Errors++
		e.lastError = err
		return dst
	}
	return e.take(dst, d, h, from.Port(), arrived, digest, &in.names)
}

var errPanic = errors.New("decoding it failed")

// find gives the exporter at an address; nil for one that is not taken from.
func (in *Intake) find(a netip.Addr, arrived int64) *exporter {
	in.lock.RLock()
	e := in.exporters[a]
	in.lock.RUnlock()
	if e != nil {
		return e
	}
	in.lock.Lock()
	defer in.lock.Unlock()
	if e := in.exporters[a]; e != nil {
		return e
	}
	if in.o.Accept && (in.strange < mostStrangers || in.room(arrived)) {
		e := fresh(Registered{Address: a}, false, in.o.share())
		in.exporters[a] = e
		in.strange++
		return e
	}
	in.refuse(a, arrived)
	return nil
}

// room forgets the exporter, of those that are not registered, that was silent
// the longest.
func (in *Intake) room(now int64) bool {
	if in.looked(0, now) {
		return false
	}
	var oldest *exporter
	var last int64
	for _, e := range in.exporters {
		if e.registered {
			continue
		}
		e.lock.Lock()
		if oldest == nil || e.last < last {
			oldest, last = e, e.last
		}
		e.lock.Unlock()
	}
	if oldest == nil || now-last < streamIdle.Microseconds() {
		return false
	}
	in.forget(oldest.Address)
	in.full[0] = 0
	return true
}

// looked tells whether room was looked for within the last second, so that a
// flood of addresses does not have it looked for each time.
func (in *Intake) looked(at int, now int64) bool {
	if now-in.full[at] < 1e6 && now >= in.full[at] {
		return true
	}
	in.full[at] = now
	return false
}

// refuse counts a datagram of an address that is not registered.
func (in *Intake) refuse(a netip.Addr, arrived int64) {
	in.refused++
	s := in.strangers[a]
	if s == nil {
		if len(in.strangers) >= mostStrangers && !in.strangerGoes(arrived) {
			return
		}
		s = &Stranger{Address: a}
		in.strangers[a] = s
	}
	s.Datagrams++
	s.Last = flow.At(arrived)
}

func (in *Intake) strangerGoes(now int64) bool {
	if in.looked(1, now) {
		return false
	}
	before := flow.At(now).Add(-strangerIdle)
	for a, s := range in.strangers {
		if s.Last.Before(before) {
			delete(in.strangers, a)
			in.full[1] = 0
			return true
		}
	}
	return false
}

// Source tells what a number in records stands for.
func (in *Intake) Source(number uint32) (Source, bool) {
	return in.names.source(number)
}

// Dropped counts records that were given and then dropped.
func (in *Intake) Dropped(records []flow.Record) {
	for len(records) > 0 {
		of, n := records[0].Exporter, 1
		for n < len(records) && records[n].Exporter == of {
			n++
		}
		records = records[n:]
		s, _ := in.Source(of)
		in.lock.RLock()
		e := in.exporters[s.Exporter]
		in.lock.RUnlock()
		if e != nil {
			e.lock.Lock()
			e.counts.Dropped += uint64(n)
			e.lock.Unlock()
		}
	}
}

// Tick does what time alone calls for: data whose template did not come goes.
func (in *Intake) Tick(now int64) {
	for _, e := range in.all() {
		e.expire(now)
	}
}

func (in *Intake) all() (all []*exporter) {
	in.lock.RLock()
	defer in.lock.RUnlock()
	for _, e := range in.exporters {
		all = append(all, e)
	}
	return all
}

// Stats tells what became of what was taken.
func (in *Intake) Stats() (s Stats) {
	for _, e := range in.all() {
		s.Exporters = append(s.Exporters, e.stats())
	}
	in.lock.RLock()
	defer in.lock.RUnlock()
	s.Refused = in.refused
	for _, x := range in.strangers {
		s.Strangers = append(s.Strangers, *x)
	}
	slices.SortFunc(s.Exporters, func(a, b Exporter) int { return a.Address.Compare(b.Address) })
	slices.SortFunc(s.Strangers, func(a, b Stranger) int {
		return cmp.Or(cmp.Compare(b.Datagrams, a.Datagrams), a.Address.Compare(b.Address))
	})
	return s
}
