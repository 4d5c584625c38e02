package house_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"candor"
	"candor/internal/directory"
)

// alive finds everything alive.
type alive struct{ at candor.Clock }

func (a alive) Probe(_ context.Context, e directory.Entry) []directory.Probe {
	return []directory.Probe{{Address: e.Channels[0].Address, What: directory.MX, OK: true, First: a.at(), Last: a.at()}}
}

// TestDirectory adds, verifies, changes and retires an entry; each is recorded.
func TestDirectory(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		e := directory.Entry{Name: "Lab", Kinds: []directory.Kind{directory.AntiVirus}, Channels: []directory.Channel{{Way: directory.Mail, Address: "samples@lab.example"}}, Takes: []directory.Goods{directory.Hashes}}
		if _, err := w.SaveEntry(ctx, eve, e); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("an auditor added it: %v", err)
		}
		e, err := w.SaveEntry(ctx, ada, e)
		if err != nil || e.Edition != 1 {
			t.Fatal(e, err)
		}
		if _, err := w.SaveEntry(ctx, ada, directory.Entry{Name: "LAB", Kinds: e.Kinds, Channels: e.Channels, Takes: e.Takes}); !errors.Is(err, candor.ErrExists) {
			t.Errorf("a second of the name: %v", err)
		}
		if _, err := w.VerifyEntry(ctx, ada, e.ID, " "); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("verified without saying how: %v", err)
		}
		state := func(want directory.State) {
			t.Helper()
			if v, err := w.DirectoryEntry(ctx, eve, e.ID); err != nil || v.State != want {
				t.Errorf("it is %s, want %s, %v", v.State, want, err)
			}
		}
		state(directory.Due)
		if e, err = w.VerifyEntry(ctx, ada, e.ID, "called them"); err != nil || e.Verified.By != "Ada" {
			t.Fatal(e, err)
		}
		state(directory.Fresh)
		e.Note, e.Edition = "a note", 2
		if e, err = w.SaveEntry(ctx, ada, e); err != nil || e.Verified.At.IsZero() {
			t.Errorf("a note took the verification away: %v", err)
		}
		stale := e
		stale.Edition = 1
		if _, err := w.SaveEntry(ctx, ada, stale); !errors.Is(err, candor.ErrChanged) {
			t.Errorf("an old edition: %v", err)
		}
		e.Channels = []directory.Channel{{Way: directory.Mail, Address: "new@lab.example"}}
		if e, err = w.SaveEntry(ctx, ada, e); err != nil || !e.Verified.At.IsZero() {
			t.Errorf("another address is still verified: %v", err)
		}
		if _, err := w.ProbeEntry(ctx, ada, e.ID); !errors.Is(err, candor.ErrUnavailable) {
			t.Errorf("probed by nobody: %v", err)
		}
		w.Prober = alive{w.Clock}
		if err := w.ProbeDirectory(ctx); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(time.Hour)
		v, err := w.ProbeEntry(ctx, ada, e.ID)
		if err != nil || len(v.Seen) != 2 || v.Seen[0].Last.Sub(v.Seen[0].First) != time.Hour {
			t.Errorf("seen: %+v, %v", v.Seen, err)
		}
		if _, err := w.RetireEntry(ctx, ada, e.ID, true); err != nil {
			t.Fatal(err)
		}
		state(directory.Retired)
		starter, err := directory.Starter()
		if err != nil {
			t.Fatal(err)
		}
		first, err := w.ImportDirectory(ctx, ada, starter, false)
		if err != nil || first.Added != len(starter) {
			t.Fatal(first, err)
		}
		starter[0].Note = "another"
		again, err := w.ImportDirectory(ctx, ada, starter, false)
		if err != nil || again.Same != len(starter)-1 || len(again.Kept) != 1 {
			t.Error(again, err)
		}
		if again, err = w.ImportDirectory(ctx, ada, starter, true); err != nil || again.Changed != 1 {
			t.Error(again, err)
		}
		page, err := w.Records(ctx, eve, candor.RecordFilter{Kind: candor.RecordPolicy, Subject: e.ID}, candor.Cut{})
		if err != nil || page.Count != 5 {
			t.Errorf("%d records, %v", page.Count, err)
		}
	})
}

// TestImportGrows: the work of an import grows with its entries, not with their
// square. It counts what is allocated, which no load of the machine changes.
func TestImportGrows(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		one := directory.Entry{Kinds: []directory.Kind{directory.CERT}, Channels: []directory.Channel{{Way: directory.Mail, Address: "a@lab.example"}}, Takes: []directory.Goods{directory.Reports}}
		work := func(n int) uint64 {
			t.Helper()
			all := make([]directory.Entry, n)
			for i := range all {
				all[i] = one
				all[i].Name = fmt.Sprintf("%d of %d", i, n)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			did, err := w.ImportDirectory(t.Context(), ada, all, false)
			runtime.ReadMemStats(&after)
			if err != nil || did.Added != n {
				t.Fatal(did, err)
			}
			return after.Mallocs - before.Mallocs
		}
		work(10)
		few, many := work(40), work(400)
		if many > 20*few {
			t.Errorf("40 entries need %d allocations, 400 need %d", few, many)
		}
		if _, err := w.ImportDirectory(t.Context(), ada, make([]directory.Entry, 1), false); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("an empty entry: %v", err)
		}
	})
}
