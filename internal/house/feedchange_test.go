package house_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/house"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/feed"
	"candor/internal/intel/group"
	"candor/internal/intel/tlp"
	"candor/internal/store"
)

// entries gives what is kept of feeds, by value.
func (w *world) entries(t *testing.T) map[string]intel.Indicator {
	t.Helper()
	all, err := w.Store.Unmatched(t.Context(), w.now.Add(time.Hour), 100)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]intel.Indicator{}
	for _, i := range all {
		got[i.Value] = i
	}
	return got
}

// event puts an event of MISP into a folder, with an attribute of each value; those
// with a dash before them are deleted.
func (p *publisher) event(folder string, at int, values ...string) {
	const id = "018f0000-0000-7000-8000-0000000000e1"
	var all []string
	for n, v := range values {
		value, deleted := strings.CutPrefix(v, "-")
		all = append(all, fmt.Sprintf(`{"uuid":"018f0000-0000-7000-8000-%012d","type":"domain","value":"%s","to_ids":true,"deleted":%t}`, n, value, deleted))
	}
	p.put(folder+"/manifest.json", fmt.Sprintf(`{"%s":{"timestamp":"%d"}}`, id, at))
	p.put(folder+"/"+id+".json", fmt.Sprintf(`{"Event":{"uuid":"%s","timestamp":"%d","info":"x","Attribute":[%s]}}`, id, at, strings.Join(all, ",")))
}

// TestFeedChanges has a feed that is read part by part take back what it said, and say
// something else; and the operator set it up otherwise.
func TestFeedChanges(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := newPublisher(t)
		p.event("/a", 1772366400, "one.example", "two.example", "three.example")
		p.event("/b", 1772366400, "four.example")
		f := feed.Feed{Name: "misp", Kind: feed.MISP, URL: p.URL + "/a", Every: time.Hour, Licence: "MIT", Trust: 90, TLP: tlp.Clear}
		set := func(f feed.Feed) { w.Feeds = house.Feeds{HTTP: p.Client(), Spool: w.dir, All: []feed.Feed{f}} }
		has := func(mark tlp.Mark, values ...string) {
			t.Helper()
			if err := w.TurnFeeds(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := w.entries(t)
			for _, v := range values {
				if got[v].TLP != mark {
					t.Errorf("%s is %q", v, got[v].TLP)
				}
			}
			if len(got) != len(values) {
				t.Errorf("%v", got)
			}
		}
		set(f)
		has(tlp.Clear, "one.example", "two.example", "three.example")
		p.event("/a", 1772366401, "one.example", "-two.example", "new.example")
		w.now = w.now.Add(time.Hour)
		has(tlp.Clear, "one.example", "new.example")
		p.event("/a", 1772366402, "one.example") // it is not said that the other is deleted
		w.now = w.now.Add(time.Hour)
		has(tlp.Clear, "one.example")
		p.event("/a", 1772366403, "one.example", "new.example")
		w.now = w.now.Add(time.Hour)
		has(tlp.Clear, "one.example", "new.example")
		f.TLP = tlp.Amber
		set(f)
		has(tlp.Amber, "one.example", "new.example")
		f.URL = strings.Replace(p.URL, "https://", "https://user:secret@", 1) + "/b?key=secret"
		if set(f); strings.Contains(feedView(t, w, "misp").URL, "secret") {
			t.Error("everybody sees the key")
		}
		f.URL = p.URL + "/b"
		set(f)
		w.now = w.now.Add(time.Second)
		has(tlp.Amber, "four.example")
	})
}

