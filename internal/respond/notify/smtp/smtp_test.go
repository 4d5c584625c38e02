package smtp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/respond/notify/smtptest"
)

var created = time.Date(2025, 11, 24, 9, 30, 0, 0, time.UTC)

func message(to string) candor.Message {
	id := candor.NewID(created)
	return candor.Message{ID: id, Case: "01980000-0000-7000-8000-000000000001", To: to, Language: "en",
		Subject: "A subject", Text: "A text.\n", HTML: "<p>A text.</p>", MessageID: hex(id) + "@example.net", Created: created}
}

// sender makes a Sender for the server; change sets what differs.
func sender(t *testing.T, s *smtptest.Server, change func(*Options)) *Sender {
	t.Helper()
	o := Options{Host: s.Host, Port: s.Port, CA: s.CA, Security: None, Hello: "desk.example.net", Timeout: 10 * time.Second,
		From: mail.Address{Name: "Example Hosting", Address: "desk@example.net"}, Bounces: "bounces@example.net", Separator: "+"}
	if change != nil {
		change(&o)
	}
	out, err := New(o)
	if err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	t.Cleanup(func() { _ = out.Close() })
	return out
}

func TestSend(t *testing.T) {
	server := smtptest.Start(t, smtptest.Options{})
	s := sender(t, server, nil)
	m := message("a@example.org")
	for range 3 {
		if err := s.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	mails := server.Mails()
	if len(mails) != 3 || server.Connections() != 1 {
		t.Fatalf("%d mails by %d connections", len(mails), server.Connections())
	}
	if want := "bounces+" + hex(m.ID) + "@example.net"; mails[0].From != want || mails[0].To != "a@example.org" || mails[0].UTF8 {
		t.Errorf("envelope %+v", mails[0])
	}
	if string(mails[0].Data) != string(mails[2].Data) {
		t.Error("the same mail was sent with different bytes")
	}
}

func TestEncryption(t *testing.T) {
	for _, tt := range []struct {
		name     string
		server   smtptest.Options
		security Security
		noCA     bool
		fails    bool
		plain    bool
	}{
		{name: "implicit", server: smtptest.Options{TLS: true}, security: TLS},
		{name: "starttls", server: smtptest.Options{StartTLS: true}, security: StartTLS},
		{name: "unknown authority", server: smtptest.Options{TLS: true}, security: TLS, noCA: true, fails: true},
		{name: "unknown authority, starttls", server: smtptest.Options{StartTLS: true}, security: StartTLS, noCA: true, fails: true},
		{name: "no starttls", security: StartTLS, fails: true},
		{name: "opportunistic, had", server: smtptest.Options{StartTLS: true}, security: Opportunistic, noCA: true},
		{name: "opportunistic, not had", security: Opportunistic, plain: true},
		{name: "none", server: smtptest.Options{StartTLS: true}, security: None, plain: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := smtptest.Start(t, tt.server)
			s := sender(t, server, func(o *Options) {
				o.Security = tt.security
				if tt.noCA {
					o.CA = nil
				}
			})
			err := s.Send(t.Context(), message("a@example.org"))
			if tt.fails {
				if !errors.Is(err, candor.ErrUnavailable) || candor.Hint(err) == "" {
					t.Errorf("%v (%s)", err, candor.Hint(err))
				}
				if len(server.Mails()) != 0 {
					t.Error("the mail went out all the same")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := server.Mails()[0].TLS; got == tt.plain && tt.security != TLS {
				t.Errorf("encrypted: %v", got)
			}
		})
	}
}

func TestAuth(t *testing.T) {
	users := map[string]string{"desk": "secret"}
	for _, auth := range []Auth{AnyAuth, Plain, Login, CramMD5, XOAuth2} {
		t.Run(string(auth), func(t *testing.T) {
			server := smtptest.Start(t, smtptest.Options{TLS: true, Users: users})
			set := func(password string) func(*Options) {
				return func(o *Options) { o.Security, o.Auth, o.User, o.Password = TLS, auth, "desk", password }
			}
			if err := sender(t, server, set("secret")).Send(t.Context(), message("a@example.org")); err != nil {
				t.Fatal(err)
			}
			if got := server.Mails()[0].User; got != "desk" {
				t.Errorf("signed in as %q", got)
			}
			err := sender(t, server, set("wrong")).Send(t.Context(), message("a@example.org"))
			if !errors.Is(err, candor.ErrUnavailable) || candor.Hint(err) == "" || strings.Contains(err.Error(), "wrong") {
				t.Errorf("with a wrong password: %v (%s)", err, candor.Hint(err))
			}
		})
	}
}

func TestToken(t *testing.T) {
	server := smtptest.Start(t, smtptest.Options{TLS: true, Users: map[string]string{"desk": "fresh"}})
	s := sender(t, server, func(o *Options) {
		o.Security, o.Auth, o.User = TLS, XOAuth2, "desk"
		o.Token = func(context.Context) (string, error) { return "fresh", nil }
	})
	if err := s.Send(t.Context(), message("a@example.org")); err != nil {
		t.Fatal(err)
	}
	s = sender(t, server, func(o *Options) {
		o.Security, o.Auth = TLS, XOAuth2
		o.Token = func(context.Context) (string, error) { return "", errors.New("no token today") }
	})
	if err := s.Health(t.Context()); !errors.Is(err, candor.ErrUnavailable) {
		t.Errorf("without a token: %v", err)
	}
}

// TestAnswers: only an answer of 5xx about the receiver or the mail is final.
func TestAnswers(t *testing.T) {
	gone := smtptest.Answer(550, 5, 1, 1, "no such user")
	busy := smtptest.Answer(451, 4, 7, 1, "greylisted")
	for _, tt := range []struct {
		name   string
		server smtptest.Options
		want   error
		says   string
	}{
		{"receiver refused", smtptest.Options{Rcpt: func(string) error { return gone }}, candor.ErrDenied, "550 5.1.1 no such user"},
		{"mail refused", smtptest.Options{Data: func(smtptest.Mail) error { return gone }}, candor.ErrDenied, "no such user"},
		{"receiver later", smtptest.Options{Rcpt: func(string) error { return busy }}, candor.ErrUnavailable, "greylisted"},
		{"mail later", smtptest.Options{Data: func(smtptest.Mail) error { return busy }}, candor.ErrUnavailable, "greylisted"},
		{"sender refused", smtptest.Options{Mail: func(string) error { return gone }}, candor.ErrUnavailable, "no such user"},
		{"sign in first", smtptest.Options{Rcpt: func(string) error { return smtptest.Answer(530, 5, 7, 0, "sign in") }}, candor.ErrUnavailable, "sign in"},
		{"dropped", smtptest.Options{Drop: func(smtptest.Mail) bool { return true }}, candor.ErrUnavailable, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := sender(t, smtptest.Start(t, tt.server), nil)
			err := s.Send(t.Context(), message("a@example.org"))
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestAfterRefusal: one refused mail does not spoil the next.
func TestAfterRefusal(t *testing.T) {
	server := smtptest.Start(t, smtptest.Options{Rcpt: func(to string) error {
		if strings.HasPrefix(to, "gone") {
			return smtptest.Answer(550, 5, 1, 1, "no")
		}
		return nil
	}})
	s := sender(t, server, nil)
	for range 3 {
		if err := s.Send(t.Context(), message("gone@example.org")); !errors.Is(err, candor.ErrDenied) {
			t.Fatal(err)
		}
		if err := s.Send(t.Context(), message("here@example.org")); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(server.Mails()); n != 3 {
		t.Errorf("%d mails", n)
	}
}

// silent accepts connections and says nothing.
func silent(t *testing.T) *smtptest.Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &smtptest.Server{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port}
}

func TestSilentServer(t *testing.T) {
	s := sender(t, silent(t), func(o *Options) { o.Timeout = 100 * time.Millisecond })
	if err := s.Health(t.Context()); !errors.Is(err, candor.ErrUnavailable) {
		t.Errorf("a server that says nothing: %v", err)
	}
}

func TestDeadServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := &smtptest.Server{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port}
	l.Close()
	s := sender(t, dead, nil)
	if err := s.Send(t.Context(), message("a@example.org")); !errors.Is(err, candor.ErrUnavailable) || candor.Hint(err) == "" {
		t.Errorf("no server: %v", err)
	}
}

// TestCancel: a dialogue ends when its context does, at every stage.
func TestCancel(t *testing.T) {
	t.Run("greeting", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		s := sender(t, silent(t), nil)
		if err := s.Send(ctx, message("a@example.org")); !errors.Is(err, candor.ErrUnavailable) {
			t.Error(err)
		}
	})
	t.Run("answer to the mail", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		free := make(chan struct{})
		server := smtptest.Start(t, smtptest.Options{Data: func(smtptest.Mail) error { cancel(); <-free; return nil }})
		defer close(free)
		if err := sender(t, server, nil).Send(ctx, message("a@example.org")); !errors.Is(err, candor.ErrUnavailable) {
			t.Error(err)
		}
	})
}

// TestClosedMeanwhile: a kept connection that the server closed is replaced.
func TestClosedMeanwhile(t *testing.T) {
	server := smtptest.Start(t, smtptest.Options{})
	s := sender(t, server, nil)
	for range 2 {
		if err := s.Send(t.Context(), message("a@example.org")); err != nil {
			t.Fatal(err)
		}
		s.pool.mu.Lock()
		for _, c := range s.pool.kept {
			c.conn.Close()
		}
		s.pool.mu.Unlock()
	}
	if server.Connections() != 2 || len(server.Mails()) != 2 {
		t.Errorf("%d connections, %d mails", server.Connections(), len(server.Mails()))
	}
}

// TestManyAtOnce: no more connections than allowed, nor mails to one domain.
func TestManyAtOnce(t *testing.T) {
	var mu sync.Mutex
	inside, most := map[string]int{}, map[string]int{}
	server := smtptest.Start(t, smtptest.Options{Rcpt: func(to string) error {
		mu.Lock()
		defer mu.Unlock()
		domain := to[strings.IndexByte(to, '@'):]
		inside[domain]++
		most[domain] = max(most[domain], inside[domain])
		return nil
	}, Data: func(m smtptest.Mail) error {
		mu.Lock()
		defer mu.Unlock()
		inside[m.To[strings.IndexByte(m.To, '@'):]]--
		return nil
	}})
	s := sender(t, server, func(o *Options) { o.Connections, o.AtOnce, o.PerMinute = 3, 2, 1000 })
	var all sync.WaitGroup
	for i := range 60 {
		all.Go(func() {
			if err := s.Send(t.Context(), message(fmt.Sprintf("u@d%d.example", i%2))); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := server.Connections(); n > 3 {
		t.Errorf("%d connections", n)
	}
	for domain, n := range most {
		if n > 2 {
			t.Errorf("%d mails at once to %s", n, domain)
		}
	}
	if len(server.Mails()) != 60 {
		t.Errorf("%d mails", len(server.Mails()))
	}
}

func TestRate(t *testing.T) {
	server := smtptest.Start(t, smtptest.Options{})
	s := sender(t, server, func(o *Options) { o.PerMinute = 2 })
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	var failed error
	for range 3 {
		failed = errors.Join(failed, s.Send(ctx, message("a@example.org")))
	}
	if !errors.Is(failed, candor.ErrUnavailable) || len(server.Mails()) != 2 {
		t.Errorf("the third in a minute: %v, %d mails", failed, len(server.Mails()))
	}
	if err := s.Send(ctx, message("a@example.com")); err != nil {
		t.Errorf("another domain: %v", err)
	}
}

func TestGatesForget(t *testing.T) {
	g := newGates(1, 60)
	for i := range 3 * manyGates {
		leave, err := g.enter(t.Context(), fmt.Sprint(i))
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			leave()
		}
	}
	if n := len(g.byDomain); n < 3*manyGates/2 {
		t.Errorf("%d gates are left; those in use may not be forgotten", n)
	}
	g = newGates(1, 1_000_000)
	for i := range 3 * manyGates {
		leave, _ := g.enter(t.Context(), fmt.Sprint(i))
		leave()
	}
	if n := len(g.byDomain); n > 2*manyGates {
		t.Errorf("%d gates are kept", n)
	}
}

func TestHealth(t *testing.T) {
	server := smtptest.Start(t, smtptest.Options{})
	if err := sender(t, server, nil).Health(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestNew(t *testing.T) {
	good := Options{Host: "mail.example.net", From: mail.Address{Address: "desk@example.net"}}
	for _, tt := range []struct {
		name   string
		change func(*Options)
		valid  bool
	}{
		{"good", func(*Options) {}, true},
		{"no host", func(o *Options) { o.Host = "" }, false},
		{"no sender", func(o *Options) { o.From.Address = "" }, false},
		{"odd security", func(o *Options) { o.Security = "ssl" }, false},
		{"odd way to sign in", func(o *Options) { o.Auth = "kerberos" }, false},
		{"odd port", func(o *Options) { o.Port = 70000 }, false},
		{"password in the clear", func(o *Options) { o.Security, o.Auth = None, Plain }, false},
		{"password in the clear, perhaps", func(o *Options) { o.Security, o.Auth = Opportunistic, AnyAuth }, false},
		{"password to ourselves", func(o *Options) { o.Security, o.Auth, o.Host = None, Plain, "localhost" }, true},
		{"odd bounces", func(o *Options) { o.Bounces = "x" }, false},
		{"odd answers", func(o *Options) { o.ReplyTo.Address = "a@b\r\nBcc: c@d" }, false},
		{"odd greeting", func(o *Options) { o.Hello = "a\r\nMAIL FROM:<x>" }, false},
	} {
		o := good
		tt.change(&o)
		s, err := New(o)
		switch {
		case tt.valid && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case !tt.valid && (!errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == ""):
			t.Errorf("%s: %v (%s)", tt.name, err, candor.Hint(err))
		case tt.name == "good" && s.o.Port != 587:
			t.Errorf("port %d", s.o.Port)
		}
	}
}
