package generation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/engine"
	"candor/internal/scan"
)

// cacheDir serves all tests: what the starter set compiles to is the same.
var cacheDir string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		cacheDir = os.Getenv("CANDOR_TEST_CACHE")
		if cacheDir == "" {
			var err error
			if cacheDir, err = os.MkdirTemp("", "candor-cache-"); err != nil {
				panic(err)
			}
			defer os.RemoveAll(cacheDir)
		}
		return m.Run()
	}())
}

// desk is a folder of definitions with what stands around it.
type desk struct {
	t       *testing.T
	o       Options
	now     time.Time
	mu      sync.Mutex
	records map[string]candor.Generation
	told    []string // state and reason of what OnChange was told
	fail    error
}

func (d *desk) SetGeneration(_ context.Context, g candor.Generation) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return d.fail
	}
	d.records[g.ID] = g
	return nil
}

func (d *desk) Generations(context.Context, int) ([]candor.Generation, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Collect(maps.Values(d.records)), nil
}

func newDesk(t *testing.T, sources ...Source) *desk {
	d := &desk{t: t, records: map[string]candor.Generation{}, now: time.Now().UTC()}
	dir := t.TempDir()
	d.o = Options{
		Dir: filepath.Join(dir, "definitions"), Sources: sources, Cache: scan.Cache{Dir: cacheDir, Program: "test"},
		Records: d, Clock: func() time.Time { return d.now }, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		OnChange: func(_ context.Context, g candor.Generation) error {
			d.told = append(d.told, string(g.State)+": "+g.Error)
			return nil
		},
	}
	return d
}

func (d *desk) open() *Updater {
	d.t.Helper()
	u, err := Open(d.t.Context(), d.o)
	if err != nil {
		d.t.Fatal(err)
	}
	return u
}

