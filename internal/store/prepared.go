package store

import (
	order "container/list"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
)

// remembering is a connector to SQLite whose connections keep statements prepared:
// reading a statement and planning it takes as long as doing it. The driver for
// PostgreSQL does so by itself.
type remembering struct{ driver.Connector }

// Connect implements driver.Connector.
func (c remembering) Connect(ctx context.Context) (driver.Conn, error) {
	raw, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	whole, ok := raw.(connection)
	if !ok {
		return nil, errors.Join(fmt.Errorf("a connection of %T", raw), raw.Close())
	}
	return &memory{connection: whole, at: map[string]*order.Element{}}, nil
}

// connection is all that the driver's connections can do.
type connection interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// memory is a connection that keeps what was asked last prepared. database/sql uses
// a connection, and what belongs to it, from one goroutine at a time.
type memory struct {
	connection
	at     map[string]*order.Element // of a *remembered
	recent order.List                // the latest first
}

// Statements that are kept of a connection, and how long each is at most, in bytes.
const (
	mostRemembered = 300
	longestKept    = 20_000
)

// remembered is a statement that stays prepared.
type remembered struct {
	text string
	stmt statement
	busy bool // its rows are being read
}

// statement is what the driver's statements can do.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// get gives a prepared statement; nil if it is to be run without.
func (m *memory) get(ctx context.Context, text string) (*remembered, error) {
	if e := m.at[text]; e != nil {
		m.recent.MoveToFront(e)
		r := e.Value.(*remembered) //nolint:forcetypeassert // nothing else is put there
		if r.busy {
			return nil, nil
		}
		return r, nil
	}
	if len(text) > longestKept || !repeatable(text) {
		return nil, nil
	}
	raw, err := m.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	stmt, ok := raw.(statement)
	if !ok {
		return nil, errors.Join(fmt.Errorf("a statement of %T", raw), raw.Close())
	}
	r := &remembered{text: text, stmt: stmt}
	m.at[text] = m.recent.PushFront(r)
	return r, m.forget(mostRemembered)
}

// forget leaves as many as that; those whose rows are being read stay.
func (m *memory) forget(most int) (err error) {
	for e := m.recent.Back(); e != nil && m.recent.Len() > most; {
		before := e.Prev()
		if r := e.Value.(*remembered); !r.busy { //nolint:forcetypeassert // nothing else is put there
			m.recent.Remove(e)
			delete(m.at, r.text)
			err = errors.Join(err, r.stmt.Close())
		}
		e = before
	}
	return err
}

// repeatable tells whether a statement does the same each time that it is run: some
// of SQLite's own (PRAGMA) act when they are prepared.
func repeatable(text string) bool {
	for {
		text = strings.TrimSpace(text)
		if !strings.HasPrefix(text, "--") {
			break
		}
		_, text, _ = strings.Cut(text, "\n")
	}
	for _, word := range []string{"SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "SAVEPOINT", "RELEASE", "ROLLBACK TO"} {
		if len(text) >= len(word) && strings.EqualFold(text[:len(word)], word) {
			return true
		}
	}
	return false
}

// ExecContext implements driver.ExecerContext.
func (m *memory) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	r, err := m.get(ctx, text)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return m.connection.ExecContext(ctx, text, args)
	}
	return r.stmt.ExecContext(ctx, args)
}

// QueryContext implements driver.QueryerContext.
func (m *memory) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	r, err := m.get(ctx, text)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return m.connection.QueryContext(ctx, text, args)
	}
	found, err := r.stmt.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	r.busy = true
	return &reading{found, r}, nil
}

// reading is rows of a statement that stays prepared.
type reading struct {
	driver.Rows
	of *remembered
}

// Close implements driver.Rows.
func (r *reading) Close() error {
	if r.of == nil {
		return nil
	}
	err := r.Rows.Close()
	r.of.busy, r.of = false, nil
	return err
}

// Close implements driver.Conn.
func (m *memory) Close() error {
	for e := m.recent.Front(); e != nil; e = e.Next() {
		e.Value.(*remembered).busy = false //nolint:forcetypeassert // nothing else is put there
	}
	return errors.Join(m.forget(0), m.connection.Close())
}
