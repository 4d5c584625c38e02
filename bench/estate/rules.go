package estate

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"candor/bench/content"
	"candor/engine"
	"candor/internal/scan"
	"candor/internal/scan/known"
)

// newRules learns much content of which nothing is there twice, and then asks
// rules of it that are new: 100 of all kinds, and then those of web shells, which
// ask for text that much harmless content has, too.
func (b *Bench) newRules(ctx context.Context) error {
	tree := filepath.Join(b.Dir, "unique")
	defer os.RemoveAll(tree)
	bytes, files, err := b.makeUnique(tree)
	if err != nil {
		return err
	}
	if _, err := read(tree); err != nil { // warms the page cache, if there is room
		return err
	}
	shells := []string{"gen_cn_webshells.yar", "gen_webshells.yar"}
	kinds := b.spread(100, shells)
	before := b.without(append(slices.Clone(kinds), shells...))
	plain, _, err := b.scan(ctx, before, nil, tree)
	if err != nil {
		return err
	}
	remembering, err := b.remembering(ctx, before, tree)
	if err != nil {
		return err
	}
	store, err := b.open("rules.db")
	if err != nil {
		return err
	}
	defer store.Close()
	learned, _, err := b.scan(ctx, before, store, tree)
	if err != nil {
		return err
	}
	b.timed(fmt.Sprintf("first scan of %.1f GB in %d files that learns", float64(bytes)/1e9, files), learned, "one that does not", plain, "at most 1.5x", learned.time <= plain.time*3/2)
	indexing := plain.plus(learned, 1).plus(remembering, -1)
	b.timed("one that does not, and indexing: learning less remembering verdicts", indexing, "one that does not", plain, "at most 1.5x", indexing.time <= plain.time*3/2)
	info, err := os.Stat(filepath.Join(b.Dir, "rules.db"))
	if err != nil {
		return err
	}
	share := 100 * float64(info.Size()) / float64(bytes)
	b.row(Row{What: "what is known of it", Unit: "% of its bytes", Value: share, Goal: "at most 15 %, aim 6 %", Met: share <= 15})
	if stats, err := store.Stats(); err == nil {
		b.say("its sketches alone are %.1f %%", 100*float64(stats.Index)/float64(bytes))
	}
	if err := b.revisit(ctx, store, "of all kinds", shells, plain); err != nil {
		return err
	}
	return b.revisit(ctx, store, "of web shells", nil, plain)
}

// remembering is what a first scan costs that learns verdicts and indexes nothing.
func (b *Bench) remembering(ctx context.Context, rules *engine.Rules, tree string) (cost, error) {
	store, err := b.open("verdicts.db")
	if err != nil {
		return cost{}, err
	}
	defer store.Close()
	b.unindexed = true
	took, _, err := b.scan(ctx, rules, store, tree)
	b.unindexed = false
	return took, err
}

// revisit asks the rules of a store that it has not seen yet, but those of some
// files.
func (b *Bench) revisit(ctx context.Context, store *known.Store, what string, without []string, plain cost) error {
	session, err := store.Begin(b.without(without), scan.Opening(&inside))
	if err != nil {
		return err
	}
	spent := meter()
	done, err := session.Revisit(ctx, func(known.Late) error { return nil })
	took := spent()
	if err != nil {
		return err
	}
	b.say("%d new rules, %d contents, %d candidates, %d read, %d late", done.Rules, done.Contents, done.Candidates, done.Read, done.Late)
	b.timed(fmt.Sprintf("%d new rules %s; %d of %d contents read, %.1f MB", done.Rules, what, done.Read, done.Contents, float64(done.Bytes)/1e6),
		took, "scan of all", plain, "under 5 s", took.time < 5*time.Second)
	return session.Close()
}

// but gives the sources without some files.
func (b *Bench) but(files []string) []engine.Source {
	return slices.DeleteFunc(slices.Clone(b.sources), func(s engine.Source) bool { return slices.Contains(files, filepath.Base(s.Name)) })
}

func (b *Bench) without(files []string) *engine.Rules { return compile(b.but(files)) }

// spread gives files of YARA rules, at even distances, that have n rules
// together or a little more.
func (b *Bench) spread(n int, but []string) []string {
	rules := map[string]int{}
	for _, r := range b.rules.All() {
		if r.Language == "yara" && !slices.Contains(but, filepath.Base(r.File)) {
			rules[filepath.Base(r.File)]++
		}
	}
	names := slices.Sorted(maps.Keys(rules))
	var out []string
	for i, step := 0, len(names)/17+1; n > 0 && i < len(names); i++ {
		name := names[i*step%len(names)]
		if rules[name] <= n+20 && !slices.Contains(out, name) {
			out = append(out, name)
			n -= rules[name]
		}
	}
	return out
}

// makeUnique makes files of real content with something of their own in every
// kilobyte.
func (b *Bench) makeUnique(tree string) (bytes int64, files int, err error) {
	from, err := content.Sample(b.Content, 0)
	if err != nil {
		return 0, 0, err
	}
	from = slices.DeleteFunc(from, func(p string) bool {
		info, err := os.Stat(p)
		return err != nil || info.Size() == 0 || info.Size() > 4<<20
	})
	b.say("making %.1f GB of content that is all different", float64(b.Unique)/1e9)
	r := rand.New(rand.NewPCG(1, 2))
	for round := 0; bytes < b.Unique; round++ {
		for i, p := range from {
			if bytes >= b.Unique {
				break
			}
			data, err := os.ReadFile(p)
			if err != nil {
				return bytes, files, err
			}
			if i%1000 == 0 {
				if err := os.MkdirAll(filepath.Join(tree, fmt.Sprint(round), fmt.Sprint(i/1000)), 0o755); err != nil {
					return bytes, files, err
				}
			}
			for at := 0; at+16 <= len(data); at += 1024 {
				copy(data[at:], fmt.Sprintf("%016x", r.Uint64()))
			}
			name := filepath.Join(tree, fmt.Sprint(round), fmt.Sprint(i/1000), fmt.Sprintf("%d%s", i%1000, filepath.Ext(p)))
			if err := os.WriteFile(name, data, 0o644); err != nil {
				return bytes, files, err
			}
			bytes, files = bytes+int64(len(data)), files+1
		}
	}
	return bytes, files, nil
}
