package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"candor"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// Setting reads a setting into a value. What was never set leaves the value as
// it is: its defaults.
func (r reader) Setting(ctx context.Context, key string, into any) error {
	row, err := one[query.Setting](ctx, r.db, "settings", "key = ?", key)
	if errors.Is(err, candor.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(row.Value, into); err != nil {
		return fmt.Errorf("setting %s: %w", key, err)
	}
	return nil
}

// SetSetting sets a setting.
func (t *Tx) SetSetting(ctx context.Context, key string, value any, at time.Time, by string) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("setting %s: %w", key, err)
	}
	return kind(t.q.SetSetting(ctx, key, column.Raw(text), column.Time(at), by), "set %s", key)
}

// View is a list with its filters that a user keeps.
type View struct {
	ID      candor.ID
	Owner   candor.ID // a user
	Page    string
	Name    string
	Query   string // of the address, without the question mark
	Created time.Time
}

// Views gives a user's saved views of a page, by name.
func (r reader) Views(ctx context.Context, owner candor.ID, page string) ([]View, error) {
	rows, err := choose[query.View](ctx, r.db, "views", "owner = ? AND page = ? ORDER BY name", owner, page)
	return each(rows, func(v query.View) View { return View{v.ID, v.Owner, v.Page, v.Name, v.Query, time.Time(v.Created)} }), err
}

// AddView adds a view, or replaces the one of that name.
func (t *Tx) AddView(ctx context.Context, v View) error {
	return add(ctx, t.reader, "views", "ON CONFLICT (owner, page, name) DO UPDATE SET query = excluded.query",
		query.View{ID: v.ID, Owner: v.Owner, Page: v.Page, Name: v.Name, Query: v.Query, Created: column.Time(v.Created)})
}

// DeleteView removes a view of a user's.
func (t *Tx) DeleteView(ctx context.Context, id, owner candor.ID) error {
	n, err := t.q.DeleteView(ctx, id, owner)
	if err == nil && n == 0 {
		return notThere("view", id)
	}
	return kind(err, "remove a view")
}

// Answer is what a request with an idempotency key was answered.
type Answer struct {
	Owner   string // who asked
	Key     string
	Request string // digest of the request
	Status  int
	Body    string
	Created time.Time
}

// Answer gives the answer to an earlier request with that key.
func (r reader) Answer(ctx context.Context, owner, key string) (Answer, error) {
	row, err := one[query.Answer](ctx, r.db, "answers", "owner = ? AND key = ?", owner, key)
	return Answer{string(row.Owner), row.Key, row.Request, int(row.Status), row.Body, time.Time(row.Created)}, err
}

// AddAnswer keeps an answer. It is candor.ErrExists if the key was used.
func (t *Tx) AddAnswer(ctx context.Context, a Answer) error {
	return add(ctx, t.reader, "answers", "", query.Answer{Owner: candor.ID(a.Owner), Key: a.Key, Request: a.Request, Status: int64(a.Status), Body: a.Body, Created: column.Time(a.Created)})
}

// SetAnswer replaces the answer that was kept for a key.
func (t *Tx) SetAnswer(ctx context.Context, a Answer) error {
	_, err := t.db.ExecContext(ctx, "UPDATE answers SET status = ?, body = ? WHERE owner = ? AND key = ?", a.Status, a.Body, a.Owner, a.Key)
	return kind(err, "keep an answer")
}

// DeleteAnswers removes answers from before a time.
func (t *Tx) DeleteAnswers(ctx context.Context, before time.Time) error {
	return kind(t.q.DeleteAnswers(ctx, column.Time(before)), "remove answers")
}

// Webhook is an address that is told of what happens.
type Webhook struct {
	ID      candor.ID `json:"id"`
	URL     string    `json:"url"`
	Secret  string    `json:"-"`
	Kinds   []string  `json:"kinds"`           // of what; everything if empty
	Owner   candor.ID `json:"owner,omitempty"` // a party, which is told of its own only; the provider if empty
	Active  bool      `json:"active"`
	Created time.Time `json:"created"`
}

// Webhooks gives all webhooks of an owner; with all set, everybody's.
func (r reader) Webhooks(ctx context.Context, scope candor.Scope) ([]Webhook, error) {
	var w where
	w.scope(scope, "owner")
	rows, err := choose[query.Webhook](ctx, r.db, "webhooks", w.String()+" ORDER BY id", w.args()...)
	return each(rows, func(h query.Webhook) Webhook {
		return Webhook{h.ID, h.URL, h.Secret, h.Kinds.V, h.Owner, h.Active, time.Time(h.Created)}
	}), err
}

