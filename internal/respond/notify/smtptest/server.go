// Package smtptest is an SMTP server for tests: a real one, in the process,
// that takes mails into memory and fails when it is told to.
package smtptest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"slices"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Options say how a server behaves. The zero value takes every mail, without
// encryption and from everybody.
type Options struct {
	TLS      bool              // from the first byte
	StartTLS bool              // on demand
	ASCII    bool              // takes no addresses beyond ASCII
	Users    map[string]string // who may sign in, and with which password; nil: nobody need

	// Mail, Rcpt and Data are asked before the server answers to these
	// commands; it answers with their error. Nil is no objection.
	Mail func(from string) error
	Rcpt func(to string) error
	Data func(Mail) error
	// Drop closes the connection after the mail was taken, before the answer.
	Drop func(Mail) bool
}

// Mail is what the server took.
type Mail struct {
	From, To   string // of the envelope
	Data       []byte
	TLS, UTF8  bool
	User       string
	Connection int // counted from 1
}

// Server is a running server. It ends with the test.
type Server struct {
	Host string
	Port int
	CA   *x509.CertPool // vouches for it

	o     Options
	mu    sync.Mutex
	mails []Mail
	conns int
}

// Start runs a server on a free port of 127.0.0.1.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, o: o}
	server := smtp.NewServer(smtp.BackendFunc(s.open))
	server.Domain = "mx.example.org"
	server.EnableSMTPUTF8 = !o.ASCII
	server.AllowInsecureAuth = true
	server.ErrorLog = log.New(io.Discard, "", 0)
	if o.TLS || o.StartTLS {
		config, pool := certificate(t)
		s.CA = pool
		if o.StartTLS {
			server.TLSConfig = config
		} else {
			listener = tls.NewListener(listener, config)
		}
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		_ = listener.Close() // Serve may have begun only now, and not heard of Close
		<-done
	})
	return s
}

// Mails gives what was taken so far.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Connections is how many there were.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns
}

func (s *Server) open(c *smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns++
	return &session{server: s, conn: c, mail: Mail{Connection: s.conns}}, nil
}

type session struct {
	server *Server
	conn   *smtp.Conn
	mail   Mail
	user   string
}

func (s *session) AuthMechanisms() []string {
	if s.server.o.Users == nil {
		return nil
	}
	return []string{"PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"}
}

func (s *session) Auth(mechanism string) (sasl.Server, error) {
	check := func(user, password string) error {
		if want, known := s.server.o.Users[user]; !known || password != want {
			return smtp.ErrAuthFailed
		}
		s.user = user
		return nil
	}
	switch mechanism {
	case "PLAIN":
		return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
	case "LOGIN":
		return &login{check: check}, nil
	case "CRAM-MD5":
		return &cram{passwords: s.server.o.Users, check: check}, nil
	case "XOAUTH2":
		return xoauth2(check), nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

func (s *session) Mail(from string, o *smtp.MailOptions) error {
	if s.server.o.Users != nil && s.user == "" {
		return smtp.ErrAuthRequired
	}
	_, s.mail.TLS = s.conn.TLSConnectionState()
	s.mail.From, s.mail.UTF8, s.mail.User = from, o.UTF8, s.user
	return ask(s.server.o.Mail, from)
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.To = to
	return ask(s.server.o.Rcpt, to)
}

func (s *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m := s.mail
	m.Data = data
	if err := ask(s.server.o.Data, m); err != nil {
		return err
	}
	s.server.mu.Lock()
	s.server.mails = append(s.server.mails, m)
	s.server.mu.Unlock()
	if s.server.o.Drop != nil && s.server.o.Drop(m) {
		_ = s.conn.Close()
		return errors.New("dropped")
	}
	return nil
}

func (s *session) Reset() {
	s.mail = Mail{Connection: s.mail.Connection}
}

func (s *session) Logout() error { return nil }

func ask[T any](hook func(T) error, v T) error {
	if hook == nil {
		return nil
	}
	return hook(v)
}

// Answer is an error with a code of SMTP and one of RFC 3463.
func Answer(code int, class, subject, detail int, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{class, subject, detail}, Message: text}
}
