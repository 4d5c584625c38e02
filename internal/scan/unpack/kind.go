package unpack

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// Kind says as what a content would be opened, "" if there is nothing to open.
// It looks at the first bytes and at the last 64 KiB. Of "text" it is not known
// yet whether something is encoded in it; Unpack finds out.
func Kind(content []byte, name string) string {
	if k := head(content, name); k != "" {
		return k
	}
	if endsAsZip(content) {
		return "zip"
	}
	return ""
}

// NamesInside tells whether what lies inside a content is called after its own name: what is
// compressed by itself has no other.
func NamesInside(content []byte, name string) bool {
	switch head(content, name) {
	case "gzip", "bzip2", "xz", "zstd", "lz4", "lzip", "lzma", "zlib", "brotli":
		return true
	}
	return false
}

// kinds gives all that a content may be opened as: readers of different
// formats find the same file to be theirs.
func kinds(content []byte, name string) []string {
	first := head(content, name)
	found := make([]string, 0, 4)
	if first != "" {
		found = append(found, first)
	}
	// The ends of zips and the manifests of phars have zero bytes, which text
	// has not: that is fast to see.
	lines := first == "text" || first == "mail" || first == "mbox"
	if !lines || bytes.IndexByte(content, 0) >= 0 {
		if first != "zip" && endsAsZip(content) {
			found = append(found, "zip")
		}
		if isPhar(content) {
			found = append(found, "phar")
		}
	}
	switch first {
	case "text", "image", "utf-16":
		return found
	case "exe":
		found = append(found, "upx")
	}
	if scriptAt(content) >= 0 {
		found = append(found, "script")
	}
	return found
}

// magic is what contents of a kind have at an offset.
type magic struct {
	offset int
	bytes  string
	kind   string
}

var magics = []magic{
	{0, "PK\x03\x04", "zip"}, {0, "PK\x05\x06", "zip"}, {0, "PK\x01\x02", "zip"}, {0, "PK\x07\x08PK\x03\x04", "zip"}, {0, "PK00PK\x03\x04", "zip"}, {0, "Cr24", "zip"},
	{0, "\x1f\x8b\x08", "gzip"},
	{0, "BZh", "bzip2"},
	{0, "\xfd7zXZ\x00", "xz"},
	{0, "\x28\xb5\x2f\xfd", "zstd"},
	{0, "\x04\x22\x4d\x18", "lz4"}, {0, "\x02\x21\x4c\x18", "lz4"},
	{0, "LZIP\x01", "lzip"},
	{0, "070701", "cpio"}, {0, "070702", "cpio"}, {0, "070707", "cpio"}, {0, "\xc7\x71", "cpio"}, {0, "\x71\xc7", "cpio"},
	{0, "!<arch>\n", "ar"},
	{0, "\xed\xab\xee\xdb", "rpm"},
	{0, "%PDF", "pdf"},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"},
	{0, "7z\xbc\xaf\x27\x1c", "7z"},
	{0, "Rar!\x1a\x07", "rar"},
	{0, "MSCF\x00\x00\x00\x00", "cab"},
	{0, "\x78\x9f\x3e\x22", "tnef"},
	{0, "\xff\xfe", "utf-16"}, {0, "\xfe\xff", "utf-16"},
	{0, "\xff\xd8\xff", "image"}, {0, "\x89PNG\r\n\x1a\n", "image"}, {0, "GIF8", "image"}, {0, "RIFF", "image"}, {0, "BM", "image"},
	{0, "MZ", "exe"}, {0, "\x7fELF", "exe"},
	{257, "ustar", "tar"},
	{0x8001, "CD001", "iso"}, {0x8801, "CD001", "iso"},
}

// head tells the kind of a content by its beginning.
func head(content []byte, name string) string {
	if len(content) < 8 {
		return ""
	}
	if kind := magicKind(content); kind != "" {
		return kind
	}
	switch {
	case isText(content):
		return textKind(content)
	case isUTF16(content):
		return "utf-16"
	case content[0] == 0x5d && content[1] == 0 && content[2] == 0 && isLZMA(content):
		return "lzma"
	case content[0]&0x0f == 8 && content[0]>>4 <= 7 && binary.BigEndian.Uint16(content)%31 == 0 && content[1]&0x20 == 0:
		return "zlib"
	case isTar(content):
		return "tar"
	case bytes.Contains(content[:min(len(content), 1024)], []byte("%PDF-")):
		return "pdf"
	case hasSuffix(name, ".br"):
		return "brotli"
	}
	return ""
}

