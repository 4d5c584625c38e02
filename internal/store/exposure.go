package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strings"

	"candor"
	"candor/internal/intel"
	"candor/internal/store/query"
)

// SoftwareInUse gives what sites in use say that they run, each once, in order.
func (r reader) SoftwareInUse(ctx context.Context, s candor.Scope, most int) (all []string, err error) {
	condition, args := sites(s)
	err = r.scan(ctx, "read software", "SELECT DISTINCT software FROM assets WHERE "+condition+" ORDER BY software LIMIT ?", append(args, most), func(row *sql.Rows) error {
		var name string
		err := row.Scan(&name)
		all = append(all, name)
		return err
	})
	return all, err
}

// sites chooses the sites in use that say what they run.
func sites(s candor.Scope) (string, []any) {
	condition := "kind = 'site' AND software <> '' AND retired = FALSE"
	if s.All {
		return condition, nil
	}
	return condition + " AND owner = ?", []any{s.Party}
}

// Exposing is software that has a vulnerability, or may.
type Exposing struct {
	// Software is what sites say that they run, by what it is called there. It counts
	// for no site at which the same was observed with its version.
	Software map[string][]string
	Programs []string // that were observed
}

// Add adds what sites say that they run.
func (e *Exposing) Add(name, text string) {
	if e.Software == nil {
		e.Software = map[string][]string{}
	}
	e.Software[name] = append(e.Software[name], text)
}

// at chooses the assets in use that have the software; none tells that there is none.
func (e Exposing) at(d dialect, s candor.Scope) (condition string, args []any, none bool) {
	var any []string
	for _, name := range slices.Sorted(maps.Keys(e.Software)) {
		marks, texts := in(e.Software[name])
		any = append(any, "kind = 'site' AND software IN "+marks+" AND NOT EXISTS (SELECT 1 FROM inventories v WHERE v.asset = assets.id AND v.applications LIKE ?)")
		args = append(append(args, texts...), "%,"+likeText(name)+",%")
	}
	if len(e.Programs) > 0 {
		which, programs := d.within("program", e.Programs)
		any, args = append(any, "id IN (SELECT asset FROM inventory_items WHERE last_seen = 0 AND "+which+")"), append(args, programs)
	}
	condition = "retired = FALSE AND (" + strings.Join(any, " OR ") + ")"
	if !s.All {
		condition, args = condition+" AND owner = ?", append(args, s.Party)
	}
	return condition, args, len(any) == 0
}

// CountExposed counts the assets in use that have some software, and of how many
// parties they are.
func (r reader) CountExposed(ctx context.Context, s candor.Scope, e Exposing) (number, parties int, err error) {
	condition, args, none := e.at(r.dialect, s)
	if none {
		return 0, 0, nil
	}
	err = r.scan(ctx, "count assets", "SELECT COUNT(*), COUNT(DISTINCT owner) FROM assets WHERE "+condition, args, func(row *sql.Rows) error {
		return row.Scan(&number, &parties)
	})
	return number, parties, err
}

// AssetsExposed gives assets in use that have some software, by name.
func (r reader) AssetsExposed(ctx context.Context, s candor.Scope, e Exposing, most int) ([]candor.Asset, error) {
	return r.exposedAssets(ctx, s, e, "", nil, "name, id", most)
}

// AssetsExposedAfter gives assets in use that have some software, by their
// identifiers, from after one on.
func (r reader) AssetsExposedAfter(ctx context.Context, s candor.Scope, e Exposing, after candor.ID, most int) ([]candor.Asset, error) {
	return r.exposedAssets(ctx, s, e, " AND id > ?", []any{after}, "id", most)
}

func (r reader) exposedAssets(ctx context.Context, s candor.Scope, e Exposing, and string, more []any, order string, most int) ([]candor.Asset, error) {
	condition, args, none := e.at(r.dialect, s)
	if none || most < 1 {
		return nil, nil
	}
	rows, err := choose[query.Asset](ctx, r.db, "assets", condition+and+" ORDER BY "+order+" LIMIT ?", append(append(args, more...), most)...)
	return each(rows, asset), err
}

