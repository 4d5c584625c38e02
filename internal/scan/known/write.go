package known

import (
	"bytes"
	"errors"
	"maps"
	"slices"

	"go.etcd.io/bbolt"

	"candor/internal/scan/index"
)

// How many bytes wait to be written, and how many of files: where there is little
// to learn but them, they are written while the scan goes on, not at its end.
const (
	mostPending = 16 << 20
	mostListed  = 2 << 20
)

// Flush writes what was learned.
func (x *Session) Flush() error {
	x.lock.Lock()
	defer x.lock.Unlock()
	x.spill(true)
	x.settle()
	return x.err
}

// Close writes what was learned last.
func (x *Session) Close() error { return x.Flush() }

// spill has what was learned written, beside the scan. If more is on its way
// already it waits only if it is asked to, or if much has gathered.
func (x *Session) spill(wait bool) {
	if x.written != nil && !wait && x.size+x.listed < 2*mostPending {
		return
	}
	x.settle()
	pending, paths := x.pending, x.paths
	x.pending, x.paths, x.size, x.listed = map[Sum]*learned{}, map[string]*Directory{}, 0, 0
	if x.err != nil || len(pending)+len(paths) == 0 {
		return
	}
	done := make(chan struct{})
	x.writing, x.written = pending, done
	go func() {
		err := x.write(pending, paths)
		x.lock.Lock()
		defer x.lock.Unlock()
		x.err, x.writing, x.written = errors.Join(x.err, err), nil, nil
		close(done)
	}()
}

// settle waits until nothing is on its way into the file.
func (x *Session) settle() {
	for x.written != nil {
		done := x.written
		x.lock.Unlock()
		<-done
		x.lock.Lock()
	}
}

func (x *Session) write(pending map[Sum]*learned, paths map[string]*Directory) error {
	x.store.lock.Lock()
	late := x.store.closing[x.generation]
	x.store.lock.Unlock()
	if late {
		return nil
	}
	return x.store.db.Update(func(tx *bbolt.Tx) error {
		if lifted(tx)[x.generation] != 0 || epoch(tx) != x.epoch {
			return nil // revisited or begun anew meanwhile: what was learned under it is looked at again
		}
		if err := writeContents(tx, pending); err != nil {
			return err
		}
		contents, lost := tx.Bucket(bucketContents), loss(tx) != x.loss
		for _, key := range slices.Sorted(maps.Keys(paths)) {
			d := paths[key]
			d.Entries = slices.DeleteFunc(d.Entries, func(e Entry) bool {
				return e.Content == 0 || lost && contents.Get(number(e.Content)) == nil
			})
			if err := tx.Bucket(bucketDirectories).Put([]byte(key), d.append(nil)); err != nil {
				return err
			}
		}
		return nil
	})
}

// full is how full pages are left to which nothing is added in between.
const full = 0.9

// writeContents writes contents in the order of their digests: what bbolt is
// given in order it need not move about.
func writeContents(tx *bbolt.Tx, pending map[Sum]*learned) error {
	contents, have := tx.Bucket(bucketContents), sumsOf(tx)
	defer have.done()
	contents.FillPercent = full
	fresh := map[int]*batch{}
	var entries []byte
	for _, sum := range slices.SortedFunc(maps.Keys(pending), func(a, b Sum) int { return bytes.Compare(a[:], b[:]) }) {
		l := pending[sum]
		n, record := l.number, l.record
		is, c := have.find(sum)
		switch {
		case c != nil:
			if n == 0 { // another session learned it meanwhile
				record.Since = min(record.Since, c.Since)
			}
			n = is
		case n != 0:
			continue // it was forgotten meanwhile
		default:
			next, err := contents.NextSequence()
			if err != nil {
				return err
			}
			if next >= 1<<32 {
				return errors.New("too many contents")
			}
			n = uint32(next)
			entries = appendSum(entries, sum, n)
		}
		if err := contents.Put(number(n), record.append(nil)); err != nil {
			return err
		}
		if c == nil && l.sketch != nil {
			s, err := index.Decode(l.sketch)
			if err != nil {
				return err
			}
			if fresh[s.Group()] == nil {
				fresh[s.Group()] = &batch{}
			}
			fresh[s.Group()].add(n, s)
		}
		for _, use := range l.users {
			use(n)
		}
	}
	for group, b := range fresh {
		if err := b.keep(tx, group); err != nil {
			return err
		}
	}
	return addSums(tx, bucketSums, entries)
}
