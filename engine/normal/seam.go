package normal

import (
	"encoding/binary"
	"math/bits"

	"candor/engine/internal/vector"
)

// plain tells of eight bytes, each by its high bit, which are of plain text.
func plain(x uint64) uint64 {
	low := x & (0x7F * ones) // without their high bits no sum carries
	return ((low + (0x80-32)*ones) | (low+(0x80-9)*ones)&^(low+(0x80-14)*ones)) &^ x
}

// nextDropped gives the first offset from i on of a byte that Text drops: of
// one that is not of plain text.
func nextDropped(src []byte, i int) int { return i + vector.Plain(src[i:]) }

// behindDropped gives the first offset from i on of a byte that Text keeps.
func behindDropped(src []byte, i int) int {
	for ; i <= len(src)-8; i += 8 {
		if m := plain(binary.LittleEndian.Uint64(src[i:i+8])) & tops; m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	for i < len(src) && textAction[src[i]].kind == drop {
		i++
	}
	return i
}

// Seams appends to dst the parts of Text of src that are contiguous there but
// not in src: around each run of dropped bytes the word that it is in, up to
// reach bytes on either side, each followed by a space. A word has no white
// space and no DEL. So a sequence of at most reach such bytes that Text holds
// is, but for case, in src or in its seams. Before the offset from, no byte is
// dropped.
func Seams(dst, src []byte, from, reach int) []byte {
	for i := nextDropped(src, from); i < len(src); i = nextDropped(src, i) {
		begin := i
		for begin > 0 && i-begin < reach && inWord[src[begin-1]] {
			begin--
		}
		word := src[begin:i]
		for i = behindDropped(src, i); len(word) > 0; i = behindDropped(src, i) {
			dst = append(dst, word...)
			begin = i
			for i < len(src) && i-begin < reach && inWord[src[i]] {
				i++
			}
			word = src[begin:i]
			if i == len(src) || textAction[src[i]].kind != drop {
				dst = append(append(dst, word...), ' ')
				break
			}
		}
	}
	return dst
}

// inWord has the bytes that Text keeps and that are neither white space nor DEL.
var inWord = func() (t [256]bool) {
	for c := '!'; c <= '~'; c++ {
		t[c] = true
	}
	return t
}()
