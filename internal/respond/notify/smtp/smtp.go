// Package smtp hands mails to an SMTP server, any server: the provider's own
// relay, or one of a mail service. Connections are kept and used again. A
// domain of receivers gets only so many mails at once and a minute.
//
// It uses github.com/wneessen/go-mail for the protocol, the form of mails and
// DKIM.
package smtp

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"strings"
	"time"

	"candor"
)

// Security says how a connection is encrypted.
type Security string

const (
	TLS           Security = "tls"           // from the first byte (RFC 8314)
	StartTLS      Security = "starttls"      // by STARTTLS, or not at all (RFC 3207)
	Opportunistic Security = "opportunistic" // by STARTTLS where the server has it
	None          Security = "none"
)

// Auth says how to sign in at the server.
type Auth string

const (
	NoAuth      Auth = ""
	AnyAuth     Auth = "any" // the best that the server has, XOAUTH2 apart
	Plain       Auth = "plain"
	Login       Auth = "login"
	CramMD5     Auth = "cram-md5"
	ScramSHA1   Auth = "scram-sha-1"
	ScramSHA256 Auth = "scram-sha-256"
	XOAuth2     Auth = "xoauth2"
)

// Options say which server is used, and how.
type Options struct {
	Host     string
	Port     int            // 0: 465 for TLS, 587 for StartTLS, else 25
	Security Security       // empty: StartTLS
	CA       *x509.CertPool // who may vouch for the server; nil: whom the system trusts

	Auth     Auth
	User     string
	Password string
	// Token gives the token for XOAuth2, and is asked for each connection.
	// Password is the token if it is nil.
	Token func(context.Context) (string, error)

	Hello   string       // how to name ourselves (EHLO); the machine's name if empty
	From    mail.Address // who writes
	ReplyTo mail.Address // who reads answers; From if empty
	// Bounces is the address that bounces come back to; From's if empty. With
	// a Separator each mail has its own: "bounces+<id>@example.org".
	Bounces   string
	Separator string
	DKIM      *DKIM // nil signs nothing

	Timeout     time.Duration // for connecting, and again for each mail; 0: a minute
	Idle        time.Duration // how long an unused connection is kept; 0: 30 s
	Connections int           // at most; 0: 4
	AtOnce      int           // mails to one domain at once; 0: 2
	PerMinute   int           // mails to one domain in a minute; 0: 60
}

// DKIM signs mails (RFC 6376).
type DKIM struct {
	Domain   string
	Selector string
	Key      crypto.Signer // *rsa.PrivateKey or ed25519.PrivateKey
}

// Sender hands mails to a server. It is safe for concurrent use. Close it
// when it is no longer needed.
type Sender struct {
	o     Options
	pool  *pool
	gates *gates
}

// New makes a Sender; it connects to nothing yet. The error is
// candor.ErrInvalid, with a hint.
func New(o Options) (*Sender, error) {
	if err := o.complete(); err != nil {
		return nil, fmt.Errorf("set up the mail server: %w", err)
	}
	s := &Sender{o: o, gates: newGates(o.AtOnce, o.PerMinute)}
	s.pool = newPool(o.Connections, o.Idle, s.dial)
	return s, nil
}

// Send hands m to the server and returns when the server took it; that it
// reached anybody is not said. The mail is the same, byte by byte but for a
// DKIM signature, however often it is sent. Message.Case makes mails of one
// case a thread.
//
// If the server refused the receiver or the mail for good, the error is
// candor.ErrDenied; if the address cannot be one, candor.ErrInvalid. All other
// errors are candor.ErrUnavailable: it may work later. If the connection broke
// at the very end, the server may have taken the mail all the same.
func (s *Sender) Send(ctx context.Context, m candor.Message) error {
	if err := s.send(ctx, m); err != nil {
		return fmt.Errorf("send mail %s: %w", m.ID, err)
	}
	return nil
}

