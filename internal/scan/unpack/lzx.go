package unpack

import "encoding/binary"

// lzx decodes LZX ([MS-PATCH], LZX DELTA without deltas), as cabinets have it: a
// frame of at most 32 KiB at a time, each of which begins at a whole word of 16
// bits. The window and the codes go on from one frame to the next.
type lzx struct {
	window  []byte
	at      int // bytes decoded; the window has the last ones
	frames  int
	recent  [3]uint32
	kind    uint32 // of the block
	left    int    // bytes of the block
	odd     bool   // a byte of padding follows the block, which is not compressed
	lengths [lzxMain + lzxLengths]byte
	main    huffman
	length  huffman
	aligned huffman
	pre     huffman
	slots   int
	begun   bool   // the first bits were read
	code    uint32 // how large code is whose calls were moved; 0 if none
	frame   [cabBlock]byte

	src   []byte
	bits  uint32 // the next one is the highest
	have  int    // bits
	made  int    // of them, those behind the end
	short bool   // some of these were used
}

const (
	lzxMain     = 256 + 50*8 // lengths of the largest main code
	lzxLengths  = 249
	lzxVerbatim = 1 // kinds of blocks
	lzxAligned  = 2
	lzxRaw      = 3
)

// lzxSlots are how many slots of positions windows of 1<<15 bytes and more have.
var lzxSlots = [7]int{30, 32, 34, 36, 38, 42, 50}

// newLZX makes a decoder for a window of 1<<power bytes, of 15 to 21. It takes
// the memory of one that is done with.
func newLZX(power int, old *lzx) *lzx {
	x := old
	if x == nil {
		x = &lzx{}
	}
	window := x.window
	if cap(window) < 1<<power {
		window = make([]byte, 1<<power)
	}
	*x = lzx{window: window[:1<<power], slots: lzxSlots[power-15], recent: [3]uint32{1, 1, 1}}
	return x
}

var errLZX = damaged("data that is not LZX")

// decode decodes a frame of so many bytes, at most 32 KiB. What it gives is
// valid until the next call.
func (x *lzx) decode(src []byte, size int) ([]byte, error) {
	x.src, x.bits, x.have, x.made, x.short = src, 0, 0, 0, false
	if !x.begun {
		x.begun = true
		if x.take(1) == 1 {
			x.code = x.take(16)<<16 | x.take(16)
		}
	}
	from := x.at
	for end := x.at + size; x.at < end; {
		if x.left == 0 {
			if err := x.block(); err != nil {
				return nil, err
			}
		}
		if err := x.run(min(x.left, end-x.at)); err != nil {
			return nil, err
		}
		if x.short {
			return nil, errLZX
		}
	}
	if x.left == 0 {
		x.pad()
	}
	return x.unmoved(from, size), nil
}

// pad skips what follows a block that is not compressed, if it is here.
func (x *lzx) pad() {
	if x.odd && len(x.src) > 0 {
		x.src, x.odd = x.src[1:], false
	}
}

// block reads the header of a block.
func (x *lzx) block() error {
	x.pad()
	x.kind, x.left = x.take(3), int(x.take(8)<<16|x.take(16))
	switch {
	case x.short || x.left == 0:
		return errLZX
	case x.kind == lzxRaw:
		return x.raw()
	case x.kind == lzxAligned:
		var l [8]byte
		for i := range l {
			l[i] = byte(x.take(3))
		}
		if !x.aligned.set(l[:]) {
			return errLZX
		}
	case x.kind != lzxVerbatim:
		return errLZX
	}
	main := x.lengths[:256+8*x.slots]
	if !x.deltas(main[:256]) || !x.deltas(main[256:]) || !x.main.set(main) {
		return errLZX
	}
	if l := x.lengths[lzxMain:]; !x.deltas(l) || !x.length.set(l) {
		return errLZX
	}
	return nil
}

// raw begins a block that is not compressed: behind padding to a whole word lie
// the recent distances.
func (x *lzx) raw() error {
	if x.have == 0 {
		x.take(16)
	}
	x.have, x.bits = 0, 0 // no whole word is ready behind the size of a block
	if len(x.src) < 12 {
		return errLZX
	}
	for i := range x.recent {
		x.recent[i] = binary.LittleEndian.Uint32(x.src[4*i:])
	}
	x.src, x.odd = x.src[12:], x.left&1 != 0
	return nil
}

