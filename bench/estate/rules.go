package estate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"candor/bench/content"
	"candor/bench/ruleset"
	"candor/engine"
	"candor/internal/scan"
	"candor/internal/scan/known"
)

// added are the files of signature-base whose rules are new: some hundred, of
// web shells, as updates bring them.
var added = []string{"gen_cn_webshells.yar", "gen_webshells.yar"}

// newRules learns much content of which nothing is there twice, and then asks
// rules of it that are new.
func (b *Bench) newRules(ctx context.Context) error {
	sets, err := ruleset.All(b.Definitions)
	if err != nil {
		return err
	}
	sources, err := sets[0].Sources()
	if err != nil {
		return err
	}
	old := slices.DeleteFunc(slices.Clone(sources), func(s engine.Source) bool { return slices.Contains(added, filepath.Base(s.Name)) })
	if len(old) != len(sources)-len(added) {
		return fmt.Errorf("signature-base lacks one of %v", added)
	}
	all, before := compile(sources), compile(old)

	tree := filepath.Join(b.Dir, "unique")
	defer os.RemoveAll(tree)
	bytes, files, err := b.makeUnique(tree)
	if err != nil {
		return err
	}
	if _, err := read(tree); err != nil { // warms the page cache, if there is room
		return err
	}
	plain, _, err := b.scan(ctx, before, nil, tree)
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
	b.row(Row{fmt.Sprintf("first scan of %.1f GB in %d files that learns", float64(bytes)/1e9, files), "s", learned.Seconds(), "one that does not", plain.Seconds(), "at most 1.5x", learned <= plain*3/2})
	info, err := os.Stat(filepath.Join(b.Dir, "rules.db"))
	if err != nil {
		return err
	}
	stats := 100 * float64(info.Size()) / float64(bytes)
	b.row(Row{"what is known of it", "% of its bytes", stats, "", 0, "at most 15 %, aim 6 %", stats <= 15})

	session, err := store.Begin(all, scan.Opening(&inside))
	if err != nil {
		return err
	}
	began := time.Now()
	done, err := session.Revisit(ctx, func(only func(engine.Fingerprint) bool) (*engine.Rules, error) {
		rules, _ := engine.Compile(sources, engine.Options{Externals: scan.BuiltinExternals(), Only: only})
		return rules, nil
	}, func(known.Late) error { return nil })
	took := time.Since(began)
	if err != nil {
		return err
	}
	b.say("%d new rules, %d contents, %d candidates, %d read, %d late", done.Rules, done.Contents, done.Candidates, done.Read, done.Late)
	b.row(Row{fmt.Sprintf("%d new rules asked of it; %d of %d contents read, %.1f MB", done.Rules, done.Read, done.Contents, float64(done.Bytes)/1e6),
		"s", took.Seconds(), "scan of all", plain.Seconds(), "under 5 s", took < 5*time.Second})
	return session.Close()
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
