package house

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/consent"
	"candor/internal/store"
)

// Decision is what a party says of terms.
type Decision struct {
	Party    candor.ID
	Terms    candor.ID
	Digest   string // of what was shown; if it is given, it must be that of the terms
	Act      consent.Act
	Clauses  []string // optional ones: those agreed to, or those withdrawn from
	Language string   // in which the terms were shown
	How      consent.How
	Behalf   consent.Behalf
	OfAge    bool      // who agrees says to have reached the age that the terms name
	Note     string    // who spoke for the party, or what the staff has to prove it
	At       time.Time // when it was said, if it was not now; of the staff only
	Scan     []byte    // of the paper on which it was said; of the staff only
	paper    *consent.Paper
}

// Decide keeps what a party says of terms: that it agrees, refuses or
// withdraws. People say it for their own party; the staff enters what it was
// told elsewhere. Once it returns, whatever asks for a basis goes by it.
func (h *House) Decide(ctx context.Context, who candor.Principal, d Decision) (consent.Event, error) {
	if err := h.mayDecide(who, &d); err != nil {
		return consent.Event{}, err
	}
	if err := h.keepPaper(who, &d); err != nil {
		return consent.Event{}, err
	}
	e, err := h.decisions.keep(ctx, h, who, d)
	if err != nil && d.paper != nil { // nobody's scan is left behind for long
		err = errors.Join(err, h.refuseContent(ctx, d.paper.SHA256))
	}
	return e, err
}

// mayDecide asks whether somebody may speak for a party, and how they do.
func (h *House) mayDecide(who candor.Principal, d *Decision) error {
	if who.Role.Staff() {
		if d.How == "" {
			return notAsked("it does not say how the party said it", "Say how: on paper, by mail, …")
		}
		return may(who, access.ManageParties)
	}
	if err := may(who, access.ActOwn); err != nil {
		return err
	}
	if d.Party == "" {
		d.Party = who.Party
	}
	if d.Party != who.Party {
		return fmt.Errorf("party %s: %w", d.Party, candor.ErrNotFound)
	}
	d.At = time.Time{}
	switch {
	case who.Token != "":
		d.How = consent.ByAPI
	case strings.HasPrefix(string(who.User), "link:"):
		d.How = consent.ByLink
	default:
		d.How = consent.ByPortal
	}
	return nil
}

// Basis gives what allows an action towards a party at a moment, which is now if
// it is the zero one. Without it fails with candor.ErrDenied and says why not.
func (h *House) Basis(ctx context.Context, who candor.Principal, party candor.ID, action string, at time.Time) (candor.Basis, time.Time, error) {
	if err := may(who, access.ReadParties, access.ReadOwn); err != nil {
		return candor.Basis{}, time.Time{}, err
	}
	if _, err := h.Store.Party(ctx, who.Scope(), party); err != nil {
		return candor.Basis{}, time.Time{}, err
	}
	if at.IsZero() {
		at = h.Clock()
	}
	b, err := h.Consents.Basis(ctx, party, action, at)
	return b, at.UTC(), err
}

func notAsked(what, hint string) error {
	return candor.WithHint(fmt.Errorf("%s: %w", what, candor.ErrInvalid), hint)
}

// ErrAge is an agreement by somebody of whom it is not said that they may agree
// alone. It is candor.ErrInvalid.
var ErrAge = fmt.Errorf("the age is missing: %w", candor.ErrInvalid)

// stated gives the age that somebody says to have reached by agreeing; 0 if it is
// not asked of them.
func (d Decision) stated(v consent.Terms) int {
	if d.Act != consent.Agreed || d.Behalf != "" && d.Behalf != consent.Self {
		return 0
	}
	return v.Age
}

