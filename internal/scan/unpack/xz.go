package unpack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

// openXZ reads .xz streams. The library takes as much memory as a block says,
// so every block is made to say first; those that follow are looked for by
// their shape, since their places are only known by decoding.
func openXZ(w *walk, at place, content []byte) error {
	if xzFiltered(content) {
		return w.decode(at, "xz", bare(at.name), w.newXZBlocks(content))
	}
	if err := w.reserve(xzDictionary(content)); err != nil {
		return err
	}
	r, err := xz.ReaderConfig{DictCap: lzma.MinDictCap}.NewReader(bytes.NewReader(content))
	if err != nil {
		return damaged(err.Error())
	}
	return w.decode(at, "xz", bare(at.name), r)
}

// xzDictionary gives the largest dictionary that a block header in the content
// asks for (The .xz File Format, 3.1 and 5.3.1). Block headers lie at multiples
// of four, have a CRC-32, and one filter that the library knows, LZMA2: ID
// 0x21, one byte of properties. Whatever looks so counts.
func xzDictionary(content []byte) int64 {
	largest := int64(lzma.MinDictCap)
	for from := 0; ; {
		i := bytes.Index(content[from:], []byte{0x21, 0x01})
		if i < 0 || from+i+2 >= len(content) {
			return largest
		}
		p := from + i
		from = p + 1
		if content[p+2] > 40 || !isBlockHeader(content, p) {
			continue
		}
		largest = max(largest, xzDictionarySize(content[p+2]))
	}
}

// xzDictionarySize decodes the properties of LZMA2, at most 40.
func xzDictionarySize(bits byte) int64 {
	if bits == 40 {
		return 1<<32 - 1
	}
	return int64(2|bits&1) << (bits/2 + 11)
}

// isBlockHeader tells whether the filter at p belongs to a block header: one
// whose flags and sizes lie right before it and whose CRC is right.
func isBlockHeader(content []byte, p int) bool {
	for start := p - 2; start >= 0 && start >= p-20; start-- {
		size := (int(content[start]) + 1) * 4
		if content[start] == 0 || size > len(content)-start || p+3 > start+size-4 || !isBlockSizes(content[start+1:p]) {
			continue
		}
		sum := binary.LittleEndian.Uint32(content[start+size-4:])
		if crc(content[start:start+size-4]) == sum {
			return true
		}
	}
	return false
}

// isBlockSizes tells whether what lies before the first filter of a block
// header can do so: flags, and a size or two if the flags say so.
func isBlockSizes(b []byte) bool {
	sizes := int(b[0]>>6&1 + b[0]>>7)
	for _, c := range b[1:] {
		if c&0x80 == 0 {
			sizes--
		}
	}
	return sizes == 0 && (len(b) == 1 || b[len(b)-1]&0x80 == 0)
}

// openLZMA reads a file of the old format: properties, dictionary, size.
func openLZMA(w *walk, at place, content []byte) error {
	r, err := w.lzma(content[:13], bytes.NewReader(content[13:]))
	if err != nil {
		return err
	}
	return w.decode(at, "lzma", bare(at.name), r)
}

// lzma gives a reader of the old format, of a header of 13 bytes and what
// follows it. A dictionary larger than the whole is never used in full.
func (w *walk) lzma(header []byte, body io.Reader) (io.Reader, error) {
	dictionary := int64(binary.LittleEndian.Uint32(header[1:]))
	if size := binary.LittleEndian.Uint64(header[5:]); size < 1<<40 {
		dictionary = min(dictionary, int64(size))
	}
	dictionary = max(dictionary, lzma.MinDictCap)
	if err := w.reserve(dictionary); err != nil {
		return nil, err
	}
	header = bytes.Clone(header)
	binary.LittleEndian.PutUint32(header[1:], uint32(dictionary))
	r, err := lzma.ReaderConfig{DictCap: int(dictionary)}.NewReader(io.MultiReader(bytes.NewReader(header), body))
	if large := (*lzma.ErrDictSize)(nil); errors.As(err, &large) {
		return nil, &fault{Window, err.Error()}
	}
	if err != nil {
		return nil, damaged(err.Error())
	}
	return &salvage{r: r}, nil
}

// salvage gives what a decoder of LZMA holds back when it fails: all that it
// has in its dictionary and has not given.
type salvage struct {
	r    io.Reader
	err  error
	left int // bytes that may still be given after the error
}

func (s *salvage) Read(p []byte) (int, error) {
	if s.err == nil {
		n, err := s.r.Read(p)
		if err == nil || errors.Is(err, io.EOF) {
			return n, err
		}
		s.err, s.left = err, 64<<20
		if n > 0 {
			return n, nil
		}
	}
	n, _ := s.r.Read(p[:min(len(p), s.left)])
	s.left -= n
	if n == 0 {
		return 0, s.err
	}
	return n, nil
}

// openLzip reads the members of an .lz file: a header of 6 bytes, LZMA with
// fixed properties and an end mark, a trailer of 20 bytes.
func openLzip(w *walk, at place, content []byte) error {
	if len(content) < 26 {
		return damaged("shorter than a member")
	}
	code := content[5]
	dictionary := uint32(1) << (code & 0x1f)
	dictionary -= dictionary / 16 * uint32(code>>5)
	header := make([]byte, 13)
	header[0] = 0x5d
	binary.LittleEndian.PutUint32(header[1:], dictionary)
	binary.LittleEndian.PutUint64(header[5:], 1<<64-1)
	r, err := w.lzma(header, bytes.NewReader(content[6:]))
	if err != nil {
		return err
	}
	return w.decode(at, "lzip", bare(at.name), r)
}
