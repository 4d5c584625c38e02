package known

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"golang.org/x/sys/unix"

	"candor/engine"
	"candor/internal/scan/index"
)

// shelf is a store, and folders with files that it is told of.
type shelf struct {
	t     *testing.T
	root  string
	now   time.Time
	store *Store
	rules *engine.Rules
}

func newShelf(t *testing.T) *shelf {
	s := &shelf{t: t, root: t.TempDir(), now: time.Unix(1_700_000_000, 0)}
	var err error
	if s.store, err = Open(filepath.Join(t.TempDir(), "known.db"), func() time.Time { return s.now }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.store.Close(); err != nil {
			t.Error(err)
		}
	})
	s.rules, _ = engine.Compile([]engine.Source{{Name: "a.yar", Data: []byte(`rule a { strings: $a = "needle" condition: $a }`)}}, engine.Options{})
	return s
}

func (s *shelf) begin() *Session {
	x, err := s.store.Begin(s.rules, Opening{})
	if err != nil {
		s.t.Fatal(err)
	}
	return x
}

// keep makes a folder with files, unless it is there, and has x learn them.
func (s *shelf) keep(x *Session, folder string, contents ...string) {
	s.t.Helper()
	dir := filepath.Join(s.root, folder)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		s.t.Fatal(err)
	}
	var st unix.Stat_t
	if err := unix.Lstat(dir, &st); err != nil {
		s.t.Fatal(err)
	}
	var seen []Seen
	k := new(index.Sketcher)
	for i, c := range contents {
		sum := SumOf([]byte(c))
		if _, is := x.Clean(sum, nil); !is {
			k.Begin([]byte(c), len(c))
			k.Note([]byte(c))
			x.Learn(Learned{Sum: sum, Size: int64(len(c)), Sketch: k.End().Append(nil)})
		}
		seen = append(seen, Seen{Entry: Entry{Name: fmt.Sprint(i), Inode: uint64(i)}, Sum: sum, Fresh: true, Clean: true})
	}
	if err := x.Keep(st.Dev, st.Ino, dir, seen); err != nil {
		s.t.Fatal(err)
	}
}

// directory is what x knows of a folder.
func (s *shelf) directory(x *Session, folder string) *Directory {
	s.t.Helper()
	var st unix.Stat_t
	if err := unix.Lstat(filepath.Join(s.root, folder), &st); err != nil {
		s.t.Fatal(err)
	}
	return x.Directory(st.Dev, st.Ino)
}

