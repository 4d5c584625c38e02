package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"candor"
	"candor/internal/respond"
)

// Apply implements respond.Method. It writes every mail down, then hands over
// one after the other. While any can still be sent, the error is temporary;
// it is permanent if none was taken. What is told by the mails of another response
// waits for these.
func (m *Method) Apply(ctx context.Context, r candor.Response, j respond.Journal) (json.RawMessage, error) {
	var p planned
	if _, err := respond.ReadPlan(r, &p); err != nil {
		return nil, err
	}
	r, gathered, err := m.gather(ctx, r, p, j)
	if err != nil {
		return nil, err
	}
	a, err := m.attempt(r, j)
	if err != nil {
		return nil, err
	}
	if a.progress.With != "" {
		return a.follow(ctx)
	}
	rows, err := a.rows(ctx)
	if err != nil {
		return nil, err
	}
	l, err := a.letters(ctx, p, rows)
	if err != nil {
		return nil, err
	}
	if !gathered || len(a.progress.Together) > 0 { // else that has just been written
		if err := a.save(ctx); err != nil { // it may be another's by now
			return nil, err
		}
	}
	ids := make([]candor.ID, 0, len(p.To))
	for _, to := range p.To {
		ids = append(ids, to.Message)
		if _, there := rows[to.Message]; there {
			continue
		}
		if rows[to.Message], err = a.add(ctx, p, to, l.of[to.Language], l.cases); err != nil {
			return nil, err
		}
	}
	return a.deliver(ctx, ids, rows)
}

// attempt is one call of Apply or Revert.
type attempt struct {
	*Method
	response candor.Response
	journal  respond.Journal
	progress progress
}

func (m *Method) attempt(r candor.Response, j respond.Journal) (*attempt, error) {
	a := &attempt{Method: m, response: r, journal: j}
	if len(r.Result) == 0 {
		return a, nil
	}
	if err := json.Unmarshal(r.Result, &a.progress); err != nil {
		return nil, fmt.Errorf("read the result of response %s: %w: %w", r.ID, candor.ErrInvalid, err)
	}
	return a, nil
}

func (a *attempt) save(ctx context.Context) error {
	result, err := json.Marshal(a.progress)
	if err != nil {
		return err
	}
	return a.journal.Save(ctx, result)
}

// rows gives the messages that tell of the response as they are stored.
func (a *attempt) rows(ctx context.Context) (map[candor.ID]candor.Message, error) {
	list, err := a.Messages.MessagesOf(ctx, SentWith(a.response))
	if err != nil {
		return nil, respond.Temporary(fmt.Errorf("read the mails: %w", err), 0)
	}
	rows := make(map[candor.ID]candor.Message, len(list))
	for _, row := range list {
		rows[row.ID] = row
	}
	return rows, nil
}

// add writes down a mail that is to be sent. The links in it are made only now,
// so that their time does not run while the response waits for approval.
func (a *attempt) add(ctx context.Context, p planned, to recipient, l rendered, cases []candor.Case) (candor.Message, error) {
	for i, c := range cases {
		if a.Link == nil {
			break
		}
		link, expires, err := a.Link(ctx, c, to.Contact)
		if err == nil {
			err = checkLink(link)
		}
		if err != nil {
			return candor.Message{}, fmt.Errorf("make the link for %s: %w", to.Contact.Address, err)
		}
		mark := i
		if len(cases) == 1 {
			mark = alone
		}
		l = l.fill(mark, link, expires, a.Phrases.For(to.Language), zone(p.Zone))
	}
	row := candor.Message{
		ID: to.Message, Response: a.response.ID, Case: a.response.Case, Party: a.response.Party,
		To: to.Contact.Address, Language: to.Language, Subject: l.Subject, Text: l.Text, HTML: l.HTML,
		MessageID: messageID(to.Message, a.Domain), State: candor.MessageQueued, Created: a.Now().UTC(),
	}
	if err := a.Messages.AddMessage(ctx, row); err != nil {
		return row, respond.Temporary(fmt.Errorf("keep the mail to %s: %w", row.To, err), 0)
	}
	return row, nil
}

func checkLink(link string) error {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return fmt.Errorf("%.80q is no link: %w", link, candor.ErrInvalid)
	}
	return nil
}

// deliver sends what is not sent yet and sums up.
func (a *attempt) deliver(ctx context.Context, ids []candor.ID, rows map[candor.ID]candor.Message) (json.RawMessage, error) {
	var sum progress
	var failures []error
	var wait time.Duration
	for _, id := range ids {
		row, after, err := a.one(ctx, rows[id])
		if errors.Is(err, candor.ErrChanged) || ctx.Err() != nil {
			return nil, errors.Join(err, ctx.Err()) // no longer ours, or no longer wanted
		}
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
			if wait == 0 || after < wait {
				wait = after
			}
		}
		if err == nil {
			err = errors.New(row.Error)
		}
		failures = append(failures, fmt.Errorf("mail to %s: %w", row.To, err))
	}
	a.progress.Sent, a.progress.Bounced, a.progress.Failed, a.progress.Waiting = sum.Sent, sum.Bounced, sum.Failed, sum.Waiting
	result, err := json.Marshal(a.progress)
	switch {
	case err != nil:
		return nil, err
	case sum.Waiting > 0:
		return result, respond.Temporary(errors.Join(failures...), wait)
	case sum.Sent == 0:
		return result, candor.WithHint(respond.Permanent(errors.Join(failures...)),
			"Look at the party's addresses, or call.")
	}
	return result, nil // Verify tells of those that were not
}
