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
	if len(r.setup.good) > 0 {
		all = append(all, house.Check{Name: "good", Look: r.lookGood})
	}
	if r.traffic != nil {
		all = append(all, house.Check{Name: "traffic", Look: r.lookTraffic})
	}
	if r.setup.agents != "" {
		all = append(all, house.Check{Name: "agents", Look: r.lookAgents})
	}
	return append(all, r.upkeepChecks()...)
}

// looked is what is known of a part.
type looked = map[string]string

func (r *running) lookDatabase(ctx context.Context) (map[string]string, error) {
	return looked{"kind": r.Store.Kind()}, r.Store.Ping(ctx)
}

func (r *running) lookJobs(ctx context.Context) (map[string]string, error) {
	states, err := r.Store.QueueState(ctx)
	about := looked{}
	for state, n := range states {
		about[state] = strconv.FormatInt(n, 10)
	}
	return about, err
}

func (r *running) lookDefinitions(context.Context) (map[string]string, error) {
	h := r.Definitions.Health()
	about := looked{"generation": h.Generation.ID, "rules": strconv.Itoa(h.Generation.Rules), "pinned": strconv.FormatBool(h.Pinned)}
	if !h.Checked.IsZero() {
		about["checked"] = h.Checked.Format(time.RFC3339)
	}
	if h.Generation.ID == "" {
		return about, candor.WithHint(fmt.Errorf("there are no definitions: %w", candor.ErrUnavailable), "See how their sources stand on the page of definitions.")
	}
	for _, s := range h.Sources {
		if s.Error != "" {
			return about, candor.WithHint(fmt.Errorf("source %s: %s: %w", s.Name, s.Error, house.ErrStale), "The last good copy is used meanwhile.")
		}
	}
	if h.Stale {
		return about, candor.WithHint(house.ErrStale, "No source has confirmed lately that the definitions are current; a clean verdict says little about what is new.")
	}
	return about, nil
}

func (r *running) lookEvidence(ctx context.Context) (map[string]string, error) {
	waiting, err := r.Store.CountPending(ctx)
	if err != nil {
		return nil, err
	}
	s, err := r.Log.Status(ctx)
	about := looked{"entries": strconv.FormatUint(s.Size, 10), "waiting": strconv.FormatInt(waiting, 10)}
	if !s.CheckpointAt.IsZero() {
		about["checkpoint"] = s.CheckpointAt.UTC().Format(time.RFC3339)
	}
	if err == nil && r.ledger != nil {
		err = r.ledger.Err()
	}
	for _, w := range s.Witnesses {
		if w.Error != "" && err == nil {
			err = fmt.Errorf("witness %s: %s: %w", w.Name, w.Error, house.ErrStale)
		}
	}
	return about, err
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
	about := looked{"free": strconv.FormatUint(free, 10), "total": strconv.FormatUint(total, 10)}
	if free < leastFree || free < total/100 {
		return about, candor.WithHint(fmt.Errorf("the disk of %s is nearly full: %w", r.setup.data, candor.ErrUnavailable), "Make room. What was accepted is kept; new findings and quarantines will fail.")
	}
	return about, nil
}

func (r *running) lookMail(ctx context.Context) (map[string]string, error) {
	if r.sender == nil {
		return nil, candor.WithHint(fmt.Errorf("no mail server is set up: %w", house.ErrStale), "Name one in the configuration, under mail; notices wait until then.")
	}
	return looked{"host": r.setup.mail.Host}, r.sender.Health(ctx)
}
