package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/access/link"
	"candor/internal/config"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// sending is a mail server that hands on what it takes.
type sending chan candor.Message

func (s sending) Send(_ context.Context, m candor.Message) error { s <- m; return nil }

// TestRenewedLink asks for another link in place of one that expired: it goes
// to whom the first was sent to, in that person's language, and to nobody else.
func TestRenewedLink(t *testing.T) {
	c := config.Defaults()
	c.Data.Dir, c.Listen.PublicURL = t.TempDir(), "https://desk.example"
	s, err := makeSetup(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s.drop = t.TempDir()
	r, err := open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.close(); err != nil {
			t.Error(err)
		}
	})
	party, asset := storetest.Sample(t, r.Store, "acme")
	now := time.Now().UTC()
	kase := candor.Case{ID: candor.NewID(now), Asset: asset.ID, Party: party.ID, Class: candor.Spam, Nature: candor.Malware, Severity: candor.High,
		State: candor.CaseNew, Title: "mailer", Opened: now, Updated: now}
	if err := r.Store.Tx(t.Context(), func(tx *store.Tx) error { return tx.AddCase(t.Context(), &kase) }); err != nil {
		t.Fatal(err)
	}
	old := link.Link{Purpose: link.Case, Subject: kase.ID, Party: party.ID, Contact: link.ContactOf(party.Contacts[0].Address)}
	ask := r.renewal()
	if err := errors.Join(ask(t.Context(), old), ask(t.Context(), old)); err != nil {
		t.Fatal(err)
	}
	sent := make(sending, 8)
	r.notify.Sender = sent
	workers, err := r.Store.Work(t.Context(), r.handlers(), r.queues())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = workers.Stop(context.Background()) }) // once more does nothing
	var m candor.Message
	select {
	case m = <-sent:
	case <-time.After(time.Minute):
		t.Fatal("no mail is sent")
	}
	if err := workers.Stop(t.Context()); err != nil || len(sent) > 0 {
		t.Fatalf("asked for twice within an hour: %d mails more, %v", len(sent), err)
	}
	_, address, _ := strings.Cut(m.Text, "https://desk.example/c/")
	got, err := r.links.Open(t.Context(), strings.TrimSpace(address), link.Case)
	if err != nil || got.Subject != kase.ID || got.Contact != old.Contact || !got.Expires.After(now) {
		t.Errorf("the link of the mail opens %+v, %v", got, err)
	}
	if m.To != party.Contacts[0].Address || m.Language != "zh" {
		t.Errorf("sent to %s in %q", m.To, m.Language)
	}
	gone := renewJob{Case: kase.ID, Contact: link.ContactOf("former@acme.example")}
	if err := r.renew(t.Context(), gone); err != nil {
		t.Error(err)
	}
}
