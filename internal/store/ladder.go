package store

import (
	"context"
	"database/sql"
	"time"

	"candor"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// Standing gives where a case stands on its ladder.
func (r reader) Standing(ctx context.Context, of candor.ID) (candor.Standing, error) {
	row, err := one[query.Ladder](ctx, r.db, "ladders", "case_id = ?", of)
	return standing(row), err
}

// DueStandings gives those that are to be looked at, the one that waits longest
// first.
func (r reader) DueStandings(ctx context.Context, now time.Time, most int) ([]candor.Standing, error) {
	rows, err := choose[query.Ladder](ctx, r.db, "ladders", "look > 0 AND look <= ? ORDER BY look, case_id LIMIT ?", column.Time(now), most)
	return each(rows, standing), err
}

// WakeLadder has a case looked at, at a time or before. One that stands on no
// ladder yet stands on the ground of it since now.
func (t *Tx) WakeLadder(ctx context.Context, of candor.ID, now, at time.Time) error {
	return t.WakeLadders(ctx, []candor.Standing{{Case: of, Since: now, Look: at}})
}

// WakeLadders has cases looked at, each by Look or before. Those that stand on no
// ladder yet stand on the ground of it from Since on. A case is among them once.
func (t *Tx) WakeLadders(ctx context.Context, all []candor.Standing) error {
	return add(ctx, t.reader, "ladders", "ON CONFLICT (case_id) DO UPDATE SET look = CASE WHEN ladders.look = 0 OR ladders.look > excluded.look THEN excluded.look ELSE ladders.look END, version = ladders.version + 1", each(all, newLadder)...)
}

// AddStanding adds where a new case stands.
func (t *Tx) AddStanding(ctx context.Context, s candor.Standing) error {
	return t.AddStandings(ctx, []candor.Standing{s})
}

// AddStandings adds where new cases stand.
func (t *Tx) AddStandings(ctx context.Context, all []candor.Standing) error {
	return add(ctx, t.reader, "ladders", "ON CONFLICT (case_id) DO NOTHING", each(all, newLadder)...)
}

func newLadder(s candor.Standing) query.Ladder {
	s.Version = 1
	return ladderRow(s)
}

// ChangeStanding replaces where a case stands. It is candor.ErrChanged if somebody
// else changed it since it was read.
func (t *Tx) ChangeStanding(ctx context.Context, s *candor.Standing) error {
	was := s.Version
	s.Version++
	ok, err := change(ctx, t.db, "ladders", ladderRow(*s), "version = ?", was)
	if err == nil && !ok {
		err = changed("ladder of case", s.Case)
	}
	return err
}

// CaseBefore gives the case of the same class at the same asset and of the same
// party that was over last when another was opened.
func (r reader) CaseBefore(ctx context.Context, c candor.Case) (candor.Case, error) {
	row, err := one[query.Case](ctx, r.db, "cases", "asset = ? AND class = ? AND party = ? AND state = 'closed' AND good = FALSE AND id <> ? AND closed > 0 AND closed <= ? ORDER BY closed DESC, id DESC",
		c.Asset, c.Class, c.Party, c.ID, column.Time(c.Opened))
	return theCase(row), err
}

// occasion is how long cases that are opened one after the other are of one
// occasion: what comes at once is told at once, and nobody could have mended it
// in between.
const occasion = 24 * time.Hour

// OccasionsSince counts on how many occasions cases of a party and a class were
// opened since a moment, without false alarms, and tells when the latest began. It
// looks at 1,000 cases at most, the latest.
func (r reader) OccasionsSince(ctx context.Context, party candor.ID, class candor.Class, since time.Time) (n int, last time.Time, err error) {
	err = r.scan(ctx, "look at cases of party "+string(party), `SELECT opened FROM (SELECT opened FROM cases
		WHERE party = ? AND class = ? AND opened >= ? AND state <> 'false-alarm' AND good = FALSE ORDER BY opened DESC LIMIT 1000) AS recent ORDER BY opened`,
		[]any{party, class, column.Time(since)}, func(row *sql.Rows) error {
			var at column.Time
			if err := row.Scan(&at); err != nil {
				return err
			}
			if opened := time.Time(at); n == 0 || !opened.Before(last.Add(occasion)) {
				n, last = n+1, opened
			}
			return nil
		})
	return n, last, err
}

// LastEvents tells when an event of each kind happened last in a case: of all, and
// of those that the party may read.
func (r reader) LastEvents(ctx context.Context, of candor.ID) (all, public map[candor.EventKind]time.Time, err error) {
	all, public = map[candor.EventKind]time.Time{}, map[candor.EventKind]time.Time{}
	err = r.scan(ctx, "read the last events", "SELECT kind, public, MAX(at) FROM events WHERE case_id = ? GROUP BY kind, public", []any{of}, func(row *sql.Rows) error {
		var k candor.EventKind
		var open bool
		var at column.Time
		if err := row.Scan(&k, &open, &at); err != nil {
			return err
		}
		if time.Time(at).After(all[k]) {
			all[k] = time.Time(at)
		}
		if open {
			public[k] = time.Time(at)
		}
		return nil
	})
	return all, public, err
}

// LastComplaint tells when what was complained about in a case happened last, as
// those who complained told it, but not after they did: clocks go wrong. It is zero if
// no complaint tells a time.
func (r reader) LastComplaint(ctx context.Context, of candor.ID) (time.Time, error) {
	var at column.Time
	err := r.db.QueryRowContext(ctx, `SELECT COALESCE(MAX(CASE WHEN happened > received THEN received ELSE happened END), 0) FROM
		(SELECT CASE WHEN last_seen > 0 THEN last_seen ELSE first_seen END AS happened, reports.received AS received FROM complaints
		JOIN reports ON reports.id = complaints.report WHERE complaints.case_id = ? AND complaints.case_id <> '' AND complaints.state = 'filed') AS said`, of).Scan(&at)
	return time.Time(at), kind(err, "read complaints of case %s", of)
}

// WaitingComplaints gives complaints that wait for more reporters since before a
// moment, the oldest first, behind one that was given before.
func (r reader) WaitingComplaints(ctx context.Context, before, after time.Time, id candor.ID, most int) ([]candor.Complaint, error) {
	rows, err := choose[query.Complaint](ctx, r.db, r.dialect.led("complaints", "complaints_waiting"), "state = 'waiting' AND updated <= ? AND (updated, id) > (?, ?) ORDER BY updated, id LIMIT ?",
		column.Time(before), column.Time(after), id, most)
	return each(rows, complaint), err
}

func standing(r query.Ladder) candor.Standing {
	return candor.Standing{Case: r.CaseID, Step: int(r.Step), Rung: r.Rung, Why: r.Why, Since: time.Time(r.Since), Mended: time.Time(r.Mended), Previous: r.Previous,
		Look: time.Time(r.Look), Pending: r.Pending, Gap: r.Gap, Version: r.Version}
}

func ladderRow(s candor.Standing) query.Ladder {
	return query.Ladder{CaseID: s.Case, Step: int64(s.Step), Rung: s.Rung, Why: s.Why, Since: column.Time(s.Since), Mended: column.Time(s.Mended), Previous: s.Previous,
		Look: column.Time(s.Look), Pending: s.Pending, Gap: s.Gap, Version: s.Version}
}