// TestFeedEvents takes back what an event of MISP named that is there no more, but for
// what another event names still; and believes no manifest that lost all.
func TestFeedEvents(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const one, two = "018f0000-0000-7000-8000-0000000000e1", "018f0000-0000-7000-8000-0000000000e2"
		p := newPublisher(t)
		manifest := func(ids ...string) {
			var all []string
			for _, id := range ids {
				all = append(all, fmt.Sprintf(`"%s":{"timestamp":"1772366400"}`, id))
			}
			p.put("/a/manifest.json", "{"+strings.Join(all, ",")+"}")
			w.now = w.now.Add(time.Hour)
			if err := w.TurnFeeds(t.Context()); err != nil {
				t.Log(err)
			}
		}
		for id, values := range map[string][]string{one: {"both.example", "one.example"}, two: {"both.example", "two.example"}} {
			var all []string
			for n, v := range values {
				all = append(all, fmt.Sprintf(`{"uuid":"%s%d","type":"domain","value":"%s","to_ids":true}`, id[:len(id)-1], n, v))
			}
			p.put("/a/"+id+".json", fmt.Sprintf(`{"Event":{"uuid":"%s","timestamp":"1772366400","info":"x","Attribute":[%s]}}`, id, strings.Join(all, ",")))
		}
		w.Feeds = house.Feeds{HTTP: p.Client(), Spool: w.dir, All: []feed.Feed{{Name: "misp", Kind: feed.MISP, URL: p.URL + "/a", Every: time.Hour, Licence: "MIT", Trust: 90, TLP: tlp.Clear}}}
		has := func(values ...string) {
			t.Helper()
			got := slices.Sorted(maps.Keys(w.entries(t)))
			if !slices.Equal(got, values) {
				t.Errorf("%v, want %v", got, values)
			}
		}
		manifest(one, two)
		has("both.example", "one.example", "two.example")
		manifest(one)
		has("both.example", "one.example")
		manifest()
		has("both.example", "one.example")
		if v := feedView(t, w, "misp"); v.Failures == 0 || !strings.Contains(v.Error, "empty") {
			t.Errorf("%+v", v)
		}
	})
}

// TestMatchOver lets go what holds no longer, and stops at nothing that is not matched.
func TestMatchOver(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.must(t, func(tx *store.Tx) error {
			return tx.KeepIndicators(t.Context(), "x", w.now, intel.Indicator{Kind: intake.Domain, Value: "over.example", Until: w.now}, intel.Indicator{Kind: intake.Mail, Value: "a@b.example"})
		})
		if err := w.MatchFeeds(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left, err := w.Store.Unmatched(t.Context(), w.now, 10); err != nil || len(left) != 0 {
			t.Errorf("%v, %v", left, err)
		}
		if got := w.entries(t); len(got) != 1 || got["a@b.example"].Kind != intake.Mail {
			t.Errorf("%v", got)
		}
	})
}

// TestTrustLowered believes what a member added as far as the group says now.
func TestTrustLowered(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		partner, err := w.SaveParty(ctx, ada, candor.Party{Kind: candor.Partner, Name: "Partner", Language: "en", TimeZone: "UTC"})
		if err != nil {
			t.Fatal(err)
		}
		g := w.group(t, "ISAC", tlp.Amber, group.Member{Party: partner.ID, Write: true, Trust: 90})
		w.must(t, func(tx *store.Tx) error {
			return tx.KeepIndicators(ctx, g.Feed(g.Members[0]), w.now, intel.Indicator{Kind: intake.Domain, Value: "a.example", Confidence: 80})
		})
		for _, x := range [][2]int{{85, 80}, {10, 10}, {70, 10}} {
			g.Members[0].Trust = x[0]
			if g, err = w.SaveGroup(ctx, ada, g); err != nil {
				t.Fatal(err)
			}
			if got := w.entries(t)["a.example"].Confidence; got != x[1] {
				t.Errorf("trust of %d: it is believed %d", x[0], got)
			}
		}
	})
}

// TestPackParent keeps the domain here of which the party has a host only.
func TestPackParent(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.site
		a.Hosts = append(a.Hosts, "shop.parent.example")
		w.must(t, func(tx *store.Tx) error { return tx.ChangeAsset(t.Context(), a, w.now) })
		w.marked(t, "green", "http://www.parent.example/kit")
		p, err := w.PreviewPack(t.Context(), ada, house.PackOrder{Case: w.kase, Format: house.PackSTIX, Audience: tlp.Recipients})
		if err != nil || strings.Contains(string(p.Content), "parent.example") || p.Left.Private == 0 {
			t.Errorf("%s, %v", p.Content, errors.Join(err))
		}
	})
}
