package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"candor"
	"candor/internal/intel"
	"candor/internal/inventory"
	"candor/internal/store"
)

// testInventories keeps which software is where, since when, and what of it has
// vulnerabilities.
func testInventories(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, a := Sample(t, s, "inventory")
	item := func(kind inventory.Kind, name, version string) inventory.Item {
		return inventory.Item{Kind: kind, Name: name, Version: version, Of: map[inventory.Kind]string{inventory.Plugin: "wordpress"}[kind], Place: "."}
	}
	wordpress, akismet := item(inventory.Application, "wordpress", "6.4.2"), item(inventory.Plugin, "akismet", "5.3")
	keep := func(at time.Time, gap inventory.Gap, items ...inventory.Item) inventory.List {
		t.Helper()
		l := inventory.List{Items: items, Gap: gap}
		do(t, s, func(tx *store.Tx) error { return tx.KeepInventory(ctx, a.ID, l, at) })
		l.Tidy()
		return l
	}
	items := func(f store.ItemFilter) (all []inventory.Observed) {
		t.Helper()
		f.Most = 10
		return must(s.Items(ctx, a.ID, f))(t)
	}
	_, err := s.InventoryOf(ctx, a.ID)
	isKind(t, err, candor.ErrNotFound)
	l := keep(noon, inventory.Complete, wordpress, akismet)
	same(t, must(s.InventoryOf(ctx, a.ID))(t), inventory.State{Asset: a.ID, Items: 2, First: noon, Changed: noon, Seen: noon})
	same(t, items(store.ItemFilter{}), []inventory.Observed{{Item: wordpress, First: noon}, {Item: akismet, First: noon}})
	same(t, items(store.ItemFilter{Kind: inventory.Plugin, Text: "AKI"}), []inventory.Observed{{Item: akismet, First: noon}})
	same(t, len(items(store.ItemFilter{Text: "joomla"})), 0)
	later := noon.Add(time.Hour)
	seen := func(digest string, want bool) {
		t.Helper()
		do(t, s, func(tx *store.Tx) error {
			known, err := tx.SeeInventory(ctx, a.ID, digest, later)
			same(t, known, want)
			return err
		})
	}
	seen("other", false)
	seen(l.Digest(), true)
	same(t, must(s.InventoryOf(ctx, a.ID))(t), inventory.State{Asset: a.ID, Items: 2, First: noon, Changed: noon, Seen: later})
	same(t, must(s.InventoriesSeen(ctx, []candor.ID{a.ID, p.ID}))(t), map[candor.ID]time.Time{a.ID: later})
	same(t, must(s.Observes(ctx, a.ID, "wordpress"))(t), true)
	same(t, must(s.Observes(ctx, a.ID, "word"))(t), false)

	// With a gap only what has another version is gone.
	updated := item(inventory.Application, "wordpress", "6.4.3")
	evening := later.Add(time.Hour)
	keep(evening, inventory.Unreadable, updated)
	same(t, must(s.InventoryOf(ctx, a.ID))(t), inventory.State{Asset: a.ID, Gap: inventory.Unreadable, Items: 2, First: noon, Changed: evening, Seen: evening})
	same(t, items(store.ItemFilter{}), []inventory.Observed{{Item: updated, First: evening}, {Item: akismet, First: noon}})
	same(t, items(store.ItemFilter{Gone: true}), []inventory.Observed{{Item: wordpress, First: noon, Last: later}})
	keep(evening.Add(time.Hour), inventory.Complete, wordpress)
	same(t, items(store.ItemFilter{}), []inventory.Observed{{Item: wordpress, First: noon}})
	same(t, len(items(store.ItemFilter{Gone: true})), 2)
	testExposed(t, s, p, a, wordpress.Program(), akismet.Program())

	do(t, s, func(tx *store.Tx) error { return tx.ForgetSoftware(ctx, evening.Add(24*time.Hour)) })
	same(t, len(items(store.ItemFilter{Gone: true})), 0)
	do(t, s, func(tx *store.Tx) error { return tx.EraseTraces(ctx, p.ID, nil) })
	same(t, len(items(store.ItemFilter{})), 0)
	_, err = s.InventoryOf(ctx, a.ID)
	isKind(t, err, candor.ErrNotFound)
}

