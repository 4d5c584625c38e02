// Package vector looks at many bytes of content at once: 32 of them on x86-64
// processors that have AVX2, eight of them elsewhere. Both ways give the same
// answers; the tests hold them against each other.
package vector

import (
	"encoding/binary"
	"math/bits"
)

// Width is how many bytes are looked at together.
const Width = 32

// Fast tells whether this processor looks at Width bytes at once.
func Fast() bool { return fast }

// Wide tells whether it looks at 64 bytes at once, and in tables at many places.
func Wide() bool { return wide }

// Eight bytes at a time. What is told of a byte is told by its high bit.
const (
	ones = 0x0101010101010101
	tops = 0x80 * ones
)

// plain tells of eight bytes which are of plain text: ASCII but control
// characters, and white space.
func plain(x uint64) uint64 {
	low := x &^ tops // without their high bits no sum carries
	return ((low + (0x80-32)*ones) | (low+(0x80-9)*ones)&^(low+(0x80-14)*ones)) &^ x & tops
}

func isPlain(c byte) bool { return c >= ' ' && c < 0x80 || c >= '\t' && c <= '\r' }

// Plain gives the number of bytes that data begins with and that are of plain
// text: white space of ASCII, and all of ASCII from it on.
func Plain(data []byte) int {
	i := 0
	if len(data) >= 8 { // among words of other scripts it is not far
		if m := ^plain(binary.LittleEndian.Uint64(data)) & tops; m != 0 {
			return bits.TrailingZeros64(m) / 8
		}
	}
	if fast && len(data) >= Width {
		if i = plainAVX2(&data[0], len(data)); i <= len(data)-Width {
			return i
		}
	}
	for ; i <= len(data)-8; i += 8 {
		if m := ^plain(binary.LittleEndian.Uint64(data[i:])) & tops; m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	for i < len(data) && isPlain(data[i]) {
		i++
	}
	return i
}

// together is how many bytes Unplain looks at before it asks whether there is
// more to say.
const together = 4096

// Unplain tells whether data has bytes beyond ASCII, and whether it has control
// characters that are no white space.
func Unplain(data []byte) (high, control bool) {
	for len(data) > 0 && !(high && control) {
		n := min(len(data), together)
		h, c := unplain(data[:n])
		high, control, data = high || h, control || c, data[n:]
	}
	return high, control
}

func unplain(data []byte) (high, control bool) {
	i := 0
	if fast && len(data) >= Width {
		i = len(data) / Width * Width
		h, c := unplainAVX2(&data[0], i)
		high, control = h != 0, c != 0
	}
	for ; i <= len(data)-8; i += 8 {
		x := binary.LittleEndian.Uint64(data[i:])
		high, control = high || x&tops != 0, control || ^(plain(x)|x)&tops != 0
	}
	for _, c := range data[i:] {
		high, control = high || c >= 0x80, control || c < 0x80 && !isPlain(c)
	}
	return high, control
}
