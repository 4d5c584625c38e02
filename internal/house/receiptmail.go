package house

import (
	"context"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/consent/receipt"
	"candor/internal/store"
)

// ReceiptJob asks to mail the receipt of an event.
type ReceiptJob struct {
	Event candor.ID `json:"event"`
	User  candor.ID `json:"user,omitempty"` // who said it, if that is somebody with an account
}

// Kind names the job.
func (ReceiptJob) Kind() string { return "mail.receipt" }

// ControlJob asks to mail the link that opens what a party agreed to, to the
// party of a receipt. One an hour is enough, however often it is asked for.
type ControlJob struct {
	Event candor.ID `json:"event"`
	Hour  time.Time `json:"hour"`
}

// Kind names the job.
func (ControlJob) Kind() string { return "mail.control" }

// Posting is a mail about what a party said.
type Posting struct {
	Addressed
	Terms   consent.Terms
	Receipt *receipt.Signed
}

// sendReceipt asks to mail the receipt of what a person said in the portal or by
// a link. What the staff entered, and what programs say, is not mailed.
func (h *House) sendReceipt(ctx context.Context, tx *store.Tx, who candor.Principal, e consent.Event, v consent.Terms) error {
	if h.Mute || v.State != consent.Published || e.How != consent.ByPortal && e.How != consent.ByLink {
		return nil
	}
	job := ReceiptJob{Event: e.ID}
	if e.How == consent.ByPortal {
		job.User = who.User
	}
	return tx.Enqueue(ctx, job, candor.JobOptions{})
}

// MailControl asks to mail the link that opens what was agreed to, to the party
// of a receipt. It does the same whether the party is known or not, so that
// nobody learns that from it; what is no receipt of ours is passed over.
func (h *House) MailControl(ctx context.Context, text string) error {
	signed, err := h.verifier().Verify(text)
	if err != nil || h.Mute {
		return nil //nolint:nilerr // whoever asks learns nothing of it
	}
	return h.tx(ctx, func(tx *store.Tx) error {
		return tx.Enqueue(ctx, ControlJob{signed.Record, h.Clock().UTC().Truncate(time.Hour)}, candor.JobOptions{Once: true})
	})
}

// Posting gives what a mail about an event says, and to whom it goes: to who
// said it, or to the party's contact for legal matters, or another. Without
// anybody to write to, or once the party is erased, it is candor.ErrNotFound.
func (h *House) Posting(ctx context.Context, event, user candor.ID) (p Posting, err error) {
	program := candor.Principal{User: "program", Role: candor.RoleAuditor}
	e, err := h.Store.Consent(ctx, candor.Everything, event)
	if err != nil {
		return p, err
	}
	if p.Addressed, err = h.whom(ctx, e.Party, user, e.Language); err != nil {
		return p, err
	}
	if p.Terms, err = h.Store.Terms(ctx, e.Version); err != nil {
		return p, err
	}
	p.Receipt, err = h.Receipt(ctx, program, event)
	return p, err
}
