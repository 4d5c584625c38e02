package estate

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"candor/bench/content"
)

// tenants scans many copies of one CMS the first time, beside a scan of one
// and reading the rest.
func (b *Bench) tenants(ctx context.Context) error {
	cms := filepath.Join(b.Content, "debian", "wordpress")
	files, err := content.Sample(cms, 0)
	if err != nil {
		return err
	}
	tree := filepath.Join(b.Dir, "tenants")
	defer os.RemoveAll(tree)
	b.say("making %d tenants", b.Tenants)
	var bytes int64
	for i := range b.Tenants {
		n, err := copies(files, cms, filepath.Join(tree, fmt.Sprint(i)))
		if err != nil {
			return err
		}
		bytes += n
	}
	if _, err := read(tree); err != nil { // warms the page cache
		return err
	}
	one, err := b.median(func() (cost, error) {
		took, _, err := b.fresh(ctx, filepath.Join(tree, "0"))
		return took, err
	})
	if err != nil {
		return err
	}
	rest, err := b.median(func() (cost, error) { return read(tree) })
	if err != nil {
		return err
	}
	all, err := b.median(func() (cost, error) {
		took, copied, err := b.fresh(ctx, tree)
		if err == nil && copied < int64(len(files))*int64(b.Tenants-1) {
			err = fmt.Errorf("only %d copies were known", copied)
		}
		return took, err
	})
	if err != nil {
		return err
	}
	least := one.plus(rest, float64(b.Tenants-1)/float64(b.Tenants))
	b.timed(fmt.Sprintf("%d tenants with the same %d files, %.1f GB", b.Tenants, len(files), float64(bytes)/1e9), all,
		"scan of one, and reading the rest", least, "at most 1.3x", all.time.Seconds() <= 1.3*least.time.Seconds())
	return nil
}

// fresh scans with a store that knows nothing yet.
func (b *Bench) fresh(ctx context.Context, path string) (cost, int64, error) {
	store, err := b.open("tenants.db")
	if err != nil {
		return cost{}, 0, err
	}
	defer store.Close()
	took, s, err := b.scan(ctx, b.rules, store, path)
	return took, s.Copies, err
}

// copies makes real copies: hard links would be one file.
func copies(files []string, from, to string) (bytes int64, err error) {
	for _, f := range files {
		rel, err := filepath.Rel(from, f)
		if err != nil {
			return bytes, err
		}
		data, err := os.ReadFile(f)
		if err != nil {
			return bytes, err
		}
		dst := filepath.Join(to, rel)
		if err := os.MkdirAll(filepath.Dir(dst), 0o755); err != nil {
			return bytes, err
		}
		if err := os.WriteFile(dst, data, 0o644); err != nil {
			return bytes, err
		}
		bytes += int64(len(data))
	}
	return bytes, nil
}

// read reads all files of a tree, two at a time, and does nothing with them.
func read(tree string) (cost, error) {
	spent := meter()
	paths := make(chan string, 1024)
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			buf := make([]byte, 1<<20)
			for p := range paths {
				f, err := os.Open(p)
				if err != nil {
					continue
				}
				for {
					if _, err := f.Read(buf); err == io.EOF || err != nil {
						break
					}
				}
				f.Close()
			}
		})
	}
	err := filepath.WalkDir(tree, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			paths <- path
		}
		return err
	})
	close(paths)
	workers.Wait()
	return spent(), err
}
