package unpack

import (
	"errors"
	"io"
	"math/bits"
)

// deflate64 decodes Deflate64 (method 9 of zip): deflate (RFC 1951) with a
// window of 64 KiB, two more codes of distances, and a longest length with 16
// bits of its own.
type deflate64 struct {
	src       io.ByteReader
	bits      uint64
	have      int // bits
	lengths   huffman
	distances huffman
	window    [1 << 16]byte
	at        int // bytes decoded; the window has the last ones
	given     int // of them, those that were read
	far       int // how far back a match may go
	state     func(*deflate64) error
	left      int // bytes of a block that is stored, or of a match
	away      int // of the match
	last      bool
	err       error
}

func newDeflate64(src io.ByteReader) *deflate64 {
	return &deflate64{src: src, lengths: huffman{low: true}, distances: huffman{low: true}, state: (*deflate64).block}
}

// deflate64Step is how much is decoded before it is given, at most.
const deflate64Step = 1 << 15

func (d *deflate64) Read(p []byte) (int, error) {
	for d.at == d.given {
		if d.err != nil {
			return 0, d.err
		}
		for d.err == nil && d.at-d.given < deflate64Step {
			d.err = d.state(d)
		}
	}
	from, to := d.given&0xffff, d.at&0xffff
	if to <= from {
		to = len(d.window)
	}
	n := copy(p, d.window[from:to])
	d.given += n
	return n, nil
}

var errDeflate64 = damaged("data that is not Deflate64")

// block reads the header of a block (3.2.3).
func (d *deflate64) block() error {
	if d.last {
		return io.EOF
	}
	h, err := d.take(3)
	if err != nil {
		return err
	}
	d.last = h&1 != 0
	switch h >> 1 {
	case 0:
		return d.stored()
	case 1:
		return d.fixed()
	case 2:
		return d.dynamic()
	}
	return errDeflate64
}

// stored begins a block that is not compressed (3.2.4).
func (d *deflate64) stored() error {
	d.bits >>= d.have & 7
	d.have &^= 7
	n, err := d.take(16)
	if err != nil {
		return err
	}
	complement, err := d.take(16)
	if err != nil {
		return err
	}
	if n != ^complement&0xffff {
		return errDeflate64
	}
	d.left, d.state = int(n), (*deflate64).copyStored
	return nil
}

func (d *deflate64) copyStored() error {
	for ; d.left > 0 && d.at-d.given < deflate64Step; d.left-- {
		c, err := d.take(8)
		if err != nil {
			return err
		}
		d.put(byte(c))
	}
	if d.left == 0 {
		d.state = (*deflate64).block
	}
	return nil
}

// fixed begins a block with codes that are known (3.2.6).
func (d *deflate64) fixed() error {
	var l [288]byte
	for i := range l {
		switch {
		case i < 144:
			l[i] = 8
		case i < 256:
			l[i] = 9
		case i < 280:
			l[i] = 7
		default:
			l[i] = 8
		}
	}
	d.lengths.set(l[:])
	for i := range 32 {
		l[i] = 5
	}
	d.distances.set(l[:32])
	d.state = (*deflate64).symbol
	return nil
}

