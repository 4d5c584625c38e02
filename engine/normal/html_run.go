package normal

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"

	"candor/engine/internal/vector"
)

// Runs take at one stroke what the states of text and of tags would take a
// byte at a time, as far as the bytes are ordinary; what is left to the states
// is what they are about. FuzzRuns holds the two against each other.

// Tables of what ordinary bytes are written as; 0 for the others. Control
// characters are ordinary but in text, where they count as blanks.
var (
	textByteAs    = table(func(c byte) bool { return c >= ' ' && c < 0x80 && c != '<' && c != '&' }) // between tags
	contentByteAs = quoted(table(func(c byte) bool { return c < 0x80 && c != '<' && c != '&' }))     // of scripts and styles
	nameByteAs    = table(func(c byte) bool { return c != '>' })                                     // of the name of a tag
	argByteAs     = table(func(c byte) bool { return c != '=' && c != '>' })                         // of the name of an attribute
	valueByteAs   = table(func(c byte) bool { return c < 0x80 && c != '&' && c != '"' && c != '\'' && c != '>' })
)

func table(ordinary func(byte) bool) *[256]byte {
	t := new([256]byte)
	for c := range t {
		if c := byte(c); c != 0 && !space(c) && ordinary(c) {
			t[c] = lower(c)
		}
	}
	return t
}

func quoted(t *[256]byte) *[256]byte {
	t['\''] = '"'
	return t
}

// The same for many bytes at once.
var (
	textRun    = vector.NewRun("<&", true, true, 0, 0)
	contentRun = vector.NewRun("<&", true, false, '\'', '"')
	nameRun    = vector.NewRun("=>", false, true, 0, 0)
)

// startsRef has the bytes for which an ampersand before them may be more than
// that, or that decide nothing.
var startsRef = func() (t [256]bool) {
	for c := range t {
		t[c] = alnum(byte(c)) || bytes.IndexByte([]byte("_:-#;\r\x00"), byte(c)) >= 0
	}
	return t
}()

// runs takes what it can.
func (h *page) runs() {
	if h.binary {
		return
	}
	if h.state == skipBlank {
		if h.skipWhite(); h.buf[h.i] == 0 {
			return
		}
		h.resume()
	}
	switch h.state {
	case inText:
		h.textRuns()
	case inComment:
		if h.content == plainContent {
			for c := h.buf[h.i]; c != '>' && c != 0; c = h.buf[h.i] {
				if c == '\n' {
					h.buf[h.i] = ' ' // the block may be read again
				}
				h.i++
			}
		}
	case tagName:
		if len(h.tag) > 0 {
			h.take(nameByteAs, &h.tag, true)
		}
	case argName:
		h.argRuns()
	case argValue:
		if h.valueRun == 0 && h.isNoData() {
			at := h.i
			h.take(valueByteAs, &h.val, false)
			h.backslash = h.backslash && h.i == at // a run does not end at one
		}
	}
}

// skipWhite passes over white space.
func (h *page) skipWhite() {
	buf, i := h.buf, h.i
	for space(buf[i]) {
		if buf[i] == '\n' {
			buf[i] = ' ' // the block may be read again
		}
		i++
	}
	h.i = i
}

// argRuns takes names of attributes that have no values.
func (h *page) argRuns() {
	for argByteAs[h.buf[h.i]] != 0 {
		if len(h.arg) == 0 {
			h.put(' ')
		}
		if !h.attributes() {
			h.words()
		}
		h.take(argByteAs, &h.arg, true)
		for h.buf[h.i] == '\r' {
			h.i++
		}
		if !space(h.buf[h.i]) {
			continue
		}
		if h.skipWhite(); h.buf[h.i] == 0 {
			h.to(skipBlank, argEqual)
			return
		}
		h.equalByte(h.buf[h.i])
		if h.state != argName {
			return
		}
	}
}

// words takes names with single spaces between them, many bytes at a time. It
// may stop before it has to, but not at a space that it took.
func (h *page) words() {
	buf, i := h.buf, h.i
	begin := len(h.noComment)
	out := slices.Grow(h.noComment, len(buf)-i+8)
	out = out[:cap(out)]
	k, ended := nameRun.Take(out[begin:], buf[i:])
	n := begin + k
	for i += k; !ended && i+8 <= len(buf); {
		x := binary.LittleEndian.Uint64(buf[i:])
		blank, stop := equal(x, ' '), below(x, ' ')&^x|equal(x, '=')|equal(x, '>')
		stop |= blank & ((stop|blank)>>8 | 1<<63)
		binary.LittleEndian.PutUint64(out[n:], small(x))
		if stop == 0 {
			n, i = n+8, i+8
			continue
		}
		k := bits.TrailingZeros64(stop) / 8
		n, i = n+k, i+k
		if k < 7 {
			break
		}
	}
	h.noComment, h.i = out[:n], i
	word := h.noComment[begin:]
	if k := bytes.LastIndexByte(word, ' '); k >= 0 {
		h.arg, word = h.arg[:0], word[k+1:]
		h.to(argName, bad)
	}
	h.arg = append(h.arg, word[:min(len(word), maxName-len(h.arg))]...)
}

// isNoData tells whether a value cannot be a data: URL, with the byte that is
// next in it.
func (h *page) isNoData() bool {
	const scheme = "data:"
	v := h.val
	if len(v) > 0 && v[0] == '"' {
		v = v[1:]
	}
	return len(v) > len(scheme) || string(v) != scheme[:len(v)] || len(v) < len(scheme) && h.buf[h.i] != scheme[len(v)]
}

