package unpack

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"unicode/utf16"
)

// The properties of a header.
const (
	sevenEnd           = 0x00
	sevenHeader        = 0x01
	sevenArchiveProps  = 0x02
	sevenMoreStreams   = 0x03
	sevenMainStreams   = 0x04
	sevenFiles         = 0x05
	sevenPackInfo      = 0x06
	sevenUnpackInfo    = 0x07
	sevenSubStreams    = 0x08
	sevenSize          = 0x09
	sevenCRC           = 0x0a
	sevenFolders       = 0x0b
	sevenUnpackSize    = 0x0c
	sevenStreamCount   = 0x0d
	sevenEmptyStream   = 0x0e
	sevenNames         = 0x11
	sevenEncodedHeader = 0x17
)

const (
	sevenMostCoders = 32 // in one folder, as 7-Zip has it
	sevenMostInputs = 32 // of all coders of a folder
)

// sevenArchive is what a header tells.
type sevenArchive struct {
	folders []*sevenFolder
	empty   int // members without data: empty files and folders of names
}

// sevenFolder is a chain of coders that unpack some streams of the archive to
// one, which holds members one after another.
type sevenFolder struct {
	coders  []sevenCoder
	pairs   []sevenPair
	packed  []int       // the inputs that streams of the archive go into
	packs   []sevenPack // those streams
	sum     uint32      // of the whole
	summed  bool
	members []sevenMember
}

// sevenCoder is one coder. All have one output here.
type sevenCoder struct {
	method uint64
	props  []byte
	first  int // number of its first input
	inputs int
	size   int64 // of what it gives
}

type sevenPair struct{ in, out int }

type sevenPack struct{ start, size int64 }

type sevenMember struct {
	name   string
	size   int64
	sum    uint32
	summed bool
}

func (f *sevenFolder) encrypted() bool {
	for i := range f.coders {
		if f.coders[i].method == sevenAES {
			return true
		}
	}
	return false
}

// size is how much a folder unpacks to: what the coder gives whose output goes
// into no other.
func (f *sevenFolder) size() int64 {
	for out := len(f.coders) - 1; out >= 0; out-- {
		bound := false
		for _, p := range f.pairs {
			bound = bound || p.out == out
		}
		if !bound {
			return f.coders[out].size
		}
	}
	return 0
}

