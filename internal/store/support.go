package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"candor"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

func sameMail(a, b string) bool {
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

// Upload gives a file that a person handed in.
func (r reader) Upload(ctx context.Context, id candor.ID) (candor.Upload, error) {
	row, err := one[query.Upload](ctx, r.db, "uploads", "id = ?", id)
	return upload(row), err
}

// UploadsOfTicket gives the files that came with a ticket, the oldest first.
func (r reader) UploadsOfTicket(ctx context.Context, ticket candor.ID) ([]candor.Upload, error) {
	rows, err := choose[query.Upload](ctx, r.db, "uploads", "ticket = ? AND ticket <> '' ORDER BY id", ticket)
	return each(rows, upload), err
}

// UploadsOfCase gives the files that were handed in for a case, the oldest first.
func (r reader) UploadsOfCase(ctx context.Context, of candor.ID) ([]candor.Upload, error) {
	rows, err := choose[query.Upload](ctx, r.db, "uploads", "case_id = ? AND case_id <> '' ORDER BY id", of)
	return each(rows, upload), err
}

// UploadsWith gives the files with a content that were not erased.
func (r reader) UploadsWith(ctx context.Context, sha256 string) ([]candor.Upload, error) {
	rows, err := choose[query.Upload](ctx, r.db, "uploads", "sha256 = ? AND erased = ? ORDER BY id", sha256, false)
	return each(rows, upload), err
}

// StaleUploads gives files that were looked at with other definitions than those
// of a generation, or not yet, since a moment; those that were looked at longest
// ago come first.
func (r reader) StaleUploads(ctx context.Context, generation string, since time.Time, most int) ([]candor.Upload, error) {
	rows, err := choose[query.Upload](ctx, r.db, "uploads", "generation <> ? AND erased = ? AND at >= ? ORDER BY scanned, id LIMIT ?", generation, false, column.Time(since), most)
	return each(rows, upload), err
}

// AddUploads adds files.
func (t *Tx) AddUploads(ctx context.Context, all ...candor.Upload) error {
	rows := make([]query.Upload, len(all))
	for i, u := range all {
		rows[i] = uploadRow(u)
	}
	return add(ctx, t.reader, "uploads", "", rows...)
}

// JudgeUpload keeps what was seen in a file. It is candor.ErrChanged if the file
// was erased, or looked at since it was read as was.
func (t *Tx) JudgeUpload(ctx context.Context, was, u candor.Upload) error {
	ok, err := update(ctx, t.db, "uploads", []string{"id", "state", "rules", "class", "nature", "severity", "generation", "scanned"},
		[]any{u.ID, u.State, column.Of(u.Rules), u.Class, u.Nature, u.Severity, u.Generation, column.Time(u.Scanned)}, "",
		"erased = ? AND generation = ? AND scanned = ?", []any{false, was.Generation, column.Time(was.Scanned)})
	if err == nil && !ok {
		err = changed("upload", u.ID)
	}
	return err
}

// PlaceUploads says whose the files of a ticket are and which case they are of,
// but for those that were erased.
func (t *Tx) PlaceUploads(ctx context.Context, ticket, of, party candor.ID) error {
	_, err := t.db.ExecContext(ctx, "UPDATE uploads SET case_id = ?, party = ? WHERE ticket = ? AND ticket <> '' AND erased = ?", of, party, ticket, false)
	return kind(err, "place uploads")
}

// UploadsTake counts the files that were not erased, and their bytes: of a ticket,
// a case or a party.
func (r reader) UploadsTake(ctx context.Context, of UploadsOf, id candor.ID) (files, bytes int64, err error) {
	err = r.db.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(SUM(size), 0) FROM uploads WHERE "+string(of)+" = ? AND "+string(of)+" <> '' AND erased = ?", id, false).Scan(&files, &bytes)
	return files, bytes, kind(err, "count uploads")
}

// UploadsOf says what files are of.
type UploadsOf string

// What files are of.
const (
	OfTicket UploadsOf = "ticket"
	OfCase   UploadsOf = "case_id"
	OfParty  UploadsOf = "party"
)

// EraseUploads takes out what is personal of a party's files, and gives their
// digests.
func (t *Tx) EraseUploads(ctx context.Context, party candor.ID) ([]string, error) {
	return t.eraseUploads(ctx, "party = ? AND party <> ''", party)
}

func (t *Tx) eraseUploads(ctx context.Context, condition string, of candor.ID) (digests []string, err error) {
	all, err := choose[query.Upload](ctx, t.db, "uploads", condition+" AND erased = ?", of, false)
	if err != nil {
		return nil, err
	}
	for _, u := range all {
		digests = append(digests, u.SHA256)
	}
	_, err = t.db.ExecContext(ctx, "UPDATE uploads SET name = '', sha256 = '', erased = TRUE WHERE "+condition, of)
	return digests, kind(err, "erase uploads")
}

// Holds tells whether a content of the vault is still that of an upload, or of a
// file that was moved away.
func (r reader) Holds(ctx context.Context, sha256 string) (bool, error) {
	uploads, err := choose[query.Upload](ctx, r.db, "uploads", "sha256 = ? LIMIT 1", sha256)
	if err != nil || len(uploads) > 0 {
		return len(uploads) > 0, err
	}
	n, err := r.rows(ctx, "findings WHERE sha256 = ? AND state = ?", 1, []any{sha256, candor.FindingQuarantined})
	if err != nil || n > 0 {
		return n > 0, err
	}
	for _, has := range []func(context.Context, string) (bool, error){r.HasPaper, r.HasReport} {
		if held, err := has(ctx, sha256); err != nil || held {
			return held, err
		}
	}
	return false, nil
}

// CannedAnswers gives the answers that are kept ready, by name.
func (r reader) CannedAnswers(ctx context.Context) ([]candor.Canned, error) {
	rows, err := choose[query.CannedAnswer](ctx, r.db, "canned_answers", "1 = 1 ORDER BY name")
	return each(rows, canned), err
}

// CannedAnswer gives one.
func (r reader) CannedAnswer(ctx context.Context, id candor.ID) (candor.Canned, error) {
	row, err := one[query.CannedAnswer](ctx, r.db, "canned_answers", "id = ?", id)
	return canned(row), err
}

// SetCanned adds an answer whose version is 0, and replaces another. It is
// candor.ErrExists if another has its name.
func (t *Tx) SetCanned(ctx context.Context, c *candor.Canned) error {
	was := c.Version
	c.Version++
	row := query.CannedAnswer{ID: c.ID, Name: c.Name, Texts: column.Of(c.Texts), Updated: column.Time(c.Updated), By: c.By, Version: c.Version}
	return set(ctx, t, "canned_answers", row, was, c.ID)
}

// DeleteCanned removes an answer.
func (t *Tx) DeleteCanned(ctx context.Context, id candor.ID) error {
	_, err := t.db.ExecContext(ctx, "DELETE FROM canned_answers WHERE id = ?", id)
	return kind(err, "remove an answer")
}

// Articles gives all articles that the staff wrote, by slug.
func (r reader) Articles(ctx context.Context) ([]candor.Article, error) {
	rows, err := choose[query.Article](ctx, r.db, "articles", "1 = 1 ORDER BY slug")
	return each(rows, article), err
}

// SetArticle adds an article whose version is 0, and replaces another. It is
// candor.ErrExists if another has its slug.
func (t *Tx) SetArticle(ctx context.Context, a *candor.Article) error {
	was := a.Version
	a.Version++
	row := query.Article{ID: a.ID, Slug: a.Slug, Titles: column.Of(a.Titles), Texts: column.Of(a.Texts), Classes: column.Of(a.Classes), Platforms: column.Of(a.Platforms),
		Hidden: a.Hidden, Updated: column.Time(a.Updated), By: a.By, Version: a.Version}
	return set(ctx, t, "articles", row, was, a.ID)
}

// DeleteArticle removes an article that the staff wrote.
func (t *Tx) DeleteArticle(ctx context.Context, slug string) error {
	_, err := t.db.ExecContext(ctx, "DELETE FROM articles WHERE slug = ?", slug)
	return kind(err, "remove an article")
}

// set adds a row whose version was 0, and replaces one of the version.
func set[T any](ctx context.Context, t *Tx, table string, row T, was int64, id candor.ID) error {
	if was == 0 {
		return add(ctx, t.reader, table, "", row)
	}
	ok, err := change(ctx, t.db, table, row, "version = ?", was)
	if err == nil && !ok {
		err = fmt.Errorf("%s %s: %w", table, id, candor.ErrChanged)
	}
	return err
}

func upload(r query.Upload) candor.Upload {
	return candor.Upload{ID: r.ID, Ticket: r.Ticket, Case: r.CaseID, Party: r.Party, At: time.Time(r.At), Name: r.Name, SHA256: r.SHA256, Size: r.Size, State: r.State,
		Rules: r.Rules.V, Class: r.Class, Nature: r.Nature, Severity: r.Severity, Generation: r.Generation, Scanned: time.Time(r.Scanned), Erased: r.Erased}
}

func uploadRow(u candor.Upload) query.Upload {
	return query.Upload{ID: u.ID, Ticket: u.Ticket, CaseID: u.Case, Party: u.Party, At: column.Time(u.At), Name: u.Name, SHA256: u.SHA256, Size: u.Size, State: u.State,
		Rules: column.Of(u.Rules), Class: u.Class, Nature: u.Nature, Severity: u.Severity, Generation: u.Generation, Scanned: column.Time(u.Scanned), Erased: u.Erased}
}

func canned(r query.CannedAnswer) candor.Canned {
	return candor.Canned{ID: r.ID, Name: r.Name, Texts: r.Texts.V, Updated: time.Time(r.Updated), By: r.By, Version: r.Version}
}

func article(r query.Article) candor.Article {
	return candor.Article{ID: r.ID, Slug: r.Slug, Titles: r.Titles.V, Texts: r.Texts.V, Classes: r.Classes.V, Platforms: r.Platforms.V, Hidden: r.Hidden,
		Updated: time.Time(r.Updated), By: r.By, Version: r.Version}
}
