package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/feed"
	"candor/internal/intel/tlp"
	"candor/internal/store"
)

// testFeeds keeps what feeds give, how they stand, and what of it is here.
func testFeeds(t *testing.T, s *store.Store) {
	ctx := t.Context()
	until := noon.Add(time.Hour)
	claim := func(at time.Time, want bool) (got feed.State) {
		t.Helper()
		do(t, s, func(tx *store.Tx) (err error) {
			var ok bool
			got, ok, err = tx.ClaimFeed(ctx, "list", at, until)
			same(t, ok, want)
			return err
		})
		return got
	}
	same(t, claim(noon, true), feed.State{})
	claim(noon.Add(time.Minute), false)
	state := feed.State{ETag: `"1"`, Checked: noon, Fetched: noon, Entries: 2, Seen: map[string]int64{"a": 1}}
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.KeepFeed(ctx, "list", state, noon) }), candor.ErrChanged)
	do(t, s, func(tx *store.Tx) error { return tx.KeepFeed(ctx, "list", state, until) })
	same(t, must(s.FeedStates(ctx))(t), map[string]feed.State{"list": state})
	same(t, claim(noon.Add(time.Minute), true), state)

	_, a := Sample(t, s, "fed")
	one := intel.Indicator{Kind: intake.Address, Value: "192.0.2.7", Class: candor.InfectedSystem, First: noon.Add(-time.Hour), Last: noon, Note: "x", Reference: "1", TLP: tlp.Green, Confidence: 90, Source: "list"}
	two := intel.Indicator{Kind: intake.Domain, Value: "fed.example", First: noon, Last: noon, Until: noon.Add(time.Hour), Source: "list"}
	keep := func(turn time.Time, all ...intel.Indicator) {
		t.Helper()
		do(t, s, func(tx *store.Tx) error {
			if err := tx.KeepIndicators(ctx, "list", turn, all...); err != nil {
				return err
			}
			_, err := tx.DropEntries(ctx, "list", turn)
			return err
		})
	}
	unmatched := func(since time.Time, want ...intel.Indicator) {
		t.Helper()
		same(t, must(s.Unmatched(ctx, since, 10))(t), append([]intel.Indicator{}, want...))
	}
	keep(noon, one, two)
	unmatched(noon, one, two)
	do(t, s, func(tx *store.Tx) error { return tx.Matched(ctx, noon, one) })
	unmatched(noon, two)
	later := one
	later.Note = "y"
	keep(noon.Add(time.Minute), later)
	unmatched(noon)
	unmatched(noon.Add(time.Second), later)
	later.TLP = tlp.Amber
	keep(noon.Add(time.Minute), later)
	unmatched(noon, later) // it is marked otherwise

	three := intel.Indicator{Kind: intake.Domain, Value: "three.example", First: noon, Last: noon, Reference: "1", Confidence: 70, Source: "list"}
	do(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.KeepIndicators(ctx, "list", noon.Add(2*time.Minute), three), tx.Supersede(ctx, "list", noon.Add(2*time.Minute), map[string]bool{"1": true}), tx.Doubt(ctx, "list", 60), tx.Doubt(ctx, "list", 80))
	})
	three.Confidence = 60
	unmatched(noon, three) // later is what reference 1 was before
	do(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.DropIndicators(ctx, three), tx.KeepIndicators(ctx, "list", noon, one), tx.Matched(ctx, noon, one))
	})
	unmatched(noon)

	h := intel.Hit{ID: candor.NewID(noon), Feed: "list", Kind: one.Kind, Value: one.Value, Asset: a.ID, What: "192.0.2.7/32", TLP: tlp.Green, Confidence: 90, First: noon, Last: noon, Filed: true}
	again := h
	again.ID, again.Filed, again.First, again.Last = candor.NewID(noon), false, noon.Add(time.Hour), noon.Add(time.Hour)
	do(t, s, func(tx *store.Tx) error { return tx.KeepHit(ctx, h) })
	do(t, s, func(tx *store.Tx) error { return tx.KeepHit(ctx, again) })
	h.Last = again.Last
	same(t, must(s.Hits(ctx, candor.Everything, "list", candor.Cut{}))(t), candor.Page[intel.Hit]{Items: []intel.Hit{h}, Count: 1})
	same(t, must(s.Hit(ctx, "list", one.Value, a.ID))(t), h)
	same(t, len(must(s.Hits(ctx, candor.Scope{Party: candor.NewID(noon)}, "", candor.Cut{}))(t).Items), 0)
	_, err := s.Hit(ctx, "list", "192.0.2.8", a.ID)
	isKind(t, err, candor.ErrNotFound)
	testVulnerabilities(t, s)
	testParts(t, s)
	entries, hits, err := s.FeedCounts(ctx)
	same(t, err, nil)
	same(t, entries, map[string]int{"list": 1, "kev": 1})
	same(t, hits, map[string]int{"list": 1})
	do(t, s, func(tx *store.Tx) error { return tx.ForgetFeeds(ctx, []string{"kev"}) })
	entries, hits, err = s.FeedCounts(ctx)
	same(t, err, nil)
	same(t, entries, map[string]int{"kev": 1})
	same(t, hits, map[string]int{})
}