// check tells whether that can be said of the terms.
func (d Decision) check(v consent.Terms, now time.Time) error {
	optional := func(id string) bool {
		return slices.ContainsFunc(v.Clauses, func(c consent.Clause) bool { return c.ID == id && c.Optional })
	}
	known := func(id string) bool {
		return slices.ContainsFunc(v.Clauses, func(c consent.Clause) bool { return c.ID == id })
	}
	_, shown := v.Titles[d.Language]
	switch {
	case !slices.Contains([]consent.Act{consent.Agreed, consent.Refused, consent.Withdrawn}, d.Act):
		return notAsked(fmt.Sprintf("nobody can have %.40q", d.Act), "Choose agreed, refused or withdrawn.")
	case !slices.Contains(consent.Ways(), d.How):
		return notAsked(fmt.Sprintf("nothing is said by %.40q", d.How), "Choose how it was said from the list.")
	case !slices.Contains([]consent.Behalf{"", consent.Self, consent.Representative, consent.Guardian}, d.Behalf):
		return notAsked(fmt.Sprintf("nobody speaks as %.40q", d.Behalf), "Choose self, representative or guardian.")
	case (d.Behalf == consent.Representative || d.Behalf == consent.Guardian) && strings.TrimSpace(d.Note) == "":
		return notAsked("it does not say who speaks for the party", "Name the person, and by what right.")
	case len(d.Note) > 2000:
		return notAsked("the note is too long", "Keep it under 2,000 bytes.")
	case d.At.After(now):
		return notAsked("it was said at a time that is to come", "Give a time that is over.")
	case v.State == consent.Draft:
		return notAsked("the terms are a draft", "Publish them first.")
	case d.Digest != "" && d.Digest != v.Digest:
		return candor.WithHint(fmt.Errorf("other terms were shown than those that are kept: %w", candor.ErrChanged), "Show the terms as they are now, and ask again.")
	case d.Act != consent.Withdrawn && !v.Ended.IsZero() && !now.Before(v.Ended):
		return notAsked("the terms have ended", "Show the version that is in force.")
	case d.Language != "" && len(v.Titles) > 0 && !shown:
		return notAsked(fmt.Sprintf("the terms are not there in %.20q", d.Language), "Name the language in which they were shown.")
	case d.Language == "" && len(v.Titles) > 0 && d.Act == consent.Agreed:
		return notAsked("it does not say in which language the terms were shown", "Name it.")
	case d.stated(v) > 0 && !d.OfAge:
		return candor.WithHint(fmt.Errorf("nobody said to be at least %d years old: %w", v.Age, ErrAge), "Ask for it. For somebody who is younger, a guardian agrees.")
	}
	for _, id := range d.Clauses {
		switch {
		case !known(id):
			return notAsked(fmt.Sprintf("the terms have no clause %.60q", id), "Name clauses by their identifiers.")
		case d.Act == consent.Agreed && !optional(id):
			return notAsked(fmt.Sprintf("clause %s is not optional", id), "Name only optional clauses; the others go with the terms.")
		}
	}
	return nil
}

// decide keeps what was checked.
func (h *House) decide(ctx context.Context, tx *store.Tx, who candor.Principal, d Decision, v consent.Terms) (consent.Event, error) {
	known, err := tx.Deciding(ctx, []candor.ID{v.ID}, []candor.ID{d.Party})
	if err != nil {
		return consent.Event{}, err
	}
	e, err := h.event(ctx, tx, who, d, v, known.Last[d.Party])
	if err != nil {
		return e, err
	}
	return e, h.keepSaid(ctx, tx, said{who, e, v, known.Asked[v.ID], d.paper})
}

// event is what comes of a decision that was checked, of a party that said
// something last at a time.
func (h *House) event(ctx context.Context, tx *store.Tx, who candor.Principal, d Decision, v consent.Terms, last time.Time) (e consent.Event, err error) {
	if who.Party != d.Party { // whose own exists
		if _, err := tx.Party(ctx, who.Scope(), d.Party); err != nil {
			return e, err
		}
	}
	now := h.now()
	at := d.At.UTC()
	if at.IsZero() {
		// What is said later is later, also if a clock was set back.
		if at = now; !at.After(last) {
			at = last.Add(time.Microsecond)
		}
	}
	if d.Act == consent.Withdrawn {
		a, err := tx.Account(ctx, d.Party)
		if err != nil {
			return e, err
		}
		if !bound(a, v.Document, at) {
			return e, candor.WithHint(fmt.Errorf("the party is not bound by %s: %w", v.Document, candor.ErrChanged), "There is nothing to withdraw from.")
		}
	}
	clauses := slices.Clone(d.Clauses)
	slices.Sort(clauses)
	e = consent.Event{ID: candor.NewID(now), Party: d.Party, Version: v.ID, Act: d.Act, Clauses: slices.Compact(clauses), At: at, Recorded: now,
		Language: d.Language, How: d.How, Behalf: d.Behalf, Note: strings.TrimSpace(d.Note), Record: candor.NewID(now)}
	if e.Behalf == "" {
		e.Behalf = consent.Self
	}
	return e, nil
}

// said is what somebody said of terms.
type said struct {
	who   candor.Principal
	event consent.Event
	terms consent.Terms
	asked bool // a campaign asks about the document
	paper *consent.Paper
}

// keepSaid keeps what parties said, each one thing, with all that follows from it.
func (h *House) keepSaid(ctx context.Context, tx *store.Tx, all ...said) error {
	lines := make([]store.Said, len(all))
	for i, s := range all {
		r, err := s.record()
		if err != nil {
			return err
		}
		lines[i] = store.Said{Event: s.event, Of: s.terms.Version, Record: r}
	}
	if err := tx.AddConsents(ctx, lines...); err != nil {
		return err
	}
	for _, s := range all {
		if s.paper != nil {
			if err := tx.AddPaper(ctx, s.event.ID, *s.paper); err != nil {
				return err
			}
		}
		if err := h.sendReceipt(ctx, tx, s.who, s.event, s.terms); err != nil {
			return err
		}
	}
	return h.answered(ctx, tx, all)
}

