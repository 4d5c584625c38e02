package store

import (
	"context"
	"time"

	"candor"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// KeptReceipt is a receipt of an event, as the party was given it.
type KeptReceipt struct {
	Event    candor.ID
	Party    candor.ID
	Document string
	Digest   string
	Text     string
	Made     time.Time
}

// Receipt gives the receipt of an event that the scope sees.
func (r reader) Receipt(ctx context.Context, scope candor.Scope, event candor.ID) (KeptReceipt, error) {
	row, err := one[query.Receipt](ctx, r.db, "receipts", "id = ?", event)
	if err == nil && !scope.Sees(row.Party) {
		return KeptReceipt{}, notThere("receipt", event)
	}
	return receipt(row), err
}

// ReceiptsOf gives the receipts of a party about a document in the order in
// which they were made.
func (r reader) ReceiptsOf(ctx context.Context, party candor.ID, document string) ([]KeptReceipt, error) {
	rows, err := choose[query.Receipt](ctx, r.db, "receipts", "party = ? AND document = ? ORDER BY made, id", party, document)
	return each(rows, receipt), err
}

// AddReceipt keeps a receipt.
func (t *Tx) AddReceipt(ctx context.Context, k KeptReceipt) error {
	return add(ctx, t.reader, "receipts", "", query.Receipt{ID: k.Event, Party: k.Party, Document: k.Document, Digest: k.Digest, Text: k.Text, Made: column.Time(k.Made)})
}

func receipt(r query.Receipt) KeptReceipt {
	return KeptReceipt{r.ID, r.Party, r.Document, r.Digest, r.Text, time.Time(r.Made)}
}

// Salt gives the salt under which a party stands in receipts: the given one, if
// it has none yet.
func (t *Tx) Salt(ctx context.Context, party candor.ID, fresh []byte) ([]byte, error) {
	if err := add(ctx, t.reader, "principals", "ON CONFLICT (party) DO NOTHING", query.Principal{Party: party, Salt: fresh}); err != nil {
		return nil, err
	}
	row, err := one[query.Principal](ctx, t.db, "principals", "party = ?", party)
	return row.Salt, err
}
