package collect

import (
	"cmp"
	"net/netip"
	"slices"
	"sync"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/decode"
)

// exporter is one exporter: all that it says is kept here.
type exporter struct {
	lock sync.Mutex
	Registered
	registered bool
	share      *decode.Share
	streams    map[key]*stream
	counts     Counts
	lastError  error
	last       int64
	gone       map[decode.Version]totals // of streams that made room
}

// key is whose templates and numbers those of a datagram are. In IPFIX they are
// of a transport session, and so of a port (RFC 7011, 8.1 and 10.3.4), in v9 of
// the address alone (RFC 3954, 5.1).
type key struct {
	version decode.Version
	port    uint16
	domain  uint32
	agent   flow.Addr
}

// stream is one observation domain.
type stream struct {
	*decode.Stream
	sequence
	clock clock
	last  int64
}

// streamCost is about what one takes.
const streamCost = 2 << 10

// clock is how far a clock is ahead: what delays datagrams, and the part of a
// second that some do not tell, only make it look behind, so the most of about a
// minute is taken.
type clock struct {
	now, before int64
	since       int64
}

const clockWindow = int64(time.Minute / time.Microsecond)

func (c *clock) note(ahead, at int64) {
	switch {
	case c.since == 0:
		*c = clock{ahead, ahead, at}
	case at-c.since > clockWindow:
		*c = clock{ahead, c.now, at}
	default:
		c.now = max(c.now, ahead)
	}
}

func (c *clock) ahead() time.Duration {
	return time.Duration(max(c.now, c.before)) * time.Microsecond
}

// take decodes a datagram whose digest is given.
func (e *exporter) take(dst []flow.Record, d []byte, h decode.Header, port uint16, arrived int64, digest uint64, names *names) []flow.Record {
	k := key{version: h.Version, domain: h.Domain, agent: h.Agent}
	if h.Version == decode.IPFIX {
		k.port = port
	}
	s := e.streams[k]
	if s == nil {
		if s = e.open(k, arrived, names); s == nil {
			e.counts.Refused++
			return dst
		}
	}
	s.last = arrived
	p, at := s.enter(h, digest)
	switch p {
	case again:
		e.counts.Duplicates++
		return dst
	case overtaken:
		e.counts.Overtaken++
	case anew:
		e.counts.Restarts++
		e.counts.Forgotten += uint64(s.Reset())
	}
	if h.Time != 0 {
		s.clock.note(h.Time-arrived, arrived)
	}
	before := len(dst)
	dst, res := s.Decode(dst, d, h, arrived)
	e.counts.note(&res, len(dst)-before)
	if res.Err != nil {
		e.lastError = res.Err
	}
	if h.Version.Counts() == "records" {
		s.count(at, res.Data, res.Late)
	} else {
		s.count(at, 1, 0)
	}
	return dst
}

// open makes a stream, nil if there is no room for one.
func (e *exporter) open(k key, arrived int64, names *names) *stream {
	// Streams alone must not take what templates need.
	if len(e.streams) >= min(mostStreams, e.share.Size()/4/streamCost) || !e.share.Take(streamCost) {
		if !e.shut(arrived-streamIdle.Microseconds(), names) || !e.share.Take(streamCost) {
			return nil
		}
	}
	s := &stream{Stream: decode.NewStream(e.share, names.number(Source{e.Address, e.Name, k.version, k.domain}))}
	s.Override = e.Sampling
	e.streams[k] = s
	return s
}

// shut forgets the stream that was silent the longest, if that was since before
// a time.
func (e *exporter) shut(before int64, names *names) bool {
	var oldest *stream
	var which key
	for k, s := range e.streams {
		if oldest == nil || s.last < oldest.last {
			oldest, which = s, k
		}
	}
	if oldest == nil || oldest.last >= before {
		return false
	}
	e.counts.Forgotten += uint64(oldest.Reset())
	t, sum := oldest.totals(), e.gone[which.version]
	e.gone[which.version] = totals{sum.sent + t.sent, sum.lost + t.lost}
	e.share.Give(streamCost)
	delete(e.streams, which)
	for _, s := range e.streams {
		if s.Number == oldest.Number {
			return true
		}
	}
	names.forget(oldest.Number)
	return true
}

// expire drops what waited too long in streams that went silent.
func (e *exporter) expire(now int64) {
	e.lock.Lock()
	defer e.lock.Unlock()
	for _, s := range e.streams {
		e.counts.Expired += uint64(s.Expire(now))
	}
}

// stats is what it says of itself now.
func (e *exporter) stats() Exporter {
	e.lock.Lock()
	defer e.lock.Unlock()
	x := Exporter{Address: e.Address, Name: e.Name, Kind: e.Kind, Registered: e.registered, Counts: e.counts, Last: moment(e.last), Memory: e.share.Used()}
	if e.lastError != nil {
		x.LastError = e.lastError.Error()
	}
	for k, s := range e.streams {
		t := s.totals()
		one := Stream{Number: s.Number, Version: k.version, Protocol: k.version.String(), Domain: k.domain, Port: k.port, Counts: k.version.Counts(),
			Sent: t.sent, Lost: t.lost, Templates: s.Templates(), Waiting: s.Waiting(), Clock: s.clock.ahead(), Last: moment(s.last)}
		if k.agent != (flow.Addr{}) {
			one.Agent = k.agent.String()
		}
		x.Streams = append(x.Streams, one)
	}
	for v, t := range e.gone {
		x.Streams = append(x.Streams, Stream{Version: v, Protocol: v.String(), Counts: v.Counts(), Sent: t.sent, Lost: t.lost})
	}
	slices.SortFunc(x.Streams, func(a, b Stream) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Port, b.Port), cmp.Compare(a.Agent, b.Agent))
	})
	return x
}

// moment is a time in microseconds, zero for none.
func moment(t int64) time.Time {
	if t == 0 {
		return time.Time{}
	}
	return flow.At(t)
}

// fresh makes an exporter.
func fresh(r Registered, registered bool, share int) *exporter {
	r.Address = r.Address.Unmap().WithZone("")
	return &exporter{Registered: r, registered: registered, share: decode.NewShare(share), streams: map[key]*stream{}, gone: map[decode.Version]totals{}}
}

// same is an address as exporters are known by.
func same(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }
