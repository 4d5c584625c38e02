package known

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	"golang.org/x/sys/unix"

	"candor/engine"
)

// Late is a content that was looked at before and that rules match which are
// new: what was said of it then is overturned.
type Late struct {
	Rules  []*engine.Rule // the new ones that match
	Paths  []string       // where it lies, as far as is known
	Since  time.Time      // when it was first seen
	Clean  bool           // nothing matched before
	SHA256 [32]byte       // of the content
	Size   int64          // bytes
}

// Revisited says what a revisit took.
type Revisited struct {
	Rules      int   // that are new
	Contents   int   // that are known
	Candidates int   // that may match
	Read       int   // that were read
	Bytes      int64 // of these
	Late       int   // that do match
}

// Revisit asks the rules of the session's generation that are new of all
// contents that are known, and tells of those that match. Then what is known
// holds under the generation, as after a look at everything; if it fails or ctx
// ends, it is as before.
//
// What a rule says of a content beside the file that holds it (its name, the
// time) is not settled here: such a content is looked at again where it lies.
func (x *Session) Revisit(ctx context.Context, tell func(Late) error) (Revisited, error) {
	v := &revisit{Session: x, ctx: ctx, tell: tell, settled: map[uint32]*content{}}
	stale, fresh, err := v.stale()
	if err != nil || len(stale) == 0 {
		return v.done, err
	}
	x.store.close(stale)
	defer x.store.reopen(stale)
	if v.done.Rules = len(fresh); len(fresh) > 0 {
		if err := v.look(fresh); err != nil {
			return v.done, fmt.Errorf("revisit what is known: %w", err)
		}
	}
	if err := v.commit(stale); err != nil {
		return v.done, fmt.Errorf("revisit what is known: %w", err)
	}
	return v.done, nil
}

func (s *Store) close(generations []uint32) {
	s.lock.Lock()
	defer s.lock.Unlock()
	for _, g := range generations {
		s.closing[g] = true
	}
}

func (s *Store) reopen(generations []uint32) {
	s.lock.Lock()
	defer s.lock.Unlock()
	for _, g := range generations {
		delete(s.closing, g)
	}
}

type revisit struct {
	*Session
	prints  map[*engine.Rule]engine.Fingerprint // of the rules that are looked for
	ctx     context.Context
	tell    func(Late) error
	lock    sync.Mutex // of what follows
	done    Revisited
	settled map[uint32]*content // candidates whose verdicts changed; of one without verdicts nothing is known
}

// stale gives the generations whose verdicts do not hold, and the rules that at
// least one of them did not have.
func (v *revisit) stale() (stale []uint32, fresh map[engine.Fingerprint]bool, err error) {
	fresh = map[engine.Fingerprint]bool{}
	err = v.store.db.View(func(tx *bbolt.Tx) error {
		v.Session.lifted = lifted(tx)
		return tx.Bucket(bucketGenerations).ForEach(func(k, prints []byte) error {
			g := toNumber(k)
			if v.holds(g) || v.lifted[g] != 0 {
				return nil
			}
			stale = append(stale, g)
			had := map[engine.Fingerprint]bool{}
			for ; len(prints) >= len(engine.Fingerprint{}); prints = prints[len(engine.Fingerprint{}):] {
				had[engine.Fingerprint(prints)] = true
			}
			for f := range v.rules {
				if !had[f] {
					fresh[f] = true
				}
			}
			return nil
		})
	})
	return stale, fresh, err
}

func (v *revisit) look(fresh map[engine.Fingerprint]bool) error {
	query, err := queryOf(v.compiled, fresh)
	if err != nil {
		return err
	}
	candidates, err := v.candidates(query)
	if err != nil || len(candidates) == 0 {
		return err
	}
	places, order, err := v.places(candidates)
	if err != nil {
		return err
	}
	rules, err := v.compiled.Only(func(f engine.Fingerprint) bool { return fresh[f] })
	if err != nil {
		return err
	}
	v.prints = map[*engine.Rule]engine.Fingerprint{}
	all := rules.All()
	for i, f := range rules.Fingerprints() {
		v.prints[all[i]] = f
	}
	return v.judgeAll(rules, candidates, places, order)
}

