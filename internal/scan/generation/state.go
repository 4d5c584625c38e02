package generation

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"candor"
)

// state is what became of a generation.
type state struct {
	candor.Generation
	Marks map[string]string // by source: what it showed when it was collected
	Judge string            // by which measure it was judged
	Told  candor.GenerationState
}

func (u *Updater) state(id string) (state, error) {
	var s state
	if !digestWord.MatchString(id) {
		return s, os.ErrNotExist
	}
	err := readJSON(u.path(generationsDir, id, stateFile), &s)
	s.ID = id
	return s, err
}

func (u *Updater) setState(s state) error {
	if err := replaceJSON(u.path(generationsDir, s.ID, stateFile), s); err != nil {
		return unavailable("definitions", err)
	}
	return nil
}

// states gives all generations on disk that were judged, the last used first.
// One whose state cannot be read is damaged.
func (u *Updater) states() []state {
	entries, err := os.ReadDir(u.path(generationsDir))
	if err != nil {
		u.o.Log.Error("generations cannot be listed", "error", err)
	}
	var all []state
	for _, e := range entries {
		if s, err := u.state(e.Name()); err == nil {
			all = append(all, s)
		} else {
			u.damage(e.Name(), err)
		}
	}
	slices.SortFunc(all, func(a, b state) int {
		if c := b.Used.Compare(a.Used); c != 0 {
			return c
		}
		return b.Made.Compare(a.Made)
	})
	return all
}

// pointer says which generation is in use.
type pointer struct {
	ID     string    `json:"id"`
	Pinned bool      `json:"pinned,omitempty"`
	Since  time.Time `json:"since"`
}

func (u *Updater) pointer() pointer {
	var p pointer
	if err := readJSON(u.path(currentFile), &p); err != nil && !errors.Is(err, os.ErrNotExist) {
		u.damage(currentFile, err)
		return pointer{}
	}
	return p
}

func (u *Updater) setPointer(p pointer) error {
	if err := replaceJSON(u.path(currentFile), p); err != nil {
		return unavailable("definitions", err)
	}
	return nil
}

// tell makes known what has not been: to the records, and then to OnChange.
// The one in use comes last, so that there never seem to be two.
func (u *Updater) tell(ctx context.Context) error {
	all := u.states()
	slices.SortStableFunc(all, func(a, b state) int {
		return boolOrder(a.State == candor.GenerationActive) - boolOrder(b.State == candor.GenerationActive)
	})
	var failed error
	for _, s := range all {
		if s.Told == s.State || s.State == "" {
			continue
		}
		err := u.o.Records.SetGeneration(ctx, s.Generation)
		if err == nil && s.State != candor.GenerationRetired {
			err = u.o.OnChange(ctx, s.Generation)
		}
		if err == nil {
			s.Told = s.State
			err = u.setState(s)
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

func boolOrder(b bool) int {
	if b {
		return 1
	}
	return 0
}
