package known

import (
	"bytes"
	"encoding/binary"
	"errors"
	"iter"
	"math"
	"slices"
	"sort"
	"sync"

	"go.etcd.io/bbolt"
)

// Contents are found by their digests in runs of entries that are sorted: the
// first eight bytes of a digest, and the number of a content, whose record has
// the whole of it or is forgotten. Digests come in no order: in a tree each would
// have a page written, and here each is written a few times, with many others (a
// log-structured merge tree; O'Neil et al., 1996).
//
// A run is kept in blocks: key: number of the run (4 bytes), prefix of its last
// digest (8), number of the block (4). keyRuns has of each run, the oldest first,
// its number (4) and how many entries it has (4).
const (
	sumPrefix  = 8
	sumEntry   = sumPrefix + 4
	blockSums  = 1 << 10 // entries of a block
	mostMerged = 4 << 20 // entries of a run that is merged of others
)

var keyRuns = []byte{0}

// run is a run of entries.
type run struct{ number, count uint32 }

func runsOf(bucket *bbolt.Bucket) (all []run) {
	for b := bucket.Get(keyRuns); len(b) >= 8; b = b[8:] {
		all = append(all, run{toNumber(b[:4]), toNumber(b[4:8])})
	}
	return all
}

func keepRuns(bucket *bbolt.Bucket, all []run) error {
	var b []byte
	for _, r := range all {
		b = append(append(b, number(r.number)...), number(r.count)...)
	}
	return bucket.Put(keyRuns, b)
}

// sums finds contents by their digests, as long as its transaction does not
// change any. It is fastest if it is asked for digests in their order.
type sums struct {
	tx       *bbolt.Tx
	contents *bbolt.Bucket // nil until one is asked for
	cursor   *bbolt.Cursor
	runs     []runReader
	some     [16]runReader // room for those of most stores
}

// sumReaders are those that nobody uses: a scan that learns asks for each file.
var sumReaders = sync.Pool{New: func() any { return new(sums) }}

// sumsOf gives a reader; done gives it back.
func sumsOf(tx *bbolt.Tx) *sums {
	bucket := tx.Bucket(bucketSums)
	s := sumReaders.Get().(*sums)
	s.tx, s.cursor, s.runs = tx, bucket.Cursor(), s.some[:0]
	for b := bucket.Get(keyRuns); len(b) >= 8; b = b[8:] {
		s.runs = append(s.runs, runReader{number: toNumber(b[:4])})
	}
	return s
}

// done is called when nothing more is asked for.
func (s *sums) done() {
	*s = sums{} // it holds nothing of the transaction
	sumReaders.Put(s)
}

// find gives a content and its number; nil for none.
func (s *sums) find(sum Sum) (uint32, *content) {
	for i := range s.runs {
		for n := range s.runs[i].with(s.cursor, sum[:sumPrefix]) {
			if s.contents == nil {
				s.contents = s.tx.Bucket(bucketContents)
			}
			if c, err := decodeContent(s.contents.Get(number(n))); err == nil && c.Sum == sum {
				return n, c
			}
		}
	}
	return 0, nil
}

// runReader reads a run.
type runReader struct {
	number     uint32
	key, block []byte // in hand
}

// with yields what stands beside a prefix.
func (r *runReader) with(cursor *bbolt.Cursor, prefix []byte) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		if !r.spans(prefix) {
			r.seek(cursor, prefix, 0)
		}
		for ; r.mine(); r.seek(cursor, r.key[4:4+sumPrefix], toNumber(r.key[4+sumPrefix:])+1) {
			n := len(r.block) / sumEntry
			i := sort.Search(n, func(i int) bool { return bytes.Compare(r.block[i*sumEntry:][:sumPrefix], prefix) >= 0 })
			for ; i < n; i++ {
				e := r.block[i*sumEntry : (i+1)*sumEntry]
				if !bytes.HasPrefix(e, prefix) || !yield(toNumber(e[sumPrefix:])) {
					return
				}
			}
			if toNumber(r.key[4+sumPrefix:]) == math.MaxUint32 {
				return // no run has so many blocks
			}
		}
	}
}

// seek takes the first block in hand that ends with a prefix and has a number, or
// one behind it.
func (r *runReader) seek(cursor *bbolt.Cursor, prefix []byte, block uint32) {
	var key [4 + sumPrefix + 4]byte
	binary.BigEndian.PutUint32(key[:], r.number)
	copy(key[4:], prefix)
	binary.BigEndian.PutUint32(key[4+sumPrefix:], block)
	r.key, r.block = cursor.Seek(key[:])
}

