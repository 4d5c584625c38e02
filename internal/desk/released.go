package desk

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"candor"
)

// released is what an event says of a party that freed its own line.
type released struct {
	Left    int       `json:"left"`    // how often it may do so still
	Watched time.Time `json:"watched"` // until when a return of the cause is watched for
	Method  string    `json:"method"`  // of the responses that were undone
	Level   string    `json:"level"`   // of them
}

// settled is how long after a line was freed it may still be told of what
// happened before.
const settled = 10 * time.Second

// Released notes, in a transaction that frees the line of responses of a method
// and level, that its holder says that the cause is gone, how often that may still be, and
// until when a return of the cause is watched for.
func (d *Desk) Released(ctx context.Context, tx Tx, who candor.Principal, id candor.ID, method, level string, left int, watched time.Time, text string) error {
	c, err := tx.Case(ctx, who.Scope(), id)
	if err != nil {
		return err
	}
	e := candor.Event{Kind: candor.EventReleased, Actor: who.Actor(), Public: true, Text: cut(text)}
	if e.Details, err = json.Marshal(released{Left: left, Watched: watched, Method: method, Level: level}); err != nil {
		return err
	}
	if err := d.say(ctx, tx, &c, e); err != nil {
		return err
	}
	if err := d.onLadder(ctx, tx, c, false); err != nil {
		return err
	}
	return d.record(ctx, tx, c.Party, candor.Record{Kind: candor.RecordDecision, Subject: c.ID, Case: c.ID, Actor: who.Actor()},
		map[string]any{"says": candor.EventReleased, "left": left, "watched": watched}, personalNote(cut(text)))
}

// comesBack looks whether what traffic shows is the return of what the holder of
// the line said to be gone, while that is watched for, and certain enough to act.
// What was undone is done again at once then, on the basis that holds by now; that
// happens once for each time that the line was freed.
func (d *Desk) comesBack(ctx context.Context, tx Tx, f *filing) error {
	if f.Sensor != Traffic || f.Seen.IsZero() {
		return nil
	}
	var sure candor.ID // the case of a finding that suffices
	for _, x := range f.Findings {
		x.Path = candor.TextPath(x.Path)
		if known, ok := f.have[Same(x)]; ok && confidence(x) >= isolating && known.State != candor.FindingDismissed {
			sure = known.Case
		}
	}
	if sure == "" {
		return nil
	}
	e, err := tx.LastRelease(ctx, f.asset.ID)
	if errors.Is(err, candor.ErrNotFound) {
		return nil
	}
	var was released
	if err == nil {
		err = json.Unmarshal(e.Details, &was)
	}
	if err != nil || was.Method == "" || f.now.After(was.Watched) || f.Seen.Before(e.At.Add(settled)) {
		return err
	}
	c, err := tx.Case(ctx, candor.Everything, sure)
	if err != nil || !c.State.Open() {
		return err
	}
	if err := d.event(ctx, tx, candor.Event{Case: c.ID, Kind: candor.EventReturned, Actor: f.actor, Public: true}, nil); err != nil {
		return err
	}
	if err := d.onLadder(ctx, tx, c, false); err != nil {
		return err
	}
	if err := tx.Enqueue(ctx, PolicyJob{Case: c.ID, Returned: was.Method, Level: was.Level}, candor.JobOptions{}); err != nil {
		return err
	}
	return d.tell(ctx, tx, Notice{Kind: "returned", Case: c})
}

// isolating is the confidence from which on a finding suffices to isolate.
const isolating = 95

// redo does again what the party had ended by saying that the cause is gone. It
// is approved in the name of the rule under which the line was freed.
func (d *Desk) redo(ctx context.Context, c candor.Case, job PolicyJob, have []candor.Response, r Responder) error {
	who := candor.Principal{Name: "policy:returned"}
	for _, h := range have {
		if h.Method != job.Returned {
			continue
		}
		switch h.State {
		case candor.ResponseProposed:
			if err := r.Approve(ctx, who, h.ID); err != nil && !errors.Is(err, candor.ErrChanged) {
				return err
			}
			return nil
		case candor.ResponseUndone, candor.ResponseRefused, candor.ResponseFailed, candor.ResponseUndoing:
		default:
			return nil // it is being done
		}
	}
	p := PlayResponse{Method: job.Returned}
	for _, o := range d.play(c).Responses {
		if o.Method == job.Returned {
			p = o
		}
	}
	p.Level = job.Level
	response, err := r.Propose(ctx, who, c, p, count(have, job.Returned))
	switch {
	case errors.Is(err, candor.ErrExists) || errors.Is(err, ErrBeside):
		return nil
	case refusal(err):
		return d.explain(ctx, c, job.Returned, err)
	case err != nil:
		return err
	}
	return r.Approve(ctx, who, response.ID)
}

// refusal tells whether an error says that something may not or cannot be
// proposed, which the timeline tells.
func refusal(err error) bool {
	return errors.Is(err, candor.ErrDenied) || errors.Is(err, candor.ErrInvalid) || errors.Is(err, candor.ErrNotFound) || errors.Is(err, candor.ErrChanged)
}

// cut shortens a text that may be empty to what may be written at once.
func cut(text string) string {
	text = strings.TrimSpace(text)
	return text[:min(len(text), mostText)]
}
