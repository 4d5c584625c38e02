package normal

import "slices"

// MaxText is the size in bytes up to which text is normalised, ClamAV's
// MaxScriptNormalize.
const MaxText = 20 << 20

// Kinds of bytes of a text.
const (
	drop uint8 = iota
	blank
	keep

	behindSpace = 4 // added to a kind: the last byte that was written is a space
)

// action is what becomes of a byte.
type action struct{ kind, write uint8 }

// textAction says what becomes of each byte: ASCII controls that are no white
// space and everything beyond ASCII is dropped, runs of white space become one
// space, capitals small.
var textAction = func() (t [256]action) {
	for c := 0x20; c < 0x80; c++ {
		t[c] = action{keep, byte(c)}
		if c >= 'A' && c <= 'Z' {
			t[c].write = byte(c + 'a' - 'A')
		}
	}
	for _, c := range "\t\n\v\f\r " {
		t[c] = action{blank, ' '}
	}
	return t
}()

// textStep says by kind whether a byte is written (1), and whether the last
// byte written is a space afterwards.
var textStep = [8]uint8{
	drop: 0, drop | behindSpace: behindSpace,
	blank: 1 | behindSpace, blank | behindSpace: behindSpace,
	keep: 1, keep | behindSpace: 1,
}

// Text appends the normal form of text to dst: that which signatures of
// target 7 are matched against. It is at most as long as src, which it must
// not overlap unless dst is src[:0].
//
// libclamav works in blocks of 128 KiB and forgets between two of them whether
// it has just written a space, so its form of longer texts may have two in a
// row at such a place. That depends on the longest signature it has loaded and
// is not done here.
func Text(dst, src []byte) []byte {
	n := len(dst)
	dst = slices.Grow(dst, len(src))[:n+len(src)]
	// Each byte is written; what it is decides whether the next one overwrites
	// it. That costs no branch that depends on the data.
	spaced := uint8(0)
	for _, c := range src {
		a := textAction[c]
		step := textStep[a.kind|spaced]
		dst[n] = a.write
		n += int(step & 1)
		spaced = step & behindSpace
	}
	return dst[:n]
}

// TextHolds tells whether Text of src holds piece, with the byte of src at an
// offset where piece has the byte off.
func TextHolds(src []byte, at int, piece []byte, off int) bool {
	if off > len(piece) || at > len(src) {
		return false
	}
	i := at
	for _, c := range piece[off:] {
		if c == ' ' {
			spaced := false
			for i < len(src) && textAction[src[i]].kind != keep {
				spaced = spaced || textAction[src[i]].kind == blank
				i++
			}
			if !spaced {
				return false
			}
			continue
		}
		for i < len(src) && textAction[src[i]].kind == drop {
			i++
		}
		if i == len(src) || textAction[src[i]] != (action{keep, c}) {
			return false
		}
		i++
	}
	return textHoldsBefore(src[:at], piece[:off])
}

// textHoldsBefore tells whether Text of src ends with piece.
func textHoldsBefore(src, piece []byte) bool {
	i := len(src)
	for k := len(piece) - 1; k >= 0; k-- {
		if piece[k] == ' ' {
			spaced := false
			for i > 0 && textAction[src[i-1]].kind != keep {
				spaced = spaced || textAction[src[i-1]].kind == blank
				i--
			}
			if !spaced {
				return false
			}
			continue
		}
		for i > 0 && textAction[src[i-1]].kind == drop {
			i--
		}
		if i == 0 || textAction[src[i-1]] != (action{keep, piece[k]}) {
			return false
		}
		i--
	}
	return true
}

// UTF16 appends src, read as little-endian UTF-16, to dst with one byte a
// character, as libclamav does before it looks for HTML in UTF-16: the high
// byte, shifted by four bits, is added to the low one. A last odd byte is left
// out. (libclamav writes zero bytes in its place where it ends a block of 64
// KiB; HTML ignores those.)
func UTF16(dst, src []byte) []byte {
	n := len(dst)
	dst = slices.Grow(dst, len(src)/2)[:n+len(src)/2]
	for out := dst[n:]; len(out) > 0 && len(src) >= 2; out, src = out[1:], src[2:] {
		out[0] = src[1]<<4 + src[0]
	}
	return dst
}
