package house

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/consent"
	"candor/internal/desk"
	"candor/internal/store"
)

// mostOpenQuestions is how many questions of a party may wait.
const mostOpenQuestions = 20

// AskAboutTerms opens a case of a question or a complaint of a party.
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
	asked := desk.Asked{Party: who.Party, Class: q.Kind.Class(), Document: q.Document, Clause: q.Clause, Text: q.Text, User: who.User}
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
		c, err := h.Desk.OpenQuestion(ctx, tx, who, asked)
		if err == nil {
			q, err = tx.Question(ctx, who.Scope(), c.ID)
		}
		return err
	})
	return public(who, q), err
}

// Questions lists questions in a state, those first that are due first.
func (h *House) Questions(ctx context.Context, who candor.Principal, state consent.QuestionState) ([]consent.Question, error) {
	if err := may(who, access.ReadParties, access.ReadOwn); err != nil {
		return nil, err
	}
	all, err := h.Store.Questions(ctx, who.Scope(), "", state, 500)
	return public(who, all), err
}

// OpenQuestions counts the questions that are open, and those that are overdue.
func (h *House) OpenQuestions(ctx context.Context, who candor.Principal) (open, late int64, err error) {
	if err := may(who, access.ReadParties); err != nil {
		return 0, 0, err
	}
	return h.Store.CountQuestions(ctx, h.Clock())
}

// AnswerQuestion answers a question, which closes its case, and has the answer mailed
// to who asked.
func (h *House) AnswerQuestion(ctx context.Context, who candor.Principal, id candor.ID, answer string) (q consent.Question, err error) {
	if err := may(who, access.ActCases); err != nil {
		return q, err
	}
	if answer = strings.TrimSpace(answer); answer == "" || len(answer) > 8000 {
		return q, notAsked("the answer is empty or too long", "Write at most 8,000 bytes.")
	}
	err = h.tx(ctx, func(tx *store.Tx) error {
		e, err := h.Desk.Answer(ctx, tx, who, id, answer)
		if err != nil {
			return err
		}
		if q, err = tx.Question(ctx, who.Scope(), id); err != nil || h.Mute {
			return err
		}
		return tx.Enqueue(ctx, AnswerJob{Case: id, Event: e.ID}, candor.JobOptions{})
	})
	return q, err
}

// AnswerJob asks to mail the answer to what somebody asked about terms.
type AnswerJob struct {
	Case  candor.ID `json:"case"`
	Event candor.ID `json:"event"`
}

// Kind names the job.
func (AnswerJob) Kind() string { return "mail.answer" }

// Reply is an answer on its way to who asked.
type Reply struct {
	Addressed
	Case   candor.Case
	Asked  string // the last that was asked before
	Answer string
}

// Reply gives what a mail with an answer says, and to whom it goes: to who asked
// last, or to the party's contact for legal matters, or another. Without anybody to
// write to, or once the party is erased, it is candor.ErrNotFound.
func (h *House) Reply(ctx context.Context, j AnswerJob) (r Reply, err error) {
	if r.Case, err = h.Store.Case(ctx, candor.Everything, j.Case); err != nil {
		return r, err
	}
	events, err := h.Store.Events(ctx, j.Case)
	if err != nil {
		return r, err
	}
	user := candor.ID("")
	for _, e := range events {
		if e.Kind == candor.EventQuestion {
			r.Asked, user = e.Text, candor.ReadAboutTerms(e).User
		}
		if e.ID == j.Event {
			r.Answer = e.Text
			break
		}
	}
	if r.Answer == "" { // it was erased
		return r, fmt.Errorf("the answer in case %s: %w", r.Case.Label(), candor.ErrNotFound)
	}
	r.Addressed, err = h.whom(ctx, r.Case.Party, user, "")
	return r, err
}

// Addressed is to whom of a party a mail goes.
type Addressed struct {
	Party candor.Party
	To    candor.Contact // whose language is that of the mail
	Known bool           // To is a contact of the party, and not of one who signs in for it
}

// whom finds whom to write to: a user of the party's, or its contact for legal
// matters, or another. Nobody is candor.ErrNotFound. Without a language of their own
// they are written to in the one that is given.
func (h *House) whom(ctx context.Context, party, user candor.ID, language string) (a Addressed, err error) {
	if a.Party, err = h.Store.Party(ctx, candor.Everything, party); err != nil {
		return a, err
	}
	a.To, a.Known = addressee(a.Party)
	if user != "" && !a.Party.Erased {
		u, err := h.Store.Access().User(ctx, user)
		if err == nil && u.Party == party && u.Mail != "" {
			a.To, a.Known = candor.Contact{Channel: candor.Mail, Address: u.Mail, Language: u.Language}, false
		} else if err != nil && !errors.Is(err, candor.ErrNotFound) {
			return a, err
		}
	}
	if a.To.Address == "" || a.Party.Erased {
		return a, fmt.Errorf("somebody of party %s to write to: %w", party, candor.ErrNotFound)
	}
	a.To.Language = cmp.Or(a.To.Language, a.Party.Language, language)
	return a, nil
}
