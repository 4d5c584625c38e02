package house_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"candor/internal/house"
	"candor/internal/intel/feed"
	"candor/internal/intel/tlp"
	"candor/internal/inventory"
	"candor/internal/store"
)

// toldFeeds is what feeds tell in one edition, at random.
type toldFeeds struct{ *rand.Rand }

var toldNames = []string{"linux", "curl", "wordpress", "python-foo", "python-bar", "akismet", "drupal", "left-pad", "wp-file-manager"}

func (r toldFeeds) id() string   { return fmt.Sprintf("CVE-2026-%d", 1000+r.IntN(40)) }
func (r toldFeeds) name() string { return toldNames[r.IntN(len(toldNames))] }

func (r toldFeeds) debian() string {
	all := map[string]map[string]any{}
	for range 25 {
		name := r.name()
		if all[name] == nil {
			all[name] = map[string]any{}
		}
		releases := map[string]any{}
		for _, of := range []string{"bookworm", "trixie"} {
			status := map[string]string{"status": "resolved", "fixed_version": fmt.Sprint(r.IntN(6)), "urgency": "low"}
			if r.IntN(3) == 0 {
				status = map[string]string{"status": []string{"open", "undetermined"}[r.IntN(2)], "urgency": "low"}
			}
			releases[of] = status
		}
		all[name][r.id()] = map[string]any{"releases": releases}
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (r toldFeeds) kev() string {
	var all []map[string]string
	seen := map[string]bool{}
	for range 8 {
		of := [][2]string{{"Linux", "Kernel"}, {"Haxx", "curl"}, {"WordPress", "Core"}, {"WordPress", "File Manager Plugin"}, {"Drupal", "Core"}, {"", "linux"}, {"Other", "Box"}}[r.IntN(7)]
		id := r.id()
		if seen[id] {
			continue
		}
		seen[id] = true
		all = append(all, map[string]string{"cveID": id, "vendorProject": of[0], "product": of[1], "vulnerabilityName": "x"})
	}
	text, err := json.Marshal(map[string]any{"vulnerabilities": all})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// TestConcerned holds that judging what a change of feeds concerns comes to the same
// as judging all again, and that it is less.
func TestConcerned(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, p := t.Context(), newPublisher(t)
		r := toldFeeds{rand.New(rand.NewPCG(1, 7))}
		w.Feeds = house.Feeds{HTTP: p.Client(), Spool: w.dir, All: []feed.Feed{
			{Name: "kev", Kind: feed.KEV, URL: p.URL + "/kev.json", Every: time.Hour, Licence: "CC0-1.0", Trust: 100, TLP: tlp.Clear},
			{Name: "debian", Kind: feed.Debian, URL: p.URL + "/debian.json", Every: time.Hour, Licence: "MIT", Trust: 100, TLP: tlp.Clear}}}
		l := inventory.List{}
		for n := range 60 {
			i := inventory.Item{Kind: inventory.Package, Name: toldNames[n%len(toldNames)], Ecosystem: []string{"Debian:12:bookworm", "Debian:13:trixie"}[n%2], Version: fmt.Sprint(n % 5), Place: "."}
			switch {
			case n%10 == 8:
				i = inventory.Item{Kind: inventory.Application, Name: []string{"wordpress", "drupal"}[n/10%2], Version: fmt.Sprint(n % 7), Place: "."}
			case n%10 == 9:
				i = inventory.Item{Kind: inventory.Plugin, Of: "wordpress", Name: "wp-file-manager", Title: "File Manager", Version: fmt.Sprint(n % 7), Place: "."}
			}
			l.Items = append(l.Items, i)
		}
		w.must(t, func(tx *store.Tx) error { return tx.KeepInventory(ctx, w.site.ID, l, w.now) })
		state := func() []store.Exposed {
			t.Helper()
			if err := w.JudgeSoftware(ctx); err != nil {
				t.Fatal(err)
			}
			all, err := w.Store.ExposuresOf(ctx, w.site.ID, 100_000)
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		kevs, debians := []string{r.kev(), r.kev(), r.kev()}, []string{r.debian(), r.debian()}
		less, exposed := 0, 0
		for turn := range 24 {
			if turn == 0 || turn%2 == 1 {
				p.put("/kev.json", kevs[r.IntN(len(kevs))])
			}
			if turn%4 == 0 {
				p.put("/debian.json", debians[turn/4%2])
				debians[r.IntN(2)] = r.debian()
			}
			w.now = w.now.Add(time.Hour)
			if err := w.TurnFeeds(ctx); err != nil {
				t.Fatal(err)
			}
			epoch, err := w.Store.ExposureEpoch(ctx)
			if err != nil {
				t.Fatal(err)
			}
			left, err := w.Store.Unjudged(ctx, epoch, 1000)
			if err != nil {
				t.Fatal(err)
			}
			if turn > 0 && len(left) < 30 {
				less++
			}
			got := state()
			w.must(t, func(tx *store.Tx) error { return tx.NewEpoch(ctx) })
			if want := state(); !slices.Equal(got, want) {
				t.Fatalf("turn %d: %d exposures, and %d if all is judged again", turn, len(got), len(want))
			}
			exposed += len(got)
		}
		if less < 8 || exposed < 1000 {
			t.Errorf("in %d of 23 turns less than half was judged again; %d exposures", less, exposed)
		}
	})
}
