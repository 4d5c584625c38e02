package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"sync"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// said gives what a party said of terms, and the marks of the terms.
const said = `SELECT c.id, c.terms, c.act, c.clauses, c.at, c.recorded, c.language, c.how, c.behalf, c.note, c.record, (SELECT t.mark FROM terms t WHERE t.id = c.terms)
FROM consents c WHERE c.party = ?`

// prepareSaid has what parties said read by a statement that stays prepared, on
// the connections that look up by keys.
func (s *Store) prepareSaid(ctx context.Context) (err error) {
	statement := said
	if s.dialect.numbered {
		statement = number(said)
	}
	s.said, err = s.keyed.PrepareContext(ctx, statement)
	return kind(err, "prepare to read what parties said")
}

// History gives what a party said of terms, in the order of its times, and the
// versions that it is of.
func (r reader) History(ctx context.Context, party candor.ID) ([]consent.Event, map[candor.ID]*consent.Version, error) {
	var rows *sql.Rows
	var err error
	if r.said != nil {
		rows, err = r.said.QueryContext(ctx, string(party))
	} else {
		rows, err = r.db.QueryContext(ctx, said, party)
	}
	if err != nil {
		return nil, nil, kind(err, "read consents")
	}
	events, marks, err := scanHistory(rows, party)
	if err != nil || len(events) == 0 {
		return nil, nil, kind(err, "read consents")
	}
	terms, err := r.marked(ctx, marks)
	if err != nil {
		return nil, nil, err
	}
	versions := make(map[candor.ID]*consent.Version, len(terms))
	for id, v := range terms {
		versions[id] = &v.Version
	}
	return events, versions, nil
}

// scanHistory reads events and puts them in order: there are few, and it saves
// the database a step each time.
func scanHistory(rows *sql.Rows, party candor.ID) (all []consent.Event, marks map[candor.ID]int64, err error) {
	defer rows.Close()
	marks = map[candor.ID]int64{}
	for rows.Next() {
		e := consent.Event{Party: party}
		var clauses column.Strings
		var at, recorded column.Time
		var mark int64
		if err := rows.Scan(&e.ID, &e.Version, &e.Act, &clauses, &at, &recorded, &e.Language, &e.How, &e.Behalf, &e.Note, &e.Record, &mark); err != nil {
			return nil, nil, err
		}
		e.Clauses, e.At, e.Recorded = clauses.V, time.Time(at), time.Time(recorded)
		all, marks[e.Version] = append(all, e), mark
	}
	slices.SortFunc(all, func(a, b consent.Event) int {
		return cmp.Or(a.At.Compare(b.At), a.Recorded.Compare(b.Recorded), cmp.Compare(a.ID, b.ID))
	})
	return all, marks, rows.Err()
}

// versions keeps terms that were read. It is safe for concurrent use, and a nil
// one keeps none.
type versions struct {
	lock sync.RWMutex
	of   map[candor.ID]version
}

// version is a version of terms as a transaction left it that had the mark: no
// two states of it have the same one.
type version struct {
	*consent.Terms
	mark int64
}

// mostVersions is how many versions are kept: the terms of a provider, and those
// of others that parties agreed to.
const mostVersions = 4096

// marked gives terms as they are with their marks, or newer.
func (r reader) marked(ctx context.Context, marks map[candor.ID]int64) (map[candor.ID]*consent.Terms, error) {
	all := make(map[candor.ID]*consent.Terms, len(marks))
	missing := r.versions.have(marks, all)
	if len(missing) == 0 {
		return all, nil
	}
	among, list := r.dialect.list("id", missing)
	rows, err := choose[query.Term](ctx, r.db, "terms", among, list...)
	for _, row := range rows {
		v := termsFrom(row)
		all[v.ID] = &v
		r.versions.keep(version{&v, row.Mark})
	}
	return all, err
}

// have adds what is kept of the terms to all, and tells what is not.
func (k *versions) have(marks map[candor.ID]int64, all map[candor.ID]*consent.Terms) (missing []candor.ID) {
	if k != nil {
		k.lock.RLock()
		defer k.lock.RUnlock()
	}
	for id, mark := range marks {
		if k != nil {
			if v := k.of[id]; v.Terms != nil && v.mark == mark {
				all[id] = v.Terms
				continue
			}
		}
		missing = append(missing, id)
	}
	return missing
}

// forget has them read again.
func (k *versions) forget() {
	k.lock.Lock()
	defer k.lock.Unlock()
	clear(k.of)
}

func (k *versions) keep(v version) {
	if k == nil {
		return
	}
	k.lock.Lock()
	defer k.lock.Unlock()
	if len(k.of) >= mostVersions {
		clear(k.of)
	}
	k.of[v.ID] = v
}

// Account gives what follows from what a party said of terms.
func (r reader) Account(ctx context.Context, party candor.ID) (*consent.Account, error) {
	history, versions, err := r.History(ctx, party)
	return consent.NewAccount(history, versions), err
}

// Basis gives what allows an action towards a party at a time: what it agreed
// to in an event, if one is named. See consent.Account.
func (r reader) Basis(ctx context.Context, party, event candor.ID, action string, at time.Time) (candor.Basis, error) {
	a, err := r.Account(ctx, party)
	if err != nil {
		return candor.Basis{}, err
	}
	return a.BasisOn(event, action, at)
}
