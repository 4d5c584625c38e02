package storetest

import (
	"testing"
	"time"

	"candor"
	"candor/internal/store"
)

// testGood keeps findings in contents that are known to be good, and cases
// about them beside others.
func testGood(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, a := Sample(t, s, "good")
	yes, no := true, false
	c, d := newCase(a, candor.Phishing), newCase(a, candor.Phishing)
	d.Good = true
	f, g, h := newFinding(c, "right", "ee11"), newFinding(d, "wrong", "ee22"), newFinding(d, "wrong", "ee33")
	g.Good, g.RuleSeverity, g.Severity = "cms 1: load.php", candor.High, candor.Low
	h.Good, h.State, h.Last = "cms 2", candor.FindingDismissed, noon.Add(time.Hour)
	do(t, s, func(tx *store.Tx) error {
		for _, x := range []*candor.Case{&c, &d} {
			if err := tx.AddCase(ctx, x); err != nil {
				return err
			}
		}
		return tx.AddFindings(ctx, []candor.FiledFinding{f, g, h})
	})
	same(t, must(s.OpenCase(ctx, a.ID, c.Class, false))(t), c)
	same(t, must(s.OpenCase(ctx, a.ID, c.Class, true))(t), d)
	third := d
	third.ID = candor.NewID(noon)
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.AddCase(ctx, &third) }), candor.ErrExists)
	same(t, must(s.Cases(ctx, candor.Scope{Party: p.ID}, candor.CaseFilter{Good: &yes}, candor.Cut{}))(t).Items, []candor.Case{d})
	same(t, must(s.Cases(ctx, candor.Scope{Party: p.ID}, candor.CaseFilter{Good: &no}, candor.Cut{}))(t).Items, []candor.Case{c})
	same(t, must(s.Finding(ctx, candor.Everything, g.ID))(t), g)
	open := candor.FindingFilter{Asset: a.ID, States: []candor.FindingState{candor.FindingOpen}}
	open.Good = &yes
	same(t, must(s.Findings(ctx, candor.Everything, open, candor.Cut{}))(t).Items, []candor.FiledFinding{g})
	open.Good = &no
	same(t, must(s.Findings(ctx, candor.Everything, open, candor.Cut{}))(t).Items, []candor.FiledFinding{f})

	var all []candor.FiledFinding
	for behind := candor.ID(""); ; behind = all[len(all)-1].ID {
		page := must(s.OpenFindings(ctx, behind, 1))(t)
		if len(page) == 0 {
			break
		}
		all = append(all, page...)
	}
	count := 0
	for i, x := range all {
		if x.State != candor.FindingOpen || i > 0 && x.ID <= all[i-1].ID {
			t.Errorf("open finding %d is %+v", i, x)
		}
		if x.Asset == a.ID {
			count++
		}
	}
	same(t, count, 2)
	same(t, must(s.DoubtedRules(ctx, 10))(t), []candor.DoubtedRule{{Rule: "wrong", Findings: 2, Open: 1, Contents: 2, Sites: 1, Last: noon.Add(time.Hour), Good: "cms 1: load.php"}})
	for _, x := range must(s.HotContents(ctx, candor.Cut{Limit: 500}))(t).Items {
		if want := map[string]string{"ee22": g.Good}[x.SHA256]; x.Good != want {
			t.Errorf("the hot content %s is known as %q, not %q", x.SHA256, x.Good, want)
		}
	}
}