// magicKind tells the kind of a content by its magic.
func magicKind(content []byte) string {
	for _, offset := range []int{0, 257, 0x8001, 0x8801} {
		if offset >= len(content) || !magicBytes[content[offset]] {
			continue
		}
		for i := range magics {
			if m := &magics[i]; m.offset != offset || !bytes.HasPrefix(content[offset:], []byte(m.bytes)) {
				continue
			} else if m.bytes == "BM" && isText(content) {
				continue // it begins words too
			} else {
				return m.kind
			}
		}
	}
	return ""
}

// magicBytes are those by which magics begin.
var magicBytes = func() (set [256]bool) {
	for i := range magics {
		set[magics[i].bytes[0]] = true
	}
	return set
}()

func hasSuffix(name, suffix string) bool {
	return len(name) >= len(suffix) && strings.EqualFold(name[len(name)-len(suffix):], suffix)
}

// textSample is how much of the beginning tells text from other content.
const textSample = 512

// isText tells whether a content begins as text of one byte a unit: without
// control characters that text has no use for.
func isText(content []byte) bool {
	s := content[:min(len(content), textSample)]
	for ; len(s) >= 8; s = s[8:] {
		if hasControl(binary.LittleEndian.Uint64(s)) && anyControl(s[:8]) {
			return false
		}
	}
	return !anyControl(s)
}

// hasControl tells whether one of eight bytes is below 9, or between 13 and
// 32. Each byte of the terms stays within its eight bits, so that the highest
// tell.
func hasControl(v uint64) bool {
	const ones, highest, lower = 0x0101010101010101, 0x8080808080808080, 0x7f7f7f7f7f7f7f7f
	ascii := ^v & highest
	low := v & lower
	below9 := ones*(127+9) - low
	below32 := ones*(127+32) - low
	above13 := low + ones*(127-13)
	return (below9|below32&above13)&ascii != 0
}

func anyControl(b []byte) bool {
	for _, c := range b {
		if c < ' ' && controls[c] {
			return true
		}
	}
	return false
}

// controls are the characters below the space that text does not have.
var controls = [' ']bool{
	0: true, 1: true, 2: true, 3: true, 4: true, 5: true, 6: true, 7: true, 8: true, 14: true, 15: true, 16: true, 17: true, 18: true,
	19: true, 20: true, 21: true, 22: true, 23: true, 24: true, 25: true, 28: true, 29: true, 30: true, 31: true,
}

// isUTF16 tells whether a content without a mark begins as Latin text of two
// bytes a unit.
func isUTF16(content []byte) bool {
	s := content[:min(len(content), 128)&^1]
	if len(s) < 16 {
		return false
	}
	zero := [2]int{}
	for i, c := range s {
		if c == 0 {
			zero[i&1]++
		}
	}
	few := len(s) / 20
	return zero[0] <= few && zero[1] >= len(s)/2-few || zero[1] <= few && zero[0] >= len(s)/2-few
}

// textKind tells mail and boxes of mail from other text.
func textKind(content []byte) string {
	first, rest, more := bytes.Cut(content[:min(len(content), 1024)], []byte("\n"))
	switch {
	case !more:
		return "text"
	case bytes.HasPrefix(first, []byte("From ")) && isField(rest):
		return "mbox"
	case isField(first) && isMailField(first):
		return "mail"
	case bytes.Contains(content[:min(len(content), 1024)], []byte("%PDF-")):
		return "pdf"
	}
	return "text"
}

// mailFields are the fields by one of which mail begins.
var mailFields = []string{
	"arc-", "bcc", "cc", "content-", "date", "delivered-to", "dkim-", "envelope-to", "errors-to", "from", "in-reply-to", "list-", "message-id",
	"mime-version", "received", "references", "reply-to", "return-path", "sender", "subject", "to", "user-agent", "x-",
}

func isMailField(line []byte) bool {
	name, _, _ := bytes.Cut(line[:min(len(line), 80)], []byte(":"))
	lower := strings.ToLower(string(name))
	for _, f := range mailFields {
		if lower == f || f[len(f)-1] == '-' && strings.HasPrefix(lower, f) {
			return true
		}
	}
	return lower == "received-spf" || lower == "authentication-results"
}

// isField tells whether a text begins as a field of a header does (RFC 5322,
// 2.2): visible characters, then a colon.
func isField(text []byte) bool {
	for i, c := range text[:min(len(text), 80)] {
		if c == ':' {
			return i > 0
		}
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return false
}

// tailSize is where the end of a zip is looked for: the longest comment and
// its record.
const tailSize = 1<<16 + 22

func endsAsZip(content []byte) bool {
	return len(content) >= 22 && bytes.Contains(content[max(0, len(content)-tailSize):], []byte("PK\x05\x06"))
}
