package known

import (
	"encoding/binary"

	"go.etcd.io/bbolt"

	"candor/internal/scan/index"
)

// batch is sketches of one class that were learned together, each with the
// number of its content: number (4 bytes), length (4), sketch.
type batch struct {
	data []byte
}

func (b *batch) add(n uint32, sketch []byte) {
	b.data = binary.BigEndian.AppendUint32(b.data, n)
	b.data = append(binary.BigEndian.AppendUint32(b.data, uint32(len(sketch))), sketch...)
}

// each calls yield with each sketch of a batch.
func each(b []byte, yield func(index.Numbered)) error {
	for len(b) > 0 {
		if len(b) < 8 || uint64(binary.BigEndian.Uint32(b[4:])) > uint64(len(b)-8) {
			return ErrCorrupt
		}
		end := 8 + int(binary.BigEndian.Uint32(b[4:]))
		s, err := index.Decode(b[8:end])
		if err != nil {
			return err
		}
		yield(index.Numbered{Number: toNumber(b[:4]), Sketch: s})
		b = b[end:]
	}
	return nil
}

// keep keeps a batch: in shards, together with those before, if there are
// enough sketches of the class for one, and else as it is.
func (b *batch) keep(tx *bbolt.Tx, class int) error {
	fresh, shards := tx.Bucket(bucketFresh), tx.Bucket(bucketShards)
	var all []index.Numbered
	var keys [][]byte
	add := func(n index.Numbered) { all = append(all, n) }
	cursor := fresh.Cursor()
	for k, v := cursor.Seek([]byte{byte(class)}); k != nil && k[0] == byte(class); k, v = cursor.Next() {
		keys = append(keys, k)
		if err := each(v, add); err != nil {
			return err
		}
	}
	if err := each(b.data, add); err != nil {
		return err
	}
	if room := index.Capacity(class); len(all) >= room {
		for ; len(all) >= room; all = all[room:] {
			if err := put(shards, class, index.Lay(all[:room])); err != nil {
				return err
			}
		}
		b = &batch{}
		for _, n := range all {
			b.add(n.Number, n.Sketch.Append(nil))
		}
		for _, k := range keys {
			if err := fresh.Delete(k); err != nil {
				return err
			}
		}
	}
	if len(b.data) == 0 {
		return nil
	}
	return put(fresh, class, b.data)
}

// put adds a value of a class to a bucket.
func put(to *bbolt.Bucket, class int, value []byte) error {
	next, err := to.NextSequence()
	if err != nil {
		return err
	}
	return to.Put(append([]byte{byte(class)}, number(uint32(next))...), value)
}
