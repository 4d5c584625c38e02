package unpack

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/adler32"
)

// upxHead is the header that UPX leaves before the compressed data of Windows
// programs (32 bytes, little endian).
const upxHead = 32

// upxPE gives the sections of a Windows program or library that UPX packed, each
// where its header says, behind the program's own headers. Imports and
// relocations stay in the shape that UPX gives them, behind the last section.
func (w *walk) upxPE(at place, content []byte) error {
	b, start := upxPEBlock(content)
	if start == 0 {
		if bytes.Contains(content[:min(len(content), 1024)], []byte("UPX0\x00\x00\x00\x00")) {
			return unsupported("packed by UPX in a way that is not known")
		}
		return nil
	}
	image, err := w.upxDecode(at, b)
	whole := err == nil && len(image) == b.size
	if whole && adler32.Checksum(image) != binary.LittleEndian.Uint32(content[start+8:]) {
		err = damaged("the checksum of the program is wrong")
	}
	w.gap(at, "upx", err)
	if w.err != nil {
		return errStop
	}
	if whole {
		image = w.upxProgram(at, content, image, b)
	}
	return w.made(at, "upx", image)
}

// upxPEBlock finds the header and tells where it is, 0 if there is none.
func upxPEBlock(content []byte) (upxBlock, int) {
	near := content[:min(len(content), 1<<20)]
	for p := 0; ; p++ {
		i := bytes.Index(near[p:], []byte(upxMagic))
		if i < 0 {
			return upxBlock{}, 0
		}
		p += i
		if len(content)-p < upxHead {
			return upxBlock{}, 0
		}
		h := content[p:][:upxHead]
		format, size, packed := h[5], binary.LittleEndian.Uint32(h[16:]), binary.LittleEndian.Uint32(h[20:])
		if p == 0 || format != 9 && format != 36 || size < 8 || packed > size || int64(packed) > int64(len(content)-p-upxHead) || !upxSum(h) {
			continue
		}
		b := upxBlock{method: h[6], filter: h[28], mark: h[29], data: content[p+upxHead:][:packed], size: int(size)}
		if b.known() {
			return b, p
		}
	}
}

// upxSum checks the sum of a header.
func upxSum(h []byte) bool {
	sum := 0
	for _, c := range h[len(upxMagic) : len(h)-1] {
		sum += int(c)
	}
	return byte(sum%251) == h[len(h)-1]
}

const (
	peSection  = 40 // size of the header of a section
	peMostRoom = 16 // how often as large as the image the program may be
	peHeader32 = 248
	peHeader64 = 264
	peCodeSize = 28 // places in the header
	peCodeBase = 44
	peObjects  = 6
)

// upxProgram undoes the filter of an image, and makes a program of it. The last
// four bytes tell where the program's headers lie.
func (w *walk) upxProgram(at place, content, image []byte, b upxBlock) []byte {
	p := int64(binary.LittleEndian.Uint32(image[len(image)-4:]))
	header := int64(peHeader32)
	if p+24 < int64(len(image)) && binary.LittleEndian.Uint16(image[p+24:]) == 0x20b {
		header = peHeader64
	}
	if p+header > int64(len(image)) || string(image[p:p+4]) != "PE\x00\x00" {
		w.gap(at, "upx", damaged("the headers of the program are not there"))
		return image
	}
	h := image[p:]
	objects := int64(binary.LittleEndian.Uint16(h[peObjects:]))
	if objects == 0 || objects*peSection > int64(len(h))-header {
		w.gap(at, "upx", damaged("the sections of the program are not there"))
		return image
	}
	h = bytes.Clone(h[:header+objects*peSection])
	sections := h[header:]
	base := int64(binary.LittleEndian.Uint32(sections[12:]))
	from, size := int64(binary.LittleEndian.Uint32(h[peCodeBase:]))-base, int64(binary.LittleEndian.Uint32(h[peCodeSize:]))
	if b.filter != 0 {
		if from < 0 || size > int64(len(image))-from {
			w.gap(at, "upx", damaged("the filter of the program covers what is not there"))
		} else if !upxUnfilter(b.filter, b.mark, image[from:from+size], uint32(from)) {
			w.gap(at, "upx", unsupported(fmt.Sprintf("filter %#x of UPX", b.filter)))
		}
	}
	return append(w.upxLayOut(content, image, h, sections, base), image[p+int64(len(h)):]...)
}

// upxLayOut puts headers and sections where a linker put them.
func (w *walk) upxLayOut(content, image, headers, sections []byte, base int64) []byte {
	stub := int64(binary.LittleEndian.Uint32(content[60:]))
	if stub < 64 || stub > int64(len(content)) || stub > 4096 {
		stub = 64
	}
	out := append(bytes.Clone(content[:stub]), headers...)
	binary.LittleEndian.PutUint32(out[60:], uint32(stub))
	most := min(w.limits.Part, w.bytes, peMostRoom*int64(len(image)))
	left := most // that may be copied
	for s := sections; len(s) >= peSection; s = s[peSection:] {
		from, size, to := int64(binary.LittleEndian.Uint32(s[12:]))-base, int64(binary.LittleEndian.Uint32(s[16:])), int64(binary.LittleEndian.Uint32(s[20:]))
		if to == 0 || from < 0 || from >= int64(len(image)) || to < stub {
			continue
		}
		size = min(size, int64(len(image))-from)
		if left -= size; to+size > most || left < 0 {
			continue
		}
		if grow := to + size - int64(len(out)); grow > 0 {
			out = append(out, make([]byte, grow)...)
		}
		copy(out[to:], image[from:from+size])
	}
	return out
}
