package export

import "candor/internal/flow"

// most5 is how many records a datagram of NetFlow v5 holds.
const most5 = 30

func (e *Encoder) v5(records []flow.Record, at int64, emit func([]byte) error) error {
	n := 0
	flush := func() error {
		be.PutUint16(e.buf[2:], uint16(n))
		e.sequence += uint32(n)
		n = 0
		return emit(e.buf)
	}
	for i := range records {
		r := &records[i]
		if !four(r) {
			e.left++
			continue
		}
		if n == 0 {
			e.head5(at)
		}
		e.record5(r)
		if n++; n == most5 || len(e.buf)+48 > e.o.Size {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if n > 0 {
		return flush()
	}
	return nil
}

func (e *Encoder) head5(at int64) {
	e.buf = e.buf[:0]
	e.u16(5)
	e.u16(0)
	e.u32(e.up(at))
	e.u32(uint32(at / 1e6))
	e.u32(uint32(at % 1e6 * 1000))
	e.u32(e.sequence)
	e.u16(uint16(e.o.Domain))
	sampling := uint16(min(e.o.Sampling, 0x3fff))
	if sampling > 0 {
		sampling |= 1 << 14
	}
	e.u16(sampling)
}

func (e *Encoder) record5(r *flow.Record) {
	e.addr(r.Src, true)
	e.addr(r.Dst, true)
	e.u32(0)
	e.u16(uint16(r.In))
	e.u16(uint16(r.Out))
	e.u32(uint32(r.Packets))
	e.u32(uint32(r.Bytes))
	e.u32(e.up(r.Start))
	e.u32(e.up(r.End))
	e.u16(r.SrcPort)
	e.u16(r.DstPort)
	e.u8(0)
	e.u8(r.Flags)
	e.u8(r.Protocol)
	e.u8(0)
	e.u64(0) // autonomous systems, masks
}