// Observes tells whether a software of a site was observed there with its version,
// by the name of the application.
func (r reader) Observes(ctx context.Context, asset candor.ID, name string) (bool, error) {
	_, err := one[query.Inventory](ctx, r.db, "inventories", "asset = ? AND applications LIKE ?", asset, "%,"+likeText(name)+",%")
	if errors.Is(err, candor.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// PartiesFiled tells of how many parties open findings of rules are, by rule.
func (r reader) PartiesFiled(ctx context.Context, s candor.Scope, rules []string) (map[string]int, error) {
	all := map[string]int{}
	for len(rules) > 0 {
		n := min(len(rules), 500)
		marks, args := in(rules[:n])
		condition := "rule IN " + marks + " AND state = 'open'"
		if !s.All {
			condition, args = condition+" AND party = ?", append(args, s.Party)
		}
		err := r.scan(ctx, "count parties", "SELECT rule, COUNT(DISTINCT party) FROM findings WHERE "+condition+" GROUP BY rule", args, func(row *sql.Rows) error {
			var rule string
			var number int
			err := row.Scan(&rule, &number)
			all[rule] = number
			return err
		})
		if err != nil {
			return nil, err
		}
		rules = rules[n:]
	}
	return all, nil
}

// FindingsOfRule gives the findings of a rule at assets, the latest last.
func (r reader) FindingsOfRule(ctx context.Context, rule string, assets []candor.ID) (all []candor.FiledFinding, err error) {
	for len(assets) > 0 {
		n := min(len(assets), 500)
		marks, args := in(assets[:n])
		rows, err := choose[query.Finding](ctx, r.db, "findings", "rule = ? AND asset IN "+marks+" ORDER BY id", append([]any{rule}, args...)...)
		if err != nil {
			return nil, err
		}
		all, assets = append(all, each(rows, finding)...), assets[n:]
	}
	return all, nil
}

// OpenFindingsBelow gives open findings of rules that begin so, by their
// identifiers, from after one on.
func (r reader) OpenFindingsBelow(ctx context.Context, prefix string, after candor.ID, most int) ([]candor.FiledFinding, error) {
	rows, err := choose[query.Finding](ctx, r.db, "findings", "rule >= ? AND rule < ? AND state = 'open' AND id > ? ORDER BY id LIMIT ?", prefix, prefix+"\U0010FFFF", after, most)
	return each(rows, finding), err
}

// ResponsesTo gives the responses of a method to some cases, in order.
func (r reader) ResponsesTo(ctx context.Context, cases []candor.ID, method string) (all []candor.Response, err error) {
	for len(cases) > 0 {
		n := min(len(cases), 500)
		marks, args := in(cases[:n])
		rows, err := choose[query.Response](ctx, r.db, "responses", "case_id IN "+marks+" AND method = ? ORDER BY id", append(args, method)...)
		if err != nil {
			return nil, err
		}
		all, cases = append(all, each(rows, response)...), cases[n:]
	}
	return all, nil
}

// Exploited gives vulnerabilities that are known to be exploited, the latest
// identifier first.
func (r reader) Exploited(ctx context.Context, most int) ([]intel.Vulnerability, error) {
	return r.vulnerabilities(ctx, "exploited ORDER BY cve DESC, feed, product LIMIT ?", most)
}

// VulnerabilitiesOf gives what is said of products by their names, in lower case.
func (r reader) VulnerabilitiesOf(ctx context.Context, products []string, most int) ([]intel.Vulnerability, error) {
	if len(products) == 0 {
		return nil, nil
	}
	marks, args := in(products)
	return r.vulnerabilities(ctx, "product <> '' AND product IN "+marks+" ORDER BY cve DESC, feed LIMIT ?", append(args, most)...)
}

// VulnerabilitiesNamed gives all that is said of some identifiers.
func (r reader) VulnerabilitiesNamed(ctx context.Context, ids []string) (all []intel.Vulnerability, err error) {
	for len(ids) > 0 {
		n := min(len(ids), 500)
		marks, args := in(ids[:n])
		some, err := r.vulnerabilities(ctx, "cve IN "+marks+" ORDER BY cve DESC, feed, product", args...)
		if err != nil {
			return nil, err
		}
		all, ids = append(all, some...), ids[n:]
	}
	return all, nil
}

func (r reader) vulnerabilities(ctx context.Context, condition string, args ...any) ([]intel.Vulnerability, error) {
	rows, err := choose[query.Vulnerability](ctx, r.db, "vulnerabilities", condition, args...)
	return each(rows, func(r query.Vulnerability) intel.Vulnerability { return r.Document.V }), err
}
