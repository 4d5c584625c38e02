package main

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/config"
	"candor/internal/scan/generation"
	"candor/internal/scan/site"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// TestRevisit has a site scanned, then gives the desk a rule that finds what was
// there all the time: the site is scanned again, and a case is opened.
func TestRevisit(t *testing.T) {
	rules, root := t.TempDir(), t.TempDir()
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put(filepath.Join(rules, "a.yar"), `rule a { strings: $a = "what nobody has" condition: $a }`)
	put(filepath.Join(root, "page.php"), "<?php // a page with a needle that is old but not known\n")
	put(filepath.Join(root, "other.php"), "<?php // a page without\n")
	c := config.Defaults()
	c.Data.Dir, c.Listen.PublicURL = t.TempDir(), "https://desk.example"
	s, err := makeSetup(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s.sources = []generation.Source{{Name: "own", Kind: generation.Folder, Path: rules}}
	s.clock = func() time.Time { return time.Now().Add(time.Minute) } // so that nothing was written just now
	r, err := open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.close(); err != nil {
			t.Error(err)
		}
	})
	_, asset := storetest.Sample(t, r.Store, "acme")
	asset.Roots = []string{root}
	if err := r.Store.Tx(t.Context(), func(tx *store.Tx) error { return tx.ChangeAsset(t.Context(), asset, asset.Updated) }); err != nil {
		t.Fatal(err)
	}
	scanned := func(sc candor.Scan, err error) candor.Scan {
		t.Helper()
		if err = errors.Join(err, r.Sites.Run(t.Context(), sc.ID)); err != nil {
			t.Fatal(err)
		}
		if sc, err = r.Store.Scan(t.Context(), candor.Everything, sc.ID); err != nil || sc.State != candor.ScanComplete {
			t.Fatalf("%+v, %v", sc, err)
		}
		return sc
	}
	if err := checkDefinitions(t.Context(), r.House); err != nil {
		t.Fatal(err)
	}
	if sc := scanned(r.Sites.Renew(t.Context(), asset.ID)); sc.Findings != 0 || sc.Files != 2 {
		t.Fatalf("%+v", sc)
	}
	// A client of clamd asks about a file of the site, and about one elsewhere.
	here, elsewhere := candor.Finding{Path: filepath.Join(root, "up.php"), Rule: "up", Class: candor.Phishing, SHA256: strings.Repeat("a", 64)}, candor.Finding{Path: "/tmp/up.php", Rule: "up", Class: candor.Phishing, SHA256: strings.Repeat("b", 64)}
	if err := r.file(t.Context(), []candor.Finding{here, elsewhere}); err != nil {
		t.Fatal(err)
	}
	if cases, err := r.Store.Cases(t.Context(), candor.Everything, candor.CaseFilter{}, candor.Cut{}); err != nil || len(cases.Items) != 1 || cases.Items[0].Asset != asset.ID || cases.Items[0].Findings != 1 {
		t.Fatalf("%+v, %v", cases.Items, err)
	}
	put(filepath.Join(rules, "b.yar"), `rule b { strings: $a = "a needle that is old" condition: $a }`)
	if err := errors.Join(checkDefinitions(t.Context(), r.House), r.revisit(t.Context())); err != nil {
		t.Fatal(err)
	}
	waiting, err := r.Store.Scans(t.Context(), candor.Everything, candor.ScanFilter{Asset: asset.ID, States: []candor.ScanState{candor.ScanQueued}}, candor.Cut{})
	if err != nil || len(waiting.Items) != 1 || waiting.Items[0].Cause != site.Renewed {
		t.Fatalf("%+v, %v", waiting.Items, err)
	}
	if sc := scanned(waiting.Items[0], nil); sc.Findings != 1 || sc.Files != 2 {
		t.Errorf("%+v", sc)
	}
	cases, err := r.Store.Cases(t.Context(), candor.Everything, candor.CaseFilter{}, candor.Cut{})
	if err != nil || len(cases.Items) != 2 {
		t.Errorf("%+v, %v", cases.Items, err)
	}
	if err := r.revisit(t.Context()); err != nil {
		t.Error(err)
	}
	if again, err := r.Store.Scans(t.Context(), candor.Everything, candor.ScanFilter{Asset: asset.ID}, candor.Cut{}); err != nil || len(again.Items) != 2 {
		t.Errorf("asked for again: %+v, %v", again.Items, err)
	}
}
