package unpack

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
)

// elfFile is what an ELF header says, and its program headers, as far as they
// are there.
type elfFile struct {
	order   binary.ByteOrder
	class   byte
	kind    uint16
	headers int // where the program headers end
	loads   []elfLoad
}

// elfLoad is a segment that is loaded (PT_LOAD).
type elfLoad struct {
	offset, size int64 // in the file
	written      bool
}

func readELF(b []byte) (elfFile, bool) {
	var f elfFile
	if len(b) < 52 || !bytes.HasPrefix(b, []byte(elf.ELFMAG)) {
		return f, false
	}
	f.class, f.order = b[elf.EI_CLASS], binary.LittleEndian
	if b[elf.EI_DATA] == byte(elf.ELFDATA2MSB) {
		f.order = binary.BigEndian
	}
	f.kind = f.order.Uint16(b[16:])
	start, each, count := int64(f.order.Uint32(b[28:])), 32, 0
	switch wide := f.class == byte(elf.ELFCLASS64); {
	case wide && len(b) < 64:
		return f, false
	case wide:
		start, each, count = int64(f.order.Uint64(b[32:])), 56, int(f.order.Uint16(b[56:]))
	default:
		count = int(f.order.Uint16(b[44:]))
	}
	if start < 52 || start > int64(len(b)) || count == 0 || count > 512 || int64(count*each) > int64(len(b))-start {
		return f, false
	}
	f.headers = int(start) + count*each
	for h := b[start:f.headers]; len(h) > 0; h = h[each:] {
		f.load(h[:each])
	}
	return f, true
}

// load takes a program header if it is of a segment that is loaded.
func (f *elfFile) load(h []byte) {
	if f.order.Uint32(h) != uint32(elf.PT_LOAD) {
		return
	}
	l := elfLoad{int64(f.order.Uint32(h[4:])), int64(f.order.Uint32(h[16:])), f.order.Uint32(h[24:])&uint32(elf.PF_W) != 0}
	if len(h) == 56 {
		l = elfLoad{int64(f.order.Uint64(h[8:])), int64(f.order.Uint64(h[32:])), f.order.Uint32(h[4:])&uint32(elf.PF_W) != 0}
	}
	if l.offset >= 0 && l.size >= 0 && l.offset < 1<<40 && l.size < 1<<40 { // no sum overflows
		f.loads = append(f.loads, l)
	}
}

// upxELF is the way through a packed ELF file: after a header of 12 bytes come
// blocks, each after 12 bytes of its own, that fill the segments in turn. Behind
// the program that unpacks it lie the blocks of what is between and after the
// segments.
type upxELF struct {
	w       *walk
	at      place
	content []byte
	packed  elfFile
	plain   elfFile
	size    int64 // of the plain file
	most    int64 // size of a block
	given   int64 // sizes of all blocks so far
	start   int   // where the header before the blocks is
	next    int   // where the next block is
	out     []byte
	missing bool
}

func (w *walk) upxELF(at place, content []byte) error {
	packed, ok := readELF(content)
	if !ok {
		return nil
	}
	marked := false
	for _, start := range upxStarts(content, packed) {
		u := &upxELF{w: w, at: at, content: content, packed: packed, start: start, next: start}
		first, ok := u.begin()
		if !ok {
			continue
		}
		marked = true
		head, err := w.upxDecode(at, first)
		if err != nil {
			if stopped(err) != nil {
				return err
			}
			continue
		}
		if u.plain, ok = readELF(head); !ok || u.plain.class != packed.class {
			continue
		}
		return u.unpack(head)
	}
	if marked && bytes.Contains(content[max(0, len(content)-4*upxTrailer):], []byte(upxMagic)) {
		return unsupported("packed by UPX in a way that is not known")
	}
	return nil
}

// upxStarts tells where the header before the blocks may lie: behind the program
// headers, or where the end of the file says so, or behind a mark.
func upxStarts(content []byte, f elfFile) []int {
	starts := []int{f.headers + 12, int(f.order.Uint32(content[len(content)-4:]))}
	near := content[:min(len(content), 1<<20)]
	for p := 0; len(starts) < 16; {
		i := bytes.Index(near[p:], []byte(upxMagic))
		if i < 0 {
			break
		}
		p += i + 4
		starts = append(starts, p+4)
	}
	return starts
}

// begin reads the header before the blocks, and the first of these, which holds
// at least the headers of the file.
func (u *upxELF) begin() (upxBlock, bool) {
	if u.next < 0 || u.next+24 > len(u.content) {
		return upxBlock{}, false
	}
	order := u.packed.order
	u.size, u.most = int64(order.Uint32(u.content[u.next+4:])), int64(order.Uint32(u.content[u.next+8:]))
	u.next += 12
	if u.most == 0 || u.size == 0 || u.most > 1<<30 {
		return upxBlock{}, false
	}
	b, n := u.block(u.next)
	return b, n > 0 && b.size >= 52 && b.size <= upxLongestHead && b.filter == 0
}

