// Package submit sends samples of a case to an organisation of the directory, as
// that wants them: in a ZIP with a password, encrypted with its OpenPGP key, or
// by their digests alone; by mail, through its API, or by a person who fills in its
// form. It is a method of package respond.
//
// The mail names neither the party nor its site nor where a file lay; a file is
// named by the beginning of its digest. What is in the file is sent as it is. The
// attachment is made from the vault for each sending, and kept nowhere else.
//
// The Message-ID stays the same however often one mail is sent. A program that is
// killed between the server's answer and the next write sends it once more. The
// same goes for an API: each sample is a request of its own, how far it came is kept
// before and after, and what was taken is never sent again. Most of them then say
// that they know it already.
package submit

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"candor"
	"candor/internal/directory"
	"candor/internal/phrase"
	"candor/internal/respond"
)

// Name is what Response.Method holds.
const Name = "submit"

// Entries is the directory.
type Entries interface {
	Entry(context.Context, candor.ID) (directory.Entry, error)
}

// Vault gives contents by their SHA-256; candor.ErrNotFound if it has none.
type Vault interface {
	Get(ctx context.Context, digest string) (io.ReadCloser, error)
}

// Messages keeps mails, as package notify says.
type Messages interface {
	AddMessage(context.Context, candor.Message) error
	ChangeMessage(ctx context.Context, m candor.Message, from candor.MessageState) error
	MessagesOf(ctx context.Context, response candor.ID) ([]candor.Message, error)
}

// Sender hands mails to a server, as package notify says.
type Sender interface {
	Send(context.Context, candor.Message) error
}

// Consent tells whether a content of a case may go on to others; candor.ErrDenied
// if not.
type Consent interface {
	MaySend(ctx context.Context, of candor.ID, digest string) error
}

// Keys gives the secret that opens the API of an entry: candor.ErrNotFound if there
// is none, candor.ErrInvalid if it was given for another host.
type Keys interface {
	APIKey(context.Context, directory.Entry) (string, error)
}

// Handings tell that a person handed in what a response gives them to hand in.
type Handings interface {
	Handing(ctx context.Context, response candor.ID) (directory.Answer, bool, error)
}

// Config is what a Method needs.
type Config struct {
	Entries  Entries
	Vault    Vault
	Messages Messages
	Sender   Sender
	Mute     bool         // nothing can be mailed
	Consent  Consent      // asked before each attempt to send; nil if nobody has to agree
	Client   *http.Client // for APIs, to the open Internet only; it follows no redirect. Nil: there are no APIs
	Keys     Keys         // of APIs; nil: there are none
	Handings Handings     // nil: no form can be handed in
	Phrases  *phrase.Catalogue
	Provider string // the name that the mail is signed with
	Domain   string // what Message-IDs end with
	Now      candor.Clock

	MostBytes int64         // of a mail to those who do not say; 0: 10 MiB, at most directory.MostMail
	GiveUp    time.Duration // how long a mail is tried; 0: 48 h
	Patience  time.Duration // how long one attempt may take; 0: 5 min
}

// Method is a respond.Method, and a respond.Prover. It is safe for concurrent use.
type Method struct {
	Config
	// accepted names messages that a server took and for which that could not be
	// written yet; of requests it holds what became of them.
	accepted sync.Map
}

// New makes a Method. The error is candor.ErrInvalid, with a hint.
func New(c Config) (*Method, error) {
	if strings.Trim(c.Domain, ".") == "" || strings.ContainsAny(c.Domain, "<>@ \r\n") {
		return nil, invalid(fmt.Sprintf("set up submit: %.80q is no domain", c.Domain), "Set the domain that mails come from.")
	}
	if c.MostBytes <= 0 {
		c.MostBytes = 10 << 20
	}
	if c.GiveUp <= 0 {
		c.GiveUp = 48 * time.Hour
	}
	if c.Patience <= 0 {
		c.Patience = 5 * time.Minute
	}
	if c.Client != nil { // where a key or a sample goes, no server decides
		own := *c.Client
		own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		own.Jar, own.Timeout = nil, 0
		c.Client = &own
	}
	return &Method{Config: c}, nil
}

// Name implements respond.Method.
func (*Method) Name() string { return Name }

// TouchesAsset implements respond.Method: what lies at the asset stays as it is.
func (*Method) TouchesAsset() bool { return false }

// Options are the Options of a respond.Request to submit.
type Options struct {
	Entry   candor.ID `json:"entry"`   // of the directory
	Samples []string  `json:"samples"` // SHA-256, in hexadecimal, of contents of the vault
	// Of is how many there were of which Samples are the first; 0 if all are named,
	// or somebody chose. The plan tells it.
	Of int `json:"of,omitempty"`
	// Follows is the response that sent the same before and got no answer.
	Follows candor.ID `json:"follows,omitempty"`
	// Way is on which of the entry's ways; the first that directory.Entry.Sends gives
	// if empty.
	Way directory.Way `json:"way,omitempty"`
}

// MostSamples is how many a mail can be about, and a submission.
const MostSamples = 10

// Form is how samples are sent.
type Form string

// The forms.
const (
	Packed    Form = "packed"    // in a ZIP with a password
	Encrypted Form = "encrypted" // with an OpenPGP key
	Digests   Form = "digests"   // no content at all
	Bare      Form = "plain"     // as they are, to an API that asks for that
)

// Submission is the Data of a plan: what is sent, to whom.
type Submission struct {
	Message  candor.ID            `json:"message"`
	Entry    candor.ID            `json:"entry"`
	Name     string               `json:"name"`          // of the organisation
	Way      directory.Way        `json:"way,omitempty"` // mail if empty
	To       string               `json:"to"`            // an address of mail, of an API or of a form
	API      *directory.Interface `json:"api,omitempty"`
	Form     Form                 `json:"form"`
	Archive  directory.Archive    `json:"archive,omitempty"`
	Password string               `json:"password,omitempty"`
	Key      string               `json:"key,omitempty"`
	Samples  []Sample             `json:"samples"`
	Follows  candor.ID            `json:"follows,omitempty"`
	Language string               `json:"language"`
	Subject  string               `json:"subject"`
	Text     string               `json:"text"`
}

// Sample is one content. Bytes is Uncounted for those that are not sent because
// they, or those before them, are too large.
type Sample struct {
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

// Uncounted is a size that nobody looked for.
const Uncounted = -1

// name is what the sample is called outside: nothing of where it lay.
func (s Sample) name() string { return s.SHA256[:16] }

// By is the way on which it goes.
func (s Submission) By() directory.Way { return cmp.Or(s.Way, directory.Mail) }

// Read gives what a response sends. The error is candor.ErrInvalid.
func Read(r candor.Response) (Submission, error) {
	var s Submission
	_, err := respond.ReadPlan(r, &s)
	return s, err
}

func invalid(what, hint string) error {
	return candor.WithHint(fmt.Errorf("%s: %w", what, candor.ErrInvalid), hint)
}

var (
	_ respond.Method = (*Method)(nil)
	_ respond.Prover = (*Method)(nil)
)
