package unpack

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

const (
	upxMagic       = "UPX!"
	upxTrailer     = 36      // size of the header behind packed programs of Unix, with an offset
	upxLongestHead = 4 << 20 // of a block of headers, which old versions fill with more

	upxDeflate = 15 // methods beside those of NRV
	upxLZMA    = 14
)

// openUPX gives a program that UPX packed as it was before, as far as that is
// simple: the files of Linux and their like whole but for what old versions and
// shared libraries lack, the sections of Windows programs without imports and
// relocations.
func openUPX(w *walk, at place, content []byte) error {
	if bytes.HasPrefix(content, []byte("MZ")) {
		return w.upxPE(at, content)
	}
	return w.upxELF(at, content)
}

// upxBlock is compressed data with what UPX says of it.
type upxBlock struct {
	method, filter, mark byte // mark is the highest byte of filtered targets
	data                 []byte
	size                 int // unpacked
}

// known tells whether a method can be one.
func (b *upxBlock) known() bool {
	_, isNRV := nrvMethods[b.method]
	return isNRV || b.method == upxLZMA || b.method == upxDeflate || len(b.data) == b.size
}

// upxDecode unpacks a block but for its filter. With an error it gives what
// came before.
func (w *walk) upxDecode(at place, b upxBlock) ([]byte, error) {
	size := int(min(int64(b.size), w.limits.Part, w.bytes))
	if len(b.data) == b.size {
		return b.data[:size], nil
	}
	if m, ok := nrvMethods[b.method]; ok {
		n := nrv{dialect: m.dialect, word: m.word, src: b.data}
		return n.decode(size, func() error { return w.check(at) })
	}
	var r io.Reader
	switch b.method {
	case upxLZMA:
		if len(b.data) < 3 || b.data[1]&15 > 8 || b.data[1]>>4 > 4 || b.data[0]&7 > 4 {
			return nil, damaged("properties of LZMA")
		}
		header := make([]byte, 13)
		header[0] = (b.data[0]&7*5+b.data[1]>>4)*9 + b.data[1]&15
		binary.LittleEndian.PutUint32(header[1:], uint32(b.size))
		binary.LittleEndian.PutUint64(header[5:], uint64(b.size))
		window := w.window
		defer func() { w.window = window }()
		var err error
		if r, err = w.lzma(header, bytes.NewReader(b.data[2:])); err != nil {
			return nil, err
		}
	case upxDeflate:
		r = w.inflate(bytes.NewReader(b.data))
	default:
		return nil, unsupported(fmt.Sprintf("method %d of UPX", b.method))
	}
	return w.upxRead(at, r, size)
}

// upxRead reads as much as there is room for.
func (w *walk) upxRead(at place, r io.Reader, size int) ([]byte, error) {
	var out []byte
	for len(out) < size {
		if err := w.check(at); err != nil {
			return out, err
		}
		out = grown(out, int64(size))
		n, err := io.ReadFull(r, out[len(out):min(cap(out), len(out)+block, size)])
		out = out[:len(out)+n]
		if err != nil && len(out) < size {
			return out, damaged(err.Error())
		}
	}
	return out, nil
}

// upxUnfilter undoes the filter of code in place: targets of calls and jumps
// that were made absolute, counted from base. It tells whether it knows the
// filter.
func upxUnfilter(filter, mark byte, code []byte, base uint32) bool {
	switch {
	case filter == 0:
	case filter >= 0x11 && filter <= 0x16:
		upxCalls(filter, code, base)
	case filter >= 0x24 && filter <= 0x26 || filter == 0x36 || filter == 0x46 || filter == 0x49:
		upxMarkedCalls(filter, mark, code, base)
	case filter == 0x50:
		for p := 0; p+4 < len(code); p += 4 {
			if v := binary.LittleEndian.Uint32(code[p:]); v>>24&15 == 11 {
				binary.LittleEndian.PutUint32(code[p:], v&0xff000000|(v-uint32(p)/4-base)&0xffffff)
			}
		}
	case filter == 0x52:
		for p := 0; p+4 < len(code); p += 4 {
			if v := binary.LittleEndian.Uint32(code[p:]); v>>26&0x1f == 5 {
				binary.LittleEndian.PutUint32(code[p:], v&0xfc000000|(v-uint32(p)/4-base)&0x3ffffff)
			}
		}
	default:
		return false
	}
	return true
}

// upxCalls undoes filters that moved all targets: of calls, of jumps or of both,
// kept as they lie or the highest byte first.
func upxCalls(filter byte, code []byte, base uint32) {
	of := (filter - 0x11) % 3
	order := binary.ByteOrder(binary.LittleEndian)
	if filter >= 0x14 {
		order = binary.BigEndian
	}
	for p := 0; p+5 < len(code); p++ {
		if of != 1 && code[p] == 0xe8 || of != 0 && code[p] == 0xe9 {
			v := order.Uint32(code[p+1:]) - uint32(p) - 1 - base
			binary.LittleEndian.PutUint32(code[p+1:], v)
			p += 4
		}
	}
}

// upxMarkedCalls undoes filters that moved the targets within the code, and told
// them from others by a mark in their highest byte, which lies first.
func upxMarkedCalls(filter, mark byte, code []byte, base uint32) {
	calls, jumps, conditional := filter != 0x25, filter != 0x24, filter == 0x49
	last := 0 // where the target before ended
	for p := 0; p+5 < len(code); p++ {
		c := code[p]
		if !(calls && c == 0xe8 || jumps && c == 0xe9 || conditional && c&0xf0 == 0x80 && p > 0 && p != last && code[p-1] == 0x0f) {
			continue
		}
		if code[p+1] != mark {
			continue
		}
		v := binary.BigEndian.Uint32(code[p+1:]) - uint32(p) - 1 - base - uint32(mark)<<24
		binary.LittleEndian.PutUint32(code[p+1:], v)
		p += 4
		last = p + 1
	}
}
