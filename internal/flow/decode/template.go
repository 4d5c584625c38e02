package decode

import (
	"slices"

	"candor/internal/flow"
)

// template is a definition of records, compiled.
type template struct {
	raw []byte // as it was sent, so that one that is sent again is known
	// size is the length of a record, or the least if some fields are variable.
	size     int
	variable bool
	// ops is what is read of a record: at their places in records of one
	// length, one after another in others.
	ops     []op
	rests   bool // something has to be worked out when a record is whole
	options bool
	counts  bool // records tell of packets or bytes
	start   bool // records tell when they began
	end     bool
	section bool // records are of packets whose heads they hold
	scoped  bool // options that hold for an interface
	used    uint64
}

// op reads one field.
type op struct {
	at     uint16
	length uint16 // ofItself: the field says it
	target target
}

// ofItself is the length of fields whose values say how long they are (RFC 7011,
// 7).
const ofItself = 0xffff

// cost is what a template takes.
func (t *template) cost() int { return 160 + len(t.raw) + 6*cap(t.ops) }

// field is one field of a definition.
type field struct {
	element element
	length  uint16
}

// scopeInterface is the scope of options of v9 that hold for an interface (RFC
// 3954, 6.1); the other scopes say nothing that is used.
const scopeInterface = 2

// definition reads a template: count fields from b on, the first of them scopes,
// and gives what follows. Scopes of v9 have numbers of their own.
func definition(b []byte, v Version, options bool, count, scopes int) (t *template, rest []byte, err error) {
	fields := make([]field, 0, min(count, len(b)/4))
	start := b
	for i := range count {
		if len(b) < 4 {
			return nil, nil, ErrTemplate
		}
		id, length, enterprise := be.Uint16(b), be.Uint16(b[2:]), uint32(0)
		b = b[4:]
		if v == IPFIX && id&0x8000 != 0 {
			if len(b) < 4 {
				return nil, nil, ErrTemplate
			}
			id, enterprise, b = id&0x7fff, be.Uint32(b), b[4:]
		}
		f := field{length: length}
		switch {
		case v == NetFlow9 && i < scopes:
			if id == scopeInterface {
				f.element = element{toIn, gIn, 9, number}
			}
		default:
			f.element = elementOf(enterprise, id)
		}
		if v == NetFlow9 && length == ofItself {
			return nil, nil, ErrTemplate
		}
		if length != ofItself && !f.element.fits(length) {
			f.element = element{}
		}
		fields = append(fields, f)
	}
	t, err = compile(fields, options, scopes)
	if err != nil {
		return nil, nil, err
	}
	t.raw = append(t.raw, byte(scopes>>8), byte(scopes))
	t.raw = append(t.raw, start[:len(start)-len(b)]...)
	return t, b, nil
}

// leastRecord is the least that a record takes in a datagram. One of less says
// nothing of who and how much, but would blow up memory.
const leastRecord = 8

// compile works out where in a record what is read lies.
func compile(fields []field, options bool, scopes int) (*template, error) {
	t := &template{options: options}
	choose(fields)
	at := 0
	for i, f := range fields {
		e := f.element.target
		if f.length == ofItself {
			t.variable = true
			t.size++ // at the least
		} else {
			t.size += int(f.length)
		}
		if e != none && f.length != 0 {
			t.ops = append(t.ops, op{uint16(at), f.length, e})
			t.note(e, i < scopes)
		} else if f.length != 0 {
			t.skip(f.length)
		}
		at += int(f.length)
	}
	if t.size == 0 || t.size > 0xffff {
		return nil, ErrTemplate // records of no length, or of more than a datagram
	}
	if t.counts && !t.section && !options && t.size < leastRecord {
		return nil, ErrTemplate
	}
	if !t.variable {
		t.ops = slices.DeleteFunc(t.ops, func(o op) bool { return o.target == none })
	}
	t.ops = slices.Clip(t.ops)
	return t, nil
}

