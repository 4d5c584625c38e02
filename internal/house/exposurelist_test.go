package house_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"candor"
	"candor/internal/house"
	"candor/internal/intel"
	"candor/internal/intel/tlp"
	"candor/internal/intel/version"
	"candor/internal/inventory"
	"candor/internal/store"
)

// TestExposurePages goes through exposures page by page: those that are exploited,
// what a site says that it runs, and what was observed, each once and in one order.
func TestExposurePages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		said := func(n int, ecosystem, product string, mended, exploited bool) intel.Vulnerability {
			v := intel.Vulnerability{ID: fmt.Sprintf("CVE-2026-%d", 1000+n), Source: "osv", Ecosystem: ecosystem, Product: product, Title: fmt.Sprintf("flaw-%dx", n%7), Scheme: version.Semver, Ranges: []version.Range{{}}, Exploited: exploited, TLP: tlp.Clear}
			if mended {
				v.Ranges, v.Fixed = []version.Range{{Until: "9.0.0"}}, []string{"9.0.0"}
			}
			return v
		}
		var all []intel.Vulnerability
		want := 0
		for n := range 120 {
			switch {
			case n%4 == 0:
				all = append(all, said(n, "Packagist", "wordpress/core", true, n%8 == 0))
			default:
				all = append(all, said(n, "npm", "left-pad", n%3 == 0, n%5 == 0), said(n, "npm", "right-pad", n%2 == 0, n%5 == 0))
			}
			want++
		}
		all = append(all, said(500, "npm", "nobody-has-it", true, true))
		other := w.site
		other.ID, other.Name, other.Software, other.Hosts = candor.NewID(w.now), "other.example", "wordpress 6.4.2", nil
		w.site.Software = ""
		w.must(t, func(tx *store.Tx) error {
			l := inventory.List{Items: []inventory.Item{{Kind: inventory.Library, Ecosystem: inventory.NPM, Name: "left-pad", Version: "1.0.0", Place: "."}, {Kind: inventory.Library, Ecosystem: inventory.NPM, Name: "right-pad", Version: "1.0.0", Place: "."}}}
			return errors.Join(tx.ChangeAsset(ctx, w.site, time.Time{}), tx.AddAsset(ctx, other, w.now), tx.KeepInventory(ctx, w.site.ID, l, w.now), tx.KeepVulnerabilities(ctx, "osv", w.now, all...), tx.NewEpoch(ctx))
		})
		if err := w.JudgeSoftware(ctx); err != nil {
			t.Fatal(err)
		}
		ids := func(f house.ExposureFilter, limit int) (ids []string) {
			t.Helper()
			seen := map[string]bool{}
			for cut := (candor.Cut{Limit: limit}); ; {
				page, err := w.Exposures(ctx, eve, f, cut)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range page.Items {
					if seen[e.ID] {
						t.Fatalf("%s is listed twice", e.ID)
					}
					if seen[e.ID] = true; e.Number != 1 || len(e.Sites) != 1 || !e.Affected {
						t.Errorf("%+v", e)
					}
					ids = append(ids, e.ID)
				}
				if page.Count != len(ids) || page.More != (page.Next != "") || len(page.Items) > limit {
					t.Fatalf("%d of %d: %+v", len(page.Items), len(ids), page)
				}
				if cut.Cursor = page.Next; page.Next == "" {
					return ids
				}
			}
		}
		got := ids(house.ExposureFilter{}, 7)
		if whole := ids(house.ExposureFilter{}, 500); len(got) != want || fmt.Sprint(got) != fmt.Sprint(whole) {
			t.Errorf("%d of %d:\n%v\n%v", len(got), want, got, whole)
		}
		if some := ids(house.ExposureFilter{Product: "flaw-3x"}, 5); len(some) < 10 || len(some) > 20 {
			t.Errorf("filtered: %v", some)
		}
		number := 0
		for _, v := range all[:len(all)-1] {
			if v.Exploited && v.Product != "right-pad" {
				number++
			}
		}
		if some := ids(house.ExposureFilter{Exploited: true}, 5); len(some) != number || fmt.Sprint(some) != fmt.Sprint(got[:number]) {
			t.Errorf("exploited: %d of %d: %v", len(some), number, some)
		}
		for _, bad := range []string{"x", "1.9.", "1.-1.", "-1.0.a", "1"} {
			if _, err := w.Exposures(ctx, eve, house.ExposureFilter{}, candor.Cut{Cursor: bad}); !errors.Is(err, candor.ErrInvalid) {
				t.Errorf("%q: %v", bad, err)
			}
		}
	})
}
