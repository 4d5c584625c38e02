package main

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"candor"
	"candor/internal/scan/output"
	"candor/internal/scan/watch"
)

// guard makes what has opens wait for a verdict; nil if nothing is to.
func (w *watching) guard() (*watch.Guard, error) {
	if w.f.block == "" {
		return nil, nil
	}
	exempt, err := userIDs(w.f.exempt)
	if err != nil {
		return nil, err
	}
	without := map[string]string{"open": "let pass", "closed": "denied"}[w.f.block]
	return watch.NewGuard(watch.GuardOptions{Roots: w.roots, Verdict: w.verdict, Deadline: w.f.deadline, Closed: w.f.block == "closed", Executed: w.f.executed,
		Exempt: exempt, Workers: w.f.threads, Clock: time.Now, Log: w.log,
		Begun: func() { w.p.say("opens wait for a verdict; without one they are %s", without) },
		Denied: func(path string, pid int) {
			w.p.say("%s: the open by process %d was denied", output.Printable(path), pid)
		}})
}

// say tells people what happens besides.
func (p *program) say(format string, args ...any) {
	fmt.Fprintf(p.err, "candor: "+format+"\n", args...)
}

// verdict implements watch.GuardOptions' Verdict. Of what was not looked at to
// its end --block decides, unless what was is bad.
func (w *watching) verdict(_ context.Context, fd int, path string) (allow bool, err error) {
	t := w.current()
	one := t.take(w.options)
	found, err := one.Look(fd, path)
	t.give(one)
	written := w.sink.Opened(found)
	if slices.ContainsFunc(found, func(f candor.Finding) bool { return !f.IsUnread() }) {
		return false, nil
	}
	return len(found) == 0 || w.f.block != "closed", errors.Join(err, written)
}

// userIDs gives the ids of users that are named, or are ids.
func userIDs(names []string) (ids []int, err error) {
	for _, name := range names {
		text := name
		if u, err := user.Lookup(name); err == nil {
			text = u.Uid
		}
		id, err := strconv.Atoi(text)
		if err != nil || id < 0 {
			return nil, candor.WithHint(fmt.Errorf("--exempt %.80q: there is no such user: %w", name, candor.ErrNotFound), "Name a user of this system, or its id.")
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// hint says what to do about an error of a guard.
func hint(err error) error {
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return candor.WithHint(fmt.Errorf("opens cannot be blocked: %w", err), "Run it as root (CAP_SYS_ADMIN), or leave out --block.")
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOSYS):
		return candor.WithHint(fmt.Errorf("opens cannot be blocked: %w", err), "The kernel needs CONFIG_FANOTIFY_ACCESS_PERMISSIONS; leave out --block where it has none.")
	}
	return err
}
