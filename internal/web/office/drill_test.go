package office_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/drill"
	"candor/internal/house"
)

// drilled has drills been held, and gives the name of the newest. One missed
// something, and one was changed since.
func (w *world) drilled(t *testing.T) string {
	t.Helper()
	f := drill.Folder(filepath.Join(t.TempDir(), "drills"))
	w.House.Drills = house.Drills{Folder: f, Every: 720 * time.Hour, Since: w.Clock().Add(-time.Hour)}
	begun := time.Date(2026, 1, 2, 9, 0, 0, 0, time.UTC)
	for n := range 4 {
		r := drill.Report{Version: 1, Program: "v1", Begun: begun.AddDate(0, n, -n*2+n/1), Method: drill.Nftables, Seed: 7, Missed: []string{}, Faults: []drill.Fault{}, Goal: drill.Figure{P50: 1000, P99: 2000}, Response: drill.Figure{P50: int64(60 - n), P99: int64(1700 - 200*n)}}
		if n == 1 {
			r.Begun = time.Date(2026, 2, 1, 9, 0, 0, 0, time.UTC)
			r.Missed = []string{"fault dead-coa: not noticed: the program notices: not within 20s"}
		}
		r.Ended = r.Begun.Add(48 * time.Second)
		for range 3 {
			x := drill.Round{Abuse: drill.SynFlood, Line: "DRILL-000", Stages: map[drill.StageName]int64{}}
			for i, s := range drill.Stages() {
				x.Stages[s] = int64(10 + 20*i)
			}
			r.Rounds = append(r.Rounds, x)
		}
		for _, c := range []drill.CheckName{drill.CheckResponse, drill.CheckBasis, drill.CheckLifelines, drill.CheckPortal, drill.CheckRelease} {
			r.Checks = append(r.Checks, drill.Check{Name: c, OK: true})
		}
		for _, k := range drill.Faults() {
			r.Faults = append(r.Faults, drill.Fault{Kind: k, Noticed: n != 1 || k != drill.DeadCoA, By: "timeline: refilled", Took: 1340})
		}
		all, err := f.All()
		if err != nil {
			t.Fatal(err)
		}
		r.Compare(all)
		if _, err := f.Keep(r); err != nil {
			t.Fatal(err)
		}
	}
	all, err := f.All()
	if err != nil {
		t.Fatal(err)
	}
	oldest := filepath.Join(string(f), all[len(all)-1].Name+".jws")
	if err := os.WriteFile(oldest, []byte(strings.Replace(all[len(all)-1].Signed, ".", ".A", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return all[0].Name
}

// TestDrills: the pages tell what was held, what was missed, what is due, and
// nothing of a report that does not verify.
func TestDrills(t *testing.T) {
	w := newWorld(t)
	page := func(path string, want int) string {
		t.Helper()
		a := w.Get(t, w.As(candor.RoleAuditor), path)
		if a.Status != want {
			t.Fatalf("%s: %d", path, a.Status)
		}
		return a.Text()
	}
	if text := page("/drills", 200); !strings.Contains(text, "No drill was held yet") || !strings.Contains(text, "No drill is scheduled") {
		t.Error("before the first drill:", text)
	}
	name := w.drilled(t)
	text := page("/drills", 200)
	for _, want := range []string{"Does not verify", "1 thing is not as it should be", "Lines are isolated faster than before", "7 of 7", "6 of 7"} {
		if !strings.Contains(text, want) {
			t.Errorf("the list says nothing of %q", want)
		}
	}
	if text := page("/drills/"+name, 200); !strings.Contains(text, "All is as it should be") || !strings.Contains(text, "last time") {
		t.Error("the newest:", text)
	}
	if text := page("/drills/20260201T090000Z-nftables", 200); !strings.Contains(text, "Not noticed: An access server that does not answer.") {
		t.Error("one that missed something:", text)
	}
	if text := page("/drills/20260201T090000Z-nftables?language=zh", 200); !strings.Contains(text, "未发现：接入服务器没有回应。") || strings.Contains(text, "not noticed") {
		t.Error("in Chinese:", text)
	}
	all, err := w.House.Drills.Folder.All()
	if err != nil {
		t.Fatal(err)
	}
	if text := page("/drills/"+all[len(all)-1].Name, 200); !strings.Contains(text, "Does not verify") || strings.Contains(text, "Portal seen") {
		t.Error("one that was changed:", text)
	}
	if signed := w.Get(t, w.As(candor.RoleAuditor), "/drills/"+name+"/signed"); !strings.HasPrefix(string(signed.Body), "ey") {
		t.Errorf("the signed report: %d %.40q", signed.Status, signed.Body)
	}
	chinese := w.Get(t, w.As(candor.RoleAuditor), "/drills/20260201T090000Z-nftables?language=zh").Text()
	if want := "未发现：接入服务器没有回应。"; !strings.Contains(chinese, want) || strings.Contains(chinese, "not noticed") {
		t.Errorf("in Chinese nothing says %q: %s", want, chinese)
	}
	page("/drills/none", 404)
	page("/drills/..%2f..%2fetc%2fpasswd", 404)
}
