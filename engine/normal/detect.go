package normal

import (
	"bytes"
	"encoding/hex"
	"strings"

	"candor/engine/internal/vector"
)

// headSize is the number of bytes that Type looks at.
const headSize = 1024

// Type tells what a file is, from its first bytes, as clamscan 1.4 does with
// the file types that are built into it.
//
// What only shows further down or inside is not seen: HTML beyond the first
// 1024 bytes (see Anywhere), and documents of Office Open XML whose first three
// entries do not tell.
func Type(data []byte) FileType { return (*Types)(nil).Type(data) }

// Types are file types of a user's own besides the built-in ones. A nil *Types
// has none. It must not be changed while it is in use.
type Types struct {
	magics []userMagic
}

type userMagic struct {
	at    int
	bytes []byte
	as    FileType
}

// Add adds a file type that is known by bytes at an offset. The one added last
// is asked first, and all before the built-in ones.
func (u *Types) Add(at int, magic []byte, as FileType) {
	u.magics = append(u.magics, userMagic{at, magic, as})
}

// Type is Type with the user's types.
func (u *Types) Type(data []byte) FileType {
	head := data[:min(len(data), headSize)]
	t, known := u.byMagic(head)
	if !known {
		t = textType(head)
	}
	switch {
	case t == TypeBinaryData && !known:
		if tar := tarType(head); tar != TypeAny {
			return tar
		}
	case t == TypeZIP:
		return zipType(head)
	}
	if t < TypeTextASCII || t > TypeBinaryData {
		return t
	}
	if s := recognise(head, 0); s != TypeAny && !isArchive(s) {
		return s
	}
	var narrow [headSize / 2]byte
	if u := UTF16(narrow[:0], head); HTMLSign(u) && recognise(u, 0) == TypeHTML {
		return TypeHTMLUTF16
	}
	if plain := fromUnicode(head); plain != nil && HTMLSign(plain) && recognise(plain, 0) == TypeHTML {
		return TypeHTML
	}
	return t
}

func (u *Types) byMagic(head []byte) (FileType, bool) {
	if u != nil {
		for i := len(u.magics) - 1; i >= 0; i-- {
			m := u.magics[i]
			if m.at <= len(head) && bytes.HasPrefix(head[m.at:], m.bytes) {
				return m.as, true
			}
		}
	}
	if len(head) >= 4 && (head[2] == '\r' && head[3] == '\n' || head[3] == 0) &&
		strings.Contains(pythonMagics, " "+hex.EncodeToString(head[:4])+" ") {
		return TypePythonCompiled, true
	}
	if len(head) == 0 {
		return TypeBinaryData, false
	}
	for _, i := range magicsOf[head[0]] {
		m := &magics[i]
		if m.at+len(m.bytes) <= len(head) && string(head[m.at:m.at+len(m.bytes)]) == m.bytes {
			return m.as, true
		}
	}
	return TypeBinaryData, false
}

// Anywhere tells what the whole of a text or of binary data shows, beyond the
// head that Type looks at: HTML and Mail are those that matter for a file of
// type TextASCII, HTML for one of type GIF. TypeAny stands for nothing.
//
// libclamav does this in blocks of 128 KiB, the greatest type of which counts,
// and so does Anywhere, but for signs that lie across two blocks.
func Anywhere(data []byte) FileType {
	const block = 128 << 10
	found := TypeAny
	for at := 0; at < len(data); at += block {
		found = max(found, recognise(data[at:min(at+block, len(data))], at))
	}
	if n := len(data) - 512; n >= 0 && string(data[n:n+4]) == "koly" {
		found = greater(found, TypeDMG)
	}
	return found
}

// Classes of bytes in texts.
const (
	neverText = iota
	asciiText
	otherText
)

func textClass(c byte) int {
	switch {
	case c >= 0x20 && c < 0x7f, c >= '\a' && c <= '\n', c == '\f', c == '\r', c == 0x1b, c == 0x85:
		return asciiText
	case c >= 0x80:
		return otherText
	}
	return neverText
}

// textType tells texts and binary data apart.
func textType(head []byte) FileType {
	switch {
	case isASCII(head):
		return TypeTextASCII
	case isUTF8(head):
		return TypeTextUTF8
	}
	return utf16Type(head)
}

// inNoText has the bytes that no text holds.
var inNoText = func() (t [256]bool) {
	for c := range t {
		t[c] = textClass(byte(c)) == neverText
	}
	return t
}()

func isASCII(head []byte) bool {
	if vector.Plain(head) == len(head) && bytes.IndexByte(head, '\v') < 0 && bytes.IndexByte(head, 0x7f) < 0 {
		return true // as nearly all that is
	}
	for _, c := range head {
		if inNoText[c] {
			return false
		}
	}
	return true
}

