package imap

import (
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// conn times reading anew with each read: a large mail may take long, a silent
// server may not.
type conn struct {
	net.Conn
	silence time.Duration
}

func (c conn) SetReadDeadline(time.Time) error { return nil }

func (c conn) Read(b []byte) (int, error) {
	if err := c.Conn.SetReadDeadline(time.Now().Add(c.silence)); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

// signIn has told called when there are new mails.
func (m *Mailbox) signIn(raw net.Conn, told func()) (*imapclient.Client, error) {
	timed := conn{raw, m.o.Poll + m.o.Timeout}
	options := &imapclient.Options{TLSConfig: m.tls(), UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if d.NumMessages != nil {
				told()
			}
		},
	}}
	var c *imapclient.Client
	switch m.o.Security {
	case TLS:
		c = imapclient.New(tls.Client(timed, options.TLSConfig), options)
	case StartTLS:
		var err error
		if c, err = imapclient.NewStartTLS(timed, options); err != nil {
			return nil, err
		}
	default:
		c = imapclient.New(timed, options)
	}
	if err := c.Login(m.o.User, m.o.Password).Wait(); err != nil {
		c.Close()
		return nil, fmt.Errorf("sign in as %s: %w", m.o.User, err)
	}
	return c, nil
}

func (m *Mailbox) tls() *tls.Config {
	config := &tls.Config{}
	if m.o.TLS != nil {
		config = m.o.TLS.Clone()
	}
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(m.o.Addr) // New looked at it
	}
	return config
}

// choose selects the mailbox, for reading only where nothing is moved.
func (m *Mailbox) choose(c *imapclient.Client) (uint32, error) {
	if m.o.MoveTo != "" {
		if !c.Caps().Has(imap.CapMove) && !c.Caps().Has(imap.CapUIDPlus) {
			return 0, fmt.Errorf("the server can neither MOVE nor UIDPLUS: nothing can be moved safely")
		}
		if err := ensure(c, m.o.MoveTo); err != nil {
			return 0, fmt.Errorf("make %s: %w", m.o.MoveTo, err)
		}
	}
	data, err := c.Select(m.o.Mailbox, &imap.SelectOptions{ReadOnly: m.o.MoveTo == ""}).Wait()
	if err != nil {
		return 0, fmt.Errorf("select %s: %w", m.o.Mailbox, err)
	}
	if data.UIDValidity == 0 {
		return 0, fmt.Errorf("%s has no UIDVALIDITY", m.o.Mailbox)
	}
	return data.UIDValidity, nil
}

func ensure(c *imapclient.Client, name string) error {
	if _, err := c.Status(name, &imap.StatusOptions{UIDNext: true}).Wait(); err == nil {
		return nil
	}
	return c.Create(name, nil).Wait()
}
