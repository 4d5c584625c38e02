package known

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"golang.org/x/sys/unix"

	"candor/engine"
)

// grove is a tree of files that somebody changes, and a store that is told of it now
// and then.
type grove struct {
	*shelf
	r       *rand.Rand
	name    string           // of the store
	looked  map[string]Entry // when it was told of last
	written int64
}

func newGrove(t *testing.T, r *rand.Rand) *grove {
	g := &grove{shelf: &shelf{t: t, root: t.TempDir(), now: time.Unix(1_700_000_000, 0)}, r: r, name: filepath.Join(t.TempDir(), "known.db"), looked: map[string]Entry{}}
	g.open()
	t.Cleanup(func() { _ = g.store.Close() }) // it may have been killed
	g.rules, _ = engine.Compile([]engine.Source{{Name: "a.yar", Data: []byte(`rule a { strings: $a = "needle" condition: $a }`)}}, engine.Options{})
	return g
}

func (g *grove) open() {
	g.t.Helper()
	var err error
	if g.store, err = Open(g.name, func() time.Time { return g.now }); err != nil {
		g.t.Fatal(err)
	}
}

func stat(t *testing.T, name string) (st unix.Stat_t) {
	t.Helper()
	if err := unix.Lstat(name, &st); err != nil {
		t.Fatal(err)
	}
	return st
}

// paths are those of all files, and of all folders.
func (g *grove) paths() (files, folders []string) {
	g.t.Helper()
	err := filepath.WalkDir(g.root, func(p string, d os.DirEntry, err error) error {
		if d.IsDir() {
			folders = append(folders, p)
		} else {
			files = append(files, p)
		}
		return err
	})
	if err != nil {
		g.t.Fatal(err)
	}
	return files, folders
}

// write writes a file, at a time at which no other was written.
func (g *grove) write(name string) {
	g.t.Helper()
	content := bytes.Repeat([]byte{byte(g.r.IntN(6))}, []int{0, 7, 300, 4000}[g.r.IntN(4)]+g.r.IntN(3)) // many are copies of each other
	if was, err := os.Lstat(name); err == nil && g.r.IntN(2) == 0 {                                     // another of the same size
		content = bytes.Repeat([]byte{byte(g.r.IntN(6))}, int(was.Size()))
	} else if g.r.IntN(40) == 0 {
		content = bytes.Repeat([]byte{byte(g.r.IntN(3))}, mapFrom+g.r.IntN(9))
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		g.t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o600); err != nil {
		g.t.Fatal(err)
	}
	g.touch(name)
}

func (g *grove) touch(name string) {
	g.t.Helper()
	g.written++
	at := time.Unix(1_600_000_000+g.written, 0)
	if err := os.Chtimes(name, at, at); err != nil {
		g.t.Fatal(err)
	}
}

// change changes something.
func (g *grove) change() {
	g.t.Helper()
	files, folders := g.paths()
	switch n := g.r.IntN(24); {
	case n < 15 || len(files) < 30:
		g.write(filepath.Join(folders[g.r.IntN(len(folders))], fmt.Sprint("f", g.r.IntN(15))+".x"))
	case n == 15:
		g.write(filepath.Join(folders[g.r.IntN(len(folders))], fmt.Sprint("d", g.r.IntN(5)), "new.x"))
	case n < 18:
		g.touch(files[g.r.IntN(len(files))])
	case n < 20:
		if err := os.Rename(files[g.r.IntN(len(files))], filepath.Join(folders[g.r.IntN(len(folders))], "moved.x")); err != nil {
			g.t.Fatal(err)
		}
	case n == 20 && len(folders) > 4:
		if err := os.RemoveAll(folders[1+g.r.IntN(len(folders)-1)]); err != nil {
			g.t.Fatal(err)
		}
	case n == 21 && len(folders) > 1: // another folder takes its place, and a file with the same content that of one there
		at, fresh := files[g.r.IntN(len(files))], filepath.Join(g.root, "fresh")
		if filepath.Dir(at) == g.root {
			return
		}
		content, err := os.ReadFile(at)
		if err := errors.Join(err, os.Mkdir(fresh, 0o755), os.WriteFile(filepath.Join(fresh, filepath.Base(at)), content, 0o600), os.RemoveAll(filepath.Dir(at)), os.Rename(fresh, filepath.Dir(at))); err != nil {
			g.t.Fatal(err)
		}
		g.touch(at)
	default:
		if err := os.Remove(files[g.r.IntN(len(files))]); err != nil {
			g.t.Fatal(err)
		}
	}
}

