package store_test

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"candor/internal/store"
	"candor/internal/store/storetest"
)

const forwardRows = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO forwards
SELECT 'f' || i, 'r' || i, 'abuse@h' || (i % 100) || '.example', '[]', 'sent', '', 1, '{}', '{}', CAST(i AS BIGINT) * 1000000, i, i, 'b', 1 FROM n`

// TestForwardsSinceIsBounded counts what was passed on lately without what was
// passed on before.
func TestForwardsSinceIsBounded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		if err := s.Load(ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, forwardRows)
			if err == nil {
				_, err = tx.ExecContext(ctx, "ANALYZE")
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		plans, err := s.Plans(ctx, func() error {
			address, domain, err := s.ForwardsSince(ctx, "abuse@h7.example", time.Unix(19_800, 0))
			if address != 2 || domain != 2 {
				t.Errorf("%d to the address, %d to the domain", address, domain)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range plans {
			if !strings.Contains(p, "forwards_sent") {
				t.Error(p)
			}
		}
		if len(plans) == 0 {
			t.Error("nothing was asked")
		}
	})
}
