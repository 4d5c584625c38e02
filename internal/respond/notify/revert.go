package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"candor"
	"candor/internal/respond"
)

// Revert implements respond.Method. A mail that was sent cannot be taken back;
// if the plan says so, those who got it get another that settles it. What was
// not sent yet is not sent any more.
func (m *Method) Revert(ctx context.Context, r candor.Response, j respond.Journal) (json.RawMessage, error) {
	var p planned
	if _, err := respond.ReadPlan(r, &p); err != nil {
		return nil, err
	}
	a, err := m.attempt(r, j)
	if err != nil {
		return nil, err
	}
	rows, err := a.rows(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.told(p, rows); err != nil {
		return nil, err
	}
	if p.Undo != nil {
		if err := a.save(ctx); err != nil { // before anything shows what was told
			return nil, err
		}
	}
	if err := a.stop(ctx, p, rows); err != nil {
		return nil, err
	}
	switch {
	case len(a.progress.Corrections) == 0:
		return json.Marshal(a.progress)
	case p.Undo == nil:
		return nil, candor.WithHint(respond.Permanent(fmt.Errorf("a mail that was sent cannot be taken back: %w", candor.ErrDenied)),
			"Send another that says that it is settled or withdrawn.")
	}
	return a.correct(ctx, p, rows)
}

// told finds who may have got a mail, and gives each a correction.
func (a *attempt) told(p planned, rows map[candor.ID]candor.Message) error {
	if a.progress.Corrections == nil {
		a.progress.Corrections = map[candor.ID]candor.ID{}
	}
	for _, to := range p.To {
		row := rows[to.Message]
		switch row.State {
		case candor.MessageSent:
		case candor.MessageSending:
			if rest := a.occupied(); rest > 0 {
				return respond.Temporary(fmt.Errorf("the mail to %s may be on its way just now", row.To), rest)
			}
		case candor.MessageQueued: // a server can have taken it whose answer got lost
			if row.Attempts == 0 {
				continue
			}
		default:
			continue
		}
		if a.progress.Corrections[to.Message] == "" {
			a.progress.Corrections[to.Message] = candor.NewID(a.Now())
		}
	}
	return nil
}

// stop ends what is still to be sent.
func (a *attempt) stop(ctx context.Context, p planned, rows map[candor.ID]candor.Message) error {
	for _, to := range p.To {
		row := rows[to.Message]
		from := row.State
		if from != candor.MessageQueued && from != candor.MessageSending {
			continue
		}
		row.State, row.Error = candor.MessageFailed, "undone before it was known to be sent"
		if err := a.change(ctx, row, from); err != nil {
			return err
		}
	}
	return nil
}

// correct sends the letters that undo.
func (a *attempt) correct(ctx context.Context, p planned, rows map[candor.ID]candor.Message) (json.RawMessage, error) {
	var ids []candor.ID
	for _, to := range p.To {
		id := a.progress.Corrections[to.Message]
		if id == "" {
			continue
		}
		ids = append(ids, id)
		if _, there := rows[id]; there {
			continue
		}
		to.Message = id
		var err error
		if rows[id], err = a.add(ctx, p, to, p.Undo[to.Language], []candor.Case{p.Case}); err != nil {
			return nil, err
		}
	}
	return a.deliver(ctx, ids, rows)
}

// Record writes down that a mail came back, and gives the message as it is
// then. A warning of delay, an automatic answer and whatever else is no bounce
// change nothing. Which message it is, its Message-ID or the tag of the
// address tells; candor.ErrNotFound if neither does.
func (m *Method) Record(ctx context.Context, b Bounce) (candor.Message, error) {
	row, err := m.find(ctx, b)
	if err != nil {
		return row, fmt.Errorf("record a bounce: %w", err)
	}
	open := []candor.MessageState{candor.MessageSent, candor.MessageSending, candor.MessageQueued}
	if b.Kind != BounceFailed || !slices.Contains(open, row.State) {
		return row, nil
	}
	from := row.State
	row.State, row.Bounced, row.Error = candor.MessageBounced, m.Now().UTC(), b.Reason()
	if err := m.Messages.ChangeMessage(ctx, row, from); err != nil {
		return row, fmt.Errorf("record that mail %s came back: %w", row.ID, err)
	}
	return row, nil
}

func (m *Method) find(ctx context.Context, b Bounce) (candor.Message, error) {
	for _, id := range []string{b.Tag + "@" + m.Domain, b.MessageID} {
		if id == "" || id == "@"+m.Domain {
			continue
		}
		row, err := m.Messages.MessageByMessageID(ctx, id)
		if !errors.Is(err, candor.ErrNotFound) {
			return row, err
		}
	}
	return candor.Message{}, candor.WithHint(fmt.Errorf("it belongs to no mail: %w", candor.ErrNotFound),
		"Let a person read it.")
}
