package main

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/access/link"
	"candor/internal/config"
	"candor/internal/consent"
	"candor/internal/consent/campaign"
	"candor/internal/house"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// TestAsking runs a campaign by the program's own jobs: one party is mailed a
// link of its own in its language; a mail to one that answers before it is sent is
// taken back.
func TestAsking(t *testing.T) {
	ctx := t.Context()
	c := config.Defaults()
	c.Data.Dir, c.Listen.PublicURL = t.TempDir(), "https://desk.example"
	s, err := makeSetup(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s.drop = t.TempDir()
	r, err := open(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.close(); err != nil {
			t.Error(err)
		}
	})
	asked, _ := storetest.Sample(t, r.Store, "acme")
	quick, _ := storetest.Sample(t, r.Store, "quick")
	v := storetest.Terms("hosting", "2")
	v.Material, v.Titles = true, map[string]string{"en": "Hosting terms", "zh": "托管条款"}
	admin := candor.Principal{User: candor.NewID(v.Created), Name: "Ada", Role: candor.RoleAdmin}
	if err := r.Store.Tx(ctx, func(tx *store.Tx) error { return tx.AddTerms(ctx, v, nil) }); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(30 * 24 * time.Hour)
	made, err := r.AddCampaign(ctx, admin, campaign.Campaign{Terms: v.ID, Silence: campaign.End, Policy: map[string]string{"zh": "本公司的规则"}, Deadline: deadline})
	if err == nil {
		_, err = r.StartCampaign(ctx, admin, made.ID)
	}
	if err == nil {
		err = r.campaigns(ctx)
	}
	if err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	_, err = r.Decide(ctx, admin, house.Decision{Party: quick.ID, Terms: v.ID, Act: consent.Refused, How: consent.ByPaper})
	if err != nil {
		t.Fatal(err)
	}
	sent := make(sending, 8)
	r.notify.Sender = sent
	workers, err := r.Store.Work(ctx, r.handlers(), r.queues())
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
	if err := workers.Stop(ctx); err != nil || len(sent) > 0 {
		t.Fatalf("%d mails more, %v", len(sent), err)
	}
	if m.Party != asked.ID || m.Language != "zh" || !strings.Contains(m.Subject, "托管条款") || !strings.Contains(m.Text, "本公司的规则") || !strings.Contains(m.Text, "终止") {
		t.Errorf("to %s in %q: %s\n%s", m.Party, m.Language, m.Subject, m.Text)
	}
	_, rest, _ := strings.Cut(m.Text, "https://desk.example/a/")
	token, where, _ := strings.Cut(strings.Fields(rest)[0], "/")
	l, err := r.links.Open(ctx, token, link.Consent)
	if err != nil || l.Party != asked.ID || l.Subject != asked.ID || l.Contact != link.ContactOf(m.To) || where != "terms/"+string(v.ID) {
		t.Errorf("the link opens %+v at %s, %v", l, where, err)
	}
}
