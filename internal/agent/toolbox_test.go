package agent

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"candor/internal/fleet/wire"
	"candor/internal/scan/generation"
)

// TestToolbox makes sure that tools are shared, and that those of definitions
// that were replaced are put away before others are loaded.
func TestToolbox(t *testing.T) {
	a := &Agent{Config: Config{Dir: t.TempDir(), Clock: time.Now}, state: &state{name: filepath.Join(t.TempDir(), "state.json")}, shared: &shared{dir: t.TempDir()}}
	a.tools = newToolbox(a)
	if _, err := a.tools.take(false); err == nil {
		t.Fatal("there are tools without definitions")
	}
	old := &tools{received: &generation.Received{ID: "old"}}
	a.state.kept.Have = "old"
	a.tools.tools = old
	for range 2 {
		if got, err := a.tools.take(true); err != nil || got != old {
			t.Fatalf("%v, %v", got, err)
		}
	}
	a.state.kept.Have = "new"
	if got, err := a.tools.take(false); err != nil || got != old {
		t.Errorf("while others use them: %v, %v", got, err)
	}
	insisted := make(chan error)
	go func() {
		_, err := a.tools.take(true)
		insisted <- err
	}()
	for range 3 {
		select {
		case err := <-insisted:
			t.Fatalf("tools were given that are old, or beside those: %v", err)
		default:
		}
		if err := a.tools.give(); err != nil {
			t.Error(err)
		}
	}
	if err := <-insisted; err == nil { // there is nothing to load
		t.Error("tools of nothing")
	}
	if a.tools.tools != nil || a.tools.users != 0 {
		t.Errorf("%+v", a.tools)
	}
}

// TestWatched makes sure that only what the desk wants and the agent may is
// watched.
func TestWatched(t *testing.T) {
	a := &Agent{Config: Config{Roots: []string{"/srv"}}, state: &state{kept: kept{Sites: []wire.Site{{Roots: []string{"/srv/a"}}, {Roots: []string{"/srv/b", "/etc"}}}}}}
	if got, err := a.watched(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("the desk does not want it: %q, %v", got, err)
	}
	a.state.kept.Settings.Watch = true
	if got, err := a.watched(t.Context()); err != nil || !slices.Equal(got, []string{"/srv/a"}) {
		t.Errorf("%q, %v", got, err)
	}
}