// AddWebhook adds a webhook, or replaces it.
func (t *Tx) AddWebhook(ctx context.Context, h Webhook) error {
	return add(ctx, t.reader, "webhooks", "ON CONFLICT (id) DO UPDATE SET url = excluded.url, kinds = excluded.kinds, active = excluded.active",
		query.Webhook{ID: h.ID, URL: h.URL, Secret: h.Secret, Kinds: column.Of(h.Kinds), Owner: h.Owner, Active: h.Active, Created: column.Time(h.Created)})
}

// DeleteWebhook removes a webhook and what is known of its deliveries.
func (t *Tx) DeleteWebhook(ctx context.Context, id candor.ID) error {
	if err := t.q.DeleteDeliveries(ctx, id); err != nil {
		return kind(err, "remove deliveries")
	}
	return kind(t.q.DeleteWebhook(ctx, id), "remove a webhook")
}

// Delivery is one message to a webhook.
type Delivery struct {
	ID       candor.ID `json:"id"`
	Webhook  candor.ID `json:"webhook"`
	Kind     string    `json:"kind"`
	Body     string    `json:"body"`
	State    string    `json:"state"` // waiting, delivered, failed
	Attempts int       `json:"attempts"`
	Status   int       `json:"status"` // of HTTP; 0 if there was no answer
	Error    string    `json:"error,omitempty"`
	Created  time.Time `json:"created"`
	Ended    time.Time `json:"ended,omitzero"`
}

// Deliveries gives the latest messages to a webhook.
func (r reader) Deliveries(ctx context.Context, webhook candor.ID, most int) ([]Delivery, error) {
	rows, err := choose[query.Delivery](ctx, r.db, "deliveries", "webhook = ? ORDER BY id DESC LIMIT ?", webhook, most)
	return each(rows, delivery), err
}

// Delivery gives one message to a webhook.
func (r reader) Delivery(ctx context.Context, id candor.ID) (Delivery, error) {
	row, err := one[query.Delivery](ctx, r.db, "deliveries", "id = ?", id)
	return delivery(row), err
}

// SetDelivery adds a message to a webhook, or replaces it.
func (t *Tx) SetDelivery(ctx context.Context, d Delivery) error {
	return add(ctx, t.reader, "deliveries", `ON CONFLICT (id) DO UPDATE SET state = excluded.state, attempts = excluded.attempts,
		status = excluded.status, error = excluded.error, ended = excluded.ended`,
		query.Delivery{ID: d.ID, Webhook: d.Webhook, Kind: d.Kind, Body: d.Body, State: d.State, Attempts: int64(d.Attempts), Status: int64(d.Status),
			Error: d.Error, Created: column.Time(d.Created), Ended: column.Time(d.Ended)})
}

func delivery(d query.Delivery) Delivery {
	return Delivery{d.ID, d.Webhook, d.Kind, d.Body, d.State, int(d.Attempts), int(d.Status), d.Error, time.Time(d.Created), time.Time(d.Ended)}
}

// Keep keeps a value under a name, unless there is one already, and gives the
// one that is there. It is for what all nodes must have the same of.
func (s *Store) Keep(ctx context.Context, name string, value []byte) ([]byte, error) {
	err := s.Tx(ctx, func(tx *Tx) error {
		return add(ctx, tx.reader, "keys", "ON CONFLICT (name) DO NOTHING", query.Key{Name: name, Value: value, Created: column.Time(s.options.Clock())})
	})
	if err != nil {
		return nil, err
	}
	row, err := one[query.Key](ctx, s.db, "keys", "name = ?", name)
	return row.Value, err
}

// Kept gives what Keep keeps under a name. Without it fails with
// candor.ErrNotFound.
func (r reader) Kept(ctx context.Context, name string) ([]byte, error) {
	row, err := one[query.Key](ctx, r.db, "keys", "name = ?", name)
	return row.Value, err
}

// SetKept keeps a value under a name in place of any other.
func (t *Tx) SetKept(ctx context.Context, name string, value []byte, at time.Time) error {
	return add(ctx, t.reader, "keys", "ON CONFLICT (name) DO UPDATE SET value = excluded.value, created = excluded.created", query.Key{Name: name, Value: value, Created: column.Time(at)})
}

// ForgetKept removes what is kept under a name, if anything is.
func (t *Tx) ForgetKept(ctx context.Context, name string) error {
	_, err := t.db.ExecContext(ctx, "DELETE FROM keys WHERE name = ?", name)
	return kind(err, "remove the keys %s", name)
}

// Rekey replaces what Keep keeps under a name. If that is not what it was it
// fails with candor.ErrChanged.
func (t *Tx) Rekey(ctx context.Context, name string, was, value []byte) error {
	of := query.Key{Name: name, Value: value}
	old := query.Key{Value: was}
	result, err := t.db.ExecContext(ctx, "UPDATE keys SET value = ? WHERE name = ? AND value = ?", of.Value, of.Name, old.Value)
	if err != nil {
		return kind(err, "replace the keys %s", name)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return cmp.Or(err, changed("keys", candor.ID(name)))
	}
	return nil
}
