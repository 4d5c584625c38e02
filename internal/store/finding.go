package store

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

var findingList = list{table: "findings", own: "first_seen", sorts: []string{"id", "severity", "rule"},
	then: []string{"state", "class", "party"}, weak: []string{"state", "class", "severity"}}

// Finding gives a filed finding that the scope sees.
func (r reader) Finding(ctx context.Context, scope candor.Scope, id candor.ID) (candor.FiledFinding, error) {
	row, err := one[query.Finding](ctx, r.db, "findings", "id = ?", id)
	if err == nil && !scope.Sees(row.Party) {
		return candor.FiledFinding{}, notThere("finding", id)
	}
	return finding(row), err
}

// Finding gives a finding, and keeps others from changing it until the
// transaction ends: of two who dismiss it at once, one does.
func (t *Tx) Finding(ctx context.Context, scope candor.Scope, id candor.ID) (candor.FiledFinding, error) {
	rows, err := choose[query.Finding](ctx, t.db, "findings", "id = ?"+t.dialect.lock, id)
	if err != nil {
		return candor.FiledFinding{}, err
	}
	if len(rows) == 0 || !scope.Sees(rows[0].Party) {
		return candor.FiledFinding{}, notThere("finding", id)
	}
	return finding(rows[0]), nil
}

// Findings lists filed findings.
func (r reader) Findings(ctx context.Context, scope candor.Scope, f candor.FindingFilter, cut candor.Cut) (candor.Page[candor.FiledFinding], error) {
	var w where
	w.scope(scope, "party")
	anyOf(&w, "state", f.States)
	equal(&w, "case_id", f.Case)
	equal(&w, "party", f.Party)
	equal(&w, "asset", f.Asset)
	equal(&w, "class", f.Class)
	begins(&w, "rule", f.Rule)
	begins(&w, "sha256", strings.ToLower(f.Content))
	if f.Good != nil {
		w.and(map[bool]string{true: "good <> ''", false: "good = ''"}[*f.Good])
	}
	if f.MinSeverity > candor.Info {
		w.compare("severity", ">=", f.MinSeverity)
	}
	if !f.FirstAfter.IsZero() {
		w.since("first_seen", f.FirstAfter)
	}
	if !f.FirstBefore.IsZero() {
		w.until("first_seen", f.FirstBefore)
	}
	if err := r.containing(ctx, &w, owner(scope, f.Party), "finding", f.Text); err != nil {
		return candor.Page[candor.FiledFinding]{}, err
	}
	page, err := part[query.Finding](ctx, r, findingList, w, cut)
	return turn(page, finding), err
}

// FindingsOfCase gives all findings of a case, of all states.
func (r reader) FindingsOfCase(ctx context.Context, of candor.ID) ([]candor.FiledFinding, error) {
	rows, err := choose[query.Finding](ctx, r.db, "findings", "case_id = ? ORDER BY id", of)
	return each(rows, finding), err
}

// FindingsLike gives the findings that an asset already has of these.
func (r reader) FindingsLike(ctx context.Context, asset candor.ID, sames []candor.Same) (map[candor.Same]candor.FiledFinding, error) {
	keys := make([]candor.SameAt, len(sames))
	for i, s := range sames {
		keys[i] = candor.SameAt{Asset: asset, Same: s}
	}
	all, err := r.FindingsLikeAt(ctx, keys)
	have := make(map[candor.Same]candor.FiledFinding, len(all))
	for k, f := range all {
		have[k.Same] = f
	}
	return have, err
}

// FindingsLikeAt gives the findings that assets already have of these.
func (r reader) FindingsLikeAt(ctx context.Context, keys []candor.SameAt) (map[candor.SameAt]candor.FiledFinding, error) {
	have := make(map[candor.SameAt]candor.FiledFinding, len(keys))
	values := func(k candor.SameAt) []any { return []any{k.Asset, k.Rule, k.SHA256} }
	rows, err := among[query.Finding](ctx, r, "findings", "(asset, rule, sha256)", "(?, ?, ?)", "", keys, values)
	for _, row := range rows {
		have[candor.SameAt{Asset: row.Asset, Same: candor.Same{Rule: row.Rule, SHA256: row.SHA256}}] = finding(row)
	}
	return have, err
}