// judgeAll has all candidates judged, one a processor at a time, about in the
// order in which they lie.
func (v *revisit) judgeAll(rules *engine.Rules, candidates map[uint32]bool, places map[uint32][]file, order []uint32) error {
	ctx, cancel := context.WithCancelCause(v.ctx)
	defer cancel(nil)
	var next atomic.Int64
	var judges sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		judges.Go(func() {
			j := &judge{revisit: v, scanner: rules.NewScanner(engine.ScanOptions{})}
			if v.opening.Open != nil {
				j.inside = v.opening.Open()
			}
			for i := next.Add(1) - 1; int(i) < len(order) && ctx.Err() == nil; i = next.Add(1) - 1 {
				if err := j.judge(order[i], places[order[i]], candidates[order[i]]); err != nil {
					cancel(err)
				}
			}
		})
	}
	judges.Wait()
	return context.Cause(ctx)
}

// judge looks at candidates, one after another.
type judge struct {
	*revisit
	scanner *engine.Scanner
	inside  Opener // nil if nothing is opened
	rereader
}

// file is a file that had a content.
type file struct {
	path   string
	device uint64
	entry  Entry
}

// same tells whether the file is as it was, and so has the content still.
func (f *file) same(st *unix.Stat_t) bool {
	return f.device == st.Dev && f.entry.Same(st.Ino, st.Size, st.Mtim.Nano(), st.Ctim.Nano())
}

// places says where contents lie, and gives them in that order.
func (v *revisit) places(of map[uint32]bool) (all map[uint32][]file, order []uint32, err error) {
	all = make(map[uint32][]file, len(of))
	err = v.store.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketDirectories).ForEach(func(k, b []byte) error {
			d, err := decodeDirectory(b)
			if err != nil {
				return nil //nolint:nilerr // it is looked at again
			}
			for _, e := range d.Entries {
				if _, is := of[e.Content]; !is {
					continue
				}
				at := all[e.Content]
				if at == nil {
					order = append(order, e.Content)
				}
				all[e.Content] = append(at, file{filepath.Join(d.Path, e.Name), deviceOf(k), e})
			}
			return v.ctx.Err()
		})
	})
	for n := range of {
		if all[n] == nil {
			order = append(order, n)
		}
	}
	return all, order, err
}

// judge has the new rules look at a candidate, and at what may lie inside.
func (j *judge) judge(n uint32, places []file, inside bool) error {
	var c *content
	err := j.store.db.View(func(tx *bbolt.Tx) (err error) {
		if b := tx.Bucket(bucketContents).Get(number(n)); b != nil {
			c, err = decodeContent(b)
		}
		return err
	})
	if err != nil || c == nil {
		return err
	}
	for i := range places {
		if done, err := j.judgeAt(n, c, places, i, inside); done || err != nil {
			return err
		}
	}
	j.lock.Lock()
	defer j.lock.Unlock()
	j.forget(n, c)
	return nil
}

// judgeAt looks at a candidate at one of the places where it was. A file that is as
// it was has it still, as for a scan; of others, and of what matches, the digest
// tells. done is false if it is not there.
func (j *judge) judgeAt(n uint32, c *content, places []file, at int, inside bool) (done bool, err error) {
	f, err := j.open(places[at].path, c.Size)
	if err != nil {
		return false, nil //nolint:nilerr // it is gone
	}
	defer f.close()
	same := places[at].same(&f.stat)
	if !same && !f.is(c.Sum) {
		return false, nil
	}
	matched, placed, err := j.scan(f.data, places[at].path, inside)
	switch {
	case j.ctx.Err() != nil:
		return true, j.ctx.Err()
	case same && (f.changed() || len(matched) > 0 && !f.is(c.Sum)):
		return false, nil
	}
	var digest [32]byte
	if len(matched) > 0 && !f.there(func() { digest = sha256.Sum256(f.data) }) {
		return false, nil
	}
	j.lock.Lock()
	defer j.lock.Unlock()
	j.done.Read, j.done.Bytes = j.done.Read+1, j.done.Bytes+c.Size
	if err != nil || placed {
		j.forget(n, c)
	}
	if err != nil || len(matched) == 0 {
		return true, nil //nolint:nilerr // it is looked at again
	}
	return true, j.late(n, c, matched, places, digest)
}

