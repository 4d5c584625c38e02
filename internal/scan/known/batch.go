package known

import (
	"encoding/binary"

	"go.etcd.io/bbolt"

	"candor/internal/scan/index"
)

// batch is sketches of one class that were learned together, each with the
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

// encode gives it as it is kept.
func (b *batch) encode() []byte {
	data := make([]byte, 0, b.size)
	for _, n := range b.all {
		data = binary.BigEndian.AppendUint32(data, n.Number)
		at := len(data)
		data = n.Sketch.Append(append(data, 0, 0, 0, 0))
		binary.BigEndian.PutUint32(data[at:], uint32(len(data)-at-4))
	}
	return data
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
// enough sketches of the class for one, and else as it is.
func (b *batch) keep(tx *bbolt.Tx, class int) error {
	fresh, shards := tx.Bucket(bucketFresh), tx.Bucket(bucketShards)
	before := &batch{}
	var keys [][]byte
	cursor := fresh.Cursor()
	for k, v := cursor.Seek([]byte{byte(class)}); k != nil && k[0] == byte(class); k, v = cursor.Next() {
		keys = append(keys, k)
		if err := each(v, before.add); err != nil {
			return err
		}
	}
	all, size := append(before.all, b.all...), index.Capacity(class)
	if len(all) < size {
		return put(fresh, class, b.encode())
	}
	for ; len(all) >= size; all = all[size:] {
		if err := put(shards, class, index.Lay(all[:size])); err != nil {
			return err
		}
	}
	rest := &batch{}
	for _, n := range all {
		rest.add(n.Number, n.Sketch)
	}
	left := rest.encode() // what is deleted may go
	for _, k := range keys {
		if err := fresh.Delete(k); err != nil {
			return err
		}
	}
	if len(left) == 0 {
		return nil
	}
	return put(fresh, class, left)
}

// put adds a value of a class to a bucket.
func put(to *bbolt.Bucket, class int, value []byte) error {
	next, err := to.NextSequence()
	if err != nil {
		return err
	}
	return to.Put(append([]byte{byte(class)}, number(uint32(next))...), value)
}
