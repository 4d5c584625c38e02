package unpack

import (
	"bytes"
	"strconv"
	"strings"
)

// tarBlock is the unit of a tar archive.
const tarBlock = 512

// isTar tells whether a content begins with a header of any dialect: one whose
// checksum is right.
func isTar(content []byte) bool {
	return len(content) >= tarBlock && content[0] != 0 && tarSum(content)
}

// tarSum checks the checksum of a header: the sum of its bytes, signed or not,
// with blanks in place of the sum.
func tarSum(h []byte) bool {
	want, ok := tarNumber(h[148:156])
	if !ok {
		return false
	}
	var unsigned, signed int64
	for i, c := range h[:tarBlock] {
		if i >= 148 && i < 156 {
			c = ' '
		}
		unsigned += int64(c)
		signed += int64(int8(c))
	}
	return want == unsigned || want == signed
}

// tarNumber reads a number in octal, or in base 256 as GNU tar writes large
// ones.
func tarNumber(f []byte) (int64, bool) {
	if f[0]&0x80 != 0 {
		n := int64(f[0] & 0x7f)
		for _, c := range f[1:] {
			if n > 1<<54 {
				return 0, false
			}
			n = n<<8 | int64(c)
		}
		return n, f[0]&0x40 == 0
	}
	s := strings.Trim(string(f), " \x00")
	if i := strings.IndexByte(s, 0); i >= 0 {
		s = s[:i]
	}
	if s == "" {
		return 0, true
	}
	n, err := strconv.ParseInt(strings.TrimSpace(s), 8, 64)
	return n, err == nil && n >= 0
}

// tarState is what headers say of the member that follows.
type tarState struct {
	name string
	size int64 // -1 if its own header tells
}

// openTar reads old, ustar, GNU and pax archives. The members lie in the
// archive as they are, so nothing is copied; of a sparse one the data is handed
// over without its holes. Where a header is damaged the next good one is looked
// for, also after the end mark: some readers go on there.
func openTar(w *walk, at place, content []byte) error {
	next, bad := tarState{size: -1}, 0
	for p := 0; p+tarBlock <= len(content); {
		h := content[p : p+tarBlock]
		if err := w.check(at); err != nil {
			return err
		}
		if h[0] == 0 && allZero(h) {
			p += tarBlock
			continue
		}
		if !tarSum(h) {
			bad++
			p += tarBlock
			continue
		}
		size, ok := tarNumber(h[124:136])
		if next.size >= 0 {
			size = next.size
		}
		start := p + tarBlock
		if h[156] == 'S' { // GNU sparse: more of the map may follow (tar manual, "Sparse Formats")
			for more := h[482]; more != 0 && start+tarBlock <= len(content); start += tarBlock {
				more = content[start+504]
			}
		}
		if !ok || size > int64(len(content)-start) {
			w.gap(at, "tar", damaged("a member is longer than the archive"))
			size = int64(max(0, len(content)-start))
		}
		if !tarHasData(h[156]) {
			size = 0
		}
		data := content[min(start, len(content)):][:size]
		var err error
		if next, err = w.tarMember(at, h, data, next); err != nil {
			return err
		}
		p = start + (int(size)+tarBlock-1)/tarBlock*tarBlock
	}
	if bad > 0 {
		return damaged(strconv.Itoa(bad) + " blocks are no header")
	}
	return nil
}

// tarMember hands over a member, or takes what is said of the next one.
func (w *walk) tarMember(in place, h, data []byte, next tarState) (tarState, error) {
	switch h[156] {
	case 'L':
		next.name = text(data[:min(len(data), 1<<16)])
		return next, w.pass(in)
	case 'x', 'X':
		return paxState(data, next), w.pass(in)
	case 'g', 'K', 'V':
		return next, w.pass(in)
	}
	name := next.name
	if name == "" {
		name = text(h[:100])
		if prefix := text(h[345:500]); string(h[257:263]) == "ustar\x00" && prefix != "" {
			name = prefix + "/" + name
		}
	}
	if len(data) == 0 {
		return tarState{size: -1}, w.pass(in)
	}
	return tarState{size: -1}, w.slice(in, "tar", name, data)
}

// tarHasData tells whether data follows a header of this type; links and
// folders have a size that means something else.
func tarHasData(kind byte) bool { return kind < '1' || kind > '6' }

// paxState reads an extended header: "length key=value\n" (pax, POSIX.1-2001).
func paxState(data []byte, s tarState) tarState {
	for len(data) > 0 {
		i := bytes.IndexByte(data, ' ')
		if i < 0 {
			break
		}
		n, err := strconv.Atoi(string(data[:i]))
		if err != nil || n <= i+1 || n > len(data) {
			break
		}
		key, value, _ := strings.Cut(string(bytes.TrimSuffix(data[i+1:n], []byte("\n"))), "=")
		data = data[n:]
		switch key {
		case "path", "GNU.sparse.name":
			s.name = value
		case "size":
			if v, err := strconv.ParseInt(value, 10, 64); err == nil && v >= 0 {
				s.size = v
			}
		}
	}
	return s
}

// text gives what is before the first zero byte.
func text(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}
