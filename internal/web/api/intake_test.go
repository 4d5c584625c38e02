package api_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/house"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

type filed struct {
	New, Again, Gone int
	Opened           []candor.ID
}

func seen(n int) (all []any) {
	for i := range n {
		all = append(all, object{"path": fmt.Sprintf("/checkout/%d", i), "rule": "skimmer", "class": "fraud/phishing", "nature": "malware", "severity": "critical", "sha256": sum(fmt.Sprint(i))})
	}
	return all
}

// TestIntake files what a sensor outside saw.
func TestIntake(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := full(t, s)
		sensor, path := w.people["analyst/write"], "/api/v1/assets/"+string(w.a.assets[0].ID)+"/findings"
		send := func(body object) filed {
			t.Helper()
			return read[filed](t, w.ask(sensor, http.MethodPost, path, body), http.StatusOK)
		}
		look := candor.NewID(w.now)
		const n = 50
		first := send(object{"sensor": "edge-waf", "look": look, "findings": seen(n)})
		if first.New != n || len(first.Opened) != 1 {
			t.Fatalf("%+v", first)
		}
		again := send(object{"sensor": "edge-waf", "look": look, "findings": seen(n)})
		if d := cmp.Diff(filed{Again: n, Opened: []candor.ID{}}, again); d != "" {
			t.Error(d)
		}
		last := send(object{"sensor": "edge-waf", "look": candor.NewID(w.now), "complete": true, "findings": seen(1)})
		if last.Gone != n-1 {
			t.Errorf("%+v", last)
		}
		if most := send(object{"sensor": "edge-waf", "findings": seen(house.MostFindings)}); most.New+most.Again != house.MostFindings {
			t.Errorf("%+v", most)
		}
		if c := must2(s.Case(t.Context(), candor.Everything, w.a.cases[0].ID))(t); c.Open != 1 {
			t.Errorf("the scanner's findings went with those of another sensor: %+v", c)
		}
		for name, body := range map[string]object{
			"too many":    {"sensor": "edge-waf", "findings": seen(house.MostFindings + 1)},
			"our own":     {"sensor": "scan", "findings": seen(1)},
			"no look":     {"sensor": "edge-waf", "complete": true, "findings": seen(1)},
			"no place":    {"sensor": "edge-waf", "findings": []any{object{"path": "", "rule": "r", "class": "fraud/phishing", "severity": "low"}}},
			"no class":    {"sensor": "edge-waf", "findings": []any{object{"path": "/", "rule": "r", "class": "phishing", "severity": "low"}}},
			"no severity": {"sensor": "edge-waf", "findings": []any{object{"path": "/", "rule": "r", "class": "fraud/phishing", "severity": "grave"}}},
			"no digest":   {"sensor": "edge-waf", "findings": []any{object{"path": "/", "rule": "r", "class": "fraud/phishing", "severity": "low", "sha256": strings.Repeat("A", 64)}}},
			"null":        {"sensor": "edge-waf", "findings": nil},
		} {
			if rec := w.ask(sensor, http.MethodPost, path, body); rec.Code != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
			}
		}
	})
}

func TestImport(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	w.staff()
	admin := w.people["admin"]
	send := func(query, kind, body string) (int, house.Imported) {
		rec := w.ask(admin, http.MethodPost, "/api/v1/import"+query, body, "Content-Type", kind)
		if rec.Code != http.StatusOK {
			return rec.Code, house.Imported{Errors: []string{rec.Body.String()}}
		}
		return rec.Code, read[house.Imported](t, rec, http.StatusOK)
	}
	table := "type,kind,reference,name,owner\nparty,customer,K-1,One,\nasset,server,S-1,one.example,K-1\n"
	for _, x := range []struct {
		query string
		want  house.Imported
	}{{"?rehearse=true", house.Imported{Added: 2}}, {"", house.Imported{Added: 2}}, {"", house.Imported{Same: 2}}} {
		if status, got := send(x.query, "text/csv", table); status != http.StatusOK || cmp.Diff(x.want, got) != "" {
			t.Errorf("%q: %d %+v", x.query, status, got)
		}
	}
	if status, got := send("", "application/jsonl; charset=utf-8", `{"type":"party","kind":"customer","reference":"K-1","name":"Uno"}`); status != http.StatusOK || got.Changed != 1 {
		t.Errorf("%d %+v", status, got)
	}
	status, got := send("", "text/csv", table+"asset,server,S-2,two.example,K-9\n")
	if status != http.StatusUnprocessableEntity || !strings.Contains(got.Errors[0], "line 4") {
		t.Errorf("%d %+v", status, got)
	}
}

