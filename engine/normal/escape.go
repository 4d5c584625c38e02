package normal

import (
	"bytes"
	"slices"
)

// simpleEscapes are those of a backslash and a letter.
var simpleEscapes = map[byte]byte{'0': 1, 'b': '\b', 't': '\t', 'n': '\n', 'v': '\v', 'f': '\f', 'r': '\r'}

// appendUnescaped resolves the escapes of a string literal. Zero becomes one.
func appendUnescaped(dst, src []byte) []byte {
	for i := 0; i < len(src); i++ {
		n := bytes.IndexByte(src[i:], '\\')
		if n < 0 || i+n+1 == len(src) {
			n = len(src) - i
		}
		dst = appendNonzero(dst, src[i:i+n]...)
		if i += n; i == len(src) {
			break
		}
		c := src[i]
		i++
		switch e := src[i]; e {
		case 'x':
			if i+2 < len(src) {
				c = byte(hexNumber(src[i+1 : i+3]))
			}
			i += 2
			dst = appendNonzero(dst, c)
		case 'u':
			if i+4 < len(src) {
				dst = appendUTF8(dst, uint16(hexNumber(src[i+1:i+5])))
				i += 4
			} else {
				dst = append(dst, c)
			}
		default:
			if plain, ok := simpleEscapes[e]; ok {
				e = plain
			}
			dst = appendNonzero(dst, e)
		}
	}
	return dst
}

// room makes room for n more elements. What is full becomes twice as large: the
// forms of large pages would else be copied a dozen times as they grow.
func room[T any](s []T, n int) []T {
	if len(s)+n > cap(s) {
		s = slices.Grow(s, max(n, cap(s)))
	}
	return s
}

func appendNonzero(dst []byte, src ...byte) []byte {
	at := len(dst)
	dst = append(room(dst, len(src)), src...)
	for bytes.IndexByte(dst[at:], 0) >= 0 {
		at += bytes.IndexByte(dst[at:], 0)
		dst[at] = 1
	}
	return dst
}

// hexNumber reads digits. One that is none counts as zero, the last one sets
// all bits.
func hexNumber(b []byte) (n int) {
	for i, c := range b {
		v := hexValue(c)
		if v < 0 && i < len(b)-1 {
			v = 0
		}
		n = n<<4 | v
	}
	return n
}

// appendUTF8 encodes a unit, surrogates too. Zero becomes one.
func appendUTF8(dst []byte, u uint16) []byte {
	switch {
	case u == 0:
		return append(dst, 1)
	case u < 0x80:
		return append(dst, byte(u))
	case u < 0x800:
		return append(dst, 0xc0|byte(u>>6), 0x80|byte(u&0x3f))
	}
	return append(dst, 0xe0|byte(u>>12), 0x80|byte(u>>6&0x3f), 0x80|byte(u&0x3f))
}

// appendUnescape does what JavaScript's function unescape does.
func appendUnescape(out, s []byte) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c != '%':
		case i+5 < len(s) && s[i+1] == 'u' && hexDigits(s[i+2:i+6]):
			out = appendUTF8(out, uint16(hexNumber(s[i+2:i+6])))
			i += 5
			continue
		case i+2 < len(s) && hexDigits(s[i+1:i+3]):
			c = byte(hexNumber(s[i+1 : i+3]))
			i += 2
		}
		out = appendNonzero(out, c)
	}
	return out
}

func hexDigits(s []byte) bool {
	for _, c := range s {
		if hexValue(c) < 0 {
			return false
		}
	}
	return true
}
