package unpack

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// zipEntry is one member of a zip as a header tells it (APPNOTE.TXT, 4.3.7 and
// 4.3.12).
type zipEntry struct {
	name     string
	flags    uint16
	method   uint16
	modified uint16 // time, which stands for the CRC in the check of passwords
	crc      uint32
	packed   int64 // -1 if the header does not tell
	unpacked int64 // -1 likewise
	data     int   // where the data begins
	extra    []byte
}

// openZip reads all that any reader would find in a zip: what the central
// directories name, and what the local headers name, as readers of streams
// walk them. What both name alike is read once.
func openZip(w *walk, at place, content []byte) error {
	z := &zipWalk{w: w, at: at, content: content, seen: map[zipView]int{}, ends: map[int]int{}}
	directories := zipDirectories(content)
	if len(directories) == 0 && !bytes.HasPrefix(content, []byte("PK")) {
		return nil // no more than the mark of an end makes it a zip
	}
	for _, dir := range directories {
		if w.covered(dir.start, dir.end) {
			continue // readers that find this one find the archive that the part is
		}
		if err := z.central(dir); err != nil {
			return err
		}
	}
	if err := z.local(); err != nil {
		return err
	}
	if z.found == 0 && z.damage == nil && bytes.HasPrefix(content, []byte("PK\x03\x04")) {
		return damaged("no entry can be read")
	}
	return z.damage
}

// zipView is what tells two readings of the same data apart.
type zipView struct {
	data   int
	method uint16
	packed int64 // of methods whose data does not tell its end
}

type zipWalk struct {
	w       *walk
	at      place
	content []byte
	seen    map[zipView]int // where the data ended
	ends    map[int]int     // likewise, by where it began
	found   int
	damage  error // the first that concerns the whole
}

// zipDirectory is a central directory.
type zipDirectory struct {
	start, end int // where its headers lie
	base       int // what to add to offsets
}

// mostDirectories is how many ends of central directories are believed.
const mostDirectories = 16

// zipDirectories finds central directories by their end records (4.3.16), the
// last one first. Readers disagree on which one counts when there are several.
func zipDirectories(content []byte) []zipDirectory {
	var found []zipDirectory
	tail := max(0, len(content)-tailSize)
	for end := len(content); len(found) < mostDirectories; {
		i := bytes.LastIndex(content[tail:end], []byte("PK\x05\x06"))
		if i < 0 {
			return found
		}
		end = tail + i
		if end+22 <= len(content) {
			found = append(found, zipDirectoryAt(content, end)...)
		}
	}
	return found
}

// zipDirectoryAt gives the directories that an end record may mean: with data
// before the zip counted in the offsets, and without.
func zipDirectoryAt(content []byte, end int) []zipDirectory {
	r := content[end:]
	size, offset := int64(binary.LittleEndian.Uint32(r[12:])), int64(binary.LittleEndian.Uint32(r[16:]))
	before := end
	if l := end - 20; l >= 0 && string(content[l:l+4]) == "PK\x06\x07" { // 4.3.15
		for _, p := range []int64{int64(binary.LittleEndian.Uint64(content[l+8:])), int64(l) - 56} {
			if p >= 0 && p <= int64(l)-56 && string(content[p:p+4]) == "PK\x06\x06" { // 4.3.14
				size, offset = int64(binary.LittleEndian.Uint64(content[p+40:])), int64(binary.LittleEndian.Uint64(content[p+48:]))
				before = int(p)
				break
			}
		}
	}
	var found []zipDirectory
	for _, start := range []int64{int64(before) - size, offset} {
		if start < 0 || start > int64(before) || size < 0 || offset < 0 || !bytes.HasPrefix(content[start:], []byte("PK\x01\x02")) {
			continue
		}
		d := zipDirectory{start: int(start), end: end, base: int(start - offset)}
		if len(found) == 0 || found[0].start != d.start {
			found = append(found, d)
		}
	}
	return found
}

// central reads what a central directory names. The count in the end record is
// not believed.
func (z *zipWalk) central(d zipDirectory) error {
	for p := d.start; p+46 <= d.end && string(z.content[p:p+4]) == "PK\x01\x02"; {
		h := z.content[p:]
		names, extra, comment := int(binary.LittleEndian.Uint16(h[28:])), int(binary.LittleEndian.Uint16(h[30:])), int(binary.LittleEndian.Uint16(h[32:]))
		if 46+names+extra > len(h) {
			z.damage = damaged("a central directory ends early")
			return nil
		}
		e := zipHeader(h[8:], h[46:46+names], h[46+names:46+names+extra])
		offset := e.offset(int64(binary.LittleEndian.Uint32(h[42:])))
		p += 46 + names + extra + comment
		if err := z.named(e, offset+int64(d.base)); err != nil {
			return err
		}
	}
	return nil
}

// named reads an entry of a central directory, and once more as its local
// header has it if that is different.
func (z *zipWalk) named(e zipEntry, offset int64) error {
	local, ok := z.localAt(offset)
	if !ok {
		if err := z.w.pass(z.at); err != nil {
			return err
		}
		z.w.gap(z.at.inside("zip", e.name), "zip", damaged("no local header where the central directory says"))
		return nil
	}
	e.data = local.data
	if err := z.read(e); err != nil {
		return err
	}
	if local.method != e.method || local.flags&1 != e.flags&1 {
		if local.packed < 0 || local.flags&8 != 0 {
			local.packed = e.packed
		}
		return z.read(local)
	}
	return nil
}

