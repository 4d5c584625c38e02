package house

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/consent"
	"candor/internal/consent/campaign"
	"candor/internal/store"
)

// CampaignView is a campaign with the terms that it is about, and how far it has
// come.
type CampaignView struct {
	Campaign campaign.Campaign `json:"campaign"`
	Terms    consent.Terms     `json:"terms"`
	Figures  campaign.Figures  `json:"figures"`
}

// Campaigns lists campaigns, the latest first.
func (h *House) Campaigns(ctx context.Context, who candor.Principal) ([]campaign.Campaign, error) {
	if err := may(who, access.ReadPolicy); err != nil {
		return nil, err
	}
	return h.Store.Campaigns(ctx, "", "")
}

// Campaign gives a campaign with its figures.
func (h *House) Campaign(ctx context.Context, who candor.Principal, id candor.ID) (v CampaignView, err error) {
	if err := may(who, access.ReadPolicy); err != nil {
		return v, err
	}
	if v.Campaign, err = h.Store.Campaign(ctx, id); err != nil {
		return v, err
	}
	if v.Terms, err = h.Store.Terms(ctx, v.Campaign.Terms); err != nil {
		return v, err
	}
	v.Figures, err = h.Store.CampaignFigures(ctx, id, h.Clock())
	return v, err
}

// Asked lists whom a campaign asks, by party.
func (h *House) Asked(ctx context.Context, who candor.Principal, id candor.ID, f store.AskedFilter, cut candor.Cut) (candor.Page[campaign.Asked], error) {
	if err := may(who, access.ReadParties); err != nil {
		return candor.Page[campaign.Asked]{}, err
	}
	if _, err := h.Store.Campaign(ctx, id); err != nil {
		return candor.Page[campaign.Asked]{}, err
	}
	return h.Store.AskedOf(ctx, id, f, cut)
}

// AddCampaign keeps a draft of a campaign. It asks nobody before it is started.
// Without a start it starts when it is told to.
func (h *House) AddCampaign(ctx context.Context, who candor.Principal, c campaign.Campaign) (campaign.Campaign, error) {
	if err := may(who, access.ManagePolicy); err != nil {
		return c, err
	}
	now := h.now()
	c = campaign.Campaign{ID: candor.NewID(now), Terms: c.Terms, State: campaign.Draft, Silence: c.Silence, Policy: c.Policy, Reminders: append([]int{}, c.Reminders...),
		By: cmp.Or(who.Name, string(who.User)), Created: now, Starts: later(now, c.Starts.UTC()).Truncate(time.Microsecond), Deadline: c.Deadline.UTC().Truncate(time.Microsecond)}
	err := h.tx(ctx, func(tx *store.Tx) error {
		v, err := tx.Terms(ctx, c.Terms)
		if err != nil {
			return err
		}
		c.Document = v.Document
		if err := askable(c, v, now); err != nil {
			return err
		}
		if err := tx.AddCampaign(ctx, c); err != nil {
			return err
		}
		return h.recordCampaign(ctx, tx, who, c, "campaign.drafted", nil)
	})
	return c, err
}

// askable tells whether a campaign can ask for an answer to terms.
func askable(c campaign.Campaign, v consent.Terms, now time.Time) error {
	switch {
	case v.State != consent.Published:
		return notAsked("the terms are not published", "Publish them first: nobody can answer a draft.")
	case !v.Material:
		return notAsked("nothing in the terms changed materially", "Only a material change needs another answer: mark the clauses that changed so, or leave people alone.")
	case !v.Ended.IsZero() && !c.Deadline.Before(v.Ended), !v.Ended.IsZero() && !now.Before(v.Ended):
		return notAsked("the terms end before the deadline", "Ask about the version that comes after.")
	case c.Deadline.Before(v.Effective):
		return notAsked("the deadline is before the terms begin", "Set it at or after their effective date, so that nobody is bound by nothing in between.")
	}
	return c.Check()
}

