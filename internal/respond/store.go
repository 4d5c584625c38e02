package respond

import (
	"context"
	"time"

	"candor"
)

// Store keeps responses and what they are about.
type Store interface {
	// Tx calls do with a transaction, which is durable once Tx gives nil and
	// has changed nothing if it gives an error. It may call do again.
	Tx(ctx context.Context, do func(Tx) error) error

	// ExpiredResponses gives up to limit responses whose Expires is set and
	// not after at, and that are proposed, approved, applied or verified.
	ExpiredResponses(ctx context.Context, at time.Time, limit int) ([]candor.Response, error)
	// StandingResponses gives up to limit responses of a method that are applied,
	// verified or failed, in the order of their identifiers, after one.
	StandingResponses(ctx context.Context, method string, after candor.ID, limit int) ([]candor.Response, error)
}

// Tx is one transaction. What is not there, or not in the scope, is
// candor.ErrNotFound.
type Tx interface {
	// Response keeps others from changing the response until the end of the
	// transaction.
	Response(context.Context, candor.Scope, candor.ID) (candor.Response, error)
	AddResponse(context.Context, candor.Response) error
	// CountResponses tells how many responses of a method there are to a case.
	CountResponses(ctx context.Context, id candor.ID, method string) (int, error)
	// CountLapsed tells how many responses to a case have their Lapsed set.
	CountLapsed(ctx context.Context, id candor.ID) (int, error)
	// Turn waits until no other transaction on the store holds the turn for
	// what a subject is worked on, and holds it until this one ends.
	Turn(ctx context.Context, what string, subject candor.ID) error
	// Waiting gives the responses of a case and a method that are proposed or
	// approved, and keeps others from asking until the end of the transaction.
	Waiting(ctx context.Context, of candor.ID, method string) ([]candor.Response, error)
	// Approved gives the responses of a method to a party that are approved and of
	// which nothing was done, the oldest first, and keeps others from changing them
	// until the end of the transaction.
	Approved(ctx context.Context, party candor.ID, method string, most int) ([]candor.Response, error)
	// LastCarried is when a response of a method to a party was applied last, or
	// begun; zero if never.
	LastCarried(ctx context.Context, party candor.ID, method string) (time.Time, error)
	// ChangeResponse stores the response if the stored one is in the state
	// from, and gives candor.ErrChanged if it is in another.
	ChangeResponse(ctx context.Context, r candor.Response, from candor.ResponseState) error

	Case(context.Context, candor.Scope, candor.ID) (candor.Case, error)
	Asset(context.Context, candor.Scope, candor.ID) (candor.Asset, error)
	Party(context.Context, candor.Scope, candor.ID) (candor.Party, error)
	// Basis gives what a party agreed to that allows a method at a time: in one
	// event, unless that is empty. Without it fails with candor.ErrDenied and a
	// hint.
	Basis(ctx context.Context, party, event candor.ID, method string, at time.Time) (candor.Basis, error)

	AddEvent(context.Context, candor.Event) error
	AddRecord(context.Context, candor.Record) error
	Enqueue(context.Context, candor.Job, candor.JobOptions) error
}
