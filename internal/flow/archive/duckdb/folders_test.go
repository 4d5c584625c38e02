//go:build cgo && duckdb

package duckdb

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"candor/internal/flow/archive"
	"candor/internal/flow/archive/archivetest"
)

// lay makes empty files as an archive names them, one an hour.
func lay(tb testing.TB, dir string, tier archive.Tier, hours int) []file {
	tb.Helper()
	var all []file
	for i := range hours {
		hour := archivetest.Begin.Add(time.Duration(i) * time.Hour)
		f := file{tier: tier, hour: hour, first: uint64(i), last: uint64(i), from: hour.UnixMicro(), until: hour.UnixMicro() + 1, rows: 1}
		put(tb, dir, f)
		all = append(all, f)
	}
	return all
}

func put(tb testing.TB, dir string, f file) {
	tb.Helper()
	if err := os.MkdirAll(filepath.Join(dir, f.folder()), 0o750); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, f.name()), nil, 0o600); err != nil {
		tb.Fatal(err)
	}
}

// TestTheCatalogueIsRemembered: folders are read again when something changed in
// them, whoever did it, and only then.
func TestTheCatalogueIsRemembered(t *testing.T) {
	dir := t.TempDir()
	all := lay(t, dir, archive.Hour, 20)
	s := newFolders(dir)
	later := time.Now().Add(time.Hour)
	s.wall = func() time.Time { return later }
	count := func() (files, reads int) {
		t.Helper()
		before := s.reads
		c, err := s.catalogue()
		if err != nil {
			t.Fatal(err)
		}
		return len(c.hour), s.reads - before
	}
	old := time.Now().Add(-time.Minute) // so that each change has a time of its own
	age := func(f file) {
		t.Helper()
		old = old.Add(time.Second)
		for _, name := range []string{f.folder(), string(archive.Hour)} {
			if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	more, gone := all[3], all[5]
	more.first, more.last = 100, 100
	for _, tt := range []struct {
		name         string
		do           func() error
		files, reads int
	}{
		{"at first", func() error { return nil }, 20, 21},
		{"nothing changed", func() error { return nil }, 20, 0},
		{"another process adds a file", func() error { put(t, dir, more); age(more); return nil }, 21, 2},
		{"it removes one", func() error { err := os.Remove(filepath.Join(dir, more.name())); age(more); return err }, 20, 2},
		{"it removes an hour", func() error { err := os.RemoveAll(filepath.Join(dir, gone.folder())); age(all[0]); return err }, 19, 2},
		{"nothing changed again", func() error { return nil }, 19, 0},
		{"all is gone", func() error { return os.RemoveAll(filepath.Join(dir, string(archive.Hour))) }, 0, 1},
		{"it comes again", func() error { lay(t, dir, archive.Hour, 2); return nil }, 2, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.do(); err != nil {
				t.Fatal(err)
			}
			if files, reads := count(); files != tt.files || reads != tt.reads {
				t.Errorf("there are %d files after %d folders were read; want %d after %d", files, reads, tt.files, tt.reads)
			}
		})
	}
}

// TestTwoChangesAtOneTime: a folder that was changed just now is read again, since
// the next change may have the same time.
func TestTwoChangesAtOneTime(t *testing.T) {
	dir := t.TempDir()
	f := lay(t, dir, archive.Raw, 1)[0]
	at := time.Now()
	touch := func() {
		t.Helper()
		if err := os.Chtimes(filepath.Join(dir, f.folder()), at, at); err != nil {
			t.Fatal(err)
		}
	}
	touch()
	s := newFolders(dir)
	s.wall = func() time.Time { return at.Add(time.Millisecond) }
	for want := 1; want < 4; want++ {
		all, err := s.list(archive.Raw)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) != want {
			t.Errorf("there are %d files, want %d", len(all), want)
		}
		f.first, f.last = f.first+1, f.last+1
		put(t, dir, f)
		touch()
	}
}

// BenchmarkCatalogue is what a question waits for the list of files, after a year.
func BenchmarkCatalogue(b *testing.B) {
	dir := b.TempDir()
	lay(b, dir, archive.Hour, 400*24)
	lay(b, dir, archive.Minute, 30*24)
	lay(b, dir, archive.Raw, 7*24)
	later := time.Now().Add(time.Hour)
	for _, way := range []string{"read", "remembered"} {
		b.Run(way, func(b *testing.B) {
			s := newFolders(dir)
			s.wall = func() time.Time { return later }
			begun := spent(b)
			for b.Loop() {
				if way == "read" {
					s.tiers = map[archive.Tier]*shelf{}
				}
				c, err := s.catalogue()
				if err != nil || len(c.hour) != 400*24 {
					b.Fatal(len(c.hour), err)
				}
			}
			b.ReportMetric(float64((spent(b)-begun).Microseconds())/1e3/float64(b.N), "ms-cpu/op")
		})
	}
}

// spent is what processors did for this process.
func spent(tb testing.TB) time.Duration {
	tb.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
