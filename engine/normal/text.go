package normal

// MaxText is the size in bytes up to which text is normalised, ClamAV's
// MaxScriptNormalize.
const MaxText = 20 << 20

// Actions on a byte of text.
const (
	drop  = 0
	blank = 1 // any other value is the byte to write
)

// textAction says what becomes of each byte: ASCII controls that are no white
// space and everything beyond ASCII is dropped, runs of white space become one
// space, capitals small.
var textAction = func() (t [256]byte) {
	for c := 0x20; c < 0x80; c++ {
		t[c] = byte(c)
		if c >= 'A' && c <= 'Z' {
			t[c] = byte(c + 'a' - 'A')
		}
	}
	for _, c := range "\t\n\v\f\r " {
		t[c] = blank
	}
	return t
}()

// Text appends the normal form of text to dst: that which signatures of
// target 7 are matched against. It is at most as long as src, which it must
// not overlap unless dst is src[:0].
//
// libclamav works in blocks of 128 KiB and forgets between two of them whether
// it has just written a space, so its form of longer texts may have two in a
// row at such a place. That depends on the longest signature it has loaded and
// is not done here.
func Text(dst, src []byte) []byte {
	spaced := false
	for _, c := range src {
		switch a := textAction[c]; a {
		case drop:
		case blank:
			if !spaced {
				dst = append(dst, ' ')
				spaced = true
			}
		default:
			dst = append(dst, a)
			spaced = false
		}
	}
	return dst
}

// UTF16 appends src, read as little-endian UTF-16, to dst with one byte a
// character, as libclamav does before it looks for HTML in UTF-16: the high
// byte, shifted by four bits, is added to the low one. A last odd byte is left
// out. (libclamav writes zero bytes in its place where it ends a block of 64
// KiB; HTML ignores those.)
func UTF16(dst, src []byte) []byte {
	for ; len(src) >= 2; src = src[2:] {
		dst = append(dst, src[1]<<4+src[0])
	}
	return dst
}
