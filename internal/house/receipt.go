package house

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/consent"
	"candor/internal/consent/receipt"
	"candor/internal/store"
)

// ReceiptsPath is where receipts are looked up, below the public address.
const ReceiptsPath = "/receipts"

// Receipt gives the receipt of what a party said of terms whose text is kept
// here. It is made when it is asked for the first time, and stays the same.
func (h *House) Receipt(ctx context.Context, who candor.Principal, event candor.ID) (*receipt.Signed, error) {
	if err := may(who, access.ReadParties, access.ReadOwn); err != nil {
		return nil, err
	}
	e, err := h.Store.Consent(ctx, who.Scope(), event)
	if err != nil {
		return nil, err
	}
	kept, err := h.Store.Receipt(ctx, who.Scope(), event)
	if errors.Is(err, candor.ErrNotFound) {
		kept, err = h.issue(ctx, e)
	}
	if err != nil {
		return nil, err
	}
	return h.verifier().Verify(kept.Text)
}

func (h *House) verifier() receipt.Verifier {
	return receipt.Verifier{Keys: h.ring().Keys(h.PublicURL), Clock: h.Clock, Leeway: receipt.Leeway}
}

// issue makes the receipt of an event, and those before it that nobody asked
// for: together they are one chain.
func (h *House) issue(ctx context.Context, e consent.Event) (kept store.KeptReceipt, err error) {
	signer, err := h.ring().Signer(h.PublicURL, h.Clock)
	if err != nil {
		return kept, err
	}
	var fresh [32]byte
	rand.Read(fresh[:])
	err = h.tx(ctx, func(tx *store.Tx) error {
		if err := tx.Turn(ctx, "receipt", e.Party); err != nil {
			return err
		}
		salt, err := tx.Salt(ctx, e.Party, fresh[:])
		if err != nil {
			return err
		}
		history, versions, err := tx.History(ctx, e.Party)
		if err != nil {
			return err
		}
		document := versions[e.Version].Document
		have, err := tx.ReceiptsOf(ctx, e.Party, document)
		if err != nil {
			return err
		}
		made, previous := map[candor.ID]store.KeptReceipt{}, ""
		for _, k := range have {
			made[k.Event], previous = k, k.Digest
		}
		for i, before := range history {
			if versions[before.Version].Document != document {
				continue
			}
			if _, is := made[before.ID]; !is {
				r, err := h.draft(ctx, before, versions[before.Version])
				if errors.Is(err, candor.ErrNotFound) && before.ID != e.ID {
					continue
				}
				if err != nil {
					return err
				}
				r.Principal, r.Previous = receipt.Principal([32]byte(salt), e.Party), previous
				signed, err := signer.Sign(r)
				if err != nil {
					return fmt.Errorf("the receipt of %s: %w", before.ID, err)
				}
				// The order in which they were made is that of the chain.
				k := store.KeptReceipt{Event: before.ID, Party: e.Party, Document: document, Digest: signed.Digest, Text: signed.Text, Made: h.Clock().UTC().Add(time.Duration(i) * time.Microsecond)}
				if err := tx.AddReceipt(ctx, k); err != nil {
					return err
				}
				made[before.ID], previous = k, k.Digest
			}
			if before.ID == e.ID {
				break
			}
		}
		kept = made[e.ID]
		return nil
	})
	return kept, err
}

// draft says what a receipt tells of an event.
func (h *House) draft(ctx context.Context, e consent.Event, v *consent.Version) (r receipt.Receipt, err error) {
	program := candor.Principal{User: "program", Role: candor.RoleAuditor}
	_, d, err := h.TermsDocument(ctx, program, v.ID)
	if errors.Is(err, candor.ErrNotFound) {
		return r, candor.WithHint(fmt.Errorf("there is no receipt of terms whose text is not kept here: %w", candor.ErrNotFound), "Ask for the contract.")
	}
	if err != nil {
		return r, err
	}
	r = receipt.Draft(v, e)
	r.Event.Method, r.Event.Behalf, r.Agreement.Language, r.Control = e.How, e.Behalf, e.Language, h.PublicURL+ReceiptsPath
	r.Event.Age = Decision{Act: e.Act, Behalf: e.Behalf}.stated(consent.Terms{Age: d.Age})
	if r.Agreement.Language == "" {
		r.Agreement.Language = d.Languages[0]
	}
	for i, c := range r.Clauses {
		if clause, _ := d.Clause(c.ID); clause != nil {
			r.Clauses[i].Title = clause.Heading[r.Agreement.Language]
		}
	}
	return r, nil
}

// ReceiptKeys are the public keys of receipts.
func (h *House) ReceiptKeys() receipt.Keys { return h.ring().Keys(h.PublicURL) }

// Standing tells whether what a receipt tells of still holds.
type Standing struct {
	Receipt *receipt.Signed `json:"receipt"`
	// Holds: the party is bound by what the receipt says, and said nothing since.
	Holds bool      `json:"holds"`
	Since time.Time `json:"since,omitzero"` // when something else was said
	Now   string    `json:"now,omitempty"`  // what: agreed, refused, withdrawn; empty if it is not known
	// Party is whose it is; empty once that was erased.
	Party candor.ID `json:"-"`
}

// LookUp says whether a receipt is the provider's and still holds. Whoever has a
// receipt may ask: the answer names nobody.
func (h *House) LookUp(ctx context.Context, text string) (s Standing, err error) {
	if s.Receipt, err = h.verifier().Verify(text); err != nil {
		return s, err
	}
	kept, err := h.Store.Receipt(ctx, candor.Everything, s.Receipt.Record)
	if errors.Is(err, candor.ErrNotFound) {
		return s, nil // erased
	}
	if err != nil {
		return s, err
	}
	s.Party = kept.Party
	history, versions, err := h.Store.History(ctx, kept.Party)
	if err != nil {
		return s, err
	}
	var last consent.Event
	for _, e := range history {
		if versions[e.Version].Document == kept.Document {
			last = e
		}
	}
	if s.Holds = last.ID == s.Receipt.Record; !s.Holds {
		s.Since, s.Now = last.At, string(last.Act)
	}
	if v := versions[last.Version]; s.Holds && !v.Ended.IsZero() && !h.Clock().Before(v.Ended) {
		s.Holds, s.Since, s.Now = false, v.Ended, "ended"
	}
	return s, nil
}
