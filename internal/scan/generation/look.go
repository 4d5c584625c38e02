package generation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"candor"
	"candor/internal/scan/starter"
)

// sourceState is how a source stands, and what is kept of it.
type sourceState struct {
	Location     string    `json:"location"`
	File         string    `json:"file,omitempty"` // the last good copy
	Digest       string    `json:"sha256,omitempty"`
	ETag         string    `json:"etag,omitempty"`
	LastModified string    `json:"last_modified,omitempty"`
	Checked      time.Time `json:"checked,omitzero"`
	Succeeded    time.Time `json:"succeeded,omitzero"`
	Changed      time.Time `json:"changed,omitzero"`
	Fresh        time.Time `json:"fresh,omitzero"` // when its content was known to be current
	Mark         string    `json:"mark,omitempty"`
	Error        string    `json:"error,omitempty"`
}

func readSources(name string) map[string]sourceState {
	all := map[string]sourceState{}
	if err := readJSON(name, &all); err != nil || all == nil {
		return map[string]sourceState{} // what is lost here, the next check finds out again
	}
	return all
}

// look asks each source what it shows now, which is cheap where nothing is
// new, and gives the errors of those that cannot be asked.
func (u *Updater) look(ctx context.Context) (map[string]sourceState, map[string]error) {
	states, failures := map[string]sourceState{}, map[string]error{}
	for _, s := range u.o.Sources {
		st := u.source(s)
		next, err := u.lookAt(ctx, s, st)
		now := u.o.Clock().UTC()
		next.Checked = now
		if err != nil {
			st.Checked, st.Error = now, err.Error()
			states[s.Name], failures[s.Name] = st, err
			continue
		}
		if next.Mark != st.Mark {
			next.Changed = now
		}
		next.Succeeded, next.Error = now, ""
		states[s.Name] = next
	}
	return states, failures
}

func (u *Updater) source(s Source) sourceState {
	u.health.Lock()
	defer u.health.Unlock()
	st := u.sources[s.Name]
	if st.Location != s.Location() {
		return sourceState{Location: s.Location()}
	}
	return st
}

func (u *Updater) lookAt(ctx context.Context, s Source, st sourceState) (sourceState, error) {
	switch s.Kind {
	case Starter:
		st.Mark, st.Fresh = starterMark(), u.o.Clock().UTC()
	case Web:
		next, err := u.fetch(ctx, s, st)
		if err != nil {
			return st, err
		}
		st, st.Mark, st.Fresh = next, next.Digest, u.o.Clock().UTC()
	default:
		all, err := survey(s.Path, s.Kind != FreshClam)
		if err != nil {
			return st, err
		}
		st.Mark, st.Fresh = mark(all), u.o.Clock().UTC()
		if s.Kind == FreshClam { // a freshclam that died leaves its folder readable
			st.Fresh = newest(all)
		}
	}
	return st, nil
}

func starterMark() string {
	h := sha256.New()
	for _, s := range starter.Sources() {
		h.Write([]byte(s.Name))
		h.Write(s.Data)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// setSources keeps how the sources stand, and removes copies that are no
// longer the last good ones.
func (u *Updater) setSources(states map[string]sourceState, failures map[string]error) error {
	used := map[string]bool{}
	for name, st := range states {
		if err := failures[name]; err != nil {
			st.Error = err.Error()
			states[name] = st
		}
		used[st.File] = true
	}
	u.health.Lock()
	u.sources, u.checkedAt = states, u.o.Clock().UTC()
	u.health.Unlock()
	if err := replaceJSON(u.path(sourcesFile), states); err != nil {
		return unavailable("definitions", err)
	}
	entries, _ := os.ReadDir(u.path(webDir)) // what stays, the next check removes
	for _, e := range entries {
		if !used[e.Name()] {
			_ = os.Remove(u.path(webDir, e.Name()))
		}
	}
	return nil
}

// gather fills the section with what the source has, and gives the mark of
// what was gathered.
func (u *Updater) gather(ctx context.Context, s Source, st sourceState, sec *section) (string, error) {
	switch s.Kind {
	case Starter:
		for _, r := range starter.Sources() {
			if err := sec.add(path.Base(r.Name), strings.NewReader(string(r.Data))); err != nil {
				return "", err
			}
		}
		return st.Mark, nil
	case Web:
		return st.Mark, u.gatherWeb(ctx, s, st, sec)
	}
	marked, err := sec.copyFolder(ctx, s.Path, s.Kind)
	if err == nil && len(sec.entries) == 0 {
		err = candor.WithHint(errors.Join(errEmpty, candor.ErrNotFound), "Definitions are told apart by the extensions of their files.")
	}
	return marked, err
}

var errEmpty = errors.New("there are no definitions in it")

func (u *Updater) gatherWeb(ctx context.Context, s Source, st sourceState, sec *section) error {
	f, err := os.Open(u.path(webDir, st.File))
	if err != nil {
		return unavailable("definitions", err)
	}
	defer f.Close()
	form := formatOf(s)
	dir, err := u.temporary()
	if err != nil {
		return err
	}
	defer discard(dir)
	if isDefinitions(form) {
		// A name of its own, so that both ways are one: as if it were a folder.
		address, err := url.Parse(s.URL)
		if err != nil {
			return plain(err)
		}
		if _, err := write(filepath.Join(dir, "x", path.Base(address.Path)), f, &budget{s.MaxBytes, 1}); err != nil {
			return err
		}
	} else if err := open(f, form, filepath.Join(dir, "x")); err != nil {
		return err
	}
	if _, err = sec.copyFolder(ctx, filepath.Join(dir, "x"), Folder); err == nil && len(sec.entries) == 0 {
		err = errEmpty
	}
	return err
}
