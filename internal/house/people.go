package house

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"

	"candor"
	"candor/internal/access"
	"candor/internal/store"
)

// People lists those who can sign in.
func (h *House) People(ctx context.Context, who candor.Principal, text string, cut candor.Cut) (candor.Page[candor.User], error) {
	if err := may(who, access.ReadPeople); err != nil {
		return candor.Page[candor.User]{}, err
	}
	return h.Store.Users(ctx, text, cut)
}

// Staff gives the people to whom a case can be assigned.
func (h *House) Staff(ctx context.Context, who candor.Principal) ([]candor.User, error) {
	if err := may(who, access.ReadCases); err != nil {
		return nil, err
	}
	return h.Store.Staff(ctx)
}

// Views gives a user's saved views of a page.
func (h *House) Views(ctx context.Context, who candor.Principal, page string) ([]store.View, error) {
	if err := reads(who); err != nil {
		return nil, err
	}
	return h.Store.Views(ctx, who.User, page)
}

// SaveView keeps a view under a name.
func (h *House) SaveView(ctx context.Context, who candor.Principal, page, name, query string) error {
	if err := reads(who); err != nil {
		return err
	}
	if name == "" || len(name) > 80 || len(query) > 2000 {
		return candor.WithHint(fmt.Errorf("a view without a name, or too long: %w", candor.ErrInvalid), "Give a name of at most 80 bytes.")
	}
	now := h.Clock().UTC()
	return h.tx(ctx, func(tx *store.Tx) error {
		return tx.AddView(ctx, store.View{ID: candor.NewID(now), Owner: who.User, Page: page, Name: name, Query: query, Created: now})
	})
}

// DeleteView removes a view of one's own.
func (h *House) DeleteView(ctx context.Context, who candor.Principal, id candor.ID) error {
	if err := reads(who); err != nil {
		return err
	}
	return h.tx(ctx, func(tx *store.Tx) error { return tx.DeleteView(ctx, id, who.User) })
}

// Webhooks gives the webhooks that somebody may see: the provider's own for
// the staff, a customer's for the customer.
func (h *House) Webhooks(ctx context.Context, who candor.Principal) ([]store.Webhook, error) {
	if err := may(who, access.ReadSettings, access.ReadOwn); err != nil {
		return nil, err
	}
	return h.Store.Webhooks(ctx, who.Scope())
}

// WebhookKinds are what webhooks can be told of.
func WebhookKinds() []string {
	return []string{"case.opened", "case.triaged", "case.notified", "case.contained", "case.resolved", "case.closed", "case.false-alarm",
		"site.draft", "site.checking", "site.live", "site.grace", "site.suspended"}
}

// MostWebhooks is how many webhooks a customer can have, and how many the
// provider.
const MostWebhooks = 20

// AddWebhook adds a webhook and gives the secret that signs what it is sent,
// once.
func (h *House) AddWebhook(ctx context.Context, who candor.Principal, address string, kinds []string) (store.Webhook, string, error) {
	if err := may(who, access.ManageSettings, access.ActOwn); err != nil {
		return store.Webhook{}, "", err
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(address) > 1000 {
		return store.Webhook{}, "", candor.WithHint(fmt.Errorf("%.200q is no address of a webhook: %w", address, candor.ErrInvalid), "It begins with https:// and names a host.")
	}
	for _, k := range kinds {
		if !slices.Contains(WebhookKinds(), k) {
			return store.Webhook{}, "", candor.WithHint(fmt.Errorf("webhooks are not told of %.60q: %w", k, candor.ErrInvalid), "Choose from the list.")
		}
	}
	var key [32]byte
	rand.Read(key[:])
	secret := "whsec_" + base64.StdEncoding.EncodeToString(key[:])
	now := h.Clock().UTC()
	hook := store.Webhook{ID: candor.NewID(now), URL: u.String(), Secret: secret, Kinds: kinds, Owner: who.Party, Active: true, Created: now}
	err = h.tx(ctx, func(tx *store.Tx) error {
		if err := tx.Turn(ctx, "webhooks", who.Party); err != nil {
			return err
		}
		have, err := tx.Webhooks(ctx, candor.Everything)
		if err != nil {
			return err
		}
		have = slices.DeleteFunc(have, func(w store.Webhook) bool { return w.Owner != who.Party })
		if len(have) >= MostWebhooks {
			return candor.WithHint(fmt.Errorf("there are %d webhooks already: %w", len(have), candor.ErrInvalid), "Remove those that nobody listens to.")
		}
		if err := tx.AddWebhook(ctx, hook); err != nil {
			return err
		}
		return h.record(ctx, tx, who.Party, candor.RecordPolicy, hook.ID, who, []byte(`{"webhook":"added"}`), map[string]string{"host": u.Host})
	})
	return hook, secret, err
}

// webhook makes sure that somebody may see a webhook.
func (h *House) webhook(ctx context.Context, who candor.Principal, id candor.ID) error {
	all, err := h.Webhooks(ctx, who)
	if err != nil {
		return err
	}
	for _, w := range all {
		if w.ID == id {
			return nil
		}
	}
	return fmt.Errorf("webhook %s: %w", id, candor.ErrNotFound)
}

// DeleteWebhook removes a webhook.
func (h *House) DeleteWebhook(ctx context.Context, who candor.Principal, id candor.ID) error {
	if err := may(who, access.ManageSettings, access.ActOwn); err != nil {
		return err
	}
	if err := h.webhook(ctx, who, id); err != nil {
		return err
	}
	return h.tx(ctx, func(tx *store.Tx) error {
		if err := tx.DeleteWebhook(ctx, id); err != nil {
			return err
		}
		return h.recordJSON(ctx, tx, "", candor.RecordPolicy, id, who, map[string]any{"webhook": "removed"})
	})
}

// Deliveries gives the latest messages to a webhook.
func (h *House) Deliveries(ctx context.Context, who candor.Principal, webhook candor.ID) ([]store.Delivery, error) {
	if err := h.webhook(ctx, who, webhook); err != nil {
		return nil, err
	}
	all, err := h.Store.Deliveries(ctx, webhook, 100)
	return public(who, all), err
}
