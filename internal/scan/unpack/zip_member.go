package unpack

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

func crc(b []byte) uint32 { return crc32.ChecksumIEEE(b) }

// zipMember hands over one entry and tells where its data ended.
func (w *walk) zipMember(in place, content []byte, e zipEntry) (end int, err error) {
	data, short := e.span(content)
	if e.flags&1 != 0 {
		return e.data + len(data), w.zipEncrypted(in, e, data)
	}
	if e.method == 0 {
		if short != nil {
			w.gap(in.inside("zip", e.name), "zip", short)
		}
		if len(data) == 0 {
			return e.data, w.pass(in)
		}
		return e.data + len(data), w.slice(in, "zip", e.name, data)
	}
	if m := e.method; (m == 12 || m == 93 || m == 95) && e.packed > 0 && e.packed < int64(len(data)) {
		data = data[:e.packed] // readers of these would go on with what follows
	}
	src := bytes.NewReader(data)
	window := w.window
	r, err := w.zipDecoder(e.method, src, data, e.sized())
	if err != nil {
		w.gap(in.inside("zip", e.name), "zip", err)
		return e.data + int(max(0, min(e.packed, int64(len(data))))), w.pass(in)
	}
	at, err := w.enter(in, "zip", e.name)
	if err != nil {
		return e.data, err
	}
	part, err := w.read(at, r)
	w.window = window
	w.gap(at, "zip", err)
	end = e.data + len(data) - src.Len()
	if err != nil { // the reader may stand anywhere
		end = e.data + int(max(0, min(e.packed, int64(len(data)))))
	}
	return end, w.show(at, part)
}

// sized gives how large an entry is of whose data, LZMA, the end is not marked,
// or else -1.
func (e *zipEntry) sized() int64 {
	if e.flags&2 != 0 || e.unpacked <= 0 {
		return -1
	}
	return e.unpacked
}

// zipDecoder gives a reader of a method of compression (APPNOTE.TXT, 4.4.5).
func (w *walk) zipDecoder(method uint16, src io.Reader, data []byte, size int64) (io.Reader, error) {
	switch method {
	case 0:
		return src, nil
	case 8:
		return w.inflate(src), nil
	case 9:
		if b, ok := src.(io.ByteReader); ok {
			return newDeflate64(b), nil // so that it is known where it ends
		}
		return newDeflate64(bufio.NewReader(src)), nil
	case 12:
		return bzip2.NewReader(src), nil
	case 14: // 5.8.8: version, size of properties, properties; no size of the whole
		if len(data) < 9 {
			return nil, damaged("no properties of LZMA")
		}
		header := make([]byte, 13)
		copy(header, data[4:9])
		binary.LittleEndian.PutUint64(header[5:], uint64(size))
		return w.lzma(header, bytes.NewReader(data[9:]))
	case 93:
		z, err := zstd.NewReader(src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(uint64(max(1<<10, min(w.window, 1<<29)))), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, damaged(err.Error())
		}
		return &zstdErrors{r: z}, nil
	case 95:
		if err := w.reserve(xzDictionary(data)); err != nil {
			return nil, err
		}
		r, err := xz.ReaderConfig{DictCap: lzma.MinDictCap, SingleStream: true}.NewReader(src)
		if err != nil {
			return nil, damaged(err.Error())
		}
		return r, nil
	}
	return nil, unsupported(fmt.Sprintf("method %d of zip", method))
}

// zipEncrypted tries the passwords. One fits if what it opens has the right
// checksum.
func (w *walk) zipEncrypted(in place, e zipEntry, data []byte) error {
	at, err := w.enter(in, "zip", e.name)
	if err != nil {
		return err
	}
	for _, password := range w.passwords {
		if err := w.check(at); err != nil {
			return err
		}
		plain, method, ok := decrypter(e, data, password)
		if !ok {
			continue
		}
		var opened []byte // of methods that tell in their data how much memory they need
		if method == 14 || method == 95 {
			if opened, err = io.ReadAll(meter{w, at, plain}); err != nil {
				return stopped(err)
			}
			plain = bytes.NewReader(opened)
		}
		r, err := w.zipDecoder(method, plain, opened, e.sized())
		if err != nil {
			w.gap(at, "zip", err)
			return nil
		}
		part, err := w.read(at, r)
		if w.halted || w.err != nil {
			return w.show(at, part)
		}
		if f, isFault := err.(*fault); isFault && f.reason == Large || err == nil && (e.method == 99 || crc(part) == e.crc) {
			w.gap(at, "zip", err)
			return w.show(at, part)
		}
	}
	w.gap(at, "zip", encrypted("no password fits"))
	return nil
}
