package desk_test

import (
	"testing"
	"time"

	"candor"
	"candor/internal/desk"
	"candor/internal/store"
)

func (h *house) pass(t *testing.T, findings ...candor.Finding) desk.Filed {
	t.Helper()
	filed, err := h.File(t.Context(), desk.Filing{Asset: h.site.ID, Sensor: desk.Passing, Generation: "g1", Findings: findings})
	if err != nil {
		t.Fatal(err)
	}
	return filed
}

// known gives the finding of a content, with its open places.
func (h *house) known(t *testing.T, content string) (f candor.FiledFinding, places []string) {
	t.Helper()
	key := candor.Same{Rule: "shell", SHA256: content}
	have, err := h.s.FindingsLike(t.Context(), h.site.ID, []candor.Same{key})
	if err != nil || len(have) != 1 {
		t.Fatal(have, err)
	}
	all, err := h.s.Places(t.Context(), have[key].ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if p.State == candor.FindingOpen {
			places = append(places, p.Path)
		}
	}
	return have[key], places
}

// TestPassing files what passed by: no scan ends it, time does.
func TestPassing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.pass(t, shell("http://acme.example/up", "aa")).Opened[0]
		scan := h.scan()
		h.file(t, scan, shell("/other.php", "bb"))
		h.now = h.now.Add(time.Hour)
		for range 2 {
			if _, err := h.Finish(ctx, h.site.ID, h.scan(), "scan"); err != nil {
				t.Fatal(err)
			}
		}
		if f, places := h.known(t, "aa"); f.State != candor.FindingOpen || f.Sensor != desk.Passing || len(places) != 1 || places[0] != "http://acme.example/up" {
			t.Errorf("after a scan of all it is %+v at %v", f, places)
		}
		h.now = h.now.Add(desk.Quiet - 2*time.Hour)
		h.pass(t, shell("http://acme.example/up2", "aa"))
		h.now = h.now.Add(3 * time.Hour)
		for _, want := range []candor.FindingState{candor.FindingOpen, candor.FindingGone} {
			if err := h.EndPassed(ctx, h.site.ID); err != nil {
				t.Fatal(err)
			}
			if f, _ := h.known(t, "aa"); f.State != want {
				t.Errorf("it is %s, want %s", f.State, want)
			}
			h.now = h.now.Add(desk.Quiet)
		}
		if c := h.theCase(t, id); c.State != candor.CaseClosed {
			t.Errorf("the case is %s", c.State)
		}
		if filed := h.pass(t, shell("http://acme.example/up", "aa")); len(filed.Opened) != 1 {
			t.Errorf("passing by again: %+v", filed)
		}
	})
}

// TestPassingLies has contents be seen passing by and lying there, in both
// orders: the place where they lie decides.
func TestPassingLies(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.pass(t, shell("http://acme.example/a.php", "aa")).Opened[0]
		scan := h.scan()
		h.file(t, scan, shell("/srv/a.php", "aa"), shell("/srv/b.php", "bb"))
		h.now = h.now.Add(time.Hour)
		h.pass(t, shell("http://acme.example/b.php", "bb"))
		for content, place := range map[string]string{"aa": "/srv/a.php", "bb": "/srv/b.php"} {
			f, places := h.known(t, content)
			if f.Sensor != "scan" || f.Case != id || f.Places != 1 || len(places) != 1 || places[0] != place {
				t.Errorf("%s is %+v at %v", content, f, places)
			}
			if content == "bb" && !f.Last.Equal(h.now) {
				t.Errorf("it was not seen again: %s", f.Last)
			}
		}
		if err := h.s.Tx(ctx, func(tx *store.Tx) error {
			f, _ := h.known(t, "aa")
			return h.Contained(ctx, tx, map[candor.ID][]string{f.ID: {"/srv/a.php"}}, "response:x")
		}); err != nil {
			t.Fatal(err)
		}
		if f, _ := h.known(t, "aa"); f.State != candor.FindingQuarantined {
			t.Errorf("moved away it is %s", f.State)
		}
		h.pass(t, shell("http://acme.example/a.php", "aa"))
		if f, places := h.known(t, "aa"); f.State != candor.FindingOpen || f.Sensor != desk.Passing || len(places) != 1 || places[0] != "http://acme.example/a.php" {
			t.Errorf("passing by after it was moved away: %+v at %v", f, places)
		}
	})
}

// TestHostedSites looks sites up by the whole of a host name.
func TestHostedSites(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for host, want := range map[string]int{"acme.example": 1, "acme.exampl": 0, "cme.example": 0, "": 0, "%": 0, `acme.example"`: 0} {
			if all, err := h.s.HostedSites(t.Context(), host); err != nil || len(all) != want || want > 0 && all[0].ID != h.site.ID {
				t.Errorf("%q: %v, %v", host, all, err)
			}
		}
	})
}

// TestPassingMuch sends the same to ever other addresses.
func TestPassingMuch(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for i := range 300 {
			h.pass(t, shell("http://acme.example/"+string(rune('a'+i)), "aa"))
		}
		if f, places := h.known(t, "aa"); len(places) != 100 || f.Places != 100 {
			t.Errorf("%d places, %d are counted", len(places), f.Places)
		}
	})
}
