package export

import (
	"candor/internal/flow"
	"candor/internal/flow/decode"
)

// Templates by what their records hold.
const (
	records4 = 256
	records6 = 257
	rates    = 258
)

// field is one of a template: the element and its length.
type field struct{ id, length uint16 }

// fields are those of records, with addresses of 4 or 16 bytes.
func (e *Encoder) fields(ip4 bool) []field {
	f := []field{{27, 16}, {28, 16}}
	if ip4 {
		f = []field{{8, 4}, {12, 4}}
	}
	f = append(f, field{7, 2}, field{11, 2}, field{4, 1}, field{6, 1}, field{10, 4}, field{14, 4}, field{1, 8}, field{2, 8})
	if e.o.Version == decode.IPFIX {
		f = append(f, field{152, 8}, field{153, 8})
	} else {
		f = append(f, field{22, 4}, field{21, 4})
	}
	switch {
	case e.o.NAT && ip4:
		f = append(f, field{225, 4}, field{227, 2})
	case e.o.NAT:
		f = append(f, field{281, 16}, field{227, 2})
	}
	return f
}

// size is the length of a record.
func (e *Encoder) size(ip4 bool) int {
	n := 2*16 + 30 + 8
	address := 16
	if ip4 {
		n, address = n-2*12, 4
	}
	if e.o.Version == decode.IPFIX {
		n += 8
	}
	if e.o.NAT {
		n += address + 2
	}
	return n
}

func (e *Encoder) sets(records []flow.Record, at int64, emit func([]byte) error) error {
	e.buf = e.buf[:0]
	open := uint16(0)
	for i := range records {
		r := &records[i]
		ip4, id := four(r), uint16(records6)
		if ip4 {
			id = records4
		}
		if len(e.buf) > 0 && len(e.buf)+e.size(ip4)+8 > e.o.Size {
			if err := e.flush(emit); err != nil {
				return err
			}
		}
		if len(e.buf) == 0 {
			e.head(at)
			open = 0
		}
		if open != id {
			e.close()
			e.open(id)
			open = id
		}
		e.record(r, ip4)
		e.records++
	}
	if len(e.buf) > 0 {
		return e.flush(emit)
	}
	return nil
}

// head begins a datagram, with templates when it is time.
func (e *Encoder) head(at int64) {
	if e.o.Version == decode.IPFIX {
		e.u16(10)
		e.u16(0)
		e.u32(uint32(at / 1e6))
	} else {
		e.u16(9)
		e.u16(0)
		// The clock of v9 tells seconds: what it told of the time before would
		// be off by the rest.
		e.u32(e.up(at / 1e6 * 1e6))
		e.u32(uint32(at / 1e6))
	}
	e.u32(e.sequence)
	e.u32(e.o.Domain)
	if e.sent >= e.o.Every {
		e.sent = 0
		e.templates()
	}
	e.sent++
}

// flush ends a datagram and has it sent.
func (e *Encoder) flush(emit func([]byte) error) error {
	e.close()
	if e.o.Version == decode.IPFIX {
		be.PutUint16(e.buf[2:], uint16(len(e.buf)))
		e.sequence += uint32(e.records)
	} else {
		be.PutUint16(e.buf[2:], uint16(e.records))
		e.sequence++
	}
	e.records = 0
	err := emit(e.buf)
	e.buf = e.buf[:0]
	return err
}

func (e *Encoder) open(id uint16) {
	e.set = len(e.buf)
	e.u16(id)
	e.u16(0)
}

// close ends a set, filled up to words.
func (e *Encoder) close() {
	if e.set == 0 {
		return
	}
	for len(e.buf)%4 != 0 {
		e.u8(0)
	}
	be.PutUint16(e.buf[e.set+2:], uint16(len(e.buf)-e.set))
	e.set = 0
}

// templates writes what records hold, and the rate of sampling.
func (e *Encoder) templates() {
	ipfix := e.o.Version == decode.IPFIX
	kind, options := uint16(0), uint16(1)
	if ipfix {
		kind, options = 2, 3
	}
	e.open(kind)
	for _, ip4 := range []bool{true, false} {
		fields := e.fields(ip4)
		e.u16(map[bool]uint16{true: records4, false: records6}[ip4])
		e.u16(uint16(len(fields)))
		for _, f := range fields {
			e.u16(f.id)
			e.u16(f.length)
		}
		if !ipfix {
			e.records++
		}
	}
	e.close()
	if e.o.Sampling == 0 {
		return
	}
	e.open(options)
	e.u16(rates)
	if ipfix {
		e.u32(2<<16 | 1)   // fields, of them scopes
		e.u32(149<<16 | 4) // the observation domain
	} else {
		e.u32(4<<16 | 4) // bytes of scopes, of options
		e.u32(1<<16 | 4) // the system
	}
	e.u32(34<<16 | 4)
	e.close()
	e.open(rates)
	e.u32(e.o.Domain)
	e.u32(e.o.Sampling)
	e.close()
	e.records++
	if !ipfix {
		e.records++
	}
}

func (e *Encoder) record(r *flow.Record, ip4 bool) {
	e.addr(r.Src, ip4)
	e.addr(r.Dst, ip4)
	e.u16(r.SrcPort)
	e.u16(r.DstPort)
	e.u8(r.Protocol)
	e.u8(r.Flags)
	e.u32(r.In)
	e.u32(r.Out)
	e.u64(r.Bytes)
	e.u64(r.Packets)
	if e.o.Version == decode.IPFIX {
		e.u64(uint64(r.Start / 1000))
		e.u64(uint64(r.End / 1000))
	} else {
		e.u32(e.up(r.Start))
		e.u32(e.up(r.End))
	}
	if e.o.NAT {
		e.addr(r.NatAddr, ip4)
		e.u16(r.NatPort)
	}
}
