// Package notify tells a party about a case by mail: what was seen, where,
// what it means, what to do, by when, and how to reach a person. It is a
// method of package respond.
//
// A mail is kept as a candor.Message, which is durable before a server hears
// of it and says how far it came. Its Message-ID stays the same however often
// it is sent, so that a receiver can drop a second one. A program that is
// killed between the server's answer and the next write sends that one mail
// once more; nothing else is ever sent twice.
package notify

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"candor"
	"candor/internal/phrase"
	"candor/internal/respond"
)

// Name is what Response.Method holds.
const Name = "notify"

// Messages keeps mails.
type Messages interface {
	// AddMessage stores a new message, durably.
	AddMessage(context.Context, candor.Message) error
	// ChangeMessage stores the message, durably, if the stored one is in the
	// state from, and gives candor.ErrChanged if it is in another.
	ChangeMessage(ctx context.Context, m candor.Message, from candor.MessageState) error
	// MessagesOf gives the messages of a response.
	MessagesOf(ctx context.Context, response candor.ID) ([]candor.Message, error)
	// MessageByMessageID finds a message; candor.ErrNotFound if there is none.
	MessageByMessageID(context.Context, string) (candor.Message, error)
	// Response gives a response; candor.ErrNotFound if there is none.
	Response(context.Context, candor.Scope, candor.ID) (candor.Response, error)
}

// Facts tells what is known of a case.
type Facts interface {
	// Places gives the paths of the first places, most at most, where what the
	// case is about is now, and how many there are.
	Places(ctx context.Context, caseID candor.ID, most int) (paths []string, total int, err error)
	// CustomerDeadline is by when the party should have acted; zero if no such
	// clock runs.
	CustomerDeadline(ctx context.Context, caseID candor.ID) (time.Time, error)
}

// Advice says, in a language of package phrase, what something means for a
// party, by paragraphs, and what the party can do, step by step. Software is
// Asset.Software. Either may be empty.
type Advice interface {
	For(class candor.Class, nature candor.Nature, software, lang string) (means, steps []string)
}

// Sender hands mails to a server, once for each call. No error means that a
// server took the mail. candor.ErrDenied: it was refused for good;
// candor.ErrInvalid: the address cannot be one; all else may work later.
type Sender interface {
	Send(context.Context, candor.Message) error
}

// Link makes a link to the party's page of a case, for one contact, and says
// when it ends to work. The case is as it was when the response was planned.
type Link func(ctx context.Context, c candor.Case, to candor.Contact) (url string, expires time.Time, err error)

// Provider is whom a party can reach.
type Provider struct {
	Name  string
	Mail  string // empty for none
	Phone string // empty for none
}

// Config is what a Method needs.
type Config struct {
	Messages Messages
	Facts    Facts
	Advice   Advice
	Sender   Sender
	Link     Link // nil: mails hold no link
	Phrases  *phrase.Catalogue
	Provider Provider
	Domain   string // what Message-IDs end with; the sender's domain
	Now      candor.Clock

	// Gather is how long after a notice to a party others wait, so that one mail
	// tells of all; 0 sends each by itself. What is critical does not wait.
	Gather time.Duration
	// Coming, if set, tells whether more about a party is just being read.
	Coming func(ctx context.Context, party candor.ID) (bool, error)

	GiveUp   time.Duration // how long a mail is tried; 0: 48 h
	Patience time.Duration // how long one attempt may take; 0: 2 min
}

// Method is a respond.Method, and a respond.Prover. It is safe for concurrent use.
type Method struct {
	Config
	// accepted names messages that a server took and for which that could not
	// be written yet.
	accepted sync.Map
}

// New makes a Method. The error is candor.ErrInvalid, with a hint.
func New(c Config) (*Method, error) {
	switch {
	case strings.Trim(c.Domain, ".") == "" || strings.ContainsAny(c.Domain, "<>@ \r\n"):
		return nil, invalid(fmt.Sprintf("set up notify: %.80q is no domain", c.Domain), "Set the domain that mails come from.")
	case c.Provider.Name == "":
		return nil, invalid("set up notify: the provider has no name", "Set the name that customers know.")
	}
	if c.GiveUp <= 0 {
		c.GiveUp = 48 * time.Hour
	}
	if c.Patience <= 0 {
		c.Patience = 2 * time.Minute
	}
	return &Method{Config: c}, nil
}

// Name implements respond.Method.
func (*Method) Name() string { return Name }

// TouchesAsset implements respond.Method: a mail changes nothing at the asset.
func (*Method) TouchesAsset() bool { return false }

// Options are the Options of a respond.Request to notify.
type Options struct {
	// Letter is what is sent: a Notice if empty.
	Letter Letter `json:"letter,omitempty"`
	// Undo is what is sent when the response is undone: Settled or Withdrawn.
	// If it is empty the response cannot be undone.
	Undo Letter `json:"undo,omitempty"`
}

// Letter is a kind of mail.
type Letter string

const (
	Notice    Letter = "notice"    // that something was seen
	Settled   Letter = "settled"   // that nothing is left to do about it
	Withdrawn Letter = "withdrawn" // that the notice should not have been sent
)

func (o *Options) complete() error {
	if o.Letter == "" {
		o.Letter = Notice
	}
	switch o.Letter {
	case Notice, Settled, Withdrawn:
	default:
		return invalid(fmt.Sprintf("%.40q is no kind of mail", o.Letter), "Choose notice, settled or withdrawn.")
	}
	switch o.Undo {
	case "", Settled, Withdrawn:
	default:
		return invalid(fmt.Sprintf("%.40q undoes no mail", o.Undo), "Choose settled or withdrawn, or leave it out.")
	}
	return nil
}

// planned is the Data of a plan.
type planned struct {
	Case    candor.Case         `json:"case"`
	Letter  Letter              `json:"letter"`
	Fact    fact                `json:"fact,omitzero"`
	Zone    string              `json:"zone,omitempty"` // IANA
	To      []recipient         `json:"to"`
	Letters map[string]rendered `json:"letters"`        // by language
	Undo    map[string]rendered `json:"undo,omitempty"` // by language
}

// recipient is one contact, and the identifier of its mail.
type recipient struct {
	Message  candor.ID      `json:"message"`
	Contact  candor.Contact `json:"contact"`
	Language string         `json:"language"`
}

// progress is the result of a response.
type progress struct {
	// Sending is when the last dialogue with a server began.
	Sending time.Time `json:"sending,omitzero"`
	Sent    int       `json:"sent"`
	Bounced int       `json:"bounced"`
	Failed  int       `json:"failed"`
	Waiting int       `json:"waiting"`
	// Corrections are the mails that undo others, by the message they undo.
	Corrections map[candor.ID]candor.ID `json:"corrections,omitempty"`
	// Together are the responses that the same mails tell of, besides this one, and
	// Letters the SHA-256 digests of what they say, by language.
	Together []candor.ID       `json:"together,omitempty"`
	Letters  map[string]string `json:"letters,omitempty"`
	// With is the response whose mails tell of this one, and Mails are these.
	With  candor.ID    `json:"with,omitempty"`
	Mails []provenMail `json:"mails,omitempty"`
}

// messageID is the Message-ID of a message, and never changes.
func messageID(id candor.ID, domain string) string {
	return strings.ReplaceAll(string(id), "-", "") + "@" + domain
}

func invalid(what, hint string) error {
	return candor.WithHint(fmt.Errorf("%s: %w", what, candor.ErrInvalid), hint)
}

var (
	_ respond.Method = (*Method)(nil)
	_ respond.Prover = (*Method)(nil)
	_ respond.Sender = (*Method)(nil)
)
