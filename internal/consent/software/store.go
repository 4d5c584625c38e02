package software

import (
	"context"
	"time"

	"candor"
	"candor/internal/consent"
)

// Store keeps products, what is declared of them, and what devices said.
type Store interface {
	Tx(ctx context.Context, f func(Tx) error) error
}

// Tx is what a Register does in a transaction. What is not there is
// candor.ErrNotFound, what is there already candor.ErrExists.
type Tx interface {
	Product(ctx context.Context, id string) (Product, error)
	AddProduct(ctx context.Context, p Product) error
	// Declared gives what is known of a build; the zero value if nothing is.
	Declared(ctx context.Context, product, build string) (Declared, error)
	AddBuild(ctx context.Context, b Build, at time.Time) error
	AddBinding(ctx context.Context, b Binding) error

	Device(ctx context.Context, id string) (Device, error)
	AddDevice(ctx context.Context, d Device) error
	// ChangeDevice replaces a device; candor.ErrChanged if its Last is no longer
	// last.
	ChangeDevice(ctx context.Context, d Device, last int64) error
	// UseCode takes a code that was not used and has not expired, by its digest,
	// and gives whose it is. Any other is candor.ErrDenied.
	UseCode(ctx context.Context, digest, device string, now time.Time) (party candor.ID, err error)

	Statement(ctx context.Context, device string, serial int64) (Kept, error)
	AddStatement(ctx context.Context, k Kept) error
	// Acceptance gives what stands of a device; the zero value if nothing was said.
	Acceptance(ctx context.Context, device, product string) (Acceptance, error)
	// SetAcceptance replaces it.
	SetAcceptance(ctx context.Context, a Acceptance) error
}

// Device is a key that signed a statement.
type Device struct {
	ID    string    `json:"id"`              // the key's thumbprint (RFC 7638)
	Party candor.ID `json:"party,omitempty"` // empty if it stands for itself
	Last  int64     `json:"last"`            // greatest serial that arrived
	First time.Time `json:"first_seen"`
	Seen  time.Time `json:"last_seen"`
}

// Kept is a statement that arrived, and what was answered.
type Kept struct {
	Device   string
	Serial   int64
	Digest   string // of what it says
	Product  string
	Text     string
	Answer   Answer
	Received time.Time
}

// Acceptance is what follows from all that a device said of a product, in order
// of serial.
type Acceptance struct {
	Device    string
	Product   string
	Serial    int64 // of the last statement that changed it
	Build     string
	Agreement string // what was agreed to last; empty if nothing ever was
	Policy    string
	Clauses   []string  // optional ones that are agreed to
	Since     time.Time // when the agreement arrived
	Ended     time.Time // when a withdrawal did; zero while it stands
	Refused   string    // the agreement that was refused since
}

// Event is what a user did, for those who keep what parties agreed to.
type Event struct {
	ID        candor.ID
	Device    string
	Party     candor.ID // empty if the device stands for itself
	Product   Product
	Build     string
	Act       consent.Act
	Agreement Paper // of what is refused or withdrawn only the digest may be known
	Policy    Paper
	OfAge     bool // the user says to have reached the age that the agreement names
	Clauses   []string
	Language  string
	How       consent.How
	Told      time.Time // by the device's clock
	At        time.Time // when it arrived: it counts from then on, and for nothing before
	Statement string    // signed, as it arrived
}

// Recorder keeps events, in the transaction that keeps the statement.
type Recorder interface {
	Record(ctx context.Context, tx Tx, e Event) error
}

// Sensor is who files findings of this package.
const Sensor = "software"

// Findings files what was observed of a product. Filing again what is known does
// no harm.
type Findings interface {
	File(ctx context.Context, p Product, f candor.Finding) error
}
