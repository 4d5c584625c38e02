package unpack

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// vbaModule is a module of a VBA project: where in a stream its source begins.
type vbaModule struct {
	stream string
	offset uint32
}

// vbaModules reads the modules from the decompressed stream "dir" ([MS-OVBA]
// 2.3.4.2): records of a number, a size and data.
func vbaModules(dir []byte) []vbaModule {
	plain, _ := io.ReadAll(io.LimitReader(&vbaReader{b: dir}, 4<<20))
	var found []vbaModule
	name := ""
	c := cursor{b: plain}
	for !c.short && len(c.b) > 0 && len(found) < 4096 {
		id := c.uint16()
		n := c.uint32()
		if id == 0x0009 { // PROJECTVERSION has a size that is none
			n = 6
		}
		data := c.take(n)
		switch {
		case id == 0x001a: // MODULESTREAMNAME
			name = string(data)
		case id == 0x0031 && len(data) == 4: // MODULEOFFSET
			found = append(found, vbaModule{name, binary.LittleEndian.Uint32(data)})
		}
	}
	return found
}

// macros hands over the source in a stream: where the project says, and
// wherever else compressed source begins. A project that lies does not hide
// it.
func (w *walk) macros(at place, s oleStream, data []byte, modules []vbaModule) error {
	told := map[int]bool{}
	for _, m := range modules {
		if strings.EqualFold(m.stream, s.name) && int64(m.offset) < int64(len(data)) && !told[int(m.offset)] {
			told[int(m.offset)] = true
			if err := w.macro(at, s, data, int(m.offset)); err != nil {
				return err
			}
		}
	}
	if s.name == "dir" && strings.HasSuffix(s.path, "VBA/dir") {
		return w.macro(at, s, data, 0)
	}
	for from := 0; ; {
		i := bytes.Index(data[from:], []byte("\x00Attribut"))
		if i < 0 {
			return nil
		}
		start := from + i - 3 // the mark of a container, and the header of its first chunk
		from += i + 1
		if start < 0 || data[start] != 1 || data[start+2]&0x70 != 0x30 || told[start] {
			continue
		}
		told[start] = true
		if err := w.macro(at, s, data, start); err != nil {
			return err
		}
	}
}

func (w *walk) macro(at place, s oleStream, data []byte, start int) error {
	if data[start] != 1 {
		return nil
	}
	return w.decode(at, "vba", fmt.Sprintf("%s/source@%d", s.path, start), &vbaReader{b: data[start:]})
}

// vbaReader decompresses a container ([MS-OVBA] 2.4.1): chunks of at most 4096
// bytes, in which tokens copy from what came before in the same chunk.
type vbaReader struct {
	b     []byte
	begun bool
	chunk [4096]byte
	rest  []byte
}

func (v *vbaReader) Read(p []byte) (int, error) {
	for len(v.rest) == 0 {
		if err := v.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, v.rest)
	v.rest = v.rest[n:]
	return n, nil
}

// next decompresses a chunk: a header of two bytes with the size, three bits
// 0b011, and a flag.
func (v *vbaReader) next() error {
	if !v.begun {
		if len(v.b) == 0 || v.b[0] != 1 {
			return io.EOF
		}
		v.b, v.begun = v.b[1:], true
	}
	if len(v.b) < 2 {
		return io.EOF
	}
	header := binary.LittleEndian.Uint16(v.b)
	if header>>12&7 != 3 {
		return io.EOF // what follows is padding
	}
	size := min(int(header&0xfff)+3, len(v.b))
	data := v.b[2:size]
	v.b = v.b[size:]
	if header&0x8000 == 0 {
		v.rest = v.chunk[:copy(v.chunk[:], data)]
		return nil
	}
	v.rest = v.chunk[:vbaChunk(&v.chunk, data)]
	return nil
}

// vbaChunk decompresses one chunk as far as it is good, and tells how much it
// gave.
func vbaChunk(to *[4096]byte, data []byte) int {
	n := 0
	for len(data) > 0 {
		flags := data[0]
		data = data[1:]
		for bit := 0; bit < 8 && len(data) > 0; bit++ {
			if flags>>bit&1 == 0 {
				if n == len(to) {
					return n
				}
				to[n] = data[0]
				n, data = n+1, data[1:]
				continue
			}
			if len(data) < 2 || n == 0 {
				return n
			}
			token := int(binary.LittleEndian.Uint16(data))
			data = data[2:]
			bits := 4
			for 1<<bits < n {
				bits++
			}
			length := token&(1<<(16-bits)-1) + 3
			back := token>>(16-bits) + 1
			if back > n {
				return n
			}
			for ; length > 0 && n < len(to); length-- {
				to[n] = to[n-back]
				n++
			}
		}
	}
	return n
}
