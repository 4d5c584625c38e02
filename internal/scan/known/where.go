package known

import (
	"bytes"
	"context"
	"crypto/md5"  //nolint:gosec // others name contents by it; what it finds is nothing but an answer
	"crypto/sha1" //nolint:gosec // so with this one
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	"golang.org/x/sys/unix"

	"candor"
)

// Hash is what somebody else knows a content by: an MD5, SHA-1 or SHA-256, by its
// length.
type Hash struct {
	Sum  []byte
	Size int64 // of the content; 0 if that is not known
}

// ParseHash reads a digest in hexadecimal. What is none of the three is
// candor.ErrInvalid.
func ParseHash(text string, size int64) (Hash, error) {
	if sum, ok := candor.HashSum(text); ok && size >= 0 {
		return Hash{sum, size}, nil
	}
	return Hash{}, fmt.Errorf("%.80q is no MD5, SHA-1 or SHA-256: %w", text, candor.ErrInvalid)
}

// kind is the place of its bucket among bucketsDigests; -1 for none.
func (h Hash) kind() int { return slices.Index([]int{md5.Size, sha1.Size, sha256.Size}, len(h.Sum)) }

// Place is where a content lies that was asked for.
type Place struct {
	Wanted int // which one of those that were asked for
	Path   string
	Size   int64
	Since  time.Time // when the content was first seen, anywhere on this machine
}

// Search says how Where works.
type Search struct {
	Threads int    // that read; one if 0
	Pace    func() // is called again and again, and may wait; may be nil
}

// Searched says what a question took.
type Searched struct {
	Contents int   // that had no digests before, and have them now
	Bytes    int64 // that were read for it
	Verified int64 // bytes that were read to be certain of places
	Unread   int   // contents and files that are there but cannot be read: what they hold is not known
}

// Where tells where contents lie that somebody asks for by another digest than the
// one that they are known by, in files as they were last looked at. It is paid when
// it is asked: the first question reads each content once, at one of its places, and
// those that follow read only what was learned since. If all that are wanted have a
// size, only contents of such a size are read. What was read stays known if ctx ends.
//
// What is told was compared as a whole. A file that holds something else by now is
// not told, nor what it holds if it was not looked at since; each file is told once.
// tell is called by one goroutine; its error ends the search and is returned. Those
// who ask at once wait for each other.
func (s *Store) Where(ctx context.Context, wanted []Hash, o Search, tell func(Place) error) (Searched, error) {
	for _, h := range wanted {
		if h.kind() < 0 {
			return Searched{}, fmt.Errorf("%x is no MD5, SHA-1 or SHA-256: %w", h.Sum, candor.ErrInvalid)
		}
	}
	select {
	case s.searching <- struct{}{}:
		defer func() { <-s.searching }()
	case <-ctx.Done():
		return Searched{}, ctx.Err()
	}
	w := &search{store: s, ctx: ctx, wanted: wanted, options: o, tell: tell, verified: map[uint32]digests{}, unread: map[uint32]bool{}}
	err := w.begin()
	if err == nil {
		err = w.digest()
	}
	if err == nil {
		err = w.find()
	}
	w.done.Unread = len(w.unread) + w.unreadable
	return w.done, err
}

// digests are those that contents are asked for by, as bucketsDigests has them.
type digests [3][]byte

// search is one question.
type search struct {
	store   *Store
	ctx     context.Context
	wanted  []Hash
	options Search
	tell    func(Place) error
	epoch   uint32

	lock       sync.Mutex // of what follows
	done       Searched
	has        []bool             // by number, which contents have digests
	unread     map[uint32]bool    // that cannot be read
	unreadable int                // files
	verified   map[uint32]digests // of contents that may be wanted
}

// errAnew says that all was begun anew while somebody searched.
var errAnew = fmt.Errorf("what is known was begun anew: %w", candor.ErrChanged)

// begin makes sure that digests are of the contents that are known, and says which
// have some.
func (w *search) begin() error {
	asked := func(tx *bbolt.Tx) bool { return toNumber(tx.Bucket(bucketMeta).Get(keyAsked)) == epoch(tx) }
	current := false
	err := w.store.db.View(func(tx *bbolt.Tx) error { current = asked(tx); return nil })
	if err == nil && !current {
		// This is the first question, or a program that knew of no digests began anew.
		err = w.store.db.Update(func(tx *bbolt.Tx) error {
			for _, name := range bucketsDigests {
				if err := tx.DeleteBucket(name); err != nil {
					return err
				}
				if _, err := tx.CreateBucket(name); err != nil {
					return err
				}
			}
			return tx.Bucket(bucketMeta).Put(keyAsked, number(epoch(tx)))
		})
	}
	if err != nil {
		return err
	}
	return w.store.db.View(func(tx *bbolt.Tx) error {
		if w.epoch = epoch(tx); !asked(tx) {
			return errAnew
		}
		w.has = make([]bool, tx.Bucket(bucketContents).Sequence()+1)
		return tx.Bucket(bucketsDigests[0]).ForEach(func(k, block []byte) error {
			if len(k) != sumPrefix+8 {
				return nil
			}
			for ; len(block) >= sumEntry; block = block[sumEntry:] {
				if n := toNumber(block[sumPrefix:sumEntry]); int(n) < len(w.has) {
					w.has[n] = true
				}
			}
			return nil
		})
	})
}