// forget has a content looked at where it is met again.
func (v *revisit) forget(n uint32, c *content) {
	unknown := *c
	unknown.Verdicts = nil
	v.settled[n] = &unknown
}

// late tells of a content that new rules match.
func (v *revisit) late(n uint32, c *content, matched []*engine.Rule, places []file, digest [32]byte) error {
	late := Late{Since: time.Unix(c.Since, 0).UTC(), Clean: true, SHA256: digest, Size: c.Size}
	for i := range places {
		late.Paths = append(late.Paths, places[i].path)
	}
	var prints []engine.Fingerprint
	for _, r := range matched {
		f := v.prints[r]
		late.Rules, prints = append(late.Rules, v.rules[f]), append(prints, f)
	}
	for _, old := range c.Verdicts {
		late.Clean = late.Clean && len(old.Rules) == 0
	}
	if v.settled[n] == nil {
		changed := *c
		changed.Verdicts = nil
		for _, old := range c.Verdicts {
			old.Rules = append(slices.Clone(old.Rules), prints...)
			slices.SortFunc(old.Rules, func(a, b engine.Fingerprint) int { return bytes.Compare(a[:], b[:]) })
			old.Rules = slices.Compact(old.Rules)
			changed.Verdicts = append(changed.Verdicts, old)
		}
		v.settled[n] = &changed
	}
	v.done.Late++
	return v.tell(late)
}

// scan has a content matched, and what lies inside. What goes wrong, as where
// somebody shortens a file that is mapped, is an error of it alone. placed says
// that more than the content had a say.
func (j *judge) scan(data []byte, path string, inside bool) (matched []*engine.Rule, placed bool, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the matcher failed on this content: %v", r)
		}
	}()
	match := func(content []byte) error {
		matches, err := j.scanner.Scan(content, engine.File{Name: path})
		names, clock := j.scanner.Consulted()
		placed = placed || len(names) > 0 || clock
		for _, m := range matches {
			if !slices.Contains(matched, m.Rule) {
				matched = append(matched, m.Rule)
			}
		}
		return err
	}
	if err = match(data); err == nil && inside && j.inside != nil {
		err = j.inside(j.ctx, filepath.Base(path), data, match)
	}
	return matched, placed, err
}

// commit writes what is settled, has files look at the records of contents that
// changed, and lifts the generations.
func (v *revisit) commit(stale []uint32) error {
	return v.store.db.Update(func(tx *bbolt.Tx) error {
		contents, directories := tx.Bucket(bucketContents), tx.Bucket(bucketDirectories)
		if epoch(tx) != v.epoch {
			return nil // all is begun anew
		}
		for n, c := range v.settled {
			// A session of this generation may have looked at it meanwhile.
			b := contents.Get(number(n))
			if b == nil {
				continue // forgotten meanwhile
			}
			now, err := decodeContent(b)
			if err != nil {
				return err
			}
			for _, w := range now.Verdicts {
				if w.Generation == v.generation {
					c.Verdicts = slices.DeleteFunc(c.Verdicts, w.same)
					c.Verdicts = append(c.Verdicts, w)
				}
			}
			if err := contents.Put(number(n), c.append(nil)); err != nil {
				return err
			}
		}
		if len(v.settled) > 0 {
			if err := v.mark(directories); err != nil {
				return err
			}
		}
		for _, g := range stale {
			err := errors.Join(tx.Bucket(bucketLifted).Put(number(g), number(v.generation)), tx.Bucket(bucketGenerations).Delete(number(g)))
			if err != nil {
				return err
			}
		}
		v.Session.lifted = lifted(tx)
		return nil
	})
}

// mark has entries of contents that are settled look at their records.
func (v *revisit) mark(directories *bbolt.Bucket) error {
	changed := map[string][]byte{}
	err := directories.ForEach(func(k, b []byte) error {
		d, err := decodeDirectory(b)
		if err != nil {
			return nil //nolint:nilerr // it is looked at again
		}
		touched := false
		for i, e := range d.Entries {
			if v.settled[e.Content] != nil && e.Flags&Look == 0 {
				d.Entries[i].Flags |= Look
				touched = true
			}
		}
		if touched {
			changed[string(k)] = d.append(nil)
		}
		return nil
	})
	for k, b := range changed {
		err = errors.Join(err, directories.Put([]byte(k), b))
	}
	return err
}
