package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/feed"
	"candor/internal/intel/group"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// FeedStates gives how feeds stand, by name.
func (r reader) FeedStates(ctx context.Context) (map[string]feed.State, error) {
	rows, err := choose[query.Feed](ctx, r.db, "feeds", "1 = 1")
	all := map[string]feed.State{}
	for _, row := range rows {
		all[row.Name] = row.State.V
	}
	return all, err
}

// FeedsClaimed gives until when nodes have feeds for themselves, by name.
func (r reader) FeedsClaimed(ctx context.Context) (map[string]time.Time, error) {
	rows, err := choose[query.Feed](ctx, r.db, "feeds", "claimed > 0")
	all := map[string]time.Time{}
	for _, row := range rows {
		all[row.Name] = time.Time(row.Claimed)
	}
	return all, err
}

// ClaimFeed takes a feed for this node until a moment, and gives how it stands; ok
// is false while another has it.
func (t *Tx) ClaimFeed(ctx context.Context, name string, now, until time.Time) (s feed.State, ok bool, err error) {
	if err := t.Turn(ctx, "feed", candor.ID(name)); err != nil {
		return s, false, err
	}
	row, err := one[query.Feed](ctx, t.db, "feeds", "name = ?", name)
	switch {
	case errors.Is(err, candor.ErrNotFound):
		return s, true, add(ctx, t.reader, "feeds", "", query.Feed{Name: name, Claimed: column.Time(until)})
	case err != nil || now.Before(time.Time(row.Claimed)):
		return s, false, err
	}
	row.Claimed = column.Time(until)
	_, err = change(ctx, t.db, "feeds", row, "")
	return row.State.V, err == nil, err
}

// KeepFeed keeps how a feed stands that was claimed until a moment, and gives it
// back. It is candor.ErrChanged if another node has it by now.
func (t *Tx) KeepFeed(ctx context.Context, name string, s feed.State, claimed time.Time) error {
	ok, err := change(ctx, t.db, "feeds", query.Feed{Name: name, State: column.Of(s)}, "claimed = ?", column.Time(claimed))
	if err == nil && !ok {
		err = changed("feed", candor.ID(name))
	}
	return err
}

// What is marked, believed or called otherwise is matched again.
const indicatorAgain = `ON CONFLICT (feed, kind, value) DO UPDATE SET
	matched = CASE WHEN indicators.tlp = excluded.tlp AND indicators.trust = excluded.trust AND indicators.class = excluded.class THEN indicators.matched ELSE 0 END, class = excluded.class, last_seen = excluded.last_seen, holds = excluded.holds,
	note = excluded.note, reference = excluded.reference, tlp = excluded.tlp, trust = excluded.trust, kept = excluded.kept`

// KeepIndicators adds what a turn of a feed gave, or renews it: since when it is
// known stays. No two may be of the same kind and value.
func (t *Tx) KeepIndicators(ctx context.Context, name string, turn time.Time, all ...intel.Indicator) error {
	rows := make([]query.Indicator, len(all))
	for i, x := range all {
		rows[i] = query.Indicator{Feed: name, Kind: x.Kind, Value: x.Value, Class: x.Class, FirstSeen: told(x.First, turn), LastSeen: told(x.Last, turn), Holds: column.Time(x.Until),
			Note: x.Note, Reference: x.Reference, Tlp: x.TLP, Trust: int64(x.Confidence), Kept: column.Time(turn)}
	}
	return add(ctx, t.reader, "indicators", indicatorAgain, rows...)
}

// told is a time that a feed told, or else that of the turn.
func told(at, turn time.Time) column.Time {
	if at.IsZero() {
		at = turn
	}
	return column.Time(at)
}

func indicator(r query.Indicator) intel.Indicator {
	return intel.Indicator{Kind: r.Kind, Value: r.Value, Class: r.Class, First: time.Time(r.FirstSeen), Last: time.Time(r.LastSeen), Until: time.Time(r.Holds), Note: r.Note,
		Source: r.Feed, Reference: r.Reference, TLP: r.Tlp, Confidence: int(r.Trust)}
}

const vulnerabilityAgain = `ON CONFLICT (feed, cve, vendor, product, ecosystem) DO UPDATE SET document = excluded.document, exploited = excluded.exploited,
	due = excluded.due, epss = excluded.epss, updated = excluded.updated`

// VulnerabilityKey is by what a vulnerability of a feed is known again.
type VulnerabilityKey struct{ ID, Vendor, Product, Ecosystem string }

