package e2e

import (
	"path/filepath"
	"testing"
	"time"

	"candor"
	"candor/internal/consent"
)

// TestSample has the sample provider show something true of what is agreed to:
// terms, answers, notices, a site that is live, and one that is refused.
func TestSample(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := start(t, "--sample", "--data", data)
	s, ctx := openStore(t, data), t.Context()
	gates := func(state candor.GateState) []candor.SiteGate {
		page, err := s.Gates(ctx, candor.Everything, candor.GateFilter{States: []candor.GateState{state}}, candor.Cut{})
		if err != nil {
			t.Fatal(err)
		}
		return page.Items
	}
	eventually(t, "a site is live", time.Minute, func() bool {
		live := gates(candor.GateLive)
		return len(live) == 1 && live[0].Site.Name == "atelier-lumiere.example"
	})
	eventually(t, "the one that is infected is refused for it", time.Minute, func() bool {
		for _, g := range gates(candor.GateChecking) {
			for _, c := range g.Gate.Checks {
				if c.Check == "content" && c.Outcome == candor.GateFailed {
					return g.Site.Name == "riverside-bakery.example"
				}
			}
		}
		return false
	})
	all, err := s.AllTerms(ctx)
	if err != nil || len(all) != 3 || all[0].State != consent.Published {
		t.Errorf("the terms are %v, %v", all, err)
	}
	if open, late, err := s.CountQuestions(ctx, time.Now()); err != nil || open != 1 || late != 0 {
		t.Errorf("%d questions are open, %d late, %v", open, late, err)
	}
	notices, err := s.Notices(ctx, candor.Everything, candor.NoticeFilter{}, candor.Cut{})
	if err != nil || len(notices.Items) != 2 || notices.Items[0].Latest+notices.Items[1].Latest != 1 {
		t.Errorf("the notices are %+v, %v", notices.Items, err)
	}
	lines, err := s.Assets(ctx, candor.Everything, candor.AssetFilter{Kind: candor.Line}, candor.Cut{})
	if err != nil || len(lines.Items) != 1 {
		t.Fatalf("the lines are %v, %v", lines.Items, err)
	}
	a, err := s.Account(ctx, lines.Items[0].Owner)
	if err != nil || len(a.Standings) != 1 || !a.Standings[0].Clause("isolation", time.Now()) {
		t.Errorf("the subscriber agreed to %+v, %v", a, err)
	}
	o := signIn(t, p)
	for _, path := range []string{"/terms", "/terms/coverage", "/consents", "/cases?incident=no", "/notices", "/gate"} {
		if status := o.status(t, path); status != 200 {
			t.Errorf("%s: %d", path, status)
		}
	}
}
