package store

import (
	"context"

	"candor"
)

// Turn waits until no other transaction, of any node, holds the turn for what
// a subject is worked on, and holds it until this one ends. SQLite has one
// transaction that writes at a time.
func (t *Tx) Turn(ctx context.Context, what string, subject candor.ID) error {
	if t.dialect.lock == "" {
		return nil
	}
	_, err := t.db.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", what+":"+string(subject))
	return kind(err, "wait for a turn")
}