// UnseenFindings gives an asset's open findings of a sensor that were not seen
// since a moment.
func (r reader) UnseenFindings(ctx context.Context, asset candor.ID, sensor string, since time.Time) ([]candor.FiledFinding, error) {
	rows, err := choose[query.Finding](ctx, r.db, "findings", "asset = ? AND state = 'open' AND sensor = ? AND last_seen < ? ORDER BY id", asset, sensor, column.Time(since))
	return each(rows, finding), err
}

// Places gives where a finding's content was seen, up to 1,000: those first
// where it still is, by path.
func (r reader) Places(ctx context.Context, of candor.ID) ([]candor.Place, error) {
	rows, err := choose[query.Place](ctx, r.db, "places", "finding = ? ORDER BY CASE WHEN state = 'open' THEN 0 ELSE 1 END, path LIMIT 1000", of)
	return each(rows, thePlace), err
}

func thePlace(p query.Place) candor.Place {
	return candor.Place{ID: p.ID, Finding: p.Finding, Path: p.Path, State: p.State, First: time.Time(p.FirstSeen), Last: time.Time(p.LastSeen)}
}

// AddFindings adds findings that are new. Their identifiers are of the time at
// which they were first seen.
func (t *Tx) AddFindings(ctx context.Context, all []candor.FiledFinding) error {
	rows, documents := make([]query.Finding, len(all)), make([]document, len(all))
	for i, f := range all {
		row, err := findingRow(f)
		if err != nil {
			return err
		}
		rows[i] = row
		documents[i] = document{"finding", f.ID, f.Party, f.Path, f.Rule + " " + f.Path}
	}
	if err := add(ctx, t.reader, "findings", "", rows...); err != nil {
		return err
	}
	return t.indexNew(ctx, documents...)
}

// SeeFindings notes that findings were seen again.
func (t *Tx) SeeFindings(ctx context.Context, ids []candor.ID, at time.Time, generation string) error {
	for part := range slices.Chunk(ids, 500) {
		marks, args := in(part)
		args = append([]any{column.Time(at), generation}, args...)
		if _, err := t.db.ExecContext(ctx, "UPDATE findings SET last_seen = ?, generation = ? WHERE id IN "+marks, args...); err != nil {
			return kind(err, "change findings")
		}
	}
	return nil
}

// ChangeFinding replaces a finding.
func (t *Tx) ChangeFinding(ctx context.Context, f candor.FiledFinding) error {
	row, err := findingRow(f)
	if err != nil {
		return err
	}
	ok, err := change(ctx, t.db, "findings", row, "")
	if err == nil && !ok {
		err = notThere("finding", f.ID)
	}
	return err
}

// AddPlaces notes where a scan saw findings; a place that was known is there again.
func (t *Tx) AddPlaces(ctx context.Context, asset, scan candor.ID, places []candor.Place) error {
	seen := make([]candor.SeenPlace, len(places))
	for i, p := range places {
		seen[i] = candor.SeenPlace{Asset: asset, Scan: scan, Place: p}
	}
	return t.AddSeenPlaces(ctx, seen)
}

// AddSeenPlaces notes where scans saw findings; a place that was known is there
// again.
func (t *Tx) AddSeenPlaces(ctx context.Context, places []candor.SeenPlace) error {
	rows := make([]query.Place, len(places))
	for i, p := range places {
		rows[i] = query.Place{ID: p.ID, Finding: p.Finding, Asset: p.Asset, Path: p.Path, State: p.State, Scan: p.Scan,
			FirstSeen: column.Time(p.First), LastSeen: column.Time(p.Last)}
	}
	return add(ctx, t.reader, "places", `ON CONFLICT (finding, path) DO UPDATE SET
		state = excluded.state, scan = excluded.scan, last_seen = excluded.last_seen`, rows...)
}

