package house_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/directory"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/respond"
	"candor/internal/respond/quarantine"
	"candor/internal/respond/submit"
	"candor/internal/store"
)

type mailbox struct{ *store.Store }

func (m mailbox) AddMessage(ctx context.Context, msg candor.Message) error {
	return m.Tx(ctx, func(tx *store.Tx) error { return tx.AddMessage(ctx, msg) })
}

func (m mailbox) ChangeMessage(ctx context.Context, msg candor.Message, from candor.MessageState) error {
	return m.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeMessage(ctx, msg, from) })
}

// labPost takes every mail.
type labPost struct{ sent []candor.Message }

func (p *labPost) Send(_ context.Context, m candor.Message) error {
	p.sent = append(p.sent, m)
	return nil
}

// finder finds what holds a word, twice by one rule.
type finder string

func (f finder) Generation() (string, error) { return "g", nil }

func (f finder) Look(_ context.Context, _ string, content []byte) (string, []candor.Finding, error) {
	if strings.Contains(string(content), string(f)) {
		return "g", []candor.Finding{{Rule: "shell"}, {Rule: "shell"}, {Rule: "eval"}}, nil
	}
	return "g", nil, nil
}

var texts = sync.OnceValues(phrase.Load)

// vendors has the world send samples, and gives the post and an entry.
func (w *world) vendors(t *testing.T) (*labPost, directory.Entry) {
	t.Helper()
	phrases, err := texts()
	if err != nil {
		t.Fatal(err)
	}
	p := &labPost{}
	if w.Submit, err = submit.New(submit.Config{Entries: w.Store, Vault: vault{w.Vault}, Messages: mailbox{w.Store}, Sender: p, Consent: w.House, Phrases: phrases, Provider: "Example", Domain: "example.net", Now: w.Clock}); err != nil {
		t.Fatal(err)
	}
	w.Runner = respond.New(respond.Config{Store: respondStore{w.Store}, Now: w.Clock, Then: house.Follow(w.Desk), Methods: []respond.Method{quarantine.New(map[string]quarantine.Vault{"": vault{w.Vault}}), w.Submit}})
	e, err := w.SaveEntry(t.Context(), ada, directory.Entry{Name: "Lab", Kinds: []directory.Kind{directory.AntiVirus}, Channels: []directory.Channel{{Way: directory.Mail, Address: "samples@lab.example"}}, Archive: directory.Zip, Password: "infected", Takes: []directory.Goods{directory.Samples}})
	if err != nil {
		t.Fatal(err)
	}
	return p, e
}

// TestSubmission goes from the quarantined file to the vendor's verdict, and asks
// our own definitions for the same.
func TestSubmission(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		if _, err := w.SendSamples(ctx, ada, house.Sending{Case: w.kase}); !errors.Is(err, candor.ErrUnavailable) {
			t.Errorf("without a mail server: %v", err)
		}
		mails, e := w.vendors(t)
		w.agree(t) // to quarantine, and not to this
		sending := house.Sending{Case: w.kase, Entry: e.ID, Reason: "not found by others"}
		if _, _, err := w.PreviewSubmission(ctx, ada, sending); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("with nothing in the vault: %v", err)
		}
		r, err := w.ProposeFor(ctx, ada, house.Proposal{Case: w.kase, Method: "quarantine"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Approve(ctx, ada, r.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.Runner.Apply(ctx, r.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SendSamples(ctx, ada, sending); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("without a basis: %v", err)
		}
		sending.Basis = candor.Basis{Kind: candor.ByLaw, Terms: "NIS2", Clause: "23"}
		if _, err := w.SendSamples(ctx, eve, sending); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("an auditor sent it: %v", err)
		}
		plan, preview, err := w.PreviewSubmission(ctx, ada, sending)
		if err != nil || len(plan.Effects) != 1 || len(preview.Samples) != 1 || preview.To != "samples@lab.example" || len(mails.sent) > 0 {
			t.Fatalf("%+v, %v", preview, err)
		}
		other := sending
		other.Samples = []string{strings.Repeat("0", 64)}
		if _, err := w.SendSamples(ctx, ada, other); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("of another case: %v", err)
		}
		if r, err = w.SendSamples(ctx, ada, sending); err != nil {
			t.Fatal(err)
		}
		answer := directory.Answer{Response: r.ID, Verdict: directory.Acknowledged}
		if _, err := w.RecordVendorAnswer(ctx, ada, answer); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("answered before it was sent: %v", err)
		}
		if _, err := w.Approve(ctx, ada, r.ID); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Runner.Apply(ctx, r.ID), w.Runner.Verify(ctx, r.ID)); err != nil || len(mails.sent) != 1 || len(mails.sent[0].Attachments) != 1 {
			t.Fatalf("%d mails, %v", len(mails.sent), err)
		}
		if _, err := w.RecordVendorAnswer(ctx, ada, answer); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(time.Minute)
		w.resent(t, r, mails)
		w.now = w.now.Add(time.Minute)
		for _, bad := range []directory.Answer{{Response: r.ID}, {Response: r.ID, Verdict: directory.Clean, Detection: "X"}} {
			if _, err := w.RecordVendorAnswer(ctx, ada, bad); !errors.Is(err, candor.ErrInvalid) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		if _, err := w.RecordVendorAnswer(ctx, ada, directory.Answer{Response: r.ID, Verdict: directory.Malicious, Detection: "PHP/Shell.X"}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SendSamples(ctx, ada, house.Sending{Case: w.kase, Follows: r.ID, Basis: sending.Basis}); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("sent again though it was answered: %v", err)
		}
		w.looked(t, r)
	})
}

// resent sends once more what got no answer.
func (w *world) resent(t *testing.T, r candor.Response, mails *labPost) {
	t.Helper()
	ctx := t.Context()
	again, err := w.SendSamples(ctx, ada, house.Sending{Case: w.kase, Follows: r.ID, Basis: candor.Basis{Kind: candor.ByLaw, Terms: "NIS2"}})
	if err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	if _, err := w.Approve(ctx, ada, again.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.Runner.Apply(ctx, again.ID); err != nil || len(mails.sent) != 2 || !strings.Contains(mails.sent[1].Text, "sent this before") {
		t.Fatalf("%d mails, %v", len(mails.sent), err)
	}
}

// looked asks definitions without and with the rule.
func (w *world) looked(t *testing.T, r candor.Response) {
	t.Helper()
	ctx := t.Context()
	if _, err := w.LookForSamples(ctx, ada, r.ID); !errors.Is(err, candor.ErrUnavailable) {
		t.Errorf("without definitions: %v", err)
	}
	for _, f := range []finder{"nothing like that", "eval"} {
		w.Samples, w.now = f, w.now.Add(time.Minute)
		if looks, err := w.LookForSamples(ctx, ada, r.ID); err != nil || len(looks) != 1 || looks[0].Found() != (f == "eval") || f == "eval" && !slices.Equal(looks[0].Rules, []string{"eval", "shell"}) {
			t.Errorf("%+v, %v", looks, err)
		}
	}
	all, err := w.Submissions(ctx, eve, w.kase)
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	v := all[1]
	if v.Response.ID != r.ID || !v.Answered() || len(v.Looks) != 2 || len(v.Answers) != 2 || v.Answers[0].Detection != "PHP/Shell.X" || v.Message.State != candor.MessageSent {
		t.Errorf("%+v", v)
	}
}
