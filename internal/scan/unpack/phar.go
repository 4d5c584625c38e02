package unpack

import (
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"fmt"
	"io"
)

// halt ends the stub of a phar.
const halt = "__HALT_COMPILER();"

// isPhar tells whether the manifest of a phar follows a stub.
func isPhar(content []byte) bool {
	_, ok := pharManifest(content)
	return ok
}

// pharManifest gives the manifest and what follows it. PHP takes the first stub
// end; what follows one by chance is no manifest.
func pharManifest(content []byte) ([]byte, bool) {
	for tries := 0; tries < 16; tries++ {
		i := bytes.Index(content, []byte(halt))
		if i < 0 {
			return nil, false
		}
		content = content[i+len(halt):]
		rest := bytes.TrimPrefix(content, []byte(" "))
		if bytes.HasPrefix(rest, []byte("?>")) || bytes.HasPrefix(rest, []byte("\n?>")) || bytes.HasPrefix(rest, []byte("\r\n?>")) {
			rest = rest[bytes.IndexByte(rest, '>')+1:]
			rest = bytes.TrimPrefix(rest, []byte("\r"))
			rest = bytes.TrimPrefix(rest, []byte("\n"))
		}
		if len(rest) >= 18 {
			size, files := binary.LittleEndian.Uint32(rest), binary.LittleEndian.Uint32(rest[4:])
			if size >= 14 && int64(size) <= int64(len(rest)-4) && files > 0 && int64(files)*24 <= int64(size) {
				return rest, true
			}
		}
	}
	return nil, false
}

// openPhar reads PHP's own format of archives (PHP manual, "Phar File Format").
func openPhar(w *walk, at place, content []byte) error {
	m, ok := pharManifest(content)
	if !ok {
		return nil
	}
	size, files := int(binary.LittleEndian.Uint32(m)), int(binary.LittleEndian.Uint32(m[4:]))
	data := m[4+size:]
	c := cursor{b: m[14 : 4+size]}
	c.bytes() // the alias
	c.bytes() // metadata
	for range files {
		name := string(c.bytes())
		c.uint32() // size
		c.uint32() // time
		packed := int64(c.uint32())
		c.uint32() // CRC
		flags := c.uint32()
		c.bytes() // metadata
		if c.short {
			return damaged("the manifest ends early")
		}
		if packed > int64(len(data)) {
			w.gap(at, "phar", damaged("a member is longer than the archive"))
			packed = int64(len(data))
		}
		if err := w.pharMember(at, name, data[:packed], flags); err != nil {
			return err
		}
		data = data[packed:]
	}
	return nil
}

func (w *walk) pharMember(in place, name string, data []byte, flags uint32) error {
	var r io.Reader
	switch flags & 0xf000 {
	case 0:
		if len(data) == 0 {
			return w.pass(in)
		}
		return w.slice(in, "phar", name, data)
	case 0x1000:
		r = w.inflate(bytes.NewReader(data))
	case 0x2000:
		r = bzip2.NewReader(bytes.NewReader(data))
	default:
		w.gap(in.inside("phar", name), "phar", unsupported(fmt.Sprintf("flags %#x", flags)))
		return w.pass(in)
	}
	return w.decode(in, "phar", name, r)
}

// cursor reads numbers and strings one after another. After the end it gives
// nothing and is short.
type cursor struct {
	b     []byte
	short bool
}

func (c *cursor) take(n uint32) []byte {
	if int64(n) > int64(len(c.b)) {
		c.b, c.short = nil, true
		return nil
	}
	b := c.b[:n]
	c.b = c.b[n:]
	return b
}

func (c *cursor) uint16() uint16 {
	if b := c.take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (c *cursor) uint32() uint32 {
	if b := c.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// bytes reads a string after its length of four bytes.
func (c *cursor) bytes() []byte { return c.take(c.uint32()) }