// mine tells whether the block in hand is one of the run.
func (r *runReader) mine() bool { return len(r.key) == sumPrefix+8 && toNumber(r.key[:4]) == r.number }

// spans tells whether the first entry with a prefix can only be in the block in
// hand.
func (r *runReader) spans(prefix []byte) bool {
	return r.mine() && len(r.block) >= sumPrefix && bytes.Compare(prefix, r.key[4:4+sumPrefix]) <= 0 && bytes.Compare(prefix, r.block[:sumPrefix]) > 0
}

// appendSum appends an entry.
func appendSum(entries []byte, sum Sum, n uint32) []byte {
	return binary.BigEndian.AppendUint32(append(entries, sum[:sumPrefix]...), n)
}

// addSums adds entries that are sorted to those of a bucket: to runs that are no
// larger, in one of their own otherwise.
func addSums(tx *bbolt.Tx, name, entries []byte) error {
	if len(entries) == 0 {
		return nil
	}
	bucket := tx.Bucket(name)
	bucket.FillPercent = full
	runs := runsOf(bucket)
	for n := len(runs); n > 0 && int(runs[n-1].count) <= len(entries)/sumEntry && int(runs[n-1].count)+len(entries)/sumEntry <= mostMerged; n-- {
		old, err := takeRun(bucket, runs[n-1])
		if err != nil {
			return err
		}
		entries, runs = mergeSums(old, entries), runs[:n-1]
	}
	next, err := bucket.NextSequence()
	if err != nil {
		return err
	}
	r := run{uint32(next), uint32(len(entries) / sumEntry)}
	return errors.Join(putRun(bucket, r, entries), keepRuns(bucket, append(runs, r)))
}

// putRun writes the blocks of a run.
func putRun(bucket *bbolt.Bucket, r run, entries []byte) error {
	for i := uint32(0); len(entries) > 0; i++ {
		block := entries[:min(len(entries), blockSums*sumEntry)]
		entries = entries[len(block):]
		key := append(number(r.number), block[len(block)-sumEntry:][:sumPrefix]...)
		if err := bucket.Put(append(key, number(i)...), block); err != nil {
			return err
		}
	}
	return nil
}

// takeRun takes a run out of the bucket and gives its entries.
func takeRun(bucket *bbolt.Bucket, r run) (entries []byte, err error) {
	entries = make([]byte, 0, min(int(r.count), mostMerged)*sumEntry)
	var keys [][]byte
	cursor := bucket.Cursor()
	for k, b := cursor.Seek(number(r.number)); len(k) > 4 && toNumber(k[:4]) == r.number; k, b = cursor.Next() {
		entries, keys = append(entries, b[:len(b)/sumEntry*sumEntry]...), append(keys, slices.Clone(k))
	}
	for _, k := range keys {
		err = errors.Join(err, bucket.Delete(k))
	}
	return entries, err
}

// mergeSums merges sorted entries.
func mergeSums(a, b []byte) []byte {
	out := make([]byte, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if bytes.Compare(a[:sumEntry], b[:sumEntry]) <= 0 {
			out, a = append(out, a[:sumEntry]...), a[sumEntry:]
		} else {
			out, b = append(out, b[:sumEntry]...), b[sumEntry:]
		}
	}
	return append(append(out, a...), b...)
}

// dropSums drops the entries of one run of a bucket whose contents are forgotten.
// more says that there are further runs.
func dropSums(tx *bbolt.Tx, name []byte, nth int) (more bool, err error) {
	bucket, contents := tx.Bucket(name), tx.Bucket(bucketContents)
	bucket.FillPercent = full
	runs := runsOf(bucket)
	if nth >= len(runs) {
		return false, nil
	}
	entries, err := takeRun(bucket, runs[nth])
	if err != nil {
		return false, err
	}
	left := entries[:0]
	for ; len(entries) > 0; entries = entries[sumEntry:] {
		if contents.Get(entries[sumPrefix:sumEntry]) != nil {
			left = append(left, entries[:sumEntry]...)
		}
	}
	runs[nth].count = uint32(len(left) / sumEntry)
	return nth+1 < len(runs), errors.Join(putRun(bucket, runs[nth], left), keepRuns(bucket, runs))
}
