package estate

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"candor/bench/peers"
	"candor/bench/ruleset"
	"candor/internal/scan/known"
)

// perFolder is how many files lie in a folder, as in trees of a CMS.
const perFolder = 100

// recheck looks again at a tree of small files that did not change: beside a
// bare walk that only asks for what files are, and beside clamd, which keeps
// the digests of what was clean.
func (b *Bench) recheck(ctx context.Context) error {
	tree := filepath.Join(b.Dir, "unchanged")
	defer os.RemoveAll(tree)
	b.say("making %d files", b.Files)
	if err := makeFiles(tree, b.Files); err != nil {
		return err
	}
	time.Sleep(known.YoungFor) // what was just written is read again
	store, err := b.open("recheck.db")
	if err != nil {
		return err
	}
	defer store.Close()
	took, s, err := b.scan(ctx, b.rules, store, tree)
	if err != nil {
		return err
	}
	b.say("looked at %d files the first time in %.1f s", s.Files, took.time.Seconds())
	walk, err := b.median(func() (cost, error) { return walked(tree) })
	if err != nil {
		return err
	}
	again, err := b.median(func() (cost, error) {
		took, s, err := b.scan(ctx, b.rules, store, tree)
		if err == nil && s.Known != s.Files {
			err = fmt.Errorf("%d of %d files were read again", s.Files-s.Known, s.Files)
		}
		return took, err
	})
	if err != nil {
		return err
	}
	b.timed(fmt.Sprintf("re-check of %d files that did not change", b.Files), again, "lstat walk", walk, "at most 2x", again.time <= 2*walk.time)
	return b.clamdAgain(ctx, tree, float64(b.Files)/again.time.Seconds())
}

func makeFiles(tree string, n int) error {
	for i := range n {
		dir := filepath.Join(tree, fmt.Sprint(i/perFolder/perFolder), fmt.Sprint(i/perFolder%perFolder))
		if i%perFolder == 0 {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("page%d.php", i%perFolder)), fmt.Appendf(nil, "<?php echo 'this is page %d'; ?>\n", i), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// walked lists a tree and asks for what each file is, two folders at a time.
func walked(tree string) (cost, error) {
	spent := meter()
	folders := make(chan string, 1024)
	errs := make(chan error, 2)
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for dir := range folders {
				if err := asked(dir); err != nil {
					select {
					case errs <- err:
					default:
					}
				}
			}
		})
	}
	err := filepath.WalkDir(tree, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			folders <- path
		}
		return err
	})
	close(folders)
	workers.Wait()
	select {
	case e := <-errs:
		return cost{}, e
	default:
	}
	return spent(), err
}

func asked(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return err
	}
	var st unix.Stat_t
	for _, n := range names {
		if err := unix.Fstatat(int(f.Fd()), n, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return err
		}
	}
	return nil
}

// clamdAgain has clamd look twice at some of the files.
func (b *Bench) clamdAgain(ctx context.Context, tree string, rate float64) error {
	some := filepath.Join(tree, "0")
	sets, err := ruleset.All(b.Definitions)
	if err != nil {
		return err
	}
	d, err := peers.StartClamd(ctx, sets[3], filepath.Join(b.Dir, "clamd"), true)
	if err != nil {
		return err
	}
	defer func() {
		if err := d.Stop(); err != nil {
			b.say("clamd does not stop: %v", err)
		}
	}()
	look := func() (cost, error) {
		took, err := d.Look(ctx, some)
		return cost{time: took}, err
	}
	if _, err := look(); err != nil {
		return err
	}
	again, err := b.median(look)
	if err != nil {
		return err
	}
	files := float64(min(b.Files, perFolder*perFolder))
	other := files / again.time.Seconds()
	b.row(Row{What: "re-check, files a second", Unit: "/s", Value: rate, Peer: "clamd with its cache", Other: other, Goal: "at least 20x", Met: rate >= 20*other})
	return nil
}