func (s *shelf) close(x *Session) {
	s.t.Helper()
	if err := x.Close(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) forget(want Forgotten) {
	s.t.Helper()
	got, err := s.store.Forget(s.t.Context())
	if err != nil || got != want {
		s.t.Fatalf("%+v, %v, want %+v", got, err, want)
	}
}

func (s *shelf) remove(folder string) {
	if err := os.RemoveAll(filepath.Join(s.root, folder)); err != nil {
		s.t.Fatal(err)
	}
}

// sound fails if a file refers to a content that is not there, or a content is
// not found by its digest.
func (s *shelf) sound() {
	s.t.Helper()
	err := s.store.db.View(func(tx *bbolt.Tx) error {
		held, err := held(tx)
		for n, is := range held {
			if b := tx.Bucket(bucketContents).Get(number(uint32(n))); is && b == nil {
				s.t.Errorf("a file refers to content %d, which is not there", n)
			}
		}
		return errorsIn(tx, err)
	})
	if err != nil {
		s.t.Error(err)
	}
}

func errorsIn(tx *bbolt.Tx, err error) error {
	contents, have, digests := tx.Bucket(bucketContents), sumsOf(tx), 0
	for _, r := range runsOf(tx.Bucket(bucketSums)) {
		digests += int(r.count)
	}
	if n := contents.Stats().KeyN; err == nil && n != digests {
		err = fmt.Errorf("%d contents, %d digests", n, digests)
	}
	if err != nil {
		return err
	}
	return contents.ForEach(func(k, b []byte) error {
		c, err := decodeContent(b)
		if err != nil {
			return err
		}
		if n, is := have.find(c.Sum); is == nil || n != toNumber(k) {
			return fmt.Errorf("content %d is found as %d", toNumber(k), n)
		}
		return nil
	})
}

func TestForget(t *testing.T) {
	s := newShelf(t)
	x := s.begin()
	s.keep(x, "here", "one", "two")
	s.keep(x, "gone", "two", "three")
	s.close(x)
	s.forget(Forgotten{}) // nothing is gone, and what is new stays anyway
	s.remove("gone")
	s.now = s.now.Add(time.Hour)
	s.forget(Forgotten{}) // it was done an hour ago
	s.now = s.now.Add(2 * forgetEvery)
	s.forget(Forgotten{Directories: 1, Contents: 1})
	s.sound()
	x = s.begin()
	defer s.close(x)
	for content, want := range map[string]bool{"one": true, "two": true, "three": false} {
		if clean, is := x.Clean(SumOf([]byte(content)), nil); clean != want || is != want {
			t.Errorf("%s: clean %v, known %v, want %v", content, clean, is, want)
		}
	}
}

// TestForgetBesideSession holds that a session that knew of a content which was
// forgotten has no file refer to it.
func TestForgetBesideSession(t *testing.T) {
	s := newShelf(t)
	x := s.begin()
	s.keep(x, "gone", "one")
	s.close(x)
	s.now = s.now.Add(2 * forgetEvery)
	x = s.begin()
	s.keep(x, "new", "one", "two") // "one" under its number
	s.remove("gone")
	s.forget(Forgotten{Directories: 1, Contents: 1})
	s.close(x)
	s.sound()
	var st unix.Stat_t
	if err := unix.Lstat(filepath.Join(s.root, "new"), &st); err != nil {
		t.Fatal(err)
	}
	if d := s.begin().Directory(st.Dev, st.Ino); d == nil || len(d.Entries) != 1 || d.Entries[0].Name != "1" {
		t.Errorf("known is %+v, want only the file with what is new", d)
	}
}

// TestForgetSketches holds that shards of which much is gone are laid down anew,
// and that what is left is still ruled out by them.
func TestForgetSketches(t *testing.T) {
	s := newShelf(t)
	r := rand.New(rand.NewPCG(1, 2))
	x := s.begin()
	var most, few []string
	for i := range 8192 + 100 {
		c := fmt.Sprintf("%x%x", r.Uint64(), r.Uint64())
		if i%8 == 0 {
			few = append(few, c)
		} else {
			most = append(most, c)
		}
	}
	s.keep(x, "few", few...)
	s.keep(x, "most", most...)
	s.close(x)
	size := func() (n int) {
		_ = s.store.db.View(func(tx *bbolt.Tx) error {
			for _, b := range valuesOf(tx.Bucket(bucketShards)) {
				x, err := index.Open(b)
				if err != nil {
					t.Fatal(err)
				}
				n += x.Len()
			}
			for _, b := range valuesOf(tx.Bucket(bucketFresh)) {
				if err := each(b, func(uint32, index.Sketch) { n++ }); err != nil {
					t.Fatal(err)
				}
			}
			return nil
		})
		return n
	}
	if n := size(); n != len(few)+len(most) {
		t.Fatalf("%d sketches", n)
	}
	s.remove("most")
	s.now = s.now.Add(2 * forgetEvery)
	s.forget(Forgotten{Directories: 1, Contents: len(most)})
	s.sound()
	if n := size(); n != len(few) {
		t.Errorf("%d sketches of %d contents", n, len(few))
	}
	v := &revisit{Session: s.begin(), ctx: t.Context()}
	formulas, err := s.rules.Formulas(nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := v.candidates(index.NewQuery([]index.Asked{{Formula: formulas[0]}}))
	if err != nil || v.done.Contents != len(few) || len(got) > len(few)/20 {
		t.Errorf("%d candidates of %d contents, %v", len(got), v.done.Contents, err)
	}
}
