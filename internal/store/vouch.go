package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"candor"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// Vouch tells who vouches for the sender of a report.
func (r reader) Vouch(ctx context.Context, report candor.ID) (candor.Vouch, error) {
	v, err := one[query.Vouch](ctx, r.db, "vouches", "report = ?", report)
	return candor.Vouch{Report: v.Report, Sender: v.Sender, By: v.Method, Domain: v.Domain, Checks: v.Checks.V, Checked: time.Time(v.Checked), Learned: v.Learned}, err
}

// KeepVouch keeps who vouches for the sender of a report, in place of what was kept
// of it.
func (t *Tx) KeepVouch(ctx context.Context, v candor.Vouch) error {
	row := query.Vouch{Report: v.Report, Sender: v.Sender, Method: v.By, Domain: v.Domain, Checks: column.Of(v.Checks), Checked: column.Time(v.Checked), Learned: v.Learned}
	return add(ctx, t.reader, "vouches", `ON CONFLICT (report) DO UPDATE SET sender = excluded.sender, method = excluded.method, domain = excluded.domain,
		checks = excluded.checks, checked = excluded.checked, learned = excluded.learned`, row)
}

// Profile reads what people taught about a sender into a value, and tells when that
// was; it is candor.ErrNotFound if nobody did.
func (r reader) Profile(ctx context.Context, sender string, into any) (time.Time, error) {
	row, err := one[query.Profile](ctx, r.db, "profiles", "sender = ?", sender)
	if err == nil {
		err = json.Unmarshal(row.Profile, into)
	}
	if err != nil && !errors.Is(err, candor.ErrNotFound) {
		err = fmt.Errorf("read the profile of a sender: %w", err)
	}
	return time.Time(row.Updated), err
}

// KeepProfile keeps what people taught about a sender.
func (t *Tx) KeepProfile(ctx context.Context, sender string, profile any, at time.Time) error {
	text, err := json.Marshal(profile)
	if err != nil {
		return err
	}
	return add(ctx, t.reader, "profiles", "ON CONFLICT (sender) DO UPDATE SET profile = excluded.profile, updated = excluded.updated",
		query.Profile{Sender: sender, Profile: column.Raw(text), Updated: column.Time(at)})
}

// DropProfiles forgets what people taught about senders.
func (t *Tx) DropProfiles(ctx context.Context, senders ...string) error {
	for _, s := range senders {
		if _, err := t.db.ExecContext(ctx, "DELETE FROM profiles WHERE sender = ?", s); err != nil {
			return kind(err, "forget the profile of a sender")
		}
	}
	return nil
}

// EraseSenders forgets senders: what people taught about them, who vouches for
// their mails, the tokens that were made for them with what records say of these, and
// what their programs were answered.
func (t *Tx) EraseSenders(ctx context.Context, senders ...string) error {
	for _, s := range senders {
		for _, statement := range []string{
			"DELETE FROM vouches WHERE sender = ?",
			"DELETE FROM personal WHERE record IN (SELECT r.id FROM records r JOIN tokens t ON t.id = r.subject WHERE t.reporter = ? AND t.reporter <> '')",
			"DELETE FROM tokens WHERE reporter = ? AND reporter <> ''",
			"DELETE FROM answers WHERE owner = 'reporter:' || ?",
		} {
			if _, err := t.db.ExecContext(ctx, statement, s); err != nil {
				return kind(err, "forget a sender")
			}
		}
	}
	return t.DropProfiles(ctx, senders...)
}
