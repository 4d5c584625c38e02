package folder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"candor"
	"candor/internal/intake"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// keeper notes what it gets, and does what during tells it meanwhile.
type keeper struct {
	got    []string
	keys   map[string]bool
	err    error
	during func()
}

func (k *keeper) Keep(_ context.Context, a intake.Arrival) error {
	text, err := io.ReadAll(a.Body)
	if err != nil {
		return err
	}
	if k.during != nil {
		k.during()
	}
	if k.err != nil {
		return k.err
	}
	if !k.keys[a.Key] {
		k.keys[a.Key] = true
		k.got = append(k.got, fmt.Sprintf("%s|%s|%s", a.Name, a.Type, text))
	}
	return nil
}

func watch(t *testing.T, dir string, remove bool) (*Folder, *keeper) {
	t.Helper()
	k := &keeper{keys: map[string]bool{}}
	f, err := New(Options{Name: "drop", Dir: dir, Remove: remove, Keeper: k, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return f, k
}

func put(t *testing.T, path, text string, age time.Duration) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, now.Add(-age), now.Add(-age)); err != nil {
		t.Fatal(err)
	}
}

func pass(t *testing.T, f *Folder) {
	t.Helper()
	if err := f.Pass(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			all = append(all, e.Name())
		}
	}
	return all
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	f, k := watch(t, dir, false)
	put(t, filepath.Join(dir, "a.csv"), "a,b", time.Minute)
	put(t, filepath.Join(dir, "b"), "Subject: mail\n\nx", time.Minute)
	put(t, filepath.Join(dir, "fresh.csv"), "half", time.Second)
	put(t, filepath.Join(dir, "c.csv.tmp"), "half", time.Minute)
	put(t, filepath.Join(dir, ".hidden"), "x", time.Minute)
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	pass(t, f)
	if diff := cmp.Diff([]string{"a.csv|text/csv|a,b", "||Subject: mail\n\nx"}, k.got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"a.csv", "b"}, names(t, filepath.Join(dir, "done"))); diff != "" {
		t.Error(diff)
	}
	// The next day's file of the same name is another, and both stay.
	put(t, filepath.Join(dir, "a.csv"), "c,d", 30*time.Second)
	pass(t, f)
	if diff := cmp.Diff([]string{"a.csv", "a.csv.1", "b"}, names(t, filepath.Join(dir, "done"))); diff != "" || len(k.got) != 3 {
		t.Errorf("%s %q", diff, k.got)
	}
	if n := f.Counts(); n != (Counts{Kept: 3}) {
		t.Errorf("counted is %+v", n)
	}
}

func TestTrouble(t *testing.T) {
	dir := t.TempDir()
	f, k := watch(t, dir, true)
	path := filepath.Join(dir, "x.csv")
	put(t, path, "1", time.Minute)
	k.err = candor.ErrUnavailable
	pass(t, f)
	if len(names(t, dir)) != 1 {
		t.Error("what could not be kept is gone")
	}
	// A file that is written to while it is kept stays, and comes again whole.
	k.err, k.during = nil, func() { put(t, path, "12", 50*time.Second) }
	pass(t, f)
	k.during = nil
	pass(t, f)
	if got := strings.Join(k.got, " "); got != "x.csv|text/csv|1 x.csv|text/csv|12" || len(names(t, dir)) != 0 {
		t.Errorf("kept is %q, left is %q", got, names(t, dir))
	}
	put(t, path, "bad", time.Minute)
	k.err = fmt.Errorf("no: %w", candor.ErrInvalid)
	pass(t, f)
	if diff := cmp.Diff([]string{"x.csv"}, names(t, filepath.Join(dir, "refused"))); diff != "" {
		t.Error(diff)
	}
	if n := f.Counts(); n != (Counts{Kept: 1, Refused: 1, Failed: 2}) {
		t.Errorf("counted is %+v", n)
	}
}

// TestCrash: what was kept and not moved comes again under the same key.
func TestCrash(t *testing.T) {
	dir := t.TempDir()
	f, k := watch(t, dir, false)
	put(t, filepath.Join(dir, "x.csv"), "1", time.Minute)
	put(t, filepath.Join(dir, "done"), "in the way", 0)
	pass(t, f) // cannot be moved, as if the program had died
	if err := os.Remove(filepath.Join(dir, "done")); err != nil {
		t.Fatal(err)
	}
	f, other := watch(t, dir, false)
	other.keys = k.keys
	pass(t, f)
	if len(k.got) != 1 || len(other.got) != 0 || len(names(t, filepath.Join(dir, "done"))) != 1 {
		t.Errorf("kept is %q, then %q", k.got, other.got)
	}
}

func TestMaildir(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"new", "cur", "tmp"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	put(t, filepath.Join(dir, "new", "1.a.host"), "Subject: 1\n\n", 0)
	put(t, filepath.Join(dir, "cur", "2.b.host:2,S"), "Subject: 2\n\n", 0)
	put(t, filepath.Join(dir, "tmp", "3.c.host"), "Subject: 3\n\n", time.Hour)
	f, k := watch(t, dir, false)
	pass(t, f)
	if !k.keys["1.a.host"] || !k.keys["2.b.host"] || len(k.keys) != 2 || len(names(t, filepath.Join(dir, "done"))) != 2 {
		t.Errorf("kept is %v", k.keys)
	}
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	f, k := watch(t, dir, false)
	put(t, filepath.Join(dir, "x.csv"), "1", time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	k.during = cancel
	if err := f.Run(ctx); err != nil || len(k.got) != 1 {
		t.Errorf("%v %q", err, k.got)
	}
	if _, err := New(Options{Dir: filepath.Join(dir, "none")}); !errors.Is(err, candor.ErrInvalid) {
		t.Error(err)
	}
}
