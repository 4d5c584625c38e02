package console_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"candor"
	"candor/internal/store"
	"candor/internal/web/webtest"
)

// TestEstate has one content on two sites be one row, and tells what a late
// finding overturns.
func TestEstate(t *testing.T) {
	w := newWorld(t)
	shell := webtest.Shell(w.PartyAsset, "a.php")
	w.File(t, w.PartyAsset, shell)
	w.File(t, w.OtherAsset, webtest.Shell(w.OtherAsset, "b.php"))
	check(t, w.House.Store.Tx(t.Context(), func(tx *store.Tx) error {
		l := candor.LateFinding{ID: candor.NewID(w.Clock()), SHA256: shell.SHA256, Rules: []string{"new_rule"}, Path: "/x", Places: 2, Since: w.Clock().Add(-oneDayBefore), Found: w.Clock(), Clean: true, Before: "0123456789abcdef", Generation: "g2"}
		if err := tx.AddLate(t.Context(), l); err != nil {
			return err
		}
		l.ID = candor.NewID(w.Clock())
		return tx.AddLate(t.Context(), l)
	}))
	has(t, w.get(t, "/estate"), "Hottest contents", shell.SHA256[:12], "new_rule", "taken for clean by generation 0123456789ab")
	has(t, w.get(t, "/estate/late"), "new_rule", "taken for clean by generation 0123456789ab")
	has(t, w.get(t, "/estate/content/"+shell.SHA256), "taken for clean", "False alarm everywhere", "Propose quarantine everywhere")
	page, err := w.House.HotContents(t.Context(), w.Who(candor.RoleAuditor), candor.Cut{})
	check(t, err)
	if len(page.Items) != 1 || page.Items[0].Sites != 2 || page.Items[0].Cases != 2 {
		t.Errorf("hot contents: %+v", page.Items)
	}
}

// everywhere files one content at two sites of different parties, and that it
// was not fully looked at besides. Only the first party has agreed to anything.
func (w *world) everywhere(t *testing.T) (path string, one, two candor.Case) {
	t.Helper()
	shell := webtest.Shell(w.PartyAsset, "a.php")
	unread := candor.Finding{Path: w.PartyAsset.Roots[0] + "/a.php", Rule: candor.Unread("Depth"), Language: candor.OwnLanguage, Class: shell.Class, Severity: candor.Info, SHA256: shell.SHA256}
	one = w.File(t, w.PartyAsset, shell, unread)
	two = w.File(t, w.OtherAsset, webtest.Shell(w.OtherAsset, "b.php"))
	w.agree(t, w.Party.ID)
	return "/estate/content/" + shell.SHA256, one, two
}

// states are the findings of a case by their rule.
func (w *world) states(t *testing.T, id candor.ID) map[string]candor.FindingState {
	t.Helper()
	all, err := w.House.Store.FindingsOfCase(t.Context(), id)
	check(t, err)
	out := map[string]candor.FindingState{}
	for _, f := range all {
		out[f.Rule] = f.State
	}
	return out
}