// testParts takes back what parts of a feed named, but for what others name still.
func testParts(t *testing.T, s *store.Store) {
	ctx := t.Context()
	keep := func(turn time.Time, part string, values ...string) {
		t.Helper()
		do(t, s, func(tx *store.Tx) error {
			var all []intel.Indicator
			var named []store.Named
			for _, v := range values {
				all = append(all, intel.Indicator{Kind: intake.Domain, Value: v, Reference: part + v})
				named = append(named, store.Named{Part: part, Kind: intake.Domain, Value: v, Reference: part + v})
			}
			return errors.Join(tx.KeepIndicators(ctx, "misp", turn, all...), tx.KeepNamed(ctx, "misp", turn, named...), tx.WithdrawNamed(ctx, "misp", turn, []string{part}))
		})
	}
	has := func(want map[string]string) {
		t.Helper()
		got := map[string]string{}
		for _, i := range must(s.Unmatched(ctx, noon.AddDate(1, 0, 0), 100))(t) {
			if i.Source == "misp" {
				got[i.Value] = i.Reference
			}
		}
		same(t, got, want)
	}
	keep(noon, "b", "both.example", "b.example")
	keep(noon, "a", "both.example", "a.example")
	has(map[string]string{"both.example": "aboth.example", "a.example": "aa.example", "b.example": "bb.example"})
	keep(noon.Add(time.Minute), "a", "new.example")
	has(map[string]string{"both.example": "bboth.example", "new.example": "anew.example", "b.example": "bb.example"})
	keep(noon.Add(2*time.Minute), "b")
	has(map[string]string{"new.example": "anew.example"})
	do(t, s, func(tx *store.Tx) error { _, err := tx.DropEntries(ctx, "misp", noon.Add(time.Hour)); return err })
	keep(noon.Add(time.Hour), "c", "new.example")
	keep(noon.Add(2*time.Hour), "c")
	has(map[string]string{}) // nothing of a feed that was dropped holds it
}

// testVulnerabilities keeps vulnerabilities, and finds them and the sites by
// software.
func testVulnerabilities(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, a := Sample(t, s, "exposed")
	a.Software = "odd cms 1.2"
	do(t, s, func(tx *store.Tx) error { return tx.ChangeAsset(ctx, a, time.Time{}) })
	v := intel.Vulnerability{ID: "CVE-2026-1207", Vendor: "Odd", Product: "CMS", Exploited: true, Due: noon, EPSS: 0.5, Source: "kev"}
	quiet := intel.Vulnerability{ID: "CVE-2026-1208", Product: "CMS", Source: "kev"}
	do(t, s, func(tx *store.Tx) error { return tx.KeepVulnerabilities(ctx, "kev", noon, v, quiet) })
	same(t, must(s.Exploited(ctx, 10))(t), []intel.Vulnerability{v})
	same(t, must(s.VulnerabilitiesOf(ctx, []string{"cms"}, 10))(t), []intel.Vulnerability{quiet, v})
	same(t, must(s.VulnerabilitiesNamed(ctx, []string{quiet.ID, "CVE-2026-9"}))(t), []intel.Vulnerability{quiet})
	v.Exploited = false
	do(t, s, func(tx *store.Tx) error {
		if err := tx.KeepVulnerabilities(ctx, "kev", noon.Add(time.Minute), v); err != nil {
			return err
		}
		_, err := tx.DropEntries(ctx, "kev", noon.Add(time.Minute))
		return err
	})
	same(t, len(must(s.Exploited(ctx, 10))(t)), 0)
	same(t, must(s.VulnerabilitiesOf(ctx, []string{"cms"}, 10))(t), []intel.Vulnerability{v})

	testKept(t, s)

	mine := candor.Scope{Party: p.ID}
	same(t, must(s.SoftwareInUse(ctx, mine, 10))(t), []string{"odd cms 1.2"})
	odd := store.Exposing{Software: map[string][]string{"odd cms": {"odd cms 1.2"}}}
	n, parties, err := s.CountExposed(ctx, candor.Everything, odd)
	same(t, err, nil)
	same(t, []int{n, parties}, []int{1, 1})
	some := must(s.AssetsExposed(ctx, candor.Everything, odd, 10))(t)
	same(t, len(some), 1)
	same(t, some[0].ID, a.ID)
	n, _, err = s.CountExposed(ctx, mine, store.Exposing{Software: map[string][]string{"wordpress": {"wordpress"}}})
	same(t, err, nil)
	same(t, n, 0)
}

// testKept tells what a feed says that it did not say before, and what it says no more.
func testKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	var all []intel.Vulnerability
	for n := range 300 {
		all = append(all, intel.Vulnerability{ID: fmt.Sprintf("CVE-2027-%d", n), Product: "Kept", Vendor: "x", Title: "<ü> \u2028", Exploited: n == 3, Source: "kept", Published: noon})
	}
	do(t, s, func(tx *store.Tx) error { return tx.KeepVulnerabilities(ctx, "kept", noon, all...) })
	have := must(s.KeptOf(ctx, "kept"))(t)
	name := func(v intel.Vulnerability, want ...bool) {
		t.Helper()
		other, exploited, err := have.Name(v)
		same(t, err, nil)
		same(t, []bool{other, exploited}, want)
	}
	for n, v := range all[:200] {
		name(v, false, n == 3)
	}
	v := all[3]
	v.Exploited = false
	name(v, true, true) // it was
	name(v, false, false)
	v = all[4]
	v.Title = "another"
	name(v, true, false)
	v.ID = "CVE-2027-1000"
	name(v, true, false)
	gone := must(s.Unnamed(ctx, "kept", have))(t)
	same(t, len(gone), 100)
	do(t, s, func(tx *store.Tx) error { return tx.DropVulnerabilities(ctx, "kept", gone...) })
	have = must(s.KeptOf(ctx, "kept"))(t)
	for _, v := range all[:200] {
		_, _, err := have.Name(v)
		same(t, err, nil)
	}
	same(t, len(must(s.Unnamed(ctx, "kept", have))(t)), 0)
	do(t, s, func(tx *store.Tx) error { return tx.DropVulnerabilities(ctx, "kept", all...) })
	same(t, len(must(s.VulnerabilitiesOf(ctx, []string{"kept"}, 10))(t)), 0)
}
