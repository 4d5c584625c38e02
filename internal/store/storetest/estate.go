package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/store"
)

// testEstate counts contents by the open findings that say that something is
// there, and pages through them, their cases and places, and late findings.
func testEstate(t *testing.T, s *store.Store) {
	ctx := t.Context()
	sums := map[string]string{"one": strings.Repeat("1", 64), "two": strings.Repeat("2", 64), "unread": strings.Repeat("3", 64)}
	var sites []candor.Asset
	for i := range 3 {
		_, a := Sample(t, s, fmt.Sprintf("estate%d", i))
		sites = append(sites, a)
	}
	made := 0
	file := func(a candor.Asset, rule, content string, severity candor.Severity, state candor.FindingState) candor.FiledFinding {
		made++
		at := noon.Add(time.Duration(made) * time.Minute)
		c := candor.Case{ID: candor.NewID(at), Asset: a.ID, Party: a.Owner, Class: candor.Class(fmt.Sprint("other/", made)), State: candor.CaseNew, Title: "t", Opened: noon, Updated: noon}
		f := candor.FiledFinding{ID: candor.NewID(at), Asset: a.ID, Party: a.Owner, Case: c.ID, Sensor: "scan", State: candor.FindingOpen, First: at, Last: at, Places: made,
			Finding: candor.Finding{Path: a.Roots[0] + "/x", Rule: rule, SHA256: sums[content], Severity: severity, Language: "yara"}}
		if strings.HasPrefix(rule, candor.Unread("")) {
			f.Language = candor.OwnLanguage
		}
		do(t, s, func(tx *store.Tx) error {
			if err := tx.AddCase(ctx, &c); err != nil {
				return err
			}
			if err := tx.AddFindings(ctx, []candor.FiledFinding{f}); err != nil {
				return err
			}
			f.State = state
			return tx.ChangeFinding(ctx, f)
		})
		return f
	}
	first := file(sites[0], "a", "one", candor.Low, candor.FindingOpen)
	file(sites[0], "b", "one", candor.High, candor.FindingOpen)
	last := file(sites[1], "a", "one", candor.Low, candor.FindingOpen)
	only := file(sites[2], "z", "two", candor.Critical, candor.FindingOpen)
	file(sites[2], "x", "one", candor.Critical, candor.FindingGone)
	file(sites[2], candor.Unread("Encrypted"), "one", candor.Info, candor.FindingOpen)
	file(sites[2], candor.Unread("Encrypted"), "unread", candor.Info, candor.FindingOpen)

	one := candor.HotContent{SHA256: sums["one"], Sites: 2, Cases: 3, Findings: 3, Places: 4, Severity: candor.High, First: first.First, Rules: []string{"a", "b"}}
	two := candor.HotContent{SHA256: sums["two"], Sites: 1, Cases: 1, Findings: 1, Places: 4, Severity: candor.Critical, First: only.First, Rules: []string{"z"}}
	mine := func(cut candor.Cut) (all []candor.HotContent) { // others are of other tests
		for {
			page := must(s.HotContents(ctx, cut))(t)
			for _, h := range page.Items {
				if h.SHA256 == sums["one"] || h.SHA256 == sums["two"] || h.SHA256 == sums["unread"] {
					all = append(all, h)
				}
			}
			if page.Next == "" {
				return all
			}
			cut.Cursor = page.Next
		}
	}
	same(t, mine(candor.Cut{Limit: 1}), []candor.HotContent{one, two})
	same(t, mine(candor.Cut{Limit: 1, Sort: "severity", Descending: true}), []candor.HotContent{two, one})
	same(t, mine(candor.Cut{Limit: 1, Sort: "first_seen"}), []candor.HotContent{one, two})
	_, err := s.HotContents(ctx, candor.Cut{Sort: "places"})
	isKind(t, err, candor.ErrInvalid)
	page := must(s.HotContents(ctx, candor.Cut{Limit: 1}))(t)
	back := must(s.HotContents(ctx, candor.Cut{Limit: 1, Cursor: must(s.HotContents(ctx, candor.Cut{Limit: 1, Cursor: page.Next}))(t).Previous}))(t)
	same(t, back.Items, page.Items)

	same(t, must(s.HotContent(ctx, sums["one"]))(t), one)
	_, err = s.HotContent(ctx, sums["unread"])
	isKind(t, err, candor.ErrNotFound)
	cases := must(s.HotCases(ctx, sums["one"], "", 2))(t)
	rest := must(s.HotCases(ctx, sums["one"], cases[1], 2))(t)
	same(t, append(cases, rest...), must(s.HotCases(ctx, sums["one"], "", 9))(t))
	same(t, rest, []candor.ID{last.Case})
	same(t, must(s.HotFindings(ctx, first.Case, sums["one"]))(t), []candor.FiledFinding{first})
	same(t, must(s.ContentStates(ctx, sums["one"]))(t), candor.ContentStates{Open: 3, Gone: 1})
	waits := candor.Response{ID: candor.NewID(noon), Case: first.Case, Asset: first.Asset, Party: first.Party, Method: "quarantine", State: candor.ResponseProposed, Plan: []byte(`{"of":"` + sums["one"] + `"}`), Created: noon, Updated: noon}
	other := waits
	other.ID, other.Case, other.Plan = candor.NewID(noon), last.Case, []byte(`{"of":"`+sums["two"]+`"}`)
	do(t, s, func(tx *store.Tx) error {
		if err := tx.AddResponse(ctx, waits); err != nil {
			return err
		}
		return tx.AddResponse(ctx, other)
	})
	do(t, s, func(tx *store.Tx) error {
		all, err := tx.Waiting(ctx, last.Case, "quarantine")
		same(t, all, []candor.Response{must(s.Response(ctx, candor.Everything, other.ID))(t)})
		return err
	})
	same(t, must(s.ContentStates(ctx, sums["one"]))(t).Waiting, int64(1))
	places := []candor.Place{{ID: candor.NewID(noon), Finding: first.ID, Path: "/a", State: candor.FindingOpen, First: noon, Last: noon},
		{ID: candor.NewID(noon.Add(time.Second)), Finding: first.ID, Path: "/b", State: candor.FindingOpen, First: noon, Last: noon}}
	do(t, s, func(tx *store.Tx) error { return tx.AddPlaces(ctx, first.Asset, "s", places) })
	held := must(s.ContentPlaces(ctx, sums["one"], candor.Cut{Limit: 1}))(t)
	same(t, held.Items, []candor.HeldPlace{{Place: places[1], Asset: first.Asset}})
	same(t, must(s.ContentPlaces(ctx, sums["one"], candor.Cut{Limit: 1, Cursor: held.Next}))(t).Items, []candor.HeldPlace{{Place: places[0], Asset: first.Asset}})

	var late []candor.LateFinding
	for i, g := range []string{"g1", "g2"} {
		late = append(late, candor.LateFinding{ID: candor.NewID(noon), SHA256: sums["one"], Size: 1, Rules: []string{"a"}, Path: "/a", Places: 2, Since: noon, Found: noon.Add(time.Duration(i) * time.Hour), Clean: true, Before: "g0", Generation: g})
	}
	for _, l := range append(late, late...) { // it is told again
		do(t, s, func(tx *store.Tx) error {
			if told := must(s.LateFindings(ctx, l.SHA256, candor.Cut{}))(t); told.Count == len(late) {
				l.ID = candor.NewID(noon)
			}
			return tx.AddLate(ctx, l)
		})
	}
	told := must(s.LateFindings(ctx, sums["one"], candor.Cut{Limit: 1}))(t)
	same(t, told.Items, late[1:])
	same(t, must(s.LateFindings(ctx, sums["one"], candor.Cut{Limit: 1, Cursor: told.Next}))(t).Items, late[:1])
	same(t, must(s.LateFindings(ctx, sums["two"], candor.Cut{}))(t).Count, 0)
}
