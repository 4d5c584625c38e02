package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"candor"
	"candor/internal/house"
)

// checks are the parts whose health is shown.
func (r *running) checks() []house.Check {
	all := []house.Check{
		{Name: "database", Ready: true, Look: r.lookDatabase},
		{Name: "jobs", Look: r.lookJobs},
		{Name: "definitions", Look: r.lookDefinitions},
		{Name: "evidence", Look: r.lookEvidence},
		{Name: "vault", Look: r.lookVault},
		{Name: "disk", Look: r.lookDisk},
		{Name: "mail", Look: r.lookMail},
	}
	return all
}

// known is what is known of a part.
type known = map[string]string

func (r *running) lookDatabase(ctx context.Context) (map[string]string, error) {
	return known{"kind": r.Store.Kind()}, r.Store.Ping(ctx)
}

func (r *running) lookJobs(ctx context.Context) (map[string]string, error) {
	states, err := r.Store.QueueState(ctx)
	facts := known{}
	for state, n := range states {
		facts[state] = strconv.FormatInt(n, 10)
	}
	return facts, err
}

func (r *running) lookDefinitions(context.Context) (map[string]string, error) {
	h := r.Definitions.Health()
	facts := known{"generation": h.Generation.ID, "rules": strconv.Itoa(h.Generation.Rules), "pinned": strconv.FormatBool(h.Pinned)}
	if !h.Checked.IsZero() {
		facts["checked"] = h.Checked.Format(time.RFC3339)
	}
	if h.Generation.ID == "" {
		return facts, candor.WithHint(fmt.Errorf("there are no definitions: %w", candor.ErrUnavailable), "See how their sources stand on the page of definitions.")
	}
	for _, s := range h.Sources {
		if s.Error != "" {
			return facts, candor.WithHint(fmt.Errorf("source %s: %s: %w", s.Name, s.Error, house.ErrStale), "The last good copy is used meanwhile.")
		}
	}
	if h.Stale {
		return facts, candor.WithHint(house.ErrStale, "No source has confirmed lately that the definitions are current; a clean verdict says little about what is new.")
	}
	return facts, nil
}

func (r *running) lookEvidence(ctx context.Context) (map[string]string, error) {
	waiting, err := r.Store.CountPending(ctx)
	if err != nil {
		return nil, err
	}
	s, err := r.Log.Status(ctx)
	facts := known{"entries": strconv.FormatUint(s.Size, 10), "waiting": strconv.FormatInt(waiting, 10)}
	if !s.CheckpointAt.IsZero() {
		facts["checkpoint"] = s.CheckpointAt.UTC().Format(time.RFC3339)
	}
	if err == nil {
		err = r.ledger.Err()
	}
	for _, w := range s.Witnesses {
		if w.Error != "" && err == nil {
			err = fmt.Errorf("witness %s: %s: %w", w.Name, w.Error, house.ErrStale)
		}
	}
	return facts, err
}

// lookVault tries whether the vault could keep something, without keeping it.
func (r *running) lookVault(context.Context) (map[string]string, error) {
	dir := r.setup.data.vault()
	f, err := os.CreateTemp(dir, ".probe-")
	if err != nil {
		return nil, candor.WithHint(fmt.Errorf("the vault cannot be written: %w: %w", candor.ErrUnavailable, err), "Nothing is quarantined until it can. Look at the folder and its disk.")
	}
	name := f.Name()
	f.Close()
	return nil, os.Remove(name)
}

// leastFree is how much room there must be: 256 MB and one part in a hundred.
const leastFree = 256 << 20

func (r *running) lookDisk(context.Context) (map[string]string, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(string(r.setup.data), &s); err != nil {
		return nil, err
	}
	free, total := s.Bavail*uint64(s.Bsize), s.Blocks*uint64(s.Bsize)
	facts := known{"free": strconv.FormatUint(free, 10), "total": strconv.FormatUint(total, 10)}
	if free < leastFree || free < total/100 {
		return facts, candor.WithHint(fmt.Errorf("the disk of %s is nearly full: %w", r.setup.data, candor.ErrUnavailable), "Make room. What was accepted is kept; new findings and quarantines will fail.")
	}
	return facts, nil
}

func (r *running) lookMail(ctx context.Context) (map[string]string, error) {
	if r.sender == nil {
		return nil, candor.WithHint(fmt.Errorf("no mail server is set up: %w", house.ErrStale), "Name one in the configuration, under mail; notices wait until then.")
	}
	return known{"host": r.setup.mail.Host}, r.sender.Health(ctx)
}
