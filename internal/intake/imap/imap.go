// Package imap fetches mails from a mailbox (RFC 3501, RFC 9051), and leaves
// them there.
//
// Which mails are new is told by their UIDs, not by whether somebody has read
// them.
package imap

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"

	"candor"
	"candor/internal/intake"
)

// Security is how a connection is protected.
type Security string

// The ways.
const (
	TLS      Security = "tls"      // from the start, port 993
	StartTLS Security = "starttls" // by STARTTLS, port 143; without it there is no sign-in
	None     Security = "none"     // for servers on the same machine
)

// Options say which mailbox, and how it is reached.
type Options struct {
	Name           string // of the mailbox, as the configuration has it
	Addr           string // "imap.example.org:993"
	Security       Security
	TLS            *tls.Config // nil for the system's roots
	User, Password string
	Mailbox        string // "INBOX" if empty
	// MoveTo is the mailbox that mails are moved to once they are kept; empty: they
	// stay. It is made if it is missing.
	MoveTo string
	// Poll is how often the mailbox is looked at where nothing tells of new mails; a
	// minute if zero.
	Poll time.Duration
	// Timeout is how long the server may say nothing while it is asked; 2 minutes if
	// zero.
	Timeout time.Duration
	// Retry is how long to wait after the nth failure in a row, from 1; nil for a
	// second, doubled up to 5 minutes.
	Retry  func(n int) time.Duration
	Keeper intake.Keeper
	State  State
	Log    *slog.Logger
	Now    func() time.Time
}

// Position is what is known of a mailbox. Sets are written as IMAP does:
// "1:400,402".
type Position struct {
	Validity uint32 // UIDVALIDITY: UIDs hold as long as it is the same
	Kept     string // UIDs of mails that are kept, of those still there
	Left     string // UIDs of mails that never will be
}

// State remembers positions of mailboxes. It saves fetching again:
// if one is lost, mails come again under the same Key.
type State interface {
	// Position takes the name of a mailbox with what tells it from others that had
	// that name before: "reports/0a1b2c3d4e5f6071". It gives the zero Position for a mailbox that it does not know.
	Position(ctx context.Context, name string) (Position, error)
	SetPosition(ctx context.Context, name string, p Position) error
}

// Counts say what became of mails since the program began.
type Counts struct {
	Kept   int64
	Left   int64 // never to be kept: they lie in the mailbox
	Failed int64 // connections that failed, or mails that could not be kept yet
	Passed int64 // mails passed over, as they failed several times: they are tried each hour
}

// Mailbox fetches mails.
type Mailbox struct {
	o                          Options
	which                      string // the mailbox, unlike any other
	validity                   uint32 // of the faults
	faults                     map[imap.UID]fault
	kept, left, failed, passed atomic.Int64
}

// New gives a mailbox that does nothing before Run. The error is
// candor.ErrInvalid for options that make no sense.
func New(o Options) (*Mailbox, error) {
	if o.Mailbox == "" {
		o.Mailbox = "INBOX"
	}
	if o.Poll <= 0 {
		o.Poll = time.Minute
	}
	if o.Timeout <= 0 {
		o.Timeout = 2 * time.Minute
	}
	if o.Retry == nil {
		o.Retry = doubled
	}
	host, _, err := net.SplitHostPort(o.Addr)
	switch {
	case err != nil:
		return nil, fmt.Errorf("fetch mails as %s: %w: %w", o.Name, candor.ErrInvalid, err)
	case o.Security != TLS && o.Security != StartTLS && o.Security != None:
		return nil, fmt.Errorf("fetch mails as %s: security %q: %w", o.Name, o.Security, candor.ErrInvalid)
	case o.MoveTo == o.Mailbox:
		return nil, fmt.Errorf("fetch mails as %s: mails would be moved to where they are: %w", o.Name, candor.ErrInvalid)
	}
	sum := sha256.Sum256([]byte(o.User + "@" + strings.ToLower(host) + "/" + o.Mailbox))
	return &Mailbox{o: o, which: hex.EncodeToString(sum[:8]), faults: map[imap.UID]fault{}}, nil
}

// stateName is what the position is remembered by.
func (m *Mailbox) stateName() string { return m.o.Name + "/" + m.which }

func doubled(n int) time.Duration {
	return min(time.Second<<min(n-1, 20), 5*time.Minute)
}

// Counts may be asked for at any time.
func (m *Mailbox) Counts() Counts {
	return Counts{Kept: m.kept.Load(), Left: m.left.Load(), Failed: m.failed.Load(), Passed: m.passed.Load()}
}

// Run fetches mails until ctx ends, and then gives nil. What fails is tried
// again. It is called once.
func (m *Mailbox) Run(ctx context.Context) error {
	for n := 1; ctx.Err() == nil; n++ {
		before := m.kept.Load()
		err := m.visit(ctx)
		if m.kept.Load() > before {
			n = 1
		}
		if ctx.Err() == nil {
			m.failed.Add(1)
			m.o.Log.Warn("mails: a mailbox is tried again", "mailbox", m.o.Name, "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(m.o.Retry(n)):
		}
	}
	return nil
}
