package house

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"candor"
	"candor/internal/evidence"
	"candor/internal/store"
)

// Ledger carries records from the database, where they were kept together
// with what they tell of, into the evidence log. One program does it at a
// time: the log's own lock sees to that. The others wait until it ends.
type Ledger struct {
	Store *store.Store
	Log   *evidence.Log // nil while another program appends to it
	// Open opens the log to append; needed where Log is nil.
	Open  func(context.Context) (*evidence.Log, error)
	Clock candor.Clock
	Slog  *slog.Logger

	lock sync.Mutex
	err  error // of the last attempt
}

// Run carries until ctx ends. A database or a disk that is away is tried again.
func (l *Ledger) Run(ctx context.Context) {
	if !l.lead(ctx) {
		return
	}
	recovered := false
	for wait := time.Duration(0); ; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		var n int
		var err error
		if !recovered {
			err = l.recover(ctx)
			recovered = err == nil
		}
		if recovered {
			n, err = l.carry(ctx)
		}
		l.note(ctx, err)
		if err != nil {
			recovered = false // the log may have taken a part
		}
		switch {
		case err != nil:
			wait = min(max(2*wait, 500*time.Millisecond), 30*time.Second)
		case n == mostCarried:
			wait = 0
		default: // what comes meanwhile is carried together
			wait = 250 * time.Millisecond
		}
	}
}

// takeOver is how often it is looked whether the log is free.
const takeOver = 5 * time.Second

// lead opens the log, as soon as no other program has it. It gives false if
// ctx ended before.
func (l *Ledger) lead(ctx context.Context) bool {
	if l.Log != nil {
		return true
	}
	tick := time.NewTicker(takeOver)
	defer tick.Stop()
	for {
		log, err := l.Open(ctx)
		switch {
		case err == nil:
			l.Slog.Info("this worker carries records into the evidence log from now on")
			l.Log = log
			return true
		case errors.Is(err, evidence.ErrHeld):
			err = nil // as it should be
		}
		l.note(ctx, err)
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}

// Err is what kept the last attempt from going well.
func (l *Ledger) Err() error {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.err
}

func (l *Ledger) note(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	l.lock.Lock()
	defer l.lock.Unlock()
	if err != nil && l.err == nil {
		l.Slog.Error("records wait: they cannot be taken into the evidence log", "error", err)
	}
	l.err = err
}

// recover finds records that the log took, and of which the database does not
// know it: the program ended in between.
func (l *Ledger) recover(ctx context.Context) error {
	last, err := l.Store.LastIndex(ctx)
	if err != nil {
		return err
	}
	landed := map[candor.ID]uint64{}
	for logged, err := range l.Log.Since(ctx, uint64(last+1)) {
		if err != nil {
			return err
		}
		if _, twice := landed[logged.Entry.ID]; !twice {
			landed[logged.Entry.ID] = logged.Index
		}
	}
	if len(landed) == 0 {
		return nil
	}
	return l.Store.Tx(ctx, func(tx *store.Tx) error { return tx.SetLogged(ctx, landed) })
}

// mostCarried is how many records are carried at a time.
const mostCarried = 2000

// carry takes the oldest records that wait, and tells how many.
func (l *Ledger) carry(ctx context.Context) (int, error) {
	pending, err := l.Store.PendingRecords(ctx, mostCarried)
	if err != nil || len(pending) == 0 {
		return 0, err
	}
	entries := make([]evidence.Entry, len(pending))
	for i, r := range pending {
		if entries[i], err = entry(r); err != nil {
			return 0, err
		}
	}
	// What was begun is finished: an entry that is in the log and not in the
	// database would have to be looked for.
	ctx = context.WithoutCancel(ctx)
	indexes, err := l.Log.Append(ctx, entries...)
	if err != nil {
		return 0, err
	}
	landed := make(map[candor.ID]uint64, len(indexes))
	for i, index := range indexes {
		landed[pending[i].ID] = index
	}
	return len(pending), l.Store.Tx(ctx, func(tx *store.Tx) error { return tx.SetLogged(ctx, landed) })
}

// entry makes the log's entry of a record.
func entry(r candor.Logged) (evidence.Entry, error) {
	e := evidence.Entry{ID: r.ID, Kind: r.Kind, Time: r.At, Subject: r.Subject, Case: r.Case, Actor: r.Actor, Body: r.Body}
	var errs error
	for _, b := range r.Blobs {
		d, err := evidence.ParseDigest(b)
		errs = errors.Join(errs, err)
		e.Blobs = append(e.Blobs, d)
	}
	for name, digest := range r.Concealed {
		d, err := evidence.ParseDigest(digest)
		errs = errors.Join(errs, err)
		if e.Personal == nil {
			e.Personal = map[string]evidence.Digest{}
		}
		e.Personal[name] = d
	}
	if errs != nil {
		return e, fmt.Errorf("record %s: %w", r.ID, errs)
	}
	if _, err := e.Canonical(); err != nil {
		// One record must not keep all others out. Its body stays in the
		// database, and the log holds its digest.
		body := sha256.Sum256(r.Body)
		e.Body = fmt.Appendf(nil, `{"omitted":%q,"sha256":"%x"}`, "the body is too large or malformed", body)
		e.Blobs, e.Personal = nil, nil
	}
	return e, nil
}
