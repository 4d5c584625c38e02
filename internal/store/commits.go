package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"candor"
)

// commits has transactions that come at once share one commit: SQLite has one writer
// at a time, and each commit waits for the disk. Each runs within a savepoint, so
// that one that fails undoes nothing of the others; none is told that it is kept
// before the commit is.
type commits struct {
	store   *Store
	turn    chan struct{} // holds a token while nobody has the turn
	waiting atomic.Int64  // for the turn: whoever waits commits what others have done
	tx      *sql.Tx       // nil while there is none
	began   time.Time
	members []member // whose work is in tx
}

// member is a transaction of a group.
type member struct {
	asked map[string]bool
	done  chan error
}

// What one commit is of, at most: transactions, and time.
const (
	mostMembers  = 64
	longestGroup = 20 * time.Millisecond
)

// errBroken says that all transactions of a group are undone, because of one of them
// or of the database. They may be tried again.
var errBroken = fmt.Errorf("transactions that shared a commit are undone: %w", candor.ErrUnavailable)

func newCommits(s *Store) *commits {
	g := &commits{store: s, turn: make(chan struct{}, 1)}
	g.turn <- struct{}{}
	return g
}

// run runs a transaction, and gives nil once it is durable.
func (g *commits) run(ctx context.Context, f func(*Tx) error) error {
	g.waiting.Add(1)
	<-g.turn // not given up when ctx ends: others rely on whoever waits
	g.waiting.Add(-1)
	own := member{done: make(chan error, 1)}
	err := g.work(context.WithoutCancel(ctx), ctx.Err(), f, &own)
	if err == nil {
		err = <-own.done
	}
	return err
}

// work does what a member wants, and commits if nobody waits who would. It has the
// turn, and gives it on.
func (g *commits) work(ctx context.Context, over error, f func(*Tx) error, own *member) (err error) {
	left := true // by a panic, or by runtime.Goexit, until it is known to return
	defer func() {
		switch {
		case left && g.tx != nil:
			g.fail(errBroken)
		case g.tx != nil && (g.waiting.Load() == 0 || len(g.members) >= mostMembers || time.Since(g.began) > longestGroup):
			g.commit()
		}
		g.turn <- struct{}{}
	}()
	if over == nil {
		err = g.begin(ctx)
	} else {
		err = kind(over, "begin a transaction")
	}
	if err != nil {
		left = false
		return err
	}
	t := g.store.within(g.tx)
	err = f(t)
	left = false
	if err != nil {
		g.undo(ctx)
		return err
	}
	own.asked = t.asked
	if len(g.members) > 0 {
		if err := g.exec(ctx, "RELEASE member"); err != nil { // the database has undone all by itself
			g.fail(errBroken)
			return errBroken
		}
	}
	g.members = append(g.members, *own)
	return nil
}

// begin begins the transaction of the group, or a part of it.
func (g *commits) begin(ctx context.Context) error {
	if g.tx != nil {
		if err := g.exec(ctx, "SAVEPOINT member"); err != nil {
			g.fail(errBroken)
			return errBroken
		}
		return nil
	}
	tx, err := g.store.begin(ctx, nil)
	if err != nil {
		return kind(err, "begin a transaction")
	}
	g.tx, g.began = tx, time.Now()
	return nil
}

// undo undoes what the member who has the turn did.
func (g *commits) undo(ctx context.Context) {
	if len(g.members) == 0 {
		g.fail(errBroken)
		return
	}
	if err := errors.Join(g.exec(ctx, "ROLLBACK TO member"), g.exec(ctx, "RELEASE member")); err != nil {
		g.fail(errBroken)
	}
}

func (g *commits) exec(ctx context.Context, statement string) error {
	_, err := g.tx.ExecContext(ctx, statement)
	return err
}

// fail undoes all of the group.
func (g *commits) fail(err error) {
	_ = g.tx.Rollback() // what the database has undone by itself is
	if len(g.members) > 0 {
		g.store.versions.forget()
	}
	g.end(err)
}

func (g *commits) commit() {
	if err := g.tx.Commit(); err != nil {
		_ = g.tx.Rollback()
		g.store.versions.forget()
		g.end(kind(err, "keep a transaction"))
		return
	}
	asked := map[string]bool{}
	for _, m := range g.members {
		for q := range m.asked {
			asked[q] = true
		}
	}
	g.store.wake.call(asked)
	g.end(nil)
}

// end tells all members what became of the group.
func (g *commits) end(err error) {
	for _, m := range g.members {
		m.done <- err
	}
	g.tx, g.members = nil, nil
}
