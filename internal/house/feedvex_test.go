package house_test

import (
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"candor/internal/house"
	"candor/internal/intel/feed"
	"candor/internal/intel/tlp"
	"candor/internal/inventory"
	"candor/internal/store"
)

// vex is a document in the form of Red Hat's about curl and libxml2 in one release.
func vex(status string) string {
	return `{"document":{"category":"csaf_vex","csaf_version":"2.0","title":"overflow","distribution":{"tlp":{"label":"WHITE"}},"tracking":{"id":"CVE-2026-0012"}},
 "product_tree":{"branches":[{"category":"vendor","name":"Red Hat","branches":[
   {"category":"product_name","name":"x","product":{"product_id":"9","name":"Red Hat Enterprise Linux 9","product_identification_helper":{"cpe":"cpe:/o:redhat:enterprise_linux:9::baseos"}}},
   {"category":"product_version","name":"x","product":{"product_id":"mended","name":"x","product_identification_helper":{"purl":"pkg:rpm/redhat/curl@7.76.1-23.el9_2.4?arch=src"}}},
   {"category":"product_version","name":"x","product":{"product_id":"curl","name":"x","product_identification_helper":{"purl":"pkg:rpm/redhat/curl?arch=src"}}},
   {"category":"product_version","name":"x","product":{"product_id":"libxml2","name":"x","product_identification_helper":{"purl":"pkg:rpm/redhat/libxml2?arch=src"}}}]}],
  "relationships":[
   {"category":"default_component_of","full_product_name":{"product_id":"9:mended","name":"x"},"product_reference":"mended","relates_to_product_reference":"9"},
   {"category":"default_component_of","full_product_name":{"product_id":"9:curl","name":"x"},"product_reference":"curl","relates_to_product_reference":"9"},
   {"category":"default_component_of","full_product_name":{"product_id":"9:libxml2","name":"x"},"product_reference":"libxml2","relates_to_product_reference":"9"}]},
 "vulnerabilities":[{"cve":"CVE-2026-0012","product_status":` + status + `}]}`
}

// TestVEX follows what a distributor says of packages of a server: that they have a
// vulnerability, that one is mended, and that it says nothing of the other any more.
func TestVEX(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, p := t.Context(), newPublisher(t)
		w.Feeds = house.Feeds{HTTP: p.Client(), Spool: w.dir, All: []feed.Feed{{Name: "red-hat", Kind: feed.CSAF, URL: p.URL + "/meta.json", Every: time.Hour, Licence: "CC-BY-4.0", Trust: 100, TLP: tlp.Clear, Releases: []string{"9"}}}}
		const of = "Red Hat:9:9.2"
		l := inventory.List{System: "Red Hat Enterprise Linux 9.2 (Plow)", Items: []inventory.Item{
			{Kind: inventory.Package, Name: "libcurl", Source: "curl", Version: "7.76.1-23.el9_2.4", Ecosystem: of},
			{Kind: inventory.Package, Name: "libxml2", Version: "2.9.13-3.el9", Ecosystem: of}}}
		w.must(t, func(tx *store.Tx) error { return tx.KeepInventory(ctx, w.site.ID, l, w.now) })
		p.put("/meta.json", `{"distributions":[{"directory_url":"`+p.URL+`/d/"}]}`)
		for n, c := range []struct{ status, want string }{
			{`{"known_affected":["9:curl","9:libxml2"]}`, "curl libxml2"},
			{`{"fixed":["9:mended"],"known_affected":["9:libxml2"]}`, "libxml2"},
			{`{"fixed":["9:mended"]}`, ""},
		} {
			p.put("/d/cve.json", vex(c.status))
			sum := sha512.Sum512([]byte(vex(c.status)))
			p.put("/d/cve.json.sha512", hex.EncodeToString(sum[:])+"  cve.json\n")
			p.put("/d/changes.csv", fmt.Sprintf("\"cve.json\",\"2026-01-0%dT00:00:00Z\"\n", n+1))
			w.now = w.now.Add(2 * time.Hour)
			if err := w.TurnFeeds(ctx); err != nil {
				t.Fatal(err)
			}
			if err := w.JudgeSoftware(ctx); err != nil {
				t.Fatal(err)
			}
			all, err := w.Store.ProgramsExposed(ctx, []string{"CVE-2026-0012"})
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, x := range all["CVE-2026-0012"] {
				names = append(names, x.Name)
			}
			slices.Sort(names)
			if got := strings.Join(names, " "); got != c.want {
				t.Errorf("%s: %q have it, want %q", c.status, got, c.want)
			}
		}
		states, err := w.Store.FeedStates(ctx)
		if err != nil || states["red-hat"].Proof.Hashed != 3 {
			t.Errorf("%+v, %v", states["red-hat"].Proof, err)
		}
	})
}
