package unpack

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
)

const (
	oleFree      = 0xfffffffa // sector numbers from here on end a chain
	oleEntry     = 128        // size of a directory entry
	oleMostParts = 1 << 16    // directory entries that are read
)

// compound is an OLE2 compound file ([MS-CFB]).
type compound struct {
	content []byte
	sector  int // size
	fat     []uint32
	mini    []uint32 // FAT of the mini stream
	small   []byte   // the mini stream
	cutoff  uint32
	streams []oleStream
	lost    bool // some chain is broken or goes in circles
}

type oleStream struct {
	path  string // with the storages around it
	name  string
	start uint32
	size  int64
}

// openOLE hands over the streams of a compound file, and of those of a VBA
// project the source of the macros ([MS-OVBA]), and objects that are packed
// in it.
func openOLE(w *walk, at place, content []byte) error {
	c, err := readCompound(content)
	if err != nil {
		return err
	}
	var modules []vbaModule
	for _, s := range c.streams {
		if s.name == "EncryptedPackage" {
			w.gap(at.inside("ole", s.path), "ole", encrypted("the document is encrypted"))
		}
		if err := w.check(at); err != nil {
			return err
		}
		if s.name == "dir" && strings.HasSuffix(s.path, "VBA/dir") {
			modules = append(modules, vbaModules(c.read(s))...)
		}
	}
	for _, s := range c.streams {
		if err := w.check(at); err != nil {
			return err
		}
		if err := w.oleStream(at, s, c.read(s), modules); err != nil {
			return err
		}
	}
	if c.lost {
		return damaged("a chain of sectors is broken")
	}
	return nil
}

// oleStream hands over a stream, and what is packed in it.
func (w *walk) oleStream(at place, s oleStream, data []byte, modules []vbaModule) error {
	if len(data) == 0 {
		return w.pass(at)
	}
	if err := w.slice(at, "ole", s.path, data); err != nil {
		return err
	}
	if strings.HasPrefix(s.name, "__substg1.0_1009") { // of a message of Outlook: its body
		if err := w.decode(at, "ole", s.path+"/body.rtf", newRTFReader(data)); err != nil {
			return err
		}
	}
	if strings.HasSuffix(s.name, "Ole10Native") {
		if label, object := oleNative(data); len(object) > 0 {
			if err := w.slice(at, "ole-object", s.path+"/"+label, object); err != nil {
				return err
			}
		}
	}
	return w.macros(at, s, data, modules)
}

// oleNative reads a packed object: size, flags, label, file, flags, command,
// size, data.
func oleNative(b []byte) (string, []byte) {
	c := cursor{b: b}
	c.uint32()
	c.uint16()
	label := c.text()
	c.text()
	c.uint32()
	c.bytes()
	n := c.uint32()
	if c.short {
		if len(b) > 4 {
			return "object", b[4:]
		}
		return "", nil
	}
	return label, c.b[:min(int64(len(c.b)), int64(n))]
}

// text reads a string up to its zero byte.
func (c *cursor) text() string {
	s := text(c.b)
	c.take(uint32(min(len(s)+1, len(c.b))))
	return s
}

// readCompound reads the tables and the directory. No chain is longer than the
// file has sectors, so circles end.
func readCompound(content []byte) (*compound, error) {
	if len(content) < 512 {
		return nil, damaged("shorter than a header")
	}
	shift := binary.LittleEndian.Uint16(content[30:])
	if shift < 7 || shift > 16 {
		shift = 9
	}
	c := &compound{content: content, sector: 1 << shift, cutoff: binary.LittleEndian.Uint32(content[56:])}
	c.readFAT()
	for _, b := range [][]byte{c.chain(binary.LittleEndian.Uint32(content[60:]), int64(len(content)))} {
		for ; len(b) >= 4; b = b[4:] {
			c.mini = append(c.mini, binary.LittleEndian.Uint32(b))
		}
	}
	dir := c.chain(binary.LittleEndian.Uint32(content[48:]), oleMostParts*oleEntry)
	if len(dir) < oleEntry {
		return nil, damaged("no directory")
	}
	c.directory(dir)
	return c, nil
}

// at gives a sector, shorter at the end of the file, nil behind it.
func (c *compound) at(n uint32) []byte {
	start := (int64(n) + 1) * int64(c.sector)
	if start >= int64(len(c.content)) {
		return nil
	}
	return c.content[start:min(int64(len(c.content)), start+int64(c.sector))]
}

// readFAT reads the sectors of the FAT that the header names, then those that
// the DIFAT names ([MS-CFB] 2.3 and 2.5).
func (c *compound) readFAT() {
	sectors := len(c.content)/c.sector + 1
	add := func(n uint32) {
		if n >= oleFree || len(c.fat) > sectors+c.sector {
			return
		}
		for b := c.at(n); len(b) >= 4; b = b[4:] {
			c.fat = append(c.fat, binary.LittleEndian.Uint32(b))
		}
	}
	for p := 76; p < 512; p += 4 {
		add(binary.LittleEndian.Uint32(c.content[p:]))
	}
	next := binary.LittleEndian.Uint32(c.content[68:])
	for range sectors {
		b := c.at(next)
		if next >= oleFree || len(b) < c.sector || len(c.fat) > sectors+c.sector {
			return
		}
		for ; len(b) > 4; b = b[4:] {
			add(binary.LittleEndian.Uint32(b))
		}
		next = binary.LittleEndian.Uint32(b)
	}
}

