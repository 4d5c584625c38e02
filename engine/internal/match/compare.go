package match

import (
	"bytes"
	"encoding/binary"
	"strconv"

	"candor/engine/clamav"
	"candor/engine/internal/ir"
)

// compare evaluates a byte comparison: what clamav.ByteCompare promises.
func (l *logic) compare(e *ir.Expr) bool {
	ref := int(e.Int)
	if ref < 0 || ref >= len(l.subs) || l.subs[ref].Op != ir.SigBody || l.count(ref) == 0 {
		return false
	}
	starts := l.f.placed(l.subs[ref])
	at := int64(starts[len(starts)-1]) + e.Kids[0].Int
	length := e.Kids[2].Int
	data := l.f.s.data
	if at <= 0 || length <= 0 || at+length > int64(len(data)) {
		return false
	}
	v, ok := readNumber(data[at:at+length], clamav.NumberFormat(e.Kids[1].Int), e.Kids[3].Int)
	if !ok {
		return false
	}
	for i := 4; i+1 < len(e.Kids); i += 2 {
		want := e.Kids[i+1].Int
		switch byte(e.Kids[i].Int) {
		case '<':
			ok = v < want
		case '>':
			ok = v > want
		default:
			ok = v == want
		}
		if !ok {
			return false
		}
	}
	return true
}

func readNumber(b []byte, format clamav.NumberFormat, flags int64) (int64, bool) {
	little, exact := flags&ir.CompareLittle != 0, flags&ir.CompareExact != 0
	if format == clamav.Binary {
		return binaryNumber(b, little)
	}
	text := bytes.TrimLeft(b, " \t\n\v\f\r")
	base := 16
	switch format {
	case clamav.DecimalText:
		base = 10
	case clamav.AutoText:
		if len(text) < 3 || text[0] != '0' || text[1]|0x20 != 'x' {
			base = 10
		}
	}
	if little {
		if base == 10 {
			return 0, false
		}
		text = reversedPairs(text)
	}
	if base == 16 && len(text) > 2 && text[0] == '0' && text[1]|0x20 == 'x' {
		text = text[2:]
	}
	digits := 0
	for digits < len(text) && digit(text[digits]) < base {
		digits++
	}
	if exact && digits != len(text) {
		return 0, false
	}
	if digits == 0 {
		return 0, true
	}
	v, err := strconv.ParseInt(string(text[:digits]), base, 64)
	return v, err == nil
}

func digit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return 99
}

func reversedPairs(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := len(b) - 2; i >= 0; i -= 2 {
		out = append(out, b[i], b[i+1])
	}
	return out
}

func binaryNumber(b []byte, little bool) (int64, bool) {
	var x [8]byte
	if len(b) > 8 {
		return 0, false
	}
	if little {
		copy(x[:], b)
		return int64(binary.LittleEndian.Uint64(x[:])), true
	}
	copy(x[8-len(b):], b)
	return int64(binary.BigEndian.Uint64(x[:])), true
}
