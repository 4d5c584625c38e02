package house_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/house"
	"candor/internal/respond/quarantine"
	"candor/internal/store"
)

// TestInPlace leaves out what is on its way, and nothing that only has such a name.
func TestInPlace(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.agree(t)
		r, err := w.ProposeFor(ctx, ada, house.Proposal{Case: w.kase, Method: "quarantine"})
		if err != nil {
			t.Fatal(err)
		}
		token := strings.Repeat("0a", 16)
		at := func(token string) candor.Finding {
			return candor.Finding{Path: filepath.Join(filepath.Dir(w.file), ".candor-"+token+".old"), Rule: "shell"}
		}
		all := []candor.Finding{{Path: w.file, Rule: "shell"}, at(token), at(strings.Repeat("0b", 16))}
		left := func(since time.Time) int {
			t.Helper()
			got, err := w.InPlace(ctx, w.site.ID, since, all)
			if err != nil {
				t.Fatal(err)
			}
			return len(got)
		}
		if n := left(w.now); n != 3 {
			t.Errorf("nothing is on its way, and %d are left", n)
		}
		result, err := json.Marshal(quarantine.Result{Places: []quarantine.Place{{Root: quarantine.Raw(filepath.Dir(w.file)), Path: quarantine.Raw(filepath.Base(w.file)),
			SHA256: strings.Repeat("c", 64), State: quarantine.Kept, Token: token, Meta: &quarantine.Metadata{}}}})
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			state candor.ResponseState
			since time.Time
			want  int
		}{{candor.ResponseApproved, w.now.Add(time.Minute), 2}, {candor.ResponseVerified, w.now.Add(-time.Minute), 2}, {candor.ResponseVerified, w.now.Add(time.Minute), 3}} {
			err := w.Store.Tx(ctx, func(tx *store.Tx) error {
				r, err := tx.Response(ctx, candor.Everything, r.ID)
				if err != nil {
					return err
				}
				from := r.State
				r.State, r.Result = step.state, result
				return tx.ChangeResponse(ctx, r, from)
			})
			if err != nil {
				t.Fatal(err)
			}
			if n := left(step.since); n != step.want {
				t.Errorf("%s, seen %v from now: %d are left, want %d", step.state, step.since.Sub(w.now), n, step.want)
			}
		}
	})
}