// SetPlace says how one place of a finding stands.
func (t *Tx) SetPlace(ctx context.Context, finding candor.ID, path string, state candor.FindingState) error {
	_, err := t.q.SetPlaces(ctx, state, finding, path)
	if err == nil {
		return t.CountPlaces(ctx, []candor.ID{finding})
	}
	return kind(err, "change a place")
}

// LosePlaces marks the places of an asset that a complete scan did not see as
// gone, and gives the open findings that have no place left.
func (t *Tx) LosePlaces(ctx context.Context, asset, scan candor.ID, sensor string, at time.Time) ([]candor.FiledFinding, error) {
	if _, err := t.q.SeenPlaces(ctx, column.Time(at), asset, scan, sensor); err != nil {
		return nil, kind(err, "change places")
	}
	if err := t.q.CountAssetPlaces(ctx, asset, sensor); err != nil {
		return nil, kind(err, "count places")
	}
	rows, err := t.q.LostFindings(ctx, asset, sensor)
	return each(rows, finding), kind(err, "look for findings that are gone")
}

// CountPlaces counts the places of findings anew.
func (t *Tx) CountPlaces(ctx context.Context, findings []candor.ID) error {
	for part := range slices.Chunk(findings, 500) {
		marks, args := in(part)
		const open = "(SELECT COUNT(*) FROM places p WHERE p.finding = findings.id AND p.state = 'open')"
		statement := "UPDATE findings SET places = " + open + " WHERE id IN " + marks + " AND places <> " + open
		if _, err := t.db.ExecContext(ctx, statement, args...); err != nil {
			return kind(err, "count places")
		}
	}
	return nil
}

// details are the parts of a finding that nothing asks for.
type details struct {
	Line    int                 `json:"line,omitempty"`
	Tags    []string            `json:"tags,omitempty"`
	Strings []candor.Occurrence `json:"strings,omitempty"`
	Inside  string              `json:"inside,omitempty"`
	Said    candor.Severity     `json:"rule_severity,omitempty"`
}

func finding(r query.Finding) candor.FiledFinding {
	var d details
	_ = json.Unmarshal(r.Details, &d) // ours; what an older version wrote otherwise is left out
	return candor.FiledFinding{ID: r.ID, Asset: r.Asset, Party: r.Party, Case: r.CaseID, Sensor: r.Sensor, Generation: r.Generation,
		Confidence: r.Confidence, State: r.State, First: time.Time(r.FirstSeen), Last: time.Time(r.LastSeen), Ended: time.Time(r.Ended), Places: int(r.Places), RuleSeverity: d.Said,
		Finding: candor.Finding{Path: r.Path, Rule: r.Rule, Class: r.Class, Nature: r.Nature, Severity: r.Severity, SHA256: r.SHA256, Bytes: r.Size,
			Language: r.Language, Definitions: r.Definitions, Description: r.Description, Line: d.Line, Tags: d.Tags, Strings: d.Strings, Inside: d.Inside, Good: r.Good}}
}

func findingRow(f candor.FiledFinding) (query.Finding, error) {
	d, err := json.Marshal(details{f.Line, f.Tags, f.Strings, f.Inside, f.RuleSeverity})
	return query.Finding{ID: f.ID, Asset: f.Asset, Party: f.Party, CaseID: f.Case, Sensor: f.Sensor, Rule: f.Rule, Class: f.Class, Nature: f.Nature,
		Severity: f.Severity, Confidence: f.Confidence, State: f.State, SHA256: f.SHA256, Size: f.Bytes, Language: f.Language,
		Definitions: f.Definitions, Description: f.Description, Generation: f.Generation, Path: f.Path, Places: int64(f.Places),
		Details: d, Good: f.Good, FirstSeen: column.Time(f.First), LastSeen: column.Time(f.Last), Ended: column.Time(f.Ended)}, err
}
