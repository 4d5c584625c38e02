package house

import (
	"context"
	"fmt"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/consent/campaign"
	"candor/internal/store"
)

// Asking is one mail of a campaign that is to be written.
type Asking struct {
	Campaign campaign.Campaign
	Terms    consent.Terms
	Party    candor.Party
	Contact  candor.Contact
	Step     campaign.Step
}

// AskWriter writes a mail of a campaign down and asks for it to be sent, in a
// transaction: both are kept together with that it was done, or not at all.
type AskWriter func(context.Context, *store.Tx, Asking) error

// How much is done at a time.
const (
	askBatch     = 200  // mails in a transaction
	askMost      = 1000 // mails of a campaign each time: others' mails go in between
	silenceBatch = 5000 // rows in a transaction
)

// RunCampaigns does what is due in campaigns: finds out whom to ask, writes to them, and
// ends what is over. Several nodes may do it at once, and what was begun when the
// program ended is done again: each step of each party is written down once.
func (h *House) RunCampaigns(ctx context.Context, write AskWriter) error {
	running, err := h.Store.Campaigns(ctx, "", campaign.Running)
	if err != nil {
		return err
	}
	for _, c := range running {
		if err := h.runCampaign(ctx, c, write); err != nil {
			return fmt.Errorf("campaign %s about %s: %w", c.ID, c.Document, err)
		}
	}
	return nil
}

func (h *House) runCampaign(ctx context.Context, c campaign.Campaign, write AskWriter) (err error) {
	now := h.now()
	if now.Before(c.Starts) {
		return nil
	}
	if c.Planned.IsZero() {
		if c, err = h.plan(ctx, c.ID); err != nil || c.Planned.IsZero() {
			return err
		}
	}
	if !now.Before(c.Deadline) {
		return h.finish(ctx, c)
	}
	for done := 0; done < askMost; done += askBatch {
		n, err := h.askSome(ctx, c, write)
		if err != nil || n < askBatch {
			return err
		}
	}
	return nil
}

// plan finds out whom to ask, once.
func (h *House) plan(ctx context.Context, id candor.ID) (c campaign.Campaign, err error) {
	err = h.tx(ctx, func(tx *store.Tx) error {
		if c, err = tx.Campaign(ctx, id); err != nil {
			return err
		}
		if err := tx.Turn(ctx, "campaign", candor.ID(c.Document)); err != nil {
			return err
		}
		if c, err = tx.Campaign(ctx, id); err != nil || c.State != campaign.Running || !c.Planned.IsZero() {
			return err // another node, or somebody, was faster
		}
		v, err := tx.Terms(ctx, c.Terms)
		if err != nil {
			return err
		}
		c.Planned = h.now()
		if c.Asked, err = tx.Plan(ctx, c, v, kindsAsked(v.Kind)); err != nil {
			return err
		}
		if err := tx.ChangeCampaign(ctx, c, campaign.Running); err != nil {
			return err
		}
		return h.recordCampaign(ctx, tx, candor.Principal{}, c, "campaign.planned", map[string]any{"asked": c.Asked})
	})
	return c, err
}

// clocksDiffer is how far the clocks of nodes may differ.
const clocksDiffer = time.Minute

// askSome writes to some whose turn it is, and gives how many those were.
func (h *House) askSome(ctx context.Context, c campaign.Campaign, write AskWriter) (n int, err error) {
	err = h.tx(ctx, func(tx *store.Tx) error {
		now := h.now()
		due, err := tx.DueAsked(ctx, c.ID, now, askBatch)
		if n = len(due); err != nil || n == 0 {
			return err
		}
		if c, err = tx.Campaign(ctx, c.ID); err != nil || c.State != campaign.Running {
			n = 0 // it was stopped
			return err
		}
		v, err := tx.Terms(ctx, c.Terms)
		if err != nil {
			return err
		}
		ids := make([]candor.ID, n)
		for i, a := range due {
			ids[i] = a.Party
		}
		parties, err := tx.PartiesOf(ctx, ids)
		if err != nil {
			return err
		}
		// What was said while it was being found out whom to ask.
		said, err := tx.Said(ctx, v, ids, c.Planned.Add(-clocksDiffer))
		if err != nil {
			return err
		}
		for _, a := range due {
			if e, is := said[a.Party]; is {
				if err := tx.AnswerAsked(ctx, c.ID, a.Party, campaign.Answer(e.Act), e.At); err != nil {
					return err
				}
				continue
			}
			if err := askOne(ctx, tx, c, v, a, parties[a.Party], now, write); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

func askOne(ctx context.Context, tx *store.Tx, c campaign.Campaign, v consent.Terms, a campaign.Asked, p candor.Party, now time.Time, write AskWriter) error {
	step := c.Due(a, now)
	if step != campaign.Ask && step != campaign.Remind {
		return nil
	}
	to, reachable := addressee(p)
	a.Next, a.Unreachable = c.After(now), !reachable
	if reachable {
		a.Sent, a.Last = a.Sent+1, now
	}
	if waits, err := tx.ChangeAsked(ctx, a); err != nil || !waits || !reachable {
		return err
	}
	return write(ctx, tx, Asking{Campaign: c, Terms: v, Party: p, Contact: to, Step: step})
}

// addressee gives whom of a party to write to about terms.
func addressee(p candor.Party) (best candor.Contact, is bool) {
	rank := map[string]int{"legal": 3, "": 2, "billing": 1}
	for _, to := range p.Contacts {
		if to.Channel == candor.Mail && to.Address != "" && (!is || rank[to.Purpose] > rank[best.Purpose]) {
			best, is = to, true
		}
	}
	return best, is && !p.Erased
}

// finish notes who was silent, and ends the campaign.
func (h *House) finish(ctx context.Context, c campaign.Campaign) error {
	for behind, more := candor.ID(""), true; more; {
		err := h.tx(ctx, func(tx *store.Tx) error {
			last, err := tx.Silence(ctx, c.ID, behind, silenceBatch)
			behind, more = last, last != ""
			return err
		})
		if err != nil {
			return err
		}
	}
	return h.tx(ctx, func(tx *store.Tx) error {
		if err := tx.Turn(ctx, "campaign", candor.ID(c.Document)); err != nil {
			return err
		}
		c, err := tx.Campaign(ctx, c.ID)
		if err != nil || c.State != campaign.Running {
			return err
		}
		f, err := tx.CampaignFigures(ctx, c.ID, h.now())
		if err != nil || f.Waiting > 0 {
			return err // the rest comes next time
		}
		c.State, c.Ended = campaign.Ended, h.now()
		if err := tx.ChangeCampaign(ctx, c, campaign.Running); err != nil {
			return err
		}
		return h.recordCampaign(ctx, tx, candor.Principal{}, c, "campaign.ended", map[string]any{"figures": f})
	})
}

// Waits tells whether a campaign still asks a party: not once it has answered, or
// the campaign was stopped or is over.
func (h *House) Waits(ctx context.Context, id, party candor.ID) (bool, error) {
	c, err := h.Store.Campaign(ctx, id)
	if err != nil {
		return false, err
	}
	a, err := h.Store.Asked(ctx, id, party)
	return c.State == campaign.Running && a.State == campaign.Waiting && h.Clock().Before(c.Deadline), err
}
