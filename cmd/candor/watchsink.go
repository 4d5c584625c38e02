package main

import (
	"errors"
	"sync"

	"candor"
	"candor/internal/scan"
	"candor/internal/scan/output"
)

// watchSink writes what looks find, for a change or for an open. It is safe for
// concurrent use.
type watchSink struct {
	lock     sync.Mutex
	writer   output.Writer
	told     map[sighting]bool // whether for an open
	files    map[sighting]bool // with findings, and with what was not read; without rules
	counts   struct{ findings, flagged, unread int64 }
	vanished int64 // failures of what was gone, or changed, before it could be read
}

// sighting is what was found in a content at a place.
type sighting struct{ path, sha256, rule, inside string }

// mostTold is of how many findings it is remembered that they were told.
const mostTold = 10_000

func newWatchSink(w output.Writer) *watchSink {
	return &watchSink{writer: w, told: map[sighting]bool{}, files: map[sighting]bool{}}
}

// Finding implements scan.Sink. What an open had found already is not told
// again.
func (s *watchSink) Finding(f candor.Finding) error { return s.tell(f, false) }

// Opened writes what a look at an open found, unless it was told before.
func (s *watchSink) Opened(all []candor.Finding) error {
	for _, f := range all {
		if err := s.tell(f, true); err != nil {
			return err
		}
	}
	return nil
}

func (s *watchSink) tell(f candor.Finding, open bool) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	if len(s.told) >= mostTold {
		clear(s.told)
		clear(s.files)
	}
	key := sighting{f.Path, f.SHA256, f.Rule, f.Inside}
	byOpen, was := s.told[key]
	if s.told[key] = open; was && (open || byOpen) {
		return nil
	}
	s.count(f)
	return s.writer.Finding(f)
}

func (s *watchSink) count(f candor.Finding) {
	kind, of := "", &s.counts.flagged
	if f.IsUnread() {
		kind, of = "unread", &s.counts.unread
	} else {
		s.counts.findings++
	}
	if file := (sighting{f.Path, f.SHA256, kind, ""}); !s.files[file] {
		s.files[file] = true
		*of++
	}
}

// Failure implements scan.Sink. What is gone again, or changes again, is no
// failure: each change is told.
func (s *watchSink) Failure(f scan.Failure) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	if errors.Is(f.Err, candor.ErrNotFound) || errors.Is(f.Err, candor.ErrChanged) {
		s.vanished++
		return nil
	}
	return s.writer.Failure(f)
}
