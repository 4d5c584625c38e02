package normal

// States of text and of comments.

func (h *page) text(c byte) {
	switch {
	case c == '<':
		h.put('<')
		h.putBlank()
		h.i++
		h.tag = h.tag[:0]
		h.to(skipBlank, tagName)
	case space(c):
		h.putBlank()
		h.to(trimBlank, inText)
	case c == '&':
		h.putBlank()
		h.to(refBegin, inText)
		h.i++
	case c >= 0x80:
		h.to(inRun, inText)
		h.run = uint32(c)
		h.i++
	default:
		h.textByte(c)
		h.i++
	}
}

// textByte writes a byte of ASCII that has no meaning of its own.
func (h *page) textByte(c byte) {
	l := lower(c)
	if h.content != plainContent {
		if l == '\'' {
			l = '"'
		}
		h.put(l)
		return
	}
	h.put(l)
	if c < 0x20 {
		h.putBlank()
		return
	}
	h.putText(l)
	h.spaced = false
}

// Full stops of other scripts, which libclamav writes as one: two encoded in
// UTF-8 and, of which the last byte is in the ASCII range, three in Big5 or GBK.
func foreignStop(run uint32, after byte) bool {
	return run == 0xe38082 || run == 0xefbc8e || run == 0xefb992 ||
		run == 0xa1 && (after == 'C' || after == 'D' || after == 'O')
}

// textRun gathers up to three bytes beyond ASCII.
func (h *page) textRun(c byte) {
	if c >= 0x80 && h.run < 0x10000 {
		h.run = h.run<<8 | uint32(c)
		h.i++
		return
	}
	if foreignStop(h.run, c) {
		h.put('.')
		h.putText('.')
		if h.run == 0xa1 {
			h.i++
			h.run = 0
			return
		}
	} else {
		b0, b1, b2 := byte(h.run>>16), byte(h.run>>8), byte(h.run)
		if b0 != 0 {
			h.put(b0)
			h.putText(b0)
		}
		if b0 != 0 || b1 != 0 {
			h.put(b1)
			h.putText(b1)
		}
		h.put(b2)
		h.putText(b1) // not b2: libclamav's signatures are made of what it writes
	}
	h.run = 0
	h.to(h.next, inText)
}

func (h *page) comment(c byte) {
	if h.content != plainContent && !space(c) {
		l := lower(c)
		if l == '\'' {
			l = '"'
		}
		h.put(l)
	}
	if c == '>' {
		h.to(skipBlank, inText)
	}
	h.i++
}

func (h *page) skip(c byte) {
	if space(c) {
		h.i++
		return
	}
	h.resume()
}

func (h *page) trim(c byte) {
	if space(c) {
		h.i++
		return
	}
	if h.content == plainContent {
		h.put(' ')
	}
	h.resume()
}

// References.

func (h *page) reference(c byte) {
	if c == '#' {
		h.number, h.hex = 0, false
		h.state = refNumber
		h.i++
		return
	}
	h.state = refName
}

// putRef writes a byte of a reference, also to the value it is in.
func (h *page) putRef(c byte) {
	h.put(c)
	if h.next == argValue {
		remember(&h.val, c)
	}
}

func (h *page) referenceName(c byte) {
	switch {
	case c == ';':
		if code, ok := entities[string(h.name)]; ok {
			for _, b := range appendUnit(nil, code) {
				h.putRef(b)
			}
		} else {
			h.rawRef()
			h.putRef(';')
		}
		h.name = h.name[:0]
		h.resume()
		h.i++
	case (alnum(c) || c == '_' || c == ':' || c == '-') && len(h.name) < maxName:
		h.name = append(h.name, c)
		h.i++
	default:
		h.rawRef()
		h.name = h.name[:0]
		h.resume()
	}
}

// rawRef writes a reference that has no meaning.
func (h *page) rawRef() {
	h.putRef('&')
	for _, b := range h.name {
		h.putRef(lower(b))
	}
}

// unfinishedRef writes the reference at the end of the data.
func (h *page) unfinishedRef() {
	if code, ok := entities[string(h.name)]; ok {
		h.noComment = appendUnit(h.noComment, code)
	} else if len(h.name) > 0 {
		h.next = bad
		h.rawRef()
	}
}

const maxNumber = 1<<63 - 1

func (h *page) referenceNumber(c byte) {
	v := hexValue(c)
	switch {
	case h.number == 0 && lower(c) == 'x':
		h.hex = true
		h.i++
	case c == ';':
		if h.next == argValue {
			remember(&h.val, byte(h.number))
		}
		if h.number < 0x80 {
			h.put(lower(byte(h.number)))
		} else {
			h.noComment = appendUnit(h.noComment, uint16(h.number))
		}
		h.resume()
		h.i++
	case digit(c) || h.hex && v >= 0:
		base := int64(10)
		if h.hex && h.number < maxNumber/16 {
			base = 16
		} else if h.number >= maxNumber/10 {
			h.overflow()
			return
		}
		if h.number *= base; h.number > maxNumber-int64(v) {
			h.overflow()
			return
		}
		h.number += int64(v)
		h.i++
	default:
		h.put(byte(h.number))
		h.resume()
	}
}

func (h *page) overflow() {
	h.put(byte(h.number))
	h.resume()
	h.i++
}