// check checks the sources a minute later.
func (d *desk) check(u *Updater) Outcome {
	d.t.Helper()
	d.now = d.now.Add(time.Minute)
	out, err := u.Check(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	return out
}

// accepted checks the sources, and wants a new generation to be used.
func (d *desk) accepted(u *Updater) candor.Generation {
	d.t.Helper()
	out := d.check(u)
	if !out.Changed || out.Generation.State != candor.GenerationActive {
		d.t.Fatalf("not in use: %+v", out)
	}
	return out.Generation
}

func put(t testing.TB, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func rule(name, text string) string {
	return fmt.Sprintf("rule %s { strings: $a = %q condition: $a }\n", name, text)
}

// finds names the rules that the handle's definitions find in a text.
func (h *Handle) finds(t *testing.T, text string) (names []string) {
	t.Helper()
	matches, err := h.Compiled().Rules.NewScanner(engine.ScanOptions{}).Scan([]byte(text), engine.File{Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range matches {
		names = append(names, m.Rule.File+" "+m.Rule.Name)
	}
	return names
}

func current(t *testing.T, u *Updater) *Handle {
	t.Helper()
	h, err := u.Current()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Release)
	return h
}

func own(t *testing.T) Source {
	return Source{Name: "own", Kind: Folder, Path: t.TempDir()}
}

func TestUpdate(t *testing.T) {
	source := own(t)
	d := newDesk(t, Source{Name: "starter", Kind: Starter}, source)
	put(t, source.Path+"/a.yar", rule("one", "first needle"))
	put(t, source.Path+"/notes.txt", "not definitions")
	u := d.open()
	if _, err := u.Current(); !errors.Is(err, candor.ErrUnavailable) {
		t.Errorf("definitions out of nothing: %v", err)
	}
	first := d.accepted(u)
	running := current(t, u)
	if got := running.finds(t, "a first needle"); !slices.Equal(got, []string{"own/a.yar one"}) {
		t.Errorf("found %q", got)
	}
	if got := running.finds(t, string(eicar())); !slices.Equal(got, []string{"starter/test.yar Candor_Test_EICAR"}) {
		t.Errorf("found %q", got)
	}
	if out := d.check(u); out.Changed || out.Generation.ID != first.ID {
		t.Errorf("changed by nothing: %+v", out)
	}
	put(t, source.Path+"/a.yar", rule("one", "first needle"))
	if out := d.check(u); out.Changed || out.Generation.ID != first.ID {
		t.Errorf("changed by a touch: %+v", out)
	}

	put(t, source.Path+"/sub/b.yar", rule("two", "second needle"))
	second := d.accepted(u)
	if second.ID == first.ID || second.Rules != first.Rules+1 {
		t.Errorf("%+v after %+v", second, first)
	}
	if got := running.finds(t, "second needle"); got != nil {
		t.Errorf("a running scan changed its definitions: %q", got)
	}
	if got := current(t, u).finds(t, "second needle"); len(got) != 1 {
		t.Errorf("found %q", got)
	}
	if got := u.Health(); got.Retired != 1 || got.Stale || got.Generation.ID != second.ID {
		t.Errorf("%+v", got)
	}
	if a, b := d.records[first.ID].State, d.records[second.ID].State; a != candor.GenerationRetired || b != candor.GenerationActive {
		t.Errorf("records say %s and %s", a, b)
	}
	if diff := cmp.Diff([]string{"active: ", "active: "}, d.told); diff != "" {
		t.Error(diff)
	}
	left, err := filepath.Glob(filepath.Join(d.o.Dir, newPrefix+"*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestMemory makes sure that a replaced generation is freed when the last
// scan that uses it ends, and not before.
func TestMemory(t *testing.T) {
	source := own(t)
	d := newDesk(t, source)
	put(t, source.Path+"/a.yar", rule("one", "first needle"))
	u := d.open()
	d.accepted(u)
	h, err := u.Current()
	if err != nil {
		t.Fatal(err)
	}
	freed := make(chan bool)
	runtime.AddCleanup(h.Compiled().Rules, func(c chan bool) { close(c) }, freed)
	put(t, source.Path+"/a.yar", rule("two", "second needle"))
	d.accepted(u)
	for range 3 {
		runtime.GC()
	}
	select {
	case <-freed:
		t.Fatal("freed while it was used")
	default:
	}
	h.Release()
	h.Release()
	if n := u.Health().Retired; n != 0 {
		t.Errorf("%d retired generations are still used", n)
	}
	if h.Compiled() != nil || h.Generation().ID != "" {
		t.Error("a released handle still gives definitions")
	}
	for {
		runtime.GC()
		select {
		case <-freed:
			return
		case <-t.Context().Done():
			t.Fatal("not freed")
		default:
			runtime.Gosched()
		}
	}
}

func TestRejected(t *testing.T) {
	good := rule("one", "first needle")
	for i := range 9 {
		good += rule(fmt.Sprintf("more_%d", i), fmt.Sprintf("needle number %d", i))
	}
	eicarRule := "rule eicar { strings: $a = \"STANDARD-ANTIVIRUS\" condition: $a }\n"
	for name, tt := range map[string]struct{ bad, reason string }{
		"nothing usable":       {"rule broken { condition: nothing }", "none of its 1 definitions"},
		"many unusable":        {good + eicarRule + "rule broken { condition: nothing }", "8.3% of its definitions cannot be used, 0.0%"},
		"fewer rules":          {eicarRule + rule("one", "first needle"), "it has 2 rules, and the one in use 11"},
		"blind":                {good + rule("other", "needle x"), "no longer finds samples/download/eicar.com, samples/eicar.com"},
		"finds frameworks":     {good + eicarRule + rule("frameworks", "<?php"), "finds something in clean files: clean/"},
		"finds the operator's": {good + eicarRule + rule("operators", "our own page"), "page.html by operators"},
	} {
		t.Run(name, func(t *testing.T) {
			source := own(t)
			d := newDesk(t, source)
			d.o.Limits.Clean = t.TempDir()
			put(t, d.o.Limits.Clean+"/page.html", "this is our own page")
			put(t, source.Path+"/a.yar", good+eicarRule)
			u := d.open()
			first := d.accepted(u)
			put(t, source.Path+"/a.yar", tt.bad)
			for range 2 { // and again: it is not judged, or told, twice
				out := d.check(u)
				if out.Changed || out.Generation.State != candor.GenerationRejected || !strings.Contains(out.Generation.Error, tt.reason) {
					t.Errorf("%+v", out)
				}
			}
			if len(d.told) != 2 || !strings.Contains(d.told[1], tt.reason) {
				t.Errorf("told %q", d.told)
			}
			if id := current(t, u).Generation().ID; id != first.ID {
				t.Error("what was rejected is in use")
			}
			rejected := d.check(u).Generation
			if err := u.Use(t.Context(), rejected.ID); !errors.Is(err, candor.ErrInvalid) {
				t.Errorf("using it: %v", err)
			}
			d.now = d.now.Add(8 * 24 * time.Hour)
			d.check(u)
			if h := u.Health(); !h.Stale || h.Sources[0].Age < 8*24*time.Hour {
				t.Errorf("what is in use has been out of date for a week: %+v", h)
			}
		})
	}
}

// TestSlow makes sure that definitions that take too long are rejected.
func TestSlow(t *testing.T) {
	source := own(t)
	d := newDesk(t, source)
	d.o.Limits.Time = time.Nanosecond
	put(t, source.Path+"/a.yar", rule("one", "first needle"))
	if out := d.check(d.open()); !strings.Contains(out.Generation.Error, "took longer than 1ns") {
		t.Errorf("%+v", out)
	}
}

func TestUse(t *testing.T) {
	source := own(t)
	d := newDesk(t, source)
	u := d.open()
	var ids []string
	for i := range 3 {
		put(t, source.Path+"/a.yar", rule("one", fmt.Sprintf("needle number %d", i)))
		ids = append(ids, d.accepted(u).ID)
	}
	if err := u.Use(t.Context(), ids[0]); err != nil {
		t.Fatal(err)
	}
	if got := current(t, u).finds(t, "needle number 0"); len(got) != 1 {
		t.Error("did not go back")
	}
	put(t, source.Path+"/a.yar", rule("one", "needle number 3"))
	if out := d.check(u); out.Changed || out.Generation.State != candor.GenerationRetired {
		t.Errorf("a pinned generation was replaced: %+v", out)
	}
	again := d.open() // also after a restart
	if h := again.Health(); !h.Pinned || h.Generation.ID != ids[0] {
		t.Errorf("%+v", h)
	}
	if err := again.Unpin(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.accepted(again)
	if changed, err := u.Reload(); err != nil || !changed || u.Health().Pinned {
		t.Errorf("another program's change was not followed: %v, %v", changed, err)
	}
	if got := current(t, u).finds(t, "needle number 3"); len(got) != 1 {
		t.Error("did not go forward")
	}
	for _, id := range []string{"", "../x", strings.Repeat("0", 64)} {
		if err := u.Use(t.Context(), id); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestOffline(t *testing.T) {
	source := own(t)
	d := newDesk(t, Source{Name: "starter", Kind: Starter}, source)
	put(t, source.Path+"/a.yar", rule("one", "first needle"))
	first := d.accepted(d.open())
	if err := os.RemoveAll(source.Path); err != nil {
		t.Fatal(err)
	}
	u := d.open()
	h := current(t, u)
	if h.Generation().ID != first.ID || !h.Compiled().Cached || len(h.finds(t, "first needle")) != 1 {
		t.Errorf("%+v, cached %v", h.Generation(), h.Compiled().Cached)
	}
	d.now = d.now.Add(8 * 24 * time.Hour)
	out := d.check(u)
	if out.Changed || !errors.Is(out.Failures["own"], candor.ErrNotFound) {
		t.Errorf("%+v", out)
	}
	health := u.Health()
	if s := health.Sources[1]; !health.Stale || !s.Stale || s.Error == "" || s.Succeeded.IsZero() {
		t.Errorf("%+v", health)
	}
	// Another source changes: the lost one's definitions stay in.
	d.o.Sources = append(d.o.Sources, Source{Name: "more", Kind: Folder, Path: t.TempDir()})
	put(t, d.o.Sources[2].Path+"/b.yar", rule("two", "second needle"))
	u = d.open()
	d.accepted(u)
	if got := current(t, u).finds(t, "first needle second needle"); len(got) != 2 {
		t.Errorf("found %q", got)
	}
}

func TestRecordsFail(t *testing.T) {
	source := own(t)
	d := newDesk(t, source)
	put(t, source.Path+"/a.yar", rule("one", "first needle"))
	d.fail = errors.New("database is gone")
	u := d.open()
	if out, err := u.Check(t.Context()); !errors.Is(err, d.fail) || !out.Changed {
		t.Fatalf("%+v, %v", out, err)
	}
	d.fail = nil
	d.open() // what could not be told is told later
	if len(d.records) != 1 || len(d.told) != 1 {
		t.Errorf("%v, %q", d.records, d.told)
	}
}

func TestKeep(t *testing.T) {
	source := own(t)
	d := newDesk(t, source)
	d.o.Keep = 2
	u := d.open()
	for i := range 5 {
		put(t, source.Path+"/a.yar", rule("one", fmt.Sprintf("needle number %d", i)))
		d.accepted(u)
	}
	put(t, source.Path+"/a.yar", "rule broken { condition: nothing }")
	d.check(u)
	entries, err := os.ReadDir(filepath.Join(d.o.Dir, generationsDir))
	if err != nil || len(entries) != 4 { // in use, two before it, one rejected
		t.Errorf("%v, %v", entries, err)
	}
	if len(d.records) != 6 {
		t.Errorf("%d records", len(d.records))
	}
}

func TestNothing(t *testing.T) {
	d := newDesk(t, Source{Name: "own", Kind: Folder, Path: "/nowhere/at/all"})
	if _, err := d.open().Check(t.Context()); !errors.Is(err, candor.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	for _, s := range []Source{
		{Name: "Own", Kind: Folder, Path: "/x"}, {Name: "own", Kind: Folder, Path: "x"}, {Name: "own", Kind: Starter}, {Name: "starter", Kind: Folder, Path: "/x"},
		{Name: "web", Kind: Web, URL: "http://x.example/a.yar"}, {Name: "web", Kind: Web, URL: "https://x.example/a.exe"},
		{Name: "web", Kind: Web, URL: "https://x.example/a.yar", SHA256: "http://x.example/a"}, {Name: "web", Kind: "ftp"},
	} {
		d.o.Sources = []Source{s}
		if _, err := Open(t.Context(), d.o); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%+v: %v", s, err)
		}
	}
}
