package desk_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/desk"
)

// know has the desk know contents to be good from now on.
func (h *house) know(as map[string]string, sure bool) {
	h.Good = func(sha256 string) (string, bool) { return as[sha256], sure || as[sha256] != "" }
	h.Doubt = desk.Play{Title: "Probable false alarm", Tasks: []desk.PlayTask{{Key: "rule", Text: "Look at the rule"}}}
}

func (h *house) remark(t *testing.T, want int) {
	t.Helper()
	if n, err := h.Remark(t.Context()); err != nil || n != want {
		t.Fatalf("%d findings were marked, not %d: %v", n, want, err)
	}
}

// casesOf gives the open case about what is known to be good, and that about
// all else; zero if there is none.
func (h *house) casesOf(t *testing.T) (good, other candor.Case) {
	t.Helper()
	open := true
	page, err := h.s.Cases(t.Context(), candor.Everything, candor.CaseFilter{Asset: h.site.ID, Open: &open}, candor.Cut{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range page.Items {
		if c.Good {
			good = c
		} else {
			other = c
		}
	}
	return good, other
}

func (h *house) finding(t *testing.T, content string) candor.FiledFinding {
	t.Helper()
	page, err := h.s.Findings(t.Context(), candor.Everything, candor.FindingFilter{Asset: h.site.ID, Content: content}, candor.Cut{})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%s: %v, %v", content, page.Items, err)
	}
	return page.Items[0]
}

func (h *house) deadlines(t *testing.T, id candor.ID) int {
	t.Helper()
	all, err := h.s.Deadlines(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// TestGoodHasACaseOfItsOwn files the same rule in what is known to be good and
// in what is not.
func TestGoodHasACaseOfItsOwn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.know(map[string]string{"aa": "cms 1: load.php"}, true)
		claimed := shell("/c.php", "cc")
		claimed.Good = "what the sensor says"
		filed := h.file(t, h.scan(), shell("/a.php", "aa"), shell("/b.php", "bb"), claimed)
		if filed.New != 3 || len(filed.Opened) != 2 {
			t.Fatalf("filed %+v", filed)
		}
		good, other := h.casesOf(t)
		if good.Open != 1 || good.Severity != candor.Low || good.Confidence != 10 || !strings.HasPrefix(good.Title, "Probable false alarm") || !good.Due.IsZero() || h.deadlines(t, good.ID) != 0 {
			t.Errorf("the case of what is known to be good is %+v", good)
		}
		if other.Open != 2 || other.Severity != candor.High || other.Confidence != 80 || other.Due.IsZero() {
			t.Errorf("the other case is %+v", other)
		}
		a, b, c := h.finding(t, "aa"), h.finding(t, "bb"), h.finding(t, "cc")
		if a.Good != "cms 1: load.php" || a.Severity != candor.Low || a.RuleSeverity != candor.High || a.Confidence != 10 || a.State != candor.FindingOpen || a.Case != good.ID {
			t.Errorf("the finding is %+v", a)
		}
		for _, x := range []candor.FiledFinding{b, c} {
			if x.Good != "" || x.Severity != candor.High || x.RuleSeverity != 0 || x.Case != other.ID {
				t.Errorf("the finding is %+v", x)
			}
		}
		h.now = h.now.Add(time.Hour)
		if filed = h.file(t, h.scan(), shell("/a.php", "aa"), shell("/b.php", "bb"), claimed); filed.New != 0 || filed.Again != 3 || len(filed.Opened) != 0 {
			t.Errorf("filed again: %+v", filed)
		}

		no := true
		page, err := h.s.Findings(t.Context(), candor.Everything, candor.FindingFilter{Asset: h.site.ID, Good: &no}, candor.Cut{})
		if err != nil || len(page.Items) != 1 || page.Items[0].ID != a.ID {
			t.Errorf("listed: %v, %v", page.Items, err)
		}
	})
}

// TestGoodProposesNothing makes sure that no policy acts on what is known to be
// good, and that it acts on what is not, whichever comes first.
func TestGoodProposesNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		everything := desk.Policy{Rules: []desk.PolicyRule{{Method: "quarantine"}, {Method: "notify"}}}
		if err := h.SetPolicy(ctx, ada, everything, []string{"notify", "quarantine"}); err != nil {
			t.Fatal(err)
		}
		h.know(map[string]string{"aa": "cms 1"}, true)
		h.file(t, h.scan(), shell("/a.php", "aa"))
		good, _ := h.casesOf(t)
		r := &responder{}
		if err := h.Propose(ctx, desk.PolicyJob{Case: good.ID}, nil, r); err != nil || len(r.proposed) > 0 {
			t.Errorf("proposed %v, %v", r.proposed, err)
		}
		if everything.Allows(good, "quarantine") {
			t.Error("the policy acts by itself")
		}
		opened := h.file(t, h.scan(), shell("/b.php", "bb")).Opened
		if len(opened) != 1 || opened[0] == good.ID {
			t.Fatalf("what is not known joined the case of what is: %v", opened)
		}
		if err := h.Propose(ctx, desk.PolicyJob{Case: opened[0]}, nil, r); err != nil || !slices.Equal(r.proposed, []string{"notify", "quarantine"}) || len(r.approved) != 2 {
			t.Errorf("proposed %v, approved %v, %v", r.proposed, r.approved, err)
		}
	})
}