// KeyOf gives the key of a vulnerability. Names are cut to what an index holds.
func KeyOf(v intel.Vulnerability) VulnerabilityKey {
	const most = 300
	return VulnerabilityKey{intake.Cut(v.ID, most), intake.Cut(v.Vendor, most), intake.Cut(strings.ToLower(v.Product), most), intake.Cut(v.Ecosystem, most)}
}

// KeepVulnerabilities adds what a turn of a feed gave, or renews it. No two may
// have the same key.
func (t *Tx) KeepVulnerabilities(ctx context.Context, name string, turn time.Time, all ...intel.Vulnerability) error {
	rows := make([]query.Vulnerability, len(all))
	for i, v := range all {
		k := KeyOf(v)
		rows[i] = query.Vulnerability{Feed: name, Cve: k.ID, Vendor: k.Vendor, Product: k.Product, Ecosystem: k.Ecosystem, Document: column.Of(v), Exploited: v.Exploited,
			Due: column.Time(v.Due), Epss: int64(v.EPSS * 1e6), Updated: column.Time(turn)}
	}
	return add(ctx, t.reader, "vulnerabilities", vulnerabilityAgain, rows...)
}

// DropEntries removes what a feed gave in turns before one, and tells how many
// vulnerabilities were among it.
func (t *Tx) DropEntries(ctx context.Context, name string, turn time.Time) (vulnerabilities int64, err error) {
	for _, s := range []string{"DELETE FROM indicators WHERE feed = ? AND kept < ?", "DELETE FROM indicator_parts WHERE feed = ? AND kept < ?", "DELETE FROM vulnerabilities WHERE feed = ? AND updated < ?"} {
		result, err := t.db.ExecContext(ctx, s, name, column.Time(turn))
		if err != nil {
			return 0, kind(err, "drop entries of feed %s", name)
		}
		if vulnerabilities, err = result.RowsAffected(); err != nil {
			return 0, err
		}
	}
	return vulnerabilities, nil
}

// Supersede removes what a feed gave before a turn under references that it gave anew
// in it, or took back.
func (t *Tx) Supersede(ctx context.Context, name string, turn time.Time, references map[string]bool) error {
	if len(references) == 0 {
		return nil
	}
	var gone []intel.Indicator
	err := t.scan(ctx, "look for references", "SELECT kind, value, reference FROM indicators WHERE feed = ? AND kept < ?", []any{name, column.Time(turn)}, func(row *sql.Rows) error {
		x := intel.Indicator{Source: name}
		err := row.Scan(&x.Kind, &x.Value, &x.Reference)
		if x.Reference != "" && references[x.Reference] {
			gone = append(gone, x)
		}
		return err
	})
	if err != nil {
		return err
	}
	return t.DropIndicators(ctx, gone...)
}

// DropIndicators removes some.
func (t *Tx) DropIndicators(ctx context.Context, all ...intel.Indicator) error {
	for _, x := range all {
		for _, table := range []string{"indicators", "indicator_parts"} {
			if _, err := t.db.ExecContext(ctx, "DELETE FROM "+table+" WHERE feed = ? AND kind = ? AND value = ?", x.Source, x.Kind, x.Value); err != nil {
				return kind(err, "drop an indicator of feed %s", x.Source)
			}
		}
	}
	return nil
}

// Doubt believes no entry of a feed more than so.
func (t *Tx) Doubt(ctx context.Context, name string, trust int) error {
	_, err := t.db.ExecContext(ctx, "UPDATE indicators SET trust = ?, matched = 0 WHERE feed = ? AND trust > ?", trust, name, trust)
	return kind(err, "believe feed %s less", name)
}

// ForgetFeeds removes all of feeds but those named, and of members of sharing
// groups: entries, hits, and how they stand.
func (t *Tx) ForgetFeeds(ctx context.Context, except []string) error {
	for table, of := range map[string]string{"indicators": "feed", "indicator_parts": "feed", "vulnerabilities": "feed", "hits": "feed", "feed_told": "feed", "feeds": "name"} {
		statement, args := "DELETE FROM "+table+" WHERE "+of+" NOT LIKE ?", []any{group.FeedPrefix + "%"}
		if len(except) > 0 {
			marks, names := in(except)
			statement, args = statement+" AND "+of+" NOT IN "+marks, append(args, names...)
		}
		if _, err := t.db.ExecContext(ctx, statement, args...); err != nil {
			return kind(err, "forget %s", table)
		}
	}
	return t.NewEpoch(ctx)
}

