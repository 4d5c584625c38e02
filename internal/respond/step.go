package respond

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"candor"
)

const system = "system"

// step is one change of a response's state.
type step struct {
	from, to candor.ResponseState
	actor    string
	text     string // what a person wrote
	failure  string // becomes Response.Error
	expired  bool   // because its time was over
	held     *Holding
	kept     bool
	lapsed   *candor.NoBasis // why it rests on nothing any more
	rested   bool            // on something else from now on
}

// aside tells whether a step takes a response to no other state, and is nothing
// that Then is told of.
func (s step) aside() bool { return s.held != nil || s.lapsed != nil || s.rested }

// move takes a response to another state and writes that down.
func (r *Runner) move(ctx context.Context, tx Tx, resp candor.Response, s step) (candor.Response, error) {
	s.from = resp.State
	if !CanBecome(s.from, s.to) {
		return resp, candor.WithHint(fmt.Errorf("it is %s and cannot become %s: %w", s.from, s.to, candor.ErrChanged),
			"Look at the response again.")
	}
	resp.State, resp.Error = s.to, s.failure
	resp.Updated = r.Now().UTC()
	if err := tx.ChangeResponse(ctx, resp, s.from); err != nil {
		return resp, err
	}
	return resp, r.note(ctx, tx, resp, s)
}

// note writes a step into the timeline and into the evidence, and tells Then.
func (r *Runner) note(ctx context.Context, tx Tx, resp candor.Response, s step) error {
	event, err := r.event(resp, s)
	if err != nil {
		return err
	}
	if err := tx.AddEvent(ctx, event); err != nil {
		return err
	}
	record, err := r.record(resp, s)
	if err != nil {
		return err
	}
	if err := tx.AddRecord(ctx, record); err != nil || r.Then == nil || s.aside() {
		return err
	}
	return r.Then(ctx, tx, resp, s.from)
}

// EventDetails are the Details of events of responses.
type EventDetails struct {
	Response candor.ID            `json:"response"`
	Method   string               `json:"method"`
	From     candor.ResponseState `json:"from,omitempty"` // empty if it is new
	To       candor.ResponseState `json:"to"`
	Expired  bool                 `json:"expired,omitempty"` // because its time was over
	Error    string               `json:"error,omitempty"`   // of failed and halted ones, whose events are not public
	Until    time.Time            `json:"until,omitzero"`    // when it expires
	Held     *Holding             `json:"held,omitempty"`    // why it goes on beyond its time
	Kept     bool                 `json:"kept,omitempty"`    // somebody said that it is to go on without an end
	Lapsed   *candor.NoBasis      `json:"lapsed,omitempty"`  // why it rests on nothing any more
	Rested   *candor.Basis        `json:"rested,omitempty"`  // on what it rests from now on, instead
	// Messages are the mails of one that was applied; several responses may have the
	// same.
	Messages []candor.ID `json:"messages,omitempty"`
	// Drift says that what was applied no longer was as it should be, and what
	// was done about it: refilled, moved, freed. The state stays as it is.
	Drift string `json:"drift,omitempty"`
}

func (r *Runner) event(resp candor.Response, s step) (candor.Event, error) {
	d := EventDetails{Response: resp.ID, Method: resp.Method, From: s.from, To: s.to,
		Expired: s.expired, Error: resp.Error, Until: resp.Expires, Held: s.held, Kept: s.kept, Lapsed: s.lapsed}
	if s.rested {
		d.Rested = &resp.Basis
	}
	if m, ok := r.methods[resp.Method].(Sender); ok && s.to == candor.ResponseApplied {
		d.Messages = m.Sends(resp)
	}
	details, err := json.Marshal(d)
	return candor.Event{
		ID: candor.NewID(resp.Updated), Case: resp.Case, At: resp.Updated, Kind: candor.EventResponse,
		Actor: s.actor, Public: public(s.to) && !s.kept && s.lapsed == nil && !s.rested, Text: s.text, Details: details,
	}, err
}

// proven is the Body of an evidence record about a response.
type proven struct {
	Response candor.ID            `json:"response"`
	Method   string               `json:"method"`
	From     candor.ResponseState `json:"from,omitempty"`
	To       candor.ResponseState `json:"to"`
	Asset    candor.ID            `json:"asset,omitempty"`
	Party    candor.ID            `json:"party,omitempty"`
	Basis    candor.Basis         `json:"basis"`
	Expired  bool                 `json:"expired,omitempty"`
	Held     *Holding             `json:"held,omitempty"`
	Kept     bool                 `json:"kept,omitempty"`
	Lapsed   *candor.NoBasis      `json:"lapsed,omitempty"`
	Rested   bool                 `json:"rested,omitempty"` // on Basis from now on
	Attempts int                  `json:"attempts,omitempty"`
	Proof    json.RawMessage      `json:"proof,omitempty"` // the method's own
}

// record makes the evidence of a step. What people wrote, and what names
// files or addresses, is personal.
func (r *Runner) record(resp candor.Response, s step) (candor.Record, error) {
	body := proven{Response: resp.ID, Method: resp.Method, From: s.from, To: s.to, Asset: resp.Asset, Party: resp.Party,
		Basis: resp.Basis, Expired: s.expired, Held: s.held, Kept: s.kept, Lapsed: s.lapsed, Rested: s.rested, Attempts: resp.Attempts}
	personal := map[string]string{}
	set := func(key, value string) {
		if value != "" {
			personal[key] = value
		}
	}
	set("reason", resp.Reason)
	set("text", s.text)
	set("error", resp.Error)
	set("plan", digest(resp.Plan))
	set("result", digest(resp.Result))
	if resp.Basis.Kind == candor.ByConsent {
		set("consent", resp.Basis.Terms)
		set("clause", resp.Basis.Clause)
		body.Basis.Terms, body.Basis.Clause = "", ""
	}
	rec := candor.Record{ID: candor.NewID(resp.Updated), Kind: candor.RecordResponse, At: resp.Updated,
		Subject: resp.ID, Case: resp.Case, Actor: s.actor, Personal: personal}
	if decided(s.to) || s.kept || s.rested {
		rec.Kind = candor.RecordDecision
	}
	if p, ok := r.methods[resp.Method].(Prover); ok {
		proof, err := p.Prove(resp)
		if err != nil {
			return rec, fmt.Errorf("prove response %s: %w", resp.ID, err)
		}
		body.Proof, rec.Blobs = proof.Body, proof.Blobs
		maps.Copy(personal, proof.Personal)
	}
	var err error
	rec.Body, err = json.Marshal(body)
	return rec, err
}

// digest is empty for nothing.
func digest(data []byte) string {
	if len(data) == 0 {
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
