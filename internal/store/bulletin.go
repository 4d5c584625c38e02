package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"candor"
	"candor/internal/intel/bulletin"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

var bulletinList = list{table: "bulletins", own: "updated"}

// Bulletins lists bulletins, those that changed last first.
func (r reader) Bulletins(ctx context.Context, cut candor.Cut) (page candor.Page[bulletin.Bulletin], err error) {
	rows, err := part[query.Bulletin](ctx, r, bulletinList, where{}, cut)
	if err != nil {
		return page, err
	}
	page = turn(rows, func(row query.Bulletin) (b bulletin.Bulletin) {
		if e := json.Unmarshal(row.Document, &b); e != nil {
			err = fmt.Errorf("bulletin %s: %w", row.ID, e)
		}
		return b
	})
	return page, err
}

// Bulletin gives one.
func (r reader) Bulletin(ctx context.Context, id candor.ID) (b bulletin.Bulletin, err error) {
	row, err := one[query.Bulletin](ctx, r.db, "bulletins", "id = ?", id)
	if err != nil {
		return b, err
	}
	return b, json.Unmarshal(row.Document, &b)
}

// AddBulletin adds a bulletin.
func (t *Tx) AddBulletin(ctx context.Context, b bulletin.Bulletin) error {
	row, err := bulletinRow(b)
	if err != nil {
		return err
	}
	return add(ctx, t.reader, "bulletins", "", row)
}

// ChangeBulletin replaces a bulletin whose edition is still the given one.
func (t *Tx) ChangeBulletin(ctx context.Context, b bulletin.Bulletin, edition int64) error {
	row, err := bulletinRow(b)
	if err != nil {
		return err
	}
	ok, err := change(ctx, t.db, "bulletins", row, "edition = ?", edition)
	if err == nil && !ok {
		err = changed("bulletin", b.ID)
	}
	return err
}

func bulletinRow(b bulletin.Bulletin) (query.Bulletin, error) {
	text, err := json.Marshal(b)
	return query.Bulletin{ID: b.ID, State: b.State, Document: column.Raw(text), Edition: b.Edition, Updated: column.Time(b.Updated)}, err
}

// AddBulletinVersion keeps what was published.
func (t *Tx) AddBulletinVersion(ctx context.Context, v bulletin.Version) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return add(ctx, t.reader, "bulletin_versions", "", query.BulletinVersion{Bulletin: v.Bulletin, Number: int64(v.Number), Document: column.Raw(text)})
}

// BulletinVersions gives all versions of a bulletin, the latest first. There are at
// most bulletin.MostVersions.
func (r reader) BulletinVersions(ctx context.Context, id candor.ID) ([]bulletin.Version, error) {
	rows, err := choose[query.BulletinVersion](ctx, r.db, "bulletin_versions", "bulletin = ? ORDER BY number DESC", id)
	if err != nil {
		return nil, err
	}
	all := make([]bulletin.Version, len(rows))
	for i, row := range rows {
		if err := json.Unmarshal(row.Document, &all[i]); err != nil {
			return nil, fmt.Errorf("version %d of bulletin %s: %w", row.Number, row.Bulletin, err)
		}
	}
	return all, nil
}

// BulletinVersion gives one version.
func (r reader) BulletinVersion(ctx context.Context, id candor.ID, number int) (v bulletin.Version, err error) {
	row, err := one[query.BulletinVersion](ctx, r.db, "bulletin_versions", "bulletin = ? AND number = ?", id, number)
	if err != nil {
		return v, err
	}
	return v, json.Unmarshal(row.Document, &v)
}

// AddBulletinCopies keeps who gets a version.
func (t *Tx) AddBulletinCopies(ctx context.Context, all ...bulletin.Copy) error {
	if len(all) == 0 {
		return nil
	}
	return add(ctx, t.reader, "bulletin_copies", "", each(all, bulletinCopyRow)...)
}

// ReadBulletinCopy keeps that a copy was read, and what was remarked. It is
// candor.ErrChanged if that was said before, or its recipient was erased.
func (t *Tx) ReadBulletinCopy(ctx context.Context, id candor.ID, at time.Time, comment string) error {
	ok, err := update(ctx, t.db, "bulletin_copies", []string{"id", "read", "comment", "due"}, []any{id, column.Time(at), comment, 0}, "", "read = 0 AND address <> ''", nil)
	if err == nil && !ok {
		err = changed("copy of a bulletin", id)
	}
	return err
}

