package site_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"candor"
	"candor/engine"
	"candor/internal/scan"
	"candor/internal/scan/site"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

type adapter struct{ s *store.Store }

func (a adapter) Tx(ctx context.Context, f func(site.Tx) error) error {
	return a.s.Tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

// desk keeps what is filed.
type desk struct {
	findings []candor.Finding
	finished []candor.ID
	gone     []candor.ID
	fail     error
	filed    chan candor.Finding // may be nil
}

func (d *desk) File(_ context.Context, _ candor.Scan, findings []candor.Finding) error {
	if d.filed != nil {
		for _, f := range findings {
			d.filed <- f
		}
		return d.fail
	}
	d.findings = append(d.findings, findings...)
	return d.fail
}

func (d *desk) Finish(_ context.Context, _, scan candor.ID) error {
	d.finished = append(d.finished, scan)
	return nil
}

func (d *desk) Gone(_ context.Context, findings []candor.ID, _ string) error {
	d.gone = append(d.gone, findings...)
	return nil
}

// matcher finds files that hold the word "bad".
type matcher struct{}

var badRule = &engine.Rule{Name: "bad", Language: "yara"}

func (matcher) Scan(data []byte, _ engine.File) ([]engine.Match, error) {
	if bytes.Contains(data, []byte("bad")) {
		return []engine.Match{{Rule: badRule}}, nil
	}
	return nil, nil
}

type world struct {
	*site.Service
	s        *store.Store
	desk     *desk
	root     string
	asset    candor.Asset
	now      time.Time
	released atomic.Int64
	none     error // why there are no definitions
}

func newWorld(t *testing.T) *world {
	w := &world{s: storetest.SQLite(t), desk: &desk{}, root: t.TempDir(), now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	_, w.asset = storetest.Sample(t, w.s, "acme")
	w.asset.Roots = []string{w.root}
	err := w.s.Tx(t.Context(), func(tx *store.Tx) error { return tx.ChangeAsset(t.Context(), w.asset, w.now) })
	if err != nil {
		t.Fatal(err)
	}
	w.Service = site.New(site.Config{Store: adapter{w.s}, Desk: w.desk, Clock: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler),
		Allowed: []string{filepath.Dir(w.root)}, Threads: 1,
		Definitions: func() (site.Definitions, error) {
			return site.Definitions{Generation: "g1", NewMatcher: func() scan.Matcher { return matcher{} }, Release: func() { w.released.Add(1) }}, w.none
		}})
	return w
}

func (w *world) write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(w.root, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func (w *world) request(t *testing.T) candor.Scan {
	t.Helper()
	sc, err := w.Request(t.Context(), candor.Principal{Role: candor.RoleAnalyst, User: "u"}, w.asset.ID, site.Demanded)
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

func (w *world) scan(t *testing.T, id candor.ID) candor.Scan {
	t.Helper()
	sc, err := w.s.Scan(t.Context(), candor.Everything, id)
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

func TestRun(t *testing.T) {
	w := newWorld(t)
	bad := w.write(t, "a.php", "bad")
	w.write(t, "b.php", "good")
	sc := w.request(t)
	if again := w.request(t); again.ID != sc.ID {
		t.Errorf("a second scan waits beside the first")
	}
	if err := w.Run(t.Context(), sc.ID); err != nil {
		t.Fatal(err)
	}
	got := w.scan(t, sc.ID)
	if got.State != candor.ScanComplete || got.Files != 2 || got.Findings != 1 || got.Generation != "g1" || got.Ended.IsZero() {
		t.Errorf("the scan is %+v", got)
	}
	if len(w.desk.findings) != 1 || w.desk.findings[0].Path != bad || !slices.Equal(w.desk.finished, []candor.ID{sc.ID}) {
		t.Errorf("the desk has %+v, finished %v", w.desk.findings, w.desk.finished)
	}
	a, err := w.s.Asset(t.Context(), candor.Everything, w.asset.ID)
	if err != nil || !a.Scanned.Equal(w.now) {
		t.Errorf("last scanned %s, %v", a.Scanned, err)
	}
	due, err := w.s.DueAssets(t.Context(), w.now.Add(time.Hour), 10)
	if err != nil || len(due) != 1 { // the sample says every hour
		t.Errorf("due are %v, %v", due, err)
	}
	if err := w.Run(t.Context(), sc.ID); err != nil || len(w.desk.finished) != 1 || w.released.Load() != 1 {
		t.Errorf("a scan that is over ran again: %v", err)
	}
}

// TestPartial makes sure that what could not be looked at is not called clean.
func TestPartial(t *testing.T) {
	w := newWorld(t)
	w.write(t, "a.php", "bad")
	w.asset.Roots = append(w.asset.Roots, filepath.Join(w.root, "not-there"))
	if err := w.s.Tx(t.Context(), func(tx *store.Tx) error { return tx.ChangeAsset(t.Context(), w.asset, w.now) }); err != nil {
		t.Fatal(err)
	}
	sc := w.request(t)
	if err := w.Run(t.Context(), sc.ID); err != nil {
		t.Fatal(err)
	}
	if got := w.scan(t, sc.ID); got.State != candor.ScanPartial || got.Errors != 1 || got.Error == "" {
		t.Errorf("the scan is %+v", got)
	}
	if len(w.desk.finished) != 0 {
		t.Error("a partial scan let findings be gone")
	}
}

// TestNotMounted makes sure that a root that is empty, or a link, is not clean.
func TestNotMounted(t *testing.T) {
	w := newWorld(t)
	bad := w.write(t, "a.php", "bad")
	if err := w.Run(t.Context(), w.request(t).ID); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(bad); err != nil {
		t.Fatal(err)
	}
	sc := w.request(t)
	if err := w.Run(t.Context(), sc.ID); err != nil || w.scan(t, sc.ID).State != candor.ScanPartial {
		t.Errorf("an empty site: %v, %+v", err, w.scan(t, sc.ID))
	}
	if err := errors.Join(os.Remove(w.root), os.Symlink(t.TempDir(), w.root)); err != nil {
		t.Fatal(err)
	}
	sc = w.request(t)
	if err := w.Run(t.Context(), sc.ID); err != nil || w.scan(t, sc.ID).State != candor.ScanPartial {
		t.Errorf("a root that is a link: %v, %+v", err, w.scan(t, sc.ID))
	}
	if len(w.desk.finished) != 1 {
		t.Error("findings were taken for gone")
	}
}

func TestRunsAgain(t *testing.T) {
	w := newWorld(t)
	w.write(t, "a.php", "bad")
	sc := w.request(t)
	var later *candor.LaterError
	w.none = candor.ErrUnavailable
	if err := w.Run(t.Context(), sc.ID); !errors.As(err, &later) || w.scan(t, sc.ID).State != candor.ScanQueued {
		t.Errorf("without definitions: %v, %s", err, w.scan(t, sc.ID).State)
	}
	w.none = nil
	w.desk.fail = candor.ErrUnavailable
	if err := w.Run(t.Context(), sc.ID); !errors.Is(err, candor.ErrUnavailable) || w.scan(t, sc.ID).State != candor.ScanQueued {
		t.Errorf("with a desk that is away: %v, %s", err, w.scan(t, sc.ID).State)
	}
	w.desk.fail = nil
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Run(stopped, sc.ID); err == nil {
		t.Error("a scan that was stopped is over")
	}
	if err := w.Run(t.Context(), sc.ID); err != nil || w.scan(t, sc.ID).State != candor.ScanComplete {
		t.Errorf("at last: %v, %+v", err, w.scan(t, sc.ID))
	}
}

func TestSchedule(t *testing.T) {
	w := newWorld(t)
	for want := range []int{1, 0} {
		if n, err := w.Schedule(t.Context()); err != nil || n != 1-want {
			t.Errorf("scheduled %d, %v", n, err)
		}
	}
	w.now = w.now.Add(2 * time.Hour) // due again, but the first one still waits
	if n, err := w.Schedule(t.Context()); err != nil || n != 0 {
		t.Errorf("scheduled %d, %v", n, err)
	}
}

// TestOneJob asks often for a scan that waits: one job does it.
func TestOneJob(t *testing.T) {
	w := newWorld(t)
	first := w.request(t)
	for range 3 {
		if sc := w.request(t); sc.ID != first.ID {
			t.Errorf("another scan waits: %s", sc.ID)
		}
	}
	if state, err := w.s.QueueState(t.Context()); err != nil || state["available"] != 1 || len(state) != 1 {
		t.Errorf("jobs: %v, %v", state, err)
	}
}

func TestCheckRoots(t *testing.T) {
	w := newWorld(t)
	for root, ok := range map[string]bool{w.root: true, "/etc": false, "relative": false, w.root + "/../..": false, w.root + "/": false, filepath.Dir(w.root) + "x": false} {
		if err := w.CheckRoots([]string{root}); (err == nil) != ok {
			t.Errorf("%s: %v", root, err)
		}
	}
}

// TestRecheck looks again at four findings: one is still there, one was
// cleaned, one was removed, and of one a copy is left.
func TestRecheck(t *testing.T) {
	w := newWorld(t)
	c := candor.Case{ID: candor.NewID(w.now), Asset: w.asset.ID, Party: w.asset.Owner, Class: candor.Test, State: candor.CaseNew, Title: "x", Opened: w.now, Updated: w.now}
	ids := map[string]candor.ID{}
	var findings []candor.FiledFinding
	var places []candor.Place
	add := func(name string, paths ...string) {
		f := candor.FiledFinding{ID: candor.NewID(w.now), Asset: w.asset.ID, Party: w.asset.Owner, Case: c.ID, Sensor: site.Sensor, State: candor.FindingOpen,
			First: w.now, Last: w.now, Finding: candor.Finding{Path: paths[0], Rule: "bad", SHA256: name, Class: candor.Test}}
		ids[name] = f.ID
		findings = append(findings, f)
		for _, p := range paths {
			places = append(places, candor.Place{ID: candor.NewID(w.now), Finding: f.ID, Path: p, State: candor.FindingOpen, First: w.now, Last: w.now})
		}
	}
	add("there", w.write(t, "there.php", "bad"))
	add("cleaned", w.write(t, "cleaned.php", "good"))
	add("removed", filepath.Join(w.root, "removed.php"))
	add("copied", w.write(t, "one.php", "good"), w.write(t, "two.php", "bad"))
	err := w.s.Tx(t.Context(), func(tx *store.Tx) error {
		return errors.Join(tx.AddCase(t.Context(), &c), tx.AddFindings(t.Context(), findings), tx.AddPlaces(t.Context(), w.asset.ID, "s", places))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Recheck(t.Context(), c.ID, "customer:x"); err != nil {
		t.Fatal(err)
	}
	want := []candor.ID{ids["cleaned"], ids["removed"]}
	slices.Sort(want)
	slices.Sort(w.desk.gone)
	if !slices.Equal(w.desk.gone, want) {
		t.Errorf("gone are %v, want %v", w.desk.gone, want)
	}
}