// local reads what local headers name, from the first to the last, as readers
// of streams do, and finds the next one where the chain breaks.
func (z *zipWalk) local() error {
	skip := z.w.skip()
	for p := 0; ; {
		i := bytes.Index(z.content[p:], []byte("PK\x03\x04"))
		if i < 0 {
			return nil
		}
		p += i
		if q := skip(p); q > p {
			p = q
			continue
		}
		if err := z.w.check(z.at); err != nil {
			return err
		}
		if !zipPlausible(z.content[p:]) {
			p += 4
			continue
		}
		e, ok := z.localAt(int64(p))
		if !ok {
			p += 4
			continue
		}
		end, known := z.ends[e.data]
		if !known || e.flags&8 == 0 && e.flags&1 == 0 {
			if e.packed < 0 || e.flags&8 != 0 && e.packed == 0 {
				e.packed = z.untilNext(e)
			}
			if err := z.read(e); err != nil {
				return err
			}
			end = z.ends[e.data]
		}
		p = max(end, e.data, p+4)
	}
}

// untilNext is how much data an entry has whose header does not tell: up to
// the next signature.
func (z *zipWalk) untilNext(e zipEntry) int64 {
	n := len(z.content) - e.data
	for _, mark := range []string{"PK\x03\x04", "PK\x07\x08", "PK\x01\x02"} {
		if i := bytes.Index(z.content[e.data:e.data+n], []byte(mark)); i >= 0 {
			n = i
		}
	}
	return int64(n)
}

// localAt reads the local header at an offset.
func (z *zipWalk) localAt(offset int64) (zipEntry, bool) {
	if offset < 0 || offset > int64(len(z.content))-30 || string(z.content[offset:offset+4]) != "PK\x03\x04" {
		return zipEntry{}, false
	}
	h := z.content[offset:]
	names, extra := int(binary.LittleEndian.Uint16(h[26:])), int(binary.LittleEndian.Uint16(h[28:]))
	if 30+names+extra > len(h) {
		return zipEntry{}, false
	}
	e := zipHeader(h[6:], h[30:30+names], h[30+names:30+names+extra])
	e.data = int(offset) + 30 + names + extra
	return e, true
}

// zipHeader reads what both kinds of header have, from the flags on.
func zipHeader(h, name, extra []byte) zipEntry {
	e := zipEntry{
		name: string(name), flags: binary.LittleEndian.Uint16(h), method: binary.LittleEndian.Uint16(h[2:]), modified: binary.LittleEndian.Uint16(h[4:]),
		crc: binary.LittleEndian.Uint32(h[8:]), packed: int64(binary.LittleEndian.Uint32(h[12:])), unpacked: int64(binary.LittleEndian.Uint32(h[16:])), extra: extra,
	}
	wide := e.field(0x0001) // 4.5.3
	for _, v := range []*int64{&e.unpacked, &e.packed} {
		if *v == 1<<32-1 && len(wide) >= 8 {
			*v = int64(binary.LittleEndian.Uint64(wide))
			wide = wide[8:]
		}
	}
	return e
}

// offset is where the local header lies, by a central header that says n.
func (e *zipEntry) offset(n int64) int64 {
	if n != 1<<32-1 {
		return n
	}
	wide := e.field(0x0001)
	if len(wide) < 8 {
		return n
	}
	return int64(binary.LittleEndian.Uint64(wide[len(wide)/8*8-8:]))
}

// field gives an extra field (4.5).
func (e *zipEntry) field(id uint16) []byte {
	for x := e.extra; len(x) >= 4; {
		n := int(binary.LittleEndian.Uint16(x[2:]))
		if n > len(x)-4 {
			return nil
		}
		if binary.LittleEndian.Uint16(x) == id {
			return x[4 : 4+n]
		}
		x = x[4+n:]
	}
	return nil
}

// zipPlausible tells local headers from bytes that look like one by chance, by
// their method and flags.
func zipPlausible(header []byte) bool {
	if len(header) < 30 || header[7]&0x80 != 0 {
		return false
	}
	switch binary.LittleEndian.Uint16(header[8:]) {
	case 0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 14, 16, 18, 19, 20, 93, 94, 95, 96, 97, 98, 99:
		return true
	}
	return false
}

// read hands over an entry, once for each reading of its data.
func (z *zipWalk) read(e zipEntry) error {
	view := zipView{data: e.data, method: e.method}
	if e.method == 0 || e.flags&1 != 0 {
		view.packed = e.packed
	}
	if _, done := z.seen[view]; done {
		return nil
	}
	z.found++
	end, err := z.w.zipMember(z.at, z.content, e)
	z.seen[view] = end
	z.ends[e.data] = max(end, z.ends[e.data])
	return err
}

// data gives what an entry says is its data. Compressed data that is not
// encrypted tells its end itself, whatever the header says.
func (e *zipEntry) span(content []byte) ([]byte, error) {
	rest := content[e.data:]
	if e.method != 0 && e.flags&1 == 0 {
		return rest, nil
	}
	n := e.packed
	if e.method == 0 && e.flags&1 == 0 {
		n = max(n, e.unpacked)
	}
	if n < 0 || n > int64(len(rest)) {
		return rest, damaged(fmt.Sprintf("%d bytes are said to follow, %d do", n, len(rest)))
	}
	return rest[:n], nil
}
