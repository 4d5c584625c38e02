package store

import (
	"context"
	"database/sql"

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

// SitesWith gives sites in use that say that they run one of some software, by
// name, and how many there are of how many parties.
func (r reader) SitesWith(ctx context.Context, s candor.Scope, software []string, most int) (some []candor.Asset, number, parties int, err error) {
	if len(software) == 0 {
		return nil, 0, 0, nil
	}
	condition, args := sites(s)
	marks, names := in(software)
	condition, args = condition+" AND software IN "+marks, append(args, names...)
	err = r.scan(ctx, "count sites", "SELECT COUNT(*), COUNT(DISTINCT owner) FROM assets WHERE "+condition, args, func(row *sql.Rows) error {
		return row.Scan(&number, &parties)
	})
	if err != nil || most == 0 {
		return nil, number, parties, err
	}
	rows, err := choose[query.Asset](ctx, r.db, "assets", condition+" ORDER BY name, id LIMIT ?", append(args, most)...)
	return each(rows, asset), number, parties, err
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