// StartCampaign has a campaign ask from its start on. If silence means that the
// earlier versions end, their end at the deadline is set now, for all and for
// everybody to see: nothing is written in the name of those who say nothing.
func (h *House) StartCampaign(ctx context.Context, who candor.Principal, id candor.ID) (c campaign.Campaign, err error) {
	if err := may(who, access.ManagePolicy); err != nil {
		return c, err
	}
	if h.Mute {
		return c, candor.WithHint(fmt.Errorf("no mail server is set up: %w", candor.ErrUnavailable), "Name one in the configuration, under mail: those who are to be asked are written to.")
	}
	err = h.tx(ctx, func(tx *store.Tx) error {
		if c, err = tx.Campaign(ctx, id); err != nil {
			return err
		}
		if err := tx.Turn(ctx, "campaign", candor.ID(c.Document)); err != nil {
			return err
		}
		running, err := tx.Campaigns(ctx, c.Document, campaign.Running)
		if err != nil {
			return err
		}
		if c.State == campaign.Draft && len(running) > 0 {
			return candor.WithHint(fmt.Errorf("another campaign asks about %s: %w", c.Document, candor.ErrExists), "Stop it first: people are asked about one version at a time.")
		}
		v, err := tx.Terms(ctx, c.Terms)
		if err != nil {
			return err
		}
		c.Starts = later(h.now(), c.Starts)
		if err := askable(c, v, h.Clock()); err != nil {
			return err
		}
		if err := h.setEnds(ctx, tx, who, &c, v); err != nil {
			return err
		}
		c.State = campaign.Running
		if err := tx.ChangeCampaign(ctx, c, campaign.Draft); err != nil {
			return err
		}
		return h.recordCampaign(ctx, tx, who, c, "campaign.started", map[string]any{"ends": c.Ends})
	})
	if err == nil && c.Silence == campaign.End {
		err = h.Consents.Refresh(ctx)
	}
	return c, err
}

// setEnds ends the versions before at the deadline, if silence means that.
func (h *House) setEnds(ctx context.Context, tx *store.Tx, who candor.Principal, c *campaign.Campaign, v consent.Terms) error {
	if c.Silence != campaign.End {
		return nil
	}
	before, err := tx.Earlier(ctx, v, c.Deadline)
	if err != nil {
		return err
	}
	for _, old := range before {
		switch {
		case old.Ended.Equal(c.Deadline):
			continue
		case !old.Ended.IsZero():
			return notAsked(fmt.Sprintf("%s %s is to end after the deadline", old.Document, old.Label), "Set the deadline to that, or end the version sooner.")
		}
		old.Ended, old.Updated = c.Deadline, h.now()
		if err := tx.ChangeTerms(ctx, old, nil, old.State); err != nil {
			return err
		}
		if err := h.recordTerms(ctx, tx, who, old, "ended"); err != nil {
			return err
		}
		c.Ends = append(c.Ends, string(old.ID))
	}
	return nil
}

// StopCampaign ends a campaign before its deadline: nobody is asked any more, and
// versions that it would have ended at the deadline do not end then. What was
// answered stays.
func (h *House) StopCampaign(ctx context.Context, who candor.Principal, id candor.ID, reason string) (c campaign.Campaign, err error) {
	if err := may(who, access.ManagePolicy); err != nil {
		return c, err
	}
	if reason = strings.TrimSpace(reason); reason == "" || len(reason) > 2000 {
		return c, notAsked("it does not say why the campaign is stopped", "Give a reason of at most 2,000 bytes.")
	}
	err = h.tx(ctx, func(tx *store.Tx) error {
		if c, err = tx.Campaign(ctx, id); err != nil {
			return err
		}
		from, now := c.State, h.now()
		if from == campaign.Ended || from == campaign.Running && !now.Before(c.Deadline) {
			return candor.WithHint(fmt.Errorf("the campaign has ended: %w", candor.ErrChanged), "There is nothing to stop.")
		}
		c.State, c.Ended, c.Stopped = campaign.Ended, now, reason
		if err := tx.ChangeCampaign(ctx, c, from); err != nil {
			return err
		}
		if from == campaign.Running && c.Silence == campaign.End {
			if err := h.unsetEnds(ctx, tx, who, c); err != nil {
				return err
			}
		}
		f, err := tx.CampaignFigures(ctx, id, now)
		if err != nil {
			return err
		}
		return h.recordCampaign(ctx, tx, who, c, "campaign.stopped", map[string]any{"figures": f, "reason": reason})
	})
	if err == nil && c.Silence == campaign.End {
		err = h.Consents.Refresh(ctx)
	}
	return c, err
}