// look tells the store of all files.
func (g *grove) look() {
	g.t.Helper()
	x := g.begin()
	_, folders := g.paths()
	clear(g.looked)
	for _, folder := range folders {
		var seen []Seen
		all, err := os.ReadDir(folder)
		if err != nil {
			g.t.Fatal(err)
		}
		for _, f := range all {
			if f.IsDir() {
				continue
			}
			name := filepath.Join(folder, f.Name())
			content, err := os.ReadFile(name)
			if err != nil {
				g.t.Fatal(err)
			}
			st, sum := stat(g.t, name), SumOf(content)
			switch {
			case strings.HasPrefix(f.Name(), "f7"):
				sum = sum.Named()
			case strings.HasPrefix(f.Name(), "f8"):
				sum = sum.Of(st.Dev, st.Ino)
			}
			if _, is := x.Clean(sum, nil); !is {
				x.Learn(Learned{Sum: sum, Size: int64(len(content))})
			}
			e := Entry{Name: f.Name(), Inode: st.Ino, Size: st.Size, Modified: st.Mtim.Nano(), Changed: st.Ctim.Nano()}
			if strings.HasPrefix(f.Name(), "f9") {
				e.Flags = Young
			}
			seen, g.looked[name] = append(seen, Seen{Entry: e, Sum: sum, Fresh: true, Clean: true}), e
		}
		st := stat(g.t, folder)
		if err := x.Keep(st.Dev, st.Ino, folder, seen); err != nil {
			g.t.Fatal(err)
		}
	}
	g.close(x)
}

// hashed are all files by each of their digests: those that hold it, and those of
// them that are as they were when the store was told of them.
func (g *grove) hashed() (holds, as map[string]map[string]bool) {
	g.t.Helper()
	holds, as = map[string]map[string]bool{}, map[string]map[string]bool{}
	files, _ := g.paths()
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			g.t.Fatal(err)
		}
		a, b, c := md5.Sum(content), sha1.Sum(content), sha256.Sum256(content)
		st, was := stat(g.t, f), g.looked[f]
		same := was.Name != "" && was.Inode == st.Ino && was.Size == st.Size && was.Modified == st.Mtim.Nano() && was.Changed == st.Ctim.Nano()
		for _, sum := range []string{string(a[:]), string(b[:]), string(c[:])} {
			if holds[sum] == nil {
				holds[sum], as[sum] = map[string]bool{}, map[string]bool{}
			}
			holds[sum][f] = true
			if same {
				as[sum][f] = true
			}
		}
	}
	return holds, as
}

// ask asks for some of what is there, and for what is not. It fails if anything is
// told that is not so, or that is as it was is not told.
func (g *grove) ask() Searched {
	g.t.Helper()
	holds, as := g.hashed()
	var wanted []Hash
	for sum, where := range holds {
		if g.r.IntN(3) > 0 {
			continue
		}
		h := Hash{Sum: []byte(sum)}
		for f := range where {
			h.Size = stat(g.t, f).Size * int64(g.r.IntN(2))
		}
		wanted = append(wanted, h)
	}
	for _, n := range []int{md5.Size, sha1.Size, sha256.Size} {
		wanted = append(wanted, Hash{Sum: bytes.Repeat([]byte{7}, n)})
	}
	got := make([]map[string]bool, len(wanted))
	done, err := g.store.Where(g.t.Context(), wanted, Search{Threads: 1 + g.r.IntN(3)}, func(p Place) error {
		if got[p.Wanted] == nil {
			got[p.Wanted] = map[string]bool{}
		}
		if got[p.Wanted][p.Path] || p.Size != stat(g.t, p.Path).Size || p.Since.Unix() > g.now.Unix() || p.Since.Unix() < 1_700_000_000 {
			g.t.Errorf("told: %+v", p)
		}
		got[p.Wanted][p.Path] = true
		return nil
	})
	if err != nil {
		g.t.Fatal(err)
	}
	for i, h := range wanted {
		for f := range got[i] {
			if !holds[string(h.Sum)][f] {
				g.t.Errorf("%s does not hold %x", f, h.Sum)
			}
		}
		for f := range as[string(h.Sum)] {
			if !got[i][f] {
				g.t.Errorf("%s holds %x, and is not told", f, h.Sum)
			}
		}
	}
	return done
}

