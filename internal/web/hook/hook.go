// Package hook tells webhooks what happens to cases, and to sites at their gate. A message is kept before
// it is sent, signed as the Standard Webhooks specification says, sent until
// it is taken or two days are over, and never to an address within the
// provider's own network.
package hook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"candor"
	"candor/internal/outward"
	"candor/internal/store"
)

// Job asks for Sender.Deliver.
type Job struct {
	Delivery candor.ID `json:"delivery"`
}

// Kind names the job.
func (Job) Kind() string { return "hook.deliver" }

// The states of a delivery.
const (
	Waiting   = "waiting"
	Delivered = "delivered"
	Failed    = "failed"
)

// attempts is how often a message is tried: with the waits between them, for
// two days.
const attempts = 12

// Sender sends messages. It is safe for concurrent use.
type Sender struct {
	store  *store.Store
	clock  candor.Clock
	public func(candor.Case) candor.Case
	client *http.Client
}

// Options say how a Sender reaches webhooks.
type Options struct {
	Store *store.Store
	Clock candor.Clock
	// Public leaves of a case what customers are shown; their webhooks are told
	// no more.
	Public func(candor.Case) candor.Case
	// Inside lets messages go to addresses that only the provider's own network
	// reaches. Without it a customer could have us ask there.
	Inside bool
	// Transport is for tests; nil stands for a new one.
	Transport *http.Transport
}

