package decode

import "candor/internal/flow"

// Formats of samples and of what is in them, of enterprise 0.
const (
	flowSample      = 1
	counterSample   = 2
	flowExpanded    = 3
	counterExpanded = 4

	rawHeader   = 1
	sampledIPv4 = 3
	sampledIPv6 = 4

	headEthernet = 1
	headIPv4     = 11
	headIPv6     = 12
)

// words reads numbers of XDR one after another; after the end of what there is
// they are 0, and bad.
type words struct {
	b   []byte
	bad bool
}

func (w *words) next() uint32 {
	if len(w.b) < 4 {
		w.b, w.bad = nil, true
		return 0
	}
	v := be.Uint32(w.b)
	w.b = w.b[4:]
	return v
}

// take gives n bytes, and skips what fills them up to words.
func (w *words) take(n uint32) []byte {
	if uint64(n) > uint64(len(w.b)) {
		w.b, w.bad = nil, true
		return nil
	}
	v := w.b[:n]
	w.b = w.b[min(int(n)+int(-n&3), len(w.b)):]
	return v
}

func (w *words) address() flow.Addr {
	switch kind := w.next(); kind {
	case 1:
		return flow.V4(w.next())
	case 2:
		if v := w.take(16); v != nil {
			return flow.Addr(v)
		}
	default:
		w.bad = true
	}
	return flow.Addr{}
}

func peekSFlow(d []byte) (Header, error) {
	w := words{b: d[4:]}
	h := Header{Version: SFlow5, Agent: w.address()}
	h.Domain, h.Sequence, h.Uptime = w.next(), w.next(), w.next()
	w.next() // how many samples
	if w.bad {
		return Header{}, ErrShort
	}
	return h, nil
}

// body gives the samples of a datagram and how many it announces.
func body(d []byte) (w words, count uint32) {
	w = words{b: d[4:]}
	w.address()
	w.next()
	w.next()
	w.next()
	return w, w.next()
}

// sampled tells whether samples follow each other to the end.
func sampled(d []byte) bool {
	w, count := body(d)
	for ; count > 0 && !w.bad; count-- {
		w.next()
		w.take(w.next())
	}
	return !w.bad && len(w.b) == 0
}

// sflow decodes samples. Their time is when they arrived: sFlow tells none.
func (s *Stream) sflow(dst []flow.Record, d []byte, arrived int64, res *Result) []flow.Record {
	w, count := body(d)
	for ; count > 0; count-- {
		format := w.next()
		sample := w.take(w.next())
		if w.bad {
			res.fail(ErrCut)
			return dst
		}
		switch format {
		case flowSample, flowExpanded:
			res.Samples++
			dst = s.flowSample(dst, sample, format == flowExpanded, arrived, res)
		case counterSample, counterExpanded:
			res.Counters++
		default:
			res.Foreign++
		}
	}
	return dst
}

// flowSample decodes one sampled packet.
func (s *Stream) flowSample(dst []flow.Record, b []byte, expanded bool, arrived int64, res *Result) []flow.Record {
	w := words{b: b}
	r := flow.Record{Exporter: s.Number, Start: arrived, End: arrived}
	w.next() // its number
	w.next() // where it was taken
	if expanded {
		w.next()
	}
	rate := w.next()
	w.next() // packets that could have been taken
	w.next() // packets that there was no time for
	r.In, r.Out = iface(&w, expanded), iface(&w, expanded)
	count := w.next()
	found, whole := false, false
	for ; count > 0 && !w.bad; count-- {
		format := w.next()
		v := words{b: w.take(w.next())}
		if w.bad {
			break
		}
		switch format {
		case rawHeader:
			if raw(&v, &r) {
				found, whole = true, true
			}
		case sampledIPv4, sampledIPv6:
			if !whole && sampledIP(&v, &r, format == sampledIPv6) {
				found = true
			}
		}
	}
	if w.bad {
		res.fail(ErrSample)
	}
	if !found {
		res.Foreign++
		return dst
	}
	r.Sampling = s.rate(rate)
	res.Data++
	return append(dst, r)
}

// unknownInterface is what agents say of their own traffic and of what they do
// not know.
const unknownInterface = 0x3fffffff

// iface reads an interface; one that is none, or several, is 0.
func iface(w *words, expanded bool) uint32 {
	var format, value uint32
	if expanded {
		format, value = w.next(), w.next()
	} else {
		value = w.next()
		format, value = value>>30, value&unknownInterface
	}
	if format != 0 || !expanded && value == unknownInterface || value == 0xffffffff {
		return 0
	}
	return value
}

// raw reads the first bytes of a packet.
func raw(w *words, r *flow.Record) bool {
	kind := w.next()
	w.next() // how long the frame was
	w.next() // how much of it was taken off
	head := w.take(w.next())
	if w.bad {
		return false
	}
	var p Packet
	ok := false
	switch kind {
	case headEthernet:
		ok = Ethernet(head, &p)
	case headIPv4, headIPv6:
		ok = IP(head, &p)
	}
	if ok {
		p.fill(r)
	}
	return ok
}

// sampledIP reads what an agent read of a packet's heads.
func sampledIP(w *words, r *flow.Record, six bool) bool {
	var n Packet
	n.Bytes, n.Protocol = int(w.next()), uint8(w.next())
	if six {
		src, dst := w.take(16), w.take(16)
		if w.bad {
			return false
		}
		n.Src, n.Dst = flow.Addr(src), flow.Addr(dst)
	} else {
		n.Src, n.Dst = flow.V4(w.next()), flow.V4(w.next())
	}
	n.SrcPort, n.DstPort, n.Flags = uint16(w.next()), uint16(w.next()), uint8(w.next())
	if w.bad {
		return false
	}
	n.fill(r)
	return true
}
