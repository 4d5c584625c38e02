package unpack

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// farthestOverlay is how far into a program an archive is looked for.
const farthestOverlay = 4 << 20

// openExecutable looks for archives that self-extracting programs carry behind
// their code. Zips are found by their end.
func openExecutable(w *walk, at place, content []byte) error {
	for _, archive := range []struct {
		mark   string
		begins func([]byte) bool
	}{
		{"7z\xbc\xaf\x27\x1c\x00", beginsSevenzip},
		{"Rar!\x1a\x07", beginsRAR},
		{"MSCF\x00\x00\x00\x00", beginsCab},
	} {
		i := overlay(content, archive.mark, archive.begins)
		if i < 0 {
			continue
		}
		if err := w.slice(at, "exe", fmt.Sprintf("overlay@%d", i), content[i:]); err != nil {
			return err
		}
	}
	return nil
}

// overlay finds where an archive begins. Programs that read archives have
// their marks too, with nothing behind them.
func overlay(content []byte, mark string, begins func([]byte) bool) int {
	near := content[:min(len(content), farthestOverlay)]
	for from := 1; from < len(near); {
		i := bytes.Index(near[from:], []byte(mark))
		if i < 0 {
			return -1
		}
		if from += i; begins(content[from:]) {
			return from
		}
		from++
	}
	return -1
}

func beginsSevenzip(b []byte) bool {
	return len(b) > sevenStart && binary.LittleEndian.Uint32(b[8:]) == crc(b[12:sevenStart])
}

// beginsRAR looks at the first header: of version 4 its type and of version 5
// its checksum.
func beginsRAR(b []byte) bool {
	if len(b) < 32 {
		return false
	}
	if b[6] == 0 {
		return b[9] == 0x73
	}
	size, n := binary.Uvarint(b[12:])
	return b[6] == 1 && b[7] == 0 && n > 0 && size < 1<<10 && 12+n+int(size) <= len(b) && binary.LittleEndian.Uint32(b[8:]) == crc(b[12:12+n+int(size)])
}

// beginsCab looks at the version, which is 1.3, and at where the files are
// told.
func beginsCab(b []byte) bool {
	return len(b) > 36 && b[24] == 3 && b[25] == 1 && int64(binary.LittleEndian.Uint32(b[16:])) < int64(len(b))
}

// scriptAt finds where script begins in content that is not text.
func scriptAt(content []byte) int {
	for from := 0; ; {
		i := bytes.IndexByte(content[from:], '<')
		if i < 0 {
			return -1
		}
		from += i + 1
		rest := content[from:]
		if bytes.HasPrefix(rest, []byte("?php")) || bytes.HasPrefix(rest, []byte("?=")) || bytes.HasPrefix(rest, []byte("script")) {
			return from - 1
		}
	}
}

// openScript looks for what is encoded in script that lies in content of
// another kind: servers run script in any.
func openScript(w *walk, at place, content []byte) error {
	i := scriptAt(content)
	if i < 0 {
		return nil
	}
	if err := openRuns(w, at, content[i:], i); err != nil {
		return err
	}
	return openMarkup(w, at, content[i:], i)
}

// openUTF16 gives text of two bytes a unit in UTF-8.
func openUTF16(w *walk, at place, content []byte) error {
	big := content[0] == 0xfe && content[1] == 0xff || content[0] == 0
	return w.decode(at, "utf-16", "utf-8", &utf16Reader{b: content, big: big})
}

type utf16Reader struct {
	b    []byte
	big  bool
	rest []byte // encoded, but did not fit
	room [4]byte
}

func (r *utf16Reader) Read(p []byte) (int, error) {
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	for n < len(p) && len(r.rest) == 0 {
		c, ok := r.next()
		if !ok {
			break
		}
		size := utf8.EncodeRune(r.room[:], c)
		k := copy(p[n:], r.room[:size])
		n += k
		r.rest = r.room[k:size]
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// next gives the next character, without the mark.
func (r *utf16Reader) next() (rune, bool) {
	for len(r.b) >= 2 {
		c := r.unit()
		if c == 0xfeff {
			continue
		}
		if utf16.IsSurrogate(c) && len(r.b) >= 2 {
			if pair := utf16.DecodeRune(c, r.peek()); pair != utf8.RuneError {
				r.unit()
				return pair, true
			}
		}
		return c, true
	}
	return 0, false
}

func (r *utf16Reader) peek() rune {
	if r.big {
		return rune(r.b[0])<<8 | rune(r.b[1])
	}
	return rune(r.b[1])<<8 | rune(r.b[0])
}

func (r *utf16Reader) unit() rune {
	c := r.peek()
	r.b = r.b[2:]
	return c
}