// testExposed keeps which programs have what: wordpress is at an asset, akismet is gone.
func testExposed(t *testing.T, s *store.Store, p candor.Party, a candor.Asset, wordpress, akismet inventory.Program) {
	ctx := t.Context()
	epoch := must(s.ExposureEpoch(ctx))(t)
	same(t, must(s.Unjudged(ctx, epoch, 10))(t), []inventory.Program{wordpress})
	all := []store.Exposed{{ID: "CVE-2026-1", Program: wordpress.ID(), Affected: true, Mended: true}, {ID: "CVE-2026-2", Program: wordpress.ID(), Exploited: true}, {ID: "CVE-2026-3", Program: wordpress.ID(), Affected: true}}
	judge := func(epoch int64, all ...store.Exposed) {
		t.Helper()
		do(t, s, func(tx *store.Tx) error { return tx.Judge(ctx, epoch, []string{wordpress.ID()}, all) })
	}
	judge(epoch, all...)
	same(t, len(must(s.Unjudged(ctx, epoch, 10))(t)), 0)
	do(t, s, func(tx *store.Tx) error { return tx.NewEpoch(ctx) })
	same(t, must(s.ExposureEpoch(ctx))(t), epoch+1)
	same(t, len(must(s.Unjudged(ctx, epoch+1, 10))(t)), 1)
	listed := func(exploited, mended bool, below string) []string {
		t.Helper()
		return must(s.ExposedIDs(ctx, exploited, mended, below, 10))(t)
	}
	same(t, listed(true, false, ""), []string{"CVE-2026-2"})
	same(t, listed(false, true, ""), []string{"CVE-2026-1"})
	same(t, listed(false, false, ""), []string{"CVE-2026-3"})
	same(t, len(listed(false, false, "CVE-2026-3")), 0)
	same(t, must(s.ProgramsExposed(ctx, []string{"CVE-2026-1"}))(t), map[string][]inventory.Program{"CVE-2026-1": {wordpress}})
	same(t, must(s.ExposuresOf(ctx, a.ID, 2))(t), []store.Exposed{all[1], all[0]})
	same(t, must(s.ProgramsThere(ctx, a.ID))(t), []inventory.Program{wordpress})
	same(t, must(s.ProgramsAt(ctx, []candor.ID{a.ID}, []string{wordpress.ID(), akismet.ID()}))(t), map[candor.ID][]string{a.ID: {wordpress.ID()}})

	count := func(scope candor.Scope, e store.Exposing, want ...int) {
		t.Helper()
		n, parties, err := s.CountExposed(ctx, scope, e)
		same(t, err, nil)
		same(t, []int{n, parties}, want)
	}
	found := store.Exposing{Programs: []string{wordpress.ID(), akismet.ID()}}
	count(candor.Everything, found, 1, 1)
	count(candor.Scope{Party: candor.NewID(noon)}, found, 0, 0)
	count(candor.Everything, store.Exposing{}, 0, 0)
	count(candor.Everything, store.Exposing{Programs: []string{akismet.ID()}}, 0, 0)
	mine := candor.Scope{Party: p.ID}
	// What the site says of itself does not count where that was observed.
	a.Software = "wordpress 5.0"
	do(t, s, func(tx *store.Tx) error { return tx.ChangeAsset(ctx, a, time.Time{}) })
	count(mine, store.Exposing{Software: map[string][]string{"wordpress": {"wordpress 5.0"}}}, 0, 0)
	a.Software = "joomla 3"
	do(t, s, func(tx *store.Tx) error { return tx.ChangeAsset(ctx, a, time.Time{}) })
	many := store.Exposing{Programs: slices.Repeat([]string{akismet.ID()}, 70_000)} // more than a statement has parameters
	many.Programs[69_999] = wordpress.ID()
	count(mine, many, 1, 1)
	same(t, must(s.ProgramsAt(ctx, []candor.ID{a.ID}, many.Programs))(t), map[candor.ID][]string{a.ID: {wordpress.ID()}})
	both := store.Exposing{Software: map[string][]string{"joomla": {"joomla 3"}}, Programs: found.Programs}
	count(mine, both, 1, 1)
	at := must(s.AssetsExposed(ctx, mine, both, 10))(t)
	same(t, len(at), 1)
	same(t, at[0].ID, a.ID)
	same(t, len(must(s.AssetsExposedAfter(ctx, mine, both, a.ID, 10))(t)), 0)
	// What is judged otherwise is kept so, and the rest stays.
	all[0].Affected, all[0].Exploited, all[1].Mended = false, true, true
	judge(epoch+1, all[0], all[1])
	same(t, must(s.ExposuresOf(ctx, a.ID, 5))(t), []store.Exposed{all[1], all[0]})
	judge(epoch + 1)
	same(t, len(listed(false, true, ""))+len(listed(false, false, "")), 0)
	testExposedOrder(t, s, epoch+1)
	testEpochFor(t, s)

	v := intel.Vulnerability{ID: "CVE-2026-4", Ecosystem: "Debian:12", Product: "openssl", Source: "osv"}
	other := v
	other.Ecosystem = "Debian:11"
	do(t, s, func(tx *store.Tx) error { return tx.KeepVulnerabilities(ctx, "osv", noon, v, other) })
	same(t, must(s.VulnerabilitiesWithin(ctx, []string{"openssl"}, []string{"Debian:12"}, 10))(t), []intel.Vulnerability{v})
	same(t, len(must(s.VulnerabilitiesWithin(ctx, []string{"openssl"}, []string{"Debian:12", "Debian:11"}, 1))(t)), 1)
	do(t, s, func(tx *store.Tx) error { _, err := tx.DropEntries(ctx, "osv", noon.Add(time.Hour)); return err })
}

