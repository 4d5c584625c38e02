package house_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/consent/campaign"
	"candor/internal/house"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

const day = 24 * time.Hour

// post is what was written to whom; what is written in a transaction that is not
// kept is not in it.
type post struct {
	lock  sync.Mutex
	mails map[candor.ID][]house.Asking
	fail  func() error
}

// run does what is due, on two nodes at once.
func (p *post) run(t *testing.T, nodes ...*house.House) error {
	t.Helper()
	errs := make([]error, len(nodes))
	var group sync.WaitGroup
	for i, h := range nodes {
		group.Go(func() {
			var written []house.Asking
			errs[i] = h.RunCampaigns(t.Context(), func(ctx context.Context, tx *store.Tx, a house.Asking) error {
				if p.fail != nil {
					if err := p.fail(); err != nil {
						return err
					}
				}
				m := candor.Message{ID: candor.NewID(a.Campaign.Starts), Party: a.Party.ID, To: a.Contact.Address, Subject: string(a.Step), MessageID: string(candor.NewID(a.Campaign.Starts)), State: candor.MessageQueued, Created: a.Campaign.Starts}
				written = append(written, a)
				return tx.AddMessage(ctx, m)
			})
			p.lock.Lock()
			defer p.lock.Unlock()
			for _, a := range written {
				p.mails[a.Party.ID] = append(p.mails[a.Party.ID], a)
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// drive is a world with a campaign about the second version of a document.
type drive struct {
	*world
	t        *testing.T
	one, two consent.Terms
	parties  []candor.Party
	post     post
}

func newDrive(t *testing.T, s *store.Store, parties int) *drive {
	d := &drive{world: newWorld(t, s), t: t, post: post{mails: map[candor.ID][]house.Asking{}}}
	d.one, d.two = storetest.Terms("hosting", "1"), storetest.Terms("hosting", "2")
	d.one.Effective = d.now.Add(-100 * day)
	d.two.Effective, d.two.Material = d.now.Add(10*day), true
	d.tx(func(tx *store.Tx) error {
		return errors.Join(tx.AddTerms(t.Context(), d.one, nil), tx.AddTerms(t.Context(), d.two, nil))
	})
	for i := range parties {
		p := candor.Party{ID: candor.NewID(d.now), Kind: candor.Customer, Name: fmt.Sprint("party ", i), Language: "fr", Created: d.now, Updated: d.now,
			Contacts: []candor.Contact{{Channel: candor.Phone, Address: "112"}, {Channel: candor.Mail, Address: fmt.Sprintf("p%d@acme.example", i)}}}
		d.tx(func(tx *store.Tx) error { return tx.AddParty(t.Context(), p) })
		d.say(p.ID, consent.Agreed, d.one)
		d.parties = append(d.parties, p)
	}
	return d
}

func (d *drive) tx(f func(*store.Tx) error) {
	d.t.Helper()
	if err := d.Store.Tx(d.t.Context(), f); err != nil {
		d.t.Fatal(err)
	}
}

func (d *drive) say(party candor.ID, act consent.Act, v consent.Terms) {
	d.t.Helper()
	who := candor.Principal{User: candor.NewID(d.now), Role: candor.RoleCustomer, Party: party}
	if _, err := d.Decide(d.t.Context(), who, house.Decision{Terms: v.ID, Act: act, Language: "en"}); err != nil {
		d.t.Fatal(err)
	}
}

// start starts a campaign of 30 days with reminders after 7 and 14.
func (d *drive) start(silence campaign.Silence) campaign.Campaign {
	d.t.Helper()
	c, err := d.AddCampaign(d.t.Context(), ada, campaign.Campaign{Terms: d.two.ID, Silence: silence, Policy: map[string]string{"en": "This is what silence means."}, Reminders: []int{7, 14}, Deadline: d.now.Add(30 * day)})
	if err == nil {
		c, err = d.StartCampaign(d.t.Context(), ada, c.ID)
	}
	if err != nil {
		d.t.Fatal(err, candor.Hint(err))
	}
	return c
}

func (d *drive) run() {
	d.t.Helper()
	if err := d.post.run(d.t, d.House, d.House); err != nil {
		d.t.Fatal(err)
	}
}

func (d *drive) state(c campaign.Campaign, party candor.ID) campaign.Asked {
	d.t.Helper()
	a, err := d.Store.Asked(d.t.Context(), c.ID, party)
	if err != nil {
		d.t.Fatal(err)
	}
	return a
}

func (d *drive) figures(c campaign.Campaign) campaign.Figures {
	d.t.Helper()
	v, err := d.Campaign(d.t.Context(), eve, c.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	return v.Figures
}

func (d *drive) basis(party candor.ID) error {
	d.t.Helper()
	if err := d.Consents.Refresh(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
	_, err := d.Consents.Basis(d.t.Context(), party, "quarantine", d.now)
	return err
}

// TestCampaign goes through a campaign from its start to its deadline: who agreed,
// refused or left is asked no more, who cannot be reached is listed, and silence
// is nobody's consent and nobody's refusal.
func TestCampaign(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) { campaignToItsEnd(t, newDrive(t, s, 6), campaign.Keep) })
}

func TestCampaignEnds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) { campaignToItsEnd(t, newDrive(t, s, 6), campaign.End) })
}

func campaignToItsEnd(t *testing.T, d *drive, silence campaign.Silence) {
	mute := d.parties[5]
	mute.Contacts = mute.Contacts[:1]
	d.tx(func(tx *store.Tx) error { return tx.ChangeParty(t.Context(), mute) })
	c := d.start(silence)
	old, err := d.Store.Terms(t.Context(), d.one.ID)
	if err != nil || (silence == campaign.End) != old.Ended.Equal(c.Deadline) {
		t.Fatalf("the version before ends at %v, %v", old.Ended, err)
	}
	if _, err := d.StartCampaign(t.Context(), ada, c.ID); !errors.Is(err, candor.ErrChanged) && !errors.Is(err, candor.ErrExists) {
		t.Errorf("started twice: %v", err)
	}
	d.run()
	d.run()
	for i, p := range d.parties {
		if n := len(d.post.mails[p.ID]); n != map[bool]int{true: 0, false: 1}[i == 5] {
			t.Fatalf("party %d got %d mails", i, n)
		}
	}
	first := d.post.mails[d.parties[0].ID][0]
	if first.Step != campaign.Ask || first.Contact.Address != "p0@acme.example" || first.Terms.ID != d.two.ID {
		t.Errorf("asked by %+v", first)
	}
	d.say(d.parties[0].ID, consent.Agreed, d.two)
	d.say(d.parties[1].ID, consent.Refused, d.two)
	d.say(d.parties[2].ID, consent.Withdrawn, d.one)
	for i, want := range []campaign.Answer{campaign.Agreed, campaign.Refused, campaign.Withdrawn, campaign.Waiting, campaign.Waiting, campaign.Waiting} {
		if a := d.state(c, d.parties[i].ID); a.State != want || a.Answered.IsZero() != (want == campaign.Waiting) {
			t.Errorf("party %d: %+v, want %s", i, a, want)
		}
	}
	wait, err := d.Waits(t.Context(), c.ID, d.parties[3].ID)
	answered, err2 := d.Waits(t.Context(), c.ID, d.parties[0].ID)
	if !wait || answered || err != nil || err2 != nil {
		t.Errorf("waits: %v, %v, %v, %v", wait, answered, err, err2)
	}
	d.now = d.now.Add(7*day + 2*time.Hour)
	if f := d.figures(c); f.Overdue != f.Waiting {
		t.Errorf("not overdue: %+v", f)
	}
	d.run()
	late := candor.Party{ID: candor.NewID(d.now), Kind: candor.Customer, Name: "late", Contacts: d.parties[0].Contacts, Created: d.now, Updated: d.now}
	d.tx(func(tx *store.Tx) error { return tx.AddParty(t.Context(), late) })
	d.say(late.ID, consent.Agreed, d.one) // is bound by a version before, and so asked as well
	d.run()
	for party, want := range map[candor.ID]int{d.parties[0].ID: 1, d.parties[1].ID: 1, d.parties[2].ID: 1, d.parties[3].ID: 2, d.parties[4].ID: 2, late.ID: 1} {
		if got := len(d.post.mails[party]); got != want {
			t.Errorf("party %s got %d mails, want %d", party, got, want)
		}
	}
	if f := d.figures(c); f.Agreed != 1 || f.Refused != 1 || f.Withdrawn != 1 || f.Unreachable < 1 || f.Asked != f.Waiting+3 {
		t.Errorf("figures: %+v", f)
	}
	d.now = c.Deadline.Add(-time.Second)
	if err := d.basis(d.parties[3].ID); err != nil {
		t.Errorf("before the deadline: %v", err)
	}
	d.now = c.Deadline
	said := map[int]int{}
	for i, p := range d.parties {
		history, _, err := d.Store.History(t.Context(), p.ID)
		if err != nil {
			t.Fatal(err)
		}
		said[i] = len(history)
	}
	d.run()
	v, err := d.Campaign(t.Context(), eve, c.ID)
	if err != nil || v.Campaign.State != campaign.Ended || !v.Campaign.Ended.Equal(d.now) || v.Figures.Waiting != 0 || v.Figures.Silent != v.Figures.Asked-3 {
		t.Fatalf("at the deadline: %+v, %v", v, err)
	}
	for i, p := range d.parties {
		history, _, err := d.Store.History(t.Context(), p.ID)
		if err != nil || len(history) != said[i] {
			t.Errorf("the deadline wrote in the name of party %d: %v, %v", i, history, err)
		}
	}
	for i, holds := range []bool{true, silence == campaign.Keep, false, silence == campaign.Keep} {
		if err := d.basis(d.parties[i].ID); (err == nil) != holds || err != nil && !errors.Is(err, candor.ErrDenied) {
			t.Errorf("after the deadline, party %d: %v", i, err)
		}
	}
	mails := len(d.post.mails[d.parties[3].ID])
	d.now = d.now.Add(20 * day)
	d.run()
	if len(d.post.mails[d.parties[3].ID]) != mails {
		t.Error("somebody is asked after the deadline")
	}
	d.campaignInLog(c, "campaign.drafted", "campaign.started", "campaign.planned", "campaign.ended")
}

// campaignInLog holds which steps of a campaign are in the records.
func (d *drive) campaignInLog(c campaign.Campaign, want ...string) {
	d.t.Helper()
	page, err := d.Store.Records(d.t.Context(), candor.RecordFilter{}, candor.Cut{Limit: 500})
	if err != nil {
		d.t.Fatal(err)
	}
	for _, event := range want {
		n := 0
		for _, r := range page.Items {
			if r.Subject == c.ID && strings.Contains(string(r.Body), `"`+event+`"`) {
				n++
			}
		}
		if n != 1 {
			d.t.Errorf("%s is in the records %d times", event, n)
		}
	}
}

// TestCampaignRedone lets batches fail at random moments, as when the program is
// killed: each step of each party is written once all the same.
func TestCampaignRedone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDrive(t, s, 30)
		c := d.start(campaign.Keep)
		r := rand.New(rand.NewPCG(3, 4))
		killed := errors.New("killed")
		var lock sync.Mutex
		d.post.fail = func() error {
			lock.Lock()
			defer lock.Unlock()
			if r.IntN(40) == 0 {
				return killed
			}
			return nil
		}
		fails := 0
		for _, at := range []time.Duration{0, 7 * day, 14 * day} {
			d.now = c.Starts.Add(at)
			for range 40 {
				if err := d.post.run(t, d.House); err != nil {
					if !errors.Is(err, killed) {
						t.Fatal(err)
					}
					fails++
				}
			}
		}
		if fails < 3 {
			t.Errorf("it was killed %d times", fails)
		}
		mails := d.messages()
		for _, p := range d.parties {
			if a := d.state(c, p.ID); a.Sent != 3 || !a.Next.Equal(c.Deadline) {
				t.Errorf("%+v", a)
			}
			if n := mails[p.ID]; n != 3 {
				t.Errorf("%s was written to %d times", p.Name, n)
			}
		}
	})
}

