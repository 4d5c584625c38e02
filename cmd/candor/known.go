package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"candor"
	"candor/engine"
	"candor/internal/scan"
	"candor/internal/scan/known"
	"candor/internal/store"
)

// openKnown opens what is known of files. Without it everything is read each
// time, and nothing is missed.
func (r *running) openKnown() {
	var err error
	if r.known, err = known.Open(r.setup.data.at("known.db"), r.setup.clock); err != nil {
		r.setup.log.Warn("scans read everything: what is known of files cannot be used", "error", err)
		return
	}
	r.closings = append(r.closings, r.known.Close)
}

// remember gives what is known, for a scan with the rules of a generation; nil
// if that cannot be used. The function that it gives ends the use.
func (r *running) remember(generation string, rules *engine.Rules) (*known.Session, func()) {
	if r.known == nil {
		return nil, func() {}
	}
	session, err := r.known.Begin(rules, scan.Opening(r.setup.into))
	if err != nil {
		r.setup.log.Warn("a scan reads everything: what is known of files cannot be used", "error", err)
		return nil, func() {}
	}
	told := r.claims(generation)
	if told != nil {
		session.Others = told
	}
	return session, func() {
		told.keep()
		if err := session.Close(); err != nil {
			r.setup.log.Warn("what a scan learned of files is not kept", "error", err)
		}
	}
}

// revisit asks rules that are new of all contents that are known. Sites that
// hold what they find are scanned again, which costs little: what is found
// becomes a case there.
func (r *running) revisit(ctx context.Context) error {
	h, err := r.Definitions.Current()
	if errors.Is(err, candor.ErrUnavailable) || r.known == nil {
		return nil
	}
	if err != nil {
		return err
	}
	defer h.Release()
	id := h.Generation().ID
	session, err := r.known.Begin(h.Compiled().Rules, scan.Opening(r.setup.into))
	if err != nil {
		return err
	}
	before, err := r.generationBefore(ctx, id)
	if err != nil {
		return err
	}
	var paths []string
	done, err := session.Revisit(ctx, func(l known.Late) error {
		var rules []string
		for _, x := range l.Rules {
			rules = append(rules, x.Name)
		}
		r.setup.log.Warn("new rules find what was there before", "path", l.Paths[0], "places", len(l.Paths), "since", l.Since, "was_clean", l.Clean, "rules", rules)
		paths = append(paths, l.Paths...)
		return r.keepLate(ctx, l, before, id)
	})
	if err != nil {
		return err
	}
	if done.Rules > 0 && done.Contents > 0 {
		r.setup.log.Info("new rules were asked of what is known", "generation", id, "rules", done.Rules, "contents", done.Contents, "candidates", done.Candidates,
			"read", done.Read, "bytes", done.Bytes, "late", done.Late)
	}
	return r.scanHolders(ctx, paths)
}

// generationBefore gives the generation that was in use before another: a revisit
// has all verdicts hold under it. It is empty if there was none.
func (r *running) generationBefore(ctx context.Context, id string) (string, error) {
	all, err := r.Store.Generations(ctx, 50)
	var before candor.Generation
	for _, g := range all {
		if g.ID != id && g.Used.After(before.Used) {
			before = g
		}
	}
	return before.ID, err
}

// keepLate keeps that new rules found what was there before.
func (r *running) keepLate(ctx context.Context, l known.Late, before, generation string) error {
	now := r.setup.clock().UTC()
	row := candor.LateFinding{ID: candor.NewID(now), SHA256: hex.EncodeToString(l.SHA256[:]), Size: l.Size, Path: candor.TextPath(l.Paths[0]), Places: int64(len(l.Paths)),
		Since: l.Since, Found: now, Clean: l.Clean, Before: before, Generation: generation}
	for _, x := range l.Rules {
		row.Rules = append(row.Rules, x.Name)
	}
	return r.Store.Tx(ctx, func(tx *store.Tx) error { return tx.AddLate(ctx, row) })
}

// forget forgets verdicts that agents ask for no more, and files that are gone.
func (r *running) forget(ctx context.Context) error {
	err := r.forgetVerdicts(ctx)
	if r.known == nil {
		return err
	}
	done, gone := r.known.Forget(ctx)
	if done != (known.Forgotten{}) {
		r.setup.log.Info("files that are gone were forgotten", "directories", done.Directories, "contents", done.Contents)
	}
	return errors.Join(err, gone)
}

// where looks where contents lie that are known by a hash alone.
func (r *running) where(ctx context.Context, wanted []candor.HashQuestion, tell func(int, candor.HashPlace) error) (int64, error) {
	if r.known == nil {
		return 0, fmt.Errorf("what is known of files cannot be used: %w", candor.ErrUnavailable)
	}
	all := make([]known.Hash, len(wanted))
	for i, q := range wanted {
		var err error
		if all[i], err = known.ParseHash(q.Hash, q.Size); err != nil {
			return 0, err
		}
	}
	done, err := r.known.Where(ctx, all, known.Search{Threads: r.setup.threads}, func(p known.Place) error {
		return tell(p.Wanted, candor.HashPlace{Path: p.Path, Size: p.Size, Since: p.Since})
	})
	if done.Contents > 0 {
		r.setup.log.Info("contents were read for hashes that somebody asks for", "contents", done.Contents, "bytes", done.Bytes)
	}
	return int64(done.Unread), err
}

// counted tells how much is known of files.
func (r *running) counted() (candor.Contents, error) {
	if r.known == nil {
		return candor.Contents{}, candor.ErrUnavailable
	}
	n, err := r.known.Stats()
	return candor.Contents(n), err
}

// scanHolders asks for a scan of each site that holds one of the paths.
func (r *running) scanHolders(ctx context.Context, paths []string) error {
	if len(paths) == 0 {
		return nil
	}
	sites, err := r.Store.RootedAssets(ctx)
	if err != nil {
		return err
	}
	for _, a := range sites {
		if !slices.ContainsFunc(paths, func(p string) bool { return scan.Within(p, a.Roots) }) {
			continue
		}
		if _, err := r.Sites.Renew(ctx, a.ID); err != nil {
			return err
		}
	}
	return nil
}
