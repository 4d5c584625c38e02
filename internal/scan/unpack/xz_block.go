package unpack

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

// xzBlocks reads the blocks of one .xz stream that have filters before LZMA2,
// which the library does not know (The .xz File Format, 3).
type xzBlocks struct {
	w     *walk
	src   *bytes.Reader
	start int64 // size of all
	check int   // size of what follows the data of a block
	block io.Reader
}

// xzFilter is one of a block header.
type xzFilter struct {
	id    uint64
	props []byte
}

// xzFiltered tells whether the first block of a stream has more than one filter.
func xzFiltered(content []byte) bool {
	return len(content) > 13 && content[12] != 0 && content[13]&3 != 0
}

func (w *walk) newXZBlocks(content []byte) *xzBlocks {
	sizes := [16]int{0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64}
	return &xzBlocks{w: w, src: bytes.NewReader(content[12:]), start: int64(len(content) - 12), check: sizes[content[7]&15]}
}

func (x *xzBlocks) Read(p []byte) (int, error) {
	for {
		if x.block == nil {
			if err := x.next(); err != nil {
				return 0, err
			}
		}
		n, err := x.block.Read(p)
		if err == io.EOF {
			x.block, err = nil, x.end()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// end skips what follows the data of a block.
func (x *xzBlocks) end() error {
	done := x.start - int64(x.src.Len())
	_, err := x.src.Seek(-done&3+int64(x.check), io.SeekCurrent)
	return err
}

// next reads the header of a block. The index, which follows the last one, ends
// the stream.
func (x *xzBlocks) next() error {
	first, err := x.src.ReadByte()
	if err != nil {
		return io.ErrUnexpectedEOF
	}
	if first == 0 {
		return io.EOF
	}
	header := make([]byte, 4*int(first)+3)
	if _, err := io.ReadFull(x.src, header); err != nil {
		return io.ErrUnexpectedEOF
	}
	filters, ok := xzFilters(header[:len(header)-4])
	if !ok {
		return damaged("a block header of xz")
	}
	last := filters[len(filters)-1]
	if last.id != sevenLZMA2 || len(last.props) != 1 || last.props[0] > 40 {
		return unsupported(fmt.Sprintf("filter %#x of xz", last.id))
	}
	size := max(lzma.MinDictCap, xzDictionarySize(last.props[0]))
	if size > x.w.window {
		return &fault{Window, fmt.Sprintf("a dictionary of %d bytes", size)}
	}
	r, err := lzma.Reader2Config{DictCap: int(size)}.NewReader2(x.src)
	if err != nil {
		return damaged(err.Error())
	}
	return x.chain(r, filters[:len(filters)-1])
}

// chain undoes the filters, the last one first.
func (x *xzBlocks) chain(r io.Reader, filters []xzFilter) error {
	methods := map[uint64]uint64{5: sevenPPC, 7: sevenARM, 8: sevenARMT, 9: sevenSPARC, 10: sevenARM64}
	for i := len(filters) - 1; i >= 0; i-- {
		f := filters[i]
		offset := len(f.props) == 4 && binary.LittleEndian.Uint32(f.props) != 0
		switch {
		case f.id == sevenDelta && len(f.props) == 1:
			r = &delta{r: r, back: int(f.props[0]) + 1}
		case f.id == sevenX86 && !offset:
			r = &bcj{r: r}
		case methods[f.id] != 0 && !offset:
			r = newBranches(methods[f.id], r)
		default:
			return unsupported(fmt.Sprintf("filter %#x of xz", f.id))
		}
	}
	x.block = r
	return nil
}

// xzFilters reads the filters of a block header, from its flags on (3.1).
func xzFilters(h []byte) ([]xzFilter, bool) {
	flags := h[0]
	c := varints{h[1:]}
	for _, size := range []byte{0x40, 0x80} {
		if flags&size != 0 {
			c.number()
		}
	}
	var filters []xzFilter
	for range flags&3 + 1 {
		f := xzFilter{id: c.number()}
		n := c.number()
		if n > uint64(len(c.b)) {
			return nil, false
		}
		f.props, c.b = c.b[:n], c.b[n:]
		filters = append(filters, f)
	}
	return filters, true
}