// fits tells whether something of a size is asked for.
func (w *search) fits(size int64) bool {
	return slices.ContainsFunc(w.wanted, func(h Hash) bool { return h.Size == 0 || h.Size == size })
}

// mostAtOnce bounds the files of a piece: of these nothing is held open or in a
// transaction while they are read.
const mostAtOnce = 4096

// pieces hands over the files that are wanted, about in the order in which they lie.
func (w *search) pieces(want func(Entry) bool, do func([]file) error) error {
	var after []byte
	for {
		var piece []file
		over := true
		err := w.store.db.View(func(tx *bbolt.Tx) error {
			if epoch(tx) != w.epoch {
				return errAnew
			}
			cursor := tx.Bucket(bucketDirectories).Cursor()
			k, b := cursor.Seek(after)
			if after != nil && bytes.Equal(k, after) {
				k, b = cursor.Next()
			}
			for ; k != nil; k, b = cursor.Next() {
				if len(piece) >= mostAtOnce {
					over = false
					break
				}
				after = slices.Clone(k)
				d, err := decodeDirectory(b)
				if err != nil {
					continue // it is looked at again
				}
				if !slices.ContainsFunc(d.Entries, want) || !liesAt(k, d.Path) {
					continue // of a folder that is gone another may have the path
				}
				for _, e := range d.Entries {
					if want(e) {
						piece = append(piece, file{filepath.Join(d.Path, e.Name), deviceOf(k), e})
					}
				}
				if err := w.ctx.Err(); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil && len(piece) > 0 {
			err = do(piece)
		}
		if err != nil || over {
			return err
		}
	}
}

// digest reads the contents that have no digests.
func (w *search) digest() error {
	return w.pieces(func(e Entry) bool {
		return e.Content != 0 && int(e.Content) < len(w.has) && !w.has[e.Content] && w.fits(e.Size)
	}, func(piece []file) error {
		var order []uint32
		at := map[uint32][]file{}
		for _, f := range piece {
			n := f.entry.Content
			if at[n] == nil {
				order = append(order, n)
			}
			at[n] = append(at[n], f)
		}
		fresh := map[uint32]digests{}
		for len(order) > 0 {
			n := 0 // what was read is kept now and then
			for size := int64(0); n < len(order) && size < mostUnkept; n++ {
				size += at[order[n]][0].entry.Size
			}
			w.readAll(order[:n], at, fresh)
			if err := w.keep(fresh); err != nil {
				return err
			}
			clear(fresh)
			if err := w.ctx.Err(); err != nil {
				return err
			}
			order = order[n:]
		}
		return nil
	})
}

// mostUnkept is about how many bytes are read until that is kept.
const mostUnkept = 256 << 20

// readAll reads contents, each at the first of its places where it is.
func (w *search) readAll(order []uint32, at map[uint32][]file, fresh map[uint32]digests) {
	var next atomic.Int64
	var readers sync.WaitGroup
	for range max(w.options.Threads, 1) {
		readers.Go(func() {
			r := new(rereader)
			for i := next.Add(1) - 1; int(i) < len(order) && w.ctx.Err() == nil; i = next.Add(1) - 1 {
				w.readOne(r, order[i], at[order[i]], fresh)
			}
		})
	}
	readers.Wait()
}

func (w *search) readOne(r *rereader, n uint32, places []file, fresh map[uint32]digests) {
	for i := range places {
		d, err := w.contentAt(r, n, &places[i])
		w.lock.Lock()
		if err == nil {
			fresh[n] = d
			delete(w.unread, n)
			w.done.Bytes += places[i].entry.Size
		} else if !gone(err) && w.ctx.Err() == nil {
			w.unread[n] = true
		}
		w.lock.Unlock()
		if err == nil || w.ctx.Err() != nil {
			return
		}
	}
}

// contentAt reads a content at a place where it was.
func (w *search) contentAt(r *rereader, n uint32, at *file) (d digests, err error) {
	w.pace()
	f, err := r.open(at.path, at.entry.Size)
	if err != nil {
		return d, err
	}
	defer f.close()
	if !at.same(&f.stat) {
		c, err := w.content(n)
		if err != nil || c == nil || !f.is(c.Sum) {
			return d, errors.Join(errOtherFile, err)
		}
	}
	return w.sums(f)
}

// content gives the record of a content; nil for none.
func (w *search) content(n uint32) (c *content, err error) {
	err = w.store.db.View(func(tx *bbolt.Tx) (err error) {
		if b := tx.Bucket(bucketContents).Get(number(n)); b != nil {
			c, err = decodeContent(b)
		}
		return err
	})
	return c, err
}

// gone tells whether there is no file of which something was wanted: it is no answer,
// and nothing is missing.
func gone(err error) bool {
	return errors.Is(err, errOtherFile) || errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP)
}

// slice is how much is read between two calls of Pace.
const slice = 4 << 20

func (w *search) pace() {
	if w.options.Pace != nil {
		w.options.Pace()
	}
}

// sums reads a file to its end. One that changes meanwhile is another.
func (w *search) sums(f *reread) (d digests, err error) {
	a, b, c := md5.New(), sha1.New(), sha256.New() //nolint:gosec // see above
	read := f.there(func() {
		for data := f.data; len(data) > 0 && w.ctx.Err() == nil; {
			part := data[:min(len(data), slice)]
			for _, h := range []interface{ Write([]byte) (int, error) }{a, b, c} {
				_, _ = h.Write(part) // it never fails
			}
			if data = data[len(part):]; len(data) > 0 {
				w.pace()
			}
		}
	})
	if err := w.ctx.Err(); err != nil {
		return d, err
	}
	if !read || f.changed() {
		return d, errOtherFile
	}
	return digests{a.Sum(nil), b.Sum(nil), c.Sum(nil)}, nil
}

// keep keeps the digests of contents, unless they were forgotten meanwhile.
func (w *search) keep(fresh map[uint32]digests) error {
	if len(fresh) == 0 {
		return nil
	}
	err := w.store.db.Update(func(tx *bbolt.Tx) error {
		if epoch(tx) != w.epoch {
			return errAnew
		}
		contents := tx.Bucket(bucketContents)
		for kind, name := range bucketsDigests {
			var entries [][]byte
			for n, d := range fresh {
				if contents.Get(number(n)) != nil {
					entries = append(entries, append(slices.Clone(d[kind][:sumPrefix]), number(n)...))
				}
			}
			slices.SortFunc(entries, bytes.Compare)
			if err := addSums(tx, name, slices.Concat(entries...)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep digests of contents: %w", err)
	}
	for n := range fresh {
		w.has[n] = true
	}
	w.done.Contents += len(fresh)
	return nil
}

// find tells the places of contents whose digests begin as those that are wanted.
func (w *search) find() error {
	hits := map[uint32]*content{}
	err := w.store.db.View(func(tx *bbolt.Tx) error {
		if epoch(tx) != w.epoch {
			return errAnew
		}
		contents := tx.Bucket(bucketContents)
		for _, h := range w.wanted {
			bucket := tx.Bucket(bucketsDigests[h.kind()])
			cursor := bucket.Cursor()
			for _, run := range runsOf(bucket) {
				reader := runReader{number: run.number}
				for n := range reader.with(cursor, h.Sum[:sumPrefix]) {
					if c, err := decodeContent(contents.Get(number(n))); err == nil && (h.Size == 0 || h.Size == c.Size) {
						hits[n] = c
					}
				}
			}
		}
		return nil
	})
	if err != nil || len(hits) == 0 {
		return err
	}
	r := new(rereader)
	return w.pieces(func(e Entry) bool { return hits[e.Content] != nil }, func(piece []file) error {
		for i := range piece {
			if err := w.tellOf(r, &piece[i], hits[piece[i].entry.Content]); err != nil {
				return err
			}
		}
		return nil
	})
}

// tellOf tells of a file if it holds what is wanted.
func (w *search) tellOf(r *rereader, at *file, c *content) error {
	d, err := w.holds(r, at)
	if w.ctx.Err() != nil {
		return w.ctx.Err()
	}
	if err != nil {
		if !gone(err) {
			w.unreadable++
		}
		return nil
	}
	for i, h := range w.wanted {
		if bytes.Equal(d[h.kind()], h.Sum) && (h.Size == 0 || h.Size == at.entry.Size) {
			if err := w.tell(Place{Wanted: i, Path: at.path, Size: at.entry.Size, Since: time.Unix(c.Since, 0).UTC()}); err != nil {
				return err
			}
		}
	}
	return nil
}

// holds gives the digests of a file. Of those that are as they were one of each
// content is read.
func (w *search) holds(r *rereader, at *file) (d digests, err error) {
	w.pace()
	f, err := lookAt(at.path, at.entry.Size)
	if err != nil {
		return d, err
	}
	same := at.same(&f.stat)
	if d, is := w.verified[at.entry.Content]; is && same {
		f.close()
		return d, nil
	}
	if err := r.load(f); err != nil {
		return d, err
	}
	defer f.close()
	if d, err = w.sums(f); err != nil {
		return d, err
	}
	w.done.Verified += at.entry.Size
	if same {
		w.verified[at.entry.Content] = d
	}
	return d, nil
}
