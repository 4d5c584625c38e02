package smtp

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"candor"
	"candor/internal/intake"
)

// kept is a mail that a memory got.
type kept struct {
	intake.Arrival
	text string
}

// memory keeps mails in memory, and says what it is told to.
type memory struct {
	mu    sync.Mutex
	all   []kept
	err   error
	short bool          // it says nil without having read all
	begun chan struct{} // told of, if not nil, when a mail begins
	came  chan struct{}
}

func (m *memory) Keep(_ context.Context, a intake.Arrival) error {
	if m.short {
		return nil
	}
	if m.begun != nil {
		m.begun <- struct{}{}
	}
	text, err := io.ReadAll(a.Body)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		return err
	}
	if m.err != nil {
		return m.err
	}
	m.all = append(m.all, kept{a, string(text)})
	if m.came != nil {
		m.came <- struct{}{}
	}
	return nil
}

func (m *memory) mails() []kept {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]kept(nil), m.all...)
}

// running is a listener that runs; stop gives what Run did.
type running struct {
	*Listener
	stop func() error
}

func start(t testing.TB, o Options) running {
	t.Helper()
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	o.Name, o.Domain, o.Log, o.Now = "test", "desk.example.org", slog.New(slog.DiscardHandler), time.Now
	if o.Accept == nil {
		o.Accept = []string{"abuse@example.org", "reports.example.org"}
	}
	l, err := Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	stop := sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return running{l, stop}
}

// raw talks to a listener line by line.
type raw struct {
	*textproto.Conn
	t testing.TB
}

func dial(t testing.TB, l running) raw {
	t.Helper()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return raw{textproto.NewConn(c), t}
}

// say writes a line, and wants an answer that begins so.
func (r raw) say(line, answer string) {
	r.t.Helper()
	if line != "" {
		if err := r.PrintfLine("%s", line); err != nil {
			r.t.Fatal(err)
		}
	}
	r.hear(answer)
}

func (r raw) hear(answer string) {
	r.t.Helper()
	code, text, err := r.ReadResponse(0)
	got := fmt.Sprintf("%d %s", code, text)
	if code == 0 || !strings.HasPrefix(got, answer) {
		r.t.Fatalf("the answer is %q (%v), not %q", got, err, answer)
	}
}

func (r raw) envelope() {
	r.t.Helper()
	r.say("", "220")
	r.say("EHLO client.example.net", "250")
	r.again()
}

func (r raw) again() {
	r.t.Helper()
	r.say("MAIL FROM:<a@example.net> BODY=8BITMIME", "250")
	r.say("RCPT TO:<abuse@example.org>", "250")
}

func TestAnswers(t *testing.T) {
	long := strings.Repeat("Received: x\r\n", 51)
	for _, c := range []struct {
		name   string
		keep   error
		text   string
		answer string
	}{
		{"kept", nil, "Subject: x\r\n\r\nhello\r\n", "250 2.0.0"},
		{"no body", nil, "Subject: x\r\n", "250 2.0.0"},
		{"later", fmt.Errorf("full: %w", candor.ErrUnavailable), "Subject: x\r\n\r\n", "451 4.3.0"},
		{"never", candor.ErrInvalid, "Subject: x\r\n\r\n", "554 5.6.0"},
		{"unknown trouble", errors.New("boom"), "Subject: x\r\n\r\n", "451 4.3.0"},
		{"hops", nil, long + "\r\n", "554 5.4.6"},
		{"hops in the body", nil, "Subject: x\r\n\r\n" + long, "250"},
		{"our loop", nil, "X-LOOP : Desk@Example.org\r\n\r\n", "554 5.4.6"},
		{"our delivery", nil, "Delivered-To: <desk@example.org>\r\n\r\n", "554 5.4.6"},
		{"another's loop", nil, "X-Loop: other@example.org\r\n\r\n", "250"},
		{"too large", nil, strings.Repeat("0123456789abcdef\r\n", 6000), "552 5.3.4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &memory{err: c.keep}
			l := start(t, Options{Keeper: m, Loop: "desk@example.org", Limits: Limits{Bytes: 100_000}})
			r := dial(t, l)
			r.envelope()
			r.say("DATA", "354")
			r.say(c.text+".", c.answer)
			if want := strings.HasPrefix(c.answer, "250"); want != (len(m.mails()) == 1) {
				t.Errorf("%d mails are kept", len(m.mails()))
			}
			r.say("NOOP", "250")
			if n := l.Counts(); n.Kept+n.Deferred+n.Refused != 1 {
				t.Errorf("counted is %+v", n)
			}
		})
	}
}

