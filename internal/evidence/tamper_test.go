package evidence

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"candor"
)

// TestVerifyFindsTampering changes a log of 600 entries in one way each.
func TestVerifyFindsTampering(t *testing.T) {
	source := newLog(t, 600)
	checkpoint := readTest(t, filepath.Join(source, treeDir, "checkpoint"))
	for name, tt := range map[string]struct {
		tamper func(t *testing.T, dir string)
		failed string // check
		says   string
	}{
		"edited entry": {
			func(t *testing.T, dir string) {
				change(t, filepath.Join(dir, "tlog/tile/entries/001"), func(b []byte) []byte {
					return bytes.Replace(b, []byte(`"severity":"high"`), []byte(`"severity":"info"`), 1)
				})
			}, "entries", "entry 256 does not have the hash",
		},
		"edited entry and hash": {
			func(t *testing.T, dir string) {
				change(t, filepath.Join(dir, "tlog/tile/entries/001"), func(b []byte) []byte {
					return bytes.Replace(b, []byte(`"severity":"high"`), []byte(`"severity":"info"`), 1)
				})
				rebuildTile(t, dir, 1)
			}, "root", "not those that the checkpoint",
		},
		"deleted bundle": {
			func(t *testing.T, dir string) { remove(t, filepath.Join(dir, "tlog/tile/entries/001")) },
			"entries", "entries 256 to 511 are missing",
		},
		"deleted entry": {
			func(t *testing.T, dir string) {
				change(t, filepath.Join(dir, "tlog/tile/entries/000"), func(b []byte) []byte {
					return b[2+int(b[0])<<8+int(b[1]):]
				})
			}, "entries", "has 255 entries, not 256",
		},
		"truncated": {
			func(t *testing.T, dir string) {
				remove(t, filepath.Join(dir, "tlog/tile/entries/002.p"))
				remove(t, filepath.Join(dir, "tlog/tile/0/002.p"))
			}, "root", "cannot be computed",
		},
		"damaged upper tile": {
			func(t *testing.T, dir string) {
				change(t, filepath.Join(dir, "tlog/tile/1/000.p/2"), func(b []byte) []byte { b[40] ^= 1; return b })
			}, "tiles", "tile/1/000.p/2",
		},
		"bad signature": {
			func(t *testing.T, dir string) {
				change(t, filepath.Join(dir, "tlog/checkpoint"), func(b []byte) []byte {
					return bytes.Replace(b, []byte("\n600\n"), []byte("\n599\n"), 1)
				})
			}, "signature", "is not signed",
		},
		"no checkpoint": {
			func(t *testing.T, dir string) { remove(t, filepath.Join(dir, "tlog/checkpoint")) },
			"signature", "missing or damaged",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := copyOf(t, source)
			verified(t, dir, VerifyOptions{Earlier: [][]byte{checkpoint}})
			tt.tamper(t, dir)
			r := must[Report](t)(Verify(t.Context(), dir, VerifyOptions{Earlier: [][]byte{checkpoint}}))
			if r.OK() || !r.Failed(tt.failed) || !strings.Contains(r.String(), tt.says) {
				t.Errorf("want %s failed, with %q:\n%s", tt.failed, tt.says, r)
			}
		})
	}
}

// TestVerifyHoldsEarlier rewrites and cuts logs with the real key: only a
// checkpoint that somebody kept shows that.
func TestVerifyHoldsEarlier(t *testing.T) {
	dir := newLog(t, 300)
	old := copyOf(t, dir)
	earlier := readTest(t, filepath.Join(dir, treeDir, "checkpoint"))
	l := openLog(t, dir, fastOptions())
	appendAll(t, l, samples(300, 300))
	closeLog(t, l)
	later := readTest(t, filepath.Join(dir, treeDir, "checkpoint"))
	r := verified(t, dir, VerifyOptions{Key: l.Key(), Earlier: [][]byte{earlier, later}})
	if !r.Complete() {
		t.Errorf("something was skipped:\n%s", r)
	}

	fork := filepath.Join(t.TempDir(), "fork")
	for _, name := range []string{keyFile, publicKeyFile} {
		if err := os.MkdirAll(fork, 0o700); err != nil {
			t.Fatal(err)
		}
		writeTest(t, filepath.Join(fork, name), readTest(t, filepath.Join(dir, name)))
	}
	f := openLog(t, fork, fastOptions())
	forged := samples(0, 600)
	forged[7].Actor = "nobody"
	appendAll(t, f, forged)
	closeLog(t, f)

	for name, tt := range map[string]struct {
		dir     string
		earlier []byte
		says    string
	}{
		"fork, smaller tree":  {fork, earlier, "history was rewritten"},
		"fork, same size":     {fork, later, "history was rewritten"},
		"cut to an old state": {old, later, "log was cut off: it had 600"},
	} {
		verified(t, tt.dir, VerifyOptions{Key: l.Key()}) // by itself it looks well
		r := must[Report](t)(Verify(t.Context(), tt.dir, VerifyOptions{Key: l.Key(), Earlier: [][]byte{tt.earlier}}))
		if !r.Failed("earlier") || !strings.Contains(r.String(), tt.says) {
			t.Errorf("%s: want %q:\n%s", name, tt.says, r)
		}
	}
	r = must[Report](t)(Verify(t.Context(), dir, VerifyOptions{Earlier: [][]byte{[]byte("nonsense\n")}}))
	if !r.Failed("earlier") {
		t.Errorf("nonsense passes for a checkpoint:\n%s", r)
	}
}

func TestVerifyOptionsThatMakeNoSense(t *testing.T) {
	dir := newLog(t, 1)
	for name, o := range map[string]VerifyOptions{
		"key": {Key: "x"}, "witness": {Witnesses: []string{"y"}},
	} {
		if _, err := Verify(t.Context(), dir, o); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
	if _, err := Verify(t.Context(), filepath.Join(dir, "nothing"), VerifyOptions{}); !errors.Is(err, candor.ErrNotFound) {
		t.Errorf("nothing: %v, want ErrNotFound", err)
	}
	other := must[string](t)(newKey(testOrigin, zeros{}))
	k := must[keys](t)(parseKey(other))
	r := must[Report](t)(Verify(t.Context(), dir, VerifyOptions{Key: k.public}))
	if !r.Failed("signature") {
		t.Errorf("another key passes:\n%s", r)
	}
}

func change(t *testing.T, name string, edit func([]byte) []byte) {
	t.Helper()
	before := readTest(t, name)
	after := edit(bytes.Clone(before))
	if bytes.Equal(before, after) {
		t.Fatalf("%s was not changed", name)
	}
	writeTest(t, name, after)
}

func remove(t *testing.T, name string) {
	t.Helper()
	if _, err := os.Stat(name); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(name); err != nil {
		t.Fatal(err)
	}
}

func copyOf(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// rebuildTile makes a tile of hashes fit the entries, as a forger would.
func rebuildTile(t *testing.T, dir string, index uint64) {
	t.Helper()
	f := files{filepath.Join(dir, treeDir)}
	raw := must[[][]byte](t)(f.entries(t.Context(), index, 600))
	var tile []byte
	for _, h := range new(sweep).leaves(&part{}, index*width, raw, nil) {
		tile = append(tile, h[:]...)
	}
	writeTest(t, filepath.Join(dir, "tlog/tile/0/001"), tile)
}

// zeros is a source of no randomness.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