// isUTF8 accepts sequences of up to six bytes, and a last one that is cut off.
// There must be at least one that is longer than a byte.
func isUTF8(head []byte) bool {
	found := false
	for i := 0; i < len(head); i++ {
		c := head[i]
		if c < 0x80 {
			if textClass(c) != asciiText {
				return false
			}
			continue
		}
		follow := 0
		for bit := byte(0x40); c&bit != 0 && bit > 1; bit >>= 1 {
			follow++
		}
		if follow == 0 || c >= 0xfe {
			return false
		}
		for range follow {
			if i++; i >= len(head) {
				return found
			}
			if head[i]&0xc0 != 0x80 {
				return false
			}
		}
		found = true
	}
	return found
}

func utf16Type(head []byte) FileType {
	if len(head) < 2 {
		return TypeBinaryData
	}
	little := head[0] == 0xff && head[1] == 0xfe
	marked := little || head[0] == 0xfe && head[1] == 0xff
	wrong := 0
	for i := 2; i+1 < len(head); i += 2 {
		c := int(head[i])<<8 | int(head[i+1])
		if little {
			c = int(head[i+1])<<8 | int(head[i])
		}
		if c == 0xfffe {
			return TypeBinaryData
		}
		if c < 128 && textClass(byte(c)) != asciiText {
			if !marked {
				return TypeBinaryData
			}
			wrong++
		}
	}
	switch {
	case marked && wrong >= len(head)/2:
		return TypeBinaryData
	case little:
		return TypeTextUTF16LE
	}
	return TypeTextUTF16BE
}

// tarType recognises an archive by the checksum of its first header.
func tarType(head []byte) FileType {
	const size, from, to = 512, 148, 156
	if len(head) < size {
		return TypeAny
	}
	sum := 0
	for i, c := range head[:size] {
		if i >= from && i < to {
			c = ' '
		}
		sum += int(c)
	}
	if octal(head[from:to]) != sum {
		return TypeAny
	}
	if string(head[257:263]) == "ustar\x00" {
		return TypePosixTar
	}
	return TypeOldTar
}

// octal reads a number between white space, -1 if there is none.
func octal(b []byte) int {
	for len(b) > 0 && space(b[0]) {
		b = b[1:]
	}
	if len(b) == 0 {
		return -1
	}
	n := 0
	for len(b) > 0 && b[0] >= '0' && b[0] <= '7' {
		n = n<<3 | int(b[0]-'0')
		b = b[1:]
	}
	if len(b) > 0 && b[0] != 0 && !space(b[0]) {
		return -1
	}
	return n
}

// zipType looks at the names of the first entries of an archive.
func zipType(head []byte) FileType {
	const header, longest = 30, 22
	if len(head) <= 2*(header+5) {
		return TypeZIP
	}
	for range 3 {
		i := bytes.Index(head, []byte("PK\x03\x04"))
		if i < 0 || len(head)-i-header <= longest {
			return TypeZIP
		}
		head = head[i+header:]
		for _, n := range []struct {
			name string
			as   FileType
		}{{"xl/", TypeOOXMLExcel}, {"ppt/", TypeOOXMLPowerPoint}, {"word/", TypeOOXMLWord}, {"Contents/content.hpf", TypeOOXMLHWP}} {
			if bytes.HasPrefix(head, []byte(n.name)) {
				return n.as
			}
		}
	}
	return TypeZIP
}

// fromUnicode gives the ASCII of a text that begins like one in UTF-16 or
// UTF-32, nil for another.
func fromUnicode(head []byte) []byte {
	if len(head) < 4 {
		return nil
	}
	width, low := 0, 0 // of a character; where its low byte is
	switch string(head[:4]) {
	case "\x00\x00\xfe\xff", "\x00\x00\x00<":
		width, low = 4, 3
	case "\xff\xfe\x00\x00", "<\x00\x00\x00":
		width, low = 4, 0
	case "\x00<\x00?":
		width, low = 2, 1
	case "<\x00?\x00":
		width, low = 2, 0
	default:
		switch string(head[:2]) {
		case "\xfe\xff":
			width, low = 2, 1
		case "\xff\xfe":
			width, low = 2, 0
		default:
			return nil
		}
	}
	var out []byte
	for ; len(head) >= width; head = head[width:] {
		var high byte
		if low == 0 {
			high = head[1]
		} else {
			high = head[low-1]
		}
		if c := high<<4 + head[low]; c != 0 {
			out = append(out, c)
		}
	}
	return out
}