// readSevenHeader reads a plain header.
func readSevenHeader(b []byte) (*sevenArchive, error) {
	c := newSevenCursor(b)
	c.byte()
	a := &sevenArchive{}
	for !c.short {
		var err error
		switch id := c.byte(); id {
		case sevenEnd:
			return a, nil
		case sevenArchiveProps:
			for id := c.byte(); id != sevenEnd && !c.short; id = c.byte() {
				c.skip(c.number())
			}
		case sevenMoreStreams:
			_, err = c.streams()
		case sevenMainStreams:
			a.folders, err = c.streams()
		case sevenFiles:
			err = c.files(a)
		default:
			err = damaged(fmt.Sprintf("property %#x in the header", id))
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, c.early()
}

// sevenMostThings is how many packed streams, folders, coders and members one
// header may tell of.
const sevenMostThings = 1 << 18

// sevenCursor reads what headers are made of.
type sevenCursor struct {
	cursor
	things int // that may still be told of
}

func newSevenCursor(b []byte) *sevenCursor {
	return &sevenCursor{cursor: cursor{b: b}, things: sevenMostThings}
}

// early says why a cursor is short.
func (c *sevenCursor) early() error {
	if c.things < 0 {
		return &fault{Entries, fmt.Sprintf("a header of more than %d things", sevenMostThings)}
	}
	return damaged("the header ends early")
}

func (c *sevenCursor) byte() byte {
	if b := c.take(1); b != nil {
		return b[0]
	}
	return 0
}

// number reads a number whose first byte tells how many follow.
func (c *sevenCursor) number() uint64 {
	first := c.byte()
	more := bits.LeadingZeros8(^first)
	var v uint64
	for i := range more {
		v |= uint64(c.byte()) << (8 * i)
	}
	if more < 7 {
		v |= uint64(first&(1<<(7-more)-1)) << (8 * more)
	}
	return v
}

// size reads a number of bytes.
func (c *sevenCursor) size() int64 { return int64(min(c.number(), math.MaxInt64/4)) }

// count reads how many things follow, each of which takes at least a bit.
func (c *sevenCursor) count() int {
	n := c.number()
	if n > 8*uint64(len(c.b)) {
		c.b, c.short = nil, true
		return 0
	}
	if c.things -= int(n); c.things < 0 {
		c.b, c.short = nil, true
		return 0
	}
	return int(n)
}

func (c *sevenCursor) skip(n uint64) []byte {
	return c.take(uint32(min(n, math.MaxUint32)))
}

// bits reads one bit for each of n things.
func (c *sevenCursor) bits(n int) []bool {
	b := c.skip(uint64(n+7) / 8)
	if c.short {
		return nil
	}
	v := make([]bool, n)
	for i := range v {
		v[i] = b[i/8]>>(7-i%8)&1 != 0
	}
	return v
}

// sums reads checksums of n things, of those that have one.
func (c *sevenCursor) sums(n int, set func(i int, sum uint32)) {
	var defined []bool
	if c.byte() == 0 {
		defined = c.bits(n)
	}
	for i := 0; i < n && !c.short; i++ {
		if defined == nil || defined[i] {
			if sum := c.uint32(); !c.short {
				set(i, sum)
			}
		}
	}
}

// streams reads where packed streams lie and how folders unpack them.
func (c *sevenCursor) streams() ([]*sevenFolder, error) {
	var packs []sevenPack
	var folders []*sevenFolder
	told := false // how the members lie in the folders
	for !c.short {
		var err error
		switch id := c.byte(); id {
		case sevenEnd:
			if !told {
				c.oneEach(folders)
			}
			return folders, sevenAssign(folders, packs)
		case sevenPackInfo:
			packs = c.packInfo()
		case sevenUnpackInfo:
			folders, err = c.unpackInfo()
		case sevenSubStreams:
			told = true
			err = c.subStreams(folders)
		default:
			err = damaged(fmt.Sprintf("property %#x of streams", id))
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, c.early()
}

// sevenAssign gives each folder its streams, in order.
func sevenAssign(folders []*sevenFolder, packs []sevenPack) error {
	for _, f := range folders {
		n := len(f.packed)
		if n > len(packs) {
			return damaged("fewer streams than folders need")
		}
		f.packs, packs = packs[:n], packs[n:]
	}
	return nil
}

func (c *sevenCursor) packInfo() []sevenPack {
	start := sevenStart + c.size()
	packs := make([]sevenPack, c.count())
	for id := c.byte(); id != sevenEnd && !c.short; id = c.byte() {
		switch id {
		case sevenSize:
			for i := range packs {
				packs[i] = sevenPack{start, c.size()}
				start = min(start+packs[i].size, math.MaxInt64/4)
			}
		case sevenCRC:
			c.sums(len(packs), func(int, uint32) {})
		default:
			c.short = true
		}
	}
	return packs
}

func (c *sevenCursor) unpackInfo() ([]*sevenFolder, error) {
	if c.byte() != sevenFolders {
		return nil, damaged("no folders")
	}
	n := c.count()
	if c.byte() != 0 {
		return nil, unsupported("folders told elsewhere")
	}
	var folders []*sevenFolder
	for range n {
		f, err := c.folder()
		if err != nil {
			return nil, err
		}
		folders = append(folders, f)
	}
	if c.byte() != sevenUnpackSize {
		return nil, damaged("no sizes of folders")
	}
	for _, f := range folders {
		for i := range f.coders {
			f.coders[i].size = c.size()
		}
	}
	id := c.byte()
	if id == sevenCRC {
		c.sums(n, func(i int, sum uint32) { folders[i].sum, folders[i].summed = sum, true })
		id = c.byte()
	}
	if id != sevenEnd {
		return nil, damaged("folders do not end")
	}
	return folders, nil
}

func (c *sevenCursor) folder() (*sevenFolder, error) {
	f := &sevenFolder{}
	n, inputs := c.count(), 0
	if n == 0 || n > sevenMostCoders {
		return nil, damaged(fmt.Sprintf("%d coders", n))
	}
	for range n {
		flags := c.byte()
		coder := sevenCoder{first: inputs, inputs: 1}
		for _, b := range c.skip(uint64(flags & 0xf)) {
			coder.method = coder.method<<8 | uint64(b)
		}
		if flags&0x10 != 0 {
			coder.inputs = c.count()
			if outputs := c.count(); outputs != 1 {
				return nil, unsupported(fmt.Sprintf("a coder with %d outputs", outputs))
			}
		}
		if flags&0x20 != 0 {
			coder.props = c.skip(c.number())
		}
		if inputs += coder.inputs; inputs > sevenMostInputs || c.short {
			return nil, damaged("coders that cannot be")
		}
		f.coders = append(f.coders, coder)
	}
	taken := make([]bool, inputs)
	for range n - 1 {
		p := sevenPair{in: int(min(c.number(), 255)), out: int(min(c.number(), 255))}
		if p.in >= inputs || p.out >= n || taken[p.in] {
			return nil, damaged("coders that are not a tree")
		}
		taken[p.in] = true
		f.pairs = append(f.pairs, p)
	}
	if left := inputs - (n - 1); left > 1 {
		for range left {
			f.packed = append(f.packed, int(min(c.number(), 255)))
		}
		return f, nil
	}
	for in := range inputs {
		if !taken[in] {
			f.packed = append(f.packed, in)
		}
	}
	return f, nil
}

// oneEach has every folder hold one member.
func (c *sevenCursor) oneEach(folders []*sevenFolder) {
	for _, f := range folders {
		f.members = []sevenMember{{size: f.size(), sum: f.sum, summed: f.summed}}
	}
}

// subStreams reads how the members lie in the folders.
func (c *sevenCursor) subStreams(folders []*sevenFolder) error {
	c.oneEach(folders)
	id := c.byte()
	if id == sevenStreamCount {
		for _, f := range folders {
			if n := c.count(); n != 1 {
				f.members = make([]sevenMember, n)
			}
		}
		id = c.byte()
	}
	for _, f := range folders {
		left := f.size()
		for i := range f.members {
			m := &f.members[i]
			if i == len(f.members)-1 || id != sevenSize {
				m.size = max(0, left)
				break
			}
			m.size = c.size()
			left -= m.size
		}
	}
	if id == sevenSize {
		id = c.byte()
	}
	for ; id != sevenEnd && !c.short; id = c.byte() {
		if id != sevenCRC {
			return damaged("members do not end")
		}
		c.memberSums(folders)
	}
	return nil
}

// memberSums reads the checksums of those members that have none yet.
func (c *sevenCursor) memberSums(folders []*sevenFolder) {
	var open []*sevenMember
	for _, f := range folders {
		for i := range f.members {
			if !f.members[i].summed {
				open = append(open, &f.members[i])
			}
		}
	}
	c.sums(len(open), func(i int, sum uint32) { open[i].sum, open[i].summed = sum, true })
}

// files reads the names of the members, and which have no data.
func (c *sevenCursor) files(a *sevenArchive) error {
	n := c.count()
	var names []string
	var empty []bool
	for id := c.byte(); id != sevenEnd && !c.short; id = c.byte() {
		p := newSevenCursor(c.skip(c.number()))
		switch id {
		case sevenEmptyStream:
			empty = p.bits(n)
		case sevenNames:
			if p.byte() != 0 {
				return unsupported("names told elsewhere")
			}
			names = sevenNameList(p.b, n)
		}
	}
	var with []string
	for i := range n {
		if i < len(empty) && empty[i] {
			a.empty++
			continue
		}
		name := ""
		if i < len(names) {
			name = names[i]
		}
		with = append(with, name)
	}
	for _, f := range a.folders {
		for i := range f.members {
			if len(with) == 0 {
				return nil
			}
			f.members[i].name, with = with[0], with[1:]
		}
	}
	return nil
}

// utf16Text decodes text of two bytes a character, the lower one first.
func utf16Text(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// sevenNameList reads names of two bytes a character, each with a zero behind
// it.
func sevenNameList(b []byte, most int) []string {
	var names []string
	for len(b) >= 2 && len(names) < most {
		end := 0
		for end+2 <= len(b) && binary.LittleEndian.Uint16(b[end:]) != 0 {
			end += 2
		}
		names = append(names, utf16Text(b[:end]))
		b = b[min(len(b), end+2):]
	}
	return names
}