// bound tells whether a party is, or will be, bound by terms of a document.
func bound(a *consent.Account, document string, at time.Time) bool {
	return slices.ContainsFunc(a.Standings, func(s consent.Standing) bool {
		return s.Version.Document == document && (s.Until.IsZero() || at.Before(s.Until))
	})
}

// record is what the evidence log will hold. A note may name people.
func (s said) record() (candor.Record, error) {
	e, v := s.event, s.terms
	body, err := json.Marshal(struct {
		Party    candor.ID      `json:"party"`
		Act      consent.Act    `json:"act"`
		Terms    string         `json:"terms"`
		Version  string         `json:"version"`
		Digest   string         `json:"digest,omitempty"`
		Clauses  []string       `json:"clauses,omitempty"`
		At       time.Time      `json:"at"`
		Language string         `json:"language,omitempty"`
		How      consent.How    `json:"how"`
		Behalf   consent.Behalf `json:"behalf"`
		Age      int            `json:"age,omitempty"` // that the party says to have reached
	}{e.Party, e.Act, v.Document, v.Label, v.Digest, e.Clauses, e.At, e.Language, e.How, e.Behalf, Decision{Act: e.Act, Behalf: e.Behalf}.stated(v)})
	r := candor.Record{ID: e.Record, Kind: candor.RecordConsent, At: e.Recorded, Subject: e.ID, Actor: s.who.Actor(), Body: body}
	personal := map[string]string{}
	if e.Note != "" {
		personal["note"] = e.Note
	}
	if s.paper != nil {
		personal["scan"] = s.paper.SHA256
	}
	if len(personal) > 0 {
		r.Personal = personal
	}
	return r, err
}

// AddAgreement records that a party accepted terms whose text is not kept here.
func (h *House) AddAgreement(ctx context.Context, who candor.Principal, a candor.Agreement) (candor.Agreement, error) {
	if err := may(who, access.ManageParties); err != nil {
		return a, err
	}
	if a.Terms == "" || a.Version == "" || a.Accepted.IsZero() || a.Accepted.After(h.Clock()) {
		return a, candor.WithHint(fmt.Errorf("the agreement names no terms, no version, or no time that is over: %w", candor.ErrInvalid), "Say which terms, which version, and when they were accepted.")
	}
	d := Decision{Party: a.Party, Act: consent.Agreed, How: consent.How(a.How), At: a.Accepted}
	if !slices.Contains(consent.Ways(), d.How) {
		d.How, d.Note = consent.ByOther, a.How
	}
	err := h.tx(ctx, func(tx *store.Tx) error {
		v, err := h.recorded(ctx, tx, a)
		if err != nil {
			return err
		}
		e, err := h.decide(ctx, tx, who, d, v)
		a.ID = e.ID
		return err
	})
	if err == nil {
		h.Consents.Forget(a.Party)
	}
	return a, err
}

// recorded gives terms that are known by name, and adds them if nobody accepted
// them before.
func (h *House) recorded(ctx context.Context, tx *store.Tx, a candor.Agreement) (v consent.Terms, err error) {
	allows := slices.Clone(a.Allows)
	slices.Sort(allows)
	have, err := tx.FindTerms(ctx, a.Terms, a.Version, consent.Recorded)
	if err != nil {
		return v, err
	}
	for _, v := range have {
		if v.Digest == a.Digest && len(v.Clauses) == 1 && slices.Equal(v.Clauses[0].Allows, allows) && !a.Accepted.Before(v.Effective) {
			return v, nil
		}
	}
	now := h.Clock().UTC()
	v = consent.Terms{Version: consent.Version{ID: candor.NewID(now), Document: a.Terms, Label: a.Version, Digest: a.Digest, Effective: a.Accepted,
		Clauses: []consent.Clause{{ID: "all", Allows: allows}}}, State: consent.Recorded, Created: now, Updated: now, Published: a.Accepted}
	return v, tx.AddTerms(ctx, v, nil)
}

// WithdrawAgreement notes that terms hold no longer.
func (h *House) WithdrawAgreement(ctx context.Context, who candor.Principal, party, id candor.ID) error {
	if err := may(who, access.ManageParties); err != nil {
		return err
	}
	err := h.tx(ctx, func(tx *store.Tx) error {
		e, err := tx.Consent(ctx, who.Scope(), id)
		if err != nil {
			return err
		}
		v, err := tx.Terms(ctx, e.Version)
		if err != nil {
			return err
		}
		if e.Party != party || e.Act != consent.Agreed {
			return fmt.Errorf("agreement %s: %w", id, candor.ErrNotFound)
		}
		_, err = h.decide(ctx, tx, who, Decision{Party: party, Act: consent.Withdrawn, How: consent.ByOther}, v)
		return err
	})
	if err == nil {
		h.Consents.Forget(party)
	}
	return err
}