// block reads the block at a place and tells where the next one is, 0 if there
// is none.
func (u *upxELF) block(p int) (upxBlock, int) {
	if p < 0 || p+12 > len(u.content) {
		return upxBlock{}, 0
	}
	h, order := u.content[p:], u.packed.order
	size, packed := int64(order.Uint32(h)), int64(order.Uint32(h[4:]))
	if size == 0 || packed == 0 || packed > size || size > max(u.most, u.size) || packed > int64(len(h)-12) {
		return upxBlock{}, 0
	}
	b := upxBlock{method: h[8], filter: h[9], mark: h[10], data: h[12 : 12+packed], size: int(size)}
	if !b.known() {
		return upxBlock{}, 0
	}
	return b, p + 12 + int(packed)
}

// unpack hands over the file.
func (u *upxELF) unpack(head []byte) error {
	err := u.segments(head)
	if err == nil {
		err = u.between()
	}
	if u.w.err != nil {
		return errStop
	}
	if err == nil && u.missing {
		err = damaged("what lies between the segments was not found")
	}
	u.w.gap(u.at, "upx", err)
	if int64(len(u.out)) < u.size && u.size > u.w.limits.Part {
		u.w.gap(u.at, "upx", tooLarge(u.w.limits.Part))
	}
	return u.w.made(u.at, "upx", u.out)
}

// segments fills the segments. Of a shared library the beginning, which the
// loader needs, and the segments that are written lie as they are.
func (u *upxELF) segments(head []byte) error {
	kept := int64(u.start - 12)
	library := kept > int64(u.packed.headers)
	if library {
		_, u.next = u.block(u.next)
		u.put(0, u.content[:kept])
		u.put(0, head)
	}
	for i, l := range u.plain.loads {
		switch {
		case library && l.written:
			u.asItLies(l)
			continue
		case library && i == 0:
			l = elfLoad{offset: l.offset + kept, size: l.size - kept}
		}
		if err := u.extent(l.offset, l.size); err != nil {
			return err
		}
	}
	return nil
}

// asItLies fills a segment from the one of the packed file that has its size.
func (u *upxELF) asItLies(l elfLoad) {
	for _, p := range u.packed.loads {
		if p.written && p.size == l.size && p.offset >= 0 && p.offset+p.size <= int64(len(u.content)) {
			u.put(l.offset, u.content[p.offset:p.offset+p.size])
			return
		}
	}
	u.missing = true
}

// extent fills a part of the file with the blocks that come next.
func (u *upxELF) extent(offset, size int64) error {
	for size > 0 {
		if err := u.w.check(u.at); err != nil {
			return err
		}
		b, next := u.block(u.next)
		if next == 0 || int64(b.size) > size {
			return damaged("a block is not there")
		}
		if u.given += int64(b.size); u.given > u.size {
			return damaged("the blocks are more than the file")
		}
		data, err := u.w.upxDecode(u.at, b)
		if b.filter != 0 && err == nil {
			data = bytes.Clone(data)
			if !upxUnfilter(b.filter, b.mark, data, 0) {
				u.w.gap(u.at, "upx", unsupported(fmt.Sprintf("filter %#x of UPX", b.filter)))
			}
		}
		u.put(offset, data)
		if err != nil {
			return err
		}
		offset, size, u.next = offset+int64(b.size), size-int64(b.size), next
	}
	return nil
}

// between fills what lies between and after the segments. Where its blocks are
// differs between versions, so they are looked for by their size.
func (u *upxELF) between() error {
	for _, l := range u.plain.loads {
		from := l.offset + l.size
		size := u.gapAt(from)
		if size <= 0 {
			continue
		}
		if err := u.w.check(u.at); err != nil {
			return err
		}
		if !u.seek(min(size, u.most)) {
			u.missing = true
			continue
		}
		if err := u.extent(from, size); err != nil {
			return err
		}
	}
	return nil
}

// gapAt tells how far it is from the end of a segment to the next one, or to
// the end of the file.
func (u *upxELF) gapAt(from int64) int64 {
	to := u.size
	for _, l := range u.plain.loads {
		if l.offset >= from {
			to = min(to, l.offset)
		}
	}
	return to - from
}

// seek goes to the next block without a filter that unpacks to a size.
func (u *upxELF) seek(size int64) bool {
	var mark [4]byte
	u.packed.order.PutUint32(mark[:], uint32(size))
	for p := u.next; ; p++ {
		i := bytes.Index(u.content[min(p, len(u.content)):], mark[:])
		if i < 0 {
			return false
		}
		p += i
		if b, next := u.block(p); next > 0 && b.filter == 0 && b.mark == 0 && (b.method == 0 || len(b.data) < b.size) {
			u.next = p
			return true
		}
	}
}

// put writes to a place of the file, as far as there is room for it.
func (u *upxELF) put(offset int64, data []byte) {
	most := min(u.size, u.w.limits.Part, u.w.bytes)
	if offset < 0 || offset >= most {
		return
	}
	data = data[:min(int64(len(data)), most-offset)]
	if need := offset + int64(len(data)); need > int64(len(u.out)) {
		if need > int64(cap(u.out)) {
			u.out = append(make([]byte, 0, min(max(need, 2*int64(cap(u.out))), most)), u.out...)
		}
		u.out = u.out[:need]
	}
	copy(u.out[offset:], data)
}
