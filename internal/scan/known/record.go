package known

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
	"strings"

	"candor/engine"
)

// Entry is what is known of one file of a directory.
type Entry struct {
	Name  string
	Inode uint64
	Size  int64
	// Modified and Changed are the times of content and inode, in nanoseconds.
	Modified, Changed int64
	Content           uint32 // the number of its content
	Generation        uint32 // under which it was last looked at
	Flags             Flags
}

// Flags of an Entry.
type Flags uint8

const (
	// Young: it was written to so shortly before it was read that it may have
	// been written to again without showing it.
	Young Flags = 1 << iota
	// Look: the verdict is not simply "clean": the content's record tells.
	Look
	// Placed: the verdict holds where the directory was.
	Placed
)

// Same tells whether a file still is as it was when it was looked at.
func (e Entry) Same(inode uint64, size, modified, changed int64) bool {
	return e.Flags&Young == 0 && e.Inode == inode && e.Size == size && e.Modified == modified && e.Changed == changed
}

// Directory is what is known of the files in a directory, by name.
type Directory struct {
	Path    string // where it was
	Entries []Entry
}

// Find gives the entry of a name.
func (d *Directory) Find(name string) (Entry, bool) {
	if d == nil {
		return Entry{}, false
	}
	i, ok := slices.BinarySearchFunc(d.Entries, name, func(e Entry, name string) int { return strings.Compare(e.Name, name) })
	if !ok {
		return Entry{}, false
	}
	return d.Entries[i], true
}

// ErrCorrupt says that the store holds something that it did not write.
var ErrCorrupt = errors.New("what was known is corrupt")

const entryBytes = 8 + 8 + 8 + 8 + 4 + 4 + 1

// append appends the encoded form, sorted by name.
func (d *Directory) append(dst []byte) []byte {
	slices.SortFunc(d.Entries, func(a, b Entry) int { return cmp.Compare(a.Name, b.Name) })
	dst = append(binary.AppendUvarint(dst, uint64(len(d.Path))), d.Path...)
	for _, e := range d.Entries {
		dst = append(binary.AppendUvarint(dst, uint64(len(e.Name))), e.Name...)
		dst = binary.LittleEndian.AppendUint64(dst, e.Inode)
		dst = binary.LittleEndian.AppendUint64(dst, uint64(e.Size))
		dst = binary.LittleEndian.AppendUint64(dst, uint64(e.Modified))
		dst = binary.LittleEndian.AppendUint64(dst, uint64(e.Changed))
		dst = binary.LittleEndian.AppendUint32(dst, e.Content)
		dst = binary.LittleEndian.AppendUint32(dst, e.Generation)
		dst = append(dst, byte(e.Flags))
	}
	return dst
}

// text takes a text off the front; names share the memory of whole.
func text(b []byte, whole string) (string, []byte, error) {
	n, used := binary.Uvarint(b)
	if used <= 0 || n > uint64(len(b)-used) {
		return "", nil, ErrCorrupt
	}
	from := len(whole) - len(b) + used
	return whole[from : from+int(n)], b[used+int(n):], nil
}

// decodeDirectory reads what append wrote.
func decodeDirectory(b []byte) (*Directory, error) {
	whole := string(b)
	var d Directory
	var err error
	if d.Path, b, err = text(b, whole); err != nil {
		return nil, err
	}
	d.Entries = make([]Entry, 0, len(b)/(entryBytes+12))
	for len(b) > 0 {
		var e Entry
		if e.Name, b, err = text(b, whole); err != nil || len(b) < entryBytes {
			return nil, ErrCorrupt
		}
		e.Inode = binary.LittleEndian.Uint64(b)
		e.Size = int64(binary.LittleEndian.Uint64(b[8:]))
		e.Modified = int64(binary.LittleEndian.Uint64(b[16:]))
		e.Changed = int64(binary.LittleEndian.Uint64(b[24:]))
		e.Content = binary.LittleEndian.Uint32(b[32:])
		e.Generation = binary.LittleEndian.Uint32(b[36:])
		e.Flags = Flags(b[40])
		b = b[entryBytes:]
		d.Entries = append(d.Entries, e)
	}
	return &d, nil
}

// content is what is known of one content.
type content struct {
	Sum      Sum
	Size     int64
	Since    int64 // when it was first seen, in seconds
	Verdicts []verdict
}

// verdict is what rules say of a content.
type verdict struct {
	Generation uint32
	Placed     bool             // they asked for more than the content:
	Situation  engine.Situation // the verdict is for this one only
	Rules      []engine.Fingerprint
}

// same tells whether a verdict is about the same as another.
func (v verdict) same(o verdict) bool { return v.Placed == o.Placed && v.Situation == o.Situation }

// mostVerdicts bounds the verdicts of one content in different places.
const mostVerdicts = 8

func (c *content) append(dst []byte) []byte {
	dst = append(dst, c.Sum[:]...)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(c.Size))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(c.Since))
	for _, v := range c.Verdicts {
		dst = binary.LittleEndian.AppendUint32(dst, v.Generation)
		placed := byte(0)
		if v.Placed {
			placed = 1
		}
		dst = append(append(dst, placed), v.Situation[:]...)
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(v.Rules)))
		for i := range v.Rules {
			dst = append(dst, v.Rules[i][:]...)
		}
	}
	return dst
}

func decodeContent(b []byte) (*content, error) {
	const head, each = 32 + 8 + 8, 4 + 1 + 16 + 4
	if len(b) < head {
		return nil, ErrCorrupt
	}
	c := &content{Sum: Sum(b), Size: int64(binary.LittleEndian.Uint64(b[32:])), Since: int64(binary.LittleEndian.Uint64(b[40:]))}
	for b = b[head:]; len(b) > 0; {
		if len(b) < each {
			return nil, ErrCorrupt
		}
		v := verdict{Generation: binary.LittleEndian.Uint32(b), Placed: b[4] != 0, Situation: engine.Situation(b[5:])}
		n := uint64(binary.LittleEndian.Uint32(b[21:]))
		b = b[each:]
		const width = uint64(len(engine.Fingerprint{}))
		if n > uint64(len(b))/width {
			return nil, ErrCorrupt
		}
		for range n {
			v.Rules = append(v.Rules, engine.Fingerprint(b))
			b = b[width:]
		}
		c.Verdicts = append(c.Verdicts, v)
	}
	return c, nil
}
