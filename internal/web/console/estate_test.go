package console_test

import (
	"testing"

	"candor"
	"candor/internal/store"
	"candor/internal/web/webtest"
)

// TestEstate has one content on two sites be one row, and tells what a late
// finding overturns.
func TestEstate(t *testing.T) {
	w := newWorld(t)
	shell := webtest.Shell(w.PartyAsset, "a.php")
	w.File(t, w.PartyAsset, shell)
	w.File(t, w.OtherAsset, webtest.Shell(w.OtherAsset, "b.php"))
	check(t, w.House.Store.Tx(t.Context(), func(tx *store.Tx) error {
		l := candor.LateFinding{ID: candor.NewID(w.Clock()), SHA256: shell.SHA256, Rules: []string{"new_rule"}, Path: "/x", Places: 2, Since: w.Clock().Add(-oneDayBefore), Found: w.Clock(), Clean: true, Before: "0123456789abcdef", Generation: "g2"}
		if err := tx.AddLate(t.Context(), l); err != nil {
			return err
		}
		l.ID = candor.NewID(w.Clock())
		return tx.AddLate(t.Context(), l)
	}))
	has(t, w.get(t, "/estate"), "Hottest contents", shell.SHA256[:12], "new_rule", "taken for clean by generation 0123456789ab")
	has(t, w.get(t, "/estate/content/"+shell.SHA256), "taken for clean", "False alarm everywhere", "Propose quarantine everywhere")
	page, err := w.House.HotContents(t.Context(), w.Who(candor.RoleAuditor), candor.Cut{})
	check(t, err)
	if len(page.Items) != 1 || page.Items[0].Sites != 2 || page.Items[0].Cases != 2 {
		t.Errorf("hot contents: %+v", page.Items)
	}
}

const oneDayBefore = 24 * 3600 * 1e9
