package main

import (
	"errors"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/config"
	"candor/internal/consent"
	"candor/internal/consent/receipt"
	"candor/internal/house"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// aDesk is a desk whose mails become files, with its configuration.
func aDesk(t *testing.T) (*running, *config.Config) {
	t.Helper()
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
	return r, c
}

// TestReceiptMail mails the receipt of what a person said, in the person's
// language and once, and a link to whoever has a receipt, once an hour.
func TestReceiptMail(t *testing.T) {
	r, _ := aDesk(t)
	ctx := t.Context()
	party, _ := storetest.Sample(t, r.Store, "acme")
	v, err := r.publishSample(ctx, "hosting-terms")
	if err != nil {
		t.Fatal(err)
	}
	customer := candor.Principal{User: "0190a000-0000-7000-8000-00000000000a", Role: candor.RoleCustomer, Party: party.ID}
	e, err := r.Decide(ctx, customer, house.Decision{Terms: v.ID, Act: consent.Agreed, Language: "en", Clauses: []string{"samples"}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.mailReceipt(ctx, house.ReceiptJob{Event: e.ID, User: customer.User}); err != nil {
			t.Fatal(err)
		}
	}
	m, err := r.Store.Message(ctx, e.ID)
	if err != nil || m.To != party.Contacts[0].Address || m.State != candor.MessageQueued {
		t.Fatalf("the mail is %+v, %v", m, err)
	}
	signed, err := r.Receipt(ctx, customer, e.ID)
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(strings.Fields(m.Text), ""); !strings.Contains(text, signed.Text) || !strings.Contains(text, "https://desk.example/a/") {
		t.Errorf("it has neither the receipt nor the link: %s", m.Text)
	}
	if long := regexp.MustCompile(`(?m)^.{990,}$`).FindString(m.Text); long != "" {
		t.Errorf("a line of %d letters", len(long))
	}

	if err := r.MailControl(ctx, signed.Text); err != nil {
		t.Error(err)
	}
	if err := r.MailControl(ctx, signed.Text+"x"); err != nil {
		t.Errorf("what is no receipt is told apart: %v", err)
	}
	hour := time.Now().UTC().Truncate(time.Hour)
	for _, at := range []time.Time{hour, hour, hour.Add(time.Hour)} {
		if err := r.mailControl(ctx, house.ControlJob{Event: e.ID, Hour: at}); err != nil {
			t.Error(err)
		}
	}
	if err := r.mailControl(ctx, house.ControlJob{Event: candor.NewID(hour), Hour: hour}); err != nil {
		t.Errorf("of a party that nobody knows: %v", err)
	}
	if err := r.ErasePerson(ctx, sampler, party.ID); err != nil {
		t.Fatal(err)
	}
	if err := r.mailControl(ctx, house.ControlJob{Event: e.ID, Hour: hour.Add(2 * time.Hour)}); err != nil {
		t.Error(err)
	}
}

// TestReceiptLetters words the mails in all languages.
func TestReceiptLetters(t *testing.T) {
	r := &running{}
	if err := r.openTexts(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, tag := range r.phrases.Languages() {
		for _, key := range []string{"receipt.mail.subject", "receipt.mail.when", "receipt.mail.other", "receipt.mail.keep", "receipt.control.subject", "receipt.control.text", "portal.receipt.link.text", "campaign.hello",
			"campaign.link", "receipt.answer.subject", "receipt.answer.opening", "receipt.answer.asked", "receipt.answer.again", "gate.mail.began.subject", "gate.mail.began", "gate.mail.ends.subject", "gate.mail.ends",
			"gate.mail.missing", "gate.mail.where", "portal.receipt.says.agreed", "portal.receipt.says.refused", "portal.receipt.says.withdrawn", "portal.receipt.says.withdrawn.all"} {
			if !r.phrases.For(tag).Has(key) {
				t.Errorf("%s has no %s", tag, key)
			}
		}
	}
}

// TestRotateReceiptKeys makes a new key beside a desk that runs: it signs with
// that from then on, and what the one before signed still verifies.
func TestRotateReceiptKeys(t *testing.T) {
	r, c := aDesk(t)
	ctx := t.Context()
	party, _ := storetest.Sample(t, r.Store, "acme")
	v, err := r.publishSample(ctx, "hosting-terms")
	if err != nil {
		t.Fatal(err)
	}
	customer := candor.Principal{User: "link:x", Role: candor.RoleCustomer, Party: party.ID}
	say := func(act consent.Act) *receipt.Signed {
		t.Helper()
		e, err := r.Decide(ctx, customer, house.Decision{Terms: v.ID, Act: act, Language: "en"})
		if err != nil {
			t.Fatal(err)
		}
		signed, err := r.Receipt(ctx, customer, e.ID)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	before := say(consent.Agreed)
	conf := *c
	keys, err := (&program{out: io.Discard, err: io.Discard}).rotate(ctx, &conf)
	if err != nil || len(keys.Keys) != 2 || keys.Keys[0].Retired != 0 || keys.Keys[1].Retired == 0 || keys.Keys[1].ID() != before.Key {
		t.Fatalf("the keys are %+v, %v", keys, err)
	}
	if err := r.FollowReceipts(ctx); err != nil {
		t.Fatal(err)
	}
	if published := r.ReceiptKeys(); len(published.Keys) != 2 || published.Keys[0].ID() != keys.Keys[0].ID() {
		t.Errorf("published are %+v", published)
	}
	if after := say(consent.Withdrawn); after.Key != keys.Keys[0].ID() || after.Previous != before.Digest {
		t.Errorf("signed with %s, after %s", after.Key, after.Previous)
	}
	if s, err := r.LookUp(ctx, before.Text); err != nil || s.Now != "withdrawn" {
		t.Errorf("what the key before signed: %+v, %v", s, err)
	}
	secret, err := r.Store.Kept(ctx, "receipts")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Store.Tx(ctx, func(tx *store.Tx) error { return tx.Rekey(ctx, "receipts", []byte("x"), secret) }); !errors.Is(err, candor.ErrChanged) {
		t.Errorf("keys that are others by now were replaced: %v", err)
	}
	conf.Data.Dir = t.TempDir()
	if _, err := (&program{out: io.Discard, err: io.Discard}).rotate(ctx, &conf); !errors.Is(err, candor.ErrNotFound) {
		t.Errorf("where there is no desk: %v", err)
	}
}

// TestAnswerMail mails the answer to a question about terms once, in the language of
// who asked, and takes a reply to it as asked again.
func TestAnswerMail(t *testing.T) {
	r, _ := aDesk(t)
	ctx := t.Context()
	party, _ := storetest.Sample(t, r.Store, "acme")
	party.Contacts[0].Language = "fr"
	if err := r.Store.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeParty(ctx, party) }); err != nil {
		t.Fatal(err)
	}
	customer := candor.Principal{User: "link:x", Role: candor.RoleCustomer, Party: party.ID}
	q, err := r.AskAboutTerms(ctx, customer, consent.Question{Kind: consent.Asks, Text: "Why?\nAnd how?"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.AnswerQuestion(ctx, sampler, q.ID, "Because."); err != nil {
		t.Fatal(err)
	}
	events, err := r.Store.Events(ctx, q.ID)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(events, func(e candor.Event) bool { return e.Kind == candor.EventAnswer })
	j := house.AnswerJob{Case: q.ID, Event: events[at].ID}
	for range 2 {
		if err := r.mailAnswer(ctx, j); err != nil {
			t.Fatal(err)
		}
	}
	all, err := r.Store.MessagesOfCase(ctx, q.ID)
	if err != nil {
		t.Fatal(err)
	}
	all = slices.DeleteFunc(all, func(m candor.Message) bool { return m.Party != party.ID }) // the staff hears of it too
	if len(all) != 1 || all[0].ID != j.Event || all[0].Language != "fr" || all[0].To != party.Contacts[0].Address {
		t.Fatalf("the mails are %+v", all)
	}
	for _, want := range []string{"Because.", "> Why?\n> And how?", "https://desk.example/a/", "Notre réponse"} {
		if !strings.Contains(all[0].Subject+all[0].Text, want) {
			t.Errorf("it lacks %q: %s\n%s", want, all[0].Subject, all[0].Text)
		}
	}
	if err := r.ErasePerson(ctx, sampler, party.ID); err != nil {
		t.Fatal(err)
	}
	if err := r.mailAnswer(ctx, house.AnswerJob{Case: q.ID, Event: j.Event}); err != nil {
		t.Errorf("to somebody who was erased: %v", err)
	}
}
