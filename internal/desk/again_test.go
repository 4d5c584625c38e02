package desk_test

import (
	"fmt"
	"testing"
	"time"

	"candor"
	"candor/internal/desk"
	"candor/internal/store"
)

// TestStillThere closes cases with what was found still there: the next look
// opens a case anew. What was dismissed stays so.
func TestStillThere(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.file(t, h.scan(), shell("/a.php", "aa")).Opened[0]
		for _, to := range []candor.CaseState{candor.CaseTriaged, candor.CaseResolved, candor.CaseClosed} {
			if err := h.SetState(ctx, ada, id, 0, to, ""); err != nil {
				t.Fatal(err)
			}
		}
		h.now = h.now.Add(time.Hour)
		filed := h.file(t, h.scan(), shell("/a.php", "aa"))
		if len(filed.Opened) != 1 || filed.Opened[0] == id {
			t.Fatalf("what is still there after its case was closed: %+v", filed)
		}
		if c := h.theCase(t, filed.Opened[0]); c.Open != 1 {
			t.Errorf("the new case is %+v", c)
		}
		if err := h.SetState(ctx, ada, filed.Opened[0], 0, candor.CaseFalseAlarm, "ours"); err != nil {
			t.Fatal(err)
		}
		h.now = h.now.Add(time.Hour)
		if filed := h.file(t, h.scan(), shell("/a.php", "aa")); len(filed.Opened) > 0 {
			t.Errorf("a false alarm was opened again: %+v", filed)
		}
	})
}

// TestOldSight files what a long scan saw before it was moved away.
func TestOldSight(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.file(t, h.scan(), shell("/a.php", "aa"))
		began := h.now.Add(time.Minute)
		have, err := h.s.FindingsLike(ctx, h.site.ID, []candor.Same{{Rule: "shell", SHA256: "aa"}})
		if err != nil || len(have) != 1 {
			t.Fatal(have, err)
		}
		known := have[candor.Same{Rule: "shell", SHA256: "aa"}]
		h.now = began.Add(time.Minute)
		if err := h.s.Tx(ctx, func(tx *store.Tx) error {
			return h.Contained(ctx, tx, map[candor.ID][]string{known.ID: {"/a.php"}}, "response:x")
		}); err != nil {
			t.Fatal(err)
		}
		for i, want := range []candor.FindingState{candor.FindingQuarantined, candor.FindingOpen} {
			after := time.Duration(i) * time.Hour
			h.now = h.now.Add(after)
			_, err := h.File(ctx, desk.Filing{Asset: h.site.ID, Scan: h.scan(), Sensor: "scan", Generation: "g1", Began: began.Add(after), Findings: []candor.Finding{shell("/a.php", "aa")}})
			if err != nil {
				t.Fatal(err)
			}
			if f, err := h.s.Finding(ctx, candor.Everything, known.ID); err != nil || f.State != want {
				t.Errorf("seen %s after it was moved away, it is %s, %v", after-time.Minute, f.State, err)
			}
		}
	})
}

// TestSensorsApart has one sensor look at all of an asset: what another one saw
// is not gone.
func TestSensorsApart(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.file(t, h.scan(), shell("/a.php", "aa"), shell("/b.php", "aa"))
		other := candor.NewID(h.now)
		if _, err := h.File(ctx, desk.Filing{Asset: h.site.ID, Scan: other, Sensor: "edge-waf", Findings: []candor.Finding{{Path: "/x", Rule: "waf", Class: candor.Exploit, SHA256: "x"}}}); err != nil {
			t.Fatal(err)
		}
		if n, err := h.Finish(ctx, h.site.ID, other, "edge-waf"); err != nil || n != 0 {
			t.Errorf("%d are gone, %v", n, err)
		}
		have, err := h.s.FindingsLike(ctx, h.site.ID, []candor.Same{{Rule: "shell", SHA256: "aa"}})
		if err != nil || len(have) != 1 {
			t.Fatal(have, err)
		}
		f := have[candor.Same{Rule: "shell", SHA256: "aa"}]
		places, err := h.s.Places(ctx, f.ID)
		if err != nil || len(places) != 2 || places[0].State != candor.FindingOpen || places[1].State != candor.FindingOpen || f.Places != 2 {
			t.Errorf("the places of the other sensor's finding: %+v, %d, %v", places, f.Places, err)
		}
	})
}

// TestOddPaths files names that no text holds.
func TestOddPaths(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for i, path := range []string{"/srv/x\xff.php", "/srv/\x80\x81", "/srv/日本.php"} {
			filed := h.file(t, h.scan(), shell(path, fmt.Sprint(i)))
			if filed.New != 1 {
				t.Errorf("%q: %+v", path, filed)
			}
		}
		page, err := h.s.Findings(t.Context(), candor.Everything, candor.FindingFilter{}, candor.Cut{})
		if err != nil || len(page.Items) != 3 {
			t.Fatal(page.Items, err)
		}
		raw := map[string]bool{}
		for _, f := range page.Items {
			raw[candor.RawPath(f.Path)] = true
		}
		if !raw["/srv/x\xff.php"] || !raw["/srv/\x80\x81"] {
			t.Errorf("the paths are %v", raw)
		}
	})
}