// take writes ordinary bytes and remembers them, in small letters or as they
// are.
func (h *page) take(as *[256]byte, to *[]byte, small bool) {
	buf, i := h.buf, h.i
	n := len(h.noComment)
	out := slices.Grow(h.noComment, len(buf)-i)
	out = out[:cap(out)]
	for as[buf[i]] != 0 {
		out[n] = as[buf[i]]
		n++
		i++
	}
	begin := len(h.noComment)
	h.noComment = out[:n]
	kept := buf[h.i:i]
	if small {
		kept = h.noComment[begin:]
	}
	*to = append(*to, kept[:min(len(kept), maxName-len(*to))]...)
	h.i = i
}

// textRuns takes text, and the white space and lonely ampersands in it.
func (h *page) textRuns() {
	as, plain := textByteAs, h.content == plainContent
	if !plain {
		as = contentByteAs
	}
	buf, i := h.buf, h.i
	n := len(h.noComment)
	out := slices.Grow(h.noComment, len(buf)-i+8)
	out = out[:cap(out)]
	if plain {
		h.noTags = room(h.noTags, len(buf)-i+8) // for all that follows
	}
	for {
		begin, both := n, 0
		if plain {
			var ended bool
			both, ended = h.bothRun(out[n:], buf[i:])
			if n, i = n+both, i+both; !ended {
				n, i = textBytes(out, n, buf, i)
			}
		} else {
			n, i = contentBytes(out, n, buf, i)
		}
		for as[buf[i]] != 0 {
			out[n] = as[buf[i]]
			n++
			i++
		}
		if plain && n > begin {
			h.noTags = append(h.noTags, out[begin+both:n]...)
			h.spaced = false
			if h.next != bad && bytes.IndexByte(out[begin:n], ' ') >= 0 {
				h.next = bad
			}
		}
		c := buf[i]
		if c == '&' && len(h.name) == 0 && !startsRef[buf[i+1]] {
			out[n] = '&'
			n++
			i++
			h.putBlank()
			h.next = bad
			continue
		}
		if c == '\r' {
			i++
			continue
		}
		if !space(c) {
			break
		}
		h.putBlank()
		for ; space(c); c = buf[i] {
			if c == '\n' {
				buf[i] = ' '
			}
			i++
		}
		if c == 0 {
			h.to(trimBlank, inText)
			break
		}
		if plain {
			out[n] = ' '
			n++
		}
		h.next = bad
	}
	h.noComment, h.i = out[:n], i
}

// bothRun writes the run of text that src begins with to out and to the text
// alone, which has room for it, and gives its length. What is left of the run, it
// leaves to others unless it ended.
func (h *page) bothRun(out, src []byte) (k int, ended bool) {
	if src[0] == ' ' {
		return 0, true
	}
	n := len(h.noTags)
	k, ended = textRun.TakeTwice(out, h.noTags[n:cap(h.noTags)], src)
	h.noTags = h.noTags[:n+k]
	return k, ended
}

// textBytes writes ordinary bytes of text, eight at a time, and single spaces
// between them. It may stop before it has to; what it writes behind the end
// does not count.
func textBytes(out []byte, n int, buf []byte, i int) (int, int) {
	if buf[i] == ' ' {
		return n, i
	}
	for i+8 <= len(buf) {
		x := binary.LittleEndian.Uint64(buf[i:])
		blank, stop := equal(x, ' '), x&tops|below(x, ' ')|equal(x, '<')|equal(x, '&')
		stop |= blank & ((stop|blank)>>8 | 1<<63)
		binary.LittleEndian.PutUint64(out[n:], small(x))
		if stop == 0 {
			n, i = n+8, i+8
			continue
		}
		k := bits.TrailingZeros64(stop) / 8
		n, i = n+k, i+k
		if k < 7 {
			break
		}
	}
	return n, i
}

// contentBytes writes ordinary bytes of scripts and styles.
func contentBytes(out []byte, n int, buf []byte, i int) (int, int) {
	k, ended := contentRun.Take(out[n:], buf[i:])
	n, i = n+k, i+k
	for !ended && i+8 <= len(buf) {
		x := binary.LittleEndian.Uint64(buf[i:])
		stop := x&tops | below(x, '!') | equal(x, '<') | equal(x, '&')
		binary.LittleEndian.PutUint64(out[n:], small(x)^equal(x, '\'')>>7*('\''^'"'))
		if stop == 0 {
			n, i = n+8, i+8
			continue
		}
		k := bits.TrailingZeros64(stop) / 8
		return n + k, i + k
	}
	return n, i
}

// Eight bytes at a time. What is told of a byte is told by its high bit.

const (
	ones = 0x0101010101010101
	tops = 0x80 * ones
)

// below tells which bytes of ASCII are less than c; what it tells of others
// does not count.
func below(x uint64, c byte) uint64 {
	return ^(x&^tops + (0x80-uint64(c))*ones) & tops
}

// equal tells which bytes are c.
func equal(x uint64, c byte) uint64 {
	x ^= uint64(c) * ones
	return ^(x&^tops + 0x7F*ones | x) & tops
}

// small puts capitals into small letters.
func small(x uint64) uint64 {
	return x | (below(x, 'Z'+1)&^below(x, 'A')&^x)>>2
}
