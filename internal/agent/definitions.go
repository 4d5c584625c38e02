package agent

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"candor"
	"candor/engine"
	"candor/internal/fleet/wire"
	"candor/internal/scan"
	"candor/internal/scan/generation"
	"candor/internal/scan/known"
	"candor/internal/scan/unpack"
)

// definitions fetches a generation, unless it is here, and removes others.
func (a *Agent) definitions(ctx context.Context, id string) error {
	have := ""
	a.state.read(func(k kept) { have = k.Have })
	if id == "" || id == have {
		return nil
	}
	r, err := a.link.send(ctx, http.MethodGet, wire.Definitions+id, nil)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if err := generation.Receive(r.Body, a.at("definitions"), id); err != nil {
		return err
	}
	if err := a.state.change(func(k *kept) { k.Have = id }); err != nil {
		return err
	}
	a.Log.Info("other definitions are here", "generation", id)
	nudge(a.jobs) // they are asked of what is known
	return nil
}

// forget removes definitions that are no longer used. A scan may not go on.
func (a *Agent) forget(but string) {
	entries, _ := os.ReadDir(a.at("definitions")) // what cannot be read stays
	for _, e := range entries {
		have := ""
		a.state.read(func(k kept) { have = k.Have })
		if e.Name() != but && e.Name() != have {
			_ = os.RemoveAll(filepath.Join(a.at("definitions"), e.Name())) // the next time, otherwise
		}
	}
}

// inside is how far agents look into contents.
var inside = unpack.Options{}

// Opening names how agents look into contents.
func Opening() string { return scan.Opening(&inside).Name }

// tools are what a scan works with. They are loaded for it: an agent that
// waits needs no rules in memory.
type tools struct {
	received *generation.Received
	compiled *scan.Compiled
	store    *known.Store
	session  *known.Session
}

// load makes definitions ready, and opens what is known of files.
func (a *Agent) load() (*tools, error) {
	id := ""
	a.state.read(func(k kept) { id = k.Have })
	if id == "" {
		return nil, candor.WithHint(fmt.Errorf("there are no definitions yet: %w", candor.ErrUnavailable), "They come from the first node that answers.")
	}
	received, err := generation.OpenReceived(a.at("definitions"), id)
	if err != nil {
		return nil, err
	}
	t := &tools{received: received, compiled: received.Compile(scan.Cache{Dir: a.at("cache"), Program: a.Build})}
	if t.compiled.Report.Rules == 0 {
		return nil, fmt.Errorf("none of the definitions can be used: %w", candor.ErrInvalid)
	}
	if t.store, err = known.Open(a.at("known.db"), a.Clock); err != nil {
		a.Log.Warn("a scan reads everything: what is known of files cannot be used", "error", err)
		return t, nil
	}
	if t.session, err = t.store.Begin(t.compiled.Rules, scan.Opening(&inside)); err != nil {
		return nil, errors.Join(err, t.store.Close())
	}
	return t, nil
}

// close keeps what was learned.
func (t *tools) close() error {
	var err error
	if t.session != nil {
		err = t.session.Close()
	}
	if t.store != nil {
		err = errors.Join(err, t.store.Close())
	}
	return err
}

func (t *tools) matcher() scan.Matcher {
	return t.compiled.Rules.NewScanner(engine.ScanOptions{Strings: true})
}

// revisit asks rules that are new of all contents that are known, and has sites
// that hold what they find scanned again.
func (a *Agent) revisit(ctx context.Context, t *tools) error {
	asked := ""
	a.state.read(func(k kept) { asked = k.Asked })
	if t.session == nil || asked == t.received.ID {
		return nil
	}
	sites := map[candor.ID]bool{}
	compile := func(only func(engine.Fingerprint) bool) (*engine.Rules, error) { return t.received.Only(only), nil }
	done, err := t.session.Revisit(ctx, compile, func(l known.Late) error {
		a.Log.Warn("new rules find what was there before", "path", l.Paths[0], "places", len(l.Paths), "since", l.Since, "was_clean", l.Clean)
		a.state.read(func(k kept) {
			for _, x := range k.Sites {
				for _, p := range l.Paths {
					sites[x.Asset] = sites[x.Asset] || scan.Within(p, x.Roots)
				}
			}
		})
		return nil
	})
	if err != nil {
		return err
	}
	if done.Rules > 0 && done.Contents > 0 {
		a.Log.Info("new rules were asked of what is known", "rules", done.Rules, "contents", done.Contents, "candidates", done.Candidates, "read", done.Read, "late", done.Late)
	}
	for id, holds := range sites {
		if holds {
			if err := a.state.add(job{Scan: candor.NewID(a.Clock()), Asset: id, Cause: causeRenewed}); err != nil {
				return err
			}
		}
	}
	return a.state.change(func(k *kept) { k.Asked = t.received.ID })
}
