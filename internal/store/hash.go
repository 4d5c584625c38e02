package store

import (
	"context"
	"database/sql"
	"time"

	"candor"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// ServersWithSites gives the servers with agents' sites in use, by id.
func (r reader) ServersWithSites(ctx context.Context) (all []candor.ID, err error) {
	err = r.scan(ctx, "look for servers with sites", "SELECT DISTINCT server FROM assets WHERE kind = 'site' AND retired = FALSE AND server <> '' ORDER BY server", nil, func(row *sql.Rows) error {
		var id candor.ID
		err := row.Scan(&id)
		all = append(all, id)
		return err
	})
	return all, err
}

// HashQuestion gives what was asked about a hash.
func (r reader) HashQuestion(ctx context.Context, hash string) (candor.HashQuestion, error) {
	row, err := one[query.HashQuestion](ctx, r.db, "hash_questions", "hash = ?", hash)
	return hashQuestion(row), err
}

// HashAnswers gives how far those are who were asked about a hash, by server.
func (r reader) HashAnswers(ctx context.Context, hash string) ([]candor.HashAnswer, error) {
	rows, err := choose[query.HashAnswer](ctx, r.db, "hash_answers", "hash = ? ORDER BY server", hash)
	return each(rows, hashAnswer), err
}

// HashPlaces gives places of a content that was asked for, by server, the first of
// each in the order in which they were named.
func (r reader) HashPlaces(ctx context.Context, hash string, most int) ([]candor.HashPlace, error) {
	rows, err := choose[query.HashPlace](ctx, r.db, "hash_places", "hash = ? ORDER BY server, id LIMIT ?", hash, most)
	return each(rows, hashPlace), err
}

// HashHolders gives the assets in use that hold a content that was asked for: of
// each one of its places, and when it was first seen there.
func (r reader) HashHolders(ctx context.Context, hash string, most int) (all []candor.Holding, err error) {
	err = r.scan(ctx, "look who holds a content", `SELECT a.id, a.kind, a.owner, MIN(p.path), MIN(p.since) FROM hash_places p JOIN assets a ON a.id = p.asset
		WHERE p.hash = ? AND a.retired = FALSE GROUP BY a.id, a.kind, a.owner ORDER BY a.id LIMIT ?`, []any{hash, most}, func(row *sql.Rows) error {
		var h candor.Holding
		var since int64
		err := row.Scan(&h.Asset, &h.Kind, &h.Party, &h.What, &since)
		h.Since = time.UnixMicro(since).UTC()
		all = append(all, h)
		return err
	})
	return all, err
}

// WaitingHashes gives what a server, or this program if it is empty, is still to
// answer, the oldest first.
func (r reader) WaitingHashes(ctx context.Context, server candor.ID, most int) ([]candor.HashQuestion, error) {
	rows, err := choose[query.HashQuestion](ctx, r.db, "hash_questions",
		"hash IN (SELECT hash FROM hash_answers WHERE state = 'waiting' AND server = ? ORDER BY asked, hash LIMIT ?) ORDER BY asked, hash", server, most)
	return each(rows, hashQuestion), err
}

// WaitingServers gives the servers that are still to answer something, without those
// that have a task whose Same is this and the server's identifier.
func (r reader) WaitingServers(ctx context.Context, task string) (all []candor.ID, err error) {
	err = r.scan(ctx, "look for servers to ask", `SELECT DISTINCT server FROM hash_answers WHERE state = 'waiting' AND server <> ''
		AND NOT EXISTS (SELECT 1 FROM agent_tasks t WHERE t.same = CAST(? AS TEXT) || hash_answers.server) ORDER BY server`, []any{task}, func(row *sql.Rows) error {
		var id candor.ID
		err := row.Scan(&id)
		all = append(all, id)
		return err
	})
	return all, err
}

// AskHash keeps a question, and replaces one about the same hash. Those in answers
// are asked by it; others that were asked before stay as they are, and so do the
// places that were named until somebody answers anew.
func (t *Tx) AskHash(ctx context.Context, q candor.HashQuestion, answers ...candor.HashAnswer) error {
	err := add(ctx, t.reader, "hash_questions", "ON CONFLICT (hash) DO UPDATE SET size = excluded.size, asked = excluded.asked, by = excluded.by",
		query.HashQuestion{Hash: q.Hash, Size: q.Size, Asked: column.Time(q.Asked), By: q.By})
	if err != nil || len(answers) == 0 {
		return err
	}
	return add(ctx, t.reader, "hash_answers", "ON CONFLICT (hash, server) DO UPDATE SET state = excluded.state, asked = excluded.asked, updated = excluded.updated, error = excluded.error",
		each(answers, hashAnswerRow)...)
}

// AnswerHash keeps what somebody who was asked answers, in place of what it said
// before. If it is not being asked, it is candor.ErrChanged.
func (t *Tx) AnswerHash(ctx context.Context, a candor.HashAnswer, places []candor.HashPlace) error {
	result, err := t.db.ExecContext(ctx, "UPDATE hash_answers SET state = ?, updated = ?, places = ?, unread = ?, error = ? WHERE hash = ? AND server = ? AND state = 'waiting'",
		a.State, column.Time(a.Updated), a.Places, a.Unread, a.Error, a.Hash, a.Server)
	if err != nil {
		return kind(err, "answer where a content lies")
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return changed("hash", candor.ID(a.Hash))
	}
	if a.State == candor.HashFailed {
		return nil // what it said before is the last that is known
	}
	if _, err := t.db.ExecContext(ctx, "DELETE FROM hash_places WHERE hash = ? AND server = ?", a.Hash, a.Server); err != nil {
		return kind(err, "replace where a content lies")
	}
	if len(places) == 0 {
		return nil
	}
	return add(ctx, t.reader, "hash_places", "", each(places, hashPlaceRow)...)
}

// ForgetHashes removes what was asked before a time, with its answers.
func (t *Tx) ForgetHashes(ctx context.Context, before time.Time) error {
	for _, table := range []string{"hash_places", "hash_answers"} {
		if _, err := t.db.ExecContext(ctx, "DELETE FROM "+table+" WHERE hash IN (SELECT hash FROM hash_questions WHERE asked < ?)", column.Time(before)); err != nil {
			return kind(err, "forget where contents lay")
		}
	}
	_, err := t.db.ExecContext(ctx, "DELETE FROM hash_questions WHERE asked < ?", column.Time(before))
	return kind(err, "forget where contents lay")
}

func hashQuestion(r query.HashQuestion) candor.HashQuestion {
	return candor.HashQuestion{Hash: r.Hash, Size: r.Size, Asked: time.Time(r.Asked), By: r.By}
}

func hashAnswer(r query.HashAnswer) candor.HashAnswer {
	return candor.HashAnswer{Hash: r.Hash, Server: r.Server, State: r.State, Asked: time.Time(r.Asked), Updated: time.Time(r.Updated), Places: r.Places, Unread: r.Unread, Error: r.Error}
}

func hashAnswerRow(a candor.HashAnswer) query.HashAnswer {
	return query.HashAnswer{Hash: a.Hash, Server: a.Server, State: a.State, Asked: column.Time(a.Asked), Updated: column.Time(a.Updated), Places: a.Places, Unread: a.Unread, Error: a.Error}
}

func hashPlace(r query.HashPlace) candor.HashPlace {
	return candor.HashPlace{ID: r.ID, Hash: r.Hash, Server: r.Server, Asset: r.Asset, Path: r.Path, Size: r.Size, Since: time.Time(r.Since)}
}

func hashPlaceRow(p candor.HashPlace) query.HashPlace {
	return query.HashPlace{ID: p.ID, Hash: p.Hash, Server: p.Server, Asset: p.Asset, Path: p.Path, Size: p.Size, Since: column.Time(p.Since)}
}