// FeedCounts gives how many indicators and vulnerabilities are kept of each feed,
// and how many hits.
func (r reader) FeedCounts(ctx context.Context) (entries, hits map[string]int, err error) {
	entries, hits = map[string]int{}, map[string]int{}
	for table, to := range map[string]map[string]int{"indicators": entries, "vulnerabilities": entries, "hits": hits} {
		err := r.scan(ctx, "count "+table, "SELECT feed, COUNT(*) FROM "+table+" GROUP BY feed", nil, func(row *sql.Rows) error {
			var name string
			var n int
			err := row.Scan(&name, &n)
			to[name] += n
			return err
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return entries, hits, nil
}

// Unmatched gives indicators that were not held against what is here since a moment,
// also such as hold no longer; those that were so longest ago come first.
func (r reader) Unmatched(ctx context.Context, since time.Time, most int) ([]intel.Indicator, error) {
	rows, err := choose[query.Indicator](ctx, r.db, "indicators", "matched < ? ORDER BY matched, feed LIMIT ?", column.Time(since), most)
	return each(rows, indicator), err
}

// Matched notes that indicators were held against what is here.
func (t *Tx) Matched(ctx context.Context, at time.Time, all ...intel.Indicator) error {
	for _, x := range all {
		if _, err := t.db.ExecContext(ctx, "UPDATE indicators SET matched = ? WHERE feed = ? AND kind = ? AND value = ?", column.Time(at), x.Source, x.Kind, x.Value); err != nil {
			return kind(err, "note what was matched")
		}
	}
	return nil
}

// KeepHit adds a hit, or notes that one of its feed, value and asset is so again.
func (t *Tx) KeepHit(ctx context.Context, h intel.Hit) error {
	return add(ctx, t.reader, "hits", `ON CONFLICT (feed, value, asset) DO UPDATE SET what = excluded.what, class = excluded.class, note = excluded.note, tlp = excluded.tlp,
	trust = excluded.trust, last_seen = excluded.last_seen, filed = hits.filed OR excluded.filed`, query.Hit{ID: h.ID, Feed: h.Feed, Kind: h.Kind, Value: h.Value, Asset: h.Asset, What: h.What, Class: h.Class,
		Note: h.Note, Tlp: h.TLP, Trust: int64(h.Confidence), FirstSeen: column.Time(h.First), LastSeen: column.Time(h.Last), Filed: h.Filed})
}

var hitList = list{table: "hits", own: "id"}

// Hits lists hits of a feed, or of all if it is empty, the latest first.
func (r reader) Hits(ctx context.Context, s candor.Scope, name string, cut candor.Cut) (candor.Page[intel.Hit], error) {
	var w where
	equal(&w, "feed", name)
	if !s.All {
		w.and("asset IN (SELECT id FROM assets WHERE owner = ?)", s.Party)
	}
	page, err := part[query.Hit](ctx, r, hitList, w, cut)
	return turn(page, hit), err
}

// Hit gives the hit of a feed, a value and an asset.
func (r reader) Hit(ctx context.Context, name, value string, asset candor.ID) (intel.Hit, error) {
	row, err := one[query.Hit](ctx, r.db, "hits", "feed = ? AND value = ? AND asset = ?", name, value, asset)
	return hit(row), err
}

// HitsOf gives the hits of all feeds of a value and an asset.
func (r reader) HitsOf(ctx context.Context, value string, asset candor.ID) ([]intel.Hit, error) {
	rows, err := choose[query.Hit](ctx, r.db, "hits", "asset = ? AND value = ? ORDER BY id", asset, value)
	return each(rows, hit), err
}

// HitsOfFeed gives the hits of a feed and a value, of all assets.
func (r reader) HitsOfFeed(ctx context.Context, name, value string) ([]intel.Hit, error) {
	rows, err := choose[query.Hit](ctx, r.db, "hits", "feed = ? AND value = ? ORDER BY id", name, value)
	return each(rows, hit), err
}

// Indicator gives what a feed says of a value.
func (r reader) Indicator(ctx context.Context, name string, of intake.Kind, value string) (intel.Indicator, error) {
	row, err := one[query.Indicator](ctx, r.db, "indicators", "feed = ? AND kind = ? AND value = ?", name, of, value)
	return indicator(row), err
}

func hit(r query.Hit) intel.Hit {
	return intel.Hit{ID: r.ID, Feed: r.Feed, Kind: r.Kind, Value: r.Value, Asset: r.Asset, What: r.What, Class: r.Class, Note: r.Note, TLP: r.Tlp, Confidence: int(r.Trust),
		First: time.Time(r.FirstSeen), Last: time.Time(r.LastSeen), Filed: r.Filed}
}
