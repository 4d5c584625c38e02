// Package decode turns export datagrams into records: NetFlow v5, NetFlow v9
// (RFC 3954), IPFIX (RFC 7011, RFC 5103) and sFlow v5 (sflow.org, "sFlow Version
// 5"). Peek tells whose stream a datagram belongs to; a Stream decodes what is
// of it, with templates compiled once and nothing allocated for a record.
//
// It owns no socket and no clock. What a datagram claims is never trusted: a
// Stream stays within its Share whatever it is sent, and reads nothing outside
// of the datagram.
package decode

import (
	"encoding/binary"
	"errors"

	"candor/internal/flow"
)

// Version is the protocol of an export datagram.
type Version uint8

// The protocols.
const (
	NetFlow5 Version = 5
	NetFlow9 Version = 9
	IPFIX    Version = 10
	SFlow5   Version = 105
)

// String is the name that people use.
func (v Version) String() string {
	switch v {
	case NetFlow5:
		return "NetFlow v5"
	case NetFlow9:
		return "NetFlow v9"
	case IPFIX:
		return "IPFIX"
	case SFlow5:
		return "sFlow v5"
	}
	return "unknown"
}

// Counts names what the sequence numbers of a protocol count.
func (v Version) Counts() string {
	if v == NetFlow5 || v == IPFIX {
		return "records"
	}
	return "datagrams"
}

// Header is what the head of a datagram says.
type Header struct {
	Version Version
	// Domain is the observation domain of IPFIX, the source ID of v9, the
	// engine of v5 (type times 256 plus ID), the sub-agent of sFlow.
	Domain   uint32
	Agent    flow.Addr // of sFlow only
	Sequence uint32
	Uptime   uint32 // milliseconds; 0 for IPFIX, which does not tell it
	Time     int64  // when it was sent by the exporter's clock, microseconds since 1970; 0 for sFlow
}

// Errors of datagrams. They are values, so that a flood of bad datagrams costs
// no memory.
var (
	ErrShort    = errors.New("the datagram ends within its head")
	ErrVersion  = errors.New("the datagram is of no known protocol")
	ErrCut      = errors.New("the datagram ends before what it announces")
	ErrSet      = errors.New("a set is shorter than its head or longer than its message")
	ErrTemplate = errors.New("a template cannot be understood")
	ErrSample   = errors.New("a sample cannot be understood")
)

const (
	head5  = 24
	head9  = 20
	head10 = 16
)

// Peek reads the head of a datagram.
func Peek(d []byte) (Header, error) {
	if len(d) < 4 {
		return Header{}, ErrShort
	}
	switch be.Uint16(d) {
	case 5:
		return peek5(d)
	case 9:
		return peek9(d)
	case 10:
		return peek10(d)
	case 0:
		if be.Uint32(d) == 5 {
			return peekSFlow(d)
		}
	}
	return Header{}, ErrVersion
}

func peek5(d []byte) (Header, error) {
	if len(d) < head5 {
		return Header{}, ErrShort
	}
	return Header{
		Version: NetFlow5, Domain: uint32(be.Uint16(d[20:])), Sequence: be.Uint32(d[16:]), Uptime: be.Uint32(d[4:]),
		Time: int64(be.Uint32(d[8:]))*1e6 + int64(be.Uint32(d[12:]))/1000,
	}, nil
}

func peek9(d []byte) (Header, error) {
	if len(d) < head9 {
		return Header{}, ErrShort
	}
	return Header{
		Version: NetFlow9, Domain: be.Uint32(d[16:]), Sequence: be.Uint32(d[12:]), Uptime: be.Uint32(d[4:]),
		Time: int64(be.Uint32(d[8:])) * 1e6,
	}, nil
}

func peek10(d []byte) (Header, error) {
	if len(d) < head10 {
		return Header{}, ErrShort
	}
	return Header{Version: IPFIX, Domain: be.Uint32(d[12:]), Sequence: be.Uint32(d[8:]), Time: int64(be.Uint32(d[4:])) * 1e6}, nil
}

// be is the order of all numbers here.
var be = binary.BigEndian

// Looks tells whether a datagram is one of these protocols in all its length,
// for captures that hold other traffic as well.
func Looks(d []byte) bool {
	h, err := Peek(d)
	if err != nil {
		return false
	}
	switch h.Version {
	case NetFlow5:
		n := int(be.Uint16(d[2:]))
		return n > 0 && len(d) == head5+n*size5
	case NetFlow9:
		return chained(d[head9:])
	case IPFIX:
		return int(be.Uint16(d[2:])) == len(d) && chained(d[head10:])
	default:
		return sampled(d)
	}
}

// chained tells whether sets follow each other to the end.
func chained(d []byte) bool {
	for len(d) >= 4 {
		n := int(be.Uint16(d[2:]))
		if n < 4 || n > len(d) {
			return false
		}
		d = d[n:]
	}
	return len(d) == 0
}
