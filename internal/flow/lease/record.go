package lease

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"candor/internal/flow"
)

// record is an event as the table works with it and keeps it. Times are in
// microseconds, 0 for none.
type record struct {
	kind      Kind
	source    string
	group     string
	session   string
	keys      []Key
	inner     flow.Addr
	prefixes  []prefix
	ports     Ports
	server    netip.Addr
	at        int64
	since     int64
	until     int64
	silent    bool
	exclusive bool
}

// newRecord is an event that check let through.
func newRecord(e *Event) *record {
	r := &record{
		kind: e.Kind, source: e.Source, group: e.Group, session: e.Session,
		inner: flow.FromIP(e.Inner), ports: e.Ports, server: e.Server,
		at: micro(e.At), since: micro(e.Since), until: micro(e.Until),
		silent: e.Silent, exclusive: e.Exclusive,
	}
	if r.ports.All() {
		r.ports = Ports{}
	}
	for _, k := range e.Keys {
		if k.Text != "" {
			r.keys = append(r.keys, k)
		}
	}
	for _, p := range e.Prefixes {
		r.prefixes = append(r.prefixes, newPrefix(p))
	}
	return r
}

func newPrefix(p netip.Prefix) prefix {
	p = p.Masked()
	bits := p.Bits()
	if p.Addr().Is4() {
		bits += 96
	}
	return prefix{flow.FromIP(p.Addr()), uint8(bits)}
}

// IP gives the prefix as others have it.
func (p prefix) IP() netip.Prefix {
	bits := int(p.bits)
	if p.addr.Is4() && bits >= 96 {
		bits -= 96
	}
	return netip.PrefixFrom(p.addr.IP(), bits)
}

// micro is a time as the table has it; what lies before 1970 is none.
func micro(t time.Time) int64 {
	if t.Unix() <= 0 {
		return 0
	}
	return t.UnixMicro()
}

// Records are written as: kind, flags, strings with their lengths, numbers as
// varints. layout is the version of all that.
const layout = 1

const (
	flagSilent = 1 << iota
	flagExclusive
	flagInner
	flagServer
)

// encode appends a record.
func (r *record) encode(b []byte) []byte {
	flags := flag(r.silent, flagSilent) | flag(r.exclusive, flagExclusive) |
		flag(r.inner != flow.Addr{}, flagInner) | flag(r.server.IsValid(), flagServer)
	b = append(b, layout, byte(r.kind), flags)
	b = text(b, r.source)
	b = text(b, r.group)
	b = text(b, r.session)
	b = binary.AppendUvarint(b, uint64(len(r.keys)))
	for _, k := range r.keys {
		b = text(text(b, k.Kind), k.Text)
	}
	if flags&flagInner != 0 {
		b = append(b, r.inner[:]...)
	}
	if flags&flagServer != 0 {
		a := flow.FromIP(r.server)
		b = append(b, a[:]...)
	}
	b = binary.AppendUvarint(b, uint64(len(r.prefixes)))
	for _, p := range r.prefixes {
		b = append(append(b, p.addr[:]...), p.bits)
	}
	b = binary.AppendUvarint(b, uint64(r.ports.Low))
	b = binary.AppendUvarint(b, uint64(r.ports.High))
	b = binary.AppendVarint(b, r.at)
	b = binary.AppendVarint(b, r.since)
	return binary.AppendVarint(b, r.until)
}

func flag(on bool, f byte) byte {
	if on {
		return f
	}
	return 0
}

func text(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

var errRecord = errors.New("not a record of a lease")

// decode reads a record that encode wrote.
func decode(b []byte) (*record, error) {
	d := decoder{rest: b}
	r := &record{}
	if v := d.byte(); v != layout && !d.bad {
		return nil, fmt.Errorf("%w: version %d", errRecord, v)
	}
	r.kind = Kind(d.byte())
	flags := d.byte()
	r.silent, r.exclusive = flags&flagSilent != 0, flags&flagExclusive != 0
	r.source, r.group, r.session = d.text(), d.text(), d.text()
	for range d.count(mostKeys) {
		r.keys = append(r.keys, Key{d.text(), d.text()})
	}
	if flags&flagInner != 0 {
		r.inner = d.addr()
	}
	if flags&flagServer != 0 {
		r.server = d.addr().IP()
	}
	for range d.count(mostClaims) {
		r.prefixes = append(r.prefixes, prefix{d.addr(), d.byte()})
	}
	r.ports = Ports{uint16(d.unsigned(65535)), uint16(d.unsigned(65535))}
	r.at, r.since, r.until = d.signed(), d.signed(), d.signed()
	if d.bad || len(d.rest) > 0 || r.kind < Begin || r.kind > Restart || !r.sound() {
		return nil, errRecord
	}
	return r, nil
}

// sound tells whether a record that was read can have been written.
func (r *record) sound() bool {
	if r.at <= 0 || r.since < 0 || r.until < 0 || r.ports.Low > r.ports.High {
		return false
	}
	for _, p := range r.prefixes {
		if p.bits == 0 || p.bits > 128 || p.addr == (flow.Addr{}) || p.addr.Is4() && p.bits <= 96 {
			return false
		}
	}
	return true
}

// decoder reads fields one after another, and remembers that one was bad.
type decoder struct {
	rest []byte
	bad  bool
}

func (d *decoder) take(n int) []byte {
	if d.bad || n > len(d.rest) {
		d.bad = true
		return make([]byte, min(n, 16))
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) byte() byte { return d.take(1)[0] }

func (d *decoder) addr() flow.Addr { return flow.Addr(d.take(16)) }

func (d *decoder) text() string {
	n := d.unsigned(4 * longest)
	if d.bad {
		return ""
	}
	return string(d.take(int(n)))
}

func (d *decoder) count(most uint64) int {
	n := d.unsigned(most)
	if d.bad {
		return 0
	}
	return int(n)
}

func (d *decoder) unsigned(most uint64) uint64 {
	v, n := binary.Uvarint(d.rest)
	if d.bad || n <= 0 || v > most {
		d.bad = true
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) signed() int64 {
	v, n := binary.Varint(d.rest)
	if d.bad || n <= 0 {
		d.bad = true
		return 0
	}
	d.rest = d.rest[n:]
	return v
}