// TestRemark adds a list and takes it away again.
func TestRemark(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		first := h.file(t, h.scan(), shell("/a.php", "aa"), shell("/b.php", "bb")).Opened[0]
		gone := h.scan()
		h.file(t, gone, shell("/a.php", "aa"), shell("/b.php", "bb"), shell("/c.php", "cc"))
		if err := h.Dismiss(t.Context(), ada, h.finding(t, "cc").ID, "none"); err != nil {
			t.Fatal(err)
		}
		h.remark(t, 0)
		known := map[string]string{"aa": "cms 1", "cc": "cms 1"}
		h.know(known, true)
		h.remark(t, 1)
		h.remark(t, 0)
		good, other := h.casesOf(t)
		if other.ID != first || other.Open != 1 || good.Open != 1 || h.finding(t, "aa").Case != good.ID || h.finding(t, "cc").Good != "" {
			t.Errorf("the cases are %+v and %+v", good, other)
		}
		if kinds := h.kinds(t, first); !slices.Contains(kinds, candor.EventGood) {
			t.Errorf("the case that was left tells %v", kinds)
		}
		linked, err := h.s.LinkedCases(t.Context(), candor.Everything, first)
		if err != nil || len(linked) != 1 || linked[0].ID != good.ID {
			t.Errorf("linked with %v, %v", linked, err)
		}

		// Another origin knows it, too.
		known["aa"] = "cms 1 (and in 1 more)"
		h.remark(t, 1)
		if f := h.finding(t, "aa"); f.Good != known["aa"] || f.Case != good.ID || f.RuleSeverity != candor.High {
			t.Errorf("the finding is %+v", f)
		}

		// Nothing is left of the first case.
		known["bb"] = "cms 1"
		h.remark(t, 1)
		if c := h.theCase(t, first); c.State != candor.CaseClosed || c.Open != 0 {
			t.Errorf("the case that was left is %+v", c)
		}

		// A list cannot be read: what is marked stays marked.
		h.know(nil, false)
		h.remark(t, 0)

		// The list is taken away: all is as if it were found now.
		h.know(nil, true)
		h.remark(t, 2)
		good, other = h.casesOf(t)
		if good.ID != "" || other.Open != 2 || other.ID == first || other.Severity != candor.High || other.Confidence != 80 || h.deadlines(t, other.ID) == 0 {
			t.Errorf("the cases are %+v and %+v", good, other)
		}
		if f := h.finding(t, "aa"); f.Good != "" || f.Severity != candor.High || f.RuleSeverity != 0 || f.Confidence != 80 || f.State != candor.FindingOpen {
			t.Errorf("the finding is %+v", f)
		}
	})
}

// TestScanMarks makes sure that a scan that sees a finding again marks it, too,
// in one transaction with findings that join the case that it leaves.
func TestScanMarks(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		first := h.file(t, h.scan(), shell("/a.php", "aa")).Opened[0]
		h.know(map[string]string{"aa": "cms 1"}, true)
		h.file(t, h.scan(), shell("/a.php", "aa"), shell("/n.php", "dd"))
		good, other := h.casesOf(t)
		if other.ID != first || other.Open != 1 || good.Open != 1 {
			t.Errorf("the cases are %+v and %+v", good, other)
		}
		h.know(nil, false) // a list cannot be read
		h.file(t, h.scan(), shell("/a.php", "aa"))
		if f := h.finding(t, "aa"); f.Good != "cms 1" {
			t.Errorf("nobody knows, and the finding is %+v", f)
		}
		h.know(nil, true)
		scan := h.scan()
		h.file(t, scan, shell("/n.php", "dd"))
		if gone, err := h.Finish(t.Context(), h.site.ID, scan, "scan"); err != nil || gone != 1 {
			t.Fatal(gone, err)
		}
		if good, _ := h.casesOf(t); good.ID != "" {
			t.Errorf("nothing is left of %+v", good)
		}
		h.file(t, h.scan(), shell("/a.php", "aa")) // is back, and known no longer
		if f := h.finding(t, "aa"); f.Good != "" || f.Case != first || f.Severity != candor.High {
			t.Errorf("the finding is %+v", f)
		}
	})
}

// TestUnreadIsNotGood makes sure that what says that something was not looked
// at is not ranked by lists.
func TestUnreadIsNotGood(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.know(map[string]string{"aa": "cms 1"}, true)
		x := shell("/a.zip", "aa")
		x.Rule, x.Language = candor.Unread("Encrypted"), candor.OwnLanguage
		h.file(t, h.scan(), x)
		if f := h.finding(t, "aa"); f.Good != "" || f.Severity != candor.High {
			t.Errorf("%+v", f)
		}
	})
}
