package store_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"candor/internal/store"
	"candor/internal/store/storetest"
)

var exposedRows = []string{
	`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) INSERT INTO programs
SELECT 'p' || i, 'package', 'Debian:12', '', 'n' || i, '', '1', 1 FROM n`,
	`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999) INSERT INTO exposed
SELECT 'CVE-2026-' || (10000 + i / 50), 'p' || (1 + i % 50), TRUE, i / 50 % 20 = 0, i % 3 = 0 AND i / 50 % 2 = 0 FROM n`,
	"ANALYZE",
}

// TestExposedIsBounded lists vulnerabilities by their index alone, though each is
// there for fifty programs.
func TestExposedIsBounded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		if err := s.Load(ctx, func(tx *sql.Tx) error {
			for _, r := range exposedRows {
				if _, err := tx.ExecContext(ctx, r); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		plans, err := s.Plans(ctx, func() error {
			for _, of := range [][2]bool{{true, true}, {false, true}, {false, false}} {
				for _, below := range []string{"", "CVE-2026-11000"} {
					ids, err := s.ExposedIDs(ctx, of[0], of[1], below, 20)
					if err != nil {
						return err
					}
					first := map[string]string{"true true": "CVE-2026-11980", "false true": "CVE-2026-11998", "false false": "CVE-2026-11999"}
					if below != "" {
						first = map[string]string{"true true": "CVE-2026-10980", "false true": "CVE-2026-10998", "false false": "CVE-2026-10999"}
					}
					if len(ids) != 20 || ids[0] != first[fmt.Sprint(of[0], of[1])] {
						t.Errorf("%v below %q: %v", of, below, ids)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range plans {
			_, plan, _ := strings.Cut(p, "\n")
			if !strings.Contains(plan, "exposed_order") || strings.Contains(plan, "Seq Scan") || strings.Contains(plan, "SCAN e") {
				t.Error(p)
			}
		}
		if len(plans) != 8 {
			t.Errorf("%d statements", len(plans))
		}
	})
}
