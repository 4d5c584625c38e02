package normal

import (
	"bytes"
	"encoding/binary"

	"candor/engine/internal/memory"
)

// Limits of HTML in bytes, ClamAV's MaxHTMLNormalize and MaxHTMLNoTags.
const (
	MaxHTML   = 40 << 20
	MaxNoTags = 8 << 20
)

// Pages are the normal forms of HTML. The zero value is ready to use; its
// memory is reused from one Read to the next.
type Pages struct {
	// NoComment has the tags in lower case, with single spaces and double
	// quotes, character references resolved where they are a byte, comments
	// left out, scripts kept. See Read about comments.
	NoComment []byte
	// NoTags has the text alone, and the addresses of links and images. It is
	// empty for HTML of more than MaxNoTags.
	NoTags []byte
	// Script has the scripts, each normalised and put between <script> and
	// </script>; nil if there are none.
	Script []byte
	// Embedded has what data: URLs in attributes hold, as mail messages (which
	// is what libclamav makes of them), for the mail reader to decode.
	Embedded [][]byte

	buf      []byte // a block
	script   script // for its memory
	idle     int    // how often Trim left memory since a large page was read
	bytewise bool   // without runs, for tests
}

// HTML gives the normal forms of src, all of them empty if it is longer than
// limit; a limit of 0 stands for MaxHTML.
func HTML(src []byte, limit int) *Pages {
	p := &Pages{}
	p.Read(src, limit)
	return p
}

// Read replaces p by the normal forms of src; see HTML.
//
// The rules are those of libclamav's htmlnorm.c, byte for byte, with its
// habits: a comment ends at the first ">", white space is compared in the C
// locale, attribute values are remembered up to 1024 bytes, white space at the
// begin of each block of at most 8191 bytes, which end after white space if
// they can, is dropped, zero bytes are skipped.
//
// The images that libclamav takes out of style sheets are not taken out here.
func (p *Pages) Read(src []byte, limit int) {
	if limit <= 0 {
		limit = MaxHTML
	}
	p.NoComment, p.NoTags, p.Script, p.Embedded = p.NoComment[:0], p.NoTags[:0], p.Script[:0], nil
	if len(src) > limit {
		return
	}
	if len(src) > keepForm {
		p.idle = 0
	}
	// It is mostly a bit shorter, but room is asked for by the block.
	if room := len(src) + 2*blockSize; cap(p.NoComment) < room {
		p.NoComment = memory.Make[byte](max(room, min(2*cap(p.NoComment), keepForm), leastForm))[:0]
	}
	if room := min(len(src), MaxNoTags) + 2*blockSize; cap(p.NoTags) < room && len(src) <= MaxNoTags || cap(p.NoTags) == 0 {
		p.NoTags = memory.Make[byte](max(room, leastForm))[:0]
	}
	h := &page{src: src, noComment: p.NoComment, noTags: p.NoTags, buf: p.buf, script: p.script, bytewise: p.bytewise}
	h.script.out = p.Script
	h.read()
	p.NoComment, p.NoTags, p.Script, p.Embedded, p.buf = h.noComment, h.noTags, h.script.out, h.embedded, h.buf
	p.script = h.script
	p.script.names, p.script.numbers = nil, nil
	if len(src) > MaxNoTags {
		p.NoTags = p.NoTags[:0]
	}
}

// step is a state of the reader of HTML.
type step uint8

const (
	bad        step = iota // nothing sensible can follow
	inText                 // between tags
	inRun                  // a run of bytes beyond ASCII
	inComment              // after "<!"
	refBegin               // after "&"
	refName                // in a named reference
	refNumber              // in a numeric reference
	skipBlank              // white space that says nothing
	trimBlank              // white space in text
	tagName                // after "<"
	argName                // in the name of an attribute
	argValue               // in the value of an attribute
	argEqual               // after the name of an attribute
	tagEnd                 // a tag is complete
	findEnc                // look for an encoded script
	encBegin               // look for its begin here
	encLength              // at its length
	encBody                // in its body
	dataType               // in the type of a data: URL
	dataBegin              // after the comma
	dataBody               // in the data
	dataEnd                // after the data
	dataEscape             // after a "%" and its digits
	escape                 // in the digits after a "%"
)

