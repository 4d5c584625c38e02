package evidence

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"

	"candor"
)

func TestAppendAndRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	l := openLog(t, dir, fastOptions())
	want := samples(0, 600)
	var indexes []uint64
	for part := range slices.Chunk(want, 77) {
		indexes = append(indexes, appendAll(t, l, part)...)
	}
	for i, index := range indexes {
		if index != uint64(i) {
			t.Fatalf("entry %d got index %d", i, index)
		}
	}
	if size := must[uint64](t)(l.Size(t.Context())); size != 600 {
		t.Errorf("size %d, want 600", size)
	}
	for i := range want {
		want[i].Version = 1
	}
	var got []Entry
	for e, err := range l.Since(t.Context(), 250) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Index != uint64(250+len(got)) {
			t.Fatalf("index %d comes after %d entries", e.Index, len(got))
		}
		got = append(got, e.Entry)
	}
	if diff := cmp.Diff(want[250:], got); diff != "" {
		t.Errorf("Since (-want +got):\n%s", diff)
	}
	if e := must[Entry](t)(l.Entry(t.Context(), 599)); e.ID != want[599].ID {
		t.Errorf("entry 599 is %s", e.ID)
	}
	if _, err := l.Entry(t.Context(), 600); !errors.Is(err, candor.ErrNotFound) {
		t.Errorf("entry 600: %v, want ErrNotFound", err)
	}
	for range l.Since(t.Context(), 600) {
		t.Error("there is something after the end")
	}
	closeLog(t, l)
	if _, err := l.Append(t.Context(), sample(1)); !errors.Is(err, candor.ErrUnavailable) {
		t.Errorf("append after close: %v", err)
	}
	r := must[*Reader](t)(OpenReader(dir))
	if size := must[uint64](t)(r.Size(t.Context())); size != 600 {
		t.Errorf("after closing the checkpoint covers %d entries", size)
	}
}

func TestProofs(t *testing.T) {
	l := openLog(t, filepath.Join(t.TempDir(), "log"), fastOptions())
	var older []uint64
	for _, n := range []int{1, 254, 3, 300, 2} {
		appendAll(t, l, samples(0, n))
		older = append(older, must[uint64](t)(l.Size(t.Context())))
	}
	size := older[len(older)-1]
	if err := l.Await(t.Context(), size); err != nil {
		t.Fatal(err)
	}
	s := sweep{files: l.files, size: size, marks: slices.Clone(older)}
	if err := s.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	roots := s.roots
	for _, index := range []uint64{0, 1, 255, 256, 511, 512, size - 1} {
		p := must[Inclusion](t)(l.Inclusion(t.Context(), index))
		if err := proof.VerifyInclusion(rfc6962.DefaultHasher, index, size, p.Leaf[:], slicesOf(p.Hashes), roots[size]); err != nil {
			t.Errorf("inclusion of %d: %v", index, err)
		}
		if !strings.HasPrefix(string(p.Text()), "c2sp.org/tlog-proof@v1\n") {
			t.Errorf("proof of %d reads %.40q", index, p.Text())
		}
	}
	for _, from := range older {
		for _, to := range older {
			if from > to {
				continue
			}
			hashes := must[[]Digest](t)(l.Consistency(t.Context(), from, to))
			if err := proof.VerifyConsistency(rfc6962.DefaultHasher, from, to, slicesOf(hashes), roots[from], roots[to]); err != nil {
				t.Errorf("consistency from %d to %d: %v", from, to, err)
			}
		}
	}
	if _, err := l.Consistency(t.Context(), 5, size+1); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("consistency beyond the end: %v", err)
	}
	if _, err := l.Inclusion(t.Context(), size); !errors.Is(err, candor.ErrNotFound) {
		t.Errorf("inclusion beyond the end: %v", err)
	}
}

func slicesOf(hashes []Digest) [][]byte {
	out := make([][]byte, len(hashes))
	for i := range hashes {
		out[i] = hashes[i][:]
	}
	return out
}

