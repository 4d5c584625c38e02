package intake

import (
	"context"
	"io"
	"time"
)

// Way is how a message came.
type Way string

// The ways.
const (
	SMTP   Way = "smtp"   // a mail server handed it over
	IMAP   Way = "imap"   // it was fetched from a mailbox
	Folder Way = "folder" // it lay in a folder
	API    Way = "api"    // a program called
	Form   Way = "form"   // somebody filled in the form for reporters
)

// Arrival is a message, or a file, as it came, before anybody has read it.
type Arrival struct {
	Way Way
	// Source names the listener, the mailbox or the folder, as the configuration
	// does.
	Source string
	// Key is unlike any other of its source: what tells a mailbox, and
	// a mail in it; the name of a
	// file. What comes again with the same is the same. Empty where the source has
	// none.
	Key string
	// Name and Type are of a file that is no mail; empty for mails.
	Name, Type string
	From       string   // envelope; empty if there was none
	To         []string // envelope
	Received   time.Time
	Body       io.Reader // all of it
}

// Keeper keeps arrivals.
type Keeper interface {
	// Keep keeps a message: when it returns nil it is durable, and will be read.
	// Until then whoever handed it over keeps it. It is safe for concurrent use.
	// candor.ErrUnavailable says that it may be tried again later, and
	// candor.ErrInvalid that it never will be kept.
	Keep(ctx context.Context, a Arrival) error
}
