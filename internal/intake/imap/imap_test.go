package imap

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"candor"
	"candor/internal/intake"
)

// memory is a keeper and a state. Subjects with "bad" are never kept.
type memory struct {
	mu    sync.Mutex
	mails map[string]string // by key
	often map[string]int
	err   error
	// poison tells that subjects with "poison" fail.
	poison bool
	// middle is told when 100 KB of a mail are read, and waits to go on.
	middle chan chan struct{}
	came   chan string
	name   string // of the position
	p      Position
	size   int64
}

func newMemory() *memory {
	return &memory{mails: map[string]string{}, often: map[string]int{}, came: make(chan string, 1000)}
}

func (m *memory) Keep(_ context.Context, a intake.Arrival) error {
	if m.middle != nil {
		if _, err := io.CopyN(io.Discard, a.Body, 100_000); err != nil {
			return err
		}
		goOn := make(chan struct{})
		m.middle <- goOn
		<-goOn
	}
	sum := sha256.New()
	var start strings.Builder
	n, err := io.Copy(io.MultiWriter(sum, &most{&start, 1000}), a.Body)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.often[a.Key]++
	m.size = n
	if strings.Contains(start.String(), "Subject: bad") {
		m.came <- "bad"
		return fmt.Errorf("bad: %w", candor.ErrInvalid)
	}
	if m.err != nil {
		return m.err
	}
	if m.poison && strings.Contains(start.String(), "Subject: poison") {
		return errors.New("it breaks whatever reads it")
	}
	m.mails[a.Key] = start.String()
	m.came <- a.Key
	return nil
}

// most writes no more than so many bytes.
type most struct {
	w    io.Writer
	left int
}

func (m *most) Write(p []byte) (int, error) {
	n := min(len(p), m.left)
	m.left -= n
	if _, err := m.w.Write(p[:n]); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (m *memory) Position(_ context.Context, name string) (Position, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if name != m.name {
		return Position{}, nil
	}
	return m.p, nil
}

func (m *memory) SetPosition(_ context.Context, name string, p Position) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.name, m.p = name, p
	return nil
}

func (m *memory) wait(t *testing.T) string {
	t.Helper()
	select {
	case key := <-m.came:
		return key
	case <-time.After(30 * time.Second):
		t.Fatal("no mail comes")
		return ""
	}
}

// fetching runs a mailbox until the test, or stop, ends it.
func fetching(t *testing.T, d *dovecot, m *memory, change func(*Options)) (box *Mailbox, stop func()) {
	t.Helper()
	o := Options{
		Name: "box", Addr: d.tls, Security: TLS, TLS: d.config, User: "abuse", Password: "secret", Keeper: m, State: m,
		Retry: func(int) time.Duration { return 20 * time.Millisecond }, Poll: time.Minute, Log: slog.New(slog.DiscardHandler), Now: time.Now,
	}
	if change != nil {
		change(&o)
	}
	box, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- box.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return box, stop
}

// TestFetch: read or unread, those there and those that come; a bad one is left;
// nothing comes twice, nothing is changed in the mailbox.
func TestFetch(t *testing.T) {
	d := start(t)
	c := d.client(t)
	put(t, c, "INBOX", "Subject: one\r\n\r\n1\r\n", goimap.FlagSeen)
	put(t, c, "INBOX", "Subject: bad\r\n\r\n2\r\n")
	put(t, c, "INBOX", "Subject: three\r\n\r\n3\r\n")
	m := newMemory()
	box, stop := fetching(t, d, m, nil)
	for range 3 {
		m.wait(t)
	}
	put(t, c, "INBOX", "Subject: four\r\n\r\n4\r\n") // told by IDLE: polling takes a minute
	key := m.wait(t)
	if !strings.HasSuffix(key, "/4") || m.mails[key] != "Subject: four\r\n\r\n4\r\n" {
		t.Errorf("%s is %q", key, m.mails[key])
	}
	if n := box.Counts(); n.Kept != 3 || n.Left != 1 {
		t.Errorf("counted is %+v", n)
	}
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	seen, err := c.UIDSearch(&goimap.SearchCriteria{Flag: []goimap.Flag{goimap.FlagSeen}}, nil).Wait()
	if err != nil || fmt.Sprint(seen.AllUIDs()) != "[1]" {
		t.Errorf("read are %v (%v)", seen.AllUIDs(), err)
	}
	stop()
	// Another run knows them, and an expunge that it did not see.
	if err := c.Store(goimap.SeqSetNum(1), &goimap.StoreFlags{Op: goimap.StoreFlagsAdd, Flags: []goimap.Flag{goimap.FlagDeleted}}, nil).Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Expunge().Close(); err != nil {
		t.Fatal(err)
	}
	put(t, c, "INBOX", "Subject: five\r\n\r\n5\r\n")
	_, stop = fetching(t, d, m, func(o *Options) { o.Addr, o.Security = d.plain, StartTLS })
	if key := m.wait(t); !strings.HasSuffix(key, "/5") {
		t.Errorf("%s came", key)
	}
	stop()
	for key, n := range m.often {
		if n != 1 {
			t.Errorf("%s came %d times", key, n)
		}
	}
	if m.p.Kept != "3:5" || m.p.Left != "2" {
		t.Errorf("the position is %+v", m.p)
	}
}

