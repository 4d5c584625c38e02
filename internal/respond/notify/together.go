package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"candor"
	"candor/internal/respond"
)

// What one mail tells of: the responses of several cases of a party that wait at the
// same time. One of them leads; its mails tell of the others too, and these follow.

const (
	mostTogether = 500
	// comingFor is how long a notice waits for more that is just being read.
	comingFor   = 2 * time.Minute
	comingAgain = 2 * time.Second
	// followAgain is how long a response waits at least before it looks again how the
	// mail of another is; while that waits for long, a quarter of that time, at most
	// followMost.
	followAgain = 10 * time.Second
	followMost  = 15 * time.Minute
)

// gathers tells whether a response may be told of by a mail that tells of others.
func gathers(r candor.Response) bool {
	var p planned
	_, err := respond.ReadPlan(r, &p)
	return err == nil && p.gathers()
}

func (p planned) gathers() bool {
	return p.Letter == Notice && p.Undo == nil && p.Fact.Label != ""
}

// gather has the response lead others, or follow one, before anything of it is done,
// and tells whether it did.
func (m *Method) gather(ctx context.Context, r candor.Response, p planned, j respond.Journal) (_ candor.Response, done bool, err error) {
	g, ok := j.(respond.Gatherer)
	if !ok || m.Gather <= 0 || len(r.Result) > 0 || !p.gathers() {
		return r, false, nil
	}
	if m.Coming != nil && m.Now().Sub(r.Created) < comingFor {
		more, err := m.Coming(ctx, r.Party)
		if err != nil {
			return r, false, respond.Temporary(fmt.Errorf("look whether there is more to tell: %w", err), 0)
		}
		if more {
			return r, false, respond.Postpone(comingAgain)
		}
	}
	window := m.Gather
	if p.Case.Severity >= candor.Critical {
		window = 0
	}
	r, _, err = g.Gather(ctx, respond.Gathering{Window: window, Most: mostTogether, Fits: gathers, Join: func(others []candor.Response) (lead, rest json.RawMessage, err error) {
		var own progress
		for _, x := range others {
			own.Together = append(own.Together, x.ID)
		}
		lead, err = json.Marshal(own)
		if err == nil {
			rest, err = json.Marshal(progress{With: r.ID, Mails: p.mails()})
		}
		return lead, rest, err
	}})
	return r, err == nil, err
}

// written are the letters of a response, and the cases that they tell of.
type written struct {
	of    map[string]rendered // by language
	cases []candor.Case
}

// letters gives the letters as they are to be sent: as they were planned, or with
// all that the mails tell of.
func (a *attempt) letters(ctx context.Context, p planned, rows map[candor.ID]candor.Message) (written, error) {
	w := written{p.Letters, []candor.Case{p.Case}}
	missing := false
	for _, to := range p.To {
		_, there := rows[to.Message]
		missing = missing || !there
	}
	if len(a.progress.Together) == 0 || !missing {
		return w, nil
	}
	facts := []fact{p.Fact}
	all := a.progress.Together
	a.progress.Together = nil
	for _, id := range all {
		other, err := a.Messages.Response(ctx, candor.Everything, id)
		if err != nil {
			return w, respond.Temporary(fmt.Errorf("read what goes with it: %w", err), 0)
		}
		var q planned
		if _, err := respond.ReadPlan(other, &q); err != nil {
			return w, err
		}
		var g progress
		if json.Unmarshal(other.Result, &g) != nil || g.With != a.response.ID {
			continue // it is told of by itself
		}
		a.progress.Together = append(a.progress.Together, id)
		w.cases, facts = append(w.cases, q.Case), append(facts, q.Fact)
	}
	if len(facts) == 1 {
		return w, nil
	}
	w.of, a.progress.Letters = map[string]rendered{}, map[string]string{}
	for _, to := range p.To {
		if _, done := w.of[to.Language]; done {
			continue
		}
		l, err := a.renderAll(facts, to.Language, zone(p.Zone))
		if err != nil {
			return w, err
		}
		w.of[to.Language], a.progress.Letters[to.Language] = l, l.digest()
	}
	return w, nil
}

// follow looks how the mails are that tell of the response and are another's.
func (a *attempt) follow(ctx context.Context) (json.RawMessage, error) {
	lead, err := a.Messages.Response(ctx, candor.Everything, a.progress.With)
	if err != nil && !errors.Is(err, candor.ErrNotFound) {
		return nil, respond.Temporary(fmt.Errorf("read whose mail it is in: %w", err), 0)
	}
	rows, err := a.rows(ctx)
	if err != nil {
		return nil, err
	}
	var failures []error
	var waits time.Duration
	sum := progress{With: a.progress.With, Mails: a.progress.Mails}
	for _, mail := range a.progress.Mails {
		row := rows[mail.Message]
		switch row.State {
		case candor.MessageSent:
			sum.Sent++
			continue
		case candor.MessageBounced:
			sum.Bounced++
		case candor.MessageFailed:
			sum.Failed++
		default:
			sum.Waiting++
			if !row.Created.IsZero() {
				waits = max(waits, a.Now().Sub(row.Created))
			}
		}
		failures = append(failures, fmt.Errorf("mail %s: %s", mail.Message, row.Error))
	}
	if sum.Waiting > 0 && lead.State == candor.ResponseApproved {
		return nil, respond.Postpone(min(max(waits/4, followAgain), followMost))
	}
	unwritten := sum.Waiting > 0 && len(rows) == 0 // the one that leads came to nothing before that
	if sum.Waiting > 0 || sum.Sent == 0 {
		sum = progress{} // approved again, it is told of by itself
	}
	result, err := json.Marshal(sum)
	switch {
	case err != nil:
		return nil, err
	case unwritten:
		return result, respond.Postpone(0) // and now it is told of by itself
	case sum.Sent == 0:
		return result, candor.WithHint(respond.Permanent(fmt.Errorf("the mail that tells of it was not sent: %w", errors.Join(failures...))),
			"Look at the party's addresses, or call; approved again, it is sent by itself.")
	}
	return result, nil // Verify tells of those that were not
}

// SentWith is the response whose mails tell of a response; that itself, mostly.
func SentWith(r candor.Response) candor.ID {
	var g progress
	if err := json.Unmarshal(r.Result, &g); r.Method == Name && err == nil && g.With != "" {
		return g.With
	}
	return r.ID
}
