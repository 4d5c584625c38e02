package notify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/respond"
	"candor/internal/respond/notify"
	"candor/internal/respond/notify/smtptest"
	"candor/internal/respond/respondtest"
)

var (
	gone = smtptest.Answer(550, 5, 1, 1, "no such user")
	busy = smtptest.Answer(451, 4, 7, 1, "greylisted")
)

func to(addresses ...string) func(*world, *notify.Config) {
	return func(w *world, _ *notify.Config) {
		w.target.Party.Contacts = nil
		for _, a := range addresses {
			w.target.Party.Contacts = append(w.target.Party.Contacts, candor.Contact{Channel: candor.Mail, Address: a})
		}
	}
}

func want(t *testing.T, w *world, states ...candor.MessageState) {
	t.Helper()
	if diff := cmp.Diff(states, w.states()); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}

func TestDelivery(t *testing.T) {
	w := newWorld(t, smtptest.Options{}, to("a@x.example", "b@x.example"))
	r := w.planned(t, notify.Options{})
	if err := w.apply(t, &r); err != nil {
		t.Fatal(err)
	}
	want(t, w, candor.MessageSent, candor.MessageSent)
	if err := w.method.Verify(t.Context(), r); err != nil {
		t.Error(err)
	}
	if err := w.apply(t, &r); err != nil || len(w.server.Mails()) != 2 {
		t.Errorf("applied again: %v, %d mails", err, len(w.server.Mails()))
	}
	for i, m := range w.messages.all() {
		sent := w.server.Mails()[i]
		if m.Attempts != 1 || !m.Sent.Equal(began) || sent.To != m.To || !strings.Contains(string(sent.Data), "Message-ID: <"+m.MessageID+">") {
			t.Errorf("%+v; %+v", m, sent)
		}
		if !strings.Contains(m.Text, "k="+strings.ReplaceAll(m.To, "@", "%40")) {
			t.Errorf("the link is not that of %s", m.To)
		}
	}
}

// TestOneRefused: one address refused, the other told.
func TestOneRefused(t *testing.T) {
	w := newWorld(t, smtptest.Options{Rcpt: func(to string) error {
		if strings.HasPrefix(to, "gone") {
			return gone
		}
		return nil
	}}, to("gone@x.example", "b@x.example"))
	r := w.planned(t, notify.Options{})
	if err := w.apply(t, &r); err != nil {
		t.Fatal(err)
	}
	want(t, w, candor.MessageBounced, candor.MessageSent)
	err := w.method.Verify(t.Context(), r)
	if err == nil || !strings.Contains(err.Error(), "gone@x.example") || strings.Contains(err.Error(), "b@x.example") || candor.Hint(err) == "" {
		t.Errorf("verify: %v", err)
	}
}

func TestAllRefused(t *testing.T) {
	w := newWorld(t, smtptest.Options{Data: func(smtptest.Mail) error { return gone }}, nil)
	r := w.planned(t, notify.Options{})
	for range 2 {
		err := w.apply(t, &r)
		if _, temporary := respond.RetryAfter(err); err == nil || temporary || candor.Hint(err) == "" {
			t.Errorf("%v, temporary: %v", err, temporary)
		}
		want(t, w, candor.MessageBounced)
	}
}

// TestLater: what the server puts off is sent when it takes it, with waits
// that grow, and with the same Message-ID.
func TestLater(t *testing.T) {
	ready := false
	var attempted []string
	w := newWorld(t, smtptest.Options{Data: func(m smtptest.Mail) error {
		attempted = append(attempted, string(m.Data))
		if ready {
			return nil
		}
		return busy
	}}, nil)
	r := w.planned(t, notify.Options{})
	for _, wait := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute} {
		after, temporary := respond.RetryAfter(w.apply(t, &r))
		if !temporary || after != wait {
			t.Errorf("after %v, temporary: %v; want %v", after, temporary, wait)
		}
		want(t, w, candor.MessageQueued)
		w.now = w.now.Add(after)
	}
	ready = true
	if err := w.apply(t, &r); err != nil {
		t.Fatal(err)
	}
	want(t, w, candor.MessageSent)
	for _, data := range attempted[1:] {
		if data != attempted[0] {
			t.Error("an attempt sent other bytes")
		}
	}
}