// unsetEnds takes back the ends that a campaign set, which are to come.
func (h *House) unsetEnds(ctx context.Context, tx *store.Tx, who candor.Principal, c campaign.Campaign) error {
	for _, id := range c.Ends {
		old, err := tx.Terms(ctx, candor.ID(id))
		if err != nil {
			return err
		}
		if !old.Ended.Equal(c.Deadline) {
			continue // somebody ended it sooner
		}
		old.Ended, old.Updated = time.Time{}, h.now()
		if err := tx.ChangeTerms(ctx, old, nil, old.State); err != nil {
			return err
		}
		if err := h.recordTerms(ctx, tx, who, old, "goes on"); err != nil {
			return err
		}
	}
	return nil
}

func (h *House) recordCampaign(ctx context.Context, tx *store.Tx, who candor.Principal, c campaign.Campaign, event string, more map[string]any) error {
	body := map[string]any{"event": event, "campaign": c.ID, "terms": c.Terms, "document": c.Document, "silence": c.Silence, "policy": c.Policy,
		"reminders": c.Reminders, "starts": c.Starts, "deadline": c.Deadline}
	maps.Copy(body, more)
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return h.record(ctx, tx, "", candor.RecordConsent, c.ID, who, text, nil)
}

// now is the time as the database keeps it.
func (h *House) now() time.Time { return h.Clock().UTC().Truncate(time.Microsecond) }

// answered notes in campaigns what parties say of terms: whoever answers is
// asked no more, and whoever comes to be bound by a version before is asked too.
func (h *House) answered(ctx context.Context, tx *store.Tx, all []said) error {
	running := map[string][]campaign.Campaign{}
	for _, s := range all {
		if !s.asked {
			continue
		}
		of, known := running[s.terms.Document]
		if !known {
			var err error
			if of, err = tx.Campaigns(ctx, s.terms.Document, campaign.Running); err != nil {
				return err
			}
			running[s.terms.Document] = of
		}
		for _, c := range of {
			if err := h.answer(ctx, tx, c, s.event, s.terms); err != nil {
				return err
			}
		}
	}
	return nil
}

// answer notes in one campaign what a party says.
func (h *House) answer(ctx context.Context, tx *store.Tx, c campaign.Campaign, e consent.Event, v consent.Terms) error {
	if e.Act != consent.Withdrawn && v.ID == c.Terms {
		return tx.AnswerAsked(ctx, c.ID, e.Party, campaign.Answer(e.Act), e.At)
	}
	leaves := e.Act == consent.Withdrawn && v.Whole(e.Clauses)
	if !leaves && (e.Act != consent.Agreed || c.Planned.IsZero()) {
		return nil
	}
	a, err := tx.Account(ctx, e.Party)
	if err != nil {
		return err
	}
	later := slices.ContainsFunc(a.History, func(x consent.Event) bool {
		return x.At.After(e.At) && a.Versions[x.Version].Document == v.Document
	})
	switch {
	case later:
		return nil
	case leaves:
		return tx.AnswerAsked(ctx, c.ID, e.Party, campaign.Answer(e.Act), e.At)
	}
	return h.askToo(ctx, tx, c, e, v)
}

// askToo has a campaign ask a party that agreed to a version before after it was
// planned.
func (h *House) askToo(ctx context.Context, tx *store.Tx, c campaign.Campaign, e consent.Event, v consent.Terms) error {
	asks, err := tx.Terms(ctx, c.Terms)
	if err != nil || v.Effective.After(asks.Effective) {
		return err
	}
	return tx.AddAsked(ctx, campaign.Asked{Campaign: c.ID, Party: e.Party, State: campaign.Waiting, Next: later(h.now(), c.Starts)})
}

// kindsAsked are the kinds of parties that are asked to agree to terms of a kind.
func kindsAsked(kind string) []candor.PartyKind {
	return slices.DeleteFunc(candor.PartyKinds(), func(k candor.PartyKind) bool { return !slices.Contains(kindsFor(k), kind) })
}
