package lease

import (
	"encoding/binary"

	"candor/internal/flow"
)

// A state is all that is kept of a session, as it stands in a snapshot.

const (
	stateLayout   = 129 // apart from layout
	restartLayout = 130 // of the restarts of a group

	flagDisputed = 1 << 4
)

// encode appends the state of a session.
func (s *session) encode(b []byte) []byte {
	flags := flag(s.silent, flagSilent) | flag(s.exclusive, flagExclusive) | flag(s.disputed, flagDisputed) |
		flag(s.inner != flow.Addr{}, flagInner) | flag(s.server != nil, flagServer)
	b = append(b, stateLayout, flags)
	b = text(text(text(b, s.group.source), s.group.group), s.id)
	var keys []Key
	if s.subject != nil {
		keys = s.subject.keys
	}
	b = binary.AppendUvarint(b, uint64(len(keys)))
	for _, k := range keys {
		b = text(text(b, k.Kind), k.Text)
	}
	if flags&flagInner != 0 {
		b = append(b, s.inner[:]...)
	}
	if flags&flagServer != 0 {
		a := flow.FromIP(*s.server)
		b = append(b, a[:]...)
	}
	b = binary.AppendUvarint(b, uint64(s.ports.Low))
	b = binary.AppendUvarint(b, uint64(s.ports.High))
	for _, t := range []int64{s.start, s.seen, s.until, s.end, s.lost, s.taken} {
		b = binary.AppendVarint(b, t)
	}
	b = binary.AppendUvarint(b, uint64(len(s.claims)))
	for i := range s.claims {
		c := &s.claims[i]
		b = append(append(b, c.addr[:]...), c.bits)
		for _, t := range []int64{c.begun, c.first, c.since, c.seen} {
			b = binary.AppendVarint(b, t)
		}
	}
	return b
}

// decodeState reads what encode wrote. Group and keys come beside the session.
func decodeState(b []byte) (group groupKey, s *session, keys []Key, err error) {
	d := decoder{rest: b}
	if d.byte() != stateLayout {
		return group, nil, nil, errRecord
	}
	flags := d.byte()
	s = &session{silent: flags&flagSilent != 0, exclusive: flags&flagExclusive != 0, disputed: flags&flagDisputed != 0}
	group = groupKey{d.text(), d.text()}
	s.id = d.text()
	for range d.count(mostKeys) {
		keys = append(keys, Key{d.text(), d.text()})
	}
	if flags&flagInner != 0 {
		s.inner = d.addr()
	}
	if flags&flagServer != 0 {
		a := d.addr().IP()
		s.server = &a
	}
	s.ports = Ports{uint16(d.unsigned(65535)), uint16(d.unsigned(65535))}
	for _, t := range []*int64{&s.start, &s.seen, &s.until, &s.end, &s.lost, &s.taken} {
		*t = d.signed()
	}
	for range d.count(mostClaims) {
		c := claim{prefix: prefix{d.addr(), d.byte()}}
		for _, t := range []*int64{&c.begun, &c.first, &c.since, &c.seen} {
			*t = d.signed()
		}
		if c.bits == 0 || c.bits > 128 || c.addr == (flow.Addr{}) || c.addr.Is4() && c.bits <= 96 {
			d.bad = true
		}
		s.claims = append(s.claims, c)
	}
	if d.bad || len(d.rest) > 0 || group.source == "" || s.id == "" || s.ports.Low > s.ports.High {
		return group, nil, nil, errRecord
	}
	return group, s, keys, nil
}

// encodeRestarts appends when a group restarted.
func encodeRestarts(b []byte, g groupKey, at []int64) []byte {
	b = text(text(append(b, restartLayout), g.source), g.group)
	b = binary.AppendUvarint(b, uint64(len(at)))
	for _, t := range at {
		b = binary.AppendVarint(b, t)
	}
	return b
}

func decodeRestarts(b []byte) (g groupKey, at []int64, err error) {
	d := decoder{rest: b}
	if d.byte() != restartLayout {
		return g, nil, errRecord
	}
	g = groupKey{d.text(), d.text()}
	for range d.count(mostRestarts) {
		at = append(at, d.signed())
	}
	if d.bad || len(d.rest) > 0 {
		return g, nil, errRecord
	}
	return g, at, nil
}
