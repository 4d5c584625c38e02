package house

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/directory"
	"candor/internal/store"
)

// apiKey is the secret that opens the API of an entry of the directory, as it is
// kept: sealed with the key of the vault. It goes to the host that it was given for
// and to no other, whatever the entry says later.
type apiKey struct {
	Secret string    `json:"secret"`
	Host   string    `json:"host"`
	At     time.Time `json:"at"`
}

func apiKeyName(entry candor.ID) string { return "key of the directory " + string(entry) }

// mostAPIKey is how long a key can be, in bytes.
const mostAPIKey = 4096

// SetAPIKey gives the secret that opens the API of an entry, or takes it away if
// it is empty. Nothing shows it again.
func (h *House) SetAPIKey(ctx context.Context, who candor.Principal, id candor.ID, secret string) (EntryView, error) {
	if err := may(who, access.ManageParties); err != nil {
		return EntryView{}, err
	}
	secret = strings.TrimSpace(secret)
	if len(secret) > mostAPIKey || strings.ContainsFunc(secret, func(c rune) bool { return c < ' ' || c > '~' }) {
		return EntryView{}, candor.WithHint(fmt.Errorf("the key has signs that no header can have, or is too long: %w", candor.ErrInvalid), "Paste the key as they gave it, and nothing else.")
	}
	e, err := h.Store.Entry(ctx, id)
	if err != nil {
		return EntryView{}, err
	}
	if secret != "" && (e.Interface == nil || e.Interface.Header == "") {
		return EntryView{}, candor.WithHint(fmt.Errorf("the entry does not say in which header an API gets a key: %w", candor.ErrInvalid), "Say first how its API takes samples.")
	}
	event, sealed := "key taken away", []byte(nil)
	if secret != "" {
		event = "key given"
		text, err := json.Marshal(apiKey{Secret: secret, Host: e.Interface.Host(), At: h.now()})
		if err == nil {
			sealed, err = h.Vault.Seal(apiKeyName(id), text)
		}
		if err != nil {
			return EntryView{}, err
		}
	}
	err = h.tx(ctx, func(tx *store.Tx) error {
		now, err := tx.Entry(ctx, id)
		switch {
		case err != nil:
			return err
		case now.Edition != e.Edition:
			return candor.WithHint(fmt.Errorf("entry %s: %w", e.ID, candor.ErrChanged), "Somebody else changed it meanwhile. Look at it again.")
		case secret == "":
			err = tx.ForgetKept(ctx, apiKeyName(id))
		default:
			err = tx.SetKept(ctx, apiKeyName(id), sealed, h.now())
		}
		if err != nil {
			return err
		}
		return h.recordEntry(ctx, tx, who, e, event)
	})
	if err != nil {
		return EntryView{}, err
	}
	return h.DirectoryEntry(ctx, who, id)
}

// APIKey implements submit.Keys.
func (h *House) APIKey(ctx context.Context, e directory.Entry) (string, error) {
	k, err := h.apiKey(ctx, e)
	return k.Secret, err
}

func (h *House) apiKey(ctx context.Context, e directory.Entry) (k apiKey, err error) {
	sealed, err := h.Store.Kept(ctx, apiKeyName(e.ID))
	if err != nil {
		return k, err
	}
	text, err := h.Vault.Open(apiKeyName(e.ID), bytes.Clone(sealed))
	if err == nil {
		err = json.Unmarshal(text, &k)
	}
	switch {
	case err != nil:
		return apiKey{}, candor.WithHint(fmt.Errorf("the key of %s: %w", e.Name, err), "They are sealed with the key of the vault: every node has the same vault, and a vault that is restored has its names.key.")
	case e.Interface == nil || k.Host != e.Interface.Host():
		return apiKey{}, candor.WithHint(fmt.Errorf("the key of %s was given for %s: %w", e.Name, cmp.Or(k.Host, "another host"), candor.ErrInvalid), "Give the key again, if it is meant for the new address.")
	}
	return k, nil
}

// keyed is since when there is a key that opens the API of an entry; zero if there
// is none that does.
func (h *House) keyed(ctx context.Context, e directory.Entry) (time.Time, error) {
	k, err := h.apiKey(ctx, e)
	if errors.Is(err, candor.ErrNotFound) || errors.Is(err, candor.ErrInvalid) {
		return time.Time{}, nil
	}
	return k.At, err
}
