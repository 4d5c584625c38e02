package normal

import "bytes"

// States of data: URLs (RFC 2397).

func (h *page) dataTypeByte(c byte) {
	switch {
	case c == '\'' || c == '"':
		h.i++
		if !h.backslash && h.quote == c {
			h.arg = h.arg[:0] // it ends before there are data
			h.to(skipBlank, argName)
		} else {
			remember(&h.val, '"')
		}
	case space(c) || c == '>':
		if h.quote == 0 {
			h.arg = h.arg[:0]
			h.to(skipBlank, argName)
			break
		}
		if space(c) {
			c = ' '
		}
		remember(&h.val, c)
		h.backslash, h.quote = false, 0
		h.to(skipBlank, dataType)
		h.i++
	case c == ',':
		h.to(dataBegin, bad)
		h.i++
	default:
		remember(&h.val, lower(c))
		h.i++
	}
	h.backslash = h.buf[h.i] == '\\'
}

func (h *page) dataStart(byte) {
	h.closeData()
	h.dataOpen = true
	h.data = append(h.data[:0], "From html-normalise\nContent-type: "...)
	h.data = append(h.data, h.val...)
	h.data = append(h.data, '\n')
	if bytes.Contains(cString(h.val), []byte(";base64")) {
		h.data = append(h.data, "Content-transfer-encoding: base64\n"...)
	}
	h.data = append(h.data, '\n')
	h.state = dataBody
	h.binary = true
}

func (h *page) closeData() {
	if h.dataOpen {
		h.embedded = append(h.embedded, bytes.Clone(h.data))
		h.dataOpen = false
	}
}

func (h *page) putData(c byte) {
	if h.dataOpen {
		h.data = append(h.data, c)
	}
}

func (h *page) dataByte(c byte) {
	ends := false
	switch {
	case c == '&':
		h.to(refBegin, dataBody)
		h.i++
		h.backslash = h.buf[h.i] == '\\'
		return
	case c == '%':
		h.digits, h.number = 0, 0
		h.to(escape, dataEscape)
		h.i++
		h.backslash = h.buf[h.i] == '\\'
		return
	case c == '\'' || c == '"':
		ends = !h.backslash && h.quote == c
	case space(c) || c == '>':
		ends = h.quote == 0
	}
	if ends {
		h.state = dataEnd
	} else {
		h.putData(c)
	}
	h.i++
	h.backslash = h.buf[h.i] == '\\'
}

func (h *page) dataFinish(byte) {
	h.closeData()
	h.backslash, h.quote, h.binary = false, 0, false
	h.to(skipBlank, argName)
}

func (h *page) dataEscaped(byte) {
	switch h.digits {
	case 2:
		h.putData(byte(h.number))
	case 1:
		h.putData('%')
		h.putData(byte(h.number + '0'))
	default:
		h.putData('%')
	}
	h.state = dataBody
}

func (h *page) escapeByte(c byte) {
	h.number *= 16
	h.digits++
	if v := hexValue(c); v >= 0 {
		h.number += int64(v)
	} else {
		h.state = h.next
	}
	if h.digits == 2 {
		h.state = h.next
	}
	h.i++
}
