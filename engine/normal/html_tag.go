package normal

import (
	"bytes"
	"strings"
)

// States of tags and of their attributes.

func (h *page) tagByte(c byte) {
	switch {
	case len(h.tag) == 0 && c == '!':
		if h.content != plainContent {
			h.put('!')
		} else {
			h.unput() // the "<"
		}
		h.to(inComment, bad)
		h.i++
	case c == '>':
		h.put('>')
		h.i++
		h.to(skipBlank, tagEnd)
	case !space(c):
		h.put(lower(c))
		if h.content != plainContent && len(h.tag) == 0 && c != '/' {
			h.state = inText // only an end tag ends a script
		}
		remember(&h.tag, lower(c))
		h.i++
	default:
		h.arg = h.arg[:0]
		if h.content == plainContent {
			h.to(skipBlank, argName)
		} else {
			h.to(skipBlank, tagEnd)
		}
	}
}

func (h *page) argByte(c byte) {
	switch {
	case c == '=':
		h.beginValue()
	case space(c):
		h.i++
		h.to(skipBlank, argEqual)
	case c == '>':
		h.put('>')
		if len(h.arg) > 0 {
			h.addArg(false)
		}
		h.i++
		h.to(tagEnd, bad)
	default:
		if len(h.arg) == 0 {
			h.put(' ')
		}
		h.put(lower(c))
		remember(&h.arg, lower(c))
		h.i++
	}
}

func (h *page) beginValue() {
	h.put('=')
	h.i++
	h.backslash, h.quote, h.val = false, 0, h.val[:0]
	h.to(skipBlank, argValue)
}

func (h *page) equalByte(c byte) {
	if c == '=' {
		h.beginValue()
		return
	}
	if len(h.arg) > 0 {
		h.addArg(false)
	}
	h.arg = h.arg[:0]
	h.to(argName, bad)
}

func (h *page) valueByte(c byte) {
	switch {
	case string(h.val) == "data:" || string(h.val) == `"data:`:
		h.unput()
		if h.quote != 0 {
			h.put('"')
		}
		h.val = h.val[:0]
		h.to(dataType, argName)
	case c == '&':
		h.to(refBegin, argValue)
		h.i++
	case c == '\'' || c == '"':
		h.quoteByte(c)
	case space(c) || c == '>':
		if h.quote == 0 {
			h.endValue()
			break
		}
		h.put(c)
		if space(c) {
			c = ' '
		}
		remember(&h.val, c)
		h.backslash, h.quote = false, 0
		h.to(skipBlank, argValue)
		h.i++
	default:
		if h.valueRunByte(c) {
			return
		}
		h.i++
	}
	h.backslash = h.buf[h.i] == '\\'
}

// quoteByte opens or closes a value, or is part of it.
func (h *page) quoteByte(c byte) {
	opens := len(h.val) == 0
	closes := !opens && !h.backslash && h.quote == c
	if opens {
		h.quote = c
	}
	h.put('"')
	remember(&h.val, '"')
	h.i++
	if closes {
		h.endValue()
	}
}

func (h *page) endValue() {
	h.addArg(true)
	h.arg = h.arg[:0]
	h.to(skipBlank, argName)
}

// valueRunByte writes a byte of a value. It tells whether the byte has been
// taken as the second one of a full stop.
func (h *page) valueRunByte(c byte) bool {
	if h.valueRun != 0 && (c < 0x80 || h.valueRun >= 0x10000) {
		run := h.valueRun
		h.valueRun = 0
		if foreignStop(run, c) {
			h.put('.')
			remember(&h.val, '.')
			if run == 0xa1 {
				h.i++
				return true
			}
		} else {
			for shift := 16; shift >= 0; shift -= 8 {
				if run>>shift != 0 {
					h.put(byte(run >> shift))
					remember(&h.val, byte(run>>shift))
				}
			}
		}
	}
	if c >= 0x80 {
		h.valueRun = h.valueRun<<8 | uint32(c)
	} else {
		h.put(lower(c))
		remember(&h.val, c)
	}
	return false
}

// attributes tells whether the attributes of the tag matter.
func (h *page) attributes() bool {
	switch string(h.tag) { // no zero byte is in it
	case "script", "a", "img", "%@":
		return true
	}
	return false
}

// addArg keeps an attribute, if it is of a tag whose attributes matter. A
// quoted value loses its first and its last byte, whatever that is.
func (h *page) addArg(has bool) {
	if !h.attributes() {
		return
	}
	a := argument{name: string(h.arg), has: has}
	if v := cString(h.val); has {
		if len(v) > 0 && v[0] == '"' {
			v = v[1:max(1, len(v)-1)]
		}
		a.value = string(v)
	}
	h.args = append(h.args, a)
}

// cString gives b up to its first zero byte.
func cString(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i]
	}
	return b
}

// value gives the first attribute of that name.
func (h *page) value(name string) *argument {
	for i := range h.args {
		if h.args[i].name == name {
			return &h.args[i]
		}
	}
	return nil
}

func (h *page) endTag(byte) {
	h.to(skipBlank, inText)
	switch tag := string(h.tag); tag {
	case "/script":
		h.content = plainContent
		if h.script.open {
			h.script.write(h.buf[max(h.scriptAt, 0):h.i])
			h.script.finish()
		}
	case "/style":
		if h.content == styleContent {
			if h.i-len("</style>") < h.styleAt {
				h.stop = true // libclamav gives up here
			}
			h.content = plainContent
		}
	case "script":
		h.encodedScript(tag)
		h.content = scriptContent
		if !h.script.open {
			h.script.begin()
			h.scriptAt = h.i
		}
	case "style":
		h.content = styleContent
		h.styleAt = h.i
	case "%@":
		if _, ok := h.encodedLanguage(); ok {
			h.saved, h.next = h.next, h.state
			h.seekEnc, h.state = false, findEnc
		}
	case "a":
		h.address("href")
	case "img":
		h.address("src")
	}
	h.args = h.args[:0]
}

// address writes the address of a link or an image to the text.
func (h *page) address(name string) {
	if a := h.value(name); a != nil && a.value != "" {
		h.noTags = append(h.noTags, a.value...)
		h.putText(' ')
		h.spaced = true
	}
}

// encodedLanguage gives the language of a script that is encoded.
func (h *page) encodedLanguage() (plain string, ok bool) {
	a := h.value("language")
	if a == nil || !a.has {
		return "", false
	}
	switch {
	case strings.EqualFold(a.value, "jscript.encode"):
		return "javascript", true
	case strings.EqualFold(a.value, "vbscript.encode"):
		return "vbscript", true
	}
	return "", false
}

// encodedScript writes the tag again as it would be without encoding.
func (h *page) encodedScript(tag string) {
	plain, ok := h.encodedLanguage()
	if !ok {
		return
	}
	h.value("language").value = plain
	h.to(skipBlank, encBegin)
	h.put('<')
	h.noComment = append(h.noComment, tag...)
	for _, a := range h.args {
		h.put(' ')
		h.noComment = append(h.noComment, a.name...)
		if !a.has {
			continue
		}
		h.noComment = append(h.noComment, `="`...)
		for i := range len(a.value) {
			h.put(lower(a.value[i]))
		}
		h.put('"')
	}
	h.put('>')
}
