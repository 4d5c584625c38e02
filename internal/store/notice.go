package store

import (
	"context"
	"errors"
	"time"

	"candor"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

var noticeList = list{table: "notices", own: "updated", sorts: []string{"name", "id"}, then: []string{"party"}}

// Notice gives a notice that the scope sees.
func (r reader) Notice(ctx context.Context, scope candor.Scope, id candor.ID) (candor.Notice, error) {
	row, err := one[query.Notice](ctx, r.db, "notices", "id = ?", id)
	if err == nil && !scope.Sees(row.Party) || errors.Is(err, candor.ErrNotFound) {
		return candor.Notice{}, notThere("notice", id)
	}
	return notice(row), err
}

// Notices lists notices, what was changed last first.
func (r reader) Notices(ctx context.Context, scope candor.Scope, f candor.NoticeFilter, cut candor.Cut) (candor.Page[candor.Notice], error) {
	var w where
	w.scope(scope, "party")
	equal(&w, "party", f.Party)
	begins(&w, "name", f.Text)
	page, err := part[query.Notice](ctx, r, noticeList, w, cut)
	return turn(page, notice), err
}

// AddNotice adds a notice.
func (t *Tx) AddNotice(ctx context.Context, n candor.Notice) error {
	return add(ctx, t.reader, "notices", "", noticeRow(n))
}

// ChangeNotice replaces a notice, and counts its edition up. It is
// candor.ErrChanged if the edition is not the one that n was read with.
func (t *Tx) ChangeNotice(ctx context.Context, n *candor.Notice) error {
	row := noticeRow(*n)
	row.Edition++
	ok, err := change(ctx, t.db, "notices", row, "edition = ?", n.Edition)
	if err == nil && !ok {
		err = changed("notice", n.ID)
	}
	if err == nil {
		n.Edition++
	}
	return err
}

// DeleteNotice removes a notice of which no version was published, and takes it
// from its sites. One that was published is candor.ErrChanged.
func (t *Tx) DeleteNotice(ctx context.Context, id candor.ID) error {
	if _, err := t.db.ExecContext(ctx, "DELETE FROM notice_sites WHERE notice = ? AND number = 0", id); err != nil {
		return kind(err, "take a notice from its sites")
	}
	result, err := t.db.ExecContext(ctx, "DELETE FROM notices WHERE id = ? AND latest = 0", id)
	if err != nil {
		return kind(err, "remove a notice")
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return changed("notice", id)
	}
	return nil
}

// AddNoticeVersion keeps a published version. It is candor.ErrExists if there
// is one of that number: a version never changes.
func (t *Tx) AddNoticeVersion(ctx context.Context, v candor.NoticeVersion) error {
	return add(ctx, t.reader, "notice_versions", "", query.NoticeVersion{ID: v.ID, Notice: v.Notice, Number: v.Number, Body: v.Body, Digest: v.Digest,
		Languages: column.Of(v.Languages), Published: column.Time(v.Published), By: v.By})
}

// NoticeVersion gives a version by its number, with its body.
func (r reader) NoticeVersion(ctx context.Context, of candor.ID, number int64) (candor.NoticeVersion, error) {
	row, err := one[query.NoticeVersion](ctx, r.db, "notice_versions", "notice = ? AND number = ?", of, number)
	if errors.Is(err, candor.ErrNotFound) {
		err = notThere("version of notice", of)
	}
	return candor.NoticeVersion{ID: row.ID, Notice: row.Notice, Number: row.Number, Body: row.Body, Digest: row.Digest, Languages: row.Languages.V, Published: time.Time(row.Published), By: row.By}, err
}

// versionHead is a version without its body.
type versionHead struct {
	ID        candor.ID      `db:"id"`
	Notice    candor.ID      `db:"notice"`
	Number    int64          `db:"number"`
	Digest    string         `db:"digest"`
	Languages column.Strings `db:"languages"`
	Published column.Time    `db:"published"`
	By        string         `db:"by"`
}

// NoticeVersions gives the latest versions of a notice without their bodies,
// the last one first.
func (r reader) NoticeVersions(ctx context.Context, of candor.ID, most int) ([]candor.NoticeVersion, error) {
	rows, err := choose[versionHead](ctx, r.db, "notice_versions", "notice = ? ORDER BY number DESC LIMIT ?", of, most)
	return each(rows, func(h versionHead) candor.NoticeVersion {
		return candor.NoticeVersion{ID: h.ID, Notice: h.Notice, Number: h.Number, Digest: h.Digest, Languages: h.Languages.V, Published: time.Time(h.Published), By: h.By}
	}), err
}

// NoticeSite tells which notice a site serves.
func (r reader) NoticeSite(ctx context.Context, asset candor.ID) (candor.NoticeSite, error) {
	row, err := one[query.NoticeSite](ctx, r.db, "notice_sites", "asset = ?", asset)
	return noticeSite(row), err
}

// NoticeSites gives the sites that serve a notice.
func (r reader) NoticeSites(ctx context.Context, of candor.ID) ([]candor.NoticeSite, error) {
	rows, err := choose[query.NoticeSite](ctx, r.db, "notice_sites", "notice = ? ORDER BY asset", of)
	return each(rows, noticeSite), err
}

// DueNoticeSites gives sites whose notice is to be fetched, the longest due first.
func (r reader) DueNoticeSites(ctx context.Context, now time.Time, most int) ([]candor.NoticeSite, error) {
	rows, err := choose[query.NoticeSite](ctx, r.db, "notice_sites", "proof_due > 0 AND proof_due <= ? ORDER BY proof_due LIMIT ?", column.Time(now), most)
	return each(rows, noticeSite), err
}

// SetNoticeSite says which notice a site serves, instead of what it was before.
func (t *Tx) SetNoticeSite(ctx context.Context, s candor.NoticeSite) error {
	return add(ctx, t.reader, "notice_sites", `ON CONFLICT (asset) DO UPDATE SET notice = excluded.notice, number = excluded.number, pinned = excluded.pinned,
		by = excluded.by, proof_due = excluded.proof_due`,
		query.NoticeSite{Asset: s.Asset, Notice: s.Notice, Number: s.Number, Pinned: column.Time(s.Pinned), By: s.By, ProofDue: column.Time(s.Due)})
}

// DeleteNoticeSite takes a site's notice from it.
func (t *Tx) DeleteNoticeSite(ctx context.Context, asset candor.ID) error {
	_, err := t.db.ExecContext(ctx, "DELETE FROM notice_sites WHERE asset = ?", asset)
	return kind(err, "take a notice from a site")
}

// NoticeProofs gives what the hosts of a site served, the latest first.
func (r reader) NoticeProofs(ctx context.Context, asset candor.ID, most int) ([]candor.NoticeProof, error) {
	rows, err := choose[query.NoticeProof](ctx, r.db, "notice_proofs", "asset = ? ORDER BY id DESC LIMIT ?", asset, most)
	return each(rows, noticeProof), err
}

// LastNoticeProof gives what a host of a site served last.
func (r reader) LastNoticeProof(ctx context.Context, asset candor.ID, host string) (candor.NoticeProof, error) {
	row, err := one[query.NoticeProof](ctx, r.db, "notice_proofs", "asset = ? AND host = ? ORDER BY id DESC", asset, host)
	return noticeProof(row), err
}

// AddNoticeProof keeps what a host of a site served, where it differs from what
// it served before. It gives true if it did: what is the same as before only
// lasts longer.
func (t *Tx) AddNoticeProof(ctx context.Context, p *candor.NoticeProof) (differs bool, err error) {
	last, err := t.LastNoticeProof(ctx, p.Asset, p.Host)
	if err != nil && !errors.Is(err, candor.ErrNotFound) {
		return false, err
	}
	if err == nil && last.Notice == p.Notice && last.Number == p.Number && last.Status == p.Status && last.Digest == p.Digest && last.Detail == p.Detail {
		p.ID, p.First = last.ID, last.First
		_, err = t.db.ExecContext(ctx, "UPDATE notice_proofs SET last_seen = ? WHERE id = ?", column.Time(p.Last), p.ID)
		return false, kind(err, "change notice_proofs")
	}
	return true, add(ctx, t.reader, "notice_proofs", "", query.NoticeProof{ID: p.ID, Asset: p.Asset, Notice: p.Notice, Host: p.Host, Number: p.Number,
		Status: p.Status, Digest: p.Digest, Detail: p.Detail, FirstSeen: column.Time(p.First), LastSeen: column.Time(p.Last)})
}

// eraseNotices removes a party's notices with all that hangs on them: they name
// people. What the evidence log holds of versions are digests.
func (t *Tx) eraseNotices(ctx context.Context, party candor.ID) error {
	const own = "(SELECT id FROM notices WHERE party = ?)"
	for _, s := range []string{"DELETE FROM notice_proofs WHERE notice IN " + own, "DELETE FROM notice_sites WHERE notice IN " + own,
		"DELETE FROM notice_versions WHERE notice IN " + own, "DELETE FROM notices WHERE party = ?"} {
		if _, err := t.db.ExecContext(ctx, s, party); err != nil {
			return kind(err, "erase a party's notices")
		}
	}
	return nil
}

func notice(r query.Notice) candor.Notice {
	return candor.Notice{ID: r.ID, Party: r.Party, Name: r.Name, Draft: []byte(r.Draft), Guesses: r.Guesses.V, Edition: r.Edition, Latest: r.Latest,
		Created: time.Time(r.Created), Updated: time.Time(r.Updated), By: r.By}
}

func noticeRow(n candor.Notice) query.Notice {
	return query.Notice{ID: n.ID, Party: n.Party, Name: n.Name, Draft: column.Raw(n.Draft), Guesses: column.Of(n.Guesses), Edition: n.Edition, Latest: n.Latest,
		Created: column.Time(n.Created), Updated: column.Time(n.Updated), By: n.By}
}

func noticeSite(r query.NoticeSite) candor.NoticeSite {
	return candor.NoticeSite{Asset: r.Asset, Notice: r.Notice, Number: r.Number, Pinned: time.Time(r.Pinned), By: r.By, Due: time.Time(r.ProofDue)}
}

func noticeProof(r query.NoticeProof) candor.NoticeProof {
	return candor.NoticeProof{ID: r.ID, Asset: r.Asset, Notice: r.Notice, Host: r.Host, Number: r.Number, Status: r.Status, Digest: r.Digest, Detail: r.Detail,
		First: time.Time(r.FirstSeen), Last: time.Time(r.LastSeen)}
}
