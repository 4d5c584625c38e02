package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// estateRows are some thousand sites with what two years leave: of the findings
// few are open, and a content lies on many sites.
const estateRows = `
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO parties
SELECT 'p' || i, 'customer', 'p', '', 'en', 'UTC', '[]', '', FALSE, i, i FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO assets
SELECT 'a' || i, 'site', 'p' || i, 'a', '', '[]', '[]', '', FALSE, 0, i, i, i, i, FALSE, '', '', '' FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) INSERT INTO cases
SELECT 'c' || i, i, 'p' || (1 + i % 2000), 'x' || i, '', 2, 80, 'new', i % 30 = 0, 't', '', 1, 1, 0, i, i, 0, 1, FALSE, 'a' || (1 + i % 2000) FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 16000) INSERT INTO findings
SELECT 'f' || i, 'a' || (1 + i % 2000), 'p' || (1 + i % 2000), 'c' || (1 + i % 4000), 'scan', 'r' || i, 'x', '', 2, 80, CASE WHEN i % 30 = 0 THEN 'open' ELSE 'gone' END,
  'd' || (i % 2000), 1, 'yara', 'o', 'd', 'g', '/x', 1, '{}', i, i, 0, '' FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 16000) INSERT INTO places
SELECT 'l' || i, 'f' || i, 'a' || (1 + i % 2000), '/x', 'open', 's', i, i FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) INSERT INTO scans
SELECT 's' || i, 'a' || (1 + i % 2000), 'p', 'complete', 'c', 'b', 'g', 1, 1, 1, 1, 0, '', i, CAST(i AS BIGINT) * 1000000000, CAST(i AS BIGINT) * 1000000000 + 5 FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) INSERT INTO responses
SELECT 'q' || i, 'c' || i, 'a', 'p', 'quarantine', CASE WHEN i % 30 = 0 THEN 'proposed' ELSE 'verified' END, '{}', '', '{}', '{}', '', '', '', i, i, 0, 0, 0, 0, 0 FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) INSERT INTO late
SELECT 'm' || i, 'd' || i, 1, '[]', '/x', i, 10000 - i, i, TRUE, 'b', 'g' FROM n`

// TestEstatePlans holds that no query of the page of the estate reads a table of
// findings, places, scans, responses or late findings from end to end.
func TestEstatePlans(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		err := s.Load(ctx, func(tx *sql.Tx) error {
			for statement := range strings.SplitSeq(estateRows+"; ANALYZE", ";") {
				if _, err := tx.ExecContext(ctx, statement); err != nil {
					return fmt.Errorf("%.80s: %w", statement, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		down, up := candor.Cut{Sort: "sites", Descending: true, Limit: 25}, candor.Cut{Sort: "first_seen", Limit: 25}
		first, err := s.HotContents(ctx, down)
		if err != nil || first.Next == "" {
			t.Fatal(err)
		}
		down.Cursor = first.Next
		late := func(sort, sum string) func(context.Context) error {
			return func(ctx context.Context) error {
				cut := candor.Cut{Sort: sort, Limit: 25, Descending: true}
				page, err := s.LateFindings(ctx, sum, cut)
				if cut.Cursor = page.Next; err == nil && cut.Cursor != "" {
					_, err = s.LateFindings(ctx, sum, cut)
				}
				return err
			}
		}
		sum := first.Items[0].SHA256
		open := []string{"findings_hot"}
		if s.Kind() == "PostgreSQL" {
			open = append(open, "findings_state") // as good where few are open
		}
		for _, x := range []struct {
			name string
			do   func(context.Context) error
			by   []string // indexes, of which each statement uses one
		}{
			{"hot contents", func(ctx context.Context) error { _, err := s.HotContents(ctx, up); return err }, open},
			{"hot contents, the next page", func(ctx context.Context) error { _, err := s.HotContents(ctx, down); return err }, open},
			{"one content", func(ctx context.Context) error { _, err := s.HotContent(ctx, sum); return err }, []string{"findings_hot"}},
			{"its cases", func(ctx context.Context) error { _, err := s.HotCases(ctx, sum, "c", 50); return err }, []string{"findings_hot"}},
			{"its findings in a case", func(ctx context.Context) error { _, err := s.HotFindings(ctx, "c30", sum); return err }, []string{"findings_"}},
			{"its states", func(ctx context.Context) error { _, err := s.ContentStates(ctx, sum); return err }, []string{"findings_content", "findings_hot"}},
			{"its places", func(ctx context.Context) error { _, err := s.ContentPlaces(ctx, sum, candor.Cut{}); return err }, []string{"findings_"}},
			{"late findings", late("found", ""), []string{"late_found"}},
			{"late findings by since", late("since", ""), []string{"late_since"}},
			{"late findings by places", late("places", ""), []string{"late_places"}},
			{"late findings of a content", late("", sum), []string{"late_same"}},
			{"coverage", func(ctx context.Context) error { _, err := s.SiteCoverage(ctx, time.Now(), "g"); return err }, []string{"scans_last"}},
			{"pace", func(ctx context.Context) error { _, err := s.ScanPace(ctx, time.UnixMicro(9_990*1e9)); return err }, []string{"scans_pace"}},
		} {
			plans, err := s.Plans(ctx, func() error { return x.do(ctx) })
			if err != nil || len(plans) == 0 {
				t.Errorf("%s: %d plans, %v", x.name, len(plans), err)
			}
			for _, plan := range plans {
				if strings.Contains(plan, "(SELECT 1 FROM late WHERE 1 = 1 LIMIT") {
					continue // counting ends soon, along whatever
				}
				if x.name == "coverage" && s.Kind() == "PostgreSQL" {
					plan = strings.ReplaceAll(plan, "Seq Scan on scans s ", "") // once, where that is less than one for each site
				}
				if whole.MatchString(plan) || !regexp.MustCompile(strings.Join(x.by, "|")).MatchString(cut(plan)) {
					t.Errorf("%s:\n%s", x.name, plan)
				}
			}
		}
	})
}

// whole is how a plan says that it reads a table from end to end.
var whole = regexp.MustCompile(`(?m)Seq Scan on (findings|places|scans|responses|late)\b|SCAN (findings|places|scans|responses|late)$`)

// cut leaves the plan without the statement, which names indexes, too.
func cut(plan string) string {
	_, rest, _ := strings.Cut(plan, "\n")
	return rest
}
