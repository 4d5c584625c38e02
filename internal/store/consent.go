package store

import (
	"context"
	"fmt"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// Terms gives terms.
func (r reader) Terms(ctx context.Context, id candor.ID) (consent.Terms, error) {
	row, err := one[query.Term](ctx, r.db, "terms", "id = ?", id)
	return termsFrom(row), err
}

// AllTerms gives the terms whose text is known, by document, and the latest
// version first.
func (r reader) AllTerms(ctx context.Context) ([]consent.Terms, error) {
	rows, err := choose[query.Term](ctx, r.db, "terms", "state <> ? ORDER BY document, effective DESC, id DESC LIMIT 1000", consent.Recorded)
	return each(rows, termsFrom), err
}

// TermsText gives the text of terms, as it was given to AddTerms.
func (r reader) TermsText(ctx context.Context, id candor.ID) ([]byte, error) {
	row, err := one[query.TermsText](ctx, r.db, "terms_texts", "id = ?", id)
	return []byte(row.Text), err
}

// FindTerms gives terms of a document and a version that are in a state, the
// latest first.
func (r reader) FindTerms(ctx context.Context, document, label string, state consent.State) ([]consent.Terms, error) {
	rows, err := choose[query.Term](ctx, r.db, "terms", "document = ? AND label = ? AND state = ? ORDER BY id DESC LIMIT 100", document, label, state)
	return each(rows, termsFrom), err
}

// AddTerms adds terms with their text, which is nil if it is not known.
func (t *Tx) AddTerms(ctx context.Context, v consent.Terms, text []byte) error {
	t.versions = nil
	if err := addMarked(ctx, t.reader, "terms", termsRow(v)); err != nil || text == nil {
		return err
	}
	return add(ctx, t.reader, "terms_texts", "", query.TermsText{ID: v.ID, Text: string(text)})
}

// ChangeTerms replaces terms that are in the state from, and their text unless
// it is nil.
func (t *Tx) ChangeTerms(ctx context.Context, v consent.Terms, text []byte, from consent.State) error {
	t.versions = nil
	ok, err := changeMarked(ctx, t.reader, "terms", termsRow(v), "state = ?", from)
	if err == nil && !ok {
		err = changed("terms", v.ID)
	}
	if err != nil || text == nil {
		return err
	}
	_, err = t.db.ExecContext(ctx, "UPDATE terms_texts SET text = ? WHERE id = ?", string(text), v.ID)
	return kind(err, "change the text of terms")
}

// DeleteTerms removes a draft.
func (t *Tx) DeleteTerms(ctx context.Context, id candor.ID) error {
	v, err := t.Terms(ctx, id)
	if err != nil {
		return err
	}
	if v.State != consent.Draft {
		return changed("terms", id)
	}
	for _, s := range []string{"DELETE FROM terms_texts WHERE id = ?", "DELETE FROM terms WHERE id = ?"} {
		if _, err := t.db.ExecContext(ctx, s, id); err != nil {
			return kind(err, "remove terms")
		}
	}
	return nil
}

// Agreements gives what a party accepted, the latest first.
func (r reader) Agreements(ctx context.Context, scope candor.Scope, of candor.ID) ([]candor.Agreement, error) {
	if !scope.Sees(of) {
		return nil, nil
	}
	a, err := r.Account(ctx, of)
	return a.Agreements(), err
}

// Consent gives one event that the scope sees.
func (r reader) Consent(ctx context.Context, scope candor.Scope, id candor.ID) (consent.Event, error) {
	row, err := one[query.Consent](ctx, r.db, "consents", "id = ?", id)
	if err == nil && !scope.Sees(row.Party) {
		return consent.Event{}, notThere("consent", id)
	}
	return consentEvent(row), err
}

// mostChanges is from where on all accounts are read anew.
const mostChanges = 10_000

// Changes gives what of consents was recorded since a mark. In PostgreSQL marks
// are numbers of transactions, and what runs longest holds back what it gives:
// then parties are named again.
func (r reader) Changes(ctx context.Context, since int64) (c consent.Changes, err error) {
	var terms int64
	row := r.db.QueryRowContext(ctx, "SELECT "+r.dialect.marked+", COUNT(*) FROM terms WHERE mark >= ?", since)
	if err := row.Scan(&c.Mark, &terms); err != nil || since == 0 {
		return c, kind(err, "ask what changed")
	}
	if c.All = terms > 0; c.All {
		return c, nil
	}
	rows, err := r.db.QueryContext(ctx, fmt.Sprintf("SELECT DISTINCT party FROM %s WHERE mark >= ? LIMIT %d", r.dialect.led("consents", "consents_mark"), mostChanges), since)
	if err != nil {
		return c, kind(err, "ask who changed")
	}
	defer rows.Close()
	for rows.Next() {
		var party candor.ID
		if err := rows.Scan(&party); err != nil {
			return c, kind(err, "ask who changed")
		}
		c.Parties = append(c.Parties, party)
	}
	c.All = len(c.Parties) == mostChanges
	return c, kind(rows.Err(), "ask who changed")
}

// Stance is how many parties said what last of a version.
type Stance struct {
	Document string      `json:"document"`
	Terms    candor.ID   `json:"terms"`
	Act      consent.Act `json:"act"`
	Parties  int64       `json:"parties"`
}

// StancesByKind counts what parties of each kind said last of versions, without
// those that were erased. It reads all that anybody said last.
func (r reader) StancesByKind(ctx context.Context) ([]KindStance, error) {
	rows, err := r.db.QueryContext(ctx, `SELECT s.document, s.terms, s.act, p.kind, COUNT(*) FROM standings s JOIN parties p ON p.id = s.party
WHERE NOT p.erased GROUP BY s.document, s.terms, s.act, p.kind ORDER BY s.document, s.terms, s.act, p.kind LIMIT 10000`)
	if err != nil {
		return nil, kind(err, "count who agreed")
	}
	defer rows.Close()
	var all []KindStance
	for rows.Next() {
		var s KindStance
		if err := rows.Scan(&s.Document, &s.Terms, &s.Act, &s.Kind, &s.Parties); err != nil {
			return nil, kind(err, "count who agreed")
		}
		all = append(all, s)
	}
	return all, kind(rows.Err(), "count who agreed")
}

// KindStance is a Stance of parties of one kind.
type KindStance struct {
	Stance
	Kind candor.PartyKind `json:"kind"`
}

// CountParties counts the parties of each kind, without those that were erased.
func (r reader) CountParties(ctx context.Context) (map[candor.PartyKind]int64, error) {
	rows, err := r.db.QueryContext(ctx, "SELECT kind, COUNT(*) FROM parties WHERE NOT erased GROUP BY kind")
	if err != nil {
		return nil, kind(err, "count parties")
	}
	defer rows.Close()
	all := map[candor.PartyKind]int64{}
	for rows.Next() {
		var of candor.PartyKind
		var n int64
		if err := rows.Scan(&of, &n); err != nil {
			return nil, kind(err, "count parties")
		}
		all[of] = n
	}
	return all, kind(rows.Err(), "count parties")
}

// ConsentDay is how often parties did something on a day of UTC.
type ConsentDay struct {
	Day   time.Time   `json:"day"`
	Act   consent.Act `json:"act"`
	Times int64       `json:"times"`
}

// ConsentDays counts what parties said, by the day on which they said it, from
// the day of since up to a moment.
func (r reader) ConsentDays(ctx context.Context, since, until time.Time) ([]ConsentDay, error) {
	rows, err := r.db.QueryContext(ctx, "SELECT CAST(at / 86400000000 AS BIGINT), act, COUNT(*) FROM consents WHERE at >= ? AND at <= ? GROUP BY 1, 2 ORDER BY 1, 2",
		column.Time(since.UTC().Truncate(whole)), column.Time(until))
	if err != nil {
		return nil, kind(err, "count what parties said")
	}
	defer rows.Close()
	var all []ConsentDay
	for rows.Next() {
		var d ConsentDay
		var n int64
		if err := rows.Scan(&n, &d.Act, &d.Times); err != nil {
			return nil, kind(err, "count what parties said")
		}
		d.Day = day(n)
		all = append(all, d)
	}
	return all, kind(rows.Err(), "count what parties said")
}

func termsFrom(r query.Term) consent.Terms {
	return consent.Terms{Version: consent.Version{ID: r.ID, Document: r.Document, Label: r.Label, Digest: r.Digest, Clauses: r.Clauses.V,
		Effective: time.Time(r.Effective), Ended: time.Time(r.Ended)}, Kind: r.Kind, State: r.State, Titles: r.Titles.V, Material: r.Material, Age: int(r.Age),
		Created: time.Time(r.Created), Updated: time.Time(r.Updated), Published: time.Time(r.Published)}
}

func termsRow(v consent.Terms) query.Term {
	return query.Term{ID: v.ID, Document: v.Document, Label: v.Label, Kind: v.Kind, State: v.State, Digest: v.Digest, Clauses: column.Of(v.Clauses),
		Titles: column.Of(v.Titles), Material: v.Material, Age: int64(v.Age), Effective: column.Time(v.Effective), Ended: column.Time(v.Ended),
		Created: column.Time(v.Created), Updated: column.Time(v.Updated), Published: column.Time(v.Published)}
}

func consentEvent(r query.Consent) consent.Event {
	return consent.Event{ID: r.ID, Party: r.Party, Version: r.Terms, Act: r.Act, Clauses: r.Clauses.V, At: time.Time(r.At), Recorded: time.Time(r.Recorded),
		Language: r.Language, How: r.How, Behalf: r.Behalf, Note: r.Note, Record: r.Record}
}
