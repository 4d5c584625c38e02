//go:build cgo && duckdb

package duckdb

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"candor/internal/flow/archive"
)

// folders knows what files there are. It reads a folder again only when it
// changed, whoever changed it. It is safe for concurrent use.
type folders struct {
	dir  string
	wall func() time.Time // the clock that the file system tells times by

	mu    sync.Mutex
	tiers map[archive.Tier]*shelf
	held  catalogue
	made  int // reads that held is of
	reads int // folders of hours that were read, or that went
}

// shelf is the folder of a tier.
type shelf struct {
	known time.Time // that it was changed last, if what was read then can be relied on
	hours []hours
	all   []file
}

// hours is the folder of an hour.
type hours struct {
	hour  time.Time
	name  string
	known time.Time
	files []file
}

func newFolders(dir string) *folders {
	return &folders{dir: dir, wall: time.Now, tiers: map[archive.Tier]*shelf{}, made: -1}
}

// racy is for how long a folder that was changed is read at each question: file
// systems tell times in steps, so another change may have the same.
const racy = 3 * time.Second

// changed tells when a folder was changed, and whether that can be relied on.
func (s *folders) changed(name string) (at time.Time, reliable bool, err error) {
	now := s.wall()
	st, err := os.Stat(name)
	if err != nil {
		return at, false, err
	}
	return st.ModTime(), now.Sub(st.ModTime()) > racy, nil
}

// list gives the files of a tier by hour and batch, which nobody changes. Some may
// be covered by others.
func (s *folders) list(tier archive.Tier) ([]file, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.look(tier)
}

func (s *folders) look(tier archive.Tier) ([]file, error) {
	t := s.tiers[tier]
	if t == nil {
		t = &shelf{}
		s.tiers[tier] = t
	}
	before := s.reads
	if err := s.open(tier, t); err != nil {
		return nil, err
	}
	for i := range t.hours {
		if err := s.read(tier, &t.hours[i]); err != nil {
			return nil, err
		}
	}
	if s.reads != before {
		t.all = nil
		for _, h := range t.hours {
			t.all = append(t.all, h.files...)
		}
	}
	return t.all, nil
}

// open finds the folders of hours.
func (s *folders) open(tier archive.Tier, t *shelf) error {
	name := filepath.Join(s.dir, string(tier))
	at, reliable, err := s.changed(name)
	if errors.Is(err, fs.ErrNotExist) {
		if len(t.hours) > 0 {
			s.reads++
		}
		*t = shelf{}
		return nil
	}
	if err != nil || at.Equal(t.known) {
		return err
	}
	entries, err := os.ReadDir(name)
	if err != nil {
		return err
	}
	var all []hours
	for _, e := range entries {
		if hour, err := time.Parse(hourForm, e.Name()); err == nil { // others are not ours
			all = append(all, hours{hour: hour, name: e.Name()})
		}
	}
	for i := range all {
		if n, ok := slices.BinarySearchFunc(t.hours, all[i].name, func(h hours, name string) int { return cmp.Compare(h.name, name) }); ok {
			all[i] = t.hours[n]
		}
	}
	t.hours, t.known = all, time.Time{}
	if reliable {
		t.known = at
	}
	s.reads++
	return nil
}

// read reads the folder of an hour, if it changed.
func (s *folders) read(tier archive.Tier, h *hours) error {
	name := filepath.Join(s.dir, string(tier), h.name)
	at, reliable, err := s.changed(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if len(h.files) > 0 {
			s.reads++
		}
		h.files, h.known = nil, time.Time{}
		return nil
	case err != nil || at.Equal(h.known):
		return err
	}
	entries, err := os.ReadDir(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	h.files, h.known = nil, time.Time{}
	for _, e := range entries {
		f, ok := parseFile(tier, h.hour, e.Name())
		if !ok {
			continue
		}
		st, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // it went meanwhile
		}
		if err != nil {
			return err
		}
		f.size = st.Size()
		h.files = append(h.files, f)
	}
	slices.SortFunc(h.files, func(a, b file) int { return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(b.last, a.last)) })
	if reliable {
		h.known = at
	}
	s.reads++
	return nil
}