// messages counts the mails that are kept, by party.
func (d *drive) messages() map[candor.ID]int {
	d.t.Helper()
	all := map[candor.ID]int{}
	err := d.Store.Snapshot(d.t.Context(), func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(d.t.Context(), "SELECT party FROM messages")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var party candor.ID
			if err := rows.Scan(&party); err != nil {
				return err
			}
			all[party]++
		}
		return rows.Err()
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return all
}

// TestCampaignStopped stops a campaign: nobody is asked any more, and the version
// before goes on.
func TestCampaignStopped(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDrive(t, s, 2)
		c := d.start(campaign.End)
		if _, err := d.StopCampaign(t.Context(), ada, c.ID, " "); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("without a reason: %v", err)
		}
		if _, err := d.StopCampaign(t.Context(), ada, c.ID, "a mistake in clause 3"); err != nil {
			t.Fatal(err)
		}
		if _, err := d.StopCampaign(t.Context(), ada, c.ID, "again"); !errors.Is(err, candor.ErrChanged) {
			t.Errorf("stopped twice: %v", err)
		}
		d.run()
		d.now = c.Deadline.Add(day)
		d.run()
		if err := d.basis(d.parties[0].ID); err != nil || len(d.post.mails) != 0 {
			t.Errorf("after it was stopped: %v, %d were asked", err, len(d.post.mails))
		}
		d.campaignInLog(c, "campaign.started", "campaign.stopped")
	})
}

