package known

import (
	"bytes"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"go.etcd.io/bbolt"
)

// TestSums adds digests, of which some begin alike, has some contents forgotten,
// and finds those that are there and no others.
func TestSums(t *testing.T) {
	db, err := bbolt.Open(filepath.Join(t.TempDir(), "sums.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	r := rand.New(rand.NewPCG(13, 14))
	var alike [sumPrefix]byte
	have := map[Sum]uint32{}
	batch := func(tx *bbolt.Tx, n int) error {
		var fresh []Sum
		for range n {
			var s Sum
			for i := range s {
				s[i] = byte(r.Uint32())
			}
			if r.IntN(3) == 0 {
				copy(s[:], alike[:])
			}
			fresh = append(fresh, s)
		}
		slices.SortFunc(fresh, func(a, b Sum) int { return bytes.Compare(a[:], b[:]) })
		var entries []byte
		for _, s := range fresh {
			n := uint32(len(have) + 1)
			c := content{Sum: s, Size: int64(n)}
			if err := tx.Bucket(bucketContents).Put(number(n), c.append(nil)); err != nil {
				return err
			}
			have[s], entries = n, appendSum(entries, s, n)
		}
		return addSums(tx, bucketSums, entries)
	}
	check := func(tx *bbolt.Tx, mostRuns int) {
		runs, entries := runsOf(tx.Bucket(bucketSums)), 0
		for _, x := range runs {
			entries += int(x.count)
		}
		if len(runs) > mostRuns || entries != len(have) {
			t.Fatalf("%d entries of %d in %d runs", entries, len(have), len(runs))
		}
		all := sumsOf(tx)
		for s, want := range have {
			if n, c := all.find(s); n != want || c == nil || c.Size != int64(want) {
				t.Fatalf("content %d is found as %d: %+v", want, n, c)
			}
			s[31]++
			if n, c := all.find(s); c != nil {
				t.Fatalf("another digest is found as %d", n)
			}
		}
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, b := range [][]byte{bucketSums, bucketContents} {
			if _, err := tx.CreateBucket(b); err != nil {
				return err
			}
		}
		for i := range 30 {
			if err := batch(tx, 1+r.IntN(1<<(i%11))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		check(tx, 12)
		for s, n := range have {
			if r.IntN(2) == 0 {
				delete(have, s)
				if err := tx.Bucket(bucketContents).Delete(number(n)); err != nil {
					return err
				}
			}
		}
		for nth, more := 0, true; more; nth++ {
			var err error
			if more, err = dropSums(tx, bucketSums, nth); err != nil {
				return err
			}
		}
		check(tx, 12)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