// RemindBulletinCopy keeps how often who got a copy was reminded, and when that is to
// be again; a zero next is never. It is candor.ErrChanged if it was read or reminded
// since the copy was looked at.
func (t *Tx) RemindBulletinCopy(ctx context.Context, c bulletin.Copy, reminders int, next time.Time) error {
	ok, err := update(ctx, t.db, "bulletin_copies", []string{"id", "reminders", "due"}, []any{c.ID, reminders, column.Time(next)}, "", "read = 0 AND due = ?", []any{column.Time(c.Due)})
	if err == nil && !ok {
		err = changed("copy of a bulletin", c.ID)
	}
	return err
}

// BulletinCopies gives who got a version of a bulletin, by name.
func (r reader) BulletinCopies(ctx context.Context, id candor.ID, number int) ([]bulletin.Copy, error) {
	rows, err := choose[query.BulletinCopy](ctx, r.db, "bulletin_copies", "bulletin = ? AND number = ? ORDER BY name, id", id, number)
	return each(rows, bulletinCopy), err
}

// BulletinCopy gives one.
func (r reader) BulletinCopy(ctx context.Context, id candor.ID) (bulletin.Copy, error) {
	row, err := one[query.BulletinCopy](ctx, r.db, "bulletin_copies", "id = ?", id)
	return bulletinCopy(row), err
}

// DueBulletinCopies gives those of whom a reminder is due, the longest due first.
func (r reader) DueBulletinCopies(ctx context.Context, now time.Time, most int) ([]bulletin.Copy, error) {
	rows, err := choose[query.BulletinCopy](ctx, r.db, "bulletin_copies", "due > 0 AND due <= ? ORDER BY due, id LIMIT ?", now.UnixMicro(), most)
	return each(rows, bulletinCopy), err
}

// StopBulletinReminders has nobody reminded of the versions of a bulletin up to one.
func (t *Tx) StopBulletinReminders(ctx context.Context, id candor.ID, upTo int) error {
	_, err := t.db.ExecContext(ctx, "UPDATE bulletin_copies SET due = 0 WHERE bulletin = ? AND number <= ? AND due > 0", id, upTo)
	return kind(err, "stop reminders of a bulletin")
}

// BulletinCounts gives how many got each version of some bulletins, and how many read
// it: by bulletin and number.
func (r reader) BulletinCounts(ctx context.Context, ids ...candor.ID) (map[candor.ID]map[int]bulletin.Count, error) {
	counts := map[candor.ID]map[int]bulletin.Count{}
	if len(ids) == 0 {
		return counts, nil
	}
	marks, args := in(ids)
	err := r.scan(ctx, "count copies of bulletins", "SELECT bulletin, number, COUNT(*), SUM(CASE WHEN read > 0 THEN 1 ELSE 0 END) FROM bulletin_copies WHERE bulletin IN "+marks+" GROUP BY bulletin, number", args, func(row *sql.Rows) error {
		var id candor.ID
		var number int
		var c bulletin.Count
		err := row.Scan(&id, &number, &c.Sent, &c.Read)
		if counts[id] == nil {
			counts[id] = map[int]bulletin.Count{}
		}
		counts[id][number] = c
		return err
	})
	return counts, err
}

// EraseBulletinCopies takes out whom of a party bulletins were sent to, and what it
// said of them. That it read them stays.
func (t *Tx) EraseBulletinCopies(ctx context.Context, party candor.ID) error {
	_, err := t.db.ExecContext(ctx, "UPDATE bulletin_copies SET name = ?, address = '', comment = '', due = 0 WHERE party = ?", Erased, party)
	return kind(err, "erase copies of bulletins")
}

func bulletinCopyRow(c bulletin.Copy) query.BulletinCopy {
	return query.BulletinCopy{ID: c.ID, Bulletin: c.Bulletin, Number: int64(c.Number), Party: c.Party, Entry: c.Entry, Name: c.Name, Address: c.Address, Language: c.Language,
		Sent: column.Time(c.Sent), Read: column.Time(c.Read), Comment: c.Comment, Reminders: int64(c.Reminders), Due: column.Time(c.Due)}
}

func bulletinCopy(r query.BulletinCopy) bulletin.Copy {
	return bulletin.Copy{ID: r.ID, Bulletin: r.Bulletin, Number: int(r.Number), Party: r.Party, Entry: r.Entry, Name: r.Name, Address: r.Address, Language: r.Language,
		Sent: time.Time(r.Sent), Read: time.Time(r.Read), Comment: r.Comment, Reminders: int(r.Reminders), Due: time.Time(r.Due)}
}
