package unpack

import (
	"bytes"
	"encoding/binary"
	"strconv"
)

// cpioHeader is what the four dialects have in common.
type cpioHeader struct {
	size   int // of the header
	names  int // of the name with its zero byte
	data   int64
	align  int
	folder bool
}

// openCpio reads archives of the dialects newc, crc, odc and binary (cpio(5)).
func openCpio(w *walk, at place, content []byte) error {
	first := true
	for len(content) > 0 {
		h, ok := cpioAt(content)
		if !ok && first && content[0] != '0' {
			return nil // the magic of the binary dialect is weak
		}
		if !ok || h.names <= 0 || h.size+h.names > len(content) {
			return damaged("no header where one should be")
		}
		first = false
		name := text(content[h.size : h.size+h.names])
		start := aligned(h.size+h.names, h.align)
		if name == "TRAILER!!!" {
			rest := content[min(len(content), start):]
			if rest = bytes.TrimLeft(rest, "\x00"); len(rest) < 8 {
				return nil
			}
			return w.slice(at, "cpio", "trailing", rest) // another archive, as in an initramfs
		}
		if start > len(content) || h.data > int64(len(content)-start) {
			w.gap(at, "cpio", damaged("a member is longer than the archive"))
			start = min(start, len(content))
			h.data = int64(len(content) - start)
		}
		var err error
		if h.data == 0 || h.folder {
			err = w.pass(at)
		} else {
			err = w.slice(at, "cpio", name, content[start:start+int(h.data)])
		}
		if err != nil {
			return err
		}
		content = content[min(len(content), start+aligned(int(h.data), h.align)):]
	}
	return nil
}

func aligned(n, to int) int { return (n + to - 1) / to * to }

func cpioAt(b []byte) (cpioHeader, bool) {
	switch {
	case len(b) >= 110 && (bytes.HasPrefix(b, []byte("070701")) || bytes.HasPrefix(b, []byte("070702"))):
		mode, ok1 := number(b[14:22], 16)
		data, ok2 := number(b[54:62], 16)
		names, ok3 := number(b[94:102], 16)
		return cpioHeader{110, int(names), data, 4, mode&0xf000 == 0x4000}, ok1 && ok2 && ok3
	case len(b) >= 76 && bytes.HasPrefix(b, []byte("070707")):
		mode, ok1 := number(b[18:24], 8)
		names, ok2 := number(b[59:65], 8)
		data, ok3 := number(b[65:76], 8)
		return cpioHeader{76, int(names), data, 1, mode&0xf000 == 0x4000}, ok1 && ok2 && ok3
	case len(b) >= 26 && (b[0] == 0xc7 && b[1] == 0x71 || b[0] == 0x71 && b[1] == 0xc7):
		order := binary.ByteOrder(binary.LittleEndian)
		if b[0] == 0x71 {
			order = binary.BigEndian
		}
		data := int64(order.Uint16(b[22:]))<<16 | int64(order.Uint16(b[24:])) // the high half comes first in both
		return cpioHeader{26, int(order.Uint16(b[20:])), data, 2, order.Uint16(b[6:])&0xf000 == 0x4000}, true
	}
	return cpioHeader{}, false
}

func number(digits []byte, base int) (int64, bool) {
	n, err := strconv.ParseInt(string(digits), base, 63)
	return n, err == nil && n >= 0
}