func TestGiveUp(t *testing.T) {
	w := newWorld(t, smtptest.Options{Data: func(smtptest.Mail) error { return busy }}, nil)
	r := w.planned(t, notify.Options{})
	var err error
	attempts := 0
	for ; attempts < 100; attempts++ {
		err = w.apply(t, &r)
		after, temporary := respond.RetryAfter(err)
		if !temporary {
			break
		}
		w.now = w.now.Add(after)
	}
	if spent := w.now.Sub(began); spent < 48*time.Hour || spent > 53*time.Hour || attempts > 25 {
		t.Errorf("gave up after %v and %d attempts", spent, attempts)
	}
	if err == nil || !strings.Contains(err.Error(), "greylisted") {
		t.Error(err)
	}
	want(t, w, candor.MessageFailed)
}

// TestDropped: the server took the mail, and its answer was lost. That mail
// is sent once more, recognisable as the same.
func TestDropped(t *testing.T) {
	drops := 1
	w := newWorld(t, smtptest.Options{Drop: func(smtptest.Mail) bool { drops--; return drops >= 0 }}, nil)
	r := w.planned(t, notify.Options{})
	if _, temporary := respond.RetryAfter(w.apply(t, &r)); !temporary {
		t.Fatal("not to be tried again")
	}
	if err := w.apply(t, &r); err != nil {
		t.Fatal(err)
	}
	mails := w.server.Mails()
	if len(mails) != 2 || string(mails[0].Data) != string(mails[1].Data) {
		t.Errorf("%d mails", len(mails))
	}
}

func TestUnsendable(t *testing.T) {
	w := newWorld(t, smtptest.Options{ASCII: true}, to("jörg@x.example"))
	r := w.planned(t, notify.Options{})
	if _, temporary := respond.RetryAfter(w.apply(t, &r)); temporary {
		t.Error("would be tried again")
	}
	want(t, w, candor.MessageFailed)
}

// TestKilled stops the program at each write, by a panic, and goes on with a
// new one. A mail may go out twice only if it was stopped between the
// server's answer and the next write.
func TestKilled(t *testing.T) {
	for point := 1; point <= 8; point++ {
		writes := 0
		killed := func() error {
			if writes++; writes == point {
				panic("killed")
			}
			return nil
		}
		w := newWorld(t, smtptest.Options{}, to("a@x.example", "b@x.example"))
		r := w.planned(t, notify.Options{})
		w.messages.fail = func(candor.Message) error { return killed() }
		j := &journal{fail: func(int) error { return killed() }}
		died := dies(func() { _, _ = w.method.Apply(t.Context(), r, j) })
		if died != (point <= 7) { // a save first, and for each mail a save and two changes
			t.Fatalf("point %d: died: %v", point, died)
		}
		w.messages.fail = nil
		r.Result = j.saved
		w.method = made(t, w.method.Config) // what the old one had in memory is gone
		err := w.apply(t, &r)
		if after, temporary := respond.RetryAfter(err); err != nil {
			if !temporary || after <= 0 || after > 3*time.Minute {
				t.Fatalf("point %d: %v", point, err)
			}
			w.now = w.now.Add(after)
			if err := w.apply(t, &r); err != nil {
				t.Fatalf("point %d: %v", point, err)
			}
		}
		want(t, w, candor.MessageSent, candor.MessageSent)
		most := 2
		if point == 4 || point == 7 {
			most = 3
		}
		if n := len(w.server.Mails()); n != most {
			t.Errorf("point %d: %d mails", point, n)
		}
	}
}

func dies(do func()) (died bool) {
	defer func() { died = recover() == "killed" }()
	do()
	return false
}

// TestStoreDown: that the server took the mail cannot be written. It is not
// sent again when the store is back.
func TestStoreDown(t *testing.T) {
	w := newWorld(t, smtptest.Options{}, nil)
	r := w.planned(t, notify.Options{})
	w.messages.fail = func(m candor.Message) error {
		if m.State == candor.MessageSent {
			return errors.New("no space left")
		}
		return nil
	}
	for range 3 {
		if _, temporary := respond.RetryAfter(w.apply(t, &r)); !temporary {
			t.Fatal("not to be tried again")
		}
	}
	want(t, w, candor.MessageSending)
	w.messages.fail = nil
	if err := w.apply(t, &r); err != nil || len(w.server.Mails()) != 1 {
		t.Errorf("%v, %d mails", err, len(w.server.Mails()))
	}
	want(t, w, candor.MessageSent)
}

