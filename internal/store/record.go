package store

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"candor"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

var recordList = list{table: "records", own: "at", sorts: []string{"id"}, then: []string{"kind", "case_id"}, weak: []string{"kind"}}

// AddRecord keeps a record for the evidence log, and what is personal of it
// beside it, which is about the party of the record's case.
func (t *Tx) AddRecord(ctx context.Context, r candor.Record) error {
	var about candor.ID
	if r.Case != "" && len(r.Personal) > 0 {
		c, err := one[query.Case](ctx, t.db, "cases", "id = ?", r.Case)
		if err != nil {
			return err
		}
		about = c.Party
	}
	return t.AddRecords(ctx, about, r)
}

// AddRecords keeps records whose personal parts are about a party.
func (t *Tx) AddRecords(ctx context.Context, of candor.ID, all ...candor.Record) error {
	return t.AddRecordsAbout(ctx, each(all, func(r candor.Record) candor.AboutParty { return candor.AboutParty{Party: of, Record: r} }))
}

// AddRecordsAbout keeps records whose personal parts are about several parties.
func (t *Tx) AddRecordsAbout(ctx context.Context, all []candor.AboutParty) error {
	rows, personal := t.recordRows(all)
	if err := add(ctx, t.reader, "records", "", rows...); err != nil {
		return err
	}
	return add(ctx, t.reader, "personal", "", personal...)
}

func (t *Tx) recordRows(all []candor.AboutParty) (rows []query.Record, personal []query.Personal) {
	for _, r := range all {
		concealed := make(map[string]string, len(r.Personal))
		for _, name := range slices.Sorted(maps.Keys(r.Personal)) {
			digest, salt := t.store.options.Conceal(r.Personal[name])
			concealed[name] = digest
			personal = append(personal, query.Personal{Record: r.ID, Name: name, Party: r.Party, Value: r.Personal[name], Salt: salt})
		}
		rows = append(rows, query.Record{ID: r.ID, Kind: r.Kind, At: column.Time(r.At), Subject: r.Subject, CaseID: r.Case, Actor: r.Actor,
			Body: column.Raw(r.Body), Blobs: column.Of(r.Blobs), Concealed: column.Of(concealed), LogIndex: -1})
	}
	return rows, personal
}

// Records lists records.
func (r reader) Records(ctx context.Context, f candor.RecordFilter, cut candor.Cut) (candor.Page[candor.Logged], error) {
	var w where
	equal(&w, "kind", f.Kind)
	if equal(&w, "case_id", f.Case); f.Case != "" {
		w.and("case_id <> ''") // so that SQLite sees that the index holds them
	}
	equal(&w, "subject", f.Subject)
	page, err := part[query.Record](ctx, r, recordList, w, cut)
	return turn(page, logged), err
}

// Record gives one record.
func (r reader) Record(ctx context.Context, id candor.ID) (candor.Logged, error) {
	row, err := one[query.Record](ctx, r.db, "records", "id = ?", id)
	return logged(row), err
}

// PendingRecords gives records that the log has not taken, the oldest first.
func (r reader) PendingRecords(ctx context.Context, most int) ([]candor.Logged, error) {
	rows, err := r.q.PendingRecords(ctx, int32(most))
	return each(rows, logged), kind(err, "read records that wait")
}

// CountPending counts the records that the log has not taken, up to 10,000.
func (r reader) CountPending(ctx context.Context) (int64, error) {
	n, err := r.q.CountPending(ctx)
	return n, kind(err, "count records that wait")
}

// LastIndex is the greatest index in the log that is known; -1 if none is.
func (r reader) LastIndex(ctx context.Context) (int64, error) {
	n, err := r.q.LastIndex(ctx)
	return n, kind(err, "read records")
}

// SetLogged says at which index of the log records stand. Those that are not
// there are passed over.
func (t *Tx) SetLogged(ctx context.Context, indexes map[candor.ID]uint64) error {
	ids, at := make([]string, 0, len(indexes)), make([]int64, 0, len(indexes))
	for _, id := range slices.Sorted(maps.Keys(indexes)) {
		ids, at = append(ids, string(id)), append(at, int64(indexes[id]))
	}
	if t.dialect.arrays {
		_, err := t.db.ExecContext(ctx, `UPDATE records SET log_index = v.at FROM unnest(?::text[], ?::bigint[]) AS v (id, at)
WHERE records.id = v.id AND log_index < 0`, ids, at)
		return kind(err, "change records")
	}
	// One after the other: of many at a time SQLite finds each by going through
	// all, because most often none waits and it takes that for a short way.
	for i, id := range ids {
		if _, err := t.db.ExecContext(ctx, "UPDATE records SET log_index = ? WHERE id = ? AND +log_index < 0", at[i], id); err != nil {
			return kind(err, "change records")
		}
	}
	return nil
}

// PersonalOf gives what is personal of a record, unless it was erased.
func (r reader) PersonalOf(ctx context.Context, record candor.ID) ([]candor.Concealed, error) {
	rows, err := r.q.PersonalOf(ctx, record)
	return each(rows, func(p query.Personal) candor.Concealed {
		return candor.Concealed{Name: p.Name, Value: p.Value, Salt: p.Salt}
	}), kind(err, "read personal data")
}

// ErasePersonal removes what the records hold of a party, and tells how much.
func (t *Tx) ErasePersonal(ctx context.Context, party candor.ID) (int64, error) {
	n, err := t.q.ErasePersonal(ctx, party)
	return n, kind(err, "erase personal data")
}

func logged(r query.Record) candor.Logged {
	return candor.Logged{Record: candor.Record{ID: r.ID, Kind: r.Kind, At: time.Time(r.At), Subject: r.Subject, Case: r.CaseID, Actor: r.Actor,
		Body: json.RawMessage(r.Body), Blobs: r.Blobs.V}, Concealed: r.Concealed.V, Index: r.LogIndex}
}

// EraseWords removes what a party's people wrote, and the mails to them.
func (t *Tx) EraseWords(ctx context.Context, party candor.ID) error {
	if err := errors.Join(t.q.EraseMessages(ctx, party), t.q.ErasePlans(ctx, party)); err != nil {
		return kind(err, "erase mails")
	}
	return kind(t.q.EraseEvents(ctx, "customer:"+string(party), party), "erase what was written")
}