// deflateOrder is the order of the lengths of the code for lengths (3.2.7).
var deflateOrder = [19]byte{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamic begins a block with codes of its own (3.2.7).
func (d *deflate64) dynamic() error {
	h, err := d.take(14)
	if err != nil {
		return err
	}
	lengths, distances, codes := int(h&31)+257, int(h>>5&31)+1, int(h>>10)+4
	var l [320]byte
	for _, i := range deflateOrder[:codes] {
		n, err := d.take(3)
		if err != nil {
			return err
		}
		l[i] = byte(n)
	}
	if !d.lengths.set(l[:19]) {
		return errDeflate64
	}
	clear(l[:19])
	for i := 0; i < lengths+distances; {
		n, repeat, err := d.length()
		if err != nil {
			return err
		}
		if n == 16 {
			if i == 0 {
				return errDeflate64
			}
			n = l[i-1]
		}
		if repeat > lengths+distances-i {
			return errDeflate64
		}
		for range repeat {
			l[i] = n
			i++
		}
	}
	if !d.lengths.set(l[:lengths]) || !d.distances.set(l[lengths:lengths+distances]) {
		return errDeflate64
	}
	d.state = (*deflate64).symbol
	return nil
}

// length reads one length of a code and how often it stands; 16 is the one
// before it.
func (d *deflate64) length() (n byte, repeat int, err error) {
	s, err := d.decode(&d.lengths)
	if err != nil {
		return 0, 0, err
	}
	more, least := 0, 3
	switch {
	case s < 16:
		return byte(s), 1, nil
	case s == 16:
		more, n = 2, 16
	case s == 17:
		more = 3
	default:
		more, least = 7, 11
	}
	extra, err := d.take(more)
	return n, int(extra) + least, err
}

// symbol decodes one byte or match, or the end of a block (3.2.5).
func (d *deflate64) symbol() error {
	s, err := d.decode(&d.lengths)
	switch {
	case err != nil:
		return err
	case s < 256:
		d.put(byte(s))
		return nil
	case s == 256:
		d.state = (*deflate64).block
		return nil
	case s > 285:
		return errDeflate64
	}
	extra := max(0, (s-261)/4)
	base := (4+(s-261)&3)<<extra + 3
	switch {
	case s < 265:
		extra, base = 0, s-254
	case s == 285:
		extra, base = 16, 3
	}
	more, err := d.take(extra)
	if err != nil {
		return err
	}
	d.left = base + int(more)
	if s, err = d.decode(&d.distances); err != nil {
		return err
	}
	extra, base = 0, s+1
	if s > 3 {
		extra = s/2 - 1
		base = (2+s&1)<<extra + 1
	}
	if more, err = d.take(extra); err != nil {
		return err
	}
	if d.away = base + int(more); d.away > d.far {
		return errDeflate64
	}
	d.state = (*deflate64).copyMatch
	return nil
}

// copyMatch copies as much of a match as there is room for.
func (d *deflate64) copyMatch() error {
	for ; d.left > 0 && d.at-d.given < deflate64Step; d.left-- {
		d.put(d.window[(d.at-d.away)&0xffff])
	}
	if d.left == 0 {
		d.state = (*deflate64).symbol
	}
	return nil
}

func (d *deflate64) put(c byte) {
	d.window[d.at&0xffff] = c
	d.at++
	if d.far < len(d.window) {
		d.far++
	}
}

// fill makes n bits ready, at most 32, as far as there are any.
func (d *deflate64) fill(n int) error {
	for d.have < n {
		c, err := d.src.ReadByte()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		d.bits |= uint64(c) << d.have
		d.have += 8
	}
	return nil
}

// take reads a number of at most 16 bits.
func (d *deflate64) take(n int) (uint32, error) {
	if err := d.fill(n); err != nil {
		return 0, err
	}
	v := uint32(d.bits) & (1<<n - 1)
	d.bits >>= n
	d.have -= n
	return v, nil
}

// decode reads a symbol.
func (d *deflate64) decode(h *huffman) (int, error) {
	for {
		symbol, length := int(h.fast[d.bits&(1<<huffmanFast-1)]), 0
		if length = symbol & 15; length > 0 {
			symbol >>= 4
		} else {
			symbol, length = h.long(uint32(bits.Reverse16(uint16(d.bits))))
		}
		if length > 0 && length <= d.have {
			d.bits >>= length
			d.have -= length
			return symbol, nil
		}
		if length == 0 && d.have >= 16 {
			return 0, errDeflate64
		}
		if err := d.fill(d.have + 1); err != nil {
			return 0, err
		}
	}
}