// Kinds of elements whose content is not text.
const (
	plainContent = iota
	scriptContent
	styleContent
)

const (
	blockSize = 8191 // bytes that are worked on at a time
	maxName   = 1024 // bytes that are remembered of a name or a value
)

// page reads HTML.
type page struct {
	src  []byte
	at   int    // the rest of src
	buf  []byte // the block, with a zero after it
	i    int    // in buf
	stop bool   // give up

	bytewise bool // without runs

	noComment, noTags []byte
	script            script
	embedded          [][]byte
	data              []byte // the open one of embedded
	dataOpen          bool

	state, next, saved step
	content            int
	spaced             bool // NoTags ends with a space
	binary             bool // line ends are data
	run, valueRun      uint32

	tag, arg  []byte
	val       []byte
	args      []argument
	quote     byte // 0, ' or "
	backslash bool
	number    int64
	hex       bool
	digits    int
	name      []byte // of a reference

	scriptAt, styleAt int // begin of the script or the style in buf; -1 if it is before buf
	seekEnc, inEnc    bool
	encAt             int // in buf, -1 for none
	enc               encoded
}

// argument is an attribute that a tag has.
type argument struct {
	name, value string
	has         bool // it has a value
}

func (h *page) read() {
	h.state, h.scriptAt, h.encAt = inText, 0, -1
	for h.block() {
		for again := true; again && !h.stop; {
			h.skipSpace()
			h.steps()
			if h.stop {
				break
			}
			h.endOfBlock()
			if again = h.seekEnc && h.encAt >= 0; again {
				h.i, h.encAt = h.encAt, -1
				h.state, h.next = encLength, bad
			}
		}
		if h.stop {
			break
		}
		h.betweenBlocks()
		if len(h.src) > MaxNoTags {
			h.noTags = h.noTags[:0] // nobody asks for it
		}
	}
	if !h.stop {
		h.unfinishedRef()
	}
	h.script.finish()
	h.closeData()
}

// endOfBlock hands the script so far over.
func (h *page) endOfBlock() {
	if h.script.open {
		h.script.write(h.buf[max(h.scriptAt, 0):max(h.i, h.scriptAt, 0)])
		h.scriptAt = -1
		if h.content == plainContent {
			h.script.finish()
		}
	}
}

// betweenBlocks chooses the state in which the next block begins.
func (h *page) betweenBlocks() {
	if h.content == styleContent {
		h.styleAt = 0
	}
	if h.inEnc {
		h.state, h.next = encBody, bad
	} else if h.seekEnc && h.state != findEnc {
		h.saved, h.next, h.state = h.next, h.state, findEnc
	}
	if h.next == h.state {
		h.next = bad
	}
}

// block reads the next block: without zero bytes, and cut after white space if
// more follows.
func (h *page) block() bool {
	rest := h.src[h.at:]
	if len(rest) == 0 {
		return false
	}
	h.i, h.buf = 0, h.buf[:0]
	n := min(len(rest), blockSize)
	if z := bytes.IndexByte(rest[:n], 0); z < 0 {
		h.buf = append(h.buf, rest[:n]...)
	} else {
		h.buf = append(h.buf, rest[:z]...)
		for n = z; n < len(rest) && len(h.buf) < blockSize; n++ {
			if c := rest[n]; c != 0 {
				h.buf = append(h.buf, c)
			}
		}
	}
	h.at += n
	if n < len(rest) && !space(rest[n]) {
		if cut := lastSpace(h.buf); cut < len(h.buf) {
			// With zero bytes among them that is too few, as in libclamav.
			h.at -= len(h.buf) - cut
			h.buf = h.buf[:cut]
		}
	}
	h.buf = append(h.buf, 0)
	return true
}