// TestTwoWorkers: a second worker takes over while the first still talks to
// the server. It leaves that mail alone, and the first stops after it.
func TestTwoWorkers(t *testing.T) {
	inside, free := make(chan bool, 1), make(chan bool)
	first := true
	w := newWorld(t, smtptest.Options{Data: func(smtptest.Mail) error {
		if first {
			first = false
			inside <- true
			<-free
		}
		return nil
	}}, to("a@x.example", "b@x.example"))
	r := w.planned(t, notify.Options{})
	lost := false
	j := &journal{fail: func(int) error {
		if lost {
			return fmt.Errorf("another has it: %w", candor.ErrChanged)
		}
		return nil
	}}
	done := make(chan error)
	go func() {
		_, err := w.method.Apply(context.WithoutCancel(t.Context()), r, j)
		done <- err
	}()
	<-inside
	second := r
	second.Result = j.saved
	if _, temporary := respond.RetryAfter(w.apply(t, &second)); !temporary {
		t.Error("the second worker does not come back")
	}
	lost = true
	free <- true
	if err := <-done; !errors.Is(err, candor.ErrChanged) {
		t.Errorf("the first: %v", err)
	}
	if err := w.apply(t, &second); err != nil {
		t.Fatal(err)
	}
	want(t, w, candor.MessageSent, candor.MessageSent)
	if n := len(w.server.Mails()); n != 2 {
		t.Errorf("%d mails", n)
	}
}

// TestStopped: the program is asked to end while a server takes its time. The
// dialogue ends in peace, and nothing new begins.
func TestStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w := newWorld(t, smtptest.Options{Data: func(smtptest.Mail) error { cancel(); return nil }}, to("a@x.example", "b@x.example"))
	r := w.planned(t, notify.Options{})
	j := &journal{fail: func(int) error { return ctx.Err() }}
	if _, err := w.method.Apply(ctx, r, j); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	want(t, w, candor.MessageSent, candor.MessageQueued)
}

func TestBadLink(t *testing.T) {
	w := newWorld(t, smtptest.Options{}, func(_ *world, c *notify.Config) {
		c.Link = func(context.Context, candor.Case, candor.Contact) (string, time.Time, error) {
			return "javascript:alert(1)", began, nil
		}
	})
	r := w.planned(t, notify.Options{})
	if err := w.apply(t, &r); !errors.Is(err, candor.ErrInvalid) || len(w.server.Mails()) > 0 {
		t.Error(err)
	}
}

func TestPlanRefuses(t *testing.T) {
	for name, change := range map[string]func(*world, *respond.Request){
		"nobody":      func(w *world, _ *respond.Request) { w.target.Party.Contacts = nil },
		"no letter":   func(_ *world, r *respond.Request) { r.Options = json.RawMessage(`{"letter":"threat"}`) },
		"no undoing":  func(_ *world, r *respond.Request) { r.Options = json.RawMessage(`{"undo":"notice"}`) },
		"not options": func(_ *world, r *respond.Request) { r.Options = json.RawMessage(`[]`) },
	} {
		w := newWorld(t, smtptest.Options{}, nil)
		var req respond.Request
		change(w, &req)
		if _, err := w.method.Plan(t.Context(), req, w.target); !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
			t.Errorf("%s: %v (%s)", name, err, candor.Hint(err))
		}
	}
}

func TestNew(t *testing.T) {
	for _, c := range []notify.Config{
		{Provider: notify.Provider{Name: "x"}},
		{Domain: "a>b", Provider: notify.Provider{Name: "x"}},
		{Domain: "example.net"},
	} {
		if _, err := notify.New(c); !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestProve(t *testing.T) {
	w := newWorld(t, smtptest.Options{}, nil)
	r := w.planned(t, notify.Options{})
	if err := w.apply(t, &r); err != nil {
		t.Fatal(err)
	}
	p, err := w.method.Prove(r)
	if err != nil || !json.Valid(p.Body) {
		t.Fatal(err)
	}
	if s := string(p.Body); strings.Contains(s, "shop") || !strings.Contains(s, `"sent":1`) {
		t.Errorf("%s", s)
	}
	if len(p.Personal) != 2 {
		t.Errorf("%v", p.Personal)
	}
}

// TestConformance holds notify against the promises of respond.Method.
func TestConformance(t *testing.T) {
	respondtest.Run(t, func(t *testing.T) respondtest.Fixture {
		w := newWorld(t, smtptest.Options{}, func(w *world, _ *notify.Config) {
			w.now = time.Date(2025, 11, 3, 9, 0, 0, 0, time.UTC) // the suite's own
		})
		return respondtest.Fixture{
			Method: w.method,
			Target: w.target,
			Snapshot: func(*testing.T) any {
				var out []string
				for _, m := range w.messages.all() {
					out = append(out, m.To+" "+string(m.State))
				}
				for _, m := range w.server.Mails() {
					out = append(out, "arrived at "+m.To)
				}
				return out
			},
			UndoOutside: func(t *testing.T) {
				m := w.messages.all()[0]
				if _, err := w.method.Record(t.Context(), notify.Bounce{Kind: notify.BounceFailed, MessageID: m.MessageID}); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}
