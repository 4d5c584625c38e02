package store

import (
	"context"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// KeptReceipt is a receipt of an event, as the party was given it.
type KeptReceipt struct {
	Event    candor.ID
	Party    candor.ID
	Document string
	Digest   string
	Text     string
	Made     time.Time
}

// Receipt gives the receipt of an event that the scope sees.
func (r reader) Receipt(ctx context.Context, scope candor.Scope, event candor.ID) (KeptReceipt, error) {
	row, err := one[query.Receipt](ctx, r.db, "receipts", "id = ?", event)
	if err == nil && !scope.Sees(row.Party) {
		return KeptReceipt{}, notThere("receipt", event)
	}
	return receipt(row), err
}

// ReceiptsOf gives the receipts of a party about a document in the order in
// which they were made.
func (r reader) ReceiptsOf(ctx context.Context, party candor.ID, document string) ([]KeptReceipt, error) {
	rows, err := choose[query.Receipt](ctx, r.db, "receipts", "party = ? AND document = ? ORDER BY made, id", party, document)
	return each(rows, receipt), err
}

// AddReceipt keeps a receipt.
func (t *Tx) AddReceipt(ctx context.Context, k KeptReceipt) error {
	return add(ctx, t.reader, "receipts", "", query.Receipt{ID: k.Event, Party: k.Party, Document: k.Document, Digest: k.Digest, Text: k.Text, Made: column.Time(k.Made)})
}

func receipt(r query.Receipt) KeptReceipt {
	return KeptReceipt{r.ID, r.Party, r.Document, r.Digest, r.Text, time.Time(r.Made)}
}

// Salt gives the salt under which a party stands in receipts: the given one, if
// it has none yet.
func (t *Tx) Salt(ctx context.Context, party candor.ID, fresh []byte) ([]byte, error) {
	if err := add(ctx, t.reader, "principals", "ON CONFLICT (party) DO NOTHING", query.Principal{Party: party, Salt: fresh}); err != nil {
		return nil, err
	}
	row, err := one[query.Principal](ctx, t.db, "principals", "party = ?", party)
	return row.Salt, err
}

// Questions gives questions in a state, or all: the open ones by when they are
// due, then those that were answered, the latest first; of one party only, if it
// is given.
func (r reader) Questions(ctx context.Context, scope candor.Scope, party candor.ID, state consent.QuestionState, most int) ([]consent.Question, error) {
	var w where
	w.scope(scope, "party")
	equal(&w, "party", party)
	equal(&w, "state", state)
	rows, err := choose[query.Question](ctx, r.db, "questions", w.String()+" ORDER BY CASE WHEN done = 0 THEN 0 ELSE 1 END, CASE WHEN done = 0 THEN due ELSE -done END, id LIMIT ?", append(w.args(), most)...)
	return each(rows, question), err
}

// CountQuestions counts the questions that are open, and those of them that were
// due before a moment.
func (r reader) CountQuestions(ctx context.Context, now time.Time) (open, late int64, err error) {
	for _, x := range []struct {
		n     *int64
		until time.Time
	}{{&open, now.AddDate(100, 0, 0)}, {&late, now}} {
		row := r.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM questions WHERE state = ? AND due < ?", consent.Open, column.Time(x.until))
		if err := row.Scan(x.n); err != nil {
			return 0, 0, kind(err, "count questions")
		}
	}
	return open, late, nil
}

// mostAnswers bounds what Answers gives.
const mostAnswers = 10_000

// Answers gives how long the questions waited that were answered since a moment,
// the latest first.
func (r reader) Answers(ctx context.Context, since time.Time) (all []time.Duration, err error) {
	rows, err := choose[query.Question](ctx, r.db, "questions", "state = ? AND done >= ? ORDER BY done DESC LIMIT ?", consent.Answered, column.Time(since), mostAnswers)
	for _, row := range rows {
		all = append(all, time.Time(row.Done).Sub(time.Time(row.Created)))
	}
	return all, err
}

// Question gives a question that the scope sees.
func (r reader) Question(ctx context.Context, scope candor.Scope, id candor.ID) (consent.Question, error) {
	row, err := one[query.Question](ctx, r.db, "questions", "id = ?", id)
	if err == nil && !scope.Sees(row.Party) {
		return consent.Question{}, notThere("question", id)
	}
	return question(row), err
}

// AddQuestion adds a question.
func (t *Tx) AddQuestion(ctx context.Context, q consent.Question) error {
	return add(ctx, t.reader, "questions", "", questionRow(q))
}

// ChangeQuestion replaces a question that is open.
func (t *Tx) ChangeQuestion(ctx context.Context, q consent.Question) error {
	ok, err := change(ctx, t.db, "questions", questionRow(q), "state = ?", consent.Open)
	if err == nil && !ok {
		err = changed("question", q.ID)
	}
	return err
}

func question(r query.Question) consent.Question {
	return consent.Question{ID: r.ID, Party: r.Party, Document: r.Document, Clause: r.Clause, Kind: r.Kind, State: r.State, Text: r.Text, Answer: r.Answer, By: r.By,
		Asked: time.Time(r.Created), Due: time.Time(r.Due), Answered: time.Time(r.Done)}
}

func questionRow(q consent.Question) query.Question {
	return query.Question{ID: q.ID, Party: q.Party, Document: q.Document, Clause: q.Clause, Kind: q.Kind, State: q.State, Text: q.Text, Answer: q.Answer, By: q.By,
		Created: column.Time(q.Asked), Due: column.Time(q.Due), Done: column.Time(q.Answered)}
}
