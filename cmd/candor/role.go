package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"candor"
	"candor/internal/config"
	"candor/internal/evidence"
	"candor/internal/house"
)

// does tells whether this program has a role.
func (s setup) does(role string) bool { return slices.Contains(s.roles, role) }

// shared tells whether other programs may use the same database.
func (r *running) shared() bool { return r.Store.Kind() == "PostgreSQL" }

// standAlone makes sure that with SQLite one program uses the data folder: what
// several of them tell each other goes by PostgreSQL.
func (r *running) standAlone() error {
	if strings.HasPrefix(r.setup.database, "postgres") {
		return nil
	}
	f, err := os.OpenFile(r.setup.data.at("lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return fmt.Errorf("lock the data folder: %w", err)
		}
		return candor.WithHint(fmt.Errorf("another candor serve uses %s, and with SQLite there can be one: %w", string(r.setup.data), candor.ErrUnavailable),
			"Stop that one first, choose another folder with --data, or keep records in PostgreSQL (--database) to run several.")
	}
	r.closings = append(r.closings, f.Close)
	return nil
}

// mostWorkers bounds the workers of one machine on one data folder.
const mostWorkers = 64

// takeName makes this program's name its own among the workers of this machine
// that share the data folder: that of a worker that died goes to the next one,
// which begins its jobs again. The function that it gives leaves the name.
func (r *running) takeName() (func() error, error) {
	dir := r.setup.data.at("workers")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	for n := range mostWorkers {
		f, err := os.OpenFile(filepath.Join(dir, fmt.Sprintf("%s-%d", host, n)), os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			if n > 0 {
				r.setup.node += fmt.Sprintf("#%d", n)
			}
			return f.Close, nil
		}
		f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("take a worker's name in %s: %w", dir, err)
		}
	}
	return nil, candor.WithHint(fmt.Errorf("%d workers run here already: %w", mostWorkers, candor.ErrUnavailable), "End some of them.")
}

// openEvidence opens the log: to append to it, as the first worker, and
// otherwise to read what that one appends.
func (r *running) openEvidence(ctx context.Context) (err error) {
	if r.Vault, err = evidence.OpenVault(r.setup.data.vault(), r.setup.vault); err != nil {
		return err
	}
	if !r.setup.does(config.RoleWorker) {
		return r.readEvidence(ctx)
	}
	r.ledger = &house.Ledger{Store: r.Store, Open: r.appendEvidence, Slog: r.setup.log}
	r.closings = append(r.closings, func() error {
		if r.ledger.Log == nil {
			return nil
		}
		return r.ledger.Log.Close(context.Background())
	})
	log, err := r.appendEvidence(ctx)
	if errors.Is(err, evidence.ErrHeld) && r.shared() {
		r.setup.log.Warn("another worker carries records into the evidence log; this one takes over when that one ends")
		return r.readEvidence(ctx)
	}
	if err != nil {
		return err
	}
	r.ledger.Log, r.Log = log, log
	return r.sameEvidence(ctx)
}

func (r *running) appendEvidence(ctx context.Context) (*evidence.Log, error) {
	return evidence.Open(ctx, r.setup.data.log(), evidence.Options{Origin: r.setup.origin, Witnesses: r.setup.witnesses, Clock: r.setup.clock})
}

// patienceForWorker is how long a program waits for the first worker, which
// makes the evidence log.
const patienceForWorker = time.Minute

// readEvidence opens the log to read, and waits until there is one.
func (r *running) readEvidence(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patienceForWorker)
	defer cancel()
	tick := time.NewTicker(time.Second / 4)
	defer tick.Stop()
	for told := false; ; told = true {
		log, err := evidence.OpenReader(r.setup.data.log())
		if err == nil {
			r.Log = log
			return r.sameEvidence(ctx)
		}
		if !errors.Is(err, candor.ErrNotFound) {
			return err
		}
		if !told {
			r.setup.log.Info("there is no evidence log yet; a worker on the same data folder makes it")
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return ctx.Err()
			}
			return candor.WithHint(err, "Start a worker (--role worker) on the same data folder: all programs of one desk share it.")
		case <-tick.C:
		}
	}
}

// sameEvidence makes sure that all programs on one database have one log.
func (r *running) sameEvidence(ctx context.Context) error {
	if !r.shared() {
		return nil
	}
	key := r.Log.Key()
	kept, err := r.Store.Keep(ctx, "evidence", []byte(key))
	if err == nil && string(kept) != key {
		err = candor.WithHint(fmt.Errorf("the evidence log in %s is not that of this database, whose key is %s: %w", r.setup.data.log(), kept, candor.ErrInvalid),
			"Let all programs of one desk share one data folder.")
	}
	return err
}

// keepSecrets gives the secrets that sign links and cookies, the one that signs
// first. All programs on one database have the same; a file is for a database
// in the data folder, and for links that were signed before.
func (r *running) keepSecrets(ctx context.Context) ([][]byte, error) {
	name := r.setup.data.secret()
	own, err := os.ReadFile(name)
	fresh := errors.Is(err, fs.ErrNotExist)
	switch {
	case err == nil && len(own) < 32:
		return nil, candor.WithHint(fmt.Errorf("the secret in %s is too short: %w", name, candor.ErrInvalid), "Remove the file; a new one is made, and links that were sent stop working.")
	case fresh:
		own = make([]byte, 32)
		rand.Read(own)
		if !r.shared() {
			return [][]byte{own}, os.WriteFile(name, own, 0o600)
		}
	case err != nil:
		return nil, err
	}
	if !r.shared() {
		return [][]byte{own}, nil
	}
	kept, err := r.Store.Keep(ctx, "links", own)
	if err == nil && fresh { // for backups, which have keys as files
		return [][]byte{kept}, os.WriteFile(name, kept, 0o600)
	}
	if err != nil || string(kept) == string(own) {
		return [][]byte{kept}, err
	}
	return [][]byte{kept, own}, nil
}

// followDefinitions has other definitions used that another program put into
// use, until ctx ends.
func (r *running) followDefinitions(ctx context.Context) {
	chore{"follow the definitions in use", 10 * time.Second, func(context.Context) error { _, err := r.Definitions.Reload(); return err }}.run(ctx, r.setup.log)
}
