package store

import (
	"context"
	"database/sql"
)

// Snapshot runs f in a transaction that sees one moment and only reads, while
// others write.
func (s *Store) Snapshot(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{Isolation: s.dialect.snapshot, ReadOnly: true})
	if err != nil {
		return kind(err, "begin a snapshot")
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	return f(tx)
}

// Load runs f once in a transaction that writes, which is kept if f gives nil.
func (s *Store) Load(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return kind(err, "begin to load")
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	if err := f(tx); err != nil {
		return err
	}
	return kind(tx.Commit(), "keep what was loaded")
}
