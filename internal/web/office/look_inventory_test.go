package office_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"candor"
	"candor/internal/inventory"
	"candor/internal/store"
)

// observes has software seen at a site, some of it gone meanwhile, and on a server.
func (w *world) observes(t *testing.T, site candor.Asset) {
	t.Helper()
	item := func(kind inventory.Kind, of, name, title, version, place string) inventory.Item {
		return inventory.Item{Kind: kind, Of: of, Name: name, Title: title, Version: version, Place: place}
	}
	const plugins = "wp-content/plugins"
	items := []inventory.Item{item(inventory.Application, "", "wordpress", "", "6.4.1", "."), item(inventory.Plugin, "wordpress", "akismet", "Akismet Anti-spam: Spam Protection", "5.3", plugins), item(inventory.Plugin, "wordpress", "broken", "<b>Broken</b>", "", plugins),
		item(inventory.Plugin, "wordpress", "wp-file-manager", "WP File Manager", "6.0", plugins), item(inventory.Plugin, "wordpress", strings.Repeat("averylongfolderwithoutanybreak", 6), strings.Repeat("x", 190), "2026.11.27-rc.1+build.4711", "a/deep/place/"+plugins),
		item(inventory.Theme, "wordpress", "twentytwentyfour", "Twenty Twenty-Four", "1.0", "wp-content/themes")}
	for i := range 12 {
		items = append(items, inventory.Item{Kind: inventory.Library, Ecosystem: inventory.Packagist, Name: fmt.Sprintf("symfony/component-%d", i), Version: "5.4." + fmt.Sprint(i), Place: "."})
	}
	var packages []inventory.Item
	for _, name := range []string{"libssl3", "openssl", "sudo", "linux-image-6.1.0-17-amd64"} {
		packages = append(packages, inventory.Item{Kind: inventory.Package, Name: name, Version: "3.0.11-1~deb12u2", Architecture: "amd64", Source: map[string]string{"libssl3": "openssl"}[name], Ecosystem: "Debian:12:bookworm"})
	}
	for _, x := range []struct {
		asset candor.ID
		list  inventory.List
	}{
		{site.ID, inventory.List{Items: slices.Concat(items, []inventory.Item{item(inventory.Plugin, "wordpress", "hello", "Hello Dolly", "1.7.2", plugins)})}},
		{site.ID, inventory.List{Items: slices.Clone(items)}},
		{site.ID, inventory.List{Items: items, Gap: inventory.Unreadable}},
		{w.server.ID, inventory.List{System: "Debian GNU/Linux 12 (bookworm)", Items: packages}},
	} {
		if err := w.House.Store.Tx(t.Context(), func(tx *store.Tx) error { return tx.KeepInventory(t.Context(), x.asset, x.list, w.Clock()) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.House.JudgeSoftware(t.Context()); err != nil {
		t.Fatal(err)
	}
}
