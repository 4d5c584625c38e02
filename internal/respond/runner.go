package respond

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"candor"
)

// Config is what a Runner needs.
type Config struct {
	Store   Store
	Methods []Method
	Now     candor.Clock

	// Attempts is how often a method is tried before a temporary failure
	// counts as permanent; 0 means 30, which is about a day.
	Attempts int

	// Then, if set, is called whenever a response took a state, in the same
	// transaction: the desk moves its case along here.
	Then func(ctx context.Context, tx Tx, r candor.Response, from candor.ResponseState) error

	// Hold, if set, looks at a response whose time is over before it is undone.
	// What it gives is why the response must go on; nil lets it be undone. With
	// an error nothing is done yet, and it is asked again later: what could not
	// be looked at is not put back.
	Hold func(context.Context, candor.Response) (*Holding, error)
	// Held, if set, is called when a response goes on for that reason, in the
	// same transaction: a person is asked here.
	Held func(ctx context.Context, tx Tx, r candor.Response) error

	// Allowed, if set, is asked before a transaction whether a party agreed to
	// anything that allows a method now: with nil, or another error than
	// candor.ErrDenied, Review looks no closer. It may be of a second ago.
	Allowed func(ctx context.Context, party candor.ID, method string) error
	// Lapsed, if set, is called when a response is seen to rest on nothing any
	// more, and when that is over; open is how many of its case do. It is in the
	// same transaction: a person is asked here.
	Lapsed func(ctx context.Context, tx Tx, r candor.Response, open int) error
}

// Runner carries responses through their states. Each step is one transaction
// that writes the response, a line of the case's timeline, an entry of the
// evidence log, and the job that does what comes next. It is safe for
// concurrent use, and by several processes on one store.
//
// What is not there is candor.ErrNotFound, what may not be done
// candor.ErrDenied, what makes no sense candor.ErrInvalid, and what is no
// longer in the state that the step needs candor.ErrChanged, mostly with a hint.
type Runner struct {
	Config
	methods map[string]Method
}

// New makes a Runner.
func New(c Config) *Runner {
	if c.Attempts <= 0 {
		c.Attempts = 30
	}
	r := &Runner{Config: c, methods: make(map[string]Method, len(c.Methods))}
	for _, m := range c.Methods {
		r.methods[m.Name()] = m
	}
	return r
}

// Propose plans a response and files it for approval.
//
// Request.Basis chooses what it rests on. Without a kind, or with
// candor.ByAgreement and no Agreement, it is the party's latest agreement in
// force that allows the method. A consent needs Terms (to what, and how it was
// given) and Accepted; a party that asks for itself consents by asking. A law
// needs Terms, its name. Without a basis the error is candor.ErrDenied.
func (r *Runner) Propose(ctx context.Context, who candor.Principal, req Request) (candor.Response, error) {
	m, err := r.method(req.Method)
	if err != nil {
		return candor.Response{}, err
	}
	now := r.Now().UTC()
	target, err := r.look(ctx, who, &req, now)
	if err != nil {
		return candor.Response{}, fmt.Errorf("propose to %s: %w", req.Method, err)
	}
	plan, err := r.plan(ctx, m, req, target, now)
	if err != nil {
		return candor.Response{}, fmt.Errorf("plan to %s: %w", req.Method, err)
	}
	resp := candor.Response{
		ID: candor.NewID(now), Case: req.Case, Asset: req.Asset, Party: req.Party, Method: req.Method,
		State: candor.ResponseProposed, Basis: req.Basis, Reason: req.Reason, Plan: plan,
		By: actor(who), Created: now, Updated: now, Expires: req.Expires,
	}
	err = r.Store.Tx(ctx, func(tx Tx) error {
		if err := tx.Turn(ctx, "propose", resp.Case); err != nil {
			return err
		}
		if err := alone(ctx, tx, req); err != nil {
			return err
		}
		if err := tx.AddResponse(ctx, resp); err != nil {
			return err
		}
		if err := r.note(ctx, tx, resp, step{to: resp.State, actor: resp.By}); err != nil || resp.Expires.IsZero() {
			return err
		}
		return tx.Enqueue(ctx, ExpireJob{Response: resp.ID}, candor.JobOptions{At: resp.Expires})
	})
	return resp, err
}

// alone is candor.ErrExists if there are other responses than whoever asks knows
// of, or if what is about a content is proposed already.
func alone(ctx context.Context, tx Tx, req Request) error {
	if req.Known != nil {
		n, err := tx.CountResponses(ctx, req.Case, req.Method)
		if err != nil {
			return err
		}
		if n != *req.Known {
			return candor.WithHint(fmt.Errorf("another response to %s was proposed meanwhile: %w", req.Method, candor.ErrExists), "Look at the case again.")
		}
	}
	if req.Content == "" {
		return nil
	}
	waiting, err := tx.Waiting(ctx, req.Case, req.Method)
	if err != nil {
		return err
	}
	for _, w := range waiting {
		if bytes.Contains(w.Plan, []byte(req.Content)) {
			return candor.WithHint(fmt.Errorf("%s of this content is proposed: %w", req.Method, candor.ErrExists), "It is proposed there already.")
		}
	}
	return nil
}

// look reads what the request names, completes it, and checks that it may be
// asked for.
func (r *Runner) look(ctx context.Context, who candor.Principal, req *Request, now time.Time) (t Target, err error) {
	err = r.Store.Tx(ctx, func(tx Tx) error {
		asked := *req
		if t, err = target(ctx, tx, scope(who), &asked); err != nil {
			return err
		}
		if err := errors.Join(mayPropose(who, t.Party.ID), permitted(r.methods[asked.Method], t)); err != nil {
			return err
		}
		if asked.Basis.Kind == candor.ByConsent && !program(who) && who.Party == t.Party.ID {
			asked.Basis.Terms, asked.Basis.Accepted = "asked for by the party itself", now
		}
		if asked.Basis, err = findBasis(ctx, tx, t.Party.ID, asked.Basis, asked.Method, now); err != nil {
			return err
		}
		*req = asked
		return nil
	})
	return t, err
}

// target reads what a request names. What it leaves out is taken from its case.
func target(ctx context.Context, tx Tx, s candor.Scope, req *Request) (t Target, err error) {
	if t.Case, err = tx.Case(ctx, s, req.Case); err != nil {
		return t, err
	}
	if !t.Case.Class.Incident() {
		return t, invalid("the case is about terms, and no incident", "Answer what the party asks.")
	}
	if req.Asset == "" {
		req.Asset = t.Case.Asset
	}
	if req.Party == "" {
		req.Party = t.Case.Party
	}
	if req.Asset != "" {
		if t.Asset, err = tx.Asset(ctx, s, req.Asset); err != nil {
			return t, err
		}
	}
	t.Party, err = tx.Party(ctx, s, req.Party)
	return t, err
}

func (r *Runner) plan(ctx context.Context, m Method, req Request, t Target, now time.Time) (json.RawMessage, error) {
	if !req.Expires.IsZero() && !req.Expires.After(now) {
		return nil, invalid("it would expire before it began", "Choose a later time, or none.")
	}
	p, err := m.Plan(ctx, req, t)
	if err != nil {
		return nil, err
	}
	if p.Lasting && !req.Expires.IsZero() {
		return nil, invalid("what cannot be undone cannot expire", "Leave the time of its end out.")
	}
	return json.Marshal(p)
}

func (r *Runner) method(name string) (Method, error) {
	if m := r.methods[name]; m != nil {
		return m, nil
	}
	return nil, invalid(fmt.Sprintf("%.40q is no method of response", name), "Choose one of those that are set up.")
}
