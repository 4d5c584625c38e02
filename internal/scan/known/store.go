// Package known remembers what was looked at, so that a scan costs what
// changed: verdicts belong to contents, and files are known by the contents
// that they had.
//
// A file that is as it was (device, inode, size, times of content and inode)
// is not read again; a content that was seen anywhere is not matched again. A
// verdict rests on a generation: on the fingerprints of the rules that gave it.
// When definitions change, Revisit asks those that are new of the sketches of
// all contents (package index), reads only the candidates, and then what is
// known holds under the new generation, as if everything had been looked at.
//
// All of it is in one file, written in transactions (bbolt): after a crash it
// is what it was after one of them, and what was not written is looked at
// again.
package known

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"candor/engine"
)

// The buckets of the file.
var (
	bucketMeta        = []byte("meta")
	bucketDirectories = []byte("directories") // device and inode: Directory
	bucketSums        = []byte("sums")        // runs of digests and numbers; see sums
	bucketContents    = []byte("contents")    // number: content
	bucketFresh       = []byte("fresh")       // group and sequence: sketches that are not in a shard
	bucketShards      = []byte("shards")      // group and sequence: Shard
	bucketGenerations = []byte("generations") // number: fingerprints, sorted
	bucketLifted      = []byte("lifted")      // number: that of the generation that all its verdicts hold under
	// bucketsDigests have runs like those of sums, of digests that others know
	// contents by; see Where.
	bucketsDigests = [][]byte{[]byte("md5"), []byte("sha1"), []byte("sha256")}
)

// format is the version of the file. What another version wrote is begun anew:
// nothing is lost but time.
const format = "7"

// The keys of bucketMeta besides those of generations.
var (
	keyFormat  = []byte("format")
	keyReading = []byte("reading") // what contents are read as; see reading
	keyEpoch   = []byte("epoch")   // how often that changed, and all was begun anew
	keyForgot  = []byte("forgot")  // when Forget last came to its end
	keyLoss    = []byte("loss")    // how often something was forgotten
	keyAsked   = []byte("asked")   // the epoch that bucketsDigests are of
)

// Store is a file of what is known. It is safe for concurrent use, by one
// process at a time.
type Store struct {
	db  *bbolt.DB
	now func() time.Time

	lock    sync.Mutex
	closing map[uint32]bool // generations that are being revisited: what comes late under them is not kept

	searching chan struct{} // holds one while somebody searches

	counting sync.Mutex
	stats    Stats // counted last
}