// skip adds a field that is not read; one is joined to another before it.
func (t *template) skip(length uint16) {
	if n := len(t.ops); n > 0 && length != ofItself {
		last := &t.ops[n-1]
		if last.target == none && last.length != ofItself && int(last.length)+int(length) < ofItself {
			last.length += length
			return
		}
	}
	t.ops = append(t.ops, op{length: length})
}

func (t *template) note(e target, scope bool) {
	switch e {
	case toBytes, toPackets, toBackBytes, toBackPackets:
		t.counts = true
	case toStartSeconds, toStartMillis, toStartNTP, toFirstUp, toStartDelta:
		t.start = true
	case toEndSeconds, toEndMillis, toEndNTP, toLastUp, toEndDelta:
		t.end = true
	case toFrame, toPacket:
		t.counts, t.section = true, true
	case toIn:
		t.scoped = t.scoped || scope
	}
	t.rests = t.rests || e >= toFirstUp || e >= toEitherSrc4 && e <= toEitherDst6
}

// choose leaves of the fields that say the same only the one that says it best,
// and of fields that are there twice the first.
func choose(fields []field) {
	var best [groups]int // of each group, the field plus 1
	seen := map[target]bool{}
	for i := range fields {
		e := &fields[i].element
		switch {
		case e.target == none:
		case e.group == single:
			if seen[e.target] {
				e.target = none
			} else {
				seen[e.target] = true
			}
		default:
			b := best[e.group]
			if b == 0 || fields[b-1].element.rank < e.rank {
				best[e.group] = i + 1
			}
		}
	}
	for i := range fields {
		e := &fields[i].element
		if e.group != single && best[e.group] != i+1 {
			e.target = none
		}
	}
	either(fields, seen, toSrc4, toSrc6, toEitherSrc4, toEitherSrc6)
	either(fields, seen, toDst4, toDst6, toEitherDst4, toEitherDst6)
}

// either marks addresses that are there in both kinds.
func either(fields []field, seen map[target]bool, v4, v6, either4, either6 target) {
	if !seen[v4] || !seen[v6] {
		return
	}
	for i := range fields {
		switch e := &fields[i].element; e.target {
		case v4:
			e.target = either4
		case v6:
			e.target = either6
		}
	}
}

const (
	// mostTemplates bounds the templates of one stream.
	mostTemplates = 512
	// mostEvictions bounds what one datagram may push out, so that a flood of
	// templates costs little.
	mostEvictions = 64
)

// learn takes a template, and decodes what waited for it.
func (s *Stream) learn(dst []flow.Record, id uint16, t *template, res *Result) []flow.Record {
	res.Templates++
	t.used = s.turn
	if old := s.templates[id]; old != nil {
		if old.options == t.options && slices.Equal(old.raw, t.raw) {
			return dst
		}
		res.Changed++
		s.forget(id)
	}
	cost := t.cost()
	if cost > s.share.most/4 || s.share.used-s.taken+cost > s.share.most {
		res.Refused++ // also with all of the stream's own gone
		return dst
	}
	for len(s.templates) >= mostTemplates || !s.share.Take(cost) {
		if res.Evicted >= mostEvictions {
			res.Refused++
			return dst
		}
		s.evict()
		res.Evicted++
	}
	s.taken += cost
	s.templates[id] = t
	return s.come(dst, id, t, res)
}

// evict forgets the template that was not used for the longest.
func (s *Stream) evict() {
	var oldest *template
	var which uint16
	for id, t := range s.templates {
		if oldest == nil || t.used < oldest.used || t.used == oldest.used && id < which {
			oldest, which = t, id
		}
	}
	s.forget(which)
}

func (s *Stream) forget(id uint16) {
	if t := s.templates[id]; t != nil {
		s.share.Give(t.cost())
		s.taken -= t.cost()
		delete(s.templates, id)
	}
}
