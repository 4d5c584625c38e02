package office_test

import (
	"net/http"
	"strings"
	"testing"

	"candor"
	"candor/internal/inventory"
	"candor/internal/store"
)

// observe keeps the software of an asset, and holds it against what feeds tell.
func (w *world) observe(t testing.TB, a candor.Asset, l inventory.List) {
	t.Helper()
	err := w.House.Store.Tx(t.Context(), func(tx *store.Tx) error { return tx.KeepInventory(t.Context(), a.ID, l, w.Clock()) })
	if err == nil {
		err = w.House.JudgeSoftware(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestInventory shows what was observed at a site, what of it is exposed, and what was
// written down and is not so.
func TestInventory(t *testing.T) {
	w := newWorld(t)
	auditor, site := w.As(candor.RoleAuditor), "/assets/"+string(w.asset.ID)
	page := w.Get(t, auditor, site)
	has(t, page, http.StatusOK, "Software that was observed", "No software was observed", "Nobody has looked at its folders yet")
	has(t, w.Get(t, auditor, site+"/software"), http.StatusOK, "situation-unmeasured", "Nobody has looked at its folders yet") // no good news
	if strings.Contains(page.Text(), site+"/software\"") {
		t.Error("a list of nothing is offered")
	}
	w.intel(t, w.asset)
	w.run(t, map[*candor.Asset]string{&w.asset: "wordpress 5.0"})
	items := []inventory.Item{{Kind: inventory.Application, Name: "wordpress", Version: "6.4.2", Place: "."},
		{Kind: inventory.Plugin, Name: "evil", Title: evil, Of: "wordpress", Place: "wp-content/plugins"}, {Kind: inventory.Theme, Name: "old", Version: "1.0", Of: "wordpress", Place: "wp-content/themes"}}
	w.observe(t, w.asset, inventory.List{Items: items})
	w.observe(t, w.asset, inventory.List{Items: items[:2], Gap: inventory.TooMany})
	w.observe(t, w.asset, inventory.List{Items: items[:2]})

	page = w.Get(t, auditor, site)
	has(t, page, http.StatusOK, "What was written down is not what is there", "Written down is wordpress 5.0, and it is there in another version", "6.4.2", "CVE-2026-1207", "There is one", site+"/software")
	inert(t, page, "the site")
	all := w.Get(t, auditor, site+"/software")
	has(t, all, http.StatusOK, "Cannot be told", "wp-content/plugins", "wordpress 6.4.2", "CVE-2026-1207", "Exploited")
	inert(t, all, "its software")
	if strings.Contains(all.Text(), ">old<") {
		t.Error("what is gone is among what is there")
	}
	has(t, w.Get(t, auditor, site+"/software?state=gone"), http.StatusOK, ">old<", "Last seen")
	has(t, w.Get(t, auditor, site+"/software?q=nothing"), http.StatusOK, "Nothing matches")
	if a := w.Get(t, auditor, site+"/software?kind=plugin"); !strings.Contains(a.Text(), "evil") || strings.Contains(a.Text(), ">6.4.2<") {
		t.Error("a kind alone is not shown alone")
	}
	has(t, w.Get(t, auditor, "/intel/exposures/CVE-2026-1207"), http.StatusOK, "wordpress 6.4.2", "Observed")

	w.observe(t, w.asset, inventory.List{Items: items[:2], Gap: inventory.Unreadable})
	has(t, w.Get(t, auditor, site), http.StatusOK, "Not everything was seen", "Files or folders could not be read")
}