// TestContent: what is kept is what came, behind two fields.
func TestContent(t *testing.T) {
	m := &memory{}
	l := start(t, Options{Keeper: m, Limits: Limits{Bytes: 40}})
	r := dial(t, l)
	r.envelope()
	text := "Subject: x\r\n\r\n..dot\r\n\xff\x00 8 bits\r\nend12\r\n"
	r.say("DATA", "354")
	r.say(text+".", "250") // with one dot less it is just as large as it may be
	got := m.mails()[0]
	want := strings.Replace(text, "..", ".", 1)
	head, rest, _ := strings.Cut(got.text, "Subject:")
	if "Subject:"+rest != want {
		t.Errorf("kept is %q", got.text)
	}
	for _, piece := range []string{"Return-Path: <a@example.net>\r\n", "Received: from client.example.net ([127.0.0.1])\r\n\tby desk.example.org with ESMTP\r\n\tfor <abuse@example.org>;\r\n\t"} {
		if !strings.Contains(head, piece) {
			t.Errorf("%q has no %q", head, piece)
		}
	}
	if got.Way != intake.SMTP || got.Source != "test" || got.From != "a@example.net" || fmt.Sprint(got.To) != "[abuse@example.org]" {
		t.Errorf("it came as %+v", got.Arrival)
	}
}

func TestRecipients(t *testing.T) {
	l := start(t, Options{Keeper: &memory{}, Limits: Limits{Recipients: 3}})
	r := dial(t, l)
	r.say("", "220")
	r.say("EHLO x", "250")
	r.say("MAIL FROM:<> SMTPUTF8", "250")
	r.say("RCPT TO:<Abuse+case.12@Example.ORG>", "250")
	r.say("RCPT TO:<anyone@reports.example.org>", "250")
	r.say("RCPT TO:<other@example.org>", "550 5.1.1")
	r.say("RCPT TO:<abuse@reports.example.org.example.net>", "550 5.1.1")
	r.say("RCPT TO:<müller@reports.example.org>", "250")
	r.say("RCPT TO:<fourth@reports.example.org>", "452 4.5.3")
	if n := l.Counts().Recipients; n != 2 {
		t.Errorf("%d recipients are counted as refused", n)
	}
	for _, bad := range [][]string{nil, {""}, {"a b@example.org"}, {"@"}} {
		if _, err := Listen(Options{Addr: "127.0.0.1:0", Domain: "x", Accept: bad}); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%q gives %v", bad, err)
		}
	}
}

// TestChunks: BDAT, pipelined, and what ends early is not kept.
func TestChunks(t *testing.T) {
	m := &memory{}
	l := start(t, Options{Keeper: m})
	r := dial(t, l)
	r.envelope()
	r.say("BDAT 14\r\nSubject: x\r\n\r\nBDAT 3\r\na\nbBDAT 0 LAST", "250")
	r.hear("250")
	r.hear("250 2.0.0 OK")
	if got := m.mails(); len(got) != 1 || !strings.HasSuffix(got[0].text, "Subject: x\r\n\r\na\nb") {
		t.Errorf("kept is %q", got)
	}
	r.again()
	if err := r.PrintfLine("BDAT 1000 LAST\r\nSubject: cut"); err != nil {
		t.Fatal(err)
	}
	r.Close()
	r = dial(t, l)
	r.envelope()
	r.say("DATA", "354")
	if err := r.PrintfLine("Subject: cut\r\n\r\nhalf"); err != nil {
		t.Fatal(err)
	}
	r.Close()
	// A connection on which nothing came yet would be sent away as idle.
	for late := time.After(20 * time.Second); l.Counts().Broken < 2; {
		select {
		case <-late:
			t.Fatalf("counted is %+v", l.Counts())
		case <-time.After(time.Millisecond):
		}
	}
	if err := l.stop(); err != nil {
		t.Fatal(err)
	}
	if n := l.Counts(); n.Broken != 2 || n.Kept != 1 || len(m.mails()) != 1 {
		t.Errorf("counted is %+v", n)
	}
}

// TestHasty: a keeper that has not read all cannot have kept it.
func TestHasty(t *testing.T) {
	r := dial(t, start(t, Options{Keeper: &memory{short: true}}))
	r.envelope()
	r.say("DATA", "354")
	r.say("Subject: x\r\n\r\n"+strings.Repeat("line\r\n", 100_000)+".", "451 4.3.0")
}

// TestLines: of a line that is too long the client hears, however much of it is on
// its way.
func TestLines(t *testing.T) {
	l := start(t, Options{Keeper: &memory{}, Limits: Limits{Line: 2000}})
	for range 20 {
		r := dial(t, l)
		r.envelope()
		r.say("DATA", "354")
		r.say("Subject: x\r\n\r\n"+strings.Repeat("x", 500_000)+"\r\n.", "554 5.6.0")
		r.Close()
	}
}

