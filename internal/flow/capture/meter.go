package capture

import (
	"errors"
	"io"
	"iter"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/decode"
)

// MeterOptions say when a flow ends. The zero value has the defaults of most
// routers.
type MeterOptions struct {
	Active time.Duration // a flow that goes on is told of so often; a minute if 0
	Idle   time.Duration // without packets it ends; 15 seconds if 0
	Most   int           // flows at once; 131,072 if 0, beyond them the most idle ends
}

// Meter makes flows of packets. One goroutine at a time may use it.
type Meter struct {
	active, idle int64
	most         int
	by           map[fiveTuple]int32
	flows        []metered
	oldest, last int32 // by their last packet
	free         int32
	now          int64
}

// fiveTuple is what packets of one flow have in common.
type fiveTuple struct {
	src, dst         flow.Addr
	srcPort, dstPort uint16
	protocol         uint8
}

// metered is a flow in the making.
type metered struct {
	flow.Record
	before, after int32
}

// no is the end of a list.
const no = -1

// NewMeter makes a Meter.
func NewMeter(o MeterOptions) *Meter {
	if o.Active == 0 {
		o.Active = time.Minute
	}
	if o.Idle == 0 {
		o.Idle = 15 * time.Second
	}
	if o.Most == 0 {
		o.Most = 1 << 17
	}
	return &Meter{active: o.Active.Microseconds(), idle: o.Idle.Microseconds(), most: o.Most,
		by: map[fiveTuple]int32{}, oldest: no, last: no, free: no}
}

// Add counts a packet of a time in microseconds since 1970, and appends the
// flows that ended before it.
func (m *Meter) Add(dst []flow.Record, p *decode.Packet, at int64) []flow.Record {
	m.now = max(m.now, at)
	for m.oldest != no && m.now-m.flows[m.oldest].End >= m.idle {
		dst = m.end(dst, m.oldest)
	}
	k := fiveTuple{p.Src, p.Dst, p.SrcPort, p.DstPort, p.Protocol}
	i, ok := m.by[k]
	if ok && at-m.flows[i].Start >= m.active {
		dst, ok = m.end(dst, i), false
	}
	if !ok {
		if len(m.by) >= m.most {
			dst = m.end(dst, m.oldest)
		}
		i = m.begin(k, at)
	}
	r := &m.flows[i]
	r.Bytes += uint64(p.Bytes)
	r.Packets++
	r.Flags |= p.Flags
	r.Start, r.End = min(r.Start, at), max(r.End, at)
	m.unlink(i)
	m.link(i)
	return dst
}

// Flush appends all flows.
func (m *Meter) Flush(dst []flow.Record) []flow.Record {
	for m.oldest != no {
		dst = m.end(dst, m.oldest)
	}
	return dst
}

func (m *Meter) begin(k fiveTuple, at int64) int32 {
	i := m.free
	if i != no {
		m.free = m.flows[i].after
	} else {
		i = int32(len(m.flows))
		m.flows = append(m.flows, metered{})
	}
	m.flows[i] = metered{Record: flow.Record{Src: k.src, Dst: k.dst, SrcPort: k.srcPort, DstPort: k.dstPort, Protocol: k.protocol, Start: at, End: at}}
	m.by[k] = i
	m.link(i)
	return i
}

// end appends a flow and forgets it.
func (m *Meter) end(dst []flow.Record, i int32) []flow.Record {
	m.unlink(i)
	r := m.flows[i].Record
	delete(m.by, fiveTuple{r.Src, r.Dst, r.SrcPort, r.DstPort, r.Protocol})
	m.flows[i].after, m.free = m.free, i
	return append(dst, r)
}

// link puts a flow at the end, as the one that had a packet last.
func (m *Meter) link(i int32) {
	f := &m.flows[i]
	f.before, f.after = m.last, no
	if m.last != no {
		m.flows[m.last].after = i
	} else {
		m.oldest = i
	}
	m.last = i
}

func (m *Meter) unlink(i int32) {
	f := &m.flows[i]
	if f.before != no {
		m.flows[f.before].after = f.after
	} else {
		m.oldest = f.after
	}
	if f.after != no {
		m.flows[f.after].before = f.before
	} else {
		m.last = f.before
	}
}

// traffic makes flows of packets.
func (f *File) traffic() iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		m := NewMeter(f.o.Meter)
		var records []flow.Record
		for {
			p, err := f.next()
			if err != nil {
				records = m.Flush(records[:0])
				if len(records) > 0 && !yield(Batch{At: m.now, Records: records}, nil) {
					return
				}
				if !errors.Is(err, io.EOF) {
					yield(Batch{}, err)
				}
				return
			}
			var h decode.Packet
			if !heads(p, &h) {
				f.Counts.Skipped++
				continue
			}
			records = m.Add(records[:0], &h, p.at)
			if len(records) > 0 && !yield(Batch{At: p.at, Records: records}, nil) {
				return
			}
		}
	}
}
