package agent

import (
	"context"
	"net/http"
	"os"
	"path/filepath"

	"candor"
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

// revisit asks rules that are new of all contents that are known, and has sites
// that hold what they find scanned again.
func (a *Agent) revisit(ctx context.Context, t *tools) error {
	asked := ""
	a.state.read(func(k kept) { asked = k.Asked })
	if t.session == nil || asked == t.received.ID {
		return nil
	}
	sites := map[candor.ID]bool{}
	done, err := t.session.Revisit(ctx, func(l known.Late) error {
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
