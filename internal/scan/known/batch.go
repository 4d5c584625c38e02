package known

import (
	"encoding/binary"
	"slices"

	"go.etcd.io/bbolt"

	"candor/internal/scan/index"
)

// batch is sketches of one group that were learned together, each with the
// number of its content. As it is kept: number (4 bytes), length (4), sketch.
type batch struct {
	all  []index.Numbered
	size int // about how long it is in bytes as it is kept
}

// room is more than what stands before the bits of a sketch.
const room = 64

func (b *batch) add(n uint32, s index.Sketch) {
	b.all = append(b.all, index.Numbered{Number: n, Sketch: s})
	b.size += room + len(s.Bits)
}

// piece is about how many bytes of sketches are kept together: values of one
// length find the room again that others left.
const piece = 64 << 10

// put keeps it in a bucket, in pieces.
func (b *batch) put(to *bbolt.Bucket, group int) error {
	var data []byte
	for i, n := range b.all {
		if data == nil {
			data = make([]byte, 0, min(piece, b.size)+room+len(n.Sketch.Bits))
		}
		data = binary.BigEndian.AppendUint32(data, n.Number)
		at := len(data)
		data = n.Sketch.Append(append(data, 0, 0, 0, 0))
		binary.BigEndian.PutUint32(data[at:], uint32(len(data)-at-4))
		if len(data) < piece && i < len(b.all)-1 {
			continue
		}
		if err := put(to, group, data); err != nil {
			return err
		}
		data = nil
	}
	return nil
}

// each calls yield with each sketch of a batch.
func each(b []byte, yield func(uint32, index.Sketch)) error {
	for len(b) > 0 {
		if len(b) < 8 || uint64(binary.BigEndian.Uint32(b[4:])) > uint64(len(b)-8) {
			return ErrCorrupt
		}
		end := 8 + int(binary.BigEndian.Uint32(b[4:]))
		s, err := index.Decode(b[8:end])
		if err != nil {
			return err
		}
		yield(toNumber(b[:4]), s)
		b = b[end:]
	}
	return nil
}

// keep keeps a batch: in shards, together with those before, if there are
// enough sketches of the group for one, and else as it is.
func (b *batch) keep(tx *bbolt.Tx, group int) error {
	fresh, shards, size := tx.Bucket(bucketFresh), tx.Bucket(bucketShards), index.Capacity(group)
	if size == 0 {
		return b.put(fresh, group)
	}
	before := &batch{}
	var keys [][]byte
	cursor := fresh.Cursor()
	for k, v := cursor.Seek([]byte{byte(group)}); k != nil && k[0] == byte(group); k, v = cursor.Next() {
		keys = append(keys, k)
		if err := each(v, before.add); err != nil {
			return err
		}
	}
	all := append(before.all, b.all...)
	if len(all) < size {
		return b.put(fresh, group)
	}
	for ; len(all) >= size; all = all[size:] {
		if err := put(shards, group, index.Lay(all[:size])); err != nil {
			return err
		}
	}
	rest := &batch{}
	for _, n := range all {
		n.Sketch.Head, n.Sketch.Bits = slices.Clone(n.Sketch.Head), slices.Clone(n.Sketch.Bits) // what is deleted may go
		rest.add(n.Number, n.Sketch)
	}
	for _, k := range keys {
		if err := fresh.Delete(k); err != nil {
			return err
		}
	}
	return rest.put(fresh, group)
}

// put adds a value of a group to a bucket.
func put(to *bbolt.Bucket, group int, value []byte) error {
	next, err := to.NextSequence()
	if err != nil {
		return err
	}
	return to.Put(append([]byte{byte(group)}, number(uint32(next))...), value)
}
