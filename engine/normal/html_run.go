package normal

import (
	"bytes"
	"slices"
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
		if len(h.arg) > 0 {
			h.take(argByteAs, &h.arg, true)
		}
	case argValue:
		if h.valueRun == 0 && len(h.val) >= len(`"data:x`) {
			at := h.i
			h.take(valueByteAs, &h.val, false)
			h.backslash = h.backslash && h.i == at // a run does not end at one
		}
	}
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
	out := slices.Grow(h.noComment, len(buf)-i)
	out = out[:cap(out)]
	for {
		begin := n
		for as[buf[i]] != 0 {
			out[n] = as[buf[i]]
			n++
			i++
		}
		if plain && n > begin {
			h.noTags = append(h.noTags, out[begin:n]...)
			h.spaced = false
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
