package house_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"candor"
	"candor/internal/house"
)

// TestKnownGoodStays makes sure that a file that is known to be good is moved
// away only if somebody names its content.
func TestKnownGoodStays(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.agree(t)
		v, err := w.Case(ctx, ada, w.kase)
		if err != nil {
			t.Fatal(err)
		}
		content := v.Findings[0].SHA256
		w.Desk.Good = func(sha256 string) (string, bool) {
			if sha256 == content {
				return "cms 1", true
			}
			return "", true
		}
		if n, err := w.Desk.Remark(ctx); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		f, err := w.Finding(ctx, ada, v.Findings[0].ID)
		if err != nil || !f.Case.Good || f.Finding.Good != "cms 1" {
			t.Fatalf("%+v, %v", f, err)
		}
		p := house.Proposal{Case: f.Case.ID, Method: "quarantine", Reason: "all of it"}
		if _, err := w.ProposeFor(ctx, ada, p); !errors.Is(err, candor.ErrInvalid) || !strings.Contains(candor.Hint(err), "rule") {
			t.Errorf("all of the case: %v", err)
		}
		p.Content = content
		r, err := w.ProposeFor(ctx, ada, p)
		if err != nil {
			t.Fatal(err)
		}
		if now, err := os.ReadFile(w.file); err != nil || string(now) != bytes {
			t.Errorf("the file is %q before anybody approved, %v", now, err)
		}
		if _, err := w.Approve(ctx, ada, r.ID); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Runner.Apply(ctx, r.ID), w.Runner.Verify(ctx, r.ID)); err != nil {
			t.Fatal(err)
		}
		if now, err := os.ReadFile(w.file); err != nil || string(now) == bytes {
			t.Errorf("the file is %q, %v", now, err)
		}
	})
}
