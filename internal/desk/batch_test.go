package desk_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/desk"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// twins are assets of which those of one list are filed about all at once, and those
// of the other one after the other.
type twins struct{ together, apart []candor.Asset }

func (h *house) twins(t *testing.T, n int) (w twins) {
	t.Helper()
	add := func(name string) candor.Asset {
		a := candor.Asset{ID: candor.NewID(h.now), Kind: candor.Site, Owner: h.party.ID, Name: name, Created: h.now, Updated: h.now}
		if err := h.s.Tx(t.Context(), func(tx *store.Tx) error { return tx.AddAsset(t.Context(), a, time.Time{}) }); err != nil {
			t.Fatal(err)
		}
		return a
	}
	for i := range n {
		w.together, w.apart = append(w.together, add(fmt.Sprint("site ", i))), append(w.apart, add(fmt.Sprint("site ", i)))
	}
	return w
}

// looks is what can be seen of an asset, but for identifiers and numbers.
func (h *house) looks(t *testing.T, a candor.Asset) (seen []string) {
	t.Helper()
	ctx := t.Context()
	cases, err := h.s.Cases(ctx, candor.Everything, candor.CaseFilter{Asset: a.ID}, candor.Cut{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases.Items {
		findings, err := h.s.FindingsOfCase(ctx, c.ID)
		deadlines, more := h.s.Deadlines(ctx, c.ID)
		tasks, evenMore := h.s.Tasks(ctx, c.ID)
		records, last := h.s.Records(ctx, candor.RecordFilter{Case: c.ID}, candor.Cut{Limit: 500})
		if err := errors.Join(err, more, evenMore, last); err != nil {
			t.Fatal(err)
		}
		kinds := h.kinds(t, c.ID) // of one moment in any order
		slices.Sort(kinds)
		line := fmt.Sprintf("%s %s %s sev%d conf%d open%d all%d due %s %s tasks%d records%d", c.State, c.Class, c.Title, c.Severity, c.Confidence, c.Open, c.Findings, c.Due.Sub(h.now), kinds, len(tasks), records.Count)
		for _, d := range deadlines {
			line += fmt.Sprintf(" %s %s %s;", d.Rule, d.State, d.Due.Sub(h.now))
		}
		slices.SortFunc(findings, func(a, b candor.FiledFinding) int { return cmpText(a.SHA256+a.Path, b.SHA256+b.Path) })
		for _, f := range findings {
			line += fmt.Sprintf("\n  %s %s %s %s last %s places %d", f.SHA256, f.Path, f.Class, f.State, f.Last.Sub(h.now), f.Places)
		}
		seen = append(seen, line)
	}
	slices.Sort(seen)
	return seen
}

func cmpText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// TestFileAll files the same about assets at once and one by one: what is seen of
// them afterwards is the same.
func TestFileAll(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		random := rand.New(rand.NewPCG(1, 2))
		w := h.twins(t, 6)
		classes := []candor.Class{candor.Phishing, candor.Spam, candor.ApplicationCompromise}
		for round := range 12 {
			h.now = h.now.Add(time.Hour)
			var all []desk.Filing
			for range 2 + random.IntN(8) { // an asset may be there several times
				f := desk.Filing{Asset: candor.ID(fmt.Sprint(random.IntN(len(w.together)))), Scan: h.scan(), Sensor: "report", Generation: fmt.Sprint(round)}
				for range random.IntN(5) {
					n := random.IntN(12)
					f.Findings = append(f.Findings, candor.Finding{Path: fmt.Sprint("/", n, random.IntN(2)), Rule: "r", Class: classes[n%3], SHA256: fmt.Sprint("s", n), Severity: candor.Severity(random.IntN(5))})
				}
				all = append(all, f)
			}
			at := func(f desk.Filing, assets []candor.Asset) desk.Filing {
				var n int
				if _, err := fmt.Sscan(string(f.Asset), &n); err != nil {
					t.Fatal(err)
				}
				f.Asset = assets[n].ID
				return f
			}
			var together []desk.Filing
			var opened, one int
			for _, f := range all {
				together = append(together, at(f, w.together))
				filed, err := h.File(t.Context(), at(f, w.apart))
				if err != nil {
					t.Fatal(err)
				}
				one += len(filed.Opened)
			}
			filed, err := h.FileAll(t.Context(), together)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range filed {
				opened += len(f.Opened)
			}
			if opened != one {
				t.Errorf("round %d opened %d cases, and one by one %d", round, opened, one)
			}
			h.end(t, random, w)
		}
		for i := range w.together {
			if d := cmp.Diff(h.looks(t, w.apart[i]), h.looks(t, w.together[i])); d != "" {
				t.Errorf("site %d: -one by one +at once\n%s", i, d)
			}
		}
	})
}

// end ends a case, or what it is about, so that it comes back.
func (h *house) end(t *testing.T, random *rand.Rand, w twins) {
	t.Helper()
	n, gone := random.IntN(len(w.apart)), random.IntN(2) == 0
	for _, a := range []candor.Asset{w.together[n], w.apart[n]} {
		cases, err := h.s.Cases(t.Context(), candor.Everything, candor.CaseFilter{Asset: a.ID, Class: candor.Phishing}, candor.Cut{Limit: 1, Descending: true})
		if err != nil {
			t.Fatal(err)
		}
		if len(cases.Items) == 0 || !cases.Items[0].State.Open() {
			continue
		}
		c := cases.Items[0]
		findings, err := h.s.FindingsOfCase(t.Context(), c.ID)
		var ids []candor.ID
		for _, f := range findings {
			ids = append(ids, f.ID)
		}
		switch {
		case err != nil:
		case gone:
			err = h.Gone(t.Context(), ids, "test")
		default:
			err = h.SetState(t.Context(), ada, c.ID, 0, candor.CaseClosed, "")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestFileAllFails loses nothing of what can be filed if a part cannot.
func TestFileAllFails(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.twins(t, 2)
		other, _ := storetest.Sample(t, h.s, "other")
		all := []desk.Filing{
			{Asset: w.together[0].ID, Sensor: "report", Findings: []candor.Finding{shell("/a", "aa")}, Party: other.ID},
			{Asset: w.together[1].ID, Sensor: "report", Findings: []candor.Finding{shell("/a", "aa"), shell("/b", "bb")}, Party: h.party.ID},
		}
		filed, err := h.FileAll(t.Context(), all)
		if err != nil || !errors.Is(filed[0].Refused, desk.ErrOwner) || filed[0].New != 0 || filed[1].Refused != nil || filed[1].New != 2 || len(filed[1].Opened) != 1 {
			t.Errorf("%+v, %v", filed, err)
		}
		if seen := h.looks(t, w.together[0]); len(seen) > 0 {
			t.Errorf("of another owner: %v", seen)
		}
		_, err = h.FileAll(t.Context(), []desk.Filing{{Asset: w.apart[0].ID, Sensor: "report", Findings: []candor.Finding{shell("/a", "aa")}}, {Asset: h.scan(), Sensor: "report", Findings: []candor.Finding{shell("/a", "aa")}}})
		if !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("an asset that is not there: %v", err)
		}
		if seen := h.looks(t, w.apart[0]); len(seen) > 0 {
			t.Errorf("kept in part: %v", seen)
		}
	})
}