// chain gives the bytes of a chain of sectors, at most limit. A chain whose
// sectors lie one after another is not copied.
func (c *compound) chain(n uint32, limit int64) []byte {
	if n >= oleFree {
		return nil
	}
	first, run, straight := n, int64(0), true
	var b []byte
	for steps := len(c.content)/c.sector + 1; int64(len(b)) < limit && run < limit && n < oleFree; steps-- {
		s := c.at(n)
		if s == nil || steps <= 0 {
			c.lost = true
			break
		}
		if straight && run%int64(c.sector) == 0 && int64(n) == int64(first)+run/int64(c.sector) {
			run += int64(len(s))
		} else {
			if straight {
				straight = false
				start := (int64(first) + 1) * int64(c.sector)
				b = append(b, c.content[start:start+run]...)
			}
			b = append(b, s...)
		}
		if int64(n) >= int64(len(c.fat)) {
			c.lost = true
			break
		}
		n = c.fat[n]
	}
	if straight {
		start := (int64(first) + 1) * int64(c.sector)
		b = c.content[min(start, int64(len(c.content))):min(int64(len(c.content)), start+run)]
	}
	return b[:min(int64(len(b)), limit)]
}

// read gives a stream: small ones lie in the mini stream ([MS-CFB] 2.6).
func (c *compound) read(s oleStream) []byte {
	if s.size >= int64(c.cutoff) || c.mini == nil {
		return c.chain(s.start, s.size)
	}
	var b []byte
	n := s.start
	for range len(c.small)/64 + 1 {
		if n >= oleFree || int64(len(b)) >= s.size {
			break
		}
		from := int64(n) * 64
		if from >= int64(len(c.small)) || int64(n) >= int64(len(c.mini)) {
			c.lost = true
			break
		}
		b = append(b, c.small[from:min(from+64, int64(len(c.small)))]...)
		n = c.mini[n]
	}
	return b[:min(int64(len(b)), s.size)]
}

// directory reads all entries, also those that no tree leads to: what hides is
// of interest. Names of storages around a stream come from the tree.
func (c *compound) directory(dir []byte) {
	count := len(dir) / oleEntry
	parents := oleParents(dir, count)
	if root := dir[:oleEntry]; root[66] == 5 {
		c.small = c.chain(binary.LittleEndian.Uint32(root[116:]), int64(binary.LittleEndian.Uint32(root[120:])))
	}
	for i := range count {
		e := dir[i*oleEntry:]
		if e[66] != 2 {
			continue
		}
		size := int64(binary.LittleEndian.Uint32(e[120:]))
		s := oleStream{name: oleName(e), start: binary.LittleEndian.Uint32(e[116:]), size: min(size, int64(len(c.content)))}
		s.path = s.name
		for p, steps := parents[i], 0; p > 0 && steps < 16; p, steps = parents[p], steps+1 {
			s.path = oleName(dir[p*oleEntry:]) + "/" + s.path
		}
		if s.path == "" {
			s.path = fmt.Sprintf("stream-%d", i)
		}
		c.streams = append(c.streams, s)
	}
}

// oleParents tells in which storage each entry lies, by walking the trees of
// siblings; each entry is visited once.
func oleParents(dir []byte, count int) []int {
	parents := make([]int, count)
	seen := make([]bool, count)
	type visit struct{ entry, parent int }
	stack := []visit{}
	push := func(n uint32, parent int) {
		if int64(n) < int64(count) && !seen[n] {
			seen[n] = true
			stack = append(stack, visit{int(n), parent})
		}
	}
	for i := range count {
		e := dir[i*oleEntry:]
		if e[66] == 1 || e[66] == 5 {
			push(binary.LittleEndian.Uint32(e[76:]), i)
		}
		for len(stack) > 0 {
			v := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			parents[v.entry] = v.parent
			e := dir[v.entry*oleEntry:]
			push(binary.LittleEndian.Uint32(e[68:]), v.parent)
			push(binary.LittleEndian.Uint32(e[72:]), v.parent)
		}
	}
	return parents
}

// oleName gives the name of an entry.
func oleName(e []byte) string {
	n := min(int(binary.LittleEndian.Uint16(e[64:])), 64) / 2
	units := make([]uint16, 0, 32)
	for i := range n {
		if u := binary.LittleEndian.Uint16(e[2*i:]); u != 0 {
			units = append(units, msiUnits(u)...)
		}
	}
	return string(utf16.Decode(units))
}

// msiUnits gives the characters that an installer's database packs in one of
// a name: two or one of 64, or the mark of a table.
func msiUnits(u uint16) []uint16 {
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._"
	switch {
	case u >= 0x3800 && u < 0x4800:
		return []uint16{uint16(letters[(u-0x3800)&0x3f]), uint16(letters[(u-0x3800)>>6])}
	case u >= 0x4800 && u < 0x4840:
		return []uint16{uint16(letters[u-0x4800])}
	case u == 0x4840:
		return []uint16{'!'}
	}
	return []uint16{u}
}
