package house

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/consent"
	"candor/internal/store"
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

// answerWithin is how long the provider takes to answer a question.
const answerWithin = 14 * 24 * time.Hour

// mostOpenQuestions is how many questions of a party may wait.
const mostOpenQuestions = 20

// AskAboutTerms keeps a question or a complaint of a party.
func (h *House) AskAboutTerms(ctx context.Context, who candor.Principal, q consent.Question) (consent.Question, error) {
	if err := may(who, access.ActOwn); err != nil {
		return q, err
	}
	q.Text = strings.TrimSpace(q.Text)
	switch {
	case q.Text == "" || len(q.Text) > 8000:
		return q, notAsked("the question is empty or too long", "Write at most 8,000 bytes.")
	case q.Kind != consent.Asks && q.Kind != consent.Complains:
		return q, notAsked(fmt.Sprintf("nobody has a %.40q", q.Kind), "Choose question or complaint.")
	case len(q.Document) > 200 || len(q.Clause) > 200:
		return q, notAsked("there are no such terms", "Name a document and a clause of it.")
	}
	now := h.Clock().UTC()
	q = consent.Question{ID: candor.NewID(now), Party: who.Party, Document: q.Document, Clause: q.Clause, Kind: q.Kind, State: consent.Open, Text: q.Text, Asked: now, Due: now.Add(answerWithin)}
	err := h.tx(ctx, func(tx *store.Tx) error {
		if err := tx.Turn(ctx, "question", who.Party); err != nil {
			return err
		}
		open, err := tx.Questions(ctx, who.Scope(), who.Party, consent.Open, mostOpenQuestions)
		if err != nil {
			return err
		}
		if len(open) == mostOpenQuestions {
			return candor.WithHint(fmt.Errorf("%d questions wait for an answer: %w", len(open), candor.ErrDenied), "Wait for the answers, or call us.")
		}
		if err := tx.AddQuestion(ctx, q); err != nil {
			return err
		}
		return h.recordQuestion(ctx, tx, who, q)
	})
	return q, err
}

// Questions lists questions in a state, those first that are due first.
func (h *House) Questions(ctx context.Context, who candor.Principal, state consent.QuestionState) ([]consent.Question, error) {
	if err := may(who, access.ReadParties, access.ReadOwn); err != nil {
		return nil, err
	}
	all, err := h.Store.Questions(ctx, who.Scope(), "", state, 500)
	return public(who, all), err
}

// AnswerQuestion answers a question.
func (h *House) AnswerQuestion(ctx context.Context, who candor.Principal, id candor.ID, answer string) (q consent.Question, err error) {
	if err := may(who, access.ActCases); err != nil {
		return q, err
	}
	if answer = strings.TrimSpace(answer); answer == "" || len(answer) > 8000 {
		return q, notAsked("the answer is empty or too long", "Write at most 8,000 bytes.")
	}
	err = h.tx(ctx, func(tx *store.Tx) error {
		if q, err = tx.Question(ctx, who.Scope(), id); err != nil {
			return err
		}
		q.State, q.Answer, q.By, q.Answered = consent.Answered, answer, cmp.Or(who.Name, string(who.User)), h.Clock().UTC()
		if err := tx.ChangeQuestion(ctx, q); err != nil {
			return err
		}
		return h.recordQuestion(ctx, tx, who, q)
	})
	return q, err
}

// recordQuestion keeps that something was asked or answered, and when. What was
// written may name people.
func (h *House) recordQuestion(ctx context.Context, tx *store.Tx, who candor.Principal, q consent.Question) error {
	personal := map[string]string{"text": q.Text}
	if q.Answer != "" {
		personal["answer"] = q.Answer
	}
	body := fmt.Appendf(nil, `{"event":"question.%s","kind":%q,"terms":%q,"due":%q}`, q.State, q.Kind, q.Document, q.Due.Format(time.RFC3339))
	return h.record(ctx, tx, q.Party, candor.RecordConsent, q.ID, who, body, personal)
}