// Open opens the file, and makes it if it is not there. One that cannot be used
// is moved aside and begun anew.
func Open(name string, now func() time.Time) (*Store, error) {
	db, err := open(name)
	if errors.Is(err, bolterrors.ErrInvalid) || errors.Is(err, bolterrors.ErrChecksum) || errors.Is(err, bolterrors.ErrVersionMismatch) || errors.Is(err, errOther) {
		if err = os.Rename(name, name+".unusable"); err == nil {
			db, err = open(name)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open what is known of files, %s: %w", name, err)
	}
	return &Store{db: db, now: now, closing: map[uint32]bool{}, searching: make(chan struct{}, 1)}, nil
}

const (
	// growth is by how many bytes the file grows at a time.
	growth = 4 << 20
	// reserved is how many bytes of addresses the file has from the start: when it
	// outgrows those, all that is being written is copied.
	reserved = 1 << 30
)

var errOther = errors.New("another version wrote it")

func open(name string) (*bbolt.DB, error) {
	db, err := bbolt.Open(name, 0o600, &bbolt.Options{Timeout: 5 * time.Second, FreelistType: bbolt.FreelistMapType, InitialMmapSize: reserved})
	if err != nil {
		return nil, err
	}
	db.AllocSize = growth
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, b := range append([][]byte{bucketMeta, bucketDirectories, bucketSums, bucketContents, bucketFresh, bucketShards, bucketGenerations, bucketLifted}, bucketsDigests...) {
			if _, err := tx.CreateBucketIfNotExists(b); err != nil {
				return err
			}
		}
		meta := tx.Bucket(bucketMeta)
		if v := meta.Get(keyFormat); v != nil && string(v) != format {
			return errOther
		}
		return meta.Put(keyFormat, []byte(format))
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// reading is what contents are read as: the forms that rules are matched
// against, and what lies inside. What is known under one reading says nothing
// under another.
type reading struct {
	Forms  engine.FormsOf
	Inside string // Opening.Name
}

// reads makes the file one of what is known under a reading, and gives the
// reading that it is of and the epoch. Rules that are matched against
// contents only can use one that knows of the standard forms, too.
func (s *Store) reads(want reading) (is reading, at uint32, err error) {
	suits := func(tx *bbolt.Tx) bool {
		at = epoch(tx)
		b := tx.Bucket(bucketMeta).Get(keyReading)
		return b != nil && json.Unmarshal(b, &is) == nil &&
			(is == want || want.Forms == engine.ContentOnly && is == reading{engine.StandardForms, want.Inside})
	}
	does := false
	if err = s.db.View(func(tx *bbolt.Tx) error { does = suits(tx); return nil }); err != nil || does {
		return is, at, err
	}
	err = s.db.Update(func(tx *bbolt.Tx) error {
		if suits(tx) {
			return nil
		}
		meta := tx.Bucket(bucketMeta)
		is = want
		at++
		b, err := json.Marshal(want)
		err = errors.Join(err, meta.Put(keyReading, b), meta.Put(keyEpoch, number(at)))
		for _, b := range append([][]byte{bucketDirectories, bucketSums, bucketContents, bucketFresh, bucketShards}, bucketsDigests...) {
			if err == nil {
				err = tx.DeleteBucket(b)
			}
			if err == nil {
				_, err = tx.CreateBucket(b)
			}
		}
		return err
	})
	return is, at, err
}

// epoch is how often the reading changed.
func epoch(tx *bbolt.Tx) uint32 { return toNumber(tx.Bucket(bucketMeta).Get(keyEpoch)) }

// Close closes the file. Sessions must have been closed.
func (s *Store) Close() error { return s.db.Close() }

// number is a key or value of four bytes, in the order of its size.
func number(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

func toNumber(b []byte) uint32 {
	if len(b) != 4 {
		return 0
	}
	return binary.BigEndian.Uint32(b)
}

// directoryKey is the key of a directory.
func directoryKey(device, inode uint64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, device), inode)
}

func deviceOf(directoryKey []byte) uint64 { return binary.BigEndian.Uint64(directoryKey) }

// sortedPrints gives the fingerprints of rules, sorted.
func sortedPrints(rules *engine.Rules) []engine.Fingerprint {
	all := slices.Clone(rules.Fingerprints())
	slices.SortFunc(all, func(a, b engine.Fingerprint) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(all)
}

// generation gives the number of a set of rules, a new one if it is new.
func (s *Store) generation(prints []engine.Fingerprint) (n uint32, err error) {
	flat := make([]byte, 0, len(prints)*16)
	for i := range prints {
		flat = append(flat, prints[i][:]...)
	}
	digest := sha256.Sum256(flat)
	key := append([]byte("generation "), digest[:]...)
	// Of definitions that come back after others, verdicts of then say nothing of
	// the contents that came meanwhile: they are a generation of their own.
	find := func(tx *bbolt.Tx) uint32 {
		n := toNumber(tx.Bucket(bucketMeta).Get(key))
		if n != 0 && tx.Bucket(bucketLifted).Get(number(n)) != nil {
			return 0
		}
		return n
	}
	if err := s.db.View(func(tx *bbolt.Tx) error { n = find(tx); return nil }); err != nil || n != 0 {
		return n, err
	}
	err = s.db.Update(func(tx *bbolt.Tx) error {
		if n = find(tx); n != 0 {
			return nil
		}
		all := tx.Bucket(bucketGenerations)
		next, err := all.NextSequence()
		if err != nil {
			return err
		}
		n = uint32(next)
		return errors.Join(tx.Bucket(bucketMeta).Put(key, number(n)), all.Put(number(n), flat))
	})
	return n, err
}

// lifted gives, for each generation whose verdicts were revisited, the one that
// they hold under now.
func lifted(tx *bbolt.Tx) map[uint32]uint32 {
	to := map[uint32]uint32{}
	_ = tx.Bucket(bucketLifted).ForEach(func(k, v []byte) error { // it has no error of its own
		to[toNumber(k)] = toNumber(v)
		return nil
	})
	for from := range to {
		at := from
		for range len(to) {
			next, ok := to[at]
			if !ok {
				break
			}
			at = next
		}
		to[from] = at
	}
	return to
}