// New makes a Sender.
func New(o Options) *Sender {
	transport := o.Transport
	if transport == nil {
		transport = outward.Transport(nil)
	}
	if !o.Inside {
		transport.DialContext = outward.Dialer(10 * time.Second)
	}
	return &Sender{store: o.Store, clock: o.Clock, public: o.Public, client: &http.Client{Transport: transport, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Queue is that of deliveries: whoever answers slowly keeps no other work waiting.
const Queue = "webhooks"

// body is what a webhook is sent.
type body struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      any       `json:"data"` // a candor.Case, or a siteMove
}

// Tell keeps a message for each webhook that wants to hear of what happened to
// a case, and asks for its delivery.
func (s *Sender) Tell(ctx context.Context, what string, id candor.ID) error {
	c, err := s.store.Case(ctx, candor.Everything, id)
	if err != nil {
		return err
	}
	now := s.clock().UTC()
	text, err := json.Marshal(body{Type: what, Timestamp: now, Data: c})
	if err != nil {
		return err
	}
	outside, err := json.Marshal(body{Type: what, Timestamp: now, Data: s.public(c)})
	if err != nil {
		return err
	}
	return s.deliver(ctx, c.Party, what, text, outside)
}

// siteMove is what webhooks are told of a decision of the gate of sites. Whose
// it was is the provider's own business.
type siteMove struct {
	Site      candor.ID          `json:"site"`
	Name      string             `json:"name"`
	Reference string             `json:"reference,omitempty"`
	Owner     candor.ID          `json:"owner"`
	Hosts     []string           `json:"hosts"`
	State     candor.GateState   `json:"state"`
	Before    candor.GateState   `json:"before"`
	Allowed   bool               `json:"allowed"` // it may be reached
	At        time.Time          `json:"at"`
	Deadline  time.Time          `json:"deadline,omitzero"` // until when it may be, unless it is mended
	Unmet     []candor.GateCheck `json:"unmet"`             // the checks that were not met
}

// TellGate keeps a message for each webhook that wants to hear of a decision of
// the gate of sites, and asks for its delivery. Of two decisions about a site
// the later may arrive first: at tells.
func (s *Sender) TellGate(ctx context.Context, move candor.ID) error {
	m, err := s.store.GateMove(ctx, move)
	if err != nil {
		return err
	}
	a, err := s.store.Asset(ctx, candor.Everything, m.Asset)
	if err != nil {
		return err
	}
	what := "site." + string(m.To)
	text, err := json.Marshal(body{Type: what, Timestamp: s.clock().UTC(), Data: siteMove{Site: a.ID, Name: a.Name, Reference: a.Reference, Owner: a.Owner, Hosts: append([]string{}, a.Hosts...),
		State: m.To, Before: m.From, Allowed: m.To.Open(), At: m.At, Deadline: m.Deadline, Unmet: append([]candor.GateCheck{}, m.Unmet...)}})
	if err != nil {
		return err
	}
	return s.deliver(ctx, a.Owner, what, text, text)
}

// deliver keeps a message about what belongs to a party: a text for the
// provider's webhooks, another for the party's.
func (s *Sender) deliver(ctx context.Context, party candor.ID, what string, text, outside []byte) error {
	hooks, err := s.store.Webhooks(ctx, candor.Everything)
	if err != nil {
		return err
	}
	hooks = slices.DeleteFunc(hooks, func(h store.Webhook) bool {
		return !h.Active || h.Owner != "" && h.Owner != party || len(h.Kinds) > 0 && !slices.Contains(h.Kinds, what)
	})
	if len(hooks) == 0 {
		return nil
	}
	now := s.clock().UTC()
	return s.store.Tx(ctx, func(tx *store.Tx) error {
		for _, h := range hooks {
			said := text
			if h.Owner != "" {
				said = outside
			}
			d := store.Delivery{ID: candor.NewID(now), Webhook: h.ID, Kind: what, Body: string(said), State: Waiting, Created: now}
			if err := errors.Join(tx.SetDelivery(ctx, d), tx.Enqueue(ctx, Job{d.ID}, candor.JobOptions{Queue: Queue})); err != nil {
				return err
			}
		}
		return nil
	})
}

// Deliver sends a message once. If it is not taken, the error says when to try
// again.
func (s *Sender) Deliver(ctx context.Context, id candor.ID) error {
	d, err := s.store.Delivery(ctx, id)
	if err != nil || d.State != Waiting {
		return err
	}
	hooks, err := s.store.Webhooks(ctx, candor.Everything)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(hooks, func(h store.Webhook) bool { return h.ID == d.Webhook })
	if at < 0 {
		return nil // it was removed meanwhile
	}
	var sent error
	d.Status, sent = s.post(ctx, hooks[at], d)
	d.Attempts++
	d.Error = ""
	switch {
	case sent == nil:
		d.State, d.Ended = Delivered, s.clock().UTC()
	case d.Attempts >= attempts:
		d.State, d.Ended, d.Error = Failed, s.clock().UTC(), sent.Error()
	default:
		d.Error = sent.Error()
	}
	if err := s.store.Tx(ctx, func(tx *store.Tx) error { return tx.SetDelivery(ctx, d) }); err != nil {
		return err
	}
	if d.State == Waiting {
		return candor.Later(sent, wait(d.Attempts))
	}
	return nil
}

// wait is how long to wait after the n-th attempt: 15 seconds, three times as
// long each time, up to eight hours.
func wait(n int) time.Duration {
	d := 15 * time.Second
	for range n - 1 {
		d = min(3*d, 8*time.Hour)
	}
	return d
}

func (s *Sender) post(ctx context.Context, h store.Webhook, d store.Delivery) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, strings.NewReader(d.Body))
	if err != nil {
		return 0, err
	}
	at := s.clock().Unix()
	signature, err := Sign(h.Secret, string(d.ID), at, []byte(d.Body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "candor-webhook/1")
	req.Header.Set("Webhook-Id", string(d.ID))
	req.Header.Set("Webhook-Timestamp", strconv.FormatInt(at, 10))
	req.Header.Set("Webhook-Signature", signature)
	answer, err := s.client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("send to the webhook: %w", err)
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10) // so that the connection can be used again
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return answer.StatusCode, fmt.Errorf("the webhook answered %d", answer.StatusCode)
	}
	return answer.StatusCode, nil
}

// Sign gives the header Webhook-Signature for a message: HMAC-SHA-256 with the
// secret, which begins with "whsec_" and is base64 from there.
func Sign(secret, id string, at int64, text []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return "", fmt.Errorf("the secret of a webhook: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.", id, at)
	_, _ = io.Copy(mac, bytes.NewReader(text)) // a hash takes everything
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}
