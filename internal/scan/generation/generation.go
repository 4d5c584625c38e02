// Package generation keeps definitions as generations: whole states of all
// sources together, each named by what it holds. An Updater collects its
// sources into a folder, judges what came out before any scan uses it, swaps
// it in while scans run, and can go back.
//
// # On disk
//
//	lock                       held by the one program that changes anything here
//	current                    which generation is in use, and whether it is pinned (JSON)
//	sources.json               how each source stands
//	web/…                      the last good copy of each web source
//	generations/ID/SHA256SUMS  what the generation holds; its own SHA-256 is ID
//	generations/ID/files/…     the files, in one folder a source
//	generations/ID/state.json  what became of it
//	new-…                      what is being written; left by a killed program, removed by the next
//
// "sha256sum -c ../SHA256SUMS" in the folder files checks a generation by hand.
// Files are written under another name, made durable and then renamed, so that
// a program killed at any moment leaves either the old state or the new.
package generation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"candor"
	"candor/internal/scan"
)

// Records keeps what is known of generations, the removed ones included. Its
// methods are called again with the same record after a failure or a crash.
type Records interface {
	SetGeneration(context.Context, candor.Generation) error
	Generations(ctx context.Context, most int) ([]candor.Generation, error)
}

// Options say where definitions come from and when new ones are trusted. Dir,
// Sources and Records are needed; other fields have sensible zero values.
type Options struct {
	Dir     string // the Updater's own folder; made when needed
	Sources []Source
	Limits  Limits
	// Keep is how many generations stay on disk besides the one in use: as many
	// used ones and as many rejected ones (default 5).
	Keep int
	// StaleAfter is the age at which a source that did not confirm that its
	// content is current makes the definitions stale (default 7 days).
	StaleAfter time.Duration
	Cache      scan.Cache     // of compiled definitions
	Externals  map[string]any // external variables; by default scan.BuiltinExternals
	Records    Records
	// OnChange is told of every generation that comes into use or is rejected, after
	// Records has it: at least once, and again if it gave an error.
	OnChange  func(context.Context, candor.Generation) error
	Transport *http.Transport // to web sources; by default that of net/http
	Clock     candor.Clock    // by default the system's
	Log       *slog.Logger    // by default none
}

// Updater keeps generations in a folder. It is safe for concurrent use; of
// several programs on one folder one changes it at a time.
type Updater struct {
	o       Options
	current atomic.Pointer[loaded]

	mu        sync.Mutex // held while anything is changed
	samples   []string   // in which the starter set finds something; nil until it was asked
	health    sync.Mutex // guards what follows; never held while waiting
	retired   []*loaded  // replaced, but still used by scans
	sources   map[string]sourceState
	damaged   map[string]string // generations that could not be used, and why
	pinned    bool
	checkedAt time.Time
}

func (o *Options) complete() error {
	if o.Dir == "" || o.Records == nil {
		return fmt.Errorf("definitions: a folder and records are needed: %w", candor.ErrInvalid)
	}
	if err := checkSources(o.Sources); err != nil {
		return err
	}
	o.Limits.complete()
	if o.Keep <= 0 {
		o.Keep = 5
	}
	if o.StaleAfter <= 0 {
		o.StaleAfter = 7 * 24 * time.Hour
	}
	if o.Externals == nil {
		o.Externals = scan.BuiltinExternals()
	}
	if o.OnChange == nil {
		o.OnChange = func(context.Context, candor.Generation) error { return nil }
	}
	if o.Transport == nil {
		o.Transport = http.DefaultTransport.(*http.Transport)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	var err error
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return fmt.Errorf("definitions: %w", err)
	}
	return nil
}

// Open loads the generation that was last in use, with no network. If it is
// damaged the last good one before it is used, and Health names the damage.
// Without any, there is a generation to use after the first good Check.
func Open(ctx context.Context, o Options) (*Updater, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	u := &Updater{o: o, damaged: map[string]string{}}
	for _, dir := range []string{u.o.Dir, u.path(generationsDir), u.path(webDir)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, unavailable("folder of definitions", err)
		}
	}
	u.sources = readSources(u.path(sourcesFile))
	unlock, err := u.lock()
	if errors.Is(err, candor.ErrUnavailable) { // another program is at work here
		return u, u.start(ctx)
	}
	if err != nil {
		return nil, err
	}
	defer unlock()
	u.sweep()
	if err := u.start(ctx); err != nil {
		return nil, err
	}
	if err := u.agree(); err != nil {
		return nil, err
	}
	return u, u.tell(ctx)
}

// agree makes pointer and states say what is in use, where a program was
// killed between them or what they said is damaged.
func (u *Updater) agree() error {
	now, p := u.current.Load(), u.pointer()
	if now == nil {
		return nil
	}
	if p.ID != now.state.ID {
		p = pointer{ID: now.state.ID, Since: u.o.Clock().UTC()}
		if err := u.setPointer(p); err != nil {
			return err
		}
		u.setPinned(false)
	}
	now.active(p)
	return u.reconcile(p)
}

// start loads the current generation, or the best that is left.
func (u *Updater) start(ctx context.Context) error {
	now := u.pointer()
	u.setPinned(now.Pinned)
	candidates := []string{now.ID}
	for _, s := range u.states() {
		if s.State != candor.GenerationRejected && s.ID != now.ID {
			candidates = append(candidates, s.ID)
		}
	}
	for _, id := range candidates {
		if id == "" {
			continue
		}
		l, err := u.load(id)
		if err != nil {
			u.damage(id, err)
			continue
		}
		l.active(now)
		u.current.Store(l)
		return ctx.Err()
	}
	return ctx.Err()
}

func (u *Updater) path(elements ...string) string {
	return filepath.Join(append([]string{u.o.Dir}, elements...)...)
}

func (u *Updater) setPinned(pinned bool) {
	u.health.Lock()
	defer u.health.Unlock()
	u.pinned = pinned
}

// damage remembers a generation that cannot be used.
func (u *Updater) damage(id string, err error) {
	u.o.Log.Error("a generation of the definitions cannot be used", "generation", id, "error", err)
	u.health.Lock()
	defer u.health.Unlock()
	u.damaged[id] = err.Error()
}