func TestConnections(t *testing.T) {
	l := start(t, Options{Keeper: &memory{}, Limits: Limits{PerAddress: 2}})
	a, b := dial(t, l), dial(t, l)
	a.say("", "220")
	b.say("", "220")
	dial(t, l).say("", "421 4.7.0")
	a.say("QUIT", "221")
	if _, err := a.ReadLine(); err != io.EOF {
		t.Fatal(err)
	}
	dial(t, l).say("", "220")
	if n := l.Counts().Connections; n != 1 {
		t.Errorf("%d are counted", n)
	}
}

func TestIdle(t *testing.T) {
	l := start(t, Options{Keeper: &memory{}, Limits: Limits{Idle: 50 * time.Millisecond}})
	r := dial(t, l)
	r.envelope()
	r.hear("421")
	l = start(t, Options{Keeper: &memory{}, Limits: Limits{Mail: 50 * time.Millisecond}})
	r = dial(t, l)
	r.envelope()
	r.say("DATA", "354")
	r.hear("451 4.4.2")
}

// TestStop: idle clients are sent away, a mail that is coming is taken.
func TestStop(t *testing.T) {
	m := &memory{begun: make(chan struct{})}
	l := start(t, Options{Keeper: m})
	idle, busy := dial(t, l), dial(t, l)
	idle.envelope()
	busy.envelope()
	busy.say("DATA", "354")
	if err := busy.PrintfLine("Subject: x\r\n\r\n%s", strings.Repeat("first\r\n", 2000)); err != nil {
		t.Fatal(err)
	}
	<-m.begun
	stopped := make(chan error)
	go func() { stopped <- l.stop() }()
	idle.hear("421")
	busy.say("second\r\n.", "250")
	busy.hear("421")
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if len(m.mails()) != 1 {
		t.Error("the mail is not kept")
	}
	// One that does not end is cut when the grace has.
	l = start(t, Options{Keeper: m, Limits: Limits{Grace: 10 * time.Millisecond}})
	busy = dial(t, l)
	busy.envelope()
	busy.say("DATA", "354")
	if err := busy.PrintfLine("Subject: y\r\n\r\n%s", strings.Repeat("first\r\n", 2000)); err != nil {
		t.Fatal(err)
	}
	<-m.begun
	if err := l.stop(); err != nil || len(m.mails()) != 1 {
		t.Errorf("%d mails, %v", len(m.mails()), err)
	}
}

func TestTLS(t *testing.T) {
	m := &memory{}
	config, roots := certificate(t)
	l := start(t, Options{Keeper: m, TLS: config})
	c, err := gosmtp.DialStartTLS(l.Addr().String(), &tls.Config{RootCAs: roots, ServerName: "desk.example.org"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SendMail("a@example.net", []string{"abuse@example.org", "b@reports.example.org"}, strings.NewReader("Subject: x\r\n\r\nx\r\n")); err != nil {
		t.Fatal(err)
	}
	if got := m.mails()[0].text; !strings.Contains(got, " with ESMTPS (TLS 1.3 TLS_") || strings.Contains(got, "for <") {
		t.Errorf("kept is %q", got)
	}
	// Commands before TLS count for nothing within.
	plain, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	r := raw{textproto.NewConn(plain), t}
	r.say("", "220")
	r.say("EHLO x", "250")
	r.say("STARTTLS\r\nEHLO x\r\nMAIL FROM:<evil@example.net>", "220")
	r = raw{textproto.NewConn(tls.Client(plain, &tls.Config{RootCAs: roots, ServerName: "desk.example.org"})), t}
	r.say("RCPT TO:<abuse@example.org>", "502")
	r.say("EHLO x", "250")
	r.say("RCPT TO:<abuse@example.org>", "502")
}

func certificate(t testing.TB) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"desk.example.org"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, roots
}

// FuzzHead: whatever a header and an envelope are, the trace is two fields, and
// nothing of the mail is lost.
func FuzzHead(f *testing.F) {
	f.Add([]byte("Received: a\r\nX-Loop: b\n\nbody"), "a@example.org", "h")
	f.Add([]byte("\r\n\r\n"), "\r\nBcc: x", "h\r\nX: y")
	f.Fuzz(func(t *testing.T, data []byte, from, helo string) {
		r := bufio.NewReaderSize(strings.NewReader(string(data)), 16)
		h, err := readHead(r)
		if err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(io.MultiReader(h.reader(), r))
		if err != nil || string(all) != string(data) {
			t.Fatalf("%q became %q (%v)", data, all, err)
		}
		m := mail{from: clean(from, 1000), to: []string{clean(from, 1000)}, helo: helo, remote: "192.0.2.1", tls: helo}
		trace, err := textproto.NewReader(bufio.NewReader(io.MultiReader(m.trace("x"), strings.NewReader("\r\n")))).ReadMIMEHeader()
		if err != nil || len(trace) != 2 || len(trace["Received"]) != 1 {
			t.Fatalf("the trace is %v (%v)", trace, err)
		}
	})
}
