// Package house is the one way in: everything that the console, the portals,
// the API and the command line can do is a method of House, which asks first
// whether whoever asks may, and bounds what they see to what is theirs.
package house

import (
	"context"
	"io"
	"log/slog"
	"sync/atomic"

	"candor"
	"candor/internal/access"
	"candor/internal/consent"
	"candor/internal/consent/gate"
	"candor/internal/consent/receipt"
	"candor/internal/desk"
	"candor/internal/evidence"
	"candor/internal/fleet"
	"candor/internal/flow/archive"
	"candor/internal/intel"
	"candor/internal/phrase"
	"candor/internal/respond"
	"candor/internal/respond/submit"
	"candor/internal/scan/generation"
	"candor/internal/scan/site"
	"candor/internal/store"
)

// House holds the parts. It is safe for concurrent use.
type House struct {
	Store       *store.Store
	Access      *access.Service
	Desk        *desk.Desk
	Runner      *respond.Runner
	Sites       *site.Service
	Definitions *generation.Updater
	Log         Log // the evidence log, to read
	Vault       *evidence.Vault
	Fleet       *fleet.Service
	Consents    *consent.Register
	Receipts    *receipt.Ring // the keys that sign receipts
	Mute        bool          // there is no mail server: nobody can be written to
	Clock       candor.Clock
	Logger      *slog.Logger
	Texts       *phrase.Catalogue // for drafts and checks of notices
	Proofs      Fetcher           // asks sites for their notices
	PublicURL   string            // where browsers reach this program: scheme, host and port; it issues receipts
	// Methods are the names of the responses that are set up, in order.
	Methods []string
	// Checks are the parts whose health is shown, in order.
	Checks []Check
	// Gatekeeping is what the gate of sites asks. What is missing of it measures
	// nothing, but for scans and terms: those are asked of the store.
	Gatekeeping gate.Sensors
	// Known tells how much is known of files; nil if nothing is remembered.
	Known func() (candor.Contents, error)
	// WhereContents looks where contents lie that are known by a hash alone; nil if
	// nothing is remembered of files.
	WhereContents HashSearch
	// Traffic tells of the traffic of lines; nil where this process hears no
	// exporters.
	Traffic Traffic
	// Archive answers questions of flows that are kept; nil where this process
	// has none.
	Archive archive.Reader

	// Reports is what reading reports of abuse asks for.
	Reports Reports
	// Forwarding is what passing on reports of what is not the provider's asks for.
	Forwarding Forwarding
	// Prober looks after the directory of those to whom samples are passed on; nil
	// where this process does not.
	Prober Prober
	// Submit sends samples to those of the directory; nil without a mail server.
	Submit *submit.Method
	// Producer is who shares packs of cases.
	Producer intel.Producer
	// Samples looks at files that people hand in; nil looks at none.
	Samples Samples

	// Feeds is what is read of what others publish of threats.
	Feeds Feeds

	// Drills are rehearsals of responses.
	Drills Drills
	// Garden is what the portal of the walled garden asks.
	Garden Garden

	measured  measured
	decisions decisions
	followed  atomic.Pointer[receipt.Ring] // keys of receipts in place of Receipts; nil until they are looked for again
}

// Log is the evidence log, as far as reading goes: an *evidence.Log where this
// program appends to it, and an *evidence.Reader where another does.
type Log interface {
	Status(context.Context) (evidence.Status, error)
	Size(context.Context) (uint64, error)
	Key() string
	Origin() string
	Checkpoint() ([]byte, error)
	Await(ctx context.Context, size uint64) error
	Entry(ctx context.Context, index uint64) (evidence.Entry, error)
	Inclusion(ctx context.Context, index uint64) (evidence.Inclusion, error)
	Consistency(ctx context.Context, from, to uint64) ([]evidence.Digest, error)
	WriteBundle(ctx context.Context, w io.Writer, b evidence.Bundle) error
}

// may asks for one of the permissions.
func may(who candor.Principal, oneOf ...access.Permission) error {
	var err error
	for _, p := range oneOf {
		if err = access.Require(who, p); err == nil {
			return nil
		}
	}
	return err
}

// reads asks whether somebody may read cases: all, or their own.
func reads(who candor.Principal) error { return may(who, access.ReadCases, access.ReadOwn) }

// tx runs a transaction.
func (h *House) tx(ctx context.Context, f func(*store.Tx) error) error { return h.Store.Tx(ctx, f) }

// record keeps what somebody decided.
func (h *House) record(ctx context.Context, tx *store.Tx, about candor.ID, kind candor.RecordKind, subject candor.ID, who candor.Principal, body []byte, personal map[string]string) error {
	now := h.Clock().UTC()
	return tx.AddRecords(ctx, about, candor.Record{ID: candor.NewID(now), Kind: kind, At: now, Subject: subject, Actor: who.Actor(), Body: body, Personal: personal})
}