func TestCampaignRefused(t *testing.T) {
	d := newDrive(t, storetest.SQLite(t), 1)
	good := campaign.Campaign{Terms: d.two.ID, Silence: campaign.Keep, Policy: map[string]string{"en": "It stays."}, Deadline: d.now.Add(30 * day)}
	for name, change := range map[string]func(*campaign.Campaign){
		"not material":           func(c *campaign.Campaign) { c.Terms = d.one.ID },
		"before it is effective": func(c *campaign.Campaign) { c.Deadline = d.now.Add(9 * day) },
		"silence is consent":     func(c *campaign.Campaign) { c.Silence = "agreed" },
		"no policy":              func(c *campaign.Campaign) { c.Policy = nil },
	} {
		c := good
		change(&c)
		if _, err := d.AddCampaign(t.Context(), ada, c); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := d.AddCampaign(t.Context(), eve, good); !errors.Is(err, candor.ErrDenied) {
		t.Errorf("an auditor: %v", err)
	}
	c, err := d.AddCampaign(t.Context(), ada, good)
	if err != nil {
		t.Fatal(err)
	}
	d.Mute = true
	if _, err := d.StartCampaign(t.Context(), ada, c.ID); !errors.Is(err, candor.ErrUnavailable) {
		t.Errorf("without mail: %v", err)
	}
	d.Mute = false
	if _, err := d.StartCampaign(t.Context(), ada, c.ID); err != nil {
		t.Fatal(err)
	}
	other, err := d.AddCampaign(t.Context(), ada, good)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.StartCampaign(t.Context(), ada, other.ID); !errors.Is(err, candor.ErrExists) {
		t.Errorf("two about one document: %v", err)
	}
}