// die kills the program in the middle of a search: what its file holds then is what
// the next one finds.
func (g *grove) die() {
	g.t.Helper()
	var left []byte
	n := g.r.IntN(60)
	ctx, cancel := context.WithCancel(g.t.Context())
	defer cancel()
	_, err := g.store.Where(ctx, []Hash{{Sum: bytes.Repeat([]byte{7}, md5.Size)}}, Search{Pace: func() {
		if n--; n == 0 {
			var err error
			if left, err = os.ReadFile(g.name); err != nil {
				g.t.Fatal(err)
			}
			cancel()
		}
	}}, func(Place) error { return nil })
	if err != nil && !errors.Is(err, context.Canceled) {
		g.t.Fatal(err)
	}
	if err := g.store.Close(); err != nil {
		g.t.Fatal(err)
	}
	if left != nil {
		if err := os.WriteFile(g.name, left, 0o600); err != nil {
			g.t.Fatal(err)
		}
	}
	g.open()
}

// TestWhere holds what the store answers against a look at all files, while they are
// changed, removed and looked at again, and the program is killed now and then. A
// second question reads no content for its digest.
func TestWhere(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	g := newGrove(t, rand.New(rand.NewPCG(seed, 1)))
	read, forgot := 0, 0
	for range 60 {
		for range g.r.IntN(30) {
			g.change()
		}
		if g.r.IntN(3) > 0 {
			g.look()
		}
		for range g.r.IntN(8) {
			g.change()
		}
		if g.r.IntN(3) == 0 {
			g.die()
		}
		g.now = g.now.Add(time.Duration(g.r.IntN(20)) * time.Hour)
		if g.r.IntN(3) == 0 {
			done, err := g.store.Forget(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			forgot += done.Contents
		}
		read += g.ask().Contents
		if t.Failed() {
			return
		}
	}
	g.look()
	g.ask()
	holds, _ := g.hashed()
	if len(holds) == 0 || read == 0 || forgot == 0 {
		t.Fatalf("%d hashes, %d read, %d forgotten: it shows little", len(holds), read, forgot)
	}
	if _, err := g.store.Where(t.Context(), []Hash{{Sum: make([]byte, md5.Size)}}, Search{}, func(Place) error { return nil }); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if done := g.ask(); done.Contents != 0 || done.Bytes != 0 || done.Unread != 0 {
			t.Errorf("another question reads again: %+v", done)
		}
	}
	g.bounded()
}

// bounded fails if digests are kept of what is forgotten.
func (g *grove) bounded() {
	g.t.Helper()
	_, folders := g.paths()
	for _, f := range folders[1:] {
		if err := os.RemoveAll(f); err != nil {
			g.t.Fatal(err)
		}
	}
	g.look()
	g.now = g.now.Add(3 * forgetEvery)
	if _, err := g.store.Forget(g.t.Context()); err != nil {
		g.t.Fatal(err)
	}
	err := g.store.db.View(func(tx *bbolt.Tx) error {
		for _, name := range bucketsDigests {
			n := 0
			for _, r := range runsOf(tx.Bucket(name)) {
				n += int(r.count)
			}
			if all := tx.Bucket(bucketContents).Stats().KeyN; n > all {
				g.t.Errorf("%d digests of %d contents", n, all)
			}
		}
		return nil
	})
	if err != nil {
		g.t.Fatal(err)
	}
}

