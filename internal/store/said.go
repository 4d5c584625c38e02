package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// Deciding is what is known before parties say something of terms.
type Deciding struct {
	Terms map[candor.ID]*consent.Terms
	Asked map[candor.ID]bool      // terms about whose document a campaign asks
	Last  map[candor.ID]time.Time // when parties said something last; not of those who said nothing
}

// Deciding gives it of some terms and parties.
func (r reader) Deciding(ctx context.Context, terms, parties []candor.ID) (Deciding, error) {
	d := Deciding{Asked: map[candor.ID]bool{}, Last: make(map[candor.ID]time.Time, len(parties))}
	of, list := r.dialect.list("t.id", terms)
	by, others := r.dialect.list("c.party", parties)
	rows, err := r.db.QueryContext(ctx, `SELECT '', t.id, t.mark, EXISTS (SELECT 1 FROM campaigns a WHERE a.document = t.document AND a.state = 'running') FROM terms t WHERE `+of+`
UNION ALL SELECT c.party, '', MAX(c.at), FALSE FROM consents c WHERE `+by+` GROUP BY c.party`, append(list, others...)...)
	if err != nil {
		return d, kind(err, "ask what parties said last")
	}
	defer rows.Close()
	marks := make(map[candor.ID]int64, len(terms))
	for rows.Next() {
		var party, id candor.ID
		var n int64
		var asked bool
		if err := rows.Scan(&party, &id, &n, &asked); err != nil {
			return d, kind(err, "ask what parties said last")
		}
		if party != "" {
			d.Last[party] = time.UnixMicro(n).UTC()
			continue
		}
		marks[id], d.Asked[id] = n, asked
	}
	if err := rows.Err(); err != nil {
		return d, kind(err, "ask what parties said last")
	}
	rows.Close() // the connection is needed
	d.Terms, err = r.marked(ctx, marks)
	return d, err
}

// Said is what a party said of a version of terms.
type Said struct {
	consent.Event
	Of     consent.Version
	Record candor.Record // of it, for the evidence log; kept if it has an ID
}

// AddConsent adds what a party said of terms.
func (t *Tx) AddConsent(ctx context.Context, e consent.Event, v consent.Version) error {
	return t.AddConsents(ctx, Said{Event: e, Of: v})
}

// AddConsents adds what parties said of terms: each said one thing.
func (t *Tx) AddConsents(ctx context.Context, all ...Said) error {
	rows := make([]query.Consent, 0, len(all))
	var last []query.Standing
	var records []candor.AboutParty
	for _, s := range all {
		rows = append(rows, query.Consent{ID: s.ID, Party: s.Party, Terms: s.Version, Act: s.Act, Clauses: column.Of(s.Clauses), At: column.Time(s.At),
			Recorded: column.Time(s.Recorded), Language: s.Language, How: s.How, Behalf: s.Behalf, Note: s.Note, Record: s.Event.Record})
		if s.Act != consent.Withdrawn || s.Of.Whole(s.Clauses) {
			last = append(last, query.Standing{Party: s.Party, Document: s.Of.Document, Terms: s.Version, Act: s.Act, At: column.Time(s.At)})
		}
		switch {
		case len(s.Record.Personal) > 0:
			if err := t.AddRecords(ctx, s.Party, s.Record); err != nil {
				return err
			}
		case s.Record.ID != "":
			records = append(records, candor.AboutParty{Record: s.Record})
		}
	}
	const standing = `ON CONFLICT (party, document) DO UPDATE SET terms = excluded.terms, act = excluded.act, at = excluded.at
WHERE standings.at <= excluded.at AND (excluded.act <> 'refused' OR standings.act <> 'agreed')`
	logs, _ := t.recordRows(records)
	return t.addSeveral(ctx, addition[query.Consent]{table: "consents", last: ", " + t.dialect.mark, rows: rows},
		addition[query.Standing]{table: "standings", following: standing, rows: last}, addition[query.Record]{table: "records", rows: logs})
}

// adding is an addition to some table.
type adding interface {
	add(ctx context.Context, r reader) error
	arrays() (statement string, args []any, err error)
}

// addSeveral adds to several tables: in PostgreSQL by one statement.
func (t *Tx) addSeveral(ctx context.Context, all ...adding) error {
	if !t.dialect.arrays {
		for _, of := range all {
			if err := of.add(ctx, t.reader); err != nil {
				return err
			}
		}
		return nil
	}
	var statements []string
	var args []any
	for _, of := range all {
		statement, more, err := of.arrays()
		if err != nil {
			return err
		}
		if statement != "" {
			statements, args = append(statements, statement), append(args, more...)
		}
	}
	end := len(statements) - 1
	for i, s := range statements[:end] {
		statements[i] = fmt.Sprintf("a%d AS (%s)", i, s)
	}
	whole := statements[end]
	if end > 0 {
		whole = "WITH " + strings.Join(statements[:end], ", ") + " " + whole
	}
	_, err := t.db.ExecContext(ctx, whole, args...)
	return kind(err, "add what parties said")
}
