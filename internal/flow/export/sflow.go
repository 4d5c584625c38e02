package export

import (
	"candor/internal/flow"
)

// sflow writes a sample for each packet of a record.
func (e *Encoder) sflow(records []flow.Record, at int64, emit func([]byte) error) error {
	n, count := uint32(0), 0
	flush := func() error {
		be.PutUint32(e.buf[count:], n)
		e.sequence++
		n = 0
		return emit(e.buf)
	}
	for i := range records {
		r := &records[i]
		for k := range r.Packets {
			length := r.Bytes / r.Packets
			if k == 0 {
				length += r.Bytes % r.Packets
			}
			if n > 0 && len(e.buf)+160 > e.o.Size {
				if err := flush(); err != nil {
					return err
				}
			}
			if n == 0 {
				count = e.headSFlow(at)
			}
			e.sample(r, int(min(length, 65535)))
			n++
		}
	}
	if n > 0 {
		return flush()
	}
	return nil
}

// headSFlow begins a datagram, and gives where the number of samples goes.
func (e *Encoder) headSFlow(at int64) int {
	e.buf = e.buf[:0]
	e.u32(5)
	if e.o.Agent.Is4() {
		e.u32(1)
	} else {
		e.u32(2)
	}
	e.addr(e.o.Agent, e.o.Agent.Is4())
	e.u32(e.o.Domain)
	e.u32(e.sequence)
	e.u32(e.up(at))
	e.u32(0)
	return len(e.buf) - 4
}

// sample writes a packet of the record, length bytes long from IP on.
func (e *Encoder) sample(r *flow.Record, length int) {
	e.u32(1)
	start := len(e.buf)
	e.u32(0)
	e.u32(e.sequence)
	e.u32(r.In)
	e.u32(max(e.o.Sampling, 1))
	e.u32(0)
	e.u32(0)
	e.u32(r.In)
	e.u32(r.Out)
	e.u32(1) // one record in the sample
	e.u32(1) // the first bytes of the packet
	raw := len(e.buf)
	e.u32(0)
	e.u32(1) // of Ethernet
	e.u32(uint32(length + 18))
	e.u32(4)
	at := len(e.buf)
	e.u32(0)
	e.frame(r, length)
	be.PutUint32(e.buf[at:], uint32(len(e.buf)-at-4))
	for (len(e.buf)-at)%4 != 0 {
		e.u8(0)
	}
	be.PutUint32(e.buf[raw:], uint32(len(e.buf)-raw-4))
	be.PutUint32(e.buf[start:], uint32(len(e.buf)-start-4))
}

// frame writes the heads of a packet.
func (e *Encoder) frame(r *flow.Record, length int) {
	e.u64(0x0200000000010200)
	e.u32(0x00000002)
	if four(r) {
		e.u16(0x0800)
		e.u32(0x45<<24 | uint32(length))
		e.u32(0)
		e.u32(64<<24 | uint32(r.Protocol)<<16)
		e.addr(r.Src, true)
		e.addr(r.Dst, true)
	} else {
		e.u16(0x86dd)
		e.u32(6 << 28)
		e.u32(uint32(max(length-40, 0))<<16 | uint32(r.Protocol)<<8 | 64)
		e.addr(r.Src, false)
		e.addr(r.Dst, false)
	}
	switch r.Protocol {
	case flow.TCP:
		e.u16(r.SrcPort)
		e.u16(r.DstPort)
		e.u64(0)
		e.u32(5<<28 | uint32(r.Flags)<<16)
		e.u32(0)
	case flow.UDP:
		e.u16(r.SrcPort)
		e.u16(r.DstPort)
		e.u32(uint32(max(length-20, 8)) << 16)
	case flow.ICMP, flow.ICMPv6:
		e.u16(r.DstPort)
		e.u16(0)
		e.u32(0)
	default:
		e.u16(r.SrcPort)
		e.u16(r.DstPort)
		e.u32(0)
	}
}