// TestKilled: the server dies in the middle of a mail of 50 MB, which comes again
// when it is back, and whole.
func TestKilled(t *testing.T) {
	d := start(t)
	large := "Subject: large\r\n\r\n" + strings.Repeat(strings.Repeat("x", 76)+"\r\n", 50<<20/78)
	put(t, d.client(t), "INBOX", large)
	m := newMemory()
	m.middle = make(chan chan struct{})
	box, _ := fetching(t, d, m, nil)
	goOn := <-m.middle
	d.kill(t)
	close(goOn)
	d.run(t)
	close(<-m.middle)
	m.wait(t)
	if m.size+100_000 != int64(len(large)) || box.Counts().Failed == 0 || box.Counts().Kept != 1 {
		t.Errorf("%d bytes of %d, %+v", m.size+100_000, len(large), box.Counts())
	}
}

// TestValidity: a mailbox that is made anew is another.
func TestValidity(t *testing.T) {
	d := start(t)
	c := d.client(t)
	if err := c.Create("Reports", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	put(t, c, "Reports", "Subject: old\r\n\r\n")
	m := newMemory()
	_, stop := fetching(t, d, m, func(o *Options) { o.Mailbox = "Reports" })
	first := m.wait(t)
	stop()
	m.p.Validity++ // as a mailbox that was restored from a backup has it
	_, stop = fetching(t, d, m, func(o *Options) { o.Mailbox = "Reports" })
	if again := m.wait(t); again != first {
		t.Errorf("%s came, then %s", first, again)
	}
	stop()
	if err := c.Delete("Reports").Wait(); err != nil {
		t.Fatal(err)
	}
	if err := c.Create("Reports", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	put(t, c, "Reports", "Subject: new\r\n\r\n")
	fetching(t, d, m, func(o *Options) { o.Mailbox = "Reports" })
	if second := m.wait(t); second == first || m.mails[second] != "Subject: new\r\n\r\n" {
		t.Errorf("%s came, then %s", first, second)
	}
}

// TestAnother: another mailbox under the same name begins anew, though its UIDs are
// the same; its mails have keys of their own.
func TestAnother(t *testing.T) {
	d := start(t)
	c := d.client(t)
	put(t, c, "INBOX", "Subject: one\r\n\r\n")
	m := newMemory()
	_, stop := fetching(t, d, m, nil)
	first := m.wait(t)
	stop()
	port := d.tls[strings.LastIndexByte(d.tls, ':'):]
	_, stop = fetching(t, d, m, func(o *Options) {
		o.Addr, o.TLS = "localhost"+port, o.TLS.Clone()
		o.TLS.ServerName = "127.0.0.1" // as the certificate has it
	})
	if second := m.wait(t); second == first {
		t.Errorf("both are %s", first)
	}
	stop()
}

// TestPoison: a mail that fails again and again does not stop those behind it, and is
// tried later.
func TestPoison(t *testing.T) {
	d := start(t)
	c := d.client(t)
	put(t, c, "INBOX", "Subject: poison\r\n\r\n")
	put(t, c, "INBOX", "Subject: two\r\n\r\n")
	m := newMemory()
	m.poison = true
	var ahead atomic.Int64
	box, stop := fetching(t, d, m, func(o *Options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		o.Poll = 50 * time.Millisecond
	})
	if key := m.wait(t); !strings.HasSuffix(key, "/2") {
		t.Errorf("%s came", key)
	}
	if n := box.Counts(); n.Passed != 1 || n.Failed != 3 {
		t.Errorf("counted is %+v", n)
	}
	m.mu.Lock()
	m.poison = false
	m.mu.Unlock()
	ahead.Store(int64(61 * time.Minute))
	if key := m.wait(t); !strings.HasSuffix(key, "/1") {
		t.Errorf("%s came", key)
	}
	stop()
}

// TestMove: what is kept is moved, what is not stays.
func TestMove(t *testing.T) {
	d := start(t)
	c := d.client(t)
	m := newMemory()
	m.err = candor.ErrUnavailable
	put(t, c, "INBOX", "Subject: bad\r\n\r\n")
	put(t, c, "INBOX", "Subject: one\r\n\r\n")
	box, stop := fetching(t, d, m, func(o *Options) { o.MoveTo = "Done" })
	m.wait(t)
	for deadline := time.Now().Add(20 * time.Second); box.Counts().Failed < 2; {
		if time.Now().After(deadline) {
			t.Fatal("nothing is tried again")
		}
		<-time.After(10 * time.Millisecond)
	}
	m.mu.Lock()
	m.err = nil
	m.mu.Unlock()
	m.wait(t)
	for name, want := range map[string]uint32{"Done": 1, "INBOX": 1} {
		for deadline := time.Now().Add(20 * time.Second); ; {
			data, err := c.Status(name, &goimap.StatusOptions{NumMessages: true}).Wait()
			if err != nil {
				t.Fatal(err)
			}
			if *data.NumMessages == want {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d mails are in %s", *data.NumMessages, name)
			}
			<-time.After(10 * time.Millisecond)
		}
	}
	stop()
}

// TestHasty: a keeper that gives up before it has read all does not hold
// anything up.
func TestHasty(t *testing.T) {
	d := start(t)
	put(t, d.client(t), "INBOX", "Subject: large\r\n\r\n"+strings.Repeat("0123456789\r\n", 1<<20))
	asked := make(chan struct{}, 100)
	_, stop := fetching(t, d, newMemory(), func(o *Options) { o.Keeper = hasty(asked) })
	<-asked
	<-asked
	stop()
}

type hasty chan struct{}

func (h hasty) Keep(context.Context, intake.Arrival) error {
	select {
	case h <- struct{}{}:
	default:
	}
	return candor.ErrUnavailable
}

func put(t *testing.T, c *imapclient.Client, mailbox, text string, flags ...goimap.Flag) {
	t.Helper()
	cmd := c.Append(mailbox, int64(len(text)), &goimap.AppendOptions{Flags: flags})
	if _, err := io.WriteString(cmd, text); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}

func TestUIDs(t *testing.T) {
	for _, s := range []string{"", "1", "1:3,5,7:4294967295"} {
		if s == "1:3,5,7:4294967295" {
			if _, err := parseUIDs(s); !errors.Is(err, candor.ErrInvalid) {
				t.Errorf("%s gives %v", s, err)
			}
			s = "1:3,5,7:9"
		}
		if u, err := parseUIDs(s); err != nil || u.String() != s {
			t.Errorf("%q became %q (%v)", s, u, err)
		}
	}
	for _, s := range []string{"0", "a", "3:1", "1,", "-1", "4294967296"} {
		if _, err := parseUIDs(s); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%q gives %v", s, err)
		}
	}
	if doubled(1) != time.Second || doubled(3) != 4*time.Second || doubled(1000) != 5*time.Minute {
		t.Error("the waits are not doubled")
	}
}

func FuzzUIDs(f *testing.F) {
	f.Add("1:3,5")
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 100 || strings.Count(s, ":") > 2 {
			return // sets may be large, and need not be here
		}
		u, err := parseUIDs(s)
		if err != nil {
			return
		}
		if again, err := parseUIDs(u.String()); err != nil || len(again) != len(u) {
			t.Errorf("%q became %q (%v)", s, u, err)
		}
	})
}
