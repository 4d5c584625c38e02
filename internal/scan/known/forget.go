package known

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"
	"golang.org/x/sys/unix"

	"candor/internal/scan/index"
)

const (
	forgetEvery = 24 * time.Hour
	// forgetAtOnce bounds what is forgotten in one transaction.
	forgetAtOnce = 50_000
	// layAtOnce bounds the shards that are laid down anew in one transaction.
	layAtOnce = 16
)

// Forgotten says what was forgotten.
type Forgotten struct {
	Directories int // that are no longer where they were
	Contents    int // that no file holds any longer
}

// Forget forgets directories that are no longer where they were, and contents
// that were first seen more than a day ago and that no file holds any longer.
// It does so at most once a day, and nothing otherwise. Sessions may be open.
// What comes back is looked at again. The file does not become smaller; its
// room is used again.
func (s *Store) Forget(ctx context.Context) (done Forgotten, err error) {
	now := s.now()
	if last := s.forgot(); now.Sub(last) < forgetEvery && !last.After(now) {
		return done, nil
	}
	gone, err := s.gone(ctx)
	if err == nil {
		err = repeat(ctx, func() (bool, error) {
			n := min(len(gone), forgetAtOnce)
			err := s.forget(func(tx *bbolt.Tx) error { return dropDirectories(tx, gone[:n], &done) })
			gone = gone[n:]
			return len(gone) > 0, err
		})
	}
	if err == nil {
		err = repeat(ctx, func() (more bool, err error) {
			err = s.forget(func(tx *bbolt.Tx) (err error) {
				more, err = dropContents(tx, now.Add(-forgetEvery).Unix(), &done)
				return err
			})
			return more, err
		})
	}
	for _, name := range append([][]byte{bucketSums}, bucketsDigests...) {
		if err == nil && done.Contents > 0 {
			nth := -1
			err = repeat(ctx, func() (more bool, err error) {
				nth++
				err = s.db.Update(func(tx *bbolt.Tx) (err error) { more, err = dropSums(tx, name, nth); return err })
				return more, err
			})
		}
	}
	if err == nil {
		err = repeat(ctx, func() (more bool, err error) {
			err = s.db.Update(func(tx *bbolt.Tx) (err error) { more, err = dropSketches(tx); return err })
			return more, err
		})
	}
	if err == nil {
		err = s.db.Update(func(tx *bbolt.Tx) error {
			return tx.Bucket(bucketMeta).Put(keyForgot, binary.BigEndian.AppendUint64(nil, uint64(now.Unix())))
		})
	}
	if err != nil {
		return done, fmt.Errorf("forget files that are gone: %w", err)
	}
	return done, nil
}

// repeat runs rounds as long as there is more to do.
func repeat(ctx context.Context, round func() (more bool, err error)) error {
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		var err error
		if more, err = round(); err != nil {
			return err
		}
	}
	return nil
}

// forgot is when Forget last came to its end.
func (s *Store) forgot() (at time.Time) {
	_ = s.db.View(func(tx *bbolt.Tx) error { // what cannot be read was never
		if b := tx.Bucket(bucketMeta).Get(keyForgot); len(b) == 8 {
			at = time.Unix(int64(binary.BigEndian.Uint64(b)), 0)
		}
		return nil
	})
	return at
}

// forget changes the file, and has sessions that are open know of it: see loss.
func (s *Store) forget(change func(*bbolt.Tx) error) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		if err := tx.Bucket(bucketMeta).Put(keyLoss, number(loss(tx)+1)); err != nil {
			return err
		}
		return change(tx)
	})
}

// loss is how often something was forgotten. A session that began before may
// know of contents that are gone, and must not have files refer to them.
func loss(tx *bbolt.Tx) uint32 { return toNumber(tx.Bucket(bucketMeta).Get(keyLoss)) }

// place is where a directory was.
type place struct {
	key  []byte
	path string
}

// gone gives the directories that are not where they were.
func (s *Store) gone(ctx context.Context) (all []place, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketDirectories).ForEach(func(k, b []byte) error {
			d, err := decodeDirectory(b)
			if err != nil || !liesAt(k, d.Path) {
				p := place{key: slices.Clone(k)}
				if err == nil {
					p.path = d.Path
				}
				all = append(all, p)
			}
			return ctx.Err()
		})
	})
	return all, err
}

