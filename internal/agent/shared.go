package agent

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"candor/internal/fleet/wire"
	"candor/internal/scan/known"
)

// shared are contents that others found to be clean: a sorted list, fetched
// before scans, so that no file waits for the network. It is in memory only
// while scans go on.
type shared struct {
	dir    string
	count  atomic.Int64
	spared atomic.Int64

	list atomic.Pointer[sharedList] // does not change

	lock  sync.Mutex
	under string
	told  map[known.Sum]bool // found to be clean here, to be told
}

// sharedList is what is kept in the file.
type sharedList struct {
	Under  string      `json:"under"`
	Number int64       `json:"number"`
	Digest string      `json:"digest"`
	Sums   []known.Sum `json:"-"`
}

// Bounds: 32 MB, and 8 MB until they are told.
const (
	mostShared = 1 << 20
	mostTold   = 1 << 18
	overlap    = 10 * 60 * 1_000_000 // microseconds: what came late by that much is not missed
)

func (s *shared) len() int { return int(s.count.Load()) }

// Clean implements known.Others.
func (s *shared) Clean(sum known.Sum) bool {
	_, ok := slices.BinarySearchFunc(s.now().Sums, sum, compare)
	if ok {
		s.spared.Add(1)
	}
	return ok
}

// now gives the list.
func (s *shared) now() sharedList {
	if l := s.list.Load(); l != nil {
		return *l
	}
	return sharedList{}
}

func compare(a, b known.Sum) int { return slices.Compare(a[:], b[:]) }

// Tell implements known.Others.
func (s *shared) Tell(sum known.Sum) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.told != nil && len(s.told) < mostTold {
		s.told[sum] = true
	}
}

func (s *shared) file() string { return filepath.Join(s.dir, "shared.json") }

// open reads the list that is kept, if it holds under these definitions.
func (s *shared) open(under string) {
	s.lock.Lock()
	s.under, s.told = under, map[known.Sum]bool{}
	s.lock.Unlock()
	s.list.Store(&sharedList{Under: under})
	var kept sharedList
	if load(s.file(), &kept) != nil || kept.Under != under {
		return
	}
	flat, err := os.ReadFile(s.file() + ".sums")
	if err != nil || len(flat)%len(known.Sum{}) != 0 {
		return
	}
	for ; len(flat) > 0; flat = flat[len(known.Sum{}):] {
		kept.Sums = append(kept.Sums, known.Sum(flat))
	}
	if slices.IsSortedFunc(kept.Sums, compare) {
		s.list.Store(&kept)
	}
	s.count.Store(int64(len(s.now().Sums)))
}

// keep writes the list: the contents first, so that a place in it is never
// ahead of them.
func (s *shared) keep() error {
	list := s.now()
	flat := make([]byte, 0, len(list.Sums)*len(known.Sum{}))
	for i := range list.Sums {
		flat = append(flat, list.Sums[i][:]...)
	}
	fresh := s.file() + ".sums.new"
	if err := os.Remove(s.file()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.WriteFile(fresh, flat, 0o600); err != nil {
		return err
	}
	if err := os.Rename(fresh, s.file()+".sums"); err != nil {
		return err
	}
	return replace(s.file(), list)
}

// close lets go of the memory.
func (s *shared) close() {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.list.Store(nil)
	s.told = nil
}

// share fetches what others found to be clean under the definitions of t, for
// those who use them. Without a node they use what was fetched before.
func (a *Agent) share(ctx context.Context, t *tools) {
	if t.session == nil {
		return
	}
	s := a.shared
	list := s.now()
	list.Sums = slices.Clip(list.Sums) // others read it: what is added goes into a copy
	at := wire.Believed{Number: max(list.Number-overlap, 0)}
	if at.Number == 0 {
		at.Digest = ""
	}
	fresh := 0
	for ctx.Err() == nil && len(list.Sums) < mostShared {
		q := url.Values{"under": {list.Under}, "number": {strconv.FormatInt(at.Number, 10)}, "digest": {at.Digest}}
		r, err := a.link.send(ctx, http.MethodGet, wire.Verdicts+"?"+q.Encode(), nil)
		if err != nil {
			break
		}
		at = wire.Believed{}
		err = decode(r, &at)
		r.Body.Close()
		if err != nil {
			break
		}
		for _, d := range at.Digests {
			if b, err := hex.DecodeString(d); err == nil && len(b) == len(known.Sum{}) {
				list.Sums = append(list.Sums, known.Sum(b))
				fresh++
			}
		}
		list.Number, list.Digest = at.Number, at.Digest
		if !at.More {
			break
		}
	}
	if fresh > 0 {
		slices.SortFunc(list.Sums, compare)
		list.Sums = slices.Compact(list.Sums)
	}
	s.list.Store(&list)
	if s.count.Store(int64(len(list.Sums))); fresh > 0 {
		if err := s.keep(); err != nil {
			a.Log.Warn("what others found to be clean is fetched again next time", "error", err)
		}
	}
}

// tell says what was found to be clean. What no node hears is not said again:
// it costs others a little.
func (a *Agent) tell(ctx context.Context) {
	s := a.shared
	a.lock.Lock()
	a.spared += s.spared.Swap(0)
	a.lock.Unlock()
	s.lock.Lock()
	all := make([]string, 0, len(s.told))
	for sum := range s.told {
		all = append(all, hex.EncodeToString(sum[:]))
	}
	under := s.under
	s.told = map[known.Sum]bool{}
	s.lock.Unlock()
	slices.Sort(all)
	for part := range slices.Chunk(all, wire.MostDigests) {
		if err := a.link.ask(ctx, wire.Verdicts, wire.Claim{Under: under, Digests: part}, nil); err != nil {
			a.Log.Info("what was found to be clean is not told to others", "error", err)
			return
		}
	}
}