func TestBounce(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	w.staff()
	var got []byte
	w.bounce = func(_ context.Context, r io.Reader) (err error) { got, err = io.ReadAll(r); return err }
	message := "From: a@example.org\r\n\r\n" + strings.Repeat("x", 2<<20)
	if rec := w.ask(w.people["analyst"], http.MethodPost, "/api/v1/bounces", message, "Content-Type", "message/rfc822"); rec.Code != http.StatusNoContent || string(got) != message {
		t.Errorf("%d, %d bytes arrived: %s", rec.Code, len(got), rec.Body)
	}
}

// TestEvidence downloads what proves a case.
func TestEvidence(t *testing.T) {
	w := full(t, storetest.SQLite(t))
	rec := w.ask(w.people["auditor"], http.MethodGet, "/api/v1/cases/"+string(w.a.cases[0].ID)+"/evidence", nil)
	files, err := zip.NewReader(bytes.NewReader(rec.Body.Bytes()), int64(rec.Body.Len()))
	if err != nil || rec.Code != http.StatusOK || rec.Header().Get("Content-Disposition") != `attachment; filename="C-1.zip"` {
		t.Fatalf("%d %v %v", rec.Code, rec.Header(), err)
	}
	if len(files.File) < 5 {
		t.Errorf("the bundle has %d files", len(files.File))
	}
	checkpoint := w.ask(w.people["auditor"], http.MethodGet, "/api/v1/evidence/checkpoint", nil)
	if lines := strings.Split(checkpoint.Body.String(), "\n"); checkpoint.Header().Get("Content-Type") != "text/plain; charset=utf-8" || lines[0] != "desk.example/evidence" {
		t.Errorf("%v %s", checkpoint.Header(), checkpoint.Body)
	}
	if proof := w.ask(w.people["auditor"], http.MethodGet, "/api/v1/evidence/entries/0/proof", nil); !strings.HasPrefix(proof.Body.String(), "c2sp.org/tlog-proof@v1\n") {
		t.Errorf("%d %s", proof.Code, proof.Body)
	}
	if none := w.ask(w.people["auditor"], http.MethodGet, "/api/v1/evidence/entries/999999/proof", nil); none.Code != http.StatusNotFound {
		t.Errorf("%d %s", none.Code, none.Body)
	}
}

// FuzzQuery has no query make the server fail.
func FuzzQuery(f *testing.F) {
	w := full(f, storetest.SQLite(f))
	who := w.people["admin/read"]
	for _, seed := range []string{"", "state=new,triaged&open=true&min_severity=high", "sort=due&order=asc&limit=500", "text=%E4%B8%AD%20%22*%22", "cursor=eyJ2IjoxfQ", "due_before=2026-03-01T12:00:00Z", "class=fraud/phishing", "rule=%25_", "sha256=ab", "party=x", "text=a%00", "text=%ff", "q=*", "page=x"} {
		f.Add(uint8(0), seed)
		f.Add(uint8(1), seed)
	}
	paths := []string{"cases", "findings", "responses", "parties", "assets", "scans", "records", "people", "search", "views", "evidence/consistency"}
	f.Fuzz(func(t *testing.T, which uint8, query string) {
		u := url.URL{Path: "/api/v1/" + paths[int(which)%len(paths)], RawQuery: query}
		if _, err := http.NewRequest(http.MethodGet, address+u.String(), nil); err != nil || strings.ContainsAny(query, "# \r\n\t") {
			t.Skip("no address")
		}
		rec := w.ask(who, http.MethodGet, u.String(), nil)
		if rec.Code >= http.StatusInternalServerError {
			t.Errorf("%s: %d %s\n%s", u.String(), rec.Code, rec.Body, w.log)
		}
	})
}