func (s *Sender) send(ctx context.Context, m candor.Message) error {
	to, err := parseAddress(m.To)
	if err != nil {
		return err
	}
	leave, err := s.gates.enter(ctx, to.domain)
	if err != nil {
		return unavailable("wait for mails to the same domain", err)
	}
	defer leave()
	for {
		c, err := s.pool.take(ctx)
		if err != nil {
			return err
		}
		used := c.mails > 0
		err = s.converse(ctx, c, to, m)
		if errors.Is(err, errStale) && used {
			continue // the server had closed a kept connection; nothing was sent by it
		}
		return err
	}
}

// Health connects, greets and signs in, and says what fails. The errors are
// those of Send.
func (s *Sender) Health(ctx context.Context) error {
	c, err := s.dial(ctx)
	if err != nil {
		return fmt.Errorf("check the mail server: %w", err)
	}
	c.quit()
	return nil
}

// Close ends the connections that are kept. A Send that still runs ends as usual.
func (s *Sender) Close() error {
	s.pool.close()
	return nil
}

func (o *Options) complete() error {
	o.Security = or(o.Security, StartTLS)
	o.Port = or(o.Port, map[Security]int{TLS: 465, StartTLS: 587, Opportunistic: 25, None: 25}[o.Security])
	o.Timeout = or(o.Timeout, time.Minute)
	o.Idle = or(o.Idle, 30*time.Second)
	o.Connections = or(o.Connections, 4)
	o.AtOnce = or(o.AtOnce, 2)
	o.PerMinute = or(o.PerMinute, 60)
	switch {
	case o.Host == "":
		return invalid("there is no host", "Set the name of the mail server.")
	case o.Port == 0:
		return invalid(fmt.Sprintf("%q is no way to encrypt", o.Security), "Choose tls, starttls, opportunistic or none.")
	case o.Port < 0 || o.Port > 65535:
		return invalid(fmt.Sprintf("%d is no port", o.Port), "Choose a port from 1 to 65535.")
	case o.Auth != NoAuth && !secret(*o):
		return invalid("the password would be sent in the clear", "Choose tls or starttls.")
	case mechanisms[o.Auth] == nil:
		return invalid(fmt.Sprintf("%q is no way to sign in", o.Auth), "Choose any, plain, login, cram-md5, scram-sha-1, scram-sha-256 or xoauth2.")
	case strings.ContainsAny(o.Hello, " \r\n"):
		return invalid(fmt.Sprintf("%q is no name of a machine", o.Hello), "Leave it out to take this machine's.")
	}
	return o.completeAddresses()
}

func (o *Options) completeAddresses() error {
	from, err := parseAddress(o.From.Address)
	if err != nil {
		return candor.WithHint(fmt.Errorf("the sender: %w", err), "Set the address that mails come from.")
	}
	o.From.Address = from.String()
	if o.ReplyTo.Address != "" {
		reply, err := parseAddress(o.ReplyTo.Address)
		if err != nil {
			return candor.WithHint(fmt.Errorf("the address for answers: %w", err), "Set an address, or leave it out.")
		}
		o.ReplyTo.Address = reply.String()
	}
	o.From.Name, o.ReplyTo.Name = oneLine(o.From.Name), oneLine(o.ReplyTo.Name)
	bounces, err := parseAddress(or(o.Bounces, o.From.Address))
	if err != nil {
		return candor.WithHint(fmt.Errorf("the address for bounces: %w", err), "Set an address, or leave it out.")
	}
	o.Bounces = bounces.String()
	return nil
}

// secret tells whether what signs us in stays between us and the server.
func secret(o Options) bool {
	loopback := net.ParseIP(o.Host).IsLoopback() || o.Host == "localhost"
	return o.Security == TLS || o.Security == StartTLS || loopback || o.Auth == ScramSHA1 || o.Auth == ScramSHA256
}

func or[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}