// lines counts what the timeline of a case has of a kind.
func (w *world) lines(t *testing.T, id candor.ID, kind candor.EventKind) (n int) {
	t.Helper()
	all, err := w.House.Store.Events(t.Context(), id)
	check(t, err)
	for _, e := range all {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// TestDismissEverywhere decides for all cases by one form, and again: it is
// done once, and what was not fully looked at stays so.
func TestDismissEverywhere(t *testing.T) {
	w := newWorld(t)
	path, one, two := w.everywhere(t)
	has(t, w.get(t, path+"/dismiss"), "Mark 2 findings as false alarms?", `name="once"`)
	if a := w.Post(t, w.As(candor.RoleAuditor), path+"/dismiss", form("reason", "x")); a.Status != http.StatusForbidden {
		t.Errorf("an auditor: %d", a.Status)
	}
	has(t, w.post(t, path+"/dismiss", "reason", "a plugin of ours", "once", "k1"), "It was dismissed in 2 cases")
	w.post(t, path+"/dismiss", "reason", "a plugin of ours", "once", "k1") // the button was pressed twice
	has(t, w.post(t, path+"/dismiss", "reason", "a plugin of ours", "once", "k2"), "It was dismissed in 0 cases")
	for _, c := range []candor.Case{one, two} {
		want := map[string]candor.FindingState{webtest.Shell(w.PartyAsset, "").Rule: candor.FindingDismissed}
		if c.ID == one.ID {
			want[candor.Unread("Depth")] = candor.FindingOpen
		}
		if got := w.states(t, c.ID); !maps.Equal(got, want) || w.lines(t, c.ID, candor.EventGone) != 1 {
			t.Errorf("%s: %v, %d lines about it", c.Label(), got, w.lines(t, c.ID, candor.EventGone))
		}
	}
	page := w.get(t, path)
	has(t, page, "Dismissed")
	hasNot(t, page, path+"/dismiss", path+"/quarantine")
	if a := w.Get(t, w.As(candor.RoleAnalyst), path+"/dismiss"); a.Location() != path {
		t.Errorf("asked when nothing is left: %d %s", a.Status, a.Location())
	}
	hasNot(t, w.get(t, "/estate"), path)
}

// TestQuarantineEverywhere proposes it in each case that has a basis, once, and
// tells of the others.
func TestQuarantineEverywhere(t *testing.T) {
	w := newWorld(t)
	path, one, two := w.everywhere(t)
	has(t, w.get(t, path+"/quarantine"), "Propose quarantine for 2 findings?", "can be refused")
	has(t, w.post(t, path+"/quarantine", "reason", "a kit", "once", "k1"), "Quarantine was proposed for 1 case", "1 was left as it was", two.Label()+":")
	has(t, w.post(t, path+"/quarantine", "reason", "a kit", "once", "k2"), "Quarantine was proposed for 0 cases", "In 1 case it was done before.")
	waiting, err := w.House.Responses(t.Context(), w.Who(candor.RoleAnalyst), candor.ResponseFilter{States: []candor.ResponseState{candor.ResponseProposed}}, candor.Cut{})
	if err != nil || len(waiting.Items) != 1 || waiting.Items[0].Case != one.ID || waiting.Items[0].Reason != "a kit" {
		t.Errorf("proposed: %v, %v", waiting.Items, err)
	}
	has(t, w.get(t, path), "Quarantines that wait")
	w.agree(t, w.Other.ID) // what could not be done is done when it is decided again
	has(t, w.post(t, path+"/quarantine", "once", "k3"), "Quarantine was proposed for 1 case", "In 1 case it was done before.")
	if w.lines(t, one.ID, candor.EventResponse) != 1 || w.lines(t, two.ID, candor.EventResponse) != 1 {
		t.Error("the timelines do not tell of it once")
	}
}

// TestRest asks about more cases than are done at a time, one part after the other.
func TestRest(t *testing.T) {
	w := newWorld(t)
	now, shell := w.Clock(), webtest.Shell(w.PartyAsset, "a.php")
	check(t, w.House.Store.Tx(t.Context(), func(tx *store.Tx) error {
		for i := range 203 {
			a := candor.Asset{ID: candor.NewID(now), Kind: candor.Site, Owner: w.Party.ID, Name: fmt.Sprintf("site%d.example", i), Created: now, Updated: now}
			c := candor.Case{ID: candor.NewID(now), Asset: a.ID, Party: a.Owner, Class: shell.Class, State: candor.CaseNew, Title: "A shell", Open: 1, Opened: now, Updated: now}
			f := candor.FiledFinding{ID: candor.NewID(now), Asset: a.ID, Party: a.Owner, Case: c.ID, Sensor: "scan", State: candor.FindingOpen, First: now, Last: now, Finding: shell}
			if err := errors.Join(tx.AddAsset(t.Context(), a, now), tx.AddCase(t.Context(), &c), tx.AddFindings(t.Context(), []candor.FiledFinding{f})); err != nil {
				return err
			}
		}
		return nil
	}))
	path := "/estate/content/" + shell.SHA256
	if page := w.get(t, path); len(page) > 150_000 {
		t.Errorf("the page has %d bytes", len(page))
	}
	a := w.Post(t, w.As(candor.RoleAnalyst), path+"/dismiss", form("reason", "x"))
	if !strings.HasPrefix(a.Location(), path+"/dismiss?after=") {
		t.Fatalf("led to %s", a.Location())
	}
	has(t, w.get(t, a.Location()), "It was dismissed in 200 cases", "Mark 3 findings", "those that are left")
	_, after, _ := strings.Cut(a.Location(), "after=")
	has(t, w.post(t, path+"/dismiss", "reason", "x", "after", after), "It was dismissed in 3 cases")
	if s, err := w.House.Store.ContentStates(t.Context(), shell.SHA256); err != nil || s.Dismissed != 203 || s.Open != 0 {
		t.Errorf("its states: %+v, %v", s, err)
	}
}

const oneDayBefore = 24 * 3600 * 1e9
