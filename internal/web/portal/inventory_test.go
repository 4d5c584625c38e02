package portal_test

import (
	"net/http"
	"strings"
	"testing"

	"candor"
	"candor/internal/inventory"
	"candor/internal/store"
)

// TestInventory shows customers the software of their own sites, without what may not
// be told to them.
func TestInventory(t *testing.T) {
	w, _, path := gated(t)
	customer := w.As(candor.RoleCustomer)
	if a := w.Get(t, customer, path); a.Status != http.StatusOK || strings.Contains(a.Text(), "Software that we see") {
		t.Fatalf("before anybody looked: %d", a.Status)
	}
	items := []inventory.Item{{Kind: inventory.Application, Name: "wordpress", Version: "6.4.2", Place: "."}, {Kind: inventory.Plugin, Name: "x", Title: "<script>alert(1)</script>", Of: "wordpress", Place: "wp-content/plugins"}}
	if err := w.House.Store.Tx(t.Context(), func(tx *store.Tx) error {
		return tx.KeepInventory(t.Context(), w.PartyAsset.ID, inventory.List{Items: items, Gap: inventory.Unreadable}, w.Clock())
	}); err != nil {
		t.Fatal(err)
	}
	text := w.Get(t, customer, path).Text()
	for _, want := range []string{"Software that we see on this site", "6.4.2", "&lt;script&gt;alert(1)", "the version cannot be told", "We could not look at everything"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(text, "<script>alert") {
		t.Error("a name became markup")
	}
	if a := w.Get(t, customer, "/my/sites/"+string(w.OtherAsset.ID)); a.Status != http.StatusNotFound {
		t.Errorf("a site of somebody else: %d", a.Status)
	}
}
