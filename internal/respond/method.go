// Package respond carries out what was decided about a case: it plans,
// applies, verifies and undoes responses, each on a basis that gives the
// provider the right to it, and writes down every step.
//
// A Method knows how one kind of response is done; there is a folder for
// each, and the suite in respondtest holds for all of them. The Runner knows
// when it may be done: it checks the basis and the rule "observe only", keeps
// the states, and asks for the jobs.
package respond

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"candor"
)

// Method is one way to respond. It is safe for concurrent use, also for the
// same response: a job can be given to a second worker while the first, which
// was taken for dead, still runs.
type Method interface {
	// Name is what Response.Method holds: "notify", "quarantine".
	Name() string

	// TouchesAsset tells whether the method changes anything at the asset
	// itself. Such a method is never used on an asset that is only observed,
	// nor against another party than the asset's owner.
	TouchesAsset() bool

	// Plan looks, changes nothing, and says what Apply would do. What makes no
	// sense is candor.ErrInvalid, with a hint.
	Plan(context.Context, Request, Target) (Plan, error)

	// Apply does what the plan in the response says (ReadPlan) and gives the
	// result, in the method's own form, which replaces Response.Result.
	//
	// It may be called again after it ended, failed, or was killed at any
	// point: Response.Result is then what the journal saved last. Whatever
	// Revert needs must be saved before the first act that can be seen from
	// outside; if Save fails, nothing further may be done.
	//
	// A result may come with an error: part of it was done. The error says by
	// Temporary whether a later call can succeed.
	Apply(context.Context, candor.Response, Journal) (json.RawMessage, error)

	// Verify looks whether what Apply did holds now. It does not believe the
	// result where it can look. Nil means that it was seen to hold.
	Verify(context.Context, candor.Response) error

	// Revert undoes what the result says was done, under the same promises as
	// Apply: called again it does the rest. What was undone outside counts as
	// undone; what stands in the way is candor.ErrChanged, with a hint.
	Revert(context.Context, candor.Response, Journal) (json.RawMessage, error)
}

// Prover is a Method that says what of a response belongs into the evidence
// log beyond the response's state.
type Prover interface {
	Prove(candor.Response) (Proof, error)
}

// Proof is what a method adds to a response's entry in the evidence log.
type Proof struct {
	Body     json.RawMessage   // a JSON object that holds nothing personal
	Blobs    []string          // SHA-256 digests of what the vault keeps, in hexadecimal
	Personal map[string]string // the log gets salted digests of it only
}

// Sender is a Method that sends messages.
type Sender interface {
	// Sends gives the messages of a response, as far as they are known.
	Sends(candor.Response) []candor.ID
}

// Journal keeps the progress of one call of Apply or Revert.
type Journal interface {
	// Save makes the result durable as Response.Result before it returns. If
	// the response is no longer this caller's to carry out, since somebody
	// refused it or another worker took it over, it gives candor.ErrChanged.
	Save(ctx context.Context, result json.RawMessage) error
}

// Request asks for a response.
type Request struct {
	Case    candor.ID    `json:"case"`
	Asset   candor.ID    `json:"asset,omitempty"` // the case's if empty
	Party   candor.ID    `json:"party,omitempty"` // the case's if empty
	Method  string       `json:"method"`
	Reason  string       `json:"reason,omitempty"` // why, in words
	Expires time.Time    `json:"expires,omitzero"` // it is undone then; never if zero
	Basis   candor.Basis `json:"basis"`            // the choice of one: see Runner.Propose
	// Known, if not nil, is how many responses of the method to the case whoever
	// asks knows of. If there are others by now nothing is proposed.
	Known *int `json:"-"`
	// Options are the method's own, a JSON object or nothing.
	Options json.RawMessage `json:"options,omitempty"`
	// Content is the SHA-256 of the content that it is about, in hexadecimal, if
	// it is about one. It is proposed once: while another response of the method
	// waits, or is being carried out, in the case whose plan names the content,
	// a further one is candor.ErrExists.
	Content string `json:"content,omitempty"`
}

// Target is what a Request names, as it is stored now.
type Target struct {
	Case  candor.Case
	Asset candor.Asset
	Party candor.Party
}

// Plan says what a response will do. Response.Plan holds it as JSON.
type Plan struct {
	Effects  []Line `json:"effects"`            // what happens to whom, at least one
	Warnings []Line `json:"warnings,omitempty"` // what whoever approves should know
	Undo     Line   `json:"undo"`               // how it is undone, or that it cannot be
	// Lasting says that it cannot be undone. Such a response cannot expire.
	Lasting bool `json:"lasting,omitempty"`
	// Data is what Apply goes by, in the method's own form.
	Data json.RawMessage `json:"data,omitempty"`
}

// Line is a sentence for people: in English, and by the name and the values
// under which the catalogue has it in other languages.
type Line struct {
	Key    string            `json:"key"` // "quarantine.plan.moved"
	Values map[string]string `json:"values,omitempty"`
	Text   string            `json:"text"`
}

// ReadPlan reads Response.Plan and, if data is not nil, its Data into data.
// The error is candor.ErrInvalid.
func ReadPlan(r candor.Response, data any) (Plan, error) {
	var p Plan
	if err := json.Unmarshal(r.Plan, &p); err != nil {
		return Plan{}, fmt.Errorf("read the plan of response %s: %w: %w", r.ID, candor.ErrInvalid, err)
	}
	if data == nil {
		return p, nil
	}
	if err := json.Unmarshal(p.Data, data); err != nil {
		return Plan{}, fmt.Errorf("read the plan of response %s: %w: %w", r.ID, candor.ErrInvalid, err)
	}
	return p, nil
}
