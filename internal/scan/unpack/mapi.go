package unpack

import (
	"bytes"
	"encoding/binary"
	"io"
)

// The types of MAPI properties ([MS-OXCDATA] 2.11.1) that have a length.
const (
	mapiEmbedded = 0x000d
	mapiString   = 0x001e
	mapiUnicode  = 0x001f
	mapiBinary   = 0x0102
	mapiMany     = 0x1000 // flag: several values
)

// mapiMostValues is how many values of one property are read.
const mapiMostValues = 1 << 12

// mapiProperty is a property with its values.
type mapiProperty struct {
	id, kind uint16
	values   [][]byte
}

// mapiCursor reads properties as TNEF has them, in units of four bytes.
type mapiCursor struct{ cursor }

func (c *mapiCursor) property() mapiProperty {
	p := mapiProperty{kind: c.uint16(), id: c.uint16()}
	if p.id >= 0x8000 { // it is named: a GUID, then a number or a name
		c.take(16)
		if c.uint32() == 0 {
			c.take(4)
		} else {
			c.sized()
		}
	}
	many := p.kind&mapiMany != 0
	p.kind &^= mapiMany
	size, fixed := mapiSize(p.kind)
	if !fixed {
		for n := c.uint32(); n > 0 && !c.short; n-- {
			if v := c.sized(); len(p.values) < mapiMostValues {
				p.values = append(p.values, v)
			}
		}
		return p
	}
	n := uint32(1)
	if many {
		n = c.uint32()
	}
	for ; n > 0 && !c.short; n-- {
		c.take(size)
	}
	return p
}

// sized reads a value behind its length, with padding. What is there of a
// value that is cut counts.
func (c *mapiCursor) sized() []byte {
	n := c.uint32()
	if int64(n) > int64(len(c.b)) {
		b := c.b
		c.b, c.short = nil, true
		return b
	}
	b := c.take(n)
	c.take(min(-n&3, uint32(len(c.b))))
	return b
}

// mapiSize gives the size of a value, false if each tells its own.
func mapiSize(kind uint16) (uint32, bool) {
	switch kind {
	case mapiEmbedded, mapiString, mapiUnicode, mapiBinary:
		return 0, false
	case 0x0005, 0x0006, 0x0007, 0x0014, 0x0040:
		return 8, true
	case 0x0048:
		return 16, true
	}
	return 4, true
}

// rtfWords is what the dictionary of compressed RTF begins with ([MS-OXRTFCP]
// 2.1.2.1).
const rtfWords = `{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0` +
	"\r\n" + `\par \pard\plain\f0\fs20\b\i\u\tab\tx`

// rtfReader decompresses RTF as mail has it ([MS-OXRTFCP]).
type rtfReader struct {
	b           []byte
	window      [4096]byte
	at          int // where the next byte goes
	flags       byte
	bit         int
	from, count int // what is being copied
	done        bool
}

// newRTFReader gives a reader of what is behind a header of 16 bytes: size,
// size of the plain text, "LZFu" or "MELA", CRC.
func newRTFReader(b []byte) io.Reader {
	if len(b) < 16 {
		return bytes.NewReader(b)
	}
	if string(b[8:12]) != "LZFu" {
		return bytes.NewReader(b[16:])
	}
	r := &rtfReader{b: b[16:], bit: 8}
	r.at = copy(r.window[:], rtfWords)
	return r
}

func (r *rtfReader) Read(p []byte) (int, error) {
	for n := range p {
		c, ok := r.next()
		if !ok {
			return n, io.EOF
		}
		p[n] = c
		r.window[r.at] = c
		r.at = (r.at + 1) % len(r.window)
	}
	return len(p), nil
}

func (r *rtfReader) next() (byte, bool) {
	for r.count == 0 {
		if r.done || len(r.b) == 0 {
			return 0, false
		}
		if r.bit == 8 {
			r.flags, r.bit, r.b = r.b[0], 0, r.b[1:]
			continue
		}
		copied := r.flags>>r.bit&1 != 0
		r.bit++
		if !copied {
			c := r.b[0]
			r.b = r.b[1:]
			return c, true
		}
		if len(r.b) < 2 {
			r.done = true
			return 0, false
		}
		token := int(binary.BigEndian.Uint16(r.b))
		r.b = r.b[2:]
		r.from, r.count = token>>4, token&0xf+2
		if r.from == r.at { // the end
			r.done, r.count = true, 0
		}
	}
	c := r.window[r.from]
	r.from, r.count = (r.from+1)%len(r.window), r.count-1
	return c, true
}
