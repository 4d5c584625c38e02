package isolate

import (
	"context"
	"time"

	"candor"
)

// Store keeps which lines are isolated, for all nodes.
type Store interface {
	// Tx calls do with a transaction, which is durable once Tx gives nil and
	// has changed nothing if it gives an error. It may call do again.
	Tx(ctx context.Context, do func(Tx) error) error
	// Asset is candor.ErrNotFound if there is none.
	Asset(context.Context, candor.Scope, candor.ID) (candor.Asset, error)
	// Isolations gives the isolations that go on: of one line, unless asset is
	// empty.
	Isolations(ctx context.Context, asset candor.ID) ([]candor.Isolation, error)
}

// Tx is one transaction.
type Tx interface {
	// Turn waits until no other transaction on the store holds the turn for
	// what a subject is worked on, and holds it until this one ends.
	Turn(ctx context.Context, what string, subject candor.ID) error
	Asset(context.Context, candor.Scope, candor.ID) (candor.Asset, error)
	// Isolation gives that of a response; candor.ErrNotFound if it has none.
	Isolation(ctx context.Context, response candor.ID) (candor.Isolation, error)
	// Isolations is as that of Store.
	Isolations(ctx context.Context, asset candor.ID) ([]candor.Isolation, error)
	// SetIsolation adds the isolation of a response, or replaces it.
	SetIsolation(context.Context, candor.Isolation) error
	// CountIsolations tells how many lines were isolated after a time, and how
	// many are isolated now.
	CountIsolations(ctx context.Context, after time.Time) (begun, going int, err error)
	// CountLines tells how many lines there are.
	CountLines(context.Context) (int, error)
	AddEvent(context.Context, candor.Event) error
}
