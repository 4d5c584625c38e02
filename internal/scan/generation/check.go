package generation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"candor"
	"candor/engine"
)

// Outcome is what a Check came to.
type Outcome struct {
	// Generation is what the sources make now: in use, rejected, or kept aside
	// while another is pinned.
	Generation candor.Generation
	// Changed tells that scans that start from now on use another generation
	// than before.
	Changed bool
	// Failures are the sources of which the last good content is used, or none.
	Failures map[string]error
	// Problems are definitions that cannot be used, where Generation is new.
	Problems []engine.Problem
}

// Check collects all sources, and uses what they make if it proves good. A
// source that fails is told in the Outcome, as is a generation that is
// rejected; neither is an error. Errors are candor.ErrUnavailable where the
// Updater's own folder, or another program at work on it, is in the way, and
// where there is nothing to use at all.
func (u *Updater) Check(ctx context.Context) (Outcome, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	unlock, err := u.lock()
	if err != nil {
		return Outcome{}, err
	}
	defer unlock()
	if _, err := u.follow(); err != nil {
		u.o.Log.Warn("the generation in use could not be loaded", "error", err)
	}
	states, failures := u.look(ctx)
	out := Outcome{Failures: failures}
	err = u.renew(ctx, states, &out)
	err = errors.Join(err, u.setSources(states, failures), u.tell(ctx))
	u.prune()
	return out, errors.Join(err, ctx.Err())
}

// renew makes a generation of the sources, unless they show nothing new.
func (u *Updater) renew(ctx context.Context, states map[string]sourceState, out *Outcome) error {
	now := u.current.Load()
	if now != nil && u.unchanged(now, states, out.Failures) {
		out.Generation = now.state.Generation
		return nil
	}
	dir, err := u.temporary()
	if err != nil {
		return err
	}
	defer discard(dir)
	c := &collection{u: u, dir: dir, now: now, states: states, failures: out.Failures, free: budget{mostBytes, mostFiles}}
	s, err := c.collect(ctx)
	if err != nil {
		return err
	}
	return u.decide(ctx, dir, s, c.problems, out)
}

// unchanged tells whether the sources show what the generation was made of. A
// source that failed shows what it did.
func (u *Updater) unchanged(now *loaded, states map[string]sourceState, failures map[string]error) bool {
	marks := map[string]string{}
	for name, st := range states {
		mark, known := now.state.Marks[name]
		switch {
		case failures[name] == nil:
			marks[name] = st.Mark
		case known:
			marks[name] = mark
		}
	}
	return maps.Equal(marks, now.state.Marks)
}

// collection is a generation that is being made.
type collection struct {
	u        *Updater
	dir      string
	now      *loaded
	states   map[string]sourceState
	failures map[string]error
	free     budget
	entries  []entry
	problems []engine.Problem
}

// collect writes SHA256SUMS and files, of every source what it has or had.
func (c *collection) collect(ctx context.Context) (state, error) {
	s := state{Marks: map[string]string{}, Judge: c.u.measure()}
	s.Sources, s.Made = map[string]string{}, c.u.o.Clock().UTC()
	var old []entry
	if c.now != nil {
		var err error
		if old, err = c.u.verify(c.now.state.ID); err != nil {
			c.u.damage(c.now.state.ID, err)
			old = nil
		}
	}
	for _, source := range c.u.o.Sources {
		sec := &section{source: source.Name, dir: filepath.Join(c.dir, filesDir, source.Name), budget: &c.free}
		mark, err := c.source(ctx, source, sec, old)
		if err != nil {
			return s, err
		}
		if len(sec.entries) == 0 {
			continue
		}
		s.Marks[source.Name], s.Sources[source.Name] = mark, sec.version()
		c.entries = append(c.entries, sec.entries...)
		c.problems = append(c.problems, sec.problems...)
	}
	if len(c.entries) == 0 {
		return s, fmt.Errorf("no source has any definitions: %w: %w", candor.ErrUnavailable, errors.Join(slices.Collect(maps.Values(c.failures))...))
	}
	list, id := sums(c.entries)
	s.ID = id
	if err := os.WriteFile(filepath.Join(c.dir, sumsFile), list, 0o600); err != nil {
		return s, unavailable("definitions", err)
	}
	return s, nil
}

// source fills the section of one source: anew if it shows something new, with
// what it had if not, or if that fails. The error is only that of the context.
func (c *collection) source(ctx context.Context, source Source, sec *section, old []entry) (mark string, err error) {
	had := slices.ContainsFunc(old, func(e entry) bool { return strings.HasPrefix(e.name, source.Name+"/") })
	st := c.states[source.Name]
	if had {
		mark = c.now.state.Marks[source.Name]
	}
	if c.failures[source.Name] == nil && (!had || st.Mark != mark) {
		fresh, err := c.u.gather(ctx, source, st, sec)
		if err == nil {
			return fresh, nil
		}
		c.failures[source.Name] = err
		before := c.u.source(source) // it shows something new that cannot be had
		st.Succeeded, st.Fresh = before.Succeeded, before.Fresh
		c.states[source.Name] = st
		if err := errors.Join(ctx.Err(), sec.reset()); err != nil {
			return "", err
		}
	}
	if !had {
		return "", ctx.Err()
	}
	return mark, sec.reuse(ctx, c.u.path(generationsDir, c.now.state.ID, filesDir), old)
}

// measure names that by which generations are judged: one that was rejected
// is judged again if it changes.
func (u *Updater) measure() string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %+v", u.o.Cache.Program, u.o.Limits)
	for _, s := range u.o.Sources {
		fmt.Fprintf(h, " %q", s.Name)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