// lastSpace gives the length of b up to its last white space, or all of it.
func lastSpace(b []byte) int {
	n := len(b)
	for ; n > 8; n -= 8 {
		if x := binary.LittleEndian.Uint64(b[n-8 : n]); below(x, '!')&^x != 0 {
			break
		}
	}
	for ; n > 1; n-- {
		if space(b[n-1]) {
			return n
		}
	}
	return len(b)
}

func (h *page) skipSpace() {
	for space(h.buf[h.i]) {
		h.i++
	}
}

// steps works through the block.
func (h *page) steps() {
	for !h.stop {
		if !h.bytewise {
			h.runs()
		}
		c := h.buf[h.i]
		if c == 0 {
			return
		}
		if !h.binary {
			if c == '\n' {
				h.buf[h.i], c = ' ', ' '
			} else if c == '\r' {
				h.i++
				continue
			}
		}
		if h.state == bad {
			h.stop = true
			return
		}
		stepTable[h.state](h, c)
	}
}

// stepTable has what each state does with a byte.
var stepTable = [...]func(*page, byte){
	inText: (*page).text, inRun: (*page).textRun, inComment: (*page).comment,
	refBegin: (*page).reference, refName: (*page).referenceName, refNumber: (*page).referenceNumber,
	skipBlank: (*page).skip, trimBlank: (*page).trim,
	tagName: (*page).tagByte, argName: (*page).argByte, argValue: (*page).valueByte, argEqual: (*page).equalByte,
	tagEnd: (*page).endTag, findEnc: (*page).findEncoded, encBegin: (*page).encodedBegin,
	encLength: (*page).encodedLength, encBody: (*page).encodedBody,
	dataType: (*page).dataTypeByte, dataBegin: (*page).dataStart, dataBody: (*page).dataByte,
	dataEnd: (*page).dataFinish, dataEscape: (*page).dataEscaped, escape: (*page).escapeByte,
}

// Output.

func (h *page) put(c byte) { h.noComment = append(h.noComment, c) }

func (h *page) putText(c byte) { h.noTags = append(h.noTags, c) }

// putBlank writes a space to the text, unless it has one or this is no text.
func (h *page) putBlank() {
	if h.content == plainContent && !h.spaced {
		h.putText(' ')
		h.spaced = true
	}
}

// unput takes the last byte back.
func (h *page) unput() {
	if n := len(h.noComment); n > 0 {
		h.noComment = h.noComment[:n-1]
	}
}

// remember adds a byte to a name or a value.
func remember(to *[]byte, c byte) {
	if len(*to) < maxName {
		*to = append(*to, c)
	}
}

func (h *page) to(state, next step) { h.state, h.next = state, next }

// resume goes on with the state that was left.
func (h *page) resume() { h.to(h.next, bad) }

// The C locale.

func space(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func letter(c byte) bool { return lower(c) >= 'a' && lower(c) <= 'z' }

func alnum(c byte) bool { return digit(c) || letter(c) }

func hexValue(c byte) int {
	switch {
	case digit(c):
		return int(c - '0')
	case lower(c) >= 'a' && lower(c) <= 'f':
		return int(lower(c)-'a') + 10
	}
	return -1
}

// Bounds of the memory in bytes for one form: it is not less, as pages of all
// sizes follow on one another, and what is more is let go of by Trim.
const (
	leastForm = 256 << 10
	keepForm  = 2 << 20
)

// keepIdle is how often Trim leaves the memory for a large page: such pages come
// together, as what a site is built of does.
const keepIdle = 512

// Trim lets go of the memory for large pages, when it has been called some times
// since the last one was read. Some 8 MB at most are kept for good. What p holds is
// gone.
func (p *Pages) Trim() {
	if p.idle++; p.idle < keepIdle {
		return
	}
	for _, form := range []*[]byte{&p.NoComment, &p.NoTags, &p.Script} {
		if cap(*form) > keepForm {
			*form = nil
		}
	}
	if p.script.size() > keepForm {
		p.script = script{}
	}
}
