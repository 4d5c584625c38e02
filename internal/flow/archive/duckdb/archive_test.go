//go:build cgo && duckdb

package duckdb

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/archive"
	"candor/internal/flow/archive/archivetest"
)

// opened opens an archive that writes only when it is told to.
func opened(t *testing.T, o Options) *Archive {
	t.Helper()
	if o.Clock == nil {
		o.Clock = time.Now
	}
	o.Log, o.Every, o.Memory = slog.New(slog.NewTextHandler(t.Output(), nil)), time.Hour, 256<<20
	a, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// settle does what the writer does at a tick.
func (a *Archive) settled(t *testing.T) {
	t.Helper()
	a.write(nil)
	if err := a.tidy(nil); err != nil {
		t.Fatal(err)
	}
}

func TestAgreesWithTheModel(t *testing.T) {
	for name, small := range map[string]bool{"at once": false, "slices and ten minutes": true} {
		t.Run(name, func(t *testing.T) {
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			now := archivetest.Begin
			a := opened(t, Options{Dir: t.TempDir(), Clock: func() time.Time { return now }})
			if small {
				a.slice, a.many = 1000, 100
			}
			archivetest.Agree(t, seed, a, func() {
				a.settled(t)
				now = now.Add(50 * time.Minute) // some hours are over, others not
			})
		})
	}
}

func TestManyBatchesAreJoined(t *testing.T) {
	now := archivetest.Begin
	dir := t.TempDir()
	a := opened(t, Options{Dir: dir, Clock: func() time.Time { return now }})
	d, m := archivetest.NewDice(1), &archivetest.Memory{}
	for range 30 {
		flows := d.Flows(10)
		a.Keep(flows)
		m.Keep(flows)
		a.settled(t)
	}
	live := func(tier archive.Tier) int {
		all, err := newFolders(dir).list(tier)
		if err != nil {
			t.Fatal(err)
		}
		live, _ := part(all)
		return len(live)
	}
	if raw, minute, hour := live(archive.Raw), live(archive.Minute), live(archive.Hour); raw != 8 || minute != 8 || hour != 0 {
		t.Errorf("while the hour goes on there are %d, %d, %d files; want 8, 8, 0", raw, minute, hour)
	}
	now = now.Add(2 * time.Hour)
	a.settled(t)
	if raw, minute, hour := live(archive.Raw), live(archive.Minute), live(archive.Hour); raw != 1 || minute != 1 || hour != 1 {
		t.Errorf("when the hour is over there are %d, %d, %d files; want one of each", raw, minute, hour)
	}
	q := archive.Question{Since: archivetest.Begin, Until: archivetest.Begin.Add(3 * time.Hour), By: []archive.Field{archive.FieldPeer}}
	got, err := a.Ask(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	if want, _ := m.Ask(context.Background(), q); got.Total != want.Total {
		t.Errorf("joined, there is %+v of %+v", got.Total, want.Total)
	}
	now = now.Add(reread + 1)
	a.settled(t)
	if all, _ := newFolders(dir).list(archive.Raw); len(all) != 1 {
		t.Errorf("%d files are left of one that counts", len(all))
	}
}

func TestTiersAreKeptAsLongAsTheyShall(t *testing.T) {
	now := archivetest.Begin
	dir := t.TempDir()
	a := opened(t, Options{Dir: dir, Clock: func() time.Time { return now }, Keep: map[archive.Tier]time.Duration{archive.Raw: 24 * time.Hour, archive.Minute: 48 * time.Hour, archive.Hour: 72 * time.Hour}})
	a.Keep(archivetest.NewDice(2).Flows(500))
	a.settled(t)
	q := archive.Question{Since: archivetest.Begin.Add(10 * time.Second), Until: archivetest.Begin.Add(40 * time.Second), By: []archive.Field{archive.FieldPort}}
	for _, tt := range []struct {
		after time.Duration
		files [3]int
		tier  archive.Tier
	}{{2 * time.Hour, [3]int{1, 1, 1}, archive.Raw}, {26 * time.Hour, [3]int{0, 1, 1}, archive.Minute}, {50 * time.Hour, [3]int{0, 0, 1}, archive.Hour}, {80 * time.Hour, [3]int{}, archive.Raw}} {
		now = archivetest.Begin.Add(tt.after)
		a.settled(t)
		var files [3]int
		for i, tier := range archive.Tiers {
			all, err := newFolders(dir).list(tier)
			if err != nil {
				t.Fatal(err)
			}
			files[i] = len(all)
		}
		got, err := a.Ask(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		if files != tt.files || got.Tier != tt.tier {
			t.Errorf("after %s there are %v files, and %s answers; want %v, %s", tt.after, files, got.Tier, tt.files, tt.tier)
		}
	}
	if left, _ := os.ReadDir(filepath.Join(dir, string(archive.Hour))); len(left) != 0 {
		t.Errorf("folders are left: %v", left)
	}
}

func TestTheOldestRawGoesFirst(t *testing.T) {
	now := archivetest.Begin
	dir := t.TempDir()
	a := opened(t, Options{Dir: dir, Clock: func() time.Time { return now }})
	d := archivetest.NewDice(3)
	for range 5 {
		a.Keep(d.Flows(2000))
		a.settled(t)
		now = now.Add(2 * time.Hour)
	}
	before, err := a.Held(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	a.o.MaxBytes = int64(before.Tiers[0].Bytes/2 + before.Tiers[1].Bytes + before.Tiers[2].Bytes)
	a.settled(t)
	h, err := a.Held(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if size := int64(h.Tiers[0].Bytes + h.Tiers[1].Bytes + h.Tiers[2].Bytes); size > a.o.MaxBytes {
		t.Errorf("there are %d bytes, where %d may be", size, a.o.MaxBytes)
	}
	if h.Removed == 0 || h.Removed+h.Tiers[0].Rows != before.Tiers[0].Rows || h.Tiers[1].Rows < before.Tiers[1].Rows {
		t.Errorf("of %+v there is %+v", before, h)
	}
	left, _ := newFolders(dir).list(archive.Raw)
	if len(left) != 2 || left[1].last != a.next-1 {
		t.Errorf("the newest files are not left: %+v", left)
	}
}

// TestSpaceOnDisk: for want of it flows give way, and no sums; what a question has
// laid aside is no want.
func TestSpaceOnDisk(t *testing.T) {
	now := archivetest.Begin
	dir := t.TempDir()
	a := opened(t, Options{Dir: dir, Spare: 1 << 30, Clock: func() time.Time { return now }})
	left := int64(1 << 40)
	a.free = func(string) (int64, error) { return left, nil }
	d := archivetest.NewDice(6)
	for range 3 {
		a.Keep(d.Flows(1000))
		a.settled(t)
		now = now.Add(2 * time.Hour)
	}
	a.settled(t)
	count := func() (n [3]int) {
		for i, tier := range archive.Tiers {
			all, err := newFolders(dir).list(tier)
			if err != nil {
				t.Fatal(err)
			}
			n[i] = len(all)
		}
		return n
	}
	spill := filepath.Join(dir, unfinished, "spill")
	if err := os.WriteFile(spill, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	left = 1<<30 - 1<<20
	if a.settled(t); count() != [3]int{3, 3, 3} {
		t.Errorf("for a question %v files are left", count())
	}
	left--
	if a.settled(t); count() != [3]int{2, 3, 3} {
		t.Errorf("for a byte %v files are left", count())
	}
	left = 0
	if a.settled(t); count() != [3]int{0, 3, 3} {
		t.Errorf("on a full disk %v files are left", count())
	}
	left, a.o.MaxBytes = 1<<40, 1
	if a.settled(t); count() != [3]int{} {
		t.Errorf("where a byte may be kept %v files are left", count())
	}
}

// TestManyRowsWait: files that are out of time go also while rows wait, and there
// are files to join and hours to add up.
func TestManyRowsWait(t *testing.T) {
	now := archivetest.Begin
	dir := t.TempDir()
	a := opened(t, Options{Dir: dir, Clock: func() time.Time { return now }, Keep: map[archive.Tier]time.Duration{archive.Raw: time.Hour}})
	d := archivetest.NewDice(7)
	for range 3 {
		a.Keep(d.Flows(40))
		a.write(nil)
	}
	now = now.Add(3 * time.Hour)
	a.Keep(d.Flows(80))
	a.o.Room = 100 // so that this is much
	if err := a.tidy(nil); err != nil {
		t.Fatal(err)
	}
	raw, _ := newFolders(dir).list(archive.Raw)
	hours, _ := newFolders(dir).list(archive.Hour)
	if len(raw) != 0 || len(hours) != 0 {
		t.Errorf("%d files that are out of time are left, %d of hours were made", len(raw), len(hours))
	}
}

func TestQuestionsAreBounded(t *testing.T) {
	a := opened(t, Options{Dir: t.TempDir(), Patience: time.Nanosecond})
	a.Keep(archivetest.NewDice(4).Flows(10))
	a.settled(t)
	q := archive.Question{Since: archivetest.Begin, Until: archivetest.Begin.Add(3 * time.Hour)}
	if _, err := a.Ask(context.Background(), q); err != archive.ErrTooMuch {
		t.Errorf("a question without time: %v", err)
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := a.Flows(gone, q); err != context.Canceled {
		t.Errorf("a question that nobody waits for: %v", err)
	}
}

func TestNetworkOfAnAddress(t *testing.T) {
	a := opened(t, Options{Dir: t.TempDir()})
	end := flow.Time(archivetest.Begin)
	a.Keep([]archive.Flow{{Record: flow.Record{End: end, Bytes: 1, Packets: 1, Src: flow.V4(1), Dst: flow.FromIP(netip.MustParseAddr("198.51.100.1"))}},
		{Record: flow.Record{End: end, Bytes: 1, Packets: 1, Src: flow.V4(1), Dst: flow.FromIP(netip.MustParseAddr("2001:db8:7::1"))}}})
	a.settled(t)
	for net, want := range map[string]uint64{"198.51.100.7/32": 1, "198.51.100.128/25": 1, "198.51.100.0/24": 1, "198.51.0.0/16": 1, "198.51.101.1/32": 0, "2001:db8:7:8::9/128": 1, "2001:db8:7::/48": 1, "2001:db8:6::/64": 0, "2001:db8::/32": 1, "::/64": 0} {
		q := archive.Question{Since: archivetest.Begin, Until: archivetest.Begin.Add(time.Second), Where: []archive.Condition{{Field: archive.FieldPeerNet, Values: []archive.Value{{Network: netip.MustParsePrefix(net)}}}}}
		if got, err := a.Ask(t.Context(), q); err != nil || got.Total.Flows != want {
			t.Errorf("in %s there are %d flows, not %d: %v", net, got.Total.Flows, want, err)
		}
	}
}

// TestAReaderLaysAsideOnItsOwn: in a folder that nobody can guess or read, which
// goes when it closes.
func TestAReaderLaysAsideOnItsOwn(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	r, err := Open(Options{Dir: t.TempDir(), ReadOnly: true, Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	var set string
	if err := r.asked.QueryRow("SELECT current_setting('temp_directory')").Scan(&set); err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(filepath.Dir(set))
	if err != nil || filepath.Dir(filepath.Dir(set)) != temp || st.Mode().Perm() != 0o700 {
		t.Errorf("it lays aside in %s: %v, %v", set, st.Mode(), err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(temp); len(left) != 0 {
		t.Errorf("left are %v", left)
	}
}

func TestAnotherProcessReads(t *testing.T) {
	dir := t.TempDir()
	a := opened(t, Options{Dir: dir})
	r := opened(t, Options{Dir: dir, ReadOnly: true})
	if _, err := Open(a.o); err == nil {
		t.Error("two write one folder")
	}
	d := archivetest.NewDice(5)
	q := archive.Question{Since: archivetest.Begin, Until: archivetest.Begin.Add(3 * time.Hour), By: []archive.Field{archive.FieldLine}}
	for range 3 {
		a.Keep(d.Flows(10))
		a.settled(t)
		got, err := r.Ask(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		want, err := a.Ask(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		if got.Total != want.Total || len(got.Rows) != len(want.Rows) || got.Total.Flows == 0 {
			t.Errorf("the reader sees %+v of %+v", got.Total, want.Total)
		}
	}
}
