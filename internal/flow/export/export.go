// Package export writes export datagrams as routers send them, for tests,
// benchmarks, simulations and drills: NetFlow v5, NetFlow v9 (RFC 3954), IPFIX
// (RFC 7011) and sFlow v5. What it writes package decode reads as it was, to the
// millisecond; sFlow tells no times.
package export

import (
	"encoding/binary"
	"fmt"

	"candor/internal/flow"
	"candor/internal/flow/decode"
)

// Options say what an exporter is.
type Options struct {
	Version decode.Version
	Domain  uint32    // as decode.Header has it
	Agent   flow.Addr // of sFlow
	Booted  int64     // when the exporter started, microseconds since 1970
	// Sampling is told as the exporter's own: by options (v9, IPFIX), in the
	// head (v5), in samples (sFlow). What records say of theirs is not written.
	Sampling uint32
	NAT      bool // v9, IPFIX: records say what a translator made of the source
	Size     int  // most bytes of a datagram; 1,400 if 0
	Every    int  // templates are sent again after so many datagrams; 20 if 0
}

// Encoder writes the datagrams of one observation domain. One goroutine at a
// time may use it.
type Encoder struct {
	o         Options
	buf       []byte
	sequence  uint32
	sent      int // datagrams since templates were sent
	left      int
	datagrams int
	set       int // where the open set begins; 0 if none is open
	records   int // in the datagram
}

// New makes an Encoder.
func New(o Options) (*Encoder, error) {
	switch o.Version {
	case decode.NetFlow5, decode.NetFlow9, decode.IPFIX, decode.SFlow5:
	default:
		return nil, fmt.Errorf("export: no protocol %d", o.Version)
	}
	if o.Size == 0 {
		o.Size = 1400
	}
	if o.Size < 512 || o.Size > 65507 {
		return nil, fmt.Errorf("export: datagrams of %d bytes", o.Size)
	}
	if o.Every == 0 {
		o.Every = 20
	}
	return &Encoder{o: o, buf: make([]byte, 0, o.Size), sent: o.Every}, nil
}

// Left is how many records were left out, because NetFlow v5 has no place for
// IPv6.
func (e *Encoder) Left() int { return e.left }

// Datagrams is how many emit was called with.
func (e *Encoder) Datagrams() int { return e.datagrams }

// Sequence is the number of the next datagram.
func (e *Encoder) Sequence() uint32 { return e.sequence }

// Skip raises the number of the next datagram, as if what it counts had been
// sent and lost.
func (e *Encoder) Skip(n uint32) { e.sequence += n }

// Restart has the exporter start anew at a time: its numbers and its templates
// begin again.
func (e *Encoder) Restart(at int64) {
	e.o.Booted, e.sequence, e.sent = at, 0, e.o.Every
}

// Append has emit called with the datagrams that hold the records, sent at a
// time in microseconds since 1970. A datagram is emit's until it returns. The
// last may not be full.
func (e *Encoder) Append(records []flow.Record, at int64, emit func(datagram []byte) error) error {
	sent := emit
	emit = func(d []byte) error {
		e.datagrams++
		return sent(d)
	}
	switch e.o.Version {
	case decode.NetFlow5:
		return e.v5(records, at, emit)
	case decode.SFlow5:
		return e.sflow(records, at, emit)
	default:
		return e.sets(records, at, emit)
	}
}

// be is the order of all numbers here.
var be = binary.BigEndian

func (e *Encoder) u8(v uint8)   { e.buf = append(e.buf, v) }
func (e *Encoder) u16(v uint16) { e.buf = be.AppendUint16(e.buf, v) }
func (e *Encoder) u32(v uint32) { e.buf = be.AppendUint32(e.buf, v) }
func (e *Encoder) u64(v uint64) { e.buf = be.AppendUint64(e.buf, v) }

// up is a time in milliseconds since boot.
func (e *Encoder) up(t int64) uint32 { return uint32((t - e.o.Booted) / 1000) }

// addr writes an address of 4 or 16 bytes.
func (e *Encoder) addr(a flow.Addr, four bool) {
	if four {
		e.buf = append(e.buf, a[12:]...)
	} else {
		e.buf = append(e.buf, a[:]...)
	}
}

func four(r *flow.Record) bool { return r.Src.Is4() && r.Dst.Is4() }
