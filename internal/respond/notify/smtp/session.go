package smtp

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	gomail "github.com/wneessen/go-mail"
	protocol "github.com/wneessen/go-mail/smtp"

	"candor"
)

// session is one connection to the server. Only one mail at a time uses it.
type session struct {
	client *gomail.Client
	smtp   *protocol.Client
	conn   net.Conn // below any encryption; nil before there is one
	stop   func() bool
	mails  int // handed over so far
	since  time.Time
}

// mailsEach is how many mails go by one connection. Servers set bounds, and a
// server that was renamed or upgraded should be noticed.
const mailsEach = 100

// dial connects, greets and signs in.
func (s *Sender) dial(ctx context.Context) (*session, error) {
	options, err := s.clientOptions(ctx)
	if err != nil {
		return nil, err
	}
	c := &session{}
	c.client, err = gomail.NewClient(s.o.Host, append(options, gomail.WithDialContextFunc(s.connect(ctx, c)))...)
	if err != nil {
		return nil, unavailable("set up the connection", err)
	}
	c.smtp, err = c.client.DialToSMTPClientWithContext(ctx)
	if c.conn != nil {
		c.goOn()
	}
	if err == nil {
		return c, nil
	}
	if c.conn != nil {
		c.conn.Close()
	}
	return nil, s.explain(err, c.conn != nil)
}

// connect makes the connection of c, so that c holds it bare: closing that is
// the only way to end a dialogue before its time is over. It is closed when
// whole ends; the context that the library gives ends with the library's call.
func (s *Sender) connect(whole context.Context, c *session) gomail.DialContextFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		var d net.Dialer
		conn, err := d.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		c.conn = conn
		c.breakOff(whole)
		if s.o.Security != TLS {
			return conn, nil
		}
		encrypted := tls.Client(conn, s.tlsConfig())
		return encrypted, encrypted.HandshakeContext(ctx)
	}
}

// explain says what can be done about a connection that was not made.
func (s *Sender) explain(err error, connected bool) error {
	where := net.JoinHostPort(s.o.Host, fmt.Sprint(s.o.Port))
	hint := "Look whether the mail server runs, and whether its name and port are right."
	if connected {
		hint = "Look at the mail server's certificate, its encryption, and the name and password for it."
	}
	return candor.WithHint(unavailable("connect to the mail server "+where, err), hint)
}

func (s *Sender) tlsConfig() *tls.Config {
	return &tls.Config{
		ServerName: s.o.Host, RootCAs: s.o.CA, MinVersion: tls.VersionTLS12,
		// Where no encryption would do, one that proves nothing does too (RFC 7435).
		InsecureSkipVerify: s.o.Security == Opportunistic && s.o.Auth == NoAuth,
	}
}

// mechanisms are the library's names for ours.
var mechanisms = map[Auth][]gomail.SMTPAuthType{
	NoAuth: {},
	AnyAuth: {gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthPlain,
		gomail.SMTPAuthLogin, gomail.SMTPAuthCramMD5},
	Plain:       {gomail.SMTPAuthPlain},
	Login:       {gomail.SMTPAuthLogin},
	CramMD5:     {gomail.SMTPAuthCramMD5},
	ScramSHA1:   {gomail.SMTPAuthSCRAMSHA1},
	ScramSHA256: {gomail.SMTPAuthSCRAMSHA256},
	XOAuth2:     {gomail.SMTPAuthXOAUTH2},
}

func (s *Sender) clientOptions(ctx context.Context) ([]gomail.Option, error) {
	policy := map[Security]gomail.TLSPolicy{
		TLS: gomail.NoTLS, StartTLS: gomail.TLSMandatory, Opportunistic: gomail.TLSOpportunistic, None: gomail.NoTLS,
	}
	out := []gomail.Option{
		gomail.WithPort(s.o.Port), gomail.WithTimeout(s.o.Timeout),
		gomail.WithTLSPolicy(policy[s.o.Security]), gomail.WithTLSConfig(s.tlsConfig()),
	}
	if s.o.Hello != "" {
		out = append(out, gomail.WithHELO(s.o.Hello))
	}
	if s.o.DKIM != nil {
		out = append(out, gomail.WithAlwaysDKIMSign(s.o.DKIM.signer()))
	}
	if s.o.Auth == NoAuth {
		return out, nil
	}
	password := s.o.Password
	if s.o.Token != nil {
		var err error
		if password, err = s.o.Token(ctx); err != nil {
			return nil, unavailable("get a token for the mail server", err)
		}
	}
	names := mechanisms[s.o.Auth]
	how := gomail.WithSMTPAuth(names[0])
	if len(names) > 1 {
		how = gomail.WithOpportunisticSMTPAuth(names...)
	}
	return append(out, how, gomail.WithUsername(s.o.User), gomail.WithPassword(password)), nil
}

// signer is made for each connection: it keeps a state of its own.
func (d *DKIM) signer() *gomail.DKIMSigner {
	s := gomail.NewDKIMSigner(d.Domain, d.Selector, d.Key)
	// The library folds a longer list in the middle of a name, which no
	// verifier accepts.
	s.SignHeaders("From", "To", "Subject", "Date", "Message-ID", "Content-Type", "MIME-Version", "Reply-To")
	return s
}

// converse hands over one mail, and the session back to the pool.
func (s *Sender) converse(ctx context.Context, c *session, to address, m candor.Message) error {
	keep := false
	defer func() { s.pool.give(c, keep) }()
	c.breakOff(ctx)
	defer c.goOn()
	utf8, _ := c.smtp.Extension("SMTPUTF8")
	if !to.ascii() && !utf8 {
		keep = true
		return fmt.Errorf("the mail server takes no address with letters beyond ASCII: %w", candor.ErrInvalid)
	}
	// Asked for without need, a later server without it sends the mail back.
	c.smtp.SkipSMTPUTF8(to.ascii())
	msg, err := s.compose(to, m)
	if err != nil {
		keep = true
		return err
	}
	err = c.client.SendWithSMTPClient(c.smtp, msg)
	c.mails++
	if msg.IsDelivered() { // also if the server then failed to answer RSET
		keep = err == nil && c.mails < mailsEach
		return nil
	}
	return judge(err)
}

// breakOff closes the connection if ctx ends before goOn is called.
func (c *session) breakOff(ctx context.Context) {
	c.stop = context.AfterFunc(ctx, func() { c.conn.Close() })
}

func (c *session) goOn() { c.stop() }

// quit ends a session that was not broken, as politely as a moment allows.
func (c *session) quit() {
	const moment = 5 * time.Second
	if err := c.conn.SetDeadline(time.Now().Add(moment)); err == nil {
		if _, err := c.smtp.Text.Cmd("QUIT"); err == nil {
			_, _, _ = c.smtp.Text.ReadResponse(221)
		}
	}
	c.conn.Close()
}
