package decode

import "candor/internal/flow"

// size5 is the length of a record of NetFlow v5.
const size5 = 48

// v5 decodes the records that are there in full.
func (s *Stream) v5(dst []flow.Record, d []byte, h Header, res *Result) []flow.Record {
	count := int(be.Uint16(d[2:]))
	body := d[head5:]
	if count*size5 > len(body) {
		count, res.Err = len(body)/size5, ErrCut
	}
	base := flow.Record{Exporter: s.Number, Sampling: s.rate(uint32(be.Uint16(d[22:]) & 0x3fff))}
	for ; count > 0; count-- {
		b := body[:size5:size5]
		body = body[size5:]
		dst = append(dst, base)
		r := &dst[len(dst)-1]
		r.Src, r.Dst = flow.V4(be.Uint32(b)), flow.V4(be.Uint32(b[4:]))
		r.In, r.Out = uint32(be.Uint16(b[12:])), uint32(be.Uint16(b[14:]))
		r.Packets, r.Bytes = uint64(be.Uint32(b[16:])), uint64(be.Uint32(b[20:]))
		r.Start, r.End = since(h, be.Uint32(b[24:])), since(h, be.Uint32(b[28:]))
		r.SrcPort, r.DstPort = be.Uint16(b[32:]), be.Uint16(b[34:])
		r.Flags, r.Protocol = b[37], b[38]
		res.settle(r)
		res.Data++
	}
	return dst
}

// since is the time at which a clock of milliseconds since boot stood at up. It
// wraps after 49.7 days, so the difference is taken modulo its range.
func since(h Header, up uint32) int64 {
	return h.Time + int64(int32(up-h.Uptime))*1000
}
