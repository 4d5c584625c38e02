package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// Named is that a part of a feed, such as an event of MISP, names an indicator.
type Named struct {
	Part      string
	Kind      intake.Kind
	Value     string
	Reference string // by which the part knows it
}

// KeepNamed notes what parts of a feed named in a turn. No two may be of the same
// part, kind and value.
func (t *Tx) KeepNamed(ctx context.Context, name string, turn time.Time, all ...Named) error {
	rows := make([]query.IndicatorPart, len(all))
	for i, n := range all {
		rows[i] = query.IndicatorPart{Feed: name, Part: n.Part, Kind: n.Kind, Value: n.Value, Reference: n.Reference, Kept: column.Time(turn)}
	}
	return add(ctx, t.reader, "indicator_parts", "ON CONFLICT (feed, part, kind, value) DO UPDATE SET reference = excluded.reference, kept = excluded.kept", rows...)
}

// WithdrawNamed removes the indicators that parts of a feed named before a turn and
// not in it. What another part names still stays, under the reference of that.
func (t *Tx) WithdrawNamed(ctx context.Context, name string, turn time.Time, parts []string) error {
	const some = 500
	for chunk := range slices.Chunk(parts, some) {
		if err := t.withdrawNamed(ctx, name, turn, chunk); err != nil {
			return kind(err, "take back what parts of feed %s named", name)
		}
	}
	return nil
}

func (t *Tx) withdrawNamed(ctx context.Context, name string, turn time.Time, parts []string) error {
	marks, list := in(parts)
	where, args := "feed = ? AND kept < ? AND part IN "+marks, append([]any{name, column.Time(turn)}, list...)
	var gone []intel.Indicator
	err := t.scan(ctx, "look for what parts named", "SELECT kind, value, reference FROM indicator_parts WHERE "+where, args, func(row *sql.Rows) error {
		var x intel.Indicator
		err := row.Scan(&x.Kind, &x.Value, &x.Reference)
		gone = append(gone, x)
		return err
	})
	if err != nil || len(gone) == 0 {
		return err
	}
	if _, err := t.db.ExecContext(ctx, "DELETE FROM indicator_parts WHERE "+where, args...); err != nil {
		return err
	}
	for _, x := range gone {
		if _, err := t.db.ExecContext(ctx, "DELETE FROM indicators WHERE feed = ? AND kind = ? AND value = ? AND NOT EXISTS "+
			"(SELECT 1 FROM indicator_parts p WHERE p.feed = indicators.feed AND p.kind = indicators.kind AND p.value = indicators.value)", name, x.Kind, x.Value); err != nil {
			return err
		}
		if _, err := t.db.ExecContext(ctx, "UPDATE indicators SET reference = COALESCE((SELECT MAX(p.reference) FROM indicator_parts p WHERE p.feed = indicators.feed AND p.kind = indicators.kind AND p.value = indicators.value), reference) "+
			"WHERE feed = ? AND kind = ? AND value = ? AND reference = ?", name, x.Kind, x.Value, x.Reference); err != nil {
			return err
		}
	}
	return nil
}