// TestWhereSize reads only contents of the sizes that are asked for, and tells of
// files that cannot be read.
func TestWhereSize(t *testing.T) {
	g := newGrove(t, rand.New(rand.NewPCG(1, 1)))
	for i, n := range []int{10, 20, 30} {
		name := filepath.Join(g.root, fmt.Sprint(i))
		if err := os.WriteFile(name, bytes.Repeat([]byte("x"), n), 0o600); err != nil {
			t.Fatal(err)
		}
		g.touch(name)
	}
	g.look()
	wanted := sha256.Sum256(bytes.Repeat([]byte("x"), 20))
	ask := func(h Hash, want Searched, paths ...string) {
		t.Helper()
		var got []string
		done, err := g.store.Where(t.Context(), []Hash{h}, Search{}, func(p Place) error { got = append(got, filepath.Base(p.Path)); return nil })
		if err != nil || done != want || !slices.Equal(got, paths) {
			t.Errorf("%+v, %v, %v, want %+v", done, err, got, want)
		}
	}
	ask(Hash{Sum: wanted[:], Size: 20}, Searched{Contents: 1, Bytes: 20, Verified: 20}, "1")
	ask(Hash{Sum: wanted[:], Size: 20}, Searched{Verified: 20}, "1")
	ask(Hash{Sum: wanted[:], Size: 30}, Searched{Contents: 1, Bytes: 30})
	ask(Hash{Sum: wanted[:]}, Searched{Contents: 1, Bytes: 10, Verified: 20}, "1")
	if _, err := g.store.Where(t.Context(), []Hash{{Sum: []byte("short")}}, Search{}, nil); err == nil {
		t.Error("it is asked for what is no digest")
	}
	stop := errors.New("stop")
	if _, err := g.store.Where(t.Context(), []Hash{{Sum: wanted[:]}}, Search{}, func(Place) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
}

// TestWhereAnew has another program, which knows of no digests, begin anew what is
// known: digests of before are of other contents, and are not taken for theirs.
func TestWhereAnew(t *testing.T) {
	g := newGrove(t, rand.New(rand.NewPCG(2, 2)))
	for range 40 {
		g.change()
	}
	g.look()
	g.ask()
	var kept [][2][]byte
	err := g.store.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucketsDigests[0])
		err := b.ForEach(func(k, v []byte) error {
			kept = append(kept, [2][]byte{slices.Clone(k), slices.Clone(v)})
			return nil
		})
		return errors.Join(err, tx.Bucket(bucketMeta).Delete(keyReading))
	})
	if err != nil || len(kept) == 0 {
		t.Fatal(len(kept), err)
	}
	g.change()
	g.look() // begins anew
	err = g.store.db.Update(func(tx *bbolt.Tx) error {
		for _, x := range kept {
			if err := tx.Bucket(bucketsDigests[0]).Put(x[0], x[1]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	g.ask()
}

// FuzzWhere has the file hold whatever: nobody falls over it.
func FuzzWhere(f *testing.F) {
	sum := bytes.Repeat([]byte{7}, md5.Size)
	f.Add([]byte{0, 0, 0, 1, 0, 0, 0, 1}, append([]byte{0, 0, 0, 1}, append(sum[:8:8], 0, 0, 0, 0)...), append(sum[:8:8], 0, 0, 0, 1))
	f.Add([]byte{0, 0, 0, 1, 255, 255, 255, 255}, append([]byte{0, 0, 0, 1}, append(sum[:8:8], 255, 255, 255, 255)...), sum[:3])
	f.Fuzz(func(t *testing.T, runs, key, block []byte) {
		g := newGrove(t, rand.New(rand.NewPCG(1, 1)))
		g.write(filepath.Join(g.root, "a"))
		g.look()
		if _, err := g.store.Where(t.Context(), []Hash{{Sum: sum}}, Search{}, func(Place) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if len(key) == 0 || len(key) > bbolt.MaxKeySize {
			return
		}
		err := g.store.db.Update(func(tx *bbolt.Tx) error {
			for _, name := range bucketsDigests {
				if err := errors.Join(tx.Bucket(name).Put(keyRuns, runs), tx.Bucket(name).Put(key, block)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		g.write(filepath.Join(g.root, "b"))
		g.look()
		if _, err := g.store.Where(t.Context(), []Hash{{Sum: sum}}, Search{}, func(Place) error { return nil }); err != nil {
			t.Fatal(err)
		}
		g.now = g.now.Add(3 * forgetEvery)
		if _, err := g.store.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}