func TestOpenRefuses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	if _, err := Open(t.Context(), dir, Options{}); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("a log without a name: %v", err)
	}
	l := openLog(t, dir, fastOptions())
	if _, err := Open(t.Context(), dir, fastOptions()); !errors.Is(err, candor.ErrUnavailable) || candor.Hint(err) == "" {
		t.Errorf("opened twice: %v", err)
	}
	closeLog(t, l)
	if _, err := Open(t.Context(), dir, Options{Origin: "other.example.org"}); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("another name: %v", err)
	}
	info := must[fs.FileInfo](t)(os.Stat(filepath.Join(dir, keyFile)))
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the key has mode %v", info.Mode())
	}
	if err := os.Remove(filepath.Join(dir, keyFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir, fastOptions()); !errors.Is(err, candor.ErrNotFound) || candor.Hint(err) == "" {
		t.Errorf("the key is lost: %v", err)
	}
}

func TestAppendRefusesBadEntries(t *testing.T) {
	l := openLog(t, filepath.Join(t.TempDir(), "log"), fastOptions())
	large := sample(1)
	large.Body = []byte(`{"text":"` + strings.Repeat("x", MaxEntry) + `"}`)
	if _, err := l.Append(t.Context(), sample(0), large); !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
		t.Errorf("too large an entry: %v", err)
	}
	if size := must[uint64](t)(l.Size(t.Context())); size != 0 {
		t.Errorf("%d entries were appended", size)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Append(ctx, sample(0)); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestAppendTogether(t *testing.T) {
	l := openLog(t, filepath.Join(t.TempDir(), "log"), fastOptions())
	var group sync.WaitGroup
	var mu sync.Mutex
	byIndex := map[uint64]candor.ID{}
	for g := range 32 {
		group.Go(func() {
			for i := range 20 {
				e := sample(g*100 + i)
				indexes, err := l.Append(context.Background(), e)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				byIndex[indexes[0]] = e.ID
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if len(byIndex) != 640 {
		t.Fatalf("%d indexes for 640 entries", len(byIndex))
	}
	for e, err := range l.Since(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if byIndex[e.Index] != e.Entry.ID {
			t.Fatalf("entry %d is %s, not %s", e.Index, e.Entry.ID, byIndex[e.Index])
		}
	}
}

// TestAppendFaults puts a file where the folder of entries was, so that they
// cannot be written, and then takes it away again.
func TestAppendFaults(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	l := openLog(t, dir, fastOptions())
	appendAll(t, l, samples(0, 3))
	folder := filepath.Join(dir, treeDir, "tile")
	if err := os.Rename(folder, folder+".away"); err != nil {
		t.Fatal(err)
	}
	writeTest(t, folder, nil)
	if _, err := l.Append(t.Context(), sample(3)); !errors.Is(err, candor.ErrUnavailable) || candor.Hint(err) == "" {
		t.Errorf("append to a broken folder: %v", err)
	}
	if err := errors.Join(os.Remove(folder), os.Rename(folder+".away", folder)); err != nil {
		t.Fatal(err)
	}
	if got := appendAll(t, l, samples(3, 2)); !slices.Equal(got, []uint64{3, 4}) {
		t.Errorf("after mending: indexes %v", got)
	}
	closeLog(t, l)
	verified(t, dir, VerifyOptions{})
}

func TestStatus(t *testing.T) {
	l := openLog(t, filepath.Join(t.TempDir(), "log"), fastOptions())
	appendAll(t, l, samples(0, 5))
	if err := l.Await(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	s := must[Status](t)(l.Status(t.Context()))
	if s.Size != 5 || s.Covered != 5 || s.Origin != testOrigin || time.Since(s.CheckpointAt).Abs() > time.Minute {
		t.Errorf("status %+v", s)
	}
}

// verified checks a log that is as it should be.
func verified(t testing.TB, path string, o VerifyOptions) Report {
	t.Helper()
	r := must[Report](t)(Verify(t.Context(), path, o))
	if !r.OK() {
		t.Errorf("does not verify:\n%s", r)
	}
	return r
}