// liesAt tells whether a directory still is where it was.
func liesAt(key []byte, path string) bool {
	var st unix.Stat_t
	return unix.Lstat(path, &st) == nil && string(directoryKey(st.Dev, st.Ino)) == string(key)
}

// dropDirectories drops those that are still known to be where they are not.
func dropDirectories(tx *bbolt.Tx, gone []place, done *Forgotten) error {
	directories := tx.Bucket(bucketDirectories)
	for _, p := range gone {
		b := directories.Get(p.key)
		if b == nil {
			continue
		}
		if d, err := decodeDirectory(b); err == nil && d.Path != p.path {
			continue // found elsewhere meanwhile
		}
		if err := directories.Delete(p.key); err != nil {
			return err
		}
		done.Directories++
	}
	return nil
}

// dropContents drops contents that no file holds and that were there before a
// time. more says that there may be further ones.
func dropContents(tx *bbolt.Tx, before int64, done *Forgotten) (more bool, err error) {
	held, err := held(tx)
	if err != nil {
		return false, err
	}
	contents := tx.Bucket(bucketContents)
	var keys [][]byte
	cursor := contents.Cursor()
	for k, b := cursor.First(); k != nil && len(keys) < forgetAtOnce; k, b = cursor.Next() {
		c, err := decodeContent(b)
		if n := toNumber(k); err != nil || held[n] || c.Since >= before {
			continue
		}
		keys = append(keys, slices.Clone(k))
	}
	for i := range keys {
		if err := contents.Delete(keys[i]); err != nil {
			return false, err
		}
	}
	done.Contents += len(keys)
	return len(keys) == forgetAtOnce, nil
}

// held gives, by number, whether a file holds a content.
func held(tx *bbolt.Tx) ([]bool, error) {
	is := make([]bool, tx.Bucket(bucketContents).Sequence()+1)
	err := tx.Bucket(bucketDirectories).ForEach(func(_, b []byte) error {
		d, err := decodeDirectory(b)
		if err != nil {
			return nil //nolint:nilerr // it is looked at again
		}
		for _, e := range d.Entries {
			if int(e.Content) < len(is) {
				is[e.Content] = true
			}
		}
		return nil
	})
	return is, err
}

// dropSketches lays down anew what of shards is left, where much is gone. more
// says that there may be further ones.
func dropSketches(tx *bbolt.Tx) (more bool, err error) {
	for _, name := range [][]byte{bucketShards, bucketFresh} {
		bucket := tx.Bucket(name)
		kept := map[int]*batch{}
		var dead [][]byte
		cursor := bucket.Cursor()
		for k, b := cursor.First(); k != nil && len(dead) < layAtOnce; k, b = cursor.Next() {
			live, all, err := living(tx, name, b)
			if err != nil || mostly(len(live), all) {
				continue // what cannot be read rules nothing out
			}
			dead = append(dead, slices.Clone(k))
			for _, n := range live {
				class := n.Sketch.Group()
				if kept[class] == nil {
					kept[class] = &batch{}
				}
				kept[class].add(n.Number, n.Sketch)
			}
		}
		for _, k := range dead {
			err = errors.Join(err, bucket.Delete(k))
		}
		for class, b := range kept {
			err = errors.Join(err, b.keep(tx, class))
		}
		if more = more || len(dead) == layAtOnce; err != nil {
			return more, err
		}
	}
	return more, nil
}

// mostly tells whether so many of all live that the others may stay.
func mostly(live, all int) bool { return live >= all*3/4 }

// living gives the sketches of a shard or batch whose contents are known, and
// how many there are in all; nothing where it may stay as it is.
func living(tx *bbolt.Tx, bucket, b []byte) (live []index.Numbered, all int, err error) {
	contents := tx.Bucket(bucketContents)
	add := func(n uint32, s index.Sketch) {
		if all++; contents.Get(number(n)) != nil {
			live = append(live, index.Numbered{Number: n, Sketch: s})
		}
	}
	if string(bucket) == string(bucketFresh) {
		return live, all, each(b, add)
	}
	s, err := index.Open(b)
	if err != nil {
		return nil, 0, err
	}
	var columns []int
	for i := range s.Len() {
		if contents.Get(number(s.Number(i))) != nil {
			columns = append(columns, i)
		}
	}
	if mostly(len(columns), s.Len()) {
		return nil, 0, nil
	}
	for _, i := range columns {
		live = append(live, index.Numbered{Number: s.Number(i), Sketch: s.Sketch(i)})
	}
	return live, s.Len(), nil
}