// testInventoryBounds: whatever is told of an asset, what is kept of it does not grow
// without end.
// testExposedOrder lists what several programs have: each once, by the best that is
// said of it at one of them, and page by page.
func testExposedOrder(t *testing.T, s *store.Store, epoch int64) {
	ctx := t.Context()
	_, a := Sample(t, s, "exposed in order")
	l := inventory.List{}
	for _, name := range []string{"one", "two"} {
		l.Items = append(l.Items, inventory.Item{Kind: inventory.Library, Ecosystem: inventory.NPM, Name: name, Version: "1", Place: "."})
	}
	do(t, s, func(tx *store.Tx) error { return tx.KeepInventory(ctx, a.ID, l, noon) })
	one, two := l.Items[0].Program().ID(), l.Items[1].Program().ID()
	var all []store.Exposed
	want := map[[2]bool][]string{}
	for n := 29; n >= 0; n-- {
		e := store.Exposed{ID: fmt.Sprintf("CVE-2026-10%02d", n), Program: one, Affected: true, Exploited: n%5 == 0, Mended: n%3 == 0}
		all = append(all, e)
		e.Program, e.Mended = two, n%2 == 0
		all = append(all, e)
		at := [2]bool{e.Exploited, n%3 == 0 || n%2 == 0}
		if e.Exploited {
			at[1] = false // they come together
		}
		want[at] = append(want[at], e.ID)
	}
	do(t, s, func(tx *store.Tx) error { return tx.Judge(ctx, epoch, []string{one, two}, all) })
	for at, ids := range want {
		var got []string
		for below := ""; ; {
			some := must(s.ExposedIDs(ctx, at[0], at[1], below, 4))(t)
			if len(some) == 0 {
				break
			}
			got = append(got, some...)
			below = some[len(some)-1]
		}
		same(t, got, ids)
	}
	programs, exposed, err := s.SoftwareCounts(ctx)
	same(t, err, nil)
	same(t, programs >= 2 && exposed == len(all), true)
	do(t, s, func(tx *store.Tx) error { return tx.Judge(ctx, epoch, []string{one, two}, nil) })
}