// deltas reads lengths of a code as differences to those before, modulo 17,
// packed by a code of their own.
func (x *lzx) deltas(lengths []byte) bool {
	var l [20]byte
	for i := range l {
		l[i] = byte(x.take(4))
	}
	if !x.pre.set(l[:]) {
		return false
	}
	for i := 0; i < len(lengths); {
		s, ok := x.symbol(&x.pre)
		if !ok {
			return false
		}
		n, repeat := byte(0), 1
		switch s {
		case 17:
			repeat = 4 + int(x.take(4))
		case 18:
			repeat = 20 + int(x.take(5))
		case 19:
			repeat = 4 + int(x.take(1))
			if s, ok = x.symbol(&x.pre); !ok || s > 16 {
				return false
			}
		}
		if s < 17 {
			n = byte((int(lengths[i]) + 17 - s) % 17)
		}
		for ; repeat > 0 && i < len(lengths); repeat-- {
			lengths[i] = n
			i++
		}
	}
	return true
}

// run decodes so many bytes of a block, behind which no match goes on.
func (x *lzx) run(n int) error {
	end := x.at + n
	x.left -= n
	if x.kind == lzxRaw {
		if len(x.src) < n {
			return errLZX
		}
		for _, c := range x.src[:n] {
			x.put(c)
		}
		x.src = x.src[n:]
		return nil
	}
	for x.at < end {
		s, ok := x.symbol(&x.main)
		if !ok {
			return errLZX
		}
		if s < 256 {
			x.put(byte(s))
			continue
		}
		length, away, ok := x.match(s - 256)
		if !ok || away == 0 || int64(away) > int64(min(x.at, len(x.window))) || length > end-x.at {
			return errLZX
		}
		for range length {
			x.put(x.window[(x.at-int(away))&(len(x.window)-1)])
		}
	}
	return nil
}

func (x *lzx) put(c byte) {
	x.window[x.at&(len(x.window)-1)] = c
	x.at++
}

// match reads the length and the distance of a match.
func (x *lzx) match(s int) (length int, away uint32, ok bool) {
	length = s&7 + 2
	if s&7 == 7 {
		more, ok := x.symbol(&x.length)
		if !ok {
			return 0, 0, false
		}
		length += more
	}
	slot := s >> 3
	if slot < 3 {
		away = x.recent[slot]
		x.recent[slot] = x.recent[0]
		x.recent[0] = away
		return length, away, true
	}
	away, extra := lzxSlot(slot)
	if x.kind == lzxAligned && extra >= 3 {
		away += x.take(extra-3) << 3
		low, ok := x.symbol(&x.aligned)
		if !ok {
			return 0, 0, false
		}
		away += uint32(low)
	} else {
		away += x.take(extra)
	}
	away -= 2
	x.recent = [3]uint32{away, x.recent[0], x.recent[1]}
	return length, away, true
}

// lzxSlot gives the first distance of a slot, two more than it is, and how many
// bits tell the rest.
func lzxSlot(slot int) (base uint32, extra int) {
	switch {
	case slot < 4:
		return uint32(slot), 0
	case slot < 36:
		extra = slot/2 - 1
		return uint32(2+slot&1) << extra, extra
	}
	return uint32(slot-34) << 17, 17
}

// unmoved gives the last bytes decoded, and undoes in a copy that targets of
// calls (E8) were made absolute.
func (x *lzx) unmoved(from, size int) []byte {
	for i := range size {
		x.frame[i] = x.window[(from+i)&(len(x.window)-1)]
	}
	b := x.frame[:size]
	x.frames++
	if x.code == 0 || x.frames > 1<<15 || size <= 10 {
		return b
	}
	for i := 0; i < size-10; i++ {
		if b[i] != 0xe8 {
			continue
		}
		to, here, end := int32(binary.LittleEndian.Uint32(b[i+1:])), int32(from+i), int32(x.code)
		switch {
		case to >= 0 && to < end:
			to -= here
		case to < 0 && to >= -here:
			to += end
		}
		binary.LittleEndian.PutUint32(b[i+1:], uint32(to))
		i += 4
	}
	return b
}

// fill makes at least n bits ready, at most 17; behind the end they are zero.
func (x *lzx) fill(n int) {
	for x.have < n {
		if len(x.src) < 2 {
			x.src = nil
			x.have += 16
			x.made += 16
			continue
		}
		x.bits |= uint32(binary.LittleEndian.Uint16(x.src)) << (16 - x.have)
		x.src = x.src[2:]
		x.have += 16
	}
}

func (x *lzx) drop(n int) {
	x.bits <<= n
	x.have -= n
	x.short = x.short || x.have < x.made
}

// take reads a number of at most 17 bits.
func (x *lzx) take(n int) uint32 {
	x.fill(n)
	v := x.bits >> (32 - n)
	x.drop(n)
	return v
}

func (x *lzx) symbol(h *huffman) (int, bool) {
	x.fill(16)
	entry := h.fast[x.bits>>(32-huffmanFast)]
	symbol, length := int(entry>>4), int(entry&15)
	if length == 0 {
		symbol, length = h.long(x.bits >> 16)
	}
	x.drop(length)
	return symbol, length > 0 && !x.short
}
