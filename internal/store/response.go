package store

import (
	"context"
	"encoding/json"
	"time"

	"candor"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

var responseList = list{table: "responses", own: "created", sorts: []string{"id"}, then: []string{"state", "party", "method"}, weak: []string{"state", "method"}}

// Response gives a response that the scope sees.
func (r reader) Response(ctx context.Context, scope candor.Scope, id candor.ID) (candor.Response, error) {
	row, err := one[query.Response](ctx, r.db, "responses", "id = ?", id)
	if err == nil && !scope.Sees(row.Party) {
		return candor.Response{}, notThere("response", id)
	}
	return response(row), err
}

// Response gives a response that the scope sees, and keeps others from changing
// it until the transaction ends.
func (t *Tx) Response(ctx context.Context, scope candor.Scope, id candor.ID) (candor.Response, error) {
	rows, err := choose[query.Response](ctx, t.db, "responses", "id = ?"+t.dialect.lock, id)
	if err != nil {
		return candor.Response{}, err
	}
	if len(rows) == 0 || !scope.Sees(rows[0].Party) {
		return candor.Response{}, notThere("response", id)
	}
	return response(rows[0]), nil
}

// Responses lists responses.
func (r reader) Responses(ctx context.Context, scope candor.Scope, f candor.ResponseFilter, cut candor.Cut) (candor.Page[candor.Response], error) {
	var w where
	w.scope(scope, "party")
	anyOf(&w, "state", f.States)
	equal(&w, "case_id", f.Case)
	equal(&w, "party", f.Party)
	equal(&w, "method", f.Method)
	if f.Held {
		w.compare("held", ">", column.Time(time.Time{}))
	}
	if f.Lapsed {
		w.compare("lapsed", ">", column.Time(time.Time{}))
	}
	if !f.CreatedAfter.IsZero() {
		w.since("created", f.CreatedAfter)
	}
	page, err := part[query.Response](ctx, r, responseList, w, cut)
	return turn(page, response), err
}

// ExpiredResponses gives responses that hold and whose time is over.
func (r reader) ExpiredResponses(ctx context.Context, now time.Time, most int) ([]candor.Response, error) {
	rows, err := r.q.ExpiredResponses(ctx, column.Time(now), int32(most))
	return each(rows, response), kind(err, "look for expired responses")
}

// StandingResponses gives responses of a method that were applied and not
// undone, by their identifiers, from after one on.
func (r reader) StandingResponses(ctx context.Context, method string, after candor.ID, most int) ([]candor.Response, error) {
	rows, err := r.q.StandingResponses(ctx, method, after, int32(most))
	return each(rows, response), kind(err, "look for responses that stand")
}

// CountLapsed tells how many responses to a case rest on nothing any more.
func (r reader) CountLapsed(ctx context.Context, of candor.ID) (n int, err error) {
	err = r.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM responses WHERE case_id = ? AND lapsed > 0", of).Scan(&n)
	return n, kind(err, "count responses that rest on nothing")
}

// CountResponses tells how many responses of a method there are to a case.
func (r reader) CountResponses(ctx context.Context, of candor.ID, method string) (n int, err error) {
	err = r.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM responses WHERE case_id = ? AND method = ?", of, method).Scan(&n)
	return n, kind(err, "count responses")
}

// AddResponse adds a response.
func (t *Tx) AddResponse(ctx context.Context, r candor.Response) error {
	return add(ctx, t.reader, "responses", "", responseRow(r))
}

// Waiting gives the responses of a case and a method that wait for approval or
// are being carried out, and keeps others from asking the same until the
// transaction ends.
func (t *Tx) Waiting(ctx context.Context, of candor.ID, method string) ([]candor.Response, error) {
	if _, err := choose[query.Case](ctx, t.db, "cases", "id = ?"+t.dialect.lock, of); err != nil {
		return nil, err
	}
	rows, err := choose[query.Response](ctx, t.db, "responses", "case_id = ? AND method = ? AND state IN ('proposed', 'approved') ORDER BY id", of, method)
	return each(rows, response), err
}

// Approved gives the responses of a method to a party that are approved and of
// which nothing was done, the oldest first, and keeps others from changing them
// until the transaction ends.
func (t *Tx) Approved(ctx context.Context, party candor.ID, method string, most int) ([]candor.Response, error) {
	const condition = "party = ? AND method = ? AND state = 'approved' AND result = '' ORDER BY created, id LIMIT ?"
	rows, err := choose[query.Response](ctx, t.db, "responses", condition+t.dialect.lock, party, method, most)
	return each(rows, response), err
}

// LastCarried is when a response of a method to a party was applied last, or begun;
// zero if never.
func (r reader) LastCarried(ctx context.Context, party candor.ID, method string) (time.Time, error) {
	var at column.Time
	err := r.db.QueryRowContext(ctx, `SELECT COALESCE(MAX(CASE WHEN applied > 0 THEN applied ELSE updated END), 0) FROM responses
		WHERE party = ? AND method = ? AND (applied > 0 OR state = 'approved' AND result <> '')`, party, method).Scan(&at)
	return time.Time(at), kind(err, "look when a party was told")
}

// ChangeResponse replaces a response. It is candor.ErrChanged if it is no
// longer in the state from.
func (t *Tx) ChangeResponse(ctx context.Context, r candor.Response, from candor.ResponseState) error {
	ok, err := change(ctx, t.db, "responses", responseRow(r), "state = ?", from)
	if err == nil && !ok {
		err = changed("response", r.ID)
	}
	return err
}

func response(r query.Response) candor.Response {
	return candor.Response{ID: r.ID, Case: r.CaseID, Asset: r.Asset, Party: r.Party, Method: r.Method, State: r.State, Basis: r.Basis.V,
		Reason: r.Reason, Plan: json.RawMessage(r.Plan), Result: json.RawMessage(r.Result), Error: r.Error, By: r.By, Approved: r.Approved,
		Created: time.Time(r.Created), Updated: time.Time(r.Updated), Applied: time.Time(r.Applied), Expires: time.Time(r.Expires), Held: time.Time(r.Held), Lapsed: time.Time(r.Lapsed), Attempts: int(r.Attempts)}
}

func responseRow(r candor.Response) query.Response {
	return query.Response{ID: r.ID, CaseID: r.Case, Asset: r.Asset, Party: r.Party, Method: r.Method, State: r.State, Basis: column.Of(r.Basis),
		Reason: r.Reason, Plan: column.Raw(r.Plan), Result: column.Raw(r.Result), Error: r.Error, By: r.By, Approved: r.Approved,
		Created: column.Time(r.Created), Updated: column.Time(r.Updated), Applied: column.Time(r.Applied), Expires: column.Time(r.Expires), Held: column.Time(r.Held), Lapsed: column.Time(r.Lapsed), Attempts: int64(r.Attempts)}
}

// MessagesOf gives the mails of a response.
func (r reader) MessagesOf(ctx context.Context, response candor.ID) ([]candor.Message, error) {
	rows, err := choose[query.Message](ctx, r.db, "messages", "response = ? ORDER BY id", response)
	return each(rows, message), err
}

// MessagesOfCase gives the mails of a case.
func (r reader) MessagesOfCase(ctx context.Context, of candor.ID) ([]candor.Message, error) {
	rows, err := choose[query.Message](ctx, r.db, "messages", "case_id = ? ORDER BY id", of)
	return each(rows, message), err
}

// MessageByMessageID looks for the Message-ID of a mail, without angle brackets.
func (r reader) MessageByMessageID(ctx context.Context, id string) (candor.Message, error) {
	row, err := one[query.Message](ctx, r.db, "messages", "message_id = ?", id)
	return message(row), err
}

// Message gives a mail.
func (r reader) Message(ctx context.Context, id candor.ID) (candor.Message, error) {
	row, err := one[query.Message](ctx, r.db, "messages", "id = ?", id)
	return message(row), err
}

// AddMessage adds a mail.
func (t *Tx) AddMessage(ctx context.Context, m candor.Message) error {
	return add(ctx, t.reader, "messages", "", messageRow(m))
}

// ChangeMessage replaces a mail. It is candor.ErrChanged if it is no longer in
// the state from.
func (t *Tx) ChangeMessage(ctx context.Context, m candor.Message, from candor.MessageState) error {
	ok, err := change(ctx, t.db, "messages", messageRow(m), "state = ?", from)
	if err == nil && !ok {
		err = changed("message", m.ID)
	}
	return err
}

func message(r query.Message) candor.Message {
	return candor.Message{ID: r.ID, Response: r.Response, Case: r.CaseID, Party: r.Party, To: r.Recipient, Language: r.Language, Subject: r.Subject,
		Text: r.Text, HTML: r.HTML, MessageID: r.MessageID, State: r.State, Attempts: int(r.Attempts), Error: r.Error,
		Created: time.Time(r.Created), Sent: time.Time(r.Sent), Bounced: time.Time(r.Bounced)}
}

func messageRow(m candor.Message) query.Message {
	return query.Message{ID: m.ID, Response: m.Response, CaseID: m.Case, Party: m.Party, Recipient: m.To, Language: m.Language, Subject: m.Subject,
		Text: m.Text, HTML: m.HTML, MessageID: m.MessageID, State: m.State, Attempts: int64(m.Attempts), Error: m.Error,
		Created: column.Time(m.Created), Sent: column.Time(m.Sent), Bounced: column.Time(m.Bounced)}
}
