package generation

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"candor"
	"candor/engine"
)

// decide puts what was collected in dir to use, or rejects it.
func (u *Updater) decide(ctx context.Context, dir string, s state, problems []engine.Problem, out *Outcome) error {
	now := u.current.Load()
	if now != nil && now.state.ID == s.ID { // files were touched, but hold what they held
		if _, err := u.verify(s.ID); err == nil {
			u.health.Lock()
			now.state.Marks = s.Marks
			u.health.Unlock()
			out.Generation = now.state.Generation
			kept, err := u.state(s.ID)
			if err != nil {
				return err
			}
			kept.Marks = s.Marks
			return u.setState(kept)
		}
	}
	if known, err := u.state(s.ID); err == nil && known.State == candor.GenerationRejected && known.Judge == s.Judge {
		out.Generation = known.Generation
		return nil
	}
	if err := u.install(dir, s); err != nil {
		return err
	}
	l, err := u.load(s.ID)
	if err != nil {
		return u.reject(s, err.Error(), out)
	}
	l.compiled.Report.Problems = append(l.compiled.Report.Problems, problems...)
	l.state.Problems = len(l.compiled.Report.Problems)
	out.Problems = l.compiled.Report.Problems
	reason, err := u.judge(ctx, l, now)
	if err != nil {
		u.remove(s.ID)
		return err
	}
	if reason != "" {
		return u.reject(l.state, reason, out)
	}
	l.state.State = candor.GenerationRetired
	if err := u.setState(l.state); err != nil {
		return err
	}
	if at := u.pointer(); at.Pinned {
		out.Generation = l.state.Generation
		return nil
	}
	if err := u.use(l, false); err != nil {
		return err
	}
	out.Generation, out.Changed = l.state.Generation, true
	return nil
}

// install moves what was collected to its place. What stands there is of the
// same name and so holds the same, or is damaged.
func (u *Updater) install(dir string, s state) error {
	if err := replaceJSON(filepath.Join(dir, stateFile), s); err != nil {
		return unavailable("definitions", err)
	}
	if err := syncAll(dir); err != nil {
		return unavailable("definitions", err)
	}
	to := u.path(generationsDir, s.ID)
	if _, err := os.Lstat(to); err == nil {
		u.remove(s.ID)
	}
	if err := os.Rename(dir, to); err != nil {
		return unavailable("definitions", err)
	}
	if err := syncDir(u.path(generationsDir)); err != nil {
		return unavailable("definitions", err)
	}
	return nil
}

func (u *Updater) reject(s state, reason string, out *Outcome) error {
	s.State, s.Error = candor.GenerationRejected, reason
	u.o.Log.Warn("new definitions were rejected", "generation", s.ID, "reason", reason)
	out.Generation = s.Generation
	return u.setState(s)
}

// use makes l the generation in use: for good first, then in this program.
func (u *Updater) use(l *loaded, pin bool) error {
	p := pointer{ID: l.state.ID, Pinned: pin, Since: u.o.Clock().UTC()}
	if err := u.setPointer(p); err != nil {
		return err
	}
	u.setPinned(pin)
	l.active(p)
	u.swap(l)
	return u.reconcile(p)
}

// reconcile makes the states say what the pointer says.
func (u *Updater) reconcile(p pointer) error {
	var failed error
	for _, s := range u.states() {
		switch {
		case s.ID == p.ID && s.State != candor.GenerationActive:
			s.State, s.Used, s.Error = candor.GenerationActive, p.Since, ""
		case s.ID != p.ID && s.State == candor.GenerationActive:
			s.State = candor.GenerationRetired
		default:
			continue
		}
		failed = errors.Join(failed, u.setState(s))
	}
	return failed
}

// Use goes to another generation, back or forward, and pins it: updates do
// not replace it until Unpin. One that is not there is candor.ErrNotFound, one
// that was rejected candor.ErrInvalid, a damaged one candor.ErrChanged.
func (u *Updater) Use(ctx context.Context, id string) error {
	return u.change(ctx, func() error {
		l, err := u.load(id)
		if err != nil {
			return err
		}
		if l.state.State == candor.GenerationRejected {
			return candor.WithHint(fmt.Errorf("generation %s was rejected: %s: %w", id, l.state.Error, candor.ErrInvalid),
				"Mend its source, or change the limits by which it was judged.")
		}
		return u.use(l, true)
	})
}

// Unpin lets updates replace the generation in use again.
func (u *Updater) Unpin(ctx context.Context) error {
	return u.change(ctx, func() error {
		p := u.pointer()
		p.Pinned = false
		if err := u.setPointer(p); err != nil {
			return err
		}
		u.setPinned(false)
		return nil
	})
}

func (u *Updater) change(ctx context.Context, f func() error) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	unlock, err := u.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := f(); err != nil {
		return err
	}
	return u.tell(ctx)
}

// Reload uses the generation that another program on the same folder has
// come to use, and tells whether that is another than before.
func (u *Updater) Reload() (changed bool, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.follow()
}

func (u *Updater) follow() (changed bool, err error) {
	p, now := u.pointer(), u.current.Load()
	u.setPinned(p.Pinned)
	if p.ID == "" || now != nil && now.state.ID == p.ID {
		return false, nil
	}
	l, err := u.load(p.ID)
	if err != nil {
		u.damage(p.ID, err)
		return false, err
	}
	l.active(p)
	u.swap(l)
	return true, nil
}

// prune removes from disk what is neither in use nor among the last ones.
func (u *Updater) prune() {
	now := u.pointer().ID
	retired, rejected := 0, 0
	for _, s := range u.states() {
		n := &retired
		switch {
		case s.ID == now || s.Told != s.State:
			continue
		case s.State == candor.GenerationRejected:
			n = &rejected
		}
		if *n++; *n > u.o.Keep {
			u.remove(s.ID)
		}
	}
}
