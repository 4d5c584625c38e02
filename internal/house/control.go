package house

import (
	"context"
	"slices"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/consent"
)

// Control is everything that a party agreed to, in force and past, and what it
// is asked to agree to.
type Control struct {
	Party     candor.ID          `json:"party"`
	At        time.Time          `json:"at"`
	Offers    []Offer            `json:"offers"`
	History   []Said             `json:"history"` // the latest first
	Questions []consent.Question `json:"questions"`
}

// Offer is a document with the version that is offered now, and how the party
// stands to it.
type Offer struct {
	Terms  consent.Terms `json:"terms"`
	Answer consent.Act   `json:"answer,omitempty"` // what the party said last of this version
	Bound  *Bond         `json:"bound,omitempty"`  // by what the party is bound, which may be another version
	// Asked tells that the party has not answered, or is bound by a version
	// before and has to be asked about what changed.
	Asked bool `json:"asked"`
}

// Bond is a version that binds a party.
type Bond struct {
	Event   candor.ID    `json:"event"`
	Terms   candor.ID    `json:"terms"`
	Version string       `json:"version"`
	Since   time.Time    `json:"since"`
	Until   time.Time    `json:"until,omitzero"`
	Clauses []ClauseHeld `json:"clauses"`
}

// ClauseHeld tells whether a clause holds.
type ClauseHeld struct {
	consent.Clause
	Holds bool `json:"holds"`
}

// Said is an event with the terms that it is of.
type Said struct {
	consent.Event
	Document string            `json:"document"`
	Label    string            `json:"version"`
	Digest   string            `json:"digest,omitempty"`
	Titles   map[string]string `json:"titles,omitempty"`
	Text     bool              `json:"text"` // whether the text is kept here
	Scan     *consent.Paper    `json:"scan,omitempty"`
}

// kindsFor are the kinds of terms that parties of a kind are asked to agree to.
func kindsFor(k candor.PartyKind) []string {
	switch k {
	case candor.Customer:
		return []string{"hosting-terms", "acceptable-use", "privacy-policy"}
	case candor.Subscriber:
		return []string{"subscriber-terms", "acceptable-use", "privacy-policy"}
	}
	return []string{}
}

// Control gives what a party agreed to.
func (h *House) Control(ctx context.Context, who candor.Principal, party candor.ID) (c Control, err error) {
	if err := may(who, access.ReadParties, access.ReadOwn); err != nil {
		return c, err
	}
	p, err := h.Store.Party(ctx, who.Scope(), party)
	if err != nil {
		return c, err
	}
	a, err := h.Store.Account(ctx, party)
	if err != nil {
		return c, err
	}
	all, err := h.Store.AllTerms(ctx)
	if err != nil {
		return c, err
	}
	if c.Questions, err = h.Store.Questions(ctx, who.Scope(), party, "", 200); err != nil {
		return c, err
	}
	c.Party, c.At = party, h.Clock().UTC()
	for _, v := range offered(all, c.At, kindsFor(p.Kind)) {
		c.Offers = append(c.Offers, offer(a, v, c.At))
	}
	papers, err := h.Store.Papers(ctx, party)
	if err != nil {
		return c, err
	}
	known := map[candor.ID]consent.Terms{}
	for _, v := range all {
		known[v.ID] = v
	}
	for _, e := range slices.Backward(a.History) {
		v := a.Versions[e.Version]
		t, kept := known[e.Version]
		s := Said{Event: e, Document: v.Document, Label: v.Label, Digest: v.Digest, Titles: t.Titles, Text: kept}
		if p, scanned := papers[e.ID]; scanned {
			s.Scan = &p
		}
		c.History = append(c.History, s)
	}
	return public(who, c), nil
}

// offer tells how a party stands to terms.
func offer(a *consent.Account, v consent.Terms, now time.Time) Offer {
	o := Offer{Terms: v, Asked: true}
	for _, e := range a.History {
		if e.Version == v.ID && (e.Act != consent.Withdrawn || v.Whole(e.Clauses)) {
			o.Answer = e.Act
		}
	}
	for _, s := range a.Standings {
		if s.Version.Document != v.Document || !s.Until.IsZero() && !now.Before(s.Until) {
			continue
		}
		if o.Bound != nil && !s.Holds(now) {
			continue // what is to come does not hide what holds
		}
		b := Bond{Event: s.Event.ID, Terms: s.Version.ID, Version: s.Version.Label, Since: s.Since, Until: s.Until, Clauses: []ClauseHeld{}}
		for _, c := range s.Version.Clauses {
			b.Clauses = append(b.Clauses, ClauseHeld{c, s.Clause(c.ID, later(now, s.Since))})
		}
		o.Bound = &b
	}
	// Whoever is bound by a version before is asked about a change that matters.
	o.Asked = o.Answer == "" && (o.Bound == nil || v.Material)
	return o
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
