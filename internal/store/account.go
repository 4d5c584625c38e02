package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// said gives what a party said of terms, in the order of its times, and the marks
// of the terms.
const said = `SELECT c.id, c.terms, c.act, c.clauses, c.at, c.recorded, c.language, c.how, c.behalf, c.note, c.record, (SELECT t.mark FROM terms t WHERE t.id = c.terms)
FROM consents c WHERE c.party = ? ORDER BY c.at, c.recorded, c.id`

// histories read what parties said, outside of transactions: by a statement that
// stays prepared, and with terms that were read before. It is safe for
// concurrent use.
type histories struct {
	said *sql.Stmt
	lock sync.RWMutex
	of   map[candor.ID]version
}

// version is a version of terms as a transaction left it that had the mark: no
// two states of it have the same one.
type version struct {
	*consent.Version
	mark int64
}

// prepareHistories has histories read by the connections that look up by keys.
func (s *Store) prepareHistories(ctx context.Context) error {
	statement := said
	if s.dialect.numbered {
		statement = number(said)
	}
	prepared, err := s.keyed.PrepareContext(ctx, statement)
	if err != nil {
		return kind(err, "prepare to read what parties said")
	}
	s.histories = &histories{said: prepared, of: map[candor.ID]version{}}
	return nil
}

func (h *histories) close() error {
	if h == nil {
		return nil
	}
	return h.said.Close()
}

// History gives what a party said of terms, in the order of its times, and the
// versions that it is of.
func (r reader) History(ctx context.Context, party candor.ID) ([]consent.Event, map[candor.ID]*consent.Version, error) {
	var rows *sql.Rows
	var err error
	if r.histories != nil {
		rows, err = r.histories.said.QueryContext(ctx, party)
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
	versions, err := r.versions(ctx, marks)
	return events, versions, err
}

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
	return all, marks, errors.Join(rows.Err(), rows.Close())
}

// versions gives the versions that have the marks, or later ones.
func (r reader) versions(ctx context.Context, marks map[candor.ID]int64) (map[candor.ID]*consent.Version, error) {
	all := make(map[candor.ID]*consent.Version, len(marks))
	missing := r.histories.have(marks, all)
	if len(missing) == 0 {
		return all, nil
	}
	among, list := r.dialect.list("id", missing)
	rows, err := choose[query.Term](ctx, r.db, "terms", among, list...)
	for _, row := range rows {
		v := termsFrom(row).Version
		all[v.ID] = &v
		r.histories.keep(&v, row.Mark)
	}
	return all, err
}

// have adds what is kept of the versions to all, and tells what is not.
func (h *histories) have(marks map[candor.ID]int64, all map[candor.ID]*consent.Version) (missing []candor.ID) {
	if h != nil {
		h.lock.RLock()
		defer h.lock.RUnlock()
	}
	for id, mark := range marks {
		if h != nil && h.of[id].Version != nil && h.of[id].mark == mark {
			all[id] = h.of[id].Version
			continue
		}
		missing = append(missing, id)
	}
	return missing
}

// mostVersions is how many versions are kept: the terms of a provider, and those
// of others that parties agreed to.
const mostVersions = 4096

func (h *histories) keep(v *consent.Version, mark int64) {
	if h == nil {
		return
	}
	h.lock.Lock()
	defer h.lock.Unlock()
	if len(h.of) >= mostVersions {
		clear(h.of)
	}
	h.of[v.ID] = version{v, mark}
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
