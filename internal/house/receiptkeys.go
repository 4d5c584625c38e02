package house

import (
	"bytes"
	"context"
	"fmt"

	"candor"
	"candor/internal/access"
	"candor/internal/consent/receipt"
	"candor/internal/store"
)

// The keys of receipts are kept once for all programs on a database, sealed by
// the vault.
const (
	receiptKeys       = "receipts"
	receiptKeysSealed = "keys of receipts"
)

// ring are the keys of receipts that are used now.
func (h *House) ring() *receipt.Ring {
	if followed := h.followed.Load(); followed != nil {
		return followed
	}
	return h.Receipts
}

// OpenReceipts opens the keys of receipts, and makes them if there are none.
func (h *House) OpenReceipts(ctx context.Context) error {
	fresh, err := receipt.NewRing(h.Clock())
	if err != nil {
		return err
	}
	sealed, err := h.sealRing(fresh)
	if err != nil {
		return err
	}
	if sealed, err = h.Store.Keep(ctx, receiptKeys, sealed); err != nil {
		return err
	}
	h.Receipts, err = h.openRing(sealed)
	return err
}

// FollowReceipts takes up the keys that another program made.
func (h *House) FollowReceipts(ctx context.Context) error {
	sealed, err := h.Store.Kept(ctx, receiptKeys)
	if err != nil {
		return err
	}
	ring, err := h.openRing(sealed)
	if err == nil {
		h.followed.Store(ring)
	}
	return err
}

// RotateReceipts has receipts be signed with a new key from now on. The key
// before stays published, and its receipts verify; its private part is gone.
// Other programs on the database take the new one up by FollowReceipts, and may
// sign with the one before until then.
func (h *House) RotateReceipts(ctx context.Context, who candor.Principal) (receipt.Keys, error) {
	if err := may(who, access.ManageSettings); err != nil {
		return receipt.Keys{}, err
	}
	was, err := h.Store.Kept(ctx, receiptKeys)
	if err != nil {
		return receipt.Keys{}, err
	}
	ring, err := h.openRing(was)
	if err != nil {
		return receipt.Keys{}, err
	}
	before := ring.Keys(h.PublicURL).Keys[0].ID()
	if ring, err = ring.Rotate(h.Clock()); err != nil {
		return receipt.Keys{}, err
	}
	sealed, err := h.sealRing(ring)
	if err != nil {
		return receipt.Keys{}, err
	}
	keys := ring.Keys(h.PublicURL)
	err = h.tx(ctx, func(tx *store.Tx) error {
		if err := tx.Rekey(ctx, receiptKeys, was, sealed); err != nil {
			return err
		}
		return h.recordJSON(ctx, tx, "", candor.RecordPolicy, "", who, map[string]any{"receipts": "rotated", "key": keys.Keys[0].ID(), "before": before})
	})
	if err == nil {
		h.followed.Store(ring)
	}
	return keys, err
}

func (h *House) sealRing(r *receipt.Ring) ([]byte, error) {
	secret, err := r.Secret()
	if err != nil {
		return nil, err
	}
	return h.Vault.Seal(receiptKeysSealed, secret)
}

func (h *House) openRing(sealed []byte) (*receipt.Ring, error) {
	secret, err := h.Vault.Open(receiptKeysSealed, bytes.Clone(sealed))
	if err != nil {
		return nil, candor.WithHint(fmt.Errorf("the keys of receipts: %w", err), "They are sealed with the key of the vault: every node has the same vault, and a vault that is restored has its names.key.")
	}
	return receipt.OpenRing(secret)
}