// testEpochFor has only those programs judged again that are concerned, and those
// that were not judged before.
func testEpochFor(t *testing.T, s *store.Store) {
	ctx := t.Context()
	_, a := Sample(t, s, "concerned")
	l := inventory.List{}
	for _, name := range []string{"concerned", "late", "other"} {
		l.Items = append(l.Items, inventory.Item{Kind: inventory.Library, Ecosystem: inventory.NPM, Name: name, Version: "1", Place: "."})
	}
	do(t, s, func(tx *store.Tx) error { return tx.KeepInventory(ctx, a.ID, l, noon) })
	epoch := must(s.ExposureEpoch(ctx))(t)
	do(t, s, func(tx *store.Tx) error {
		return tx.Judge(ctx, epoch, []string{l.Items[0].Program().ID(), l.Items[2].Program().ID()}, nil)
	})
	do(t, s, func(tx *store.Tx) error {
		return tx.NewEpochFor(ctx, func(p inventory.Program) bool { return p.Name == "concerned" })
	})
	same(t, must(s.ExposureEpoch(ctx))(t), epoch+1)
	var names []string
	for _, p := range must(s.Unjudged(ctx, epoch+1, 100))(t) {
		names = append(names, p.Name)
	}
	for name, want := range map[string]bool{"concerned": true, "late": true, "other": false} {
		same(t, slices.Contains(names, name), want)
	}
}

func testInventoryBounds(t *testing.T, s *store.Store) {
	ctx := t.Context()
	_, a := Sample(t, s, "inventories without end")
	number := func(gone bool) int {
		t.Helper()
		return len(must(s.Items(ctx, a.ID, store.ItemFilter{Gone: gone, Most: 100_000}))(t))
	}
	for turn, gap := range []inventory.Gap{inventory.TooMany, inventory.Unreadable, inventory.TooMany, inventory.Complete} {
		l := inventory.List{Gap: gap, Items: make([]inventory.Item, inventory.MostItems)}
		for i := range l.Items {
			l.Items[i] = inventory.Item{Kind: inventory.Library, Ecosystem: inventory.NPM, Name: fmt.Sprintf("p%d-%d", turn, i), Version: "1.0.0", Place: "."}
		}
		do(t, s, func(tx *store.Tx) error {
			return tx.KeepInventory(ctx, a.ID, l, noon.Add(time.Duration(turn)*time.Hour))
		})
		if turn == 2 {
			same(t, []int{number(false), number(true)}, []int{2 * inventory.MostItems, inventory.MostItems})
			same(t, must(s.InventoryOf(ctx, a.ID))(t).Items, 2*inventory.MostItems)
		}
	}
	same(t, []int{number(false), number(true)}, []int{inventory.MostItems, 2 * inventory.MostItems})
	do(t, s, func(tx *store.Tx) error { return tx.KeepInventory(ctx, a.ID, inventory.List{}, noon.Add(9*time.Hour)) })
	do(t, s, func(tx *store.Tx) error { return tx.ForgetSoftware(ctx, noon.Add(24*time.Hour)) })
	same(t, []int{number(false), number(true)}, []int{0, 0})

	// They come in the order in which people expect them.
	l, order := inventory.List{}, []inventory.Kind{}
	for _, k := range inventory.Kinds() {
		l.Items = append(l.Items, inventory.Item{Kind: k, Name: "x", Place: "."})
	}
	do(t, s, func(tx *store.Tx) error { return tx.KeepInventory(ctx, a.ID, l, noon.Add(48*time.Hour)) })
	for _, o := range must(s.Items(ctx, a.ID, store.ItemFilter{Most: 10}))(t) {
		order = append(order, o.Kind)
	}
	same(t, order, inventory.Kinds())
}
